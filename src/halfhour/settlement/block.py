"""One block of sites: readings laid out, brought to the boundary, differenced, and put through the kernel.

A block depends on nothing but its own sites, so that blocks may run in any number, order or thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from halfhour.errors import Finding
from halfhour.metering.difference import Readings, Series, settled_volumes
from halfhour.metering.losses import at_boundary_voltage
from halfhour.metering.store.day_rows import DayRows, append_rows
from halfhour.register.model import Site
from halfhour.settlement import kernel as k
from halfhour.settlement.arrangement import NO_SLOT, Arrangement, Ints
from halfhour.settlement.calculation import (
    PERIODS,
    QUANTITIES,
    BlockResult,
    BmUnitVolumes,
    Calculation,
    Demand,
    MeterVolumes,
    Rows,
    no_demand,
    no_volumes,
    rows_by_day,
    until,
)
from halfhour.settlement.class_differences import class_differences
from halfhour.settlement.gaps import missing_readings, over_limit
from halfhour.settlement.volumes_kernel import NO_VOLUME


@dataclass(frozen=True, slots=True)
class _Block:
    """The part of an arrangement that a block of sites takes up."""

    first: int
    last: int
    first_series: int
    n_series: int
    first_derived: int
    all_series: int

    def local(self, slots: Ints) -> Ints:
        """Slots of the arrangement as rows of the block's own `row_of`."""
        derived = slots - self.all_series - self.first_derived + self.n_series
        return np.where(slots >= self.all_series, derived, slots - self.first_series)


def settle_block(
    calculation: Calculation,
    first: int,
    last: int,
    demand: Demand | None = None,
    bm_unit_volumes: BmUnitVolumes | None = None,
) -> BlockResult:
    """Settle the sites from `first` (included) to `last` (excluded).

    Args:
        demand: what the block's demand is added to; None = a new one.
        bm_unit_volumes: what its volumes at MSP, GSP and NBP are added to, where losses are known; None = new ones.
    """
    arrangement = calculation.arrangement
    block = _Block(
        first=first,
        last=last,
        first_series=int(arrangement.site_series[first]),
        n_series=int(arrangement.site_series[last] - arrangement.site_series[first]),
        first_derived=int(arrangement.site_derived[first]),
        all_series=len(arrangement.series),
    )
    rows = calculation.loader.load(block.first_series, block.first_series + block.n_series)
    rows, row_of, findings = _derive(calculation, rows, block)
    result = _run_kernel(calculation, rows, row_of, block, demand or no_demand(calculation))
    meters = np.arange(arrangement.site_meters[first], arrangement.site_meters[last], dtype=np.int64)
    findings += missing_readings(calculation, rows, row_of, block.first_series, meters)
    findings += over_limit(calculation, result)
    result.findings = findings
    if calculation.with_volumes:
        result.volumes = _volumes(calculation, rows, row_of, block, meters)
    if calculation.losses is not None:
        added_to = bm_unit_volumes or no_volumes(calculation)
        findings += _add_volumes(calculation, rows, row_of, block, added_to, result.volumes)
    return result


