"""What every command promises: help with an example, one JSON document, exit codes, errors that tell the next step."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cli_running import contract_portfolio, document, plain_portfolio, plain_rows, run, write_readings

from halfhour.cli.app import GROUPS, LINES
from halfhour.errors import codes

COMMANDS = [
    *(name for name in LINES if name not in GROUPS),
    *("credit cover", "credit indebtedness", "credit treatments", "credit withdrawal", "credit calf"),
    *("credit declaration", "credit query-period", "credit cap"),
    *("file check", "file show", "file convert", "file build"),
    *("market-data load", "market-data list", "market-data check"),
    *("case open", "case list", "case show", "case log", "case record", "case due", "case what-if"),
    *("case receive", "case send", "case unmatched", "case assign"),
    *("register import", "register export", "register record", "register end", "register load"),
    *("register show", "register log", "register check"),
    *("account add-organisation", "account give-site", "account add-person", "account add-token", "account list"),
    "account revoke",
]
"""Every command that does something; a group of commands only lists them."""

FLOW = """\
ZHV|0000000017|D0155001|X|HHSP|M|HHMO|20250303090000||||TR01|
315|1012345678903|20250317|1 TEST STREET||||||||LONDON|SE1 1AA|HHSPHHMO01|H|_C|
317|20250317|
318|0001|0001|
ZPT|0000000017|3||1|20250303090000|
"""


@pytest.fixture(scope="module")
def settled(tmp_path_factory) -> tuple[Path, Path]:
    """The contract's example and a run of it."""
    from halfhour import load_portfolio, settle  # noqa: PLC0415

    folder = contract_portfolio(tmp_path_factory.mktemp("a portfolio with spaces, ñ and ☂") / "ridgeway £")
    return folder, settle(load_portfolio(folder)).folder


def test_a_group_of_commands_lists_every_one_of_them(capsys):
    for group in GROUPS:
        code, out, err = run(capsys, group, "--help")
        assert (code, err) == (0, "")
        named = {
            line.split()[1]
            for line in out.splitlines()
            if line.startswith("│") and line.split()[1].replace("-", "").isalpha()
        }
        assert named >= {name.split()[1] for name in COMMANDS if name.startswith(f"{group} ")}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_shows_an_example_that_begins_with_its_name(capsys, name):
    code, out, err = run(capsys, *name.split(), "--help")
    assert (code, err) == (0, "")
    text = " ".join(out.split())
    assert "Example" in text
    assert f"halfhour {name}" in text.partition("Example")[2]
    assert "--json" in text


def test_the_examples_of_explain_working_and_compare_are_complete_commands(capsys):
    for name, needed in (
        ("explain", ("--site", "--date", "--period")),
        ("working", ("--edition", "--import-bp", "--factor")),
        ("compare", ("--editions", "--from", "--to")),
    ):
        example = " ".join(run(capsys, name, "--help")[1].split()).partition("Example")[2].partition("Parameters")[0]
        assert all(option in example for option in needed)


def commands_with_json(folder: Path, made: Path) -> dict[str, list[object]]:
    figures = ["--import-bp", "2500", "--export-bp", "300", "--import-stor", "1300", "--export-gen", "1800"]
    beside = folder.parent
    (beside / "flow.txt").write_text(FLOW)
    (beside / "GSP_Group_900.csv").write_text('"Gsp Group ID","GSP Group Name"\n"_A","Eastern"\n')
    parties = ["--sender", "SV:SVAA", "--recipient", "EM:EMRS", "--out", beside]
    store = ["--store", beside / "store.sqlite"]
    return {
        "settle": ["settle", folder, "--no-report", "--out", folder / "runs" / "json"],
        "compare": ["compare", folder, "--editions", "default,osam-1.0"],
        "explain": ["explain", made, "--site", "ridgeway-park", "--date", "2024-01-08", "--period", 17],
        "working": ["working", "--edition", "p395-proposed", *figures, "--factor", "0.3"],
        "diff": ["diff", made, made],
        "check": ["check", folder],
        "mpan": ["mpan", "1012345678903"],
        "due": ["due", "--within", 5, "--from", "2024-12-23", "--at", "17:01"],
        "calendar": ["calendar", "2025-10-26"],
        "demo": ["demo", beside / "small demo", "--sites", 2, "--to", "2024-01-03"],
        "file check": ["file", "check", beside / "flow.txt"],
        "file show": ["file", "show", beside / "flow.txt"],
        "file convert": ["file", "convert", beside / "flow.txt", "--to", "csv", "--out", beside / "tables"],
        "file build": ["file", "build", made, "--report", "chargeable-demand", *parties],
        "market-data load": ["market-data", "load", beside / "GSP_Group_900.csv", *store],
        "market-data list": ["market-data", "list", *store],
        "market-data check": ["market-data", "check", *store],
    }


