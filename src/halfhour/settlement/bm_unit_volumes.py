"""Volumes of BM Units at the three levels of losses: at the Metering System (MSP), the GSP and the NBP.

What a BM Unit has is the sum of what its Metering Systems have (decision record 11).
"""

from __future__ import annotations

import threading
from array import array
from datetime import date
from functools import partial

import numpy as np

from halfhour.settlement import compiled
from halfhour.settlement import volumes_kernel as k
from halfhour.settlement.arrangement import NO_SLOT, Arrangement
from halfhour.settlement.calculation import QUANTITIES, BmUnitVolumes, Calculation, MeterFactors, no_volumes
from halfhour.settlement.class_differences import differing_meters
from halfhour.settlement.loss_factors import NO_CLASS, NO_GROUP, LossFactors

NO_PLACE = -1
_FLAGS = k.ONE_MISSING - 1


class BmUnitVolumeTotals:
    """Volumes of BM Units over all blocks, and how many Metering Systems each has, over all portions.

    Each thread adds to volumes of its own; sums of integers do not depend on which block went where.

    Attributes:
        registered: [BM Unit × 2 + quantity, run day], how many Metering Systems it has in that direction.
    """

    def __init__(self, calculation: Calculation) -> None:
        """Totals of nothing yet, over the BM Units of a calculation."""
        self._none = partial(no_volumes, calculation)
        self._whole = self._none()
        self._parts: list[BmUnitVolumes] = []
        self._own = threading.local()
        self.registered = np.zeros(self._whole.msp.shape[:2], np.int32)
        self.include(calculation)

    def of_this_thread(self) -> BmUnitVolumes:
        """What the blocks that this thread settles are to be added to."""
        if not hasattr(self._own, "volumes"):
            self._own.volumes = self._none()
            self._parts.append(self._own.volumes)
        own: BmUnitVolumes = self._own.volumes
        return own

    def whole(self) -> BmUnitVolumes:
        """The volumes of all threads together; call it when they are done."""
        parts, self._parts, self._own = self._parts, [], threading.local()
        for part in parts:
            for total, added in (
                (self._whole.msp, part.msp),
                (self._whole.gsp, part.gsp),
                (self._whole.nbp, part.nbp),
            ):
                np.add(total, added, out=total)
            flags = (self._whole.state | part.state) & _FLAGS
            missing = self._whole.state // k.ONE_MISSING + part.state // k.ONE_MISSING
            self._whole.state[:] = missing * k.ONE_MISSING + flags
        return self._whole

    def include(self, calculation: Calculation) -> None:
        """Note how many Metering Systems of a calculation are registered in each BM Unit, day by day."""
        arrangement, line, losses = calculation.arrangement, calculation.line, calculation.losses
        assert losses is not None
        meters = np.flatnonzero(losses.meter_place != NO_PLACE)
        if not len(meters):
            return
        meters = meters[np.argsort(losses.meter_place[meters], kind="stable")]
        day = line.first_run_day + np.arange(line.run_days)
        here = (day >= arrangement.meter_from[meters, None]) & (day < arrangement.meter_to[meters, None])
        places, begins = np.unique(losses.meter_place[meters], return_index=True)
        self.registered[places] += np.add.reduceat(here, begins, axis=0, dtype=np.int32)


def meter_factors(
    arrangement: Arrangement, losses: LossFactors, start: date, end: date, *, detail: bool, plain: bool
) -> MeterFactors:
    """What is known of losses laid out for the meters of an arrangement and the run days of a stretch.

    Args:
        start, end: of the stretch.
        detail: whether the volumes of each meter are wanted, not only the sums.
        plain: settle as plain Python.
    """
    units = {name: number for number, (name, _) in enumerate(arrangement.bm_units)}
    classes, groups, places = array("q"), array("q"), array("q")
    ends = arrangement.site_meters[1:]
    meter = 0
    for site, end_of_site in zip(arrangement.sites, ends.tolist(), strict=True):
        for number in range(meter, end_of_site):
            metering = site.metering[int(arrangement.meter_number[number])]
            quantity = int(arrangement.meter_quantity[number])
            if arrangement.meter_settled[number] == NO_SLOT:
                classes.append(NO_CLASS)
                groups.append(NO_GROUP)
                places.append(NO_PLACE)
                continue
            classes.append(losses.class_number(metering, quantity))
            groups.append(losses.group_number(site, metering))
            places.append(
                NO_PLACE if metering.bm_unit is None else units[metering.bm_unit] * len(QUANTITIES) + quantity
            )
        meter = end_of_site
    meter_class = np.array(classes, dtype=np.int64)
    days = slice((start - losses.start).days, (end - losses.start).days)
    make = compiled.plain_volumes_kernel if plain else compiled.compiled_volumes_kernel
    return MeterFactors(
        meter_class=meter_class,
        meter_group=np.array(groups, dtype=np.int64),
        meter_place=np.array(places, dtype=np.int64),
        row_of=losses.row_of[:, days],
        rows=losses.rows,
        multipliers=np.ascontiguousarray(losses.multipliers[:, days]),
        differing=differing_meters(arrangement, meter_class),
        kernel=make(detail=detail),
    )
