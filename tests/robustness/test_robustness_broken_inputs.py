"""Broken inputs: never a traceback; refused with a code, or settled to what an independent slow reading gives."""

from __future__ import annotations

import csv
import json
import os
import re
import tomllib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from broken_inputs import (
    DAYS,
    EXPORT,
    IMPORT,
    SITE,
    TABLES,
    long_csv,
    readings_cases,
    site_file_cases,
    table_cases,
)
from slow_reference import HalfHour, read

from halfhour.cli import main
from halfhour.errors import codes
from halfhour.register import load_portfolio

FIRST, END = date(2024, 3, 28), date(2024, 4, 1)
RANGE = ("--from", FIRST.isoformat(), "--to", END.isoformat())
READINGS, SITES, REGISTER_TABLES = readings_cases(), site_file_cases(), table_cases()


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error; any exception but SystemExit fails the test as a traceback would."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    output = capsys.readouterr()
    code = int(caught.value.code or 0)
    assert code in (0, 1, 2, 3)
    named = set(re.findall(r"\b[A-Z]{2}-[0-9]{3}\b", output.err))
    if code in (2, 3) and arguments[0] == "settle":
        assert named, "a refusal has a code"
        assert "next:" in output.err
    return code, output.out, output.err


def good_readings(folder: Path) -> dict[HalfHour, int]:
    """Two days of sound readings in a file of their own."""
    values = {
        (msid, quantity, day, period): 1000 * period + len(quantity) + day.day
        for day in (date(2024, 3, 28), date(2024, 3, 29))
        for period in range(1, 49)
        for msid, quantity in ((IMPORT, "AI"), (EXPORT, "AE"))
    }
    lines = ["msid,measurement_quantity,settlement_date,settlement_period,kwh"]
    lines += [f"{m},{q},{day},{period},{Decimal(wh) / 1000}" for (m, q, day, period), wh in values.items()]
    (folder / "readings").mkdir(exist_ok=True, parents=True)
    path = folder / "readings" / "good.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return values


def import_within(values: dict[HalfHour, int]) -> int:
    return sum(
        wh
        for (msid, quantity, day, _), wh in values.items()
        if (msid, quantity) == (IMPORT, "AI") and FIRST <= day < END
    )


