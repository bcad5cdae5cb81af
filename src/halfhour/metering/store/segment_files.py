"""The Parquet files of a readings store: segments of day rows, their tables of series, and findings.

The layout is the one that the engine's measurements ask for: one row per series, Settlement Day and time of record,
50 × int32 little-endian Wh in one fixed-width field, a byte per period for quality, sorted by site.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from halfhour.errors import Finding, HalfhourError
from halfhour.formats.readings_shapes import MOST_PERIODS
from halfhour.metering.readings.day_block import Series
from halfhour.metering.store.catalogue import Segment

COMPRESSION = "lz4"
ROW_GROUP_ROWS = 65_536
"""The longest row group; it ends where a site does, so that a block of sites is whole row groups."""

SEGMENT_ROWS = 3 * ROW_GROUP_ROWS
"""Some 9.4 million readings: what a reader or a merge may have to hold at once."""

SCHEMA = pa.schema(
    [
        pa.field("series", pa.int32(), nullable=False),
        pa.field("settlement_date", pa.date32(), nullable=False),
        pa.field("wh", pa.binary(4 * MOST_PERIODS), nullable=False),
        pa.field("marks", pa.binary(), nullable=False),
        pa.field("recorded_at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("source", pa.int32(), nullable=False),
    ]
)

_POLARS_SERIES = {
    "msid": pl.String,
    "measurement_quantity": pl.String,
    "first_row": pl.Int64,
    "rows": pl.Int64,
    "first_date": pl.Date,
    "last_date": pl.Date,
    "every_day": pl.Boolean,
}

SERIES_SCHEMA = pa.schema(
    [
        ("msid", pa.string()),
        ("measurement_quantity", pa.string()),
        ("first_row", pa.int64()),
        ("rows", pa.int64()),
        ("first_date", pa.date32()),
        ("last_date", pa.date32()),
        ("every_day", pa.bool_()),
    ]
)
"""`every_day`: one row for each Settlement Day from the first date to the last, so that a day's row can be reckoned."""

FINDINGS_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("code", "severity", "message", "next_step", "where", "site_id", "msid")),
        ("settlement_date", pa.date32()),
        ("settlement_period", pa.int32()),
        ("source", pa.int32()),
    ]
)


def day_rows(
    series_of: NDArray[np.int32],
    day: NDArray[np.int32],
    wh: NDArray[np.int32],
    marks: NDArray[np.uint8],
    recorded: NDArray[np.int64],
    source: NDArray[np.int32],
) -> pa.Table:
    """Arrays as a table of SCHEMA.

    Args:
        series_of: ordinal of the series.
        day: days since 1970-01-01.
        wh: (rows, 50) [Wh].
        marks: (rows, 50), 0 absent, 1 actual, 2 estimated.
        recorded: time of record [µs since 1970 UTC].
        source: ordinal into the catalogue's sources.
    """
    count = len(day)
    values = np.ascontiguousarray(wh, dtype="<i4")
    patterns = np.ascontiguousarray(marks, dtype=np.uint8)
    ends = np.arange(0, (count + 1) * MOST_PERIODS, MOST_PERIODS, dtype=np.int32)
    return pa.Table.from_arrays(
        [
            pa.array(series_of, pa.int32()),
            pa.array(day, pa.int32()).cast(pa.date32()),
            pa.Array.from_buffers(pa.binary(4 * MOST_PERIODS), count, [None, pa.py_buffer(values)]),
            pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(ends), pa.py_buffer(patterns)]),
            pa.array(recorded, pa.int64()).cast(pa.timestamp("us", "UTC")),
            pa.array(source, pa.int32()),
        ],
        schema=SCHEMA,
    )


def marks_of(table: pa.Table) -> NDArray[np.uint8]:
    """The marks of a table of SCHEMA as (rows, 50)."""
    return np.frombuffer(_bytes(table.column("marks"), MOST_PERIODS), np.uint8).reshape(-1, MOST_PERIODS)


def wh_of(table: pa.Table) -> NDArray[np.int32]:
    """The values of a table of SCHEMA as (rows, 50) [Wh]."""
    return np.frombuffer(_bytes(table.column("wh"), 4 * MOST_PERIODS), np.int32).reshape(-1, MOST_PERIODS)


def _bytes(column: pa.ChunkedArray, width: int) -> memoryview:
    """The bytes of a column whose values all have this width, one after the other."""
    fixed = pa.concat_arrays(
        [chunk.cast(pa.binary(width)) for chunk in column.chunks] or [pa.array([], pa.binary(width))]
    )
    return memoryview(fixed.buffers()[1] or b"")[fixed.offset * width : (fixed.offset + len(fixed)) * width]


