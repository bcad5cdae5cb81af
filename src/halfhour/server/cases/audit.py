"""Who did what, when: openings and events of cases, those recorded last first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from halfhour.server.cases.models import Case, CaseEvent

_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody recorded.

    Attributes:
        who: recorded it; `by` did it, where that is known.
        what: in words.
        event_id: empty of an opening.
    """

    at: datetime
    who: str
    by: str
    what: str
    case_id: str
    event_id: str


def audit(
    *,
    case_id: str = "",
    who: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    among: QuerySet[Case] | None = None,
    most: int = _MOST,
) -> list[Deed]:
    """What was recorded, the latest first.

    Args:
        case_id: of one case only; `who`: by one person only; `among`: only of these cases.
        since, until: recorded from the one moment on and before the other.
        most: how many at most.
    """
    asked = {"recorded_at__gte": since, "recorded_at__lt": until}
    times = {name: moment for name, moment in asked.items() if moment is not None}
    cases, events = Case.objects.filter(**times), CaseEvent.objects.filter(**times)
    if case_id:
        cases, events = cases.filter(pk=case_id), events.filter(case=case_id)
    if who:
        cases, events = cases.filter(opened_by=who), events.filter(who=who)
    if among is not None:
        cases, events = cases.filter(pk__in=among), events.filter(case__in=among)
    both = merge(
        _events(events.order_by("-recorded_at", "-case_id", "-sequence")[:most]),
        _openings(cases.order_by("-recorded_at", "-pk")[:most]),
        key=lambda deed: deed.at,
        reverse=True,
    )
    return list(islice(both, most))


def _openings(cases: Any) -> Iterator[Deed]:
    for case in cases:
        because = f" because of {case.follows_id}" if case.follows_id else ""
        yield Deed(case.recorded_at, case.opened_by, "", f"opened {case.timetable}{because}", case.id, "")


def _events(events: Any) -> Iterator[Deed]:
    for event in events:
        yield Deed(event.recorded_at, event.who, event.by, what(event), event.case_id, event.id)


def what(event: CaseEvent) -> str:
    """An event in words: `E7 accepted by D0011 on 2025-03-04`."""
    said = {
        "act": f"{event.step} {event.outcome}",
        "flow": f"{event.step} {event.outcome} {event.flow}",
        "fact": f"learnt {', '.join(event.data)}",
        "party": ", ".join(f"{name} is {mpid}" for name, mpid in event.data.items()),
        "correction": f"corrected {event.corrects}",
        "withdrawal": f"withdrew {event.corrects}",
        "note": "noted",
    }[event.kind]
    return f"{' '.join(said.split())} on {event.on}"
