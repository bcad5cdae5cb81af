"""Findings of a block: readings that are missing, joined up, and sums beyond the rules' bound."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from halfhour.errors import Finding
from halfhour.metering.store.day_rows import DayRows
from halfhour.register.model import Metering
from halfhour.settlement import kernel as k
from halfhour.settlement.arrangement import Ints
from halfhour.settlement.calculation import PERIODS, BlockResult, Calculation, rows_by_day, until


def missing_readings(
    calculation: Calculation, rows: DayRows, row_of: npt.NDArray[np.int32], first_series: int, meters: Ints
) -> list[Finding]:
    """One finding per gap in a registered series: whole days joined up, half hours of a day joined up."""
    arrangement, line = calculation.arrangement, calculation.line
    if not len(meters):
        return []
    run = slice(line.first_run_day, line.n_days)
    by_day = rows_by_day(
        row_of[arrangement.meter_slot[meters] - first_series],
        arrangement.meter_from[meters],
        arrangement.meter_to[meters],
        line.n_days,
    )[:, run]
    if (by_day != k.NO_ROW).all() and (until(rows.patterns != k.ABSENT)[1:] >= line.periods[run].max()).all():
        return []
    present = np.zeros((len(rows.patterns), PERIODS + 1), dtype=np.int64)
    present[:, 1:] = np.cumsum(rows.patterns != k.ABSENT, axis=1)
    pattern = rows.pattern_of_row[np.maximum(by_day, 0)]
    counts = np.where(by_day >= 0, present[pattern, line.periods[run][None, :]], 0)
    whole = (by_day == k.NO_ROW) | ((by_day >= 0) & (counts == 0))
    partly = (by_day >= 0) & (counts > 0) & (counts < line.periods[run][None, :])
    findings: list[Finding] = []
    for entry in np.flatnonzero((whole | partly).any(axis=1)):
        for first, last in _stretches(whole[entry]):
            findings.append(_gap(calculation, int(meters[entry]), first, last, None))
        for day in np.flatnonzero(partly[entry]):
            marks = rows.patterns[pattern[entry, day]][: line.periods[run][day]]
            for first, last in _stretches(marks == k.ABSENT):
                findings.append(_gap(calculation, int(meters[entry]), int(day), int(day) + 1, (first, last)))
    return findings


def _stretches(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _gap(calculation: Calculation, meter: int, first: int, last: int, periods: tuple[int, int] | None) -> Finding:
    arrangement, line = calculation.arrangement, calculation.line
    number = int(np.searchsorted(arrangement.site_meters, meter, side="right")) - 1
    site = arrangement.sites[number]
    metering = site.metering[int(arrangement.meter_number[meter])]
    msid, quantity = arrangement.series[int(arrangement.meter_slot[meter])]
    day: date = line.start + timedelta(days=first)
    if periods is not None:
        some = "s" if periods[1] - periods[0] > 1 else ""
        when = f"Settlement Period{some} {_range(periods[0] + 1, periods[1])} of {day}"
    else:
        when = _range(str(day), str(line.start + timedelta(days=last - 1)))
    if metering.at == "boundary" and quantity == "AI":
        code, effect = "ST-101", "the site's import is missing there and its BM Unit's demand lacks it"
    elif metering.at == "third-party":
        code, effect = "ST-103", "its volume is missing there and so is what is differenced from it"
    elif metering.at != "boundary" and not _decides(calculation, number, metering, (first, last)):
        code, effect = "ST-105", "no settled figure depends on it"
    else:
        code, effect = (
            "ST-102",
            "there is no deduction there, and the whole import is chargeable unless the site is declared whole",
        )
    return Finding(
        code=code,
        severity="info" if code == "ST-105" else "warning",
        message=f"Site '{site.id}': '{metering.name}' ({quantity}) has no reading for {when}; {effect}.",
        next_step="Supply the readings or the data collector's estimates; a later run will take them in.",
        site_id=site.id,
        msid=msid,
        settlement_date=day,
        settlement_period=None if periods is None else periods[0] + 1,
    )


def _decides(calculation: Calculation, site_number: int, metering: Metering, days: tuple[int, int]) -> bool:
    """Whether an asset's readings decide anything on these run days: licensed, at a site that the rule settles."""
    if metering.at == "customer" or not metering.licensed:
        return False
    first = calculation.line.first_run_day
    how = calculation.arrangement.treatment[site_number, first + days[0] : first + days[1]]
    return bool((how == k.BY_RULE).any())


def _range(first: object, last: object) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def over_limit(calculation: Calculation, result: BlockResult) -> list[Finding]:
    """One finding for each site and day with a sum of meters over the bound."""
    findings: list[Finding] = []
    for site, day in np.argwhere(result.site_day_wh[:, :, 6] > 0):
        name = calculation.arrangement.sites[result.first_site + int(site)].id
        when = calculation.line.start + timedelta(days=int(day))
        findings.append(
            Finding(
                code="ST-106",
                severity="error",
                message=f"Site '{name}': a sum of meters exceeds 1,000,000,000 Wh in "
                f"{int(result.site_day_wh[site, day, 6])} half hours of {when}; they were not put through the rule.",
                next_step="Check the readings: no Boundary Point carries a terawatt-hour in half an hour.",
                site_id=name,
                settlement_date=when,
            )
        )
    return findings
