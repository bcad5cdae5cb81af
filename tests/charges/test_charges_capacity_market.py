"""Demand in the Capacity Market's high-demand half hours."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.charges import cm_high_demand_wh
from halfhour.errors import HalfhourError, NotCovered

WINTER_START = date(2024, 10, 25)
WINTER = [WINTER_START + timedelta(days=n) for n in range(140)]  # to 13 March 2025, across a clock change


def one_wh_each(days: list[date]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.ones((len(days), 50), dtype=np.int64)


@pytest.mark.parametrize(
    ("winter", "half_hours"), [(2021, 498), (2022, 498), (2023, 504), (2024, 498), (2025, 492), (2026, 492)]
)
def test_a_winter_has_the_half_hours_the_handbook_counts(winter: int, half_hours: int) -> None:
    days = [date(winter, 10, 1) + timedelta(days=n) for n in range(365)]
    assert cm_high_demand_wh(days, one_wh_each(days)) == half_hours


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 10, 31), 0),
        (date(2024, 11, 1), 6),
        (date(2024, 11, 2), 0),  # Saturday
        (date(2024, 12, 25), 0),
        (date(2024, 2, 29), 6),
        (date(2025, 2, 28), 6),
        (date(2025, 3, 3), 0),
    ],
)
def test_only_working_days_from_november_to_february_count(day: date, expected: int) -> None:
    assert cm_high_demand_wh([day], one_wh_each([day])) == expected


def test_periods_33_to_38_count_and_no_others() -> None:
    counted = []
    for period in range(1, 51):
        wh = np.zeros((1, 50), dtype=np.int64)
        wh[0, period - 1] = 1
        if cm_high_demand_wh([date(2024, 11, 1)], wh):
            counted.append(period)
    assert counted == [33, 34, 35, 36, 37, 38]


@given(st.integers(0, 140), st.integers(0, 2**32 - 1), st.integers(-5, 5))
def test_splitting_order_and_scale_change_nothing(cut: int, seed: int, factor: int) -> None:
    wh = np.random.default_rng(seed).integers(-(10**9), 10**9, size=(len(WINTER), 50))
    whole = cm_high_demand_wh(WINTER, wh)
    assert whole == cm_high_demand_wh(WINTER[:cut], wh[:cut]) + cm_high_demand_wh(WINTER[cut:], wh[cut:])
    assert whole * factor == cm_high_demand_wh(WINTER, wh * factor)
    order = Random(seed).sample(range(len(WINTER)), len(WINTER))
    assert whole == cm_high_demand_wh([WINTER[n] for n in order], wh[order])


def test_several_sites_may_share_a_day_and_no_days_have_no_demand() -> None:
    day = date(2024, 11, 1)
    assert cm_high_demand_wh([day, day], one_wh_each([day, day])) == 12
    assert cm_high_demand_wh([], one_wh_each([])) == 0


def test_sums_beyond_64_bits_do_not_wrap_around() -> None:
    day = date(2024, 11, 1)
    assert cm_high_demand_wh([day], np.full((1, 50), 2**63 - 1)) == 6 * (2**63 - 1)


@pytest.mark.parametrize(
    "wh",
    [
        np.ones((1, 50)),  # floats
        np.full((1, 50), np.nan),
        np.ones((1, 50), dtype=np.bool_),
        np.ones((1, 48), dtype=np.int64),
        np.ones((2, 50), dtype=np.int64),
        np.ones(50, dtype=np.int64),
        np.ones((1, 50), dtype=object),
    ],
)
def test_anything_but_a_row_of_50_whole_numbers_per_day_is_refused(wh: np.ndarray) -> None:  # type: ignore[type-arg]
    with pytest.raises(HalfhourError, match="CH-002"):
        cm_high_demand_wh([date(2024, 11, 1)], wh)


@pytest.mark.parametrize("day", [date(1900, 11, 1), date(2900, 11, 1)])
def test_day_beyond_the_calendar_is_an_error_and_not_a_quiet_day(day: date) -> None:
    with pytest.raises(NotCovered):
        cm_high_demand_wh([day], one_wh_each([day]))
