"""Checks of private networks: the tree of third-party meterings, losses, netting and the settlement option.

Follows private-networks 2 (options), 3.1 (losses) and 3.2 (the tree).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from halfhour.errors import Finding
from halfhour.errors.written_values import nearest, shown
from halfhour.register.checks._common import about
from halfhour.register.model import Metering, Portfolio, Site
from halfhour.register.spans import Span, in_words, shared, span_of, stated_gaps


def _networks(portfolio: Portfolio) -> Iterator[tuple[Site, list[Metering]]]:
    """The sites that have third-party meterings, with these."""
    for site in portfolio.sites:
        if members := [metering for metering in site.metering if metering.at == "third-party"]:
            yield site, members


def _named(site: Site) -> dict[str, list[Metering]]:
    by_name: dict[str, list[Metering]] = defaultdict(list)
    for metering in site.metering:
        by_name[metering.name].append(metering)
    return by_name


def _boundaries(site: Site) -> list[Metering]:
    return [metering for metering in site.metering if metering.at == "boundary"]


def several_at_once(spans: Iterable[Span]) -> list[Span]:
    """The days on which more than one of the spans holds."""
    found: list[Span] = []
    until = date.min
    for days in sorted(spans):
        if both := shared(days, (date.min, until)):
            found.append(both)
        until = max(until, days[1])
    return found


def parents_are_given(portfolio: Portfolio) -> Iterator[Finding]:
    """Without a parent the only boundary metering is meant, so there may be only one on the day."""
    for site, members in _networks(portfolio):
        if site.settlement_option != "difference":
            continue
        several = several_at_once(span_of(boundary) for boundary in _boundaries(site))
        for metering in members:
            if metering.parent is not None:
                continue
            both = next(filter(None, (shared(span_of(metering), days) for days in several)), None)
            if both is not None:
                names = ", ".join(dict.fromkeys(boundary.name for boundary in _boundaries(site)))
                message = f"parent is missing, and the site has several boundary meterings {in_words(both)}."
                yield about(site, metering, "RG-026", "error", message, f"Name its parent, one of {names}.")


def parents_are_known(portfolio: Portfolio) -> Iterator[Finding]:
    """A parent is a boundary or third-party metering of the same site."""
    for site, members in _networks(portfolio):
        named = _named(site)
        possible = [name for name, group in named.items() if any(m.at in _SETTLEMENT_POINTS for m in group)]
        for metering in members:
            if metering.parent is None:
                continue
            if metering.parent not in named:
                message = f"its parent {shown(metering.parent)} is not a metering of the site."
                step = f"Name a boundary or third-party metering. {nearest(metering.parent, possible)}".rstrip()
                yield about(site, metering, "RG-027", "error", message, step)
            elif metering.parent not in possible:
                message = f"its parent {metering.parent} is at {named[metering.parent][0].at}."
                step = "Name a boundary or third-party metering: only these are differenced."
                yield about(site, metering, "RG-028", "error", message, step)


_SETTLEMENT_POINTS = ("boundary", "third-party")


def parents_are_active(portfolio: Portfolio) -> Iterator[Finding]:
    """On every day that a third-party metering states there is a parent to difference it from."""
    for site, members in _networks(portfolio):
        named = _named(site)
        boundaries = _boundaries(site)
        for metering in members:
            parents = boundaries if metering.parent is None else named.get(metering.parent, [])
            # A site without boundary and an unknown parent are findings of their own.
            if not parents:
                continue
            for gap in stated_gaps(span_of(metering), map(span_of, parents)):
                message = f"it is in the register {in_words(gap)}, but its parent is not."
                step = "Correct `from` and `to` of one of them, or name another parent."
                yield about(site, metering, "RG-029", "error", message, step)


def line_loss_factor_classes_are_alike(portfolio: Portfolio) -> Iterator[Finding]:
    """Loss factors cover the licensed network only, so behind a boundary the class of the boundary is expected."""
    for site, members in _networks(portfolio):
        named = _named(site)
        for metering in members:
            parents = _boundaries(site) if metering.parent is None else named.get(metering.parent, [])
            for parent in parents:
                both = shared(span_of(metering), span_of(parent))
                if both is None or None in (metering.import_llfc, parent.import_llfc):
                    continue
                if metering.import_llfc != parent.import_llfc:
                    message = (
                        f"its import has LLFC {metering.import_llfc} and that of its parent {parent.name} has "
                        f"{parent.import_llfc} {in_words(both)}."
                    )
                    step = "The class of the boundary is expected; correct it, or keep what the distributor gave."
                    yield about(site, metering, "PN-210", "warning", message, step)


def parents_form_no_cycle(portfolio: Portfolio) -> Iterator[Finding]:
    """The network is a tree whose root is the boundary."""
    for site, members in _networks(portfolio):
        named = _named(site)
        done: set[int] = set()
        for start in members:
            path: list[Metering] = []
            on_path: dict[int, int] = {}
            # Depth first; each entry is a metering and how many meterings lie above it.
            waiting = [(start, 0)]
            while waiting:
                metering, depth = waiting.pop()
                for left in path[depth:]:
                    del on_path[id(left)]
                    done.add(id(left))
                del path[depth:]
                if id(metering) in on_path:
                    names = " -> ".join([*(one.name for one in path[on_path[id(metering)] :]), metering.name])
                    step = "Name as parent the metering that is nearer to the boundary."
                    yield about(site, metering, "PN-201", "error", f"it is its own parent: {names}.", step)
                    continue
                if id(metering) in done:
                    continue
                on_path[id(metering)] = depth
                path.append(metering)
                for parent in named.get(metering.parent, []) if metering.parent is not None else []:
                    if shared(span_of(metering), span_of(parent)):
                        waiting.append((parent, depth + 1))
            done.update(on_path)


def losses_are_applied_once(portfolio: Portfolio) -> Iterator[Finding]:
    """A Meter that scales for losses itself is not scaled again."""
    for site, members in _networks(portfolio):
        for metering in members:
            if metering.compensated_in_meter and metering.losses is not None:
                message = f"its Meter scales for losses already, and losses of {metering.losses} would do so again."
                yield about(site, metering, "PN-204", "error", message, "Remove losses or compensated_in_meter.")


def netting_is_stated(portfolio: Portfolio) -> Iterator[Finding]:
    """Export inside a network that is differenced needs a rule for netting, and none may be assumed."""
    for site, members in _networks(portfolio):
        if site.settlement_option != "difference" or site.netting != "forbidden":
            continue
        for metering in members:
            if metering.export_msid is not None:
                message = f"it has the export MSID {metering.export_msid}, and netting is forbidden at the site."
                step = 'Set netting = "within-half-hour" if the Complex Site rule states it, or remove the export.'
                yield about(site, metering, "PN-206", "error", message, step)


def full_settlement_is_complete(portfolio: Portfolio) -> Iterator[Finding]:
    """Under full settlement the third-party meterings are settled and the boundary is only a check."""
    for site in portfolio.sites:
        if site.settlement_option != "full-settlement":
            continue
        if not any(metering.at == "third-party" for metering in site.metering):
            step = 'Add the customers as third-party meterings, or set settlement_option = "difference".'
            yield about(site, site, "RG-033", "error", "full settlement has no third-party metering to settle.", step)
        for declaration in site.declarations:
            if declaration.kind == "emr-amsid":
                message = (
                    "the site is fully settled, and how an EMR AMSID Declaration works without a settled boundary is "
                    "not defined."
                )
                step = 'Remove the declaration, or set settlement_option = "difference".'
                yield about(site, declaration, "RG-032", "error", message, step)


def option_changes(portfolio: Portfolio) -> Iterator[Finding]:
    """A network whose customer leaves competitive supply is no longer fully settled and needs a live boundary."""
    for site, members in _networks(portfolio):
        if site.settlement_option != "full-settlement":
            continue
        for metering in members:
            last = metering.effective_to
            if last is None or any(one.name == metering.name and one.active(last) for one in members):
                continue
            if any(one.active(last) for one in members):
                message = f"from {last} not every customer has an MSID, so the network can no longer be fully settled."
                step = "Register the boundary and set up differencing from that day, unless the connection has ended."
                yield about(site, metering, "PN-110", "info", message, step)


def private_network_has_third_parties(portfolio: Portfolio) -> Iterator[Finding]:
    """A private network without third-party meterings is settled as any other site."""
    for site in portfolio.sites:
        if site.network == "private" and not any(metering.at == "third-party" for metering in site.metering):
            message = "its network is private and has no third-party metering: it is settled at its boundary."
            yield about(site, site, "RG-037", "info", message, "Add the third-party meterings, if there are any.")
