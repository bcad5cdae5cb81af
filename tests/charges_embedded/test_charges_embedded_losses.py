"""Losses: multipliers close the energy balance, the vectors hold to the last digit (V10, V11, V12, V18, V20)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from embedded_vectors import DATA, TLM_2013, D, loaded, table, to
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from halfhour.calendar import settlement_periods
from halfhour.charges.loss_multipliers import tlm_pair
from halfhour.charges.losses import (
    BmUnitVolume,
    Reallocation,
    account_energy,
    credited_energy,
    is_delivering,
    loss_benefit,
    metered_volume,
    multipliers,
    tlm,
    transmission_loss_adjustments,
)
from halfhour.charges.rulesets import check_ruleset
from halfhour.market_data import MarketDataStore
from halfhour.market_data.embedded import BadInput, Missing, held, number, require_period, rule_date, supplied

shared = pytest.mark.skipif(not (DATA / "losses").is_dir(), reason=f"the shared data are not at {DATA}")

ALPHA = Fraction(9, 20)
ZONAL = date(2024, 7, 1)
UNIFORM = date(2014, 7, 1)
BEFORE_P278 = date(2012, 11, 28)


def unit(name: str, qm: str, tlf: str = "0", *, trading_unit: str = "", interconnector: bool = False) -> BmUnitVolume:
    return BmUnitVolume(name, D(qm), trading_unit or name, D(tlf), interconnector)


# V10


def test_synthetic_market_with_zonal_factors_and_an_interconnector():
    market = [
        unit("T_A", "600", "-0.02"),
        unit("T_B", "400", "0.01"),
        unit("2__C", "-700", "0.015"),
        unit("2__D", "-330", "-0.025"),
        unit("I_E", "50", interconnector=True),
    ]
    found = transmission_loss_adjustments(market, ZONAL)
    assert found.losses_mwh == 20
    assert found.tlmo_del == Fraction(-1, 1000)
    assert to(12, found.tlmo_off) == D("0.008495145631")
    factors = multipliers(market, ZONAL)
    assert [to(12, factors[each.bm_unit]) for each in market] == [
        D("0.979"), D("1.009"), D("1.023495145631"), D("0.983495145631"), D(1),
    ]  # fmt: skip
    credited = [Fraction(each.qm_mwh) * factors[each.bm_unit] for each in market]
    assert [to(9, each) for each in credited] == [
        D("587.4"), D("403.6"), D("-716.446601942"), D("-324.553398058"), D(50),
    ]  # fmt: skip
    assert sum(credited) == 0
    assert credited[0] + credited[1] == 991 == 1000 - ALPHA * 20


def test_synthetic_market_with_one_multiplier_and_an_exempt_export():
    market = [
        unit("T_A", "900"),
        unit("T_B", "100"),
        unit("2__C", "-985", trading_unit="_C base"),
        unit("E_D", "12", trading_unit="_C base"),
    ]
    found = transmission_loss_adjustments(market, UNIFORM)
    assert (found.losses_mwh, found.tlmo_del) == (27, Fraction(-1215, 100_000))
    assert to(12, found.tlmo_off) == D("0.015262076053")
    assert found.delivering == {"T_A": True, "T_B": True, "_C base": False}
    factors = multipliers(market, UNIFORM)
    credited = [Fraction(each.qm_mwh) * factors[each.bm_unit] for each in market]
    assert [to(9, each) for each in credited] == [
        D("889.065"), D("98.785"), D("-1000.033144913"), D("12.183144913"),
    ]  # fmt: skip
    assert sum(credited) == 0
    share = -found.tlmo_del / ALPHA
    assert found.tlmo_off == Fraction(11, 20) * share / (1 - share)


# V11


@pytest.mark.parametrize(
    ("start", "off", "closed"),
    [
        (date(2002, 4, 1), "0.00985", "0.009853"),
        (date(2008, 4, 1), "0.01075", "0.010754"),
        (date(2012, 4, 1), "0.01050", "0.010487"),
        (date(2012, 11, 29), "0.01264", "0.012999"),
    ],
)
def test_named_rows_of_the_etlmo_identity(start, off, closed):
    rows = {rate.effective_from: rate.value for rate in held("etlmo_offtaking")}
    assert rows[start] == D(off)
    assert to(6, closed_system(start)) == D(closed)


def closed_system(start: date) -> Fraction:
    (delivering,) = [rate.value for rate in held("etlmo_delivering") if rate.effective_from == start]
    share = -Fraction(delivering) / ALPHA
    return Fraction(11, 20) * share / (1 - share)


def test_the_etlmo_identity_holds_on_every_row_before_p278_and_fails_on_every_later_one():
    p278 = rule_date("interconnectors_at_one")
    differences = {rate.effective_from: Fraction(rate.value) - closed_system(rate.effective_from)
                   for rate in held("etlmo_offtaking") if rate.effective_from}  # fmt: skip
    before = [difference for start, difference in differences.items() if start < p278]
    after = [difference for start, difference in differences.items() if start >= p278]
    assert (len(before), len(after)) == (13, 47)
    assert max(map(abs, before)) < Fraction(2, 100_000)
    assert to(6, max(after)) == D("-0.000359")
    assert to(6, min(after)) == D("-0.015509")


def test_every_etlmo_is_an_estimate():
    for item in ("etlmo_offtaking", "etlmo_delivering"):
        assert {rate.status for rate in held(item)} == {"estimate"}
        assert len(held(item)) == 60


# V12 and the illustration of handbook 5.4


def test_loss_benefit_with_published_multipliers():
    found = loss_benefit(
        D(10), D("1.0130469"), D("0.9892274"), delivering=False, reference_price=D(1), day=date(2013, 10, 15)
    )
    assert (found.uplift_mwh, found.advantage_mwh) == (D("0.130469"), D("0.238195"))
    assert (found.baseline, found.amount_gbp) == ("delivering", found.advantage_mwh)
    noted = loss_benefit(
        D(10), D("1.0130469"), D("0.9892274"), delivering=False, reference_price=D(50), day=date(2013, 10, 15),
        ruleset="note-v8",
    )  # fmt: skip
    assert (noted.baseline, noted.amount_gbp, noted.rule_id) == ("metered", D("6.52345"), "losses-uniform")


@pytest.mark.parametrize(
    ("group", "tlf", "off", "delivering"),
    [
        ("_A", "0.0042196", "1.0155616", "0.9878456"),
        ("_C", "0.0210344", "1.0323764", "1.0046604"),
        ("_H", "0.0199799", "1.0313219", "1.0036059"),
        ("_L", "0.0214735", "1.0328155", "1.0050995"),
        ("_N", "-0.0088069", "1.0025351", "0.9748191"),
        ("_P", "-0.0301340", "0.9812080", "0.9534920"),
    ],
)
def test_multipliers_of_autumn_2025_with_the_factors_of_the_register(group, tlf, off, delivering):
    pair = tlm_pair(date(2025, 11, 5), 20, group, tlf=D(tlf), accept_estimate=True)
    assert (pair.off.value, pair.delivering.value) == (D(off), D(delivering))
    assert pair.off.value - pair.delivering.value == D("0.027716")
    assert "ETLMO" in pair.off.note
    found = loss_benefit(
        D(1), pair.off.value, pair.delivering.value, delivering=False, reference_price=D(80), day=date(2025, 11, 5)
    )
    assert found.advantage_mwh == D("0.027716")
    assert (found.uplift_mwh < 0) == (group == "_P")


def test_the_advantage_of_a_delivering_trading_unit_is_nothing_and_its_uplift_negative():
    found = loss_benefit(
        D(10), D("1.0130469"), D("0.9892274"), delivering=True, reference_price=D(45), day=UNIFORM, baseline="metered"
    )
    assert found.advantage_mwh == 0
    assert found.uplift_mwh == D("-0.107726")
    assert found.amount_gbp == D("-4.84767")


# V18


@pytest.mark.shared_data
@shared
def test_line_loss_factors_have_a_period_for_each_half_hour_of_the_day():
    rows = table("llf/llf_LOND_2025-26_extract.csv")
    for row in rows:
        day = date.fromisoformat(row["settlement_date"])
        assert int(row["n_periods"]) == settlement_periods(day)
        assert all(row[f"llf_sp{period}"] for period in range(1, settlement_periods(day) + 1))
        assert not any(row[f"llf_sp{period}"] for period in range(settlement_periods(day) + 1, 51))
    assert settlement_periods(date(2025, 10, 26)) == 50
    assert settlement_periods(date(2026, 3, 29)) == 46
    factors = {row["llfc"]: D(row["llf_sp35"]) for row in rows if row["settlement_date"] == "2025-12-15"}
    assert factors == {
        "791": D("1.025"), "797": D("1.018"), "730": D("1.000"), "701": D("0.999"), "711": D("0.998"), "70": D("1.119"),
    }  # fmt: skip
    assert metered_volume(D("4.000"), factors["791"]) == D("4.100")


def test_a_metered_volume_is_exact_and_wants_a_factor_above_zero():
    assert metered_volume(D("4.000"), D("1.025")) == D("4.1")
    with pytest.raises(BadInput, match="BAD_PERIOD: 2025-12-15 has 48"):
        require_period(date(2025, 12, 15), 49)
    for wrong in (D(0), D("-1"), 1.025):
        with pytest.raises(BadInput, match="Line Loss Factor"):
            metered_volume(D(4), wrong)


# The multipliers of a zone, and V20


def test_no_multiplier_of_a_zone_from_2018_without_its_factor():
    with pytest.raises(
        Missing, match=r"MISSING_TLF: TLM of zone 2 \(_N\) on 2024-07-01 period 1: .*_N.* Held: "
    ) as error:
        tlm_pair(date(2024, 7, 1), 1, "_N", tlmo_del=D("-0.017"), tlmo_off=D("0.011"))
    assert (error.value.code, error.value.exit_code) == ("EB-106", 3)
    assert "tlf=" in error.value.next_step
    with pytest.raises(Missing, match="MISSING_TLF"):
        tlm_pair(date(2018, 4, 1), 1, "_N", accept_estimate=True)
    assert tlm_pair(date(2018, 3, 31), 1, "_N", accept_estimate=True).off.value == D("1.0104")


def test_an_estimate_is_taken_on_request_only_and_marked():
    with pytest.raises(Missing, match="MISSING_TLM: TLM of zone 14") as error:
        tlm_pair(UNIFORM, 24, "_L")
    assert error.value.code == "EB-107"
    pair = tlm_pair(UNIFORM, 24, "_L", accept_estimate=True)
    assert (pair.off.value, pair.delivering.value) == (D("1.00992"), D("0.99164"))
    assert (pair.off.status, pair.delivering.status) == ("estimate", "estimate")
    with pytest.raises(Missing, match="MISSING_TLM"):
        tlm_pair(date(2026, 4, 1), 1, "_L", tlf=D("0.02"), accept_estimate=True)


def test_supplied_adjustments_are_used_and_marked():
    pair = tlm_pair(date(2026, 12, 1), 35, 14, tlf=D("0.02"), tlmo_del=D("-0.017"), tlmo_off=D("0.011"))
    assert (pair.off.value, pair.delivering.value, pair.off.status) == (D("1.031"), D("1.003"), "supplied")
    with pytest.raises(BadInput, match="One adjustment of two"):
        tlm_pair(date(2026, 12, 1), 35, 14, tlf=D("0.02"), tlmo_off=D("0.011"))
    with pytest.raises(BadInput, match="TLF_BEFORE_ZONES") as error:
        tlm_pair(UNIFORM, 1, 14, tlf=D("0.02"), accept_estimate=True)
    assert error.value.code == "EB-128"


@pytest.mark.shared_data
@shared
def test_loaded_multipliers_are_found_by_half_hour(tmp_path):
    with MarketDataStore.open(loaded(tmp_path / "store.sqlite", [DATA / TLM_2013])) as store:
        pair = tlm_pair(date(2013, 10, 15), 36, "_L", store=store)
        assert (pair.off.value, pair.delivering.value) == (D("1.0130469"), D("0.9892274"))
        assert (pair.off.run, pair.off.status) == ("DF", "actual")
        assert "tlm_uniform" in pair.off.source
        with pytest.raises(Missing, match="MISSING_TLM"):
            tlm_pair(date(2013, 10, 26), 1, "_L", store=store)


def test_a_uniform_multiplier_answers_for_no_zone_from_2018(tmp_path):
    header = "settlement_date,settlement_period,run,gsp_group,tlm_offtaking,tlm_delivering\n"
    path = tmp_path / "tlm.csv"
    path.write_text(header + "2019-01-01,1,SF,,1.01,0.99\n2019-01-01,2,SF,_L,1.02,0.98\n2019-01-01,2,RF,_L,1.03,0.97\n")
    with MarketDataStore.open(loaded(tmp_path / "store.sqlite", [path])) as store:
        with pytest.raises(Missing, match="MISSING_TLF"):
            tlm_pair(date(2019, 1, 1), 1, "_L", store=store)
        with pytest.raises(Missing, match=r"RUN_NOT_NAMED.*RF, SF"):
            tlm_pair(date(2019, 1, 1), 2, "_L", store=store)
        assert tlm_pair(date(2019, 1, 1), 2, "_L", store=store, run="RF").off.value == D("1.03")


def test_money_under_the_note_is_refused_after_its_last_day():
    for component, last in (("tnuos", date(2018, 3, 31)), ("losses", date(2018, 3, 31)), ("bsuos", date(2021, 3, 31))):
        check_ruleset("note-v8", component, last)
        check_ruleset("codes", component, last + timedelta(days=1))
        with pytest.raises(Missing, match=f"RULESET_DATE: {component}.*codes") as error:
            check_ruleset("note-v8", component, last + timedelta(days=1))
        assert error.value.code == "EB-113"
    with pytest.raises(Missing, match="RULESET_DATE"):
        check_ruleset("note-v8", "tnuos", date(2019, 4, 1))
    with pytest.raises(BadInput, match="no ruleset"):
        check_ruleset("note-v9", "tnuos", date(2019, 4, 1))


def test_a_loss_benefit_without_a_price_or_with_a_baseline_that_is_none_is_refused():
    with pytest.raises(Missing, match="MISSING_SYSTEM_PRICE") as error:
        loss_benefit(D(1), D("1.01"), D("0.99"), delivering=False, reference_price=None, day=UNIFORM)
    assert error.value.code == "EB-112"
    with pytest.raises(BadInput, match="no loss baseline"):
        loss_benefit(D(1), D("1.01"), D("0.99"), delivering=False, reference_price=D(1), day=UNIFORM, baseline="uplift")


# L1 to L5 over random markets

megawatt_hours = st.decimals(-2000, 2000, places=3)
factors = st.decimals(D("-0.05"), D("0.05"), places=7)


@st.composite
def markets(draw, *, zonal: bool = True, interconnectors: bool = True) -> list[BmUnitVolume]:
    count = draw(st.integers(2, 12))
    return [
        BmUnitVolume(
            f"unit {place}",
            draw(megawatt_hours),
            f"trading unit {draw(st.integers(0, count))}",
            draw(factors) if zonal else Decimal(0),
            False,
        )
        for place in range(count)
    ] + [
        BmUnitVolume(f"I_{place}", draw(megawatt_hours), f"I_{place}", Decimal(0), True)
        for place in range(draw(st.integers(0, 3)) if interconnectors else 0)
    ]


def credited(market: list[BmUnitVolume], day: date) -> dict[str, Fraction]:
    found = multipliers(market, day)
    return {each.bm_unit: Fraction(each.qm_mwh) * found[each.bm_unit] for each in market}


def delivering_units(market: list[BmUnitVolume], day: date) -> list[BmUnitVolume]:
    status = transmission_loss_adjustments(market, day).delivering
    return [
        each
        for each in market
        if status[each.trading_unit] and not (each.interconnector and day >= rule_date("interconnectors_at_one"))
    ]


def closed(market: list[BmUnitVolume], day: date) -> dict[str, Fraction]:
    """Credited energy where multipliers can be formed; markets in which they cannot are L5's."""
    try:
        return credited(market, day)
    except BadInput as error:
        assume(error.name != "NO_MULTIPLIER")
        raise


