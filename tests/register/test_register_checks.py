from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from register_builders import AMSID, BOUNDARY, MSID, SINCE, STORAGE, THIRD_PARTY, found, site

from halfhour.errors import codes
from halfhour.register import Declaration, LossFactor, Metering

NEXT_YEAR = date(2025, 1, 1)
SECOND_BOUNDARY = replace(BOUNDARY, name="Meter 9", import_msid="2000000000042", export_msid=None)
SUB = replace(THIRD_PARTY, name="Unit 5", import_msid="2000000000051", parent="Unit 4")
LV_STORAGE = replace(STORAGE, voltage="LV")
INTERIM = Declaration("interim", ("Meter 1",), effective_from=date(2022, 1, 1), effective_to=date(2023, 11, 2))
OLD_BOUNDARY = replace(BOUNDARY, effective_from=date(2020, 1, 1))


def test_clean_sites_have_no_findings():
    assert found(site(BOUNDARY, STORAGE, THIRD_PARTY, declarations=[AMSID])) == []
    assert found(site(declarations=[MSID])) == []
    assert found(site(OLD_BOUNDARY, declarations=[INTERIM])) == []
    assert found(site(BOUNDARY, THIRD_PARTY, settlement_option="full-settlement", network="private")) == []


@pytest.mark.parametrize(
    ("code", "severity", "metering"),
    [
        ("ID-101", "error", replace(BOUNDARY, import_msid="200000000001")),
        ("ID-102", "error", replace(BOUNDARY, import_msid="2000000000016")),
        ("ID-103", "error", replace(BOUNDARY, import_msid="8800000000012")),
        ("RG-025", "warning", replace(BOUNDARY, import_msid="1012345678903")),
        ("RG-023", "error", replace(BOUNDARY, export_msid=BOUNDARY.import_msid)),
        ("RG-024", "error", replace(BOUNDARY, import_msid=None, export_msid=None)),
        ("ID-120", "error", replace(BOUNDARY, bm_unit="2_HABCD001")),
        ("RG-034", "error", replace(BOUNDARY, bm_unit="2__AABCD001")),
        ("RG-035", "warning", replace(BOUNDARY, supplier="WXYZ")),
        ("ID-107", "warning", replace(BOUNDARY, bm_unit="E_RIDGE-1", supplier="abc")),
        ("RG-036", "warning", replace(BOUNDARY, bm_unit=None)),
        ("RG-030", "error", replace(BOUNDARY, losses=Decimal("0.02"))),
        ("RG-030", "error", replace(BOUNDARY, parent="Meter 1")),
        ("RG-030", "error", replace(BOUNDARY, compensated_in_meter=True)),
        ("RG-030", "warning", replace(BOUNDARY, licensed=True)),
    ],
)
def test_boundary_that_is_wrong_has_one_finding(code: str, severity: str, metering: Metering):
    assert found(site(metering)) == [(code, severity)]


@pytest.mark.parametrize(
    ("code", "severity", "metering"),
    [
        ("ID-102", "warning", replace(STORAGE, import_msid="7700000000011")),
        ("ID-102", "warning", replace(STORAGE, import_msid="2000000000043")),
        ("ID-101", "error", replace(STORAGE, import_msid="77000000000101")),
        ("RG-030", "error", replace(STORAGE, bm_unit="2__HABCD001")),
        ("RG-022", "error", replace(STORAGE, export_msid=BOUNDARY.export_msid)),
        ("RG-021", "error", replace(STORAGE, name="Meter 1")),
    ],
)
def test_asset_that_is_wrong_is_found(code: str, severity: str, metering: Metering):
    declared = replace(AMSID, metering=(metering.name,))
    assert set(found(site(BOUNDARY, metering, declarations=[declared]))) == {(code, severity)}


@pytest.mark.parametrize(
    ("code", "severity", "members"),
    [
        ("RG-027", "error", [replace(THIRD_PARTY, parent="Metre 1")]),
        ("RG-028", "error", [replace(THIRD_PARTY, parent="House"), Metering("House", "customer", "2000000000060")]),
        ("RG-026", "error", [replace(THIRD_PARTY, parent=None), SECOND_BOUNDARY]),
        ("RG-029", "error", [replace(THIRD_PARTY, effective_from=date(2023, 6, 1))]),
        ("RG-029", "error", [replace(THIRD_PARTY, effective_to=date(2024, 1, 1))]),
        ("PN-201", "error", [replace(THIRD_PARTY, parent="Unit 5"), SUB]),
        ("PN-201", "error", [replace(THIRD_PARTY, parent="Unit 4")]),
        ("PN-204", "error", [replace(THIRD_PARTY, losses=Decimal("0.02"), compensated_in_meter=True)]),
        ("PN-206", "error", [replace(THIRD_PARTY, export_msid="2000000000060")]),
        ("RG-010", "error", [replace(THIRD_PARTY, losses=Decimal(1))]),
        ("RG-010", "error", [replace(THIRD_PARTY, losses=Decimal("-0.01"))]),
    ],
)
def test_third_party_that_is_wrong_has_one_finding(code: str, severity: str, members: list[Metering]):
    assert found(site(BOUNDARY, *members)) == [(code, severity)]


