"""Every scenario folder of a market process holds in the case engine."""

from __future__ import annotations

import pytest

from halfhour.formats.flows.checking import check_file
from halfhour.processes.cases import fold
from processes_scenarios.scenario_folders import differences, folders, name_of, read_scenario


@pytest.mark.parametrize("folder", folders(), ids=name_of)
def test_the_case_is_where_the_scenario_says(folder):
    scenario = read_scenario(folder)
    for then in scenario.then:
        state = fold(scenario.timetable, scenario.opening, scenario.events, then["on"])
        assert differences(state, then) == [], f"on {then['on']}"


@pytest.mark.parametrize("folder", folders(), ids=name_of)
def test_the_files_of_a_scenario_are_valid(folder):
    for path in sorted((folder / "flows").glob("*")) if (folder / "flows").is_dir() else []:
        _, verdict = check_file(path)
        assert verdict.accepted, path
        assert list(verdict.rejected) == [], path


@pytest.mark.parametrize("folder", folders(), ids=name_of)
def test_the_order_of_recording_does_not_matter(folder):
    """Only the day on which something happened orders a case, so a register kept late tells the same."""
    scenario = read_scenario(folder)
    last = scenario.then[-1]["on"]
    straight = fold(scenario.timetable, scenario.opening, scenario.events, last)
    turned = fold(scenario.timetable, scenario.opening, scenario.events[::-1], last)
    assert turned == straight
    doubled = fold(scenario.timetable, scenario.opening, [*scenario.events, *scenario.events], last)
    assert doubled == straight
