"""The daily checks, small functions run in one list, each with the question that it asks.

Sources: handbook private-networks 5 and 10 (PN-401, PN-404), microgeneration-backstop 6. What a process decides itself
is in `by_process`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from halfhour.processes.checks.by_process import (
    agents_in_private_networks,
    declarations_that_lapsed,
    pairs_at_shared_meters,
)
from halfhour.processes.checks.snapshot import Problem, Snapshot, problem_of
from halfhour.processes.dated import Dated, on_day
from halfhour.register.model import Metering, Site

_WH_IN_KWH = 1000
_PRIVATE_NETWORK_MTC = "997"

Check = Callable[[Snapshot], Iterator[Problem]]


def run_checks(snapshot: Snapshot) -> list[Problem]:
    """Every problem, the dearest first, then the oldest."""
    found = [problem for check in CHECKS for problem in check(snapshot)]
    return sorted(found, key=lambda one: (-(one.kwh or 0), one.since or date.min, one.code, one.site_id, one.msid))


def export_not_settled(snapshot: Snapshot) -> Iterator[Problem]:
    """Is there export that was generated and did not enter Settlement?"""
    sites = {msid: site.id for site, _, quantity, msid in snapshot.portfolio.msids() if quantity == "AE"}
    dated = sorted(snapshot.exports, key=lambda one: (one.msid, one.day))
    for msid, days in groupby(dated, key=lambda one: one.msid):
        lost = [
            (one.day, one.exported_wh - (one.settled_wh or 0))
            for one in days
            if one.exported_wh > (one.settled_wh or 0)
        ]
        if not lost:
            continue
        wh = sum(amount for _, amount in lost)
        kwh = Decimal(wh) / _WH_IN_KWH
        case, whose = _case_about(snapshot, msid)
        whose = whose or snapshot.supplier(msid)
        yield Problem(
            *("CK-101", "error", sites.get(msid, ""), msid, whose, lost[0][0], kwh),
            None if snapshot.export_price is None else kwh * snapshot.export_price,
            case,
            f"Export of {msid} did not enter Settlement on {len(lost)} days: {kwh} kWh.",
            "Register it, appoint its agents, or chase whom its case waits for." if not case else "Chase the case.",
        )


def meters_that_may_run_backwards(snapshot: Snapshot) -> Iterator[Problem]:
    """Is there an electromechanical Meter with generation behind it and no backstop known?"""
    for site, metering in snapshot.in_force():
        if metering.import_msid is None or not _has_generation(site, snapshot.day):
            continue
        for meter in on_day(snapshot.meters, snapshot.day):
            if meter.msid == metering.import_msid and meter.kind == "electromechanical" and meter.backstop is not True:
                case, whose = _case_about(snapshot, meter.msid)
                known = "has no backstop" if meter.backstop is False else "is not known to have a backstop"
                yield _problem(
                    "CK-102",
                    site,
                    meter.msid,
                    whose or snapshot.supplier(meter.msid),
                    meter.effective_from,
                    f"Meter {meter.serial} {known}, and there is generation behind it.",
                    "Open a microgeneration backstop case." if not case else "Chase the case.",
                    case,
                )


def third_party_meters_not_differenced(snapshot: Snapshot) -> Iterator[Problem]:
    """Is there an MSID under D/380 that no site differences?"""
    differenced = {
        metering.import_msid
        for site, metering in snapshot.in_force()
        if metering.at == "third-party" and site.settlement_option == "difference"
    }
    for msid in sorted(set(snapshot.dispensed) - differenced):
        message = f"MSID {msid} is under D/380 and no site takes it off its boundary, so its energy is settled twice."
        step = "Add it to its site as a third-party metering, or end the dispensation."
        whose = snapshot.supplier(msid)
        yield Problem("CK-105", "error", "", msid, whose, None, None, None, "", message, step)


def mtc_of_third_party_meters(snapshot: Snapshot) -> Iterator[Problem]:
    """Does a Third Party Meter have another MTC than 997 with no change in progress (PN-404)?"""
    for site, metering in _third_parties(snapshot):
        msid = metering.import_msid
        if msid is None or metering.import_mtc in (None, _PRIVATE_NETWORK_MTC) or metering.mdd_change:
            continue
        about = [one for one in snapshot.pending if one.msid == msid]
        if not on_day(about, snapshot.day):
            first = _none_since(about, snapshot.day, metering)
            message = f"{metering.name} has MTC {metering.import_mtc} and not 997, and no change is in progress."
            step = "Ask for the Market Domain Data change with the distributor, and record it."
            yield _problem("CK-107", site, msid, snapshot.supplier(msid), first, message, step)


def losses_without_evidence(snapshot: Snapshot) -> Iterator[Problem]:
    """Are losses of a private network taken without evidence (PN-401)?"""
    for site, metering in _third_parties(snapshot):
        msid = metering.import_msid
        if msid is None or metering.losses is None:
            continue
        about = [one for one in snapshot.evidence if one.msid == msid]
        if not on_day(about, snapshot.day):
            first = _none_since(about, snapshot.day, metering)
            message = f"{metering.name} is scaled by losses of {metering.losses} and nothing proves them."
            step = "Record the loss option with its study and methodology reference."
            yield _problem("CK-108", site, msid, snapshot.supplier(msid), first, message, step)


def classes_not_valid(snapshot: Snapshot) -> Iterator[Problem]:
    """Do Market Domain Data say anything against the classes of an MSID (EX-205 to EX-208) or its Supplier?"""
    for one in snapshot.classes:
        yield problem_of(one, snapshot.supplier(one.msid), one.settlement_date)


def clocks_missed(snapshot: Snapshot) -> Iterator[Problem]:
    """Has a clock of a case run out?"""
    for state in snapshot.cases:
        for one in state.waiting:
            if one.overdue and one.due is not None:
                message = (
                    f"Case {state.case_id}: {one.ref} ({one.action}) was due on {one.due}, {one.days_late} days ago."
                )
                msid = str(state.facts.get("export_mpan") or state.facts.get("import_mpan") or "")
                step = one.silence or "Chase it, or record what came."
                whose = one.mpid or one.party
                yield Problem("CK-110", "warning", "", msid, whose, one.due, None, None, state.case_id, message, step)


CHECKS: tuple[Check, ...] = (
    export_not_settled,
    meters_that_may_run_backwards,
    pairs_at_shared_meters,
    third_party_meters_not_differenced,
    agents_in_private_networks,
    mtc_of_third_party_meters,
    losses_without_evidence,
    declarations_that_lapsed,
    classes_not_valid,
    clocks_missed,
)
"""In the order of the handbook's pages."""