def test_independent_distributors_code_is_never_compared_with_the_gsp_group():
    assert found(site(replace(BOUNDARY, import_msid="2400000000013", export_msid=None))) == []


def test_netting_that_a_complex_site_rule_states_allows_export_inside():
    inside = replace(THIRD_PARTY, export_msid="2000000000060")
    assert found(site(BOUNDARY, inside, netting="within-half-hour")) == []


def test_a_network_of_several_levels_is_a_tree():
    assert found(site(BOUNDARY, THIRD_PARTY, SUB)) == []


def test_parents_that_swap_places_over_time_are_no_cycle():
    before = [
        replace(THIRD_PARTY, effective_from=SINCE, effective_to=NEXT_YEAR),
        replace(SUB, effective_from=SINCE, effective_to=NEXT_YEAR),
    ]
    after = [
        replace(THIRD_PARTY, parent="Unit 5", effective_from=NEXT_YEAR),
        replace(SUB, parent="Meter 1", effective_from=NEXT_YEAR),
    ]
    assert found(site(BOUNDARY, *before, *after)) == []


def test_a_meter_exchange_under_one_name_is_a_change_and_no_double_use():
    first = replace(BOUNDARY, effective_to=NEXT_YEAR)
    second = replace(BOUNDARY, effective_from=NEXT_YEAR, supplier=None)
    assert found(site(first, second, THIRD_PARTY)) == []
    gap = replace(second, effective_from=date(2025, 2, 1))
    assert found(site(first, gap, THIRD_PARTY)) == [("RG-029", "error")]


def test_one_msid_at_two_sites_is_an_error_of_both():
    both = found(site(), site(id="other"))
    assert both == [("RG-022", "error")] * 4
    later = replace(BOUNDARY, effective_from=NEXT_YEAR)
    assert found(site(replace(BOUNDARY, effective_to=NEXT_YEAR)), site(later, id="other")) == []


@pytest.mark.parametrize(
    ("expected", "values"),
    [
        ([("ID-106", "error")], {"gsp_group": "_I"}),
        ([("RG-037", "info")], {"network": "private"}),
        ([("RG-033", "error")], {"settlement_option": "full-settlement"}),
    ],
)
def test_site_that_is_wrong_has_its_finding(expected: list[tuple[str, str]], values: dict[str, str]):
    boundary = replace(BOUNDARY, import_msid="2400000000013", export_msid=None, bm_unit="E_RIDGE-1")
    assert found(site(boundary, **values)) == expected


def test_site_needs_a_boundary():
    assert found(site(STORAGE, declarations=[replace(AMSID, metering=("Meter 2",))])) == [("RG-020", "error")]


def test_two_sites_of_one_id_are_found_once():
    assert found(site(), site()) == [("RG-012", "error")]


def test_a_customer_who_leaves_full_settlement_changes_the_option():
    leaving = replace(SUB, parent=None, effective_to=NEXT_YEAR)
    values = {"settlement_option": "full-settlement"}
    assert found(site(BOUNDARY, THIRD_PARTY, leaving, **values)) == [("PN-110", "info")]
    assert found(site(BOUNDARY, replace(THIRD_PARTY, effective_to=NEXT_YEAR), leaving, **values)) == []


@pytest.mark.parametrize(
    ("code", "severity", "declaration"),
    [
        ("RG-040", "error", replace(AMSID, metering=("Meter 2", "Meter3"))),
        ("RG-040", "error", replace(AMSID, kind="nfd", metering=())),
        ("RG-041", "error", replace(MSID, metering=("Meter 2",))),
        ("RG-042", "error", MSID),
        ("RG-043", "error", replace(AMSID, metering=("Meter 1",))),
        ("RG-044", "warning", replace(AMSID, metering=("Meter 2", "Roof"))),
        ("RG-049", "warning", replace(AMSID, effective_from=date(2023, 12, 1))),
        ("RG-052", "info", replace(AMSID, effective_from=None)),
        ("RG-048", "warning", replace(INTERIM, effective_from=None)),
        ("RG-051", "info", replace(INTERIM, effective_to=None)),
    ],
)
def test_declaration_that_is_wrong_is_found(code: str, severity: str, declaration: Declaration):
    roof = Metering("Roof", "generation", None, "7700000000030", "HV", effective_from=SINCE)
    assert (code, severity) in found(site(BOUNDARY, STORAGE, THIRD_PARTY, roof, declarations=[declaration]))


