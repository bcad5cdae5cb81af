"""Files of the industry: give one, see what became of it, assign what is unmatched, send what a case needs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Field, File, Query, Router, Schema, Status
from ninja.files import UploadedFile

from halfhour.errors import HalfhourError
from halfhour.formats.flows.records import read_flow
from halfhour.processes.flows.building import without_file
from halfhour.processes.timetables import find_timetable
from halfhour.server.accounts.case_access import standing
from halfhour.server.accounts.visible import readable
from halfhour.server.api.callers import Caller, caller_of
from halfhour.server.api.case_rules import check_present
from halfhour.server.api.operations import file_operation, operation
from halfhour.server.api.paging import Cursor, Limit, Page, page_of
from halfhour.server.api.problems import not_found
from halfhour.server.api.routers.case_schemas import FindingOut, Values
from halfhour.server.api.values import Day, Name, RowId
from halfhour.server.cases.models import Case
from halfhour.server.files.models import FileInstance, FlowFileRow, InstanceState
from halfhour.server.files.outbox import delivered
from halfhour.server.files.receiving import assign, receive
from halfhour.server.files.sending import send

router = Router()


class InstanceOut(Schema):
    """An instance of a file; `case` is empty where it belongs to none that the caller is a party of."""

    id: int
    number: int
    flow: str
    mpan: str
    on: date
    state: str
    because: str
    case: str


class FileLine(Schema):
    """A file in a list."""

    id: int
    name: str
    sha256: str
    flow: str
    from_role: str
    from_mpid: str
    to_role: str
    to_mpid: str
    file_id: str
    state: str
    recorded_at: datetime


class FileOut(FileLine):
    """A file, what became of each of its instances, and what is wrong with it."""

    findings: list[FindingOut]
    instances: list[InstanceOut]


class FilePage(Page):
    """Files, the newest first."""

    items: list[FileLine]


class Acknowledgement(Schema):
    """That a file came and can be read; not that anybody agrees with what it says."""

    sha256: str
    flow: str
    file_id: str
    from_mpid: str
    to_mpid: str
    accepted: bool
    received_at: datetime
    instances: int
    rejected: int
    findings: list[FindingOut]


class UnmatchedPage(Page):
    """Instances for which no case was found."""

    items: list[InstanceOut]


class Assignment(Schema):
    """The case that an instance belongs to."""

    case: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,12}$")]


class FileWanted(Schema):
    """The step whose file is to be sent, and values for it before anything that the case knows."""

    step: Annotated[str, Field(max_length=20)]
    flow: Annotated[str, Field(pattern=r"^([A-Z][0-9]{4})?$")] = ""
    values: Values = {}
    on: Day | None = None


class SentOut(Schema):
    """A file that was built and recorded as sent; its bytes are at `/files/{id}/content`."""

    id: int
    name: str
    to_mpid: str
    case: str
    state: str


class SentList(Schema):
    """One file for each recipient; `without_file` says by title to whom none went, and why."""

    items: list[SentOut]
    without_file: dict[str, str]


def own_files(organisation: str) -> QuerySet[FlowFileRow]:
    """Files from, to or given by an organisation."""
    return FlowFileRow.objects.filter(
        Q(from_mpid=organisation) | Q(to_mpid=organisation) | Q(organisation=organisation)
    )


@router.get("/files", **operation("file", "read", FilePage))
def list_files(
    request: HttpRequest,
    cursor: Cursor,
    limit: Limit,
    flow: Annotated[str, Query("", pattern=r"^([A-Z][0-9]{4,7})?$")],
    state: Annotated[str, Query("", max_length=10)],
) -> dict[str, Any]:
    """Files from, to or given by the organisation, the newest first."""
    rows = own_files(caller_of(request).organisation)
    if flow:
        rows = rows.filter(flow__startswith=flow)
    if state:
        rows = rows.filter(state=state)
    found, next_ = page_of(rows.defer("content"), "-id", cursor, limit)
    return {"items": [_line(row) for row in found], "next": next_}


@router.post("/files", **operation("file", "record", FileOut, status=(200, 201)))
def give_file(request: HttpRequest, file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Give a file that the organisation sent or received; the same bytes twice are one file, answered with 200."""
    caller = caller_of(request)
    content = file.read()
    _check_correspondent(content, caller)
    receipt = receive(content, file.name or "file", caller.who, organisation=caller.organisation)
    return Status(201 if receipt.new else 200, _document(receipt.file, caller))


def _check_correspondent(content: bytes, caller: Caller) -> None:
    try:
        header = read_flow(content).header
    except HalfhourError:
        # What cannot be read is kept as rejected, with its faults, for whoever gave it.
        return
    if caller.organisation not in (header.get("from_mpid"), header.get("to_mpid")):
        raise HalfhourError(
            "SV-103",
            "The file is neither from nor to the organisation.",
            f"Give files whose header names {caller.organisation}.",
        )


