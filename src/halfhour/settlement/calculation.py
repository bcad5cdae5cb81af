"""What the blocks of a calculation share, and what each of them hands back."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from halfhour.errors import Finding
from halfhour.metering.losses import FactorsOf
from halfhour.metering.store.day_rows import DayRowLoader
from halfhour.settlement import kernel as k
from halfhour.settlement.arrangement import Arrangement, Ints, Timeline
from halfhour.settlement.compiled import Kernel

PERIODS = k.PERIODS
QUANTITIES = ("AI", "AE")
Rows = npt.NDArray[np.int32]


@dataclass(slots=True)
class MeterVolumes:
    """Every registered meter direction of a block on the days settled.

    Attributes:
        meter: [meter] its number in the arrangement.
        metered, settled: int32 [meter, run day, 50] in Wh.
        metered_marks, settled_marks: uint8, the same shape: 0 absent, 1 actual, 2 estimated.
        registered: bool [meter, run day].
        at_gsp, at_nbp: int64 [meter, run day, 50] in Wh, NO_VOLUME where there is none; None where nothing is known of
            losses.
    """

    meter: Ints
    metered: npt.NDArray[np.int32]
    settled: npt.NDArray[np.int32]
    metered_marks: npt.NDArray[np.uint8]
    settled_marks: npt.NDArray[np.uint8]
    registered: npt.NDArray[np.bool_]
    at_gsp: Ints | None = None
    at_nbp: Ints | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand of BM Units, added up: [BM Unit, run day, 50] in Wh, and flags of what is behind it."""

    gross: Ints
    non_chargeable: Ints
    state: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class BmUnitVolumes:
    """Volumes of BM Units, added up: [BM Unit × 2 + quantity, run day, 50] in Wh, and flags of what is behind them."""

    msp: Ints
    gsp: Ints
    nbp: Ints
    state: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class MeterFactors:
    """Losses as the blocks of a calculation need them, for its run days.

    Attributes:
        meter_class, meter_group: per meter of the arrangement, which Line Loss Factors and multipliers it takes.
        meter_place: per meter, where its BM Unit's volumes of its quantity are; -1 none.
        row_of: int32 [class, run day], the row of a class on a day.
        rows: int32 [row, 50], Line Loss Factors in thousandths.
        multipliers: int64 [group, run day, 50] in units of 0.0000001.
        differing: [pair, 2], meters of third parties beside their boundary's, where the two have different classes.
        kernel: the volumes kernel.
    """

    meter_class: Ints
    meter_group: Ints
    meter_place: Ints
    row_of: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    multipliers: Ints
    differing: Ints
    kernel: Kernel


@dataclass(slots=True)
class BlockResult:
    """What a block settles to; shapes as in `kernel.settle_block`. `demand` may hold other blocks' demand too."""

    first_site: int
    last_site: int
    demand: Demand
    site_day_factor: Ints
    site_day_wh: Ints
    detail: Ints
    detail_state: npt.NDArray[np.int8]
    volumes: MeterVolumes | None = None
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Calculation:
    """Everything that the blocks of one edition's stretch of days share.

    Attributes:
        plain: the kernel is plain Python and wants lists.
        width: quantities of a half hour.
        row_offset: where each run day's half hours begin among those of a site; the last entry is their number.
        losses: None where volumes are wanted at the meter only.
    """

    arrangement: Arrangement
    line: Timeline
    loader: DayRowLoader
    loss_factors: FactorsOf
    kernel: Kernel
    plain: bool
    width: int
    detail: bool
    with_volumes: bool
    row_offset: Ints
    losses: MeterFactors | None = None


def row_offsets(line: Timeline) -> Ints:
    """Where each run day's half hours begin among those of a site; the last entry is their number."""
    return np.concatenate([[0], np.cumsum(line.periods[line.first_run_day :])]).astype(np.int64)


def no_demand(calculation: Calculation) -> Demand:
    """Demand of nothing yet, over the BM Units and run days of a calculation."""
    shape = (len(calculation.arrangement.bm_units), calculation.line.run_days, PERIODS)
    return Demand(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int32))


def no_volumes(calculation: Calculation) -> BmUnitVolumes:
    """Volumes of nothing yet, over the BM Units, quantities and run days of a calculation."""
    shape = (len(calculation.arrangement.bm_units) * len(QUANTITIES), calculation.line.run_days, PERIODS)
    return BmUnitVolumes(
        np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int32)
    )


def rows_by_day(slot_rows: Rows, first: Ints, last: Ints, n_days: int) -> Rows:
    """Row indices [entry, day] with the days outside each entry's own range marked as not registered."""
    if not first.any() and (last == n_days).all():
        return slot_rows
    day = np.arange(n_days)
    outside = (day < first[:, None]) | (day >= last[:, None])
    return np.where(outside, np.int32(k.NOT_REGISTERED), slot_rows)


def until(holds: npt.NDArray[np.bool_]) -> Ints:
    """For how many periods from the first something holds, per pattern."""
    return np.where(holds.all(axis=1), PERIODS, (~holds).argmax(axis=1)).astype(np.int64)
