"""Readings files: what is read, what is said about what cannot be, and that nothing is lost in between."""

from __future__ import annotations

import gzip
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import metering_readings_helpers as helpers
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from metering_readings_helpers import DAY, IMPORT_MSID, codes_of, long, only, row, take, values_of, wh_by_period, write

from halfhour.errors import codes
from halfhour.formats import finding_log
from halfhour.metering.readings import csv_tables

SPRING = date(2025, 3, 30)
AUTUMN = date(2025, 10, 26)


def wide(cells: dict[int, object], day: date = DAY, extra: str = "", extra_value: str = "") -> str:
    header = "msid,measurement_quantity,settlement_date," + ",".join(f"p{p}" for p in range(1, 51)) + extra
    values = ",".join(str(cells.get(p, "")) for p in range(1, 51))
    return f"{header}\n{IMPORT_MSID},AI,{day},{values}{extra_value}\n"


# --- shapes and dress -------------------------------------------------------------------------------------------


def test_a_long_row_becomes_whole_watt_hours_with_its_mark(tmp_path: Path) -> None:
    store = take(tmp_path, long(row(17, "158.087"), row(18, "2", status="E")))
    assert values_of(store) == {
        (IMPORT_MSID, "AI", DAY, 17): (158_087, 1),
        (IMPORT_MSID, "AI", DAY, 18): (2_000, 2),
    }
    assert store.findings() == []
    source = store.sources[0]
    assert (source.path, source.format) == ("readings/a.csv", "long CSV")
    assert (source.rows, source.readings, source.rejected) == (2, 2, 0)


@pytest.mark.parametrize(
    "dress",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("msid,", " MSID ,").replace("kwh", "kWh"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "\n,,,,,\n" + text + ",,,,,\n",
        lambda text: text.rstrip("\n"),
        lambda text: text.replace(",", ", "),
        lambda text: "\n".join('"' + line.replace(",", '","') + '"' for line in text.splitlines()),
        lambda text: "\n".join(",".join(reversed(line.split(","))) for line in text.splitlines()),
        lambda text: text.replace("status", "Status ").replace(",A\n", ",a\n"),
        lambda text: text.replace(",status", "").replace(",A\n", "\n"),
        lambda text: text.replace(",A\n", ",\n"),
        lambda text: text.replace(",1,1.5", ",01,+1.5e0"),
    ],
)
def test_dress_makes_no_difference(tmp_path: Path, dress) -> None:
    store = take(tmp_path, dress(long(row(1), row(2, "0.25"))))
    assert wh_by_period(store) == {1: 1500, 2: 250}
    assert store.findings() == []


def test_an_empty_value_is_missing_and_no_finding(tmp_path: Path) -> None:
    store = take(tmp_path, long(row(1, ""), row(2, "0"), row(3, "  ")))
    assert wh_by_period(store) == {2: 0}
    assert store.findings() == []


def everything(day: date, periods: int) -> list[tuple[str, str, date, int, str, str]]:
    generator = random.Random(7)
    return [
        (msid, quantity, on, period, str(Decimal(generator.randrange(10**8)) / 1000), "AE"[number % 2])
        for number, (msid, quantity) in enumerate([(IMPORT_MSID, "AI"), (IMPORT_MSID, "AE"), ("2000000000033", "AI")])
        for on, last in ((day, periods), (DAY, 48))
        for period in range(1, last + 1)
    ]


