"""`halfhour case due`: everything due, overdue acts among it, as a table, a CSV file or a calendar."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from halfhour.calendar import LONDON
from halfhour.cli.arguments import day, today
from halfhour.cli.database import Flag, with_database
from halfhour.cli.output import counted, print_json, print_line, print_table


@with_database
def due(
    *,
    on: str | None = None,
    within: int = 0,
    mpid: str = "",
    csv: Path | None = None,
    ics: Path | None = None,
    json: Flag = False,
) -> int:
    """What is due: whose it is, by when, how the day was counted, and what follows if nothing comes.

    Example: halfhour case due --within 14 --mpid HHSP --ics deadlines.ics

    Parameters
    ----------
    on
        Day on which it is looked at; what was due before it is overdue. Default: today in Great Britain.
    within
        Also what is due in this many calendar days.
    mpid
        Only what this organisation must do.
    csv
        Write a CSV file.
    ics
        Write a calendar that calendar programs can read.
    json
        The list as one JSON document on standard output.
    """
    from halfhour.processes.deadlines import COLUMNS, as_csv, as_ics  # noqa: PLC0415
    from halfhour.server.cases.reading import due as find_due  # noqa: PLC0415

    at = day(on) or today()
    rows = find_due(at, within=within, mpid=mpid)
    if csv is not None:
        csv.write_text(as_csv(rows), encoding="utf-8", newline="")
    if ics is not None:
        made = datetime.combine(at, time(), LONDON).astimezone(UTC)
        ics.write_bytes(as_ics(rows, f"Halfhour {mpid}".strip(), made))
    if json:
        print_json({"on": at, "due": [{name: getattr(row, name) for name in COLUMNS} for row in rows]})
        return 0
    if rows:
        print_table(
            "",
            ("due", "late", "case", "ref", "who", "must", "file"),
            [
                (
                    str(row.due),
                    str(row.days_late) if row.overdue else "",
                    row.case_id,
                    row.ref,
                    f"{row.party} {row.mpid}".strip(),
                    row.action,
                    row.flow,
                )
                for row in rows
            ],
            numeric=(1,),
        )
    overdue = sum(row.overdue for row in rows)
    print_line(
        f"{counted(len(rows), 'act')} due by {at + timedelta(days=within)}"
        + (f", {overdue} overdue." if overdue else ".")
    )
    for written in (csv, ics):
        if written is not None:
            print_line(f"Written: {written}")
    return 0