def exceptions_of(run_folder: Path) -> list[dict[str, str]]:
    with (run_folder / "exceptions.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def assert_named(exceptions: Iterable[dict[str, str]], file: str, lines: Iterable[int]) -> None:
    """Every line of which something was not used has a row of its own."""
    named = {
        int(found[1])
        for row in exceptions
        if row["severity"] == "error" and (found := re.match(rf"{re.escape(file)}:(?:row )?(\d+)", row["message"]))
    }
    assert set(lines) <= named


@pytest.mark.parametrize(("case", "name", "content"), READINGS, ids=[case[0] for case in READINGS])
def test_a_broken_readings_file_settles_to_exactly_what_can_be_read_of_it(capsys, tmp_path, case, name, content):
    (tmp_path / "plain.toml").write_text(SITE, encoding="utf-8")
    expected = good_readings(tmp_path)
    (tmp_path / "readings" / name).write_bytes(content)
    slow = read(name, content)
    expected.update(slow.wh)

    code, out, _ = run(capsys, "settle", tmp_path, "--no-report", "--json", "--out", tmp_path / "out", *RANGE)
    assert code == 0
    made = json.loads(out)
    assert made["import_bp_wh"] == import_within(expected)
    assert made["chargeable_wh"] + made["non_chargeable_wh"] == made["import_bp_wh"]
    exceptions = exceptions_of(tmp_path / "out")
    assert all(row["code"] in codes() for row in exceptions)
    if slow.whole_file_rejected:
        assert [row for row in exceptions if row["message"].startswith(f"readings/{name}: ")]
    else:
        in_range = slow.rejected if name.startswith("long") else set()
        dated = {number for number in in_range if not _is_of_another_day(content, name, number)}
        assert_named(exceptions, f"readings/{name}", dated)


def _is_of_another_day(content: bytes, name: str, number: int) -> bool:
    """Whether a rejected line says that it belongs to a day outside those settled; such a row is not of this run."""
    if not name.endswith(".csv"):
        return False
    text = content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n")[number - 1]
    days = re.findall(r"\b\d{4}-\d{2}-\d{2}\b", text)
    return any(not FIRST.isoformat() <= day < END.isoformat() for day in days)


CHECKED = [case for case in READINGS if not case[0].endswith((" 1", " 2", " 3"))]


@pytest.mark.parametrize(("case", "name", "content"), CHECKED, ids=[case[0] for case in CHECKED])
def test_check_names_everything_wrong_with_a_broken_readings_file(capsys, tmp_path, case, name, content):
    (tmp_path / "plain.toml").write_text(SITE, encoding="utf-8")
    good_readings(tmp_path)
    (tmp_path / "readings" / name).write_bytes(content)
    slow = read(name, content)
    code, out, err = run(capsys, "check", tmp_path, "--json")
    assert (code, err) == (0, "")
    findings = json.loads(out)["findings"]
    assert all(finding["code"] in codes() for finding in findings)
    places = {finding["where"] for finding in findings if finding["severity"] == "error"}
    if slow.whole_file_rejected:
        assert f"readings/{name}" in places
    unit = "row " if name.endswith("parquet") else ""
    assert {f"readings/{name}:{unit}{number}" for number in slow.rejected} <= places


def expected_of_site(document: dict[str, Any], values: dict[HalfHour, int]) -> int:
    """The import of a site whose TOML was taken, from the readings of its boundary meters while they are registered."""
    total = 0
    for metering in document["metering"]:
        if metering["at"] == "boundary" and "import" in metering:
            total += sum(
                wh
                for (msid, quantity, day, _), wh in values.items()
                if (msid, quantity) == (metering["import"].strip(), "AI")
                and FIRST <= day < END
                and metering.get("from", date.min) <= day < metering.get("to", date.max)
            )
    return total


@pytest.mark.parametrize(("case", "content"), SITES, ids=[case[0] for case in SITES])
def test_a_broken_site_file_is_refused_or_means_what_it_says(capsys, tmp_path, case, content):
    (tmp_path / "plain.toml").write_bytes(content)
    values = good_readings(tmp_path)
    code, out, err = run(capsys, "settle", tmp_path, "--no-report", "--json", "--out", tmp_path / "out", *RANGE)
    checked, _, _ = run(capsys, "check", tmp_path)
    if code == 0:
        document = tomllib.loads(content.decode("utf-8-sig"))
        assert json.loads(out)["import_bp_wh"] == expected_of_site(document, values)
        assert checked == 0
    else:
        assert code == 2
        assert out == ""
        assert not (tmp_path / "out").exists()
        assert checked == 2 or "ST-001" in err


@pytest.mark.parametrize(("case", "name", "content"), REGISTER_TABLES, ids=[case[0] for case in REGISTER_TABLES])
def test_a_broken_register_table_is_refused_or_means_what_it_says(capsys, tmp_path, case, name, content):
    for table, text in TABLES.items():
        (tmp_path / table).write_text(text, encoding="utf-8")
    (tmp_path / name).write_bytes(content)
    values = good_readings(tmp_path)
    code, out, err = run(capsys, "settle", tmp_path, "--no-report", "--json", "--out", tmp_path / "out", *RANGE)
    checked, _, _ = run(capsys, "check", tmp_path)
    if code == 0:
        with (tmp_path / "metering.csv").open(encoding="utf-8-sig", newline="") as stream:
            metering = [
                {
                    key.strip(): date.fromisoformat(cell.strip()) if key.strip() in ("from", "to") else cell.strip()
                    for key, cell in row.items()
                    if cell.strip()
                }
                for row in csv.DictReader(stream)
            ]
        assert json.loads(out)["import_bp_wh"] == expected_of_site({"metering": metering}, values)
        assert checked == 0
    else:
        assert (code, out) == (2, "")
        assert checked == 2 or "ST-001" in err


def put_directory(folder: Path) -> None:
    (folder / "readings" / "folder.csv").mkdir()


def put_directory_with_file(folder: Path) -> None:
    (folder / "readings" / "folder.csv").mkdir()
    (folder / "readings" / "folder.csv" / "inside.csv").write_bytes(long_csv())


def put_link_to_itself(folder: Path) -> None:
    (folder / "readings" / "loop.csv").symlink_to("loop.csv")


def put_links_to_each_other(folder: Path) -> None:
    (folder / "readings" / "a.csv").symlink_to("b.csv")
    (folder / "readings" / "b.csv").symlink_to("a.csv")


def put_link_to_parent(folder: Path) -> None:
    (folder / "readings" / "up").symlink_to("..")


def put_dangling_link(folder: Path) -> None:
    (folder / "readings" / "gone.csv").symlink_to("/nowhere/at/all.csv")


def put_link_to_good_file(folder: Path) -> None:
    (folder / "readings" / "again.csv").symlink_to("good.csv")


def put_link_to_file_outside(folder: Path) -> None:
    outside = folder.parent / f"{folder.name} outside.csv"
    outside.write_bytes(long_csv())
    (folder / "readings" / "linked.csv").symlink_to(outside)


def put_deep_folders(folder: Path) -> None:
    deep = folder / "readings" / "/".join(f"d{number}" for number in range(60))
    deep.mkdir(parents=True)
    (deep / "deep.csv").write_bytes(long_csv())


def put_odd_names(folder: Path) -> None:
    for name in ("ü ☂.csv", "new\nline.csv", "[x]*?.csv", "-rf.csv", "a" * 200 + ".csv", " .csv"):
        (folder / "readings" / name).write_bytes(long_csv())


def put_undecodable_name(folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder / "readings") + b"/bad\xff\xfename.csv"))).write_bytes(long_csv())


