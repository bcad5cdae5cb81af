"""Checks of declarations: what they name, whether it can be declared, and whether two meet.

Follows chargeable-imports 1.4 (the assurance checks that the register alone can answer), 1.5 and 6. The names in the
titles of the codes, such as `declaration_overlap`, are those of the table in 1.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from halfhour.errors import Finding
from halfhour.errors.written_values import nearest, shown
from halfhour.register.checks._common import ASSETS, FINAL_DEMAND, about, declarations
from halfhour.register.checks.interim import EMR_DECLARATIONS_FROM
from halfhour.register.model import Declaration, Metering, Portfolio, Site
from halfhour.register.spans import Span, in_words, shared, span_of, stated_gaps

EMR_KINDS = ("emr-msid", "emr-amsid", "interim")


def _declared(site: Site, declaration: Declaration) -> Iterator[tuple[Metering, Span]]:
    """The meterings that the declaration names, with the days on which they stand in it."""
    days = span_of(declaration)
    for metering in site.metering:
        if metering.name in declaration.metering and (both := shared(days, span_of(metering))):
            yield metering, both


def declared_meterings_are_known(portfolio: Portfolio) -> Iterator[Finding]:
    """A declaration is about meterings of its site."""
    for site, declaration in declarations(portfolio):
        names = {metering.name for metering in site.metering}
        if not declaration.metering:
            yield about(site, declaration, "RG-040", "error", "it names no metering.", "Name the meterings declared.")
        for name in declaration.metering:
            if name not in names:
                step = f"Name meterings of the site. {nearest(name, names)}".rstrip()
                yield about(site, declaration, "RG-040", "error", f"{shown(name)} is not a metering of the site.", step)


def declared_dates_lie_within_the_meterings(portfolio: Portfolio) -> Iterator[Finding]:
    """A declaration covers a metering only while that is in the register."""
    for site, declaration in declarations(portfolio):
        for name in dict.fromkeys(declaration.metering):
            held = [span_of(metering) for metering in site.metering if metering.name == name]
            if not held:
                continue
            for gap in stated_gaps(span_of(declaration), held):
                message = f"{name} is not in the register {in_words(gap)}, so the declaration does not cover it there."
                yield about(site, declaration, "RG-049", "warning", message, "Correct the dates of one of them.")


def emr_msid_declarations_name_imports(portfolio: Portfolio) -> Iterator[Finding]:
    """What an EMR MSID Declaration takes out of the levies is the import of a boundary MSID."""
    for site, declaration in declarations(portfolio):
        if declaration.kind != "emr-msid":
            continue
        for metering, _ in _declared(site, declaration):
            if metering.at != "boundary":
                message = f"{metering.name} is at {metering.at}, and it declares boundary MSIDs."
                step = "Name boundary meterings only; assets behind a boundary with demand are declared as emr-amsid."
            elif metering.import_msid is None:
                message = f"{metering.name} has no import MSID."
                step = "Name a boundary metering with an import MSID."
            else:
                continue
            yield about(site, declaration, "RG-041", "error", message, step)


def emr_msid_sites_have_no_final_demand(portfolio: Portfolio) -> Iterator[Finding]:
    """A site in an EMR MSID Declaration supplies no final demand."""
    for site, declaration in declarations(portfolio):
        if declaration.kind != "emr-msid":
            continue
        for metering in site.metering:
            both = shared(span_of(declaration), span_of(metering))
            if metering.at in FINAL_DEMAND and both is not None:
                message = f"the site has final demand {in_words(both)}: metering {metering.name} is {metering.at}."
                step = "Declare the site's assets as emr-amsid, or correct the meterings."
                yield about(site, declaration, "RG-042", "error", message, step)


def emr_amsid_declarations_name_licensed_assets(portfolio: Portfolio) -> Iterator[Finding]:
    """What an EMR AMSID Declaration rests on is generation or storage operated under a licence."""
    for site, declaration in declarations(portfolio):
        if declaration.kind != "emr-amsid":
            continue
        assets = [metering for metering, _ in _declared(site, declaration) if metering.at in ASSETS]
        if not any(asset.licensed for asset in assets):
            message = "it names no licensed generation or storage."
            step = "Name the asset's metering, and set licensed = true there if a generation licence covers it."
            yield about(site, declaration, "RG-043", "error", message, step)
            continue
        for asset in assets:
            if not asset.licensed:
                message = f"{asset.name} is not licensed: what it imports counts as the customer's."
                step = "Leave it out, or set licensed = true if a generation licence covers it."
                yield about(site, declaration, "RG-044", "warning", message, step)


def emr_amsid_declarations_are_in_smrs(portfolio: Portfolio) -> Iterator[Finding]:
    """The rule in force knows EMR AMSID Declarations for sites in SMRS only."""
    in_force: Span = (EMR_DECLARATIONS_FROM, date.max)
    for site, declaration in declarations(portfolio):
        both = shared(span_of(declaration), in_force)
        if declaration.kind == "emr-amsid" and site.registered_in == "CMRS" and both is not None:
            message = (
                f"the site is registered in CMRS, and the rule in force {in_words(both)} has EMR AMSID Declarations in "
                "SMRS only."
            )
            step = f"Declare a CMRS site without final demand as emr-msid, or end this before {EMR_DECLARATIONS_FROM}."
            yield about(site, declaration, "RG-045", "error", message, step)


def emr_declarations_do_not_overlap(portfolio: Portfolio) -> Iterator[Finding]:
    """An MSID or AMSID is in one EMR declaration on any day."""
    for site in portfolio.sites:
        emr = [declaration for declaration in site.declarations if declaration.kind in EMR_KINDS]
        if len(emr) < 2:
            continue
        covered: dict[int, list[tuple[Span, int]]] = defaultdict(list)
        for position, declaration in enumerate(emr):
            for metering, days in _declared(site, declaration):
                covered[id(metering)].append((days, position))
        for metering in site.metering:
            until = date.min
            for days, position in sorted(covered[id(metering)]):
                if both := shared(days, (date.min, until)):
                    msid = metering.import_msid or metering.export_msid or ""
                    message = f"{metering.name} ({msid}) is in another EMR declaration {in_words(both)}."
                    step = "End the earlier declaration on the day on which the later one begins."
                    yield replace(about(site, emr[position], "RG-046", "error", message, step), msid=msid)
                until = max(until, days[1])


def emr_and_nfd_declarations(portfolio: Portfolio) -> Iterator[Finding]:
    """An MSID may be in an EMR and an NFD declaration; the reviewer wants to know."""
    for site in portfolio.sites:
        for nfd in (declaration for declaration in site.declarations if declaration.kind == "nfd"):
            for emr in (declaration for declaration in site.declarations if declaration.kind in EMR_KINDS):
                for metering, days in _declared(site, nfd):
                    both = shared(days, span_of(emr))
                    if metering.name in emr.metering and metering.import_msid is not None and both is not None:
                        message = (
                            f"{metering.name} ({metering.import_msid}) is in an NFD declaration, too, {in_words(both)}."
                        )
                        step = "Nothing: the one is for network charges, the other for levies."
                        found = about(site, emr, "RG-047", "info", message, step)
                        yield replace(found, msid=metering.import_msid)


def licensed_assets_are_declared(portfolio: Portfolio) -> Iterator[Finding]:
    """Without a declaration the import of licensed plant bears the levies."""
    for site in portfolio.sites:
        kinds = {declaration.kind for declaration in site.declarations}
        # These leave the boundary out as a whole, and with it what lies behind.
        if not kinds.isdisjoint(("emr-msid", "interim")):
            continue
        named = {name for one in site.declarations if one.kind == "emr-amsid" for name in one.metering}
        for metering in site.metering:
            if metering.at in ASSETS and metering.licensed and metering.name not in named:
                message = "it is licensed and in no EMR declaration: what it imports bears the levies."
                step = "Add an emr-amsid declaration if its import is to be left out."
                yield about(site, metering, "RG-050", "info", message, step)


def sites_are_declared_one_way_at_a_time(portfolio: Portfolio) -> Iterator[Finding]:
    """An EMR MSID Declaration says that a site has no final demand, an EMR AMSID Declaration that it has."""
    for site in portfolio.sites:
        whole = [one for one in site.declarations if one.kind in ("emr-msid", "interim")]
        assets = [one for one in site.declarations if one.kind == "emr-amsid"]
        for declaration in whole:
            for other in assets:
                if both := shared(span_of(declaration), span_of(other)):
                    message = (
                        f"the site is also in an emr-amsid declaration {in_words(both)}; one says that it has no final "
                        "demand, the other that it has."
                    )
                    yield about(
                        site, declaration, "RG-053", "error", message, "End one of them where the other begins."
                    )
