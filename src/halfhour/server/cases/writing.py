"""Opening cases and recording events: the only way in which cases are written.

Each is one transaction: the case's row is locked, the event takes the next number, the case is folded, and its rows are
renewed. A process that is killed has recorded the whole of it or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from halfhour.calendar import LONDON
from halfhour.errors import HalfhourError
from halfhour.processes.cases import CaseState, Event, EventKind, Opening, case_key, check_opening, fold
from halfhour.processes.flows.matching import subjects
from halfhour.processes.timetables import Timetable, find_timetable
from halfhour.server.cases.checking import check_day, checked, stands_for, storable_event
from halfhour.server.cases.encoding import storable
from halfhour.server.cases.follow_ons import open_follow_ons
from halfhour.server.cases.locking import in_one_go, lock_subjects, locked
from halfhour.server.cases.models import Case, CaseEvent, CaseNumber
from halfhour.server.cases.present import references, renew_rows, set_present, short_key, subjects_gained
from halfhour.server.cases.stored import event_row, events_of, opening_of

_REFUSED = ("CS-002", "CS-003", "CS-104", "CS-106")
"""Errors of the fold for which an event that a person records is refused; a flow that came is kept all the same."""

_MICROSECOND = timedelta(microseconds=1)
_OWN_ID = re.compile(r"[A-Z]{1,4}[0-9]{6,}-[0-9]+")
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of opening a case or recording an event.

    Attributes:
        new: False where it was there already, and nothing was changed.
        state: of the case, on the day of recording.
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


def prefix_of(timetable: Timetable) -> str:
    """The letters of a timetable's cases: the initials of the first two words of its family."""
    return "".join(word[0] for word in (timetable.extends or timetable.id).split("-")[:2]).upper()


def open_case(opening: Opening, who: str, *, follows: Case | None = None, moment: datetime | None = None) -> Recorded:
    """Open a case, or join the open one of the same key.

    Args:
        opening: its `case_id` is given here.
        who: the person or program that opens it.
        follows: the case that it is opened because of.
        moment: of recording; None = now.

    Raises:
        HalfhourError: CS-001 to CS-003 of facts and parties, PT-005 and PT-007 of timetable and parameters.
        NotCovered: PT-006 a parameter has no value that early; the calendar does not reach the days that it counts.
    """
    timetable = find_timetable(opening.timetable)
    check_day(opening.opened_on)
    fit = check_opening(timetable, opening)
    fit = replace(fit, parties=storable(fit.parties), facts=storable(fit.facts), parameters=storable(fit.parameters))
    return in_one_go(lambda: _open(timetable, fit, who[:80], follows, moment or timezone.now()))


def _open(timetable: Timetable, opening: Opening, who: str, follows: Case | None, moment: datetime) -> Recorded:
    lock_subjects(subjects(opening.facts.values()))
    key = short_key(case_key(timetable, opening.facts))
    there = Case.objects.select_for_update().filter(key=key, ended_on__isnull=True).first() if key else None
    if there is not None:
        return Recorded(there, "", False, current(there, today(moment)))
    case = Case(
        id=_next_number(prefix_of(timetable)),
        timetable=timetable.id,
        opened_on=opening.opened_on,
        nation=opening.nation,
        parties=opening.parties,
        facts=opening.facts,
        parameters=opening.parameters,
        follows=follows,
        opened_by=who,
        recorded_at=moment,
    )
    state = fold(timetable, opening_of(case), (), today(moment))
    set_present(case, timetable, state, (), today(moment))
    case.save(force_insert=True)
    return _renewed(case, timetable, state, [], who, moment)


def _next_number(prefix: str) -> str:
    CaseNumber.objects.get_or_create(prefix=prefix)
    row = CaseNumber.objects.select_for_update().get(prefix=prefix)
    row.last += 1
    row.save()
    return f"{prefix}{row.last:06}"


def _renewed(
    case: Case,
    timetable: Timetable,
    state: CaseState,
    events: list[Event],
    who: str,
    moment: datetime,
    event_id: str = "",
) -> Recorded:
    """Bring everything that follows from how a case stands up to date."""
    gained = renew_rows(case, state, events)
    opened = open_follow_ons(case, state, lambda opening: open_case(opening, who, follows=case, moment=moment))
    if gained:
        subjects_gained.send(Case, case=case, values=gained, who=who, moment=moment)
    return Recorded(case, event_id, True, state, opened)


def record(case_id: str, event: Event, who: str, *, moment: datetime | None = None) -> Recorded:
    """Record an event of a case; one that is recorded already changes nothing.

    Args:
        event: its sequence and moment are given here; an empty id is made of the case's and the sequence.
        who: the person or program that records it.

    Raises:
        HalfhourError: CS-201 there is no such case, CS-202 the event is of another case, CS-205 its id is no id or is
            that of another event, CS-206 the case would be a second open one of its key, CS-207 data that cannot be
            kept, CS-209 its day; and what the fold calls an error of an act that a person records (CS-002, CS-003,
            CS-104, CS-106), or CS-110 an outcome that its step has not, before anything is written.
    """
    kept = storable_event(event)
    named = subjects(kept.data.values()) | references(kept)
    return in_one_go(lambda: _record(case_id, kept, named, who[:80], moment or timezone.now()))


