"""The contract's own tables of readings: the long and the wide shape, told apart by their columns.

Follows the contract ("Readings").
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence

from halfhour.errors import Finding
from halfhour.formats.finding_log import FindingLog
from halfhour.formats.readings_shapes import PERIOD_COLUMNS, Shape, UnreadableFile

_KEY = ("msid", "measurement_quantity", "settlement_date")
_REQUIRED: dict[Shape, tuple[str, ...]] = {
    "long": (*_KEY, "settlement_period", "kwh"),
    "wide": (*_KEY, *PERIOD_COLUMNS[:48]),
}
_OPTIONAL: dict[Shape, tuple[str, ...]] = {
    "long": ("status", "recorded_at"),
    "wide": (*PERIOD_COLUMNS[48:], "status", "recorded_at"),
}


def find_columns(header: Sequence[str], file: str) -> tuple[Shape, dict[str, int], FindingLog]:
    """The shape that a header shows and where each of its columns stands.

    Args:
        header: column names in the order of the file; case and outer spaces do not matter.
        file: name for messages.

    Returns:
        The shape, the position of each column to be read, and what there is to say about the others.

    Raises:
        UnreadableFile: RD-001 no column of ours, RD-002 columns missing, RD-007 a column given twice.
    """
    names = [name.strip().lower() for name in header]
    known = {name for shape in _REQUIRED for name in _REQUIRED[shape] + _OPTIONAL[shape]}
    twice = [name for name, count in Counter(names).items() if count > 1 and name in known]
    if twice:
        raise UnreadableFile("RD-007", f"{file} has the column {twice[0]} more than once.", "Leave one of them.")
    if known.isdisjoint(names):
        separator = " Separate the columns by commas." if len(names) == 1 and set(names[0]) & set(";\t|") else ""
        raise UnreadableFile(
            "RD-001",
            f"{file} is not a readings file that Halfhour knows: it has none of the columns of one.",
            f"Give columns {', '.join(_REQUIRED['long'])}, or msid, measurement_quantity, settlement_date, p1 to p50."
            + separator,
        )
    shape: Shape = "wide" if "p1" in names and "settlement_period" not in names else "long"
    missing = [name for name in _REQUIRED[shape] if name not in names]
    if missing:
        others = [name for name in names if name not in known]
        near = [match for name in missing for match in difflib.get_close_matches(name, others, 1)]
        hint = f" Is it the one called {near[0]}?" if near else ""
        raise UnreadableFile(
            "RD-002", f"{file} has no column {', '.join(missing)}.", f"Add it, or name it so in the header.{hint}"
        )
    wanted = _REQUIRED[shape] + _OPTIONAL[shape]
    log = FindingLog(file)
    unread = [name or "(no name)" for name in names if name not in wanted]
    if unread:
        log.add(
            Finding(
                "RD-023",
                "info",
                f"{file} has columns that were not read: {', '.join(unread)[:200]}.",
                "Nothing to do, unless one of them was meant to be read.",
                file,
            )
        )
    return shape, {name: names.index(name) for name in wanted if name in names}, log
