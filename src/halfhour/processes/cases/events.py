"""What is recorded of a case: its opening and its events. Nothing is edited; corrections are events of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

EventKind = Literal["act", "flow", "fact", "party", "correction", "withdrawal", "note"]


@dataclass(frozen=True, slots=True)
class Opening:
    """How a case begins.

    Attributes:
        opened_on: the day from which its clocks count.
        parties: MPID (or name) of who plays each party of the timetable.
        facts: what is known at the opening, by the timetable's names.
        parameters: values for this case in place of the timetable's own.
        nation: whose holidays count where a regime takes the site's, `E&W` or `SCT`.
    """

    case_id: str
    timetable: str
    opened_on: date
    parties: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    nation: str = "E&W"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a case, as recorded.

    Attributes:
        id: unique; recording it twice changes nothing.
        sequence: place in the order of recording, from 1.
        on: the day on which it happened, which orders the fold.
        recorded_at: when it was recorded; None only where nothing was stored.
        kind: `act` (a step was done), `flow` (a file came or went), `fact`, `party` (who plays a party from then on),
            `correction` of another event, `withdrawal` of another event, `note`.
        step, outcome: of the timetable; a flow may leave them to the engine.
        flow: `D0155`.
        data: what it says, by name; names that the timetable declares as facts become facts of the case.
        by: MPID or name of who did it.
        source: file and instance, or where else it comes from.
        corrects: id of the event that it corrects or withdraws.
    """

    id: str
    sequence: int
    on: date
    kind: EventKind = "act"
    step: str = ""
    outcome: str = ""
    flow: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    source: str = ""
    corrects: str = ""
    recorded_at: datetime | None = None


def as_known_at(events: Iterable[Event], moment: datetime) -> list[Event]:
    """The events recorded by a moment."""
    return [event for event in events if event.recorded_at is not None and event.recorded_at <= moment]


def in_effect(events: Iterable[Event]) -> list[Event]:
    """The events that count, corrections in the place of what they correct, in the order in which they happened.

    A correction keeps what it does not say anew. One of an event that is not there is left in, for the fold to say so.
    """
    present: dict[str, Event] = {}
    stands_for: dict[str, str] = {}
    for event in sorted(events, key=lambda one: one.sequence):
        if event.id in present or event.id in stands_for:
            continue
        root = stands_for.get(event.corrects, event.corrects)
        if event.kind in ("correction", "withdrawal") and root in present:
            stands_for[event.id] = root
            if event.kind == "withdrawal":
                present[root] = replace(present[root], kind="note", data={"withdrawn_by": event.id})
            else:
                present[root] = _corrected(present[root], event)
        else:
            present[event.id] = event
    return sorted(present.values(), key=lambda one: (one.on, one.sequence))


def _corrected(event: Event, correction: Event) -> Event:
    kind = "act" if event.kind == "note" and correction.step else event.kind
    return replace(
        event,
        on=correction.on,
        kind=kind,
        step=correction.step or event.step,
        outcome=correction.outcome or ("" if correction.step and correction.step != event.step else event.outcome),
        flow=correction.flow or event.flow,
        data={**event.data, **correction.data},
        by=correction.by or event.by,
    )
