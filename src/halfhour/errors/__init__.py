"""Errors with stable codes: exceptions for what cannot go on, findings for data that is wrong beside data that is good.

A code is two letters for the room and three digits. What each code means is in `codes/`, one file per room; the
documentation's table of codes is made from there.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

Severity = Literal["error", "warning", "info"]


class HalfhourError(Exception):
    """Something that cannot go on: what is wrong, with which subject, and what to do next.

    Args:
        code: stable code, for example `RG-003`.
        message: one sentence that names the subject and the reason.
        next_step: what the user can do about it.
    """

    exit_code = 2

    def __init__(self, code: str, message: str, next_step: str) -> None:
        super().__init__(code, message, next_step)
        self.code = code
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.code}: {self.message} {self.next_step}"


class NotCovered(HalfhourError):  # noqa: N818 - a state of the reference data, named as users read it
    """Reference data does not cover the request; nothing falls back to the last known value."""

    exit_code = 3


class Refused(HalfhourError):  # noqa: N818 - the word that the command line uses
    """Input refused as a whole because of the findings that it carries, all of them at once."""

    def __init__(self, code: str, message: str, next_step: str, findings: list[Finding]) -> None:
        super().__init__(code, message, next_step)
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of an exceptions table.

    Attributes:
        code: stable code.
        severity: `error` (the datum was not used), `warning` (used, look at it) or `info`.
        message: what is wrong, with the subject's name in it.
        next_step: what to do about it.
        where: file and line or key it was read from, empty where it does not come from a file.
    """

    code: str
    severity: Severity
    message: str
    next_step: str
    where: str = ""
    site_id: str = ""
    msid: str = ""
    settlement_date: date | None = None
    settlement_period: int | None = None


@cache
def codes() -> dict[str, dict[str, str]]:
    """Every code with its `title` and `meaning`, from the catalogue in `codes/`, in order of code."""
    entries: dict[str, dict[str, str]] = {}
    for file in files(__package__).joinpath("codes").iterdir():
        if file.name.endswith(".toml"):
            entries |= tomllib.loads(file.read_text(encoding="utf-8"))
    return dict(sorted(entries.items()))
