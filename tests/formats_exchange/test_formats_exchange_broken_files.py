"""Broken and untidy exchange files: what can be used is used, and nothing is lost without a finding."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from formats_exchange_slow_readers import read_slowly
from formats_exchange_stores import (
    EXPORT_MSID,
    IMPORT_MSID,
    OTHER_MSID,
    bg_row,
    codes_of,
    df2_of,
    edf_of,
    edf_row,
    only,
    put,
    simple_of,
    take,
    taken_in,
    values_of,
)
from formats_exchange_writers import FORMATS, Readings, bg, df2, edf, periods_of, simple
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfhour.formats.exchange import rows as exchange_rows
from halfhour.formats.finding_log import MOST_OF_A_CODE
from halfhour.metering.store import ReadingsStore

DAY = date(2024, 1, 15)
GOOD = "15/01/2024,01:00,2,A"
EXCHANGE: dict[str, Callable[[Readings], str]] = {"a.df2": df2, "bg.csv": bg, "edf.csv": edf, "simple.csv": simple}


def one_day(day: date = DAY, msid: str = IMPORT_MSID) -> Readings:
    return {(msid, "AI", day, period): (period * 10 + 1, "A") for period in range(1, periods_of(day) + 1)}


@pytest.mark.parametrize(
    "row",
    [
        "32/01/2024,00:30,1,A",
        "29/02/2023,00:30,1,A",
        "2024-01-15,00:30,1,A",
        "15/01/24,00:30,1,A",
        "01/15/2024,00:30,1,A",
        "15/01/1989,00:30,1,A",
        "15/01/2100,00:30,1,A",
        ",00:30,1,A",
        "15/01/2024,24:00,1,A",
        "15/01/2024,0030,1,A",
        "15/01/2024,00:15,1,A",
        "15/01/2024,00:30:30,1,A",
        "15/01/2024,,1,A",
        "١٥/01/2024,00:30,1,A",
        # Ends a half hour of 1989, before which there are none.
        "01/01/1990,00:00,1,A",
    ],
)
def test_a_df2_stamp_that_is_none_costs_its_row(tmp_path: Path, row: str) -> None:
    store = take(tmp_path, df2_of(row, GOOD), "a.df2")
    assert only(store, "HH-502").where == "readings/a.df2:4"
    assert values_of(store) == {(IMPORT_MSID, "AI", DAY, 2): (2000, "A")}


@pytest.mark.parametrize(
    "start",
    [
        "2024-01-15 00:15",
        "2024-01-15T00:00",
        "2024-01-15  0:00",
        "2024-01-15 00:00:00",
        "2024-01-15",
        "15/01/2024 00:00",
        "2024-1-15 00:00",
        "2024-13-15 00:00",
        "2024-01-15 24:00",
        "",
    ],
)
def test_a_simple_start_that_is_none_costs_its_row(tmp_path: Path, start: str) -> None:
    store = take(tmp_path, simple_of(f"{IMPORT_MSID},ACTIVE,2024-01-15 00:30,2,A", f"{IMPORT_MSID},ACTIVE,{start},1,A"))
    assert only(store, "HH-502").where == "readings/a.csv:3"
    assert values_of(store) == {(IMPORT_MSID, "AI", DAY, 2): (2000, "A")}


@pytest.mark.parametrize("day", ["31/02/2024", "2024-01-16", "16-01-2024", "16/01/24", ""])
def test_a_bg_day_that_is_none_costs_its_row_once(tmp_path: Path, day: str) -> None:
    store = take(tmp_path, bg_row("15/01/2024") + bg_row(day), bg_clock="utc")
    assert only(store, "HH-502").where == "readings/a.csv:2"
    assert {key[2] for key in values_of(store)} == {DAY}


@pytest.mark.parametrize("day", ["31-02-2024", "2024-01-16", "16/01/2024", ""])
def test_an_edf_day_that_is_none_costs_its_row_once(tmp_path: Path, day: str) -> None:
    store = take(tmp_path, edf_of(edf_row("15-01-2024", ["1"] * 48), edf_row(day, ["1"] * 48)))
    assert only(store, "HH-502").where == "readings/a.csv:3"
    assert {key[2] for key in values_of(store)} == {DAY}


def test_a_bad_mpan_or_quantity_in_a_row_of_a_day_is_said_once(tmp_path: Path) -> None:
    content = bg_row("15/01/2024") + bg_row("16/01/2024", msid="123456789012")
    assert "'123456789012'" in only(take(tmp_path / "bg", content, bg_clock="utc"), "RD-009").message
    content = edf_of(edf_row("15-01-2024", ["1"] * 48), edf_row("15-01-2024", ["1"] * 48, quantity="XX"))
    assert "'XX'" in only(take(tmp_path / "edf", content), "RD-010").message


def test_a_df2_outstation_without_an_mpan_costs_its_rows_and_no_others(tmp_path: Path) -> None:
    text = df2_of(GOOD) + f"#O Spare\n{GOOD}\n{GOOD}\n#O {EXPORT_MSID}\n{GOOD}\n"
    store = take(tmp_path, text, "a.df2")
    assert codes_of(store) == [("RD-009", "error")] * 2
    assert set(values_of(store)) == {(IMPORT_MSID, "AI", DAY, 2), (EXPORT_MSID, "AE", DAY, 2)}


@pytest.mark.parametrize("name", EXCHANGE)
@pytest.mark.parametrize("untidy", ["crlf", "cr", "bom", "blank lines", "no last line end", "spaces", "quotes"])
def test_what_only_looks_different_reads_the_same(tmp_path: Path, name: str, untidy: str) -> None:
    readings = one_day()
    text = EXCHANGE[name](readings)
    changed = {
        "crlf": text.replace("\n", "\r\n"),
        "cr": text.replace("\n", "\r"),
        "bom": "\ufeff" + text,
        "blank lines": "\n  \n" + text.replace("\n", "\n\n \t\n"),
        "no last line end": text.removesuffix("\n"),
        "spaces": "\n".join(
            line if line.startswith("#") else ",".join(f"  {field}\t" for field in line.split(","))
            for line in text.splitlines()
        ),
        "quotes": "\n".join(
            line if line.startswith("#") else ",".join(f'"{field}"' for field in line.split(","))
            for line in text.splitlines()
        ),
    }[untidy]
    store = take(tmp_path, changed, name, bg_clock="utc")
    assert codes_of(store) == []
    assert values_of(store) == readings


def test_an_mpan_written_in_groups_is_the_same_mpan(tmp_path: Path) -> None:
    grouped = "20 0000 0000 015"
    contents = [
        df2_of(GOOD, msid=grouped),
        simple_of(f"{grouped},ACTIVE,2024-01-15 00:30,2,A"),
        bg_row("15/01/2024", {nth: "2" if nth == 2 else "" for nth in range(1, 49)}, msid=grouped),
        edf_of(edf_row("15-01-2024", ["", "2"])).replace(IMPORT_MSID, grouped),
    ]
    for number, content in enumerate(contents):
        store = take(tmp_path / str(number), content, bg_clock="utc")
        assert values_of(store) == {(IMPORT_MSID, "AI", DAY, 2): (2000, "A")}
        assert codes_of(store) == []


@pytest.mark.parametrize("name", EXCHANGE)
def test_a_file_cut_off_within_a_line_is_not_used(tmp_path: Path, name: str) -> None:
    text = EXCHANGE[name](one_day() | one_day(date(2024, 1, 16)))
    cut = text[: text.rstrip("\n").rindex(",")]
    store = take(tmp_path, cut, name, bg_clock="utc")
    only(store, "HH-501")
    assert store.segments == []


@pytest.mark.parametrize("name", EXCHANGE)
def test_a_fault_far_down_takes_the_whole_file_with_it_and_no_other(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_rows, "BLOCK_BYTES", 2048)
    text = EXCHANGE[name](one_day() | one_day(date(2024, 1, 16)) | one_day(date(2024, 1, 17)))
    put(tmp_path, text + "1,2\n", name)
    good = one_day(msid=OTHER_MSID)
    put(tmp_path, FORMATS["long CSV"][1](good), "z.csv")
    store = taken_in(tmp_path, bg_clock="utc")
    line = text.count("\n") + 1
    assert f"line {line} has 2 fields" in only(store, "HH-501").message
    assert values_of(store) == good


@pytest.mark.parametrize("name", EXCHANGE)
def test_blocks_of_any_size_give_the_same(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = one_day(date(2024, 3, 31)) | one_day(date(2024, 4, 1), OTHER_MSID) | one_day(date(2024, 4, 2))
    directions = {IMPORT_MSID: "AI", OTHER_MSID: "AI"}
    # An odd step past the length of a line puts the end of a block between the two halves of a line end, too.
    for size in (1500, 1501, 1512, 1523, 5000):
        for end in ("\n", "\r\n", "\r"):
            monkeypatch.setattr(exchange_rows, "BLOCK_BYTES", size)
            text = EXCHANGE[name](readings).replace("\n", end)
            store = take(tmp_path / f"{size}{end!r}", text, name, bg_clock="utc", directions=directions)
            assert codes_of(store) == []
            assert values_of(store) == readings


def test_what_a_block_rejects_is_said_with_the_line_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_rows, "BLOCK_BYTES", 60)
    rows = ["15/01/2024,00:30,1,A", "15/01/2024,01:00,x,A"] * 20
    store = take(tmp_path, df2_of(*rows), "a.df2")
    places = [finding.where for finding in store.findings() if finding.code == "HH-503"]
    assert places == [f"readings/a.df2:{line}" for line in range(5, 44, 2)]


def test_a_file_that_is_wrong_throughout_gives_examples_and_the_number(tmp_path: Path) -> None:
    rows = ["15/01/2024,00:15,1,A"] * (MOST_OF_A_CODE + 7)
    store = take(tmp_path, df2_of(*rows), "a.df2")
    findings = store.findings()
    assert len(findings) == MOST_OF_A_CODE + 1
    assert "7 more findings of HH-502" in findings[-1].message
    assert store.sources[0].rejected == MOST_OF_A_CODE + 7


@pytest.mark.parametrize("content", ["#F2\n", f"#F2\n#O {IMPORT_MSID}\n#S 1\n", "\ufeff#F2"])
def test_a_df2_file_without_rows_is_empty(tmp_path: Path, content: str) -> None:
    only(take(tmp_path, content, "a.df2"), "RD-003")


def test_an_edf_file_of_titles_only_is_empty(tmp_path: Path) -> None:
    only(take(tmp_path, edf_of()), "RD-003")


@pytest.mark.parametrize("name", ["a.df2", "a.csv", "a.csv.gz", "a.df2.gz"])
def test_an_empty_file_is_empty_whatever_its_name(tmp_path: Path, name: str) -> None:
    only(take(tmp_path, "", name), "RD-003")


def test_binary_junk_is_no_readings_file(tmp_path: Path) -> None:
    only(take(tmp_path / "a", random.Random(1).randbytes(5000), "a.df2"), "RD-001")
    # Junk behind a good beginning is refused by the format that the beginning shows.
    junk = b"\xff\x80\n\x00,\x01\n" * 50
    only(take(tmp_path / "b", df2_of(*[GOOD] * 2000).encode() + junk, "a.df2"), "RD-004")
    only(take(tmp_path / "c", df2_of(*[GOOD] * 2000).encode() + b"\x00\x01\x02\n" * 50, "a.df2"), "HH-501")


def test_a_df2_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    only(take(tmp_path / "a", df2_of(GOOD).replace("A plant", "Café").encode("latin-1"), "a.df2"), "RD-004")
    only(take(tmp_path / "b", df2_of(GOOD).encode("utf-16"), "a.df2"), "RD-004")
    assert codes_of(take(tmp_path / "c", df2_of(GOOD).replace("A plant", "Café"), "a.df2")) == []


def test_a_gzip_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(df2_of(*[GOOD] * 50_000).encode())
    path = put(tmp_path, "", "a.df2.gz")
    path.write_bytes(packed[:-20])
    only(taken_in(tmp_path), "RD-005")


@pytest.mark.parametrize("row", ['15/01/2024,01:30,"1,A', '"15/01/2024,01:30,1,A'])
def test_a_stray_quote_does_not_swallow_good_rows(tmp_path: Path, row: str) -> None:
    store = take(tmp_path, df2_of(GOOD, row, "15/01/2024,02:00,3,A"), "a.df2")
    assert "line 5 has a stray quote" in only(store, "HH-501").message


def test_a_first_row_with_a_stray_quote_is_not_taken_for_titles(tmp_path: Path) -> None:
    text = bg_row("15/01/2024").replace(",1.5", ',"1.5', 1) + bg_row("16/01/2024")
    assert "line 1 has a stray quote" in only(take(tmp_path, text, bg_clock="utc"), "HH-501").message


def test_a_first_row_without_mpan_and_day_is_not_taken_for_titles(tmp_path: Path) -> None:
    text = bg_row("", msid="") + bg_row("16/01/2024")
    assert only(take(tmp_path, text, bg_clock="utc"), "RD-009").where == "readings/a.csv:1"


def test_doubles_far_apart_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_rows, "BLOCK_BYTES", 80)
    between = [f"16/01/2024,{nth // 2:02}:{nth % 2 * 30:02},1,A" for nth in range(1, 40)]
    rows = ["15/01/2024,00:30,1,A", GOOD, *between, "15/01/2024,00:30,2,A", GOOD]
    store = take(tmp_path, df2_of(*rows), "a.df2")
    assert codes_of(store) == [("HH-504", "error"), ("HH-504", "warning")]
    assert (IMPORT_MSID, "AI", DAY, 1) not in values_of(store)
    assert values_of(store)[(IMPORT_MSID, "AI", DAY, 2)] == (2000, "A")


PIECES = [b"#", b",", b"\n", b'"', b"-", b" ", b"\r", b"0", b"9", b"/", b":", b"A", b"x", b"\xff", b"\0", b"\xc3\xa9"]


def damaged(content: bytes, r: random.Random) -> bytes:
    """The content with something of it changed, lost, moved or doubled."""
    data = bytearray(content)
    for _ in range(r.randint(1, 4)):
        place = r.randrange(len(data) + 1)
        kind = r.choice(["set", "insert", "cut", "lines", "drop", "double line", "letter"])
        if kind == "set":
            data[place : place + 1] = r.choice(PIECES)
        elif kind == "insert":
            data[place:place] = r.choice(PIECES)
        elif kind == "cut" and r.random() < 0.2:
            del data[place:]
        elif kind == "lines":
            lines = data.split(b"\n")
            r.shuffle(lines)
            data = bytearray(b"\n".join(lines)) if r.random() < 0.2 else data
        elif kind == "drop":
            del data[place : place + r.randint(1, 30)]
        elif kind == "double line":
            end = data.find(b"\n", place) + 1 or len(data)
            data[end:end] = data[place:end]
        elif kind == "letter":
            data[place : place + 1] = bytes([r.randrange(256)])
    return bytes(data)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.sampled_from(sorted(EXCHANGE)), seed=st.integers(0, 2**32))
def test_a_damaged_file_gives_what_a_slow_and_simple_reader_gives(
    tmp_path_factory: pytest.TempPathFactory, name: str, seed: int
) -> None:
    check_damaged(tmp_path_factory.mktemp("damaged"), name, seed)


def check_damaged(folder: Path, name: str, seed: int) -> None:
    r = random.Random(seed)
    readings = one_day(r.choice([DAY, date(2024, 3, 31), date(2024, 10, 27)])) | one_day(date(2024, 10, 28), OTHER_MSID)
    directions = {IMPORT_MSID: "AI", OTHER_MSID: "AI"}
    content = damaged(EXCHANGE[name](readings).encode(), r)
    store = take(folder, content, name, directions=directions, bg_clock="utc")
    slow = read_slowly(name, content, directions)
    values = {key: wh for key, (wh, _) in values_of(store).items()}
    if store.sources[0].format:
        assert slow is not None
        assert values == slow
    else:
        refusal = only_code(store)
        assert values == {}
        # Where the beginning no longer shows the format, the file is another matter.
        assert slow is None or not slow or refusal in {"RD-001", "RD-003"}


def only_code(store: ReadingsStore) -> str:
    ((code, severity),) = codes_of(store)
    assert severity == "error"
    return code
