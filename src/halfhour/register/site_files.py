"""A site from its TOML file, with the line of everything that is wrong in it.

Follows the project's contract, section "A portfolio". The TOML reader of the standard library keeps no positions, so
the line of a key is looked for in the text; it is right for files written one key to a line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from halfhour.errors import Finding
from halfhour.errors.written_values import nearest, shown
from halfhour.register.layout import read_table
from halfhour.register.model import Declaration, Metering, Site

SITE_TABLES = ("site", "metering", "declaration")

_HEADER = re.compile(r"\s*(\[\[?)\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*\]")
_KEY = re.compile(r"\s*[\"']?([A-Za-z0-9_-]+)[\"']?\s*[=.]")
_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)")


class Lines:
    """Where the tables and keys of a TOML text stand, by table, its occurrence from 0, and key."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._lines: dict[tuple[str, int, str], int] = {}
        counts: dict[str, int] = {}
        table, occurrence = "", 0
        for number, line in enumerate(text.split("\n"), start=1):
            if header := _HEADER.match(line):
                table = header[2]
                occurrence = counts.get(table, 0)
                counts[table] = occurrence + 1
                self._lines.setdefault((table, occurrence, ""), number)
            elif key := _KEY.match(line):
                self._lines.setdefault((table, occurrence, key[1]), number)

    def where(self, table: str, occurrence: int = 0, key: str = "") -> str:
        """File and line of a key; of its table where the key is not found; the file alone where neither is."""
        places = ((table, occurrence, key), (table, occurrence, ""), ("", 0, table))
        line = next((self._lines[place] for place in places if place in self._lines), None)
        return self._path if line is None else f"{self._path}:{line}"


def read_toml(path: str, text: str) -> tuple[dict[str, Any], Lines, list[Finding]]:
    """The content of a TOML text, empty with a finding where it is not valid.

    Args:
        path: of the file, relative to the portfolio, for messages.
    """
    try:
        return tomllib.loads(text, parse_float=Decimal), Lines(path, text.replace("\r\n", "\n")), []
    except (ValueError, ArithmeticError, RecursionError) as problem:
        # Beside its own error the reader lets through those of the numbers and of nesting without end.
        position = _POSITION.search(str(problem))
        reason = _POSITION.sub("", str(problem)).strip() or type(problem).__name__
        where = f"{path}:{position[1]}:{position[2]}" if position else path
        step = "Correct the file; text stands in quotes, dates do not."
        finding = Finding("RG-005", "error", f"{path} is not valid TOML: {reason}.", step, where)
        return {}, Lines(path, ""), [finding]


def unknown_tables(document: dict[str, Any], known: tuple[str, ...], lines: Lines) -> Iterator[Finding]:
    """A finding for every table or top-level key that the file may not hold."""
    for name in document:
        if name not in known:
            step = f"Use the tables {', '.join(known)}. {nearest(name, known)}".rstrip()
            yield Finding("RG-006", "error", f"{shown(name)} is not a table of this file.", step, lines.where(name))


def read_site(path: str, text: str) -> tuple[Site | None, list[Finding]]:
    """The site of a TOML file, None where anything in it cannot be read, and the findings.

    Args:
        path: of the file, relative to the portfolio, for messages.
        text: of the file.
    """
    document, lines, findings = read_toml(path, text)
    if findings:
        return None, findings
    findings.extend(unknown_tables(document, SITE_TABLES, lines))
    written = document.get("site")
    if not isinstance(written, dict):
        step = "Write one table [site] with the site's keys."
        findings.append(Finding("RG-007", "error", f"{path} has no table [site].", step, lines.where("site")))
        return None, findings
    site_id = written["id"].strip() if isinstance(written.get("id"), str) else ""
    subject = f"Site {site_id}" if site_id else path
    values, problems = read_table("site", written, subject, partial(lines.where, "site", 0), site_id)
    findings.extend(problems)
    records: dict[str, list[dict[str, Any]]] = {"metering": [], "declaration": []}
    for table, read in records.items():
        for position, entry in enumerate(_entries(document, table, lines, site_id, findings)):
            record, problems = read_table(
                table,
                entry,
                f"{subject}, {label(table, entry, position)}",
                partial(lines.where, table, position),
                site_id,
            )
            findings.extend(problems)
            read.append(record | {"where": lines.where(table, position)})
    if findings:
        return None, findings
    return make_site(values | {"where": lines.where("site")}, records["metering"], records["declaration"]), []


def _entries(
    document: dict[str, Any], table: str, lines: Lines, site_id: str, findings: list[Finding]
) -> list[dict[str, Any]]:
    entries = document.get(table, [])
    if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
        return entries
    step = f"Head every {table} with [[{table}]], in double brackets."
    message = f"{table} is not a list of tables."
    findings.append(Finding("RG-008", "error", message, step, lines.where(table), site_id))
    return []


def label(table: str, entry: dict[str, Any], position: int) -> str:
    """A metering or declaration in a message: by its name or kind, else by its position."""
    name = entry.get("name" if table == "metering" else "kind")
    return f"{table} {name if isinstance(name, str) else position + 1}"


def make_site(site: dict[str, Any], metering: list[dict[str, Any]], declarations: list[dict[str, Any]]) -> Site:
    """The site's record from values that were read, with the defaults that depend on the site."""
    return Site(
        **{"name": site["id"]} | site,
        metering=tuple(Metering(**{"voltage": site["voltage"]} | record) for record in metering),
        declarations=tuple(Declaration(**record) for record in declarations),
    )