@given(markets(), st.sampled_from([ZONAL, date(2018, 4, 1)]))
@settings(max_examples=200)
def test_l1_l2_the_energy_balance_closes_and_delivering_units_bear_their_share(market, day):
    found = closed(market, day)
    assert sum(found.values()) == 0
    losses = sum(Fraction(each.qm_mwh) for each in market)
    delivering = delivering_units(market, day)
    assert sum(found[each.bm_unit] for each in delivering) == (
        sum(Fraction(each.qm_mwh) for each in delivering) - ALPHA * losses
    )


@given(markets(zonal=False), st.sampled_from([UNIFORM, BEFORE_P278]))
@settings(max_examples=100)
def test_l1_holds_before_zonal_factors_and_before_p278(market, day):
    assert sum(closed(market, day).values()) == 0


@given(markets(zonal=False, interconnectors=False))
@settings(max_examples=100)
def test_l3_one_adjustment_follows_from_the_other_without_interconnectors_and_factors(market):
    closed(market, UNIFORM)
    found = transmission_loss_adjustments(market, UNIFORM)
    share = -found.tlmo_del / ALPHA
    assert share != 1
    assert found.tlmo_off == Fraction(11, 20) * share / (1 - share)


@given(markets(), factors, st.booleans())
@settings(max_examples=100)
def test_l4_a_constant_added_to_every_factor_of_one_side_changes_no_multiplier(market, constant, delivering):
    before = closed(market, ZONAL)
    status = transmission_loss_adjustments(market, ZONAL).delivering
    moved = [
        BmUnitVolume(each.bm_unit, each.qm_mwh, each.trading_unit, each.tlf + constant, each.interconnector)
        if status[each.trading_unit] == delivering and not each.interconnector
        else each
        for each in market
    ]
    assert credited(moved, ZONAL) == before


