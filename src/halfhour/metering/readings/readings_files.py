"""Reads a readings file of any known format, told apart by content, into checked day rows.

Follows the contract ("Readings") and the handbook (file-formats 5). A new format is one more function in RECOGNISERS.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path

from halfhour.formats import exchange
from halfhour.formats.flows import advances
from halfhour.formats.readings_shapes import Clock, Recognised, Recogniser, Sample, Stretch
from halfhour.formats.text_blocks import start_of
from halfhour.metering.readings import csv_tables, parquet_tables
from halfhour.metering.readings.day_block import DayBlock
from halfhour.metering.readings.row_checks import to_day_block

RECOGNISERS: tuple[Recogniser, ...] = (
    parquet_tables.recognise,
    advances.recognise,
    *exchange.RECOGNISERS,
    csv_tables.recognise,
)
"""Asked in this order; the last one says what is wrong with a file that nobody knows."""

STRETCHES_AHEAD = 3
"""Stretches under way beside the one handed over: bounds the memory of a file of any size."""


def recognise(path: Path, name: str, bg_clock: Clock | None = None) -> Recognised:
    """The format of a file.

    Args:
        path: the file.
        name: how messages call it.
        bg_clock: as `Sample.bg_clock`.

    Raises:
        UnreadableFile: no known format, or something wrong with the file as a whole (RD-001 to RD-007, HH-501).
    """
    sample = Sample(path, name, start_of(path, name), bg_clock)
    return next(filter(None, (recogniser(sample) for recogniser in RECOGNISERS)))


def read_day_blocks(
    recognised: Recognised, now: int, directions: Mapping[str, str], workers: Executor
) -> Iterator[DayBlock]:
    """The readings of a file, checked, in order of the file.

    Args:
        recognised: the file.
        now: the moment of taking in [µs since 1970 UTC].
        directions: measurement quantity of each MSID that is registered for one direction only.
        workers: threads that do the parsing and checking.

    Raises:
        UnreadableFile: something wrong further on (RD-003 to RD-006, HH-501); blocks already handed over are not to be
            used.
    """
    under_way: deque[Future[DayBlock]] = deque()
    try:
        for stretch in recognised.stretches:
            under_way.append(workers.submit(partial(_checked, stretch, recognised, now, directions)))
            if len(under_way) > STRETCHES_AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()


def _checked(
    stretch: Callable[[], Stretch], recognised: Recognised, now: int, directions: Mapping[str, str]
) -> DayBlock:
    return to_day_block(stretch(), recognised, now, directions)
