"""Checks the rows of a readings table and lays the good ones out as day rows, whatever else is in the table.

Follows the contract ("Readings") and the calendar page, section 1: a period number is one of its Settlement Day's. The
columns with few different values are checked value by value, not row by row; that is what makes this quick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from halfhour.errors import Finding, Severity
from halfhour.formats.column_values import BAD, decoded, python_value, shown
from halfhour.formats.readings_shapes import MOST_PERIODS, PERIOD_COLUMNS, Recognised, Stretch
from halfhour.metering.readings import cell_values
from halfhour.metering.readings.cell_values import QUANTITIES, REACTIVE, UNDIRECTED, day_of
from halfhour.metering.readings.day_block import (
    ABSENT,
    ACTUAL,
    FILE_TIME,
    DayBlock,
    Doubles,
    LongReadings,
    Series,
    lay_out,
)
from halfhour.metering.readings.watt_hours import MOST_WH, Reading, to_watt_hours

Mask = NDArray[np.bool_]

SETTLE_DIFFERENCE = "Leave one of them in the file; until then the half hour counts as missing from it."

_CORRECT = "Correct it; until then the reading counts as missing."


@dataclass(frozen=True, slots=True)
class _Place:
    """A stretch, the file that it is of, and the moment after which nothing can be known."""

    stretch: Stretch
    file: Recognised
    now: int

    def code(self, code: str) -> str:
        """What a code is called in the file's format."""
        return self.file.codes.get(code, code)

    def value(self, row: int, column: str) -> object:
        return python_value(self.stretch.columns[column][row])

    def finding(
        self,
        row: int,
        code: str,
        wrong: str,
        period: int | None = None,
        severity: Severity = "error",
        do: str = _CORRECT,
    ) -> Finding:
        day = cell_values.settlement_date(self.value(row, "settlement_date"))
        return Finding(
            self.code(code),
            severity,
            f"{wrong}.",
            do,
            f"{self.stretch.log.file}:{self.file.unit}{self.stretch.lines[row]}",
            msid=cell_values.msid(self.value(row, "msid")) or "",
            settlement_date=None if day == BAD else day_of(day),
            settlement_period=period,
        )

    def period(self, row: int) -> int | None:
        if self.stretch.shape == "wide":
            return None
        period = cell_values.settlement_period(self.value(row, "settlement_period"))
        return None if period == BAD else period


@dataclass(slots=True)
class _Rows:
    """What the columns common to both shapes say, per row; `usable` shrinks as checks fail."""

    usable: Mask
    series: list[Series]
    series_of: NDArray[np.int64]
    day: NDArray[np.int64]
    periods_of_day: NDArray[np.int64]
    mark: NDArray[np.uint8]
    recorded: NDArray[np.int64]
    rows_read: int
    directed: dict[str, str]
    left_aside: dict[str, int]


def to_day_block(stretch: Stretch, file: Recognised, now: int, directions: Mapping[str, str]) -> DayBlock:
    """Check a stretch of a readings file and lay its good readings out as day rows.

    Args:
        stretch: the rows.
        file: which they are of.
        now: the moment of taking in [µs since 1970 UTC].
        directions: measurement quantity of each MSID that is registered for one direction only, for rows that say none.

    Returns:
        The good readings, and in its log what is wrong with the others.
    """
    place = _Place(stretch, file, now)
    rows = _check_common_columns(place, directions)
    block = _long_block(place, rows) if stretch.shape == "long" else _wide_block(place, rows)
    return replace(block, directed=rows.directed, left_aside=rows.left_aside)


def _reject(place: _Place, usable: Mask, wrong: Mask, code: str, describe: Callable[[int], Finding]) -> None:
    """Report the rows, so far usable, in which something is wrong, and use them no further."""
    rows = np.flatnonzero(usable & wrong)
    if len(rows):
        usable[rows] = False
        place.stretch.log.add_rows(place.code(code), rows, describe)


