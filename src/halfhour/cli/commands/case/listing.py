"""`halfhour case list` and `log`: the cases there are, and who did what in them, when."""

from __future__ import annotations

from halfhour.cli.database import Flag, known_at, with_database
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


@with_database
def log(
    case: str = "",
    /,
    *,
    who: str = "",
    since: str | None = None,
    until: str | None = None,
    limit: int = 50,
    json: Flag = False,
) -> int:
    """Who did what in cases, when it was recorded, and by whom; the latest first.

    Example: halfhour case log ER000001 --since 2025-03-01T00:00:00Z

    Parameters
    ----------
    case
        Only of this case.
    who
        Only what this person or program recorded.
    since
        Only what was recorded from this moment on.
    until
        Only what was recorded before this moment.
    limit
        The most deeds that are shown.
    json
        The log as one JSON document on standard output.
    """
    from halfhour.server.cases.audit import audit  # noqa: PLC0415
    from halfhour.server.cases.reading import find_case  # noqa: PLC0415

    case_id = find_case(case).id if case else ""
    deeds = audit(case_id=case_id, who=who, since=known_at(since), until=known_at(until), most=max(limit, 0))
    columns = ("at", "case", "who", "by", "what", "event")
    rows = [(one.at, one.case_id, one.who, one.by, one.what, one.event_id) for one in deeds]
    if json:
        print_json({"log": [dict(zip(columns, row, strict=True)) for row in rows]})
    elif rows:
        print_table("", columns, [(f"{at:%Y-%m-%d %H:%M:%S}Z", *rest) for at, *rest in rows])
    else:
        print_line("Nothing was recorded.")
    return 0
