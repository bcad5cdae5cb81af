"""Files out: built from a case and what the register knows, stored, and recorded with the case.

A file is queued in the transaction that records it, and is sent once it stands in its folder or was fetched (`outbox`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from halfhour.errors import HalfhourError
from halfhour.formats.flows.records import write_flow
from halfhour.processes.cases import CaseState, Event, fold, read_value
from halfhour.processes.flows import Message, messages_of
from halfhour.processes.flows.building import Built, Numbers, build
from halfhour.processes.flows.matching import OpenCase, effect, event_of
from halfhour.processes.timetables import Step, Timetable, find_timetable
from halfhour.server.cases.checking import check_day
from halfhour.server.cases.encoding import storable
from halfhour.server.cases.locking import in_one_go, lock_subjects, locked
from halfhour.server.cases.models import Case, CaseEvent, CaseSubject
from halfhour.server.cases.stored import events_of, opening_of
from halfhour.server.cases.writing import Recorded, record, today
from halfhour.server.files.from_register import Seen, any_fact, players_of, values_of
from halfhour.server.files.models import FileInstance, FileNumber, FileState, FlowFileRow, InstanceState
from halfhour.server.files.sequences import next_number, number_of


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that was built and recorded.

    Attributes:
        name: of the file; `path` where it was written, None where it waits to be fetched.
        recorded: what came of recording it; of several recipients' files, of the first.
    """

    row: FlowFileRow
    name: str
    content: bytes
    to_mpid: str
    recorded: Recorded
    path: Path | None = None


def send(
    case_id: str,
    ref: str,
    who: str,
    *,
    given: Mapping[str, Any] | None = None,
    seen: Seen = any_fact,
    flow: str = "",
    on: date | None = None,
    folder: Path | None = None,
    moment: datetime | None = None,
) -> list[Sent]:
    """Build the file that a step needs, for each of its recipients, store it as queued and record it with the case.

    Who plays a party that the case does not know is taken from the register where that has one, and recorded as such.

    Args:
        given: values for this file, by fact or by item, before what the case and the register know.
        seen: which facts of the register its sender may read.
        flow: which of the step's flows, where it has several.
        on: day of sending; None = today.
        folder: into which `write_queued` will write it; None = it is fetched.

    Raises:
        HalfhourError: CS-201 there is no such case, CS-104 no such step, CS-301 to CS-303 the file cannot be built,
            with everything that is missing; CS-304 the case does not wait for the step, CS-305 the file would not
            answer it. Then nothing is written.
    """
    if on is not None:
        check_day(on)
    recorded_at = moment or timezone.now()

    def work() -> list[Sent]:
        lock_subjects(CaseSubject.objects.filter(case=case_id).values_list("value", flat=True))
        case = locked(case_id)
        day = on or today(recorded_at)
        timetable, events = find_timetable(case.timetable), events_of(case.events.all())
        state = fold(timetable, opening_of(case), events, day)
        step = timetable.step(ref)
        _refuse_what_is_not_awaited(state, step)
        if players := _players(timetable, step, state, day, seen):
            event = Event("", 0, day, "party", data=players, by=who, source="the register")
            record(case.id, event, who, moment=recorded_at)
            events = events_of(CaseEvent.objects.filter(case=case))
            state = fold(timetable, opening_of(case), events, day)
        built = build(
            timetable,
            state,
            ref,
            number=_numbers(timetable.parties[step.sender].market_role, state.parties.get(step.sender, "")),
            created=recorded_at,
            given=given,
            register=values_of(step, state, day, seen),
            flow=flow,
        )
        event = _event(timetable, ref, built[0], day)
        if effect(OpenCase(timetable, opening_of(case), events), replace(event, sequence=len(events) + 1)) != "answers":
            raise HalfhourError(
                "CS-305",
                f"{built[0].flow} does not answer step {ref} of {case.id}: none of its outcomes fits what it says.",
                "Give the values that the outcome needs, or record the step by hand.",
            )
        recorded = record(case.id, event, who, moment=recorded_at)
        return [_kept(one, case, ref, day, recorded, str(folder.absolute()) if folder else "") for one in built]

    def _kept(one: Built, case: Case, ref: str, day: date, recorded: Recorded, into: str) -> Sent:
        content, header, name = write_flow(one.file), one.file.header, name_of(one)
        row = FlowFileRow.objects.create(
            sha256=hashlib.sha256(content).hexdigest(),
            name=name,
            content=content,
            envelope=one.file.envelope,
            flow=header["flow_version"],
            file_id=number_of(one.file.envelope, header),
            **{key: header[key] for key in ("from_role", "from_mpid", "to_role", "to_mpid", "created")},
            state=FileState.QUEUED,
            folder=into,
            who=who[:80],
            recorded_at=recorded_at,
        )
        for message in messages_of(one.file):
            FileInstance.objects.create(
                file=row,
                number=message.instance,
                message_id=message.id,
                flow=message.flow,
                mpan=message.mpan[:13],
                on=day,
                data=storable(message.data),
                state=InstanceState.SENT,
                because=f"Built for step {ref}.{_registered(one)}",
                step=ref,
                case=case,
                taken_by=who[:80],
                taken_at=recorded_at,
            )
        return Sent(row, name, content, one.mpid, recorded)

    return in_one_go(work)


