"""What a version of Market Domain Data changed: rows added, ended, changed and removed, table by table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from halfhour.market_data.store import MarketDataStore, mdd_table

Manner = Literal["added", "ended", "changed", "removed"]
MANNERS: tuple[Manner, ...] = ("added", "ended", "changed", "removed")


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that differs between two versions.

    Attributes:
        manner: `added` (not in the older version), `ended` (was open, now has an end), `changed` (anything else
            differs) or `removed` (no longer there).
        key: the row's key.
        before, after: the columns that differ; for a row added or removed all of them, on one side.
    """

    manner: Manner
    key: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TableChanges:
    """One table in two versions.

    Attributes:
        table: its name.
        older, newer: the numbers of the versions.
        rows: what differs, in order of the key.
    """

    table: str
    older: int
    newer: int
    rows: list[RowChange] = field(default_factory=list)

    def of(self, manner: Manner) -> list[RowChange]:
        """The rows that differ in one manner."""
        return [row for row in self.rows if row.manner == manner]


def version_changes(store: MarketDataStore, table: str, older: int, newer: int) -> TableChanges:
    """What `newer` changed in a table since `older`.

    Raises:
        NotCovered: MD-011 one of the versions does not hold the table.
        HalfhourError: MD-007 there is no such table.
    """
    key = mdd_table(table).key

    def by_key(version: int) -> dict[tuple[Any, ...], dict[str, Any]]:
        return {tuple(row[column] for column in key): row for row in store.select(table, version)}

    before, after = by_key(older), by_key(newer)
    rows = []
    for at in sorted(before.keys() | after.keys()):
        old, new = before.get(at), after.get(at)
        named = dict(zip(key, at, strict=True))
        if old is None or new is None:
            rows.append(RowChange("removed" if new is None else "added", named, old or {}, new or {}))
        elif old != new:
            differing = [column for column in old if old[column] != new[column]]
            ends = "effective_to" in differing and old["effective_to"] is None
            rows.append(
                RowChange(
                    "ended" if ends else "changed",
                    named,
                    {column: old[column] for column in differing},
                    {column: new[column] for column in differing},
                )
            )
    return TableChanges(table, older, newer, rows)
