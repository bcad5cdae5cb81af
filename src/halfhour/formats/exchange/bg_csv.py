"""Reads 'bg' CSV files: a row per day of MPAN, a field that says nothing here, dd/mm/yyyy, and 48 values.

Follows the handbook (file-formats 5): value k starts 30 (k - 1) minutes after midnight, by a clock that the file does
not state. It is UTC unless the portfolio says otherwise. A day on which the clocks change needs the portfolio's word;
by local time 48 values cannot express it at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import numpy as np

from halfhour.errors import Finding
from halfhour.formats.column_values import BAD, decoded
from halfhour.formats.exchange.clock import (
    HALF_HOURS_A_DAY,
    day_of,
    day_with_slashes,
    periods_of,
    settlement_half_hours_of,
)
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
from halfhour.formats.readings_shapes import ACTIVE, Clock, Recognised, Sample, Stretch
from halfhour.formats.text_blocks import packing

UNCONFIRMED = "unconfirmed"

_MPAN, _DATE, _VALUE = 0, 2, 3
_FIELDS = _VALUE + HALF_HOURS_A_DAY
_LEAST_FIELDS = 20
_NEARLY_A_DAY = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4}")

_CONFIRM = 'Write bg_clock = "utc" or "local" under [readings] in portfolio.toml, as its sender counts.'
_ANOTHER_FORMAT = "Give the day in a format that can express it, such as a table of readings by Settlement Period."
_CONFIRM_UTC = (
    'If its sender counts in UTC, write bg_clock = "utc" under [readings] in portfolio.toml and settle again. Else '
    "give the day in a format that can express it, such as a table of readings by Settlement Period."
)


def recognise(sample: Sample) -> Recognised | None:
    """Take the file for bg where one of its first rows has an MPAN, a day and many values.

    Raises:
        UnreadableFile: the later stretches HH-501, RD-001, RD-003 to RD-005.
    """
    rows = first_rows(sample)
    if has_contract_header(rows) or not any(_is_like_it(row) for row in rows):
        return None
    titled = is_title(rows[0], _MPAN, _DATE)
    closed = len(rows) > titled and ends_in_a_comma(rows[titled], _FIELDS)
    form = Form(sample.name, "bg CSV", _FIELDS, closed, frozenset(range(_VALUE, _FIELDS)))
    log = FindingLog(sample.name)
    if sample.bg_clock is None:
        log.add(
            Finding(
                "HH-509",
                "warning",
                "The file does not say by which clock it counts half hours; it was read in UTC.",
                _CONFIRM,
                sample.name,
            )
        )
    return Recognised(
        f"{packing(sample)}{form.format}",
        "",
        stretches(sample, titled, partial(_stretch, form, sample.bg_clock)),
        log,
        codes=CODES,
        undirected=True,
        clock=sample.bg_clock or UNCONFIRMED,
    )


def _is_like_it(row: Sequence[str]) -> bool:
    return len(row) >= _LEAST_FIELDS and like_an_mpan(row[_MPAN]) and _NEARLY_A_DAY.fullmatch(row[_DATE]) is not None


def _stretch(form: Form, clock: Clock | None, block: bytes, first_line: int) -> Stretch:
    fields = read_fields(block, first_line, form)
    msid, _, date, *values = fields.columns
    days = Rows(FindingLog(form.file), fields.lines, without_spaces(msid), np.ones(len(fields.lines), dtype=bool))
    days.reject_bad_msids()
    day = decoded(date, day_with_slashes)
    days.reject(day == BAD, "HH-502", lambda row: f"{written_value(date, row)} is not a day, dd/mm/yyyy")
    periods = periods_of(day)

    def changing(row: int) -> str:
        return f"{day_of(int(day[row]))} has {periods[row]} half hours, and 48 values do not say which they are"

    kwh = by_row(values)
    written = np.asarray(kwh.is_valid())
    if clock != "utc":
        some = written.reshape(-1, HALF_HOURS_A_DAY).any(axis=1)
        step = _CONFIRM_UTC if clock is None else _ANOTHER_FORMAT
        days.reject(some & (periods != HALF_HOURS_A_DAY), "HH-505", changing, day, do=step)
    cells = days.spread(HALF_HOURS_A_DAY, written)
    nth = np.tile(np.arange(HALF_HOURS_A_DAY), len(day))
    start = np.repeat(day, HALF_HOURS_A_DAY)
    if clock == "local":
        period = nth + 1
    else:
        start, period = settlement_half_hours_of(start * HALF_HOURS_A_DAY + nth, cells.usable)
    none = np.zeros(len(nth), dtype=np.int64)
    return cells.long(of_words(none, [ACTIVE]), start, period, kwh, of_words(none, ["A"]))
