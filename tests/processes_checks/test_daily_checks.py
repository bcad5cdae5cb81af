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
    found = only(sound(appointments=tuple(agents)), "EX-203")
    assert (found.since, found.whose, found.msid) == (date(2025, 6, 1), "GREN", EXPORT)
    assert "Import has Meter Operator EELM, export HHMO." in found.message


def test_a_meter_operator_of_one_side_only_differs_and_of_neither_is_not_known():
    agents = [one for one in sound().appointments if (one.msid, one.role) != (EXPORT, "M")]
    assert "HHMO, export none" in only(sound(appointments=tuple(agents)), "EX-203").message
    neither = [one for one in agents if (one.msid, one.role) != (IMPORT, "M")]
    assert "EX-203" not in codes(sound(appointments=tuple(neither)))
    assert "EX-203 is not decided" in only(sound(appointments=tuple(neither)), "CK-103").message


def test_a_meter_in_the_details_of_one_side_only_is_the_meter_operators():
    meters = (
        MeterOfMsid("S1", IMPORT, "AI", None, None, None, date(2025, 6, 10)),
        MeterOfMsid("S2", IMPORT, "AI", None, None, date(2025, 6, 10)),
        MeterOfMsid("S1", EXPORT, "AE"),
    )
    found = only(sound(meters=meters), "EX-202")
    assert (found.msid, found.since, found.whose) == (EXPORT, date(2025, 6, 10), "HHMO")
    assert "Import has Meter S2, export S1." in found.message


def test_an_export_without_an_ae_register_or_on_the_register_of_another_is_found():
    assert (
        "AI register is mapped"
        in only(sound(meters=(MeterOfMsid("S1", IMPORT, "AI,AE"), MeterOfMsid("S1", EXPORT, "AI"))), "EX-204").message
    )
    assert codes(sound(meters=(MeterOfMsid("S1", IMPORT, "AI,AE"), MeterOfMsid("S1", EXPORT, "AI,AE")))) == []
    other = Metering("Meter 2", "boundary", CUSTOMER, "1040000000030", supplier="HHSP")
    both = Portfolio(Path(), (solar(), Site("barn", "Barn", "_C", "LV", metering=(other,))))
    meters = (*sound().meters, MeterOfMsid("S1", "1040000000030", "AE", None, None, date(2025, 3, 1)))
    found = only(replace(sound(meters=meters, dispensed=()), portfolio=both), "EX-210")
    assert (found.since, found.whose) == (date(2025, 3, 1), "GREN")


def test_an_export_that_outlives_its_import_is_an_orphan():
    ended = (
        Registration(IMPORT, "HHSP", None, date(2025, 6, 10)),
        Registration(EXPORT, "GREN"),
        Registration(CUSTOMER, "UDMS"),
    )
    found = only(sound(registrations=ended), "EX-209")
    assert (found.since, found.whose) == (date(2025, 6, 10), "GREN")
    both = (ended[0], Registration(EXPORT, "GREN", None, date(2025, 6, 10)), ended[2])
    assert "EX-209" not in codes(sound(registrations=both))


def test_a_third_party_meter_that_no_site_differences_is_found():
    assert only(sound(dispensed=(CUSTOMER, "1040000000030")), "CK-105").msid == "1040000000030"


def test_agents_that_differ_in_a_private_network_are_condition_3():
    agents = [one for one in sound().appointments if (one.msid, one.role) != (CUSTOMER, "C")]
    agents += [
        Appointed(CUSTOMER, "C", "HHDC", None, date(2025, 5, 1)),
        Appointed(CUSTOMER, "C", "EELC", date(2025, 5, 1)),
    ]
    found = only(sound(appointments=tuple(agents)), "PN-403")
    assert (found.msid, found.whose, found.since) == (CUSTOMER, "UDMS", date(2025, 5, 1))
    assert "is EELC, and that of the boundary is HHDC" in found.message


