"""Levels of Credit Default, the Query Period, withdrawal of cover and breach.

Follows BSC Section M 2 and 3 and Modification P307; handbook section 9.1. Thresholds are exceeded, not met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from itertools import islice
from typing import TYPE_CHECKING, Literal

from halfhour.calendar import (
    HALF_HOUR,
    LONDON,
    add_months,
    check_day,
    holiday_calendar,
    period_start_utc,
)
from halfhour.charges.credit.rules import EXACT, QUOTIENT, ZERO, parameter
from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    from halfhour.charges.credit.indebtedness import Account, Day, HalfHour

Level = Literal[0, 1, 2]
Outcome = Literal["cured", "Level 1 Credit Default", "not over within the days given"]

BUSINESS_HOURS = (time(9), time(17))
BREACH_DEFAULTS = 3
BREACH_MONTHS = 6


@dataclass(frozen=True, slots=True)
class QueryPeriod:
    """A Query Period (rule C22), moments in Europe/London.

    Attributes:
        business_hours: the five consecutive Business Hours that it contains; None before Modification P307.
    """

    begins: datetime
    ends: datetime
    business_hours: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class Event:
    """The percentage above 80 %: the Query Period that follows and how it ends, with the half hour that began it."""

    half_hour: HalfHour
    query_period: QueryPeriod
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Refusal:
    """A stretch above 90 %: contract notifications are refused from the first half hour to the last; None = goes on."""

    first: HalfHour
    last: HalfHour | None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What can be withdrawn after the wait (rule C23).

    Attributes:
        first_day, end_day: the wait, closed-open.
        highest: the day of the wait with the highest exposure.
        minimum_cover_gbp: cover that must stay [£].
        withdrawable_gbp: the most that can be withdrawn [£]; 0 where nothing can.
    """

    first_day: date
    end_day: date
    highest: Day
    cover_gbp: Decimal
    minimum_cover_gbp: Decimal
    withdrawable_gbp: Decimal


def level_of(ei_mwh: Decimal, cap_gbp_per_mwh: Decimal, cover_gbp: Decimal, day: date) -> Level:
    """The level of a Credit Cover Percentage: 0, 1 above 80 %, 2 above 90 % (rules C20, C21).

    Decided by products, so that a percentage of exactly 80 % is not lost in a quotient. Without cover any indebtedness
    is above every percentage.
    """
    with localcontext(EXACT):
        exposure = ei_mwh * cap_gbp_per_mwh
        if exposure <= 0:
            return 0
        if exposure > parameter("level_2_percentage", day).value * cover_gbp:
            return 2
        return 1 if exposure > parameter("level_1_percentage", day).value * cover_gbp else 0


def query_period(begins: datetime) -> QueryPeriod:
    """When a Query Period ends that begins at a moment.

    Twenty-four hours are elapsed hours, whatever the clocks do; Business Hours are hours of the clock on one Working
    Day of England and Wales.

    Raises:
        HalfhourError: EB-217 a moment without a time zone.
        NotCovered: EB-219, CA-002, CA-011 outside what is held.
    """
    if begins.tzinfo is None or begins.utcoffset() is None:
        raise HalfhourError("EB-217", f"{begins} names no time zone.", "Give a moment with its offset from UTC.")
    if not 1900 < begins.year < 9000:
        check_day(begins.date())
    local = begins.astimezone(LONDON)
    check_day(local.date())
    day = local.date()
    least = begins.astimezone(UTC) + timedelta(hours=int(parameter("query_period_hours", day).value))
    hours = int(parameter("query_period_business_hours", day).value)
    if hours == 0:
        return QueryPeriod(local, least.astimezone(LONDON), None)
    contained = next(_business_hours(local, hours))
    return QueryPeriod(local, max(least, contained[1].astimezone(UTC)).astimezone(LONDON), contained)