def _check_common_columns(place: _Place, directions: Mapping[str, str]) -> _Rows:
    columns = place.stretch.columns
    count = len(place.stretch.lines)
    names: dict[str, int] = {}

    def number_of(value: object) -> int:
        name = cell_values.msid(value)
        return BAD if name is None else names.setdefault(name, len(names))

    msid = decoded(columns["msid"], number_of)
    quantity = decoded(
        columns["measurement_quantity"], partial(cell_values.measurement_quantity, undirected=place.file.undirected)
    )
    day = decoded(columns["settlement_date"], cell_values.settlement_date)
    usable = _not_blank(columns, count)
    rows_read = int(np.count_nonzero(usable))

    def reject(wrong: Mask, code: str, column: str, message: str) -> None:
        def describe(row: int) -> Finding:
            return place.finding(row, code, message.format(shown(place.value(row, column))), place.period(row))

        _reject(place, usable, wrong, code, describe)

    reject(msid == BAD, "RD-009", "msid", "{} is not an MSID of 13 digits")
    reject(quantity == BAD, "RD-010", "measurement_quantity", "{} is not a measurement quantity: AI or AE")
    reactive = usable & (quantity == REACTIVE)
    place.stretch.log.tallies["reactive"] += int(np.count_nonzero(reactive))
    usable &= ~reactive
    directed, left_aside = _direct(usable, list(names), msid, quantity, directions)
    reject(
        day == BAD,
        "RD-012",
        "settlement_date",
        "{} is not a Settlement Day from 1990-01-01 to 2099-12-31, as an ISO date",
    )

    mark = np.full(count, ACTUAL, dtype=np.int64)
    if "status" in columns:
        mark = decoded(columns["status"], cell_values.status)
        reject(mark == BAD, "RD-017", "status", "{} is not a status: A (actual) or E (estimated)")
    recorded = np.full(count, FILE_TIME, dtype=np.int64)
    if "recorded_at" in columns:
        recorded = decoded(columns["recorded_at"], cell_values.recorded_at)
        reject(recorded == BAD, "RD-018", "recorded_at", "{} is not a moment in ISO form, from 1990 to 2099")
        recorded = _not_after_now(place, usable, recorded)
    return _Rows(
        usable,
        [(name, text) for name in names for text in QUANTITIES],
        msid * len(QUANTITIES) + quantity,
        day,
        decoded(columns["settlement_date"], cell_values.periods_of_day),
        mark.astype(np.uint8),
        recorded,
        rows_read,
        directed,
        left_aside,
    )


def _direct(
    usable: Mask,
    names: list[str],
    msid: NDArray[np.int64],
    quantity: NDArray[np.int64],
    directions: Mapping[str, str],
) -> tuple[dict[str, str], dict[str, int]]:
    """Give the rows without a direction that of their MSID; those that get none are used no further.

    Args:
        usable, quantity: changed in place.
        names: of the ordinals in `msid`.
        msid: of each row.
        directions: the quantity of each MSID that has one direction.

    Returns:
        The direction of each MSID that was asked for, empty where it has none, and how many rows such a one has.
    """
    rows = np.flatnonzero(usable & (quantity == UNDIRECTED))
    if len(rows) == 0:
        return {}, {}
    of_rows = msid[rows]
    asked, counts = np.unique(of_rows, return_counts=True)
    found = {int(ordinal): directions.get(names[ordinal], "") for ordinal in asked}
    places = np.full(len(names), UNDIRECTED, dtype=np.int64)
    for ordinal, direction in found.items():
        if direction:
            places[ordinal] = QUANTITIES.index(direction)
    quantity[rows] = places[of_rows]
    usable[rows[quantity[rows] == UNDIRECTED]] = False
    left_aside = {
        names[ordinal]: int(count) for ordinal, count in zip(asked, counts, strict=True) if not found[int(ordinal)]
    }
    return {names[ordinal]: direction for ordinal, direction in found.items()}, left_aside


def _not_blank(columns: dict[str, pa.Array], count: int) -> Mask:
    """Rows in which anything is written."""
    blank = np.ones(count, dtype=bool)
    for column in columns.values():
        if not blank.any():
            break
        blank &= np.asarray(column.is_null())
    return ~blank


def _not_after_now(place: _Place, usable: Mask, recorded: NDArray[np.int64]) -> NDArray[np.int64]:
    """Take the file's time of record where the row's lies in the future, and say so."""
    future = usable & (recorded > place.now)

    def describe(row: int) -> Finding:
        text = f"{shown(place.value(row, 'recorded_at'))} is a time of record in the future, the file's was taken"
        return place.finding(
            row, "RD-019", text, place.period(row), "warning", "Check the clock or the time zone it is written in."
        )

    if future.any():
        place.stretch.log.add_rows("RD-019", np.flatnonzero(future), describe, "warning")
    return np.where(future, FILE_TIME, recorded)


def _wrong_number(kind: Reading, value: object) -> tuple[str, str]:
    """Code and message of a value that is no reading."""
    if kind == Reading.NOT_A_NUMBER:
        return "RD-014", f"{shown(value)} is not a number of kWh"
    if kind == Reading.NEGATIVE:
        return "RD-015", f"{shown(value)} kWh is negative; each direction is counted by itself and is never below zero"
    return "RD-016", f"{shown(value)} kWh is more than {MOST_WH // 1000:,} kWh in a half hour"


