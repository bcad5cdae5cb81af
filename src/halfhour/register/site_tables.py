"""Sites from tables: `sites.csv`, `metering.csv`, `declarations.csv`, the same keys as columns.

For portfolios of thousands of sites; `metering.csv` and `declarations.csv` name the site in the column `site`. The
other half of the form, writing these tables, is here too, so that the two cannot drift apart.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from halfhour.errors import Finding
from halfhour.errors.written_values import nearest, shown
from halfhour.register.layout import layout, read_table
from halfhour.register.model import Portfolio, Site
from halfhour.register.site_files import label, make_site

# File name to the layout's table, in the order in which they are read.
TABLE_FILES = {"sites.csv": "site", "metering.csv": "metering", "declarations.csv": "declaration"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells that are not empty, by column, and file and line."""

    cells: dict[str, str]
    where: str


def read_rows(path: str, text: str, columns: Iterable[str], required: Iterable[str]) -> tuple[list[Row], list[Finding]]:
    """The rows of a table with a heading, and a finding for everything that keeps a row from being read.

    A table whose heading is wrong or which is not CSV gives no rows at all: what its cells mean is not known.

    Args:
        path: of the file, relative to the portfolio, for messages.
        columns: that the table may have.
        required: of these, the ones that it must have.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    findings: list[Finding] = []
    heading: list[str] = []
    line = 0
    try:
        for cells in reader:
            where, line = f"{path}:{line + 1}", reader.line_num
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            if not heading:
                heading = stripped
                findings.extend(_heading_problems(path, where, heading, columns, required))
                if findings:
                    return [], findings
            elif len(stripped) != len(heading):
                message = f"The row has {len(stripped)} cells under a heading of {len(heading)}."
                step = "Give every row one cell for each column; put text that holds a comma in quotes."
                findings.append(Finding("RG-013", "error", message, step, where))
            else:
                rows.append(Row({name: cell for name, cell in zip(heading, stripped, strict=True) if cell}, where))
    except csv.Error as problem:
        message = f"{path} cannot be read as CSV: {problem}."
        step = "Correct the quotes at this line, or write the table again."
        return [], [*findings, Finding("RG-013", "error", message, step, f"{path}:{reader.line_num}")]
    if not heading:
        step = f"Write a heading with the columns {', '.join(required)}, or remove the file."
        return [], [Finding("RG-013", "error", f"{path} is empty.", step, path)]
    return rows, findings


def _heading_problems(
    path: str, where: str, heading: list[str], columns: Iterable[str], required: Iterable[str]
) -> Iterator[Finding]:
    known = list(columns)
    for column in dict.fromkeys(heading):
        if column not in known:
            step = f"Separate columns with commas and use: {', '.join(known)}. {nearest(column, known)}".rstrip()
            yield Finding("RG-006", "error", f"{shown(column)} is not a column of {path}.", step, where)
        elif heading.count(column) > 1:
            yield Finding("RG-006", "error", f"The column {column} stands twice in {path}.", "Remove one.", where)
    for column in required:
        if column not in heading:
            yield Finding("RG-007", "error", f"The column {column} is missing in {path}.", "Add it.", where)


def read_site_tables(texts: Mapping[str, str]) -> tuple[list[Site], list[Finding]]:
    """The sites of the tables, without those of which anything cannot be read, and the findings.

    Args:
        texts: content of each table by its file name; `sites.csv` and the others may be absent.
    """
    tables: dict[str, list[Row]] = {}
    findings: list[Finding] = []
    whole = True
    for path, text in texts.items():
        table = TABLE_FILES[path]
        keys = layout()[table]
        columns = [*keys] if table == "site" else ["site", *keys]
        required = [name for name in columns if name == "site" or keys[name].required]
        tables[table], problems = read_rows(path, text, columns, required)
        findings.extend(problems)
        # A row that cannot be read belongs to a site that is not known, so no site of the tables is certain.
        whole = whole and not problems
    if "site" not in tables:
        step = "Add sites.csv with one row for each site."
        findings.append(
            Finding("RG-007", "error", "There are tables of meterings but no sites.csv.", step, "sites.csv")
        )
        whole = False
    if not whole:
        return [], findings
    sites, problems = _join(tables)
    return sites, [*findings, *problems]


def _join(tables: dict[str, list[Row]]) -> tuple[list[Site], list[Finding]]:
    findings: list[Finding] = []
    rejected: set[str] = set()
    known = {row.cells["id"]: None for row in tables["site"] if "id" in row.cells}
    records: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for table in ("metering", "declaration"):
        records[table] = defaultdict(list)
        suggestions: dict[str, str] = {}
        for row in tables.get(table, []):
            cells = dict(row.cells)
            site_id = cells.pop("site", "")
            if site_id not in known:
                if site_id not in suggestions:
                    suggestions[site_id] = nearest(site_id, known)
                message = f"The site {shown(site_id)} has no row in sites.csv." if site_id else "site is missing."
                step = f"Correct the id or add the site. {suggestions[site_id]}".rstrip()
                findings.append(Finding("RG-013", "error", message, step, row.where, site_id))
                continue
            record, problems = _read_row(table, cells, row.where, site_id, f"Site {site_id}, ")
            if problems:
                findings.extend(problems)
                rejected.add(site_id)
            record["where"] = row.where
            records[table][site_id].append(record)
    sites = []
    for row in tables["site"]:
        site_id = row.cells.get("id", "")
        values, problems = _read_row("site", row.cells, row.where, site_id, "")
        findings.extend(problems)
        if not problems and site_id not in rejected:
            values["where"] = row.where
            sites.append(make_site(values, records["metering"][site_id], records["declaration"][site_id]))
    return sites, findings


def _read_row(
    table: str, cells: dict[str, str], where: str, site_id: str, prefix: str
) -> tuple[dict[str, Any], list[Finding]]:
    subject = f"Site {site_id}" if table == "site" else prefix + label(table, cells, 0)
    return read_table(table, cells, subject, lambda _: where, site_id)


def write_portfolio_tables(portfolio: Portfolio, folder: Path | str) -> list[Path]:
    """Write the sites of a portfolio as tables, in order of site id.

    The folder is made where it does not exist. Defaults are written out; a table without rows is written with its
    heading. Settings, loss factors and readings are files of their own and are not written.

    Returns:
        the files written: `sites.csv`, `metering.csv`, `declarations.csv`.
    """
    into = Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[list[str]]] = {table: [] for table in TABLE_FILES.values()}
    keys = layout()
    for site in sorted(portfolio.sites, key=lambda site: site.id):
        rows["site"].append([cell(getattr(site, key.field)) for key in keys["site"].values()])
        for table, records in (("metering", site.metering), ("declaration", site.declarations)):
            for record in records:
                cells = [cell(getattr(record, key.field)) for key in keys[table].values()]
                rows[table].append([site.id, *cells])
    written = []
    for name, table in TABLE_FILES.items():
        heading = [*keys[table]] if table == "site" else ["site", *keys[table]]
        written.append(into / name)
        with written[-1].open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([heading, *rows[table]])
    return written


def cell(value: object) -> str:
    """A value as a table's cell has it, empty where there is none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case tuple():
            return ";".join(value)
        case _:
            return str(value)
