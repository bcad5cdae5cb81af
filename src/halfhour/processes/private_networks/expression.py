"""The expression of interest: whether it is one under the statute, and by when further information is due.

Electricity Act 1989 Schedule 2ZA paragraphs 1(1) to (3), 5(4) and 16; handbook private-networks 6.1 and 6.6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from halfhour.calendar import holiday_calendar
from halfhour.processes.private_networks.related import Holding, related_to

PresentSupply = Literal["holder", "related", "other"]
Invalid = Literal["no_named_supplier", "no_willing_supplier", "supplier_related", "not_supplied_by_holder"]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of interest as it was served.

    Attributes:
        holder: the exemption holder, as the holdings name it.
        named_supplier: the third party supplier that it names, None where it names none.
        willing: evidence that the supplier is willing to supply, None where there is none.
        present_supplier: who supplies the customer now, as the holdings name it.
    """

    received_on: date
    holder: str
    named_supplier: str | None
    willing: str | None
    present_supplier: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What an expression is: why it is none under the statute (None where it is one), the reason, the case's facts."""

    invalid: Invalid | None
    because: str
    facts: dict[str, Any]


def assess(expression: Expression, holdings: Iterable[Holding]) -> Assessment:
    """Whether an expression of interest is one under the statute on the day on which it was received.

    Returns:
        The first of what keeps it from being one, and the facts that a case of `third-party-access` takes: its step
        6.1 comes to the same outcome.
    """
    held = tuple(holdings)
    named, day = expression.named_supplier, expression.received_on
    relation = related_to(named, expression.holder, held, day) if named else None
    supply = present_supply(expression.present_supplier, expression.holder, held, day)
    facts: dict[str, Any] = {
        "supplier_named": named is not None,
        "supplier_willing": expression.willing is not None,
        "supplier_related": relation is not None,
        "present_supply": supply,
    }
    if named is None:
        return Assessment("no_named_supplier", "It names no third party supplier.", facts)
    if expression.willing is None:
        return Assessment("no_willing_supplier", f"There is no evidence that {named} is willing to supply.", facts)
    if relation is not None:
        return Assessment("supplier_related", relation.because, facts)
    if supply == "other":
        because = f"The customer is supplied by {expression.present_supplier}, which is not related to the holder."
        return Assessment("not_supplied_by_holder", because, facts)
    return Assessment(None, f"{named} is named, is willing and is not related to {expression.holder}.", facts)


def present_supply(supplier: str, holder: str, holdings: Iterable[Holding], day: date) -> PresentSupply:
    """Who supplies the customer now: the holder itself, a person related to it, or another."""
    relation = related_to(supplier, holder, holdings, day)
    if relation is None:
        return "other"
    return "holder" if relation.kind == "same undertaking" else "related"


def working_days_left(due: date, asked_on: date, nation: str) -> int:
    """Working days from the day of a request, itself counted, to a due day, itself counted; 0 after it.

    With it step 6.6 tells whether less of the charging statement's time is left than further information takes.

    Args:
        due: last day of the charging statement (6.5).
        nation: whose holidays count, `E&W` or `SCT`.
    """
    book = holiday_calendar(nation)
    days = ((asked_on + timedelta(days=number)) for number in range((due - asked_on).days + 1))
    return sum(book.is_working_day(day) for day in days)
