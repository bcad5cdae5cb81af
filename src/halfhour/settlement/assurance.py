"""Assurance checks over half-hourly data: what may be abuse of a declaration, raised for review.

Handbook chargeable-imports.md 1.4. A finding changes no volume by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from halfhour.errors import Finding
from halfhour.register.model import Site
from halfhour.rules.registry import INPUTS
from halfhour.settlement import kernel as k
from halfhour.settlement.arrangement import Ints
from halfhour.settlement.calculation import BlockResult, Calculation

STORAGE_BALANCE_PERCENT = 50
"""Storage that gives back less than this share of what it took over a calendar month is looked at."""

DAYS_WITHOUT_EXPORT = 7
_AT = {name: number for number, name in enumerate(INPUTS)}


def assurance_findings(calculation: Calculation, result: BlockResult) -> Iterator[Finding]:
    """The findings of a block that was settled with detail and meter volumes."""
    yield from _assets_over_capacity(calculation, result)
    half_hours = int(calculation.row_offset[-1])
    day_of_row = np.repeat(np.arange(calculation.line.run_days), np.diff(calculation.row_offset))
    first_run_day = calculation.line.first_run_day
    for number in range(result.first_site, result.last_site):
        site = calculation.arrangement.sites[number]
        rows = slice((number - result.first_site) * half_hours, (number - result.first_site + 1) * half_hours)
        state = result.detail_state[rows]
        known = np.isin(state, k.STATES_WITH_ALL_INPUTS)
        detail = result.detail[rows]
        how = calculation.arrangement.treatment[number, first_run_day:][day_of_row]
        if (how == k.WHOLE_SITE).any():
            yield from _hidden_demand(calculation, site, detail, known & (how == k.WHOLE_SITE), day_of_row)
        if (how == k.BY_RULE).any():
            declared = known & (how == k.BY_RULE)
            yield from _storage_balance(calculation, site, detail, declared, day_of_row)
            yield from _licensee_over_boundary(calculation, site, detail, declared, day_of_row)
            yield from _other_export(calculation, site, detail, declared, day_of_row)


def _day(calculation: Calculation, number: int) -> date:
    return calculation.line.start + timedelta(days=number)


def _assets_over_capacity(calculation: Calculation, result: BlockResult) -> Iterator[Finding]:
    """`asset_over_capacity`: an asset's energy in a period exceeds its capacity in kW times half an hour."""
    arrangement, volumes = calculation.arrangement, result.volumes
    assert volumes is not None
    site_of = np.searchsorted(arrangement.site_meters, volumes.meter, side="right") - 1
    for entry, meter in enumerate(volumes.meter.tolist()):
        site = arrangement.sites[int(site_of[entry])]
        metering = site.metering[int(arrangement.meter_number[meter])]
        if metering.at not in ("storage", "generation") or metering.capacity_kw is None:
            continue
        bound = int(metering.capacity_kw * 500)
        over = np.argwhere((volumes.metered[entry] > bound) & volumes.registered[entry][:, None])
        if len(over):
            day, period = (int(number) for number in over[0])
            msid, quantity = arrangement.series[int(arrangement.meter_slot[meter])]
            yield Finding(
                code="ST-201",
                severity="warning",
                message=f"Site '{site.id}': '{metering.name}' ({quantity}) exceeds {bound:,} Wh, half an hour at its "
                f"{metering.capacity_kw} kW, in {len(over)} half hours; first on {_day(calculation, day)} "
                "(asset_over_capacity).",
                next_step="Correct the capacity or the readings; look for demand behind the asset's meter.",
                site_id=site.id,
                msid=msid,
                settlement_date=_day(calculation, day),
                settlement_period=period + 1,
            )


def _hidden_demand(
    calculation: Calculation, site: Site, detail: Ints, known: npt.NDArray[np.bool_], day_of_row: Ints
) -> Iterator[Finding]:
    """`hidden_demand_simple`: declared without final demand, yet importing for 7 Settlement Days with no export."""
    n_days = calculation.line.run_days
    imports = np.bincount(day_of_row[known], weights=detail[known, _AT["import_bp"]], minlength=n_days) > 0
    exports = np.bincount(day_of_row[known], weights=detail[known, _AT["export_bp"]], minlength=n_days) > 0
    run = 0
    for day in range(n_days):
        run = run + 1 if imports[day] and not exports[day] else 0
        if run == DAYS_WITHOUT_EXPORT:
            yield Finding(
                code="ST-202",
                severity="warning",
                message=f"Site '{site.id}' is declared without final demand, and has imported on {run} Settlement Days "
                f"to {_day(calculation, day)} with no export at all (hidden_demand_simple).",
                next_step="Ask the declaring party what the import is used for; end-use demand ends the declaration.",
                site_id=site.id,
                settlement_date=_day(calculation, day),
            )