def _derive(
    calculation: Calculation, rows: DayRows, block: _Block
) -> tuple[DayRows, npt.NDArray[np.int32], list[Finding]]:
    """Rows for settled volumes after differencing and for readings brought to another voltage, after those read."""
    arrangement, line = calculation.arrangement, calculation.line
    wanted = arrangement.derived_of[block.first_derived : int(arrangement.site_derived[block.last])]
    findings: list[Finding] = []
    if not wanted:
        return rows, rows.row_of, findings
    days = [line.first_day + timedelta(days=number) for number in range(line.n_days)]
    values: list[npt.NDArray[Any]] = []
    marks: list[npt.NDArray[np.uint8]] = []
    networks: dict[int, Readings] = {}
    for site_number, which, quantity in wanted:
        site = arrangement.sites[site_number]
        metering = site.metering[which]
        if metering.at in ("storage", "generation"):
            series = _at_boundary_voltage(calculation, rows, block, site, (site_number, which, quantity), findings)
        else:
            if site_number not in networks:
                networks[site_number], found = settled_volumes(
                    site,
                    _network_readings(calculation, rows, block, site_number),
                    days,
                    line.first_run_day,
                )
                findings += found
            series = networks[site_number][which, QUANTITIES[quantity]]
        over = np.abs(series.values) > k.LIMIT_WH
        if over.any():
            findings.append(_derived_over_limit(calculation, (site, which, quantity), over))
        values.append(np.where(over, 0, series.values))
        marks.append(np.where(over, k.ABSENT, series.marks))
    before = len(rows.values)
    rows = append_rows(
        rows, np.concatenate(values).astype(np.int32), np.ascontiguousarray(np.concatenate(marks), dtype=np.uint8)
    )
    derived_rows = before + np.arange(len(wanted) * line.n_days, dtype=np.int32).reshape(len(wanted), line.n_days)
    return rows, np.concatenate([rows.row_of, derived_rows]).astype(np.int32), findings


def _derived_over_limit(calculation: Calculation, of: tuple[Site, int, int], over: npt.NDArray[np.bool_]) -> Finding:
    site, which, quantity = of
    metering = site.metering[which]
    day, period = (int(number) for number in np.argwhere(over)[0])
    when = calculation.line.first_day + timedelta(days=day)
    return Finding(
        code="ST-106",
        severity="error",
        message=f"Site '{site.id}': '{metering.name}' ({QUANTITIES[quantity]}) comes to more than 1,000,000,000 Wh "
        f"at the boundary in {int(over.sum())} half hours; they are not used. First on {when}.",
        next_step="Check the readings and the losses: no Boundary Point carries a terawatt-hour in half an hour.",
        site_id=site.id,
        msid=(metering.import_msid if quantity == 0 else metering.export_msid) or "",
        settlement_date=when,
        settlement_period=period + 1,
    )


def _dense(rows: DayRows, row_of: npt.NDArray[np.int32], registered: tuple[int, int]) -> Series:
    """One series as [day, 50], absent outside the days on which it is registered."""
    here = row_of.copy()
    here[: registered[0]] = k.NO_ROW
    here[registered[1] :] = k.NO_ROW
    found = here >= 0
    values = np.zeros((len(here), PERIODS), dtype=np.int64)
    marks = np.zeros((len(here), PERIODS), dtype=np.uint8)
    values[found] = rows.values[here[found]]
    marks[found] = rows.patterns[rows.pattern_of_row[here[found]]]
    return Series(values, marks)


def _meters_of(arrangement: Arrangement, site_number: int) -> range:
    return range(int(arrangement.site_meters[site_number]), int(arrangement.site_meters[site_number + 1]))


def _network_readings(calculation: Calculation, rows: DayRows, block: _Block, site_number: int) -> Readings:
    arrangement = calculation.arrangement
    readings: Readings = {}
    for meter in _meters_of(arrangement, site_number):
        which = int(arrangement.meter_number[meter])
        if arrangement.sites[site_number].metering[which].at not in ("boundary", "third-party"):
            continue
        slot = int(arrangement.meter_slot[meter]) - block.first_series
        registered = (int(arrangement.meter_from[meter]), int(arrangement.meter_to[meter]))
        readings[which, QUANTITIES[int(arrangement.meter_quantity[meter])]] = _dense(
            rows, rows.row_of[slot], registered
        )
    return readings


