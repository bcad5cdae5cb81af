"""The readings store: append-only, two times (when a reading holds, when it was recorded), in the engine's own layout.

Follows the design page ("Time", "The engine"). Readers need no lock; one process at a time writes.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import numpy as np
import polars as pl
import pyarrow as pa

from halfhour.errors import Finding, HalfhourError
from halfhour.formats.readings_shapes import Clock
from halfhour.metering.readings.day_block import Series
from halfhour.metering.store import catalogue as catalogues
from halfhour.metering.store import intake
from halfhour.metering.store.catalogue import SEGMENTS_FOLDER, Catalogue, Segment, Source
from halfhour.metering.store.segment_files import (
    SCHEMA,
    SEGMENT_ROWS,
    cuts_between_sites,
    read_day,
    read_findings,
    read_series,
    write_segment,
)

LOCK_FILE = "lock"


@dataclass(frozen=True, slots=True)
class Record:
    """What one record said about one series on one Settlement Day.

    Attributes:
        recorded_at: when it was recorded.
        source: the file, relative to the portfolio.
        sha256: of the file.
        wh: 50 values [Wh], 0 where absent.
        marks: 50 of 0 absent, 1 actual, 2 estimated.
    """

    recorded_at: datetime
    source: str
    sha256: str
    wh: tuple[int, ...]
    marks: tuple[int, ...]


class ReadingsStore:
    """The readings of a portfolio, as the store's folder showed them when it was opened or last written to.

    Attributes:
        folder: normally `.halfhour/readings` in the portfolio; made when something is first written.
    """

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self.folder = folder
        self._catalogue = catalogue
        self._series: pl.DataFrame | None = None

    @classmethod
    def open(cls, folder: Path) -> ReadingsStore:
        """Open a store; one that is not there yet is an empty one.

        Raises:
            HalfhourError: RD-030 the catalogue cannot be read, RD-031 another version wrote it.
        """
        return cls(folder, catalogues.load(folder))

    @property
    def segments(self) -> list[Segment]:
        """The files that hold the readings, in the order in which they were written."""
        return list(self._catalogue.segments)

    @property
    def sources(self) -> list[Source]:
        """The files that were taken in; the `source` column of a segment counts from 0 in this list."""
        return list(self._catalogue.sources)

    @property
    def latest_record(self) -> datetime | None:
        """The latest moment at which anything in the store was recorded; None in an empty store."""
        return self._catalogue.latest_record

    def series(self) -> pl.DataFrame:
        """Every series of every segment: `segment` (number), `ordinal` in it, and what the segment's table says of it.

        Raises:
            HalfhourError: RD-032 a file of the store is missing or broken.
        """
        if self._series is None:
            self._series = read_series(self._catalogue.segments)
        return self._series

    def findings(self, known_at: datetime | None = None) -> list[Finding]:
        """What was found wrong in the files, in order of taking in.

        Of a file that was taken in more than once, with different content each time, only what was found in its
        latest form: the earlier findings are about lines that are no longer there.

        Args:
            known_at: leave out what was recorded later than this; None = leave out nothing.

        Raises:
            HalfhourError: RD-032 a file of the store is missing or broken.
        """
        latest: dict[str, int] = {}
        for ordinal, source in enumerate(self._catalogue.sources):
            if known_at is None or source.recorded_at <= known_at:
                latest[source.path] = ordinal
        current = set(latest.values())
        found: list[Finding] = []
        for name in self._catalogue.findings:
            rows = read_findings(self.folder / SEGMENTS_FOLDER / name)
            found += [finding for ordinal, finding in rows if ordinal in current]
        return found

    def history(self, msid: str, measurement_quantity: str, settlement_date: date) -> list[Record]:
        """Everything ever recorded about one series on one Settlement Day, in order of record.

        Raises:
            HalfhourError: RD-032 a file of the store is missing or broken.
        """
        rows = [
            row
            for segment in self._catalogue.segments
            for row in read_day(segment, (msid, measurement_quantity), settlement_date)
        ]
        records = []
        for moment, ordinal, wh, marks in sorted(rows, key=lambda row: row[:2]):
            source = self._catalogue.sources[ordinal]
            records.append(Record(moment, source.path, source.sha256, tuple(wh.tolist()), tuple(marks.tolist())))
        return records

    def take_in(
        self,
        files: Sequence[Path],
        root: Path,
        rank: Mapping[str, int],
        progress: intake.Progress | None = None,
        *,
        directions: Mapping[str, str] = MappingProxyType({}),
        bg_clock: Clock | None = None,
    ) -> None:
        """Take in the readings files whose content the store does not hold yet.

        A file that states no direction of its readings, or not by which clock it counts, is taken in again when the
        portfolio has come to say it; only for what could not be taken before.

        Args:
            files: in any order.
            root: the portfolio's folder, which names in messages start from.
            rank: number of the site of an MSID in the portfolio's order; unknown ones come last.
            progress: told of the advance.
            directions: measurement quantity (AI, AE) of each MSID that is registered for one direction only.
            bg_clock: the clock of bg files, `utc` or `local`; None = not said.

        Raises:
            HalfhourError: RD-030 to RD-032 the store, RD-033 a file cannot be opened, RD-034 it changed meanwhile,
                RD-035 the store cannot be written, HH-510 the store holds readings by another clock. What is wrong
                inside a file is a finding.
        """
        found = intake.look_at(files, root)
        register = intake.Register(rank, directions, bg_clock)
        if intake.nothing_to_do(self._catalogue, found, register):
            return
        with self._writing():
            after = intake.take_in(self._catalogue, self.folder, found, register, progress)
            if after != self._catalogue:
                self._commit(after)

    def append_rows(
        self,
        series: Sequence[Series],
        rows: Iterator[pa.RecordBatch],
        source: Source,
        site_of: Sequence[int] | None = None,
    ) -> None:
        """Append day rows that are already in the store's layout, as a generator of portfolios makes them.

        Args:
            series: MSID and measurement quantity of each ordinal in `rows`.
            rows: batches with the columns of `segment_files.SCHEMA`, sorted through all batches by series,
                settlement_date and recorded_at; `source` is filled in here.
            source: what they come from; its counts are filled in here.
            site_of: number of the site of each series; None = each series by itself.

        Raises:
            HalfhourError: RD-035 the store cannot be written, RD-036 rows out of order.
        """
        with self._writing():
            before = self._catalogue
            ordinal = len(before.sources)
            segments: list[Segment] = []
            for table in _cut(rows, range(len(series)) if site_of is None else site_of):
                held = table.set_column(
                    SCHEMA.get_field_index("source"),
                    SCHEMA.field("source"),
                    pa.array(np.full(table.num_rows, ordinal), pa.int32()),
                )
                number = before.next_number + len(segments)
                segments.append(write_segment(held, series, self.folder / SEGMENTS_FOLDER, number, site_of))
            counted = replace(
                source,
                rows=sum(segment.rows for segment in segments),
                readings=sum(segment.readings for segment in segments),
                first_recorded_at=min((segment.min_recorded_at for segment in segments), default=None),
            )
            self._commit(replace(before, segments=(*before.segments, *segments), sources=(*before.sources, counted)))

    def _commit(self, catalogue: Catalogue) -> None:
        catalogues.sync_folder(self.folder / SEGMENTS_FOLDER)
        catalogues.save(catalogue, self.folder)
        self._catalogue = catalogue
        self._series = None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the store alone, with its catalogue as it is now and nothing left of an ingest that was killed."""
        try:
            segments = self.folder / SEGMENTS_FOLDER
            segments.mkdir(parents=True, exist_ok=True)
            with (self.folder / LOCK_FILE).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._catalogue = catalogues.load(self.folder)
                self._series = None
                _remove_leftovers(self.folder, self._catalogue)
                yield
        except OSError as error:
            raise HalfhourError(
                "RD-035",
                f"The readings store {self.folder} cannot be written: {error}.",
                "Check the permissions and the space on the disk; the store is as it was before.",
            ) from None


