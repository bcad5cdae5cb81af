"""What is remarked on beside the engine's own findings: by the process of a case, and by a timetable that is history.

A process remarks on an event that is taken for a step by `remarks(taken)` of its module `remarks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from halfhour.errors import Finding
from halfhour.processes.cases.events import Event
from halfhour.processes.cases.under_way import CaseUnderWay
from halfhour.processes.parts import of_processes
from halfhour.processes.timetables import Step, Timetable


@dataclass(frozen=True, slots=True)
class Taken:
    """An event on its way to complete a step, or one that came for it and fits none of its outcomes.

    Attributes:
        event: where a step needs several flows and all are there, all of them as one.
        facts, parties: as the case knows them then, the event's own facts among them.
        done_on: by ref, the day on which a step was done last.
    """

    timetable: Timetable
    opened_on: date
    step: Step
    event: Event
    facts: Mapping[str, Any]
    parties: Mapping[str, str]
    parameters: Mapping[str, Any]
    done_on: Mapping[str, date]

    @property
    def family(self) -> str:
        """The timetable, or the one that it varies."""
        return self.timetable.extends or self.timetable.id


def remark_on(case: CaseUnderWay, step: Step, event: Event) -> None:
    """Let the process of a case remark on an event."""
    done_on = {
        ref: last.done_on
        for ref, attempts in case.attempts.items()
        if (last := attempts[-1] if attempts else None) is not None and last.done_on is not None
    }
    taken = Taken(
        *(case.timetable, case.opening.opened_on, step, event, case.facts, case.parties, case.parameters), done_on
    )
    for remarks in of_processes("remarks", "remarks"):
        for one in remarks(taken):
            case.remark(one.code, one.severity, event, one.message, one.next_step)


def remark_on_history(case: CaseUnderWay) -> None:
    """CS-111 where the case was opened when cases of its kind were no longer opened."""
    timetable, opened_on = case.timetable, case.opening.opened_on
    until = timetable.selectable_to
    if until is not None and opened_on >= until:
        message = (
            f"{case.opening.case_id or 'The case'} was opened on {opened_on}, and cases of {timetable.id} "
            f"are no longer opened from {until} on: {timetable.selectable_because}."
        )
        step = "Keep it as a what-if or as what was agreed apart from the code; otherwise open none."
        case.findings.append(Finding("CS-111", "warning", message, step, where=case.opening.case_id))
