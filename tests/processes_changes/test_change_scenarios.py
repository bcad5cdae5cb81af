"""The files of the scenarios of changes at a shared Meter, and that each change of the handbook is walked both ways."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from halfhour.processes.cases import fold
from processes_changes.change_flow_files import FILES, IMPORT
from processes_scenarios.scenario_folders import read_scenario

SCENARIOS = Path(__file__).parents[1] / "processes_scenarios" / "changes"


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_files_of_the_scenarios_are_the_ones_made_here(name):
    kept = {path.name: path.read_bytes() for path in (SCENARIOS / name / "flows").iterdir()}
    assert kept == FILES[name]


@pytest.mark.parametrize("change", [f"c{number}" for number in range(1, 13)])
def test_each_change_of_the_handbook_is_followed_in_one_scenario_and_not_in_another(change):
    folders = sorted(SCENARIOS.glob(f"given_{change}_*"))
    kinds = set()
    for folder in folders:
        scenario = read_scenario(folder)
        states = {one["state"] for one in scenario.then if "state" in one}
        blocked = {name for name, one in scenario.timetable.states.items() if one.kind == "blocked"}
        kinds.add("broken" if states & blocked else "followed")
    assert kinds == {"broken", "followed"}, [one.name for one in folders]


def test_a_file_about_the_other_mpan_of_the_meter_is_attached_with_the_reason():
    scenario = read_scenario(SCENARIOS / "given_c9_a_change_of_half_hourly_mode_made_to_the_import")
    state = fold(scenario.timetable, scenario.opening, scenario.events, date(2025, 10, 24))
    (told,) = [one for one in state.findings if one.code == "CS-105"]
    assert f"is about {IMPORT}, which is not the MPAN of C8, C9, C10.2, C11" in told.message
