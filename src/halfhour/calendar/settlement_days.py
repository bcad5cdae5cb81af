"""Settlement Days and Settlement Periods: 46, 48 or 50 half hours of a civil day in Europe/London.

Follows the Elexon glossary ("Settlement Day", "Settlement Period") and the SVA Data Catalogue (period 1 ends at 00:30
local time). Everything is counted in elapsed time from local midnight, never in clock hours.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from halfhour.calendar._lookup import shown
from halfhour.errors import HalfhourError, NotCovered

LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)

FIRST_DAY = date(1972, 1, 1)
"""Before 1972 British clocks followed yearly orders and the all-year summer time of 1968 to 1971."""

LAST_DAY = date(2099, 12, 31)
"""Later days would need the present rule of clock changes to hold for longer than anyone can promise."""


class PeriodOfDay(NamedTuple):
    """A half hour by its Settlement Day and the number of its Settlement Period, from 1."""

    settlement_day: date
    settlement_period: int


def parse_day(text: str) -> date:
    """Read an ISO date, and nothing but an ISO date.

    Raises:
        HalfhourError: CA-001, with the ISO date that dd/mm/yyyy would be.
    """
    if isinstance(text, str):
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            try:
                return date.fromisoformat(text)
            except ValueError as error:
                raise HalfhourError(
                    "CA-001", f"{text} is not a date: {error}.", "Give a date that exists, such as 2026-10-25."
                ) from None
        if match := re.fullmatch(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})", text):
            day, month, year = match.groups()
            raise HalfhourError(
                "CA-001",
                f"{text} is not an ISO date.",
                f"Write year, month, day: did you mean {year}-{month:0>2}-{day:0>2}?",
            )
    raise HalfhourError("CA-001", f"{shown(text)} is not an ISO date.", "Write year, month, day, such as 2026-10-25.")


def check_day(day: date) -> None:
    """Refuse what is not a date, or a date whose clock changes are not known.

    Raises:
        HalfhourError: CA-001 not a date.
        NotCovered: CA-002 outside 1972 to 2099.
    """
    if not isinstance(day, date) or isinstance(day, datetime):
        raise HalfhourError(
            "CA-001",
            f"A day is given as a date, not as {shown(day)}.",
            "Give a date; period_of finds the Settlement Day of a moment.",
        )
    if not FIRST_DAY <= day <= LAST_DAY:
        raise NotCovered(
            "CA-002",
            f"{day} is outside the days whose clock changes are known or can be taken from the present rule.",
            f"Give a day from {FIRST_DAY} to {LAST_DAY}.",
        )


@cache
def midnight_utc(day: date) -> datetime:
    """The local midnight with which the Settlement Day begins, as a moment in UTC.

    Raises:
        HalfhourError: CA-001 not a date.
        NotCovered: CA-002 outside 1972 to 2099.
    """
    check_day(day)
    return _midnight_utc(day)


def _midnight_utc(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


@cache
def settlement_periods(day: date) -> int:
    """How many Settlement Periods the Settlement Day has: 46 in spring, 50 in autumn, otherwise 48.

    Raises:
        HalfhourError: CA-001 not a date.
        NotCovered: CA-002 outside 1972 to 2099.
    """
    start = midnight_utc(day)
    return (_midnight_utc(day + timedelta(days=1)) - start) // HALF_HOUR


def check_period(day: date, period: int) -> None:
    """Refuse a number that is not one of the day's Settlement Periods.

    Raises:
        HalfhourError: CA-001 not a date, CA-003 no such period.
        NotCovered: CA-002 outside 1972 to 2099.
    """
    last = settlement_periods(day)
    try:
        number = operator.index(period)
    except TypeError:
        raise HalfhourError(
            "CA-003", f"A Settlement Period is a whole number, not {shown(period)}.", f"Give 1 to {last}."
        ) from None
    if not 1 <= number <= last:
        why = {46: " (the clocks go forward)", 50: " (the clocks go back)"}.get(last, "")
        raise HalfhourError(
            "CA-003",
            f"{day} has {last} Settlement Periods{why}; {number if abs(number) < 10**6 else 'the number given'} "
            "is not one of them.",
            f"Give 1 to {last}.",
        )


def period_start_utc(day: date, period: int) -> datetime:
    """The moment in UTC at which a Settlement Period begins.

    Raises:
        HalfhourError: CA-001 not a date, CA-003 no such period.
        NotCovered: CA-002 outside 1972 to 2099.
    """
    check_period(day, period)
    return midnight_utc(day) + (operator.index(period) - 1) * HALF_HOUR


def period_start_local(day: date, period: int) -> datetime:
    """The same moment in Europe/London; `fold` is 1 in the repeated hour of the long day.

    Raises:
        HalfhourError: CA-001 not a date, CA-003 no such period.
        NotCovered: CA-002 outside 1972 to 2099.
    """
    return period_start_utc(day, period).astimezone(LONDON)


def period_of(instant: datetime) -> PeriodOfDay:
    """The Settlement Day and Settlement Period in which a moment lies; a boundary belongs to the period it begins.

    Raises:
        HalfhourError: CA-001 not a moment, CA-004 without a time zone.
        NotCovered: CA-002 outside 1972 to 2099.
    """
    if not isinstance(instant, datetime):
        raise HalfhourError(
            "CA-001", f"A moment is a datetime, not {shown(instant)}.", "Give a datetime with its time zone."
        )
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise HalfhourError(
            "CA-004",
            f"{instant.isoformat()} has no time zone.",
            "Give it one: 01:30 happens twice when the clocks go back.",
        )
    try:
        day = instant.astimezone(LONDON).date()
    except OverflowError:
        # The last hours of year 9999 and the first of year 1 have no local date.
        day = instant.date()
    return PeriodOfDay(day, (instant - midnight_utc(day)) // HALF_HOUR + 1)


def days(start: date, end: date) -> Iterator[date]:
    """Settlement Days from `start` up to, not including, `end`.

    Raises:
        HalfhourError: CA-001 not a date, CA-005 `end` before `start`.
        NotCovered: CA-002 outside 1972 to 2099 (`end` may be the day after).
    """
    check_day(start)
    if end != LAST_DAY + timedelta(days=1):
        check_day(end)
    if end < start:
        raise HalfhourError(
            "CA-005",
            f"The days end on {end}, before they start on {start}.",
            "Give the first day, then the day after the last.",
        )
    return (start + timedelta(days=number) for number in range((end - start).days))


def clock_label(day: date, period: int) -> str:
    """Local start of a Settlement Period with the clock it is told by: `01:30 BST`, `01:30 GMT`.

    Raises:
        HalfhourError: CA-001 not a date, CA-003 no such period.
        NotCovered: CA-002 outside 1972 to 2099.
    """
    return period_start_local(day, period).strftime("%H:%M %Z")


def settlement_period_label(day: date, period: int) -> str:
    """Settlement Period Label, CHAR(6): local end `00:30` to `24:00`, the repeated ones `01:30a` and `02:00a`.

    The end is told by the clock that the period began with: the last half hour of summer time ends at 02:00, the next
    one, the first of winter time, at 01:30a.

    Raises:
        HalfhourError: CA-001 not a date, CA-003 no such period.
        NotCovered: CA-002 outside 1972 to 2099.
    """
    start = period_start_local(day, period)
    minutes = start.hour * 60 + start.minute + 30
    return f"{minutes // 60:02d}:{minutes % 60:02d}{'a' if start.fold else ''}"
