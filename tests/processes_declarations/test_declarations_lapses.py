"""When a declaration can no longer be in force, and what the register believes of it (handbook 6.1)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.processes.cases import Event, Opening, fold
from halfhour.processes.chargeable_imports.lapses import lapse_facts, lapsed_declarations, lapses
from halfhour.processes.timetables import find_timetable
from halfhour.register import Portfolio
from processes_declarations.declarations_sites import (
    IMPORT,
    NEXT_SUPPLIER,
    START,
    boundary,
    customer,
    declaration,
    site,
    store,
)

CHANGE = date(2024, 6, 15)
TODAY = date(2024, 9, 2)
CHANGED = (boundary(effective_to=CHANGE), boundary(supplier=NEXT_SUPPLIER, effective_from=CHANGE))


def told(a_site, a_declaration=None, **how):
    return [(one.on, one.reason) for one in lapses(a_site, a_declaration or declaration(), **how)]


def findings(a_site, on=TODAY, licence_ends=None):
    return list(lapsed_declarations(Portfolio(Path(), (a_site,)), on, licence_ends))


def test_a_declaration_that_nothing_ends_does_not_lapse():
    assert told(site()) == []
    assert findings(site(declarations=(declaration(),))) == []


def test_a_change_of_import_supplier_ends_it_on_the_first_day_of_the_next():
    assert told(site(*CHANGED)) == [(CHANGE, "supplier-changed")]
    behind = site(*CHANGED, store(), customer())
    assert told(behind, declaration("emr-amsid", metering=("Meter 2",))) == [(CHANGE, "supplier-changed")]


def test_a_declaration_of_the_next_supplier_from_its_first_day_stands():
    assert told(site(*CHANGED), declaration(by=NEXT_SUPPLIER, effective_from=CHANGE)) == []


def test_a_supplier_that_is_not_recorded_ends_nothing():
    assert told(site(boundary(effective_to=CHANGE), boundary(supplier=None, effective_from=CHANGE))) == []


def test_an_msid_that_leaves_ends_it():
    assert told(site(boundary(effective_to=CHANGE))) == [(CHANGE, "msid-left")]


def test_final_demand_ends_a_declaration_of_the_whole_site_and_not_one_of_assets():
    connected = customer(effective_from=CHANGE)
    assert told(site(boundary(), connected)) == [(CHANGE, "final-demand-connected")]
    assert told(site(boundary(), connected), declaration("nfd")) == [(CHANGE, "final-demand-connected")]
    assert told(site(boundary(), store(), connected), declaration("emr-amsid")) == []


def test_the_end_of_the_licence_ends_levies_declarations_and_not_those_for_network_charges():
    assert told(site(), licence_end=CHANGE) == [(CHANGE, "licence-ended")]
    assert told(site(), declaration("nfd"), licence_end=CHANGE) == []


def test_the_earliest_comes_first():
    a_site = site(*CHANGED, customer(effective_from=date(2024, 5, 1)))
    assert told(a_site, declaration(effective_to=date(2024, 12, 1)), licence_end=date(2024, 3, 1)) == [
        (date(2024, 3, 1), "licence-ended"),
        (date(2024, 5, 1), "final-demand-connected"),
        (CHANGE, "supplier-changed"),
        (date(2024, 12, 1), "end-date"),
    ]


def test_the_register_is_told_of_a_declaration_that_it_believes_in_force():
    (finding,) = findings(site(*CHANGED, declarations=(declaration(where="fen.toml"),)))
    assert (finding.code, finding.settlement_date, finding.where) == ("DC-301", CHANGE, "fen.toml")
    assert "79 days before 2024-09-02" in finding.message
    assert f"{NEXT_SUPPLIER} is Import Supplier of {IMPORT}" in finding.message


def test_what_lapses_later_and_what_has_come_to_its_stated_end_is_not_told():
    assert findings(site(*CHANGED, declarations=(declaration(),)), on=CHANGE - timedelta(days=1)) == []
    assert findings(site(declarations=(declaration(effective_to=CHANGE),))) == []
    assert findings(site(declarations=(declaration(),)), licence_ends={"another": CHANGE}) == []


def test_an_interim_declaration_of_a_simple_site_was_moved_over_and_another_was_not():
    interim = declaration("interim", effective_from=date(2020, 4, 1))
    assert findings(site(declarations=(interim,))) == []
    assert [one.settlement_date for one in findings(site(registered_in="CMRS", declarations=(interim,)))] == [
        date(2023, 11, 2)
    ]


@pytest.mark.parametrize("timetable_id", ["emr-msid-declaration", "nfd-declaration", "interim-site"])
def test_a_lapse_that_is_found_lapses_the_case_on_that_day(timetable_id):
    """What the register tells is the data of step L3."""
    timetable = find_timetable(timetable_id)
    (lapse,) = lapses(site(boundary(effective_to=CHANGE)), declaration())
    required = {name: "X" for name, fact in timetable.facts.items() if fact.required} | {"effective_from": START}
    accept = next(step for step in timetable.steps if step.outcome("accepted"))
    events = [
        Event("e1", 1, START, step=accept.ref, outcome="accepted"),
        Event("e2", 2, date(2024, 5, 1), step="L3", data=lapse_facts(lapse)),
    ]
    opening = Opening("C1", timetable_id, START, {}, required, {})
    before = fold(timetable, opening, events, CHANGE - timedelta(days=1))
    after = fold(timetable, opening, events, CHANGE)
    assert (before.state, after.state, after.ended_on) == ("LAPSING", "LAPSED", CHANGE)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=6, unique=True), st.integers(0, 5))
def test_the_first_day_of_another_supplier_is_found_however_often_suppliers_change(offsets, own):
    """Spans of Suppliers one after the other, of which one declared from its first day on."""
    days = sorted(START + timedelta(days=offset) for offset in offsets)
    ends = [*days[1:], None]
    names = [f"SU{number:02}" for number in range(len(days))]
    held = [
        boundary(supplier=name, effective_from=start, effective_to=end)
        for name, start, end in zip(names, days, ends, strict=True)
    ]
    own = min(own, len(days) - 1)
    expected = [] if own == len(days) - 1 else [(days[own + 1], "supplier-changed")]
    assert told(site(*held), declaration(by=names[own], effective_from=days[own])) == expected
