"""EMR levies in £: the handbook's worked period, then properties, then hostile input."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, Inexact, localcontext
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.charges import (
    LevyCharge,
    levy_difference,
    levy_difference_where_covered,
    levy_gbp,
    levy_gbp_where_covered,
    mwh,
    to_pence,
    wh_difference,
)
from halfhour.errors import HalfhourError, NotCovered
from halfhour.market_data import interim_levy_rate, missing_days, operational_costs_levy

NOVEMBER_2023 = date(2023, 11, 2)

DAYS_COVERED = st.dates(date(2021, 1, 1), date(2023, 12, 31))  # several changes of both rates, no gap
DAYS_ANY = st.dates(date(2014, 1, 1), date(2030, 1, 1))
WH = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("chargeable_wh", "expected_gbp"),
    [
        pytest.param(2_500_000, "14.7435", id="default"),
        pytest.param(2_900_000, "17.10246", id="interim-difference"),
        pytest.param(2_053_125, "12.108099375", id="p395-proposed, f = 0.35"),
        pytest.param(2_500_000, "14.7435", id="osam-1.0"),
    ],
)
def test_worked_period_p1_costs_what_the_handbook_says(chargeable_wh: int, expected_gbp: str) -> None:
    charge = levy_gbp({NOVEMBER_2023: chargeable_wh})
    assert charge.total_gbp == Decimal(expected_gbp)
    assert charge.covered_wh == chargeable_wh


def test_both_levies_are_shown_apart_with_the_rates_they_used() -> None:
    charge = levy_gbp({NOVEMBER_2023: 2_500_000})
    assert charge.cfd_interim_gbp == Decimal("14.495")
    assert charge.operational_gbp == Decimal("0.2485")
    assert charge.rates_used == (interim_levy_rate(NOVEMBER_2023), operational_costs_levy(NOVEMBER_2023))
    assert charge.covered == ((NOVEMBER_2023, date(2023, 11, 3)),)
    assert charge.not_covered == ()


def test_rate_changes_in_the_middle_of_a_quarter() -> None:
    charge = levy_gbp({date(2021, 8, 17): 1_000_000, date(2021, 8, 18): 1_000_000})
    assert charge.cfd_interim_gbp == Decimal("6.373") + Decimal("1.791")
    assert charge.operational_gbp == Decimal("0.152")


def test_zero_rate_is_charged_as_zero_and_counts_as_covered() -> None:
    charge = levy_gbp({date(2022, 6, 14): 1_000_000})
    assert (charge.cfd_interim_gbp, charge.operational_gbp) == (0, Decimal("0.0879"))


def test_interim_difference_may_charge_more_than_crossed_the_boundary() -> None:
    overcharge = levy_difference({NOVEMBER_2023: 2_900_000}, {NOVEMBER_2023: 2_500_000})
    assert mwh(overcharge.covered_wh) == Decimal("0.4")
    assert overcharge.total_gbp == Decimal("17.10246") - Decimal("14.7435")
    assert levy_difference({NOVEMBER_2023: 2_500_000}, {NOVEMBER_2023: 2_900_000}).total_gbp == -overcharge.total_gbp


def test_day_without_a_rate_is_refused_even_with_no_energy() -> None:
    with pytest.raises(NotCovered, match="No CfD Interim Levy Rate is held for 2024-01-01 to 2024-01-02;"):
        levy_gbp({date(2023, 12, 31): 1, date(2024, 1, 1): 1, date(2024, 1, 2): 0})
    with pytest.raises(NotCovered, match=r"Interim.*2014-12-31.*Operational Costs Levy is held for 2014-12-31"):
        levy_gbp({date(2014, 12, 31): 0})


def test_uncovered_energy_is_named_and_not_charged() -> None:
    days = {date(2023, 12, 30) + timedelta(n): 1_000_000 for n in range(4)}
    charge = levy_gbp_where_covered(days)
    assert (charge.covered_wh, charge.uncovered_wh) == (2_000_000, 2_000_000)
    assert charge.covered == ((date(2023, 12, 30), date(2024, 1, 1)),)
    assert charge.not_covered == ((date(2024, 1, 1), date(2024, 1, 3)),)
    assert charge.total_gbp == Decimal("11.7948")


def test_operational_levy_alone_does_not_make_a_day_covered() -> None:
    charge = levy_gbp_where_covered({date(2015, 1, 1): 1_000_000})
    assert (charge.total_gbp, charge.uncovered_wh, charge.rates_used) == (0, 1_000_000, ())


def test_no_days_cost_nothing() -> None:
    nothing = LevyCharge(0, 0, Decimal(0), Decimal(0), (), (), ())
    assert levy_gbp({}) == levy_gbp_where_covered({}) == levy_difference({}, {}) == nothing


@given(st.dictionaries(DAYS_ANY, WH, max_size=40), DAYS_ANY)
def test_splitting_the_days_and_joining_the_results_changes_nothing(wh_by_day: dict[date, int], cut: date) -> None:
    whole = levy_gbp_where_covered(wh_by_day)
    early = levy_gbp_where_covered({day: wh for day, wh in wh_by_day.items() if day < cut})
    late = levy_gbp_where_covered({day: wh for day, wh in wh_by_day.items() if day >= cut})
    assert whole.covered_wh == early.covered_wh + late.covered_wh
    assert whole.uncovered_wh == early.uncovered_wh + late.uncovered_wh
    with localcontext(prec=60):
        assert whole.cfd_interim_gbp == early.cfd_interim_gbp + late.cfd_interim_gbp
        assert whole.operational_gbp == early.operational_gbp + late.operational_gbp
        assert whole.total_gbp == early.total_gbp + late.total_gbp


@given(st.dictionaries(DAYS_ANY, WH, max_size=40), st.randoms(use_true_random=False))
def test_order_of_days_changes_nothing(wh_by_day: dict[date, int], random: Random) -> None:
    shuffled = list(wh_by_day.items())
    random.shuffle(shuffled)
    assert repr(levy_gbp_where_covered(dict(shuffled))) == repr(levy_gbp_where_covered(wh_by_day))


@given(st.dictionaries(DAYS_COVERED, WH, max_size=40), st.integers(-1000, 1000))
def test_levy_scales_with_the_energy(wh_by_day: dict[date, int], factor: int) -> None:
    scaled = levy_gbp({day: wh * factor for day, wh in wh_by_day.items()})
    with localcontext(prec=60):
        assert scaled.total_gbp == levy_gbp(wh_by_day).total_gbp * factor


@given(st.dictionaries(DAYS_COVERED, st.tuples(WH, WH), max_size=40))
def test_difference_of_levies_is_the_levy_of_the_difference(pairs: dict[date, tuple[int, int]]) -> None:
    charged = {day: pair[0] for day, pair in pairs.items()}
    correct = {day: pair[1] for day, pair in pairs.items()}
    with localcontext(prec=60):
        expected = levy_gbp(charged).total_gbp - levy_gbp(correct).total_gbp
    assert levy_difference(charged, correct).total_gbp == expected


@given(st.dictionaries(DAYS_ANY, WH, max_size=40))
def test_strict_and_partial_levies_agree_where_all_days_are_covered(wh_by_day: dict[date, int]) -> None:
    partial = levy_gbp_where_covered(wh_by_day)
    assert partial.covered_wh + partial.uncovered_wh == sum(wh_by_day.values())
    if partial.not_covered:
        with pytest.raises(NotCovered):
            levy_gbp(wh_by_day)
    else:
        assert levy_gbp(wh_by_day) == partial


def test_covered_days_are_those_of_both_rates() -> None:
    start, end = date(2014, 1, 1), date(2029, 1, 1)
    charge = levy_gbp_where_covered({start + timedelta(n): 1 for n in range((end - start).days)})
    # the operational levy is held wherever the interim rate is
    assert list(charge.not_covered) == missing_days("cfd-interim-levy-rate", start, end)


def test_days_in_only_one_edition_are_refused() -> None:
    for compare in (wh_difference, levy_difference, levy_difference_where_covered):
        with pytest.raises(HalfhourError, match=r"CH-001: 1 Settlement Days .* the first 2023-11-03"):
            compare({NOVEMBER_2023: 1, date(2023, 11, 3): 0}, {NOVEMBER_2023: 1})


def test_partial_difference_names_the_days_without_a_rate() -> None:
    after = date(2024, 1, 1)
    charge = levy_difference_where_covered({NOVEMBER_2023: 3, after: 5}, {NOVEMBER_2023: 1, after: 9})
    assert (charge.covered_wh, charge.uncovered_wh) == (2, -4)


@pytest.mark.parametrize("wh", [2.5e6, Decimal(1), "1", None, float("nan")])
def test_energy_that_is_not_a_whole_number_is_refused(wh: object) -> None:
    with pytest.raises(TypeError):
        levy_gbp({NOVEMBER_2023: wh})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        mwh(wh)  # type: ignore[arg-type]


def test_sums_of_numpy_integers_do_not_overflow() -> None:
    most = np.int64(2**63 - 1)
    charge = levy_gbp({NOVEMBER_2023: most, date(2023, 11, 3): most})  # type: ignore[dict-item]
    assert charge.covered_wh == 2**64 - 2
    with localcontext(prec=60):
        assert charge.total_gbp == Decimal(2**64 - 2) * Decimal("5.8974") / 1_000_000


def test_money_is_exact_or_refused_whatever_the_callers_context() -> None:
    with localcontext(prec=3):
        assert levy_gbp({NOVEMBER_2023: 2_053_125}).total_gbp == Decimal("12.108099375")
        assert to_pence(Decimal("12345.678")) == Decimal("12345.68")
    with pytest.raises(Inexact):
        levy_gbp({NOVEMBER_2023: 10**120 + 1})


@pytest.mark.parametrize("day", [date.min, date.max])
def test_ends_of_the_calendar_are_refused(day: date) -> None:
    with pytest.raises(HalfhourError, match=r"MD-00[16]"):
        levy_gbp({day: 1})


@pytest.mark.parametrize(
    ("amount", "pence"),
    [("0.005", "0.00"), ("0.015", "0.02"), ("0.025", "0.02"), ("-0.005", "0.00"), ("14.7435", "14.74"), ("7", "7.00")],
)
def test_pence_are_rounded_half_to_even(amount: str, pence: str) -> None:
    assert to_pence(Decimal(amount)) == Decimal(pence)
    assert to_pence(Decimal(amount)).as_tuple().exponent == -2
