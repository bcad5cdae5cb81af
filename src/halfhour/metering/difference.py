"""Difference Metering on a private network: a tree of meters, each settled less its children, conserving every Wh.

Documents: Elexon guidance on Generic Metering Dispensation D/380, condition 1; handbook private-networks.md section 3,
whose numbered rules are followed in order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from halfhour.errors import Finding
from halfhour.register.model import Metering, Site
from halfhour.rules.metering import refer_to_boundary, residual

PERIODS = 50
ABSENT, ACTUAL, ESTIMATED = 0, 1, 2
_SAFE = 2_000_000_000
"""An uplift whose parts are no larger keeps a reading's product, doubled for rounding, within 64 bits."""
Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint8]


@dataclass(slots=True)
class Series:
    """Readings of one direction of a metering, or what they settle to: values [day, 50] in Wh and their marks."""

    values: Ints
    marks: Marks


Readings = dict[tuple[int, str], Series]
"""By number of the metering within its site, and measurement quantity."""


def settled_volumes(
    site: Site, readings: Readings, days: Sequence[date], report_from: int
) -> tuple[Readings, list[Finding]]:
    """What every Metering System of a private network settles to.

    Args:
        site: with third-party meterings.
        readings: of every boundary and third-party direction, as collected; absent where not registered.
        days: the Settlement Days of the arrays' rows.
        report_from: the first day whose findings are wanted; earlier ones only serve a reference period.

    Returns:
        Settled volumes with marks for the same keys; and a finding for every half hour that is held, clipped, moved
        to export, raised to a floor, or that wants a reading.
    """
    settled = {
        key: Series(np.zeros_like(series.values), np.zeros_like(series.marks)) for key, series in readings.items()
    }
    findings: list[Finding] = []
    for first, last in _constant_spans(site.metering, days):
        _settle_span(site, readings, settled, days, slice(first, last), findings)
    if site.settlement_option == "full-settlement":
        findings += _unexplained(site, readings, settled, days, report_from)
    return settled, [
        finding for finding in findings if finding.settlement_date and finding.settlement_date >= days[report_from]
    ]


def _unexplained(
    site: Site, readings: Readings, settled: Readings, days: Sequence[date], report_from: int
) -> list[Finding]:
    """How far the boundary of a fully settled network, where it is only a check, is from what settles behind it."""
    found: list[Finding] = []
    for quantity in ("AI", "AE"):
        sides: list[tuple[Ints, Marks]] = []
        for at, series in (("boundary", readings), ("third-party", settled)):
            chosen = [one for (number, of), one in series.items() if of == quantity and site.metering[number].at == at]
            if chosen:
                present = np.min([one.marks for one in chosen], axis=0)
                sides.append((np.sum([one.values for one in chosen], axis=0), present))
        if len(sides) < 2:
            continue
        (boundary, boundary_marks), (behind, behind_marks) = sides
        known = (boundary_marks != ABSENT) & (behind_marks != ABSENT)
        known[:report_from] = False
        left = np.where(known, boundary - behind, 0)
        if left.any():
            found.append(
                Finding(
                    code="PN-111",
                    severity="info",
                    message=f"Site '{site.id}': the boundary ({quantity}) reads {int(left.sum()):,} Wh more than "
                    f"settles behind it, over {int(known.sum()):,} half hours; the largest difference of one is "
                    f"{int(np.abs(left).max()):,} Wh.",
                    next_step="Network losses explain a few per cent; beyond that, look for an unmetered customer.",
                    site_id=site.id,
                    settlement_date=days[report_from],
                )
            )
    return found


def uplift(metering: Metering) -> Fraction:
    """1 + L of the edge from a metering to its parent; 1 where not scaled or already compensated in the Meter."""
    if metering.losses is None or metering.compensated_in_meter:
        return Fraction(1)
    return 1 + Fraction(metering.losses)


def parent_of(metering: Metering, active: Sequence[tuple[int, Metering]]) -> int | None:
    """The number of a third-party metering's parent among the active ones: the one named, else the only boundary."""
    if metering.parent is not None:
        return next((number for number, other in active if other.name == metering.parent), None)
    boundaries = [number for number, other in active if other.at == "boundary"]
    return boundaries[0] if len(boundaries) == 1 else None


def _constant_spans(meterings: Sequence[Metering], days: Sequence[date]) -> Iterator[tuple[int, int]]:
    """Stretches of days over which the tree does not change."""
    edges = {0, len(days)}
    for metering in meterings:
        for edge in (metering.effective_from, metering.effective_to):
            if edge is not None and days[0] < edge <= days[-1]:
                edges.add((edge - days[0]).days)
    ordered = sorted(edges)
    yield from itertools.pairwise(ordered)