@pytest.mark.parametrize(("day", "periods"), [(SPRING, 46), (AUTUMN, 50), (date(2025, 7, 1), 48)])
def test_all_forms_of_the_same_readings_make_the_same_store(tmp_path: Path, day: date, periods: int) -> None:
    readings = everything(day, periods)
    text = helpers.HEADER + "\n" + "".join(",".join(map(str, reading)) + "\n" for reading in readings)
    columns = list(zip(*readings, strict=True))
    names = helpers.HEADER.split(",")
    typed = pa.table(
        [
            pa.array(columns[0]),
            pa.array(columns[1]).dictionary_encode(),
            pa.array(columns[2], pa.date32()),
            pa.array(columns[3], pa.int8()),
            pa.array([float(kwh) for kwh in columns[4]]),
            pa.array(columns[5]),
        ],
        names=names,
    )
    loose = pa.table(
        [
            pa.array([int(msid) for msid in columns[0]]),
            pa.array(columns[1], pa.large_string()),
            pa.array([datetime(on.year, on.month, on.day) for on in columns[2]], pa.timestamp("ns")),  # noqa: DTZ001
            pa.array([float(period) for period in columns[3]]),
            pa.array([Decimal(kwh) for kwh in columns[4]], pa.decimal128(18, 6)),
            pa.array(columns[5]).dictionary_encode(),
        ],
        names=[name.upper() for name in names],
    )
    rows: dict[tuple[str, str, date, str], dict[int, str]] = {}
    for msid, quantity, on, period, kwh, status in readings:
        rows.setdefault((msid, quantity, on, status), {})[period] = kwh
    header = "status,msid,measurement_quantity,settlement_date," + ",".join(f"P{p}" for p in range(1, 51))
    wide_text = "".join(
        f"{status},{msid},{quantity},{on}," + ",".join(cells.get(p, "") for p in range(1, 51)) + "\n"
        for (msid, quantity, on, status), cells in rows.items()
    )
    wide_table = pa.table(
        {
            "msid": [key[0] for key in rows],
            "measurement_quantity": [key[1] for key in rows],
            "settlement_date": [str(key[2]) for key in rows],
            "status": [key[3] for key in rows],
        }
        | {f"p{p}": pa.array([cells.get(p) for cells in rows.values()], pa.string()) for p in range(1, 51)}
    )
    shuffled = readings[:]
    random.Random(3).shuffle(shuffled)
    by_name: dict[str, str | bytes] = {
        "a.csv": text,
        "b.csv.gz": text,
        "c.csv": f"{header}\n{wide_text}",
        "d.csv.gz": f"{header}\n{wide_text}",
        "e.csv": helpers.HEADER + "\n" + "".join(",".join(map(str, reading)) + "\n" for reading in shuffled),
    }
    expected = {
        (msid, quantity, on, period): (int(Decimal(kwh) * 1000), 1 if status == "A" else 2)
        for msid, quantity, on, period, kwh, status in readings
    }
    tables: list[bytes] = []
    for name, content in by_name.items():
        store = take(tmp_path / name, content, name)
        assert values_of(store) == expected
        assert store.findings() == []
        tables.append(pq.read_table(store.segments[0].path).drop(["source"]).to_pylist())
    for name, table in (("f.parquet", typed), ("g.anything", loose), ("h.parquet", wide_table)):
        path = write(tmp_path / name, name, b"")
        pq.write_table(table, path, row_group_size=100)
        helpers.stamped(path, helpers.MTIME)
        store = helpers.store_of(tmp_path / name)
        assert values_of(store) == expected
        assert store.findings() == []
        tables.append(pq.read_table(store.segments[0].path).drop(["source"]).to_pylist())
    assert all(table == tables[0] for table in tables)


def test_blocks_of_a_file_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = long(
        *(row(period, f"{number}.001", DAY + timedelta(number)) for number in range(20) for period in range(1, 49))
    )
    whole = take(tmp_path / "whole", text)
    monkeypatch.setattr(csv_tables, "BLOCK_BYTES", 333)
    for name, ends in (("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")):
        pieces = take(tmp_path / name, text.replace("\n", ends) + row(99).replace("\n", ends))
        assert values_of(pieces) == values_of(whole)
        assert sum(segment.rows for segment in pieces.segments) == 20
        assert only(pieces, "RD-013").where == "readings/a.csv:962"


# --- exactness --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kwh", "wh"), [("0.0005", 0), ("0.0015", 2), ("158.08715", 158_087), ("0.00050000000000000000001", 1)]
)
def test_finer_values_are_rounded_once_half_to_even_by_their_decimal_text(tmp_path: Path, kwh: str, wh: int) -> None:
    store = take(tmp_path, long(row(1, kwh), row(2, "1.001")))
    assert wh_by_period(store) == {1: wh, 2: 1001}
    finding = only(store, "RD-022")
    assert finding.severity == "info"
    assert "1 readings" in finding.message


# --- what is wrong with a row -----------------------------------------------------------------------------------