def _at_boundary_voltage(
    calculation: Calculation,
    rows: DayRows,
    block: _Block,
    site: Site,
    of: tuple[int, int, int],
    findings: list[Finding],
) -> Series:
    arrangement, line = calculation.arrangement, calculation.line
    site_number, which, quantity = of
    metering = site.metering[which]
    meter = next(
        meter
        for meter in _meters_of(arrangement, site_number)
        if int(arrangement.meter_number[meter]) == which and int(arrangement.meter_quantity[meter]) == quantity
    )
    registered = (int(arrangement.meter_from[meter]), int(arrangement.meter_to[meter]))
    series = _dense(rows, rows.row_of[int(arrangement.meter_slot[meter]) - block.first_series], registered)
    name = QUANTITIES[quantity]
    adjusted, marks, wanting = at_boundary_voltage(
        series.values,
        series.marks,
        calculation.loss_factors(site.gsp_group, metering.voltage, name),
        calculation.loss_factors(site.gsp_group, site.voltage, name),
    )
    days = np.flatnonzero(wanting[line.first_run_day :])
    if len(days):
        first = line.start + timedelta(days=int(days[0]))
        findings.append(
            Finding(
                code="ST-104",
                severity="error",
                message=f"Site '{site.id}': '{metering.name}' is at {metering.voltage} behind a boundary at "
                f"{site.voltage}, and no Line Loss Factor ({name}, {site.gsp_group}) brings its readings there on "
                f"{len(days)} Settlement Days from {first}; those half hours have no deduction.",
                next_step="Add rows to line_loss_factors.csv for both voltages, or correct the voltage.",
                site_id=site.id,
                msid=arrangement.series[int(arrangement.meter_slot[meter])][0],
                settlement_date=first,
            )
        )
    return Series(adjusted, marks)


def _run_kernel(
    calculation: Calculation, rows: DayRows, row_of: npt.NDArray[np.int32], block: _Block, demand: Demand
) -> BlockResult:
    arrangement, line = calculation.arrangement, calculation.line
    n_sites, n_days, run_days = block.last - block.first, line.n_days, line.run_days
    legs = slice(int(arrangement.site_legs[block.first]), int(arrangement.site_legs[block.last]))
    nodes = slice(int(arrangement.site_nodes[block.first]), int(arrangement.site_nodes[block.last]))
    leg_row = rows_by_day(
        row_of[block.local(arrangement.leg_slot[legs])], arrangement.leg_from[legs], arrangement.leg_to[legs], n_days
    )
    node_row = rows_by_day(
        row_of[block.local(arrangement.node_slot[nodes])],
        arrangement.node_from[nodes],
        arrangement.node_to[nodes],
        n_days,
    )
    half_hours = n_sites * int(calculation.row_offset[-1]) if calculation.detail else 0
    result = BlockResult(
        first_site=block.first,
        last_site=block.last,
        demand=demand,
        site_day_factor=np.zeros((n_sites, run_days, 3), dtype=np.int64),
        site_day_wh=np.zeros((n_sites, run_days, 7), dtype=np.int64),
        detail=np.zeros((half_hours, calculation.width), dtype=np.int64),
        detail_state=np.full(half_hours, k.STATE_NOT_REGISTERED, dtype=np.int8),
    )
    inputs: list[npt.NDArray[Any]] = [
        line.periods,
        line.window_from,
        line.window_to,
        rows.values,
        rows.pattern_of_row,
        rows.patterns,
        until(rows.patterns == k.ACTUAL),
        until(rows.patterns != k.ABSENT),
        arrangement.site_legs[block.first : block.last + 1] - legs.start,
        arrangement.leg_class[legs],
        leg_row,
        arrangement.site_nodes[block.first : block.last + 1] - nodes.start,
        arrangement.node_bm_unit[nodes],
        node_row,
        arrangement.node_whole[nodes],
        arrangement.treatment[block.first : block.last],
        arrangement.parameter[block.first : block.last],
    ]
    outputs: list[npt.NDArray[Any]] = [
        demand.gross,
        demand.non_chargeable,
        demand.state,
        result.site_day_factor,
        result.site_day_wh,
        result.detail,
        result.detail_state,
    ]
    counts = (n_sites, n_days, line.first_run_day)
    if calculation.plain:
        lists = [array.tolist() for array in outputs]
        calculation.kernel(*counts, *(array.tolist() for array in inputs), *lists, calculation.row_offset.tolist())
        for array, computed in zip(outputs, lists, strict=True):
            if array.size:
                array[...] = computed
    else:
        calculation.kernel(*counts, *inputs, *outputs, calculation.row_offset)
    return result


