"""The Import MSIDs that declarations cover, day by day of a run, and what each declaration makes of them.

Follows the handbook (chargeable-imports 3.3, 5.1, 5.5): an EMR AMSID Declaration gives every Import MSID of the site
the site's proportion, an EMR MSID Declaration gives 1, and an NFD Declaration alone is reported with 1 and leaves the
levies as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from halfhour.register.model import Metering, Portfolio, Site
from halfhour.settlement import kernel as k
from halfhour.settlement.arrangement import settles
from halfhour.settlement.request import Request
from halfhour.settlement.treatment import treat

Days = npt.NDArray[np.bool_]

BY_RULE = 0
WHOLE = 1
NETWORK_ONLY = 2
"""What decides for an Import MSID on a day, as `DeclaredImport.kind` gives it."""

_DECLARED = ("emr-msid", "emr-amsid", "interim", "nfd")


@dataclass(frozen=True, slots=True)
class DeclaredImport:
    """An Import MSID with the days of the run on which a declaration covers it.

    Attributes:
        by_rule: the site's proportion holds, EMR AMSID Declaration.
        whole: the proportion is 1, EMR MSID Declaration.
        network_only: only an NFD Declaration covers it: reported with 1, no deduction.
    """

    site: Site
    metering: Metering
    by_rule: Days
    whole: Days
    network_only: Days

    @property
    def msid(self) -> str:
        """Its MSID."""
        assert self.metering.import_msid is not None
        return self.metering.import_msid

    def kind(self, number: int) -> int | None:
        """What decides for it on a day of the run, by the day's number; None where no declaration covers it."""
        for kind, days in ((BY_RULE, self.by_rule), (WHOLE, self.whole), (NETWORK_ONLY, self.network_only)):
            if days[number]:
                return kind
        return None


def declared_imports(portfolio: Portfolio, request: Request) -> list[DeclaredImport]:
    """The Import MSIDs that a declaration covers on any day of the run, in order of site and metering."""
    run_days = (request.end - request.start).days
    found = []
    for site in portfolio.sites:
        if not any(declaration.kind in _DECLARED for declaration in site.declarations):
            continue
        imports = [
            (number, metering)
            for number, metering in enumerate(site.metering)
            if metering.import_msid is not None and settles(site, metering)
        ]
        days = {number: np.zeros((3, run_days), dtype=bool) for number, _ in imports}
        for stretch in request.stretches:
            length = (stretch.end - stretch.start).days
            here = slice((stretch.start - request.start).days, (stretch.end - request.start).days)
            treated = treat(stretch.edition, site, stretch.start, length, in_force=request.in_force)
            for number, _ in imports:
                by_rule, whole, _ = days[number]
                by_rule[here] = treated.how == k.BY_RULE
                named = treated.whole.get(number, np.zeros(length, dtype=bool))
                whole[here] = (treated.how == k.WHOLE_SITE) | ((treated.how == k.BY_MSID) & named)
        for number, metering in imports:
            by_rule, whole, network_only = days[number]
            for declaration in site.declarations:
                if declaration.kind == "nfd" and metering.name in declaration.metering:
                    network_only |= _days(declaration.effective_from, declaration.effective_to, request)
            network_only &= ~(by_rule | whole)
            registered = _days(metering.effective_from, metering.effective_to, request)
            days[number] &= registered
            if days[number].any():
                found.append(DeclaredImport(site, metering, by_rule, whole, network_only))
    return found


def gsp_groups_on(portfolio: Portfolio, day: date) -> set[str]:
    """The GSP Groups in which an Import MSID of a BM Unit settles on the day."""
    return {site.gsp_group for site, _ in _settled_imports(portfolio, day)}


def _settled_imports(portfolio: Portfolio, day: date) -> Iterator[tuple[Site, Metering]]:
    for site in portfolio.sites:
        for metering in site.metering:
            if (
                metering.import_msid is not None
                and metering.bm_unit is not None
                and settles(site, metering)
                and metering.active(day)
            ):
                yield site, metering


def _days(effective_from: date | None, effective_to: date | None, request: Request) -> Days:
    """The days of the run within a closed-open range."""
    length = (request.end - request.start).days
    first = 0 if effective_from is None else max(0, (effective_from - request.start).days)
    last = length if effective_to is None else min(length, (effective_to - request.start).days)
    days = np.zeros(length, dtype=bool)
    days[first : max(first, last)] = True
    return days
