"""What the exchange formats have in common: lines of fields as columns, checks that rows fail, the long shape.

Follows the handbook (file-formats 5 and 8). What every reader of readings checks, such as numbers and doubles, is left
to the row checks of the metering room; here is what only the format knows: fields, times, statuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from halfhour.errors import Finding
from halfhour.formats.column_values import BAD, decoded, python_value, shown
from halfhour.formats.exchange.clock import day_of
from halfhour.formats.finding_log import FindingLog
from halfhour.formats.readings_shapes import Sample, Stretch, UnreadableFile
from halfhour.formats.text_blocks import (
    BYTE_ORDER_MARK,
    HEAD_BYTES,
    UTF_16_MARKS,
    decoded_text,
    fields_of,
    is_binary,
    line_blocks,
)

Mask = NDArray[np.bool_]

BLOCK_BYTES = 4 << 20
"""Read at a time: a line of 50 values becomes 50 rows, and a handful of blocks are to stay small in memory."""

CODES = {
    "RD-012": "HH-502",
    "RD-013": "HH-502",
    "RD-014": "HH-503",
    "RD-015": "HH-503",
    "RD-016": "HH-503",
    "RD-017": "HH-506",
    "RD-020": "HH-504",
    "RD-021": "HH-504",
    "RD-022": "HH-507",
}
"""What the handbook calls that which the row checks find."""

CORRECT_LINE = "Correct it; until then the reading counts as missing."

_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
_ROWS_LOOKED_AT = 5
_CONTRACT_KEYS = {"msid", "measurement_quantity", "settlement_date", "settlement_period"}
_LINES_NAMED = 5
_LINE_ENDS = re.compile(rb"\n{2,}")


@dataclass(frozen=True, slots=True)
class Form:
    """What the lines of a file must look like.

    Attributes:
        file: its name in messages.
        format: the format's name in messages.
        fields: how many a line has.
        closed: whether each line ends in one more comma.
        texts: places of the fields that have many different values.
    """

    file: str
    format: str
    fields: int
    closed: bool = False
    texts: frozenset[int] = frozenset()

    def not_it(self, why: str) -> UnreadableFile:
        """The error for a file that is nearly of this form."""
        return UnreadableFile(
            "HH-501",
            f"{self.file} is nearly {self.format}, but {why}.",
            "Correct it or fetch it again; nothing of it was used.",
        )

    def wrong_lines(self, lines: Sequence[tuple[int, str]]) -> UnreadableFile:
        """The error for lines that are not of this form: number of each and what it has instead."""
        named = ", ".join(f"line {line} has {what}" for line, what in lines[:_LINES_NAMED])
        more = f" and {len(lines) - _LINES_NAMED:,} more lines are wrong" if len(lines) > _LINES_NAMED else ""
        return self.not_it(f"{named}{more}; each line has {self.fields} fields")


@dataclass(frozen=True, slots=True)
class Fields:
    """Lines of fields, blank ones left out.

    Attributes:
        columns: one per field; null where nothing is written.
        lines: number of each in the file.
    """

    columns: list[pa.Array]
    lines: NDArray[np.int64]


def first_rows(sample: Sample) -> list[list[str]]:
    """The fields of the first lines in which anything is written; none of a file that is not text."""
    if is_binary(sample.head) or sample.head.startswith(UTF_16_MARKS):
        return []
    text = sample.head.removeprefix(BYTE_ORDER_MARK).decode("utf-8", errors="replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(sample.head) >= HEAD_BYTES and len(lines) > 1:
        lines.pop()
    found = [fields_of(line) or [] for line in lines if line.strip(" \t,")][:_ROWS_LOOKED_AT]
    return [[field.strip() for field in fields] for fields in found]


def has_contract_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns of the long or wide shape, so that the file is none of these formats."""
    return bool(rows) and len({name.lower() for name in rows[0]} & _CONTRACT_KEYS) > 1


def like_an_mpan(text: str) -> bool:
    """Whether a field of a first row is, or is meant to be, an MPAN."""
    digits = text.replace(" ", "")
    return digits.isascii() and digits.isdecimal() and 10 <= len(digits) <= 21


def is_title(row: Sequence[str], mpan: int, stamp: int) -> bool:
    """Whether a file's first row holds titles: a word for the MPAN, and no digit there or for the day or moment."""
    # A row without an MPAN, or without fields, which has a stray quote, is a damaged row of data.
    fields = "".join((*row[mpan : mpan + 1], *row[stamp : stamp + 1]))
    return len(row) > mpan and row[mpan][:1].isalpha() and not any(letter.isdigit() for letter in fields)


def ends_in_a_comma(row: Sequence[str], fields: int) -> bool:
    """Whether the lines of a file end in one more comma, as its first line of data shows."""
    return len(row) == fields + 1 and row[-1] == ""


