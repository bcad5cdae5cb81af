"""Cases of the decision tables: a case holds where each of its facts can have one of the values that it lists.

Facts are sets of possible values, so that one reading of a table answers for what is known and for what is not.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

Case = Mapping[str, Collection[str]]
Possible = Mapping[str, frozenset[str]]


def can_hold(cases: Iterable[Case], facts: Possible) -> bool:
    """Whether any case can hold. A fact that is not among `facts` has no value, so its case cannot."""
    return any(all(facts.get(fact, frozenset()) & frozenset(values) for fact, values in case.items()) for case in cases)


def must_hold(case: Case, facts: Possible) -> bool:
    """Whether a case holds whatever the values are that its facts could have."""
    return all(fact in facts and facts[fact] <= frozenset(values) for fact, values in case.items())


def holds(cases: Iterable[Case], facts: Mapping[str, str]) -> bool:
    """Whether any case holds for facts that each have one value."""
    for case in cases:
        # Plain loops: this is asked tens of thousands of times where much is unknown.
        for fact, values in case.items():
            if facts.get(fact, "") not in values:
                break
        else:
            return True
    return False


@cache
def table(name: str) -> dict[str, Any]:
    """A decision table from `data/NAME.toml`."""
    return tomllib.loads(files(__package__).joinpath("data", f"{name}.toml").read_text(encoding="utf-8"))


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `data/NAME.csv`."""
    text = files(__package__).joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def megawatts(value: Decimal) -> str:
    """A capacity as it is read: no exponent, no trailing zeros of the fraction."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def industry_day(day: date) -> str:
    """A date as the industry writes it: 1 October 2001."""
    return f"{day.day} {day:%B %Y}"