def _no_such_period(day: int, periods: int, period: object) -> str:
    return f"{shown(period)} is not one of the {periods} Settlement Periods of {day_of(day)}"


def _long_block(place: _Place, rows: _Rows) -> DayBlock:
    columns, log, usable = place.stretch.columns, place.stretch.log, rows.usable
    period = decoded(columns["settlement_period"], cell_values.settlement_period)
    wh, state = to_watt_hours(columns["kwh"])

    def describe_period(row: int) -> Finding:
        written = place.value(row, "settlement_period")
        wrong = _no_such_period(int(rows.day[row]), int(rows.periods_of_day[row]), written)
        return place.finding(row, "RD-013", wrong, place.period(row))

    _reject(place, usable, (period == BAD) | (period > rows.periods_of_day), "RD-013", describe_period)
    for kind in (Reading.NOT_A_NUMBER, Reading.NEGATIVE, Reading.ABSURD):
        code = _wrong_number(kind, "")[0]

        def describe_number(row: int, kind: Reading = kind) -> Finding:
            return place.finding(row, *_wrong_number(kind, place.value(row, "kwh")), period=int(period[row]))

        _reject(place, usable, state == kind, code, describe_number)
    log.tallies["rounded"] += int(np.count_nonzero(usable & (state == Reading.ROUNDED)))

    readings = LongReadings(rows.series_of, rows.day, rows.recorded, period, wh, rows.mark)
    present = usable & (state != Reading.MISSING)
    places = np.arange(len(present))
    if not present.all():
        readings, places = readings.take(present), np.flatnonzero(present)

    def report(doubles: Doubles) -> None:
        def describe(pair: int) -> Finding:
            first, second = doubles.first[pair], doubles.second[pair]
            wrong = differing_values(int(readings.wh[first]), int(readings.wh[second]))
            return place.finding(
                int(places[second]), "RD-021", wrong, int(readings.period[second]), do=SETTLE_DIFFERENCE
            )

        log.tallies["repeated"] += doubles.repeated
        log.add_rows(place.code("RD-021"), np.arange(len(doubles.first)), describe)

    return lay_out(rows.series, readings, rows.rows_read, log, report)


def differing_values(first_wh: int, second_wh: int) -> str:
    """Message for two values of one half hour in one record."""
    return f"{first_wh} Wh and {second_wh} Wh are given for one half hour, with the same time of record"


def _wide_block(place: _Place, rows: _Rows) -> DayBlock:
    columns, log = place.stretch.columns, place.stretch.log
    count = len(rows.usable)
    wh = np.zeros((count, MOST_PERIODS), dtype=np.int32)
    state = np.full((count, MOST_PERIODS), Reading.MISSING, dtype=np.uint8)
    for index, name in enumerate(PERIOD_COLUMNS):
        if name in columns:
            values, state[:, index] = to_watt_hours(columns[name])
            wh[:, index] = values
    usable = (rows.usable[:, None] & (state != Reading.MISSING)).ravel()

    def reject(wrong: Mask, code: str, message: Callable[[int, int], str]) -> None:
        def describe(cell: int) -> Finding:
            row, index = divmod(cell, MOST_PERIODS)
            return place.finding(row, code, message(row, index + 1), index + 1)

        _reject(place, usable, wrong.ravel(), code, describe)

    def wrong_period(row: int, period: int) -> str:
        return _no_such_period(int(rows.day[row]), int(rows.periods_of_day[row]), period)

    reject(np.arange(1, MOST_PERIODS + 1) > rows.periods_of_day[:, None], "RD-013", wrong_period)
    for kind in (Reading.NOT_A_NUMBER, Reading.NEGATIVE, Reading.ABSURD):

        def wrong_number(row: int, period: int, kind: Reading = kind) -> str:
            return _wrong_number(kind, place.value(row, f"p{period}"))[1]

        reject(state == kind, _wrong_number(kind, "")[0], wrong_number)
    cells = usable.reshape(count, MOST_PERIODS)
    log.tallies["rounded"] += int(np.count_nonzero(cells & (state == Reading.ROUNDED)))
    marks = np.where(cells, rows.mark[:, None], np.uint8(ABSENT))
    wh[~cells] = 0
    kept = cells.any(axis=1)
    return DayBlock(
        rows.series,
        rows.series_of[kept].astype(np.int32),
        rows.day[kept].astype(np.int32),
        rows.recorded[kept],
        place.stretch.lines[kept],
        wh[kept],
        marks[kept],
        rows.rows_read,
        log,
    )
