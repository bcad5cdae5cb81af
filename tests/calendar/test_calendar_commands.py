"""`halfhour due` and `halfhour calendar` as people type them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from halfhour.cli import main
from halfhour.errors import codes


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    output = capsys.readouterr()
    return int(caught.value.code or 0), output.out, output.err


def test_the_due_day_is_told_with_its_weekday_and_the_days_counted(capsys):
    code, out, _ = run(capsys, "due", "--within", "5", "--from", "2024-12-23")
    assert code == 0
    assert "Due Thu 2 Jan 2025" in out
    assert "Fri 27 Dec 2024" in out
    assert "not counted: Wed 25 Dec 2024, Christmas Day" in out


@pytest.mark.parametrize(
    ("arguments", "due"),
    [
        (["--beginning-with", "5", "--from", "2024-12-23"], "2024-12-31"),
        (["--within", "5", "--from", "2024-12-23", "--calendar", "scotland"], "2025-01-03"),
        (["--within", "5", "--from", "2024-12-25"], "2025-01-06"),
        (["--within", "5", "--from", "2024-12-25", "--roll", "none"], "2025-01-03"),
        (["--within", "1", "--from", "2021-12-24", "--at", "17:01", "--regime", "cm-regs"], "2021-12-30"),
        (["--beginning-with", "7", "--from", "2024-12-21", "--unit", "calendar"], "2024-12-27"),
    ],
)
def test_due_in_json_is_the_whole_record(capsys, arguments, due):
    code, out, err = run(capsys, "due", *arguments, "--json")
    document = json.loads(out)
    assert (code, err, document["due"]) == (0, "", due)
    assert {"trigger", "mode", "unit", "regime", "calendar", "calendar_version", "roll", "cut_off"} <= document.keys()


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["--from", "2024-12-23"], 2, "CA-023"),
        (["--within", "5", "--beginning-with", "5", "--from", "2024-12-23"], 2, "CA-023"),
        (["--within", "5", "--from", "23/12/2024"], 2, "did you mean 2024-12-23"),
        (["--within", "0", "--from", "2024-12-23"], 2, "CA-021"),
        (["--within", "five", "--from", "2024-12-23"], 2, ""),
        (["--within", "5"], 2, ""),
        (["--within", "5", "--from", "2024-12-23", "--calendar", "wales?"], 2, "CA-010"),
        (["--within", "5", "--from", "2024-12-23", "--at", "5pm"], 2, "CA-024"),
        (["--within", "5", "--from", "2024-12-23", "--at", "25:00"], 2, "CA-024"),
        (["--within", "5", "--from", "2024-12-23", "--regime", "electricity-act"], 2, "CA-022"),
        (["--within", "5", "--from", "2035-12-30"], 3, "CA-011"),
    ],
)
def test_due_refuses_with_code_and_reason_and_writes_no_result(capsys, arguments, code, named):
    result, out, err = run(capsys, "due", *arguments)
    assert (result, out) == (code, "")
    assert named in err


def test_the_long_day_shows_its_repeated_hour(capsys):
    code, out, _ = run(capsys, "calendar", "2026-10-25")
    assert code == 0
    assert "50 Settlement Periods (the clocks go back)" in out
    assert "01:30 GMT" in out
    assert "02:00a" in out
    assert "not a working day, Sunday" in out


def test_a_settlement_day_in_json_has_its_runs_and_its_holiday(capsys):
    _, out, _ = run(capsys, "calendar", "2023-11-02", "--json")
    document = json.loads(out)
    assert document["settlement_runs"]["RF"] == "2024-12-30"
    assert document["dispute_deadlines"]["sva-half-hourly"] == "2025-04-08"
    assert document["dispute_deadlines"]["general"]["SF"] == "2023-12-22"
    assert (document["timetable"], document["working_day"], document["not_covered"]) == ("legacy", True, [])


def test_the_nation_decides_on_the_holiday_but_not_on_the_runs(capsys):
    _, england, _ = run(capsys, "calendar", "2026-06-15", "--json")
    _, scotland, _ = run(capsys, "calendar", "2026-06-15", "--calendar", "SCT", "--json")
    first, second = json.loads(england), json.loads(scotland)
    assert (first["working_day"], second["working_day"]) == (True, False)
    assert first["settlement_runs"] == second["settlement_runs"]


def test_what_is_not_covered_is_named_and_the_rest_is_shown(capsys):
    code, out, err = run(capsys, "calendar", "2014-07-15", "--json")
    document = json.loads(out)
    assert code == 3
    assert document["settlement_periods"] == 48
    assert document["working_day"] is True
    assert document["settlement_runs"] is None
    assert document["not_covered"][0]["code"] == "CA-030"
    assert "CA-030" in err


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow", "2100-01-01", "1066-10-14"])
def test_days_that_cannot_be_told_are_refused(capsys, day):
    code, out, _ = run(capsys, "calendar", day)
    assert (code, out) == (3 if day in ("2100-01-01", "1066-10-14") else 2, "")


def test_every_code_raised_here_is_in_the_catalogue():
    raised = {f"CA-{number:03d}" for number in (1, 2, 3, 4, 5, 10, 11, 12, 20, 21, 22, 23, 24, 30, 31, 32)}
    assert raised == {code for code in codes() if code.startswith("CA-")}


def test_the_rooms_load_without_heavy_libraries():
    program = (
        "import sys, halfhour.calendar, halfhour.identifiers\n"
        "heavy = {'polars', 'pyarrow', 'numba', 'numpy', 'pandas', 'plotly', 'holidays', 'rich', 'cyclopts'}\n"
        "print(*(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
