"""A file of records as blocks of whole lines: opened whatever it is packed in, bounded, its bytes looked at.

Follows the handbook (file-formats, general rules and 7): ASCII, LF or CRLF, limits on lines, records and size.
"""

from __future__ import annotations

import errno
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from halfhour.formats.flows.findings import FlowFinding

BLOCK_BYTES = 8 << 20
"""Read at a time: enough to make arrays worth while, little enough that memory does not grow with the file."""

MOST_BLOCK_BYTES = 64 << 20
"""Of what has to be held at once; one group and what belongs to it may not be larger."""

ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""In which the industry packs its files."""

_MOST_FINDINGS = 100
_CLEAN = bytes(byte if 32 <= byte <= 126 or byte == 10 else ord("?") for byte in range(256))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may be (handbook file-formats 7).

    Attributes:
        line_bytes: of a record, without its line end.
        records: of a file.
        file_bytes: of a file, unpacked.
    """

    line_bytes: int = 4_096
    records: int = 500_000_000
    file_bytes: int = 32 << 30


class BrokenFileError(Exception):
    """The file cannot be read further; it carries the finding that says why."""

    def __init__(self, finding: FlowFinding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def opened(path: Path) -> BinaryIO:
    """The content of a file, unpacked where it is gzipped or a ZIP archive of one file.

    Raises:
        OSError: it cannot be opened.
        BrokenFileError: FF-105 an archive that is broken, or holds not exactly one file.
    """
    with path.open("rb") as stream:
        magic = stream.read(4)
    if magic.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.open(path, "rb"))
    if magic != b"PK\x03\x04":
        return path.open("rb")
    try:
        archive = zipfile.ZipFile(path)
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) == 1 and members[0].compress_type not in ZIP_METHODS:
            raise BrokenFileError(_packed("is packed by another method than deflate"))
        if len(members) == 1:
            return cast(BinaryIO, archive.open(members[0]))
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError) as error:
        # Where its directory points outside the file, the archive fails as a place that cannot be sought.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise BrokenFileError(_packed(f"cannot be unpacked: {error}")) from None
    raise BrokenFileError(_packed(f"is an archive of {len(members)} files"))


def _packed(fault: str) -> FlowFinding:
    return FlowFinding(
        "FF-105", "error", f"The file {fault}.", "Give the file itself, gzipped, or alone in a ZIP archive."
    )


def read(stream: BinaryIO, size: int) -> bytes:
    """Some bytes of a file.

    Raises:
        BrokenFileError: FF-105 what it is packed in is broken.
    """
    try:
        return stream.read(size)
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        raise BrokenFileError(_packed(f"cannot be unpacked to its end: {error}")) from None


