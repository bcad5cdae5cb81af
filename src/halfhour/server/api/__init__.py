"""The REST API under /api/v1: the register, cases, files, timetables, runs, deadlines and the audit trail, by token."""
