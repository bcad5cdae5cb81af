"""Asking of cases: how one stands on a day and as it was known at a moment, which there are, and what is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import shown
from halfhour.processes.cases import CaseState, Event, Opening, as_known_at, fold
from halfhour.processes.deadlines import Deadline, deadlines, in_order
from halfhour.processes.timetables import Timetable, find_timetable
from halfhour.server.cases.models import Case, CaseEvent, CaseWaiting
from halfhour.server.cases.stored import events_of, opening_of
from halfhour.server.cases.writing import refold, today

_IN_ONE_GO = 500
"""Cases that are folded anew before the next ones are looked for."""


@dataclass(frozen=True, slots=True)
class CaseAsKnown:
    """A case with its timetable, its events as known at a moment, and its state on a day."""

    case: Case
    timetable: Timetable
    opening: Opening
    events: list[Event]
    state: CaseState


def find_case(case_id: str) -> Case:
    """The case of that id.

    Raises:
        HalfhourError: CS-201 there is none.
    """
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise HalfhourError("CS-201", f"There is no case {shown(case_id)}.", "`halfhour case list` lists them.")
    return case


def case_as_known(case: Case, on: date | None = None, known_at: datetime | None = None) -> CaseAsKnown:
    """A case on a day, by what had been recorded at a moment.

    Raises:
        HalfhourError: CS-204 at that moment the case had not been opened.
    """
    if known_at is not None and known_at < case.recorded_at:
        raise HalfhourError(
            "CS-204",
            f"At {known_at.isoformat()} case {case.id} had not been opened.",
            f"It was opened at {case.recorded_at.isoformat()}.",
        )
    timetable = find_timetable(case.timetable)
    opening, events = opening_of(case), events_of(case.events.all())
    if known_at is not None:
        events = as_known_at(events, known_at)
    events.sort(key=lambda one: one.sequence)
    day = on or max([today(known_at), case.opened_on])
    return CaseAsKnown(case, timetable, opening, events, fold(timetable, opening, events, day))


def list_cases(
    *,
    timetable: str = "",
    state: str = "",
    mpid: str = "",
    mpan: str = "",
    ended: bool | None = None,
    among: QuerySet[Case] | None = None,
) -> QuerySet[Case]:
    """Cases in order of id.

    Args:
        ended: True for ended ones, False for open ones, None for both.
        among: those that may be seen; None = all.
    """
    found = Case.objects.all() if among is None else among
    if timetable:
        found = found.filter(timetable=timetable)
    if state:
        found = found.filter(state=state)
    if mpid:
        found = found.filter(party_rows__mpid=mpid)
    if mpan:
        found = found.filter(subject_rows__value=mpan)
    if ended is not None:
        found = found.filter(ended_on__isnull=not ended)
    return found.order_by("id").distinct()


def renew(on: date) -> int:
    """Fold anew every open case that time alone has changed by a day; how many there were."""
    renewed = 0
    while stale := list(
        Case.objects.filter(ended_on__isnull=True, refold_on__lte=on, folded_on__lt=on)
        .order_by("refold_on")
        .values_list("id", flat=True)[:_IN_ONE_GO]
    ):
        refold(stale, on)
        renewed += len(stale)
    return renewed


def due_rows(until: date, *, mpid: str = "", among: QuerySet[Case] | None = None) -> QuerySet[CaseWaiting]:
    """What open cases wait for and is due by a day, the earliest first; one query."""
    wanted = Q(due__lte=until, case__ended_on__isnull=True)
    if mpid:
        wanted &= Q(mpid=mpid)
    if among is not None:
        wanted &= Q(case__in=among)
    return CaseWaiting.objects.filter(wanted).select_related("case").order_by("due", "case_id", "ref")


def due(
    on: date, *, within: int = 0, mpid: str = "", among: QuerySet[Case] | None = None, now: date | None = None
) -> list[Deadline]:
    """Everything due by a number of calendar days after a day, overdue acts among it, the earliest first.

    Args:
        on: the day from which it is looked; what is due before it is overdue.
        now: today; what time has changed since a case was last written is worked out up to it.
    """
    renew(min(on, now or today()))
    until = on + timedelta(days=within)
    ids = sorted(set(due_rows(until, mpid=mpid, among=among).values_list("case_id", flat=True)))
    if on > (now or today()):
        # By then more clocks will have run out, and opened what follows from their silence.
        later = (
            Case.objects.filter(ended_on__isnull=True, refold_on__lte=on)
            if among is None
            else among.filter(ended_on__isnull=True, refold_on__lte=on)
        )
        ids = sorted({*ids, *later.values_list("id", flat=True)})
    rows = [
        row
        for timetable, state in states(ids, on)
        for row in deadlines(timetable, state)
        if row.due <= until and (not mpid or row.mpid == mpid)
    ]
    return in_order(rows)


def states(case_ids: list[str], on: date) -> Iterator[tuple[Timetable, CaseState]]:
    """Cases folded to a day, in order of id; two queries for each five hundred of them."""
    for start in range(0, len(case_ids), _IN_ONE_GO):
        cases = Case.objects.filter(pk__in=case_ids[start : start + _IN_ONE_GO]).order_by("id")
        for case in cases.prefetch_related(Prefetch("events", CaseEvent.objects.order_by("sequence"))):
            timetable = find_timetable(case.timetable)
            yield timetable, fold(timetable, opening_of(case), events_of(case.events.all()), max(on, case.opened_on))