def write_segment(
    rows: pa.Table, series: Sequence[Series], folder: Path, number: int, site_of: Sequence[int] | None = None
) -> Segment:
    """Write one segment and its table of series, on disk when this returns.

    Args:
        rows: of SCHEMA, sorted by series, settlement_date, recorded_at and source; at least one.
        series: what the ordinals in `rows` stand for; only those that occur are written.
        folder: of the segments.
        number: of the file.
        site_of: number of the site of each series, by which row groups end; None = each series by itself.
    """
    ordinals = rows.column("series").to_numpy()
    days = rows.column("settlement_date").cast(pa.int32()).to_numpy()
    first = np.flatnonzero(np.concatenate(([True], ordinals[1:] != ordinals[:-1])))
    last = np.append(first[1:], len(ordinals)) - 1
    held = [series[ordinal] for ordinal in ordinals[first]]
    compact = np.cumsum(np.concatenate(([0], ordinals[1:] != ordinals[:-1])))
    rows = rows.set_column(0, SCHEMA.field("series"), pa.array(compact, pa.int32()))
    path, series_path = folder / f"{number:06}.parquet", folder / f"{number:06}.series.parquet"
    sites = np.asarray(range(len(series)) if site_of is None else site_of, dtype=np.int64)[ordinals]
    cuts = cuts_between_sites(sites, ROW_GROUP_ROWS)
    write_durably(
        [rows.slice(first, last - first) for first, last in pairwise([0, *cuts, rows.num_rows])],
        path,
        use_dictionary=["series", "settlement_date", "marks", "recorded_at", "source"],
    )
    every_day = (days[last] - days[first] == last - first) & ~np.logical_or.reduceat(
        np.concatenate(([False], (np.diff(days) != 1) & (ordinals[1:] == ordinals[:-1]))), first
    )
    table_of_series = pa.table(
        [
            pa.array([msid for msid, _ in held], pa.string()),
            pa.array([quantity for _, quantity in held], pa.string()),
            pa.array(first, pa.int64()),
            pa.array(last - first + 1, pa.int64()),
            pa.array(days[first], pa.int32()).cast(pa.date32()),
            pa.array(days[last], pa.int32()).cast(pa.date32()),
            pa.array(every_day, pa.bool_()),
        ],
        schema=SERIES_SCHEMA,
    )
    write_durably([table_of_series], series_path)
    recorded = pc.min_max(rows.column("recorded_at")).as_py()
    dates = pc.min_max(rows.column("settlement_date")).as_py()
    return Segment(
        path,
        series_path,
        rows.num_rows,
        int(np.count_nonzero(marks_of(rows))),
        recorded["min"].astimezone(UTC),
        recorded["max"].astimezone(UTC),
        dates["min"],
        dates["max"],
        tuple(sorted(pc.unique(rows.column("source")).to_pylist())),
    )


def cuts_between_sites(sites: NDArray[np.int64], longest: int) -> list[int]:
    """Where to cut rows into stretches, each ending where a site does; a site longer than that is cut where it must be.

    Args:
        sites: number of the site of each row, those of a site together.
        longest: rows that a stretch may have.
    """
    ends = np.flatnonzero(sites[1:] != sites[:-1]) + 1
    cuts: list[int] = []
    last = 0
    while len(sites) - last > longest:
        place = int(np.searchsorted(ends, last + longest, side="right")) - 1
        fits = int(ends[place]) if place >= 0 else 0
        last = fits if fits > last else last + longest
        cuts.append(last)
    return cuts


def write_durably(row_groups: Sequence[pa.Table], path: Path, **options: object) -> None:
    """Write a Parquet file, a table to a row group, and wait until the disk has it."""
    with path.open("wb") as stream:
        with pq.ParquetWriter(
            stream, row_groups[0].schema, compression=COMPRESSION, write_statistics=True, **options
        ) as writer:
            for table in row_groups:
                writer.write_table(table, row_group_size=max(1, table.num_rows))
        stream.flush()
        os.fsync(stream.fileno())