def _third_parties(snapshot: Snapshot) -> Iterator[tuple[Site, Metering]]:
    return ((site, one) for site, one in snapshot.in_force() if one.at == "third-party")


def _has_generation(site: Site, day: date) -> bool:
    return any(
        one.active(day)
        and (one.at in ("generation", "storage") or one.technology is not None or one.export_msid is not None)
        for one in site.metering
    )


def _none_since(about: Sequence[Dated], day: date, metering: Metering) -> date | None:
    """The day on which the last of what a metering needs ended; its first day where it never had any."""
    ended = [one.effective_to for one in about if one.effective_to and one.effective_to <= day]
    return max(ended, default=metering.effective_from)


def _case_about(snapshot: Snapshot, msid: str) -> tuple[str, str]:
    """The open case about an MSID, and whom it waits for first."""
    for state in snapshot.cases:
        if msid in map(str, state.facts.values()):
            waiting = next((one for one in state.waiting if one.mpid), None)
            return state.case_id, waiting.mpid if waiting else ""
    return "", ""


def _problem(
    code: str, site: Site, msid: str, whose: str, first: date | None, message: str, next_step: str, case: str = ""
) -> Problem:
    return Problem(
        code, "error", site.id, msid, whose, first, None, None, case, f"Site {site.id}: {message}", next_step
    )