def _storage_balance(
    calculation: Calculation, site: Site, detail: Ints, known: npt.NDArray[np.bool_], day_of_row: Ints
) -> Iterator[Finding]:
    """`storage_balance`: over a calendar month storage gave back less than half of what it took."""
    months: dict[str, list[int]] = {}
    for day in range(calculation.line.run_days):
        months.setdefault(_day(calculation, day).strftime("%Y-%m"), []).append(day)
    for month, days in months.items():
        rows = known & np.isin(day_of_row, days)
        taken = int(detail[rows, _AT["import_stor"]].sum())
        given = int(detail[rows, _AT["export_stor"]].sum())
        if taken > 0 and given * 100 < STORAGE_BALANCE_PERCENT * taken:
            yield Finding(
                code="ST-203",
                severity="warning",
                message=f"Site '{site.id}': storage gave back {given:,} Wh of {taken:,} Wh in {month}, less than "
                f"{STORAGE_BALANCE_PERCENT} % (storage_balance).",
                next_step="Look for end use behind the storage meter, a missing export, or a fault.",
                site_id=site.id,
                settlement_date=_day(calculation, days[0]),
            )


def _licensee_over_boundary(
    calculation: Calculation, site: Site, detail: Ints, known: npt.NDArray[np.bool_], day_of_row: Ints
) -> Iterator[Finding]:
    """`licensee_over_boundary`: the licensee takes more than can have come from the boundary and its own plant."""
    if site.exempt_capacity_kw:
        return
    over = known & (
        detail[:, _AT["import_gen"]] + detail[:, _AT["import_stor"]]
        > detail[:, _AT["import_bp"]] + detail[:, _AT["export_gen"]] + detail[:, _AT["export_stor"]]
    )
    if over.any():
        first = int(np.flatnonzero(over)[0])
        yield _first_of(
            calculation,
            site,
            "ST-204",
            first,
            int(over.sum()),
            day_of_row,
            "licensed plant takes more than boundary, generation and storage give, so others on site must feed it "
            "(licensee_over_boundary)",
            "Record the exempt generation (exempt_capacity_kw), or look for a wrong meter or direction.",
        )


def _other_export(
    calculation: Calculation, site: Site, detail: Ints, known: npt.NDArray[np.bool_], day_of_row: Ints
) -> Iterator[Finding]:
    """`other_export`: the remainder exports more than the exempt capacity recorded for the site."""
    net_other = (
        detail[:, _AT["import_bp"]]
        - detail[:, _AT["export_bp"]]
        - detail[:, _AT["import_stor"]]
        + detail[:, _AT["export_stor"]]
        - detail[:, _AT["import_gen"]]
        + detail[:, _AT["export_gen"]]
    )
    allowed = 0 if site.exempt_capacity_kw is None else int(site.exempt_capacity_kw * 500)
    over = known & (-net_other > allowed)
    if over.any():
        first = int(np.flatnonzero(over)[0])
        yield _first_of(
            calculation,
            site,
            "ST-205",
            first,
            int(over.sum()),
            day_of_row,
            f"what is not licensed exports up to {int(-net_other[over].min()):,} Wh, over the {allowed:,} Wh of the "
            "exempt capacity recorded (other_export)",
            "Record the exempt generation (exempt_capacity_kw), or look for a missing asset meter.",
        )


def _first_of(
    calculation: Calculation,
    site: Site,
    code: str,
    row: int,
    count: int,
    day_of_row: Ints,
    what: str,
    next_step: str,
) -> Finding:
    day = int(day_of_row[row])
    return Finding(
        code=code,
        severity="warning",
        message=f"Site '{site.id}': in {count} half hours {what}; first on {_day(calculation, day)}.",
        next_step=next_step,
        site_id=site.id,
        settlement_date=_day(calculation, day),
        settlement_period=row - int(calculation.row_offset[day]) + 1,
    )
