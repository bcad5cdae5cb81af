"""From rows to the records of the case engine and back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from halfhour.processes.cases import Event, Opening
from halfhour.server.cases.models import Case, CaseEvent


def opening_of(case: Case) -> Opening:
    """How a case was opened."""
    return Opening(
        case_id=case.id,
        timetable=case.timetable,
        opened_on=case.opened_on,
        parties=case.parties,
        facts=case.facts,
        parameters=case.parameters,
        nation=case.nation,
    )


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
