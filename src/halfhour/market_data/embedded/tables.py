"""The data files of `data/`: one row per value or per set of values published together, each with source and mark."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import cast

from halfhour.errors import Finding, Refused
from halfhour.market_data.embedded.charging_years import charging_year_days
from halfhour.market_data.embedded.rates import MARKS, Mark, Rate, Status
from halfhour.market_data.embedded.refusals import BadInput

DATE_COLUMNS = ("effective_from", "last_day", "settlement_date")
TEXT_COLUMNS = (
    "charging_year", "gsp_group", "name", "note", "source", "mark", "default_area", "default_area_mark", "band",
    "voltage", "measured_by", "unit", "technology", "kind", "component", "rule_id", "rule", "value", "meaning",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a data file.

    Attributes:
        cells: by column; empty where nothing was published or nothing applies.
        effective_from: first day included; None where the file says none.
        effective_to: first day no longer included; None = open.
        source: document that the row was taken from.
        mark: standing of that document.
    """

    cells: dict[str, str]
    effective_from: date | None
    effective_to: date | None
    source: str
    mark: Mark

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def get(self, column: str) -> str:
        """The cell of a column, empty where the file has no such column."""
        return self.cells.get(column, "")

    def number(self, column: str) -> Decimal | None:
        """The number of a column, with its digits as published; None where none was published."""
        return Decimal(self.cells[column]) if self.cells[column] else None

    def holds(self, day: date) -> bool:
        """Whether the row holds on a day."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day < self.effective_to
        )

    def rate(self, item: str, column: str, unit: str, status: Status = "actual") -> Rate:
        """The value of a column that is filled."""
        return Rate(
            item=item,
            value=Decimal(self.cells[column]),
            unit=unit,
            source=self.source,
            mark=self.mark,
            status=status,
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            note=self.get("note"),
        )


@cache
def rows(name: str) -> tuple[Row, ...]:
    """The rows of a data file, in its order.

    Args:
        name: of the file, without `.csv`.
    """
    return tuple(read_rows(files(__package__).joinpath("data", f"{name}.csv")))


def read_rows(file: Traversable) -> list[Row]:
    """Read a data file.

    Raises:
        Refused: MD-003 with a finding (MD-004) for each row without a source, a mark, or with a cell that is no date or
            number where one is due.
    """
    found: list[Row] = []
    findings: list[Finding] = []
    with file.open("r", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        for cells in reader:
            problems = list(_problems(cells))
            if problems:
                where = f"{file.name}:{reader.line_num}"
                findings += [Finding("MD-004", "error", text, "Correct the row.", where=where) for text in problems]
            else:
                found.append(_row(cells))
    if findings:
        raise Refused(
            "MD-003",
            f"{file.name} has {len(findings)} problems, the first at {findings[0].where}: {findings[0].message}",
            "Correct the rows that the findings name.",
            findings,
        )
    return found


def _problems(cells: dict[str, str]) -> Iterator[str]:
    # DictReader files surplus cells under None and gives None for absent ones.
    if None in cells or None in cells.values():
        yield "The row has not one cell per column."
        return
    if not cells.get("source", "").strip():
        yield "There is no source."
    if cells.get("mark") not in MARKS:
        yield f"mark {cells.get('mark')!r} is none of {', '.join(MARKS)}."
    for column, text in cells.items():
        if column in DATE_COLUMNS:
            if text and not _is_date(text):
                yield f"{column} {text!r} is not a date written YYYY-MM-DD."
        elif text and column not in TEXT_COLUMNS and not _is_number(text):
            yield f"{column} {text!r} is not a number."
    if cells.get("charging_year"):
        try:
            charging_year_days(cells["charging_year"])
        except BadInput as error:
            yield error.message


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _row(cells: dict[str, str]) -> Row:
    start = date.fromisoformat(cells["effective_from"]) if cells.get("effective_from") else None
    end = date.fromisoformat(cells["last_day"]) + timedelta(days=1) if cells.get("last_day") else None
    if "effective_from" not in cells and cells.get("charging_year"):
        start, end = charging_year_days(cells["charging_year"])
    return Row(cells, start, end, cells["source"], cast("Mark", cells["mark"]))
