"""Solution c of Issue 91: which Meter Operator must accept, on which day (handbook export-registration 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from halfhour.register.model import in_force

CAPACITY_LIMIT_KW = Decimal(30)


@dataclass(frozen=True, slots=True)
class ImportAppointment:
    """A Meter Operator's appointment to an import MPAN, with the premises and the customer that it serves."""

    agent: str
    premises: str
    customer: str
    effective_from: date | None = None
    effective_to: date | None = None


def obliged(
    agent: str,
    premises: str,
    customer: str,
    capacity_kw: Decimal,
    day: date,
    appointments: Iterable[ImportAppointment],
    *,
    limit_kw: Decimal = CAPACITY_LIMIT_KW,
) -> bool:
    """Whether a Meter Operator must accept: it serves an import of the premises or customer on the day, below 30 kW."""
    return capacity_kw < limit_kw and any(
        one.agent == agent
        and in_force(one.effective_from, one.effective_to, day)
        and (one.premises == premises or (customer != "" and one.customer == customer))
        for one in appointments
    )
