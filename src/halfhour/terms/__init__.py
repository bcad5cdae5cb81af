"""The glossary: one entry for every quantity and column, from which headings, units and tooltips are taken."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_SUFFIXES = ("_wh", "_per_100000", "")


@dataclass(frozen=True, slots=True)
class Term:
    """A quantity: its column, its name in words, its symbol in the code document, unit, meaning and source."""

    column: str
    name: str
    unit: str
    meaning: str
    source: str
    symbol: str = ""


@cache
def glossary() -> Mapping[str, Term]:
    """Every term by its column name."""
    table = tomllib.loads(files(__package__).joinpath("glossary.toml").read_text(encoding="utf-8"))
    return {column: Term(column=column, **entry) for column, entry in table.items()}


@cache
def column(quantity: str) -> str:
    """The column name of a quantity as a rule names it: `bp_to_stor` is `bp_to_stor_wh`.

    Raises:
        KeyError: the glossary has no such quantity.
    """
    for suffix in _SUFFIXES:
        if quantity + suffix in glossary():
            return quantity + suffix
    raise KeyError(quantity)
