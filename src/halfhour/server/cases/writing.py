"""Opening cases and recording events: the only way in which cases are written.

Each is one transaction: the case's row is locked, the event takes the next number, the case is folded, and its rows are
renewed. A process that is killed has recorded the whole of it or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from halfhour.calendar import LONDON
from halfhour.errors import HalfhourError
from halfhour.errors.written_values import shown
from halfhour.processes.cases import CaseState, Event, Opening, case_key, check_opening, fold
from halfhour.processes.timetables import find_timetable
from halfhour.server.cases.models import Case, CaseEvent, CaseNumber
from halfhour.server.cases.stored import event_row, events_of, opening_of, renew_rows, stands

_REFUSED = ("CS-002", "CS-003", "CS-104", "CS-106", "CS-110")
"""What the fold says of an event that a person should not have recorded; of a flow it is kept all the same."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of opening a case or recording an event.

    Attributes:
        new: False where it was there already, and nothing was changed.
        state: of the case, on the day of recording or of its last event.
        opened: ids of the cases that followed from it.
    """

    case: Case
    event_id: str
    new: bool
    state: CaseState
    opened: tuple[str, ...] = ()


def today(moment: datetime | None = None) -> date:
    """The date in London."""
    return (moment or timezone.now()).astimezone(LONDON).date()


def prefix_of(timetable_id: str) -> str:
    """The letters of a timetable's cases: the initials of its first two words."""
    return "".join(word[0] for word in timetable_id.split("-")[:2]).upper()


@transaction.atomic
def open_case(opening: Opening, who: str, *, follows: Case | None = None, moment: datetime | None = None) -> Recorded:
    """Open a case, or join the open one of the same key.

    Args:
        opening: its `case_id` is given here.
        who: the person or program that opens it.
        follows: the case that it is opened because of.
        moment: of recording; None = now.

    Raises:
        HalfhourError: CS-001 to CS-003 of facts and parties, PT-005 and PT-007 of timetable and parameters.
        NotCovered: PT-006 a parameter has no value that early.
    """
    timetable = find_timetable(opening.timetable)
    checked = check_opening(timetable, opening)
    recorded_at = moment or timezone.now()
    key = case_key(timetable, checked.facts)
    number = _next_number(prefix_of(timetable.id))
    # The numbers' row is locked by now, so no other opening of the prefix stands between this look and the writing.
    there = Case.objects.select_for_update().filter(key=key, ended_on__isnull=True).first() if key else None
    if there is not None:
        return Recorded(there, "", False, current(there, today(recorded_at)))
    checked = replace(checked, case_id=number)
    day = max(today(recorded_at), checked.opened_on)
    state = fold(timetable, checked, (), day)
    case = Case(
        id=number,
        timetable=timetable.id,
        opened_on=checked.opened_on,
        nation=checked.nation,
        parties=dict(checked.parties),
        facts=dict(checked.facts),
        parameters=dict(checked.parameters),
        key=key,
        follows=follows,
        opened_by=who,
        recorded_at=recorded_at,
    )
    stands(case, state, day)
    case.save(force_insert=True)
    renew_rows(case, state)
    return Recorded(case, "", True, state)


def _next_number(prefix: str) -> str:
    CaseNumber.objects.get_or_create(prefix=prefix)
    row = CaseNumber.objects.select_for_update().get(prefix=prefix)
    row.last += 1
    row.save()
    return f"{prefix}{row.last:06}"


def record(case_id: str, event: Event, who: str, *, moment: datetime | None = None) -> Recorded:
    """Record an event of a case; one that is recorded already changes nothing.

    Args:
        event: its sequence and moment are given here; an empty id is made up.
        who: the person or program that records it.

    Raises:
        HalfhourError: CS-201 there is no such case, CS-202 the event is of another case, and what the fold says of an
            act that cannot be (CS-002, CS-003, CS-104, CS-106, CS-110), before anything is written.
    """
    event = event if event.id else replace(event, id=uuid4().hex)
    try:
        with transaction.atomic():
            return _record(case_id, event, who, moment)
    except IntegrityError:
        # Another writer has just recorded the same event.
        row = CaseEvent.objects.filter(pk=event.id).first()
        if row is None:
            raise
        return _already(row, case_id, moment)