def site_file_is_a_folder(folder: Path) -> None:
    (folder / "other.toml").mkdir()


def site_file_is_a_loop(folder: Path) -> None:
    (folder / "other.toml").symlink_to("other.toml")


def readings_is_a_file(folder: Path) -> None:
    (folder / "readings" / "good.csv").unlink()
    (folder / "readings").rmdir()
    (folder / "readings").write_text("x")


def readings_is_a_loop(folder: Path) -> None:
    (folder / "readings" / "good.csv").unlink()
    (folder / "readings").rmdir()
    (folder / "readings").symlink_to("readings")


def store_is_a_file(folder: Path) -> None:
    (folder / ".halfhour").write_text("x")


def table_is_a_folder(folder: Path) -> None:
    (folder / "sites.csv").mkdir()


def settings_are_garbage(folder: Path) -> None:
    (folder / "portfolio.toml").write_bytes(b"\x00\xff[settlement\n")


def loss_factors_are_garbage(folder: Path) -> None:
    (folder / "line_loss_factors.csv").write_bytes(b"gsp_group,voltage\n_H")


WITH_BOTH_FILES = {
    put_directory_with_file,
    put_link_to_file_outside,
    put_deep_folders,
    put_odd_names,
    put_undecodable_name,
}
REFUSED = {
    put_link_to_itself,
    put_links_to_each_other,
    put_dangling_link,
    site_file_is_a_folder,
    site_file_is_a_loop,
    readings_is_a_file,
    readings_is_a_loop,
    store_is_a_file,
    table_is_a_folder,
    settings_are_garbage,
    loss_factors_are_garbage,
}
ODD_THINGS = [
    put_directory,
    put_directory_with_file,
    put_link_to_itself,
    put_links_to_each_other,
    put_link_to_parent,
    put_dangling_link,
    put_link_to_good_file,
    put_link_to_file_outside,
    put_deep_folders,
    put_odd_names,
    put_undecodable_name,
    site_file_is_a_folder,
    site_file_is_a_loop,
    readings_is_a_file,
    readings_is_a_loop,
    store_is_a_file,
    table_is_a_folder,
    settings_are_garbage,
    loss_factors_are_garbage,
]