def leaves(value: Any, key: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in leaves(inner, name)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner, key)]
    return [(key, value)]


ELSEWHERE = (
    *("bench", "classes", "credit ", "assess", "triads", "benefits"),
    *("case ", "register ", "account ", "serve", "timetable"),
)
"""Commands whose documents need more than a portfolio: they are tested beside what they answer."""


@pytest.mark.parametrize("name", [name for name in COMMANDS if not name.startswith(ELSEWHERE)])
def test_json_is_one_document_of_whole_watt_hours_money_as_text_and_iso_dates(capsys, settled, name):
    code, out, err = run(capsys, *commands_with_json(*settled)[name], "--json")
    assert (code, err) == (0, "")
    found = leaves(json.loads(out))
    assert found
    assert not [leaf for leaf in found if isinstance(leaf[1], float)]
    assert all(value is None or type(value) is int for key, value in found if re.search(r"_wh(_[ab])?$", key))
    assert all(value is None or isinstance(value, str) for key, value in found if key.endswith("_gbp"))
    dates = [value for key, value in found if re.search(r"(^|_)date(_|$)", key) and value is not None]
    assert all(re.match(r"\d{4}-\d{2}-\d{2}", value) for value in dates if isinstance(value, str))


def test_demo_writes_its_portfolio_settles_it_and_says_where_to_look(capsys, tmp_path):
    made = document(capsys, "demo", tmp_path / "demo")
    assert Path(made["report"]).is_file()
    assert {line["edition"] for line in made["editions"]} >= {"in-force", "default", "p395-proposed", "osam-1.0"}
    assert all(isinstance(line["levy_gbp"], str) for line in made["editions"])
    code, out, _ = run(capsys, "check", tmp_path / "demo", "--json")
    assert code == 0
    assert json.loads(out)["refused"] is False


def test_a_report_is_written_into_the_run_and_hashed_in_its_manifest(capsys, tmp_path):
    folder = plain_portfolio(tmp_path)
    code, out, _ = run(capsys, "settle", folder, "--out", tmp_path / "out")
    assert code == 0
    assert "report.html" in out
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert "report.html" in manifest["files"]


def test_exit_1_only_when_strict_was_asked_for_and_something_is_wrong(capsys, tmp_path):
    whole = plain_portfolio(tmp_path / "whole")
    gap = plain_portfolio(tmp_path / "gap", plain_rows([date(2024, 1, 1)])[:-1])
    assert run(capsys, "settle", whole, "--no-report", "--strict")[0] == 0
    assert run(capsys, "settle", gap, "--no-report")[0] == 0
    code, out, err = run(capsys, "settle", gap, "--no-report", "--strict")
    assert code == 1
    assert "ST-101" in err
    assert "Run:" in out, "under --strict the run is written all the same"
    assert run(capsys, "check", gap)[0] == 0
    assert run(capsys, "check", gap, "--strict")[0] == 1
    assert run(capsys, "check", whole, "--strict")[0] == 0


