"""Checks of identifiers: site ids, GSP Groups, MSIDs and AMSIDs, participants.

Follows identifiers-and-market-data 1 to 3 and, for the check digit of an AMSID, chargeable-imports 6.1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from halfhour.errors import Finding, HalfhourError
from halfhour.identifiers import ASSET_SHORT_CODES, Amsid, Mpan, gsp_group, gsp_groups, is_good, market_participant_id
from halfhour.register.checks._common import about, meterings
from halfhour.register.model import Declaration, Metering, Portfolio, Site
from halfhour.register.spans import Span, in_words, shared, span_of


def site_ids_are_unique(portfolio: Portfolio) -> Iterator[Finding]:
    """Two sites of one id cannot be told apart."""
    first: dict[str, Site] = {}
    for site in portfolio.sites:
        earlier = first.setdefault(site.id, site)
        if earlier is not site:
            step = "Give each site an id of its own."
            yield about(
                site, site, "RG-012", "error", f"the id is used already at {earlier.where or 'another site'}.", step
            )


def gsp_groups_are_known(portfolio: Portfolio) -> Iterator[Finding]:
    """There are 14 GSP Groups."""
    known = {group.id for group in gsp_groups()}
    for site in portfolio.sites:
        if site.gsp_group not in known:
            problem = _unknown_group(site.gsp_group)
            yield about(site, site, problem.code, "error", problem.message, problem.next_step)
    for factor in portfolio.loss_factors:
        if factor.gsp_group not in known:
            problem = _unknown_group(factor.gsp_group)
            yield Finding(problem.code, "error", problem.message, problem.next_step, factor.where)


def _unknown_group(group_id: str) -> HalfhourError:
    try:
        gsp_group(group_id)
    except HalfhourError as problem:
        return problem
    raise AssertionError(group_id)


def msids_are_well_formed(portfolio: Portfolio) -> Iterator[Finding]:
    """An MSID has 13 digits and its check digit; an AMSID 13 digits, its check digit not being confirmed."""
    for site, metering in meterings(portfolio):
        for msid in (metering.import_msid, metering.export_msid):
            if msid is None or is_good(msid):
                continue
            try:
                if metering.at in ("boundary", "third-party"):
                    Mpan(msid)
                elif finding := _lenient(msid):
                    yield replace(
                        about(site, metering, finding.code, "warning", finding.message, finding.next_step), msid=msid
                    )
            except HalfhourError as problem:
                found = about(site, metering, problem.code, "error", problem.message, problem.next_step)
                yield replace(found, msid=msid)


def _lenient(msid: str) -> Finding | None:
    if msid.startswith(ASSET_SHORT_CODES):
        return Amsid(msid).digit_finding
    # An asset may be metered by a Metering System of its own, for example for its export.
    return Mpan.lenient(msid)[1]


def short_codes_belong_to_the_gsp_group(portfolio: Portfolio) -> Iterator[Finding]:
    """The short code of a distribution network operator stands for a GSP Group; that of an IDNO for none."""
    groups = {group.short_code: group for group in gsp_groups()}
    for site, metering in meterings(portfolio):
        for msid in (metering.import_msid, metering.export_msid):
            group = groups.get(msid[:2]) if msid is not None else None
            if group is not None and group.id != site.gsp_group:
                message = (
                    f"MSID {msid} has short code {group.short_code}, {group.mpid}, whose area is GSP Group {group.id}, "
                    f"but the site is in {site.gsp_group}."
                )
                yield about(site, metering, "RG-025", "warning", message, "Check the MSID and the site's gsp_group.")


def participants_are_well_formed(portfolio: Portfolio) -> Iterator[Finding]:
    """A Market Participant Id has four characters."""
    good: set[str] = set()
    for site in portfolio.sites:
        named: list[tuple[Metering | Declaration, str | None]] = [
            *((metering, metering.supplier) for metering in site.metering),
            *((declaration, declaration.by) for declaration in site.declarations),
        ]
        for subject, participant in named:
            if participant is None or participant in good:
                continue
            try:
                good.add(market_participant_id(participant))
            except HalfhourError as problem:
                yield about(site, subject, problem.code, "warning", problem.message, problem.next_step)


def msids_are_used_once(portfolio: Portfolio) -> Iterator[Finding]:
    """One MSID or AMSID measures one thing on any day, in the whole portfolio."""
    uses: dict[str, list[tuple[Span, int]]] = defaultdict(list)
    owners: list[tuple[Site, Metering]] = []
    # Of two sites of one id, which is a finding of its own, only one is looked at.
    for site in {site.id: site for site in portfolio.sites}.values():
        for metering in site.metering:
            if metering.import_msid is not None and metering.import_msid == metering.export_msid:
                message = f"import and export are both {metering.import_msid}."
                step = "Each direction has an MSID of its own; leave out the one that does not exist."
                yield about(site, metering, "RG-023", "error", message, step)
            days = span_of(metering)
            for msid in {metering.import_msid, metering.export_msid} - {None}:
                uses[msid or ""].append((days, len(owners)))
            owners.append((site, metering))
    for msid, spans in uses.items():
        if len(spans) > 1:
            yield from _double_uses(msid, spans, owners)


def _double_uses(msid: str, spans: list[tuple[Span, int]], owners: list[tuple[Site, Metering]]) -> Iterable[Finding]:
    spans = sorted(spans)
    # Of the uses so far, the one that lasts longest is the one that a later use runs into.
    lasting, holder = spans[0]
    for days, position in spans[1:]:
        if both := shared(lasting, days):
            pair = (owners[holder], owners[position])
            for (site, metering), (other_site, other) in (pair, pair[::-1]):
                elsewhere = f" of site {other_site.id}" if other_site is not site else ""
                message = f"{msid} is used by metering {other.name}{elsewhere} as well {in_words(both)}."
                step = "Correct the MSID, or let the dates follow each other."
                yield replace(about(site, metering, "RG-022", "error", message, step), msid=msid)
        if days[1] > lasting[1]:
            lasting, holder = days, position
