"""Writes the tables of a file: a folder of CSV or Parquet files, a workbook, or one JSON document.

Everything is written beside its final name and renamed into place when it is complete.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, TextIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from halfhour.errors import HalfhourError
from halfhour.formats.flows.checking import FlowChecker, Verdict
from halfhour.formats.flows.findings import FlowFinding
from halfhour.formats.flows.layouts import Layout
from halfhour.formats.flows.lines import LineReader, opened
from halfhour.formats.flows.reading import FlowReader
from halfhour.formats.flows.records import Record, record_of_line
from halfhour.formats.flows.tables import HIDDEN, TableShape, as_text, as_values, tables

MOST_SHEET_ROWS = 1_048_576
"""Of a worksheet, its heading among them."""

MOST_CELL_CHARACTERS, MOST_CELL_DIGITS = 32_767, 15
"""Of a cell of a worksheet; a number of more digits would be rounded, and is written as text."""

FIRST_SHEET_YEAR = 1901
"""Worksheets count the days of 1900 wrongly and those before not at all: such dates are written as text."""

FINDING_COLUMNS = ("code", "severity", "line", "instance", "group", "item", "message", "next_step")


class Sink(Protocol):
    """Where tables go."""

    def header(self, values: dict[str, str]) -> None:
        """Take the header's items."""

    def write(self, shape: TableShape, table: pa.Table) -> None:
        """Take a piece of a group's table."""

    def findings(self, findings: Sequence[FlowFinding]) -> None:
        """Take what was found."""

    def close(self) -> None:
        """Finish what was written."""


def write_tables(
    reader: FlowReader,
    form: str,
    out: Path,
    *,
    secrets: bool = False,
    look: Callable[[Verdict], None] = lambda verdict: None,
) -> Verdict:
    """Write the tables of a file.

    Args:
        form: `csv` or `parquet` (a folder), or `xlsx` (a workbook).
        out: the folder or workbook; one that is there is replaced if an earlier conversion made it.
        secrets: write passwords and PINs.
        look: shown the verdict before anything is put in place; what it raises leaves nothing behind.

    Returns:
        What checking the file came to; the findings are written beside the tables.

    Raises:
        HalfhourError: FF-120 a table or a value is too long for a worksheet, FF-121 something else stands at `out`.
        OSError: it cannot be written.
    """
    checker = FlowChecker(reader)
    with in_place(out) as making:
        sink: Sink = _WorkbookSink(making) if form == "xlsx" else _FolderSink(making, form)
        try:
            sink.header(reader.header)
            convert = as_text if form == "csv" else as_values
            for shape, table in tables(checker, convert, secrets=secrets):
                sink.write(shape, table)
            verdict = checker.verdict()
            look(verdict)
            sink.findings(verdict.findings)
        finally:
            sink.close()
    return verdict


