"""Takes readings files into the store: which ones are new, when they count as recorded, what is to be said about them.

Append-only: what was taken in stays, whatever becomes of the file. A file's time of record is its time of modification,
unless the store already knows something later; then it is now, so that nothing that arrives after a run can pretend to
have been known before it.
"""

from __future__ import annotations

import hashlib
import os
from collections import ChainMap, Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from halfhour.errors import Finding, HalfhourError, Severity
from halfhour.formats.finding_log import FindingLog
from halfhour.formats.readings_shapes import Clock, Recognised, UnreadableFile
from halfhour.metering.readings.cell_values import day_of, microseconds, moment_of
from halfhour.metering.readings.day_block import UNKNOWN_LINE
from halfhour.metering.readings.readings_files import read_day_blocks, recognise
from halfhour.metering.readings.row_checks import SETTLE_DIFFERENCE, differing_values
from halfhour.metering.store.catalogue import SEGMENTS_FOLDER, Catalogue, Seen, Source
from halfhour.metering.store.day_spill import DaySpill, Difference, Restrict
from halfhour.metering.store.segment_files import write_findings, write_segment
from halfhour.metering.store.taken_again import Again, due_again

Progress = Callable[[str, int, int], None]
"""Told the name of the file that is being read, the bytes of the files done, and the bytes of all of them."""

SPILL_FILE = "day-rows.spill"

WORKERS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class FileOnDisk:
    """A readings file as the file system shows it; `name` is its path relative to the portfolio."""

    path: Path
    name: str
    bytes: int
    mtime_ns: int

    def is_as(self, seen: Seen | None) -> bool:
        """Whether nothing shows that the file was touched since its bytes were hashed."""
        return seen is not None and (seen.bytes, seen.mtime_ns) == (self.bytes, self.mtime_ns)


@dataclass(frozen=True, slots=True)
class Register:
    """What the portfolio says that a readings file may not.

    Attributes:
        rank: number of the site of an MSID.
        directions: measurement quantity (AI, AE) of each MSID that is registered for one direction only.
        bg_clock: as `Sample.bg_clock`.
    """

    rank: Mapping[str, int]
    directions: Mapping[str, str] = field(default_factory=dict)
    bg_clock: Clock | None = None


@dataclass(slots=True)
class _Taken:
    """A new source while it is being taken in.

    Attributes:
        source: as it is so far.
        log: of what is found.
        unit, codes: as of `Recognised`.
        again: what is to be taken of it, where it was taken in before.
        directed, left_aside: as of `DayBlock`, of the whole file.
    """

    source: Source
    log: FindingLog
    unit: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    again: Again | None = None
    directed: dict[str, str] = field(default_factory=dict)
    left_aside: Counter[str] = field(default_factory=Counter)


def look_at(files: Sequence[Path], root: Path) -> list[FileOnDisk]:
    """The files in the order in which they count as recorded: by time of modification, then name.

    Raises:
        HalfhourError: RD-033 a file cannot be looked at.
    """
    found = []
    for path in files:
        try:
            state = path.stat()
        except OSError as error:
            raise _cannot_open(path, error) from None
        try:
            name = path.resolve().relative_to(root.resolve()).as_posix()
        except ValueError:
            name = path.as_posix()
        found.append(FileOnDisk(path, name, state.st_size, state.st_mtime_ns))
    return sorted(found, key=lambda file: (file.mtime_ns, file.name))


def nothing_to_do(catalogue: Catalogue, files: Sequence[FileOnDisk], register: Register) -> bool:
    """Whether the store holds all that can be taken from the files, as far as the file system shows it.

    Raises:
        HalfhourError: HH-510 readings are held that were laid out by another clock than the portfolio's.
    """
    due = due_again(catalogue.sources, register.directions, register.bg_clock)
    for file in files:
        seen = catalogue.seen.get(file.name)
        if seen is None or not file.is_as(seen) or seen.sha256 in due:
            return False
    return True