GOOD = row(1, "1.5")


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (row(2, msid="200000000001"), "RD-009"),
        (row(2, msid="20000000000155"), "RD-009"),
        (row(2, msid="2.00E+12"), "RD-009"),
        (row(2, msid=""), "RD-009"),
        (row(2, msid="٢000000000015"), "RD-009"),
        (row(2).replace("AI", "XX"), "RD-010"),
        (row(2).replace("AI", ""), "RD-010"),
        (row(2, day="15/01/2024"), "RD-012"),
        (row(2, day="2024-02-30"), "RD-012"),
        (row(2, day="1989-12-31"), "RD-012"),
        (row(2, day="2100-01-01"), "RD-012"),
        (row(2, day="9999-99-99"), "RD-012"),
        (row(2, day=""), "RD-012"),
        (row(0), "RD-013"),
        (row(-1), "RD-013"),
        (row("1.5"), "RD-013"),
        (row("x"), "RD-013"),
        (row(""), "RD-013"),
        (row(49), "RD-013"),
        (row(999999999999999999999), "RD-013"),
        (row(47, day=SPRING), "RD-013"),
        (row(51, day=AUTUMN), "RD-013"),
        (row(2, "1,5").replace("1,5", '"1,5"'), "RD-014"),
        (row(2, "NaN"), "RD-014"),
        (row(2, "nan"), "RD-014"),
        (row(2, "inf"), "RD-014"),
        (row(2, "-inf"), "RD-014"),
        (row(2, "1e999"), "RD-014"),
        (row(2, "NULL"), "RD-014"),
        (row(2, "1_0"), "RD-014"),
        (row(2, "0x10"), "RD-014"),
        (row(2, "١"), "RD-014"),
        (row(2, "-0.001"), "RD-015"),
        (row(2, "-0.0001"), "RD-015"),
        (row(2, "1000000.001"), "RD-016"),
        (row(2, "1e300"), "RD-016"),
        (row(2, status="X"), "RD-017"),
        (row(2) + ",", "RD-008"),
        (row(2).rsplit(",", 1)[0], "RD-008"),
        ("nonsense", "RD-008"),
        ('"' + row(2), "RD-008"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_the_good_ones_are_used(tmp_path: Path, bad: str, code: str) -> None:
    store = take(tmp_path, long(GOOD, "", bad, row(3, "3")))
    assert wh_by_period(store) == {1: 1500, 3: 3000}
    finding = only(store, code)
    assert finding.where == "readings/a.csv:4"
    assert finding.severity == "error"
    assert finding.message
    assert finding.next_step
    assert store.sources[0].rejected == 1
    assert codes()[code]["title"]


def test_a_finding_carries_the_half_hour_it_is_about(tmp_path: Path) -> None:
    finding = only(take(tmp_path, long(row(17, "x"))), "RD-014")
    assert (finding.msid, finding.settlement_date, finding.settlement_period) == (IMPORT_MSID, DAY, 17)


def test_the_limits_themselves_are_good(tmp_path: Path) -> None:
    store = take(
        tmp_path,
        long(
            row(50, day=AUTUMN),
            row(46, day=SPRING),
            row(1, "1000000"),
            row(1, "-0", "1990-01-01"),
            row(1, 0, "2099-12-31"),
        ),
    )
    assert store.findings() == []
    assert values_of(store)[IMPORT_MSID, "AI", DAY, 1] == (10**9, 1)
    assert len(values_of(store)) == 5


def test_check_digits_are_not_the_readings_business(tmp_path: Path) -> None:
    assert take(tmp_path, long(row(msid="2000000000010"))).findings() == []


def test_reactive_rows_are_counted_and_left_out(tmp_path: Path) -> None:
    store = take(tmp_path, long(row(1), row(1).replace("AI", "RI"), row(1).replace("AI", "re")))
    finding = only(store, "RD-011")
    assert finding.severity == "info"
    assert "2 rows" in finding.message
    assert len(values_of(store)) == 1


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    text = f'{helpers.HEADER},meter name\n{row(1)},"Smith, 5"" pipe"\n{row(2)},café\n'
    store = take(tmp_path, text)
    assert "meter name" in only(store, "RD-023").message
    assert len(values_of(store)) == 2


# --- twice in one file ------------------------------------------------------------------------------------------


def test_the_same_value_twice_is_used_once_and_counted(tmp_path: Path) -> None:
    store = take(tmp_path, long(row(1), row(1, "1.500"), row(1, "1.5", status="E"), row(2)))
    assert values_of(store)[IMPORT_MSID, "AI", DAY, 1] == (1500, 2)
    assert "2 readings" in only(store, "RD-020").message


@pytest.mark.parametrize("block", [1 << 20, 80, 200])
def test_two_values_in_one_file_make_the_half_hour_missing_wherever_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(csv_tables, "BLOCK_BYTES", block)
    store = take(tmp_path, long(row(1, "1"), row(2), row(3), row(4), row(1, "2"), row(5), row(1, "1"), row(2)))
    assert wh_by_period(store) == {2: 1500, 3: 1500, 4: 1500, 5: 1500}
    findings = {finding.code: finding for finding in store.findings()}
    conflict = findings["RD-021"]
    assert (conflict.msid, conflict.settlement_date, conflict.settlement_period) == (IMPORT_MSID, DAY, 1)
    assert "1000 Wh" in conflict.message
    assert "2000 Wh" in conflict.message
    if block == 1 << 20:
        assert conflict.where == "readings/a.csv:6"
    assert store.sources[0].readings == 4


def test_two_wide_rows_that_differ_are_told_apart_by_half_hour(tmp_path: Path) -> None:
    text = wide({1: 1, 2: 2}) + wide({1: 1, 2: 3, 3: 4}).split("\n")[1] + "\n"
    store = take(tmp_path, text)
    assert wh_by_period(store) == {1: 1000, 3: 4000}
    assert {finding.code: finding.where for finding in store.findings()} == {
        "RD-020": "readings/a.csv",
        "RD-021": "readings/a.csv:3",
    }


def test_two_times_of_record_in_one_file_are_two_records(tmp_path: Path) -> None:
    text = f"{helpers.HEADER},recorded_at\n{row(1, '1')},2024-01-20T10:00:00+01:00\n{row(1, '2')},2024-01-21 00:00:00\n"
    store = take(tmp_path, text)
    history = store.history(IMPORT_MSID, "AI", DAY)
    assert [(record.recorded_at, record.wh[0]) for record in history] == [
        (datetime(2024, 1, 20, 9, tzinfo=UTC), 1000),
        (datetime(2024, 1, 21, tzinfo=UTC), 2000),
    ]
    assert store.findings() == []


@pytest.mark.parametrize("moment", ["yesterday", "0001-01-01T00:00:00+23:00", "1980-01-01"])
def test_a_bad_time_of_record_is_an_error(tmp_path: Path, moment: str) -> None:
    store = take(tmp_path, f"{helpers.HEADER},recorded_at\n{row(1)},{moment}\n{row(2)},\n")
    assert only(store, "RD-018").where == "readings/a.csv:2"
    assert store.history(IMPORT_MSID, "AI", DAY)[0].recorded_at == helpers.MTIME


def test_a_time_of_record_in_the_future_gives_way_to_the_files(tmp_path: Path) -> None:
    store = take(tmp_path, f"{helpers.HEADER},recorded_at\n{row(1)},2098-01-01\n")
    assert only(store, "RD-019").severity == "warning"
    assert store.history(IMPORT_MSID, "AI", DAY)[0].recorded_at == helpers.MTIME


# --- wide -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "last"), [(DAY, 48), (SPRING, 46), (AUTUMN, 50)])
def test_a_wide_value_beyond_the_days_last_period_is_no_half_hour(tmp_path: Path, day: date, last: int) -> None:
    store = take(tmp_path, wide(dict.fromkeys(range(1, 51), "1"), day))
    assert sorted(wh_by_period(store)) == list(range(1, last + 1))
    assert [finding.settlement_period for finding in store.findings()] == list(range(last + 1, 51))
    assert set(codes_of(store)) <= {"RD-013"}


def test_a_bad_cell_costs_its_half_hour_and_no_other(tmp_path: Path) -> None:
    store = take(tmp_path, wide({1: "x", 2: "-1", 3: "9e9", 4: "0.0005", 5: "1"}))
    assert wh_by_period(store) == {4: 0, 5: 1000}
    assert codes_of(store) == ["RD-014", "RD-015", "RD-016", "RD-022"]
    assert store.sources[0].rejected == 3


def test_a_wide_status_is_that_of_the_whole_row(tmp_path: Path) -> None:
    store = take(tmp_path, wide({1: 1, 2: 2}, extra=",status", extra_value=",E"))
    assert {mark for _, mark in values_of(store).values()} == {2}


def test_a_wide_file_without_the_autumn_columns_is_whole_on_other_days(tmp_path: Path) -> None:
    lines = wide({48: "1"}).replace(",p49,p50", "").replace("1,,\n", "1\n")
    assert wh_by_period(take(tmp_path, lines)) == {48: 1000}


# --- what is wrong with a file ----------------------------------------------------------------------------------

GZIPPED = gzip.compress(long(*(row(p) for p in range(1, 49))).encode(), mtime=0)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "RD-003"),
        (b"\n\n  \n", "RD-003"),
        (b"\xef\xbb\xbf", "RD-003"),
        (b"name,age\nx,1\n", "RD-001"),
        (long(GOOD).replace(",", ";").encode(), "RD-001"),
        (bytes(range(256)) * 100, "RD-001"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "RD-001"),
        (b'"msid,measurement_quantity\n', "RD-001"),
        (b"x" * 5000, "RD-001"),
        (long(GOOD).replace("kwh", "kw").encode(), "RD-002"),
        (b"msid\n", "RD-002"),
        (wide({1: 1}).replace("p17", "q17").encode(), "RD-002"),
        (long(GOOD).encode("utf-16"), "RD-004"),
        ((long(GOOD) + "é").encode("latin-1"), "RD-004"),
        ("msid,measurement_quantity,settlement_date,é".encode("latin-1"), "RD-004"),
        (GZIPPED[:-5], "RD-005"),
        (GZIPPED[:30], "RD-005"),
        (GZIPPED[:40] + b"\xff\xff\xff" + GZIPPED[43:], "RD-005"),
        (GZIPPED + b"rubbish", "RD-005"),
        (b"\x1f\x8b", "RD-005"),
        (b"PAR1", "RD-006"),
        (b"PAR1" + bytes(5000), "RD-006"),
        (long(GOOD).replace("status", "kwh").encode(), "RD-007"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_the_others_go_on(tmp_path: Path, content: bytes, code: str) -> None:
    write(tmp_path, "bad.csv", content)
    store = take(tmp_path, long(row(2, "2")))
    assert wh_by_period(store) == {2: 2000}
    finding = only(store, code)
    assert finding.severity == "error"
    assert finding.where == "readings/bad.csv"
    assert "readings/bad.csv" in finding.message
    assert {source.path: source.readings for source in store.sources} == {"readings/a.csv": 1, "readings/bad.csv": 0}


def test_a_missing_column_names_the_nearest_one(tmp_path: Path) -> None:
    finding = only(take(tmp_path, long(GOOD).replace("settlement_period", "settlement_periods")), "RD-002")
    assert "settlement_period." in finding.message
    assert "settlement_periods?" in finding.next_step


def test_semicolons_are_met_with_advice(tmp_path: Path) -> None:
    assert "commas" in only(take(tmp_path, long(GOOD).replace(",", ";")), "RD-001").next_step


def test_a_header_alone_is_a_file_without_readings(tmp_path: Path) -> None:
    store = take(tmp_path, long())
    assert store.segments == []
    assert store.sources[0].rows == 0


def test_what_came_before_a_break_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_tables, "BLOCK_BYTES", 200)
    write(tmp_path, "a.csv", long(row(1, "1")))
    days = [DAY + timedelta(number) for number in range(100)]
    broken = long(*(row(2, "2", day) for day in days)).encode() + b"\xff\n"
    write(tmp_path, "b.csv", broken, helpers.MTIME + timedelta(hours=1))
    write(tmp_path, "c.csv", long(row(3, "3")), helpers.MTIME + timedelta(hours=2))
    store = helpers.store_of(tmp_path)
    assert wh_by_period(store) == {1: 1000, 3: 3000}
    assert "line 102" in only(store, "RD-004").message
    assert (store.sources[1].rows, store.sources[1].format) == (0, "")


