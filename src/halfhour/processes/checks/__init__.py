"""Checks that run daily: what is wrong in the register and its cases, whose it is, since when, and what it costs."""

from halfhour.processes.checks.daily import CHECKS, run_checks
from halfhour.processes.checks.snapshot import (
    Appointed,
    Evidence,
    ExportDay,
    MeterOfMsid,
    Pending,
    Problem,
    Snapshot,
)

__all__ = [
    "CHECKS",
    "Appointed",
    "Evidence",
    "ExportDay",
    "MeterOfMsid",
    "Pending",
    "Problem",
    "Snapshot",
    "run_checks",
]
