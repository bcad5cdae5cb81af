"""What every reader of half-hourly readings hands over: stretches of a file as columns by the contract's names.

Follows the contract ("Readings"): the long shape, a row per half hour, and the wide one, a row per day. A reader of
another format only has to lay its content out in one of the two shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from halfhour.errors import Finding, HalfhourError
from halfhour.formats.finding_log import FindingLog

Shape = Literal["long", "wide"]

Clock = Literal["utc", "local"]

ACTIVE = "ACTIVE"
"""As a measurement quantity: active energy whose direction is that of the MSID's registration."""

MOST_PERIODS = 50
"""Settlement Periods of the autumn clock-change day."""

FIRST_DAY = date(1990, 1, 1)
"""There was no half-hourly settlement, and so no reading, before the pool of 1990."""

LAST_DAY = date(2099, 12, 31)
"""Where the calendar ends."""

PERIOD_COLUMNS = tuple(f"p{period}" for period in range(1, MOST_PERIODS + 1))


class UnreadableFile(HalfhourError):  # noqa: N818 - becomes a finding of the file; the other files go on
    """A file of which nothing is used, and why."""

    def finding(self, file: str) -> Finding:
        """The same as a row of the exceptions table."""
        return Finding(self.code, "error", self.message, self.next_step, file)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file that wants to be recognised.

    Attributes:
        path: where it is.
        name: in messages.
        head: how its (unpacked) content begins.
        bg_clock: what the portfolio says that bg files count their half hours by; None where it says nothing.
    """

    path: Path
    name: str
    head: bytes
    bg_clock: Clock | None = None


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
        codes: what the codes of the row checks (RD-009 to RD-022) are called in this format, where not the same.
        undirected: whether `ACTIVE` is a measurement quantity here.
        clock: of a format that does not state its clock: `utc`, `local`, or `unconfirmed` (read as UTC); else empty.
    """

    format: str
    unit: str
    stretches: Iterator[Callable[[], Stretch]]
    log: FindingLog
    codes: Mapping[str, str] = field(default_factory=dict)
    undirected: bool = False
    clock: str = ""


Recogniser = Callable[[Sample], Recognised | None]
"""The content of a file laid out in one of the two shapes, or None where it is of another format."""
