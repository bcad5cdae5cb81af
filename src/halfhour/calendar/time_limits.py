"""Time limits in working or calendar days: within n days, n days beginning with a day, n days before a day.

The regimes are data (`data/regimes.toml`): Balancing and Settlement Code, Electricity Act 1989 Schedules 2ZA and 2ZB,
Electricity Capacity Regulations, Contracts for Difference.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Literal, get_args

from halfhour.calendar._lookup import shown, unknown
from halfhour.calendar.settlement_days import check_day
from halfhour.calendar.working_days import ONE_DAY, HolidayCalendar, holiday_calendar
from halfhour.errors import HalfhourError

Mode = Literal["within", "beginning_with"]
Unit = Literal["working", "calendar"]
Roll = Literal["next", "none"]

LONGEST = 9_999
"""No limit of the market comes near; it keeps a slip of the pen from counting for minutes."""


@dataclass(frozen=True, slots=True)
class Regime:
    """How a body of law or code counts.

    Attributes:
        calendar: id of its holiday calendar; None where it is the site's nation's.
        cut_off: local time after which an act counts as done on the next working day; None where there is none.
        counting: the mode of its own limits.
        roll, roll_calendar_days: what a trigger on a non-working day does to limits in working and calendar days.
        source: where this comes from, and what is open.
    """

    id: str
    title: str
    calendar: str | None
    cut_off: time | None
    counting: Mode
    roll: Roll
    roll_calendar_days: Roll
    source: str


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A computed limit with everything that explains it.

    Attributes:
        trigger: day of the event, or the anchor counted back from.
        at: local time of the event, where given.
        n: number of days.
        mode: `within`, `beginning_with` or `before`.
        unit: `working` or `calendar` days.
        calendar, calendar_version: of the holidays; None where the limit did not need any.
        roll: what a trigger on a non-working day did.
        cut_off: of the regime, local time; an act is in time until then on the due day.
        counts_from: the trigger after cut-off and roll.
        counted: the n days counted, in the order of counting.
        due: last day on which the act is in time.
    """

    trigger: date
    at: time | None
    n: int
    mode: Literal["within", "beginning_with", "before"]
    unit: Unit
    regime: str
    calendar: str | None
    calendar_version: str | None
    roll: Roll
    cut_off: time | None
    counts_from: date
    counted: tuple[date, ...]
    due: date


@cache
def regimes() -> dict[str, Regime]:
    """The regimes by id."""
    table: dict[str, dict[str, Any]] = tomllib.loads(
        files(__package__).joinpath("data", "regimes.toml").read_text(encoding="utf-8")
    )
    return {
        regime_id: Regime(
            id=regime_id,
            title=entry["title"],
            calendar=entry.get("calendar"),
            cut_off=entry.get("cut_off"),
            counting=entry["counting"],
            roll=entry["roll"],
            roll_calendar_days=entry["roll_calendar_days"],
            source=entry["source"],
        )
        for regime_id, entry in table.items()
    }


