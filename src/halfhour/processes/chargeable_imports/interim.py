"""The interim solution of EMRS: its four conditions, where a site goes after it, and what doing nothing costs.

Follows handbook chargeable-imports 1.3 to 1.5 (EMR Circular 170; Elexon's webinar on P395 of 21 September 2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from halfhour.register import Metering, Site
from halfhour.register.checks.interim import EMR_DECLARATIONS_FROM

WOUND_DOWN_ON = EMR_DECLARATIONS_FROM
"""First day on which the interim solution is no longer there, and P395 is: 2 November 2023."""

Route = Literal["moved-by-elexon", "emr-msid-declaration", "emr-amsid-declaration", "cva-declaration", "none"]
"""How a site is left out after the wind-down; `none` where the final rule has no declaration for it."""

_LICENSED = ("storage", "generation")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of the interim solution for a site.

    Attributes:
        number: as the handbook's page counts them, 1 to 4.
        fact: of the timetable `interim-site` that it stands in.
        met: None where it is not known.
    """

    number: int
    fact: str
    text: str
    met: bool | None


def interim_conditions(
    own_connection: bool | None, same_system: bool | None, shares_demand: bool | None, registered_in: str | None
) -> tuple[Condition, ...]:
    """The four conditions, each met, not met or not known; the site is left out where all are met."""
    return (
        Condition(1, "own_connection", "the licensee's plant has its own connection", own_connection),
        Condition(2, "same_system", "imports and exports are registered in the same system", same_system),
        Condition(
            3,
            "shares_demand",
            "the connection is shared with no demand",
            None if shares_demand is None else not shares_demand,
        ),
        Condition(
            4,
            "registered_in",
            "in practice, the site is in SMRS",
            None if not registered_in else registered_in == "SMRS",
        ),
    )


def conditions_of(site: Site, on: date) -> tuple[Condition, ...]:
    """The four conditions as the register answers them on a day.

    A site of the register has a boundary of its own unless it lies in a private network, and one system for both
    directions by the form of the portfolio.
    """
    active = [metering for metering in site.metering if metering.active(on)]
    boundary = any(metering.at == "boundary" for metering in active)
    return interim_conditions(
        own_connection=site.network == "licensed" if boundary else None,
        same_system=True if boundary else None,
        shares_demand=any(is_final_demand(metering) for metering in active) if boundary else None,
        registered_in=site.registered_in,
    )


def is_final_demand(metering: Metering) -> bool:
    """Whether what is metered is final demand: a customer, or plant that no generation licence covers."""
    return metering.at in ("customer", "third-party") or (metering.at in _LICENSED and not metering.licensed)


def has_final_demand(site: Site, on: date) -> bool:
    """Whether the register shows final demand at the site on a day.

    Demand that has no metering of its own, found by differencing only, is not in the register: then a declaration that
    names assets behind the boundary says it, and the answer here is no more than what is metered.
    """
    return any(is_final_demand(metering) for metering in site.metering if metering.active(on)) or any(
        declaration.kind == "emr-amsid" and declaration.active(on) for declaration in site.declarations
    )


def migration_route(registered_in: str, *, final_demand: bool, was_interim: bool) -> Route:
    """How a site goes on from the wind-down: who acts, and with which declaration.

    Args:
        registered_in: SMRS or CMRS.
        final_demand: whether the site has any.
        was_interim: whether it was in the interim solution on the last day.
    """
    if registered_in == "CMRS":
        return "none" if final_demand else "cva-declaration"
    if final_demand:
        return "emr-amsid-declaration"
    return "moved-by-elexon" if was_interim else "emr-msid-declaration"


@dataclass(frozen=True, slots=True)
class ExposedImport:
    """Import that bears the levies because no declaration is in force.

    Attributes:
        first_day, first_day_left_out: closed-open; None where no declaration has come.
        import_wh: of the days that are known.
        days: of the span that the readings hold.
        days_not_known: days of the readings whose import is not known; nothing is assumed of them.
    """

    first_day: date
    first_day_left_out: date | None
    import_wh: int
    days: int
    days_not_known: int


def exposed_import(import_wh: Mapping[date, int | None], declared_from: date | None = None) -> ExposedImport:
    """What is chargeable after the wind-down for want of a declaration [Wh].

    Args:
        import_wh: boundary import by Settlement Day [Wh], None where it is not known.
        declared_from: first day of the declaration under P395; None while there is none.
    """
    days = [day for day in import_wh if day >= WOUND_DOWN_ON and (declared_from is None or day < declared_from)]
    known = [wh for day in days if (wh := import_wh[day]) is not None]
    return ExposedImport(WOUND_DOWN_ON, declared_from, sum(known), len(days), len(days) - len(known))