@pytest.mark.parametrize("put", ODD_THINGS, ids=lambda put: put.__name__)
def test_odd_things_in_the_folder_are_refused_or_left_alone(capsys, tmp_path, put):
    folder = tmp_path / "portfolio"
    folder.mkdir()
    (folder / "plain.toml").write_text(SITE, encoding="utf-8")
    values = good_readings(folder)
    put(folder)
    code, out, _ = run(capsys, "settle", folder, "--no-report", "--json", "--out", tmp_path / "out", *RANGE)
    run(capsys, "check", folder)
    if put in REFUSED:
        assert (code, out) == (2, "")
        return
    assert code == 0
    if put in WITH_BOTH_FILES:
        values.update(read("long.csv", long_csv()).wh)
    assert json.loads(out)["import_bp_wh"] == import_within(values)
    again = run(capsys, "settle", folder, "--no-report", "--json", "--out", tmp_path / "out", *RANGE)
    assert again == (0, out, "")
    assert not [row for row in exceptions_of(tmp_path / "out") if row["code"] == "ST-108"], "no file has gone"


def test_many_broken_files_beside_each_other_do_not_disturb_the_good_one(capsys, tmp_path):
    (tmp_path / "plain.toml").write_text(SITE, encoding="utf-8")
    values = good_readings(tmp_path)
    rejected = 0
    for number, (_, name, content) in enumerate(READINGS):
        if read(name, content).whole_file_rejected:
            (tmp_path / "readings" / f"{number:03}.{name}").write_bytes(content)
            rejected += 1
    assert rejected > 30
    code, out, _ = run(capsys, "settle", tmp_path, "--no-report", "--json", "--out", tmp_path / "out", *RANGE)
    assert code == 0
    assert json.loads(out)["import_bp_wh"] == import_within(values)


def settled(folder: Path) -> Path:
    """A run of the sound portfolio."""
    (folder / "plain.toml").write_text(SITE, encoding="utf-8")
    good_readings(folder)
    with pytest.raises(SystemExit) as caught:
        main(["settle", str(folder), "--no-report", "--out", str(folder / "out")])
    assert not caught.value.code
    return folder / "out"


MANIFESTS = [
    b"",
    b"{",
    b"[]",
    b'"run"',
    b"5",
    b"null",
    b'{"run": 5}',
    b'{"run": {}}',
    b"[" * 50_000,
    b"\xff\xfe",
    b'{"halfhour": "1", "run": {}}',
]


@pytest.mark.parametrize("content", MANIFESTS, ids=lambda content: repr(content[:20]))
def test_a_run_with_a_broken_manifest_is_refused_by_whoever_reads_it(capsys, tmp_path, content):
    out = settled(tmp_path)
    (out / "manifest.json").write_bytes(content)
    where = ("--site", "plain", "--date", "2024-03-28", "--period", "1")
    for arguments in (("explain", out, *where), ("diff", out, out)):
        code, _, err = run(capsys, *arguments)
        assert code == 2
        assert "ST-004" in err


@pytest.mark.parametrize("name", ["site_periods", "settled_volumes", "factors", "bm_unit_periods"])
@pytest.mark.parametrize("how", ["truncated", "empty", "garbage", "gone"])
def test_a_run_with_a_broken_table_is_refused_by_diff(capsys, tmp_path, name, how):
    out = settled(tmp_path)
    path = out / f"{name}.parquet"
    content = {"truncated": path.read_bytes()[:-20], "empty": b"", "garbage": b"PAR1" + b"\x00" * 100 + b"PAR1"}
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(content[how])
    code, _, err = run(capsys, "diff", out, out)
    assert code == 2
    assert "ST-00" in err


