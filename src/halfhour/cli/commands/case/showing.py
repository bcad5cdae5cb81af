"""`halfhour case show`: a case on a day, as it was known at a moment, with its history."""

from __future__ import annotations

from halfhour.cli.arguments import day
from halfhour.cli.commands.case.shared import Flag, known_at, ready, tell
from halfhour.cli.output import print_json, print_table


def show(
    case: str,
    *,
    on: str | None = None,
    as_known_at: str | None = None,
    json: Flag = False,
) -> int:
    """Show a case: its state, what it waits for and from whom, what happened and when, what is wrong.

    Example: halfhour case show TP000001 --on 2025-04-01

    Parameters
    ----------
    case
        Id of the case.
    on
        Day on which it is looked at; default: today in Great Britain.
    as_known_at
        Only what had been recorded by this moment (2025-04-01T12:00:00Z).
    json
        The case as one JSON document on standard output.
    """
    ready()
    from halfhour.processes.cases import case_document, event_document  # noqa: PLC0415
    from halfhour.server.cases.reading import case_as_known, find_case  # noqa: PLC0415

    found = case_as_known(find_case(case), day(on), known_at(as_known_at))
    if json:
        events = [event_document(one) for one in found.events]
        print_json({**case_document(found.timetable, found.state), "events": events})
        return 0
    tell(found.timetable, found.state)
    late = {
        event: attempt.late
        for step in found.state.steps
        for attempt in step.attempts
        for event in attempt.events[-1:]
        if attempt.late
    }
    print_table(
        "History",
        ("on", "ref", "what", "state", "late", "event"),
        [
            (str(one.on), one.ref, one.what, one.state, str(late.get(one.event, "")), one.event)
            for one in found.state.history
        ],
        numeric=(4,),
    )
    return 0
