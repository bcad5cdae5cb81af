"""Line loss factors as files bring them: the Pool Transfer file D0265, and a table of days with a column per period.

Follows the project's handbook, "File formats", section 2, and the README of the project's collection of public data for
the table.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from halfhour.calendar import settlement_periods
from halfhour.errors import Finding, HalfhourError, Refused
from halfhour.market_data.columns import padded
from halfhour.market_data.table_files import Tick, text_of

if TYPE_CHECKING:
    from halfhour.formats.line_loss_factors import LossFactorBlock

EPOCH = date(1970, 1, 1)
PERIODS = 50
MOST_THOUSANDTHS = 0xFFFF
FACTOR = re.compile(r"[0-9]{1,2}(\.[0-9]{1,3})?")
EXTRACT_HEADER = ("llfc", "description", "settlement_date", "n_periods", *(f"llf_sp{n}" for n in range(1, PERIODS + 1)))
MPID = re.compile(r"[A-Z0-9]{4}")
GZIP = b"\x1f\x8b"
POOL_TRANSFER_START = re.compile(rb"ZHD\|[^|\n]*\|D0265")

ClassDay = tuple[str, int, bytes]
"""LLFC padded to three characters, days since 1970-01-01, 50 unsigned 16-bit thousandths, least byte first."""


@dataclass(frozen=True, slots=True)
class LossFactorRows:
    """Line loss factors of one distributor, in order of class and day."""

    mpid: str
    rows: list[ClassDay]
    content_sha256: str
    findings: list[Finding]

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len({llfc for llfc, _, _ in self.rows})

    @property
    def factors(self) -> int:
        """How many half hours there are; within a day no factor is zero."""
        days = Counter(day for _, day, _ in self.rows)
        return sum(count * settlement_periods(EPOCH + timedelta(days=day)) for day, count in days.items())

    @property
    def first_day(self) -> date:
        """The first Settlement Day."""
        return EPOCH + timedelta(days=min(day for _, day, _ in self.rows))

    @property
    def last_day(self) -> date:
        """The last Settlement Day, included."""
        return EPOCH + timedelta(days=max(day for _, day, _ in self.rows))


def is_pool_transfer(path: Path, head: bytes) -> bool:
    """Whether a file is D0265, or a zip with one in it, by its content."""
    if POOL_TRANSFER_START.match(head):
        return True
    if head.startswith(GZIP):
        return POOL_TRANSFER_START.match(_unzipped(head)) is not None
    if not head.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if member.filename.lower().endswith(".ptf")]
            if len(members) != 1:
                return False
            if members[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                return True  # its reader says that it cannot unpack it
            with archive.open(members[0]) as content:
                return POOL_TRANSFER_START.match(content.read(200)) is not None
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError):
        return False


def _unzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 200)
    except zlib.error:
        return b""


def is_extract(header: Sequence[str]) -> bool:
    """Whether a header is that of the table of days."""
    return tuple(cell.strip() for cell in header) == EXTRACT_HEADER


def read_loss_factors(path: Path, data: bytes, distributor: str | None, tick: Tick) -> LossFactorRows:
    """The factors of a file in either form.

    Args:
        path: of the file, which the reader of the D0265 opens itself.
        data: its content.
        distributor: MPID, for a file that does not name its distributor; None = not given.
        tick: called now and then.

    Raises:
        Refused: with everything that is wrong.
        HalfhourError: MD-022 the distributor is not named, or another one.
    """
    if data.startswith((b"ZHD", b"PK", GZIP)):
        return read_pool_transfer(path, distributor, tick)
    text, findings = text_of(data, path.name)
    read = read_extract(text, path.name, distributor)
    return replace(read, findings=findings)


def read_pool_transfer(path: Path, distributor: str | None, tick: Tick) -> LossFactorRows:
    """The factors of a D0265 file, plain, gzipped or in a zip.

    Raises:
        Refused: what the reader of the format finds, and MD-003 with MD-004 and MD-005 for what cannot be kept.
        HalfhourError: MD-003 the archive is damaged, MD-022 the file is another distributor's than the one named.
    """
    from halfhour.formats.line_loss_factors import read_line_loss_factors  # noqa: PLC0415 - loads numpy

    rows: list[ClassDay] = []
    problems: list[str] = []
    try:
        file = read_line_loss_factors(path)
        for block in file.blocks:
            rows += _rows_of_block(block, problems)
            tick()
        others = file.distributors - {file.mpid}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        step = "Fetch the file again; nothing of it was loaded."
        raise HalfhourError("MD-003", f"{path.name} cannot be unpacked: {error}.", step) from None
    if distributor not in (None, file.mpid):
        raise HalfhourError(
            "MD-022",
            f"{path.name} holds the factors of {file.mpid}, not of {distributor}.",
            "Leave --distributor out: a D0265 file names its distributor.",
        )
    if others:
        raise HalfhourError(
            "MD-022",
            f"{path.name} comes from {file.mpid} and holds factors of {', '.join(sorted(others))}.",
            "Ask the distributor for a file of its own factors.",
        )
    step = "Ask the distributor for the file again."
    findings = [Finding("MD-004", "error", problem, step, where=path.name) for problem in problems]
    return _sorted(path.name, file.mpid, rows, findings)


def _rows_of_block(block: LossFactorBlock, problems: list[str]) -> Iterator[ClassDay]:
    import numpy as np  # noqa: PLC0415 - loads only for commands that need it

    days = block.day.tolist()
    lost = np.nonzero((block.thousandths < 0).any(axis=1) | (block.thousandths > MOST_THOUSANDTHS).any(axis=1))[0]
    for at in lost.tolist():
        problems.append(f"Class {block.llfc[at]} has a factor above 65.535 on {_iso(days[at])}.")
    periods = {day: settlement_periods(EPOCH + timedelta(days=day)) for day in set(days)}
    counts = np.array([periods[day] for day in days])
    inside = np.arange(PERIODS) < counts[:, None]
    for at in np.nonzero(((block.thousandths == 0) & inside).any(axis=1))[0].tolist():
        problems.append(f"Class {block.llfc[at]} has no factor, or zero, in a Settlement Period of {_iso(days[at])}.")
    for at in np.nonzero(((block.thousandths != 0) & ~inside).any(axis=1))[0].tolist():
        problems.append(f"Class {block.llfc[at]} has a factor beyond the last Settlement Period of {_iso(days[at])}.")
    data = block.thousandths.astype("<u2").tobytes()
    width = 2 * PERIODS
    for at, (llfc, day) in enumerate(zip(block.llfc, days, strict=True)):
        yield padded("llfc", llfc), day, data[at * width : (at + 1) * width]


def read_extract(text: str, name: str, distributor: str | None) -> LossFactorRows:
    """The factors of a table of days: one row for each class and day, one column for each Settlement Period.

    Raises:
        HalfhourError: MD-022 the distributor is not named.
        Refused: MD-003 with a finding for each unusable row (MD-004) and each class-day given twice (MD-005).
    """
    if distributor is None:
        raise HalfhourError(
            "MD-022",
            f"{name} does not say whose line loss factors it holds.",
            "Name the distributor, such as --distributor LOND.",
        )
    if not MPID.fullmatch(distributor):
        raise HalfhourError(
            "MD-022", f"{distributor!r} is no participant id.", "Give four capital letters or digits, such as LOND."
        )
    rows: list[ClassDay] = []
    findings: list[Finding] = []
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        next(lines)
        for cells in lines:
            where = f"{name}:{lines.line_num}"
            try:
                rows.append(_class_day(cells))
            except (ValueError, HalfhourError) as error:
                problem = error.message if isinstance(error, HalfhourError) else f"{error}."
                findings.append(Finding("MD-004", "error", problem, "Correct the row.", where=where))
    except csv.Error as error:
        problem = f"The line cannot be cut into values: {error}; nothing after it was read."
        findings.append(Finding("MD-004", "error", problem, "Correct the row.", where=f"{name}:{lines.line_num}"))
    return _sorted(name, distributor, rows, findings)


def _class_day(cells: Sequence[str]) -> ClassDay:
    if len(cells) != len(EXTRACT_HEADER):
        raise ValueError(f"It has {len(cells)} values; the header has {len(EXTRACT_HEADER)}")
    llfc, _, day_text, count, *factors = (cell.strip() for cell in cells)
    if not re.fullmatch(r"[A-Z0-9]{1,3}", llfc):
        raise ValueError(f"llfc {llfc[:40]!r} is not one to three capital letters or digits")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day_text):
        raise ValueError(f"settlement_date {day_text[:40]!r} is not a date written YYYY-MM-DD")
    day = date.fromisoformat(day_text)
    periods = settlement_periods(day)
    if count != str(periods):
        raise ValueError(f"n_periods is {count[:40]!r}; {day} has {periods} Settlement Periods")
    thousandths = [_thousandths(text, number) for number, text in enumerate(factors[:periods], start=1)]
    surplus = [number for number, text in enumerate(factors, start=1) if text and number > periods]
    if surplus:
        raise ValueError(f"llf_sp{surplus[0]} is filled; {day} has {periods} Settlement Periods")
    data = b"".join(value.to_bytes(2, "little") for value in thousandths)
    return padded("llfc", llfc), (day - EPOCH).days, data.ljust(2 * PERIODS, b"\0")


def _thousandths(text: str, number: int) -> int:
    if not FACTOR.fullmatch(text):
        raise ValueError(f"llf_sp{number} {text[:40]!r} is not a factor with at most three decimals")
    whole, _, decimals = text.partition(".")
    value = int(whole) * 1000 + int(decimals.ljust(3, "0"))
    if not 0 < value <= MOST_THOUSANDTHS:
        raise ValueError(f"llf_sp{number} {text} is not above 0 and at most 65.535")
    return value


def _sorted(name: str, mpid: str, rows: list[ClassDay], findings: list[Finding]) -> LossFactorRows:
    rows.sort()
    for (llfc, day, _), (next_llfc, next_day, _) in pairwise(rows):
        if (llfc, day) == (next_llfc, next_day):
            message = f"Class {llfc} is given twice for {_iso(day)}."
            findings.append(Finding("MD-005", "error", message, "Ask the distributor for the file again.", where=name))
    if not rows and not findings:
        findings.append(Finding("MD-004", "error", "There is no factor in it.", "Take another file.", where=name))
    if findings:
        count = len(findings)
        raise Refused(
            "MD-003",
            f"{name} has {count} problem{'' if count == 1 else 's'}, the first: {findings[0].message}",
            "Correct what the findings name; nothing of this file was loaded.",
            findings,
        )
    return LossFactorRows(mpid, rows, loss_factors_sha256(mpid, rows), [])


def loss_factors_sha256(mpid: str, rows: Iterable[ClassDay]) -> str:
    """Of the factors of a distributor, in order of class and day."""
    digest = hashlib.sha256(mpid.encode())
    for llfc, day, thousandths in rows:
        digest.update(f"\x1e{llfc}\x1f{day}\x1f".encode() + thousandths)
    return digest.hexdigest()


def _iso(day: int) -> str:
    return (EPOCH + timedelta(days=day)).isoformat()