def name_of(built: Built) -> str:
    """The name of a file: flow, sender, recipient, number."""
    header, number = built.file.header, number_of(built.file.envelope, built.file.header)
    return f"{built.flow}_{header['from_mpid']}_{header['to_mpid']}_{number.zfill(10)}.usr"


def _numbers(role: str, mpid: str) -> Numbers:
    """Numbers of a sender's files, held until the transaction ends.

    Files of NETA are numbered one by one to each recipient, others by sender; files of its own that came here count.
    """

    def number(envelope: str, to_role: str, to_mpid: str) -> int:
        if envelope == "neta":
            return next_number(role, mpid, to_role, to_mpid)
        _, new = FileNumber.objects.get_or_create(mpid=mpid)
        row = FileNumber.objects.select_for_update().get(mpid=mpid)
        if new:
            known = (
                FlowFileRow.objects.filter(from_mpid=mpid).exclude(envelope="neta").values_list("file_id", flat=True)
            )
            row.last = max((int(one) for one in known if one.isdecimal() and one.isascii()), default=0)
        row.last += 1
        row.save()
        return int(row.last)

    return number


def _players(timetable: Timetable, step: Step, state: CaseState, on: date, seen: Seen) -> dict[str, str]:
    """Parties of a step as the register has them, where it has one for each."""
    found = players_of(timetable, step, state, on, seen)
    for name, mpids in found.items():
        if len(mpids) > 1:
            raise HalfhourError(
                "CS-303",
                f"The register has {' and '.join(mpids)} for the {timetable.parties[name].title} of {state.case_id}.",
                "Record who plays the party, by its MPID.",
            )
    return {name: mpid for name, (mpid,) in found.items()}


def _registered(built: Built) -> str:
    return f" From the register: {', '.join(built.registered)}." if built.registered else ""


def _refuse_what_is_not_awaited(state: CaseState, step: Step) -> None:
    refs = [one.ref for one in state.waiting]
    if step.ref in refs or (step.any_time and state.ended_on is None):
        return
    awaited = f"It waits for {', '.join(refs)}." if refs else "It waits for nothing."
    raise HalfhourError("CS-304", f"On {state.on} {state.case_id} does not wait for step {step.ref}.", awaited)


def _event(timetable: Timetable, ref: str, built: Built, on: date) -> Event:
    message: Message = messages_of(built.file)[0]
    # Items bear names of facts that they may write in another way: what the case itself knows comes first.
    said = {name: value for name, value in message.data.items() if _fits(timetable, name, value)}
    event = event_of(message, 0, on, f"{name_of(built)}, sent")
    return replace(event, step=ref, data={**said, **built.data})


def _fits(timetable: Timetable, name: str, value: Any) -> bool:
    fact = timetable.facts.get(name)
    try:
        return fact is None or read_value(fact, value) is not None
    except HalfhourError:
        return False
