"""Half hours for the page: the run's own columns, packed site by site, within a budget, and their sum over all sites.

A packed table is JSON by column, deflated, in base64; the page unpacks the one that is looked at. A column that is
empty is left out, one that never changes is a single number, one that repeats another names it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from halfhour.calendar import clock_label, settlement_periods
from halfhour.register.model import Portfolio
from halfhour.settlement.arrangement import arrange, timeline
from halfhour.settlement.request import Request

HALF_HOURS_HELD = 150_000
"""Half hours of single sites that a page holds: some megabytes, which a phone still opens."""

SITE_DAYS_HELD = 150_000
"""Days of the other sites that a page holds, in sums."""

FACTORS_DRAWN = 6
"""Lines that can still be told apart in one picture."""

QUALITIES = ("actual", "estimated", "missing")
_KEYS = ("site_id", "settlement_date", "settlement_period", "edition", "quality")
_SIDES = ("import_bp_wh", "export_bp_wh")
_DAY_COLUMNS = (
    "import_bp_wh",
    "chargeable_wh",
    "non_chargeable_wh",
    "half_hours",
    "half_hours_missing",
    "half_hours_without_deduction",
)
_COMPRESSION = 6


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a run, with the periods of each and the local time at which they begin."""

    days: list[date]
    periods: list[int]

    def document(self) -> dict[str, Any]:
        """As the page reads it: labels of a day are shared by all days of the same kind."""
        kinds: dict[tuple[str, ...], int] = {}
        kind_of = []
        for day, periods in zip(self.days, self.periods, strict=True):
            labels = tuple(clock_label(day, period) for period in range(1, periods + 1))
            kind_of.append(kinds.setdefault(labels, len(kinds)))
        return {
            "days": [day.isoformat() for day in self.days],
            "periods": self.periods,
            "labels": [list(labels) for labels in kinds],
            "labels_of_day": kind_of,
        }


def days_of(request: Request) -> Days:
    """The Settlement Days of a run."""
    days = [request.start + timedelta(days=number) for number in range((request.end - request.start).days)]
    return Days(days, [settlement_periods(day) for day in days])


def pack(document: Any) -> str:
    """A document as deflated JSON in base64."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.b64encode(zlib.compress(text, _COMPRESSION)).decode("ascii")


def pack_columns(frame: pl.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """Columns as lists; nothing for an empty one, a number for a constant one, a name for one that repeats another."""
    packed: dict[str, Any] = {}
    whole: dict[str, pl.Series] = {}
    for name in names:
        values = frame[name]
        if values.null_count() == len(values):
            continue
        if values.null_count() == 0 and values.min() == values.max():
            packed[name] = values[0]
            continue
        same = next((other for other, seen in whole.items() if seen.equals(values)), None)
        packed[name] = values.to_list() if same is None else same
        whole.setdefault(name, values)
    return packed


def quantities_of(columns: Sequence[str]) -> list[str]:
    """The quantities among the columns of `site_periods`."""
    return [name for name in columns if name not in _KEYS]


def choose_sites(site_days: pl.DataFrame, first: set[str]) -> list[str]:
    """The sites whose half hours the page holds: those named first, then by id, as far as the budget goes."""
    rows = (
        site_days.group_by("site_id")
        .agg((pl.col("half_hours") + pl.col("half_hours_missing")).sum().alias("rows"))
        .with_columns((~pl.col("site_id").is_in(list(first))).alias("later"))
        .sort("later", "site_id")
    )
    chosen: list[str] = []
    left = HALF_HOURS_HELD
    for site_id, count in rows.select("site_id", "rows").iter_rows():
        # The first is held whatever its length: a run of one site always shows its half hours.
        if chosen and count > left:
            break
        chosen.append(site_id)
        left -= count
    return chosen


def day_numbers(frame: pl.DataFrame, days: Days) -> list[int]:
    """The days of the run on which a site has rows, by number, in order."""
    numbers = (frame["settlement_date"].unique().sort() - days.days[0]).dt.total_days()
    return [int(number) for number in numbers]


def treatments(
    portfolio: Portfolio, request: Request, site_ids: Sequence[str]
) -> dict[str, tuple[list[str], list[int]]]:
    """How each site is treated on each day of the run (digits, one per day), and the edition's parameter for it.

    Returns:
        Per site, one text of digits and one parameter for every stretch of days under one edition.
    """
    wanted = set(site_ids)
    some = replace(portfolio, sites=tuple(site for site in portfolio.sites if site.id in wanted))
    found: dict[str, tuple[list[str], list[int]]] = {site.id: ([], []) for site in some.sites}
    for stretch in request.stretches:
        line = timeline(stretch.edition, stretch.start, stretch.end, some.settings)
        arranged = arrange(some, stretch.edition, line, in_force=request.in_force)
        digits = arranged.treatment[:, line.first_run_day :]
        for number, site in enumerate(some.sites):
            found[site.id][0].append("".join(str(int(digit)) for digit in digits[number]))
            found[site.id][1].append(int(arranged.parameter[number, line.first_run_day]))
    return found


def site_half_hours(
    path: Path,
    portfolio: Portfolio,
    request: Request,
    days: Days,
    factors: pl.DataFrame,
    site_days: pl.DataFrame,
    site_ids: Sequence[str],
) -> dict[str, str]:
    """The packed half hours, treatments and factors of the sites named.

    Args:
        path: the run's `site_periods.parquet`.
    """
    frame = pl.scan_parquet(path, glob=False).filter(pl.col("site_id").is_in(list(site_ids))).collect()
    names = quantities_of(frame.columns)
    how = treatments(portfolio, request, site_ids)
    by_site = frame.partition_by("site_id", as_dict=True)
    factors_by_site = factors.filter(pl.col("site_id").is_in(list(site_ids))).partition_by("site_id", as_dict=True)
    editions_by_site = site_days.filter(pl.col("site_id").is_in(list(site_ids))).partition_by("site_id", as_dict=True)
    packed = {}
    for site_id in site_ids:
        own = by_site[(site_id,)]
        texts, parameters = how[site_id]
        packed[site_id] = pack(
            {
                "days": day_numbers(own, days),
                "columns": pack_columns(own, names),
                "quality": _digits(own["quality"], QUALITIES),
                "treatment": "".join(texts),
                "parameters": parameters,
                "editions": _editions(editions_by_site.get((site_id,)), days),
                "factors": factor_columns(factors_by_site.get((site_id,)), days),
            }
        )
    return packed


def _digits(values: pl.Series, names: Sequence[str]) -> str:
    return "".join(values.replace_strict({name: str(number) for number, name in enumerate(names)}).to_list())


def _editions(own: pl.DataFrame | None, days: Days) -> dict[str, str]:
    """The edition's label of each day, kept only where it changes: a site in the interim solution has its own."""
    changes: dict[str, str] = {}
    last = None
    if own is not None:
        for on, edition in own.sort("settlement_date").select("settlement_date", "edition").iter_rows():
            if edition != last:
                changes[str((on - days.days[0]).days)] = edition
                last = edition
    return changes


