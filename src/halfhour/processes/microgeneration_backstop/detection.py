"""Meters that seem to run backwards: advances of an import register that are negative, and no case is open.

Handbook microgeneration-backstop 6: settlement replaces a resulting negative estimate, so the raw advance is looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from halfhour.errors import Finding


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A negative advance of an import register, with the case that should be opened.

    Attributes:
        advance_kwh: negative [kWh].
        since: day of the reading before.
    """

    mpan: str
    since: date
    read_on: date
    advance_kwh: Decimal
    finding: Finding


def negative_advances(
    readings: Iterable[tuple[str, date, Decimal]], with_case: Collection[str] = ()
) -> list[Suspicion]:
    """BS-301 for every negative advance of an import register whose MPAN has no open case.

    Args:
        readings: MPAN core, day, register reading [kWh]; of one Meter each. In any order.
        with_case: MPAN cores that have an open case already.
    """
    by_mpan: dict[str, list[tuple[date, Decimal]]] = {}
    for mpan, day, reading in readings:
        by_mpan.setdefault(mpan, []).append((day, reading))
    found = []
    for mpan, dated in sorted(by_mpan.items()):
        if mpan in with_case:
            continue
        dated.sort()
        for (since, before), (day, after) in pairwise(dated):
            if after < before:
                message = f"Import register of {mpan} went back by {before - after} kWh from {since} to {day}."
                step = "Open a microgeneration backstop case, or look for a register that was exchanged or misread."
                problem = Finding("BS-301", "warning", message, step, msid=mpan, settlement_date=day)
                found.append(Suspicion(mpan, since, day, after - before, problem))
    return found
