"""Settlement Days laid out as half hours: which period each belongs to, when it begins in UTC, what the clock says.

The rule for the periods of a day is the calendar room's; here they are only put in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from halfhour.calendar.settlement_days import midnight_utc, period_start_local, settlement_periods
from halfhour.calendar.working_days import is_working_day
from halfhour.errors import HalfhourError

PERIODS_OF_THE_LONGEST_DAY = 50

WORKDAY, SATURDAY, SUNDAY = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Days:
    """Consecutive Settlement Days and their half hours.

    Attributes:
        dates: the days, in order.
        period_counts: 46, 48 or 50 for each day, shape [day].
        day: index into `dates`, shape [half hour].
        period: Settlement Period from 1, shape [half hour].
        utc_seconds: start of the half hour, seconds since 1970-01-01 UTC, shape [half hour].
        local_hour: hours since midnight by the clock in Europe/London at the start, shape [half hour].
        kind: `WORKDAY`, `SATURDAY` or `SUNDAY` (bank holidays of England and Wales too), shape [day].
    """

    dates: tuple[date, ...]
    period_counts: NDArray[np.int64]
    day: NDArray[np.int64]
    period: NDArray[np.int64]
    utc_seconds: NDArray[np.int64]
    local_hour: NDArray[np.float64]
    kind: NDArray[np.int64]

    @property
    def slots(self) -> NDArray[np.int64]:
        """Place of each half hour in a [day × 50 periods] array laid out flat."""
        return self.day * PERIODS_OF_THE_LONGEST_DAY + self.period - 1

    def step(self, settlement_date: date, settlement_period: int) -> int:
        """Position of one half hour in the row of half hours."""
        day = self.dates.index(settlement_date)
        return int(self.period_counts[:day].sum()) + settlement_period - 1


def _clock_hour(day: date, period: int) -> float:
    start = period_start_local(day, period)
    return start.hour + start.minute / 60.0


def _kind(day: date) -> int:
    if is_working_day(day):
        return WORKDAY
    return SATURDAY if day.weekday() == 5 else SUNDAY


def lay_out(start: date, end: date) -> Days:
    """The Settlement Days from `start` up to `end`, which is not included.

    Raises:
        HalfhourError: DM-001 where that is no day at all.
        NotCovered: CA-002, CA-011 where clock changes or bank holidays are not known.
    """
    if end <= start:
        raise HalfhourError(
            "DM-001",
            f"There is no Settlement Day from {start} up to {end}.",
            "Give an end after the start; the end is the first day that is no longer included.",
        )
    dates = tuple(start + timedelta(days=n) for n in range((end - start).days))
    counts = np.array([settlement_periods(day) for day in dates], dtype=np.int64)
    day = np.repeat(np.arange(len(dates)), counts)
    first_of_day = np.cumsum(counts) - counts
    period = np.arange(len(day)) - first_of_day[day] + 1
    utc_seconds = int(midnight_utc(start).timestamp()) + 1800 * np.arange(len(day))
    local_hour = (period - 1) / 2.0
    for changed in np.flatnonzero(counts[day] != 48):
        local_hour[changed] = _clock_hour(dates[day[changed]], int(period[changed]))
    kind = np.array([_kind(day) for day in dates], dtype=np.int64)
    return Days(dates, counts, day, period, utc_seconds, local_hour, kind)


def consecutive(days: Sequence[date]) -> Days:
    """The same from a list of dates.

    Raises:
        HalfhourError: DM-001 where the list is empty, or DM-003 where a day does not follow the one before it.
    """
    if not days:
        raise HalfhourError("DM-001", "The list of Settlement Days is empty.", "Give at least one day.")
    for before, after in pairwise(days):
        if after - before != timedelta(days=1):
            raise HalfhourError(
                "DM-003",
                f"{after} does not follow {before}: a battery's charge is carried from each day to the next.",
                "Give consecutive Settlement Days, in order.",
            )
    return lay_out(days[0], days[-1] + timedelta(days=1))
