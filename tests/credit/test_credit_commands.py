"""`halfhour credit` as people type it: figures on the screen, one JSON document, exit codes."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from credit_cases import DEMAND_UNIT, account
from cyclopts import App, CycloptsError

from halfhour.calendar import days, settlement_periods
from halfhour.cli.commands.credit import app
from halfhour.errors import HalfhourError

PLANT = """
[plant]
id = "E_WINDY-1"
gc = "20"
secalf = "0.30"
[[fpn]]
bm_unit = "E_WINDY-1"
mwh = "3.5"
[[contract]]
sold_mwh = "3.5"
"""

COMMANDS = ("cover", "indebtedness", "treatments", "withdrawal", "calf", "declaration", "query-period", "cap")


def run(capsys, *arguments: object) -> tuple[int, str]:
    """Exit code and standard output of a command of the group."""
    try:
        code = app(
            [str(one) for one in arguments], exit_on_error=False, print_error=False, result_action="return_value"
        )
    except HalfhourError as error:
        code = error.exit_code
    output = capsys.readouterr()
    return (code if isinstance(code, int) else 0), output.out


@pytest.fixture
def case(tmp_path) -> Path:
    path = tmp_path / "case.toml"
    path.write_text(account(DEMAND_UNIT + '[[cover]]\ngbp = "35000"\n'), encoding="utf-8")
    return path


@pytest.fixture
def plant(tmp_path) -> Path:
    path = tmp_path / "plant.toml"
    path.write_text(account(PLANT), encoding="utf-8")
    return path


@pytest.fixture
def season(tmp_path) -> Path:
    path = tmp_path / "season.csv"
    rows = [
        f"{day},{period},{2 if period < 20 else 1}"
        for day in days(date(2025, 3, 1), date(2025, 6, 1))
        for period in range(1, settlement_periods(day) + 1)
    ]
    path.write_text("settlement_date,settlement_period,mwh\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_every_command_of_the_group_is_listed_and_has_help_with_an_example_and_json(capsys):
    _, out = run(capsys, "--help")
    for name in COMMANDS:
        assert re.search(rf"^│ {name} ", out, re.MULTILINE)
        code, text = run(capsys, name, "--help")
        assert code == 0
        assert f"halfhour credit {name}" in " ".join(text.split()).partition("Example")[2]
        assert "--json" in text


def test_cover_shows_exposure_cover_percentage_and_the_rule_of_every_figure(capsys, case):
    code, out = run(capsys, "cover", case)
    assert code == 0
    assert "EI 508.728 MWh" in out
    assert "exposure £27,471.31 at CAP £54/MWh" in out
    assert "cover for 80 %: £34,339.14" in out
    assert "CCP 0.784895, no default" in out
    assert "to spare £660.86" in out
    for rule_id in ("C02 [doc]", "C11 [doc]", "C13 [inferred]", "C17 [supplied]"):
        assert rule_id in out


def test_a_price_and_a_cover_typed_in_take_the_place_of_the_cases(capsys, case):
    _, out = run(capsys, "cover", case, "--cap", "50", "--lodged", "30000")
    assert "exposure £25,436.40 at CAP £50/MWh (the command line)" in out
    assert "Level 1" in out
    assert "missing £1,795.50" in out


def test_indebtedness_shows_each_day_and_what_follows(capsys, case):
    code, out = run(capsys, "indebtedness", case, "--from", "2025-12-20", "--to", "2026-01-06")
    assert code == 0
    rows = re.findall(r"^ +(2025-12-\d\d|2026-01-\d\d) +(\d+) / \d+ / \d+", out, re.MULTILINE)
    assert [int(count) for _, count in rows] == [6, 7, 7, 7, 7, 8, 9, 10, 11, 11, 9, 9, 10, 10, 11, 12, 8]
    assert "Query Period until Mon 29 Dec 2025 14:00 GMT: Level 1 Credit Default" in out
    assert "Level 2: notifications refused from 2025-12-28 Settlement Period 21" in out


def test_treatments_shows_what_the_unseen_generation_costs(capsys, plant):
    code, out = run(capsys, "treatments", plant)
    assert code == 0
    assert re.search(r"in the Supplier's Base BM Unit .* 0\.000 .* 102,060\.00 +102,060\.00", out)
    assert re.search(r"with SECALF .* 1,296\.000 .* 14,580\.00", out)
    assert re.search(r"with FPN .* 1,512\.000 .* 0\.00", out)


def test_withdrawal_says_how_much_and_whether_what_was_asked(capsys, case):
    _, out = run(capsys, "withdrawal", case, "--on", "2025-12-08", "--amount", "5950.59")
    assert "can be withdrawn: £5,950.59" in out
    assert "£5,950.59 can be withdrawn" in out
    assert (
        "£5,950.60 cannot be withdrawn"
        in run(capsys, "withdrawal", case, "--on", "2025-12-08", "--amount", "5950.60")[1]
    )


def test_calf_and_declaration_read_half_hours(capsys, season):
    _, out = run(capsys, "calf", season, "--season", "2026-04-01")
    assert "Spring 2026, generation, from Spring 2025; maximum 2 MWh" in out
    assert re.search(r"calf_nwd +0\.69[0-9]{2}", out)
    _, out = run(capsys, "declaration", season, "--season", "2025-04-01", "--gc", "3")
    assert "Spring 2025: declare GC and DC by Mon 17 Feb 2025" in out
    assert "4,414 half hours call for GC 4 MW, DC 0 MW" in out
    assert "1,748 half hours beyond the declared capacities" in out


def test_query_period_is_told_by_the_local_clock(capsys):
    assert "ends   Mon 29 Dec 2025 14:00 GMT" in run(capsys, "query-period", "2025-12-24T15:30")[1]
    assert "begins Sat 25 Oct 2025 12:00 BST" in run(capsys, "query-period", "2025-10-25T11:00+00:00")[1]


def test_cap_lists_points_and_answers_for_a_day_and_a_reference(capsys):
    assert "415" in run(capsys, "cap")[1]
    _, out = run(capsys, "cap", "--on", "2023-06-13", "--reference", "94.01")
    assert "CAP £85/MWh" in out
    assert "£94.01 calls for a review" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["cap", "--on", "2024-01-01"], 3),
        (["cap", "--reference", "50"], 2),
        (["cap", "--price", "-1"], 2),
        (["query-period", "2025-12-24"], 2),
        (["query-period", "2026-03-29T01:30"], 2),
        (["query-period", "yesterday"], 2),
        (["query-period", "9999-12-31T23:59"], 3),
        (["declaration", "--season", "2026-04-01", "--gc", "-1"], 2),
        (["declaration", "--season", "1999-04-01"], 3),
        (["cover", "none.toml"], 2),
        (["calf", "none.csv", "--season", "2026-04-01"], 2),
    ],
)
def test_bad_input_is_refused_with_2_and_what_is_not_covered_with_3(capsys, arguments, code):
    assert run(capsys, *arguments) == (code, "")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["cover", "--lodged", "-1"], 2),
        (["cover", "--cap", "0"], 2),
        (["cover", "--on", "31/12/2025"], 2),
        (["indebtedness", "--from", "2026-01-02", "--to", "2026-01-02"], 2),
        (["indebtedness", "--from", "2099-12-31"], 3),
        (["treatments"], 2),
        (["withdrawal", "--amount", "0"], 2),
    ],
)
def test_a_case_is_refused_likewise(capsys, case, arguments, code):
    assert run(capsys, arguments[0], case, *arguments[1:]) == (code, "")


def test_a_case_without_a_price_exits_with_3(capsys, tmp_path):
    path = tmp_path / "case.toml"
    path.write_text(account(DEMAND_UNIT, cap=""), encoding="utf-8")
    assert run(capsys, "cover", path) == (3, "")
    assert run(capsys, "cover", path, "--cap", "54")[0] == 0


def leaves(value: Any, key: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in leaves(inner, name)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner, key)]
    return [(key, value)]


def test_json_is_one_document_of_whole_watt_hours_money_as_text_and_iso_dates(capsys, case, plant, season):
    commands: dict[str, list[object]] = {
        "cover": [case],
        "indebtedness": [case, "--from", "2025-12-20", "--to", "2026-01-06"],
        "treatments": [plant],
        "withdrawal": [case, "--amount", "1"],
        "calf": [season, "--season", "2026-04-01"],
        "declaration": [season, "--season", "2025-04-01", "--gc", "3"],
        "query-period": ["2025-12-24T15:30"],
        "cap": ["--on", "2023-06-13", "--reference", "94"],
    }
    assert tuple(commands) == COMMANDS
    for name, arguments in commands.items():
        code, out = run(capsys, name, *arguments, "--json")
        assert code == 0
        found = leaves(json.loads(out))
        assert not [leaf for leaf in found if isinstance(leaf[1], float)]
        assert all(value is None or type(value) is int for key, value in found if key.endswith("_wh"))
        assert all(value is None or isinstance(value, str) for key, value in found if re.search(r"_(gbp|mwh)$", key))
        dates = [value for key, value in found if re.search(r"(^|_)date(_|$)", key) and value is not None]
        assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) for value in dates)
        assert {"clause", "mark"} <= {key for key, _ in found}


def test_json_of_cover_has_the_figures_exact_and_every_step_with_its_rule(capsys, case):
    document = json.loads(run(capsys, "cover", case, "--json")[1])
    assert document["cei_wh"] == 508728000
    assert document["exposure_gbp"] == "27471.31200"
    assert document["level"] == 0
    assert len(document["cei_days"]) == 9
    assert all(step["rule"] and step["clause"] and step["mark"] for step in document["working"])


def test_the_group_is_an_app_that_refuses_an_unknown_command():
    assert isinstance(app, App)
    with pytest.raises(CycloptsError):
        app(["nonsense"], exit_on_error=False, print_error=False)
