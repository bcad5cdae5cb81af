"""Customers of a private network in another Line Loss Factor Class than their boundary, and what that comes to.

Follows the handbook, private-networks.md 4: the same class is expected on both, since the factors cover the licensed
network only; a difference is not wrong, and the watt-hours by which the two differ are told.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from halfhour.errors import Finding
from halfhour.market_data.dated import shown
from halfhour.metering.store.day_rows import DayRows
from halfhour.register.model import Metering, Site
from halfhour.rules.metering import volume_at_gsp
from halfhour.settlement.arrangement import Arrangement, Ints, is_private_network
from halfhour.settlement.calculation import QUANTITIES, Calculation, Rows
from halfhour.settlement.kernel import ABSENT
from halfhour.settlement.loss_factors import NO_CLASS
from halfhour.settlement.volumes_kernel import NOT_HELD


def differing_meters(arrangement: Arrangement, meter_class: Ints) -> Ints:
    """Meters of third parties beside the boundary meter that they are behind, where both have classes that differ.

    Returns:
        [pair, 2], in order of the meter.
    """
    pairs: list[tuple[int, int]] = []
    for number, site in enumerate(arrangement.sites):
        if not is_private_network(site) or site.settlement_option == "full-settlement":
            continue
        meters = range(int(arrangement.site_meters[number]), int(arrangement.site_meters[number + 1]))
        of_site = [(meter, site.metering[int(arrangement.meter_number[meter])]) for meter in meters]
        for meter, metering in of_site:
            if metering.at != "third-party":
                continue
            root = _root(site, metering)
            pairs += [
                (meter, other)
                for other, boundary in of_site
                if boundary.at == "boundary"
                and root in (None, boundary.name)
                and arrangement.meter_quantity[other] == arrangement.meter_quantity[meter]
                and NO_CLASS not in (meter_class[meter], meter_class[other])
                and meter_class[meter] != meter_class[other]
            ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _root(site: Site, metering: Metering) -> str | None:
    """Name of the boundary metering at the end of the path of parents; None where the path does not name it."""
    parents = {one.name: one.parent for one in site.metering if one.at == "third-party"}
    name = metering.parent
    for _ in site.metering:
        if name not in parents:
            break
        name = parents[name]
    return name


def class_differences(calculation: Calculation, rows: DayRows, meters: Ints, meter_row: Rows) -> list[Finding]:
    """One row for each third party of a block whose class is not the boundary's: what that comes to at the GSP.

    Args:
        rows: of the block.
        meters: its settled meters, in order.
        meter_row: their settled rows [meter, run day].
    """
    losses = calculation.losses
    assert losses is not None
    if not len(losses.differing) or not len(meters):
        return []
    first, last = np.searchsorted(losses.differing[:, 0], [meters[0], meters[-1] + 1])
    findings = []
    for meter, boundary in losses.differing[first:last].tolist():
        of_day = meter_row[int(np.searchsorted(meters, meter))]
        finding = _difference(calculation, rows, of_day, meter, boundary)
        if finding is not None:
            findings.append(finding)
    return findings


def _difference(calculation: Calculation, rows: DayRows, of_day: Rows, meter: int, boundary: int) -> Finding | None:
    arrangement, line, losses = calculation.arrangement, calculation.line, calculation.losses
    assert losses is not None
    day = line.first_run_day + np.arange(line.run_days)
    both = (of_day >= 0) & (day >= arrangement.meter_from[boundary]) & (day < arrangement.meter_to[boundary])
    days = np.flatnonzero(both)
    if not len(days):
        return None
    values = rows.values[of_day[days]].astype(np.int64)
    own, other = (
        losses.rows[losses.row_of[losses.meter_class[one], days]].astype(np.int64) for one in (meter, boundary)
    )
    known = (rows.patterns[rows.pattern_of_row[of_day[days]]] != ABSENT) & (own != NOT_HELD) & (other != NOT_HELD)
    at_gsp: Any = volume_at_gsp  # element by element on arrays
    difference = at_gsp(values, own) - at_gsp(values, other)
    wh = int(difference[known].sum())
    site = arrangement.sites[int(np.searchsorted(arrangement.site_meters, meter, side="right")) - 1]
    metering, root = (site.metering[int(arrangement.meter_number[one])] for one in (meter, boundary))
    quantity = int(arrangement.meter_quantity[meter])
    start = line.start + timedelta(days=int(days[0]))
    when = shown([(start, line.start + timedelta(days=int(days[-1]) + 1))])
    return Finding(
        code="ST-126",
        severity="info",
        message=f"Site '{site.id}': MSID {arrangement.series[int(arrangement.meter_slot[meter])][0]} "
        f"({QUANTITIES[quantity]}) of '{metering.name}' is in Line Loss Factor Class {_class(metering, quantity)}, "
        f"'{root.name}' in {_class(root, quantity)}; over {when} its volume at the Grid Supply Point is "
        f"{abs(wh):,} Wh {'less' if wh < 0 else 'more'} than in the boundary's class.",
        next_step="Ask the distributor whether both classes are right; the same one is expected on both.",
        site_id=site.id,
        msid=arrangement.series[int(arrangement.meter_slot[meter])][0],
        settlement_date=start,
    )


def _class(metering: Metering, quantity: int) -> str:
    return (metering.export_llfc if quantity else metering.import_llfc) or ""
