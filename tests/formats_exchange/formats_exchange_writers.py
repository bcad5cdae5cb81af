"""Writes readings in each exchange format and in the contract's own shapes, by another clock than the program's."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)

Key = tuple[str, str, date, int]
"""MSID, quantity, Settlement Date, Settlement Period."""

Readings = Mapping[Key, tuple[int, str]]
"""Wh and status, A or E."""


def start_of(day: date, period: int) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    return midnight + (period - 1) * HALF_HOUR


def periods_of(day: date) -> int:
    return (start_of(day + timedelta(days=1), 1) - start_of(day, 1)) // HALF_HOUR


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days)]


def kwh(wh: int) -> str:
    return f"{wh // 1000}.{wh % 1000:03}"


def text_of(rows: Iterable[Iterable[object]], end: str = "\n") -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator=end).writerows(rows)
    return stream.getvalue()


def long_csv(readings: Readings) -> str:
    header = ["msid", "measurement_quantity", "settlement_date", "settlement_period", "kwh", "status"]
    return text_of([header, *([*key, kwh(wh), status] for key, (wh, status) in readings.items())])


def wide_csv(readings: Readings) -> str:
    rows: dict[tuple[str, str, date, str], list[str]] = {}
    for (msid, quantity, day, period), (wh, status) in readings.items():
        rows.setdefault((msid, quantity, day, status), [""] * 50)[period - 1] = kwh(wh)
    header = ["msid", "measurement_quantity", "settlement_date", "status", *(f"p{period}" for period in range(1, 51))]
    return text_of([header, *([*key, *values] for key, values in rows.items())])


def parquet(readings: Readings) -> bytes:
    frame = pl.DataFrame(
        [(*key, wh / 1000, status) for key, (wh, status) in readings.items()],
        schema=["msid", "measurement_quantity", "settlement_date", "settlement_period", "kwh", "status"],
        orient="row",
    )
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


SENSORS = {"AI": 1, "AE": 2, "RI": 3, "RE": 4}


def df2(readings: Readings) -> str:
    lines = ["#F2"]
    msid_before = quantity_before = None
    for (msid, quantity, day, period), (wh, status) in readings.items():
        if msid != msid_before:
            lines.append(f"#O {msid}-A plant")
        if quantity != quantity_before:
            lines.append(f"#S {SENSORS[quantity]}")
        msid_before, quantity_before = msid, quantity
        end = start_of(day, period) + HALF_HOUR
        lines.append(f"{end:%d/%m/%Y,%H:%M},{kwh(wh)},{status}")
    return "\n".join(lines) + "\n"


def bg(readings: Readings) -> str:
    """By UTC; the format has no status."""
    rows: dict[tuple[str, str, date], list[str]] = {}
    for (msid, quantity, day, period), (wh, _) in readings.items():
        start = start_of(day, period)
        values = rows.setdefault((msid, quantity, start.date()), [""] * 48)
        values[start.hour * 2 + start.minute // 30] = kwh(wh)
    return text_of([msid, "x", f"{day:%d/%m/%Y}", *values] for (msid, _, day), values in rows.items())


WORDS = {"A": "Actual", "E": "Estimated"}


def edf(readings: Readings) -> str:
    rows: dict[tuple[str, str, date], tuple[list[str], list[str]]] = {}
    for (msid, quantity, day, period), (wh, status) in readings.items():
        last = periods_of(day)
        empty = [""] * last + ["-"] * (50 - last)
        values, words = rows.setdefault((msid, quantity, day), (list(empty), list(empty)))
        values[period - 1], words[period - 1] = kwh(wh), WORDS[status]
    titles = ["Month", "MPAN", "Measurement Type", "Settlement Date"]
    titles += [f"Value {place}" for place in range(1, 51)] + [f"Value {place} status" for place in range(1, 51)]
    return text_of(
        [
            titles,
            *(
                [f"{day:%b-%y}", msid, quantity, f"{day:%d-%m-%Y}", *values, *words]
                for (msid, quantity, day), (values, words) in rows.items()
            ),
        ]
    )


def simple(readings: Readings) -> str:
    rows: list[list[str]] = [["MPAN Core", "Channel Type", "Start", "Value", "Status"]]
    for (msid, quantity, day, period), (wh, status) in readings.items():
        rows.append([msid, quantity, f"{start_of(day, period):%Y-%m-%d %H:%M}", kwh(wh), status])
    return text_of(rows)


FORMATS: dict[str, tuple[str, Callable[[Readings], str | bytes]]] = {
    "long CSV": ("a.csv", long_csv),
    "wide CSV": ("a.csv", wide_csv),
    "long Parquet": ("a.parquet", parquet),
    "Stark DF2": ("a.df2", df2),
    "bg CSV": ("a.csv", bg),
    "EDF portal CSV": ("a.csv", edf),
    "simple CSV": ("a.csv", simple),
}
"""By the name that the catalogue gives the format: a file name, and what writes it."""


def write_readings(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / "readings" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
