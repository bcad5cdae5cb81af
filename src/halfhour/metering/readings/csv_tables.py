"""Reads comma-separated readings files, plain or gzipped, in stretches that several threads can parse at once.

Follows the contract ("Readings") and RFC 4180, except that a quoted field does not run over the end of a line: no
column of a readings file has a use for it, and a stray quote would swallow good rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from halfhour.errors import Finding
from halfhour.formats.finding_log import FindingLog
from halfhour.formats.readings_shapes import PERIOD_COLUMNS, Recognised, Sample, Shape, Stretch, UnreadableFile
from halfhour.formats.text_blocks import (
    BYTE_ORDER_MARK,
    UTF_16_MARKS,
    decoded_text,
    fields_of,
    is_binary,
    line_blocks,
    packing,
)
from halfhour.metering.readings.readings_tables import find_columns

BLOCK_BYTES = 16 << 20
"""Read at a time: enough rows to keep a thread busy, few enough that a handful of blocks stay small in memory."""

_NUMBERS = {"kwh", *PERIOD_COLUMNS}
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class _Header:
    """What the first line says: the shape, how many fields a row has, and where the columns to be read stand."""

    file: str
    shape: Shape
    fields: int
    positions: dict[str, int]


def recognise(sample: Sample) -> Recognised:
    """Take the file for a comma-separated table; the last resort, so that it says what is wrong with the file.

    Raises:
        UnreadableFile: RD-001 to RD-005, RD-007; the later stretches RD-004 and RD-005.
    """
    if sample.head.startswith(UTF_16_MARKS):
        raise UnreadableFile("RD-004", f"{sample.name} is written in UTF-16.", "Save it as CSV UTF-8.")
    if is_binary(sample.head):
        raise UnreadableFile(
            "RD-001",
            f"{sample.name} is neither a text table nor Parquet.",
            "Give readings as CSV or Parquet, or take the file out of the folder.",
        )
    blocks = line_blocks(sample, BLOCK_BYTES)
    first_line = 1
    for block in blocks:
        text = block.removeprefix(BYTE_ORDER_MARK) if first_line == 1 else block
        blank = len(text) - len(text.lstrip(b" \t\n,"))
        start = text.rfind(b"\n", 0, blank) + 1
        first_line += text.count(b"\n", 0, start)
        if blank == len(text):
            continue
        end = text.find(b"\n", start) + 1 or len(text)
        fields = fields_of(decoded_text(text[start:end], first_line, sample.name).strip("\r\n"))
        if fields is None:
            raise UnreadableFile("RD-001", f"{sample.name} has a header with a stray quote.", "Correct the first line.")
        shape, positions, log = find_columns(fields, sample.name)
        header = _Header(sample.name, shape, len(fields), positions)
        rest = text[end:]
        return Recognised(f"{packing(sample)}{shape} CSV", "", _stretches(rest, blocks, first_line + 1, header), log)
    raise UnreadableFile("RD-003", f"{sample.name} is empty.", "Write the file again, or take it out of the folder.")


def _stretches(
    block: bytes, blocks: Iterator[bytes], first_line: int, header: _Header
) -> Iterator[Callable[[], Stretch]]:
    while True:
        if block:
            count = block.count(b"\n") + (not block.endswith(b"\n"))
            yield partial(_parsed, block, first_line, count, header)
            first_line += count
        following = next(blocks, None)
        if following is None:
            return
        block = following


def _parsed(block: bytes, first_line: int, count: int, header: _Header) -> Stretch:
    if not block.isascii():
        decoded_text(block, first_line, header.file)
    ragged: dict[int, int] = {}

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        ragged[row.number - 1] = row.actual_columns
        return "skip"

    names = [f"unread {position}" for position in range(header.fields)]
    for name, position in header.positions.items():
        names[position] = name
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(block),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=len(block) + 1),
            parse_options=pyarrow.csv.ParseOptions(
                quote_char='"' if b'"' in block else False, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=list(header.positions),
                column_types={name: pa.string() if name in _NUMBERS else _DICTIONARY for name in header.positions},
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return _parsed_line_by_line(block, first_line, header)
    if table.num_rows + len(ragged) != count:
        return _parsed_line_by_line(block, first_line, header)
    lines = np.arange(count, dtype=np.int64)
    if ragged:
        lines = np.delete(lines, list(ragged))
    columns = {name: table.column(name).combine_chunks() for name in header.positions}
    return _stretch(columns, lines, ragged, first_line, header)


def _parsed_line_by_line(block: bytes, first_line: int, header: _Header) -> Stretch:
    """The slow way, for a block in which a quote runs over a line end or stands astray."""
    values: dict[str, list[str | None]] = {name: [] for name in header.positions}
    ragged: dict[int, int] = {}
    kept: list[int] = []
    for offset, line in enumerate(block.decode("utf-8").removesuffix("\n").split("\n")):
        fields = fields_of(line)
        if fields == []:
            continue
        if fields is None or len(fields) != header.fields:
            ragged[offset] = -1 if fields is None else len(fields)
            continue
        kept.append(offset)
        for name, position in header.positions.items():
            values[name].append(fields[position] or None)
    columns = {name: pa.array(texts, pa.string()) for name, texts in values.items()}
    return _stretch(columns, np.array(kept, dtype=np.int64), ragged, first_line, header)


def _stretch(
    columns: dict[str, pa.Array], lines: NDArray[np.int64], ragged: dict[int, int], first_line: int, header: _Header
) -> Stretch:
    def describe(offset: int) -> Finding:
        line = first_line + offset
        found = "a stray quote" if ragged[offset] < 0 else f"{ragged[offset]} fields"
        return Finding(
            "RD-008",
            "error",
            f"Line {line} of {header.file} has {found}; the header has {header.fields} fields.",
            "Correct the line; its readings count as missing.",
            f"{header.file}:{line}",
        )

    log = FindingLog(header.file)
    log.add_rows("RD-008", np.array(sorted(ragged), dtype=np.int64), describe)
    return Stretch(header.shape, columns, lines + first_line, log)
