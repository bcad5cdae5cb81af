"""Results of a block as tables with the contract's columns; what is missing is empty, never zero."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from halfhour.rules.registry import INPUTS, editions
from halfhour.settlement import kernel as k
from halfhour.settlement import volumes_kernel
from halfhour.settlement.arrangement import NO_SLOT
from halfhour.settlement.bm_unit_volumes import BmUnitVolumeTotals
from halfhour.settlement.calculation import QUANTITIES, BlockResult, Calculation
from halfhour.settlement.engine import BmUnitTotals
from halfhour.terms import column

_EPOCH = date(1970, 1, 1)
QUALITIES = pa.array(["actual", "estimated", "missing"])
BASES = pa.array(["", "measured", "default", "clamped"])
_QUALITY_OF_STATE = np.array([0, 1, 2, 2, 0, 1, 0, 1, 2, 2], dtype=np.int8)
_QUALITY_OF_MARK = np.array([2, 0, 1], dtype=np.int8)
_CHARGES = {"import_bp", "chargeable", "non_chargeable", "proportion"}
_WHOLE_SITE = set(INPUTS)


def quantity_columns(edition_ids: list[str]) -> list[str]:
    """The quantities of a half hour under one or several editions, as columns: inputs, flows, then the charges."""
    names = list(INPUTS)
    for edition_id in edition_ids:
        names += [name for name in editions()[edition_id].outputs if name not in names]
    charges = [name for name in ("chargeable", "non_chargeable", "proportion") if name in names]
    return [name for name in names if name not in charges] + charges


def day_numbers(start: date, run_days: int) -> npt.NDArray[np.int32]:
    """Days since 1970 of each day settled."""
    return ((start - _EPOCH).days + np.arange(run_days)).astype(np.int32)


def _dates(numbers: npt.NDArray[np.int32]) -> pa.Array:
    return pa.array(numbers, type=pa.int32()).cast(pa.date32())


def _named(indices: npt.NDArray[np.integer], names: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(indices, type=pa.int32()), names)


def _half_hours_of_days(calculation: Calculation) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """Run day and Settlement Period of every half hour of a site."""
    periods = calculation.line.periods[calculation.line.first_run_day :]
    day = np.repeat(np.arange(len(periods), dtype=np.int32), periods)
    period = (np.arange(len(day)) - calculation.row_offset[day] + 1).astype(np.int8)
    return day, period


def edition_labels(
    calculation: Calculation, edition_id: str, result: BlockResult
) -> tuple[npt.NDArray[np.int8], pa.Array]:
    """Per site and run day, which edition's treatment it had: a site in the interim solution is labelled so."""
    first = calculation.line.first_run_day
    treatment = calculation.arrangement.treatment[result.first_site : result.last_site, first:]
    interim = ((treatment == k.WHOLE_SITE) | (treatment == k.BY_MSID)) & (edition_id == "default")
    return interim.astype(np.int8), pa.array([edition_id, "interim-difference"])


def site_periods(calculation: Calculation, edition_id: str, result: BlockResult, quantities: list[str]) -> pa.Table:
    """`site_periods.parquet`: every quantity of every half hour of every registered site."""
    day, period = _half_hours_of_days(calculation)
    n_sites = result.last_site - result.first_site
    state = result.detail_state
    kept = np.flatnonzero(state != k.STATE_NOT_REGISTERED)
    state = state[kept]
    site = np.repeat(np.arange(n_sites, dtype=np.int32), len(day))[kept]
    day_of_row = np.tile(day, n_sites)[kept]
    labels, label_names = edition_labels(calculation, edition_id, result)
    ids = pa.array([one.id for one in calculation.arrangement.sites[result.first_site : result.last_site]])
    columns: dict[str, pa.Array] = {
        "site_id": _named(site, ids),
        "settlement_date": _dates(day_numbers(calculation.line.start, calculation.line.run_days)[day_of_row]),
        "settlement_period": pa.array(np.tile(period, n_sites)[kept]),
        "edition": _named(labels[site, day_of_row], label_names),
    }
    no_import = state == k.STATE_IMPORT_MISSING
    import_only = (state == k.STATE_IMPORT_ONLY) | (state == k.STATE_IMPORT_ONLY_ESTIMATED)
    no_data = no_import | import_only | (state == k.STATE_DATA_MISSING)
    whole = no_data | (state == k.STATE_WHOLE) | (state == k.STATE_WHOLE_ESTIMATED)
    names = (*INPUTS, *editions()[edition_id].outputs)
    for name in quantities:
        if name not in names:
            columns[column(name)] = pa.nulls(len(kept), pa.int64())
            continue
        values = result.detail[kept, names.index(name)]
        empty = no_import if name in _CHARGES else no_data if name in _WHOLE_SITE else whole
        columns[column(name)] = pa.array(values, mask=empty)
    columns["quality"] = _named(_QUALITY_OF_STATE[state], QUALITIES)
    return pa.table(columns)


