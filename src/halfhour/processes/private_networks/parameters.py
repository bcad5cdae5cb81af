"""The dated values of D/380 and of the statute that the functions of private networks use, from `data/d380.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class RelatedShares:
    """Shares of voting rights: `subsidiary` is exceeded, `participating_interest` is reached."""

    subsidiary: Fraction
    participating_interest: Fraction


@cache
def _written() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data", "d380.toml").read_text(encoding="utf-8"))


@cache
def related_shares() -> RelatedShares:
    """From which share of the voting rights undertakings are related."""
    related = _written()["related"]
    return RelatedShares(
        Fraction(related["subsidiary"]["above"]), Fraction(related["participating_interest"]["at_least"])
    )


@cache
def codes_of_practice() -> dict[str, date]:
    """The Codes of Practice that D/380 covers, each with its first day."""
    return {entry["name"]: entry["effective_from"] for entry in _written()["code_of_practice"]}


def capacity_limit_mva() -> Decimal:
    """Circuit capacity up to which D/380 holds, included [MVA]."""
    return Decimal(_written()["capacity_mva"]["value"])


def mail() -> tuple[str, str]:
    """Where the declaration goes, and its subject."""
    return _written()["email"]["to"], _written()["email"]["subject"]
