"""TNUoS: quantities, tariffs by era and zone, residual bands, generation tariffs (V05 to V09, V20)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from embedded_vectors import DATA, D, table, to
from hypothesis import given
from hypothesis import strategies as st

from halfhour.charges.demand_residual import residual_band, residual_charge, residual_tariff
from halfhour.charges.exact import display_gbp
from halfhour.charges.generation_tariffs import generation_amount, generation_tariff, pays_generation_tnuos
from halfhour.charges.tnuos import (
    computed_export_tariff,
    demand_tariff,
    export_tariff,
    export_tariffs_held,
    tnuos_amount,
    triad_kw,
)
from halfhour.market_data.embedded import BadInput, Missing, held, supplied, zones

shared = pytest.mark.skipif(not (DATA / "tnuos").is_dir(), reason=f"the shared data are not at {DATA}")


def mw(*megawatts: str) -> list[Decimal]:
    """Half-hourly MWh of powers in MW."""
    return [D(power) / 2 for power in megawatts]


# V05


@pytest.mark.parametrize(("zone", "pounds"), [(14, "218798.93"), (1, "0.00"), (6, "1938.10")])
def test_export_of_2026_27_is_paid_at_the_zone_s_tariff(zone, pounds):
    quantity = triad_kw(mw("20", "18", "0"), "2026/27")
    assert to(4, quantity.export_kw) == D("12666.6667")
    found = tnuos_amount(quantity, zone)
    assert display_gbp(found.export_gbp) == D(pounds)
    assert (found.import_gbp, found.import_rate, found.status, found.mark) == (0, None, "actual", "doc")


def test_the_export_tariff_of_zone_6_in_2026_27_is_the_locational_tariff_with_the_agic():
    parts = [held(item, charging_year="2026/27", zone_of=6)[0].value for item in ("peak", "year_round")]
    assert to(6, sum(parts)) == D("-2.990383")
    assert held("agic", charging_year="2026/27")[0].value == D("3.143391")
    assert to(6, computed_export_tariff("2026/27", 6).value) == export_tariff("2026/27", 6).value == D("0.153008")


def test_net_export_of_2017_18_is_paid_at_the_demand_tariff():
    found = tnuos_amount(triad_kw(mw("10", "10", "10"), "2017/18"), "_E")
    assert display_gbp(found.export_gbp) == D("494600.00")
    assert found.rule_id == "tnuos-net-triad"
    assert found.mark == "secondary"


def test_export_of_2018_19_earns_the_export_tariff_and_import_pays_the_demand_tariff():
    exported = tnuos_amount(triad_kw(mw("5", "5", "5"), "2018/19"), "_A")
    assert exported.export_gbp == D("172410.615")
    assert display_gbp(exported.export_gbp) == D("172410.62")
    imported = tnuos_amount(triad_kw(mw("-5", "-5", "-5"), "2018/19"), "_A")
    assert imported.import_gbp == D("247142.745")
    assert display_gbp(imported.import_gbp) == D("247142.75")
    assert imported.net_gbp == -imported.import_gbp


def test_export_is_never_charged_and_import_still_is_in_northern_scotland_in_2020_21():
    quantity = triad_kw(mw("40", "0", "44"), "2020/21", import_mwh=mw("0", "0.9", "0"))
    assert (quantity.export_kw, quantity.import_kw) == (28000, 300)
    found = tnuos_amount(quantity, "_P")
    assert found.export_rate is not None
    assert found.import_rate is not None
    assert (found.export_rate.value, found.export_gbp) == (0, 0)
    assert found.import_rate.value == D("21.126849")
    assert display_gbp(found.import_gbp) == D("6338.05")


def test_import_of_2023_24_pays_the_floored_locational_tariff():
    found = tnuos_amount(triad_kw(mw("-1", "-1", "-1"), "2023/24"), 14)
    assert display_gbp(found.import_gbp) == D("7645.71")
    assert (found.rule_id, found.export_rate) == ("tnuos-gross-floored", None)


def test_a_year_with_two_tariffs_is_refused_until_they_are_weighted():
    with pytest.raises(Missing, match=r"TARIFF_SPLIT_YEAR.*2010/11.*zone 14 \(_L\).*26\.057832.*24\.031029") as error:
        demand_tariff("2010/11", "_L")
    assert error.value.code == "EB-103"
    weighted = demand_tariff("2010/11", "_L", weighting="months")
    assert weighted.value == D("25.382231")
    assert weighted.mark == "secondary"
    assert export_tariff("2010/11", "_L", weighting="months") == weighted


def test_one_net_average_to_2017_18_and_two_gross_ones_afterwards():
    volumes = mw("10", "-2", "4")
    before = tnuos_amount(triad_kw(volumes, "2017/18"), 8)
    assert triad_kw(volumes, "2017/18").export_kw == 4000
    assert display_gbp(before.net_gbp) == D("197840.00")
    quantity = triad_kw(volumes, "2026/27")
    assert (to(3, quantity.export_kw), to(3, quantity.import_kw)) == (D("4666.667"), D("666.667"))
    after = tnuos_amount(quantity, 8)
    assert display_gbp(after.export_gbp) == D("26960.90")
    assert display_gbp(after.import_gbp) == D("1755.96")
    assert display_gbp(after.net_gbp) == D("25204.94")


def test_a_net_import_is_charged_at_the_same_tariff_to_2017_18():
    found = tnuos_amount(triad_kw(mw("-10", "2", "-4"), "2017/18"), 8)
    assert (found.export_gbp, display_gbp(found.import_gbp)) == (0, D("197840.00"))


def test_the_refusal_names_item_year_zone_what_is_held_and_how_to_supply_it():
    with pytest.raises(Missing) as error:
        tnuos_amount(triad_kw(mw("1", "1", "1"), "2024/25"), 9)
    assert error.value.message == (
        "MISSING_TARIFF: EET for charging year 2024/25, zone 9 (_A): AGIC for 2024/25 is not held. "
        "Held: 2018/19-2019/20 zones 8, 9, 13, 14; 2020/21-2022/23; 2026/27."
    )
    assert "agic=" in error.value.next_step
    assert (error.value.code, error.value.exit_code, error.value.name) == ("EB-101", 3, "MISSING_TARIFF")


# V20


@pytest.mark.parametrize("zone", range(1, 15))
def test_no_export_tariff_of_2023_24_in_any_zone(zone):
    with pytest.raises(Missing, match=f"MISSING_TARIFF: EET for charging year 2023/24, zone {zone} "):
        export_tariff("2023/24", zone)


def test_a_rounded_agic_is_used_on_request_only_and_gives_an_estimate():
    with pytest.raises(Missing, match=r"TARIFF_ROUNDED: EET for charging year 2025/26, zone 14.* 2\.79 ") as error:
        export_tariff("2025/26", 14)
    assert error.value.code == "EB-102"
    rounded = export_tariff("2025/26", 14, accept_rounded=True)
    assert (rounded.value, rounded.status) == (D("-0.663438") + D("10.786474") + D("2.79"), "estimate")
    own = export_tariff("2025/26", 14, agic=D("2.790000"))
    assert (own.value, own.status) == (rounded.value, "supplied")


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: demand_tariff("2016/17", 12), r"HH demand tariff for charging year 2016/17, zone 12 \(_C\)"),
        (lambda: export_tariff("2016/17", 12), r"HH demand tariff for charging year 2016/17, zone 12 \(_C\)"),
        (lambda: demand_tariff("2027/28", 1), "HH demand tariff for charging year 2027/28, zone 1"),
        (lambda: demand_tariff("2006/07", 14), "HH demand tariff for charging year 2006/07"),
        (lambda: export_tariff("2018/19", 1), "EET for charging year 2018/19, zone 1"),
        (lambda: export_tariff("2027/28", 1), "EET for charging year 2027/28, zone 1"),
        (lambda: generation_tariff("2025/26", 1, "wind", D("0.45")), "Generation tariff for charging year 2025/26"),
        (lambda: residual_tariff("2022/23", "EHV1"), "TDR tariff for charging year 2022/23, band EHV1"),
        (lambda: residual_charge("EHV1", date(2027, 3, 31), date(2027, 4, 2)), "2027/28, band EHV1"),
        (lambda: residual_band(date(2023, 3, 31), "EHV", import_capacity_kva=D(1)), "EHV site on 2023-03-31"),
    ],
)
def test_a_tariff_that_is_not_held_is_refused_and_never_taken_from_beside(ask, words):
    with pytest.raises(Missing, match=f"MISSING_TARIFF: .*{words}") as error:
        ask()
    assert "Held: " in error.value.message
    assert error.value.next_step


def test_a_tariff_is_not_asked_for_where_there_is_no_quantity_and_one_of_the_caller_s_is_used():
    assert tnuos_amount(triad_kw(mw("0", "0", "0"), "2024/25"), 9).net_gbp == 0
    own = supplied("EET 2024/25", D("5"), "£/kW")
    found = tnuos_amount(triad_kw(mw("3", "3", "3"), "2024/25"), 9, export_rate=own)
    assert (found.export_gbp, found.status, found.export_rate) == (15000, "supplied", own)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: triad_kw(mw("1", "1"), "2026/27"),
        lambda: triad_kw([D(1), D(1), 1.0], "2026/27"),
        lambda: triad_kw(mw("-1", "1", "1"), "2026/27", import_mwh=mw("0", "0", "0")),
        lambda: triad_kw(mw("1", "1", "1"), "2026/27", import_mwh=mw("0", "-1", "0")),
        lambda: triad_kw(mw("1", "1", "1"), "2026"),
        lambda: residual_band(date(2026, 4, 1), "EHV"),
        lambda: residual_band(date(2026, 4, 1), "EHV", annual_kwh=D(1)),
        lambda: residual_band(date(2026, 4, 1), "EHV", import_capacity_kva=D(-1)),
        lambda: residual_band(date(2026, 4, 1), "LV", import_capacity_kva=D(1), annual_kwh=D(1)),
        lambda: residual_band(date(2026, 4, 1), "132", import_capacity_kva=D(1)),
        lambda: residual_tariff("2026/27", "EHV9"),
        lambda: residual_charge("Unmetered", date(2026, 4, 1), date(2026, 4, 2)),
        lambda: residual_charge("EHV1", date(2026, 4, 2), date(2026, 4, 1)),
        lambda: generation_tariff("2026/27", 28, "wind", D("0.45")),
        lambda: generation_tariff("2026/27", 1, "fusion", D("0.45")),
        lambda: generation_tariff("2026/27", 1, "wind", D("45")),
        lambda: generation_amount(generation_tariff("2026/27", 26, "ccgt", D("0.4")), D(1)),
        lambda: generation_amount(generation_tariff("2026/27", 26, "ccgt", D("0.4")), D(-1)),
        lambda: generation_amount(generation_tariff("2026/27", 26, "ccgt", D("0.4")), D(1), mw("1", "1", "-1")),
        lambda: pays_generation_tnuos(D(-1), "distribution"),
        lambda: pays_generation_tnuos(D(1), "offshore"),
        lambda: pays_generation_tnuos(D(1), "distribution", ruleset="note"),
    ],
)
def test_input_that_makes_no_sense_is_refused_with_what_to_give(wrong):
    with pytest.raises(BadInput) as error:
        wrong()
    assert error.value.exit_code == 2
    assert error.value.next_step


# V06 and the constants of handbook 6.4


def published(year: str, item: str) -> dict[int, Decimal]:
    return {zone.number: rate.value for zone in zones() for rate in held(item, charging_year=year, zone_of=zone)}


@pytest.mark.parametrize(
    ("year", "count", "tolerance"),
    [("2020/21", 5, "1.1e-6"), ("2021/22", 5, "1.1e-6"), ("2022/23", 3, "1.1e-6"), ("2026/27", 14, "5e-7")],
)
def test_published_export_tariffs_are_the_floored_sum_of_their_parts(year, count, tolerance):
    values = published(year, "embedded_export_tariff")
    assert len(values) == count
    for zone, value in values.items():
        assert abs(computed_export_tariff(year, zone).value - value) <= D(tolerance), (year, zone)
        assert export_tariff(year, zone).value == value


@pytest.mark.parametrize("year", ["2023/24", "2024/25", "2025/26", "2026/27"])
def test_the_demand_tariff_is_the_floored_locational_tariff_from_2023_24(year):
    hh, peak, year_round = (published(year, item) for item in ("hh_demand_tariff", "peak", "year_round"))
    assert len(hh) == 14
    for zone, value in hh.items():
        assert abs(max(D(0), peak[zone] + year_round[zone]) - value) <= D("1.1e-6"), (year, zone)


@pytest.mark.parametrize(
    ("year", "residual", "discount"),
    [("2020/21", "51.031645", "0.700635"), ("2021/22", "53.231668", "0"), ("2022/23", "56.861767", "0")],
)
def test_the_residual_within_the_demand_tariff_is_one_for_all_zones(year, residual, discount):
    parts = [published(year, item) for item in ("hh_demand_tariff", "peak", "year_round", "small_generator_discount")]
    hh, peak, year_round, recovery = parts
    assert set(recovery.values()) == {D(discount)}
    for zone in hh:
        assert abs(hh[zone] - peak[zone] - year_round[zone] - recovery[zone] - D(residual)) <= D("3e-6")


@pytest.mark.parametrize(
    ("year", "difference"),
    [("2018/19", "14.946426"), ("2019/20", "33.421781"), ("2020/21", "48.317354"), ("2021/22", "50.949633"),
     ("2022/23", "54.517252")],
)  # fmt: skip
def test_demand_and_published_export_tariff_differ_by_one_amount_in_all_zones(year, difference):
    for zone, value in published(year, "embedded_export_tariff").items():
        assert abs(demand_tariff(year, zone).value - value - D(difference)) <= D("2e-6")


def test_export_tariffs_are_held_for_the_years_and_zones_of_the_handbook():
    found = export_tariffs_held()
    assert sorted(found) == ["2018/19", "2019/20", "2020/21", "2021/22", "2022/23", "2026/27"]
    assert found["2018/19"] == found["2019/20"] == {8, 9, 13, 14}
    for year in ("2020/21", "2021/22", "2022/23", "2026/27"):
        assert found[year] == set(range(1, 15))
        assert all(export_tariff(year, zone).value >= 0 for zone in found[year])


@pytest.mark.shared_data
@shared
def test_every_zone_year_of_the_public_export_tariffs_is_computed_again():
    computed = 0
    for row in table("tnuos/eet_zonal.csv"):
        if row["eet_computed_gbp_per_kw"]:
            ours = computed_export_tariff(row["charging_year"], int(row["zone_no"])).value
            assert abs(ours - D(row["eet_computed_gbp_per_kw"])) <= D("5e-7")
            computed += 1
        if row["eet_published_gbp_per_kw"]:
            assert export_tariff(row["charging_year"], row["gsp_group"]).value == D(row["eet_published_gbp_per_kw"])
    assert computed == 55  # the rows from 2020/21 on; those of 2018/19 and 2019/20 hold a phased residual


# V07


def test_an_ehv_site_of_5000_kva_changes_its_band_with_the_price_control():
    before = residual_band(date(2026, 3, 31), "EHV", import_capacity_kva=D(5000))
    after = residual_band(date(2026, 4, 1), "EHV", import_capacity_kva=D(5000))
    assert (before.band, after.band) == ("EHV1", "EHV2")
    assert display_gbp(residual_charge("EHV1", date(2025, 4, 1), date(2026, 4, 1))) == D("58679.25")
    assert display_gbp(residual_charge("EHV2", date(2026, 4, 1), date(2027, 4, 1))) == D("423174.24")


@pytest.mark.parametrize(
    ("voltage", "measure", "size", "band"),
    [
        ("LV", "import_capacity_kva", "0", "LV1"), ("LV", "import_capacity_kva", "80", "LV1"),
        ("LV", "import_capacity_kva", "80.1", "LV2"), ("LV", "import_capacity_kva", "232", "LV4"),
        ("LV", "annual_kwh", "3571", "LV_NoMIC_1"), ("LV", "annual_kwh", "25280", "LV_NoMIC_4"),
        ("HV", "import_capacity_kva", "1800", "HV3"), ("HV", "import_capacity_kva", "1800.5", "HV4"),
        ("EHV", "import_capacity_kva", "21500", "EHV3"), ("EHV", "import_capacity_kva", "99999", "EHV4"),
        ("T", "annual_mwh", "33548", "T-Demand1"), ("T", "annual_mwh", "189874", "T-Demand4"),
    ],
)  # fmt: skip
def test_a_band_is_above_its_lower_limit_and_up_to_its_upper(voltage, measure, size, band):
    assert residual_band(date(2025, 4, 1), voltage, **{measure: D(size)}).band == band


@given(st.integers(0, 1400), st.integers(0, 1400), st.integers(0, 1400))
def test_the_residual_of_a_span_of_days_is_that_of_its_parts(one, two, three):
    first, middle, last = sorted(date(2023, 4, 1) + timedelta(days=count) for count in (one, two, three))
    whole = residual_charge("HV2", first, last)
    assert residual_charge("HV2", first, middle) + residual_charge("HV2", middle, last) == whole


# V08, V09


@pytest.mark.parametrize(
    ("technology", "factor", "tariff"),
    [("ccgt", "0.40", "18.834210"), ("nuclear", "0.75", "38.725397"), ("wind", "0.45", "27.137522")],
)
def test_generation_tariffs_of_zone_1(technology, factor, tariff):
    assert to(6, generation_tariff("2026/27", 1, technology, D(factor)).value) == D(tariff)


@pytest.mark.shared_data
@shared
def test_all_81_published_examples_of_generation_tariffs_are_reproduced():
    kinds = {
        "example_conventional_carbon_alf40_gbp_per_kw": ("conventional carbon", "0.40"),
        "example_low_carbon_alf75_gbp_per_kw": ("conventional low carbon", "0.75"),
        "example_intermittent_alf45_gbp_per_kw": ("intermittent", "0.45"),
    }
    checked = 0
    for row in table("tnuos/generation_wider_2026-27.csv"):
        for column, (kind, factor) in kinds.items():
            ours = generation_tariff("2026/27", int(row["zone_no"]), kind, D(factor)).value
            assert abs(ours - D(row[column])) <= D("5e-7"), (row["zone_no"], kind)
            checked += 1
    assert checked == 81


def test_a_positive_generation_tariff_is_charged_on_tec():
    rate = generation_tariff("2026/27", 9, "conventional carbon", D("0.40"))
    assert rate.value == D("12.3835154")
    found = generation_amount(rate, D(120_000))
    assert (display_gbp(found.charge_gbp), found.credit_gbp, found.quantity_kw) == (D("1486021.85"), 0, 120_000)


def test_a_negative_generation_tariff_is_credited_on_the_highest_outputs_capped_at_tec():
    rate = generation_tariff("2026/27", 26, "conventional carbon", D("0.40"))
    assert rate.value == D("-7.3637274")
    found = generation_amount(rate, D(120_000), [D(118_000), D(125_000), D(110_000)])
    assert (found.charge_gbp, found.quantity_kw) == (0, 116_000)
    assert display_gbp(found.credit_gbp) == D("854192.38")


def test_embedded_plant_pays_generation_tnuos_from_100_mw_under_the_codes_only():
    assert not pays_generation_tnuos(D("99.9"), "distribution")
    assert not pays_generation_tnuos(D("99.9"), "distribution", ruleset="note-v8")
    assert pays_generation_tnuos(D("100"), "distribution")
    assert not pays_generation_tnuos(D("100"), "distribution", ruleset="note-v8")
    assert pays_generation_tnuos(D("1"), "transmission", ruleset="note-v8")


# Properties

volumes = st.lists(st.decimals(-500, 500, places=6), min_size=3, max_size=3)


@given(volumes, st.permutations(range(3)), st.sampled_from(["2014/15", "2026/27"]))
def test_the_order_of_triads_changes_nothing(three, order, year):
    assert triad_kw([three[place] for place in order], year) == triad_kw(three, year)


@given(volumes, st.integers(0, 50), st.sampled_from(["2014/15", "2022/23", "2026/27"]))
def test_tnuos_is_linear_in_the_volumes(three, factor, year):
    once, many = (tnuos_amount(triad_kw([v * f for v in three], year), 14) for f in (1, factor))
    assert abs(Fraction(many.net_gbp) - factor * Fraction(once.net_gbp)) < Fraction(1, 10**30)


@given(volumes)
def test_gross_export_less_gross_import_is_the_net_of_the_earlier_rule(three):
    net, gross = triad_kw(three, "2017/18"), triad_kw(three, "2018/19")
    assert gross.export_sum_kw - gross.import_sum_kw == net.export_sum_kw - net.import_sum_kw
    assert min(net.export_sum_kw, net.import_sum_kw) == 0
    assert gross.export_sum_kw >= net.export_sum_kw
