"""Files in: recognised, acknowledged, and each instance matched to its case, or opening one, or left for a person.

The file is stored first and each instance is then taken in a transaction of its own, so that a process that is killed
leaves instances that wait; giving the file again goes on with them.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from halfhour.errors import HalfhourError
from halfhour.formats.flows.checking import check_file
from halfhour.formats.flows.records import FlowFile, read_flow
from halfhour.processes.flows import Message, messages_of
from halfhour.processes.flows.matching import Match, OpenCase, event_of, match, message_subjects
from halfhour.processes.timetables import find_timetable
from halfhour.server.cases.models import Case, CaseParty
from halfhour.server.cases.stored import events_of, opening_of
from halfhour.server.cases.writing import open_case, record, today
from halfhour.server.files.models import FileInstance, FileState, FlowFileRow, InstanceState, InstanceSubject

_STATES = {
    "answers": InstanceState.MATCHED,
    "held": InstanceState.HELD,
    "refused": InstanceState.REFUSED,
    "attached": InstanceState.ATTACHED,
}
_MOST_FINDINGS = 100
"""Kept of one file; the first hundred say what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a file: whether it is new, and the row with its state and instances."""

    new: bool
    file: FlowFileRow


def receive(
    content: bytes,
    name: str,
    who: str,
    *,
    organisation: str = "",
    on: date | None = None,
    moment: datetime | None = None,
) -> Receipt:
    """Take a file in. The same bytes twice are one file, and what was left of it is gone on with.

    Args:
        organisation: in whose name it is given: it then reaches only cases in which that organisation plays a party.
        on: day on which it came; None = the day that its header says.

    Raises:
        HalfhourError: CS-210 it is empty.
    """
    if not content:
        raise HalfhourError("CS-210", f"{name or 'The file'} is empty.", "Ask the sender for it again.")
    recorded_at = moment or timezone.now()
    sha256 = hashlib.sha256(content).hexdigest()
    row = FlowFileRow.objects.filter(sha256=sha256).first()
    new = row is None
    if row is None:
        try:
            with transaction.atomic():
                row = _stored(content, sha256, name, who, organisation, on, recorded_at)
        except IntegrityError:
            # Another writer has just stored the same bytes.
            row = FlowFileRow.objects.get(sha256=sha256)
            new = False
    if row.state == FileState.ACCEPTED:
        _take_what_waits(row, who, recorded_at)
    return Receipt(new, FlowFileRow.objects.get(pk=row.pk))


def _stored(
    content: bytes, sha256: str, name: str, who: str, organisation: str, on: date | None, recorded_at: datetime
) -> FlowFileRow:
    flow, accepted, rejected, findings = _looked_at(content, name)
    header = flow.header if flow else {}
    row = FlowFileRow.objects.create(
        sha256=sha256,
        name=name[:255],
        content=content,
        flow=header.get("flow_version", "")[:8],
        from_role=header.get("from_role", "")[:1],
        from_mpid=header.get("from_mpid", "")[:4],
        to_role=header.get("to_role", "")[:1],
        to_mpid=header.get("to_mpid", "")[:4],
        file_id=header.get("file_id", "")[:10],
        created=header.get("created", "")[:14],
        state=FileState.ACCEPTED if accepted else FileState.REJECTED,
        findings=findings,
        organisation=organisation,
        who=who,
        recorded_at=recorded_at,
    )
    if accepted and flow is not None:
        for message in messages_of(flow):
            faulty = message.instance in rejected
            instance = FileInstance.objects.create(
                file=row,
                number=message.instance,
                message_id=message.id,
                flow=message.flow,
                mpan=message.mpan[:13],
                on=on or message.on or today(recorded_at),
                state=InstanceState.REJECTED if faulty else InstanceState.WAITING,
                because=_first_fault(findings) if faulty else "",
            )
            InstanceSubject.objects.bulk_create(
                InstanceSubject(instance=instance, value=value[:60]) for value in sorted(message_subjects(message))
            )
    return row


def _looked_at(content: bytes, name: str) -> tuple[FlowFile | None, bool, set[int], list[dict[str, str]]]:
    """A file, whether it is accepted, which of its instances are not, and what is wrong with it."""
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix or ".usr") as kept:
        kept.write(content)
        kept.flush()
        try:
            _, verdict = check_file(Path(kept.name), Path(name).name or "file")
            flow = read_flow(content)
        except HalfhourError as error:
            fault = {"code": error.code, "severity": "error", "message": error.message, "next_step": error.next_step}
            return None, False, set(), [fault]
    findings = [
        {
            "code": one.code,
            "severity": one.severity,
            "message": one.message,
            "next_step": one.next_step,
            "where": one.where,
        }
        for one in verdict.findings[:_MOST_FINDINGS]
    ]
    return flow, verdict.accepted, {int(number) for number in verdict.rejected}, findings


def _first_fault(findings: list[dict[str, str]]) -> str:
    fault = next((one for one in findings if one["severity"] == "error"), None)
    return f"{fault['code']}: {fault['message']}"[:500] if fault else "It is not valid."


def _take_what_waits(row: FlowFileRow, who: str, recorded_at: datetime) -> None:
    waiting = list(row.instances.filter(state=InstanceState.WAITING).order_by("number"))
    if waiting:
        messages = {message.instance: message for message in messages_of(read_flow(bytes(row.content)))}
        for instance in waiting:
            _take(instance, messages[instance.number], row, who, recorded_at)


def _take(instance: FileInstance, message: Message, row: FlowFileRow, who: str, recorded_at: datetime) -> None:
    """Match one instance and record it; what cannot be recorded waits for a person with its reason."""
    try:
        with transaction.atomic():
            found = _found(instance, message)
            if found.opens is not None:
                made = open_case(found.opens, who, moment=recorded_at)
                _record(instance, message, made.case, InstanceState.OPENED, found.because, row, who, recorded_at)
                look_again(made.case, who, recorded_at)
            elif found.effect is not None:
                case = Case.objects.get(pk=found.case_id)
                _record(instance, message, case, _STATES[found.effect], found.because, row, who, recorded_at)
            else:
                _say(instance, InstanceState.UNMATCHED, found.because)
    except HalfhourError as error:
        _say(instance, InstanceState.UNMATCHED, str(error))


def _found(instance: FileInstance, message: Message) -> Match:
    values = [row.value for row in instance.subject_rows.all()]
    cases = Case.objects.filter(subject_rows__value__in=values)
    organisation = instance.file.organisation
    if organisation:
        # A file says itself who sent it, and may lie: given in an organisation's name it reaches no case of others.
        cases = cases.filter(Exists(CaseParty.objects.filter(case=OuterRef("pk"), mpid=organisation)))
    found = match(
        message,
        [
            OpenCase(find_timetable(case.timetable), opening_of(case), events_of(case.events.all()))
            for case in cases.distinct().order_by("id").prefetch_related("events")
        ],
        instance.on,
    )
    if found.opens is not None and organisation and organisation not in found.opens.parties.values():
        because = f"{message.flow} would open {found.opens.timetable}, in which {organisation} plays no party."
        return Match("", None, None, because)
    return found


def _record(
    instance: FileInstance,
    message: Message,
    case: Case,
    state: InstanceState,
    because: str,
    row: FlowFileRow,
    who: str,
    recorded_at: datetime,
) -> None:
    event = replace(event_of(message, 0, instance.on), source=f"{row.name}, instance {instance.number}"[:300])
    record(case.id, event, who, moment=recorded_at)
    instance.case = case
    _say(instance, state, because)


def _say(instance: FileInstance, state: InstanceState, because: str) -> None:
    instance.state, instance.because = state, because[:500]
    instance.save()


def look_again(case: Case, who: str, recorded_at: datetime) -> int:
    """Look again at what waits unmatched and shares a subject with a case; how much of it now belongs somewhere."""
    values = [row.value for row in case.subject_rows.all()]
    waiting = (
        FileInstance.objects.filter(state=InstanceState.UNMATCHED, subject_rows__value__in=values)
        .select_related("file")
        .distinct()
        .order_by("on", "id")
    )
    before = len(waiting)
    for instance in waiting:
        message = message_of(instance)
        _take(instance, message, instance.file, who, recorded_at)
    return before - FileInstance.objects.filter(pk__in=[one.pk for one in waiting], state="UNMATCHED").count()


def message_of(instance: FileInstance) -> Message:
    """What an instance says."""
    messages = messages_of(read_flow(bytes(instance.file.content)))
    return next(message for message in messages if message.instance == instance.number)


def assign(instance_id: int, case_id: str, who: str, *, moment: datetime | None = None) -> FileInstance:
    """Say which case an unmatched instance belongs to.

    Raises:
        HalfhourError: CS-201 there is no such case, CS-211 there is no such instance, CS-212 it does not wait.
    """
    recorded_at = moment or timezone.now()
    with transaction.atomic():
        instance = FileInstance.objects.select_for_update(of=("self",)).filter(pk=instance_id).first()
        if instance is None:
            raise HalfhourError(
                "CS-211", f"There is no instance {instance_id}.", "`halfhour case unmatched` lists them."
            )
        if instance.state != InstanceState.UNMATCHED:
            raise HalfhourError(
                "CS-212",
                f"Instance {instance_id} does not wait for anybody: it is {instance.state}.",
                "Withdraw its event from its case first.",
            )
        case = Case.objects.filter(pk=case_id).first()
        if case is None:
            raise HalfhourError("CS-201", f"There is no case {case_id!r}.", "`halfhour case list` lists them.")
        because = f"Assigned by {who}."
        _record(instance, message_of(instance), case, InstanceState.MATCHED, because, instance.file, who, recorded_at)
    return instance