def site_days(calculation: Calculation, edition_id: str, result: BlockResult) -> pa.Table:
    """`site_days.parquet`: each site's day in sums, with how many half hours they rest on."""
    wh = result.site_day_wh
    site, day = np.nonzero(wh[:, :, 3:7].any(axis=2))
    labels, label_names = edition_labels(calculation, edition_id, result)
    ids = pa.array([one.id for one in calculation.arrangement.sites[result.first_site : result.last_site]])
    unknown = wh[site, day, 3] == 0
    return pa.table(
        {
            "site_id": _named(site.astype(np.int32), ids),
            "settlement_date": _dates(day_numbers(calculation.line.start, calculation.line.run_days)[day]),
            "edition": _named(labels[site, day], label_names),
            "import_bp_wh": pa.array(wh[site, day, 0], mask=unknown),
            "chargeable_wh": pa.array(wh[site, day, 1], mask=unknown),
            "non_chargeable_wh": pa.array(wh[site, day, 2], mask=unknown),
            "half_hours": pa.array(wh[site, day, 3]),
            "half_hours_missing": pa.array(wh[site, day, 4]),
            "half_hours_without_deduction": pa.array(wh[site, day, 5]),
        }
    )


def factors(calculation: Calculation, edition_id: str, result: BlockResult) -> pa.Table:
    """`factors.parquet`: the factor of each site and day on which the edition's rule used one."""
    line = calculation.line
    site, day = np.nonzero(result.site_day_factor[:, :, 1])
    window = line.window_to - line.window_from
    ids = pa.array([one.id for one in calculation.arrangement.sites[result.first_site : result.last_site]])
    number = line.first_run_day + day
    first = (line.first_day - _EPOCH).days
    return pa.table(
        {
            "site_id": _named(site.astype(np.int32), ids),
            "settlement_date": _dates(day_numbers(line.start, line.run_days)[day]),
            "edition": _named(np.zeros(len(site), dtype=np.int8), pa.array([edition_id])),
            "factor_per_100000": pa.array(result.site_day_factor[site, day, 0]),
            "basis": _named(result.site_day_factor[site, day, 1], BASES),
            "missing_days": pa.array(window[number] - result.site_day_factor[site, day, 2]),
            "reference_from": _dates((first + line.window_from[number]).astype(np.int32)),
            "reference_to": _dates((first + line.window_to[number]).astype(np.int32)),
        }
    )


def settled_volumes(calculation: Calculation, result: BlockResult) -> pa.Table:
    """`settled_volumes.parquet`: every registered meter direction, half hour by half hour, metered and settled.

    The settled volume stands at the three levels of losses side by side; a level without its factor is empty.
    """
    volumes = result.volumes
    assert volumes is not None
    arrangement = calculation.arrangement
    day, period = _half_hours_of_days(calculation)
    registered = volumes.registered[:, day]
    meter, half_hour = np.nonzero(registered)
    of_day, slot = day[half_hour], period[half_hour] - 1
    metered_mark = volumes.metered_marks[meter, of_day, slot]
    settled_mark = volumes.settled_marks[meter, of_day, slot]
    settles = arrangement.meter_settled[volumes.meter] != NO_SLOT
    quality = _QUALITY_OF_MARK[np.where(settles[meter], settled_mark, metered_mark)]
    site_of_meter = np.searchsorted(arrangement.site_meters, volumes.meter, side="right") - 1 - result.first_site
    ids = pa.array([one.id for one in arrangement.sites[result.first_site : result.last_site]])
    msids = pa.array(
        [arrangement.series[int(arrangement.meter_slot[number])][0] for number in volumes.meter], pa.string()
    )
    dates = day_numbers(calculation.line.start, calculation.line.run_days)
    metered = volumes.metered[meter, of_day, slot].astype(np.int64)
    settled = volumes.settled[meter, of_day, slot].astype(np.int64)

    def at_level(known: npt.NDArray[np.int64] | None) -> pa.Array:
        if known is None:
            return pa.nulls(len(meter), pa.int64())
        level = known[meter, of_day, slot]
        return pa.array(level, mask=level == volumes_kernel.NO_VOLUME)

    return pa.table(
        {
            "site_id": _named(site_of_meter[meter].astype(np.int32), ids),
            "msid": _named(meter.astype(np.int32), msids),
            "measurement_quantity": _named(arrangement.meter_quantity[volumes.meter][meter], pa.array(QUANTITIES)),
            "settlement_date": _dates(dates[of_day]),
            "settlement_period": pa.array(period[half_hour]),
            "metered_wh": pa.array(metered, mask=metered_mark == k.ABSENT),
            "settled_wh": pa.array(settled, mask=settled_mark == k.ABSENT),
            "quality": _named(quality, QUALITIES),
            "gsp_wh": at_level(volumes.at_gsp),
            "nbp_wh": at_level(volumes.at_nbp),
        }
    )