def _settle_span(
    site: Site, readings: Readings, settled: Readings, days: Sequence[date], span: slice, findings: list[Finding]
) -> None:
    active = [
        (number, metering)
        for number, metering in enumerate(site.metering)
        if metering.at in ("boundary", "third-party") and metering.active(days[span.start])
    ]
    children: dict[int, list[int]] = {number: [] for number, _ in active}
    orphans: set[int] = set()
    for number, metering in active:
        if metering.at == "third-party":
            parent = parent_of(metering, active)
            if parent is None:
                orphans.add(number)
            else:
                children[parent].append(number)
    uplifts = _uplifts(dict(active), children)
    if site.settlement_option == "full-settlement":
        children = {number: [] for number in children}
    netted = site.netting == "within-half-hour"
    for number, metering in active:
        if metering.at == "boundary" and site.settlement_option == "full-settlement":
            continue
        if netted:
            _settle_netted(number, children, uplifts, readings, settled, span)
            continue
        for quantity in ("AI", "AE"):
            if (number, quantity) not in readings:
                continue
            kids = [kid for kid in children[number] if (kid, quantity) in readings]
            _settle_node(
                _Node(site, metering, number, quantity), kids, uplifts, readings, settled, days, span, findings
            )
    _hold_trees(site, active, children, settled, days, span, findings)


@dataclass(frozen=True, slots=True)
class _Node:
    site: Site
    metering: Metering
    number: int
    quantity: str

    @property
    def msid(self) -> str:
        return (self.metering.import_msid if self.quantity == "AI" else self.metering.export_msid) or ""


def _uplifts(meterings: dict[int, Metering], children: dict[int, list[int]]) -> dict[int, Fraction]:
    """U of every node: the product of 1 + L along the path to the root.

    Under full settlement a third-party metering need not have a parent; its losses are those to the boundary.
    """
    found: dict[int, Fraction] = {}
    kids = {kid for below in children.values() for kid in below}
    waiting = [number for number in meterings if number not in kids]
    for number in waiting:
        found[number] = uplift(meterings[number])
    while waiting:
        number = waiting.pop()
        for kid in children[number]:
            if kid not in found:
                found[kid] = uplift(meterings[kid]) * found[number]
                waiting.append(kid)
    return found


def _referred(readings: Readings, key: tuple[int, str], uplifts: dict[int, Fraction], span: slice) -> Ints:
    factor = uplifts[key[0]]
    values: npt.NDArray[Any] = readings[key].values[span]
    if max(factor.numerator, factor.denominator) > _SAFE:
        values = values.astype(object)
    scaled: Any = refer_to_boundary(values, factor.numerator, factor.denominator)  # type: ignore[arg-type]
    return np.asarray(scaled, dtype=np.int64)


def _settle_node(
    node: _Node,
    kids: list[int],
    uplifts: dict[int, Fraction],
    readings: Readings,
    settled: Readings,
    days: Sequence[date],
    span: slice,
    findings: list[Finding],
) -> None:
    own = readings[(node.number, node.quantity)]
    referred = _referred(readings, (node.number, node.quantity), uplifts, span)
    marks = own.marks[span].copy()
    below = np.zeros_like(referred)
    for kid in kids:
        kid_marks = readings[(kid, node.quantity)].marks[span]
        below += _referred(readings, (kid, node.quantity), uplifts, span)
        for day, period in np.argwhere((kid_marks == ABSENT) & (marks != ABSENT)):
            findings.append(
                _finding(
                    "PN-302",
                    node,
                    days[span.start + day],
                    int(period) + 1,
                    f"'{node.site.metering[kid].name}' has no reading, so what is left at '{node.metering.name}' "
                    "cannot be known; it is missing, not the whole reading.",
                    "Supply the third-party reading or the data collector's estimate.",
                )
            )
        marks = np.where((kid_marks == ABSENT) | (marks == ABSENT), ABSENT, np.maximum(marks, kid_marks)).astype(
            np.uint8
        )
    if kids:
        floor = (marks != ABSENT) & (own.marks[span] == ESTIMATED) & (referred < below)
        if floor.any() and node.metering.at == "boundary":
            for day, period in np.argwhere(floor):
                findings.append(
                    _finding(
                        "PN-303",
                        node,
                        days[span.start + day],
                        int(period) + 1,
                        f"the estimate of '{node.metering.name}', {int(referred[day, period])} Wh, is below the "
                        f"{int(below[day, period])} Wh metered behind it; the latter is taken as a floor.",
                        "Ask the data collector for a better estimate.",
                    )
                )
            referred = np.where(floor, below, referred)
    left: Ints = residual(referred, below)  # type: ignore[arg-type,assignment]
    target = settled[(node.number, node.quantity)]
    target.values[span] = np.where(marks != ABSENT, left, 0)
    target.marks[span] = marks