@router.get("/files/{file_id}", **operation("file", "read", FileOut))
def show_file(request: HttpRequest, file_id: RowId) -> dict[str, Any]:
    """A file and what became of each of its instances."""
    caller = caller_of(request)
    return _document(_file(caller, file_id), caller)


@router.get("/files/{file_id}/acknowledgement", **operation("file", "read", Acknowledgement))
def acknowledge_file(request: HttpRequest, file_id: RowId) -> dict[str, Any]:
    """That a file came and whether it could be read. Receipt is not acceptance of what it says."""
    row = _file(caller_of(request), file_id)
    states = list(row.instances.values_list("state", flat=True))
    return {
        "sha256": row.sha256,
        "flow": row.flow,
        "file_id": row.file_id,
        "from_mpid": row.from_mpid,
        "to_mpid": row.to_mpid,
        "accepted": row.state != "REJECTED",
        "received_at": row.recorded_at,
        "instances": len(states),
        "rejected": states.count(InstanceState.REJECTED),
        "findings": row.findings,
    }


@router.get("/files/{file_id}/content", **file_operation("file", "read", "application/octet-stream"))
def file_content(request: HttpRequest, file_id: RowId) -> HttpResponse:
    """The file's bytes as they came or went; one that waits to be sent has been sent once it is fetched."""
    row = _file(caller_of(request), file_id)
    if not row.folder:
        delivered(row.pk)
    return HttpResponse(
        bytes(row.content),
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{row.sha256[:16]}.usr"'},
    )


@router.get("/unmatched", **operation("file", "read", UnmatchedPage))
def list_unmatched(request: HttpRequest, cursor: Cursor, limit: Limit) -> dict[str, Any]:
    """Instances of the organisation's files for which no case was found, in order of coming."""
    caller = caller_of(request)
    rows = FileInstance.objects.filter(state=InstanceState.UNMATCHED, file__in=own_files(caller.organisation))
    found, next_ = page_of(rows, "id", cursor, limit)
    return {"items": [_instance(row, caller) for row in found], "next": next_}


@router.post("/unmatched/{instance_id}/assign", **operation("file", "record", InstanceOut))
def assign_instance(request: HttpRequest, instance_id: RowId, body: Assignment) -> dict[str, Any]:
    """Say which of the organisation's cases an unmatched instance belongs to."""
    caller = caller_of(request)
    row = FileInstance.objects.filter(pk=instance_id, file__in=own_files(caller.organisation)).first()
    if row is None:
        raise not_found(f"instance {instance_id}")
    stood = standing(body.case, caller.organisation)
    if stood is None:
        raise not_found(f"case '{body.case}'")
    check_present(stood)
    return _instance(assign(instance_id, body.case, caller.who), caller)


@router.post("/cases/{case_id}/files", **operation("case", "record", SentList, status=201))
def send_file(request: HttpRequest, case_id: Name, body: FileWanted) -> Status[dict[str, Any]]:
    """Build the file that a step of the case needs, from the case and what the organisation reads of the register.

    It is recorded as sent.
    """
    caller = caller_of(request)
    stood = standing(case_id, caller.organisation)
    if stood is None:
        raise not_found(f"case '{case_id}'")
    timetable = find_timetable(Case.objects.get(pk=case_id).timetable)
    step = timetable.by_ref.get(body.step)
    check_present(stood)
    if step is not None and step.sender not in stood.parties:
        raise HalfhourError(
            "SV-103", f"Step {body.step} is not the organisation's to send.", "Its sender sends the file."
        )
    sent = send(
        case_id,
        body.step,
        caller.who,
        given=body.values,
        seen=lambda model: readable(model, caller.organisation),
        flow=body.flow,
        on=body.on,
    )
    return Status(
        201,
        {
            "items": [
                {
                    "id": one.row.pk,
                    "name": one.name,
                    "to_mpid": one.to_mpid,
                    "case": one.recorded.case.id,
                    "state": one.recorded.state.state,
                }
                for one in sent
            ],
            "without_file": without_file(timetable, sent[0].recorded.state, body.step, {one.to_mpid for one in sent}),
        },
    )


def _file(caller: Caller, file_id: int) -> FlowFileRow:
    row = own_files(caller.organisation).filter(pk=file_id).first()
    if row is None:
        raise not_found(f"file {file_id}")
    return row


def _line(row: FlowFileRow) -> dict[str, Any]:
    return {name: getattr(row, "pk" if name == "id" else name) for name in FileLine.model_fields}


def _document(row: FlowFileRow, caller: Caller) -> dict[str, Any]:
    return _line(row) | {
        "findings": row.findings,
        "instances": [_instance(one, caller) for one in row.instances.order_by("number")],
    }


def _instance(row: FileInstance, caller: Caller) -> dict[str, Any]:
    own = row.case_id is not None and standing(row.case_id, caller.organisation) is not None
    return {
        "id": row.pk,
        "number": row.number,
        "flow": row.flow,
        "mpan": row.mpan,
        "on": row.on,
        "state": row.state,
        "because": row.because if own or row.case_id is None else "",
        "case": row.case_id if own else "",
    }
