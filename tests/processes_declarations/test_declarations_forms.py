"""A declaration filled from the register: what it takes, what it names as missing, and that nothing is guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from halfhour.errors import HalfhourError
from halfhour.processes.chargeable_imports.declarations import KINDS
from halfhour.processes.chargeable_imports.forms import GIVEN, declaration_form, form_fields, render_form
from processes_declarations.declarations_sites import (
    EXPORT,
    EXPORT_AMSID,
    IMPORT,
    IMPORT_AMSID,
    boundary,
    customer,
    declaration,
    site,
    store,
)

TODAY = date(2024, 1, 15)
EMR = {"address": "FEN LANE, ELY", "technology": "battery", "licence_holder": "Store One Ltd"}
NFD = {
    "declaration_set": "FEN01-1",
    "facility_code": "FEN01",
    "facility_type": "Electricity Storage Facility",
    "address": "FEN LANE, ELY",
    "technology": "battery",
    "maximum_import_capacity_mw": "20.000",
    "maximum_export_capacity_mw": "20.000",
    "facility_effective_from": "20200401",
    "operator_name": "FEN STORAGE LTD",
    "operator_contact": "desk@example.org",
    "director": "A DIRECTOR",
}


def test_the_register_fills_what_it_knows_and_every_other_field_is_named():
    form = declaration_form(site(), declaration(), TODAY)
    assert form.declaring_party == "IMPS"
    assert [(pair.import_msid, pair.export_msid) for pair in form.msids] == [(IMPORT, EXPORT)]
    assert (form.final_demand, form.effective_from, form.amsids) == (False, date(2024, 2, 1), ())
    assert set(form.missing) == set(EMR)
    with pytest.raises(HalfhourError) as refused:
        render_form(form)
    assert refused.value.code == "DC-502"
    assert all(name in str(refused.value) for name in EMR)


def test_a_whole_form_is_text_field_by_field():
    text = render_form(declaration_form(site(), declaration(effective_to=date(2025, 2, 1)), TODAY, EMR))
    assert "Kind of declaration: emr-msid\n" in text
    assert "First day: 20240201\n" in text
    assert "Last day, included; empty = open: 20250131\n" in text
    assert "Whether the site has final demand: F\n" in text
    assert text.endswith(f"MSID Pair 1: import {IMPORT}, export {EXPORT}\n")
    assert "AMSID" not in text


def test_assets_are_declared_with_their_class_and_the_boundary_with_its_msids():
    generator = store(name="Meter 3", at="generation", import_msid="7700000000033", export_msid=None)
    behind = site(boundary(), store(), generator, customer())
    named = declaration("emr-amsid", metering=("Meter 2", "Meter 3"), default_factor=Decimal("0.3"))
    form = declaration_form(behind, named, TODAY, EMR)
    assert [(kind, pair.amsids) for kind, pair in form.amsids] == [
        ("stor", (IMPORT_AMSID, EXPORT_AMSID)),
        ("gen", ("7700000000033",)),
    ]
    assert (form.final_demand, form.default_factor, form.missing) == (True, Decimal("0.3"), ())
    text = render_form(form)
    assert f"AMSID Pair 1 (stor): import {IMPORT_AMSID}, export {EXPORT_AMSID}" in text
    assert "AMSID Pair 2 (gen): import 7700000000033, export none" in text


def test_an_asset_without_a_licence_is_not_declared_and_one_without_an_amsid_is_missing():
    behind = site(boundary(), store(licensed=False), customer())
    assert declaration_form(behind, declaration("emr-amsid"), TODAY, EMR).missing == ("import_amsid",)
    behind = site(boundary(), store(import_msid=None), customer())
    assert declaration_form(behind, declaration("emr-amsid"), TODAY, EMR).missing == ("import_amsid of Meter 2",)


def test_a_facility_for_network_charges_has_the_fields_of_f602():
    form = declaration_form(site(), declaration("nfd"), TODAY, NFD)
    assert form.missing == ()
    assert form.fields["metering_systems"] == "2"
    assert "gsp_group" not in form.fields
    assert "Facility code, assigned by the Facility Operator: FEN01\n" in render_form(form)


def test_a_site_without_an_import_msid_and_a_declaration_without_dates_lack_them():
    form = declaration_form(site(boundary(import_msid=None)), declaration(effective_from=None, by=None), TODAY, EMR)
    assert form.missing == ("declaring_party", "effective_from", "import_msid")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"licence_holdr": "Store One Ltd"}, "'licence_holder'"),
        ({"import_msid": IMPORT}, "import_msid"),
        ({"licence_holder": "X" * 61}, "licence_holder"),
        ({"address": "a|b"}, "address"),
    ],
)
def test_a_field_that_the_form_has_not_or_that_cannot_be_is_refused(given, named):
    with pytest.raises(HalfhourError, match=named.replace("(", r"\(")) as refused:
        declaration_form(site(), declaration(), TODAY, given)
    assert refused.value.code == "DC-501"


def test_a_declaration_of_another_kind_has_no_form():
    with pytest.raises(HalfhourError) as refused:
        declaration_form(site(), declaration("d380"), TODAY)
    assert refused.value.code == "DC-200"


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_says_where_it_comes_from_and_how_sure_it_is(kind):
    fields = form_fields(kind)
    assert len({one.item.name for one in fields}) == len(fields)
    assert all(one.mark for one in fields)
    sources = {one.source for one in fields} - {GIVEN, "msids", "amsids"}
    form = declaration_form(site(boundary(), store()), declaration(kind, effective_to=date(2025, 1, 1)), TODAY)
    filled = {one.source for one in fields if one.item.name in form.fields}
    assert filled == sources
