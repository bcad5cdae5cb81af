"""Reads EDF portal CSV files: a title row, then month, MPAN, quantity, dd-mm-yyyy, 50 values and 50 status words.

Follows the handbook (file-formats 5): value k is the k-th half hour from local midnight; `-` ends the day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import numpy as np
import pyarrow.compute as pc

from halfhour.formats.column_values import BAD, decoded
from halfhour.formats.exchange.clock import day_of, day_with_hyphens, periods_of
from halfhour.formats.exchange.rows import (
    CODES,
    Form,
    Rows,
    by_row,
    ends_in_a_comma,
    first_rows,
    has_contract_header,
    is_title,
    like_an_mpan,
    of_words,
    read_fields,
    stretches,
    without_spaces,
    written_value,
)
from halfhour.formats.finding_log import FindingLog
from halfhour.formats.readings_shapes import MOST_PERIODS, Recognised, Sample, Stretch
from halfhour.formats.text_blocks import packing

_MPAN, _DATE, _VALUE = 1, 3, 4
_STATUS = _VALUE + MOST_PERIODS
_FIELDS = _STATUS + MOST_PERIODS
_LEAST_FIELDS = 20
_END_OF_DAY = "-"
_QUANTITIES = {"AI", "AE", "RI", "RE"}
"""AE is not offered by the portal; where it stands all the same, it says what it is."""

_STATUSES = {"ACTUAL": 0, "ESTIMATED": 1, _END_OF_DAY: 1}
_WORDS = ("A", "E")
_NEARLY_A_DAY = re.compile(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}")


def recognise(sample: Sample) -> Recognised | None:
    """Take the file for EDF where its titles are `Month`, `MPAN`, or one of its first rows is like one of a portal's.

    Raises:
        UnreadableFile: the later stretches HH-501, RD-001, RD-003 to RD-005.
    """
    rows = first_rows(sample)
    if not rows or has_contract_header(rows) or not (_has_its_titles(rows[0]) or any(map(_is_like_it, rows))):
        return None
    titled = is_title(rows[0], _MPAN, _DATE)
    closed = len(rows) > titled and ends_in_a_comma(rows[titled], _FIELDS)
    form = Form(sample.name, "EDF portal CSV", _FIELDS, closed, frozenset(range(_VALUE, _STATUS)))
    return Recognised(
        f"{packing(sample)}{form.format}",
        "",
        stretches(sample, titled, partial(_stretch, form)),
        FindingLog(sample.name),
        codes=CODES,
    )


def _has_its_titles(row: Sequence[str]) -> bool:
    return [title.lower() for title in row[:2]] == ["month", "mpan"]


def _is_like_it(row: Sequence[str]) -> bool:
    return (
        len(row) >= _LEAST_FIELDS
        and like_an_mpan(row[_MPAN])
        and row[2].upper() in _QUANTITIES
        and _NEARLY_A_DAY.fullmatch(row[_DATE]) is not None
    )


def _stretch(form: Form, block: bytes, first_line: int) -> Stretch:
    fields = read_fields(block, first_line, form)
    _, msid, quantity, date = fields.columns[:_VALUE]
    count = len(fields.lines)
    days = Rows(FindingLog(form.file), fields.lines, without_spaces(msid), np.ones(count, dtype=bool))
    days.reject_bad_msids()
    days.reject(
        decoded(quantity, _quantity) == BAD,
        "RD-010",
        lambda row: f"{written_value(quantity, row)} is not a measurement quantity: AI, RI or RE",
    )
    day = decoded(date, day_with_hyphens)
    days.reject(day == BAD, "HH-502", lambda row: f"{written_value(date, row)} is not a day, dd-mm-yyyy")
    periods = periods_of(day)

    kwh = by_row(fields.columns[_VALUE:_STATUS])
    nth = np.tile(np.arange(MOST_PERIODS), count)
    ends = np.asarray(pc.equal(kwh, _END_OF_DAY).fill_null(False)).reshape(count, MOST_PERIODS)
    # Columns after the one that ends the day are ignored, whatever stands there.
    length = np.where(ends.any(axis=1), ends.argmax(axis=1), MOST_PERIODS)
    written = np.asarray(kwh.is_valid()) & (nth < np.repeat(length, MOST_PERIODS))
    last = np.where(written, nth + 1, 0).reshape(count, MOST_PERIODS).max(axis=1, initial=0)

    def too_many(row: int) -> str:
        return f"{last[row]} values are given, and {day_of(int(day[row]))} has {periods[row]} half hours"

    days.reject(last > periods, "HH-502", too_many, day, do="Correct the row; until then its day counts as missing.")
    cells = days.spread(MOST_PERIODS, written)
    statuses = [decoded(column, _status) for column in fields.columns[_STATUS:]]
    mark = np.stack(statuses, axis=1).ravel() if count else np.zeros(0, dtype=np.int64)
    days_of_cells = np.repeat(day, MOST_PERIODS)

    def wrong_status(cell: int) -> str:
        row, place = divmod(cell, MOST_PERIODS)
        return f"{written_value(fields.columns[_STATUS + place], row)} is not a status: Actual, Estimated or '-'"

    cells.reject(mark == BAD, "HH-506", wrong_status, days_of_cells, nth + 1)
    return cells.long(
        quantity.take(np.repeat(np.arange(count), MOST_PERIODS)), days_of_cells, nth + 1, kwh, of_words(mark, _WORDS)
    )


def _quantity(value: object) -> int:
    return 0 if str(value or "").upper() in _QUANTITIES else BAD


def _status(value: object) -> int:
    return _STATUSES.get(str(value or "").upper(), BAD)
