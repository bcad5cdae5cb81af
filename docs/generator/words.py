"""The reference of words: error codes, the glossary, and the business rules with their tests."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import halfhour
from generator.markdown import as_code, as_table, page
from halfhour.errors import codes
from halfhour.terms import glossary

BUSINESS_RULES = Path(__file__).parents[1] / "business-rules.toml"

ROOMS = {
    "BS": "Microgeneration backstop",
    "CA": "Calendar",
    "CH": "Charges",
    "CK": "Daily checks",
    "CL": "Command line",
    "CS": "Cases",
    "DC": "Declarations and asset metering",
    "DM": "Demo",
    "EB": "Embedded benefits and credit cover",
    "EX": "Export registration",
    "FF": "Industry files",
    "HH": "Half-hourly exchange formats",
    "ID": "Identifiers",
    "MD": "Market data",
    "PL": "Plant",
    "PN": "Private networks",
    "PT": "Timetables of market processes",
    "RD": "Readings",
    "RG": "Register",
    "RM": "Register that remembers",
    "RP": "Reports",
    "RU": "Rules",
    "ST": "Settlement",
    "SV": "Server",
}


def error_codes() -> str:
    """Every error code, room by room; those that nothing raises yet are marked."""
    raised = raised_codes()
    parts = [
        """
A code is stable: scripts may rely on it. It stands at the head of an error message, or in the column `code` of
`exceptions.csv`. Severity is `error` (the datum was not used), `warning` (used, look at it) or `info`.
"""
    ]
    for prefix in dict.fromkeys(code[:2] for code in codes()):
        rows = []
        for code, entry in codes().items():
            if code.startswith(prefix):
                note = "" if code in raised else " *Reserved: nothing raises it yet.*"
                rows.append((code, entry["title"], entry["meaning"] + note))
        parts += [f"## {prefix}: {ROOMS[prefix]}", as_table(("code", "name", "meaning"), rows)]
    return page("Error codes", *parts)


def raised_codes() -> set[str]:
    """The codes that stand in quotes in the package's source and in its data, but for the catalogue itself."""
    package = Path(halfhour.__file__).parent
    data = (path for path in package.rglob("*.toml") if path.parent.name != "codes")
    texts = (path.read_text(encoding="utf-8") for path in (*package.rglob("*.py"), *data))
    return {code for text in texts for code in re.findall(r"[\"']([A-Z]{2}-\d{3})[\"']", text)}


def nomenclature() -> str:
    """Every quantity and column, from the glossary."""
    return page(
        "Glossary",
        """
Every quantity has one entry. A name ends with its unit: `_wh` is whole watt-hours, `_mwh` megawatt-hours, `_per_100000`
parts per 100,000. Import and export are two quantities that are never negative; a net quantity is import less export,
so import is positive. The symbol is that of the code document. A source such as `chargeable-imports.md 2.1` is a page
of the project's handbook, which is not part of this repository.
""",
        as_table(
            ("column", "name", "symbol", "unit", "meaning", "source"),
            (
                (as_code(term.column), term.name, term.symbol, term.unit, term.meaning, term.source)
                for term in sorted(glossary().values(), key=lambda term: term.column)
            ),
        ),
    )


def business_rules() -> str:
    """Which test protects which business rule."""
    if not BUSINESS_RULES.is_file():
        return page("Business rules and their tests", "The list of business rules is not written yet.")
    rules: list[Mapping[str, Any]] = tomllib.loads(BUSINESS_RULES.read_text(encoding="utf-8"))["rule"]
    rows = []
    for entry in rules:
        tests = entry["tests"] if isinstance(entry["tests"], list) else [entry["tests"]]
        rows.append((entry["rule"], entry["clause"], "<br>".join(as_code(test) for test in tests)))
    return page(
        "Business rules and their tests",
        "Each rule with the clause that it follows and the tests that hold the program to it.",
        as_table(("rule", "clause", "tests"), rows),
    )
