"""The timetables around chargeable imports: every branch is walked by a scenario, every open limit says so."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import pytest

from halfhour.formats.flows.layouts import shipped
from halfhour.processes.cases import fold
from halfhour.processes.timetables import find_timetable
from processes_scenarios.scenario_folders import folders, read_scenario

TABLES = (
    *("asset-metering-registration", "asset-metering-registration-supplier", "asset-pair-allocation"),
    *("emr-msid-declaration", "emr-amsid-declaration", "nfd-declaration", "cva-declaration"),
    *("interim-site", "interim-migration", "declaration-assurance"),
)
DECLARATIONS = ("emr-msid-declaration", "emr-amsid-declaration", "nfd-declaration")
each = pytest.mark.parametrize("timetable_id", TABLES)


@cache
def walked():
    """Per timetable, what the scenarios reach: outcomes and silences of steps, and states."""
    outcomes, states = {one: set() for one in TABLES}, {one: set() for one in TABLES}
    for folder in folders():
        if folder.parent.name != "chargeable_imports":
            continue
        scenario = read_scenario(folder)
        told = fold(scenario.timetable, scenario.opening, scenario.events, scenario.then[-1]["on"])
        states[scenario.timetable.id] |= {one.state for one in told.history}
        for step in told.steps:
            for attempt in step.attempts:
                if attempt.outcome:
                    outcomes[scenario.timetable.id].add((step.ref, attempt.outcome))
                if attempt.silent_since and not attempt.deemed:
                    outcomes[scenario.timetable.id].add((step.ref, "silent"))
    return outcomes, states


def branches(timetable):
    found = {(step.ref, outcome.name): outcome for step in timetable.steps for outcome in step.outcomes}
    found |= {(step.ref, "silent"): step.silent for step in timetable.steps if step.silent and not step.silent.deemed}
    return found


@each
def test_every_branch_is_walked_by_a_scenario(timetable_id):
    """A variant's own branches by its own scenarios, those that it takes over by its base's."""
    timetable = find_timetable(timetable_id)
    outcomes, states = walked()
    own = branches(timetable)
    base = branches(find_timetable(timetable.extends)) if timetable.extends else {}
    wanted = {key for key, branch in own.items() if base.get(key) != branch}
    assert wanted - outcomes[timetable_id] == set()
    family = states[timetable_id] | states.get(timetable.extends, set())
    assert set(timetable.states) - family == set()


@each
def test_every_flow_that_a_step_sends_has_a_layout(timetable_id):
    assert {name[:5] for name in shipped()} >= find_timetable(timetable_id).flows


@each
def test_every_time_limit_is_marked_open_and_is_a_default_of_halfhours_own(timetable_id):
    """BSCP602 and EMRS publish limits that the handbook does not hold (chargeable-imports 9)."""
    for parameter in find_timetable(timetable_id).parameters.values():
        for value in parameter.values:
            if parameter.kind in ("number", "days-or-none"):
                assert value.mark == "open", parameter.name
                assert "Halfhour" in value.source or "no source" in value.source, parameter.name


@each
def test_what_people_read_names_only_parameters_that_there_are(timetable_id):
    timetable = find_timetable(timetable_id)
    for step in timetable.steps:
        text = " ".join([step.when, step.action, step.information, step.method])
        assert set(re.findall(r"\{(\w+)\}", text)) <= set(timetable.parameters), step.ref
        if step.clock and isinstance(step.clock.days, str):
            assert f"{{{step.clock.days}}}" in step.when, step.ref


@each
def test_every_step_says_how_sure_it_is(timetable_id):
    for step in find_timetable(timetable_id).steps:
        assert step.mark.startswith(("doc", "secondary", "inferred")), step.ref


@pytest.mark.parametrize("timetable_id", [*DECLARATIONS, "cva-declaration", "interim-site"])
def test_silence_accepts_no_declaration(timetable_id):
    timetable = find_timetable(timetable_id)
    (validation,) = [step for step in timetable.steps if step.outcome("accepted")]
    assert validation.silent is not None
    assert validation.silent.deemed == ""
    assert timetable.states[validation.silent.state].kind == "blocked"


def test_a_facility_declaration_and_an_emr_declaration_of_one_site_are_two_cases():
    """They are kept apart: the one is for network charges, the other for levies."""
    emr, nfd = find_timetable("emr-msid-declaration"), find_timetable("nfd-declaration")
    assert (nfd.extends, emr.extends) == ("", "")
    assert not set(nfd.key) & set(emr.key)
    assert all("levies" not in nfd.states[name].meaning for name in ("LAPSED", "ENDED", "ACCEPTED"))


def test_a_supplier_has_no_way_to_a_secondary_bm_unit():
    timetable = find_timetable("asset-metering-registration-supplier")
    assert timetable.parties["registrant"].market_role == "X"
    assert not {"P0306", "P0307", "P0308"} & timetable.flows
    assert timetable.by_ref["A1"].outcome("for_a_bm_unit") is not None
    assert "change_of_registrant" not in {outcome.name for outcome in timetable.by_ref["B1"].outcomes}


def test_the_interim_solution_takes_no_new_case_from_2_november_2023():
    assert find_timetable("interim-site").selectable_to == date(2023, 11, 2)


def test_a_complex_cva_site_has_a_place_under_the_proposal_only():
    timetable = find_timetable("cva-declaration")
    assert timetable.parameter_values(date(2024, 1, 1))["cva_mode"] == "final"
    conditions = {one.name: one.value for one in timetable.by_ref["C2"].outcome("accepted_complex").conditions}
    assert conditions["cva_mode"] == "proposed"
