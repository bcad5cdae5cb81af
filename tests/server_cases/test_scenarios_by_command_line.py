"""Every scenario folder of a market process, walked through the command line: the same case as in the engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from halfhour.processes.cases import fold
from processes_scenarios.scenario_folders import differences, folders, name_of, read_scenario


def run(capsys, *arguments):
    from halfhour.cli.app import main  # noqa: PLC0415

    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    out, err = capsys.readouterr()
    assert left.value.code == 0, (arguments, err)
    return json.loads(out)


def pairs(option, values):
    return [part for name, value in values.items() for part in (option, f"{name}={_typed(value)}")]


def _typed(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("folder", folders(), ids=name_of)
def test_a_scenario_walked_by_command_line_is_the_case_of_the_engine(folder: Path, sqlite_database, capsys):
    scenario = read_scenario(folder)
    opening = scenario.opening
    opened = run(
        capsys,
        *("case", "open", opening.timetable, "--on", opening.opened_on, "--nation", opening.nation),
        *pairs("--fact", opening.facts),
        *pairs("--party", opening.parties),
        *pairs("--parameter", opening.parameters),
        "--json",
    )
    case = opened["case"]
    ids = {}
    refused = set()
    for number, row in enumerate(scenario.written, start=1):
        ids[number] = _happened(capsys, case, folder, number, row, ids, refused)
    for then in scenario.then:
        shown = run(capsys, "case", "show", case, "--on", then["on"], "--json")
        told = fold(scenario.timetable, opening, scenario.events, then["on"])
        assert differences(told, then) == []
        assert (shown["state"], shown["kind"], shown["ended_on"]) == (
            told.state,
            told.kind,
            told.ended_on and told.ended_on.isoformat(),
        )
        waiting = {(one["ref"], one["due"], one["overdue"], one["flow"]) for one in shown["waiting"]}
        assert waiting == {(one.ref, one.due and one.due.isoformat(), one.overdue, one.flow) for one in told.waiting}
        assert shown["flows"] == told.flows
        assert shown["measures"] == told.measures
        codes = {one["code"] for one in shown["findings"]}
        assert codes == {one.code for one in told.findings} - refused, then["on"]


def _happened(capsys, case, folder, number, row, ids, refused):
    """Record one row of events.toml the way that a person would, and give its event's id."""
    if "file" in row:
        before = {one["id"] for one in run(capsys, "case", "show", case, "--json")["events"]}
        receipt = run(capsys, "case", "receive", folder / row["file"], "--on", row["on"], "--json")["files"][0]
        for instance in receipt["instances"]:
            if instance["state"] == "UNMATCHED":
                run(capsys, "case", "assign", instance["id"], case, "--json")
        new = [one["id"] for one in run(capsys, "case", "show", case, "--json")["events"] if one["id"] not in before]
        return new[0] if new else ""
    kind = row.get("kind", "")
    data = row.get("data", {})
    arguments = ["case", "record", case, "--on", row["on"], "--event", f"event-{number}", "--json"]
    arguments += ["--by", row["by"]] if row.get("by") else []
    if kind == "fact":
        return run(capsys, *arguments, *pairs("--fact", data))["event"]
    if kind == "party":
        return run(capsys, *arguments, *pairs("--party", data))["event"]
    if kind == "note":
        return run(capsys, *arguments, "--note", data.get("text", "note"))["event"]
    if kind in ("correction", "withdrawal"):
        option = "--correct" if kind == "correction" else "--withdraw"
        arguments += [option, ids[row["corrects"]]]
    if row.get("step"):
        arguments += ["--step", row["step"]]
    if row.get("outcome"):
        arguments += ["--outcome", row["outcome"]]
    if row.get("flow"):
        arguments += ["--flow", row["flow"]]
    return run(capsys, *arguments, *pairs("--data", data))["event"]