def _record(case_id: str, event: Event, named: set[str], who: str, moment: datetime) -> Recorded:
    lock_subjects(named)
    case = locked(case_id)
    if event.id and (there := CaseEvent.objects.filter(pk=event.id).first()):
        return _already(there, case, event, moment)
    events = events_of(case.events.all())
    last = max((one.recorded_at for one in events if one.recorded_at), default=case.recorded_at)
    # The order of recording is the order of the numbers, whatever the clocks of two machines say.
    recorded_at = max(moment, last + _MICROSECOND)
    sequence = case.last_sequence + 1
    event = replace(event, id=_id_of(event, case, sequence), sequence=sequence, recorded_at=recorded_at)
    timetable, opening, day = find_timetable(case.timetable), opening_of(case), today(recorded_at)
    if by_hand := event.kind != "flow" or event.step != "":
        event = checked(timetable, event)
        checked(timetable, stands_for(events, event))
    state = fold(timetable, opening, [*events, event], day)
    if by_hand:
        then = state if event.on <= day else fold(timetable, opening, [*events, event], event.on)
        before = fold(timetable, opening, events, then.on) if event.corrects else None
        _refuse_what_cannot_be(then, event, before)
    events.append(event)
    event_row(case, event, who, recorded_at).save()
    case.last_sequence = event.sequence
    was = (case.key, case.ended_on is None)
    set_present(case, timetable, state, events, day)
    if was != (case.key, case.ended_on is None):
        _refuse_a_second_of_its_key(case)
    case.save()
    return _renewed(case, timetable, state, events, who, recorded_at, event.id)


def _id_of(event: Event, case: Case, sequence: int) -> str:
    if not event.id:
        return f"{case.id}-{sequence}"
    if not _ID.fullmatch(event.id) or _OWN_ID.fullmatch(event.id):
        raise HalfhourError(
            "CS-205",
            f"An event cannot be given the id {event.id[:70]!r}.",
            "Give 1 to 64 letters, digits, '.', '_', ':' or '-', not those of a case and a number; or give none.",
        )
    return event.id


def _already(row: CaseEvent, case: Case, event: Event, moment: datetime) -> Recorded:
    if row.case_id != case.id:
        raise HalfhourError(
            "CS-202",
            f"Event {row.id} is recorded of case {row.case_id}, not of {case.id}.",
            "Withdraw it there, and record it here under another id.",
        )
    said = (event.step, event.outcome, event.on, event.corrects)
    if event.kind != row.kind or (event.kind != "flow" and said != (row.step, row.outcome, row.on, row.corrects)):
        raise HalfhourError(
            "CS-205",
            f"Event {row.id} of case {case.id} is recorded, and says something else.",
            "Correct it by an event of its own, or give this one another id.",
        )
    return Recorded(case, row.id, False, current(case, today(moment)))


def _refuse_what_cannot_be(state: CaseState, event: Event, before: CaseState | None) -> None:
    """Refuse an event for what the fold says of it; one that corrects another, for what the fold did not say before."""
    said = {(one.code, one.message) for one in before.findings} if before else set()
    where = f"{state.case_id} event {event.id}"
    for finding in state.findings:
        of_this = finding.where == where or finding.where.startswith(f"{where} (")
        if finding.code in _REFUSED and (of_this or (before and (finding.code, finding.message) not in said)):
            raise HalfhourError(finding.code, finding.message, finding.next_step)


def _refuse_a_second_of_its_key(case: Case) -> None:
    if case.key and case.ended_on is None:
        other = Case.objects.filter(key=case.key, ended_on__isnull=True).exclude(pk=case.pk).first()
        if other is not None:
            raise HalfhourError(
                "CS-206",
                f"By this, {case.id} would be open about {case.subject}, as {other.id} is already.",
                f"Record it of {other.id}, or end that case first.",
            )


def current(case: Case, on: date) -> CaseState:
    """A case as it stands on a day."""
    return fold(find_timetable(case.timetable), opening_of(case), events_of(case.events.all()), on)


def refold(case_id: str, on: date, who: str = "the clock") -> None:
    """Work out anew how a case stands on a day, because time alone has changed it, and open what follows from that.

    Raises:
        HalfhourError: it cannot be folded any more (its timetable is gone, the calendar ends).
    """

    def work() -> None:
        case = locked(case_id)
        timetable, events = find_timetable(case.timetable), events_of(case.events.all())
        state = fold(timetable, opening_of(case), events, on)
        set_present(case, timetable, state, events, on)
        case.save()
        _renewed(case, timetable, state, events, who, timezone.now())

    in_one_go(work)


def event_from(
    *,
    kind: EventKind,
    on: date,
    step: str = "",
    outcome: str = "",
    data: Mapping[str, Any] | None = None,
    by: str = "",
    corrects: str = "",
    event_id: str = "",
    flow: str = "",
    source: str = "",
) -> Event:
    """An event that a person records.

    Raises:
        HalfhourError: CS-203 it says neither what was done nor what was learnt.
    """
    if kind == "act" and not step:
        raise HalfhourError("CS-203", "The event names no step.", "Give the step's ref, as the timetable has it.")
    if kind in ("correction", "withdrawal") and not corrects:
        raise HalfhourError("CS-203", f"The {kind} names no event.", "Give the id of the event.")
    if kind in ("fact", "party", "note") and not data:
        raise HalfhourError("CS-203", f"The event is a {kind} and says nothing.", "Give at least one name and value.")
    return Event(event_id, 0, on, kind, step, outcome, flow, dict(data or {}), by, source, corrects)
