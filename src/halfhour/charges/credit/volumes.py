"""Half-hourly volumes of a case [MWh]: blocks that say so much per half hour of so many days, and tables of half hours.

A half hour that is not given is missing, never zero; of contracts, none notified is none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Literal

from halfhour.calendar import check_period, is_working_day, parse_day, settlement_periods
from halfhour.charges.credit.rules import EXACT, ZERO
from halfhour.charges.credit.values import number
from halfhour.errors import Finding, HalfhourError, Refused

Days = Literal["all", "working", "non-working"]
Quantity = Literal["contract", "fpn", "metered"]

QUANTITIES = ("contract", "fpn", "metered")
COLUMNS = ("settlement_date", "settlement_period", "mwh")
CASE_COLUMNS = ("quantity", "bm_unit", *COLUMNS)
PROBLEMS = 20
"""Findings of one file; what comes after them is usually the same mistake again."""

HalfHours = dict[date, dict[int, Decimal]]


@dataclass(frozen=True, slots=True)
class Block:
    """So many MWh in each half hour of some days.

    Attributes:
        mwh: signed as its quantity is.
        effective_from, effective_to: days, closed-open; None leaves that end open.
        periods: Settlement Periods, from and to, both included; empty = all.
        days: of which type.
    """

    mwh: Decimal
    effective_from: date | None = None
    effective_to: date | None = None
    periods: tuple[tuple[int, int], ...] = ()
    days: Days = "all"

    def holds(self, day: date) -> bool:
        """Whether it has half hours on the day."""
        if self.effective_from is not None and day < self.effective_from:
            return False
        if self.effective_to is not None and day >= self.effective_to:
            return False
        return self.days == "all" or (self.days == "working") == is_working_day(day)

    def covers(self, period: int) -> bool:
        """Whether it has that half hour of a day on which it holds."""
        return not self.periods or any(first <= period <= last for first, last in self.periods)


@dataclass(frozen=True, slots=True)
class Series:
    """A quantity of an account or a BM Unit: blocks and half hours of a table, together."""

    name: str
    blocks: tuple[Block, ...] = ()
    half_hours: Mapping[date, Mapping[int, Decimal]] = field(default_factory=dict)

    def day_sum(self, day: date) -> tuple[Decimal, ...]:
        """Per Settlement Period of the day, everything given added up; nothing given is 0, as with contracts."""
        return tuple(sum_exact(values) for values in self._given(day))

    def day_single(self, day: date) -> tuple[Decimal, ...]:
        """Per Settlement Period of the day, the one value given.

        Raises:
            HalfhourError: EB-211 (DATA_GAP) a half hour has none, EB-209 it has two.
        """
        given = self._given(day)
        missing = [period for period, values in enumerate(given, start=1) if not values]
        if missing:
            raise HalfhourError(
                "EB-211",
                f"DATA_GAP: {self.name} has no value for {ranges(missing)} of {day}.",
                "Give every half hour, a zero where it is zero.",
            )
        twice = [period for period, values in enumerate(given, start=1) if len(values) > 1]
        if twice:
            raise HalfhourError(
                "EB-209",
                f"{self.name} has two values for {ranges(twice)} of {day}.",
                "Give each half hour once: let the days or periods of the blocks not overlap.",
            )
        return tuple(values[0] for values in given)

    def _given(self, day: date) -> list[list[Decimal]]:
        blocks = [block for block in self.blocks if block.holds(day)]
        table = self.half_hours.get(day, {})
        return [
            [block.mwh for block in blocks if block.covers(period)] + ([table[period]] if period in table else [])
            for period in range(1, settlement_periods(day) + 1)
        ]


def sum_exact(values: Iterable[Decimal]) -> Decimal:
    """A sum without rounding."""
    with localcontext(EXACT):
        return sum(values, ZERO)


def ranges(periods: Sequence[int]) -> str:
    """Settlement Periods as a reader writes them: `Settlement Periods 1 to 4, 7`."""
    parts: list[list[int]] = []
    for period in periods:
        if parts and parts[-1][-1] == period - 1:
            parts[-1][1:] = [period]
        else:
            parts.append([period])
    return "Settlement Periods " + ", ".join(" to ".join(str(end) for end in part) for part in parts)


def read_half_hours(path: Path) -> HalfHours:
    """The half hours of a CSV file with the columns settlement_date, settlement_period and mwh.

    Raises:
        Refused: EB-220 with a finding for every unusable row.
    """
    return read_table(path, COLUMNS).get(("", ""), {})


def read_table(path: Path, columns: Sequence[str]) -> dict[tuple[str, str], HalfHours]:
    """Half hours by quantity and BM Unit, both empty where the file has no such columns.

    Raises:
        Refused: EB-220 with a finding for every unusable row.
    """
    try:
        with path.open("r", encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            absent = [column for column in columns if column not in (reader.fieldnames or ())]
            if absent:
                raise Refused("EB-220", f"{path.name} has no column {', '.join(absent)}.", _layout(columns), [])
            return _rows(reader, path.name, columns)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Refused("EB-220", f"{path} cannot be read: {reason}.", _layout(columns), []) from None


def _layout(columns: Sequence[str]) -> str:
    return f"Give a CSV file in UTF-8 with the columns {', '.join(columns)}, one row for each half hour."


def _rows(reader: csv.DictReader[str], name: str, columns: Sequence[str]) -> dict[tuple[str, str], HalfHours]:
    found: dict[tuple[str, str], HalfHours] = {}
    findings: list[Finding] = []
    for row in reader:
        if not any(row.values()):
            continue
        fault = _take(row, found, columns)
        if fault:
            findings.append(Finding("EB-221", "error", fault, "Correct the row.", where=f"{name}:{reader.line_num}"))
        if len(findings) == PROBLEMS:
            break
    if findings:
        raise Refused("EB-220", f"{name} has unusable rows: {findings[0].message}", _layout(columns), findings)
    return found


def _take(row: Mapping[str | None, str | None], found: dict[tuple[str, str], HalfHours], columns: Sequence[str]) -> str:
    """Add a row, or say what is wrong with it."""
    if None in row or any(row[column] is None for column in columns):
        return "The row has not one cell per column."
    cells = {column: (row[column] or "").strip() for column in columns}
    quantity, unit = cells.get("quantity", ""), cells.get("bm_unit", "")
    if "quantity" in columns and quantity not in QUANTITIES:
        return f"quantity {quantity[:40]!r} is none of {', '.join(QUANTITIES)}."
    if quantity == "fpn" and not unit:
        return "An fpn needs its bm_unit."
    if quantity in ("contract", "metered") and unit:
        return f"A {quantity} volume is of the account as a whole: leave bm_unit empty."
    text = cells["settlement_period"]
    try:
        day = parse_day(cells["settlement_date"])
        if not (text.isascii() and text.isdigit() and len(text) <= 2):
            return f"settlement_period {text[:40]!r} is not a number from 1 to 50 (BAD_PERIOD)."
        check_period(day, int(text))
        mwh = number(cells["mwh"])
    except HalfhourError as error:
        return error.message
    except ValueError as error:
        return f"mwh {cells['mwh'][:40]!r} {error}."
    days = found.setdefault((quantity, unit), {}).setdefault(day, {})
    if int(text) in days:
        return f"Settlement Period {text} of {day} is given twice."
    days[int(text)] = mwh
    return ""
