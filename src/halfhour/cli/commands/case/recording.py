"""`halfhour case record`: what happened to a case, and corrections, which are events of their own."""

from __future__ import annotations

from halfhour.cli.arguments import day, today
from halfhour.cli.commands.case.shared import Flag, Values, person, ready, tell, values
from halfhour.cli.output import print_json, print_line
from halfhour.errors import HalfhourError


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
        Id of the event that this takes the place of.
    withdraw
        Id of the event that did not happen.
    note
        Text that is kept with the case and changes nothing.
    event
        Id of this event, so that recording it twice changes nothing; made up where it is left out.
    json
        The case as one JSON document on standard output.
    """
    ready()
    from halfhour.processes.cases import case_document  # noqa: PLC0415
    from halfhour.processes.timetables import find_timetable  # noqa: PLC0415
    from halfhour.server.cases.writing import event_from  # noqa: PLC0415
    from halfhour.server.cases.writing import record as record_event  # noqa: PLC0415

    said = values(data, "--data")
    kinds = {
        "fact": bool(fact) and not step,
        "party": bool(party),
        "correction": bool(correct),
        "withdrawal": bool(withdraw),
        "note": bool(note),
    }
    chosen = [kind for kind, given in kinds.items() if given] or ["flow" if flow else "act"]
    if len(chosen) > 1:
        step_next = "Record one thing at a time: a step, facts, parties, a correction, a withdrawal or a note."
        raise HalfhourError("CL-021", f"One event cannot be {' and '.join(chosen)}.", step_next)
    kind = chosen[0]
    said |= values(fact, "--fact")
    if kind == "party":
        said = values(party, "--party")
    if kind == "note":
        said["text"] = note
    made = event_from(
        kind=kind,
        on=day(on) or today(),
        step=step,
        outcome=outcome,
        data=said,
        by=by,
        corrects=correct or withdraw,
        event_id=event,
        flow=flow,
    )
    recorded = record_event(case, made, person())
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
