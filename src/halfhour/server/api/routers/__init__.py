"""The operations of the API, one module for each thing that it is about."""

from __future__ import annotations

from halfhour.server.api.routers import cases, deadlines, files, organisation, register, runs, timetables

ROUTERS = (
    timetables.router,
    register.router,
    cases.router,
    deadlines.router,
    files.router,
    runs.router,
    organisation.router,
)