def take_in(
    catalogue: Catalogue, folder: Path, files: Sequence[FileOnDisk], register: Register, progress: Progress | None
) -> Catalogue:
    """Write segments for the files whose content the store does not hold yet, or not all that can be taken from it.

    Args:
        catalogue: of the store.
        folder: of the store, locked for writing.
        files: in the order of record.
        register: what the portfolio says.
        progress: told of the advance.

    Returns:
        The catalogue that is to replace the present one.

    Raises:
        HalfhourError: RD-033 a file cannot be opened, RD-034 it changed meanwhile, HH-510 readings are held that were
            laid out by another clock than the portfolio's.
    """
    again = due_again(catalogue.sources, register.directions, register.bg_clock)
    seen = {file.name: _hashed(file, catalogue.seen.get(file.name)) for file in files}
    held = {source.sha256 for source in catalogue.sources} - again.keys()
    new = []
    for file in files:
        if seen[file.name].sha256 not in held:
            held.add(seen[file.name].sha256)
            new.append(file)
    now = microseconds(datetime.now(UTC))
    known = -1 if catalogue.latest_record is None else microseconds(catalogue.latest_record)
    segments = folder / SEGMENTS_FOLDER
    taken: dict[int, _Taken] = {}
    with DaySpill(folder / SPILL_FILE) as spill, ThreadPoolExecutor(WORKERS) as workers:
        total, done = sum(file.bytes for file in new), 0
        for file, moment in zip(new, _times_of_record(new, catalogue.latest_record, now), strict=True):
            ordinal = len(catalogue.sources) + len(taken)
            source = Source(file.name, seen[file.name].sha256, file.bytes, moment_of(moment))
            taken[ordinal] = _Taken(source, FindingLog(file.name), again=again.get(source.sha256))
            for _ in _read(file, ordinal, taken[ordinal], spill, now, known, register, workers):
                if progress:
                    progress(file.name, done, total)
            done += file.bytes
            if progress:
                progress(file.name, done, total)

        def report(ordinal: int, cells: NDArray[np.int64], describe: Callable[[int], Difference]) -> None:
            one = taken[ordinal]
            code = one.codes.get("RD-021", "RD-021")
            one.log.add_rows(code, cells, lambda cell: _difference(code, describe(cell), one))

        order = spill.series(register.rank)
        site_of = [register.rank.get(msid, -1) for msid, _ in order]
        number = catalogue.next_number
        restrict: dict[int, Restrict] = {}
        for ordinal, one in taken.items():
            if one.again is not None:
                one.again.look_up(catalogue.segments)
                restrict[ordinal] = one.again.restrict
        written = [
            write_segment(table, order, segments, number + place, site_of)
            for place, table in enumerate(spill.sorted_tables(order, site_of, report, restrict))
        ]
        for ordinal, one in taken.items():
            one.log.tallies["repeated"] += spill.repeated.get(ordinal, 0)
            one.log.tallies["backdated"] += spill.backdated.get(ordinal, 0)
            first = spill.earliest.get(ordinal)
            one.source = replace(
                one.source,
                readings=spill.readings.get(ordinal, 0),
                rejected=one.log.errors() + one.left_aside.total(),
                first_recorded_at=None if first is None else moment_of(first),
                directions=dict(sorted(one.directed.items())),
            )
            _add_undirected(one)
            _add_tallies(one)
    findings = [(ordinal, finding) for ordinal, one in taken.items() for finding in one.log.findings()]
    names = catalogue.findings
    if findings:
        names = (*names, f"{number:06}.findings.parquet")
        write_findings(findings, segments / names[-1])
    return Catalogue(
        (*catalogue.segments, *written),
        (*catalogue.sources, *(one.source for one in taken.values())),
        names,
        catalogue.seen | seen,
    )


def _cannot_open(path: Path, error: OSError) -> HalfhourError:
    reason = error.strerror or str(error)
    return HalfhourError("RD-033", f"{path} cannot be opened: {reason}.", "Check that it is there and may be read.")


def _hashed(file: FileOnDisk, seen: Seen | None) -> Seen:
    if seen is not None and file.is_as(seen):
        return seen
    try:
        with file.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise _cannot_open(file.path, error) from None
    return Seen(file.name, file.bytes, file.mtime_ns, digest)


