"""What a portfolio sets beside its sites: `portfolio.toml` and `line_loss_factors.csv`.

Follows chargeable-imports 2.2 (loss adjustment), 2.4 and 3.2 (the parameters).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from halfhour.errors import Finding
from halfhour.register.layout import layout, read_table
from halfhour.register.model import LossFactor, Settings
from halfhour.register.site_files import read_toml, unknown_tables
from halfhour.register.site_tables import read_rows

SETTINGS_TABLES = ("settlement", "readings")
"""Of `portfolio.toml`; what they hold are the fields of `Settings`."""


def read_settings(path: str, text: str) -> tuple[Settings, list[Finding]]:
    """The settings of a `portfolio.toml`; those that cannot be read are as shipped, each with a finding.

    Args:
        path: of the file, relative to the portfolio, for messages.
        text: of the file.
    """
    document, lines, findings = read_toml(path, text)
    findings.extend(unknown_tables(document, SETTINGS_TABLES, lines))
    settings: dict[str, Any] = {}
    for table in SETTINGS_TABLES:
        written = document.get(table, {})
        if not isinstance(written, dict):
            message, step = f"{table} is not a table.", f"Write the settings below a heading [{table}]."
            findings.append(Finding("RG-008", "error", message, step, lines.where(table)))
            continue
        values, problems = read_table(table, written, path, partial(lines.where, table, 0))
        settings |= values
        findings.extend(problems)
    return Settings(**settings), findings


def read_loss_factors(path: str, text: str) -> tuple[tuple[LossFactor, ...], list[Finding]]:
    """The rows of a `line_loss_factors.csv` that can be read, and a finding for every one that cannot.

    Args:
        path: of the file, relative to the portfolio, for messages.
        text: of the file.
    """
    keys = layout()["line_loss_factor"]
    rows, findings = read_rows(path, text, keys, [name for name, key in keys.items() if key.required])
    factors = []
    for row in rows:
        values, problems = read_table(
            "line_loss_factor", row.cells, "Line loss factor", partial(_same_place, row.where)
        )
        if not problems and values.get("first_period", 1) > values.get("last_period", 50):
            message = f"Line loss factor: first_period {values['first_period']} is after last_period."
            problems.append(Finding("RG-011", "error", message, "Correct the periods.", row.where))
        findings.extend(problems)
        if not problems:
            thousandths = int(values.pop("factor") * 1000)
            factors.append(LossFactor(**values, thousandths=thousandths, where=row.where))
    return tuple(factors), findings


def _same_place(where: str, _key: str) -> str:
    return where
