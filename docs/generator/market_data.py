"""The reference of market data: every table that `halfhour market-data load` takes, with its columns."""

from __future__ import annotations

from generator.markdown import as_code, as_table, page
from halfhour.market_data.columns import Column, Table, mdd_tables
from halfhour.market_data.reference_tables import reference_tables

DAYS = {
    "range": "from `effective_from` to `effective_to`, the last day included in the file; empty is open",
    "charging_year": "from 1 April to 31 March of its charging year",
    "day": "on its own day only",
    "named_year": "in the charging year that the file's name ends with, such as `_2026-27`",
    "named_month": "in the month that the file's name ends with, such as `_2025-11`",
}
KINDS = {
    "code": "code",
    "text": "text",
    "date": "date",
    "date_from": "first day",
    "date_to": "last day",
    "bool": "true or false",
    "int": "whole number",
    "decimal": "number",
    "charging_year": "charging year",
    "period": "Settlement Period",
}


def market_data_tables() -> str:
    """Market Domain Data and the other dated tables: key, days, columns, publisher, doubts."""
    parts = [
        "What [`halfhour market-data load`](../how-to/load-market-data.md) tells by its header. `select`, `live` and "
        "`reference` of the store give the rows by the names of these columns.",
        "## Market Domain Data",
        "Dates are written dd/mm/yyyy in the files. Codes marked with a length are filled with zeros on the left.",
    ]
    parts += [_mdd(table) for table in mdd_tables().values()]
    parts += [
        "## Line loss factors",
        "D0265 files, plain, gzipped or zipped; and tables with the columns `llfc`, `description`, `settlement_date`, "
        "`n_periods`, `llf_sp1` to `llf_sp50` (empty beyond the day's last Settlement Period).",
        "## Tariffs, multipliers, prices",
        "Dates are written YYYY-MM-DD. Columns may stand in any order; those in brackets may be absent.",
    ]
    parts += [_reference(table) for table in reference_tables().values()]
    return page("Market data tables", *parts)


def _mdd(table: Table) -> str:
    rows = [(as_code(column.name), column.header, _kind(column)) for column in table.columns]
    key = ", ".join(as_code(column) for column in table.key)
    return "\n\n".join(
        [
            f"### {table.name}",
            f"{table.title}. File {as_code(table.file)}; key {key}.",
            as_table(("column", "heading in the file", "holds"), rows),
        ]
    )


def _reference(table: Table) -> str:
    rows = [
        (f"({as_code(column.name)})" if column.optional else as_code(column.name), _kind(column), column.unit)
        for column in table.columns
    ]
    lines = [f"{table.title}. Published by {table.facts['publisher']}. A row holds {DAYS[table.facts['days']]}."]
    if table.key:
        lines.append(f"Rows of one day are told apart by {', '.join(as_code(column) for column in table.key)}.")
    if note := table.facts.get("note"):
        lines.append(str(note))
    return "\n\n".join([f"### {table.name}", " ".join(lines), as_table(("column", "holds", "unit"), rows)])


def _kind(column: Column) -> str:
    return KINDS[column.kind] + (f", {column.pad} characters" if column.pad else "")
