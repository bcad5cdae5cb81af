"""The reference of a portfolio's keys, from the register's layout."""

from __future__ import annotations

from generator.markdown import as_code, as_table, page
from halfhour.register.layout import Key, layout

PORTFOLIO_TABLES = {
    "site": "`[site]` in a site's TOML file, or a row of `sites.csv`.",
    "metering": "`[[metering]]` in a site's TOML file, or a row of `metering.csv` with the site's id in the column "
    "`site`.",
    "declaration": "`[[declaration]]` in a site's TOML file, or a row of `declarations.csv` with the site's id in the "
    "column `site`.",
    "settlement": "`[settlement]` in `portfolio.toml`, which may be absent.",
    "readings": "`[readings]` in `portfolio.toml`, which may be absent.",
    "line_loss_factor": "A row of `line_loss_factors.csv`, which may be absent. Needed only for assets at another "
    "voltage than their Boundary Point.",
}

KINDS = {
    "choice": "one of the words",
    "date": "date, `2024-01-31`",
    "flag": "`true` or `false`",
    "id": "text",
    "llfc": "at most three capital letters or digits in quotes",
    "msid": "13 digits in quotes",
    "mtc": "three digits in quotes",
    "name": "text without `;`",
    "names": "list of names",
    "number": "number",
    "profile_class": "two digits in quotes, `00` to `08`",
    "reference": "`previous-month` or a whole number",
    "ssc": "four digits in quotes",
    "text": "text",
    "whole": "whole number",
}


def portfolio_keys() -> str:
    """Every key of a portfolio's files."""
    parts = [
        """
What a portfolio's files may hold. A key that is not listed is refused, and the message offers the nearest known one.
Dates are closed-open: `to` is the first day no longer included. Numbers with decimals are written as text in TOML,
such as `losses = "0.02"`. How to write a portfolio: [how-to](../how-to/write-a-portfolio.md).
"""
    ]
    for table, keys in layout().items():
        parts += [f"## {table.replace('_', ' ')}", PORTFOLIO_TABLES[table]]
        parts.append(
            as_table(
                ("key", "value", "required", "meaning"),
                (
                    (as_code(key.name), _value_of(key), "yes" if key.required else "", key.meaning)
                    for key in keys.values()
                ),
            )
        )
    return page("Portfolio keys", *parts)


def _value_of(key: Key) -> str:
    if key.choices:
        return ", ".join(as_code(choice) for choice in key.choices)
    words = [KINDS[key.kind]]
    if key.least is not None:
        words.append(f"at least {key.least}")
    if key.most is not None:
        words.append(f"at most {key.most:,}")
    if key.below is not None:
        words.append(f"below {key.below}")
    if key.decimals is not None:
        words.append(f"at most {key.decimals} decimals")
    return ", ".join(words)