@pytest.mark.parametrize("how", ["truncated", "empty", "garbage", "gone", "list", "later version"])
def test_a_broken_catalogue_of_the_store_is_refused_with_the_way_out(capsys, tmp_path, how):
    settled(tmp_path)
    path = tmp_path / ".halfhour" / "readings" / "catalogue.json"
    whole = path.read_bytes()
    content = {
        "truncated": whole[: len(whole) // 2],
        "empty": b"",
        "garbage": b"\xff\x00\x01",
        "list": b"[1, 2]",
        "later version": whole.replace(b'"version": 2', b'"version": 999'),
    }
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(content[how])
    code, _, err = run(capsys, "settle", tmp_path, "--no-report", "--out", tmp_path / "again")
    if how == "gone":
        assert code == 0, "the store is built again from the readings files"
    else:
        assert code == 2
        assert re.search("RD-03[01]", err)
        assert str(tmp_path / ".halfhour" / "readings") in err


@pytest.mark.parametrize("kind", ["segments", "series", "findings"])
@pytest.mark.parametrize("how", ["truncated", "empty", "garbage", "gone"])
def test_a_broken_file_of_the_store_is_refused_and_never_settled_without(capsys, tmp_path, kind, how):
    (tmp_path / "readings").mkdir(parents=True)
    (tmp_path / "readings" / "bad.csv").write_bytes(long_csv().replace(b"1000.000", b"many"))
    out = settled(tmp_path)
    files = sorted((tmp_path / ".halfhour" / "readings" / "segments").iterdir())
    of_kind = {
        "series": [path for path in files if "series" in path.name],
        "findings": [path for path in files if "findings" in path.name],
        "segments": [path for path in files if not re.search("series|findings", path.name)],
    }[kind]
    assert of_kind
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    for path in of_kind:
        content = {"truncated": path.read_bytes()[:-30], "empty": b"", "garbage": b"PAR1" + bytes(200) + b"PAR1"}
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes(content[how])
    code, _, err = run(capsys, "settle", tmp_path, "--no-report", "--out", out)
    assert code == 2
    assert "RD-032" in err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before, "the run that was there is untouched"


def test_short_and_long_days_in_wide_form_take_exactly_their_periods(capsys, tmp_path):
    """The 46th period of the short day is its last: a value under p47 is an exception and shifts no other."""
    (tmp_path / "plain.toml").write_text(SITE, encoding="utf-8")
    (tmp_path / "readings").mkdir()
    heading = ",".join(["msid,measurement_quantity,settlement_date", *(f"p{number}" for number in range(1, 51))])
    row = ",".join([IMPORT, "AI", "2024-03-31", *("1" for _ in range(47)), "", "", ""])
    (tmp_path / "readings" / "wide.csv").write_text(f"{heading}\n{row}\n", encoding="utf-8")
    code, out, _ = run(capsys, "settle", tmp_path, "--no-report", "--json", "--out", tmp_path / "out")
    assert code == 0
    assert json.loads(out)["import_bp_wh"] == DAYS[date(2024, 3, 31)] * 1000
    assert [row["settlement_period"] for row in exceptions_of(tmp_path / "out") if row["code"] == "RD-013"] == ["47"]


def test_a_pipe_among_the_readings_is_not_waited_for(tmp_path):
    (tmp_path / "plain.toml").write_text(SITE, encoding="utf-8")
    good_readings(tmp_path)
    os.mkfifo(tmp_path / "readings" / "pipe.csv")
    assert [path.name for path in load_portfolio(tmp_path).reading_files] == ["good.csv"]
