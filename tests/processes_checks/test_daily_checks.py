"""The daily checks: what is wrong, whose it is, since when and what it costs; nothing where all is well."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from halfhour.processes.cases import Event, Opening, fold
from halfhour.processes.checks import (
    CHECKS,
    Appointed,
    Evidence,
    ExportDay,
    MeterOfMsid,
    Pending,
    Snapshot,
    run_checks,
)
from halfhour.processes.dated import Registration
from halfhour.processes.timetables import find_timetable
from halfhour.register import Declaration, Metering, Portfolio, Site

DAY = date(2025, 6, 15)
IMPORT, EXPORT, CUSTOMER = "1012345678903", "1020000000015", "1030000000028"


def solar(**changes):
    meter = Metering(
        "Meter 1", "boundary", IMPORT, EXPORT, supplier="HHSP", technology="pv", meter="import-export", **changes
    )
    return Site("roof", "Roof", "_C", "LV", metering=(meter,))


def network(**changes):
    boundary = Metering("Meter 1", "boundary", IMPORT, supplier="HHSP")
    unit = Metering("Unit 4", "third-party", CUSTOMER, parent="Meter 1", supplier="UDMS", **changes)
    return Site("park", "Park", "_C", "HV", network="private", metering=(boundary, unit))


def snapshot(*sites, **more):
    return Snapshot(DAY, Portfolio(Path(), sites), **more)


def sound(**changes):
    """A roof and a park with nothing wrong."""
    agents = tuple(
        Appointed(msid, role, agent)
        for msid in (IMPORT, EXPORT, CUSTOMER)
        for role, agent in (("M", "HHMO"), ("C", "HHDC"))
    )
    given = {
        "registrations": (Registration(IMPORT, "HHSP"), Registration(EXPORT, "GREN"), Registration(CUSTOMER, "UDMS")),
        "appointments": agents,
        "meters": (MeterOfMsid("S1", IMPORT, "AI", "smart"), MeterOfMsid("S1", EXPORT, "AE", "smart")),
        "evidence": (Evidence(CUSTOMER),),
        "dispensed": (CUSTOMER,),
        "exports": (ExportDay(EXPORT, date(2025, 6, 1), 6_000, 6_000),),
        **changes,
    }
    return snapshot(solar(), network(import_mtc="997", losses=Decimal("0.02")), **given)


def codes(given):
    return [one.code for one in run_checks(given)]


def only(given, code):
    found = [one for one in run_checks(given) if one.code == code]
    assert len(found) == 1, found
    return found[0]


def test_a_sound_register_has_no_problem():
    assert codes(sound()) == []


def test_export_that_was_not_settled_is_counted_and_priced_and_its_supplier_named():
    exports = (
        ExportDay(EXPORT, date(2025, 6, 1), 6_000, 6_000),
        ExportDay(EXPORT, date(2025, 6, 2), 6_000, None),
        ExportDay(EXPORT, date(2025, 6, 3), 6_500, 500),
        ExportDay(EXPORT, date(2025, 6, 4), 0, None),
    )
    found = only(sound(exports=exports, export_price=Decimal("0.15")), "CK-101")
    assert (found.site_id, found.whose, found.since) == ("roof", "GREN", date(2025, 6, 2))
    assert (found.kwh, found.gbp) == (Decimal(12), Decimal("1.80"))
    assert only(sound(exports=exports), "CK-101").gbp is None


def test_where_a_case_is_open_its_problem_is_whom_it_waits_for():
    timetable = find_timetable("microgeneration-backstop-1")
    parties = {"import_supplier": "HHSP", "moa": "HHMO", "ldso": "LOND"}
    opening = Opening("MB000001", timetable.id, date(2025, 6, 2), parties, {"import_mpan": IMPORT})
    events = [Event("1", 1, date(2025, 6, 2), step="P1.2", outcome="informed_by_hand")]
    state = fold(timetable, opening, events, DAY)
    meters = (
        MeterOfMsid("K84", IMPORT, "AI", "electromechanical", effective_from=date(2001, 1, 1)),
        MeterOfMsid("K84", EXPORT, "AE", "smart"),
    )
    given = sound(meters=meters, cases=(state,))
    found = only(given, "CK-102")
    assert (found.case, found.whose, found.since) == ("MB000001", "HHSP", date(2001, 1, 1))
    missed = only(given, "CK-110")
    assert (missed.case, missed.whose, missed.since) == ("MB000001", "HHSP", date(2025, 6, 2))


@pytest.mark.parametrize(
    ("kind", "backstop", "wrong"),
    [
        ("electromechanical", None, True),
        ("electromechanical", False, True),
        ("electromechanical", True, False),
        ("smart", None, False),
    ],
)
def test_a_meter_is_at_risk_where_no_backstop_is_known(kind, backstop, wrong):
    meters = (MeterOfMsid("S1", IMPORT, "AI", kind, backstop), MeterOfMsid("S1", EXPORT, "AE"))
    assert ("CK-102" in codes(sound(meters=meters))) == wrong


def test_two_meter_operators_on_one_meter_are_found_from_the_day_on_which_they_differ():
    agents = [one for one in sound().appointments if (one.msid, one.role) != (IMPORT, "M")]
    agents += [
        Appointed(IMPORT, "M", "HHMO", None, date(2025, 6, 1)),
        Appointed(IMPORT, "M", "EELM", date(2025, 6, 1)),
    ]
    found = only(sound(appointments=tuple(agents)), "CK-103")
    assert (found.since, found.whose, found.msid) == (date(2025, 6, 1), "GREN", EXPORT)
    assert "EELM" in found.message


def test_a_meter_in_the_details_of_one_side_only_is_the_meter_operators():
    meters = (
        MeterOfMsid("S1", IMPORT, "AI", None, None, None, date(2025, 6, 10)),
        MeterOfMsid("S2", IMPORT, "AI", None, None, date(2025, 6, 10)),
        MeterOfMsid("S1", EXPORT, "AE"),
    )
    found = [one for one in run_checks(sound(meters=meters)) if one.code == "CK-104"]
    assert {(one.msid, one.since) for one in found} == {(EXPORT, date(2025, 6, 10)), (IMPORT, date(2025, 6, 10))}
    assert {one.whose for one in found} == {"HHMO"}


def test_a_third_party_meter_that_no_site_differences_is_found():
    assert only(sound(dispensed=(CUSTOMER, "1040000000030")), "CK-105").msid == "1040000000030"


def test_agents_that_differ_in_a_private_network_hold_its_data():
    agents = [one for one in sound().appointments if (one.msid, one.role) != (CUSTOMER, "C")]
    found = only(sound(appointments=tuple(agents)), "CK-106")
    assert (found.msid, found.whose) == (CUSTOMER, "UDMS")
    assert "nobody" in found.message


def test_another_class_than_997_needs_a_change_in_progress():
    site = network(import_mtc="845", losses=Decimal("0.02"), effective_from=date(2025, 1, 1))
    wrong = replace(sound(), portfolio=Portfolio(Path(), (solar(), site)))
    assert only(wrong, "CK-107").since == date(2025, 1, 1)
    pending = (Pending(CUSTOMER, "MDD-1", None, date(2025, 6, 1)),)
    assert only(replace(wrong, pending=pending), "CK-107").since == date(2025, 6, 1)
    assert codes(replace(wrong, pending=(Pending(CUSTOMER, "MDD-1"),))) == []


def test_losses_need_evidence():
    assert only(sound(evidence=(Evidence(CUSTOMER, None, date(2025, 5, 1)),)), "CK-108").since == date(2025, 5, 1)


def test_a_declaration_lapses_by_its_end_and_by_another_supplier():
    declared = (Declaration("emr-msid", ("Meter 1",), "HHSP", None, date(2024, 1, 1), date(2025, 6, 1)),)
    ended = replace(sound(), portfolio=Portfolio(Path(), (replace(solar(), declarations=declared),)), dispensed=())
    assert only(ended, "CK-109").since == date(2025, 6, 1)
    still = (replace(declared[0], effective_to=None),)
    changed = replace(
        ended,
        portfolio=Portfolio(Path(), (replace(solar(), declarations=still),)),
        registrations=(
            Registration(IMPORT, "HHSP", None, date(2025, 6, 5)),
            Registration(IMPORT, "UDMS", date(2025, 6, 5)),
        ),
    )
    found = only(changed, "CK-109")
    assert (found.since, found.whose) == (date(2025, 6, 5), "UDMS")


def test_the_dearest_problem_comes_first_and_every_check_says_what_it_asks():
    exports = (ExportDay(EXPORT, date(2025, 6, 2), 6_000, None),)
    assert codes(sound(exports=exports, evidence=()))[0] == "CK-101"
    assert all((check.__doc__ or "").strip().endswith("?") for check in CHECKS)
