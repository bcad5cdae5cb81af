"""Half hours counted in UTC to Settlement Days and Periods, and the dates and times that exchange formats write.

Follows the handbook (file-formats 5) and the calendar room; all of it over whole columns. A half hour is counted from
1970-01-01 00:00 UTC, a day from 1970-01-01.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

import numpy as np
from numpy.typing import NDArray

from halfhour.calendar import HALF_HOUR, midnight_utc, settlement_periods
from halfhour.formats.column_values import BAD
from halfhour.formats.readings_shapes import FIRST_DAY, LAST_DAY

NOT_A_HALF_HOUR = -2
"""Instead of a time of day that can be read and is no half hour."""

HALF_HOURS_A_DAY = 48
"""Of UTC."""

_EPOCH = date(1970, 1, 1)

_DAY_SLASH = re.compile(r"(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})")
_DAY_HYPHEN = re.compile(r"(?P<day>[0-9]{1,2})-(?P<month>[0-9]{1,2})-(?P<year>[0-9]{4})")
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_TIME_WITH_SECONDS = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


def settlement_half_hours_of(
    half_hours: NDArray[np.int64], known: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The Settlement Day and the Settlement Period of each half hour; 0 and 0 of one that is not known.

    Args:
        half_hours: in UTC, from 1989-12-31 to 2099-12-31 where known.
        known: which ones are to be looked at.
    """
    looked_at = half_hours[known]
    utc_days = np.unique(looked_at // HALF_HOURS_A_DAY)
    # Europe/London is never behind UTC and never a day ahead.
    days = np.unique(np.concatenate((utc_days, utc_days + 1)))
    days = days[days <= number_of(LAST_DAY)]
    midnights = np.array([_midnight(int(day)) for day in days], dtype=np.int64)
    place = np.searchsorted(midnights, looked_at, side="right") - 1
    day, period = np.zeros_like(half_hours), np.zeros_like(half_hours)
    day[known], period[known] = days[place], looked_at - midnights[place] + 1
    return day, period


def periods_of(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many Settlement Periods each day has; 0 of a bad day."""
    different, place = np.unique(days, return_inverse=True)
    counts = [0 if day == BAD else settlement_periods(day_of(day)) for day in different.tolist()]
    return np.array(counts, dtype=np.int64)[place]


def number_of(day: date) -> int:
    """A day as a number."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The day of a number."""
    return _EPOCH + timedelta(days=number)


def _midnight(day: int) -> int:
    moment = midnight_utc(day_of(day)).replace(tzinfo=None)
    return (moment - datetime.combine(_EPOCH, datetime.min.time())) // HALF_HOUR


def _day(form: re.Pattern[str], value: object, last: date = LAST_DAY) -> int:
    match = form.fullmatch(str(value))
    if match is None:
        return BAD
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return BAD
    return number_of(day) if FIRST_DAY <= day <= last else BAD


def _half_hour(form: re.Pattern[str], value: object) -> int:
    match = form.fullmatch(str(value))
    if match is None:
        return BAD
    hour, minute, *seconds = (int(part or 0) for part in match.groups())
    if hour > 23 or minute > 59 or max(seconds, default=0) > 59:
        return BAD
    return NOT_A_HALF_HOUR if minute % 30 or any(seconds) else hour * 2 + minute // 30


Meaning = Callable[[object], int]

day_with_slashes: Meaning = partial(_day, _DAY_SLASH)
"""Of dd/mm/yyyy, from 1990 to 2099."""

end_day_with_slashes: Meaning = partial(_day, _DAY_SLASH, last=LAST_DAY + timedelta(days=1))
"""Of dd/mm/yyyy, from 1990 to the midnight that ends 2099."""

LAST_HALF_HOUR = (number_of(LAST_DAY) + 1) * HALF_HOURS_A_DAY - 1
"""Of 2099, which ends in winter."""

day_with_hyphens: Meaning = partial(_day, _DAY_HYPHEN)
"""Of dd-mm-yyyy, from 1990 to 2099."""

iso_day: Meaning = partial(_day, _ISO)
"""Of yyyy-mm-dd, from 1990 to 2099."""

half_hour: Meaning = partial(_half_hour, _TIME)
"""Of hh:mm, from 0 to 47."""

half_hour_with_seconds: Meaning = partial(_half_hour, _TIME_WITH_SECONDS)
"""Of hh:mm or hh:mm:ss, from 0 to 47."""