def _settle_netted(
    number: int,
    children: dict[int, list[int]],
    uplifts: dict[int, Fraction],
    readings: Readings,
    settled: Readings,
    span: slice,
) -> None:
    """Import and export netted within the half hour, where a Complex Site rule states it (handbook 3.2).

    A net export at a meter without an export MSID stays a negative import, for the site's policy to deal with.
    """
    shape = next(iter(readings.values())).values[span].shape

    def net(of: int) -> tuple[Ints, Marks]:
        total = np.zeros(shape, dtype=np.int64)
        marks = np.full(shape, ACTUAL, dtype=np.uint8)
        for quantity, sign in (("AI", 1), ("AE", -1)):
            if (of, quantity) in readings:
                total = total + sign * _referred(readings, (of, quantity), uplifts, span)
                seen = readings[(of, quantity)].marks[span]
                marks = np.where((seen == ABSENT) | (marks == ABSENT), ABSENT, np.maximum(marks, seen)).astype(np.uint8)
        return total, marks

    left, marks = net(number)
    for kid in children[number]:
        below, kid_marks = net(kid)
        left = residual(left, below)  # type: ignore[arg-type,assignment]
        marks = np.where((kid_marks == ABSENT) | (marks == ABSENT), ABSENT, np.maximum(marks, kid_marks)).astype(
            np.uint8
        )
    exports = (number, "AE") in settled
    imports = (number, "AI") in settled
    for quantity, part in (
        ("AI", np.maximum(left, 0) if exports else left),
        ("AE", np.maximum(-left, 0) if imports else -left),
    ):
        if (number, quantity) in settled:
            target = settled[(number, quantity)]
            target.values[span] = np.where(marks != ABSENT, part, 0)
            target.marks[span] = marks


def _hold_trees(
    site: Site,
    active: Sequence[tuple[int, Metering]],
    children: dict[int, list[int]],
    settled: Readings,
    days: Sequence[date],
    span: slice,
    findings: list[Finding],
) -> None:
    """Apply the site's policy to negative results; never clip in silence (handbook 3.3)."""
    for number, metering in active:
        for quantity in ("AI", "AE"):
            if (number, quantity) not in settled:
                continue
            node = _Node(site, metering, number, quantity)
            values = settled[node.number, node.quantity].values[span]
            for day, period in np.argwhere(values < 0):
                deficit = -int(values[day, period])
                when = (span.start + int(day), int(period))
                done = _negative(node, deficit, when, active, children, settled)
                findings.append(
                    _finding(
                        "PN-301",
                        node,
                        days[when[0]],
                        when[1] + 1,
                        f"differencing leaves {-deficit} Wh at '{metering.name}', which cannot be consumption; {done}.",
                        "Look for generation without an export MSID, a wrong loss or pulse constant, shifted data, or "
                        "a meter fed from outside the boundary.",
                    )
                )


def _negative(
    node: _Node,
    deficit: int,
    when: tuple[int, int],
    active: Sequence[tuple[int, Metering]],
    children: dict[int, list[int]],
    settled: Readings,
) -> str:
    policy = node.site.negative_result
    own = settled[node.number, node.quantity]
    export = settled.get((node.number, "AE"))
    if policy == "to-export-msid" and node.quantity == "AI" and export is not None and export.marks[when] != ABSENT:
        own.values[when] = 0
        export.values[when] += deficit
        export.marks[when] = max(export.marks[when], own.marks[when])  # a residual of an estimate is an estimate
        return f"{deficit} Wh were added to its export MSID"
    if policy == "clip-zero":
        own.values[when] = 0
        return f"it was set to 0 and {deficit} Wh are unallocated"
    for number in _tree_of(node.number, active, children):
        for quantity in ("AI", "AE"):
            if (number, quantity) in settled:
                settled[number, quantity].values[when] = 0
                settled[number, quantity].marks[when] = ABSENT
    return "the half hour is held for every meter of the network"


def _tree_of(number: int, active: Sequence[tuple[int, Metering]], children: dict[int, list[int]]) -> list[int]:
    parent = {kid: above for above, below in children.items() for kid in below}
    while number in parent:
        number = parent[number]
    tree = [number]
    for member in tree:
        tree.extend(children[member])
    return tree


def _finding(code: str, node: _Node, day: date, period: int, message: str, next_step: str) -> Finding:
    return Finding(
        code=code,
        severity="error" if code in ("PN-301", "PN-302") else "warning",
        message=f"Site '{node.site.id}': {message}",
        next_step=next_step,
        site_id=node.site.id,
        msid=node.msid,
        settlement_date=day,
        settlement_period=period,
    )
