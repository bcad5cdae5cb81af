"""Everything due in the cases of an organisation: as JSON, as a CSV file, as a calendar that programs subscribe to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from halfhour.processes.deadlines import Deadline, as_csv, as_ics
from halfhour.server.accounts.case_access import own_cases
from halfhour.server.api.callers import CALENDARS, caller_of
from halfhour.server.api.operations import file_operation, operation
from halfhour.server.api.routers.case_schemas import DeadlineList
from halfhour.server.cases.reading import due
from halfhour.server.cases.writing import today

router = Router()

Within = Annotated[int, Query(30, ge=0, le=366, description="Days from today; what is overdue is always told.")]
Whose = Annotated[
    Literal["own", "all"], Query("own", description="What the organisation must do, or everybody in its cases.")
]


@router.get("/deadlines", **operation("case", "read", DeadlineList))
def list_deadlines(request: HttpRequest, within: Within, whose: Whose) -> dict[str, Any]:
    """Everything due in the organisation's cases, the earliest first."""
    return {"items": [asdict(row) for row in _due(request, within, whose)]}


@router.get("/deadlines.csv", **file_operation("case", "read", "text/csv"))
def deadlines_as_csv(request: HttpRequest, within: Within, whose: Whose) -> HttpResponse:
    """The same as a CSV file."""
    return HttpResponse(as_csv(_due(request, within, whose)), content_type="text/csv; charset=utf-8")


@router.get("/deadlines.ics", **file_operation("case", "read", "text/calendar", auth=CALENDARS))
def deadlines_as_calendar(request: HttpRequest, within: Within, whose: Whose) -> HttpResponse:
    """The same as a calendar feed (RFC 5545); a calendar program gives the token as a password (HTTP Basic)."""
    caller = caller_of(request)
    name = f"Halfhour {caller.organisation}"
    # One stamp a day, so that a feed in which nothing has changed is the same feed.
    made = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return HttpResponse(as_ics(_due(request, within, whose), name, made), content_type="text/calendar; charset=utf-8")


def _due(request: HttpRequest, within: int, whose: str) -> list[Deadline]:
    organisation = caller_of(request).organisation
    day = today()
    last = day + timedelta(days=within)
    rows = due(day, within=within, mpid=organisation if whose == "own" else "", among=own_cases(organisation))
    return [row for row in rows if row.due <= last]
