"""Reads a readings file of any known format, told apart by content, into checked day rows.

Follows the contract ("Readings"). A new format is one more function in RECOGNISERS.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path

from halfhour.metering.readings import csv_tables, parquet_tables
from halfhour.metering.readings.day_block import DayBlock
from halfhour.metering.readings.readings_tables import Recognised, Sample, Stretch
from halfhour.metering.readings.row_checks import to_day_block

Recogniser = Callable[[Sample], Recognised | None]

RECOGNISERS: tuple[Recogniser, ...] = (parquet_tables.recognise, csv_tables.recognise)
"""Asked in this order; the last one says what is wrong with a file that nobody knows."""

STRETCHES_AHEAD = 3
"""Stretches under way beside the one handed over: bounds the memory of a file of any size."""


def recognise(path: Path, name: str) -> Recognised:
    """The format of a file.

    Args:
        path: the file.
        name: how messages call it.

    Raises:
        UnreadableFile: no known format, or something wrong with the file as a whole (RD-001 to RD-007).
    """
    sample = Sample(path, name, csv_tables.start_of(path, name))
    return next(filter(None, (recogniser(sample) for recogniser in RECOGNISERS)))


def read_day_blocks(recognised: Recognised, now: int, workers: Executor) -> Iterator[DayBlock]:
    """The readings of a file, checked, in order of the file.

    Args:
        recognised: the file.
        now: the moment of taking in [µs since 1970 UTC].
        workers: threads that do the parsing and checking.

    Raises:
        UnreadableFile: something wrong further on (RD-004 to RD-006); blocks already handed over are not to be used.
    """
    under_way: deque[Future[DayBlock]] = deque()
    try:
        for stretch in recognised.stretches:
            under_way.append(workers.submit(partial(_checked, stretch, recognised.unit, now)))
            if len(under_way) > STRETCHES_AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()


def _checked(stretch: Callable[[], Stretch], unit: str, now: int) -> DayBlock:
    return to_day_block(stretch(), unit, now)
