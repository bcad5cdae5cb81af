"""What the difference between editions is worth: chargeable energy, levies in £ and Capacity Market demand.

Handbook chargeable-imports.md 4 (comparison) and 7 (levies). Days whose rates are not held are named, never priced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from halfhour.charges.capacity_market import cm_high_demand_wh
from halfhour.charges.levies import LevyCharge, levy_difference_where_covered, levy_gbp_where_covered
from halfhour.settlement.comparison import EditionResult

PREFERRED_REFERENCE = "osam-1.0"
_NO_CHARGE = levy_gbp_where_covered({})


@dataclass(frozen=True, slots=True)
class Line:
    """One edition for one site, BM Unit, month or the whole.

    Attributes:
        import_wh, chargeable_wh, non_chargeable_wh: sums [Wh]; non-chargeable is signed.
        charge: the levies on the chargeable energy.
        over_wh, over: chargeable less that of the reference edition, and its levies; positive = over-charged.
    """

    group: str
    edition: str
    import_wh: int
    chargeable_wh: int
    non_chargeable_wh: int
    charge: LevyCharge
    over_wh: int
    over: LevyCharge


@dataclass(frozen=True, slots=True)
class Comparison:
    """Editions side by side.

    Attributes:
        reference: the edition that over- and under-charge are measured against.
        total, months, sites, bm_units: lines, grouped, editions in the order asked.
        cm_demand_wh: chargeable energy in the Capacity Market's high-demand half hours, per edition [Wh].
    """

    reference: str
    editions: tuple[str, ...]
    total: tuple[Line, ...]
    months: tuple[Line, ...]
    sites: tuple[Line, ...]
    bm_units: tuple[Line, ...]
    cm_demand_wh: Mapping[str, int]


def compare_charges(results: Sequence[EditionResult]) -> Comparison:
    """Price what each edition makes chargeable, per site, BM Unit and month.

    Args:
        results: of the same portfolio and days, one per edition.
    """
    names = tuple(result.edition for result in results)
    reference = PREFERRED_REFERENCE if PREFERRED_REFERENCE in names else names[0]
    by_site = {result.edition: _by_day(result.site_days, "site_id", "import_bp_wh") for result in results}
    by_unit = {result.edition: _by_day(result.bm_unit_periods, "bm_unit", "gross_demand_wh") for result in results}
    whole = {name: frame.with_columns(pl.lit("all").alias("group")) for name, frame in by_site.items()}
    months = {
        name: frame.with_columns(pl.col("settlement_date").dt.strftime("%Y-%m").alias("group"))
        for name, frame in by_site.items()
    }
    return Comparison(
        reference=reference,
        editions=names,
        total=_lines(whole, names, reference),
        months=_lines(months, names, reference),
        sites=_lines(by_site, names, reference),
        bm_units=_lines(by_unit, names, reference),
        cm_demand_wh={result.edition: _cm_demand_wh(result.bm_unit_periods) for result in results},
    )


def _by_day(frame: pl.DataFrame, group: str, gross: str) -> pl.DataFrame:
    return (
        frame.group_by(pl.col(group).alias("group"), "settlement_date")
        .agg(pl.col(gross).sum().alias("import_wh"), pl.col("chargeable_wh").sum())
        .sort("group", "settlement_date")
    )


def _lines(frames: Mapping[str, pl.DataFrame], names: Sequence[str], reference: str) -> tuple[Line, ...]:
    sums = {
        name: frame.group_by("group", "settlement_date").agg(pl.col("import_wh").sum(), pl.col("chargeable_wh").sum())
        for name, frame in frames.items()
    }
    groups = sorted(set().union(*(frame["group"].to_list() for frame in sums.values())))
    by_group = {name: _split(frame) for name, frame in sums.items()}
    return tuple(
        _line(group, name, by_group[name].get(group, {}), by_group[reference].get(group, {}))
        for group in groups
        for name in names
    )


def _split(frame: pl.DataFrame) -> dict[str, dict[date, tuple[int, int]]]:
    found: dict[str, dict[date, tuple[int, int]]] = {}
    for group, day, import_wh, chargeable_wh in frame.select(
        "group", "settlement_date", "import_wh", "chargeable_wh"
    ).iter_rows():
        found.setdefault(group, {})[day] = (import_wh, chargeable_wh)
    return found


def _line(
    group: str, edition: str, days: Mapping[date, tuple[int, int]], correct: Mapping[date, tuple[int, int]]
) -> Line:
    chargeable = {day: both[1] for day, both in days.items()}
    reference = {day: both[1] for day, both in correct.items()}
    import_wh = sum(both[0] for both in days.values())
    chargeable_wh = sum(chargeable.values())
    return Line(
        group=group,
        edition=edition,
        import_wh=import_wh,
        chargeable_wh=chargeable_wh,
        non_chargeable_wh=import_wh - chargeable_wh,
        charge=levy_gbp_where_covered(chargeable),
        over_wh=chargeable_wh - sum(reference.values()),
        over=levy_difference_where_covered(chargeable, reference) if chargeable else _NO_CHARGE,
    )


def _cm_demand_wh(frame: pl.DataFrame) -> int:
    half_hours = frame.group_by("settlement_date", "settlement_period").agg(pl.col("chargeable_wh").sum())
    days = sorted(set(half_hours["settlement_date"].to_list()))
    row = {day: number for number, day in enumerate(days)}
    wh = np.zeros((len(days), 50), dtype=np.int64)
    for day, period, value in half_hours.iter_rows():
        wh[row[day], period - 1] = value
    return cm_high_demand_wh(days, wh)
