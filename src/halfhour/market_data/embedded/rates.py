"""A value with its unit, source and standing, and what becomes of the standing of a sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from halfhour.market_data.embedded.refusals import BadInput

Mark = Literal["doc", "data", "secondary", "inferred"]
"""Confidence in a rule or value: handbook embedded-generation.md 0.1."""

Status = Literal["actual", "estimate", "supplied", "provisional"]
"""Standing of a figure, the strongest first: handbook embedded-generation.md 11.4."""

MARKS: tuple[Mark, ...] = ("doc", "data", "secondary", "inferred")
STATUSES: tuple[Status, ...] = ("actual", "estimate", "supplied", "provisional")


@dataclass(frozen=True, slots=True)
class Rate:
    """A tariff, price, multiplier or other value.

    Attributes:
        item: what it is, with year or day and zone where it has them.
        value: with the digits as published.
        unit: such as `£/kW`; empty for a plain number.
        source: document or file that it was taken from.
        mark: standing of the source.
        status: `estimate` where it stands in for a settlement value, `supplied` where the caller gave it.
        effective_from: first day included; None where it is not dated.
        effective_to: first day no longer included; None = open.
        run: settlement run of a half-hourly price or rate; empty where there is none.
        note: anything else said of it.
    """

    item: str
    value: Decimal
    unit: str
    source: str
    mark: Mark
    status: Status = "actual"
    effective_from: date | None = None
    effective_to: date | None = None
    run: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.value:f} {self.unit}".rstrip()

    def holds(self, day: date) -> bool:
        """Whether the value holds on a day."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day < self.effective_to
        )


def supplied(item: str, value: Decimal, unit: str, source: str = "supplied by the caller") -> Rate:
    """A value that the caller vouches for.

    Raises:
        BadInput: EB-123 it is not a finite decimal number.
    """
    return Rate(item, decimal_of(value, item), unit, source, "secondary", status="supplied")


def as_rate(given: Rate | Decimal | int, item: str, unit: str) -> Rate:
    """What was given as a rate: a rate stays as it is, a number becomes a supplied one.

    Raises:
        BadInput: EB-123 it is neither.
    """
    return given if isinstance(given, Rate) else supplied(item, decimal_of(given, item), unit)


def decimal_of(value: object, what: str) -> Decimal:
    """A whole or decimal number as it stands; a float is refused, since it is rarely the number that was meant.

    Raises:
        BadInput: EB-123 anything else, and a number that is not finite.
    """
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise BadInput(
        "BAD_INPUT", f"{what} {str(value)[:40]!r} is not a finite whole or decimal number.", "Give an int or a Decimal."
    )


def weakest(statuses: Iterable[Status]) -> Status:
    """The standing of a sum: the weakest of its parts, actual > estimate > supplied > provisional; actual of none."""
    return max(statuses, key=STATUSES.index, default="actual")


def weakest_mark(marks: Iterable[Mark]) -> Mark:
    """The mark of a result: the weakest of those that it rests on, doc > data > secondary > inferred; doc of none."""
    return max(marks, key=MARKS.index, default="doc")