def read_day(
    segment: Segment, series: Series, day: date
) -> list[tuple[datetime, int, NDArray[np.int32], NDArray[np.uint8]]]:
    """The rows of one series and Settlement Day: time of record, source, Wh and marks per period, in order of record.

    Raises:
        HalfhourError: RD-032 a file of the segment is missing or broken.
    """
    if not segment.min_date <= day <= segment.max_date:
        return []
    try:
        table = pq.read_table(
            segment.series_path, filters=[("msid", "=", series[0]), ("measurement_quantity", "=", series[1])]
        )
        if table.num_rows == 0:
            return []
        entry = table.to_pylist()[0]
        file = pq.ParquetFile(segment.path)
        starts = group_starts(file.metadata)
        first_group = int(np.searchsorted(starts, entry["first_row"], side="right")) - 1
        last_group = int(np.searchsorted(starts, entry["first_row"] + entry["rows"] - 1, side="right")) - 1
        rows = file.read_row_groups(list(range(first_group, last_group + 1)))
    except (OSError, pa.ArrowException) as error:
        raise broken_segment(segment.path, error) from None
    rows = rows.slice(entry["first_row"] - int(starts[first_group]), entry["rows"])
    rows = rows.filter(pc.equal(rows.column("settlement_date"), pa.scalar(day, pa.date32())))
    return [
        (moment.astimezone(UTC), source, wh, marks)
        for moment, source, wh, marks in zip(
            rows.column("recorded_at").to_pylist(),
            rows.column("source").to_pylist(),
            wh_of(rows),
            marks_of(rows),
            strict=True,
        )
    ]


def marks_since(
    segment: Segment, msids: frozenset[str] | None, since: datetime
) -> Iterator[tuple[Series, int, int, NDArray[np.uint8]]]:
    """The rows of a segment recorded at a moment or later: series, day, source, and the 50 marks.

    Args:
        segment: of a store.
        msids: whose rows are wanted; None = any.
        since: the moment.

    Raises:
        HalfhourError: RD-032 a file of the segment is missing or broken.
    """
    try:
        held = pq.read_table(segment.series_path, columns=["msid", "measurement_quantity"]).to_pylist()
        series = [(entry["msid"], entry["measurement_quantity"]) for entry in held]
        wanted = pa.array([place for place, one in enumerate(series) if msids is None or one[0] in msids], pa.int32())
        if len(wanted) == 0:
            return
        with pq.ParquetFile(segment.path) as file:
            for batch in file.iter_batches(columns=["series", "settlement_date", "marks", "recorded_at", "source"]):
                late = pc.greater_equal(batch.column("recorded_at"), pa.scalar(since, pa.timestamp("us", "UTC")))
                rows = pa.Table.from_batches([batch]).filter(pc.and_(late, pc.is_in(batch.column("series"), wanted)))
                yield from zip(
                    [series[ordinal] for ordinal in rows.column("series").to_pylist()],
                    rows.column("settlement_date").cast(pa.int32()).to_pylist(),
                    rows.column("source").to_pylist(),
                    marks_of(rows),
                    strict=True,
                )
    except (OSError, pa.ArrowException) as error:
        raise broken_segment(segment.path, error) from None


def read_series(segments: Sequence[Segment]) -> pl.DataFrame:
    """The series of all segments: `segment` (number), `ordinal` in it, and the columns of SERIES_SCHEMA.

    Raises:
        HalfhourError: RD-032 a file is missing or broken.
    """
    parts = [pl.DataFrame(schema={"segment": pl.Int32, "ordinal": pl.UInt32, **_POLARS_SERIES})]
    for number, segment in enumerate(segments):
        try:
            held = pl.read_parquet(segment.series_path, schema=_POLARS_SERIES, glob=False)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise broken_segment(segment.series_path, error) from None
        parts.append(held.with_row_index("ordinal").select(pl.lit(number, pl.Int32).alias("segment"), pl.all()))
    return pl.concat(parts)


def group_starts(metadata: pq.FileMetaData) -> NDArray[np.int64]:
    """The row at which each row group of a file begins, and after them the number of rows."""
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    return np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)


def broken_segment(path: Path, error: Exception) -> HalfhourError:
    """The error for a file that the catalogue names and that cannot be read."""
    return HalfhourError(
        "RD-032",
        f"{path}, which the catalogue of the readings store names, cannot be read: {error}.",
        f"Move {path.parents[1]} away; the store is built again from the readings files at the next run.",
    )


def write_findings(findings: Iterable[tuple[int, Finding]], path: Path) -> None:
    """Write findings, each with the ordinal of its source."""
    rows = [
        {entry.name: getattr(finding, entry.name) for entry in fields(Finding)} | {"source": source}
        for source, finding in findings
    ]
    write_durably([pa.Table.from_pylist(rows, schema=FINDINGS_SCHEMA)], path)


def read_findings(path: Path) -> list[tuple[int, Finding]]:
    """What `write_findings` wrote.

    Raises:
        HalfhourError: RD-032.
    """
    try:
        rows = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise broken_segment(path, error) from None
    return [(row.pop("source"), Finding(**row)) for row in rows]