def bm_unit_periods(calculation: Calculation, totals: BmUnitTotals) -> pa.Table:
    """`bm_unit_periods.parquet`: gross, non-chargeable and chargeable demand of each BM Unit and half hour.

    Non-chargeable demand is empty on a day on which no declaration touches any MSID of the BM Unit (N0647 is NULL).
    """
    arrangement, line = calculation.arrangement, calculation.line
    whole = totals.whole()
    day, period = _half_hours_of_days(calculation)
    msids = totals.registered[:, day]
    here = msids > 0
    unit, half_hour = np.nonzero(here)
    place = day * k.PERIODS + period - 1

    def of_half_hours(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values.reshape(len(values), -1).take(place, axis=1)[here]

    names = pa.array([name for name, _ in arrangement.bm_units], pa.string())
    groups = pa.array([group for _, group in arrangement.bm_units], pa.string())
    demand, left_out = of_half_hours(whole.gross), of_half_hours(whole.non_chargeable)
    state = of_half_hours(whole.state)
    # Where none of its Import MSIDs has a reading there is no demand to tell, and that is not zero.
    unknown = state // k.ONE_MISSING >= msids[here]
    quality = np.where(state >= k.ONE_MISSING, 2, state & k.SOME_ESTIMATED)
    return pa.table(
        {
            "bm_unit": _named(unit.astype(np.int32), names),
            "gsp_group": _named(unit.astype(np.int32), groups),
            "settlement_date": _dates(day_numbers(line.start, line.run_days)[day[half_hour]]),
            "settlement_period": pa.array(period[half_hour]),
            "gross_demand_wh": pa.array(demand, mask=unknown),
            "non_chargeable_wh": pa.array(left_out, mask=unknown | ~totals.declared[:, day][here]),
            "chargeable_wh": pa.array(demand - left_out, mask=unknown),
            "quality": _named(quality, QUALITIES),
        }
    )


def bm_unit_volumes(calculation: Calculation, totals: BmUnitVolumeTotals) -> pa.Table:
    """`bm_unit_volumes.parquet`: what each BM Unit takes and gives at the three levels of losses, by half hour.

    A level is empty where a Metering System with a reading lacks its factor there: part of a sum does not stand for it.
    Rows are in order of BM Unit, quantity, day and period.
    """
    arrangement, line = calculation.arrangement, calculation.line
    whole = totals.whole()
    day, period = _half_hours_of_days(calculation)
    of_place = [(name, quantity) for name, _ in arrangement.bm_units for quantity in QUANTITIES]
    order = np.array(sorted(range(len(of_place)), key=of_place.__getitem__), dtype=np.int64)
    msids = totals.registered[order][:, day]
    here = msids > 0
    row, half_hour = np.nonzero(here)
    of_day = day * k.PERIODS + period - 1

    def of_half_hours(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values.reshape(len(values), -1)[order].take(of_day, axis=1)[here]

    names = pa.array([name for name, _ in arrangement.bm_units], pa.string())
    groups = pa.array([group for _, group in arrangement.bm_units], pa.string())
    unit, quantity = np.divmod(order[row], len(QUANTITIES))
    state = of_half_hours(whole.state)
    missing = state // volumes_kernel.ONE_MISSING
    unknown = missing >= msids[here]
    return pa.table(
        {
            "bm_unit": _named(unit.astype(np.int32), names),
            "gsp_group": _named(unit.astype(np.int32), groups),
            "measurement_quantity": _named(quantity.astype(np.int32), pa.array(QUANTITIES)),
            "settlement_date": _dates(day_numbers(line.start, line.run_days)[day[half_hour]]),
            "settlement_period": pa.array(period[half_hour]),
            "msp_wh": pa.array(of_half_hours(whole.msp), mask=unknown),
            "gsp_wh": pa.array(of_half_hours(whole.gsp), mask=unknown | (state & volumes_kernel.NO_GSP > 0)),
            "nbp_wh": pa.array(of_half_hours(whole.nbp), mask=unknown | (state & volumes_kernel.NO_NBP > 0)),
            "quality": _named(np.where(missing > 0, 2, state & volumes_kernel.SOME_ESTIMATED), QUALITIES),
        }
    )
