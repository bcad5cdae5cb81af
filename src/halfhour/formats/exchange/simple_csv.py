"""Reads simple CSV files: a title row, then MPAN, channel, start of the half hour in UTC, value, status.

Follows the handbook (file-formats 5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import numpy as np
import pyarrow.compute as pc

from halfhour.formats.column_values import BAD, decoded
from halfhour.formats.exchange.clock import (
    HALF_HOURS_A_DAY,
    NOT_A_HALF_HOUR,
    half_hour,
    iso_day,
    settlement_half_hours_of,
)
from halfhour.formats.exchange.rows import (
    CODES,
    Form,
    Rows,
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
from halfhour.formats.readings_shapes import ACTIVE, Recognised, Sample, Stretch
from halfhour.formats.text_blocks import packing

_QUANTITIES = {
    "AI": "AI",
    "AE": "AE",
    "RI": "RI",
    "RE": "RE",
    "ACTIVE": ACTIVE,
    "REACTIVE_IMP": "RI",
    "REACTIVE_EXP": "RE",
}
"""Of the channels."""

_LONG_CHANNELS = {channel for channel in _QUANTITIES if len(channel) > 2}
_WORDS = tuple(dict.fromkeys(_QUANTITIES.values()))
_STATUSES = ("A", "E")
_MPAN, _START, _VALUE = 0, 2, 3
_FIELDS = 5
_NEARLY_A_START = re.compile(
    r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4})[ T]+[0-9]{1,2}:[0-9]{2}.*"
)


def recognise(sample: Sample) -> Recognised | None:
    """Take the file for simple CSV where one of its first rows has an MPAN, a channel and a moment.

    Raises:
        UnreadableFile: the later stretches HH-501, RD-001, RD-003 to RD-005.
    """
    rows = first_rows(sample)
    if has_contract_header(rows) or not any(_is_like_it(row) for row in rows):
        return None
    titled = is_title(rows[0], _MPAN, _START)
    closed = len(rows) > titled and ends_in_a_comma(rows[titled], _FIELDS)
    form = Form(sample.name, "simple CSV", _FIELDS, closed, frozenset({_START, _VALUE}))
    return Recognised(
        f"{packing(sample)}{form.format}",
        "",
        stretches(sample, titled, partial(_stretch, form)),
        FindingLog(sample.name),
        codes=CODES,
        undirected=True,
    )


def _is_like_it(row: Sequence[str]) -> bool:
    if not 3 <= len(row) <= 7 or not like_an_mpan(row[_MPAN]):
        return False
    return row[1].upper() in _LONG_CHANNELS or _NEARLY_A_START.fullmatch(row[_START]) is not None


def _stretch(form: Form, block: bytes, first_line: int) -> Stretch:
    fields = read_fields(block, first_line, form)
    msid, channel, start, kwh, status = fields.columns
    rows = Rows(FindingLog(form.file), fields.lines, without_spaces(msid), np.asarray(kwh.is_valid()))

    quantity = decoded(channel, _quantity)
    rows.reject(
        quantity == BAD,
        "RD-010",
        lambda row: f"{written_value(channel, row)} is not a channel: {', '.join(_QUANTITIES)}",
    )
    space = pc.utf8_slice_codeunits(start, 10, 11)
    day = decoded(pc.utf8_slice_codeunits(start, 0, 10), iso_day)
    time = decoded(pc.utf8_slice_codeunits(start, 11), half_hour)
    unreadable = (day == BAD) | (time == BAD) | ~np.asarray(pc.equal(space, " ").fill_null(False))
    rows.reject(unreadable, "HH-502", lambda row: f"{written_value(start, row)} is not a moment, YYYY-MM-DD HH:MM")
    rows.reject(
        time == NOT_A_HALF_HOUR, "HH-502", lambda row: f"{written_value(start, row)} is not the start of a half hour"
    )
    day, period = settlement_half_hours_of(day * HALF_HOURS_A_DAY + time, rows.usable)
    mark = decoded(status, _status)
    rows.reject(
        mark == BAD,
        "HH-506",
        lambda row: f"{written_value(status, row)} is not a status of one letter: A (actual) or E (estimated)",
        day,
        period,
    )
    return rows.long(of_words(quantity, _WORDS), day, period, kwh, of_words(mark, _STATUSES))


def _quantity(value: object) -> int:
    name = _QUANTITIES.get(str(value or "").upper())
    return BAD if name is None else _WORDS.index(name)


def _status(value: object) -> int:
    letter = str(value or "").upper()
    return _STATUSES.index(letter) if letter in _STATUSES else BAD
