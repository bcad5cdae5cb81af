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
    """

    meter: Ints
    metered: npt.NDArray[np.int32]
    settled: npt.NDArray[np.int32]
    metered_marks: npt.NDArray[np.uint8]
    settled_marks: npt.NDArray[np.uint8]
    registered: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand of BM Units, added up: [BM Unit, run day, 50] in Wh, and flags of what is behind it."""

    gross: Ints
    non_chargeable: Ints
    state: npt.NDArray[np.int32]


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


def row_offsets(line: Timeline) -> Ints:
    """Where each run day's half hours begin among those of a site; the last entry is their number."""
    return np.concatenate([[0], np.cumsum(line.periods[line.first_run_day :])]).astype(np.int64)


def no_demand(calculation: Calculation) -> Demand:
    """Demand of nothing yet, over the BM Units and run days of a calculation."""
    shape = (len(calculation.arrangement.bm_units), calculation.line.run_days, PERIODS)
    return Demand(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int32))


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