def parquet_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, write_page_checksum=True)
    return bytes(sink.getvalue())


def parquet_table(**replaced: pa.Array) -> pa.Table:
    columns = {
        "msid": pa.array([IMPORT_MSID] * 3),
        "measurement_quantity": pa.array(["AI"] * 3),
        "settlement_date": pa.array([DAY] * 3),
        "settlement_period": pa.array([1, 2, 3]),
        "kwh": pa.array([1.0, 2.0, 3.0]),
    }
    return pa.table(columns | replaced)


@pytest.mark.parametrize(
    ("replaced", "code", "left"),
    [
        ({"kwh": pa.array([1.0, float("nan"), 3.0])}, "RD-014", {1: 1000, 3: 3000}),
        ({"kwh": pa.array([1.0, float("inf"), 3.0])}, "RD-014", {1: 1000, 3: 3000}),
        ({"kwh": pa.array([1.0, -2.0, 3.0])}, "RD-015", {1: 1000, 3: 3000}),
        ({"kwh": pa.array(["1", "x", "3"])}, "RD-014", {1: 1000, 3: 3000}),
        ({"kwh": pa.array([True, True, True])}, "RD-014", {}),
        ({"kwh": pa.array([DAY] * 3)}, "RD-014", {}),
        ({"kwh": pa.array([1.0, -2.0, 3.0], pa.float16())}, "RD-015", {1: 1000, 3: 3000}),
        ({"kwh": pa.array([[1.0], [2.0], [3.0]])}, "RD-006", {}),
        ({"msid": pa.array([b"\xff", b"", b""])}, "RD-006", {}),
        ({"msid": pa.array([IMPORT_MSID.encode(), b"1", IMPORT_MSID.encode()])}, "RD-009", {1: 1000, 3: 3000}),
        ({"settlement_period": pa.array([1, 49, 3])}, "RD-013", {1: 1000, 3: 3000}),
        ({"settlement_period": pa.array([1, None, 3])}, "RD-013", {1: 1000, 3: 3000}),
        ({"settlement_period": pa.array([1.0, 2.5, 3.0])}, "RD-013", {1: 1000, 3: 3000}),
        (
            {"settlement_date": pa.array([19737, 10**9, 19737], pa.int32()).cast(pa.date32())},
            "RD-012",
            {1: 1000, 3: 3000},
        ),
        ({"settlement_date": pa.array([0] * 3, pa.timestamp("s", "Nowhere/Land"))}, "RD-012", {}),
        ({"settlement_date": pa.array([20240115] * 3)}, "RD-012", {}),
        (
            {"settlement_date": pa.array([19737 * 86400, 19737 * 86400 + 1, 19737 * 86400], pa.timestamp("s"))},
            "RD-012",
            {1: 1000, 3: 3000},
        ),
    ],
)
def test_typed_columns_are_checked_like_text(
    tmp_path: Path, replaced: dict[str, pa.Array], code: str, left: object
) -> None:
    store = take(tmp_path, parquet_bytes(parquet_table(**replaced)), "a.parquet")
    assert set(codes_of(store)) == {code}
    assert wh_by_period(store) == left
    if left:
        assert store.findings()[0].where == "readings/a.parquet:row 2"