def _record(case_id: str, event: Event, who: str, moment: datetime | None) -> Recorded:
    case = locked(case_id)
    there = CaseEvent.objects.filter(pk=event.id).first()
    if there is not None:
        return _already(there, case_id, moment)
    opening, events = opening_of(case), events_of(case.events.all())
    last = max((one.recorded_at for one in events if one.recorded_at), default=case.recorded_at)
    # The order of recording is the order of the numbers, whatever the clocks of two machines say.
    recorded_at = max(moment or timezone.now(), last + _MICROSECOND)
    event = replace(event, sequence=case.last_sequence + 1, recorded_at=recorded_at)
    timetable = find_timetable(case.timetable)
    events.append(event)
    day = max(today(recorded_at), *(one.on for one in events))
    state = fold(timetable, opening, events, day)
    if event.kind != "flow":
        _refuse_what_cannot_be(state, event)
    event_row(case, event, who, recorded_at).save(force_insert=True)
    case.last_sequence = event.sequence
    stands(case, state, day)
    case.save()
    renew_rows(case, state)
    opened = _open_follow_ons(case, state, event, who, recorded_at)
    return Recorded(case, event.id, True, state, opened)


def locked(case_id: str) -> Case:
    """A case, its row locked until the transaction ends."""
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise HalfhourError("CS-201", f"There is no case {shown(case_id)}.", "`halfhour case list` lists them.")
    return case


def _already(row: CaseEvent, case_id: str, moment: datetime | None) -> Recorded:
    if row.case_id != case_id:
        raise HalfhourError(
            "CS-202",
            f"Event {row.id} is recorded of case {row.case_id}, not of {case_id}.",
            "Withdraw it there, and record it here under another id.",
        )
    return Recorded(row.case, row.id, False, current(row.case, today(moment)))


def _refuse_what_cannot_be(state: CaseState, event: Event) -> None:
    for finding in state.findings:
        if finding.code in _REFUSED and f"event {event.id}" in finding.where:
            raise HalfhourError(finding.code, finding.message, finding.next_step)


def _open_follow_ons(case: Case, state: CaseState, event: Event, who: str, recorded_at: datetime) -> tuple[str, ...]:
    """Open the cases that this event calls for, with the facts that they share."""
    opened = []
    known = set(case.followed_by.values_list("timetable", "opened_on"))
    for following in state.follow_ons:
        if (following.timetable, following.on) in known:
            continue
        timetable = find_timetable(following.timetable)
        opening = Opening(
            case_id="",
            timetable=timetable.id,
            opened_on=following.on,
            parties={name: mpid for name, mpid in state.parties.items() if name in timetable.parties},
            facts={name: value for name, value in state.facts.items() if name in timetable.facts},
            nation=case.nation,
        )
        try:
            made = open_case(opening, who, follows=case, moment=recorded_at)
        except HalfhourError:
            # It lacks a fact that only a person knows; the case names it among its follow-ons.
            continue
        opened.append(made.case.id)
    return tuple(opened)


def current(case: Case, on: date) -> CaseState:
    """A case as it stands on a day."""
    return fold(find_timetable(case.timetable), opening_of(case), events_of(case.events.all()), on)


def refold(case_ids: list[str], on: date) -> None:
    """Work out anew how cases stand on a day, because time alone has changed them."""
    for case_id in case_ids:
        with transaction.atomic():
            case = locked(case_id)
            state = current(case, on)
            stands(case, state, on)
            case.save()
            renew_rows(case, state)


def event_from(
    *,
    kind: str,
    on: date,
    step: str = "",
    outcome: str = "",
    data: Mapping[str, Any] | None = None,
    by: str = "",
    corrects: str = "",
    event_id: str = "",
    flow: str = "",
) -> Event:
    """An event that a person records.

    Raises:
        HalfhourError: CS-203 it says neither what was done nor what was learnt.
    """
    if kind == "act" and not step:
        raise HalfhourError("CS-203", "The event names no step.", "Give the step's ref, as the timetable has it.")
    if kind in ("correction", "withdrawal") and not corrects:
        raise HalfhourError("CS-203", f"The {kind} names no event.", "Give the id of the event.")
    return Event(event_id, 0, on, kind, step, outcome, flow, dict(data or {}), by, corrects=corrects)  # type: ignore[arg-type]
