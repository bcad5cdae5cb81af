"""When a declaration can no longer be in force: its end, the next Import Supplier, the licence, final demand, the MSID.

Follows handbook chargeable-imports 6.1 (the declaring party is the Import Supplier); that a change of Supplier ends a
declaration is inferred. The reasons are those of the timetables' fact `lapse_reason`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from halfhour.errors import Finding
from halfhour.processes.chargeable_imports.declarations import KINDS, declared_imports
from halfhour.processes.chargeable_imports.interim import (
    WOUND_DOWN_ON,
    has_final_demand,
    is_final_demand,
    migration_route,
)
from halfhour.register import Declaration, Metering, Portfolio, Site
from halfhour.register.spans import gaps, shared, span_of

Reason = Literal[
    "end-date", "supplier-changed", "licence-ended", "final-demand-connected", "msid-left", "interim-solution-ended"
]


@dataclass(frozen=True, slots=True)
class Lapse:
    """A day from which a declaration can no longer be in force.

    Attributes:
        on: the first such day.
        message: what happens, for a finding.
    """

    on: date
    reason: Reason
    message: str


def lapses(site: Site, declaration: Declaration, licence_end: date | None = None) -> list[Lapse]:
    """What ends a declaration, the earliest first; the first one is what counts.

    Args:
        site: with the history of its meterings.
        declaration: of chargeable imports.
        licence_end: first day without the generation licence, None where none is known.
    """
    start, _ = span_of(declaration)
    found: list[Lapse] = []
    if declaration.effective_to is not None:
        found.append(Lapse(declaration.effective_to, "end-date", "it comes to its end date"))
    if declaration.kind == "interim":
        found.append(Lapse(WOUND_DOWN_ON, "interim-solution-ended", "the interim solution is wound down"))
    if licence_end is not None and declaration.kind != "nfd":
        found.append(Lapse(max(start, licence_end), "licence-ended", "the generation licence ends"))
    found += _supplier_changes(site, declaration)
    found += _msids_leave(site, declaration)
    found += _final_demand(site, declaration)
    return sorted(found, key=lambda one: (one.on, one.reason))


def _supplier_changes(site: Site, declaration: Declaration) -> Iterator[Lapse]:
    days = span_of(declaration)
    for msid in _msids(site, declaration):
        for metering in _holding(site, msid):
            both = shared(days, span_of(metering))
            if both and declaration.by and metering.supplier and metering.supplier != declaration.by:
                what = f"{metering.supplier} is Import Supplier of {msid}, no longer {declaration.by}, who declared"
                yield Lapse(both[0], "supplier-changed", what)
                break


def _msids_leave(site: Site, declaration: Declaration) -> Iterator[Lapse]:
    for msid in _msids(site, declaration):
        held = [span_of(metering) for metering in _holding(site, msid)]
        for gap in gaps(span_of(declaration), held):
            # A declaration without a beginning begins with its Metering System.
            if gap[0] != date.min:
                yield Lapse(gap[0], "msid-left", f"{msid} is no longer an Import MSID of the site")
                break


def _final_demand(site: Site, declaration: Declaration) -> Iterator[Lapse]:
    if declaration.kind == "emr-amsid":
        return
    for metering in site.metering:
        counts = metering.at in ("customer", "third-party") if declaration.kind == "nfd" else is_final_demand(metering)
        if counts and (both := shared(span_of(declaration), span_of(metering))):
            yield Lapse(both[0], "final-demand-connected", f"the site has final demand: {metering.name}")


def _msids(site: Site, declaration: Declaration) -> list[str]:
    return list(dict.fromkeys(one.import_msid for one in declared_imports(site, declaration) if one.import_msid))


def _holding(site: Site, msid: str) -> list[Metering]:
    held = [metering for metering in site.metering if metering.at == "boundary" and metering.import_msid == msid]
    return sorted(held, key=span_of)


def lapse_facts(lapse: Lapse) -> dict[str, str]:
    """The data of an event `L3` of a declaration's case that says the lapse."""
    return {"lapse_reason": lapse.reason, "lapse_on": lapse.on.isoformat()}


def lapsed_declarations(
    portfolio: Portfolio, on: date, licence_ends: Mapping[str, date] | None = None
) -> Iterator[Finding]:
    """Declarations of the register that others believe in force and that have lapsed by a day.

    A declaration that has come to its stated end is not told: the register says so itself.

    Args:
        licence_ends: first day without the generation licence, by site.
    """
    for site in portfolio.sites:
        for declaration in site.declarations:
            if declaration.kind not in KINDS or not declaration.active(on):
                continue
            licence_end = (licence_ends or {}).get(site.id)
            past = [one for one in lapses(site, declaration, licence_end) if one.on <= on and not _moved(site, one)]
            if past:
                yield _lapsed(site, declaration, past[0], on)


def _moved(site: Site, lapse: Lapse) -> bool:
    """Whether a site of the interim solution was moved over by Elexon, so that its import is left out as before."""
    if lapse.reason != "interim-solution-ended":
        return False
    final_demand = has_final_demand(site, WOUND_DOWN_ON)
    return migration_route(site.registered_in, final_demand=final_demand, was_interim=True) == "moved-by-elexon"


def _lapsed(site: Site, declaration: Declaration, lapse: Lapse, on: date) -> Finding:
    what = "network charges count its import as final demand" if declaration.kind == "nfd" else "its import is charged"
    return Finding(
        "DC-301",
        "warning",
        f"Site {site.id}: the {declaration.kind} declaration of {', '.join(declaration.metering)} has lapsed on "
        f"{lapse.on} ({(on - lapse.on).days} days before {on}): {lapse.message}. Since then {what}.",
        "End it in the register on that day, and have a new declaration made by who may make it.",
        declaration.where,
        site.id,
        settlement_date=lapse.on,
    )