def _times_of_record(files: Sequence[FileOnDisk], latest: datetime | None, now: int) -> list[int]:
    """The time of record of each file [µs since 1970 UTC]: later than all the store holds, and no two the same."""
    moments: list[int] = []
    known = -1 if latest is None else microseconds(latest)
    for file in files:
        moment = min(file.mtime_ns // 1000, now)
        if moment <= known:
            moment = max(now, known + 1)
        moments.append(max(moment, moments[-1] + 1) if moments else moment)
    return moments


def _read(
    file: FileOnDisk,
    ordinal: int,
    taken: _Taken,
    spill: DaySpill,
    now: int,
    known: int,
    register: Register,
    workers: Executor,
) -> Iterator[None]:
    """Read one file into the spill, yielding now and then; of a file found broken further on, nothing stays there."""
    try:
        recognised = _recognised(file, register.bg_clock)
        taken.source = replace(taken.source, format=recognised.format, clock=recognised.clock)
        taken.unit, taken.codes = recognised.unit, recognised.codes
        taken.log.extend(recognised.log)
        # An MSID that is registered no longer keeps the direction that its readings lie under.
        kept = {} if taken.again is None else taken.again.directions
        directions = ChainMap(dict(register.directions), kept)
        for block in read_day_blocks(recognised, now, directions, workers):
            spill.append(block, ordinal, microseconds(taken.source.recorded_at), known)
            taken.log.extend(block.log)
            taken.directed |= block.directed
            taken.left_aside.update(block.left_aside)
            taken.source = replace(taken.source, rows=taken.source.rows + block.rows_read)
            yield
    except UnreadableFile as error:
        spill.drop(ordinal)
        taken.log = FindingLog(file.name)
        taken.log.add(error.finding(file.name))
        taken.directed, taken.left_aside = {}, Counter()
        taken.source = replace(taken.source, format="", rows=0, clock="")
    (after,) = look_at([file.path], file.path.parent)
    if (after.bytes, after.mtime_ns) != (file.bytes, file.mtime_ns):
        raise HalfhourError(
            "RD-034",
            f"{file.name} changed while it was being read; nothing was taken in.",
            "Wait until it is written, then run again.",
        )


def _recognised(file: FileOnDisk, bg_clock: Clock | None) -> Recognised:
    try:
        return recognise(file.path, file.name, bg_clock)
    except OSError as error:
        raise _cannot_open(file.path, error) from None


def _difference(code: str, difference: Difference, taken: _Taken) -> Finding:
    place = "" if difference.line == UNKNOWN_LINE else f":{taken.unit}{difference.line}"
    return Finding(
        code,
        "error",
        f"{differing_values(difference.first_wh, difference.second_wh)}.",
        SETTLE_DIFFERENCE,
        taken.log.file + place,
        msid=difference.series[0],
        settlement_date=day_of(difference.day),
        settlement_period=difference.period,
    )


def _add_undirected(taken: _Taken) -> None:
    """A finding for each MSID whose readings were left aside, and one for readings that a later file gives."""
    log = taken.log
    for msid, count in sorted(taken.left_aside.items()):
        log.add(
            Finding(
                "HH-508",
                "error",
                f"The file does not say whether {msid} imports or exports, and no site registers it for one direction "
                f"only: {count:,} {'reading is' if count == 1 else 'readings are'} left aside.",
                "Register the MSID, as import or as export, then settle again: the file is then taken in again.",
                log.file,
                msid=msid,
            )
        )
    if taken.again is not None and taken.again.overruled:
        log.add(
            Finding(
                "HH-511",
                "info",
                f"The file was taken in again; {taken.again.overruled:,} of its half hours were not, since files that "
                "were taken in after it give them.",
                "Nothing to do.",
                log.file,
            )
        )


_TALLIES: dict[str, tuple[str, Severity, str, str]] = {
    "backdated": (
        "RD-024",
        "info",
        "gives {} readings a time of record that is not later than what the store held already; they count from the "
        "moment of taking in, since runs may have been made before.",
        "Nothing to do; to use the times as stated, remove the folder .halfhour/readings and settle again.",
    ),
    "reactive": (
        "RD-011",
        "info",
        "has {} rows of reactive energy (RI, RE), which is not used in this calculation.",
        "Nothing to do.",
    ),
    "repeated": (
        "RD-020",
        "info",
        "gives {} readings more than once, with the same value each time.",
        "Nothing to do; where the statuses differ, the reading counts as estimated.",
    ),
    "rounded": (
        "RD-022",
        "info",
        "gives {} readings in fractions of a Wh; they were rounded to whole Wh, half to even.",
        "Give three decimals of a kWh if the rounding matters.",
    ),
}


def _add_tallies(taken: _Taken) -> None:
    log = taken.log
    for name, (ours, severity, message, next_step) in _TALLIES.items():
        if count := log.tallies[name]:
            code = taken.codes.get(ours, ours)
            # The exchange formats' own codes for these are warnings (handbook file-formats 8).
            kind: Severity = severity if code == ours else "warning"
            log.add(Finding(code, kind, f"{log.file} {message.format(f'{count:,}')}", next_step, log.file))
