"""Cases as documents: what a caller may not read of one is left out, in facts, events and findings alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from halfhour.processes.cases import CaseState, Event, case_document, event_document
from halfhour.processes.timetables import Timetable
from halfhour.server.cases.models import Case
from halfhour.server.cases.reading import CaseAsKnown
from halfhour.server.cases.writing import Recorded


def line_document(case: Case) -> dict[str, Any]:
    """A case in a list."""
    return {
        "case": case.id,
        "timetable": case.timetable,
        "opened_on": case.opened_on,
        "state": case.state,
        "kind": case.kind,
        "ended_on": case.ended_on,
    }


def state_document(timetable: Timetable, state: CaseState, hidden: Collection[str]) -> dict[str, Any]:
    """How a case stands; findings that speak of a hidden fact are left out with it."""
    document = case_document(timetable, state)
    findings = [
        one
        for one in document["findings"]
        if not any(name in f"{one['message']} {one['next_step']}" for name in hidden)
    ]
    return document | {
        "facts": _without(document["facts"], hidden),
        "missing_facts": _without(document["missing_facts"], hidden),
        "findings": findings,
    }


def known_document(known: CaseAsKnown, hidden: Collection[str]) -> dict[str, Any]:
    """A case with its events."""
    return state_document(known.timetable, known.state, hidden) | {
        "opened_on": known.case.opened_on,
        "nation": known.case.nation,
        "follows": known.case.follows_id,
        "events": event_documents(known.events, hidden),
    }


def event_documents(events: Iterable[Event], hidden: Collection[str]) -> list[dict[str, Any]]:
    """Events in the order of recording."""
    return [{**event_document(one), "data": _without(one.data, hidden)} for one in events]


def recorded_document(recorded: Recorded) -> dict[str, Any]:
    """What came of opening a case or recording an event."""
    return {
        "case": recorded.case.id,
        "event": recorded.event_id,
        "new": recorded.new,
        "state": recorded.state.state,
        "kind": recorded.state.kind,
        "opened": list(recorded.opened),
    }


def _without(values: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in hidden}
