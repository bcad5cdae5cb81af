"""Readings laid out one row per series, Settlement Day and time of record, 50 half hours wide: the store's own layout.

Follows the engine's measurements: this layout, not the language, is what makes the engine quick.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from halfhour.formats.finding_log import FindingLog
from halfhour.formats.readings_shapes import MOST_PERIODS

Series = tuple[str, str]
"""MSID and measurement quantity (AI, AE)."""

ABSENT = 0
ACTUAL = 1
ESTIMATED = 2
CONFLICT = 3
"""Two values of one record for the half hour: neither is used. Written to the store as absent."""

FILE_TIME = -(2**62)
"""Instead of a time of record: the row has none of its own, the file's holds."""

UNKNOWN_LINE = 0


@dataclass(frozen=True, slots=True)
class DayBlock:
    """Checked readings of a stretch of a file.

    Attributes:
        series: what the ordinals in `series_of` stand for.
        series_of: ordinal into `series`, per day row.
        day: Settlement Day as days since 1970-01-01.
        recorded: time of record [µs since 1970 UTC] or `FILE_TIME`.
        line: line that the whole day row stands on, `UNKNOWN_LINE` where it is made of several.
        wh: (rows, 50) [Wh], 0 where there is no value.
        marks: (rows, 50): ABSENT, ACTUAL, ESTIMATED or CONFLICT.
        rows_read: rows of the file that these readings come from, without blank ones.
        log: findings of this stretch.
        directed: of MSIDs whose rows state no direction, the quantity that the register gives, empty where none.
        left_aside: how many rows the latter have.
    """

    series: list[Series]
    series_of: NDArray[np.int32]
    day: NDArray[np.int32]
    recorded: NDArray[np.int64]
    line: NDArray[np.int64]
    wh: NDArray[np.int32]
    marks: NDArray[np.uint8]
    rows_read: int
    log: FindingLog
    directed: dict[str, str] = field(default_factory=dict)
    left_aside: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LongReadings:
    """Checked readings one by one, column by column; what the columns hold is as in `DayBlock`."""

    series_of: NDArray[np.int64]
    day: NDArray[np.int64]
    recorded: NDArray[np.int64]
    period: NDArray[np.int64]
    wh: NDArray[np.int64]
    mark: NDArray[np.uint8]

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> LongReadings:
        """The readings at these places, or where the mask is set."""
        return LongReadings(
            self.series_of[rows],
            self.day[rows],
            self.recorded[rows],
            self.period[rows],
            self.wh[rows],
            self.mark[rows],
        )


@dataclass(frozen=True, slots=True)
class Doubles:
    """What was given more than once in a stretch.

    Attributes:
        repeated: how many readings said again what another one says.
        first, second: places of readings that differ, a pair per half hour.
    """

    repeated: int
    first: NDArray[np.intp]
    second: NDArray[np.intp]


def lay_out(
    series: list[Series], readings: LongReadings, rows_read: int, log: FindingLog, report: Callable[[Doubles], None]
) -> DayBlock:
    """Lay single readings out as day rows.

    Args:
        series: what `readings.series_of` stands for.
        readings: in any order.
        rows_read: for the block.
        log: for the block.
        report: told, where there are any, of readings for one half hour; places are in `readings`.
    """
    count = len(readings.wh)
    key = (readings.series_of << 17) | readings.day
    if count and (readings.recorded != readings.recorded[0]).any():
        moments, ordinal = np.unique(readings.recorded, return_inverse=True)
        key = key * len(moments) + ordinal
    starts = _run_starts(key)
    order: NDArray[np.intp] | None = None
    if len(np.unique(key[starts])) < len(starts):
        order = np.argsort(key, kind="stable")
        readings = readings.take(order)
        starts = _run_starts(key[order])

    row = np.zeros(count, dtype=np.int64)
    row[starts[1:]] = 1
    flat = np.cumsum(row) * MOST_PERIODS + (readings.period - 1)
    wh = np.zeros((len(starts), MOST_PERIODS), dtype=np.int32)
    marks = np.zeros((len(starts), MOST_PERIODS), dtype=np.uint8)
    wh.ravel()[flat] = readings.wh
    marks.ravel()[flat] = readings.mark
    if np.count_nonzero(marks) < count:
        doubles = _settle_doubles(flat, readings, wh.ravel(), marks.ravel())
        if order is not None:
            doubles = Doubles(doubles.repeated, order[doubles.first], order[doubles.second])
        report(doubles)
    return DayBlock(
        series,
        readings.series_of[starts].astype(np.int32),
        readings.day[starts].astype(np.int32),
        readings.recorded[starts],
        np.full(len(starts), UNKNOWN_LINE, dtype=np.int64),
        wh,
        marks,
        rows_read,
        log,
    )


def _run_starts(key: NDArray[np.int64]) -> NDArray[np.intp]:
    if len(key) == 0:
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))


def _settle_doubles(
    flat: NDArray[np.int64], readings: LongReadings, wh: NDArray[np.int32], marks: NDArray[np.uint8]
) -> Doubles:
    """Mark half hours with several readings: estimated where any of equal ones is, a conflict where values differ."""
    order = np.argsort(flat, kind="stable")
    cell = flat[order]
    starts = _run_starts(cell)
    first = np.repeat(order[starts], np.diff(np.append(starts, len(cell))))
    differs = readings.wh[order] != readings.wh[first]
    np.maximum.at(marks, cell, readings.mark[order])
    marks[cell[differs]] = CONFLICT
    wh[cell[differs]] = 0
    conflicting, where = np.unique(cell[differs], return_index=True)
    surplus = np.setdiff1d(np.flatnonzero(first != order), np.flatnonzero(np.isin(cell, conflicting)))
    return Doubles(len(surplus), first[differs][where], order[differs][where])
