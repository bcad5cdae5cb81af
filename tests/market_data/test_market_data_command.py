"""`halfhour market-data`: what it prints, what a program gets of it, and its exit codes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from market_data_files import LLFC_1, LLFC_10B, each_day, write_extract, write_mdd

from halfhour.cli.commands.market_data import app
from halfhour.errors import HalfhourError

GROUPS = [("_A", "Eastern"), ("_B", "East Midlands")]
FIXED = "tariff_no,effective_from,effective_to,gbp_per_mwh\n1,2023-04-01,2023-09-30,13.41\n"


class Command:
    """Runs the command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], store: Path) -> None:
        self.capsys = capsys
        self.store = store

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        words = [str(argument) for argument in arguments]
        code = app([*words, "--store", str(self.store)], exit_on_error=False, result_action="return_value")
        out, err = self.capsys.readouterr()
        return code, out, err

    def document(self, *arguments: object) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self(*arguments, "--json")[1])
        return found


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    return Command(capsys, tmp_path / "market-data.sqlite")


def test_load_says_what_became_of_every_file(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write_mdd(folder, "gsp_group", 377, GROUPS)
    write_extract(folder / "llf.csv", [("1", day, "1.078") for day in each_day(date(2026, 4, 1), 2)])
    (folder / "fixed.csv").write_text(FIXED, encoding="utf-8")
    (folder / "notes.txt").write_text("words", encoding="utf-8")
    code, out, err = command("load", folder, "--distributor", "LOND")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "GSP_Group_377.csv gsp_group 377 2 loaded" in lines
    assert "fixed.csv bsuos_fixed_tariff 1 2023-04-01 to 2023-09-30 loaded: 1 new" in lines
    assert "llf.csv line_loss_factors LOND 2 2026-04-01 to 2026-04-02 loaded (1 class, 96 factors): 2 new" in lines
    assert lines[-1] == f"{command.store}: 3 files loaded, 0 already loaded, 0 refused, 1 passed over."
    assert err == "notes.txt: warning MD-018: Not loaded. Its content is no market data that is known.\n"
    code, out, err = command("load", folder, "--distributor", "LOND")
    assert (code, out.count("already loaded, nothing changed")) == (0, 3)


def test_loading_twice_changes_no_byte_of_the_list(command: Command, tmp_path: Path) -> None:
    path = write_mdd(tmp_path, "gsp_group", 377, GROUPS)
    command("load", path)
    before = command("list", "--json")[1], command.store.read_bytes()
    command("load", path)
    assert (command("list", "--json")[1], command.store.read_bytes()) == before


def test_new_version_shows_examples_and_gives_all_as_json(command: Command, tmp_path: Path) -> None:
    ended = (*LLFC_1[:-1], "31/03/2024")
    added = [("EELC", *LLFC_10B[1:3], f"{number}", *LLFC_10B[4:]) for number in range(100, 105)]
    command("load", write_mdd(tmp_path, "line_loss_factor_class", 346, [LLFC_1, LLFC_10B]))
    newer = write_mdd(tmp_path, "line_loss_factor_class", 377, [ended, LLFC_10B, *added])
    other = Command(command.capsys, tmp_path / "other.sqlite")
    other("load", tmp_path / "Line_Loss_Factor_Class_346.csv")
    code, out, _ = command("load", newer)
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "What Market Domain Data 377 changes of 346" in lines
    assert "line_loss_factor_class 5 1 0 0" in lines
    assert sum(line.startswith("line_loss_factor_class added:") for line in lines) == 2
    assert (
        "line_loss_factor_class ended: mpid LOND, llfc 001, role R, effective_from 1996-04-01: "
        "effective_to open → 2024-04-01" in lines
    )
    (file,) = other.document("load", newer)["files"]
    changes = file["changes"]
    assert (changes["older"], changes["newer"]) == (346, 377)
    assert sorted(row["manner"] for row in changes["rows"]) == ["added"] * 5 + ["ended"]
    assert [row["after"] for row in changes["rows"] if row["manner"] == "ended"] == [{"effective_to": "2024-04-01"}]


def test_version_that_changes_nothing_says_so(command: Command, tmp_path: Path) -> None:
    command("load", write_mdd(tmp_path, "gsp_group", 346, GROUPS))
    out = command("load", write_mdd(tmp_path, "gsp_group", 377, GROUPS))[1]
    assert "Market Domain Data 377 changes nothing of 346 in these tables." in out


def test_refused_file_gives_exit_code_2_and_the_good_ones_are_loaded(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write_mdd(folder, "line_loss_factor_class", 377, [LLFC_1[:4]] * 30)
    write_mdd(folder, "gsp_group", 377, GROUPS)
    code, out, err = command("load", folder)
    assert code == 2
    assert "1 file loaded, 0 already loaded, 1 refused" in out
    assert err.count("error MD-004") == 20
    assert "10 more problems; --json lists them all." in err
    document = command.document("load", folder)
    assert document["counts"] == {"loaded": 0, "already_loaded": 1, "refused": 1, "skipped": 0}
    assert [len(file["findings"]) for file in document["files"]] == [0, 30]
    only = tmp_path / "words.txt"
    only.write_text("words", encoding="utf-8")
    assert command("load", only)[0] == 2
    (tmp_path / "nothing").mkdir()
    assert command("load", tmp_path / "nothing")[0] == 2


def test_arguments_that_cannot_be_used_are_refused(command: Command, tmp_path: Path) -> None:
    path = write_mdd(tmp_path, "gsp_group", 377, GROUPS)
    for arguments, error in (
        ((path, "--published", "16/06/2026"), "CA-001"),
        ((path, "--published", "2999-01-01"), "MD-015"),
        ((tmp_path / "absent",), "MD-018"),
    ):
        with pytest.raises(HalfhourError, match=error):
            command("load", *arguments)
    assert not command.store.exists()


def test_list_shows_what_is_loaded_and_what_is_doubtful(command: Command, tmp_path: Path) -> None:
    assert "nothing is loaded" in command("list")[1]
    assert command.document("list")["loads"] == []
    header = "effective_from,effective_to,etlmo_delivering,etlmo_offtaking"
    path = tmp_path / "etlmo.csv"
    path.write_text(f"{header}\n2002-04-01,2003-03-31,-0.00792,0.00985\n", encoding="utf-8")
    command("load", path, write_mdd(tmp_path, "gsp_group", 377, GROUPS))
    code, out, err = command("list")
    assert (code, err) == (0, "")
    assert "Market Domain Data 377: published 2026-06-16 (handbook" in out
    assert "estimated_transmission_losses_adjustment: Estimates for reporting, not settlement values." in out
    document = command.document("list")
    assert [(load["table"], load["version"], load["rows"]) for load in document["loads"]] == [
        ("gsp_group", 377, 2),
        ("estimated_transmission_losses_adjustment", None, 1),
    ]
    assert document["versions"][0]["published"] == "2026-06-16"
    load = document["loads"][1]
    assert (load["first_day"], load["last_day"], load["file"]) == ("2002-04-01", "2003-03-31", "etlmo.csv")
    assert len(load["sha256"]) == 64


def test_check_has_exit_code_2_only_for_a_store_that_is_wrong(command: Command, tmp_path: Path) -> None:
    days = each_day(date(2026, 4, 1), 3)
    path = write_extract(tmp_path / "llf.csv", [("1", day, "1.078") for day in (days[0], days[2])])
    command("load", path, "--distributor", "LOND")
    code, out, _ = command("check")
    assert code == 0
    assert "warning MD-026: LOND: class 001 has no line loss factors for 2026-04-02" in out
    assert out.endswith("1 table checked, 1 warning.\n")
    document = command.document("check")
    assert (document["good"], [finding["code"] for finding in document["findings"]]) == (True, ["MD-026"])
    stored = command.store.read_bytes()
    factor = (1078).to_bytes(2, "little") * 48
    assert factor in stored
    command.store.write_bytes(stored.replace(factor, (1079).to_bytes(2, "little") * 48))
    assert command("check")[0] == 2
    assert {finding["code"] for finding in command.document("check")["findings"]} == {"MD-024", "MD-026"}
    command.store.write_bytes(b"no store")
    with pytest.raises(HalfhourError, match="MD-020"):
        command("check")


def test_every_command_shows_an_example(command: Command) -> None:
    for name in ("load", "list", "check"):
        app([name, "--help"], exit_on_error=False, result_action="return_value")
        assert f"halfhour market-data {name}" in command.capsys.readouterr().out
