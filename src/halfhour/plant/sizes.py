"""Size of a Power Station by Registered Capacity, area and day: handbook 3, the note's Figure 3.

The thresholds are dated rows, in `data/sizes.csv`. Every band is half-open: the boundary belongs to the upper band.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import cast, get_args

from halfhour.errors import HalfhourError, NotCovered
from halfhour.plant.conditions import industry_day, megawatts, rows, table
from halfhour.plant.model import Area, Ruleset

AREAS: tuple[Area, ...] = get_args(Area)
EMBEDDED_EXEMPTIBLE = {"Small": "EESPS", "Medium": "EEMPS", "Large": "EELPS"}


@dataclass(frozen=True, slots=True)
class Size:
    """One band of an area.

    Attributes:
        low_mw, high_mw: the band `[low, high)`; None = unbounded.
        effective_from, effective_to: the days `[from, to)` on which it holds; None = open.
    """

    area: Area
    name: str
    low_mw: Decimal
    high_mw: Decimal | None
    effective_from: date
    effective_to: date | None
    rulesets: tuple[str, ...]
    mark: str
    source: str

    @property
    def band(self) -> str:
        """The band in words."""
        low = megawatts(self.low_mw)
        return f"{low} MW and over" if self.high_mw is None else f"{low} <= x < {megawatts(self.high_mw)} MW"


@dataclass(frozen=True, slots=True)
class GroupArea:
    """A GSP Group's demand zone and the area that is taken where none is given."""

    gsp_group: str
    zone: int
    name: str
    default_area: Area
    mark: str
    source: str


@cache
def sizes() -> tuple[Size, ...]:
    """Every band, as in the data file."""
    return tuple(
        Size(
            cast("Area", row["area"]),
            row["size"],
            Decimal(row["low_mw"]),
            Decimal(row["high_mw"]) if row["high_mw"] else None,
            date.fromisoformat(row["effective_from"]),
            date.fromisoformat(row["effective_to"]) if row["effective_to"] else None,
            tuple(row["rulesets"].split()),
            row["mark"],
            row["source"],
        )
        for row in rows("sizes")
    )


@cache
def group_areas() -> dict[str, GroupArea]:
    """Every GSP Group with its zone and default area."""
    return {
        row["gsp_group"]: GroupArea(
            row["gsp_group"],
            int(row["zone"]),
            row["name"],
            cast("Area", row["default_area"]),
            row["mark"],
            row["source"],
        )
        for row in rows("areas")
    }


def rules_began() -> date:
    """The first day for which the rules are held."""
    return cast("date", table("licence")["effective_from"])


def check_day(day: date) -> None:
    """Refuse a day before the rules began.

    Raises:
        NotCovered: PL-011.
    """
    if day < rules_began():
        raise NotCovered(
            "PL-011",
            f"The rules for {day} are not held: the class exemptions of SI 2001/3270 began on "
            f"{industry_day(rules_began())}.",
            f"Ask for {rules_began()} or a later day.",
        )


def size(registered_capacity_mw: Decimal, area: str, day: date, ruleset: Ruleset = "codes") -> Size:
    """The size of a Power Station.

    Args:
        registered_capacity_mw: of the whole Power Station [MW].
        area: the transmission system that its host network is linked to.

    Raises:
        HalfhourError: PL-004 the area is no word of `AREAS`, PL-005 the capacity is negative or no number.
        NotCovered: PL-011 the day is before the rules began, PL-012 the ruleset has no row for the area.
    """
    check_day(day)
    if area not in AREAS:
        raise HalfhourError("PL-004", f"'{area}' is no area.", f"Write one of {', '.join(AREAS)}.")
    if not registered_capacity_mw.is_finite() or registered_capacity_mw < 0:
        step = "Give the Registered Capacity of the whole Power Station in MW, 0 or more."
        raise HalfhourError("PL-005", f"A Registered Capacity of {registered_capacity_mw} MW cannot be.", step)
    for row in sizes():
        if (
            row.area == area
            and ruleset in row.rulesets
            and row.effective_from <= day
            and (row.effective_to is None or day < row.effective_to)
            and row.low_mw <= registered_capacity_mw
            and (row.high_mw is None or registered_capacity_mw < row.high_mw)
        ):
            return row
    raise NotCovered(
        "PL-012",
        f"{ruleset} has no size for area {area} on {day}.",
        "Ask for the ruleset codes." if ruleset == "note-v8" else "Add the row to sizes.csv with its source.",
    )


def boundaries(day: date, ruleset: Ruleset = "codes") -> tuple[Decimal, ...]:
    """The capacities at which any area's size, or the limit of a BELLA, changes, in order; the first is 0."""
    return tuple(
        sorted(
            {
                row.low_mw
                for row in sizes()
                if ruleset in row.rulesets
                and row.effective_from <= day
                and (row.effective_to is None or day < row.effective_to)
            }
            | {Decimal(100)}
        )
    )
