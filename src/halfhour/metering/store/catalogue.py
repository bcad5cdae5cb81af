"""The catalogue of a readings store: which files were taken in, and which segments hold what they said.

A segment exists if the catalogue names it. The catalogue is written beside and renamed, so that a reader sees the store
before an ingest or after it, never in between.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from halfhour.errors import HalfhourError

FORMAT_VERSION = 2
"""2: sources say what was read with the portfolio's help. One of 1 is read as it is, and becomes 2 when written."""

_READ_VERSIONS = (1, 2)

CATALOGUE_FILE = "catalogue.json"
SEGMENTS_FOLDER = "segments"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was taken in, as it was then.

    Attributes:
        path: relative to the portfolio, with forward slashes.
        sha256: of its bytes as they lay there, in hexadecimal.
        bytes: its size.
        recorded_at: time of record of its rows that have none of their own.
        format: for example `long CSV`; empty where the file could not be read.
        rows: of data, blank ones not counted.
        readings: half hours in the store that come from it.
        rejected: data that were not used, each with a finding.
        first_recorded_at: the earliest time of record of its readings; None where it has none.
        directions: of MSIDs for which the file states no direction, the quantity (AI, AE) that the register gave; empty
            where it gave none, and the readings were left aside.
        clock: as `Recognised.clock`.
    """

    path: str
    sha256: str
    bytes: int
    recorded_at: datetime
    format: str = ""
    rows: int = 0
    readings: int = 0
    rejected: int = 0
    first_recorded_at: datetime | None = None
    directions: dict[str, str] = field(default_factory=dict)
    clock: str = ""

    @property
    def known_from(self) -> datetime:
        """From when on anything of the file is known."""
        return self.first_recorded_at or self.recorded_at


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of day rows, sorted by series, Settlement Date and time of record, and the table of its series.

    Attributes:
        path, series_path: Parquet files.
        rows: day rows.
        readings: half hours that have a value.
        min_recorded_at, max_recorded_at: times of record in it, both included.
        min_date, max_date: Settlement Dates in it, both included.
        sources: ordinals into the catalogue's sources.
    """

    path: Path
    series_path: Path
    rows: int
    readings: int
    min_recorded_at: datetime
    max_recorded_at: datetime
    min_date: date
    max_date: date
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A file by what the file system says of it, and the hash that was found then."""

    path: str
    bytes: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that the store holds.

    Attributes:
        segments, sources: in the order in which they came.
        findings: names of the files of findings.
        seen: by path, the files whose bytes need not be hashed again while they look the same.
    """

    segments: tuple[Segment, ...] = ()
    sources: tuple[Source, ...] = ()
    findings: tuple[str, ...] = ()
    seen: dict[str, Seen] = field(default_factory=dict)

    @property
    def latest_record(self) -> datetime | None:
        """The latest moment at which anything in the store was recorded."""
        moments = [segment.max_recorded_at for segment in self.segments] + [s.recorded_at for s in self.sources]
        return max(moments, default=None)

    @property
    def next_number(self) -> int:
        """Of the next file that is written."""
        names = [segment.path.name for segment in self.segments] + list(self.findings)
        return 1 + max((int(name.split(".")[0]) for name in names), default=0)


def load(folder: Path) -> Catalogue:
    """The catalogue of a store's folder; an empty one where there is none.

    Raises:
        HalfhourError: RD-030 it cannot be read, RD-031 written by another version.
    """
    path = folder / CATALOGUE_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["version"]
        if version in _READ_VERSIONS:
            return _from_json(content, folder)
    except FileNotFoundError:
        return Catalogue()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise HalfhourError(
            "RD-030",
            f"The catalogue of the readings store, {path}, cannot be read: {error}.",
            f"Move {folder} away; the store is built again from the readings files at the next run.",
        ) from None
    raise HalfhourError(
        "RD-031",
        f"The readings store {folder} has format {version}, this program reads {FORMAT_VERSION}.",
        f"Move {folder} away; the store is built again from the readings files at the next run.",
    )


def save(catalogue: Catalogue, folder: Path) -> None:
    """Put the catalogue in the place of the former one, whole or not at all."""
    path = folder / CATALOGUE_FILE
    beside = path.with_suffix(".json.new")
    with beside.open("w", encoding="utf-8") as stream:
        json.dump(_to_json(catalogue), stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(beside, path)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _to_json(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "version": FORMAT_VERSION,
        "segments": [
            {
                "file": segment.path.name,
                "series_file": segment.series_path.name,
                "rows": segment.rows,
                "readings": segment.readings,
                "min_recorded_at": segment.min_recorded_at.isoformat(),
                "max_recorded_at": segment.max_recorded_at.isoformat(),
                "min_date": segment.min_date.isoformat(),
                "max_date": segment.max_date.isoformat(),
                "sources": list(segment.sources),
            }
            for segment in catalogue.segments
        ],
        "sources": [_source_to_json(source) for source in catalogue.sources],
        "findings": list(catalogue.findings),
        "seen": [asdict(seen) for seen in catalogue.seen.values()],
    }


def _from_json(content: dict[str, Any], folder: Path) -> Catalogue:
    segments = folder / SEGMENTS_FOLDER
    return Catalogue(
        tuple(
            Segment(
                segments / entry["file"],
                segments / entry["series_file"],
                entry["rows"],
                entry["readings"],
                datetime.fromisoformat(entry["min_recorded_at"]),
                datetime.fromisoformat(entry["max_recorded_at"]),
                date.fromisoformat(entry["min_date"]),
                date.fromisoformat(entry["max_date"]),
                tuple(entry["sources"]),
            )
            for entry in content["segments"]
        ),
        tuple(_source_from_json(entry) for entry in content["sources"]),
        tuple(content["findings"]),
        {entry["path"]: Seen(**entry) for entry in content["seen"]},
    )


def _source_to_json(source: Source) -> dict[str, Any]:
    first = source.first_recorded_at
    return asdict(source) | {
        "recorded_at": source.recorded_at.isoformat(),
        "first_recorded_at": None if first is None else first.isoformat(),
    }


def _source_from_json(entry: dict[str, Any]) -> Source:
    first = entry["first_recorded_at"]
    return replace(
        Source(**entry),
        recorded_at=datetime.fromisoformat(entry["recorded_at"]),
        first_recorded_at=None if first is None else datetime.fromisoformat(first),
    )
