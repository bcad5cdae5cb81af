"""Which rule holds from when, and the constants of the rules. Handbook embedded-generation.md 1.3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal

from halfhour.market_data.embedded.rates import Mark
from halfhour.market_data.embedded.tables import rows

Component = Literal["tnuos", "losses", "bsuos", "imbalance"]


@dataclass(frozen=True, slots=True)
class RuleEra:
    """A rule and the days on which it holds.

    Attributes:
        component: what it is a rule of.
        rule_id: its name here, which travels with every amount.
        rule: what it says.
        effective_from: first day included; None where its beginning was not looked for.
        effective_to: first day no longer included; None = open.
        source: document.
        mark: standing of that document.
    """

    component: str
    rule_id: str
    rule: str
    effective_from: date | None
    effective_to: date | None
    source: str
    mark: Mark


@cache
def rule_eras(component: Component) -> tuple[RuleEra, ...]:
    """The rules of a component, in order of date."""
    return tuple(
        RuleEra(component, row["rule_id"], row["rule"], row.effective_from, row.effective_to, row.source, row.mark)
        for row in rows("rule_eras")
        if row["component"] == component
    )


def rule_era(component: Component, day: date) -> RuleEra:
    """The rule of a component that holds on a day."""
    return next(era for era in rule_eras(component) if era.effective_to is None or day < era.effective_to)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constant or a date of the rules; `text` is its value as written."""

    name: str
    text: str
    unit: str
    meaning: str
    source: str
    mark: Mark


@cache
def parameters() -> dict[str, Parameter]:
    """Every constant and date, by name."""
    return {
        row["name"]: Parameter(row["name"], row["value"], row["unit"], row["meaning"], row.source, row.mark)
        for row in rows("parameters")
    }


def number(name: str) -> Decimal:
    """A constant of the rules."""
    return Decimal(parameters()[name].text)


def rule_date(name: str) -> date:
    """A date of the rules."""
    return date.fromisoformat(parameters()[name].text)
