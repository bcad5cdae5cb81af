"""How a case stands, as rows that can be asked for: worked out from its record, and able to be so again at any time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Model
from django.dispatch import Signal

from halfhour.processes.cases import CaseState, Event, case_key, in_effect
from halfhour.processes.deadlines import counted
from halfhour.processes.flows.matching import REFERENCES, subjects
from halfhour.processes.timetables import Timetable
from halfhour.server.cases.models import Case, CaseParty, CaseSubject, CaseWaiting

subjects_gained = Signal()
"""Sent in the transaction in which a case comes to be found by more subjects: `case`, `values`, `who`, `moment`."""

_LONGEST_SUBJECT = 60
_LONGEST_KEY = 400


def set_present(case: Case, timetable: Timetable, state: CaseState, events: Sequence[Event], on: date) -> None:
    """Set on the case how it stands on a day."""
    ahead = [event.on for event in events if event.on > on]
    changes = [entry.on for entry in state.history] + [event.on for event in events if event.on <= on]
    case.key = short_key(case_key(timetable, state.facts))
    case.subject = subject(timetable, state)[:200]
    case.state, case.kind, case.ended_on = state.state, state.kind, state.ended_on
    case.folded_on = on
    case.changed_on = max([case.opened_on, *changes])
    case.refold_on = min([*ahead, *([state.next_change_on] if state.next_change_on else [])], default=None)


def short_key(key: str) -> str:
    """A key as it is stored: one that is too long is told from others by its hash."""
    return key if len(key) <= _LONGEST_KEY else f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def subject(timetable: Timetable, state: CaseState) -> str:
    """What a case is about, by the facts that tell it from others."""
    return ", ".join(str(state.facts[name]) for name in timetable.key if name in state.facts) or timetable.subject


def subjects_of(case_id: str, facts: Iterable[Any], events: Iterable[Event]) -> set[str]:
    """What messages may name a case by: its id, MPAN cores among its facts, references of the files that it has."""
    named = {case_id} | subjects(facts)
    for event in in_effect(events):
        named |= references(event)
    return named


def references(event: Event) -> set[str]:
    """The references that a file repeats."""
    found = (str(event.data.get(name) or "").strip() for name in REFERENCES)
    return {text for text in found if text and len(text) <= _LONGEST_SUBJECT}


def rows_of(
    case: Case, state: CaseState, events: Sequence[Event]
) -> tuple[list[CaseParty], list[CaseSubject], list[CaseWaiting]]:
    """The rows that say how a case stands: who plays its parties, what finds it, what it waits for."""
    return (
        [CaseParty(case=case, party=party, mpid=mpid) for party, mpid in state.parties.items()],
        [CaseSubject(case=case, value=value) for value in sorted(subjects_of(case.id, state.facts.values(), events))],
        [
            CaseWaiting(
                case=case,
                ref=one.ref,
                attempt=one.attempt,
                party=one.party,
                mpid=one.mpid,
                flow=one.flow,
                since=one.since,
                due=one.due,
                counted=counted(one)[:200] if one.due else "",
            )
            for one in state.waiting
        ],
    )


def renew_rows(case: Case, state: CaseState, events: Sequence[Event]) -> set[str]:
    """Bring a case's rows up to date, writing what differs; the subjects that it gained."""
    parties, named, waiting = rows_of(case, state, events)
    _renew(CaseParty, case, parties, ("party", "mpid"))
    _renew(CaseWaiting, case, waiting, ("ref", "attempt", "party", "mpid", "flow", "since", "due", "counted"))
    return {row.value for row in _renew(CaseSubject, case, named, ("value",))}


def _renew(model: Any, case: Case, wanted: Sequence[Any], names: tuple[str, ...]) -> list[Any]:
    """Delete the rows that are not wanted and add those that are not there; the ones added."""

    def cells(row: Model) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in names)

    there = {cells(row): row.pk for row in model.objects.filter(case=case)}
    kept = {cells(row) for row in wanted}
    if gone := [key for found, key in there.items() if found not in kept]:
        model.objects.filter(pk__in=gone).delete()
    added = [row for row in wanted if cells(row) not in there]
    if added:
        model.objects.bulk_create(added)
    return added
