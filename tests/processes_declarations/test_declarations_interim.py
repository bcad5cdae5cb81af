"""The interim solution: its four conditions, where a site goes after it, what is lost if nobody acts (handbook 1.3)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.processes.cases import Event, Opening, fold
from halfhour.processes.chargeable_imports.interim import (
    conditions_of,
    exposed_import,
    has_final_demand,
    interim_conditions,
    migration_route,
)
from halfhour.processes.timetables import find_timetable
from halfhour.settlement.treatment import interim_conditions_met
from processes_declarations.declarations_sites import boundary, customer, declaration, site, store

DAY = date(2020, 4, 1)
P395 = date(2023, 11, 2)
ANSWERS = st.sampled_from([True, False, None])


@given(ANSWERS, ANSWERS, ANSWERS, st.sampled_from(["SMRS", "CMRS", None]))
def test_the_case_accepts_exactly_where_all_four_conditions_are_met(own, same, shares, system):
    """The timetable and the function are two readings of one list."""
    met = [one.met for one in interim_conditions(own, same, shares, system)]
    facts = {"own_connection": own, "same_system": same, "shares_demand": shares, "registered_in": system}
    timetable = find_timetable("interim-site")
    known = {name: value for name, value in facts.items() if value is not None}
    opening = Opening("C1", "interim-site", DAY, {}, {"site_id": "x", "effective_from": DAY, **known}, {})
    events = [
        Event("e1", 1, DAY, step="I1", outcome="asked"),
        Event("e2", 2, DAY, step="I2", outcome="submitted"),
        Event("e3", 3, DAY, step="I3"),
    ]
    state = fold(timetable, opening, events, DAY)
    if all(one is True for one in met):
        assert state.step("I3").attempts[-1].outcome == "accepted"
    elif False in met:
        assert state.state == "REFUSED"
    else:
        assert state.state == "SUBMITTED"
        assert "CS-110" in {one.code for one in state.findings}


@pytest.mark.parametrize(
    ("a_site", "numbers"),
    [
        (site(), []),
        (site(boundary(), store()), []),
        (site(network="private"), [1]),
        (site(boundary(), customer()), [3]),
        (site(boundary(), store(licensed=False)), [3]),
        (site(registered_in="CMRS"), [4]),
        (site(boundary(), customer(), network="private", registered_in="CMRS"), [1, 3, 4]),
    ],
)
def test_the_register_answers_the_conditions(a_site, numbers):
    assert [one.number for one in conditions_of(a_site, DAY) if one.met is False] == numbers


def test_a_site_without_a_boundary_on_the_day_leaves_three_of_them_open():
    assert [one.met for one in conditions_of(site(boundary(effective_from=P395)), DAY)] == [None, None, None, True]


@pytest.mark.parametrize(
    "a_site", [site(), site(boundary(), store()), site(boundary(), customer()), site(registered_in="CMRS")]
)
def test_settlement_leaves_out_the_same_sites(a_site):
    assert all(one.met for one in conditions_of(a_site, DAY)) == interim_conditions_met(a_site)


def test_final_demand_that_only_differencing_finds_is_said_by_a_declaration_of_assets():
    assert not has_final_demand(site(boundary(), store()), P395)
    declared = declaration("emr-amsid", effective_from=P395)
    assert has_final_demand(site(boundary(), store(), declarations=(declared,)), P395)


@pytest.mark.parametrize(
    ("registered_in", "final_demand", "route", "outcome"),
    [
        ("SMRS", False, "moved-by-elexon", "simple_sva"),
        ("SMRS", True, "emr-amsid-declaration", "with_final_demand"),
        ("CMRS", False, "cva-declaration", "cva"),
        ("CMRS", True, "none", "cva_with_final_demand"),
    ],
)
def test_the_case_sorts_sites_as_the_function_does(registered_in, final_demand, route, outcome):
    assert migration_route(registered_in, final_demand=final_demand, was_interim=True) == route
    facts = {"site_id": "x", "p395_takes_effect": P395, "registered_in": registered_in, "final_demand": final_demand}
    opening = Opening("C1", "interim-migration", date(2023, 10, 2), {}, facts, {})
    timetable = find_timetable("interim-migration")
    state = fold(timetable, opening, [Event("e1", 1, date(2023, 10, 2), step="T1")], date(2023, 10, 2))
    assert state.step("T1").attempts[-1].outcome == outcome
    follow_ons = [one.timetable for one in state.follow_ons]
    assert follow_ons == ([route] if route.endswith("declaration") else [])


def test_a_simple_site_that_was_not_interim_declares_itself():
    assert migration_route("SMRS", final_demand=False, was_interim=False) == "emr-msid-declaration"


def days(count, wh, first=P395):
    return {first + timedelta(days=number): wh for number in range(count)}


def test_what_nobody_declares_is_exposed_from_2_november_2023():
    readings = days(2, 5_000, date(2023, 10, 31)) | days(3, 1_000)
    whole = exposed_import(readings)
    assert (whole.first_day, whole.first_day_left_out) == (P395, None)
    assert (whole.import_wh, whole.days, whole.days_not_known) == (3_000, 3, 0)


def test_a_declaration_ends_the_exposure_and_a_day_that_is_not_known_is_no_zero():
    readings = days(10, 1_000) | {date(2023, 11, 3): None}
    late = exposed_import(readings, declared_from=date(2023, 11, 6))
    assert (late.import_wh, late.days, late.days_not_known) == (3_000, 4, 1)
    assert exposed_import(readings, declared_from=P395).import_wh == 0


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**9)), max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_exposure_splits_at_any_day(wh, at, declared_after):
    readings = {P395 + timedelta(days=number - 10): value for number, value in enumerate(wh)}
    declared = P395 + timedelta(days=declared_after)
    whole = exposed_import(readings, declared)
    cut = P395 + timedelta(days=at - 10)
    parts = [
        exposed_import({day: value for day, value in readings.items() if (day < cut) is first}, declared)
        for first in (True, False)
    ]
    assert whole.import_wh == sum(part.import_wh for part in parts)
    assert whole.days_not_known == sum(part.days_not_known for part in parts)
