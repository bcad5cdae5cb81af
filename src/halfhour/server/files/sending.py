"""Files out: built from a case and what the register knows, stored as sent, and recorded with the case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from halfhour.formats.flows.records import write_flow
from halfhour.processes.flows import messages_of
from halfhour.processes.flows.building import Built, build
from halfhour.processes.flows.matching import event_of
from halfhour.processes.timetables import find_timetable
from halfhour.server.cases.writing import Recorded, current, locked, record, today
from halfhour.server.files.models import FileInstance, FileNumber, FileState, FlowFileRow, InstanceState


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that was built and recorded as sent."""

    row: FlowFileRow
    name: str
    content: bytes
    to_mpid: str
    recorded: Recorded


def send(
    case_id: str,
    ref: str,
    who: str,
    *,
    given: Mapping[str, Any] | None = None,
    register: Mapping[str, Any] | None = None,
    flow: str = "",
    on: date | None = None,
    moment: datetime | None = None,
) -> list[Sent]:
    """Build the file that a step needs, for each of its recipients, and record it as sent.

    Raises:
        HalfhourError: CS-201 there is no such case, CS-301 to CS-303 the file cannot be built, with everything that is
            missing; then nothing is written.
    """
    recorded_at = moment or timezone.now()
    with transaction.atomic():
        case = locked(case_id)
        day = on or today(recorded_at)
        state = current(case, max(day, case.folded_on))
        timetable = find_timetable(case.timetable)
        step = timetable.by_ref.get(ref)
        sender = state.parties.get(step.sender, "") if step else ""
        built = build(
            timetable,
            state,
            ref,
            file_id=str(_next_number(sender) if sender else 1),
            created=recorded_at,
            given=given,
            register=register,
            flow=flow,
        )
        if len(built) > 1:
            FileNumber.objects.filter(mpid=sender).update(last=int(built[-1].file.header["file_id"]))
        return [_kept(case_id, ref, one, day, who, recorded_at) for one in built]


def _next_number(mpid: str) -> int:
    FileNumber.objects.get_or_create(mpid=mpid)
    row = FileNumber.objects.select_for_update().get(mpid=mpid)
    row.last += 1
    row.save()
    return int(row.last)


def _kept(case_id: str, ref: str, built: Built, on: date, who: str, recorded_at: datetime) -> Sent:
    content = write_flow(built.file)
    header = built.file.header
    name = f"{built.flow}_{header['from_mpid']}_{header['to_mpid']}_{header['file_id']}.usr"
    message = messages_of(built.file)[0]
    event = replace(event_of(message, 0, on), step=ref, data={**message.data, **dict(built.data)}, source=name)
    recorded = record(case_id, event, who, moment=recorded_at)
    row = FlowFileRow.objects.create(
        sha256=hashlib.sha256(content).hexdigest(),
        name=name,
        content=content,
        flow=header["flow_version"],
        from_role=header["from_role"],
        from_mpid=header["from_mpid"],
        to_role=header["to_role"],
        to_mpid=header["to_mpid"],
        file_id=header["file_id"],
        created=header["created"],
        state=FileState.SENT,
        who=who,
        recorded_at=recorded_at,
    )
    FileInstance.objects.create(
        file=row,
        number=1,
        message_id=message.id,
        flow=message.flow,
        mpan=message.mpan[:13],
        on=on,
        state=InstanceState.SENT,
        because=f"Built for step {ref}.",
        case=recorded.case,
    )
    return Sent(row, name, content, built.mpid, recorded)
