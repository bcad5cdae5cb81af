"""The daily checks, small functions run in one list, each with the question that it asks.

Sources: handbook export-registration 11 (EX-202, EX-203), private-networks 5 and 10 (PN-401, PN-403, PN-404),
microgeneration-backstop 6, chargeable-imports 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from halfhour.processes.checks.snapshot import Problem, Snapshot, since
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
    for site, metering in _in_force(snapshot):
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


def meter_operators_of_shared_meters(snapshot: Snapshot) -> Iterator[Problem]:
    """Is a Meter that measures import and export in the hands of two Meter Operators (EX-203)?"""
    for site, metering in _in_force(snapshot):
        pair = metering.import_msid, metering.export_msid
        if metering.meter != "import-export" or pair[0] is None or pair[1] is None:
            continue
        found = _agents_differ(snapshot, (pair[0], pair[1]), "M")
        if found:
            first, told = found
            message = f"Import {pair[0]} and export {pair[1]} share a Meter and have different Meter Operators: {told}."
            step = "The Supplier of the export appoints the Meter Operator of the import from that day."
            yield _problem("CK-103", site, pair[1], snapshot.supplier(pair[1]), first, message, step)


def serials_of_shared_meters(snapshot: Snapshot) -> Iterator[Problem]:
    """Is the serial number of a shared Meter missing in the Meter Technical Details of one side (EX-202)?"""
    for site, metering in _in_force(snapshot):
        if metering.meter != "import-export" or metering.import_msid is None or metering.export_msid is None:
            continue
        sides = metering.import_msid, metering.export_msid

        def lacking(day: date, sides: tuple[str, str] = sides) -> list[tuple[str, str]]:
            """Serial numbers that one side has and the other lacks, with the side."""
            held = [{one.serial for one in on_day(snapshot.meters, day) if one.msid == msid} for msid in sides]
            return [(serial, sides[1 - side]) for side in (0, 1) for serial in sorted(held[side] - held[1 - side])]

        about = [one for one in snapshot.meters if one.msid in sides]
        for serial, msid in lacking(snapshot.day):
            first = since(snapshot.day, lambda day, one=(serial, msid), of=lacking: one in of(day), about)  # type: ignore[misc]
            whose = snapshot.agent(msid, "M", snapshot.day)
            message = f"Meter {serial} is in the details of one side and not in those of {msid}, which shares it."
            yield _problem(
                "CK-104", site, msid, whose, first, message, "Ask the Meter Operator for the details of both."
            )


def third_party_meters_not_differenced(snapshot: Snapshot) -> Iterator[Problem]:
    """Is there an MSID under D/380 that no site differences?"""
    differenced = {
        metering.import_msid
        for site, metering in _in_force(snapshot)
        if metering.at == "third-party" and site.settlement_option == "difference"
    }
    for msid in sorted(set(snapshot.dispensed) - differenced):
        message = f"MSID {msid} is under D/380 and no site takes it off its boundary, so its energy is settled twice."
        step = "Add it to its site as a third-party metering, or end the dispensation."
        whose = snapshot.supplier(msid)
        yield Problem("CK-105", "error", "", msid, whose, None, None, None, "", message, step)


def agents_in_private_networks(snapshot: Snapshot) -> Iterator[Problem]:
    """Do the agents of a Third Party Meter differ from those of the boundary (PN-403)?"""
    for site, metering in _third_parties(snapshot):
        boundary = next(
            (one.import_msid for one in site.metering if one.at == "boundary" and one.active(snapshot.day)), None
        )
        for role, title in (("M", "Meter Operator"), ("C", "Data Collector")):
            if boundary is None or metering.import_msid is None:
                continue
            found = _agents_differ(snapshot, (boundary, metering.import_msid), role)
            if found:
                first, told = found
                message = f"{metering.name} has another {title} than the boundary: {told}. What is differenced is held."
                step = "Appoint the same agent on both from that day (PN-403)."
                whose = snapshot.supplier(metering.import_msid)
                yield _problem("CK-106", site, metering.import_msid, whose, first, message, step)


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


def declarations_that_lapsed(snapshot: Snapshot) -> Iterator[Problem]:
    """Has a declaration ended with none after it, or does another Supplier now supply what it declares?"""
    for site in snapshot.portfolio.sites:
        for one in site.declarations:
            later = [
                other
                for other in site.declarations
                if other.kind == one.kind and set(other.metering) & set(one.metering) and other.active(snapshot.day)
            ]
            if one.effective_to is not None and one.effective_to <= snapshot.day and not later:
                message = f"The {one.kind} declaration over {', '.join(one.metering)} ended on {one.effective_to}."
                yield _problem(
                    "CK-109", site, "", one.by or "", one.effective_to, message, "Declare again, or end the use."
                )
            if one.active(snapshot.day) and one.by and one.kind in ("emr-msid", "emr-amsid", "nfd"):
                yield from _declared_by_another(snapshot, site, one.by, one.kind, one.metering)


def _declared_by_another(
    snapshot: Snapshot, site: Site, by: str, kind: str, names: tuple[str, ...]
) -> Iterator[Problem]:
    for metering in site.metering:
        msid = metering.import_msid
        if metering.at != "boundary" or metering.name not in names or msid is None or not metering.active(snapshot.day):
            continue
        supplier = snapshot.supplier(msid)
        if supplier and supplier != by:
            about = [one for one in snapshot.registrations if one.msid == msid]
            first = since(snapshot.day, lambda day, one=msid: snapshot.supplier(one, day) not in ("", by), about)  # type: ignore[misc]
            message = f"The {kind} declaration of {by} covers {msid}, which {supplier} supplies: it has lapsed."
            yield _problem(
                "CK-109", site, msid, supplier, first, message, "The new Supplier declares, if it is still so."
            )


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
    meter_operators_of_shared_meters,
    serials_of_shared_meters,
    third_party_meters_not_differenced,
    agents_in_private_networks,
    mtc_of_third_party_meters,
    losses_without_evidence,
    declarations_that_lapsed,
    clocks_missed,
)
"""In the order of the handbook's pages."""


def _in_force(snapshot: Snapshot) -> Iterator[tuple[Site, Metering]]:
    for site in snapshot.portfolio.sites:
        yield from ((site, one) for one in site.metering if one.active(snapshot.day))


def _third_parties(snapshot: Snapshot) -> Iterator[tuple[Site, Metering]]:
    return ((site, one) for site, one in _in_force(snapshot) if one.at == "third-party")


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


def _agents_differ(snapshot: Snapshot, msids: tuple[str, str], role: str) -> tuple[date | None, str] | None:
    """Since when, and who they are, where two MSIDs have different agents of a role; absence is not agreement."""

    def differ(day: date) -> bool:
        one, other = (snapshot.agent(msid, role, day) for msid in msids)
        return one != other

    if not differ(snapshot.day):
        return None
    about = [one for one in snapshot.appointments if one.msid in msids]
    told = ", ".join(f"{msid} {snapshot.agent(msid, role, snapshot.day) or 'nobody'}" for msid in msids)
    return since(snapshot.day, differ, about), told


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
