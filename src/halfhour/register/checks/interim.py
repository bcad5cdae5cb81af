"""Checks of the interim solution of EMRS and of the day on which EMR declarations took its place.

Follows chargeable-imports 1.3 and 1.5; the day is in `data/dates.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from importlib.resources import files

from halfhour.errors import Finding
from halfhour.register.checks._common import about, declarations
from halfhour.register.model import Portfolio
from halfhour.register.spans import in_words, shared, span_of

EMR_DECLARATIONS_FROM: date = tomllib.loads(
    files("halfhour.register").joinpath("data", "dates.toml").read_text(encoding="utf-8")
)["emr_declarations"]["from"]


def interim_conditions_are_met(portfolio: Portfolio) -> Iterator[Finding]:
    """The interim solution was for plant alone at its connection, measured at the boundary, in practice in SMRS."""
    for site, declaration in declarations(portfolio):
        if declaration.kind != "interim":
            continue
        behind = [
            metering.name
            for metering in site.metering
            if metering.at != "boundary" and shared(span_of(metering), span_of(declaration))
        ]
        problems = []
        if behind:
            problems.append(f"there are meterings behind its boundary ({', '.join(dict.fromkeys(behind))})")
        if site.registered_in == "CMRS":
            problems.append("it is registered in CMRS")
        if problems:
            message = f"the site does not meet the interim conditions: {' and '.join(problems)}."
            step = "Check whether EMRS accepted the declaration; in-force settles it as not declared."
            yield about(site, declaration, "RG-048", "warning", message, step)


def interim_solution_is_over(portfolio: Portfolio) -> Iterator[Finding]:
    """Interim declarations were moved over to EMR MSID Declarations, without an action of the Supplier."""
    for site, declaration in declarations(portfolio):
        later = shared(span_of(declaration), (EMR_DECLARATIONS_FROM, date.max))
        if declaration.kind == "interim" and later is not None:
            message = f"the interim solution was wound down; it counts as an EMR MSID Declaration {in_words(later)}."
            step = f"End it on {EMR_DECLARATIONS_FROM} and write an emr-msid declaration from that day."
            yield about(site, declaration, "RG-051", "info", message, step)


def emr_declarations_are_in_force(portfolio: Portfolio) -> Iterator[Finding]:
    """Before P395 an EMR declaration is used only where an edition is named."""
    for site, declaration in declarations(portfolio):
        earlier = shared(span_of(declaration), (date.min, EMR_DECLARATIONS_FROM))
        if declaration.kind in ("emr-msid", "emr-amsid") and earlier is not None:
            message = f"it is not yet in force {in_words(earlier)}; it is used there only under a named edition."
            step = f"Nothing, or set from = {EMR_DECLARATIONS_FROM} or later."
            yield about(site, declaration, "RG-052", "info", message, step)
