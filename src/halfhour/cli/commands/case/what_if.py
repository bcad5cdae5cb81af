"""`halfhour case what-if`: the same case under another option, parameter or calendar, beside what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from halfhour.cli.arguments import day
from halfhour.cli.commands.case.shared import Flag, Values, ready, values
from halfhour.cli.output import counted, print_json, print_line, print_table

if TYPE_CHECKING:
    from halfhour.processes.cases import CaseState, Event


def what_if(
    case: str,
    *,
    timetable: str = "",
    parameter: Values = (),
    calendar: str | None = None,
    on: str | None = None,
    json: Flag = False,
) -> int:
    """Lay a case beside itself under another option, parameter or calendar: its state, its dates, and its end.

    The rest of each is worked out as though every party answered as expected on the last day of its time.

    Example: halfhour case what-if MB000001 --timetable microgeneration-backstop-3

    Parameters
    ----------
    case
        Id of the case.
    timetable
        Another timetable or option; default: the case's own.
    parameter
        NAME=VALUE in place of the timetable's own; may be given more than once.
    calendar
        Holidays to count by: E&W or SCT; default: each clock's own.
    on
        Day on which both are looked at; default: today in Great Britain.
    json
        Both as one JSON document on standard output.
    """
    ready()
    from halfhour.processes.cases import fold, project, under  # noqa: PLC0415
    from halfhour.processes.timetables import find_timetable  # noqa: PLC0415
    from halfhour.server.cases.reading import case_as_known, find_case  # noqa: PLC0415

    found = case_as_known(find_case(case), day(on))
    other = find_timetable(timetable or found.timetable.id)
    given = {**found.opening.parameters, **values(parameter, "--parameter")}
    kept_parameters = {name: value for name, value in given.items() if name in other.parameters or name in parameter}
    opening, kept, left = under(other, found.opening, found.events, parameters=kept_parameters)
    state = fold(other, opening, kept, found.state.on, calendar)
    ends = project(found.timetable, found.opening, found.events)[1], project(other, opening, kept, calendar=calendar)[1]
    sides = [_side(found.state, ends[0], []), _side(state, ends[1], left)]
    if json:
        print_json({"case": case, "as_it_is": sides[0], "what_if": sides[1]})
        return 0
    print_table(
        f"{case} on {found.state.on}",
        ("", "as it is", "what if"),
        [(name.replace("_", " "), _cell(sides[0][name]), _cell(sides[1][name])) for name in sides[0]],
    )
    if left:
        print_line(f"{counted(len(left), 'event')} of the case have no place in {other.id}.")
    return 0


def _side(state: CaseState, end: CaseState, left: list[Event]) -> dict[str, Any]:
    return {
        "timetable": state.timetable,
        "state": state.state,
        "waiting_for": [f"{one.ref} by {one.due}" if one.due else one.ref for one in state.waiting],
        "would_end": end.state,
        "would_end_on": end.ended_on,
        "flows": dict(end.flows),
        "measures": dict(end.measures),
        "without_a_place": [one.id for one in left],
    }


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)
