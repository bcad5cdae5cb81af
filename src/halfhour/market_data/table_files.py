"""Reading one table of market data from a CSV file: told by its header, refused as a whole when a row is unusable.

Follows the project's handbook, "Identifiers and Market Domain Data", section 8: comma separated, values quoted or not,
a header row, CRLF or LF.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter
from pathlib import Path

from halfhour.calendar import settlement_periods
from halfhour.errors import Finding, HalfhourError, Refused
from halfhour.market_data.columns import (
    Cell,
    Column,
    Table,
    charging_year_days,
    content_sha256,
    heading,
    in_order,
    mdd_tables,
    reader,
)
from halfhour.market_data.reference_tables import reference_tables

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
VERSION_IN_NAME = re.compile(r"_([0-9]{1,4})(\.[a-z]+)*$", re.IGNORECASE)
YEARS_IN_NAME = re.compile(r"_((?:19|20)[0-9]{2})-([0-9]{2})\.")
CORRECT_THE_ROW = "Correct the row, or ask the publisher for the file again."

ROWS_BETWEEN_TICKS = 10_000
Tick = Callable[[], None]
"""Called now and then while a file is read, so that whoever waits can be told that it goes on."""

Row = tuple[Cell, ...]
Days = tuple[str, str | None]
"""`valid_from` and `valid_to` of a row, closed-open, ISO; None = open."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """The rows of one table as a file gives them.

    Attributes:
        table: which it is.
        rows: cells in order of the table's columns, sorted by key and days.
        days: of each row; empty strings for tables without dates.
        content_sha256: of the rows, whatever their order, quoting and line ends in the file.
    """

    table: Table
    rows: list[Row]
    days: list[Days]
    content_sha256: str

    @property
    def first_day(self) -> date | None:
        """The earliest day on which a row holds."""
        return min((date.fromisoformat(start) for start, _ in self.days if start), default=None)

    @property
    def last_day(self) -> date | None:
        """The last day on which a row holds, included; None = open or without days."""
        ends = [end for start, end in self.days if start]
        if not ends or None in ends:
            return None
        last = max(end for end in ends if end is not None)
        return date.fromisoformat(last) - timedelta(days=1)


def text_of(data: bytes, name: str) -> tuple[str, list[Finding]]:
    """The text of a file, which is UTF-8; a byte-order mark is left out and said.

    Raises:
        Refused: MD-003 it is not text.
    """
    findings = []
    if data.startswith(BYTE_ORDER_MARK):
        data = data[len(BYTE_ORDER_MARK) :]
        message = "The file begins with a byte-order mark, which the files of the market do not have; it was left out."
        step = "Save the file without it if it was saved by a spreadsheet, and see that codes kept their leading zeros."
        findings.append(Finding("MD-017", "warning", message, step, where=name))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"Byte {data[error.start]:#04x} is no UTF-8 text."
        raise _refused(name, [(data[: error.start].count(b"\n") + 1, problem)]) from None
    if "\0" in text:
        raise _refused(name, [(text[: text.index("\0")].count("\n") + 1, "There is a NUL character.")])
    return text, findings


def header_of(text: str) -> list[str]:
    """The cells of the first row; empty where it cannot be read."""
    try:
        return next(csv.reader(io.StringIO(text[:65536], newline="")), [])
    except csv.Error:
        return []


def mdd_table_of(header: Sequence[str], name: str) -> Table | None:
    """The table of Market Domain Data that a header belongs to, or None.

    Raises:
        Refused: MD-019 the file is named like a table whose header it does not have.
    """
    given = [heading(cell) for cell in header]
    for table in mdd_tables().values():
        if given in _headers(table):
            return table
    named = stem_of(name)
    for table in mdd_tables().values():
        if table.file.lower() == named:
            expected = [column.header for column in table.columns if not column.optional]
            raise Refused(
                "MD-019",
                f"{name} is named like {table.file}, but has not its header: {_difference(expected, header)}.",
                "Take the file as it is published, with its header row.",
                [],
            )
    return None


def stem_of(name: str) -> str:
    """A file's name without version and endings, in small letters."""
    return VERSION_IN_NAME.sub("", name).split(".")[0].lower()


def version_of(name: str) -> int | None:
    """The version that the name of a file of Market Domain Data ends with, or None."""
    match = VERSION_IN_NAME.search(name)
    return int(match[1]) if match else None


def _headers(table: Table) -> list[list[str]]:
    whole = [heading(column.header) for column in table.columns]
    least = [heading(column.header) for column in table.columns if not column.optional]
    return [whole, least]


def _difference(expected: Sequence[str], header: Sequence[str]) -> str:
    for number, (wanted, given) in enumerate(zip(expected, header, strict=False), start=1):
        if heading(wanted) != heading(given):
            return f"column {number} is {given[:60]!r}, not {wanted!r}"
    return f"it has {len(header)} columns, not {len(expected)}"


