"""Reads Stark DF2 files: rows of `dd/mm/yyyy,hh:mm,value,status` below headings that say of which MPAN and sensor.

Follows the handbook (file-formats 5): the stamp is the end of the half hour in UTC. Sensors 1 and 2 are active energy,
whose direction is that of the MPAN's registration; 3 and 4 are reactive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from halfhour.formats.column_values import BAD, decoded
from halfhour.formats.exchange.clock import (
    HALF_HOURS_A_DAY,
    LAST_HALF_HOUR,
    NOT_A_HALF_HOUR,
    end_day_with_slashes,
    half_hour_with_seconds,
    settlement_half_hours_of,
)
from halfhour.formats.exchange.rows import (
    CODES,
    Form,
    Rows,
    data_blocks,
    first_rows,
    no_rows,
    of_words,
    read_fields,
    written_value,
)
from halfhour.formats.finding_log import FindingLog
from halfhour.formats.readings_shapes import ACTIVE, Recognised, Sample, Stretch
from halfhour.formats.text_blocks import decoded_text, packing

_QUANTITIES = {"1": ACTIVE, "2": ACTIVE, "3": "RI", "4": "RE"}
"""Of the sensors."""

_STATUSES = ("A", "E")
_NEARLY_A_HEADING = re.compile(r"#\s*(F.{0,8}|O\s*[0-9][0-9 ]{9,20}.*|S\s*[0-9]+)", re.IGNORECASE)
_NEARLY_A_DAY = re.compile(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}")
_NEARLY_A_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class _Heading:
    """What holds from a line on: the MPAN, and the quantity of the sensor; None before either is given."""

    line: int
    msid: str | None = None
    quantity: str | None = None


def recognise(sample: Sample) -> Recognised | None:
    """Take the file for DF2 where it begins with `#F2`.

    Raises:
        UnreadableFile: HH-501 nearly DF2; RD-003 no rows; the later stretches HH-501, RD-001, RD-004 and RD-005.
    """
    rows = first_rows(sample)
    if not rows:
        return None
    form = Form(sample.name, "Stark DF2", 4, texts=frozenset({2}))
    first = ",".join(rows[0]).rstrip(",")
    if first.upper() != "#F2":
        if _NEARLY_A_HEADING.fullmatch(first):
            raise form.not_it(f"its first line is {first[:40]!r} instead of '#F2'")
        if len(rows[0]) in {3, 4, 5} and _NEARLY_A_DAY.fullmatch(rows[0][0]) and _NEARLY_A_TIME.fullmatch(rows[0][1]):
            raise form.not_it("it begins with a row, where the line '#F2' and headings should stand")
        return None
    return Recognised(
        f"{packing(sample)}{form.format}",
        "",
        _stretches(sample, form),
        FindingLog(sample.name),
        codes=CODES,
        undirected=True,
    )


def _stretches(sample: Sample, form: Form) -> Iterator[Callable[[], Stretch]]:
    heading = _Heading(0)
    some = False
    for block, first_line in data_blocks(sample, titled=False):
        rows, found = _apart(block, first_line)
        headings = [heading]
        for line, text in found:
            heading = _after(heading, line, decoded_text(text, line, form.file).strip(" \t"), form)
            headings.append(heading)
        if rows.strip():
            some = True
            yield partial(_stretch, rows, first_line, headings, form)
    if not some:
        raise no_rows(sample)


def _apart(block: bytes, first_line: int) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The rows of a block, with an empty line in the place of each heading; and the headings, each with its line."""
    rows: list[bytes] = []
    headings: list[tuple[int, bytes]] = []
    line, done = first_line, 0
    place = block.find(b"#")
    while place >= 0:
        begin = block.rfind(b"\n", 0, place) + 1
        end = block.find(b"\n", place)
        end = len(block) if end < 0 else end
        if not block[begin:place].strip(b" \t"):
            line += block.count(b"\n", done, begin)
            headings.append((line, block[place:end]))
            rows.append(block[done:begin])
            done = end
        place = block.find(b"#", end)
    return b"".join([*rows, block[done:]]), headings


def _after(before: _Heading, line: int, text: str, form: Form) -> _Heading:
    """What holds after a heading."""
    kind, rest = text[:2].upper(), text[2:].strip(" \t,")
    if kind == "#O":
        # What follows the first hyphen is a name; an MPAN that is none is found by the row checks.
        msid = rest.split("-")[0].replace(" ", "")
        if not msid:
            raise form.not_it(f"line {line}, {text[:40]!r}, names no MPAN")
        return _Heading(line, msid, before.quantity)
    if kind == "#S":
        if rest not in _QUANTITIES:
            raise form.not_it(f"line {line} is of sensor {rest[:20]!r}, and there are sensors 1 to 4")
        return _Heading(line, before.msid, _QUANTITIES[rest])
    if text.rstrip(" \t,").upper() == "#F2":
        return _Heading(line, before.msid, before.quantity)
    raise form.not_it(f"line {line}, {text[:40]!r}, is none of the headings '#O' and '#S'")


def _stretch(block: bytes, first_line: int, headings: list[_Heading], form: Form) -> Stretch:
    fields = read_fields(block, first_line, form)
    date, time, kwh, status = fields.columns
    place = np.searchsorted([heading.line for heading in headings], fields.lines, side="right") - 1
    _check_headed(fields.lines, place, headings, form)
    msid = of_words(place, [heading.msid or "" for heading in headings])
    rows = Rows(FindingLog(form.file), fields.lines, msid, np.asarray(kwh.is_valid()))

    day, end = decoded(date, end_day_with_slashes), decoded(time, half_hour_with_seconds)
    begin = day * HALF_HOURS_A_DAY + end - 1
    beyond = (end >= 0) & (begin > LAST_HALF_HOUR)
    rows.reject((day == BAD) | beyond, "HH-502", lambda row: f"{written_value(date, row)} is not a day, dd/mm/yyyy")
    rows.reject(end == BAD, "HH-502", lambda row: f"{written_value(time, row)} is not a time of day, hh:mm")
    rows.reject(
        end == NOT_A_HALF_HOUR, "HH-502", lambda row: f"{written_value(time, row)} is not the end of a half hour"
    )
    day, period = settlement_half_hours_of(begin, rows.usable)
    mark = decoded(status, _status)
    rows.reject(
        mark == BAD,
        "HH-506",
        lambda row: f"{written_value(status, row)} does not end in a status: A (actual) or E (estimated)",
        day,
        period,
    )
    quantity = of_words(place, [heading.quantity or "" for heading in headings])
    return rows.long(quantity, day, period, kwh, of_words(mark, _STATUSES))


def _status(value: object) -> int:
    """Place in _STATUSES of the last character of the fourth field."""
    letter = "" if value is None else str(value)[-1:].upper()
    return _STATUSES.index(letter) if letter in _STATUSES else BAD


def _check_headed(lines: NDArray[np.int64], place: NDArray[np.int64], headings: list[_Heading], form: Form) -> None:
    for missing, what in (
        ([heading.msid is None for heading in headings], "'#O' with an MPAN"),
        ([heading.quantity is None for heading in headings], "'#S' with a sensor"),
    ):
        bare = np.flatnonzero(np.array(missing)[place])
        if len(bare):
            raise form.not_it(f"line {lines[bare[0]]} stands before any heading {what}")
