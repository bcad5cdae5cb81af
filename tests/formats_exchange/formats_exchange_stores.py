"""Takes exchange files into stores and reads the stores back."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from halfhour.errors import Finding
from halfhour.metering.store import ReadingsStore
from halfhour.metering.store.segment_files import marks_of, wh_of

IMPORT_MSID = "2000000000015"
EXPORT_MSID = "2000000000024"
OTHER_MSID = "2000000000033"
DIRECTIONS = {IMPORT_MSID: "AI", EXPORT_MSID: "AE"}
MTIME = datetime(2024, 2, 1, 9, tzinfo=UTC)

Values = dict[tuple[str, str, date, int], tuple[int, str]]
"""Wh and status by MSID, quantity, day and period."""


def put(folder: Path, content: str | bytes, name: str = "a.csv", mtime: datetime = MTIME) -> Path:
    path = folder / "readings" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    os.utime(path, (mtime.timestamp(), mtime.timestamp()))
    return path


def taken_in(folder: Path, directions: Mapping[str, str] = DIRECTIONS, **said: Any) -> ReadingsStore:
    store = ReadingsStore.open(folder / ".halfhour" / "readings")
    store.take_in(sorted((folder / "readings").iterdir()), folder, {}, directions=directions, **said)
    return store


def take(folder: Path, content: str | bytes, name: str = "a.csv", **said: Any) -> ReadingsStore:
    put(folder, content, name)
    return taken_in(folder, **said)


def values_of(store: ReadingsStore) -> Values:
    """What the store holds, later records winning."""
    rows = []
    for segment in store.segments:
        series = pq.read_table(segment.series_path).to_pylist()
        table = pq.read_table(segment.path)
        for ordinal, day, moment, wh, marks in zip(
            *(table.column(name).to_pylist() for name in ("series", "settlement_date", "recorded_at")),
            wh_of(table),
            marks_of(table),
            strict=True,
        ):
            key = (series[ordinal]["msid"], series[ordinal]["measurement_quantity"], day)
            rows.append((moment, key, wh.tolist(), marks.tolist()))
    found: Values = {}
    for _, key, wh, marks in sorted(rows, key=lambda row: row[0]):
        for index in range(50):
            if marks[index]:
                found[(*key, index + 1)] = (wh[index], "-AE"[marks[index]])
    return found


def codes_of(store: ReadingsStore) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in store.findings()]


def only(store: ReadingsStore, code: str, severity: str = "error") -> Finding:
    """The single finding, which must have this code and severity."""
    assert codes_of(store) == [(code, severity)]
    return store.findings()[0]


def df2_of(*rows: str, msid: str = IMPORT_MSID, sensor: int = 1) -> str:
    return "\n".join(["#F2", f"#O {msid}-A plant", f"#S {sensor}", *rows, ""])


def simple_of(*rows: str) -> str:
    return "\n".join(["MPAN Core,Channel Type,Start,Value,Status", *rows, ""])


def bg_row(day: str, values: Mapping[int, str] | None = None, msid: str = IMPORT_MSID) -> str:
    """A row of 1.5 kWh in every half hour but those of `values`, by number from 1."""
    return ",".join([msid, "x", day, *((values or {}).get(nth, "1.5") for nth in range(1, 49))]) + "\n"


def edf_of(*rows: str) -> str:
    titles = ["Month", "MPAN", "Measurement Type", "Settlement Date"]
    titles += [f"{place}" for place in range(1, 101)]
    return "".join([",".join(f'"{title}"' for title in titles), "\n", *rows])


def edf_row(day: str, values: list[str], words: list[str] | None = None, quantity: str = "AI") -> str:
    words = ["Actual"] * len(values) if words is None else words
    rest = ["-"] * (50 - len(values))
    return ",".join(["Mar-24", IMPORT_MSID, quantity, day, *values, *rest, *words, *["-"] * (50 - len(words))]) + "\n"
