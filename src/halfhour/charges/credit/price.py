"""The Credit Assessment Price (CAP) of a day: a point whose start is confirmed, or one that the caller supplies.

The points held are few, and what lies between them is not known: a point answers for its own day and for no other.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from importlib.resources import files

from halfhour.charges.credit.rules import EXACT
from halfhour.errors import HalfhourError, NotCovered

TRIGGER_SHARE = Decimal("0.10")
"""Rule C29."""


@dataclass(frozen=True, slots=True)
class CapPoint:
    """A Credit Assessment Price on a day, as published or reported [£/MWh]."""

    day: date
    gbp_per_mwh: Decimal
    start_confirmed: bool
    status: str
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class SuppliedCap:
    """A price given with a case for the days of `[effective_from, effective_to)`; None leaves that end open [£/MWh]."""

    gbp_per_mwh: Decimal
    source: str
    effective_from: date | None = None
    effective_to: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it is given for the day."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day < self.effective_to)


@dataclass(frozen=True, slots=True)
class Cap:
    """The price that a figure uses [£/MWh], where it comes from, and whether the caller supplied it."""

    gbp_per_mwh: Decimal
    source: str
    mark: str
    supplied: bool


@cache
def cap_points() -> tuple[CapPoint, ...]:
    """Every point held, in order of day."""
    with files(__package__).joinpath("data", "credit_assessment_price.csv").open("r", encoding="utf-8") as lines:
        return tuple(
            CapPoint(
                date.fromisoformat(row["date"]),
                Decimal(row["gbp_per_mwh"]),
                row["start_confirmed"] == "yes",
                row["status"],
                row["source"],
                row["mark"],
            )
            for row in csv.DictReader(lines)
        )


def cap_on(day: date, supplied: Sequence[SuppliedCap] = ()) -> Cap:
    """The Credit Assessment Price of a day: supplied, else a point that begins on this very day.

    Raises:
        NotCovered: EB-210 (MISSING_CAP) when neither is there.
        HalfhourError: EB-205 when two supplied prices hold on the day.
    """
    given = [one for one in supplied if one.holds(day)]
    if len(given) > 1:
        raise HalfhourError(
            "EB-205",
            f"Two Credit Assessment Prices are supplied for {day}: "
            f"{' and '.join(f'£{one.gbp_per_mwh}' for one in given)}.",
            "Give each [[cap]] its own days with `from` and `to`.",
        )
    if given:
        return Cap(given[0].gbp_per_mwh, given[0].source, "supplied", True)
    confirmed = [point for point in cap_points() if point.start_confirmed]
    for point in confirmed:
        if point.day == day:
            return Cap(point.gbp_per_mwh, point.source, point.mark, False)
    held = ", ".join(f"£{point.gbp_per_mwh} from {point.day}" for point in confirmed)
    raise NotCovered(
        "EB-210",
        f"MISSING_CAP: no Credit Assessment Price is confirmed in force on {day}. Held: {held}; when each ended is not "
        "known, so none answers for a later day.",
        "Supply it, from Elexon's publication: [[cap]] with gbp_per_mwh and source in the case, or --cap.",
    )


def review_trigger_gbp(cap_gbp_per_mwh: Decimal) -> Decimal:
    """How far a reference may be from the price before a review [£/MWh]: 10 % in whole pounds (rule C29)."""
    with localcontext(EXACT):
        share = cap_gbp_per_mwh * TRIGGER_SHARE
    return share.to_integral_value(ROUND_HALF_UP)


def review_called_for(cap_gbp_per_mwh: Decimal, reference_gbp_per_mwh: Decimal) -> bool:
    """Whether a reference price exceeds the trigger, on either side (rule C29)."""
    with localcontext(EXACT):
        difference = abs(reference_gbp_per_mwh - cap_gbp_per_mwh)
    return difference > review_trigger_gbp(cap_gbp_per_mwh)
