"""Accounts: organisations by MPID, people who belong to them, tokens, what each may see and do, and the audit trail."""
