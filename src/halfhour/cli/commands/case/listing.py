"""`halfhour case list`: the cases there are."""

from __future__ import annotations

from halfhour.cli.database import Flag, with_database
from halfhour.cli.output import counted, print_json, print_line, print_table


@with_database
def list_(
    *,
    timetable: str = "",
    state: str = "",
    mpid: str = "",
    mpan: str = "",
    open_only: Flag = False,
    ended: Flag = False,
    json: Flag = False,
) -> int:
    """List cases, by timetable, state, party or metering point.

    Example: halfhour case list --open-only --mpid HHSP

    Parameters
    ----------
    timetable
        Cases of this timetable.
    state
        Cases in this state.
    mpid
        Cases in which this organisation plays a party.
    mpan
        Cases about this MPAN core, or of this reference.
    open_only
        Only cases that have not ended.
    ended
        Only cases that have ended.
    json
        The list as one JSON document on standard output.
    """
    from halfhour.server.cases.reading import list_cases, renew  # noqa: PLC0415
    from halfhour.server.cases.writing import today  # noqa: PLC0415

    renew(today())
    which = None if open_only == ended else ended
    found = list(list_cases(timetable=timetable, state=state, mpid=mpid, mpan=mpan, ended=which))
    columns = ("case", "timetable", "opened", "state", "kind", "ended")
    rows = [(one.id, one.timetable, one.opened_on, one.state, one.kind, one.ended_on) for one in found]
    if json:
        print_json({"cases": [dict(zip(columns, row, strict=True)) for row in rows]})
    elif rows:
        print_table("", columns, [tuple("" if cell is None else str(cell) for cell in row) for row in rows])
        print_line(counted(len(rows), "case"))
    else:
        print_line("There is no such case.")
    return 0