@contextlib.contextmanager
def in_place(out: Path) -> Iterator[Path]:
    """A name beside `out` to write to, which takes its place at the end; nothing is left where it fails.

    Raises:
        HalfhourError: FF-121 a folder stands there that no conversion made.
    """
    _refuse_others(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    making = out.with_name(f".{out.name}.making-{os.getpid()}")
    _remove(making)
    try:
        yield making
        if out.is_dir():
            _refuse_others(out)
            shutil.rmtree(out)
        os.replace(making, out)
    finally:
        _remove(making)


_MARK = ".halfhour-tables"
_AHEAD = 2
"""Pieces of tables that wait to be written."""


def _refuse_others(out: Path) -> None:
    if out.is_dir() and not (out / _MARK).is_file() and any(out.iterdir()):
        raise HalfhourError(
            "FF-121",
            f"'{out}' is a folder that no conversion made, and would be replaced.",
            "Name another with --out, or move it away.",
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


class _FolderSink:
    """A file for each group."""

    def __init__(self, folder: Path, form: str) -> None:
        folder.mkdir(parents=True)
        (folder / _MARK).touch()
        self.folder, self.form = folder, form
        self.writers: dict[str, Any] = {}
        # One thread writes what the other has read; the queue is short, so that memory stays flat.
        self.thread = ThreadPoolExecutor(1)
        self.under_way: deque[Future[None]] = deque()

    def header(self, values: dict[str, str]) -> None:
        self._rows("header.csv", ("item", "value"), list(values.items()))

    def write(self, shape: TableShape, table: pa.Table) -> None:
        name = shape.group.id
        if name not in self.writers:
            path = self.folder / f"{name}.{self.form}"
            if self.form == "csv":
                options = pyarrow.csv.WriteOptions(quoting_style="needed")
                self.writers[name] = pyarrow.csv.CSVWriter(path, table.schema, write_options=options)
            else:
                few = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
                self.writers[name] = pq.ParquetWriter(
                    path, table.schema, compression="zstd", compression_level=1, use_dictionary=few
                )
        self.under_way.append(self.thread.submit(self.writers[name].write_table, table))
        while len(self.under_way) > _AHEAD:
            self.under_way.popleft().result()

    def findings(self, findings: Sequence[FlowFinding]) -> None:
        if findings:
            self._rows("findings.csv", FINDING_COLUMNS, [_finding_row(finding) for finding in findings])

    def _rows(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        with (self.folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)

    def close(self) -> None:
        try:
            while self.under_way:
                self.under_way.popleft().result()
        finally:
            self.thread.shutdown()
            for writer in self.writers.values():
                writer.close()


def _finding_row(finding: FlowFinding) -> tuple[object, ...]:
    return tuple(getattr(finding, name) or "" for name in FINDING_COLUMNS)


class _WorkbookSink:
    """A sheet for each group, written row by row and kept on disk."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter  # noqa: PLC0415 - only workbooks need it

        self.book = xlsxwriter.Workbook(
            str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        # A workbook of the same file has the same bytes.
        self.book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001
        self.bold = self.book.add_format({"bold": True, "bottom": 1})
        self.date = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.sheets: dict[str, Any] = {}
        self.rows: dict[str, int] = {}
        self.waiting: dict[str, list[tuple[TableShape, pa.Table]]] = {}

    def header(self, values: dict[str, str]) -> None:
        self._sheet("header", ("item", "value"), (24, 40))
        for name, value in values.items():
            self._row("header", (name, value))

    def write(self, shape: TableShape, table: pa.Table) -> None:
        name = shape.group.id
        if name not in self.sheets:
            widths = [max(10, min(40, max(len(column.name), column.item.type.most))) for column in shape.columns]
            self._sheet(name, table.column_names, (8, 9, 10, *widths))
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            self._row(name, row)

    def findings(self, findings: Sequence[FlowFinding]) -> None:
        if findings:
            self._sheet("findings", FINDING_COLUMNS, (8, 9, 8, 9, 8, 24, 80, 60))
            for finding in findings:
                self._row("findings", _finding_row(finding))

    def _sheet(self, name: str, columns: Sequence[str], widths: Sequence[int]) -> None:
        sheet = self.sheets[name] = self.book.add_worksheet(name)
        for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, column, self.bold)
        sheet.freeze_panes(1, 0)
        self.rows[name] = 1

    def _row(self, name: str, values: Sequence[object]) -> None:
        row, sheet = self.rows[name], self.sheets[name]
        if row >= MOST_SHEET_ROWS:
            raise HalfhourError(
                "FF-120",
                f"The table of group {name} has more than {MOST_SHEET_ROWS - 1:,} rows, which no worksheet holds.",
                "Convert to Parquet or CSV instead.",
            )
        for place, value in enumerate(values):
            if value is None or value == "":
                continue
            if isinstance(value, date) and value.year < FIRST_SHEET_YEAR:
                sheet.write_string(row, place, value.isoformat())
            elif isinstance(value, datetime):
                sheet.write_datetime(row, place, value, self.moment)
            elif isinstance(value, date):
                sheet.write_datetime(row, place, value, self.date)
            elif isinstance(value, int | Decimal) and _few_digits(value):
                sheet.write_number(row, place, value)
            elif len(str(value)) > MOST_CELL_CHARACTERS:
                raise HalfhourError(
                    "FF-120",
                    f"Group {name} has a value of {len(str(value)):,} characters, which no cell of a worksheet holds.",
                    "Convert to Parquet or CSV instead.",
                )
            else:
                sheet.write_string(row, place, str(value))
        self.rows[name] = row + 1

    def close(self) -> None:
        self.book.close()


def _few_digits(value: int | Decimal) -> bool:
    """Whether a cell holds a number with all its digits."""
    if isinstance(value, int):
        return len(str(abs(value))) <= MOST_CELL_DIGITS
    return len(value.as_tuple().digits) <= MOST_CELL_DIGITS


def write_json(reader: FlowReader, out: Path, *, secrets: bool = True) -> None:
    """Write a file of any size as the JSON document that `records.to_json` gives, record by record.

    Args:
        secrets: keep passwords and PINs, without which the file cannot be written back.

    Raises:
        OSError, BrokenFileError: it cannot be read or written.
    """
    with in_place(out) as making, making.open("w", encoding="utf-8", newline="\n") as stream:
        with opened(reader.path) as source:
            lines = LineReader(source, reader.options.limits)
            stream.write("{\n" + f'"envelope": {_text(reader.envelope.name)},\n"header": {_text(reader.header)},\n')
            blocks = lines.blocks()
            first = next(blocks, None)
            if lines.line_end != "\n":
                stream.write(f'"line_end": {_text(lines.line_end)},\n')
            stream.write('"groups": [')
            if first is not None:
                _write_groups(stream, reader, first[0], blocks, secrets)
            trailer = reader.envelope.items_of((lines.trailer or b"").decode("latin-1"))
        named = {item.name: value for item, value in zip(reader.envelope.trailer_items, trailer, strict=False)}
        stream.write(f'\n],\n"trailer": {_text(named)}\n}}\n')


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write_groups(
    stream: TextIO, reader: FlowReader, first: bytes, blocks: Iterator[tuple[bytes, int]], secrets: bool
) -> None:
    layout = reader.layout if reader.known else None
    open_groups: list[list[int]] = []
    some = False

    def close() -> None:
        _, children = open_groups.pop()
        stream.write("]}" if children else "}")

    def begin(indent: int) -> None:
        nonlocal some
        if open_groups:
            stream.write("," if open_groups[-1][1] else ', "groups": [')
            open_groups[-1][1] = 1
        elif some:
            stream.write(",")
        some = True
        stream.write("\n" + "  " * indent)

    def blocks_of_text() -> Iterator[bytes]:
        yield first
        for data, _ in blocks:
            yield data

    for data in blocks_of_text():
        for line in data.decode("latin-1").removesuffix("\n").split("\n"):
            record, depth = record_of_line(line, reader.envelope, layout)
            while depth is not None and open_groups and open_groups[-1][0] >= depth:
                close()
            begin(len(open_groups) + 1)
            stream.write(_text(_head(record, layout, secrets))[:-1])
            if depth is None:
                stream.write("}")
            else:
                open_groups.append([depth, 0])
    while open_groups:
        close()


def _head(record: Record, layout: Layout | None, secrets: bool) -> dict[str, Any]:
    items = record.items
    if not secrets and layout and record.group in layout.groups:
        hidden = {item.name for item in layout.groups[record.group].items if item.secret}
        items = {name: HIDDEN if name in hidden and value else value for name, value in items.items()}
    head: dict[str, Any] = {"group": record.group, "items": items}
    if record.surplus:
        head["surplus"] = record.surplus
    if record.count is not None:
        head["count"] = record.count
    return head
