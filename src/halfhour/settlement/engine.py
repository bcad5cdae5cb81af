"""The engine: stretches of days by edition, blocks of sites through a pool of threads, results in order.

What decides its shape was measured before it was built: ENGINE.md. Memory is that of the blocks in hand and of the
BM Unit totals, not of the portfolio's readings.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import TypeVar

import numpy as np

from halfhour.metering.losses import factors_by_day
from halfhour.metering.store import ReadingsStore
from halfhour.metering.store.day_rows import DayRowLoader
from halfhour.register.model import Portfolio
from halfhour.rules.registry import IN_FORCE, edition_in_force, editions
from halfhour.settlement import compiled
from halfhour.settlement import kernel as k
from halfhour.settlement.arrangement import arrange, timeline
from halfhour.settlement.block import settle_block
from halfhour.settlement.bm_unit_volumes import meter_factors
from halfhour.settlement.calculation import BlockResult, Calculation, Demand, no_demand, row_offsets
from halfhour.settlement.loss_factors import LossFactors

PLAIN_UP_TO = 300_000
"""Site half hours up to which plain Python is done before the compiler has been imported and has compiled."""

SITES_PER_PORTION = 10_000
"""Sites whose register is laid out as arrays at once."""

_ROWS_PER_BLOCK = 250_000
_CELLS_PER_BLOCK = 6_000_000
_VOLUMES_PER_BLOCK = 4_000_000

Progress = Callable[[int, int], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days settled under one edition."""

    edition: str
    start: date
    end: date


class BmUnitTotals:
    """Demand of BM Units over all blocks, and over all portions which BM Units they concern.

    Each thread adds to a demand of its own; sums of integers do not depend on which block went where.

    Attributes:
        declared: [BM Unit, run day], whether an EMR declaration touches any of its MSIDs.
        registered: [BM Unit, run day], how many Import MSIDs it has.
    """

    def __init__(self, calculation: Calculation) -> None:
        """Totals of nothing yet, over the BM Units of a calculation."""
        self._none = partial(no_demand, calculation)
        self._whole = self._none()
        self._parts: list[Demand] = []
        self._own = threading.local()
        days = self._whole.gross.shape[:2]
        self.declared = np.zeros(days, np.bool_)
        self.registered = np.zeros(days, np.int32)
        self.include(calculation)

    def of_this_thread(self) -> Demand:
        """What the blocks that this thread settles are to be added to."""
        if not hasattr(self._own, "demand"):
            self._own.demand = self._none()
            self._parts.append(self._own.demand)
        own: Demand = self._own.demand
        return own

    def whole(self) -> Demand:
        """The demand of all threads together; call it when they are done."""
        parts, self._parts, self._own = self._parts, [], threading.local()
        for part in parts:
            np.add(self._whole.gross, part.gross, out=self._whole.gross)
            np.add(self._whole.non_chargeable, part.non_chargeable, out=self._whole.non_chargeable)
            estimated = (self._whole.state | part.state) & k.SOME_ESTIMATED
            missing = self._whole.state // k.ONE_MISSING + part.state // k.ONE_MISSING
            self._whole.state[:] = missing * k.ONE_MISSING + estimated
        return self._whole

    def include(self, calculation: Calculation) -> None:
        """Note which BM Units the sites of a calculation concern, day by day."""
        arrangement, first = calculation.arrangement, calculation.line.first_run_day
        nodes = np.flatnonzero(arrangement.node_bm_unit >= 0)
        if not len(nodes):
            return
        nodes = nodes[np.argsort(arrangement.node_bm_unit[nodes], kind="stable")]
        site = np.searchsorted(arrangement.site_nodes, nodes, side="right") - 1
        day = first + np.arange(calculation.line.run_days)
        here = (day >= arrangement.node_from[nodes, None]) & (day < arrangement.node_to[nodes, None])
        units, begins = np.unique(arrangement.node_bm_unit[nodes], return_index=True)
        self.registered[units] += np.add.reduceat(here, begins, axis=0, dtype=np.int32)
        touched = here & (arrangement.declared[site, first:] == 1)
        self.declared[units] |= np.logical_or.reduceat(touched, begins, axis=0)


def stretches(edition: str, start: date, end: date) -> list[Stretch]:
    """The days from `start` to `end` (excluded), cut where the edition changes; one stretch for a named edition."""
    if edition != IN_FORCE:
        return [Stretch(edition, start, end)]
    cuts = sorted(
        {start, end}
        | {
            day
            for one in editions().values()
            for day in (one.effective_from, one.effective_to)
            if day is not None and start < day < end
        }
    )
    found: list[Stretch] = []
    for first, last in itertools.pairwise(cuts):
        applies = edition_in_force(first)
        if found and found[-1].edition == applies:
            found[-1] = Stretch(applies, found[-1].start, last)
        else:
            found.append(Stretch(applies, first, last))
    return found


def portions(portfolio: Portfolio) -> Iterator[Portfolio]:
    """A portfolio some thousands of sites at a time, so that what is laid out does not grow with it."""
    for first in range(0, max(1, len(portfolio.sites)), SITES_PER_PORTION):
        yield replace(portfolio, sites=portfolio.sites[first : first + SITES_PER_PORTION])


