"""Seasons, load factors from half hours, declared capacities and their deadline, review of the price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.calendar import days, is_working_day, settlement_periods
from halfhour.charges.credit import (
    capacities,
    declaration_deadline,
    declaration_findings,
    load_factors,
    reference_season,
    review_called_for,
    review_trigger_gbp,
    season_of,
)
from halfhour.charges.credit.load_factors import Declaration, HalfHours, beyond
from halfhour.errors import HalfhourError

SPRING = season_of(date(2026, 3, 1))


def flat(start: date, end: date, working: str, other: str) -> dict[date, dict[int, Decimal]]:
    """Half hours of so many MWh on Working Days and on other days."""
    return {
        day: {
            period: Decimal(working if is_working_day(day) else other)
            for period in range(1, settlement_periods(day) + 1)
        }
        for day in days(start, end)
    }


@pytest.mark.parametrize(
    ("day", "name", "start", "end"),
    [
        (date(2026, 2, 28), "Winter 2025", date(2025, 12, 1), date(2026, 3, 1)),
        (date(2025, 12, 1), "Winter 2025", date(2025, 12, 1), date(2026, 3, 1)),
        (date(2024, 2, 29), "Winter 2023", date(2023, 12, 1), date(2024, 3, 1)),
        (date(2026, 3, 1), "Spring 2026", date(2026, 3, 1), date(2026, 6, 1)),
        (date(2026, 5, 31), "Spring 2026", date(2026, 3, 1), date(2026, 6, 1)),
        (date(2026, 8, 31), "Summer 2026", date(2026, 6, 1), date(2026, 9, 1)),
        (date(2026, 11, 30), "Autumn 2026", date(2026, 9, 1), date(2026, 12, 1)),
    ],
)
def test_a_season_is_three_months_and_winter_bears_the_year_in_which_it_begins(day, name, start, end):
    season = season_of(day)
    assert (season.name, season.start, season.end) == (name, start, end)
    assert reference_season(season).start.year == start.year - 1


def test_factors_are_average_over_maximum_by_day_type():
    half_hours = flat(date(2025, 3, 1), date(2025, 6, 1), "2", "1")
    half_hours[date(2025, 4, 1)][20] = Decimal(5)
    found = load_factors(half_hours, SPRING, "generation")
    working = sum(is_working_day(day) for day in half_hours)
    assert found.reference.name == "Spring 2025"
    assert found.maximum_mwh == 5
    assert found.working_days == (2 * working * 48 + 3) / Decimal(working * 48 * 5)
    assert found.non_working_days == Decimal("0.2")
    assert found.by_day_type


def test_consumption_is_taken_from_negative_volumes():
    half_hours = flat(date(2025, 3, 1), date(2025, 6, 1), "-2", "-1")
    found = load_factors(half_hours, SPRING, "consumption")
    assert (found.working_days, found.non_working_days) == (1, Decimal("0.5"))
    with pytest.raises(HalfhourError) as refused:
        load_factors(half_hours, SPRING, "generation")
    assert refused.value.code == "EB-215"


def test_the_average_of_a_season_counts_its_46_periods_of_the_spring_change():
    half_hours = flat(date(2025, 3, 1), date(2025, 6, 1), "1", "1")
    assert len(half_hours[date(2025, 3, 30)]) == 46
    assert load_factors(half_hours, SPRING, "generation").all_days == 1


def test_a_season_with_a_half_hour_missing_gives_no_factor():
    half_hours = flat(date(2025, 3, 1), date(2025, 6, 1), "2", "1")
    del half_hours[date(2025, 5, 31)][48]
    with pytest.raises(
        HalfhourError, match=r"DATA_GAP: .*lacks 1 half hour, the first Settlement Period 48"
    ) as refused:
        load_factors(half_hours, SPRING, "generation")
    assert refused.value.code == "EB-214"


def test_before_p326_one_factor_holds_for_all_days():
    half_hours = flat(date(2015, 6, 1), date(2015, 9, 1), "2", "1")
    assert not load_factors(half_hours, season_of(date(2016, 7, 1)), "generation").by_day_type


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 1000))
def test_factors_do_not_change_with_the_size_of_the_plant(times):
    def volumes(size: int) -> HalfHours:
        return {
            day: {period: (Decimal(day.day) + period) * size for period in range(1, settlement_periods(day) + 1)}
            for day in days(date(2025, 3, 1), date(2025, 6, 1))
        }

    one, many = (load_factors(volumes(size), SPRING, "generation") for size in (1, times))
    assert many.maximum_mwh == times * one.maximum_mwh
    assert (many.all_days, many.working_days) == (one.all_days, one.working_days)


@pytest.mark.parametrize(
    ("day", "deadline"),
    [
        # Elexon's own date for Spring 2021: ten Working Days before the season.
        (date(2021, 3, 1), date(2021, 2, 15)),
        (date(2025, 12, 1), date(2025, 11, 17)),
        # Summer 2026: the Spring bank holiday of 25 May lies between.
        (date(2026, 6, 1), date(2026, 5, 15)),
    ],
)
def test_capacities_are_declared_ten_working_days_before_the_season(day, deadline):
    assert declaration_deadline(season_of(day)).due == deadline


def test_capacities_are_the_largest_volumes_over_half_an_hour():
    assert capacities([Decimal("7.5"), Decimal("-0.2"), Decimal(0)]) == (15, Decimal("-0.4"))
    assert capacities([Decimal("1"), Decimal("2")]) == (4, 0)


def test_a_half_hour_beyond_a_declared_capacity_is_named_and_one_at_it_is_not():
    day = date(2026, 3, 1)
    half_hours = {day: {1: Decimal("7.5"), 2: Decimal("7.501"), 3: Decimal("-0.2"), 4: Decimal("-0.201")}}
    assert [row[1] for row in beyond(half_hours, Decimal(15), Decimal("-0.4"))] == [2, 4]


def declared(*given: tuple[str, str, str]) -> list[Declaration]:
    return [
        Declaration(date.fromisoformat(day), date.fromisoformat(day), Decimal(gc), Decimal(dc)) for day, gc, dc in given
    ]


def test_a_supplier_lowers_its_demand_capacity_twice_a_season_and_not_three_times():
    first = ("2026-02-13", "10", "-10")
    twice = declared(first, ("2026-03-10", "10", "-8"), ("2026-04-10", "10", "-6"))
    assert declaration_findings(twice, SPRING, supplier=True) == []
    thrice = [*twice, *declared(("2026-05-10", "10", "-5"))]
    assert ["3. time" in one.message for one in declaration_findings(thrice, SPRING, supplier=True)] == [True]
    assert len(declaration_findings(twice, SPRING, supplier=False)) == 2


def test_an_increase_is_allowed_at_any_time_and_a_late_first_declaration_or_lower_gc_is_not():
    assert (
        declaration_findings(declared(("2026-02-13", "10", "-10"), ("2026-05-30", "12", "-14")), SPRING, supplier=False)
        == []
    )
    late = declaration_findings(declared(("2026-02-17", "10", "-10")), SPRING, supplier=True)
    assert ["later than 2026-02-16" in one.message for one in late] == [True]
    lower = declaration_findings(
        declared(("2026-02-13", "10", "-10"), ("2026-04-01", "9", "-10")), SPRING, supplier=True
    )
    assert ["lowers GC" in one.message for one in lower] == [True]
    wrong = declaration_findings(declared(("2026-02-13", "-1", "1")), SPRING, supplier=True)
    assert {one.code for one in wrong} == {"EB-216"}


@pytest.mark.parametrize(
    ("cap", "trigger"), [("54", "5"), ("55", "6"), ("85", "9"), ("415", "42"), ("44.9", "4"), ("4", "0")]
)
def test_the_review_trigger_is_a_tenth_of_the_price_in_whole_pounds(cap, trigger):
    price = Decimal(cap)
    assert review_trigger_gbp(price) == Decimal(trigger)
    assert not review_called_for(price, price + Decimal(trigger))
    assert review_called_for(price, price + Decimal(trigger) + Decimal("0.01"))
    assert review_called_for(price, price - Decimal(trigger) - Decimal("0.01"))