@pytest.mark.parametrize(
    "market",
    [
        [unit("a", "10"), unit("b", "20")],
        [unit("a", "-10"), unit("b", "-20")],
        [unit("a", "0"), unit("b", "20")],
        [unit("a", "10"), unit("I_b", "-20", interconnector=True)],
        [],
    ],
)
def test_l5_no_multiplier_where_one_side_adds_up_to_nothing(market):
    with pytest.raises(BadInput, match="NO_MULTIPLIER") as error:
        transmission_loss_adjustments(market, ZONAL)
    assert error.value.code == "EB-122"


@given(markets(), st.randoms())
@settings(max_examples=50)
def test_the_order_of_bm_units_changes_nothing(market, random):
    before = closed(market, ZONAL)
    random.shuffle(market)
    assert credited(market, ZONAL) == before


@given(markets(), st.integers(1, 1000))
@settings(max_examples=50)
def test_scaling_the_market_scales_credited_energy(market, factor):
    before = closed(market, ZONAL)
    scaled = [
        BmUnitVolume(each.bm_unit, each.qm_mwh * factor, each.trading_unit, each.tlf, each.interconnector)
        for each in market
    ]
    assert credited(scaled, ZONAL) == {name: energy * factor for name, energy in before.items()}


def test_interconnectors_stand_at_one_from_p278_on_and_share_the_losses_before():
    market = [unit("a", "100"), unit("b", "-95"), unit("I_c", "-2", interconnector=True)]
    assert multipliers(market, rule_date("interconnectors_at_one"))["I_c"] == 1
    assert multipliers(market, BEFORE_P278)["I_c"] == multipliers(market, BEFORE_P278)["b"] != 1
    assert number("alpha") == D("0.45")


