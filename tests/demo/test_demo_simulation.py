"""What made-up readings must hold: exact balances, a plausible sun, a battery that keeps its limits, no neighbours."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.demo import FixedHalfHour, Plant, bench_block, lay_out, simulate
from halfhour.demo.plants import business
from halfhour.demo.series import periods_of
from halfhour.errors import HalfhourError

JANUARY = lay_out(date(2024, 1, 1), date(2024, 2, 1))
OCTOBER = lay_out(date(2023, 10, 1), date(2023, 11, 1))

WORKS = Plant(
    number=7,
    gsp_group="_H",
    load_shape="office",
    mean_load_w=300e3,
    solar_w=900e3,
    battery_w=400e3,
    battery_wh=800e3,
    round_trip=0.88,
    trading_days=0.4,
    peak_shaving_days=0.3,
    frequency_response=0.08,
)


def behind(energy: dict[str, np.ndarray]) -> np.ndarray:
    """What crosses the boundary net, added up from what lies behind it."""
    taken = energy["other"] + energy["import_stor"] + energy["import_gen"]
    return taken - energy["export_stor"] - energy["export_gen"]


def sites(count: int) -> list[Plant]:
    return [business(3, number) for number in range(count)]


def test_the_boundary_is_the_sum_of_what_lies_behind_it_to_the_watt_hour() -> None:
    energy = {name: wh.astype(np.int64) for name, wh in simulate(sites(40), OCTOBER, seed=3).items()}
    assert np.array_equal(energy["import_bp"] - energy["export_bp"], behind(energy))
    assert all((wh >= 0).all() for wh in energy.values())


def test_no_more_leaves_the_boundary_than_the_plant_gives() -> None:
    energy = simulate([WORKS], OCTOBER, seed=3)
    assert (energy["export_bp"] <= energy["export_stor"] + energy["export_gen"]).all()
    assert (energy["import_bp"] <= energy["other"] + energy["import_stor"] + energy["import_gen"]).all()


def test_the_boundary_is_sometimes_crossed_both_ways_within_a_half_hour() -> None:
    energy = simulate([WORKS], OCTOBER, seed=3)
    both = (energy["import_bp"] > 0) & (energy["export_bp"] > 0)
    assert 0.0 < both.mean() < 0.3


def test_the_long_day_has_fifty_periods_and_padding_is_nought() -> None:
    energy = simulate([WORKS], OCTOBER, seed=3)
    long_day = OCTOBER.dates.index(date(2023, 10, 29))
    assert OCTOBER.period_counts[long_day] == 50
    assert (energy["other"][0, long_day] > 0).all()
    assert (energy["other"][0, long_day - 1, 48:] == 0).all()


def test_the_short_day_has_forty_six_periods() -> None:
    march = lay_out(date(2024, 3, 31), date(2024, 4, 1))
    energy = simulate([WORKS], march, seed=3)
    assert (energy["other"][0, 0, :46] > 0).all()
    assert (energy["other"][0, 0, 46:] == 0).all()


def test_the_repeated_hour_is_told_by_the_clock_and_the_sun_is_not() -> None:
    days = lay_out(date(2023, 10, 28), date(2023, 10, 31))
    long_day = days.local_hour[days.day == 1]
    assert long_day[:8].tolist() == [0.0, 0.5, 1.0, 1.5, 1.0, 1.5, 2.0, 2.5]
    light = simulate([WORKS], days, seed=3)["export_gen"][0] > 0
    first_light = [int(np.argmax(day)) for day in light]
    # Sunrise moves an hour back on the clock: the long day has already had its extra hour by then.
    assert abs(first_light[1] - first_light[0]) <= 1
    assert 1 <= first_light[0] - first_light[2] <= 3


def test_the_panels_give_nothing_at_night_and_draw_a_little_then() -> None:
    energy = simulate([WORKS], JANUARY, seed=3)
    night = np.r_[0:14, 36:48]
    assert (energy["export_gen"][:, :, night] == 0).all()
    assert (energy["import_gen"][:, :, night] > 0).all()
    assert energy["import_gen"].max() < 0.001 * WORKS.solar_w / 2
    assert ((energy["import_gen"] == 0) | (energy["export_gen"] == 0)).all()


def test_the_panels_yield_about_what_british_panels_yield() -> None:
    plants = sites(200)
    power = sum(plant.solar_w for plant in plants)

    def capacity_factor(first: date, end: date) -> float:
        days = lay_out(first, end)
        return float(simulate(plants, days, seed=3)["export_gen"].sum() / (power * 24 * len(days.dates)))

    january, october, june = (capacity_factor(date(2024, m, 1), date(2024, m + 1, 1)) for m in (1, 10, 6))
    assert 0.02 < january < 0.07
    assert 0.05 < october < 0.13
    assert 0.13 < june < 0.26
    assert january < october < june


def test_no_plant_exceeds_its_power() -> None:
    plants = sites(100)
    energy = simulate(plants, OCTOBER, seed=3)
    solar = np.array([plant.solar_w for plant in plants])[:, None, None] / 2
    battery = np.array([plant.battery_w for plant in plants])[:, None, None] / 2
    assert (energy["export_gen"] <= solar).all()
    assert (energy["import_stor"] + energy["export_stor"] <= battery).all()


def swing(change: np.ndarray) -> float:
    """The deepest fall of a running sum below an earlier value of it."""
    level = np.concatenate([[0.0], np.cumsum(change)])
    return float((np.maximum.accumulate(level) - level).max())


def test_a_battery_never_gives_more_than_it_can_have_stored() -> None:
    plants = sites(30)
    energy = simulate(plants, OCTOBER, seed=3)
    for row, plant in enumerate(plants):
        taken, given_back = (energy[name][row].ravel()[OCTOBER.slots] for name in ("import_stor", "export_stor"))
        assert swing(plant.round_trip * taken - given_back) <= plant.battery_wh + 1


def test_a_battery_never_takes_more_than_it_has_room_for() -> None:
    plants = sites(30)
    energy = simulate(plants, OCTOBER, seed=3)
    for row, plant in enumerate(plants):
        taken, given_back = (energy[name][row].ravel()[OCTOBER.slots] for name in ("import_stor", "export_stor"))
        standby = np.rint(0.002 * plant.battery_w / 2) * (given_back == 0)
        assert swing(given_back - plant.round_trip * (taken - standby)) <= plant.battery_wh + 1


def test_batteries_lose_a_tenth_or_so_on_the_way() -> None:
    energy = simulate(sites(100), OCTOBER, seed=3)
    assert 0.80 < energy["export_stor"].sum() / energy["import_stor"].sum() < 0.91


def test_batteries_fill_at_night_and_sell_into_the_evening_peak() -> None:
    energy = simulate(sites(100), JANUARY, seed=3)
    net = energy["import_stor"].astype(np.int64) - energy["export_stor"]
    assert net[:, :, :10].sum() > 0
    assert net[:, :, 32:40].sum() < 0


def test_homes_peak_in_the_evening_and_offices_rest_on_sundays() -> None:
    homes = [Plant(number, "_A", "home", 400.0) for number in range(50)]
    by_period = simulate(homes, JANUARY, seed=3)["other"].sum(axis=(0, 1))
    assert 33 <= int(by_period.argmax()) + 1 <= 40
    assert by_period[:48].min() > 0

    office = simulate([Plant(1, "_A", "office", 100e3)], JANUARY, seed=3)["other"][0].sum(axis=1)
    sundays = office[JANUARY.kind == 2]
    workdays = office[JANUARY.kind == 0]
    assert sundays.max() < workdays.min()


def test_new_years_day_is_a_day_of_rest() -> None:
    assert JANUARY.kind[0] == 2
    assert JANUARY.kind[1] == 0


def test_heat_pumps_take_more_in_january_than_in_october() -> None:
    homes = [Plant(number, "_A", "home-heat-pump", 400.0) for number in range(20)]
    january, october = (simulate(homes, days, seed=3)["other"].sum() for days in (JANUARY, OCTOBER))
    assert january > 1.2 * october


def test_neighbours_share_their_clouds() -> None:
    plants = [Plant(n, "_H" if n < 8 else "_P", "office", 1e3, solar_w=1e6) for n in range(16)]
    june = lay_out(date(2024, 6, 1), date(2024, 7, 1))
    noon = simulate(plants, june, seed=3)["export_gen"][:, :, 24].astype(np.float64)
    alike = np.corrcoef(noon)
    near, far = alike[:8, :8][np.triu_indices(8, 1)].mean(), alike[:8, 8:].mean()
    assert near > 0.6
    assert near > far + 0.1


def test_a_site_does_not_depend_on_the_others() -> None:
    together = simulate(sites(300), lay_out(date(2024, 1, 1), date(2024, 1, 4)), seed=3)
    alone = simulate([business(3, 270)], lay_out(date(2024, 1, 1), date(2024, 1, 4)), seed=3)
    for name, wh in alone.items():
        assert np.array_equal(wh[0], together[name][270]), name


def test_another_seed_is_another_world() -> None:
    one, other = (simulate([WORKS], JANUARY, seed)["import_bp"] for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_a_fixed_half_hour_reads_as_given() -> None:
    day = date(2024, 1, 3)
    emptied = [FixedHalfHour(0, day, period, 0, 200_000) for period in range(1, 9)]
    half_filled = [FixedHalfHour(0, day, period, 200_000, 0) for period in (9, 10)]
    given = FixedHalfHour(0, day, 11, 5_000, 100_000, other_wh=90_000, export_gen_wh=20_000, both_ways_wh=700)
    energy = simulate([WORKS], JANUARY, seed=3, fixed=[*emptied, *half_filled, given])
    at = {name: int(wh[0, 2, 10]) for name, wh in energy.items()}
    assert (at["import_stor"], at["export_stor"], at["export_gen"], at["other"]) == (5_000, 100_000, 20_000, 90_000)
    assert (at["import_bp"], at["export_bp"]) == (700, 25_700)


def test_a_fixed_half_hour_stays_with_its_site_in_a_later_block() -> None:
    days = lay_out(date(2024, 1, 1), date(2024, 1, 2))
    fixed = FixedHalfHour(290, date(2024, 1, 1), 1, 0, 0, other_wh=123_456)
    energy = simulate(sites(300), days, seed=3, fixed=[fixed])
    assert int(energy["other"][290, 0, 0]) == 123_456
    assert int(energy["other"][290 - 256, 0, 0]) != 123_456


def test_a_bench_block_is_five_series_of_fifty_places_and_knows_its_sites() -> None:
    days = [date(2024, 1, 1) + timedelta(n) for n in range(3)]
    block = bench_block(10, 4, days, seed=5)
    assert sorted(block) == ["export_bp", "export_gen", "export_stor", "import_bp", "import_stor"]
    assert all(wh.shape == (4, 3, 50) and wh.dtype == np.int32 for wh in block.values())
    one = bench_block(12, 1, days, seed=5)
    assert all(np.array_equal(one[name][0], wh[2]) for name, wh in block.items())


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ([], "DM-001"),
        ([date(2024, 1, 1), date(2024, 1, 3)], "DM-003"),
        ([date(2024, 1, 2), date(2024, 1, 1)], "DM-003"),
        ([date(2024, 1, 1), date(2024, 1, 1)], "DM-003"),
    ],
)
def test_days_that_do_not_follow_each_other_are_refused(days: list[date], code: str) -> None:
    with pytest.raises(HalfhourError) as refused:
        bench_block(0, 1, days, seed=1)
    assert refused.value.code == code


def test_a_range_without_days_is_refused() -> None:
    with pytest.raises(HalfhourError) as refused:
        lay_out(date(2024, 1, 1), date(2024, 1, 1))
    assert refused.value.code == "DM-001"


@settings(max_examples=25, deadline=None)
@given(
    first=st.dates(date(2023, 1, 1), date(2025, 12, 1)),
    length=st.integers(1, 3),
    load=st.floats(0.0, 1e7),
    solar=st.floats(0.0, 1e8),
    power=st.floats(0.0, 1e8),
    hours=st.floats(0.1, 8.0),
    response=st.floats(0.0, 0.2),
)
def test_any_plant_on_any_day_balances(
    first: date, length: int, load: float, solar: float, power: float, hours: float, response: float
) -> None:
    plant = Plant(1, "_N", "factory", load, solar, power, power * hours, 0.87, 0.5, 0.3, response)
    days = lay_out(first, first + timedelta(length))
    energy = {name: wh.astype(np.int64) for name, wh in simulate([plant], days, seed=9).items()}
    assert np.array_equal(energy["import_bp"] - energy["export_bp"], behind(energy))
    assert all((wh >= 0).all() and not wh[0][~periods_of(days)].any() for wh in energy.values())