@pytest.mark.parametrize(
    "kwh",
    [
        pa.array([0.1 + 0.2, 158.087, None]),
        pa.array([0.3, 158.087, None], pa.float32()),
        pa.array(["0.3", "158.087", None], pa.string_view()),
        pa.array(["0.3", "158.087", None]).dictionary_encode(),
        pa.array([Decimal("0.300"), Decimal("158.087"), None]),
    ],
)
def test_every_type_of_number_gives_the_decimal_that_was_meant(tmp_path: Path, kwh: pa.Array) -> None:
    store = take(tmp_path, parquet_bytes(parquet_table(kwh=kwh)), "a.parquet")
    assert wh_by_period(store) == {1: 300, 2: 158_087}
    assert store.findings() == []


def test_a_column_of_nothing_is_missing_readings(tmp_path: Path) -> None:
    store = take(tmp_path, parquet_bytes(parquet_table(kwh=pa.array([None] * 3))), "a.parquet")
    assert (store.findings(), store.segments) == ([], [])


def test_an_empty_parquet_file_is_named(tmp_path: Path) -> None:
    only(take(tmp_path, parquet_bytes(parquet_table().slice(0, 0)), "a.parquet"), "RD-003")


def test_findings_of_a_code_are_kept_up_to_the_limit_and_the_rest_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_tables, "BLOCK_BYTES", 50_000)
    many = finding_log.MOST_OF_A_CODE * 2 + 345
    store = take(tmp_path, long(*(row(1, "x") for _ in range(many)), row(0), row(2)))
    findings = store.findings()
    assert len(findings) == finding_log.MOST_OF_A_CODE + 2
    texts = [finding for finding in findings if finding.code == "RD-014"]
    assert [finding.where for finding in texts[:2]] == ["readings/a.csv:2", "readings/a.csv:3"]
    assert any("1,345 more findings of RD-014" in finding.message for finding in findings)
    assert store.sources[0].rejected == many + 1
    assert wh_by_period(store) == {2: 1500}


