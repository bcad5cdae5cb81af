"""What stands against a declaration: who declares, what it names, from when, and what it meets (handbook 1.3 to 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.errors import HalfhourError, codes
from halfhour.processes.chargeable_imports.declarations import KINDS, objections, reasons, rejection_reason
from halfhour.processes.timetables import find_timetable
from processes_declarations.declarations_sites import (
    EXPORT_AMSID,
    IMPORT_AMSID,
    NEXT_SUPPLIER,
    START,
    boundary,
    customer,
    declaration,
    site,
    store,
)

RECEIVED = date(2024, 1, 15)
BOTH = {IMPORT_AMSID, EXPORT_AMSID}


def found(a_site, a_declaration, received=RECEIVED, confirmed=None):
    return [one.reason for one in objections(a_site, a_declaration, received, confirmed)]


def rejected(a_site, a_declaration, received=RECEIVED, confirmed=None):
    return [one.reason for one in objections(a_site, a_declaration, received, confirmed) if one.rejects]


def test_nothing_stands_against_a_battery_alone():
    assert found(site(), declaration()) == []
    assert rejection_reason([]) == ""


def test_nothing_stands_against_a_licensed_store_behind_a_customer():
    behind = site(boundary(), store(), customer())
    assert found(behind, declaration("emr-amsid"), confirmed=BOTH) == []


def test_who_declares_is_the_import_supplier_on_the_first_day():
    assert found(site(), declaration(by=NEXT_SUPPLIER)) == ["not_import_supplier"]
    assert found(site(), declaration(by=None)) == ["not_import_supplier"]
    changing = site(boundary(effective_to=START), boundary(supplier=NEXT_SUPPLIER, effective_from=START))
    assert found(changing, declaration(by=NEXT_SUPPLIER)) == []
    assert rejected(changing, declaration()) == ["not_import_supplier"]


def test_the_supplier_of_the_boundary_declares_assets_behind_it():
    behind = site(boundary(), store(), customer())
    named = declaration("emr-amsid", metering=("Meter 2",), by=NEXT_SUPPLIER)
    assert found(behind, named) == ["not_import_supplier"]


def test_a_registrant_of_cmrs_is_called_so():
    (one,) = objections(site(registered_in="CMRS"), declaration(by="FENS"), RECEIVED)
    assert "CVA registrant" in one.finding.message


@pytest.mark.parametrize("measurement_class", ["A", "B"])
def test_an_msid_that_is_not_half_hourly_cannot_be_declared(measurement_class):
    assert found(site(boundary(measurement_class=measurement_class)), declaration()) == ["msid_not_hh_import"]


@pytest.mark.parametrize("measurement_class", ["C", "D", "E", "F", "G"])
def test_every_half_hourly_measurement_class_can(measurement_class):
    assert found(site(boundary(measurement_class=measurement_class)), declaration()) == []


def test_a_profile_class_tells_where_no_measurement_class_does():
    assert found(site(boundary(measurement_class=None, import_profile_class="03")), declaration()) == [
        "msid_not_hh_import"
    ]
    assert found(site(boundary(measurement_class=None, import_profile_class="00")), declaration()) == []


def test_what_is_not_recorded_is_told_and_is_no_objection():
    unknown = site(boundary(measurement_class=None, supplier=None))
    assert found(unknown, declaration()) == ["not_known", "not_known"]
    assert rejected(unknown, declaration()) == []


def test_an_msid_that_is_not_registered_on_the_day_cannot_be_declared():
    assert "msid_not_hh_import" in rejected(site(boundary(effective_from=date(2024, 3, 1))), declaration())
    assert "msid_not_hh_import" in rejected(site(boundary(import_msid=None)), declaration())


def test_two_emr_declarations_do_not_cover_one_msid_on_one_day():
    held = declaration(effective_from=date(2023, 11, 2))
    assert found(site(declarations=(held,)), declaration()) == ["declaration_overlap"]
    ended = replace(held, effective_to=START)
    assert found(site(declarations=(ended,)), declaration()) == []


def test_a_site_is_not_declared_with_and_without_final_demand_at_once():
    behind = site(boundary(), store(), customer(), declarations=(declaration("emr-amsid"),))
    assert "declaration_overlap" in rejected(behind, declaration())


def test_a_declaration_that_the_register_has_already_does_not_meet_itself():
    own = declaration()
    assert found(site(declarations=(own,)), own) == []


def test_an_nfd_declaration_of_the_same_msid_is_information():
    held = declaration("nfd")
    assert found(site(declarations=(held,)), declaration()) == ["declared_msid_also_nfd"]
    assert rejected(site(declarations=(held,)), declaration()) == []
    assert rejected(site(declarations=(declaration(),)), declaration("nfd")) == []


@pytest.mark.parametrize("demand", [customer(), customer(at="customer"), store(name="Genset", licensed=False)])
def test_a_site_with_final_demand_is_not_declared_as_a_whole(demand):
    assert rejected(site(boundary(), demand), declaration()) == ["final_demand"]


def test_plant_without_a_licence_may_be_a_facility_for_network_charges():
    assert rejected(site(boundary(), store(licensed=False)), declaration("nfd")) == []
    assert rejected(site(boundary(), customer()), declaration("nfd")) == ["final_demand"]


def test_assets_are_of_the_site_licensed_and_confirmed():
    behind = site(boundary(), store(), customer())
    assert rejected(behind, declaration("emr-amsid", metering=("Meter 1", "Meter 9"))) == [
        "asset_not_of_site",
        "asset_not_licensed",
    ]
    unlicensed = site(boundary(), store(licensed=False), customer())
    assert rejected(unlicensed, declaration("emr-amsid")) == ["asset_not_licensed"]
    assert rejected(behind, declaration("emr-amsid"), confirmed={IMPORT_AMSID}) == ["asset_not_registered"]
    assert rejected(behind, declaration("emr-amsid"), confirmed=set()) == ["asset_not_registered"] * 2


def test_assets_are_declared_in_smrs_only():
    behind = site(boundary(), store(), customer(), registered_in="CMRS")
    assert "registered_in_cmrs" in rejected(behind, declaration("emr-amsid"))


INTERIM = date(2020, 4, 1)


def interim(**changes):
    return declaration("interim", effective_from=INTERIM, **changes)


@pytest.mark.parametrize(
    ("a_site", "condition"),
    [
        (site(network="private"), "condition 1"),
        (site(boundary(), store(licensed=False)), "condition 3"),
        (site(boundary(), customer(effective_from=date(2018, 1, 1))), "condition 3"),
        (site(registered_in="CMRS"), "condition 4"),
    ],
)
def test_the_interim_solution_wants_its_conditions(a_site, condition):
    said = [one for one in objections(a_site, interim(), date(2020, 3, 2)) if one.reason == "interim_conditions"]
    assert [condition in one.finding.message for one in said] == [True]


def test_the_interim_solution_takes_licensed_plant_alone():
    assert rejected(site(boundary(), store()), interim(), date(2020, 3, 2)) == []


@pytest.mark.parametrize(
    ("kind", "first_day", "there"),
    [
        ("emr-msid", date(2023, 11, 1), False),
        ("emr-msid", date(2023, 11, 2), True),
        ("emr-amsid", date(2023, 11, 1), False),
        ("interim", date(2019, 1, 31), False),
        ("interim", date(2019, 2, 1), True),
        ("interim", date(2023, 11, 1), True),
        ("interim", date(2023, 11, 2), False),
        ("nfd", date(2021, 3, 31), False),
        ("nfd", date(2021, 4, 1), True),
    ],
)
def test_each_kind_of_declaration_has_its_time(kind, first_day, there):
    a_site = site(boundary(), store(), customer()) if kind == "emr-amsid" else site()
    said = rejected(a_site, declaration(kind, effective_from=first_day), first_day)
    assert ("outside_its_time" in said) is not there


def test_a_facility_declaration_does_not_reach_back_and_whether_an_emr_declaration_may_is_open():
    late = date(2024, 2, 2)
    assert rejected(site(), declaration("nfd"), late) == ["effective_date"]
    assert rejected(site(), declaration("nfd"), START) == []
    assert found(site(), declaration(), late) == ["backdated"]
    assert rejected(site(), declaration(), late) == []


def test_another_kind_of_declaration_is_refused():
    with pytest.raises(HalfhourError, match="d380") as refused:
        objections(site(), declaration("d380"), RECEIVED)
    assert refused.value.code == "DC-200"


def test_every_reason_has_codes_that_are_known_and_a_code_says_one_reason():
    said = [code for row in reasons().values() for code in row["codes"]]
    assert len(said) == len(set(said))
    assert set(said) <= set(codes())


def test_reasons_that_reject_are_words_of_the_timetables():
    rejecting = {name for name, row in reasons().items() if row["rejects"]}
    words = set(find_timetable("emr-amsid-declaration").facts["rejection_reason"].choices)
    assert rejecting - {"interim_conditions"} <= words
    assert set(find_timetable("nfd-declaration").facts["rejection_reason"].choices) <= words


@given(st.data())
def test_objections_come_in_one_order_whatever_the_order_of_the_site(data):
    meterings = [boundary(supplier=NEXT_SUPPLIER, measurement_class="A"), store(licensed=False), customer()]
    held = [declaration(effective_from=date(2023, 11, 2)), declaration("nfd"), declaration("emr-amsid")]
    kind = data.draw(st.sampled_from(KINDS))
    straight = found(site(*meterings, declarations=tuple(held)), declaration(kind))
    turned = site(*data.draw(st.permutations(meterings)), declarations=tuple(data.draw(st.permutations(held))))
    assert found(turned, declaration(kind)) == straight
