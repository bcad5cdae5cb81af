"""Readings of a block of series laid out by day: from the store's segments to dense rows, one per series and day.

Where several records exist for one half hour the latest one known at the moment of knowledge counts; a later record
that lacks the half hour does not erase the earlier value. Layout and reasons: ENGINE.md 2, DESIGN.md "Time".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from halfhour.metering.store import ReadingsStore

PERIODS = 50
NO_ROW = -1
ABSENT = 0

Ints = npt.NDArray[np.int64]

_COLUMNS = ["series", "settlement_date", "wh", "marks"]


@dataclass(frozen=True, slots=True)
class DayRows:
    """Readings of a block.

    Attributes:
        values: watt-hours, int32 [row, 50], 0 where absent.
        pattern_of_row: int32 [row], which pattern of marks the row has.
        patterns: uint8 [pattern, 50]: 0 absent, 1 actual, 2 estimated.
        row_of: int32 [series, day], the row or -1.
    """

    values: npt.NDArray[np.int32]
    pattern_of_row: npt.NDArray[np.int32]
    patterns: npt.NDArray[np.uint8]
    row_of: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Part:
    """One segment as the loader sees it: where each wanted series lies in it."""

    path: Path
    metadata: pq.FileMetaData
    group_start: Ints
    first_row: Ints
    rows: Ints
    ordinal: Ints
    ordinals: int
    latest_record: int


class DayRowLoader:
    """Reads blocks of series from a store, for a timeline of days and a moment of knowledge.

    Args:
        store: the readings store.
        series: MSID and measurement quantity of every series that will be asked for, in the order of the register.
        start: first day of the timeline.
        known_at: per day of the timeline, the last moment of record that counts [µs since 1970 UTC].
    """

    def __init__(self, store: ReadingsStore, series: Sequence[tuple[str, str]], start: date, known_at: Ints) -> None:
        self.first_day = (start - date(1970, 1, 1)).days
        self.n_days = len(known_at)
        self.known_at = known_at
        wanted = pl.DataFrame(
            {"msid": [msid for msid, _ in series], "measurement_quantity": [quantity for _, quantity in series]},
            schema={"msid": pl.String, "measurement_quantity": pl.String},
        ).with_row_index("slot")
        self.parts = [part for part in (_part(segment, wanted) for segment in store.segments) if part is not None]
        cut_off = int(known_at.min()) if len(known_at) else 0
        self.with_record = len(self.parts) > 1 or any(part.latest_record > cut_off for part in self.parts)

    def load(self, first: int, last: int) -> DayRows:
        """Rows of the series from `first` (included) to `last` (excluded), as known at the moment of knowledge."""
        tables: list[tuple[pa.Table, npt.NDArray[np.int64]]] = []
        for part in self.parts:
            tables.extend(_read(part, first, last, self.with_record))
        rows = _lay_out(tables, last - first, self.first_day, self.n_days, self.known_at)
        if rows is None:  # several records for one day: read again, with the time of record
            self.with_record = True
            return self.load(first, last)
        return rows


def _part(segment: Any, wanted: pl.DataFrame) -> _Part | None:
    held = pl.read_parquet(segment.series_path).with_row_index("ordinal")
    found = wanted.join(
        held.select("ordinal", "msid", "measurement_quantity", "first_row", "rows"),
        on=["msid", "measurement_quantity"],
        how="left",
        maintain_order="left",
    )
    if found["ordinal"].null_count() == found.height:
        return None
    metadata = pq.read_metadata(segment.path)
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    return _Part(
        path=segment.path,
        metadata=metadata,
        group_start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        first_row=found["first_row"].fill_null(-1).to_numpy().astype(np.int64),
        rows=found["rows"].fill_null(0).to_numpy().astype(np.int64),
        ordinal=found["ordinal"].cast(pl.Int64).fill_null(-1).to_numpy(),
        ordinals=held.height,
        latest_record=int(segment.max_recorded_at.timestamp() * 1_000_000),
    )


def _read(part: _Part, first: int, last: int, with_record: bool) -> list[tuple[pa.Table, npt.NDArray[np.int64]]]:
    """The row groups that hold the block's series, with the slot in the block of each of the segment's series."""
    first_row = part.first_row[first:last]
    rows = part.rows[first:last]
    here = rows > 0
    if not here.any():
        return []
    from_group = np.searchsorted(part.group_start, first_row[here], side="right") - 1
    to_group = np.searchsorted(part.group_start, first_row[here] + rows[here] - 1, side="right") - 1
    touched = np.zeros(len(part.group_start), dtype=np.int64)
    np.add.at(touched, from_group, 1)
    np.add.at(touched, to_group + 1, -1)
    groups = np.flatnonzero(np.cumsum(touched)[: len(part.group_start) - 1] > 0)
    slot_of = np.full(part.ordinals, -1, dtype=np.int64)
    slot_of[part.ordinal[first:last][here]] = np.flatnonzero(here)
    columns = [*_COLUMNS, "recorded_at"] if with_record else _COLUMNS
    with pq.ParquetFile(part.path, metadata=part.metadata, read_dictionary=["marks"], memory_map=True) as file:
        table = file.read_row_groups(groups.tolist(), columns=columns, use_threads=False)
    return [(table, slot_of)]


def _lay_out(
    tables: list[tuple[pa.Table, npt.NDArray[np.int64]]], n_series: int, first_day: int, n_days: int, known_at: Ints
) -> DayRows | None:
    row_of = np.full(n_series * n_days, NO_ROW, dtype=np.int32)
    values: list[npt.NDArray[np.int32]] = []
    patterns: list[npt.NDArray[np.uint8]] = [np.zeros((1, PERIODS), dtype=np.uint8)]
    pattern_of_row: list[npt.NDArray[np.int32]] = []
    at: list[Ints] = []
    recorded: list[Ints] = []
    n_patterns = 1
    for table, slot_of in tables:
        slot = slot_of[_numbers(table, "series", np.int32)]
        day = _numbers(table, "settlement_date", np.int32).astype(np.int64) - first_day
        keep = (slot >= 0) & (day >= 0) & (day < n_days)
        if "recorded_at" in table.column_names:
            moment = _numbers(table, "recorded_at", np.int64)
            keep &= moment <= known_at[np.clip(day, 0, n_days - 1)]
            recorded.append(moment)
        at.append(np.where(keep, slot * n_days + day, -1))
        values.append(_watt_hours(table))
        marks = table.column("marks").unify_dictionaries().combine_chunks()
        marks = marks.chunk(0) if isinstance(marks, pa.ChunkedArray) else marks
        dictionary = np.frombuffer(b"".join(marks.dictionary.to_pylist()), dtype=np.uint8).reshape(-1, PERIODS)
        pattern_of_row.append(marks.indices.to_numpy(zero_copy_only=False).astype(np.int32) + n_patterns)
        patterns.append(dictionary)
        n_patterns += len(dictionary)
    where = _joined(at, np.int64)
    kept = np.flatnonzero(where >= 0)
    row_of[where[kept]] = kept
    whole = _joined(values, np.int32, (0, PERIODS))
    of_row = _joined(pattern_of_row, np.int32)
    table_of_patterns = np.concatenate(patterns)
    if np.array_equal(row_of[where[kept]], kept):
        return DayRows(whole, of_row, table_of_patterns, row_of.reshape(n_series, n_days))
    if not recorded:
        return None
    return _overlay(whole, of_row, table_of_patterns, row_of, where, _joined(recorded, np.int64), (n_series, n_days))


def _overlay(
    values: npt.NDArray[np.int32],
    pattern_of_row: npt.NDArray[np.int32],
    patterns: npt.NDArray[np.uint8],
    row_of: npt.NDArray[np.int32],
    where: Ints,
    recorded: Ints,
    shape: tuple[int, int],
) -> DayRows:
    """Lay later records over earlier ones, half hour by half hour, for the days that have several."""
    kept = np.flatnonzero(where >= 0)
    counts = np.bincount(where[kept], minlength=len(row_of))
    several = kept[counts[where[kept]] > 1]
    order = several[np.lexsort((several, recorded[several], where[several]))]
    cells, starts = np.unique(where[order], return_index=True)
    merged = np.zeros((len(cells), PERIODS), dtype=np.int32)
    marks = np.zeros((len(cells), PERIODS), dtype=np.uint8)
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    cell_of = np.repeat(np.arange(len(cells)), np.diff(np.append(starts, len(order))))
    for turn in range(int(rank.max()) + 1):
        chosen = rank == turn
        rows, targets = order[chosen], cell_of[chosen]
        here = patterns[pattern_of_row[rows]] != ABSENT
        merged[targets] = np.where(here, values[rows], merged[targets])
        marks[targets] = np.where(here, patterns[pattern_of_row[rows]], marks[targets])
    row_of[cells] = len(values) + np.arange(len(cells))
    return append_rows(DayRows(values, pattern_of_row, patterns, row_of.reshape(shape)), merged, marks)


def append_rows(rows: DayRows, values: npt.NDArray[np.int32], marks: npt.NDArray[np.uint8]) -> DayRows:
    """The same rows with others after them, their marks given one by one [row, 50]."""
    unique, of_row = np.unique(marks, axis=0, return_inverse=True)
    return DayRows(
        values=np.concatenate([rows.values, values]),
        pattern_of_row=np.concatenate(
            [rows.pattern_of_row, (of_row.reshape(-1) + len(rows.patterns)).astype(np.int32)]
        ),
        patterns=np.concatenate([rows.patterns, unique.astype(np.uint8)]),
        row_of=rows.row_of,
    )


def _numbers(table: pa.Table, name: str, dtype: Any) -> npt.NDArray[Any]:
    chunks = [_buffer(chunk, dtype) for chunk in table.column(name).chunks]
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks) if chunks else np.zeros(0, dtype=dtype)


def _watt_hours(table: pa.Table) -> npt.NDArray[np.int32]:
    chunks = [_buffer(chunk, np.int32, PERIODS).reshape(-1, PERIODS) for chunk in table.column("wh").chunks]
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)


def _buffer(chunk: pa.Array, dtype: Any, width: int = 1) -> npt.NDArray[Any]:
    return np.frombuffer(
        chunk.buffers()[1],
        dtype=dtype,
        count=len(chunk) * width,
        offset=chunk.offset * width * np.dtype(dtype).itemsize,
    )


def _joined(arrays: list[npt.NDArray[Any]], dtype: Any, empty: tuple[int, ...] = (0,)) -> npt.NDArray[Any]:
    if not arrays:
        return np.zeros(empty, dtype=dtype)
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
