"""One readings file by itself: what it says, what is wrong with it, and its half hours as one long table.

It is taken into a store of its own in a temporary folder, so that it is read, checked and rounded by the very code that
a run reads it with.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from halfhour.errors import Finding
from halfhour.formats.readings_shapes import MOST_PERIODS, Clock
from halfhour.metering.readings.day_block import ABSENT
from halfhour.metering.store.catalogue import Source
from halfhour.metering.store.readings_store import ReadingsStore

_ROWS_AT_ONCE = 16_384
_MARKS = pa.array(["", "A", "E"])
_KWH = pa.decimal128(13, 3)

LONG_SCHEMA = pa.schema(
    [
        ("msid", pa.dictionary(pa.int32(), pa.string())),
        ("measurement_quantity", pa.dictionary(pa.int32(), pa.string())),
        ("settlement_date", pa.date32()),
        ("settlement_period", pa.int8()),
        ("kwh", _KWH),
        ("status", pa.dictionary(pa.int32(), pa.string())),
    ]
)
"""The long shape of the contract ("Readings")."""


@dataclass(frozen=True, slots=True)
class OneFile:
    """A readings file, read to its end.

    Attributes:
        source: its format and counts; the format is empty where nothing of it could be used.
        findings: all that was found, in order.
        undirected: MSIDs of which the file does not say whether they import or export.
        store: what it holds; gone when the `with` ends.
    """

    source: Source
    findings: list[Finding]
    undirected: list[str]
    store: ReadingsStore

    def long_tables(self) -> Iterator[pa.Table]:
        """The half hours in order of MSID, quantity and day, in pieces of `LONG_SCHEMA`."""
        for segment in self.store.segments:
            series = pq.read_table(segment.series_path, columns=["msid", "measurement_quantity"])
            with pq.ParquetFile(segment.path) as file:
                for batch in file.iter_batches(_ROWS_AT_ONCE, columns=["series", "settlement_date", "wh", "marks"]):
                    yield _long(batch, series)


def _long(batch: pa.RecordBatch, series: pa.Table) -> pa.Table:
    rows = batch.num_rows
    wh = np.frombuffer(b"".join(batch.column("wh").to_pylist()), dtype="<i4").reshape(rows, MOST_PERIODS)
    marks = np.frombuffer(b"".join(batch.column("marks").to_pylist()), dtype=np.uint8).reshape(rows, MOST_PERIODS)
    row, period = np.nonzero(marks != ABSENT)
    ordinal = batch.column("series").to_numpy()[row]
    whole = pa.array(wh[row, period].astype(np.int64)).cast(pa.decimal128(19, 0))
    kwh = pa.Array.from_buffers(_KWH, len(row), [None, whole.buffers()[1]])
    names = [series.column(name).combine_chunks() for name in ("msid", "measurement_quantity")]
    return pa.table(
        [
            *(pa.DictionaryArray.from_arrays(pa.array(ordinal), column) for column in names),
            batch.column("settlement_date").take(pa.array(row)),
            pa.array((period + 1).astype(np.int8)),
            kwh,
            pa.DictionaryArray.from_arrays(pa.array(marks[row, period].astype(np.int32)), _MARKS),
        ],
        schema=LONG_SCHEMA,
    )


@contextmanager
def read_one(path: Path, quantity: str | None = None, bg_clock: Clock | None = None) -> Iterator[OneFile]:
    """Read a readings file by itself.

    Args:
        path: the file.
        quantity: AI or AE, where the file does not say which; None = such readings are left aside.
        bg_clock: the clock of a bg file.

    Raises:
        HalfhourError: RD-033 it cannot be opened.
    """
    with tempfile.TemporaryDirectory(prefix="halfhour-") as folder:
        taken = _taken(path, Path(folder) / "first", {}, bg_clock)
        if quantity and taken.undirected:
            taken = _taken(path, Path(folder) / "directed", dict.fromkeys(taken.undirected, quantity), bg_clock)
        yield taken


def _taken(path: Path, folder: Path, directions: dict[str, str], bg_clock: Clock | None) -> OneFile:
    store = ReadingsStore.open(folder)
    store.take_in([path], path.parent, {}, directions=directions, bg_clock=bg_clock)
    found = store.findings()
    undirected = [finding.msid for finding in found if finding.code == "HH-508"]
    # That a format does not say the direction is no fault of the file.
    findings = [replace(one, severity="info") if one.code == "HH-508" else one for one in found]
    return OneFile(store.sources[0], findings, undirected, store)
