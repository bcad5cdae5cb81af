"""Daily questions that the processes decide, asked of the register: shared Meters, common agents, declarations.

The answers bear the codes of the processes (EX-201 to EX-210, PN-403, DC-301). What the register has no fact for is
told as not known (CK-103) and not as wrong or right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from halfhour.processes.chargeable_imports.declarations import declared_imports
from halfhour.processes.chargeable_imports.lapses import lapsed_declarations
from halfhour.processes.checks.snapshot import Problem, Snapshot, problem_of, since
from halfhour.processes.dated import Dated, Registration
from halfhour.processes.export_registration.checks import CHECKS as PAIR_CHECKS
from halfhour.processes.export_registration.checks import ExportPair, Held
from halfhour.processes.private_networks.conditions import common_agents
from halfhour.processes.private_networks.from_register import network_of
from halfhour.processes.private_networks.network import Appointment, PrivateNetwork, Role
from halfhour.register.model import Declaration, Metering, Site
from halfhour.register.spans import gaps, shared, span_of

_OF_METERS = frozenset({"EX-202", "EX-204", "EX-210"})
_OF_OPERATORS = frozenset({"EX-203"})
_THE_OPERATORS = frozenset({"EX-202", "EX-204"})
"""Checks whose problems are the Meter Operator's, who sends the details; others are the export Supplier's."""

_ROLES: dict[str, Role] = {"M": "moa", "C": "hhdc"}


def pairs_at_shared_meters(snapshot: Snapshot) -> Iterator[Problem]:
    """Do import and export of a shared Meter fit together in what the register holds of them (EX-201 to EX-210)?"""
    for site, metering in snapshot.in_force():
        if metering.meter != "import-export" or metering.import_msid is None or metering.export_msid is None:
            continue
        pair = _pair(snapshot, metering.import_msid, metering.export_msid)
        unknown: frozenset[str] = frozenset()
        for facts, codes, what in (
            (pair.meters, _OF_METERS, "Meter"),
            (pair.operators, _OF_OPERATORS, "Meter Operator"),
        ):
            if not facts:
                unknown |= codes
                yield _not_known(snapshot, site, pair.export_msid, what, ", ".join(sorted(codes)))
        for code, severity, check, step in PAIR_CHECKS:
            problem = "" if code in unknown else check(pair, snapshot.day)
            if problem:
                dated: list[Dated] = [*pair.operators, *pair.meters, *pair.other_exports, *snapshot.registrations]
                first = since(snapshot.day, lambda day, pair=pair, check=check: bool(check(pair, day)), dated)  # type: ignore[misc]
                supplier = snapshot.supplier(pair.export_msid)
                whose = snapshot.agent(pair.export_msid, "M", snapshot.day) if code in _THE_OPERATORS else supplier
                yield Problem(
                    *(code, severity, site.id, pair.export_msid, whose or supplier, first, None, None, ""),
                    f"Site {site.id}, import {pair.import_msid} and export {pair.export_msid}: {problem}",
                    step,
                )


def _pair(snapshot: Snapshot, importing: str, exporting: str) -> ExportPair:
    """The two MSIDs of a Meter as the register has them; the AE register of a Meter that has both is the export's."""
    sides = (importing, exporting)
    exports = {one.export_msid for site in snapshot.portfolio.sites for one in site.metering} - {None, exporting}
    return ExportPair(
        importing,
        exporting,
        operators=tuple(
            Held(one.msid, one.agent, one.effective_from, one.effective_to)
            for one in snapshot.appointments
            if one.msid in sides and one.role == "M"
        ),
        meters=tuple(
            Held(
                one.msid,
                one.serial,
                one.effective_from,
                one.effective_to,
                _registers(one.measures, one.msid == exporting),
            )
            for one in snapshot.meters
            if one.msid in sides
        ),
        import_live_to=_live_to(snapshot.registrations, importing),
        export_live_to=_live_to(snapshot.registrations, exporting),
        other_exports=tuple(
            Held(one.msid, one.serial, one.effective_from, one.effective_to)
            for one in snapshot.meters
            if one.msid in exports and "AE" in one.measures.split(",")
        ),
    )


def _registers(measures: str, of_export: bool) -> tuple[str, ...]:
    quantities = tuple(measures.split(","))
    return ("AE",) if of_export and "AE" in quantities else quantities


