"""A variant of a timetable: the tables of its file put over those of the one that it extends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from halfhour.processes.timetables.written import undefined, wrong

TABLES = ("parties", "parameter", "fact", "state", "step", "opened_by")
"""What a timetable's file has beside its own keys."""


def varied(written: Mapping[str, Any], base: Callable[[str], Mapping[str, Any]] | None) -> Mapping[str, Any]:
    """The tables of a variant, put over those of the timetable that it extends."""
    if "extends" not in written or base is None:
        return written
    place = str(written.get("id"))
    below = varied(base(str(written["extends"])), base)
    whole = {**below, **{name: value for name, value in written.items() if name not in TABLES}}
    # A flow opens the case of one timetable; its variants are chosen by a person.
    whole["opened_by"] = written.get("opened_by", [])
    whole["parties"] = {**below.get("parties", {}), **written.get("parties", {})}
    for table, key in (("parameter", "name"), ("fact", "name"), ("state", "name"), ("step", "ref")):
        rows = {row[key]: row for row in below.get(table, [])}
        for row in written.get(table, []):
            if key not in row:
                raise wrong(place, f"a row of {table} has no {key}")
            rows[row[key]] = {**rows.get(row[key], {}), **row}
        whole[table] = list(rows.values())
    whole["step"] = _in_place(whole["step"], below.get("step", []), written.get("remove", []))
    removed = set(written.get("remove", []))
    for ref in removed - {row["ref"] for row in whole["step"]}:
        raise undefined(place, "remove", ref)
    whole["step"] = [row for row in whole["step"] if row["ref"] not in removed]
    return whole


def _in_place(
    rows: list[Mapping[str, Any]], base: list[Mapping[str, Any]], removed: list[str]
) -> list[Mapping[str, Any]]:
    """The steps of a variant in the order of reading: those that it adds stand where the first one removed stood."""
    known = [row["ref"] for row in base]
    added = [row for row in rows if row["ref"] not in known]
    kept = [row for row in rows if row["ref"] in known]
    places = [known.index(ref) for ref in removed if ref in known]
    place = min(places, default=len(kept))
    return [*kept[:place], *added, *kept[place:]]
