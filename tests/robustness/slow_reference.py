"""Reads readings files another way than the program does: one line, one cell at a time, with `csv` and `Decimal`.

Follows the contract ("Readings") and what the program promises of it: every row is used or rejected by itself.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

KEY = ("msid", "measurement_quantity", "settlement_date")
LONG = (*KEY, "settlement_period", "kwh")
WIDE = (*KEY, *(f"p{number}" for number in range(1, 49)))
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
MOST_KWH = Decimal(1_000_000)

HalfHour = tuple[str, str, date, int]


@dataclass
class Slow:
    """What a file says: Wh by half hour; lines (or rows) of which something was not used; whether any of it was."""

    wh: dict[HalfHour, int] = field(default_factory=dict)
    rejected: set[int] = field(default_factory=set)
    whole_file_rejected: bool = False


def read(name: str, content: bytes) -> Slow:
    """The usable readings of a file, by its content; `name` only serves messages of this module."""
    if content.startswith(b"\x1f\x8b"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return Slow(whole_file_rejected=True)
    if content.startswith(b"PAR1"):
        return _read_parquet(content)
    return _read_csv(content)


def _read_csv(content: bytes) -> Slow:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4096]:
        return Slow(whole_file_rejected=True)
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        return Slow(whole_file_rejected=True)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    heading: list[str] | None = None
    rows: list[tuple[int, dict[str, Any] | None]] = []
    for number, line in enumerate(lines, start=1):
        if heading is None:
            if line.strip(" \t,"):
                fields = _fields(line)
                heading = [one.strip().lower() for one in fields or []]
        elif line:
            fields = _fields(line)
            if fields is None or len(fields) != len(heading):
                rows.append((number, None))
            elif any(fields[heading.index(name)] for name in {*LONG, *WIDE, "status"} & set(heading)):
                rows.append((number, dict(zip(heading, fields, strict=True))))
    return _judge(heading or [], rows)


def _fields(line: str) -> list[str] | None:
    """The fields of a line, None where a quoted one does not end on it."""
    reader = csv.reader(io.StringIO(line + "\n\n"))
    try:
        fields = next(reader)
    except csv.Error:
        return None
    return fields if reader.line_num == 1 else None


def _read_parquet(content: bytes) -> Slow:
    try:
        table = pq.read_table(io.BytesIO(content), page_checksum_verification=True)
        names = [name.strip().lower() for name in table.column_names]
        columns = [[_cell(value) for value in column] for column in table.columns]
        rows = [
            (number, dict(zip(names, values, strict=True)))
            for number, values in enumerate(zip(*columns, strict=True), start=1)
        ]
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, MemoryError):
        return Slow(whole_file_rejected=True)
    return _judge(names, rows)


def _cell(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return "beyond all dates"


def _judge(heading: list[str], rows: list[tuple[int, dict[str, Any] | None]]) -> Slow:
    wide = "p1" in heading and "settlement_period" not in heading
    known = {*LONG, *WIDE, "p49", "p50", "status", "recorded_at"}
    if any(heading.count(name) != 1 for name in (WIDE if wide else LONG)):
        return Slow(whole_file_rejected=True)
    if any(heading.count(name) > 1 for name in known):
        return Slow(whole_file_rejected=True)
    found = Slow()
    given: dict[HalfHour, dict[int, set[int]]] = {}
    for number, row in rows:
        cells = None if row is None else _cells(row, wide)
        if cells is None:
            found.rejected.add(number)
            continue
        for half_hour, wh in cells:
            if wh is None:
                found.rejected.add(number)
            else:
                given.setdefault(half_hour, {}).setdefault(wh, set()).add(number)
    for half_hour, values in given.items():
        if len(values) == 1:
            found.wh[half_hour] = next(iter(values))
        else:
            # Which of the lines is named is not promised: one of them is.
            found.rejected.add(max(number for numbers in values.values() for number in numbers))
    return found


def _cells(row: dict[str, Any], wide: bool) -> list[tuple[HalfHour, int | None]] | None:
    """Half hours of a row with their Wh, None for one that cannot be used; None for a row that cannot be used."""
    msid, quantity = _text(row["msid"]), _text(row["measurement_quantity"]).upper()
    day = _date(row["settlement_date"])
    if quantity in ("RI", "RE") and re.fullmatch("[0-9]{13}", msid):
        return []
    if not re.fullmatch("[0-9]{13}", msid) or quantity not in ("AI", "AE") or day is None:
        return None
    if _text(row.get("status")).upper() not in ("", "A", "E"):
        return None
    periods = _periods(day)
    if wide:
        values = [(number, row.get(f"p{number}")) for number in range(1, 51)]
        written = [(number, value) for number, value in values if value is not None and value != ""]
        return [((msid, quantity, day, number), _wh(value) if number <= periods else None) for number, value in written]
    if row["kwh"] is None or row["kwh"] == "":
        period = _text(row["settlement_period"])
        return [] if re.fullmatch("0?[1-9]|[1-9][0-9]", period) and int(period) <= periods else None
    period = _text(row["settlement_period"])
    if not re.fullmatch("0?[1-9]|[1-9][0-9]", period) or int(period) > periods:
        return None
    return [((msid, quantity, day, int(period)), _wh(row["kwh"]))]


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _date(value: object) -> date | None:
    if isinstance(value, datetime):
        value = value.date() if value.time() == time(0) else None
    if not isinstance(value, date):
        text = _text(value)
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return None
        try:
            value = date.fromisoformat(text)
        except ValueError:
            return None
    return value if 1990 <= value.year <= 2099 else None


def _wh(value: object) -> int | None:
    text = repr(value) if isinstance(value, float) else str(value).strip(" \t")
    if not NUMBER.fullmatch(text):
        return None
    try:
        kwh = Decimal(text)
        if kwh < 0 or kwh > MOST_KWH + Decimal("0.0005"):
            return None
        return int((kwh * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))
    except InvalidOperation:
        # Too small to be written with the places of a Wh.
        return 0 if abs(kwh) < 1 else None


def _periods(day: date) -> int:
    """By the rule of the last Sunday of March and of October."""
    last_sunday = day.weekday() == 6 and (day + timedelta(days=7)).month != day.month
    return {3: 46, 10: 50}.get(day.month, 48) if last_sunday else 48