def data_blocks(sample: Sample, titled: bool) -> Iterator[tuple[bytes, int]]:
    """Blocks of whole lines, each with the number of its first line, from the first line of data on.

    Raises:
        UnreadableFile: RD-001, RD-004 of the titles, RD-005.
    """
    line = 1
    begun = False
    for whole in line_blocks(sample, BLOCK_BYTES):
        block = whole
        if not begun:
            block = block.removeprefix(BYTE_ORDER_MARK) if line == 1 else block
            blank = len(block) - len(block.lstrip(b" \t\n,"))
            begun = blank < len(block)
            start = block.rfind(b"\n", 0, blank) + 1 if begun else len(block)
            if begun and titled:
                titles, start = start, block.find(b"\n", start) + 1 or len(block)
                decoded_text(block[titles:start], line + block.count(b"\n", 0, titles), sample.name)
            line += block.count(b"\n", 0, start)
            block = block[start:]
        if block:
            yield block, line
        line += block.count(b"\n")


def stretches(sample: Sample, titled: bool, read: Callable[[bytes, int], Stretch]) -> Iterator[Callable[[], Stretch]]:
    """A piece of work for each block of a file of lines that stand for themselves.

    Args:
        sample: the file.
        titled: whether it begins with a row of titles.
        read: makes a stretch of a block and the number of its first line.

    Raises:
        UnreadableFile: RD-001, RD-003 no rows, RD-004, RD-005.
    """
    some = False
    for block, first_line in data_blocks(sample, titled):
        some = True
        yield partial(read, block, first_line)
    if not some:
        raise no_rows(sample)


def no_rows(sample: Sample) -> UnreadableFile:
    """The error for a file that gives no reading."""
    return UnreadableFile("RD-003", f"{sample.name} has no rows.", "Write it again, or take it out of the folder.")