def _remove_leftovers(folder: Path, catalogue: Catalogue) -> None:
    named = {path.name for segment in catalogue.segments for path in (segment.path, segment.series_path)}
    named.update(catalogue.findings)
    for path in (folder / SEGMENTS_FOLDER).iterdir():
        if path.name not in named:
            path.unlink()
    (folder / intake.SPILL_FILE).unlink(missing_ok=True)


def _cut(batches: Iterator[pa.RecordBatch], site_of: Sequence[int]) -> Iterator[pa.Table]:
    """Batches as tables of about segment size that end where a site does, checked to be in order."""
    sites = np.asarray(site_of, dtype=np.int64)
    held: list[pa.Table] = []
    previous: tuple[int, int, int] | None = None
    for batch in batches:
        if batch.num_rows == 0:
            continue
        table = pa.Table.from_batches([batch]).select(SCHEMA.names).cast(SCHEMA)
        previous = _last_key(table, previous)
        held.append(table)
        if sum(part.num_rows for part in held) > SEGMENT_ROWS:
            whole = pa.concat_tables(held)
            cuts = cuts_between_sites(sites[whole.column("series").to_numpy()], SEGMENT_ROWS)
            for first, last in pairwise([0, *cuts]):
                yield whole.slice(first, last - first).combine_chunks()
            held = [whole.slice(cuts[-1])]
    if held:
        yield pa.concat_tables(held).combine_chunks()


def _last_key(table: pa.Table, previous: tuple[int, int, int] | None) -> tuple[int, int, int]:
    """The key of the last row, after a check that no row comes before the one above it."""
    keys = [
        table.column("series").to_numpy(),
        table.column("settlement_date").cast(pa.int32()).to_numpy(),
        table.column("recorded_at").cast(pa.int64()).to_numpy(),
    ]
    back = np.zeros(table.num_rows - 1, dtype=bool)
    same = np.ones(table.num_rows - 1, dtype=bool)
    for key in keys:
        back |= same & (key[1:] < key[:-1])
        same &= key[1:] == key[:-1]
    first: tuple[int, ...] = tuple(int(key[0]) for key in keys)
    if back.any() or (previous is not None and first < previous):
        raise HalfhourError(
            "RD-036",
            "Day rows for the readings store are out of order.",
            "Sort them by series, settlement_date and recorded_at.",
        )
    return (int(keys[0][-1]), int(keys[1][-1]), int(keys[2][-1]))
