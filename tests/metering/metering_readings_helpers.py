"""Builds small readings files and reads stores back, for the tests of the readings files and of the store."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path

import pyarrow.parquet as pq

from halfhour.errors import Finding
from halfhour.metering.store import ReadingsStore
from halfhour.metering.store.segment_files import marks_of, wh_of

IMPORT_MSID = "2000000000015"
EXPORT_MSID = "2000000000024"
HEADER = "msid,measurement_quantity,settlement_date,settlement_period,kwh,status"
DAY = date(2024, 1, 15)
MTIME = datetime(2024, 2, 1, 9, tzinfo=UTC)

Values = dict[tuple[str, str, date, int], tuple[int, int]]
"""Wh and mark by MSID, quantity, day and period."""


def write(folder: Path, name: str, content: str | bytes, mtime: datetime = MTIME) -> Path:
    path = folder / "readings" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return stamped(path, mtime)


def stamped(path: Path, mtime: datetime) -> Path:
    os.utime(path, (mtime.timestamp(), mtime.timestamp()))
    return path


def store_of(folder: Path, rank: dict[str, int] | None = None) -> ReadingsStore:
    """Take in every file of the folder's readings."""
    store = ReadingsStore.open(folder / ".halfhour" / "readings")
    store.take_in(sorted((folder / "readings").iterdir()), folder, rank or {})
    return store


def take(folder: Path, content: str | bytes, name: str = "a.csv") -> ReadingsStore:
    write(folder, name, content)
    return store_of(folder)


def long(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def row(
    period: object = 1, kwh: object = "1.5", day: object = DAY, msid: object = IMPORT_MSID, status: str = "A"
) -> str:
    return f"{msid},AI,{day},{period},{kwh},{status}"


def values_of(store: ReadingsStore) -> Values:
    """What the store holds, later records winning."""
    rows = []
    for segment in store.segments:
        series = pq.read_table(segment.series_path).to_pylist()
        table = pq.read_table(segment.path)
        for ordinal, day, moment, source, wh, marks in zip(
            *(table.column(name).to_pylist() for name in ("series", "settlement_date", "recorded_at", "source")),
            wh_of(table),
            marks_of(table),
            strict=True,
        ):
            key = (series[ordinal]["msid"], series[ordinal]["measurement_quantity"], day)
            rows.append((moment, source, key, wh.tolist(), marks.tolist()))
    found: Values = {}
    for _, _, key, wh, marks in sorted(rows, key=lambda entry: entry[:2]):
        for index in range(50):
            if marks[index]:
                found[(*key, index + 1)] = (wh[index], marks[index])
            else:
                assert wh[index] == 0
    return found


def wh_by_period(store: ReadingsStore) -> dict[int, int]:
    return {key[3]: value[0] for key, value in values_of(store).items()}


def only(store: ReadingsStore, code: str) -> Finding:
    """The single finding, which must have this code."""
    findings = store.findings()
    assert [finding.code for finding in findings] == [code]
    return findings[0]


def codes_of(store: ReadingsStore) -> list[str]:
    return [finding.code for finding in store.findings()]


NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def slow_reader(data: bytes) -> dict[tuple[str, str, str, int], int]:
    """Wh of the usable rows of a long CSV, found another way than the program's: csv module, line by line, decimals."""
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return {}
    if "\0" in text[:4096]:
        return {}
    lines = [line for line in text.split("\n") if line.strip(" \t,")]
    if not lines or not (parsed := _one_line(lines[0])):
        return {}
    names = [name.strip().lower() for name in parsed]
    needed = HEADER.split(",")[:5]
    if any(names.count(name) != 1 for name in needed) or names.count("status") > 1:
        return {}
    found: dict[tuple[str, str, str, int], set[int]] = {}
    for line in lines[1:]:
        fields = _one_line(line)
        if fields is None or len(fields) != len(names):
            continue
        entry = {name: field.strip() for name, field in zip(names, fields, strict=True)}
        usable = _usable(entry)
        if usable is not None:
            key, wh = usable
            found.setdefault(key, set()).add(wh)
    return {key: wh.pop() for key, wh in found.items() if len(wh) == 1}


def _one_line(line: str) -> list[str] | None:
    reader = csv.reader(io.StringIO(line + "\n\n"))
    fields = next(reader)
    return fields if reader.line_num == 1 else None


def _usable(entry: dict[str, str]) -> tuple[tuple[str, str, str, int], int] | None:
    day = entry["settlement_date"]
    if not (re.fullmatch(r"[0-9]{13}", entry["msid"]) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day)):
        return None
    quantity = entry["measurement_quantity"].upper()
    try:
        when = date.fromisoformat(day)
        kwh = Decimal(entry["kwh"]) if NUMBER.fullmatch(entry["kwh"]) else None
    except (ValueError, InvalidOperation):
        return None
    if quantity not in {"AI", "AE"} or not 1990 <= when.year <= 2099 or kwh is None or kwh < 0:
        return None
    period = entry["settlement_period"]
    if not re.fullmatch(r"[0-9]{1,2}", period) or not 1 <= int(period) <= _periods(when):
        return None
    if entry.get("status", "").upper() not in {"", "A", "E"} or kwh > Decimal(1_000_000):
        return None
    wh = int((kwh * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))
    return (entry["msid"], quantity, day, int(period)), wh


def _periods(day: date) -> int:
    """Clock-change days by the rule of the last Sunday."""
    last_sunday = day.weekday() == 6 and (day + timedelta(days=7)).month != day.month
    return {3: 46, 10: 50}.get(day.month, 48) if last_sunday else 48
