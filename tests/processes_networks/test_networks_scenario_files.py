"""The industry files of the scenarios are what their builder writes."""

from __future__ import annotations

from network_flow_files import SCENARIOS, files


def test_the_committed_files_are_those_of_the_builder():
    made = files()
    held = {path: path.read_bytes() for path in SCENARIOS.glob("*/flows/*")}
    assert held == made, "run `python tests/processes_networks/network_flow_files.py`"


def test_every_file_of_a_scenario_is_an_event_of_it():
    for path in files():
        events = (path.parents[1] / "events.toml").read_text(encoding="utf-8")
        assert f'"flows/{path.name}"' in events, path