def _volumes(
    calculation: Calculation, rows: DayRows, row_of: npt.NDArray[np.int32], block: _Block, meters: Ints
) -> MeterVolumes:
    arrangement, line = calculation.arrangement, calculation.line
    run = slice(line.first_run_day, line.n_days)
    first, last = arrangement.meter_from[meters], arrangement.meter_to[meters]

    def gather(slots: Ints, real: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8], Rows]:
        by_day = rows_by_day(row_of[np.where(real, block.local(slots), 0)], first, last, line.n_days)[:, run]
        by_day = np.where(real[:, None], by_day, np.int32(k.NO_ROW))
        found = by_day >= 0
        values = np.zeros((*by_day.shape, PERIODS), dtype=np.int32)
        marks = np.zeros((*by_day.shape, PERIODS), dtype=np.uint8)
        values[found] = rows.values[by_day[found]]
        marks[found] = rows.patterns[rows.pattern_of_row[by_day[found]]]
        return values, marks, by_day

    every = np.ones(len(meters), dtype=bool)
    metered, metered_marks, by_day = gather(arrangement.meter_slot[meters], every)
    settles = arrangement.meter_settled[meters] != NO_SLOT
    settled, settled_marks, _ = gather(arrangement.meter_settled[meters], settles)
    return MeterVolumes(meters, metered, settled, metered_marks, settled_marks, by_day != k.NOT_REGISTERED)


def _add_volumes(
    calculation: Calculation,
    rows: DayRows,
    row_of: npt.NDArray[np.int32],
    block: _Block,
    bm_unit_volumes: BmUnitVolumes,
    volumes: MeterVolumes | None,
) -> list[Finding]:
    """Settled volumes at GSP and NBP, added to BM Units, and to the block's own volumes where these are wanted."""
    arrangement, line, losses = calculation.arrangement, calculation.line, calculation.losses
    assert losses is not None
    first, last = int(arrangement.site_meters[block.first]), int(arrangement.site_meters[block.last])
    meters = first + np.flatnonzero(arrangement.meter_settled[first:last] != NO_SLOT)
    row = rows_by_day(
        row_of[block.local(arrangement.meter_settled[meters])],
        arrangement.meter_from[meters],
        arrangement.meter_to[meters],
        line.n_days,
    )[:, line.first_run_day :]
    shape = (len(meters), line.run_days, PERIODS) if volumes is not None else (0, 0, 0)
    at_gsp, at_nbp = np.full(shape, NO_VOLUME, np.int64), np.full(shape, NO_VOLUME, np.int64)
    inputs: list[npt.NDArray[Any]] = [
        line.periods[line.first_run_day :],
        rows.values,
        rows.pattern_of_row,
        rows.patterns,
        np.ascontiguousarray(row),
        losses.meter_place[meters],
        losses.row_of[losses.meter_class[meters]],
        losses.rows,
        losses.meter_group[meters],
        losses.multipliers,
    ]
    outputs: list[npt.NDArray[Any]] = [
        bm_unit_volumes.msp,
        bm_unit_volumes.gsp,
        bm_unit_volumes.nbp,
        bm_unit_volumes.state,
        at_gsp,
        at_nbp,
    ]
    if calculation.plain:
        lists = [array.tolist() for array in outputs]
        losses.kernel(len(meters), line.run_days, *(array.tolist() for array in inputs), *lists)
        for array, computed in zip(outputs, lists, strict=True):
            if array.size:
                array[...] = computed
    else:
        losses.kernel(len(meters), line.run_days, *inputs, *outputs)
    if volumes is not None:
        every = (len(volumes.meter), line.run_days, PERIODS)
        volumes.at_gsp, volumes.at_nbp = np.full(every, NO_VOLUME, np.int64), np.full(every, NO_VOLUME, np.int64)
        volumes.at_gsp[meters - first], volumes.at_nbp[meters - first] = at_gsp, at_nbp
    return class_differences(calculation, rows, meters, row)
