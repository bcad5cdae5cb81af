"""The D/380 declaration: every field from what is known, and every missing one by its name (handbook 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from network_flow_files import BOUNDARY, THIRD_PARTY
from networks_builders import DAY, change, network, visible

from halfhour.errors import HalfhourError
from halfhour.processes.private_networks import (
    Classes,
    as_markdown,
    as_text,
    d380_status,
    declaration_form,
    email,
    network_of,
)
from halfhour.register.model import Declaration, Metering, Site


def test_a_complete_declaration_goes_to_elexon_under_its_subject():
    message = email(declaration_form(network(), "THRD", DAY))
    assert message.to == "dispensations@elexon.co.uk"
    assert message.subject == "D/380 declaration of use/compliance"
    for wanted in (
        "Registrant (Supplier) name: Third Party Supply Ltd",
        "Registrant MPID: THRD",
        "Signatory: A. Signatory",
        "Date of signature: 2025-04-28",
        f"Boundary MSID: {BOUNDARY}",
        f"Boundary Point Supplier MPID ({BOUNDARY}): BNDY",
        f"Third Party MSID: {THIRD_PARTY}",
        "Site address: Ridgeway Park, Norwich NR1 1AA",
        "Network owner name: Ridgeway Park Estates",
        "GSP Group: _A",
        "LDSO: EELC",
        f"Code of Practice ({THIRD_PARTY}): 5",
        f"Circuit capacity ({THIRD_PARTY}): 1.5 MVA",
        f"Meter Timeswitch Class in use ({THIRD_PARTY}): 997",
        f"Line Loss Factor Class ({BOUNDARY}): 090",
        f"METR, common to {BOUNDARY}, {THIRD_PARTY}",
        f"COLL, common to {BOUNDARY}, {THIRD_PARTY}",
        f"Loss option and factor ({THIRD_PARTY}): 1, scaled by 1 + L, L = 0.02 (constant)",
        f"Charging methodology reference ({THIRD_PARTY}): OFG/2012/7",
        "Effective from: 2025-05-12",
        "in every respect except the location of the Metering Equipment",
    ):
        assert wanted in message.body
    assert "MISSING" not in message.body


def test_a_class_that_stands_in_for_997_is_declared_with_its_change():
    standing_in = network(
        classes=(Classes(BOUNDARY, "090", None), Classes(THIRD_PARTY, "090", "845")), mdd_changes=(change(),)
    )
    text = as_text(declaration_form(standing_in, "THRD", DAY))
    assert f"Meter Timeswitch Class in use ({THIRD_PARTY}): 845" in text
    assert f"Market Domain Data change towards 997 ({THIRD_PARTY}): MDD-997-1" in text
    without = declaration_form(replace(standing_in, mdd_changes=()), "THRD", DAY)
    assert without.missing == (f"Market Domain Data change towards 997 of {THIRD_PARTY}",)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"address": ""}, "Site address"),
        ({"parties": ()}, "Registrant (Supplier) name"),
        ({"declarations": ()}, "Signatory"),
        ({"equipment": ()}, f"Circuit capacity of {THIRD_PARTY}"),
        ({"classes": ()}, f"Line Loss Factor Class of {BOUNDARY}"),
        ({"appointments": ()}, "Meter Operator, common to boundary and Third Party MSIDs"),
        ({"loss_terms": ()}, f"Loss option and factor of {THIRD_PARTY}"),
        ({"gsp_group": ""}, "GSP Group"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_sent(changes, missing):
    form = declaration_form(network(**changes), "THRD", DAY)
    assert missing in form.missing
    with pytest.raises(HalfhourError, match="PN-405") as refusal:
        email(form)
    assert missing in refusal.value.message
    assert "MISSING" in as_text(form)
    assert f"- {missing}" in as_markdown(form)


def test_a_table_of_markdown_keeps_its_cells_whatever_they_hold():
    named = network(name="Ridge|way", address="one\ntwo")
    lines = as_markdown(declaration_form(named, "THRD", DAY)).splitlines()
    assert "| Site name | Ridge\\|way |" in lines
    assert "| Site address | one two |" in lines


def test_nobody_declares_what_it_is_not_registered_for():
    with pytest.raises(HalfhourError, match="PN-405: OTHR is Registrant of no Third Party MSID"):
        declaration_form(network(), "OTHR", DAY)


def site(**changes) -> Site:
    boundary = Metering("Intake", "boundary", BOUNDARY, supplier="BNDY", import_llfc="090", import_mtc="996")
    inside = Metering(
        "Unit 4",
        "third-party",
        THIRD_PARTY,
        supplier="THRD",
        losses=Decimal("0.02"),
        import_llfc="090",
        import_mtc="845",
        mdd_change="MDD-997-1",
        measurement_class="C",
        effective_from=date(2025, 5, 1),
    )
    return Site(
        "ridgeway-park",
        "Ridgeway Park",
        "_A",
        "HV",
        "private",
        metering=(boundary, replace(inside, **changes)),
        declarations=(Declaration("d380", ("Unit 4",), by="THRD"),),
    )


def test_the_register_gives_what_it_knows_and_the_rest_is_missing():
    known = network_of(site())
    assert (known.boundary_msids, known.ldso) == ((BOUNDARY,), "EELC")
    assert known.third_parties[0].use_from == date(2025, 5, 1)
    assert known.loss_terms[0].applied_in == ("constant",)
    form = declaration_form(known, "THRD", DAY)
    assert "Signatory" in form.missing
    assert f"Line Loss Factor Class of {THIRD_PARTY}" not in form.missing
    status = d380_status(known, DAY, visible)
    assert status.failing == ("PN-401", "PN-402", "PN-403", "PN-404", "PN-405", "PN-406")


def test_a_metering_whose_keys_change_is_one_third_party():
    whole = site()
    boundary, inside = whole.metering
    turned = date(2025, 7, 1)
    rows = (boundary, replace(inside, effective_to=turned), replace(inside, effective_from=turned, import_mtc="997"))
    known = network_of(replace(whole, metering=rows))
    assert [(one.msid, one.use_from, one.use_to) for one in known.third_parties] == [
        (THIRD_PARTY, date(2025, 5, 1), None)
    ]
    assert [one.mtc for one in known.classes if one.msid == THIRD_PARTY] == ["845", "997"]


def test_a_meter_that_scales_itself_and_one_that_is_not_scaled_are_told_apart():
    assert network_of(site(losses=None)).loss_terms[0].option == "unscaled"
    in_meter = network_of(site(losses=None, compensated_in_meter=True)).loss_terms[0]
    assert (in_meter.option, in_meter.applied_in, in_meter.factor) == ("scaled", ("meter",), None)
