"""Reads readings files in Parquet, long or wide, in stretches of a million values or so.

Follows the contract ("Readings"). Numbers, dates and moments may be typed columns or text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from halfhour.formats.finding_log import FindingLog
from halfhour.formats.readings_shapes import PERIOD_COLUMNS, Recognised, Sample, Shape, Stretch, UnreadableFile
from halfhour.metering.readings.readings_tables import find_columns

MAGIC = b"PAR1"

_BROKEN = (pa.ArrowException, OSError, ValueError, LookupError)
"""What PyArrow raises for a file that is not whole, depending on which byte is wrong."""

_ROWS: dict[Shape, int] = {"long": 1 << 20, "wide": 1 << 15}


def recognise(sample: Sample) -> Recognised | None:
    """Take the file for Parquet where it begins like it.

    Raises:
        UnreadableFile: RD-001, RD-002, RD-007 columns; RD-003 no rows; RD-006 not whole; the later stretches RD-006.
    """
    if not sample.head.startswith(MAGIC):
        return None
    try:
        names = pq.read_schema(sample.path).names
        shape, positions, log = find_columns(names, sample.name)
        originals = {name: names[position] for name, position in positions.items()}
        texts = [original for name, original in originals.items() if name not in {"kwh", *PERIOD_COLUMNS}]
        file = pq.ParquetFile(sample.path, read_dictionary=texts, page_checksum_verification=True)
    except _BROKEN as error:
        raise _corrupt(sample.name, error) from None
    if file.metadata.num_rows == 0:
        raise UnreadableFile("RD-003", f"{sample.name} has no rows.", "Write it again, or take it out of the folder.")
    return Recognised(f"{shape} Parquet", "row ", _stretches(file, shape, originals, sample.name), log)


def _corrupt(file: str, error: Exception) -> UnreadableFile:
    reason = str(error).split("\n")[0][:200].rstrip(".")
    return UnreadableFile(
        "RD-006",
        f"{file} cannot be read as Parquet: {reason}.",
        "Write or fetch the file again; nothing of it was used.",
    )


def _stretches(
    file: pq.ParquetFile, shape: Shape, originals: dict[str, str], name: str
) -> Iterator[Callable[[], Stretch]]:
    first_row = 1
    try:
        for batch in file.iter_batches(batch_size=_ROWS[shape], columns=list(originals.values())):
            yield partial(_stretch, batch, shape, originals, first_row, name)
            first_row += batch.num_rows
        if first_row - 1 != file.metadata.num_rows:
            raise ValueError(f"{first_row - 1} of its {file.metadata.num_rows} rows are there")
    except _BROKEN as error:
        raise _corrupt(name, error) from None
    finally:
        file.close()


def _stretch(batch: pa.RecordBatch, shape: Shape, originals: dict[str, str], first_row: int, name: str) -> Stretch:
    try:
        columns = {ours: _plain(batch.column(theirs)) for ours, theirs in originals.items()}
    except _BROKEN as error:
        raise _corrupt(name, error) from None
    lines = np.arange(first_row, first_row + batch.num_rows, dtype=np.int64)
    return Stretch(shape, columns, lines, FindingLog(name))


def _plain(column: pa.Array) -> pa.Array:
    """The column in a type that the checks know; whatever else it is, as text, so that it is found wanting there."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_dictionary(kind):
        return column if pa.types.is_string(kind.value_type) else _plain(column.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_date(kind):
        return column
    return column.cast(pa.string())
