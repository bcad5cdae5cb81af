"""How a site's declarations make its import count on each day: by the boundary, whole, MSID by MSID, or by the rule.

Handbook chargeable-imports.md 1.3 (interim solution), 1.5 (what is in force), 3.3 and 5.1 (what each declaration leads
to). The same for every edition: a declaration says what is the licensee's, the edition what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from halfhour.errors import Finding
from halfhour.register.model import Declaration, Metering, Site
from halfhour.settlement.kernel import BY_BOUNDARY, BY_MSID, BY_RULE, WHOLE_SITE

Days = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TreatmentText:
    """What a treatment means, and the clause it rests on."""

    text: str
    clause: str


TREATMENTS = {
    BY_BOUNDARY: TreatmentText(
        "No declaration decides on this day: the whole import at the boundary is chargeable.", "handbook 3.3, 5.1"
    ),
    WHOLE_SITE: TreatmentText(
        "Declared to hold no final demand: Non-Chargeable Proportion 1.00000.",
        "SVA Data Catalogue P0342; before 2 November 2023 EMR Circular 170",
    ),
    BY_RULE: TreatmentText("EMR AMSID Declaration in force: the edition's rule decides.", "handbook 5.1"),
    BY_MSID: TreatmentText(
        "An EMR MSID Declaration names some of the Import MSIDs: Non-Chargeable Proportion 1.00000 for these, 0 for "
        "the others.",
        "handbook 5.1",
    ),
}


@dataclass(frozen=True, slots=True)
class SiteTreatment:
    """A site's days.

    Attributes:
        how: int8 per day: BY_BOUNDARY, WHOLE_SITE, BY_RULE or BY_MSID.
        touched: per day, whether a declaration that can apply touches the site.
        whole: by number of a boundary metering, the days on which its import is non-chargeable as a whole.
        findings: declarations that do not do what they were made for.
    """

    how: npt.NDArray[np.int8]
    touched: Days
    whole: dict[int, Days]
    findings: list[Finding]


def treat(edition_id: str, site: Site, first_day: date, n_days: int, *, in_force: bool) -> SiteTreatment:
    """How the site counts on each day.

    Args:
        edition_id: the edition whose rule will be applied.
        first_day, n_days: the days.
        in_force: whether the edition was picked as the one in force, so that only declarations of its time count;
            otherwise it was named, and any EMR declaration marks what is the licensee's.
    """
    imports = {
        number: metering
        for number, metering in enumerate(site.metering)
        if metering.at == "boundary" and metering.import_msid is not None
    }
    whole = {number: np.zeros(n_days, dtype=bool) for number in imports}
    by_rule = np.zeros(n_days, dtype=bool)
    touched = np.zeros(n_days, dtype=bool)
    findings: list[Finding] = []
    for declaration in site.declarations:
        days = _clip(declaration.effective_from, declaration.effective_to, first_day, n_days)
        if declaration.kind not in ("emr-msid", "emr-amsid", "interim") or days.start >= days.stop:
            continue
        effect = _effect(edition_id, site, declaration, in_force=in_force)
        if effect == BY_RULE:
            by_rule[days] = touched[days] = True
        elif effect == WHOLE_SITE:
            touched[days] = True
            for number, metering in imports.items():
                if metering.name in declaration.metering:
                    whole[number][days] = True
        elif edition_id != "default" or declaration.kind == "interim":
            findings += _without_effect(site, declaration, in_force=in_force)
    registered = {number: _registered(metering, first_day, n_days) for number, metering in imports.items()}
    some = np.zeros(n_days, dtype=bool)
    every = np.ones(n_days, dtype=bool)
    for number, named in whole.items():
        some |= named & registered[number]
        every &= named | ~registered[number]
    how = np.full(n_days, BY_BOUNDARY, dtype=np.int8)
    how[some] = BY_MSID
    how[some & every] = WHOLE_SITE
    how[by_rule] = BY_RULE
    return SiteTreatment(how, touched, whole, findings)


def _effect(edition_id: str, site: Site, declaration: Declaration, *, in_force: bool) -> int:
    """What a declaration leads to under an edition."""
    if edition_id == "default" and not (in_force and declaration.kind == "interim"):
        return BY_BOUNDARY
    if declaration.kind == "emr-amsid":
        # The final rule takes declared assets in SMRS only; the proposal offered both.
        return BY_BOUNDARY if edition_id == "osam-1.0" and site.registered_in == "CMRS" else BY_RULE
    interim = declaration.kind == "interim" or edition_id == "interim-difference"
    if not interim or interim_conditions_met(site):
        return WHOLE_SITE
    names_assets = any(
        metering.name in declaration.metering and metering.at in ("storage", "generation") for metering in site.metering
    )
    return BY_RULE if names_assets and not in_force else BY_BOUNDARY


def interim_conditions_met(site: Site) -> bool:
    """Whether the interim solution may leave the site out: own connection, shared with no demand (handbook 1.3).

    Both directions of a site are registered in one system by the portfolio's form.
    """
    return site.registered_in == "SMRS" and all(
        metering.at == "boundary" or (metering.at in ("storage", "generation") and metering.licensed)
        for metering in site.metering
    )


def _without_effect(site: Site, declaration: Declaration, *, in_force: bool) -> list[Finding]:
    if declaration.kind == "emr-amsid":
        what = "EMR AMSID Declarations are for sites registered in SMRS only under osam-1.0"
    else:
        what = "interim conditions not met: the site shares its connection with demand, or is not in SMRS"
    return [
        Finding(
            code="ST-110",
            severity="warning",
            message=f"Site '{site.id}': the {declaration.kind} declaration of {', '.join(declaration.metering)} has no "
            f"effect; {what}. Its whole import is chargeable.",
            next_step="Correct the declaration or the site, or settle under another edition.",
            site_id=site.id,
            settlement_date=declaration.effective_from,
            where=declaration.where if in_force else "",
        )
    ]


def _clip(effective_from: date | None, effective_to: date | None, first_day: date, n_days: int) -> slice:
    first = 0 if effective_from is None else min(n_days, max(0, (effective_from - first_day).days))
    last = n_days if effective_to is None else min(n_days, max(0, (effective_to - first_day).days))
    return slice(first, last)


def _registered(metering: Metering, first_day: date, n_days: int) -> Days:
    days = np.zeros(n_days, dtype=bool)
    days[_clip(metering.effective_from, metering.effective_to, first_day, n_days)] = True
    return days
