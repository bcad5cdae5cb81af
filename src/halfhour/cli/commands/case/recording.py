"""`halfhour case record`: what happened to a case, and corrections, which are events of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from halfhour.cli.arguments import day, today
from halfhour.cli.commands.case.shared import tell
from halfhour.cli.database import Flag, Values, person, values, with_database
from halfhour.cli.output import print_json, print_line
from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    from halfhour.processes.cases import Event, EventKind
    from halfhour.server.cases.models import Case


@with_database
def record(
    case: str,
    step: str = "",
    outcome: str = "",
    *,
    on: str | None = None,
    data: Values = (),
    fact: Values = (),
    party: Values = (),
    flow: str = "",
    by: str = "",
    correct: str = "",
    withdraw: str = "",
    note: str = "",
    event: str = "",
    json: Flag = False,
) -> int:
    """Record what happened: a step with its outcome, facts learnt, a change of party, or a correction.

    Example: halfhour case record TP000001 6.1 valid --on 2025-03-03

    Parameters
    ----------
    case
        Id of the case.
    step
        Ref of the step, as the timetable has it.
    outcome
        Of the step; left out, the first whose conditions hold.
    on
        Day on which it happened; default: today in Great Britain.
    data
        NAME=VALUE that it says; may be given more than once.
    fact
        NAME=VALUE learnt without a step; may be given more than once.
    party
        NAME=MPID of who plays a party from that day on; may be given more than once.
    flow
        Flow that brought it, where the file itself is not at hand; left out, it was no flow.
    by
        MPID or name of who did it.
    correct
        Id or number of the event that this takes the place of; what is not said anew stays as it was, its day too.
    withdraw
        Id or number of the event that did not happen.
    note
        Text that is kept with the case and changes nothing.
    event
        Id of this event, so that recording it twice changes nothing; made up where it is left out.
    json
        The case as one JSON document on standard output.
    """
    from halfhour.processes.cases import case_document  # noqa: PLC0415
    from halfhour.processes.timetables import find_timetable  # noqa: PLC0415
    from halfhour.server.cases.reading import find_case  # noqa: PLC0415
    from halfhour.server.cases.writing import event_from  # noqa: PLC0415
    from halfhour.server.cases.writing import record as record_event  # noqa: PLC0415

    found = find_case(case)
    corrected = _event_of(found, correct or withdraw) if correct or withdraw else None
    kind = _kind(step, flow, fact, party, note, correct, withdraw)
    said = {**values(data, "--data"), **values(fact, "--fact"), **values(party, "--party")}
    made = event_from(
        kind=kind,
        on=day(on) or (corrected.on if corrected else today()),
        step=step,
        outcome=outcome,
        data={"text": note} if kind == "note" else said,
        by=by,
        corrects=corrected.id if corrected else "",
        event_id=event,
        flow=flow,
    )
    recorded = record_event(found.id, made, person())
    timetable = find_timetable(recorded.case.timetable)
    if json:
        opened = list(recorded.opened)
        document = case_document(timetable, recorded.state)
        print_json({"event": recorded.event_id, "new": recorded.new, "opened": opened, **document})
        return 0
    print_line(
        f"Event {recorded.event_id}" + ("" if recorded.new else " was recorded already; nothing is changed") + "."
    )
    for opened_id in recorded.opened:
        print_line(f"Opened {opened_id}.")
    tell(timetable, recorded.state)
    return 0


def _kind(step: str, flow: str, fact: Values, party: Values, note: str, correct: str, withdraw: str) -> EventKind:
    """What kind of event is meant.

    Raises:
        HalfhourError: CL-021 more than one.
    """
    corrects = bool(correct or withdraw)
    kinds: dict[EventKind, bool] = {
        "fact": bool(fact) and not step and not flow and not corrects,
        "party": bool(party) and not corrects,
        "correction": bool(correct),
        "withdrawal": bool(withdraw),
        "note": bool(note),
    }
    chosen = [kind for kind, meant in kinds.items() if meant]
    if len(chosen) > 1 or (step and chosen and not corrects):
        said = " and ".join([*chosen, *(["act"] if step and not corrects else [])])
        step_next = "Record one thing at a time: a step, facts, parties, a correction, a withdrawal or a note."
        raise HalfhourError("CL-021", f"One event cannot be {said}.", step_next)
    return chosen[0] if chosen else "flow" if flow else "act"


def _event_of(case: Case, named: str) -> Event:
    """The event that is meant, by its id or its number in the case, as it counts now.

    Raises:
        HalfhourError: CS-106 the case has no such event.
    """
    from halfhour.processes.cases import in_effect  # noqa: PLC0415
    from halfhour.server.cases.stored import events_of  # noqa: PLC0415

    events = events_of(case.events.all())
    meant = next((one for one in events if named in (one.id, str(one.sequence))), None)
    if meant is None:
        raise HalfhourError(
            "CS-106", f"{case.id} has no event {named}.", f"`halfhour case show {case.id}` lists its events."
        )
    return next((one for one in in_effect(events) if one.id == meant.id), meant)