# --- rough handling ---------------------------------------------------------------------------------------------


def mutated(data: bytes, seed: int) -> bytes:
    generator = random.Random(seed)
    lines = data.split(b"\n")
    for _ in range(generator.randrange(1, 6)):
        place = generator.randrange(len(lines))
        fields = lines[place].split(b",")
        kind = generator.randrange(9)
        if kind <= 1 and lines[place]:
            at = generator.randrange(len(lines[place]))
            flipped = lines[place][at] ^ (1 << generator.randrange(7 + kind))
            lines[place] = lines[place][:at] + bytes([flipped]) + lines[place][at + 1 :]
        elif kind == 2:
            del fields[generator.randrange(len(fields))]
            lines[place] = b",".join(fields)
        elif kind == 3 and len(fields) > 2:
            first, second = generator.sample(range(len(fields)), 2)
            fields[first], fields[second] = fields[second], fields[first]
            lines[place] = b",".join(fields)
        elif kind == 4:
            lines.insert(place, lines[generator.randrange(len(lines))])
        elif kind == 5:
            at = generator.randrange(len(lines[place]) + 1)
            lines[place] = (
                lines[place][:at] + generator.choice([b'"', b"\r", b"\0", b",", b"\t", b"-", b"."]) + lines[place][at:]
            )
        elif kind == 6:
            lines[place] = lines[place][: generator.randrange(len(lines[place]) + 1)]
        elif kind == 7 and place + 1 < len(lines):
            lines[place] += lines.pop(place + 1)
        elif kind == 8 and len(fields) > 5:
            fields[4] = generator.choice(
                [b"1e3", b"1.23456", b"0.0005", b"-1", b"nan", b"1e10", b" 7 ", b'"8"', b"1 2"]
            )
            lines[place] = b",".join(fields)
    return b"\n".join(lines)