def prepare(
    portfolio: Portfolio,
    store: ReadingsStore,
    stretch: Stretch,
    known_at: Callable[[date], int],
    *,
    in_force: bool,
    detail: bool,
    volumes: bool,
    plain: bool | None = None,
    bm_units: list[tuple[str, str]] | None = None,
    losses: LossFactors | None = None,
) -> Calculation:
    """Lay everything out that the blocks of a stretch share.

    Args:
        known_at: per Settlement Day, the last moment of record that counts [µs since 1970 UTC].
        plain: settle as plain Python; None = by the amount of work.
        bm_units: as for `arrange`.
        losses: for days that the stretch's are among; None = volumes at the meter only.
    """
    settings = portfolio.settings
    line = timeline(stretch.edition, stretch.start, stretch.end, settings)
    arrangement = arrange(portfolio, stretch.edition, line, in_force=in_force, bm_units=bm_units)
    days = [line.first_day + timedelta(days=number) for number in range(line.n_days)]
    if plain is None:
        plain = len(portfolio.sites) * int(line.periods.sum()) <= PLAIN_UP_TO
    make = compiled.plain_kernel if plain else compiled.compiled_kernel
    return Calculation(
        arrangement=arrangement,
        line=line,
        loader=DayRowLoader(
            store, arrangement.series, line.first_day, np.array([known_at(day) for day in days], dtype=np.int64)
        ),
        loss_factors=factors_by_day(portfolio.loss_factors, days),
        kernel=make(stretch.edition, detail=detail, ncsp_missing_days=settings.ncsp_missing_days),
        plain=plain,
        width=compiled.width(editions()[stretch.edition]),
        detail=detail,
        with_volumes=volumes,
        row_offset=row_offsets(line),
        losses=None
        if losses is None
        else meter_factors(arrangement, losses, stretch.start, stretch.end, detail=volumes, plain=plain),
    )


def block_bounds(calculations: list[Calculation], block_sites: int | None = None) -> list[tuple[int, int]]:
    """The blocks of sites, first included, last excluded: as many as fit, ended where a row group ends if possible.

    Args:
        calculations: of the same sites.
        block_sites: take this many sites to a block; None = by what fits.
    """
    arrangement = calculations[0].arrangement
    n_sites = len(arrangement.sites)
    if block_sites:
        return [(first, min(first + block_sites, n_sites)) for first in range(0, n_sites, block_sites)]
    fits = _sites_that_fit(calculations)
    ends = np.searchsorted(arrangement.site_series, calculations[0].loader.cuts())
    bounds: list[tuple[int, int]] = []
    first = 0
    while first < n_sites:
        last = min(first + fits, n_sites)
        natural = ends[np.searchsorted(ends, last, side="right") - 1] if len(ends) and last < n_sites else last
        last = int(natural) if natural > first else last
        bounds.append((first, last))
        first = last
    return bounds


def _sites_that_fit(calculations: list[Calculation]) -> int:
    """How many sites fit a block: bounded by the rows read, and by the half hours written where detail is wanted."""
    sites = max(1, len(calculations[0].arrangement.sites))
    fits = sites
    for calculation in calculations:
        line, arrangement = calculation.line, calculation.arrangement
        rows = max(1, len(arrangement.series)) * line.n_days / sites
        fits = min(fits, int(_ROWS_PER_BLOCK / rows))
        half_hours = int(calculation.row_offset[-1])
        if calculation.detail:
            fits = min(fits, int(_CELLS_PER_BLOCK / (half_hours * calculation.width)))
        if calculation.with_volumes:
            fits = min(fits, int(_VOLUMES_PER_BLOCK / (half_hours * max(1, len(arrangement.meter_slot)) / sites)))
    return max(1, fits)


def run_blocks(bounds: list[tuple[int, int]], threads: int | None, work: Callable[[int, int], T]) -> Iterator[T]:
    """Do the blocks of sites in a pool of threads and hand the results over in order, few at a time in hand.

    Args:
        bounds: of the blocks.
        threads: None = as many as there are processors for this process.
        work: called with the bounds of a block.
    """
    count = threads or default_threads()
    if count == 1 or len(bounds) == 1:
        for first, last in bounds:
            yield work(first, last)
        return
    with ThreadPoolExecutor(max_workers=count, thread_name_prefix="halfhour") as pool:
        waiting: deque[Future[T]] = deque()
        for first, last in bounds:
            waiting.append(pool.submit(work, first, last))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def default_threads() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def settle_blocks(
    calculation: Calculation,
    totals: BmUnitTotals,
    *,
    threads: int | None = None,
    block_sites: int | None = None,
    progress: Progress | None = None,
) -> Iterator[BlockResult]:
    """The blocks of one calculation, in order of site; their demand is added to the totals."""
    bounds = block_bounds([calculation], block_sites)

    def work(first: int, last: int) -> BlockResult:
        return settle_block(calculation, first, last, totals.of_this_thread())

    for result in run_blocks(bounds, threads, work):
        yield result
        if progress:
            progress(result.last_site, len(calculation.arrangement.sites))
