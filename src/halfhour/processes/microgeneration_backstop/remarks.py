"""What a backstop case says of its notice and of the Meter Operator's answers (BS-201 to BS-205, BS-302).

The case engine calls `remarks` for every event that it takes.
"""

from __future__ import annotations

from halfhour.calendar import due
from halfhour.errors import Finding
from halfhour.processes.cases.remarks import Taken
from halfhour.processes.microgeneration_backstop.finding import answer_problems
from halfhour.processes.microgeneration_backstop.notice import notice_problem
from halfhour.processes.microgeneration_backstop.risk import late_notice

_NOTICE = "P1.2"
_ANSWERS = ("D0002", "D0150")
"""A failed visit (D0221) is no answer, and a smart exchange that overtakes the case (X1) answers nothing."""


def remarks(taken: Taken) -> list[Finding]:
    """What is wrong with a notice or an answer, or to be looked at; nothing in cases of other processes."""
    if not taken.timetable.id.startswith("microgeneration-backstop-"):
        return []
    if taken.step.ref == _NOTICE:
        return [one for one in (_reached(taken), _late(taken)) if one is not None]
    if _is_answer(taken):
        # Of a pair only D0150 has a group for the Meter that was taken out; both are looked at as one.
        flow = "D0150" if "D0150" in taken.step.needs else taken.event.flow
        kind = {"meter_kind": taken.facts["meter_kind"]} if "meter_kind" in taken.facts else {}
        return answer_problems(flow, {**kind, **taken.event.data})
    return []


def _is_answer(taken: Taken) -> bool:
    # Who records an outcome by its name has read the answer, and says what was found.
    event, step = taken.event, taken.step
    return step.sender == "moa" and step.ref != "X1" and event.flow in _ANSWERS and not event.outcome


def _reached(taken: Taken) -> Finding | None:
    addressee = str(taken.event.data.get("to_mpid", ""))
    mpan = str(taken.facts["import_mpan"])
    return notice_problem(mpan, taken.event.on, taken.parties.get("import_supplier", ""), addressee)


def _late(taken: Taken) -> Finding | None:
    commissioned_on = taken.facts.get("commissioning_date")
    if commissioned_on is None:
        return None
    notice_days, n0 = int(taken.parameters["notice_days"]), int(taken.parameters["n0"])
    notified_by = due(commissioned_on, notice_days, "within", unit="calendar").due
    informed_by = due(notified_by, n0, "within").due
    notified_on = taken.facts.get("notified_on") or taken.done_on.get("P1.1")
    return late_notice(commissioned_on, notified_on, taken.event.on, notice_days, informed_by)