def _live_to(registrations: Sequence[Registration], msid: str) -> date | None:
    """First day on which nobody supplies an MSID any more; None where somebody does, or none is known."""
    ends = [one.effective_to for one in registrations if one.msid == msid]
    return None if not ends or None in ends else max(end for end in ends if end)


def agents_in_private_networks(snapshot: Snapshot) -> Iterator[Problem]:
    """Do the agents of a Third Party Meter under Difference Metering differ from those of the boundary (PN-403)?"""
    for site in snapshot.portfolio.sites:
        network = _network(snapshot, site)
        if site.settlement_option != "difference" or not network.third_parties_on(snapshot.day):
            continue
        if not network.appointments:
            first = network.third_parties_on(snapshot.day)[0].msid
            yield _not_known(snapshot, site, first, "Meter Operator or Data Collector", "PN-403")
            continue
        for finding in common_agents(network, snapshot.day):
            first_day = since(
                snapshot.day,
                lambda day, msid=finding.msid, network=network: any(  # type: ignore[misc]
                    one.msid == msid for one in common_agents(network, day)
                ),
                [*network.appointments, *site.metering],
            )
            msid = finding.msid or next(iter(network.boundary_msids), "")
            yield problem_of(finding, snapshot.supplier(msid), first_day, msid)


def _network(snapshot: Snapshot, site: Site) -> PrivateNetwork:
    network = network_of(site)
    msids = {*network.boundary_msids, *(one.msid for one in network.third_parties)}
    return replace(
        network,
        appointments=tuple(
            Appointment(one.msid, _ROLES[one.role], one.agent, one.effective_from or date.min, one.effective_to)
            for one in snapshot.appointments
            if one.msid in msids and one.role in _ROLES
        ),
    )


def declarations_that_lapsed(snapshot: Snapshot) -> Iterator[Problem]:
    """Has a declaration come to its end with none after it, or lapsed while it stands as in force (DC-301)?"""
    for site in snapshot.portfolio.sites:
        supplied = _supplied(site, snapshot.registrations)
        for declaration in site.declarations:
            yield from _ended(snapshot, site, declaration)
            alone = replace(snapshot.portfolio, sites=(replace(supplied, declarations=(declaration,)),))
            for finding in lapsed_declarations(alone, snapshot.day):
                msid = next((one.import_msid or "" for one in declared_imports(site, declaration)), "")
                whose = snapshot.supplier(msid) or declaration.by or ""
                yield problem_of(finding, whose, finding.settlement_date, msid)


def _ended(snapshot: Snapshot, site: Site, declaration: Declaration) -> Iterator[Problem]:
    end = declaration.effective_to
    if end is None or end > snapshot.day:
        return
    later = (
        one
        for one in site.declarations
        if one.kind == declaration.kind and set(one.metering) & set(declaration.metering) and one.active(snapshot.day)
    )
    if next(later, None) is None:
        message = (
            f"Site {site.id}: the {declaration.kind} declaration of {', '.join(declaration.metering)} ended on {end}."
        )
        step = "Declare again, or end the use."
        yield Problem("CK-109", "error", site.id, "", declaration.by or "", end, None, None, "", message, step)


def _supplied(site: Site, registrations: Sequence[Registration]) -> Site:
    """A site whose boundary is supplied by whom the registrations name, on the days for which they name somebody."""
    metering: list[Metering] = []
    for one in site.metering:
        of_it = [row for row in registrations if one.at == "boundary" and row.msid == one.import_msid]
        named = [(span, row.supplier) for row in of_it if (span := shared(span_of(one), span_of(row)))]
        left = [(span, one.supplier) for span in gaps(span_of(one), [span for span, _ in named])]
        metering += [
            replace(
                one,
                supplier=supplier,
                effective_from=None if start == date.min else start,
                effective_to=None if end == date.max else end,
            )
            for (start, end), supplier in sorted([*named, *left], key=lambda piece: piece[0])
        ]
    return replace(site, metering=tuple(metering))


def _not_known(snapshot: Snapshot, site: Site, msid: str, what: str, codes: str) -> Problem:
    return Problem(
        *("CK-103", "warning", site.id, msid, snapshot.supplier(msid), None, None, None, ""),
        f"Site {site.id}: the register has no {what} of {msid} or of what it belongs with, so {codes} is not decided.",
        "Record it: `halfhour register record`, or load a file of facts.",
    )