def reference_table_of(header: Sequence[str]) -> Table | None:
    """The table of the reference catalogue that a header belongs to, or None."""
    given = {cell.strip() for cell in header}
    for table in reference_tables().values():
        least = {column.name for column in table.columns if not column.optional}
        if least <= given <= set(table.names) and len(given) == len(header):
            return table
    return None


def nearest_reference_table(header: Sequence[str]) -> str:
    """In words, which table of the catalogue a header is most like and what it lacks or has too much; '' if none is."""
    given = {cell.strip() for cell in header}
    likeness = []
    for table in reference_tables().values():
        least = {column.name for column in table.columns if not column.optional}
        absent, surplus = least - given, given - set(table.names)
        likeness.append((len(absent) + len(surplus), table, absent, surplus))
    distance, table, absent, surplus = min(likeness, key=itemgetter(0))
    if distance > len(given & set(table.names)):
        return ""
    lacking = [f"lacks {', '.join(sorted(absent))}"] if absent else []
    having = [f"has {', '.join(sorted(text[:40] for text in surplus))} too much"] if surplus else []
    return f"It is most like '{table.name}', but {' and '.join(lacking + having) or 'names a column twice'}."


def read_mdd_file(text: str, table: Table, name: str, tick: Tick) -> TableFile:
    """The rows of a file of Market Domain Data.

    Raises:
        Refused: MD-003 with a finding for each unusable row (MD-004) and each overlap (MD-005).
    """
    columns = table.columns[: len(header_of(text))]
    return _read(text, table, columns, name, iso=False, days_of=_own_days(table), tick=tick)


def read_reference_file(text: str, table: Table, name: str, tick: Tick) -> TableFile:
    """The rows of a file of the reference catalogue.

    Raises:
        Refused: MD-003 with a finding for each unusable row (MD-004) and each overlap (MD-005).
    """
    by_name = {column.name: column for column in table.columns}
    columns = [by_name[cell.strip()] for cell in header_of(text)]
    days_of = _reference_days(table, {column.name for column in columns}, name)
    return _read(text, table, columns, name, iso=True, days_of=days_of, tick=tick)


def _own_days(table: Table) -> Callable[[Row], Days]:
    kinds = [column.kind for column in table.columns]
    if "date_from" not in kinds:
        return lambda _row: ("", None)
    start, end = kinds.index("date_from"), kinds.index("date_to")

    def days(row: Row) -> Days:
        first, after = str(row[start]), row[end]
        if after is not None and str(after) <= first:
            raise ValueError(f"It ends before it begins, on {first}")
        return first, None if after is None else str(after)

    return days


def _reference_days(table: Table, present: set[str], name: str) -> Callable[[Row], Days]:
    """How a row of this file says on which days it holds (see `reference_tables`)."""
    match table.facts["days"]:
        case "range" if "effective_from" in present:
            return _own_days(table)
        case "range" | "charging_year":
            year = table.names.index("charging_year")
            return lambda row: _iso(charging_year_days(str(row[year])))
        case "day":
            return _single_day(table)
        case kind:
            named = _iso(_days_in_name(name, str(kind)))
            return lambda _row: named


def _single_day(table: Table) -> Callable[[Row], Days]:
    """A row of one day; a Settlement Period must be one of that day's."""
    day_at = next(number for number, column in enumerate(table.columns) if column.kind == "date")
    period_at = next((number for number, column in enumerate(table.columns) if column.kind == "period"), None)
    known: dict[str, tuple[Days, int]] = {}

    def days(row: Row) -> Days:
        text = str(row[day_at])
        if text not in known:
            try:
                day = date.fromisoformat(text)
                known[text] = (_iso((day, day + timedelta(days=1))), settlement_periods(day))
            except (HalfhourError, OverflowError) as error:
                raise ValueError(getattr(error, "message", str(error)).rstrip(".")) from None
        held, periods = known[text]
        if period_at is not None and not 1 <= int(row[period_at] or 0) <= periods:
            raise ValueError(f"{text} has Settlement Periods 1 to {periods}, not {row[period_at]}")
        return held

    return days


