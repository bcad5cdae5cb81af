"""The catalogue of tariffs, multipliers, prices and other dated tables: `data/reference_tables.toml`.

How a table says on which days a row holds (`days` in the catalogue):

| days | a row holds |
|---|---|
| `range` | from `effective_from` to `effective_to`, included in the file; empty = open |
| `charging_year` | from 1 April to 31 March of its charging year |
| `day` | on its own day only: nothing is known of the days around it |
| `named_year`, `named_month` | in the charging year or month that the file's name ends with |
"""

from __future__ import annotations

from functools import cache

from halfhour.market_data.columns import Table, read_tables


@cache
def reference_tables() -> dict[str, Table]:
    """Every table of the catalogue by name."""
    return read_tables("reference_tables.toml")
