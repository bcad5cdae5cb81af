"""`halfhour case open`: a case of a timetable, with what is known of it."""

from __future__ import annotations

from halfhour.cli.arguments import day, today
from halfhour.cli.commands.case.shared import Flag, Values, person, ready, tell, values
from halfhour.cli.output import print_json, print_line


def open_(
    timetable: str,
    *,
    on: str | None = None,
    fact: Values = (),
    party: Values = (),
    parameter: Values = (),
    nation: str = "E&W",
    json: Flag = False,
) -> int:
    """Open a case, or join the open one of the same key.

    Example: halfhour case open third-party-access --on 2025-03-03 --fact network=ridgeway --fact premises=U4

    Parameters
    ----------
    timetable
        Id of the timetable; `halfhour timetable` lists them.
    on
        Day from which its clocks count; default: today in Great Britain.
    fact
        NAME=VALUE; may be given more than once.
    party
        NAME=MPID of who plays a party; may be given more than once.
    parameter
        NAME=VALUE in place of the timetable's own; may be given more than once.
    nation
        Whose holidays count where a law takes the site's nation: E&W or SCT.
    json
        The case as one JSON document on standard output.
    """
    ready()
    from halfhour.processes.cases import Opening, case_document  # noqa: PLC0415
    from halfhour.processes.timetables import find_timetable  # noqa: PLC0415
    from halfhour.server.cases.writing import open_case  # noqa: PLC0415
    from halfhour.server.files.receiving import look_again  # noqa: PLC0415

    opening = Opening(
        case_id="",
        timetable=timetable,
        opened_on=day(on) or today(),
        parties=values(party, "--party"),
        facts=values(fact, "--fact"),
        parameters=values(parameter, "--parameter"),
        nation=nation,
    )
    made = open_case(opening, person())
    taken = look_again(made.case, person(), made.case.recorded_at) if made.new else 0
    if json:
        print_json({"new": made.new, "files_taken": taken, **case_document(find_timetable(timetable), made.state)})
        return 0
    if not made.new:
        print_line(f"{made.case.id} is open with the same key, and is joined.")
    if taken:
        print_line(f"{taken} instances of files that waited now belong to it.")
    tell(find_timetable(made.case.timetable), made.state)
    return 0