USAGE = [
    ["nonsense"],
    ["setle"],
    ["settle"],
    ["settle", "P", "--bogus", "1"],
    ["settle", "P", "--run-type", "XX"],
    ["settle", "P", "--detail", "some"],
    ["settle", "P", "--engine", "abacus"],
    ["settle", "P", "--engine", "spark"],
    ["settle", "P", "--edition", "osam"],
    ["settle", "P", "--from", "2024-02-01", "--to", "2024-01-01"],
    ["settle", "P", "--from", "2024-01-01", "--to", "2024-01-01"],
    ["settle", "P", "--from", "1 January"],
    ["settle", "P", "--from", "2024-02-30"],
    ["settle", "P", "--from", "2031-01-01", "--to", "2031-02-01"],
    ["settle", "P", "--known-at", "yesterday"],
    ["settle", "nowhere"],
    ["settle", "nowhere/at\0all"],
    ["compare", "P", "--editions", "default,osam"],
    ["compare", "P", "--editions", ",,"],
    ["compare", "P", "--by", "postcode"],
    ["compare", "nowhere"],
    ["check", "nowhere"],
    ["check"],
    ["explain", "R", "--site", "ridgeway-prk", "--date", "2024-01-08", "--period", "17"],
    ["explain", "R", "--site", "ridgeway-park", "--date", "2024-01-08", "--period", "49"],
    ["explain", "R", "--site", "ridgeway-park", "--date", "2024-01-08", "--period", "0"],
    ["explain", "R", "--site", "ridgeway-park", "--date", "2024-01-08", "--period", "-1"],
    ["explain", "R", "--site", "ridgeway-park", "--date", "2024-01-08", "--period", "seventeen"],
    ["explain", "R", "--site", "ridgeway-park", "--date", "2024-02-08", "--period", "17"],
    ["explain", "R", "--site", "ridgeway-park", "--date", "8/1/2024", "--period", "17"],
    ["explain", "nowhere", "--site", "a", "--date", "2024-01-08", "--period", "17"],
    ["explain", "P", "--site", "a", "--date", "2024-01-08", "--period", "17"],
    ["diff", "R", "nowhere"],
    ["diff", "R"],
    ["working"],
    ["working", "--edition", "p395"],
    ["working", "--edition", "default", "--factor", "0.5"],
    ["working", "--edition", "osam-1.0", "--factor", "1.00001"],
    ["working", "--edition", "osam-1.0", "--factor", "-0.1"],
    ["working", "--edition", "osam-1.0", "--factor", "0.123456"],
    ["working", "--edition", "osam-1.0", "--factor", "1e999998"],
    ["working", "--edition", "osam-1.0", "--import-bp", "-5"],
    ["working", "--edition", "osam-1.0", "--import-bp", "1.0005"],
    ["working", "--edition", "osam-1.0", "--import-bp", "1000000.001"],
    ["working", "--edition", "osam-1.0", "--import-bp", "NaN"],
    ["working", "--edition", "osam-1.0", "--import-bp", "Infinity"],
    ["working", "--edition", "osam-1.0", "--import-bp", "1e999998"],
    ["working", "--edition", "osam-1.0", "--import-bp", "1e-999998"],
    ["working", "--edition", "osam-1.0", "--import-bp", ""],
    ["due", "--within", "5"],
    ["due", "--from", "2024-01-01"],
    ["due", "--within", "5", "--beginning-with", "5", "--from", "2024-01-01"],
    ["due", "--within", "0", "--from", "2024-01-01"],
    ["due", "--within", "1", "--from", "2024-01-01", "--at", "25:00"],
    ["calendar", "2024-02-30"],
    ["calendar"],
    ["mpan"],
    ["mpan", "1012345678904"],
    ["demo", "P"],
    ["demo", "D", "--sites", "0"],
    ["demo", "D", "--sites", "2", "--seed", "-1"],
    ["demo", "D", "--sites", "2", "--from", "2024-02-01", "--to", "2024-01-01"],
]