def read_fields(block: bytes, first_line: int, form: Form) -> Fields:
    """The lines of a block as columns.

    Raises:
        UnreadableFile: HH-501 a line with another number of fields or a stray quote, RD-004 not UTF-8.
    """
    if not block.isascii():
        decoded_text(block, first_line, form.file)
    width = form.fields + form.closed
    kinds = [pa.string() if place in form.texts else _DICTIONARY for place in range(width)]
    block, lines = _without_empty_lines(block, first_line)
    if len(lines) == 0:
        return Fields([pa.array([], kinds[place]) for place in range(form.fields)], lines)
    wrong: list[tuple[int, str]] = []
    blank: list[int] = []

    def look_at(row: pyarrow.csv.InvalidRow) -> str:
        if row.text.strip(" \t,"):
            found = row.actual_columns - form.closed
            wrong.append((int(lines[row.number - 1]), f"{found} field{'' if found == 1 else 's'}"))
        else:
            blank.append(row.number - 1)
        return "skip"

    names = [str(place) for place in range(width)]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(block),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=len(block) + 1),
            parse_options=pyarrow.csv.ParseOptions(
                quote_char='"' if b'"' in block else False, ignore_empty_lines=False, invalid_row_handler=look_at
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict(zip(names, kinds, strict=True)),
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
        held = table.num_rows
    except pa.ArrowInvalid:
        held = -1
    if held + len(wrong) + len(blank) != len(lines):
        if stray := _stray_quotes(block, lines):
            raise form.wrong_lines(stray)
        raise form.not_it(f"its lines from {first_line} on cannot be told apart")
    if wrong:
        raise form.wrong_lines(wrong)
    lines = np.delete(lines, blank)
    columns = [table.column(name).combine_chunks() for name in names]
    if b" " in block or b"\t" in block:
        columns = [_trimmed(column) for column in columns]
    if form.closed:
        surplus = np.flatnonzero(np.asarray(columns.pop().is_valid()))
        if len(surplus):
            raise form.wrong_lines([(int(line), f"{form.fields + 1} fields") for line in lines[surplus]])
    written = np.zeros(len(lines), dtype=bool)
    for column in columns:
        if written.all():
            break
        written |= np.asarray(column.is_valid())
    if not written.all():
        keep = pa.array(written)
        columns, lines = [column.filter(keep) for column in columns], lines[written]
    return Fields(columns, lines)


def _without_empty_lines(block: bytes, first_line: int) -> tuple[bytes, NDArray[np.int64]]:
    """A block without its empty lines, and the number in the file of each line that is left.

    A block of nothing but line ends would otherwise be millions of rows of many columns.
    """
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n"))
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    written = np.diff(ends, prepend=-1) > 1
    lines = first_line + np.flatnonzero(written).astype(np.int64)
    return (block if written.all() else _LINE_ENDS.sub(b"\n", block).removeprefix(b"\n")), lines


def _stray_quotes(block: bytes, lines: NDArray[np.int64]) -> list[tuple[int, str]]:
    texts = block.decode("utf-8").split("\n")
    return [(int(line), "a stray quote") for line, text in zip(lines, texts, strict=False) if fields_of(text) is None]


def _trimmed(column: pa.Array) -> pa.Array:
    """The texts without outer spaces, null where nothing is left."""
    if pa.types.is_dictionary(column.type):
        if pc.all(pc.equal(pc.utf8_trim(column.dictionary, " \t"), column.dictionary), min_count=0).as_py():
            return column
        return _trimmed(column.dictionary_decode()).dictionary_encode()
    text = pc.utf8_trim(column, " \t")
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def without_spaces(msid: pa.DictionaryArray) -> pa.DictionaryArray:
    """MPANs as they are written in groups of digits, without the spaces between."""
    return pa.DictionaryArray.from_arrays(msid.indices, pc.replace_substring(msid.dictionary, " ", ""))


def of_words(places: NDArray[np.int64], words: Sequence[str]) -> pa.DictionaryArray:
    """A column of a few words, by their places in a list."""
    # Of a row that is not used the place may be BAD.
    return pa.DictionaryArray.from_arrays(pa.array(np.maximum(places, 0), pa.int32()), pa.array(words, pa.string()))


@dataclass(slots=True)
class Rows:
    """Rows on their way to the long shape; `usable` shrinks as checks fail.

    Attributes:
        log: of the stretch.
        lines: line of each row.
        msid: of each row, without spaces.
        usable: which rows are to be handed on.
    """

    log: FindingLog
    lines: NDArray[np.int64]
    msid: pa.DictionaryArray
    usable: Mask

    def reject(
        self,
        wrong: Mask,
        code: str,
        message: Callable[[int], str],
        day: NDArray[np.int64] | None = None,
        period: NDArray[np.int64] | None = None,
        do: str = CORRECT_LINE,
    ) -> None:
        """Report the rows, so far usable, in which something is wrong, and use them no further.

        Args:
            wrong: which rows.
            code: of the findings.
            message: one sentence without its full stop, of the number of a row.
            day, period: Settlement Day and Settlement Period of each row, where known.
            do: the next step.
        """
        rows = np.flatnonzero(self.usable & wrong)
        if len(rows) == 0:
            return
        self.usable[rows] = False

        def describe(row: int) -> Finding:
            msid = str(python_value(self.msid[row]) or "")
            return Finding(
                code,
                "error",
                f"{message(row)}.",
                do,
                f"{self.log.file}:{self.lines[row]}",
                msid=msid if len(msid) == 13 and msid.isdecimal() else "",
                settlement_date=None if day is None else day_of(int(day[row])),
                settlement_period=None if period is None else int(period[row]),
            )

        self.log.add_rows(code, rows, describe)

    def reject_bad_msids(self) -> None:
        """Report MSIDs that are none, before a row is made several, which would each be reported."""
        bad = decoded(self.msid, lambda value: 0 if re.fullmatch(r"[0-9]{13}", str(value or "")) else BAD) == BAD
        self.reject(bad, "RD-009", lambda row: f"{written_value(self.msid, row)} is not an MSID of 13 digits")

    def spread(self, width: int, written: Mask) -> Rows:
        """Each row made several, of which those are usable in which something is written."""
        return Rows(
            self.log,
            np.repeat(self.lines, width),
            self.msid.take(pa.array(np.repeat(np.arange(len(self.lines)), width))),
            np.repeat(self.usable, width) & written,
        )

    def long(
        self,
        quantity: pa.Array,
        day: NDArray[np.int64],
        period: NDArray[np.int64],
        kwh: pa.Array,
        status: pa.Array,
    ) -> Stretch:
        """The usable rows in the long shape."""
        columns = {
            "msid": self.msid,
            "measurement_quantity": quantity,
            "settlement_date": pa.array(day, pa.int32()).cast(pa.date32()),
            "settlement_period": pa.array(period, pa.int32()),
            "kwh": kwh,
            "status": status,
        }
        lines = self.lines
        if not self.usable.all():
            keep = pa.array(self.usable)
            columns = {name: column.filter(keep) for name, column in columns.items()}
            lines = lines[self.usable]
        return Stretch("long", columns, lines, self.log)


def by_row(columns: Sequence[pa.Array]) -> pa.Array:
    """The values of several columns in one, row by row."""
    count = len(columns[0])
    places = np.arange(len(columns) * count).reshape(len(columns), count).T.ravel()
    return pa.concat_arrays(columns).take(pa.array(places))


def written_value(column: pa.Array, row: int) -> str:
    """A value as it appears in a message."""
    return shown(python_value(column[row]))