def test_a_trading_unit_at_zero_takes_off():
    assert is_delivering([D("0.001")])
    assert not is_delivering([])
    assert not is_delivering([D(5), D(-5)])
    assert is_delivering([D(-985), D(986)])


def test_a_unit_given_twice_and_a_factor_before_zones_are_refused():
    with pytest.raises(BadInput, match="given twice"):
        transmission_loss_adjustments([unit("a", "1"), unit("a", "-1")], ZONAL)
    with pytest.raises(BadInput, match="TLF_BEFORE_ZONES"):
        transmission_loss_adjustments([unit("a", "1", "0.01"), unit("b", "-1")], date(2018, 3, 31))
    assert tlm(D("0.01"), D("-0.01"), D("0.02"), delivering=False, day=ZONAL) == D("1.03")


# Credited energy by account

reallocations = st.dictionaries(
    st.sampled_from(["X", "Y", "Z"]),
    st.builds(Reallocation, st.decimals(0, 33, places=2), st.decimals(-20, 20, places=3)),
)


@given(megawatt_hours, st.decimals(D("0.9"), D("1.1"), places=7), reallocations, st.decimals(-5, 5, places=3))
def test_reallocation_moves_credited_energy_and_keeps_its_sum(qm, multiplier, parts, qbs):
    found = credited_energy(qm, multiplier, "lead", parts, balancing_services_mwh=qbs)
    assert sum(map(Fraction, found.values())) == Fraction(qm) * Fraction(multiplier)
    assert list(found) == ["lead", *parts]


