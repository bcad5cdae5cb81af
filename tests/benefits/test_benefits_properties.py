"""Properties M1 to M6 of the handbook over random plants, markets and days, and the arrays against plain decimals."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from benefits_cases import D, HalfHour, rows, small_plant
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.calendar import settlement_periods
from halfhour.charges import tnuos as tnuos_charges
from halfhour.charges.benefits import COMPONENTS, Amount, Market, RouteComparison, compare_routes, give_triads
from halfhour.charges.bsuos import bsuos_benefit
from halfhour.charges.exact import total
from halfhour.charges.imbalance import rcrc_amount
from halfhour.charges.levies import EXACT
from halfhour.charges.losses import loss_benefit, tlm
from halfhour.charges.tnuos import tnuos_amount, triad_kw
from halfhour.charges.triads import triads

SAME_GROSS = ("SVA_SUPPLIER", "CVA_PARTY", "OWN_RIGHT")
YEARS = ("2014/15", "2017/18", "2018/19", "2020/21", "2026/27")
TRIADS_2026 = ((date(2026, 12, 3), 35), (date(2027, 1, 12), 35), (date(2027, 2, 9), 36))

volumes = st.decimals(0, 50, places=6)
factors = st.decimals(D("-0.05"), D("0.05"), places=7)
prices = st.decimals(-200, 4000, places=5)
rates = st.decimals(-2, 7, places=7)
line_losses = st.decimals(D("0.9"), D("1.15"), places=3)


def year_triads(year: str) -> list[HalfHour]:
    return list(TRIADS_2026) if year == "2026/27" else [one.half_hour for one in triads(year)]


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A half hour of a random year."""

    at: HalfHour
    export: Decimal
    llf: Decimal
    delivering: bool
    tlf: Decimal
    tlmo_del: Decimal
    tlmo_off: Decimal
    price: Decimal
    bsuos: Decimal
    rcrc: Decimal


@st.composite
def years(draw: Callable[..., Any]) -> tuple[str, list[Drawn]]:
    """A charging year with some half hours, its Triads and both clock-change days among them."""
    year = draw(st.sampled_from(YEARS))
    first = date(int(year[:4]), 4, 1)
    days = [first + timedelta(days=draw(st.integers(0, 364))) for _ in range(draw(st.integers(1, 6)))]
    at = set(year_triads(year)) | {(day, draw(st.integers(1, settlement_periods(day)))) for day in days}
    long_day = next(day for n in range(200, 215) if settlement_periods(day := first + timedelta(days=n)) == 50)
    at |= {(long_day, 49), (long_day, 50)}
    no_zones = year in ("2014/15", "2017/18")
    made = [
        Drawn(
            one,
            draw(volumes),
            draw(line_losses),
            draw(st.booleans()),
            D(0) if no_zones else draw(factors),
            draw(factors),
            draw(factors),
            draw(prices),
            draw(prices),
            draw(rates),
        )
        for one in sorted(at)
    ]
    return year, made


def readings(drawn: list[Drawn]) -> list[dict[str, object]]:
    return [
        {"settlement_date": one.at[0], "settlement_period": one.at[1], "export_mwh": one.export, "llf_export": one.llf}
        for one in drawn
    ]


def market(year: str, drawn: list[Drawn]) -> Market:
    made = Market().table(
        [
            {
                "settlement_date": one.at[0],
                "settlement_period": one.at[1],
                "base_tu_delivering": one.delivering,
                "tlf": one.tlf,
                "tlmo_del": one.tlmo_del,
                "tlmo_off": one.tlmo_off,
                "system_price": one.price,
                "bsuos_price": one.bsuos,
                "rcrc_rate": one.rcrc,
            }
            for one in drawn
        ]
    )
    return give_triads(made, year, year_triads(year))


def compare(year: str, drawn: list[Drawn], **more: Any) -> RouteComparison:
    return compare_routes(small_plant(), readings(drawn), market(year, drawn), year, **more)