def test_an_agent_that_is_not_recorded_in_a_private_network_is_said_and_one_of_nobody_is_not_known():
    agents = [one for one in sound().appointments if (one.msid, one.role) != (CUSTOMER, "C")]
    assert "not known" in only(sound(appointments=tuple(agents)), "PN-403").message
    none = [one for one in agents if one.msid not in (IMPORT, CUSTOMER)]
    assert "PN-403" not in codes(sound(appointments=tuple(none)))
    assert "PN-403 is not decided" in " ".join(one.message for one in run_checks(sound(appointments=tuple(none))))


def test_agents_of_a_network_that_is_not_differenced_may_differ():
    agents = [one for one in sound().appointments if (one.msid, one.role) != (CUSTOMER, "C")]
    sites = (solar(), replace(network(import_mtc="997", losses=Decimal("0.02")), settlement_option="boundary"))
    given = replace(sound(appointments=tuple(agents)), portfolio=Portfolio(Path(), sites), dispensed=())
    assert "PN-403" not in codes(given)


def test_another_class_than_997_needs_a_change_in_progress():
    site = network(import_mtc="845", losses=Decimal("0.02"), effective_from=date(2025, 1, 1))
    wrong = replace(sound(), portfolio=Portfolio(Path(), (solar(), site)))
    assert only(wrong, "CK-107").since == date(2025, 1, 1)
    pending = (Pending(CUSTOMER, "MDD-1", None, date(2025, 6, 1)),)
    assert only(replace(wrong, pending=pending), "CK-107").since == date(2025, 6, 1)
    assert codes(replace(wrong, pending=(Pending(CUSTOMER, "MDD-1"),))) == []


def test_losses_need_evidence():
    assert only(sound(evidence=(Evidence(CUSTOMER, None, date(2025, 5, 1)),)), "CK-108").since == date(2025, 5, 1)


def test_a_declaration_ends_with_none_after_it_or_lapses_before_its_end():
    declared = (Declaration("emr-msid", ("Meter 1",), "HHSP", None, date(2024, 1, 1), date(2025, 6, 1)),)
    ended = replace(sound(), portfolio=Portfolio(Path(), (replace(solar(), declarations=declared),)), dispensed=())
    assert only(ended, "CK-109").since == date(2025, 6, 1)
    after = (*declared, Declaration("emr-msid", ("Meter 1",), "HHSP", None, date(2025, 6, 1)))
    assert codes(replace(ended, portfolio=Portfolio(Path(), (replace(solar(), declarations=after),)))) == []
    still = (replace(declared[0], effective_to=None),)
    changed = replace(
        ended,
        portfolio=Portfolio(Path(), (replace(solar(), declarations=still),)),
        registrations=(
            Registration(IMPORT, "HHSP", None, date(2025, 6, 5)),
            Registration(IMPORT, "UDMS", date(2025, 6, 5)),
            Registration(EXPORT, "GREN"),
        ),
    )
    found = only(changed, "DC-301")
    assert (found.since, found.whose, found.msid) == (date(2025, 6, 5), "UDMS", IMPORT)
    assert "UDMS is Import Supplier" in found.message


def test_a_declaration_lapses_with_final_demand_as_well():
    kitchen = Metering("Kitchen", "customer", effective_from=date(2025, 6, 3))
    declared = (Declaration("emr-msid", ("Meter 1",), "HHSP", None, date(2024, 1, 1)),)
    site = replace(solar(), declarations=declared, metering=(*solar().metering, kitchen))
    found = only(replace(sound(), portfolio=Portfolio(Path(), (site,)), dispensed=()), "DC-301")
    assert (found.since, found.whose) == (date(2025, 6, 3), "HHSP")
    assert "final demand" in found.message


def test_the_dearest_problem_comes_first_and_every_check_says_what_it_asks():
    exports = (ExportDay(EXPORT, date(2025, 6, 2), 6_000, None),)
    assert codes(sound(exports=exports, evidence=()))[0] == "CK-101"
    assert all((check.__doc__ or "").strip().endswith("?") for check in CHECKS)
