"""Non-half-hourly export in its few half hours, and how far that is from the truth: handbook 8.3, T19 and T20."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.calendar import settlement_periods
from halfhour.errors import NotCovered
from halfhour.processes.export_registration import periods_on, profile_error

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "mdd" / "377" / "Clock_Interval_377.csv"


def intervals(*seasons):
    """Rows of Market Domain Data for every day of the week."""
    names = ("start_day", "start_month", "end_day", "end_month", "start_time", "end_time")
    return [{"day_of_week": day, **dict(zip(names, season, strict=True))} for season in seasons for day in range(1, 8)]


PV_0482 = intervals((1, 10, 31, 10, "06:30", "16:00"), (1, 12, 31, 12, "11:30", "12:00"))
HYDRO_0940 = intervals(
    (1, 1, 30, 6, "00:00", "24:00"), (1, 7, 30, 11, "00:00", "00:30"), (1, 12, 31, 12, "00:00", "24:00")
)


def test_t19_december_export_of_pv_all_lands_in_period_24():
    day = date(2025, 12, 10)
    real = [0] * 48
    for period in range(19, 29):
        real[period - 1] = 100
    found = profile_error(real, PV_0482, day, [Decimal("0.08")] * 48)
    assert [period for period, wh in enumerate(found.profiled_wh, start=1) if wh] == [24]
    assert found.profiled_wh[23] == 1_000
    # 900 Wh are taken from nine periods and put into the tenth.
    assert (found.error_wh, found.at_system_price) == (1_800, Decimal("0.144"))
    assert profile_error(real, PV_0482, day).at_system_price is None


def test_t20_hydro_in_august_is_on_for_half_an_hour_of_gmt():
    """0000 to 0030 GMT is 0100 to 0130 local, the third period."""
    assert periods_on(HYDRO_0940, date(2025, 8, 15)) == (3,)
    assert periods_on(HYDRO_0940, date(2025, 11, 15)) == (1,)
    assert periods_on(HYDRO_0940, date(2025, 1, 15)) == tuple(range(1, 49))


def test_the_intervals_stay_in_gmt_when_the_clocks_go_back():
    """0630 to 1600 GMT: nineteen half hours, two periods later by the clock of summer."""
    assert periods_on(PV_0482, date(2025, 10, 25)) == tuple(range(16, 35))
    assert periods_on(PV_0482, date(2025, 10, 26)) == tuple(range(16, 35))
    assert periods_on(PV_0482, date(2025, 10, 27)) == tuple(range(14, 33))


def test_a_season_over_the_new_year_is_one_season():
    winter = intervals((1, 11, 28, 2, "11:30", "12:00"))
    assert [bool(periods_on(winter, day)) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 1))] == [
        True,
        True,
        False,
    ]


def test_where_the_regime_is_never_on_nothing_is_profiled_and_that_is_said():
    with pytest.raises(NotCovered, match="2025-07-01") as caught:
        profile_error([1] * 48, PV_0482, date(2025, 7, 1))
    assert caught.value.code == "EX-301"
    with pytest.raises(ValueError, match="50 Settlement Periods"):
        profile_error([1] * 48, PV_0482, date(2025, 10, 26))


@given(st.integers(0, 364), st.data())
def test_profiling_moves_energy_and_makes_none(place, data):
    day = date(2025, 1, 1) + timedelta(days=place)
    number = settlement_periods(day)
    real = data.draw(st.lists(st.integers(0, 5_000), min_size=number, max_size=number))
    found = profile_error(real, HYDRO_0940, day)
    assert sum(found.profiled_wh) == sum(real)
    assert 0 <= found.error_wh <= 2 * sum(real)


@pytest.mark.shared_data
@pytest.mark.skipif(not DATA.is_file(), reason=f"the shared data are not at {DATA}")
def test_t19_and_t20_by_the_clock_intervals_of_market_domain_data_377():
    names = ("day_of_week", "start_day", "start_month", "end_day", "end_month", "start_time", "end_time")
    held = {}
    with DATA.open(newline="", encoding="utf-8") as file:
        for tpr, *cells in list(csv.reader(file))[1:]:
            held.setdefault(tpr, []).append(dict(zip(names, cells, strict=True)))
    for month in (1, 2, 12):
        assert periods_on(held["00378"], date(2025, month, 10)) == (24,)
    assert periods_on(held["00397"], date(2025, 8, 15)) == (3,)
    assert periods_on(held["00398"], date(2025, 10, 26)) == tuple(range(1, 51))
