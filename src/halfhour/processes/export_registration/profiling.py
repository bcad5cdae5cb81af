"""Where non-half-hourly export lands in a day, and how far that is from what was exported (handbook 7 and 8.3).

A Time Pattern Regime of export is on in clock intervals in GMT (Market Domain Data, `clock_interval`); the day's export
is put into the Settlement Periods in which it is on, and into no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from halfhour.calendar import period_start_utc, settlement_periods
from halfhour.errors import NotCovered


@dataclass(frozen=True, slots=True)
class ProfileError:
    """What profiling does to a Settlement Day of export.

    Attributes:
        profiled_wh: by Settlement Period [Wh]; they add up to what was exported.
        error_wh: sum over periods of what was put in the wrong one, in either direction [Wh].
        at_system_price: its value [£]; None where no prices were given.
    """

    profiled_wh: tuple[int, ...]
    error_wh: int
    at_system_price: Decimal | None


def periods_on(intervals: Iterable[Mapping[str, Any]], day: date) -> tuple[int, ...]:
    """The Settlement Periods of a Settlement Day in which a regime is on.

    Args:
        intervals: rows of `clock_interval` of one Time Pattern Regime; last days included, times in GMT to `24:00`.
    """
    rows = list(intervals)
    return tuple(
        period
        for period in range(1, settlement_periods(day) + 1)
        if any(_is_on(row, period_start_utc(day, period)) for row in rows)
    )


def profile_error(
    real_wh: Sequence[int],
    intervals: Iterable[Mapping[str, Any]],
    day: date,
    system_prices: Sequence[Decimal] | None = None,
) -> ProfileError:
    """A day's export as profiled, beside what was exported.

    Within the periods in which the regime is on it is spread evenly [inferred]: no profile coefficients of export are
    known. Where the regime is on in one period only, as for PV in winter, the spread does not matter.

    Args:
        real_wh: export by Settlement Period [Wh].
        system_prices: by Settlement Period [£/kWh].

    Raises:
        ValueError: the numbers do not fit the day.
        NotCovered: EX-301 the regime is on in no period of the day.
    """
    number = settlement_periods(day)
    if len(real_wh) != number or (system_prices is not None and len(system_prices) != number):
        raise ValueError(f"{day} has {number} Settlement Periods")
    on = periods_on(intervals, day)
    if not on:
        raise NotCovered(
            "EX-301",
            f"The regime is on in no Settlement Period of {day}, and so takes no export.",
            "Look the Standard Settlement Configuration up; settle the export half-hourly.",
        )
    share, left = divmod(sum(real_wh), len(on))
    profiled = [0] * number
    for place, period in enumerate(on):
        # Whole Wh: the first periods take one each of what does not divide.
        profiled[period - 1] = share + (place < left)
    wrong = [abs(one - other) for one, other in zip(profiled, real_wh, strict=True)]
    value = None
    if system_prices is not None:
        value = sum((Decimal(wh) / 1000 * price for wh, price in zip(wrong, system_prices, strict=True)), Decimal(0))
    return ProfileError(tuple(profiled), sum(wrong), value)


def _is_on(row: Mapping[str, Any], start: datetime) -> bool:
    if int(row["day_of_week"]) != start.isoweekday():
        return False
    first, last = (int(row["start_month"]), int(row["start_day"])), (int(row["end_month"]), int(row["end_day"]))
    today = (start.month, start.day)
    in_season = first <= today <= last if first <= last else today >= first or today <= last
    return in_season and row["start_time"] <= f"{start:%H:%M}" < row["end_time"]
