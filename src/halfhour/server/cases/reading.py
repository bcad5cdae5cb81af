"""Asking of cases: how one stands on a day and as it was known at a moment, which there are, and what is due."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from halfhour import __version__
from halfhour.errors import Finding, HalfhourError
from halfhour.processes.cases import CaseState, Event, Opening, as_known_at, fold
from halfhour.processes.cases.clocks import days_late
from halfhour.processes.deadlines import Deadline, deadlines, in_order
from halfhour.processes.timetables import Step, Timetable, find_timetable, in_words, timetables
from halfhour.server.cases.encoding import ExactDecoder, is_text
from halfhour.server.cases.locking import found
from halfhour.server.cases.models import Case, CaseParty, CaseSubject, CaseWaiting, FoldedWith
from halfhour.server.cases.stored import events_of, opening_of
from halfhour.server.cases.writing import refold, today

_IN_ONE_GO = 500
"""Cases that are read together."""

_FARTHEST = 3_660
"""Calendar days that deadlines are looked for ahead of a day: ten years."""


@dataclass(frozen=True, slots=True)
class CaseAsKnown:
    """A case with its timetable, its events as known at a moment, and its state on a day."""

    case: Case
    timetable: Timetable
    opening: Opening
    events: list[Event]
    state: CaseState


def find_case(case_id: str) -> Case:
    """The case of that id, in small letters or large.

    Raises:
        HalfhourError: CS-201 there is none.
    """
    return found(Case.objects.all(), case_id)


def case_as_known(case: Case, on: date | None = None, known_at: datetime | None = None) -> CaseAsKnown:
    """A case on a day, by what had been recorded at a moment.

    Args:
        on: None = the day of the moment, or today; not before the case was opened.

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
        mpid: of who plays a party now.
        mpan: or a reference that files name the case by.
        ended: True for ended ones, False for open ones, None for both.
        among: those that may be seen; None = all.
    """
    cases = Case.objects.all() if among is None else among
    if not all(map(is_text, (timetable, state, mpid, mpan))):
        return cases.none()
    if timetable:
        cases = cases.filter(timetable=timetable)
    if state:
        cases = cases.filter(state=state)
    if mpid:
        cases = cases.filter(Exists(CaseParty.objects.filter(case=OuterRef("pk"), mpid=mpid)))
    if mpan:
        cases = cases.filter(Exists(CaseSubject.objects.filter(case=OuterRef("pk"), value=mpan)))
    if ended is not None:
        cases = cases.filter(ended_on__isnull=not ended)
    return cases.order_by("id")


def renew(on: date) -> list[Finding]:
    """Fold anew every open case that time alone, or another edition of the timetables, has changed by a day.

    Returns:
        What cannot be folded any more, one finding for each case; the others go on.
    """
    problems = []
    edition = _edition()
    stale = Case.objects.filter(ended_on__isnull=True)
    known = FoldedWith.objects.filter(timetables=edition).exists()
    if known:
        stale = stale.filter(refold_on__lte=on)
    last = ""
    while ids := list(stale.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_IN_ONE_GO]):
        for case_id in ids:
            try:
                refold(case_id, on)
            except HalfhourError as error:
                problems.append(Finding(error.code, "error", error.message, error.next_step, where=case_id))
        last = ids[-1]
    if not known:
        FoldedWith.objects.update_or_create(id=1, defaults={"timetables": edition})
    return problems


@cache
def _edition() -> str:
    """A hash of everything that, beside what is recorded, says how cases stand."""
    written = [__version__, *(repr(find_timetable(one)) for one in sorted(timetables()))]
    return hashlib.sha256("\n".join(written).encode()).hexdigest()


def due(
    on: date, *, within: int = 0, mpid: str = "", among: QuerySet[Case] | None = None, now: date | None = None
) -> list[Deadline]:
    """Everything due by a number of calendar days after a day, overdue acts among it, the earliest first.

    Cases that stand on that day as they stand now are taken from their rows, in one query however many there are;
    those that stood or will stand otherwise are folded to the day.

    Args:
        on: the day from which it is looked; what is due before it is overdue.
        mpid: only what this organisation must do.
        among: only of these cases; None = of all.
        now: today; what time has changed since a case was last written is worked out up to it.

    Raises:
        HalfhourError: CS-209 nothing is looked for so far ahead, or behind.
    """
    if not 0 <= within <= _FARTHEST:
        raise HalfhourError("CS-209", f"Nothing is looked for {within:,} days ahead.", f"Give 0 to {_FARTHEST:,} days.")
    present = now or today()
    renew(present)
    until = on + timedelta(days=within)
    rows = CaseWaiting.objects.filter(
        Q(case__refold_on__isnull=True) | Q(case__refold_on__gt=on), due__lte=until, case__changed_on__lte=on
    )
    if mpid:
        rows = rows.filter(mpid=mpid)
    if among is not None:
        rows = rows.filter(case__in=among)
    told = list(_told(rows, on))
    if on != present:
        # On another day some cases stand otherwise: what has happened since is taken away, what time does is added.
        cases = (Case.objects.all() if among is None else among).filter(opened_on__lte=on)
        others = cases.filter(Q(changed_on__gt=on) | Q(refold_on__lte=on)).exclude(ended_on__lte=on)
        told += [
            row
            for timetable, state in states(others, on)
            for row in deadlines(timetable, state)
            if row.due <= until and (not mpid or row.mpid == mpid)
        ]
    return in_order(told)


_COLUMNS = (
    *("due", "case_id", "case__timetable", "case__opened_on", "written", "case__subject", "case__nation"),
    *("ref", "attempt", "party", "mpid", "flow", "since", "counted"),
)


def _told(rows: QuerySet[CaseWaiting], on: date) -> Iterator[Deadline]:
    """Rows as deadlines; what the timetable says is taken from there."""
    # Parameters as they are written, since those of most cases are the same and need be read once.
    late: dict[tuple[str, str, str, date, date, str], int] = {}
    silences: dict[tuple[str, str, date, str], str] = {}
    for row in rows.annotate(written=Cast("case__parameters", TextField())).values(*_COLUMNS):
        timetable = find_timetable(row["case__timetable"])
        step = timetable.by_ref[row["ref"]]
        days = 0
        if row["due"] < on and step.clock:
            clock = (timetable.id, step.ref, row["case__nation"], row["due"], row["case__opened_on"], row["written"])
            if clock not in late:
                parameters = timetable.parameter_values(
                    row["case__opened_on"], json.loads(row["written"], cls=ExactDecoder)
                )
                late[clock] = days_late(row["due"], on, step.clock, parameters, row["case__nation"])
            days = late[clock]
        silent = (timetable.id, step.ref, row["case__opened_on"], row["written"])
        if silent not in silences:
            silences[silent] = _silence(
                timetable, step, row["case__opened_on"], json.loads(row["written"], cls=ExactDecoder)
            )
        yield Deadline(
            due=row["due"],
            overdue=row["due"] < on,
            days_late=days,
            case_id=row["case_id"],
            timetable=timetable.id,
            subject=row["case__subject"],
            ref=step.ref,
            attempt=row["attempt"],
            party=timetable.parties[row["party"]].title,
            mpid=row["mpid"],
            action=step.action,
            flow=row["flow"],
            since=row["since"],
            counted=row["counted"],
            if_nothing_comes=silences[silent],
        )


def _silence(timetable: Timetable, step: Step, opened_on: date, parameters: Mapping[str, Any]) -> str:
    """What follows where nothing comes, with the parameters of the case."""
    meaning = step.silent.meaning if step.silent else ""
    return in_words(meaning, timetable.parameter_values(opened_on, parameters)) if "{" in meaning else meaning


def states(cases: QuerySet[Case], on: date) -> Iterator[tuple[Timetable, CaseState]]:
    """Cases folded to a day, in order of id; two queries for each five hundred of them."""
    last = ""
    while part := list(cases.filter(pk__gt=last).order_by("pk").prefetch_related("events")[:_IN_ONE_GO]):
        for case in part:
            timetable = find_timetable(case.timetable)
            yield timetable, fold(timetable, opening_of(case), events_of(case.events.all()), on)
        last = part[-1].pk
