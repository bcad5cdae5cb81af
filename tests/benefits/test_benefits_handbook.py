"""Vector V19 of the handbook, to the last digit, with V09 and the refusals that it names."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from benefits_cases import (
    V19A,
    V19B,
    V19C,
    compare_2014,
    large_plant,
    market_2014,
    market_2015,
    market_2026,
    rows,
    small_plant,
)

from halfhour.charges.benefits import Amount, Market, RouteComparison, compare_routes
from halfhour.charges.exact import display_gbp
from halfhour.charges.triads import triads
from halfhour.plant import plant_of_text

D = Decimal


def shown(value: Decimal | None, places: str = "0.01") -> str:
    assert value is not None
    return str(value.quantize(D(places), rounding="ROUND_HALF_UP"))


def amount(comparison: RouteComparison, route: str, component: str) -> Decimal:
    lines = (*comparison.route(route).lines, *comparison.route(route).beside)
    found = next(line.amount_gbp for line in lines if line.component == component)
    assert found is not None
    return found


def test_v19a_components_are_those_of_the_handbook() -> None:
    made = compare_2014()
    assert shown(amount(made, "OWN_RIGHT", "tnuos"), "0.0001") == "696591.3240"
    assert shown(amount(made, "OWN_RIGHT", "bsuos"), "0.0001") == "100.9611"
    assert shown(amount(made, "OWN_RIGHT", "losses"), "0.0001") == "20.5344"
    assert shown(made.route("OWN_RIGHT").gross_gbp, "0.0001") == "696712.8195"
    losses = next(line.found for line in made.route("OWN_RIGHT").lines if line.component == "losses")
    assert isinstance(losses, Amount)
    assert losses.facts["uplift_vs_meter_mwh"] == D("46") * D("0.00992")
    assert losses.facts["advantage_vs_deliver_mwh"] == D("46") * D("0.01828")


def test_v19a_losses_against_a_delivering_unit() -> None:
    made = compare_2014(loss_baseline="delivering")
    assert shown(amount(made, "OWN_RIGHT", "losses"), "0.0001") == "37.8396"


def test_v19a_owner_net_and_rank() -> None:
    made = compare_2014()
    nets = {route: (shown(made.route(route).owner_net_gbp), made.route(route).rank) for route in
            ("SVA_SUPPLIER", "CVA_PARTY", "OWN_RIGHT")}  # fmt: skip
    assert nets == {
        "SVA_SUPPLIER": ("627034.44", 3),
        "CVA_PARTY": ("661871.10", 2),
        "OWN_RIGHT": ("666712.82", 1),
    }


def test_v19a_recipients_and_reject_codes() -> None:
    made = compare_2014()
    recipients = {
        route: [line.recipient for line in made.route(route).lines]
        for route in ("SVA_SUPPLIER", "CVA_PARTY", "OWN_RIGHT")
    }
    assert recipients == {
        "SVA_SUPPLIER": ["Supplier", "Supplier", "Supplier"],
        "CVA_PARTY": ["BSC Trading Party", "BSC Trading Party", "Energy Account holder (BSC Trading Party)"],
        "OWN_RIGHT": ["owner", "owner", "Energy Account holder (owner)"],
    }
    rejected = {one.route_id: one.answer.reject_codes for one in made.routes if not one.valid}
    assert rejected["BEGA_OWNER"] == rejected["BEGA_PARTY"] == ("R18_ROUTE_CLASS",)
    assert rejected["BELLA_SUPPLIER"] == rejected["BELLA_PARTY"] == ("R01_BELLA_CLASS",)
    assert all(made.route(route).gross_gbp is None for route in rejected)


def test_v19a_status_is_that_of_the_weakest_part() -> None:
    found = {line.component: line.found for line in compare_2014().route("OWN_RIGHT").lines}
    statuses = {name: one.status for name, one in found.items() if isinstance(one, Amount)}
    assert statuses == {"tnuos": "actual", "bsuos": "supplied", "losses": "supplied"}


def test_v19a_beside_a_delivering_unit() -> None:
    made = compare_2014(comparator="delivering")
    assert made.comparator is not None
    found = {one.component: one for one in made.comparator}
    assert shown(found["bsuos"].comparator_gbp, "0.0001") == "-99.1337"
    assert shown(found["bsuos"].advantage_gbp, "0.0001") == "200.0948"
    assert found["losses"].comparator_gbp == 0
    assert found["tnuos"].comparator_gbp is None
    assert "generation tariff" in found["tnuos"].reason


def test_v19a_with_rcrc_has_no_totals_and_says_why() -> None:
    made = compare_2014(components=("tnuos", "bsuos", "losses", "rcrc"))
    for route in ("SVA_SUPPLIER", "CVA_PARTY", "OWN_RIGHT"):
        one = made.route(route)
        assert (one.gross_gbp, one.owner_net_gbp, one.rank) == (None, None, None)
        assert [found.name for found in one.lacking] == ["MISSING_RCRC"]
        assert "2014-07-15 SP 24" in one.missing[0]
    assert made.left_out == ()


def test_v19b_tnuos_and_rcrc_of_two_months() -> None:
    made = compare_routes(
        small_plant(), rows(V19B), market_2015(), "2015/16",
        components=("tnuos", "rcrc"), component_dates={"rcrc": (date(2016, 1, 1), date(2016, 3, 1))},
    )  # fmt: skip
    assert shown(amount(made, "OWN_RIGHT", "tnuos")) == "791622.88"
    # The handbook prints −6.688170; its two lines, and exact arithmetic, give −6.688169 (its tolerance is £0.005).
    assert amount(made, "OWN_RIGHT", "rcrc") == 8 * D("1.01076") * D("0.0844519") - 10 * D("1.01076") * D("0.7292586")
    assert shown(amount(made, "OWN_RIGHT", "rcrc"), "0.00001") == "-6.68817"
    lines = made.benefit_half_hour(["OWN_RIGHT"]).filter(component="rcrc")["amount_gbp"].to_list()
    assert [shown(one, "0.000001") for one in lines] == ["0.682885", "-7.371054"]


def test_v19b_without_the_limit_names_the_half_hour_without_a_rate() -> None:
    made = compare_routes(small_plant(), rows(V19B), market_2015(), "2015/16", components=("tnuos", "rcrc"))
    (found,) = made.lacking
    assert found.name == "MISSING_RCRC"
    assert "2015-11-25 SP 35" in found.error.message


@pytest.mark.parametrize(("baseline", "pounds"), [("delivering", "60.48"), ("metered", "66.96")])
def test_v19c_by_the_codes_of_2026(baseline: str, pounds: str) -> None:
    made = compare_routes(small_plant(), rows(V19C), market_2026(), "2026/27", loss_baseline=baseline)
    assert amount(made, "CVA_PARTY", "tnuos") == D("310924.80")
    assert amount(made, "CVA_PARTY", "bsuos") == 0
    assert amount(made, "CVA_PARTY", "losses") == D(pounds)
    assert amount(made, "CVA_PARTY", "rcrc") == D("-0.835110")
    tnuos = next(line.found for line in made.route("CVA_PARTY").lines if line.component == "tnuos")
    assert isinstance(tnuos, Amount)
    assert (tnuos.status, made.route("CVA_PARTY").status) == ("provisional", "provisional")


def test_v19c_without_a_loss_factor_is_refused() -> None:
    made = compare_routes(small_plant(), rows(V19C), market_2026(tlf=None), "2026/27")
    assert {found.component: found.name for found in made.lacking} == {"losses": "MISSING_TLF", "rcrc": "MISSING_TLF"}
    assert made.route("OWN_RIGHT").gross_gbp is None
    assert amount(made, "OWN_RIGHT", "tnuos") == D("310924.80")


V19D_TRIADS = [one.half_hour for one in triads("2020/21")]


@pytest.mark.parametrize(
    ("signed", "who"),
    [
        (False, {"BEGA_OWNER": "owner", "BEGA_PARTY": "owner", "BELLA_SUPPLIER": "Supplier"}),
        (True, {"BEGA_PARTY": "BSC Trading Party", "BELLA_PARTY": "BSC Trading Party"}),
    ],
)
def test_v19d_floored_export_and_charged_import(signed: bool, who: dict[str, str]) -> None:
    export = dict(zip(V19D_TRIADS, ("20", "0", "22"), strict=True))
    made = compare_routes(
        large_plant(party_signed=signed),
        rows(export, {V19D_TRIADS[1]: "0.45"}),
        Market(),
        "2020/21",
        components=("tnuos",),
    )
    for route, recipient in who.items():
        assert display_gbp(amount(made, route, "tnuos")) == 0
        assert shown(amount(made, route, "tnuos_import")) == "-6338.05"
        charged = next(line for line in made.route(route).beside if line.component == "tnuos_import")
        assert charged.recipient == recipient
    assert made.route("SVA_SUPPLIER").answer.reject_codes == ("R13_EELPS_NO_AGREEMENT",)


TEC = """
[plant]
id = "tec"
technology = "biomass"
connection = "embedded"
area = "NGET"
gsp_group = "_A"
registered_capacity_mw = {tec}
tec_mw = {tec}
licence_status = "exemptible"
licence_reference = "Class D, for the test"
host_network_connected = true
generation_zone = 9
annual_load_factor = 0.40
"""


@pytest.mark.parametrize(
    ("tec", "year", "ruleset", "expected"),
    [
        ("99.9", "2026/27", "codes", "0"),
        ("99.9", "2017/18", "note-v8", "0"),
        ("100", "2017/18", "note-v8", "0"),
        ("120", "2026/27", "codes", "-1486021.85"),
        ("100", "2025/26", "codes", "MISSING_TARIFF"),
    ],
)
def test_v09_generation_tnuos_from_100_mw_of_tec(tec: str, year: str, ruleset: str, expected: str) -> None:
    # Nothing is exported at the Triads, so whatever TNUoS there is comes from the generation tariff.
    first = int(year[:4])
    hours = {(date(first, 12, day), 35): "0" for day in (1, 14)} | {(date(first + 1, 1, 10), 35): "0"}
    market = Market()
    market.triads[year] = (tuple(hours), "provisional")
    made = compare_routes(plant_of_text(TEC.format(tec=tec)), rows(hours), market, year, ruleset, components=("tnuos",))  # type: ignore[arg-type]
    route = next(one for one in made.routes if one.valid)
    if expected == "MISSING_TARIFF":
        assert [found.name for found in route.lacking] == [expected]
    else:
        assert shown(route.gross_gbp) == shown(D(expected))


def test_note_is_not_priced_after_its_last_day() -> None:
    market = Market()
    made = compare_routes(
        small_plant(), rows({(date(2019, 12, 1), 35): "1"}), market, "2019/20", "note-v8",
        components=("tnuos", "losses", "bsuos"),
    )  # fmt: skip
    assert {found.component: found.name for found in made.lacking} == {
        "tnuos": "RULESET_DATE",
        "losses": "RULESET_DATE",
        "bsuos": "MISSING_INPUT",
    }


def test_triad_without_a_reading_is_a_gap_and_never_zero() -> None:
    held = {half_hour: volume for half_hour, volume in V19A.items() if half_hour[0] != date(2015, 1, 19)}
    made = compare_routes(small_plant(), rows(held), market_2014(), "2014/15", components=("tnuos",))
    (found,) = made.lacking
    assert (found.name, found.error.code) == ("DATA_GAP", "EB-120")
    assert "2015-01-19 SP 35" in found.error.message
    with pytest.raises(type(found.error), match="DATA_GAP"):
        made.raise_missing()


def test_open_bsuos_rule_is_refused_in_cva_alone() -> None:
    market = Market()
    made = compare_routes(small_plant(), rows({(date(2022, 5, 1), 10): "10"}), market, "2022/23", components=("bsuos",))
    assert made.route("SVA_SUPPLIER").gross_gbp == 0
    assert [found.name for found in made.route("CVA_PARTY").lacking] == ["BSUOS_RULE_OPEN"]
    assert [found.name for found in made.route("OWN_RIGHT").lacking] == ["BSUOS_RULE_OPEN"]


def test_plant_that_is_directly_connected_has_no_embedded_benefit() -> None:
    direct = dataclasses.replace(small_plant(), connection="direct")
    made = compare_routes(direct, rows(V19C), market_2026(), "2026/27", costs={})
    route = made.route("DIRECT_BCA")
    assert route.valid
    assert [(line.amount_gbp, line.recipient) for line in route.lines[:3]] == [(0, "none")] * 3
    assert route.gross_gbp == 0
    assert not any(one.valid for one in made.routes if one.route_id != "DIRECT_BCA")


def test_unknown_fact_that_decides_leaves_the_route_open_and_unpriced() -> None:
    unknown = dataclasses.replace(small_plant(), party_cusc_signatory=None)
    route = compare_routes(unknown, rows(V19C), market_2026(), "2026/27").route("CVA_PARTY")
    assert (route.valid, route.gross_gbp, route.rank) == (None, None, None)
    assert "cusc" in route.missing[0]
