"""Columns of the files that market data come in: what each holds, how it is read, how it is kept in the store.

Market Domain Data writes dates dd/mm/yyyy with inclusive end dates and loses leading zeros of codes (the project's
handbook, "Identifiers and Market Domain Data", section 8). In the store dates are ISO text, an end is the first day no
longer included, numbers are the digits as published.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["text", "code", "date", "date_from", "date_to", "bool", "int", "decimal", "charging_year", "period"]
Cell = str | int | None

DATES = ("date", "date_from", "date_to")
TRUE_AND_FALSE = {"T": 1, "F": 0, "Y": 1, "N": 0, "true": 1, "false": 0, "True": 1, "False": 0}
PUBLISHED_NUMBER = re.compile(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
FACTOR = re.compile(r"([0-9]+)(?:\.([0-9]+))?")
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
CHARGING_YEAR = re.compile(r"([0-9]{4})/([0-9]{2})")
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LONGEST_CODE = 40


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: in the store and in what the look-ups give.
        kind: what it holds.
        header: what its heading says in the file.
        pad: length to which a code is filled with zeros on the left; 0 = kept as it is.
        required: an empty cell is refused. Codes and start dates always are required.
        optional: the whole column may be absent from a file.
        unit: of its values, as shown to people; empty where it has none.
        decimals: a factor above zero with at most so many decimals; None = any number.
        least, most: of a whole number, both included; None = open.
    """

    name: str
    kind: Kind
    header: str
    pad: int = 0
    required: bool = False
    optional: bool = False
    unit: str = ""
    decimals: int | None = None
    least: int | None = None
    most: int | None = None

    @property
    def needed(self) -> bool:
        """Whether a cell must be filled."""
        return self.required or self.kind in ("code", "date", "date_from", "charging_year", "period")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of market data.

    Attributes:
        name: in the store, and what look-ups are asked by.
        title: what its rows are, as people read it.
        columns: in the order of the file.
        key: columns in which no two rows of one file are alike.
        one_per_day: of rows alike in these columns, at most one holds on any day.
        index: sets of columns that rows are looked up by, beside the key.
        file: name of the file without version and ending.
        facts: what else the data file says of the table (days, publisher, note, refers).
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    one_per_day: tuple[str, ...]
    index: tuple[tuple[str, ...], ...]
    file: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def column(self, name: str) -> Column | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)


def read_tables(file_name: str) -> dict[str, Table]:
    """The tables that a data file of this package describes, by name."""
    entries = tomllib.loads(files(__package__).joinpath("data", file_name).read_text(encoding="utf-8"))
    known = {"title", "columns", "key", "one_per_day", "index", "file"}
    tables = {}
    for name, entry in entries.items():
        columns = tuple(Column(**{"header": column["name"], **column}) for column in entry["columns"])
        tables[name] = Table(
            name,
            entry["title"],
            columns,
            tuple(entry["key"]),
            tuple(entry.get("one_per_day", ())),
            tuple(tuple(columns) for columns in entry.get("index", ())),
            entry.get("file", name),
            {fact: value for fact, value in entry.items() if fact not in known},
        )
    return tables


@cache
def mdd_tables() -> dict[str, Table]:
    """The tables of Market Domain Data by name, from `data/mdd_tables.toml`."""
    return read_tables("mdd_tables.toml")


def padded(column: str, text: str) -> str:
    """A code as the store keeps it: `padded("mtc", "1")` is `001`, `padded("llfc", "7P")` is `07P`.

    Args:
        column: name of the column in Market Domain Data: `mtc`, `llfc`, `profile_class`, `ssc`, `mpid` ...
        text: the code as somebody wrote it.

    Zeros on the left are safe for classes with letters too: no distributor has both forms (handbook, pitfall 2).
    """
    return text.strip().rjust(_pads().get(column, 0), "0") if text.strip() else ""


@cache
def _pads() -> dict[str, int]:
    return {column.name: column.pad for table in mdd_tables().values() for column in table.columns if column.pad}


