"""Instances of files and the cases that they belong to: matched, opening one, given by a person, or looked at again.

Each instance is taken in a transaction of its own, in which what it names is held first, then the cases that may be
meant, so that what is matched is also what is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from halfhour.errors import HalfhourError
from halfhour.processes.flows import Message
from halfhour.processes.flows.matching import Effect, Match, OpenCase, effect, event_of, match
from halfhour.processes.timetables import find_timetable
from halfhour.server.cases.locking import in_one_go, lock_subjects, locked
from halfhour.server.cases.models import Case, CaseParty, CaseSubject
from halfhour.server.cases.stored import events_of, opening_of
from halfhour.server.cases.writing import open_case, record
from halfhour.server.files.models import FileInstance, FileState, FlowFileRow, InstanceState, InstanceSubject

_STATES: dict[Effect, InstanceState] = {
    "answers": InstanceState.MATCHED,
    "held": InstanceState.HELD,
    "refused": InstanceState.REFUSED,
    "attached": InstanceState.ATTACHED,
}


def take(instance_id: int, who: str, moment: datetime) -> None:
    """Match one instance and record it; what cannot be recorded waits for a person with its reason."""
    try:
        in_one_go(lambda: _take(instance_id, who, moment))
    except HalfhourError as error:
        reason = str(error)
        in_one_go(lambda: _leave(instance_id, reason, who, moment))


def _take(instance_id: int, who: str, moment: datetime) -> None:
    instance = _held(instance_id)
    if instance.state != InstanceState.WAITING:
        return
    message = message_of(instance)
    found = _match(instance, message, _cases(instance).select_for_update(of=("self",)))
    if found.effect is not None:
        _give(instance, message, found.case_id, _STATES[found.effect], found.because, who, moment)
        return
    if found.opens is None or not _may_open(instance.file, found.opens.parties.values()):
        _say(instance, InstanceState.UNMATCHED, found.because, who, moment)
        return
    made = open_case(found.opens, who, moment=moment)
    state, because = InstanceState.OPENED, f"{found.because}."
    if not made.new:
        state = _STATES[effect(_open_case(made.case), event_of(message, made.case.last_sequence + 1, instance.on))]
        because = f"{made.case.id} is open about the same."
    _give(instance, message, made.case.id, state, because, who, moment)


def _leave(instance_id: int, reason: str, who: str, moment: datetime) -> None:
    instance = _held(instance_id)
    if instance.state == InstanceState.WAITING:
        _say(instance, InstanceState.UNMATCHED, reason, who, moment)


def _held(instance_id: int) -> FileInstance:
    """An instance, with everything that it names held until the transaction ends."""
    lock_subjects(InstanceSubject.objects.filter(instance=instance_id).values_list("value", flat=True))
    instance = (
        FileInstance.objects.select_for_update(of=("self",)).select_related("file").filter(pk=instance_id).first()
    )
    if instance is None:
        raise HalfhourError("CS-211", f"There is no instance {instance_id}.", "`halfhour case unmatched` lists them.")
    return instance


def _with_files(instances: QuerySet[FileInstance]) -> QuerySet[FileInstance]:
    """With what is known of the files, but not the files themselves."""
    return instances.select_related("file").defer("file__content")


def message_of(instance: FileInstance) -> Message:
    """What an instance says."""
    file = instance.file
    return Message(
        id=instance.message_id,
        flow=instance.flow,
        instance=instance.number,
        from_role=file.from_role,
        from_mpid=file.from_mpid,
        to_role=file.to_role,
        to_mpid=file.to_mpid,
        mpan=instance.mpan,
        on=instance.on,
        data=instance.data,
    )


def _cases(instance: FileInstance) -> QuerySet[Case]:
    """The cases that share a subject with an instance and may be reached by it, in order of id."""
    named = InstanceSubject.objects.filter(instance=instance).values("value")
    found = Case.objects.filter(Exists(CaseSubject.objects.filter(case=OuterRef("pk"), value__in=named)))
    if organisation := instance.file.organisation:
        found = found.filter(Exists(CaseParty.objects.filter(case=OuterRef("pk"), mpid=organisation)))
    return found.order_by("id")


def _may_open(file: FlowFileRow, parties: Iterable[str]) -> bool:
    return not file.organisation or file.organisation in parties


def _match(instance: FileInstance, message: Message, cases: QuerySet[Case]) -> Match:
    return match(message, [_open_case(case) for case in cases.prefetch_related("events")], instance.on)


def _open_case(case: Case) -> OpenCase:
    return OpenCase(find_timetable(case.timetable), opening_of(case), events_of(case.events.all()))


def _give(
    instance: FileInstance,
    message: Message,
    case_id: str,
    state: InstanceState,
    because: str,
    who: str,
    moment: datetime,
    step: str = "",
    outcome: str = "",
) -> None:
    """Record an instance with a case; it is said first, since the recording may bring others to be looked at again."""
    instance.case_id = case_id
    _say(instance, state, because, who, moment)
    source = f"{instance.file.name}, instance {instance.number}"
    event = replace(event_of(message, 0, instance.on, source[-300:]), step=step, outcome=outcome)
    record(case_id, event, who, moment=moment)


def _say(instance: FileInstance, state: InstanceState, because: str, who: str, moment: datetime) -> None:
    instance.state, instance.because = state, because[:500]
    instance.taken_by, instance.taken_at = who[:80], moment
    instance.save()


def look_again(case: Case, values: Iterable[str], who: str, moment: datetime, **_: Any) -> int:
    """Look again at what waits unmatched and shares a subject with a case; how much of it now belongs to the case."""
    waiting = FileInstance.objects.filter(
        Exists(InstanceSubject.objects.filter(instance=OuterRef("pk"), value__in=list(values))),
        state=InstanceState.UNMATCHED,
    )
    taken = 0
    for instance in _with_files(waiting).select_for_update(of=("self",)).order_by("on", "pk"):
        message = message_of(instance)
        found = _match(instance, message, _cases(instance))
        if found.effect is None or found.case_id != case.id:
            continue
        with suppress(HalfhourError), transaction.atomic():
            # What cannot be recorded with the case goes on waiting for a person.
            _give(instance, message, case.id, _STATES[found.effect], found.because, who, moment)
            taken += 1
    return taken


def assign(
    instance_id: int, case_id: str, who: str, *, step: str = "", outcome: str = "", moment: datetime | None = None
) -> FileInstance:
    """Say which case an unmatched instance belongs to, and which step and outcome it is where it does not say so.

    Raises:
        HalfhourError: CS-201 there is no such case, CS-211 there is no such instance, CS-212 it does not wait, and
            what `record` says of a step or an outcome that cannot be.
    """

    def work() -> FileInstance:
        at = moment or timezone.now()
        instance = _held(instance_id)
        case = locked(case_id)
        if instance.state != InstanceState.UNMATCHED:
            raise HalfhourError(
                "CS-212",
                f"Instance {instance_id} does not wait for anybody: it is {instance.state}.",
                "Withdraw its event from its case first.",
            )
        message = message_of(instance)
        event = event_of(message, case.last_sequence + 1, instance.on)
        event = replace(event, step=step, outcome=outcome)
        state = _STATES[effect(_open_case(case), event)]
        _give(instance, message, case.id, state, f"Assigned by {who}.", who, at, step, outcome)
        return instance

    return in_one_go(work)


def unmatched(organisation: str = "") -> QuerySet[FileInstance]:
    """What waits for a person, the earliest first.

    Args:
        organisation: only of files that were given in its name; empty = of all.
    """
    found = FileInstance.objects.filter(state=InstanceState.UNMATCHED, file__state=FileState.ACKNOWLEDGED)
    if organisation:
        found = found.filter(file__organisation=organisation)
    return _with_files(found).order_by("on", "pk")
