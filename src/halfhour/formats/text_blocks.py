"""Text files of any size, plain or gzipped, as blocks of whole lines; and their first bytes, to tell formats apart."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from halfhour.formats.readings_shapes import Sample, UnreadableFile

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")

_GZIP_MAGIC = b"\x1f\x8b"

HEAD_BYTES = 16_384
"""Enough for a title row and some rows of the widest format."""

_BINARY_BYTES = 4_096


def is_gzipped(path: Path) -> bool:
    """Whether a file begins as gzip."""
    with path.open("rb") as stream:
        return stream.read(2) == _GZIP_MAGIC


def packing(sample: Sample) -> str:
    """What the name of a format begins with, for the catalogue: `gzipped ` or nothing."""
    return "gzipped " if is_gzipped(sample.path) else ""


def is_binary(head: bytes) -> bool:
    """Whether a file that begins so is no text; a NUL further on is a fault of its line."""
    return b"\0" in head[:_BINARY_BYTES]


def start_of(path: Path, name: str) -> bytes:
    """The first bytes of a file, unpacked where it is gzipped.

    Raises:
        UnreadableFile: RD-005 broken gzip.
    """
    with _opened(path) as stream:
        return _read(stream, HEAD_BYTES, name)


def line_blocks(sample: Sample, block_bytes: int) -> Iterator[bytes]:
    """A file in blocks of whole lines that end in a line feed, whatever they end in there.

    Args:
        sample: the file.
        block_bytes: read at a time.

    Raises:
        UnreadableFile: RD-001 a line longer than a block, RD-005 broken gzip.
    """
    carry, held = b"", b""
    with _opened(sample.path) as stream:
        while chunk := _read(stream, block_bytes, sample.name):
            chunk = held + chunk
            # A carriage return at the very end may be half of a line end.
            held = b"\r" if chunk.endswith(b"\r") else b""
            chunk = chunk.removesuffix(held)
            if b"\r" in chunk:
                chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            data = carry + chunk
            cut = data.rfind(b"\n") + 1
            if cut == 0 and len(data) >= block_bytes:
                raise UnreadableFile(
                    "RD-001", f"{sample.name} is not a table: it has no line ends.", "Give readings as CSV or Parquet."
                )
            carry = data[cut:]
            if cut:
                yield data[:cut]
    if carry or held:
        yield carry + held.replace(b"\r", b"\n")


def decoded_text(block: bytes, first_line: int, file: str) -> str:
    """The text of a block.

    Raises:
        UnreadableFile: RD-004 not UTF-8.
    """
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError as error:
        line = first_line + block.count(b"\n", 0, error.start)
        raise UnreadableFile(
            "RD-004", f"{file} is not UTF-8: see line {line}.", "Save it as CSV UTF-8; nothing of it was used."
        ) from None


def fields_of(line: str) -> list[str] | None:
    """The comma-separated fields of one line, None where a quoted one does not end on it."""
    rows = csv.reader([line + "\n", ""])
    try:
        fields = next(rows)
    except csv.Error:
        return None
    return fields if rows.line_num == 1 else None


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if is_gzipped(path) else path.open("rb")


def _read(stream: BinaryIO, size: int, file: str) -> bytes:
    try:
        return stream.read(size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFile(
            "RD-005", f"{file} is a broken gzip file: {error}.", "Pack or fetch the file again; nothing of it was used."
        ) from None