def test_mutilated_files_never_break_and_lose_nothing_that_is_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_tables, "BLOCK_BYTES", 2500)
    monkeypatch.setattr("os.fsync", lambda _: None)
    good = long(
        *(
            row(period, f"{period}.{number:03}", DAY + timedelta(number))
            for number in range(3)
            for period in range(1, 49)
        )
    ).encode()
    for seed in range(120):
        data = mutated(good, seed)
        store = take(tmp_path / str(seed), data)
        held = {(msid, q, str(day), p): wh for (msid, q, day, p), (wh, _) in values_of(store).items()}
        assert held == helpers.slow_reader(data), seed
        assert sum(segment.readings for segment in store.segments) == len(held)
        if data != good and len(held) < 144:
            assert store.findings(), seed


def test_mutilated_parquet_is_whole_or_refused(tmp_path: Path) -> None:
    good = parquet_bytes(parquet_table())
    generator = random.Random(5)
    for seed in range(60):
        at = generator.randrange(4, len(good))
        bad = good[:at] if seed % 3 == 0 else good[:at] + bytes([good[at] ^ (1 << seed % 8)]) + good[at + 1 :]
        store = take(tmp_path / str(seed), bad, "a.parquet")
        assert wh_by_period(store) == {1: 1000, 2: 2000, 3: 3000} or store.findings()
