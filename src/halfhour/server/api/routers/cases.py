"""Cases: open, list, show on a day and as known at a moment, record, correct, what is due, what if."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Status

from halfhour.errors import HalfhourError
from halfhour.processes.cases import Opening, case_key, check_opening, fold, project, under
from halfhour.processes.timetables import find_timetable
from halfhour.server.accounts.case_access import Standing, own_cases, standing
from halfhour.server.api.callers import Caller, caller_of
from halfhour.server.api.case_documents import (
    event_documents,
    known_document,
    line_document,
    recorded_document,
    state_document,
)
from halfhour.server.api.case_rules import check_event, check_present, done_by
from halfhour.server.api.operations import operation
from halfhour.server.api.paging import Cursor, Limit, page_of
from halfhour.server.api.problems import not_found
from halfhour.server.api.routers.case_schemas import (
    CaseOut,
    CasePage,
    NewCase,
    NewEvent,
    RecordedOut,
    WhatIf,
    WhatIfOut,
)
from halfhour.server.api.values import KnownAt, Name, On
from halfhour.server.cases.models import Case
from halfhour.server.cases.present import short_key
from halfhour.server.cases.reading import CaseAsKnown, case_as_known, list_cases, renew
from halfhour.server.cases.writing import current, event_from, open_case, record, today

router = Router()

Filter = Annotated[str, Query("", max_length=60)]


@router.get("/cases", **operation("case", "read", CasePage))
def show_cases(
    request: HttpRequest,
    cursor: Cursor,
    limit: Limit,
    timetable: Filter,
    state: Filter,
    mpan: Filter,
    is_: Annotated[Literal["open", "ended", "any"], Query("any", alias="is")],
) -> dict[str, Any]:
    """Cases that the organisation is a party of, in order of id."""
    ended = {"open": False, "ended": True, "any": None}[is_]
    renew(today())
    among = own_cases(caller_of(request).organisation)
    rows = list_cases(timetable=timetable, state=state, mpan=mpan, ended=ended, among=among)
    found, next_ = page_of(rows, "id", cursor, limit)
    return {"items": [line_document(case) for case in found], "next": next_}


@router.post("/cases", **operation("case", "record", RecordedOut, status=(200, 201)))
def open_a_case(request: HttpRequest, body: NewCase) -> Status[dict[str, Any]]:
    """Open a case in which the organisation plays a party; 200 and the case that is open where there is one already."""
    caller = caller_of(request)
    if caller.organisation not in body.parties.values():
        raise HalfhourError(
            "SV-103", "The organisation plays no party of this case.", f"Give {caller.organisation} its party."
        )
    opening = Opening("", body.timetable, body.opened_on, body.parties, body.facts, body.parameters, body.nation)
    timetable = find_timetable(body.timetable)
    key = short_key(case_key(timetable, check_opening(timetable, opening).facts))
    there = Case.objects.filter(key=key, ended_on__isnull=True).first() if key else None
    if there is not None:
        _check_own(there, caller)
    recorded = open_case(opening, caller.who)
    # Another may have opened it in between.
    _check_own(recorded.case, caller)
    taken = recorded.case.file_instances.count() if recorded.new else 0
    return Status(201 if recorded.new else 200, recorded_document(recorded) | {"files_taken": taken})


def _check_own(case: Case, caller: Caller) -> None:
    if standing(case.id, caller.organisation) is None:
        raise _of_others()


def _of_others() -> HalfhourError:
    return HalfhourError(
        "SV-111", "Another case of this key is open already.", "Its parties can name the organisation as one of them."
    )


@router.get("/cases/{case_id}", **operation("case", "read", CaseOut))
def show_case(request: HttpRequest, case_id: Name, on: On, known_at: KnownAt) -> dict[str, Any]:
    """A case as it stands on a day, by what had been recorded at a moment."""
    stood, known = _known(caller_of(request), case_id, on, known_at)
    return known_document(known, stood.hidden(known.timetable))


@router.post("/cases/{case_id}/events", **operation("case", "record", RecordedOut, status=(200, 201)))
def record_event(request: HttpRequest, case_id: Name, body: NewEvent) -> Status[dict[str, Any]]:
    """Record an act, a flow, facts, who plays a party, a note; correct or withdraw what was recorded."""
    caller = caller_of(request)
    case, stood = _found(caller, case_id)
    check_present(stood)
    timetable = find_timetable(case.timetable)
    event = event_from(
        kind=body.kind,
        on=body.on,
        step=body.step,
        outcome=body.outcome,
        flow=body.flow,
        data=body.data,
        corrects=body.corrects,
        event_id=f"{case.id}:{body.id}" if body.id else "",
    )
    parties = current(case, max(today(), case.opened_on)).parties
    check_event(timetable, parties, event, caller, stood)
    event = replace(event, by=done_by(timetable, parties, event, caller))
    try:
        recorded = record(case.id, event, caller.who)
    except HalfhourError as error:
        # Which case it is may be nothing that the caller may know.
        raise _of_others() if error.code == "CS-206" else error from None
    return Status(201 if recorded.new else 200, recorded_document(recorded))


@router.post("/cases/{case_id}/what-if", **operation("case", "read", WhatIfOut))
def what_if(request: HttpRequest, case_id: Name, body: WhatIf) -> dict[str, Any]:
    """The same case under another option or calendar, or carried on as though every party answered. Nothing is kept."""
    stood, known = _known(caller_of(request), case_id, None, None)
    timetable = find_timetable(body.timetable or known.timetable.id)
    hidden = stood.hidden(known.timetable) | stood.hidden(timetable)
    opening, events, left = under(timetable, known.opening, known.events, parameters=body.parameters)
    day, calendar = known.state.on, body.calendar or None
    if body.project:
        answers, timing, until = dict(body.answers), body.timing, body.until
        made, state = project(
            timetable, opening, events, answers, timing=timing, since=day, until=until, calendar=calendar
        )
    else:
        made, state = events, fold(timetable, opening, events, body.until or day, calendar)
    return {
        "state": state_document(timetable, state, hidden),
        "events": event_documents(made[len(events) :], hidden),
        "left_out": [one.id for one in left],
    }


def _found(caller: Caller, case_id: str) -> tuple[Case, Standing]:
    stood = standing(case_id, caller.organisation)
    if stood is None:
        raise not_found(f"case '{case_id}'")
    return Case.objects.get(pk=case_id), stood


def _known(caller: Caller, case_id: str, on: date | None, known_at: datetime | None) -> tuple[Standing, CaseAsKnown]:
    """A case as far as the caller knows of it: a former party, what was recorded in its time."""
    case, stood = _found(caller, case_id)
    if stood.until is not None:
        known_at = min(known_at or stood.until, stood.until)
        on = min(on or today(known_at), today(stood.until))
    return stood, case_as_known(case, on, known_at)