def factor_columns(own: pl.DataFrame | None, days: Days) -> dict[str, Any] | None:
    """A site's factors by number of the day; None where it has none."""
    if own is None:
        return None
    first = days.days[0]
    return {
        "day": [(on - first).days for on in own["settlement_date"]],
        "factor": own["factor_per_100000"].to_list(),
        "basis": own["basis"].to_list(),
        "missing_days": own["missing_days"].to_list(),
        "from": own["reference_from"].dt.to_string().to_list(),
        "to": own["reference_to"].dt.to_string().to_list(),
    }


def factors_drawn(factors: pl.DataFrame, days: Days) -> dict[str, Any]:
    """The factors of the first few sites that have any, for the picture of all sites together."""
    site_ids = sorted(factors["site_id"].unique().to_list())[:FACTORS_DRAWN]
    by_site = factors.filter(pl.col("site_id").is_in(site_ids)).partition_by("site_id", as_dict=True)
    return {site_id: factor_columns(by_site[(site_id,)], days) for site_id in site_ids}


@dataclass(frozen=True, slots=True)
class AllSites:
    """Sums over all sites by half hour: the packed table, and how many half hours of sites are of which quality."""

    packed: str
    qualities: Mapping[str, int]


def all_sites(path: Path, days: Days) -> AllSites:
    """Every flow and input summed over all sites, half hour by half hour.

    A half hour with a missing figure is summed without it and marked: `missing` and `estimated` count the sites
    behind. The untraced columns are import and export of sites and half hours for which there are no flows.
    """
    frame = pl.scan_parquet(path, glob=False)
    names = [name for name in quantities_of(frame.collect_schema().names()) if summed(name)]
    no_flows = pl.col("bp_to_other_wh").is_null() if "bp_to_other_wh" in names else pl.lit(True)
    untraced = ("import_untraced_wh", "export_untraced_wh")
    sums = (
        frame.group_by("settlement_date", "settlement_period")
        .agg(
            *(pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in names),
            *(pl.col(side).filter(no_flows).sum().alias(name) for side, name in zip(_SIDES, untraced, strict=True)),
            pl.len().alias("sites"),
            (pl.col("quality") == "missing").sum().alias("missing"),
            (pl.col("quality") == "estimated").sum().alias("estimated"),
        )
        .sort("settlement_date", "settlement_period")
        .collect(engine="streaming")
    )
    packed = pack(
        {
            "days": day_numbers(sums, days),
            "columns": pack_columns(sums, [*names, *untraced, "sites", "missing", "estimated"]),
        }
    )
    missing, estimated, total = (int(sums[name].sum()) for name in ("missing", "estimated", "sites"))
    counts = {"actual": total - missing - estimated, "estimated": estimated, "missing": missing}
    return AllSites(packed, counts)


def summed(name: str) -> bool:
    """Whether the sum of a quantity over sites says something: flows, gross inputs and the charges do."""
    return "_to_" in name or name.startswith(("import_", "export_", "chargeable", "non_chargeable"))


def days_of_others(site_days: pl.DataFrame, days: Days, held: set[str]) -> dict[str, Any]:
    """The days of the sites whose half hours the page does not hold, by site; none where they exceed the budget."""
    others = site_days.filter(~pl.col("site_id").is_in(list(held)))
    if others.height > SITE_DAYS_HELD:
        return {}
    by_site = others.sort("site_id", "settlement_date").partition_by("site_id", as_dict=True, maintain_order=True)
    return {str(site_id): _days_table(own, days) for (site_id,), own in by_site.items()}


def days_of_all(site_days: pl.DataFrame, days: Days) -> dict[str, Any]:
    """The days of all sites together, for a run without half hours."""
    sums = site_days.group_by("settlement_date").agg(pl.col(_DAY_COLUMNS).sum()).sort("settlement_date")
    return _days_table(sums, days)


def _days_table(frame: pl.DataFrame, days: Days) -> dict[str, Any]:
    return {"days": day_numbers(frame, days), "columns": pack_columns(frame, _DAY_COLUMNS)}


def total_half_hours(days: Days) -> int:
    """Half hours of the run's days."""
    return int(np.sum(days.periods))