def _business_hours(begins: datetime, hours: int) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of so many Business Hours of one Working Day that lie after the beginning, in order."""
    for day in holiday_calendar("E&W").working_days_from(begins.date()):
        opens, closes = (datetime.combine(day, clock, tzinfo=LONDON) for clock in BUSINESS_HOURS)
        first = max(opens, begins) if day == begins.date() else opens
        # No clock change falls on a Working Day, so hours of the clock are hours.
        if first + timedelta(hours=hours) <= closes:
            yield first, first + timedelta(hours=hours)


def events(account: Account, start: date, end: date) -> tuple[list[Event], list[Refusal]]:
    """What happens to an account over the days of `[start, end)`: Query Periods and refusals of notifications.

    A half hour's percentage counts from its end. A Query Period is cured when the percentage is not above 80 % at its
    end; after a Level 1 Credit Default the next one can begin once the percentage has come down.

    Raises:
        HalfhourError, NotCovered: as `Account.half_hours`.
    """
    half_hours = [one for found in _days(start, end) for one in account.half_hours(found)]
    return list(_query_periods(half_hours)), list(_refusals(half_hours))


def _days(start: date, end: date) -> Iterator[date]:
    while start < end:
        yield start
        start += timedelta(days=1)


def _end_of(half_hour: HalfHour) -> datetime:
    return period_start_utc(half_hour.day, half_hour.period) + HALF_HOUR


def _query_periods(half_hours: Sequence[HalfHour]) -> Iterator[Event]:
    waiting: tuple[HalfHour, QueryPeriod] | None = None
    in_default = False
    last = None
    for half_hour in half_hours:
        above = bool(half_hour.level)
        if waiting and _end_of(half_hour) > waiting[1].ends:
            # The percentage in force when the Query Period ended is that of the half hour before.
            in_default = bool(last and last.level)
            yield Event(*waiting, "Level 1 Credit Default" if in_default else "cured")
            waiting = None
        if waiting is None:
            if in_default:
                in_default = above
            elif above:
                waiting = half_hour, query_period(_end_of(half_hour))
        last = half_hour
    if waiting:
        over = last is not None and _end_of(last) >= waiting[1].ends
        outcome: Outcome = "not over within the days given"
        if over:
            outcome = "Level 1 Credit Default" if last and last.level else "cured"
        yield Event(*waiting, outcome)


def _refusals(half_hours: Iterable[HalfHour]) -> Iterator[Refusal]:
    first = last = None
    for half_hour in half_hours:
        if half_hour.level == 2:
            first = first or half_hour
            last = half_hour
        elif first:
            yield Refusal(first, last)
            first = last = None
    if first:
        yield Refusal(first, None)


def withdrawal(account: Account, requested_on: date) -> Withdrawal:
    """The most that can be withdrawn of the cover after the wait that begins with a request.

    Raises:
        HalfhourError: EB-218 the case states no cover for a day of the wait; others as `Account.on`.
        NotCovered: as `Account.on`.
    """
    check_day(requested_on)
    end_day = requested_on + timedelta(days=int(parameter("withdrawal_wait_days", requested_on).value))
    found = list(account.days(requested_on, end_day))
    covers = [one.cover_gbp for one in found if one.cover_gbp is not None]
    if len(covers) < len(found):
        raise HalfhourError(
            "EB-218", "The case does not state the cover lodged.", "Give it in [[cover]], or with --lodged."
        )
    highest = max(found, key=lambda one: one.exposure_gbp)
    # Divided by 0.75, an amount need not end: it is carried to 28 digits.
    share = parameter("withdrawal_percentage", requested_on).value
    minimum = QUOTIENT.divide(max(highest.exposure_gbp, ZERO), share)
    cover = min(covers)
    return Withdrawal(requested_on, end_day, highest, cover, minimum, max(cover - minimum, ZERO))


def breach_on(authorised_defaults: Iterable[date]) -> date | None:
    """The day of the third authorised Credit Default within six months (rule C24); None where there is none."""
    found = sorted(authorised_defaults)
    for first, third in zip(found, islice(found, BREACH_DEFAULTS - 1, None), strict=False):
        if third < add_months(first, BREACH_MONTHS):
            return third
    return None
