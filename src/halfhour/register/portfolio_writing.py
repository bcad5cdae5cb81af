"""Writing a portfolio as files: sites as tables, its settings and its loss factors, so that it reads back the same."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from halfhour.register.layout import layout
from halfhour.register.model import Portfolio, Settings
from halfhour.register.parameters import SETTINGS_TABLES
from halfhour.register.reading import LOSS_FACTORS_FILE, SETTINGS_FILE
from halfhour.register.site_tables import cell, write_portfolio_tables


def write_portfolio(portfolio: Portfolio, folder: Path | str) -> list[Path]:
    """Write everything that a portfolio's files hold but the readings; the same portfolio gives the same bytes.

    Settings that are as shipped and loss factors that there are none of have no file.

    Returns:
        the files written, in order of name.
    """
    into = Path(folder)
    written = write_portfolio_tables(portfolio, into)
    if portfolio.settings != Settings():
        (into / SETTINGS_FILE).write_text(_settings(portfolio.settings), encoding="utf-8", newline="\n")
        written.append(into / SETTINGS_FILE)
    if portfolio.loss_factors:
        with (into / LOSS_FACTORS_FILE).open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            keys = layout()["line_loss_factor"]
            rows.writerow(keys)
            for factor in portfolio.loss_factors:
                published = format(Decimal(factor.thousandths) / 1000, "f")
                rows.writerow(
                    published if name == "factor" else cell(getattr(factor, key.field)) for name, key in keys.items()
                )
        written.append(into / LOSS_FACTORS_FILE)
    return sorted(written)


def _settings(settings: Settings) -> str:
    lines = []
    shipped = Settings()
    for table in SETTINGS_TABLES:
        said = [
            f"{name} = {_toml(getattr(settings, key.field))}"
            for name, key in layout()[table].items()
            if getattr(settings, key.field) != getattr(shipped, key.field)
        ]
        if said:
            lines += [f"[{table}]", *said, ""]
    return "\n".join(lines[:-1]) + "\n"


def _toml(value: object) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'
