"""The fold: a case's events, in the order in which they happened, over its timetable, up to a day.

Time runs beside the events: a clock that runs out unanswered changes the case on the day after its due day. The same
events give the same state whatever the order in which they were recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from halfhour.calendar import HolidayCalendar
from halfhour.errors import HalfhourError
from halfhour.processes.cases.answers import take_act, take_held
from halfhour.processes.cases.events import Event, Opening, in_effect
from halfhour.processes.cases.facts import check_party
from halfhour.processes.cases.remarks import remark_on_history
from halfhour.processes.cases.standing import state_on
from halfhour.processes.cases.state import CaseState
from halfhour.processes.cases.steps import next_to_run_out, open_and_close, run_out
from halfhour.processes.cases.under_way import CaseUnderWay, named
from halfhour.processes.timetables import Timetable


def fold(
    timetable: Timetable,
    opening: Opening,
    events: Iterable[Event] = (),
    on: date | None = None,
    calendar: str | HolidayCalendar | None = None,
) -> CaseState:
    """A case as it stands on a day.

    Args:
        events: in any order; those that happened after `on` are left out.
        on: the day; None takes the day of the last event, or of the opening.
        calendar: counted by in place of each regime's own (a what-if).

    Raises:
        NotCovered: PT-006 a parameter, CA-002 or CA-011 the holiday calendar does not reach the day.
        HalfhourError: PT-007 a parameter given with the case cannot be used.
    """
    counted = in_effect(events)
    day = on or max([opening.opened_on, *(event.on for event in counted)])
    case = CaseUnderWay(timetable, opening, calendar)
    remark_on_history(case)
    open_and_close(case, opening.opened_on)
    for event in counted:
        if event.on <= day:
            _run_out_before(case, event.on)
            _take(case, event)
            take_held(case)
    _run_out_before(case, day)
    return state_on(case, day)


def _run_out_before(case: CaseUnderWay, day: date) -> None:
    """Let every clock run out whose due day lies before a day, in the order of their due days."""
    while (running := next_to_run_out(case)) is not None and running[0] < day:
        due, step, attempt = running
        run_out(case, step, attempt, due)
        take_held(case)


def _take(case: CaseUnderWay, event: Event) -> None:
    if event.on < case.opening.opened_on:
        message = f"{named(event)} is from before the case was opened."
        case.remark("CS-107", "warning", event, message, "Correct one of the dates.")
    match event.kind:
        case "note":
            case.enter(event.on, event.step, "note", "", event.id)
        case "correction" | "withdrawal":
            message = f"{named(event)} corrects {event.corrects}, which the case has not."
            case.remark("CS-106", "error", event, message, "Name an event of this case.")
        case "party":
            _take_parties(case, event)
        case "fact":
            case.learn(event, event.data)
            case.enter(event.on, "", f"learnt {', '.join(event.data)}", "", event.id)
            open_and_close(case, event.on)
        case _:
            take_act(case, event)


def _take_parties(case: CaseUnderWay, event: Event) -> None:
    for name, written in event.data.items():
        try:
            case.parties[name] = check_party(case.timetable, name, written)
        except HalfhourError as error:
            case.remark(error.code, "error", event, error.message, error.next_step)
    case.enter(event.on, "", f"parties: {', '.join(event.data)}", "", event.id)
