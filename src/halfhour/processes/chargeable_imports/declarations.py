"""What stands against a declaration: who declares, what it names, from when, and what it meets.

Follows handbook chargeable-imports 1.3, 1.4, 5.1 and 6. The checks that the register makes of any portfolio
(`register.checks`) are asked, not written again; added here is what only a declaration in the making can be asked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from halfhour.errors import Finding, HalfhourError
from halfhour.processes.chargeable_imports.interim import conditions_of, is_final_demand
from halfhour.register import Declaration, Metering, Portfolio, Site
from halfhour.register.checks import declarations as register_checks
from halfhour.register.checks.interim import EMR_DECLARATIONS_FROM
from halfhour.register.spans import Span

KINDS = ("emr-msid", "emr-amsid", "nfd", "interim")

NOT_HALF_HOURLY = ("A", "B")
"""Measurement Classes of non-half-hourly Metering Systems, metered and unmetered."""

_CHECKS = (
    register_checks.declared_meterings_are_known,
    register_checks.declared_dates_lie_within_the_meterings,
    register_checks.emr_msid_declarations_name_imports,
    register_checks.emr_msid_sites_have_no_final_demand,
    register_checks.emr_amsid_declarations_name_licensed_assets,
    register_checks.emr_amsid_declarations_are_in_smrs,
)
_CHECKS_OF_TWO = (
    register_checks.emr_declarations_do_not_overlap,
    register_checks.emr_and_nfd_declarations,
    register_checks.sites_are_declared_one_way_at_a_time,
)


@dataclass(frozen=True, slots=True)
class Objection:
    """Something that stands against a declaration, or is worth knowing of it.

    Attributes:
        reason: by which the timetables know it, such as `declaration_overlap`.
        rejects: whether the declaration is rejected for it.
    """

    reason: str
    rejects: bool
    finding: Finding


@cache
def reasons() -> dict[str, dict[str, Any]]:
    """The reasons in order, with the codes that say them, whether they reject, and how sure that is."""
    return _data("objections.toml")


@cache
def kind_spans() -> dict[str, Span]:
    """The days on which each kind of declaration is there."""
    table = _data("kinds.toml")
    return {
        "emr-msid": (EMR_DECLARATIONS_FROM, date.max),
        "emr-amsid": (EMR_DECLARATIONS_FROM, date.max),
        "nfd": (table["nfd"]["from"], date.max),
        "interim": (table["interim"]["from"], EMR_DECLARATIONS_FROM),
    }


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data", name).read_text(encoding="utf-8"))


def check_kind(declaration: Declaration) -> None:
    """Refuse a declaration that is none of chargeable imports.

    Raises:
        HalfhourError: DC-200 it is of another kind.
    """
    if declaration.kind not in KINDS:
        raise HalfhourError(
            "DC-200", f"{declaration.kind} is no declaration of chargeable imports.", f"Give one of {', '.join(KINDS)}."
        )


def declared_imports(site: Site, declaration: Declaration) -> list[Metering]:
    """The boundary meterings with an Import MSID that a declaration is about.

    An EMR AMSID Declaration that names assets only is about every one of the site (handbook 5.1).
    """
    imports = [metering for metering in site.metering if metering.at == "boundary" and metering.import_msid]
    named = [metering for metering in imports if metering.name in declaration.metering]
    return imports if declaration.kind == "emr-amsid" and not named else named


def objections(
    site: Site, declaration: Declaration, received_on: date, confirmed_amsids: Collection[str] | None = None
) -> list[Objection]:
    """What stands against a declaration that is to be made for a site, in order of the reasons.

    Args:
        site: with the declarations that it has already; the one that is to be made may be among them or not.
        declaration: `emr-msid`, `emr-amsid`, `nfd` or `interim`.
        received_on: day on which it is submitted.
        confirmed_amsids: AMSIDs confirmed by P0299; None where that is not asked.

    Raises:
        HalfhourError: DC-200 it is of another kind.
    """
    check_kind(declaration)
    found = [finding for check in _CHECKS for finding in check(_only(site, declaration))]
    for other in site.declarations:
        if other != declaration:
            found += [finding for check in _CHECKS_OF_TWO for finding in check(_only(site, other, declaration))]
    first_day = declaration.effective_from or received_on
    found += _who_declares(site, declaration, first_day)
    found += _half_hourly(site, declaration, first_day)
    found += _time(site, declaration, first_day, received_on)
    found += _demand_and_conditions(site, declaration, first_day)
    if confirmed_amsids is not None and declaration.kind == "emr-amsid":
        found += _assets_confirmed(site, declaration, first_day, confirmed_amsids)
    return [
        Objection(reason, row["rejects"], finding)
        for reason, row in reasons().items()
        for finding in found
        if finding.code in row["codes"]
    ]


def rejection_reason(found: list[Objection]) -> str:
    """The first reason for which a declaration is rejected, by the timetables' name; empty where there is none."""
    return next((one.reason for one in found if one.rejects), "")