def amounts(made: RouteComparison, route: str = "OWN_RIGHT") -> dict[str, Decimal]:
    found = {line.component: line.amount_gbp for line in made.route(route).lines}
    assert all(value is not None for value in found.values()), made.route(route).missing
    return found  # type: ignore[return-value]


@given(years(), st.sampled_from(("metered", "delivering")))
@settings(deadline=None, max_examples=40)
def test_arrays_give_what_the_scalar_functions_give_to_the_last_digit(
    drawn: tuple[str, list[Drawn]], base: Any
) -> None:
    year, hours = drawn
    made = amounts(compare(year, hours, loss_baseline=base))
    expected = dict.fromkeys(("losses", "bsuos", "rcrc"), D(0))
    for one in hours:
        day, period = one.at
        qm = EXACT.multiply(one.export, one.llf)
        off, delivering = (tlm(one.tlf, one.tlmo_del, one.tlmo_off, delivering=side, day=day) for side in (False, True))
        own = delivering if one.delivering else off
        loss = loss_benefit(
            qm, off, delivering, delivering=one.delivering, reference_price=one.price, day=day, baseline=base
        )
        system = bsuos_benefit(day, period, qm, own, one.delivering, system="CVA", price=one.bsuos)
        parts = {
            "losses": loss.amount_gbp,
            "bsuos": system.amount_gbp,
            "rcrc": rcrc_amount(one.rcrc, qm, own, one.delivering),
        }
        expected = {name: EXACT.add(expected[name], part) for name, part in parts.items()}
    assert {name: made[name] for name in expected} == expected
    at = [EXACT.multiply(one.export, one.llf) for one in hours if one.at in year_triads(year)]
    scalar = tnuos_amount(triad_kw(at, year), "_L").export_gbp
    assert abs(EXACT.subtract(made["tnuos"], scalar)) < D("1e-25")


@given(years())
@settings(deadline=None, max_examples=15)
def test_m1_routes_of_small_plant_have_one_gross(drawn: tuple[str, list[Drawn]]) -> None:
    made = compare(*drawn)
    assert len({made.route(name).gross_gbp for name in SAME_GROSS}) == 1
    assert len({made.route(name).lines[0].recipient for name in SAME_GROSS}) == 3


@given(years())
@settings(deadline=None, max_examples=15)
def test_m2_a_delivering_trading_unit_turns_the_signs(drawn: tuple[str, list[Drawn]]) -> None:
    year, hours = drawn
    # With one multiplier for both sides nothing but the sign can differ.
    even = [dataclasses.replace(one, tlmo_off=one.tlmo_del, delivering=False) for one in hours]
    off = amounts(compare(year, even))
    delivering = amounts(compare(year, [dataclasses.replace(one, delivering=True) for one in even]))
    assert delivering["bsuos"] == -off["bsuos"]
    assert delivering["rcrc"] == -off["rcrc"]
    assert delivering["tnuos"] == off["tnuos"]
    all_delivering = compare(
        year, [dataclasses.replace(one, delivering=True) for one in hours], loss_baseline="delivering"
    )
    assert amounts(all_delivering)["losses"] == 0


@given(years(), st.integers(2, 9))
@settings(deadline=None, max_examples=15)
def test_m3_amounts_are_linear_in_volume(drawn: tuple[str, list[Drawn]], times: int) -> None:
    year, hours = drawn
    single = amounts(compare(year, hours))
    scaled = amounts(compare(year, [dataclasses.replace(one, export=one.export * times) for one in hours]))
    for name in COMPONENTS:
        assert abs(EXACT.subtract(scaled[name], EXACT.multiply(single[name], D(times)))) <= D("1e-26"), name


