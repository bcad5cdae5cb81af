"""What every reader of readings files hands over: stretches of a file as columns by the contract's names.

Follows the contract ("Readings"): the long and the wide shape, told apart by their columns. A reader of another format
only has to lay its content out in one of the two shapes.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from halfhour.errors import Finding, HalfhourError
from halfhour.metering.readings.finding_log import FindingLog

Shape = Literal["long", "wide"]

MOST_PERIODS = 50
"""Settlement Periods of the autumn clock-change day."""

PERIOD_COLUMNS = tuple(f"p{period}" for period in range(1, MOST_PERIODS + 1))

_KEY = ("msid", "measurement_quantity", "settlement_date")
_REQUIRED: dict[Shape, tuple[str, ...]] = {
    "long": (*_KEY, "settlement_period", "kwh"),
    "wide": (*_KEY, *PERIOD_COLUMNS[:48]),
}
_OPTIONAL: dict[Shape, tuple[str, ...]] = {
    "long": ("status", "recorded_at"),
    "wide": (*PERIOD_COLUMNS[48:], "status", "recorded_at"),
}


class UnreadableFile(HalfhourError):  # noqa: N818 - becomes a finding of the file; the other files go on
    """A file of which nothing is used, and why."""

    def finding(self, file: str) -> Finding:
        """The same as a row of the exceptions table."""
        return Finding(self.code, "error", self.message, self.next_step, file)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file that wants to be recognised: where it is, its name in messages, and how its (unpacked) content begins."""

    path: Path
    name: str
    head: bytes


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of rows of a file.

    Attributes:
        shape: long or wide.
        columns: by the contract's names; all of one length.
        lines: for each row the line of the file it stands on, from 1; of formats without lines, the row.
        log: findings made while reading, before any value was looked at.
    """

    shape: Shape
    columns: dict[str, pa.Array]
    lines: NDArray[np.int64]
    log: FindingLog


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file whose format is known.

    Attributes:
        format: its name, for the catalogue.
        unit: what `Stretch.lines` counts, as it is written in messages: empty for lines, else `row `.
        stretches: one piece of work per stretch, in order of the file; each can be done in another thread.
        log: findings about the file as a whole.
    """

    format: str
    unit: str
    stretches: Iterator[Callable[[], Stretch]]
    log: FindingLog


def find_columns(header: Sequence[str], file: str) -> tuple[Shape, dict[str, int], FindingLog]:
    """The shape that a header shows and where each of its columns stands.

    Args:
        header: column names in the order of the file; case and outer spaces do not matter.
        file: name for messages.

    Returns:
        The shape, the position of each column to be read, and what there is to say about the others.

    Raises:
        UnreadableFile: RD-001 no column of ours, RD-002 columns missing, RD-007 a column given twice.
    """
    names = [name.strip().lower() for name in header]
    known = {name for shape in _REQUIRED for name in _REQUIRED[shape] + _OPTIONAL[shape]}
    twice = [name for name, count in Counter(names).items() if count > 1 and name in known]
    if twice:
        raise UnreadableFile("RD-007", f"{file} has the column {twice[0]} more than once.", "Leave one of them.")
    if known.isdisjoint(names):
        separator = " Separate the columns by commas." if len(names) == 1 and set(names[0]) & set(";\t|") else ""
        raise UnreadableFile(
            "RD-001",
            f"{file} is not a readings file that Halfhour knows: it has none of the columns of one.",
            f"Give columns {', '.join(_REQUIRED['long'])}, or msid, measurement_quantity, settlement_date, p1 to p50."
            + separator,
        )
    shape: Shape = "wide" if "p1" in names and "settlement_period" not in names else "long"
    missing = [name for name in _REQUIRED[shape] if name not in names]
    if missing:
        others = [name for name in names if name not in known]
        near = [match for name in missing for match in difflib.get_close_matches(name, others, 1)]
        hint = f" Is it the one called {near[0]}?" if near else ""
        raise UnreadableFile(
            "RD-002", f"{file} has no column {', '.join(missing)}.", f"Add it, or name it so in the header.{hint}"
        )
    wanted = _REQUIRED[shape] + _OPTIONAL[shape]
    log = FindingLog(file)
    unread = [name or "(no name)" for name in names if name not in wanted]
    if unread:
        log.add(
            Finding(
                "RD-023",
                "info",
                f"{file} has columns that were not read: {', '.join(unread)[:200]}.",
                "Nothing to do, unless one of them was meant to be read.",
                file,
            )
        )
    return shape, {name: names.index(name) for name in wanted if name in names}, log
