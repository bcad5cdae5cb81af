"""Files in: stored whole before anything else, acknowledged or refused, and taken instance by instance.

A process that is killed leaves a file that is received or instances that wait; giving the file again goes on with them,
and changes nothing where nothing was left.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from halfhour.errors import Finding, HalfhourError
from halfhour.processes.flows.matching import message_subjects
from halfhour.server.cases.checking import check_day
from halfhour.server.cases.encoding import storable
from halfhour.server.cases.locking import in_one_go
from halfhour.server.cases.writing import today
from halfhour.server.files.models import FileInstance, FileState, FlowFileRow, InstanceState, InstanceSubject
from halfhour.server.files.placing import assign, look_again, take
from halfhour.server.files.sequences import next_held, number_of, sequence_fault
from halfhour.server.files.verdicts import MOST_BYTES, Looked, finding_row, look_at, printable

__all__ = ["Receipt", "assign", "look_again", "receive"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a file.

    Attributes:
        new: False where the same bytes had been given before.
        file: the row with its state and instances.
        released: files that had been held, and followed on from this one.
    """

    new: bool
    file: FlowFileRow
    released: tuple[FlowFileRow, ...] = ()


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
        on: day on which it came; None = the day that its header says, or today where that is still to come.

    Raises:
        HalfhourError: CS-210 it is empty, CS-213 it is too large, CS-209 the day is none; nothing is stored then.
    """
    name = printable(name)[:255] or "file"
    if not content:
        raise HalfhourError("CS-210", f"{name} is empty.", "Ask the sender for it again.")
    if len(content) > MOST_BYTES:
        raise HalfhourError(
            "CS-213", f"{name} has {len(content):,} bytes, more than {MOST_BYTES:,}.", "Give it in pieces."
        )
    if on is not None:
        check_day(on)
    recorded_at = moment or timezone.now()
    sha256 = hashlib.sha256(content).hexdigest()

    def stored() -> tuple[FlowFileRow, bool]:
        there = FlowFileRow.objects.filter(sha256=sha256).defer("content").first()
        if there is not None:
            return there, False
        row = FlowFileRow(sha256=sha256, name=name, content=content, came_on=on, state=FileState.RECEIVED)
        row.organisation, row.who, row.recorded_at = organisation, who[:80], recorded_at
        row.save()
        return row, True

    row, new = in_one_go(stored)
    _gone_on_with(row, who, recorded_at)
    row = last = _as_it_is(row)
    released: list[FlowFileRow] = []
    while (held := next_held(last)) is not None:
        _gone_on_with(held, who, recorded_at)
        last = _as_it_is(held)
        released.append(last)
    return Receipt(new, row, tuple(released))


def _as_it_is(row: FlowFileRow) -> FlowFileRow:
    return FlowFileRow.objects.defer("content").get(pk=row.pk)


def _gone_on_with(row: FlowFileRow, who: str, recorded_at: datetime) -> None:
    if _undecided(row):
        looked = look_at(bytes(row.content), row.name)
        in_one_go(lambda: _acknowledge(row.pk, looked, recorded_at))
    for instance_id in list(
        FileInstance.objects.filter(file=row, state=InstanceState.WAITING)
        .order_by("number")
        .values_list("pk", flat=True)
    ):
        take(instance_id, who, recorded_at)


def _undecided(row: FlowFileRow) -> bool:
    """Whether a file is to be looked at: one that was refused too, since its layout may have been learnt since."""
    if row.state == FileState.REJECTED:
        # The number of a NETA file is used up by its refusal.
        return row.envelope != "neta"
    return row.state in (FileState.RECEIVED, FileState.HELD)


def _acknowledge(row_id: int, looked: Looked, recorded_at: datetime) -> None:
    """Say of a file whether it is accepted as a file, and lay out its instances."""
    row = FlowFileRow.objects.select_for_update().defer("content").get(pk=row_id)
    if not _undecided(row):
        return
    header, findings = looked.header, list(looked.findings)
    row.envelope, row.flow = looked.envelope, header.get("flow_version", "")[:8]
    row.from_role, row.from_mpid = header.get("from_role", "")[:2], header.get("from_mpid", "")[:8]
    row.to_role, row.to_mpid = header.get("to_role", "")[:2], header.get("to_mpid", "")[:8]
    row.file_id = number_of(looked.envelope, header)
    row.created, row.response = header.get("created", "")[:14], looked.response
    row.state = FileState.ACKNOWLEDGED if looked.accepted else FileState.REJECTED
    if looked.envelope == "neta":
        fault = sequence_fault(row, looked.response)
        if fault is not None:
            findings, row.response = [finding_row(fault), *findings], 3
            row.state = FileState.HELD if fault.severity == "warning" else FileState.REJECTED
    elif looked.accepted and (other := _of_the_same_id(row)):
        fault = Finding(
            "FF-202",
            "error",
            f"{row.from_mpid} has used file id {row.file_id} to {row.to_mpid} for other content, {other.name}.",
            "Ask the sender for it under an id of its own.",
            row.name,
        )
        findings, row.state = [finding_row(fault), *findings], FileState.REJECTED
    row.findings, row.acknowledged_at = findings, recorded_at
    row.save()
    if row.state == FileState.ACKNOWLEDGED:
        _lay_out(row, looked, recorded_at)


def _of_the_same_id(row: FlowFileRow) -> FlowFileRow | None:
    if not row.file_id:
        return None
    pair = {name: getattr(row, name) for name in ("from_role", "from_mpid", "to_role", "to_mpid")}
    same = FlowFileRow.objects.filter(file_id=row.file_id, **pair)
    return same.filter(state=FileState.ACKNOWLEDGED).exclude(pk=row.pk).exclude(envelope="neta").first()


def _lay_out(row: FlowFileRow, looked: Looked, recorded_at: datetime) -> None:
    """A row for each instance and each subject that it names."""
    now = today(recorded_at)
    instances, named = [], []
    for message in looked.messages:
        state, because = InstanceState.WAITING, ""
        if message.instance in looked.rejected:
            state, because = InstanceState.REJECTED, _fault_of(message.instance, looked)
        data = {}
        try:
            data = storable(message.data)
        except HalfhourError as error:
            state, because = InstanceState.REJECTED, str(error)[:500]
        header_day = message.on if message.on and message.on.year >= 1990 else now
        instances.append(
            FileInstance(
                file=row,
                number=message.instance,
                message_id=message.id,
                flow=message.flow,
                mpan=message.mpan[:13],
                on=row.came_on or min(header_day, now),
                data=data,
                state=state,
                because=because,
            )
        )
        named.append(sorted(value for value in message_subjects(message) if len(value) <= 60))
    FileInstance.objects.bulk_create(instances, batch_size=500)
    subjects = zip(instances, named, strict=True)
    InstanceSubject.objects.bulk_create(
        (InstanceSubject(instance=instance, value=value) for instance, values in subjects for value in values),
        batch_size=500,
    )


def _fault_of(number: int, looked: Looked) -> str:
    errors = [one for one in looked.findings if one["severity"] == "error"]
    fault = next((one for one in errors if one.get("instance") == number), None)
    return f"{fault['code']}: {fault['message']}"[:500] if fault else "It is not valid; the file's findings say why."
