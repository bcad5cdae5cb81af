"""`halfhour case what-if`: the same case under another option, parameter or calendar, beside what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from halfhour.cli.arguments import day
from halfhour.cli.database import Flag, Values, values, with_database
from halfhour.cli.output import counted, print_json, print_line, print_table

if TYPE_CHECKING:
    from halfhour.processes.cases import Event
    from halfhour.server.cases.what_if import Side


_TOLD_APART = ("steps", "parameters")


@with_database
def what_if(
    case: str,
    *,
    timetable: str = "",
    parameter: Values = (),
    calendar: str = "",
    on: str | None = None,
    json: Flag = False,
) -> int:
    """Lay a case beside itself under another option, parameter or calendar: its state, its dates, and its end.

    The rest of each is worked out as though every party acted as expected on the last day of its time, and did what is
    overdue on the day itself.

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
    from halfhour.server.cases.reading import find_case  # noqa: PLC0415
    from halfhour.server.cases.what_if import what_if as lay_beside  # noqa: PLC0415

    both = lay_beside(
        find_case(case),
        timetable=timetable or None,
        parameters=values(parameter, "--parameter"),
        calendar=calendar or None,
        on=day(on),
    )
    sides = [_document(both.as_it_is), _document(both.other)]
    left = [_event(one) for one in both.left_out]
    if json:
        print_json(
            {"case": both.as_it_is.opening.case_id, "on": both.on, "as_it_is": sides[0], "what_if": sides[1]}
            | {"left_out": left}
        )
        return 0
    print_table(
        f"{both.as_it_is.opening.case_id} on {both.on}",
        ("", "as it is", "what if"),
        [
            *(
                (name.replace("_", " "), *(_cell(side[name], name) for side in sides))
                for name in sides[0]
                if name not in _TOLD_APART
            ),
            *(
                (
                    name,
                    *("" if side["parameters"].get(name) is None else str(side["parameters"][name]) for side in sides),
                )
                for name in dict.fromkeys([*sides[0]["parameters"], *sides[1]["parameters"]])
                if sides[0]["parameters"].get(name) != sides[1]["parameters"].get(name)
            ),
        ],
    )
    refs = list(dict.fromkeys([*sides[0]["steps"], *sides[1]["steps"]]))
    print_table(
        f"Due and done, as though every party acted on its last day from {both.on} on",
        ("ref", "due", "done", "due, what if", "done, what if"),
        [
            (ref, *(str(side["steps"].get(ref, {}).get(name) or "") for side in sides for name in ("due", "done")))
            for ref in refs
        ],
    )
    if left:
        print_line(f"{counted(len(left), 'event')} without a place in {both.other.timetable.id}:")
        for event in left:
            print_line(f"  {event['id']}: {event['step'] or event['flow']} {event['outcome']} on {event['on']}")
    return 0


def _document(side: Side) -> dict[str, Any]:
    from halfhour.server.cases.what_if import dates  # noqa: PLC0415

    return {
        "timetable": side.timetable.id,
        "parameters": dict(side.state.parameters),
        "calendar": side.calendar or None,
        "state": side.state.state,
        "kind": side.state.kind,
        "waiting_for": [f"{one.ref} by {one.due}" if one.due else one.ref for one in side.state.waiting],
        "comes_to": side.at_limit.state,
        "ends_on": side.at_limit.ended_on,
        "flows": dict(side.at_limit.flows),
        "measures": dict(side.at_limit.measures),
        "steps": dates(side),
    }


def _event(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in ("id", "on", "kind", "step", "outcome", "flow")}


def _cell(value: object, name: str) -> str:
    if name == "calendar" and value is None:
        return "each clock's own"
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)
