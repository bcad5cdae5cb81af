"""Settlement runs: the planned date of each run of a Settlement Day, and until when a Trading Dispute can be raised.

The timetables are dated data (`data/timetables.toml`): Elexon's legacy timetable and those of the MHHS Programme. A
planned date gives way to the published Settlement Calendar (SAA-I016) where that is at hand.
"""

from __future__ import annotations

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Literal, get_args

from halfhour.calendar._lookup import unknown
from halfhour.calendar.settlement_days import check_day
from halfhour.calendar.time_limits import TimeLimit, due
from halfhour.calendar.working_days import ONE_DAY, HolidayCalendar, holiday_calendar
from halfhour.errors import NotCovered

RunType = Literal["II", "SF", "R1", "R2", "R3", "RF", "D", "DF"]
"""Interim Information, Initial Settlement, three reconciliations, Final Reconciliation, dispute, post-final."""

AppliesBy = Literal["settlement_day", "run_date"]

PLANNED_RUNS: tuple[RunType, ...] = ("II", "SF", "R1", "R2", "R3", "RF", "DF")
"""A dispute run (D) has no planned date."""


@dataclass(frozen=True, slots=True)
class Offset:
    """How long after the Settlement Day a run is planned: in working days, or in calendar months rolled forward."""

    working_days: int | None
    months: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Timetable:
    """A settlement timetable.

    Attributes:
        effective_from: first Settlement Day (or run date) that it applies to.
        effective_to: first that it no longer applies to; None is an open end.
        status: how firm it is.
        offsets: by run type; a run type that is not there does not take place.
    """

    id: str
    effective_from: date
    effective_to: date | None
    status: str
    offsets: Mapping[RunType, Offset]


@dataclass(frozen=True, slots=True)
class DisputeDeadline:
    """How long a kind of Trading Dispute can be raised: working days after a run, after RF, or after the day."""

    after: Literal["settlement-run", "rf", "settlement-day"]
    working_days: int


def _table(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("data", name).read_text(encoding="utf-8"))


@cache
def timetables() -> tuple[Timetable, ...]:
    """The settlement timetables in order of their effective dates."""
    return tuple(
        Timetable(
            id=timetable_id,
            effective_from=entry["from"],
            effective_to=entry.get("to"),
            status=entry["status"],
            offsets={
                run: Offset(entry[run].get("working_days"), entry[run].get("months"), entry[run]["source"])
                for run in PLANNED_RUNS
                if run in entry
            },
        )
        for timetable_id, entry in _table("timetables.toml").items()
    )


def timetable_on(day: date) -> Timetable:
    """The settlement timetable that applies to a Settlement Day.

    Raises:
        HalfhourError: CA-001 not a date.
        NotCovered: CA-002 outside 1972 to 2099, CA-030 before the first timetable.
    """
    check_day(day)
    for timetable in timetables():
        if timetable.effective_from <= day and (timetable.effective_to is None or day < timetable.effective_to):
            return timetable
    raise NotCovered(
        "CA-030",
        f"No settlement timetable is known for Settlement Day {day}; the first begins on "
        f"{timetables()[0].effective_from}.",
        "Take the dates from the published Settlement Calendar of that time.",
    )


def settlement_runs(
    day: date,
    timetable_applies_by: AppliesBy = "settlement_day",
    *,
    published: Mapping[RunType, date] | None = None,
) -> dict[RunType, date]:
    """The date of each settlement run of a Settlement Day, in order of the runs.

    Args:
        day: the Settlement Day.
        timetable_applies_by: whether a new timetable applies to Settlement Days from its start (`settlement_day`) or to
            the runs carried out from its start (`run_date`); the market has not settled it. By run date, a run that the
            new timetable would have put before its own start keeps its date of the older one.
        published: dates of this day's runs from the published Settlement Calendar, which go before planned ones.

    Raises:
        HalfhourError: CA-001 not a date, CA-031 an unknown way of applying the timetable.
        NotCovered: CA-002, CA-030 no timetable for the day, CA-011 a run beyond the holiday calendar.
    """
    if timetable_applies_by not in get_args(AppliesBy):
        raise unknown("CA-031", "way of applying a timetable", timetable_applies_by, get_args(AppliesBy))
    timetable = timetable_on(day)
    calendar = holiday_calendar("E&W")
    dates = dict(published or {})
    for run in PLANNED_RUNS:
        if run not in dates:
            if timetable_applies_by == "settlement_day":
                planned = _planned(day, timetable, run, calendar)
            else:
                planned = _planned_by_run_date(day, timetable, run, calendar)
            if planned is not None:
                dates[run] = planned
    return {run: dates[run] for run in get_args(RunType) if run in dates}


def _planned(day: date, timetable: Timetable, run: RunType, calendar: HolidayCalendar) -> date | None:
    offset = timetable.offsets.get(run)
    if offset is None:
        return None
    if offset.working_days is not None:
        return next(islice(calendar.working_days_from(day + ONE_DAY), offset.working_days - 1, None))
    return calendar.on_or_after(add_months(day, offset.months or 0))


def _planned_by_run_date(day: date, first: Timetable, run: RunType, calendar: HolidayCalendar) -> date | None:
    planned: date | None = None
    for timetable in timetables()[timetables().index(first) :]:
        candidate = _planned(day, timetable, run, calendar)
        if candidate is not None and planned is not None and candidate < timetable.effective_from:
            break
        planned = candidate
        if planned is not None and (timetable.effective_to is None or planned < timetable.effective_to):
            break
    return planned


def add_months(day: date, months: int) -> date:
    """The same day of the month so many calendar months later, or the last day of a shorter month."""
    year, months_before = divmod(day.year * 12 + day.month - 1 + months, 12)
    month = months_before + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@cache
def dispute_deadlines() -> dict[str, DisputeDeadline]:
    """The kinds of Trading Dispute with their deadlines."""
    return {
        kind: DisputeDeadline(entry["after"], entry["working_days"])
        for kind, entry in _table("dispute_deadlines.toml").items()
    }


def dispute_deadline(kind: str, after: date) -> TimeLimit:
    """Until when a Trading Dispute can be raised.

    Args:
        kind: `general`, `sva-half-hourly`, `sva-non-half-hourly`, `profile-coefficients` or `market-domain-data`.
        after: the day on which the settlement run was carried out (general), on which RF was carried out (SVA), or the
            Settlement Day (the others). It is not counted.

    Raises:
        HalfhourError: CA-001 not a date, CA-032 unknown kind.
        NotCovered: CA-002, CA-011 outside the holiday calendar.
    """
    deadline = dispute_deadlines().get(kind)
    if deadline is None:
        raise unknown("CA-032", "kind of Trading Dispute", kind, dispute_deadlines())
    return due(after, deadline.working_days, "within", "bsc", "none")
