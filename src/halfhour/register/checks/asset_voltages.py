"""Checks that asset readings can be brought to the voltage of the Boundary Point.

Follows chargeable-imports 2.2: where the voltages differ, Line Loss Factors of both are needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from halfhour.errors import Finding
from halfhour.register.checks._common import ASSETS, about, meterings
from halfhour.register.model import LossFactor, Metering, Portfolio, Site
from halfhour.register.spans import ALWAYS, Span, gaps, in_words, shared, span_of, stated_gaps

# GSP Group, voltage, measurement quantity.
_Key = tuple[str, str, str]

_PERIODS = range(1, 51)


def _by_key(portfolio: Portfolio) -> dict[_Key, list[LossFactor]]:
    factors: dict[_Key, list[LossFactor]] = defaultdict(list)
    for factor in portfolio.loss_factors:
        factors[factor.gsp_group, factor.voltage, factor.measurement_quantity].append(factor)
    return factors


def _of_period(factors: list[LossFactor], period: int) -> list[LossFactor]:
    return [factor for factor in factors if factor.first_period <= period <= factor.last_period]


def loss_factors_are_unambiguous(portfolio: Portfolio) -> Iterator[Finding]:
    """One factor for a voltage, direction and Settlement Period."""
    reported: set[int] = set()
    for factors in _by_key(portfolio).values():
        for period in _PERIODS:
            until = date.min
            for factor in sorted(_of_period(factors, period), key=span_of):
                days = span_of(factor)
                both = shared(days, (date.min, until))
                until = max(until, days[1])
                if both is not None and id(factor) not in reported:
                    reported.add(id(factor))
                    message = (
                        f"Line loss factor of {factor.gsp_group}, {factor.voltage}, {factor.measurement_quantity}: "
                        f"another row gives one for Settlement Period {period} {in_words(both)}."
                    )
                    yield Finding("RG-015", "error", message, "Remove one of the two rows.", factor.where)


def assets_reach_the_boundary_voltage(portfolio: Portfolio) -> Iterator[Finding]:
    """An asset at another voltage than the Boundary Point needs the factors of both voltages."""
    factors = _by_key(portfolio)
    covered: dict[_Key, list[Span]] = {}
    for site, metering in meterings(portfolio):
        if metering.at not in ASSETS or metering.voltage == site.voltage:
            continue
        for key in _needed(site, metering):
            if key not in covered:
                covered[key] = _covered(factors.get(key, []))
            for gap in stated_gaps(span_of(metering), covered[key]):
                message = (
                    f"it is at {metering.voltage}, the Boundary Point at {site.voltage}, and line_loss_factors.csv has "
                    f"no {key[2]} factor for {key[1]} in {key[0]} {in_words(gap)}: its readings cannot be brought to "
                    "the boundary voltage and the site gets no deduction there."
                )
                yield about(site, metering, "RG-038", "warning", message, "Add the rows, or correct the voltage.")


def _needed(site: Site, metering: Metering) -> Iterator[_Key]:
    for msid, quantity in ((metering.import_msid, "AI"), (metering.export_msid, "AE")):
        if msid is not None:
            yield site.gsp_group, metering.voltage, quantity
            yield site.gsp_group, site.voltage, quantity


def _covered(factors: list[LossFactor]) -> list[Span]:
    """The days on which every Settlement Period has a factor."""
    bare = [gap for period in _PERIODS for gap in gaps(ALWAYS, map(span_of, _of_period(factors, period)))]
    return gaps(ALWAYS, bare)
