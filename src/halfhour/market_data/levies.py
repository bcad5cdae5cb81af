"""Levy rates in £/MWh by Settlement Day: CfD interim and operational, Nuclear RAB interim.

Follows the announcements of LCCC and EMRS; SI 2014/2014 for the CfD levies. The values, each with its source, and
the list of those known but not usable are in `data/levies/`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, NamedTuple, cast

from halfhour.errors import Finding, HalfhourError, Refused
from halfhour.market_data.dated import DatedTable, DateRange, not_covered

Mark = Literal["doc", "secondary"]

MARKS = ("doc", "secondary")
DATE_COLUMNS = ("effective_from", "last_day")
TEXT_COLUMNS = ("superseded", "open_question", "note", "source", "mark")
PUBLISHED_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Rate:
    """A levy rate and the days for which it was published.

    Attributes:
        name: name of the rate, one of `rates()`.
        value: the rate [£/MWh], with the digits as published.
        effective_from: first Settlement Day included.
        effective_to: first Settlement Day no longer included.
        source: document that the value was taken from.
        mark: `doc` if that is a primary document, `secondary` if somebody else reports it.
        superseded: what was announced and replaced, in words; empty if nothing.
        open_question: what is not settled about the value; empty if nothing.
        note: anything else said of it.
    """

    name: str
    value: Decimal
    effective_from: date
    effective_to: date
    source: str
    mark: Mark
    superseded: str = ""
    open_question: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.value} £/MWh"


class _RateColumn(NamedTuple):
    title: str
    file: str
    column: str


_RATE_COLUMNS = {
    "cfd-interim-levy-rate": _RateColumn(
        "CfD Interim Levy Rate", "cfd_interim_levy_rate.csv", "interim_levy_rate_gbp_per_mwh"
    ),
    "operational-costs-levy": _RateColumn(
        "CfD Operational Costs Levy", "operational_costs_levy.csv", "operational_costs_levy_gbp_per_mwh"
    ),
    "operational-costs-levy-effective": _RateColumn(
        "CfD Operational Costs Levy after refund", "operational_costs_levy.csv", "effective_gbp_per_mwh"
    ),
    "nuclear-rab-interim-levy-rate": _RateColumn(
        "Nuclear RAB Interim Levy Rate", "nuclear_rab_levy.csv", "interim_levy_rate_gbp_per_mwh"
    ),
}


def rates() -> tuple[str, ...]:
    """The names of the rates held."""
    return tuple(_RATE_COLUMNS)


def interim_levy_rate(day: date) -> Rate:
    """The CfD Interim Levy Rate charged for Settlement Day `day`; raises NotCovered (MD-001)."""
    return rate_table("cfd-interim-levy-rate").on(day)


def operational_costs_levy(day: date) -> Rate:
    """The CfD Operational Costs Levy invoiced for Settlement Day `day`; raises NotCovered (MD-001)."""
    return rate_table("operational-costs-levy").on(day)


def operational_costs_levy_effective(day: date) -> Rate:
    """The CfD Operational Costs Levy borne in the end: the levy less the refund of its excess.

    Refund = excess paid / actual demand, once actual costs are known; raises NotCovered (MD-001) before that.
    """
    return rate_table("operational-costs-levy-effective").on(day)


def nuclear_rab_interim_levy_rate(day: date) -> Rate:
    """The Nuclear RAB Interim Levy Rate charged for Settlement Day `day`; raises NotCovered (MD-001)."""
    return rate_table("nuclear-rab-interim-levy-rate").on(day)


def missing_days(rate_name: str, start: date, end: date) -> list[DateRange]:
    """The parts of `[start, end)` on which the rate is not held, closed-open, in order.

    Raises:
        HalfhourError: MD-002 for an unknown name, MD-006 when `end` is before `start`.
    """
    return rate_table(rate_name).missing(start, end)


def require_rates(rate_names: Iterable[str], days: Iterable[date]) -> None:
    """Refuse unless every rate is held on every day.

    Raises:
        NotCovered: MD-001, naming every rate and day missing.
        HalfhourError: MD-002 for an unknown name.
    """
    wanted = sorted(set(days))
    tables = [rate_table(name) for name in rate_names]
    missing = {table: absent for table in tables if (absent := [day for day in wanted if table.find(day) is None])}
    if missing:
        raise not_covered(missing)


@cache
def rate_table(rate_name: str) -> DatedTable[Rate]:
    """All values held of one rate.

    Raises:
        HalfhourError: MD-002 for an unknown name.
    """
    if rate_name not in _RATE_COLUMNS:
        near = get_close_matches(rate_name, _RATE_COLUMNS, n=1)
        raise HalfhourError(
            "MD-002",
            f"There is no rate {rate_name!r}.",
            (f"Did you mean {near[0]!r}? " if near else "") + f"Rates held: {', '.join(rates())}.",
        )
    wanted = _RATE_COLUMNS[rate_name]
    file = files(__package__).joinpath("data", "levies", wanted.file)
    return DatedTable(wanted.title, read_rates(file, rate_name, wanted.column))


def read_rates(file: Traversable, rate_name: str, value_column: str) -> list[Rate]:
    """Read one rate from a levy file in the layout of `data/levies/`.

    Args:
        file: a CSV file; every column that is neither a date nor text is checked to be a number where it is filled.
        rate_name: name that the rates will bear.
        value_column: the column of the rate [£/MWh]; a row where it is empty has no value and gives no rate.

    Raises:
        Refused: MD-003 with a finding for each unusable row (MD-004).
    """
    with file.open("r", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        absent = {*DATE_COLUMNS, *TEXT_COLUMNS, value_column} - set(reader.fieldnames or ())
        if absent:
            raise Refused("MD-003", f"{file.name} has no column {', '.join(sorted(absent))}.", "Add the column.", [])
        found: list[Rate] = []
        findings: list[Finding] = []
        for row in reader:
            problems = list(_problems(row))
            if problems:
                where = f"{file.name}:{reader.line_num}"
                findings += [
                    Finding("MD-004", "error", problem, "Correct the row.", where=where) for problem in problems
                ]
            elif row[value_column]:
                found.append(_rate(row, rate_name, value_column))
    if findings:
        raise Refused(
            "MD-003",
            f"{file.name} has {len(findings)} problems, the first at {findings[0].where}: {findings[0].message}",
            "Correct the rows that the findings name.",
            findings,
        )
    return found


def _problems(row: dict[str, str]) -> Iterator[str]:
    # DictReader files surplus cells under None and gives None for absent ones.
    if None in row or None in row.values():
        yield "The row has not one cell per column."
        return
    unusable_dates = [column for column in DATE_COLUMNS if not _is_date(row[column])]
    for column in unusable_dates:
        yield f"{column} {row[column]!r} is not a date written YYYY-MM-DD."
    if not unusable_dates and not row["effective_from"] <= row["last_day"] < date.max.isoformat():
        yield f"last_day {row['last_day']} is before effective_from {row['effective_from']} or beyond any calendar."
    for column, text in row.items():
        if text and column not in DATE_COLUMNS + TEXT_COLUMNS and not PUBLISHED_NUMBER.fullmatch(text):
            yield f"{column} {text!r} is not a number written in digits, with a point."
    if not row["source"].strip():
        yield "There is no source."
    if row["mark"] not in MARKS:
        yield f"mark {row['mark']!r} is neither of {', '.join(MARKS)}."


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _rate(row: dict[str, str], rate_name: str, value_column: str) -> Rate:
    return Rate(
        name=rate_name,
        value=Decimal(row[value_column]),
        effective_from=date.fromisoformat(row["effective_from"]),
        effective_to=date.fromisoformat(row["last_day"]) + timedelta(days=1),
        source=row["source"],
        mark=cast("Mark", row["mark"]),
        superseded=row["superseded"],
        open_question=row["open_question"],
        note=row["note"],
    )
