"""Editions side by side for the days of a run, and the five scenarios, where that is quick enough to do for a report.

Figures come from `settlement.comparison` and `charges.comparison`; the run's own edition is taken from the run itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from halfhour.charges.comparison import Comparison, Line, compare_charges
from halfhour.metering.store import ReadingsStore
from halfhour.register.model import Portfolio
from halfhour.reports.words import gbp, mwh
from halfhour.rules.registry import IN_FORCE, editions
from halfhour.settlement.comparison import EditionResult, Scenario, compare_editions, find_scenarios
from halfhour.settlement.request import STORE
from halfhour.settlement.run import Run

SITES_COMPARED = 2_000
HALF_HOURS_COMPARED = 6_000_000
"""Beyond either bound the report would take longer than the settling; `halfhour compare` does it on its own."""


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The comparison, and the scenarios found."""

    comparison: Comparison
    scenarios: list[Scenario]


def small_enough(sites: int, half_hours: int) -> bool:
    """Whether a report compares the editions itself, for so many sites and half hours of the run's days."""
    return sites <= SITES_COMPARED and sites * half_hours <= HALF_HOURS_COMPARED


def side_by_side(run: Run, portfolio: Portfolio) -> SideBySide:
    """Settle the run's days under every other edition, as known at the run's moment of knowledge."""
    request = run.request
    own = EditionResult(request.edition, _plain(run.site_days), _plain(run.bm_unit_periods))
    names = [name for name in (IN_FORCE, *editions()) if name != request.edition]
    store = ReadingsStore.open(portfolio.path / STORE)
    made = compare_charges([own, *compare_editions(portfolio, store, request, names)])
    # Only a declared site can be under a rule, and the scenarios are those of sites under the rule.
    declared = replace(portfolio, sites=tuple(site for site in portfolio.sites if site.declarations))
    return SideBySide(made, find_scenarios(declared, store, request))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))


def line_cells(line: Line) -> list[str]:
    """A line as the page's table shows it: edition, MWh three times, £, over-charge in MWh and in £."""
    part = " *" if line.charge.covered and line.charge.not_covered else ""
    return [
        line.edition,
        mwh(line.import_wh),
        mwh(line.chargeable_wh),
        mwh(line.non_chargeable_wh),
        gbp(line.charge.total_gbp) + part if line.charge.covered else "not held",
        mwh(line.over_wh),
        gbp(line.over.total_gbp) + part if line.over.covered else "not held",
    ]


def by_group(lines: Iterable[Line]) -> dict[str, list[list[str]]]:
    """Lines of several groups as tables by group."""
    tables: dict[str, list[list[str]]] = {}
    for line in lines:
        tables.setdefault(line.group, []).append(line_cells(line))
    return tables


def chart(comparison: Comparison) -> list[dict[str, Any]]:
    """The totals for the page's chart [Wh]."""
    return [
        {"edition": line.edition, "chargeable_wh": line.chargeable_wh, "non_chargeable_wh": line.non_chargeable_wh}
        for line in comparison.total
    ]
