"""The rules of credit cover with their clauses and marks, their dated parameters, and the steps of a working.

Follows BSC Section M and Elexon's guidance on credit, as the data files `rules.toml` and `parameters.toml` name them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import cache
from importlib.resources import files
from typing import Any

from halfhour.errors import NotCovered

SPD_HOURS = Decimal("0.5")
"""Settlement Period Duration."""

EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, Overflow])
"""Sums and products are exact: a digit that does not fit is an error, not a rounding."""

QUOTIENT = Context(prec=28)
"""Quotients are carried to 28 digits."""

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that a figure rests on, in words, with its clause, source and mark."""

    id: str
    title: str
    text: str
    clause: str
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A dated value; `effective_to` is the first day no longer included, None an open end."""

    name: str
    value: Decimal
    effective_from: date
    effective_to: date | None
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a working.

    Attributes:
        quantity: what it gives.
        formula: the rule's formula or test.
        numbers: the same with this case's numbers.
        value: a number, a date, a word; None where there is none.
        unit: of the value; empty where it has none.
        rule: what it rests on.
        mark: the rule's, or that of the value taken where this is the weaker one.
    """

    quantity: str
    formula: str
    numbers: str
    value: Decimal | date | int | str | None
    unit: str
    rule: Rule
    mark: str


def step(
    quantity: str, rule_id: str, numbers: str, value: Decimal | date | int | str | None, unit: str, mark: str = ""
) -> Step:
    """A step by the id of its rule; `mark` only where the value taken is marked otherwise than the rule."""
    found = rules()[rule_id]
    return Step(quantity, found.text, numbers, value, unit, found, mark or found.mark)


def plain(value: Decimal) -> str:
    """A number for a working: every digit, without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id."""
    return {rule_id: Rule(id=rule_id, **entry) for rule_id, entry in _table("rules.toml").items()}


@cache
def parameters() -> Mapping[str, tuple[Parameter, ...]]:
    """Every dated parameter by its name, in order of day."""
    return {
        name: tuple(
            Parameter(name, Decimal(row["value"]), row["from"], row.get("to"), row["source"], row["mark"])
            for row in rows
        )
        for name, rows in _table("parameters.toml").items()
    }


def parameter(name: str, day: date) -> Parameter:
    """The value that holds on a day.

    Raises:
        NotCovered: EB-219 when none is held for it.
    """
    for row in parameters()[name]:
        if row.effective_from <= day and (row.effective_to is None or day < row.effective_to):
            return row
    raise NotCovered(
        "EB-219",
        f"The parameter {name.replace('_', ' ')} is not held for {day}; it begins on "
        f"{parameters()[name][0].effective_from}.",
        "Ask for a later day.",
    )


def in_force(name: str, day: date) -> bool:
    """Whether a change to the Code, held as a parameter, is in force on a day."""
    return any(
        row.effective_from <= day and (row.effective_to is None or day < row.effective_to) for row in parameters()[name]
    )


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data", name).read_text(encoding="utf-8"))
