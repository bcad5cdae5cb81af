"""What if: a case as it is, beside the same case under another timetable, other parameters or another calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from halfhour.calendar import holiday_calendar
from halfhour.processes.cases import CaseState, Event, Opening, fold, project, under
from halfhour.processes.timetables import Timetable, find_timetable
from halfhour.server.cases.models import Case
from halfhour.server.cases.reading import case_as_known


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two.

    Attributes:
        calendar: counted by in place of each regime's own; empty where none.
        state: on the day asked about.
        at_limit: where it comes to when every party acts on its last day from that day on, and what is overdue on the
            day itself; `acts` are those made up.
    """

    timetable: Timetable
    opening: Opening
    calendar: str
    state: CaseState
    at_limit: CaseState
    acts: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A case as it is and as it would be; `left_out` are the events that the other timetable does not know."""

    on: date
    as_it_is: Side
    other: Side
    left_out: tuple[Event, ...]


def what_if(
    case: Case,
    *,
    timetable: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    calendar: str | None = None,
    on: date | None = None,
) -> Comparison:
    """A case beside itself under another timetable, other values of parameters, or another calendar.

    Args:
        timetable: id of another; None = its own.
        parameters: in place of the case's and the timetable's own.
        calendar: `E&W` or `SCT`, by which every clock counts.
        on: the day looked at; None = today.

    Raises:
        HalfhourError: PT-005 no such timetable, PT-007 a parameter that cannot be.
        NotCovered: CA-002 no such calendar; the calendar does not reach the days that are counted.
    """
    known = case_as_known(case, on)
    day = known.state.on
    if calendar:
        holiday_calendar(calendar)
    other = find_timetable(timetable) if timetable else known.timetable
    opening, kept, left = under(other, known.opening, known.events, parameters=parameters)
    return Comparison(
        day,
        _side(known.timetable, known.opening, known.events, "", day),
        _side(other, opening, kept, calendar or "", day),
        tuple(left),
    )


def _side(timetable: Timetable, opening: Opening, events: list[Event], calendar: str, day: date) -> Side:
    state = fold(timetable, opening, events, day, calendar or None)
    happened = [event for event in events if event.on <= day]
    made, end = project(timetable, opening, happened, since=day, calendar=calendar or None)
    return Side(timetable, opening, calendar, state, end, tuple(made[len(happened) :]))


def dates(side: Side) -> dict[str, dict[str, Any]]:
    """By step of the projection: when it opened, was due and was done, of its last attempt."""
    return {
        step.ref: {
            "opened": last.opened_on,
            "due": last.due,
            "done": last.done_on,
            "outcome": last.outcome,
            "late": last.late,
        }
        for step in side.at_limit.steps
        if step.attempts
        for last in step.attempts[-1:]
    }
