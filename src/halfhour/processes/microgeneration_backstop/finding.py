"""The finding of an investigation, and the text in which flows that have no item for it carry it.

Handbook microgeneration-backstop 4: `BSTOP <result> <YYYYMMDD> <case_ref>`, at most 60 characters, no pipe.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from halfhour.errors import Finding as Problem
from halfhour.errors import HalfhourError
from halfhour.formats.flows.item_types import as_date

Result = Literal[
    "PRESENT", "ABSENT_REPLACED", "ABSENT_NOT_REPLACED", "NOT_REQUIRED", "NO_ACCESS", "WRONG_SITE", "DISPUTED"
]
MeterKind = Literal["ELECTROMECHANICAL", "ELECTRONIC_IMPORT_ONLY", "IMPORT_EXPORT", "SMART"]

LONGEST = 60
_REFERENCE = re.compile(r"[A-Z0-9-]{1,20}")
_WRITTEN = re.compile(r"\bBSTOP\b *([^ ]*) *([^ ]*) *([^ ]*)")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Attributes:
        found_on: None where the text does not say.
        case_ref: of the case, empty where the text does not say.
        readable: False where the result word is unknown; the result is then DISPUTED.
    """

    result: Result
    found_on: date | None
    case_ref: str
    readable: bool = True


def finding_text(result: Result, found_on: date, case_ref: str) -> str:
    """A finding as flows carry it.

    Raises:
        HalfhourError: BS-203 a reference that no such text can carry.
    """
    if not _REFERENCE.fullmatch(case_ref):
        raise HalfhourError(
            "BS-203",
            f"{case_ref!r} cannot stand in the text of a finding.",
            "Give capital letters, digits and '-', 20 at most.",
        )
    text = f"BSTOP {result} {found_on:%Y%m%d} {case_ref}"
    assert len(text) <= LONGEST
    return text


def read_finding(text: str) -> Finding | None:
    """The finding in a text, None where it holds none; one that cannot be read is disputed."""
    found = _WRITTEN.search(text.upper())
    if found is None:
        return None
    word, day, reference = found.groups()
    known = word in get_args(Result)
    return Finding(word if known else "DISPUTED", as_date(day), reference, known)  # type: ignore[arg-type]


def finding_of(texts: list[str]) -> Finding | None:
    """The first finding in the texts of a flow."""
    return next((found for text in texts if (found := read_finding(text)) is not None), None)


def answer_problems(flow: str, data: Mapping[str, Any], where: str = "") -> list[Problem]:
    """What is wrong with an answer of a Meter Operator, or to be looked at (BS-202 to BS-205).

    Args:
        flow: `D0002` or `D0150`.
        data: as `flow_data` and the items of the flow give it.
    """
    problems = []
    result = data.get("finding_result")
    changed = bool(data.get("meter_changed"))
    if result is None and not changed:
        message = f"{flow} says neither what was found nor that the Meter was changed."
        problems.append(Problem("BS-202", "warning", message, "Ask the Meter Operator for its finding.", where))
    if data.get("finding_unreadable"):
        message = f"{flow} has a finding that cannot be read: {data.get('finding_text', '')}."
        step = "Ask the Meter Operator what was found, and record it."
        problems.append(Problem("BS-203", "warning", message, step, where))
    if (result == "ABSENT_REPLACED" or changed) and flow == "D0150" and not data.get("removed_meter_id"):
        message = "The Meter was replaced and no group 08A says which one was taken out."
        step = "Ask for the removed Meter; the case stays open until it is accounted for."
        problems.append(Problem("BS-204", "error", message, step, where))
    if result == "NOT_REQUIRED" and data.get("meter_kind") == "ELECTRONIC_IMPORT_ONLY":
        message = "An electronic import-only Meter needs no backstop, and may register export as import."
        step = "Look the make up; replace it where it adds export to import."
        problems.append(Problem("BS-205", "warning", message, step, where))
    return problems
