"""Brings the day rows of an ingest of any size into the store's order: rows on disk, their keys in memory.

A file in any order makes day rows in pieces; here the pieces of one row come together, and values that contradict each
other are found however far apart they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType, TracebackType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from halfhour.formats.readings_shapes import MOST_PERIODS
from halfhour.metering.readings.day_block import ABSENT, ACTUAL, CONFLICT, ESTIMATED, FILE_TIME, DayBlock, Series
from halfhour.metering.store.segment_files import SEGMENT_ROWS, cuts_between_sites, day_rows

_VALUES = np.dtype([("wh", "<i4", MOST_PERIODS), ("marks", "u1", MOST_PERIODS)])
_KEYS = np.dtype([("series", "i4"), ("day", "i4"), ("source", "i4"), ("recorded", "i8"), ("line", "i8")])
_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class Difference:
    """Two different readings for a half hour, of one source and one time of record, in different pieces of its day row.

    Attributes:
        line: of the second one, UNKNOWN_LINE where it is not known.
        first_wh, second_wh: the values [Wh].
    """

    series: Series
    day: int
    period: int
    line: int
    first_wh: int
    second_wh: int


Restrict = Callable[[Series, int, NDArray[np.uint8]], None]
"""Given the series, the day and the 50 marks of a row, marks as absent what is not to be taken of it."""

Report = Callable[[int, NDArray[np.int64], Callable[[int], Difference]], None]
"""Told of half hours with different values: the source, a number for each of them, and what a number stands for."""


class DaySpill:
    """Day rows of the files of one ingest, in a file of its own until they are sorted; to be used in a `with`.

    Args:
        path: of the file, which is removed at the end.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w+b")
        self._keys: list[NDArray[np.void]] = []
        self._series: dict[Series, int] = {}
        self.readings: dict[int, int] = {}
        self.earliest: dict[int, int] = {}
        self.repeated: dict[int, int] = {}
        self.backdated: dict[int, int] = {}

    def __enter__(self) -> DaySpill:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def append(self, block: DayBlock, source: int, file_time: int, known: int) -> None:
        """Add rows of a source, whose own time of record holds where a row has none.

        It also holds where a row states one that is not later than `known`, the latest that the store held before: a
        run may have been made from that, and must come out the same again.
        """
        present = np.unique(block.series_of)
        ordinals = np.zeros(len(block.series), dtype=np.int32)
        for ordinal in present.tolist():
            ordinals[ordinal] = self._series.setdefault(block.series[ordinal], len(self._series))
        keys = np.empty(len(block.day), dtype=_KEYS)
        keys["series"] = ordinals[block.series_of]
        keys["day"] = block.day
        keys["source"] = source
        backdated = (block.recorded != FILE_TIME) & (block.recorded <= known)
        if backdated.any():
            self.backdated[source] = self.backdated.get(source, 0) + int(
                np.count_nonzero((block.marks[backdated] == ACTUAL) | (block.marks[backdated] == ESTIMATED))
            )
        keys["recorded"] = np.where((block.recorded == FILE_TIME) | backdated, file_time, block.recorded)
        keys["line"] = block.line
        if len(keys):
            first = int(keys["recorded"].min())
            self.earliest[source] = min(first, self.earliest.get(source, first))
        values = np.empty(len(block.day), dtype=_VALUES)
        values["wh"] = block.wh
        values["marks"] = block.marks
        self._file.write(values.tobytes())
        self._keys.append(keys)

    def drop(self, source: int) -> None:
        """Forget everything of the source added last."""
        self.earliest.pop(source, None)
        self.backdated.pop(source, None)
        while self._keys and (len(self._keys[-1]) == 0 or self._keys[-1]["source"][0] == source):
            self._keys.pop()
        self._file.seek(sum(map(len, self._keys)) * _VALUES.itemsize)
        self._file.truncate()

    def series(self, rank: Mapping[str, int]) -> list[Series]:
        """All series in the store's order: by rank of the MSID, unknown ones last, then MSID and quantity."""
        return sorted(self._series, key=lambda series: (series[0] not in rank, rank.get(series[0], 0), series))

    def sorted_tables(
        self,
        order: list[Series],
        site_of: Sequence[int],
        report: Report,
        restrict: Mapping[int, Restrict] = MappingProxyType({}),
    ) -> Iterator[pa.Table]:
        """The rows in order of series, day, time of record and source, in tables of segment size.

        Args:
            order: from `series`; the tables' ordinals refer to it.
            site_of: number of the site of each series, between which tables end.
            report: told of every half hour that has different values in one record.
            restrict: by source, for those of which not everything is to be taken.
        """
        keys = np.concatenate(self._keys) if self._keys else np.empty(0, dtype=_KEYS)
        if len(keys) == 0:
            return
        places = np.empty(len(self._series), dtype=np.int32)
        for place, series in enumerate(order):
            places[self._series[series]] = place
        keys["series"] = places[keys["series"]]
        sequence = np.lexsort((keys["source"], keys["recorded"], keys["day"], keys["series"]))
        keys = keys[sequence]
        changes = np.zeros(len(keys), dtype=bool)
        changes[0] = True
        for name in ("series", "day", "recorded", "source"):
            changes[1:] |= keys[name][1:] != keys[name][:-1]
        bounds = np.append(np.flatnonzero(changes), len(keys))
        self._file.flush()
        values = np.memmap(self._path, dtype=_VALUES, mode="r", shape=(len(keys),))
        sites = np.asarray(site_of, dtype=np.int64)[keys["series"][bounds[:-1]]]
        for first, last in pairwise([0, *cuts_between_sites(sites, SEGMENT_ROWS), len(bounds) - 1]):
            pieces = []
            for start in range(first, last, _ROWS_AT_ONCE):
                groups = bounds[start : min(start + _ROWS_AT_ONCE, last) + 1]
                rows = slice(groups[0], groups[-1])
                merged = self._merged(keys[rows], values[sequence[rows]], groups - groups[0], order, report)
                pieces.append(self._kept(*merged, order, restrict))
            table = pa.concat_tables(pieces)
            if table.num_rows:
                yield table

    def _merged(
        self,
        keys: NDArray[np.void],
        values: NDArray[np.void],
        bounds: NDArray[np.int64],
        order: list[Series],
        report: Report,
    ) -> tuple[NDArray[np.void], NDArray[np.int32], NDArray[np.uint8]]:
        """Keys, values and marks of rows, those that belong together made one.

        `bounds` are where each one's pieces begin, and the end of the last.
        """
        starts, sizes = bounds[:-1], np.diff(bounds)
        wh, marks = values["wh"][starts], values["marks"][starts]
        for nth in range(1, int(sizes.max())):
            groups = np.flatnonzero(sizes > nth)
            pieces = starts[groups] + nth
            held_marks, held_wh = marks[groups], wh[groups]
            more_marks, more_wh = values["marks"][pieces], values["wh"][pieces]
            both = (held_marks != ABSENT) & (more_marks != ABSENT) & (held_marks != CONFLICT) & (more_marks != CONFLICT)
            differ = both & (held_wh != more_wh)
            for source, count in _count_by(keys["source"][pieces], both & ~differ).items():
                self.repeated[source] = self.repeated.get(source, 0) + count
            _report_differences(differ, keys[pieces], held_wh, more_wh, order, report)
            # The greater mark: estimated where either is, a conflict where either was found to be one.
            joined = np.maximum(held_marks, more_marks)
            joined[differ] = CONFLICT
            marks[groups] = joined
            wh[groups] = np.where(held_marks == ABSENT, more_wh, held_wh)
        marks[marks == CONFLICT] = ABSENT
        return keys[starts], wh, marks

    def _kept(
        self,
        keys: NDArray[np.void],
        wh: NDArray[np.int32],
        marks: NDArray[np.uint8],
        order: list[Series],
        restrict: Mapping[int, Restrict],
    ) -> pa.Table:
        """The rows of which anything is to be taken, counted."""
        for source, of_row in restrict.items():
            for row in np.flatnonzero(keys["source"] == source).tolist():
                of_row(order[keys["series"][row]], int(keys["day"][row]), marks[row])
        wh[marks == ABSENT] = 0
        for source, count in _count_by(keys["source"], marks != ABSENT).items():
            self.readings[source] = self.readings.get(source, 0) + count
        kept = (marks != ABSENT).any(axis=1)
        if not kept.all():
            keys, wh, marks = keys[kept], wh[kept], marks[kept]
        return day_rows(keys["series"], keys["day"], wh, marks, keys["recorded"], keys["source"])


def _report_differences(
    differ: NDArray[np.bool_],
    keys: NDArray[np.void],
    held_wh: NDArray[np.int32],
    more_wh: NDArray[np.int32],
    order: list[Series],
    report: Report,
) -> None:
    def describe(cell: int) -> Difference:
        row, index = divmod(cell, MOST_PERIODS)
        key = keys[row]
        values = int(held_wh[row, index]), int(more_wh[row, index])
        return Difference(order[key["series"]], int(key["day"]), index + 1, int(key["line"]), *values)

    for source in np.unique(keys["source"][differ.any(axis=1)]).tolist():
        report(source, np.flatnonzero(differ & (keys["source"] == source)[:, None]), describe)


def _count_by(source: NDArray[np.int32], cells: NDArray[np.bool_]) -> dict[int, int]:
    """How many cells are set in the rows of each source."""
    counts = np.bincount(source, weights=np.count_nonzero(cells, axis=1))
    return {int(ordinal): int(counts[ordinal]) for ordinal in np.flatnonzero(counts)}