def test_credited_energy_of_a_shared_bm_unit():
    found = credited_energy(D(10), D("1.01"), "lead", {"X": Reallocation(D(40), D("0.5"))})
    assert found == {"lead": D("5.555"), "X": D("4.545")}
    other = credited_energy(D(-4), D("1.01"), "X")
    assert account_energy([found, other]) == {"lead": D("5.555"), "X": D("0.505")}


@pytest.mark.parametrize(
    "parts",
    [{"lead": Reallocation(D(1))}, {"X": Reallocation(D(101))}, {"X": Reallocation(D(-1))},
     {"X": Reallocation(D(60)), "Y": Reallocation(D(50))}],
)  # fmt: skip
def test_reallocations_beyond_the_whole_are_refused(parts):
    with pytest.raises(BadInput, match="Metered Volume Reallocations"):
        credited_energy(D(10), D(1), "lead", parts)


def test_a_supplied_multiplier_keeps_its_source():
    given_tlf = supplied("TLF _L, autumn 2026", D("0.02"), "", "Elexon, TLF 2026/27")
    pair = tlm_pair(date(2026, 12, 1), 1, "_L", tlf=given_tlf, tlmo_del=D("-0.017"), tlmo_off=D("0.011"))
    assert "Elexon, TLF 2026/27" in pair.off.source