def _days_in_name(name: str, kind: str) -> tuple[date, date]:
    match = YEARS_IN_NAME.search(name)
    year, rest = (int(match[1]), int(match[2])) if match else (0, 0)
    if kind == "named_year" and match and rest == (year + 1) % 100:
        return date(year, 4, 1), date(year + 1, 4, 1)
    if kind == "named_month" and match and 1 <= rest <= 12:
        return date(year, rest, 1), date(year + rest // 12, rest % 12 + 1, 1)
    what, example = ("charging year", "_2026-27") if kind == "named_year" else ("month", "_2025-11")
    raise Refused(
        "MD-003",
        f"The rows of {name} have no dates, and its name does not end with their {what}.",
        f"Name the file with its {what}, such as {Path(name).stem.partition('_20')[0]}{example}.csv.",
        [],
    )


def _iso(days: tuple[date, date]) -> Days:
    return days[0].isoformat(), days[1].isoformat()


def _read(
    text: str,
    table: Table,
    columns: Sequence[Column],
    name: str,
    *,
    iso: bool,
    days_of: Callable[[Row], Days],
    tick: Tick,
) -> TableFile:
    readers = [reader(column, iso=iso) for column in columns]
    # Where each cell of the file stands in a row of the table; a column that the file lacks is empty.
    place = {column.name: number for number, column in enumerate(columns)}
    order = [place.get(column.name) for column in table.columns]
    blank: list[Cell] = ["" if column.kind == "text" else None for column in table.columns]
    problems: list[tuple[int, str]] = []
    found: list[tuple[Row, Days, int]] = []
    for line, cells in _lines(text, problems):
        if line % ROWS_BETWEEN_TICKS == 0:
            tick()
        if len(cells) != len(columns):
            problems.append((line, f"It has {len(cells)} values; the header has {len(columns)}."))
            continue
        values: list[Cell] = []
        wrong = False
        for read, cell in zip(readers, cells, strict=True):
            try:
                values.append(read(cell))
            except ValueError as error:
                problems.append((line, f"{error}."))
                wrong = True
        if wrong:
            continue
        row = tuple(blank[number] if at is None else values[at] for number, at in enumerate(order))
        try:
            found.append((row, days_of(row), line))
        except ValueError as error:
            problems.append((line, f"{error}."))
    if not found and not problems:
        problems.append((1, "There is no row after the header."))
    by_key = [table.names.index(column) for column in table.key]
    found.sort(key=lambda item: (item[1][0], *(in_order(item[0][at]) for at in by_key), item[1][1] or "~"))
    findings = _findings(name, problems)
    alike = dict(_alike(found, table, name))
    findings += alike.values()
    findings += (finding for line, finding in _overlaps(found, table, name) if line not in alike)
    if findings:
        raise _refused_with(name, findings)
    rows = [row for row, _, _ in found]
    days = [held for _, held, _ in found]
    if "days" not in table.facts:
        return TableFile(table, rows, days, content_sha256(rows))
    return TableFile(table, rows, days, content_sha256((*held, *row) for held, row in zip(days, rows, strict=True)))


def _lines(text: str, problems: list[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """The rows after the header with their line; a line that cannot be cut into cells ends the reading."""
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    empty: list[int] = []
    try:
        next(lines, None)
        for cells in lines:
            if not cells:
                empty.append(lines.line_num)
                continue
            problems.extend((line, "The line is empty.") for line in empty)
            empty.clear()
            yield lines.line_num, cells
    except csv.Error as error:
        problems.append((lines.line_num, f"The line cannot be cut into values: {error}; nothing after it was read."))


def _alike(found: list[tuple[Row, Days, int]], table: Table, name: str) -> Iterator[tuple[int, Finding]]:
    """Rows that are alike in the key: of tables with dates, those that begin on one day."""
    at = [table.names.index(column) for column in table.key]
    seen: dict[tuple[Cell, ...], int] = {}
    for row, days, line in found:
        key = (days[0], *(row[place] for place in at))
        if key in seen:
            message = f"It has the key of line {seen[key]}: {_named(table, row, table.key) or days[0]}."
            yield line, Finding("MD-005", "error", message, CORRECT_THE_ROW, where=f"{name}:{line}")
        else:
            seen[key] = line


def _overlaps(found: list[tuple[Row, Days, int]], table: Table, name: str) -> Iterator[tuple[int, Finding]]:
    """Rows of which one only may hold on a day and that begin while another holds."""
    columns = table.one_per_day or (table.key if "days" in table.facts else None)
    if columns is None:
        return
    at = [table.names.index(column) for column in columns]
    reached: dict[tuple[Cell, ...], tuple[str | None, str, int]] = {}
    for row, (start, end), line in found:  # in order of their start
        key = tuple(row[place] for place in at)
        until, began, earlier = reached.get(key, ("", "", 0))
        if until is None or start < until:
            what = _named(table, row, columns) or table.title
            message = f"{what} holds from {start} while that of line {earlier}, from {began}, still holds."
            yield line, Finding("MD-005", "error", message, CORRECT_THE_ROW, where=f"{name}:{line}")
        if until is not None and (end is None or end > until):
            reached[key] = (end, start, line)


def _named(table: Table, row: Row, columns: Iterable[str]) -> str:
    return ", ".join(f"{column} {row[table.names.index(column)]}" for column in columns)


def _refused(name: str, problems: Iterable[tuple[int, str]]) -> Refused:
    return _refused_with(name, _findings(name, problems))


def _findings(name: str, problems: Iterable[tuple[int, str]]) -> list[Finding]:
    return [Finding("MD-004", "error", text, CORRECT_THE_ROW, where=f"{name}:{line}") for line, text in problems]


def _refused_with(name: str, findings: list[Finding]) -> Refused:
    count, first = len(findings), findings[0]
    return Refused(
        "MD-003",
        f"{name} has {count} problem{'' if count == 1 else 's'}, the first at {first.where}: {first.message}",
        "Correct the rows that the findings name; nothing of this file was loaded.",
        findings,
    )