def _only(site: Site, *declarations: Declaration) -> Portfolio:
    """The site as a portfolio of its own, with these declarations alone."""
    return Portfolio(Path(), (replace(site, declarations=declarations),))


def _who_declares(site: Site, declaration: Declaration, first_day: date) -> Iterator[Finding]:
    title = "CVA registrant" if site.registered_in == "CMRS" else "Import Supplier"
    if declaration.by is None:
        yield _about(site, declaration, "DC-201", "nobody declares it.", f"The {title} declares; give its MPID.")
        return
    for metering in declared_imports(site, declaration):
        if not metering.active(first_day):
            continue
        if metering.supplier is None:
            message = f"who is {title} of {metering.name} on {first_day} is not recorded."
            yield _about(site, declaration, "DC-203", message, "Record the Supplier of the metering.", "info", metering)
        elif metering.supplier != declaration.by:
            message = f"{declaration.by} is not {title} of {metering.name} on {first_day}: {metering.supplier} is."
            yield _about(site, declaration, "DC-201", message, f"Have {metering.supplier} declare it.", msid=metering)


def _half_hourly(site: Site, declaration: Declaration, first_day: date) -> Iterator[Finding]:
    for metering in declared_imports(site, declaration):
        if not metering.active(first_day):
            continue
        if metering.measurement_class in NOT_HALF_HOURLY or metering.import_profile_class not in (None, "00"):
            what = (
                f"Measurement Class {metering.measurement_class}"
                if metering.measurement_class in NOT_HALF_HOURLY
                else f"Profile Class {metering.import_profile_class}"
            )
            message = f"{metering.name} ({metering.import_msid}) is not half-hourly: {what}."
            step = "Have it settled half-hourly first: without D0385 nothing is deducted."
            yield _about(site, declaration, "DC-202", message, step, msid=metering)
        elif metering.measurement_class is None and metering.import_profile_class is None:
            message = f"whether {metering.name} ({metering.import_msid}) is half-hourly is not recorded."
            yield _about(site, declaration, "DC-203", message, "Record its Measurement Class.", "info", metering)


def _time(site: Site, declaration: Declaration, first_day: date, received_on: date) -> Iterator[Finding]:
    start, end = kind_spans()[declaration.kind]
    if not start <= first_day < end:
        when = f"from {start} on" if end == date.max else f"from {start} to the day before {end}"
        message = f"its first day is {first_day}; there are declarations of this kind {when}."
        yield _about(site, declaration, "DC-206", message, "Correct the first day, or declare it as another kind.")
    if first_day < received_on:
        message = f"its first day is {first_day}, and it is submitted on {received_on}."
        if declaration.kind == "nfd":
            step = "Set the first day to the day of the form or later."
            yield _about(site, declaration, "DC-207", message, step)
        else:
            step = "Whether it may reach back is open: ask, and count on the days from its submission only."
            yield _about(site, declaration, "DC-209", message, step, "warning")


def _demand_and_conditions(site: Site, declaration: Declaration, first_day: date) -> Iterator[Finding]:
    active = [metering for metering in site.metering if metering.active(first_day)]
    if declaration.kind == "emr-msid":
        # Customers and third parties are the register's own check; plant without a licence belongs to them.
        demand = [one for one in active if is_final_demand(one) and one.at in ("storage", "generation")]
    elif declaration.kind == "nfd":
        demand = [one for one in active if one.at in ("customer", "third-party")]
    else:
        demand = []
    for metering in demand:
        message = f"the site has final demand on {first_day}: metering {metering.name} at {metering.at}."
        yield _about(site, declaration, "DC-208", message, "Declare its licensed assets as emr-amsid, or correct it.")
    if declaration.kind == "interim":
        for condition in conditions_of(site, first_day):
            if not condition.met:
                known = "does not hold" if condition.met is False else "is not known to hold"
                message = f"condition {condition.number} of the interim solution {known}: {condition.text}."
                step = "A site that does not meet the conditions has to wait for P395."
                yield _about(site, declaration, "DC-205", message, step)


def _assets_confirmed(
    site: Site, declaration: Declaration, first_day: date, confirmed: Collection[str]
) -> Iterator[Finding]:
    for metering in site.metering:
        if metering.name not in declaration.metering or metering.at not in ("storage", "generation"):
            continue
        for amsid in filter(None, (metering.import_msid, metering.export_msid)):
            if metering.active(first_day) and amsid not in confirmed:
                message = f"AMSID {amsid} of {metering.name} is not confirmed by P0299."
                step = "Register the asset first (asset-metering-registration-supplier), or wait for P0299."
                yield _about(site, declaration, "DC-204", message, step, msid=metering)


def _about(
    site: Site,
    declaration: Declaration,
    code: str,
    message: str,
    next_step: str,
    severity: Any = "error",
    msid: Metering | None = None,
) -> Finding:
    return Finding(
        code,
        severity,
        f"Site {site.id}, declaration {declaration.kind}: {message}",
        next_step,
        declaration.where,
        site.id,
        (msid.import_msid or "") if msid else "",
        declaration.effective_from,
    )