class LineReader:
    """The lines of a file: the first by itself, then blocks of whole ones, the last by itself.

    Attributes:
        header, trailer: the first and the last line, without their ends; None where there is none.
        trailer_line: number of the last line.
        line_end: `\\n` or `\\r\\n`, as the first line ends.
        mixed: whether others end differently.
        unended: whether the last line has no end.
        blank_after: blank lines after the last one that says something.
        findings: about the bytes.
    """

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self.header: bytes | None = None
        self.trailer: bytes | None = None
        self.trailer_line = 0
        self.line_end = "\n"
        self.mixed = False
        self.unended = False
        self.blank_after = 0
        self.findings: list[FlowFinding] = []
        self._stream = stream
        self._limits = limits
        self._bytes = 0

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        """Blocks of whole lines, each ended by one line feed, with the number of the first; without first and last.

        Raises:
            BrokenFileError: FF-104 a limit is passed, FF-105 what the file is packed in is broken.
        """
        held = b""
        number = 1
        tail = b""
        for chunk in self._chunks():
            held = tail + chunk if tail else chunk
            tail = b""
            if self.header is None:
                end = held.find(b"\n")
                if end < 0:
                    tail = held
                    self._bound_line(len(tail), number)
                    continue
                self.header = self._first_line(held[:end])
                held = held[end + 1 :]
                number = 2
            # The last line that says something is held back, with blank ones after it: it may be the trailer.
            body = held.rstrip(b"\r\n")
            cut = body.rfind(b"\n") + 1
            tail = held[cut:]
            self._bound_line(len(tail), number + held.count(b"\n", 0, cut))
            if cut:
                block = self._clean(held[:cut], number)
                yield block, number
                number += block.count(b"\n")
        if self.header is None:
            self.header = self._first_line(tail) if tail.strip() else None
            self.unended = True
            return
        self._last_line(tail, number)

    def _chunks(self) -> Iterator[bytes]:
        while chunk := read(self._stream, BLOCK_BYTES):
            self._bytes += len(chunk)
            if self._bytes > self._limits.file_bytes:
                raise BrokenFileError(
                    FlowFinding(
                        "FF-104",
                        "error",
                        f"The file is larger than {self._limits.file_bytes:,} bytes.",
                        "Split it, or raise the limit if it is meant to be so large.",
                    )
                )
            yield chunk

    def _first_line(self, line: bytes) -> bytes:
        if line.endswith(b"\r"):
            self.line_end = "\r\n"
            line = line[:-1]
        return self._look_at_bytes(line + b"\n", 1)[:-1]

    def _last_line(self, tail: bytes, number: int) -> None:
        self.unended = not tail.endswith(b"\n")
        if self.line_end == "\r\n":
            self.mixed = self.mixed or tail.count(b"\n") != tail.count(b"\r\n")
        elif b"\r\n" in tail:
            self.mixed = True
        lines = tail.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
        while len(lines) > 1 and lines[-1].strip(b"\r") == b"":
            self.blank_after += 1
            lines.pop()
        if lines != [b""]:
            self.trailer, self.trailer_line = self._look_at_bytes(lines[0] + b"\n", number)[:-1], number

    def _clean(self, block: bytes, number: int) -> bytes:
        """The block with plain line ends, its bytes looked at."""
        if self.line_end == "\r\n" or b"\r" in block:
            ends = block.count(b"\r\n")
            self.mixed = self.mixed or (ends != block.count(b"\n") if self.line_end == "\r\n" else ends > 0)
            block = block.replace(b"\r\n", b"\n")
        return self._look_at_bytes(block, number)

    def _look_at_bytes(self, block: bytes, number: int) -> bytes:
        """The lines with every byte that no record may have replaced by a question mark, each line reported once."""
        data = np.frombuffer(block, dtype=np.uint8)
        wrong = np.flatnonzero(((data < 32) & (data != 10)) | (data > 126))
        if not len(wrong):
            return block
        clean = block.translate(_CLEAN)
        if len(self.findings) > _MOST_FINDINGS:
            return clean
        ends = np.flatnonzero(data == 10)
        lines, first = np.unique(np.searchsorted(ends, wrong), return_index=True)
        for line, place in zip(lines[:_MOST_FINDINGS].tolist(), wrong[first][:_MOST_FINDINGS].tolist(), strict=True):
            self.findings.append(
                FlowFinding(
                    "FF-101",
                    "error",
                    f"Line {number + line} has a byte that no record may have: 0x{data[place]:02x}.",
                    "Write printable ASCII only; letters with accents and tabs are to be replaced.",
                    line=number + line,
                )
            )
        return clean

    def _bound_line(self, length: int, number: int) -> None:
        if length > BLOCK_BYTES:
            raise BrokenFileError(long_line(number, self._limits))


def long_line(number: int, limits: Limits) -> FlowFinding:
    """The finding for a line that is over the limit."""
    return FlowFinding(
        "FF-104",
        "error",
        f"Line {number} is longer than {limits.line_bytes:,} bytes.",
        "No record of the industry is so long: the file is damaged, or is another thing than it seems.",
        line=number,
    )
