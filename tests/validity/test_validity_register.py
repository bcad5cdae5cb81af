"""The classes of a portfolio's meterings, checked against the small made-up market and without any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from validity_tables import DAY, LATER, load_market, whole_market, without

from halfhour.errors import Finding
from halfhour.market_data.store import MarketDataStore
from halfhour.register import Declaration, Metering, Portfolio, Site, check_market_data, check_portfolio

IMPORT = "1000000000040"
EXPORT = "1012345678903"
OTHER = "1000000000059"

HALF_HOURLY = Metering(
    "Meter 1", "boundary", IMPORT, import_llfc="090", import_mtc="845", voltage="HV", supplier="ALFA"
)
PV = Metering(
    "Meter 1",
    "boundary",
    IMPORT,
    EXPORT,
    import_llfc="101",
    import_mtc="801",
    import_ssc="0393",
    import_profile_class="01",
    export_llfc="932",
    export_mtc="870",
    export_ssc="0482",
    export_profile_class="08",
    technology="pv",
    meter="import-export",
)
ROOF = Metering("Roof", "generation", None, "7700000000020", capacity_kw=Decimal("3.6"))


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    with MarketDataStore.open(load_market(tmp_path_factory.mktemp("market"), whole_market())) as store:
        yield store


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    with MarketDataStore.open(tmp_path_factory.mktemp("nothing") / "absent.sqlite") as store:
        yield store


def site(*metering: Metering, declarations: Iterable[Declaration] = (), **values: object) -> Site:
    fields: dict[str, object] = {"id": "mill", "name": "Mill", "gsp_group": "_A", "voltage": "HV"} | values
    return Site(**fields, metering=metering, declarations=tuple(declarations))  # type: ignore[arg-type]


def checked(store: MarketDataStore, *sites: Site, today: date = DAY) -> list[Finding]:
    return check_market_data(Portfolio(Path(), sites), store, today)


def codes(found: Iterable[Finding]) -> list[str]:
    return [finding.code for finding in found]


def test_classes_that_are_valid_are_no_finding(market):
    assert checked(market, site(HALF_HOURLY)) == []
    assert codes(checked(market, site(PV, ROOF))) == []


def test_a_portfolio_that_states_no_class_is_not_checked(market, nothing):
    plain = site(Metering("Meter 1", "boundary", IMPORT, EXPORT, supplier="ZZZZ", technology="pv"))
    assert checked(market, plain) == []
    assert checked(nothing, plain) == []


def test_without_market_data_one_remark_says_that_nothing_was_checked(nothing):
    (remark,) = checked(nothing, site(PV), site(HALF_HOURLY, id="other"))
    assert (remark.code, remark.severity) == ("ID-116", "info")
    assert remark.message == "The classes of 2 MSIDs were not checked: no Market Domain Data is loaded."


def test_what_needs_no_market_data_is_checked_without_it(nothing):
    large = replace(PV, export_profile_class="01", export_ssc="0490")
    found = checked(nothing, site(large, replace(ROOF, capacity_kw=Decimal(30))))
    assert codes(found) == ["ID-121", "ID-118", "ID-119", "ID-116"]


def test_a_table_that_is_not_loaded_is_one_remark_with_the_number_of_msids(tmp_path):
    path = load_market(tmp_path, without("valid_mtc_llfc_combination"))
    with MarketDataStore.open(path) as store:
        (remark,) = checked(store, site(HALF_HOURLY), site(replace(HALF_HOURLY, import_msid=OTHER), id="other"))
        assert (remark.code, remark.severity) == ("ID-116", "info")
        assert remark.message.startswith("MTC with LLFC: not checked for 2 MSIDs. ")
        (of_one,) = checked(store, site(HALF_HOURLY))
        assert IMPORT in of_one.message


def test_every_fail_is_a_warning_with_the_site_the_msid_and_the_nearest_valid_combinations(market):
    (found,) = checked(market, site(replace(HALF_HOURLY, import_llfc="091", where="mill.toml:5")))
    assert (found.code, found.severity, found.where, found.site_id) == ("ID-113", "warning", "mill.toml:5", "mill")
    assert (found.msid, found.settlement_date) == (IMPORT, DAY)
    assert found.message.startswith(f"Site mill, metering Meter 1: {IMPORT}: MTC 845 with LLFC 091 is not valid")
    assert "Nearest valid: MTC 997, LLFC 091" in found.next_step


def test_the_finding_of_an_export_names_the_export(market):
    (found,) = checked(market, site(replace(PV, export_llfc="101"), ROOF))[:1]
    assert (found.code, found.msid) == ("ID-117", EXPORT)


def test_a_metering_is_looked_at_on_its_first_day_and_today(market):
    ending = replace(HALF_HOURLY, import_mtc="846")
    assert checked(market, site(ending), today=DAY) == []
    (today,) = checked(market, site(ending), today=LATER)
    assert (today.code, today.settlement_date) == ("ID-111", LATER)
    early = replace(HALF_HOURLY, import_llfc="091", import_mtc="997", effective_from=date(2021, 10, 19))
    (first,) = checked(market, site(early))
    assert (first.code, first.settlement_date) == ("ID-113", date(2021, 10, 19))
    assert checked(market, site(replace(early, effective_from=date(2021, 10, 20)))) == []


def test_a_metering_that_has_ended_is_looked_at_on_its_last_day(market):
    ended = replace(HALF_HOURLY, import_mtc="846", effective_to=date(2024, 7, 1))
    assert checked(market, site(ended), today=LATER) == []
    (found,) = checked(market, site(replace(ended, effective_to=date(2024, 7, 2))), today=LATER)
    assert found.settlement_date == date(2024, 7, 1)


def test_a_metering_that_is_still_to_come_is_looked_at_on_its_first_day(market):
    coming = replace(HALF_HOURLY, import_mtc="846", effective_from=LATER)
    assert [found.settlement_date for found in checked(market, site(coming), today=DAY)] == [LATER]


def test_a_finding_is_made_once_though_two_days_have_it(market):
    always = replace(HALF_HOURLY, import_llfc="555", effective_from=date(2024, 1, 1))
    assert codes(checked(market, site(always))) == ["ID-110"]


def test_an_ended_short_code_is_a_finding_and_nothing_else_is_asked(market):
    edfi = replace(HALF_HOURLY, import_msid="2812345678902", effective_from=date(2014, 12, 17))
    found = checked(market, site(edfi))
    # On its last day the code is live, and only the made-up market has no classes for it.
    assert [(one.code, one.settlement_date) for one in found] == [
        ("ID-110", date(2014, 12, 17)),
        ("ID-111", date(2014, 12, 17)),
        ("ID-103", DAY),
    ]
    later = replace(edfi, effective_from=date(2014, 12, 18))
    assert codes(checked(market, site(later))) == ["ID-103"]


def test_a_supplier_holds_the_role_of_one(market):
    (found,) = checked(market, site(replace(HALF_HOURLY, supplier="BRVO")))
    assert (found.code, "its last day in it was 2023-12-31" in found.message) == ("ID-140", True)
    assert codes(checked(market, site(replace(PV, supplier="BRVO"), ROOF))) == ["ID-140"]


def test_asset_metering_systems_have_no_classes_to_check(market):
    battery = Metering("Battery", "storage", "7700000000010", import_llfc="555")
    assert checked(market, site(HALF_HOURLY, battery)) == []


def test_an_export_takes_the_import_profile_class_of_its_site(market):
    alone = replace(PV, import_msid=None, import_llfc=None, import_mtc=None, import_ssc=None, import_profile_class=None)
    beside = Metering("Meter 2", "boundary", IMPORT, import_profile_class="02", import_mtc="801")
    found = checked(market, site(replace(alone, name="Meter 1"), beside, ROOF))
    assert codes(found) == ["ID-118"]
    assert "beside an import of profile class 02, which is 0483" in found[0].message


@pytest.mark.parametrize(
    ("capacities", "exempt", "expected"),
    [
        (["29.9"], None, []),
        (["30"], None, ["ID-119"]),
        (["15", "15"], None, ["ID-119"]),
        (["15", None], None, []),
        ([], None, []),
        ([], "30", ["ID-119"]),
        (["20"], "12", []),
    ],
)
def test_the_capacity_behind_an_export_is_that_of_all_plant_of_the_site(market, capacities, exempt, expected):
    plant = [
        Metering(f"Plant {number}", "generation", None, "7700000000020", capacity_kw=kw and Decimal(kw))
        for number, kw in enumerate(capacities)
    ]
    exempt_kw = exempt and Decimal(exempt)
    assert codes(checked(market, site(PV, *plant, exempt_capacity_kw=exempt_kw))) == expected


def test_a_half_hourly_export_may_be_of_any_capacity(market):
    export = Metering("Meter 1", "boundary", IMPORT, EXPORT, measurement_class="C", export_profile_class="00")
    assert checked(market, site(export, replace(ROOF, capacity_kw=Decimal(5000)))) == []


def test_the_meter_timeswitch_class_alone_says_whether_an_export_is_half_hourly(market):
    export = Metering("Meter 1", "boundary", None, EXPORT, export_mtc="870")
    large = replace(ROOF, capacity_kw=Decimal(30))
    assert codes(checked(market, site(export, large))) == ["ID-119"]
    assert codes(checked(market, site(replace(export, export_mtc="845"), large))) == []


def test_measurement_class_is_held_against_the_capacity_of_the_connection_and_the_class(market):
    small = replace(HALF_HOURLY, measurement_class="C", capacity_kw=Decimal(80))
    assert codes(checked(market, site(small))) == ["ID-119"]
    contrary = replace(HALF_HOURLY, measurement_class="A", capacity_kw=Decimal(80))
    assert codes(checked(market, site(contrary))) == ["ID-119"]
    assert checked(market, site(replace(small, capacity_kw=Decimal(100)))) == []


def test_an_import_of_a_related_class_beside_an_export_needs_another_import(market):
    related = Metering("Meter 1", "boundary", IMPORT, EXPORT, import_mtc="570")
    assert codes(checked(market, site(related))) == ["ID-130"]
    assert codes(checked(market, site(related, Metering("Meter 2", "boundary", OTHER)))) == []


D380 = Declaration("d380", ("Unit 4",))
BOUNDARY = replace(HALF_HOURLY, import_msid=OTHER)
THIRD_PARTY = Metering("Unit 4", "third-party", IMPORT, import_llfc="091", import_mtc="997")


@pytest.mark.parametrize(
    ("llfc", "mtc", "change", "expected"),
    [
        ("091", "997", None, []),
        ("090", "845", "MDD-77", [("RG-031", "info")]),
        ("090", "845", None, [("PN-404", "warning")]),
        ("091", "845", "MDD-77", [("ID-113", "warning"), ("PN-404", "warning")]),
    ],
)
def test_under_d380_a_third_party_has_997_or_a_recorded_change(market, llfc, mtc, change, expected):
    metering = replace(THIRD_PARTY, import_llfc=llfc, import_mtc=mtc, mdd_change=change)
    private = site(BOUNDARY, metering, declarations=[D380], network="private")
    assert [(found.code, found.severity) for found in checked(market, private)] == expected


def test_without_a_d380_declaration_a_third_party_may_have_any_valid_class(market):
    metering = replace(THIRD_PARTY, import_llfc="090", import_mtc="845")
    assert checked(market, site(BOUNDARY, metering, network="private")) == []
    ended = replace(D380, effective_to=date(2024, 1, 1))
    assert checked(market, site(BOUNDARY, metering, declarations=[ended], network="private")) == []


def test_many_msids_of_the_same_classes_are_asked_about_once(market, monkeypatch):
    asked_for: list[str] = []
    select = MarketDataStore.select

    def counted(self: MarketDataStore, table: str, *arguments: object, **equals: object) -> object:
        asked_for.append(table)
        return select(self, table, *arguments, **equals)  # type: ignore[arg-type]

    monkeypatch.setattr(MarketDataStore, "select", counted)
    checked(market, site(HALF_HOURLY))
    of_one = len(asked_for)
    assert of_one > 0
    checked(market, *(site(HALF_HOURLY, id=f"home-{number}") for number in range(50)))
    assert len(asked_for) == 2 * of_one


def test_a_class_of_a_direction_without_an_msid_has_no_effect():
    metering = Metering("Meter 1", "boundary", IMPORT, import_llfc="090", export_llfc="932", bm_unit="2__AABCD001")
    found = [(one.code, one.severity) for one in check_portfolio(Portfolio(Path(), (site(metering),)))]
    assert found == [("RG-030", "warning")]
