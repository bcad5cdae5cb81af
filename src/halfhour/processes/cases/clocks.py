"""Clocks of a case: from a step's clock, its anchor and the parameters to a due day with the days counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from halfhour.calendar import HolidayCalendar, TimeLimit, Unit, before, due, holiday_calendar, regimes
from halfhour.processes.timetables import NO_CLOCK, Clock
from halfhour.processes.timetables.conditions import Unknown

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """A due day and how it came about.

    Attributes:
        due: last day on which the act is in time.
        anchor: the day counted from.
        counted: the limit as the calendar gives it; None where the act is due on the anchor's own (working) day.
    """

    due: date
    anchor: date
    counted: TimeLimit | None


def limit(
    clock: Clock,
    anchor: date,
    parameters: Mapping[str, Any],
    nation: str,
    calendar: str | HolidayCalendar | None = None,
) -> Limit | None:
    """When a step is due; None where its parameter says that there is no clock.

    Args:
        anchor: the day counted from.
        nation: whose holidays count where the regime takes the site's.
        calendar: counted by in place of the regime's (a what-if).

    Raises:
        NotCovered: CA-002, CA-011 the count leaves the holiday calendar.
    """
    days = _days(clock, parameters)
    if days == NO_CLOCK:
        return None
    unit = _unit(clock, parameters)
    regime = regimes()[clock.regime]
    holidays = calendar or regime.calendar or nation
    count = int(days)
    if count == 0:
        book = holidays if isinstance(holidays, HolidayCalendar) else holiday_calendar(holidays)
        roll = clock.roll or regime.roll
        return Limit(book.on_or_after(anchor) if unit == "working" and roll == "next" else anchor, anchor, None)
    if clock.mode == "before":
        counted = before(anchor, count, clock.regime, unit=unit, calendar=holidays)
    else:
        counted = due(
            anchor,
            count,
            clock.mode,
            clock.regime,
            clock.roll,
            unit=unit,
            calendar=holidays,
        )
    return Limit(counted.due, anchor, counted)


def _unit(clock: Clock, parameters: Mapping[str, Any]) -> Unit:
    said = clock.unit if clock.unit in ("working", "calendar") else str(parameters[clock.unit])
    return "calendar" if said.startswith("calendar") else "working"


def _days(clock: Clock, parameters: Mapping[str, Any]) -> int | str:
    days = clock.days
    if isinstance(days, Mapping):
        chosen = str(parameters[clock.chosen_by])
        if chosen not in days:
            raise Unknown(clock.chosen_by)
        days = days[chosen]
    if isinstance(days, str):
        value = parameters[days]
        return NO_CLOCK if value == NO_CLOCK else int(value)
    return days


def days_late(
    due_on: date,
    done_on: date,
    clock: Clock,
    parameters: Mapping[str, Any],
    nation: str,
    calendar: str | HolidayCalendar | None = None,
) -> int:
    """Days of the clock's own kind by which an act is late, 0 where it is in time."""
    if done_on <= due_on:
        return 0
    if _unit(clock, parameters) == "calendar":
        return (done_on - due_on).days
    holidays = calendar or regimes()[clock.regime].calendar or nation
    book = holidays if isinstance(holidays, HolidayCalendar) else holiday_calendar(holidays)
    day, late = due_on, 0
    while day < done_on:
        day += ONE_DAY
        late += book.is_working_day(day)
    # An act on the next non-working day is late all the same.
    return max(late, 1)
