"""What a BM Unit adds to credit assessment: credit-qualifying status, factors, capabilities, volume per half hour.

Follows BSC Section M (CAQCE, BMCAEC, BMCAIC) with Modifications P310 and P326; handbook sections 9.2 and 9.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Literal

from halfhour.calendar import is_working_day
from halfhour.charges.credit.rules import EXACT, SPD_HOURS, ZERO, in_force
from halfhour.errors import HalfhourError
from halfhour.identifiers import BmUnitId

Flag = Literal["P", "C"]
Basis = Literal["fpn", "production", "secalf", "consumption"]

RULE_OF_BASIS: dict[Basis, str] = {"fpn": "C08", "production": "C09", "secalf": "C10", "consumption": "C11"}


@dataclass(frozen=True, slots=True)
class BmUnit:
    """A BM Unit of an account, as declared and published for the days of `[effective_from, effective_to)`.

    Attributes:
        id: with its prefix, which says whether it is a Supplier's or an Interconnector's.
        gc_mw: Generation Capacity [MW], not below 0.
        dc_mw: Demand Capacity [MW], not above 0.
        flag: Production or Consumption.
        exempt_export: whether it is an Exempt Export BM Unit.
        submits_fpn: whether Final Physical Notifications are submitted.
        calf: the factor of days before 23 February 2017.
        calf_wd, calf_nwd: the factors of Working Days and Non-Working Days from then on.
        secalf: Supplier Export factor.
        reallocated_percent, reallocated_mwh: what a Metered Volume Reallocation gives to another account, as a share
            [%] and a fixed volume [MWh per half hour].
    """

    id: BmUnitId
    gc_mw: Decimal
    dc_mw: Decimal
    flag: Flag
    exempt_export: bool = False
    submits_fpn: bool = False
    calf: Decimal | None = None
    calf_wd: Decimal | None = None
    calf_nwd: Decimal | None = None
    secalf: Decimal | None = None
    reallocated_percent: Decimal = ZERO
    reallocated_mwh: Decimal = ZERO
    effective_from: date | None = None
    effective_to: date | None = None

    @property
    def is_supplier(self) -> bool:
        """Whether the id is that of a Supplier BM Unit."""
        return self.id.kind in ("supplier", "supplier-cfd")

    @property
    def is_interconnector(self) -> bool:
        """Whether the id is that of an Interconnector BM Unit."""
        return self.id.kind == "interconnector"

    def holds(self, day: date) -> bool:
        """Whether it stands for the day."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day < self.effective_to)


def credit_qualifying(unit: BmUnit) -> bool:
    """Whether the unit is credit-qualifying (rule C06)."""
    return unit.submits_fpn and (unit.flag == "P" or unit.exempt_export) and not unit.is_interconnector


def secalf_fault(unit: BmUnit) -> str:
    """Which condition of the Supplier Export factor the unit does not meet, whatever the day (rule C07); '' = none."""
    if not unit.is_supplier:
        return "it is no Supplier BM Unit"
    if credit_qualifying(unit):
        return "it is credit-qualifying"
    if unit.gc_mw <= 0:
        return f"its Generation Capacity is {unit.gc_mw} MW and must be above zero"
    if unit.dc_mw != 0:
        return f"its Demand Capacity is {unit.dc_mw} MW and must be zero"
    return ""


def basis(unit: BmUnit, day: date) -> Basis:
    """What the unit's credit assessment volume is made from on a day."""
    if unit.is_interconnector or credit_qualifying(unit):
        return "fpn"
    if unit.secalf is not None and not secalf_fault(unit) and in_force("supplier_export_factor", day):
        return "secalf"
    return "production" if unit.flag == "P" else "consumption"


def load_factor(unit: BmUnit, day: date) -> Decimal:
    """The Credit Assessment Load Factor of the day: by day type since 23 February 2017 (rule C05).

    Raises:
        HalfhourError: EB-213 where the unit has no factor for such a day.
    """
    if not in_force("day_type_factors", day):
        name, factor = "calf", unit.calf
    elif is_working_day(day):
        name, factor = "calf_wd", unit.calf_wd
    else:
        name, factor = "calf_nwd", unit.calf_nwd
    if factor is None:
        raise HalfhourError(
            "EB-213",
            f"BM Unit {unit.id} has no {name}, the Credit Assessment Load Factor of {day}.",
            "Give the factor that Elexon published for the season: calf_wd and calf_nwd since 2017-02-23, calf before.",
        )
    return factor


def capability_mw(unit: BmUnit, day: date) -> Decimal:
    """BMCAEC of a Production unit or one with SECALF, BMCAIC of another Consumption unit [MW].

    Raises:
        HalfhourError: EB-213 where the unit has no factor for the day.
    """
    of = basis(unit, day)
    capacity = unit.dc_mw if of == "consumption" else unit.gc_mw
    if capacity == 0:
        # No factor makes anything of nothing: generation in a Consumption unit without Demand Capacity adds 0.
        return ZERO
    factor = unit.secalf if of == "secalf" and unit.secalf is not None else load_factor(unit, day)
    with localcontext(EXACT):
        return factor * capacity


def caqce_mwh(unit: BmUnit, day: date) -> Decimal:
    """Credit Assessment Credited Energy of one half hour of a unit that does not use its FPN [MWh].

    Positive = export; before reallocation. The half hours of a day are alike.

    Raises:
        HalfhourError: EB-213 where the unit has no factor for the day.
    """
    with localcontext(EXACT):
        return SPD_HOURS * capability_mw(unit, day)


def kept_mwh(unit: BmUnit, caqce: Decimal) -> Decimal:
    """What the account keeps of a half hour's volume after reallocation [MWh] (rule C12)."""
    with localcontext(EXACT):
        return caqce - caqce * unit.reallocated_percent / 100 - unit.reallocated_mwh
