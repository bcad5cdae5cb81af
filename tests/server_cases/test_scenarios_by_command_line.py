"""Every scenario folder of a market process, walked through the command line: the same case as in the engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from halfhour.processes.cases import case_document, fold
from processes_scenarios.scenario_folders import comparable, differences, folders, name_of, read_scenario


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
    walked(folder, capsys)


@pytest.mark.parametrize("folder", folders()[::5], ids=name_of)
def test_a_scenario_walked_by_command_line_on_postgresql_is_the_case_of_the_engine(
    folder: Path, postgresql_database, capsys
):
    walked(folder, capsys)


def walked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Walk a folder, and compare what is shown with the fold on every day of then.toml."""
    scenario = read_scenario(folder)
    opening = scenario.opening
    case = run(
        capsys,
        *("case", "open", opening.timetable, "--on", opening.opened_on, "--nation", opening.nation),
        *pairs("--fact", opening.facts),
        *pairs("--party", opening.parties),
        *pairs("--parameter", opening.parameters),
        "--json",
    )["case"]
    ids = {}
    for number, row in enumerate(scenario.written, start=1):
        ids[number] = _happened(capsys, case, folder, number, row, ids)
    for then in scenario.then:
        told = fold(scenario.timetable, opening, scenario.events, then["on"])
        assert differences(told, then) == []
        wanted = comparable(case_document(scenario.timetable, told))
        shown = comparable(run(capsys, "case", "show", case, "--on", then["on"], "--json"))
        for name, value in wanted.items():
            assert shown[name] == value, (name, then["on"])


def _happened(capsys, case, folder, number, row, ids):
    """Record one row of events.toml the way that a person would, and give its event's id."""
    if "file" in row:
        receipt = run(capsys, "case", "receive", folder / row["file"], "--on", row["on"], "--json")["files"][0]
        assert receipt["state"] == "ACKNOWLEDGED", receipt
        for instance in receipt["instances"]:
            if instance["state"] == "UNMATCHED":
                run(capsys, "case", "assign", instance["id"], case, "--json")
        events = run(capsys, "case", "show", case, "--json")["events"]
        return next(one["id"] for one in events if one["source"] == f"{Path(row['file']).name}, instance 1")
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