def test_licensed_plant_without_declaration_is_pointed_out():
    assert found(site(BOUNDARY, STORAGE)) == [("RG-050", "info")]
    assert found(site(BOUNDARY, STORAGE, declarations=[MSID])) == []


def test_export_alone_cannot_be_declared_as_not_chargeable_import():
    assert ("RG-041", "error") in found(site(replace(BOUNDARY, import_msid=None), declarations=[MSID]))


def test_full_settlement_and_asset_declaration_are_not_combined():
    members = (BOUNDARY, STORAGE, THIRD_PARTY)
    assert found(site(*members, declarations=[AMSID], settlement_option="full-settlement")) == [("RG-032", "error")]


def test_asset_declaration_in_cmrs_is_an_error_under_the_rule_in_force_only():
    assert found(site(BOUNDARY, STORAGE, declarations=[AMSID], registered_in="CMRS")) == [("RG-045", "error")]
    members = (OLD_BOUNDARY, replace(STORAGE, effective_from=date(2020, 1, 1)))
    before = replace(AMSID, effective_from=date(2022, 1, 1), effective_to=date(2023, 11, 2))
    assert found(site(*members, declarations=[before], registered_in="CMRS")) == [("RG-052", "info")]


def test_declarations_for_levies_overlap_but_those_for_network_charges_do_not():
    later = replace(MSID, effective_from=NEXT_YEAR)
    assert found(site(declarations=[MSID, later])) == [("RG-046", "error")]
    assert found(site(declarations=[replace(MSID, effective_to=NEXT_YEAR), later])) == []
    assert found(site(declarations=[MSID, replace(MSID, kind="nfd")])) == [("RG-047", "info")]


def test_interim_declaration_that_runs_on_overlaps_its_successor():
    successor = replace(MSID, effective_from=date(2023, 11, 2))
    assert found(site(OLD_BOUNDARY, declarations=[INTERIM, successor])) == []
    running_on = replace(INTERIM, effective_to=None)
    assert ("RG-046", "error") in found(site(OLD_BOUNDARY, declarations=[running_on, successor]))


def loss_factors(**values: object) -> list[LossFactor]:
    return [
        LossFactor("_H", voltage, quantity, 1043, **values)  # type: ignore[arg-type]
        for voltage in ("LV", "HV")
        for quantity in ("AI", "AE")
    ]


def test_asset_at_another_voltage_needs_loss_factors_of_both_voltages_and_directions():
    members = site(BOUNDARY, LV_STORAGE, declarations=[AMSID])
    assert found(members) == [("RG-038", "warning")] * 4
    assert found(members, loss_factors=loss_factors()) == []
    assert found(members, loss_factors=loss_factors()[1:]) == [("RG-038", "warning")]
    assert found(members, loss_factors=loss_factors(last_period=48)) == [("RG-038", "warning")] * 4


def test_loss_factors_cover_an_asset_on_every_day_that_it_states():
    members = site(BOUNDARY, replace(LV_STORAGE, effective_to=NEXT_YEAR), declarations=[AMSID])
    first = loss_factors(effective_from=SINCE, effective_to=date(2024, 4, 1))
    assert found(members, loss_factors=first) == [("RG-038", "warning")] * 4
    rest = loss_factors(effective_from=date(2024, 4, 1), effective_to=NEXT_YEAR)
    assert found(members, loss_factors=first + rest) == []


def test_two_loss_factors_for_one_half_hour_are_refused():
    day = LossFactor("_H", "LV", "AI", 1081, first_period=15, last_period=46)
    night = replace(day, thousandths=1060, first_period=46, last_period=50, where="line_loss_factors.csv:3")
    assert found(loss_factors=[day, night]) == [("RG-015", "error")]
    assert found(loss_factors=[day, replace(night, first_period=47)]) == []


def test_every_code_of_the_register_has_an_entry_in_the_catalogue():
    assert {f"RG-{number:03}" for number in (*range(1, 16), *range(20, 31), *range(32, 39), *range(40, 53))} <= set(
        codes()
    )


@pytest.mark.parametrize("day", [date.min, date.max, date(2024, 2, 29)])
def test_dates_at_the_ends_of_the_calendar_do_not_stop_the_checks(day: date):
    odd = [replace(THIRD_PARTY, effective_from=day, effective_to=day), replace(THIRD_PARTY, effective_to=day)]
    declared = [replace(AMSID, effective_to=day), replace(AMSID, effective_from=day)]
    assert ("RG-011", "error") in found(site(BOUNDARY, STORAGE, *odd, declarations=declared))
