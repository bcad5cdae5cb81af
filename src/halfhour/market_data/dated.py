"""Look-up of dated values: a value is held for a range of days, and a day outside every range is refused.

Ranges of days are closed-open: `(from, to)` with `to` the first day no longer included.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

from halfhour.errors import HalfhourError, NotCovered

DateRange = tuple[date, date]

# A message stays readable however many gaps there are; `missing` gives them all.
RANGES_SHOWN = 6


class Dated(Protocol):
    """Something that holds on every day of `[effective_from, effective_to)`; its `str` is its value, for messages."""

    @property
    def effective_from(self) -> date:
        """First day included."""

    @property
    def effective_to(self) -> date:
        """First day no longer included."""


Row = TypeVar("Row", bound=Dated)


class DatedTable(Generic[Row]):
    """Rows of which at most one holds on any day.

    Args:
        title: what the rows are, as it reads in a message ("CfD Interim Levy Rate").
        rows: in any order.

    Raises:
        HalfhourError: MD-005 when two rows hold on one day, MD-006 when a row ends before it begins.
    """

    def __init__(self, title: str, rows: Iterable[Row]) -> None:
        self.title = title
        self.rows = tuple(sorted(rows, key=lambda row: row.effective_from))
        self._starts = [row.effective_from for row in self.rows]
        for row in self.rows:
            if row.effective_to <= row.effective_from:
                raise HalfhourError(
                    "MD-006",
                    f"{title}: a row from {row.effective_from} has no day, since it ends before {row.effective_to}.",
                    "Correct the dates of that row.",
                )
        for row, following in pairwise(self.rows):
            if following.effective_from < row.effective_to:
                raise HalfhourError(
                    "MD-005",
                    f"{title}: two rows hold on {following.effective_from}, those from {row.effective_from} "
                    f"and from {following.effective_from}.",
                    "Keep one row for each day.",
                )

    def find(self, day: date) -> Row | None:
        """The row that holds on `day`, or None."""
        position = bisect_right(self._starts, day) - 1
        if position >= 0 and day < self.rows[position].effective_to:
            return self.rows[position]
        return None

    def on(self, day: date) -> Row:
        """The row that holds on `day`.

        Raises:
            NotCovered: MD-001 when none does.
        """
        row = self.find(day)
        if row is None:
            raise not_covered({self: [day]})
        return row

    def missing(self, start: date, end: date) -> list[DateRange]:
        """The parts of `[start, end)` on which no row holds, in order.

        Raises:
            HalfhourError: MD-006 when `end` is before `start`.
        """
        if end < start:
            raise HalfhourError(
                "MD-006", f"The range of days from {start} ends before {end}.", "Give the earlier day first."
            )
        gaps = []
        reached = start
        for row in self.rows:
            if row.effective_from >= end:
                break
            if row.effective_from > reached:
                gaps.append((reached, row.effective_from))
            reached = max(reached, row.effective_to)
        if reached < end:
            gaps.append((reached, end))
        return gaps

    def nearest(self, day: date) -> list[Row]:
        """The last row that begins on or before `day` and the first that begins after it, where held."""
        position = bisect_right(self._starts, day)
        return list(self.rows[max(position - 1, 0) : position + 1])


def date_ranges(days: Iterable[date]) -> list[DateRange]:
    """The days, in any order, joined into the fewest ranges.

    Raises:
        HalfhourError: MD-006 for 9999-12-31, which no range can end after.
    """
    ranges: list[DateRange] = []
    for day in sorted(set(days)):
        if day == date.max:
            raise HalfhourError("MD-006", f"No day follows {day}, so no range holds it.", "Give a real Settlement Day.")
        following = day + timedelta(days=1)
        if ranges and ranges[-1][1] == day:
            ranges[-1] = (ranges[-1][0], following)
        else:
            ranges.append((day, following))
    return ranges


def shown(ranges: Iterable[DateRange]) -> str:
    """Ranges as people of the industry write them, the last day included."""
    texts = []
    for start, end in ranges:
        last_day = end - timedelta(days=1)
        texts.append(str(start) if start == last_day else f"{start} to {last_day}")
    more = len(texts) - RANGES_SHOWN
    return ", ".join(texts[:RANGES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def not_covered(missing_days: dict[DatedTable[Row], list[date]]) -> NotCovered:
    """The error for the days that tables do not cover; at least one table, each with at least one day.

    It names each table, its missing days and the rows held nearest to the first of them.
    """
    sentences = []
    for table, days in missing_days.items():
        held = table.nearest(min(days))
        nearest = " and ".join(f"{row} for {shown([(row.effective_from, row.effective_to)])}" for row in held)
        sentences.append(
            f"No {table.title} is held for {shown(date_ranges(days))}; held nearest: {nearest or 'nothing'}."
        )
    return NotCovered(
        "MD-001",
        " ".join(sentences),
        "Ask for days that are held, or take the missing value from its publisher into the reference data, "
        "with its source.",
    )