@given(years(), st.integers(1, 364))
@settings(deadline=None, max_examples=15)
def test_m4_parts_of_a_year_add_up_to_the_year(drawn: tuple[str, list[Drawn]], cut: int) -> None:
    year, hours = drawn
    middle = date(int(year[:4]), 4, 1) + timedelta(days=cut)
    whole = compare(year, hours)
    ends = (date(int(year[:4]), 4, 1), middle, date(int(year[:4]) + 1, 4, 1))
    parts = [days for days in pairwise(ends) if any(days[0] <= one.at[0] < days[1] for one in hours)]
    halves = [compare(year, hours, days=days) for days in parts]
    order = ["route", "component", "settlement_date", "settlement_period"]
    columns = [*order, "quantity", "rate", "amount_gbp", "recipient"]
    joined = pl.concat([half.benefit_half_hour() for half in halves]).select(columns).sort(order)
    table = whole.benefit_half_hour().select(columns).sort(order)
    assert joined.drop("rate").equals(table.drop("rate"))
    for route in SAME_GROSS:
        for component, amount in amounts(whole, route).items():
            lines = table.filter(route=route, component=component)["amount_gbp"].to_list()
            assert total(lines) == amount
            if component == "tnuos":
                assert len(lines) == 3


@given(years(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=15)
def test_m5_order_of_half_hours_and_routes_is_of_no_account(
    drawn: tuple[str, list[Drawn]], chance: random.Random
) -> None:
    year, hours = drawn
    mixed = list(hours)
    chance.shuffle(mixed)
    routes = list(SAME_GROSS)
    chance.shuffle(routes)
    first = compare(year, hours)
    second = compare_routes(small_plant(), readings(mixed), market(year, mixed), year, routes=routes)
    assert second.route_summary.equals(first.route_summary.filter(pl.col("route").is_in(SAME_GROSS)))
    assert second.benefit_half_hour().equals(first.benefit_half_hour(SAME_GROSS))


@given(years(), st.decimals(1, 100, places=6))
@settings(deadline=None, max_examples=15)
def test_m6_a_tariff_of_another_year_is_of_no_account(drawn: tuple[str, list[Drawn]], more: Decimal) -> None:
    year, hours = drawn
    before = compare(year, hours).route_summary
    own = tnuos_charges.held

    def changed(item: str, **asked: Any) -> Any:
        return tuple(
            rate
            if rate.effective_from is not None and rate.effective_from.year == int(year[:4])
            else dataclasses.replace(rate, value=rate.value + more)
            for rate in own(item, **asked)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tnuos_charges, "held", changed)
        assert compare(year, hours).route_summary.equals(before)


CLOCK_CHANGES: Mapping[date, int] = {date(2025, 3, 30): 46, date(2025, 10, 26): 50, date(2025, 7, 1): 48}


@pytest.mark.parametrize(("day", "count"), CLOCK_CHANGES.items())
def test_every_half_hour_of_a_clock_change_day_counts_once(day: date, count: int) -> None:
    year = "2024/25" if day.month == 3 else "2025/26"
    hours = {(day, period): "1.000000" for period in range(1, count + 1)}
    made = Market().constant("base_tu_delivering", value=False).constant("system_price", D(100))
    made.constant("tlm_off", D("1.01")).constant("tlm_del", D("0.99"))
    found = compare_routes(
        small_plant(), rows(hours), made, year, components=("losses",), days=(day, day + timedelta(days=1))
    )
    assert amounts(found)["losses"] == D(2) * count
    assert (found.coverage.given, found.coverage.absent) == (count, 0)


def test_a_year_of_readings_is_exact_where_a_float_is_not() -> None:
    day = date(2026, 4, 1)
    hours = {
        (day + timedelta(days=n), period): "0.000001"
        for n in range(365)
        for period in range(1, settlement_periods(day + timedelta(days=n)) + 1)
    }
    made = Market().constant("base_tu_delivering", value=False).constant("system_price", D("99999.9999999"))
    made.constant("tlm_off", D("1.9999999999")).constant("tlm_del", D("0.0000000001"))
    found = compare_routes(small_plant(), rows(hours), made, "2026/27", components=("losses",))
    assert amounts(found)["losses"] == EXACT.multiply(
        EXACT.multiply(D(len(hours)).scaleb(-6), D("1.9999999998")), D("99999.9999999")
    )
    losses = next(line.found for line in found.route("OWN_RIGHT").lines)
    assert isinstance(losses, Amount)
    lines = found.benefit_half_hour(["OWN_RIGHT"]).filter(component="losses")["amount_gbp"]
    assert lines.sum() == losses.amount_gbp
