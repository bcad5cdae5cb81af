"""Readings of a block of series laid out by day: from the store's segments to dense rows, one per series and day.

Where several records exist for one half hour the latest one known at the moment of knowledge counts; a later record
that lacks the half hour does not erase the earlier value. Layout and reasons: ENGINE.md 2, DESIGN.md "Time".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from halfhour.metering.store.catalogue import Segment
from halfhour.metering.store.readings_store import ReadingsStore
from halfhour.metering.store.segment_files import broken_segment, group_starts

PERIODS = 50
NO_ROW = -1
ABSENT = 0

Ints = npt.NDArray[np.int64]

_VALUES = ["wh", "marks"]
_KEYS = ["series", "settlement_date"]
_RECORD = ["recorded_at"]


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
    """One segment as the loader sees it: the wanted series that it holds, in order of slot, and where they lie.

    `every_day` says of a series that it has one row for each day from its first to its last, so that the row of a day
    can be reckoned without reading which row is whose.
    """

    path: Path
    metadata: pq.FileMetaData
    group_start: Ints
    slot: Ints
    first_row: Ints
    rows: Ints
    first_date: Ints
    every_day: npt.NDArray[np.bool_]
    ordinal: Ints
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
        self.parts = _parts(store, wanted)
        cut_off = int(known_at.min()) if len(known_at) else 0
        self.all_known = all(part.latest_record <= cut_off for part in self.parts)

    def load(self, first: int, last: int) -> DayRows:
        """Rows of the series from `first` (included) to `last` (excluded), as known at the moment of knowledge."""
        places = [_Place(part, slice(*np.searchsorted(part.slot, [first, last]))) for part in self.parts]
        places = [place for place in places if place.here.stop > place.here.start]
        if self.all_known and _one_row_a_day(places):
            return _reckoned(places, first, last, self.first_day, self.n_days)
        return _looked_up(places, first, last, self.first_day, self.n_days, self.known_at)

    def cuts(self) -> Ints:
        """Slots before which a row group begins, in order: good places for a block to begin."""
        found = [np.zeros(0, dtype=np.int64)]
        for part in self.parts:
            at = np.searchsorted(part.first_row, part.group_start[:-1])
            found.append(part.slot[at[at < len(part.slot)]] if (np.diff(part.first_row) > 0).all() else found[0])
        return np.unique(np.concatenate(found))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block's series lie in a segment."""

    part: _Part
    here: slice

    def groups(self) -> list[int]:
        """The row groups that hold them."""
        part, here = self.part, self.here
        first = np.searchsorted(part.group_start, part.first_row[here], side="right") - 1
        last = np.searchsorted(part.group_start, part.first_row[here] + part.rows[here] - 1, side="right") - 1
        touched = np.zeros(len(part.group_start), dtype=np.int64)
        np.add.at(touched, first, 1)
        np.add.at(touched, last + 1, -1)
        return [int(group) for group in np.flatnonzero(np.cumsum(touched)[:-1] > 0)]

    def read(self, groups: list[int], columns: list[str]) -> pa.Table:
        part = self.part
        try:
            with pq.ParquetFile(part.path, metadata=part.metadata, read_dictionary=["marks"], memory_map=True) as file:
                return file.read_row_groups(groups, columns=columns, use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise broken_segment(part.path, error) from None


def _parts(store: ReadingsStore, wanted: pl.DataFrame) -> list[_Part]:
    """The segments that hold any of the wanted series."""
    found = store.series().join(wanted, on=["msid", "measurement_quantity"], how="inner")
    by_segment = (
        found.drop("msid", "measurement_quantity").sort("segment", "slot").partition_by("segment", as_dict=True)
    )
    return [_part(store.segments[number], part) for (number,), part in sorted(by_segment.items())]


def _part(segment: Segment, found: pl.DataFrame) -> _Part:
    try:
        metadata = pq.read_metadata(segment.path)
    except (OSError, pa.ArrowException) as error:
        raise broken_segment(segment.path, error) from None
    return _Part(
        path=segment.path,
        metadata=metadata,
        group_start=group_starts(metadata),
        slot=found["slot"].cast(pl.Int64).to_numpy(),
        first_row=found["first_row"].to_numpy(),
        rows=found["rows"].to_numpy(),
        first_date=found["first_date"].cast(pl.Int32).cast(pl.Int64).to_numpy(),
        every_day=found["every_day"].to_numpy(),
        ordinal=found["ordinal"].cast(pl.Int64).to_numpy(),
        latest_record=int(segment.max_recorded_at.timestamp() * 1_000_000),
    )


def _one_row_a_day(places: list[_Place]) -> bool:
    """Whether every series of the block has one row for each of its days, and lies in one segment only."""
    slots = [place.part.slot[place.here] for place in places]
    apart = all(one[-1] < other[0] for one, other in pairwise(slots))
    return apart and all(place.part.every_day[place.here].all() for place in places)


def _reckoned(places: list[_Place], first: int, last: int, first_day: int, n_days: int) -> DayRows:
    """Rows of series that have one for each of their days: a day's row follows from where its series begins."""
    row_of = np.full((last - first, n_days), NO_ROW, dtype=np.int32)
    day = np.arange(n_days, dtype=np.int32)
    values: list[npt.NDArray[np.int32]] = []
    marks = _Marks()
    before = 0
    for place in places:
        part, here, groups = place.part, place.here, place.groups()
        table = place.read(groups, _VALUES)
        values.append(_watt_hours(table))
        marks.add(table)
        sizes = np.diff(part.group_start)[groups]
        starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
        of_group = np.searchsorted(part.group_start[groups], part.first_row[here], side="right") - 1
        first_row = before + starts[of_group] + part.first_row[here] - part.group_start[groups][of_group]
        begins = (part.first_date[here] - first_day).astype(np.int32)
        since = day[None, :] - begins[:, None]
        inside = (since >= 0) & (since < part.rows[here].astype(np.int32)[:, None])
        row_of[part.slot[here] - first] = np.where(inside, since + first_row.astype(np.int32)[:, None], NO_ROW)
        before += table.num_rows
    return DayRows(_joined(values, np.int32, (0, PERIODS)), marks.of_row(), marks.patterns(), row_of)


def _looked_up(places: list[_Place], first: int, last: int, first_day: int, n_days: int, known_at: Ints) -> DayRows:
    """Rows of any series: found by what each row says, the latest record known counting half hour by half hour."""
    values: list[npt.NDArray[np.int32]] = []
    marks = _Marks()
    rows: list[Ints] = []
    cells: list[Ints] = []
    recorded: list[Ints] = []
    before = 0
    for place in places:
        table = place.read(place.groups(), [*_KEYS, *_VALUES, *_RECORD])
        ordinal = _numbers(table, "series", np.int32)
        day = _numbers(table, "settlement_date", np.int32).astype(np.int64) - first_day
        moment = _numbers(table, "recorded_at", np.int64)
        known = (day >= 0) & (day < n_days) & (moment <= known_at[np.clip(day, 0, n_days - 1)])
        for slot_of in _slots_by_ordinal(place, first, int(ordinal.max(initial=0)) + 1):
            slot = slot_of[ordinal]
            kept = np.flatnonzero(known & (slot >= 0))
            rows.append(before + kept)
            cells.append(slot[kept] * n_days + day[kept])
            recorded.append(moment[kept])
        values.append(_watt_hours(table))
        marks.add(table)
        before += table.num_rows
    row, cell = _joined(rows, np.int64), _joined(cells, np.int64)
    row_of = np.full((last - first) * n_days, NO_ROW, dtype=np.int32)
    row_of[cell] = row
    found = DayRows(
        _joined(values, np.int32, (0, PERIODS)), marks.of_row(), marks.patterns(), row_of.reshape(last - first, n_days)
    )
    if np.array_equal(row_of[cell], row):
        return found
    return _overlay(found, row, cell, _joined(recorded, np.int64))


def _slots_by_ordinal(place: _Place, first: int, ordinals: int) -> Iterator[Ints]:
    """The block's slot of each series of a segment; again for an MSID that several sites of the block register."""
    ordinal, slot = place.part.ordinal[place.here], place.part.slot[place.here] - first
    while len(ordinal):
        slot_of = np.full(ordinals, -1, dtype=np.int64)
        _, once = np.unique(ordinal, return_index=True)
        slot_of[ordinal[once]] = slot[once]
        yield slot_of
        ordinal, slot = np.delete(ordinal, once), np.delete(slot, once)


class _Marks:
    """The marks of several tables: each row's pattern, and the patterns, the first of which is 'nothing there'."""

    def __init__(self) -> None:
        self._patterns = [np.zeros((1, PERIODS), dtype=np.uint8)]
        self._of_row: list[npt.NDArray[np.int32]] = []
        self._count = 1

    def add(self, table: pa.Table) -> None:
        """Take the marks of a table whose column of them is dictionary-encoded."""
        for chunk in table.column("marks").chunks:
            dictionary = np.frombuffer(b"".join(chunk.dictionary.to_pylist()), dtype=np.uint8).reshape(-1, PERIODS)
            self._of_row.append(_buffer(chunk.indices, np.int32) + np.int32(self._count))
            self._patterns.append(dictionary)
            self._count += len(dictionary)

    def of_row(self) -> npt.NDArray[np.int32]:
        return _joined(self._of_row, np.int32)

    def patterns(self) -> npt.NDArray[np.uint8]:
        return np.concatenate(self._patterns)


def _overlay(rows: DayRows, row: Ints, cell: Ints, recorded: Ints) -> DayRows:
    """Lay later records over earlier ones, half hour by half hour, for the days that have several.

    Args:
        row, cell, recorded: which row is a record of which cell of `row_of`, and when it was recorded.
    """
    values, pattern_of_row, patterns = rows.values, rows.pattern_of_row, rows.patterns
    row_of = rows.row_of.reshape(-1)
    several = np.flatnonzero(np.bincount(cell, minlength=len(row_of))[cell] > 1)
    several = several[np.lexsort((row[several], recorded[several], cell[several]))]
    order, where = row[several], cell[several]
    cells, starts = np.unique(where, return_index=True)
    merged = np.zeros((len(cells), PERIODS), dtype=np.int32)
    marks = np.zeros((len(cells), PERIODS), dtype=np.uint8)
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    cell_of = np.repeat(np.arange(len(cells)), np.diff(np.append(starts, len(order))))
    for turn in range(int(rank.max()) + 1):
        chosen = rank == turn
        turned, targets = order[chosen], cell_of[chosen]
        here = patterns[pattern_of_row[turned]] != ABSENT
        merged[targets] = np.where(here, values[turned], merged[targets])
        marks[targets] = np.where(here, patterns[pattern_of_row[turned]], marks[targets])
    row_of[cells] = len(values) + np.arange(len(cells))
    return append_rows(rows, merged, marks)


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
