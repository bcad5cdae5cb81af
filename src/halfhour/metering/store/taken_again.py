"""Files that are to be taken in again because the portfolio now says what they do not: a direction, or a clock.

A file is taken in once. What had to be left aside then, or was laid out under another direction, is taken when the
portfolio tells how; nothing else of the file is, and no half hour that the store has come to hold from another file in
the meantime, so that an old file cannot overrule a later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from halfhour.errors import HalfhourError
from halfhour.formats.exchange.bg_csv import UNCONFIRMED
from halfhour.formats.readings_shapes import MOST_PERIODS, Clock
from halfhour.metering.readings.day_block import ABSENT, Series
from halfhour.metering.store.catalogue import Segment, Source
from halfhour.metering.store.segment_files import marks_since

_OWN = 1
_LATER = 2


@dataclass(slots=True)
class Again:
    """A file to be taken in again.

    Attributes:
        since: when it was first recorded.
        own: ordinals of the sources with its content.
        msids: whose readings are to be taken; None = any.
        directions: under which its readings lie in the store, for MSIDs that have none now.
        overruled: readings that are not taken, since a file recorded later gives them.
    """

    since: datetime
    own: frozenset[int]
    msids: frozenset[str] | None
    directions: dict[str, str]
    overruled: int = 0
    _held: dict[tuple[Series, int], NDArray[np.uint8]] = field(default_factory=dict)

    def look_up(self, segments: Iterable[Segment]) -> None:
        """Find the half hours that the store holds, since then, of the MSIDs that are to be taken."""
        for segment in segments:
            if segment.max_recorded_at < self.since:
                continue
            for series, day, source, marks in marks_since(segment, self.msids, self.since):
                held = self._held.setdefault((series, day), np.zeros(MOST_PERIODS, dtype=np.uint8))
                given = marks != ABSENT
                held[given] = np.maximum(held[given], _OWN if source in self.own else _LATER)

    def restrict(self, series: Series, day: int, marks: NDArray[np.uint8]) -> None:
        """Mark as absent, in a day row of the file, what is not to be taken.

        Args:
            series, day: of the row.
            marks: 50 of them, changed in place.
        """
        if self.msids is not None and series[0] not in self.msids:
            marks[:] = ABSENT
            return
        held = self._held.get((series, day))
        if held is not None:
            self.overruled += int(np.count_nonzero((marks != ABSENT) & (held == _LATER)))
            marks[held > 0] = ABSENT


def due_again(sources: Sequence[Source], directions: Mapping[str, str], bg_clock: Clock | None) -> dict[str, Again]:
    """What is to be taken in again, by the hash of the file.

    Args:
        sources: all that the store holds.
        directions: measurement quantity of each MSID that is registered for one direction only.
        bg_clock: as `Sample.bg_clock`.

    Raises:
        HalfhourError: HH-510 readings are held that were laid out by another clock than the portfolio's.
    """
    by_content: dict[str, list[int]] = {}
    for ordinal, source in enumerate(sources):
        _check_clock(source, bg_clock)
        if source.directions or source.clock or source.sha256 in by_content:
            by_content.setdefault(source.sha256, []).append(ordinal)
    found = {}
    for content, ordinals in by_content.items():
        first, last = sources[ordinals[0]], sources[ordinals[-1]]
        changed = {msid for msid, was in last.directions.items() if directions.get(msid, was) != was}
        other_clock = bool(last.clock) and bg_clock is not None and bg_clock != last.clock
        if changed or other_clock:
            found[content] = Again(
                first.recorded_at,
                frozenset(ordinals),
                None if other_clock else frozenset(changed),
                {msid: was for msid, was in last.directions.items() if was},
            )
    return found


def _check_clock(source: Source, bg_clock: Clock | None) -> None:
    by = "utc" if source.clock in {"", UNCONFIRMED} else source.clock
    wanted = bg_clock or "utc"
    if source.clock and source.readings and by != wanted:
        raise HalfhourError(
            "HH-510",
            f"The readings of {source.path} were taken in by the clock '{by}', and bg_clock in portfolio.toml now says "
            f"'{wanted}'.",
            f'Write bg_clock = "{by}" again, or remove the folder .halfhour of the portfolio; the store is then built '
            "again from the readings files at the next run.",
        )
