"""`halfhour file show`: the content of a file as tables in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from halfhour.cli.commands.file.readings import show_readings
from halfhour.cli.commands.file.shared import Flag, Layouts, is_flow, say_verdict, say_what_it_is
from halfhour.cli.output import counted, print_json, print_table, say
from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    import pyarrow as pa

    from halfhour.formats.flows.tables import TableShape


def show(
    file: Path,
    *,
    group: str | None = None,
    rows: int = 20,
    layouts: Layouts = (),
    secrets: Flag = False,
    json: Flag = False,
) -> int:
    """Show the content of a file: a table for each group, with the keys of the groups above.

    Example: halfhour file show inbox/D0155_0000000017.txt --group 315

    Parameters
    ----------
    file
        DTC user file, Pool Transfer file or NETA file, or half-hourly readings.
    group
        Show this group only.
    rows
        Rows of each table that are shown.
    layouts
        Folder of layouts of your own; may be given more than once.
    secrets
        Show passwords and PINs.
    json
        The tables as one JSON document on standard output.
    """
    from halfhour.formats.flows.checking import FlowChecker  # noqa: PLC0415
    from halfhour.formats.flows.reading import FlowReader, Options  # noqa: PLC0415
    from halfhour.formats.flows.tables import as_text, tables  # noqa: PLC0415

    if not is_flow(file):
        return show_readings(file, rows, json=json)
    reader = FlowReader(file, file.name, Options(tuple(layouts)))
    if group is not None and group not in reader.layout.groups:
        known = ", ".join(reader.layout.groups) or "none"
        raise HalfhourError("FF-122", f"{reader.flow_version} has no group {group!r}.", f"Its groups are {known}.")
    checker = FlowChecker(reader)
    shown: dict[str, tuple[TableShape, list[pa.Table]]] = {}
    totals: dict[str, int] = {}
    for shape, table in tables(checker, as_text, secrets=secrets):
        name = shape.group.id
        room = rows - min(rows, totals.get(name, 0))
        totals[name] = totals.get(name, 0) + table.num_rows
        if room and (group is None or name == group):
            shown.setdefault(name, (shape, []))[1].append(table.slice(0, room))
    verdict = checker.verdict()
    listed = {name: shown[name] for name in reader.layout.groups if name in shown}
    if json:
        print_json(
            {
                "file": str(file),
                "flow": reader.flow_version,
                "title": reader.layout.title,
                "header": reader.header,
                "trailer": reader.trailer,
                "accepted": verdict.accepted,
                "groups": {
                    name: {
                        "name": shape.group.name,
                        "records": totals[name],
                        "rows": [row for piece in pieces for row in piece.to_pylist()],
                    }
                    for name, (shape, pieces) in listed.items()
                },
            }
        )
        return 0
    say_what_it_is(reader)
    for name, (shape, pieces) in listed.items():
        _print_group(shape, pieces, totals[name])
    serious = sum(finding.severity != "info" for finding in verdict.findings)
    say_verdict(verdict, verdict.accepted)
    if serious:
        say(f"{counted(serious, 'finding')}: `halfhour file check {file}` lists them.")
    return 0


def _print_group(shape: TableShape, pieces: list[pa.Table], total: int) -> None:
    import pyarrow as pa  # noqa: PLC0415

    table = pa.concat_tables(pieces).drop_columns(["instance"])
    rows = [[("" if value is None else str(value)) for value in row.values()] for row in table.to_pylist()]
    filled = [place for place in range(table.num_columns) if place == 0 or any(row[place] for row in rows)]
    hidden = table.num_columns - len(filled)
    notes = []
    if total > len(rows):
        notes.append(f"{len(rows):,} of {total:,} records")
    if hidden:
        notes.append(f"{counted(hidden, 'empty column')} left out")
    title = f"{shape.group.id} {shape.group.name}" + (f" ({', '.join(notes)})" if notes else "")
    columns = [table.column_names[place].replace("_", " ") for place in filled]
    print_table(title, columns, [[row[place] for place in filled] for row in rows])