def heading(text: str) -> str:
    """A heading by which columns are recognised: letters and digits only, without capitals."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


Reader = Callable[[str], Cell]


def reader(column: Column, *, iso: bool) -> Reader:
    """What turns the text of a cell into what the store keeps.

    Args:
        iso: dates are written YYYY-MM-DD; otherwise dd/mm/yyyy.

    The reader raises ValueError with the problem in words.
    """
    read = _reader(column, iso)

    def checked(text: str) -> Cell:
        if not text or not text.strip():
            if column.needed:
                raise ValueError(f"{column.header} is empty")
            return "" if column.kind == "text" else None
        return read(text)

    return checked


def _reader(column: Column, iso: bool) -> Reader:
    name = column.header
    match column.kind:
        case "text":
            return lambda text: text.strip()
        case "code":
            pad = column.pad
            return lambda text: _code(name, text).rjust(pad, "0")
        case "date" | "date_from":
            return lambda text: _day(name, text.strip(), iso)
        case "date_to":
            return lambda text: _day_after(name, text.strip(), iso)
        case "bool":
            return lambda text: _flag(name, text.strip())
        case "int" | "period":
            return lambda text: _whole(column, text.strip())
        case "decimal":
            places = column.decimals
            if places is not None:
                return lambda text: _factor(name, text.strip(), places)
            return lambda text: _number(name, text.strip())
        case "charging_year":
            return lambda text: _charging_year(name, text.strip())


@lru_cache(maxsize=65536)
def _code(name: str, text: str) -> str:
    code = text.strip()
    if len(code) > LONGEST_CODE or not code.isprintable():
        raise ValueError(f"{name} {code[:LONGEST_CODE]!r} is no code")
    return code


def _flag(name: str, text: str) -> int:
    if text not in TRUE_AND_FALSE:
        raise ValueError(f"{name} {text[:40]!r} is neither T nor F")
    return TRUE_AND_FALSE[text]


def _whole(column: Column, text: str) -> int:
    if not WHOLE_NUMBER.fullmatch(text):
        raise ValueError(f"{column.header} {text[:40]!r} is not a whole number")
    number = int(text)
    if (column.least is not None and number < column.least) or (column.most is not None and number > column.most):
        raise ValueError(f"{column.header} {number} is not from {column.least} to {column.most}")
    return number


def _number(name: str, text: str) -> str:
    if len(text) > LONGEST_CODE or not PUBLISHED_NUMBER.fullmatch(text):
        raise ValueError(f"{name} {text[:40]!r} is not a number written in digits, with a point")
    return text


def _factor(name: str, text: str, places: int) -> str:
    match = FACTOR.fullmatch(text)
    if match is None or len(text) > LONGEST_CODE or len(match[2] or "") > places or not text.strip("0."):
        raise ValueError(f"{name} {text[:40]!r} is not a factor above zero with at most {places} decimals")
    return text


def _charging_year(name: str, text: str) -> str:
    match = CHARGING_YEAR.fullmatch(text)
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        raise ValueError(f"{name} {text[:40]!r} is not a charging year such as 2026/27")
    return text


def charging_year_days(text: str) -> tuple[date, date]:
    """The days of a charging year such as `2026/27`: 1 April to 31 March, closed-open."""
    year = int(text[:4])
    return date(year, 4, 1), date(year + 1, 4, 1)


@lru_cache(maxsize=16384)
def _day(name: str, text: str, iso: bool) -> str:
    try:
        if iso:
            day = date.fromisoformat(text) if ISO_DAY.fullmatch(text) else None
        else:
            match = re.fullmatch(r"([0-9]{2})/([0-9]{2})/([0-9]{4})", text)
            day = date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError as error:
        raise ValueError(f"{name} {text[:40]!r} is no date: {error}") from None
    if day is None:
        raise ValueError(f"{name} {text[:40]!r} is not a date written {'YYYY-MM-DD' if iso else 'dd/mm/yyyy'}")
    return day.isoformat()


@lru_cache(maxsize=16384)
def _day_after(name: str, text: str, iso: bool) -> str:
    day = date.fromisoformat(_day(name, text, iso))
    if day == date.max:
        raise ValueError(f"{name} {text} lies at the very end of the calendar; an open end is an empty cell")
    return (day + timedelta(days=1)).isoformat()


def value(column: Column, cell: Cell) -> Any:
    """What a look-up gives for a cell of the store: dates, bools, Decimals; None where it is empty, text as ''."""
    if cell is None:
        return None
    if column.kind in DATES:
        return date.fromisoformat(str(cell))
    if column.kind == "bool":
        return bool(cell)
    if column.kind == "decimal":
        return Decimal(str(cell))
    return cell


def look_up_cell(column: Column, given: Any) -> Cell:
    """What the store keeps for a value that a look-up is asked by."""
    if given is None or isinstance(given, bool):
        return None if given is None else int(given)
    if isinstance(given, date):
        return given.isoformat()
    if column.kind in ("int", "period"):
        return int(given) if WHOLE_NUMBER.fullmatch(str(given)) else str(given)  # which no row has
    return str(given).strip().rjust(column.pad, "0")


def in_order(cell: Any) -> tuple[int, Any]:
    """By which cells of one column are sorted: numbers by size, everything else as text."""
    return (0, cell) if isinstance(cell, int) else (1, "" if cell is None else str(cell))


def content_sha256(rows: Iterable[Iterable[Cell]]) -> str:
    """Of rows as the store keeps them, whatever their order."""
    digest = hashlib.sha256()
    for line in sorted("\x1f".join("\0" if cell is None else str(cell) for cell in row) for row in rows):
        digest.update(f"{line}\x1e".encode())
    return digest.hexdigest()