@pytest.mark.parametrize("arguments", USAGE, ids=lambda arguments: " ".join(arguments).replace("\0", "NUL"))
def test_what_cannot_be_done_exits_2_with_a_known_code_and_the_next_step_on_standard_error(
    capsys, settled, tmp_path, arguments
):
    folder, made = settled
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    given = [{"P": folder, "R": made, "D": tmp_path / "demo"}.get(word, word) for word in arguments]
    if arguments[0] == "settle":
        given.append("--no-report")
    code, out, err = run(capsys, *given)
    assert code == 2
    named = re.findall(r"\b[A-Z]{2}-\d{3}\b", err)
    assert named
    assert set(named) <= set(codes())
    assert "next:" in err or arguments[0] == "mpan"
    assert out == "" or arguments[0] == "mpan"
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before, "refused before writing anything"
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["settle", "P", "--no-report", "--edition", "osam"], "osam-1.0"),
        (["settle", "P", "--no-report", "--edition", "p395"], "p395-proposed"),
        (["compare", "P", "--editions", "defualt"], "default"),
        (["working", "--edition", "osam-1"], "osam-1.0"),
        (["explain", "R", "--site", "ridgeway", "--date", "2024-01-08", "--period", "1"], "ridgeway-park"),
        (["setle", "P"], "settle"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_name_that_is_not_known_is_answered_with_the_nearest(capsys, settled, arguments, near):
    folder, made = settled
    _, _, err = run(capsys, *({"P": folder, "R": made}.get(word, word) for word in arguments))
    assert f"Did you mean '{near}'?" in err


@pytest.mark.parametrize(
    "arguments",
    [["calendar", "2099-12-30"], ["calendar", "2100-01-01"], ["due", "--within", "5", "--from", "2099-01-02"]],
    ids=" ".join,
)
def test_what_the_reference_data_do_not_cover_exits_3(capsys, arguments):
    code, _, err = run(capsys, *arguments)
    assert code == 3
    assert "next:" in err


def test_in_json_what_is_not_covered_is_named_and_the_document_is_still_one(capsys):
    code, out, err = run(capsys, "calendar", "2099-12-30", "--json")
    assert code == 3
    assert json.loads(out)["not_covered"]
    assert "CA-011" in err


def test_a_run_that_is_asked_for_one_day_beyond_the_portfolio_names_what_it_holds(capsys, settled):
    _, _, err = run(capsys, "settle", settled[0], "--no-report", "--from", "2031-01-01", "--to", "2031-02-01")
    assert "2024-01-01 to 2024-01-10" in err


def test_a_portfolio_with_errors_is_refused_with_all_of_them_at_once_and_nothing_written(capsys, tmp_path):
    folder = plain_portfolio(tmp_path / "p")
    text = (folder / "plain.toml").read_text(encoding="utf-8")
    broken = text.replace("gsp_group", "gsp_grup").replace('voltage = "HV"', 'voltage = "12kV"')
    (folder / "plain.toml").write_text(broken, encoding="utf-8")
    code, out, err = run(capsys, "settle", folder, "--no-report")
    assert (code, out) == (2, "")
    assert "gsp_group" in err, "the nearest known key"
    assert "RG-009" in err
    assert "RG-001" in err
    assert sorted(path.name for path in folder.iterdir()) == ["plain.toml", "readings"]
    code, out, _ = run(capsys, "check", folder)
    assert code == 2
    assert "RG-006" in out


def test_a_portfolio_named_by_a_relative_path_settles_like_one_named_by_an_absolute_path(capsys, tmp_path, monkeypatch):
    folder = plain_portfolio(tmp_path / "p")
    absolute = document(capsys, "settle", folder, "--no-report", "--out", tmp_path / "absolute")
    for here, name, out in ((tmp_path, "p", "relative"), (folder, ".", "../dot"), (tmp_path, "./p/../p", "dots")):
        monkeypatch.chdir(here)
        relative = document(capsys, "settle", name, "--no-report", "--out", out)
        assert relative["import_bp_wh"] == absolute["import_bp_wh"] == 96_000
        assert relative["exceptions"] == {}
        assert run(capsys, "check", name)[0] == 0
        assert run(capsys, "compare", name)[0] == 0
    for made in ("relative", "dot", "dots"):
        assert document(capsys, "diff", tmp_path / "absolute", tmp_path / made)["same"] is True


def test_help_and_version_load_no_frame_no_compiler_and_no_picture_library():
    program = (
        "import sys\n"
        "from halfhour.cli import main\n"
        "for arguments in (['--help'], ['--version'], ['settle', '--help'], ['nonsense']):\n"
        "    try:\n"
        "        main(arguments)\n"
        "    except SystemExit:\n"
        "        pass\n"
        "heavy = {'polars', 'numba', 'pyarrow', 'plotly', 'numpy', 'pandas', 'llvmlite'}\n"
        "print('loaded', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("loaded []\n")


def test_the_module_can_be_run_and_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        [sys.executable, "-m", "halfhour", "working", "--edition", "default", "--import-bp", "1", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["values"]["chargeable_wh"] == 1000
    read, write = os.pipe()
    os.close(read)
    gone = subprocess.run(
        [sys.executable, "-m", "halfhour", "calendar", "2024-01-01"], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (gone.returncode, gone.stderr) == (0, b"")


def test_findings_of_check_name_file_and_line_and_are_the_same_in_json(capsys, tmp_path):
    folder = plain_portfolio(tmp_path)
    write_readings(folder, [("2000000000015", "AI", date(2024, 1, 3), 1, "-4")], "bad.csv")
    code, out, err = run(capsys, "check", folder)
    assert (code, err) == (0, "")
    assert "readings/bad.csv:2: error RD-015" in out
    found = document(capsys, "check", folder)
    (bad,) = [finding for finding in found["findings"] if finding["code"] == "RD-015"]
    assert bad["where"] == "readings/bad.csv:2"
    assert (bad["msid"], bad["settlement_date"], bad["settlement_period"]) == ("2000000000015", "2024-01-03", 1)


@pytest.mark.parametrize("json_too", [[], ["--json"]], ids=["table", "json"])
def test_a_terminal_that_lacks_a_character_is_no_reason_to_stop(settled, json_too):
    where = ["--site", "ridgeway-park", "--date", "2024-01-08", "--period", "17"]
    done = subprocess.run(
        [sys.executable, "-m", "halfhour", "explain", str(settled[1]), *where, *json_too],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    if json_too:
        assert json.loads(done.stdout)["site_id"] == "ridgeway-park"


def test_explain_refuses_when_the_register_has_changed_since_the_run_or_is_gone(capsys, tmp_path):
    folder = plain_portfolio(tmp_path / "p")
    assert run(capsys, "settle", folder, "--no-report", "--out", tmp_path / "out")[0] == 0
    asked = ("explain", tmp_path / "out", "--site", "plain", "--date", "2024-01-01", "--period", 1)
    assert run(capsys, *asked)[0] == 0
    text = (folder / "plain.toml").read_text(encoding="utf-8")
    (folder / "plain.toml").write_text(text + "# touched\n", encoding="utf-8")
    code, _, err = run(capsys, *asked)
    assert code == 2
    assert "ST-007" in err
    assert "plain.toml" in err
    folder.rename(tmp_path / "elsewhere")
    code, _, err = run(capsys, *asked)
    assert code == 2
    assert "ST-007" in err
