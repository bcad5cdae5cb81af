"""`halfhour case open`: a case of a timetable, with what is known of it."""

from __future__ import annotations

from halfhour.cli.arguments import day, today
from halfhour.cli.commands.case.shared import tell
from halfhour.cli.database import Flag, Values, person, values, with_database
from halfhour.cli.output import counted, print_json, print_line


@with_database
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
    from halfhour.processes.cases import Opening, case_document  # noqa: PLC0415
    from halfhour.server.cases.reading import case_as_known  # noqa: PLC0415
    from halfhour.server.cases.writing import open_case  # noqa: PLC0415
    from halfhour.server.files.models import FileInstance  # noqa: PLC0415

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
    known = case_as_known(made.case)
    taken = FileInstance.objects.filter(case=made.case).count() if made.new else 0
    remarks = [] if made.new else [f"{made.case.id} is open about {made.case.subject}, and is joined."]
    if json:
        opened = list(made.opened)
        document = case_document(known.timetable, known.state)
        print_json({"new": made.new, "remarks": remarks, "opened": opened, "files_taken": taken, **document})
        return 0
    for remark in remarks:
        print_line(remark)
    if taken:
        print_line(
            f"{counted(taken, 'instance')} of files that waited now {'belongs' if taken == 1 else 'belong'} to it."
        )
    for opened_id in made.opened:
        print_line(f"Opened {opened_id}.")
    tell(known.timetable, known.state)
    return 0
