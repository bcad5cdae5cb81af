"""Spans of days: closed-open ranges, with the ends of the calendar for ends left open.

The checks compare effective dates with each other; these are the few questions that they ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol

Span = tuple[date, date]

ALWAYS: Span = (date.min, date.max)


class _Dated(Protocol):
    @property
    def effective_from(self) -> date | None: ...

    @property
    def effective_to(self) -> date | None: ...


def span_of(record: _Dated) -> Span:
    """The days of a record with effective dates."""
    return record.effective_from or date.min, record.effective_to or date.max


def shared(first: Span, second: Span) -> Span | None:
    """The days that lie in both spans, None where there is none."""
    start, end = max(first[0], second[0]), min(first[1], second[1])
    return (start, end) if start < end else None


def gaps(wanted: Span, held: Iterable[Span]) -> list[Span]:
    """The parts of the wanted span that none of the held spans covers, in order."""
    found = []
    start, end = wanted
    for held_start, held_end in sorted(span for span in held if span[0] < span[1]):
        if held_start >= end:
            break
        if held_start > start:
            found.append((start, held_start))
        start = max(start, held_end)
    if start < end:
        found.append((start, end))
    return found


def stated_gaps(wanted: Span, held: Iterable[Span]) -> list[Span]:
    """As `gaps`, without a part at an end of `wanted` that was left open.

    Who leaves a date out says "as long as it lasts", so such a record ends with what it rests on. Where nothing at all
    is covered, the whole span is the gap.
    """
    found = gaps(wanted, held)
    if found == [wanted]:
        return found
    return [gap for gap in found if gap[0] != date.min and gap[1] != date.max]


def in_words(span: Span) -> str:
    """A span for a message, the industry's way: both days included."""
    start, end = span
    last = end - timedelta(days=1)
    if span == ALWAYS:
        return "on all days"
    if start == date.min:
        return f"up to and including {last}"
    if end == date.max:
        return f"from {start} on"
    return f"on {start}" if start == last else f"from {start} to {last} inclusive"
