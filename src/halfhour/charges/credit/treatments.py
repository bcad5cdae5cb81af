"""What the same plant costs in cover, by how credit assessment sees it: handbook N22 and N23 made into figures.

Generation in a Supplier's Base BM Unit adds nothing in the days before the Interim Information run; with a Supplier
Export factor in a BM Unit of its own its Generation Capacity counts; as a credit-qualifying Exempt Export BM Unit its
Final Physical Notification does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from typing import Literal

from halfhour.calendar import days as settlement_days
from halfhour.charges.credit.bm_units import BmUnit
from halfhour.charges.credit.case import CreditCase, Plant
from halfhour.charges.credit.indebtedness import Account, Day, required_cover_gbp
from halfhour.charges.credit.rules import EXACT, ZERO, Rule, in_force, rules
from halfhour.charges.credit.volumes import sum_exact
from halfhour.errors import HalfhourError
from halfhour.identifiers import BmUnitId

Treatment = Literal["base", "secalf", "fpn"]

TITLES: dict[Treatment, str] = {
    "base": "in the Supplier's Base BM Unit",
    "secalf": "in a Supplier BM Unit of its own, with SECALF",
    "fpn": "as a credit-qualifying Exempt Export BM Unit, with FPN",
}
RULES: dict[Treatment, str] = {"base": "C11", "secalf": "C10", "fpn": "C08"}

_OF_ITS_OWN = BmUnitId("2__APLNT001", "supplier", "_A", "PLNT", 1)
"""Stands for the Supplier BM Unit that the plant would have to itself; its id is in no result."""


@dataclass(frozen=True, slots=True)
class Treated:
    """One treatment of the plant.

    Attributes:
        why_not: why it cannot be said; empty where it can.
        rule: what the plant's volume rests on.
        peak: the day of the range with the highest cover called for; None where it cannot be said, as those below.
        seen_mwh: the plant's volume in the days of CEI at the peak [MWh].
        seen_cover_gbp: the cover that this much energy would need, were it missing [£].
        more_gbp: cover beyond that of the treatment which needs least [£].
    """

    treatment: Treatment
    title: str
    why_not: str
    rule: Rule
    peak: Day | None
    seen_mwh: Decimal | None
    seen_cover_gbp: Decimal | None
    more_gbp: Decimal | None


def compare_treatments(
    case: CreditCase, start: date, end: date, progress: Callable[[], None] = lambda: None
) -> tuple[Treated, ...]:
    """The same account with its plant in each treatment, at the day of `[start, end)` that needs most cover.

    Args:
        case: with a plant; its BM Units, contracts and stated indebtedness are the same in every treatment.
        start, end: days, closed-open.
        progress: called after each day of each treatment.

    Raises:
        HalfhourError: EB-222 the case has no plant or the range no day; others as `Account.on`.
        NotCovered: as `Account.on`.
    """
    plant = case.plant
    if plant is None:
        raise HalfhourError(
            "EB-222",
            "The case has no [plant] whose treatments could be compared.",
            "Add [plant] with id, gc and secalf, and its output as [[fpn]].",
        )
    if end <= start:
        raise HalfhourError("EB-222", f"There is no day from {start} to {end}, excluded.", "Give a later end.")
    days = list(settlement_days(start, end))
    found = [
        _treated(case, "base", None, days, progress),
        _secalf(case, plant, days, progress),
        _fpn(case, plant, days, progress),
    ]
    least = min(one.peak.required_cover_gbp for one in found if one.peak)
    with localcontext(EXACT):
        return tuple(replace(one, more_gbp=one.peak.required_cover_gbp - least) if one.peak else one for one in found)


def _secalf(case: CreditCase, plant: Plant, days: Sequence[date], progress: Callable[[], None]) -> Treated:
    if plant.secalf is None:
        return _cannot("secalf", "the case gives no secalf")
    if not in_force("supplier_export_factor", days[0]):
        return _cannot("secalf", "SECALF began with Modification P310 on 2015-06-25")
    unit = BmUnit(_OF_ITS_OWN, plant.gc_mw, ZERO, "C", secalf=plant.secalf)
    return _treated(case, "secalf", unit, days, progress)


def _fpn(case: CreditCase, plant: Plant, days: Sequence[date], progress: Callable[[], None]) -> Treated:
    if str(plant.id) not in case.fpn:
        return _cannot("fpn", f"the case gives no [[fpn]] for {plant.id}")
    unit = BmUnit(plant.id, plant.gc_mw, ZERO, "C", exempt_export=True, submits_fpn=True)
    return _treated(case, "fpn", unit, days, progress)


def _cannot(treatment: Treatment, why: str) -> Treated:
    return Treated(treatment, TITLES[treatment], why, rules()[RULES[treatment]], None, None, None, None)


def _treated(
    case: CreditCase, treatment: Treatment, unit: BmUnit | None, days: Sequence[date], progress: Callable[[], None]
) -> Treated:
    account = Account(replace(case, units=(*case.units, unit)) if unit else case)
    found = []
    for day in days:
        found.append(account.on(day))
        progress()
    peak = _peak(found)
    seen = ZERO if unit is None else sum_exact(v for day in peak.window.cei for v in account.caqce_of(unit, day))
    return Treated(
        treatment,
        TITLES[treatment],
        "",
        rules()[RULES[treatment]],
        peak,
        seen,
        required_cover_gbp(seen, peak.cap.gbp_per_mwh, peak.day),
        None,
    )


def _peak(found: Sequence[Day]) -> Day:
    return max(found, key=lambda one: (one.required_cover_gbp, one.exposure_gbp))