def due(
    trigger: date,
    n: int,
    mode: Mode,
    regime: str = "bsc",
    roll: Roll | None = None,
    at: time | None = None,
    *,
    unit: Unit = "working",
    calendar: str | HolidayCalendar | None = None,
) -> TimeLimit:
    """When a time limit runs out.

    Args:
        trigger: day of the event that starts the clock.
        n: number of days.
        mode: `within` counts from the day after the trigger; `beginning_with` counts the trigger day as day 1.
        regime: `bsc`, `electricity-act`, `cm-regs` or `cfd`.
        roll: what a trigger on a non-working day does: `next`, it counts as on the next working day; `none`, it stays.
            None takes the regime's.
        at: local time of the event; matters only where the regime has a cut-off. None counts as in time.
        unit: `working` or `calendar` days.
        calendar: holiday calendar; None takes the regime's.

    Raises:
        HalfhourError: CA-001, CA-010, CA-020, CA-021, CA-022, CA-024 for an argument that cannot be used.
        NotCovered: CA-002, CA-011 where the count leaves the holiday calendar.
    """
    if mode not in get_args(Mode):
        raise unknown("CA-020", "mode of counting", mode, get_args(Mode))
    rule = _regime(regime)
    _check_count(trigger, n, unit)
    if roll is None:
        roll = rule.roll if unit == "working" else rule.roll_calendar_days
    if roll not in get_args(Roll):
        raise unknown("CA-020", "roll", roll, get_args(Roll))
    if at is not None and (not isinstance(at, time) or at.tzinfo is not None):
        raise HalfhourError(
            "CA-024", f"{shown(at)} is not a local time of day.", "Give hours and minutes, such as 17:01."
        )
    late = rule.cut_off is not None and at is not None and at > rule.cut_off
    holidays = _holidays(rule, calendar)
    if holidays is None and (unit == "working" or roll == "next" or late):
        raise _calendar_not_given(rule)

    counts_from = trigger + ONE_DAY if late else trigger
    if holidays is not None and (late or roll == "next"):
        counts_from = holidays.on_or_after(counts_from)
    first = counts_from + ONE_DAY if mode == "within" else counts_from
    if unit == "working" and holidays is not None:
        counted = tuple(islice(holidays.working_days_from(first), n))
    else:
        counted = tuple(islice(_calendar_days(first, ONE_DAY), n))
    return TimeLimit(
        trigger=trigger,
        at=at,
        n=n,
        mode=mode,
        unit=unit,
        regime=rule.id,
        calendar=holidays.id if holidays else None,
        calendar_version=holidays.version if holidays else None,
        roll=roll,
        cut_off=rule.cut_off,
        counts_from=counts_from,
        counted=counted,
        due=counted[-1],
    )


def before(
    anchor: date,
    n: int,
    regime: str = "bsc",
    *,
    unit: Unit = "working",
    calendar: str | HolidayCalendar | None = None,
) -> TimeLimit:
    """The n-th day strictly before an anchor, going back.

    Args:
        anchor: the day counted back from, itself not counted.
        n: number of days.
        regime: gives the holiday calendar where none is named.
        unit: `working` or `calendar` days.
        calendar: holiday calendar; None takes the regime's.

    Raises:
        HalfhourError: CA-001, CA-010, CA-020, CA-021, CA-022 for an argument that cannot be used.
        NotCovered: CA-002, CA-011 where the count leaves the holiday calendar.
    """
    rule = _regime(regime)
    _check_count(anchor, n, unit)
    holidays = _holidays(rule, calendar)
    if holidays is None and unit == "working":
        raise _calendar_not_given(rule)
    if unit == "working" and holidays is not None:
        counted = tuple(islice(holidays.working_days_before(anchor), n))
    else:
        counted = tuple(islice(_calendar_days(anchor - ONE_DAY, -ONE_DAY), n))
    return TimeLimit(
        trigger=anchor,
        at=None,
        n=n,
        mode="before",
        unit=unit,
        regime=rule.id,
        calendar=holidays.id if holidays else None,
        calendar_version=holidays.version if holidays else None,
        roll="none",
        cut_off=rule.cut_off,
        counts_from=anchor,
        counted=counted,
        due=counted[-1],
    )


def _calendar_days(day: date, step: timedelta) -> Iterator[date]:
    while True:
        yield day
        day += step


def _regime(regime_id: str) -> Regime:
    rule = regimes().get(regime_id) if isinstance(regime_id, str) else None
    if rule is None:
        raise unknown("CA-020", "regime", regime_id, regimes())
    return rule


def _check_count(trigger: date, n: int, unit: str) -> None:
    check_day(trigger)
    if unit not in get_args(Unit):
        raise unknown("CA-020", "unit of counting", unit, get_args(Unit))
    if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= LONGEST:
        given = n if isinstance(n, int) and abs(n) < 10**9 else shown(n)
        raise HalfhourError(
            "CA-021", f"A time limit cannot count {given} days.", f"Give a whole number, 1 to {LONGEST}."
        )


def _holidays(rule: Regime, calendar: str | HolidayCalendar | None) -> HolidayCalendar | None:
    if isinstance(calendar, HolidayCalendar):
        return calendar
    name = rule.calendar if calendar is None else calendar
    return None if name is None else holiday_calendar(name)


def _calendar_not_given(rule: Regime) -> HalfhourError:
    return HalfhourError(
        "CA-022",
        f"Regime {rule.id} counts by the holidays of the site's nation, and none is named.",
        "Name the calendar: E&W or SCT.",
    )
