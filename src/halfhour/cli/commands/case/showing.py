"""`halfhour case show`: a case on a day, as it was known at a moment, with its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from halfhour.cli.arguments import day
from halfhour.cli.commands.case.shared import tell
from halfhour.cli.database import Flag, known_at, with_database
from halfhour.cli.output import print_json, print_line, print_table

if TYPE_CHECKING:
    from halfhour.processes.cases import CaseState
    from halfhour.server.cases.models import Case


@with_database
def show(
    case: str,
    *,
    on: str | None = None,
    as_known_at: Annotated[str | None, Parameter(name="--known-at")] = None,
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
    from halfhour.processes.cases import case_document, event_document  # noqa: PLC0415
    from halfhour.server.cases.reading import case_as_known, find_case  # noqa: PLC0415

    found = case_as_known(find_case(case), day(on), known_at(as_known_at))
    who = dict(found.case.events.values_list("id", "who"))
    if json:
        events = [{**event_document(one), "who": who[one.id]} for one in found.events]
        print_json(
            {
                **case_document(found.timetable, found.state),
                "follows": found.case.follows_id,
                "followed_by": _followed_by(found.case),
                "events": events,
            }
        )
        return 0
    tell(found.timetable, found.state)
    if found.case.follows_id:
        print_line(f"Opened because of {found.case.follows_id}.")
    for one in _followed_by(found.case):
        print_line(f"{one['timetable']}, because of {one['ref']}: {one['case'] or 'not opened. ' + one['problem']}")
    _tell_history(found.state, who)
    return 0


def _followed_by(case: Case) -> list[dict[str, Any]]:
    return [
        {"timetable": row.timetable, "ref": row.ref, "on": row.on, "case": row.opened_id, "problem": row.problem}
        for row in case.follow_on_rows.order_by("pk")
    ]


def _tell_history(state: CaseState, who: dict[str, str]) -> None:
    late = {
        attempt.events[-1]: attempt.late
        for step in state.steps
        for attempt in step.attempts
        if attempt.late and attempt.events
    }
    print_table(
        "History",
        ("on", "ref", "what", "state", "late", "event", "recorded by"),
        [
            (
                str(one.on),
                one.ref,
                one.what,
                one.state,
                str(late.get(one.event, "")),
                one.event,
                who.get(one.event, ""),
            )
            for one in state.history
        ],
        numeric=(4,),
    )
