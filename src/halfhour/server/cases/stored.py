"""From rows to the records of the case engine and back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.processes.cases import CaseState, Event, Opening, read_value
from halfhour.processes.flows.matching import subjects
from halfhour.processes.timetables import Timetable, find_timetable
from halfhour.server.cases.models import Case, CaseEvent, CaseParty, CaseSubject, CaseWaiting


def opening_of(case: Case) -> Opening:
    """How a case was opened."""
    timetable = find_timetable(case.timetable)
    return Opening(
        case_id=case.id,
        timetable=case.timetable,
        opened_on=case.opened_on,
        parties=case.parties,
        facts={name: _fact(timetable, name, value) for name, value in case.facts.items()},
        parameters=case.parameters,
        nation=case.nation,
    )


def _fact(timetable: Timetable, name: str, value: Any) -> Any:
    fact = timetable.facts.get(name)
    try:
        return value if fact is None else read_value(fact, value)
    except HalfhourError:
        # A timetable may come to read a fact more strictly than when the case was opened; what was recorded stands.
        return value


def events_of(rows: Iterable[CaseEvent]) -> list[Event]:
    """Events as the case engine takes them."""
    return [
        Event(
            id=row.id,
            sequence=row.sequence,
            on=row.on,
            kind=row.kind,
            step=row.step,
            outcome=row.outcome,
            flow=row.flow,
            data=row.data,
            by=row.by,
            source=row.source,
            corrects=row.corrects,
            recorded_at=row.recorded_at,
        )
        for row in rows
    ]


def event_row(case: Case, event: Event, who: str, recorded_at: datetime) -> CaseEvent:
    """An event as it is stored."""
    return CaseEvent(
        id=event.id,
        case=case,
        sequence=event.sequence,
        on=event.on,
        recorded_at=recorded_at,
        kind=event.kind,
        step=event.step,
        outcome=event.outcome,
        flow=event.flow,
        data=dict(event.data),
        by=event.by,
        who=who,
        source=event.source,
        corrects=event.corrects,
    )


def stands(case: Case, state: CaseState, on: date) -> None:
    """Set on the case how it stands."""
    case.state, case.kind, case.ended_on = state.state, state.kind, state.ended_on
    case.folded_on, case.refold_on = on, state.next_change_on


def derived_rows(case: Case, state: CaseState) -> tuple[list[CaseParty], list[CaseSubject], list[CaseWaiting]]:
    """The rows that say how a case stands: who plays its parties, what finds it, what it waits for."""
    values = subjects(state.facts.values()) | {case.id}
    return (
        [CaseParty(case=case, party=party, mpid=mpid) for party, mpid in state.parties.items()],
        [CaseSubject(case=case, value=value) for value in sorted(values)],
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
            )
            for one in state.waiting
        ],
    )


def renew_rows(case: Case, state: CaseState) -> None:
    """Write a case's derived rows anew."""
    for model, rows in zip((CaseParty, CaseSubject, CaseWaiting), derived_rows(case, state), strict=True):
        model.objects.filter(case=case).delete()  # type: ignore[attr-defined]
        model.objects.bulk_create(rows)  # type: ignore[attr-defined]
