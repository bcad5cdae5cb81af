"""The head of the page and its plain tables: what was settled, key figures, months, sites, BM Units, exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from halfhour.charges.levies import LevyCharge, levy_gbp_where_covered
from halfhour.register.model import Portfolio
from halfhour.reports.words import counted, day, gbp, mwh, per_cent, span, spans
from halfhour.rules.registry import editions
from halfhour.settlement.request import RUN_DATE
from halfhour.settlement.run import Run
from halfhour.settlement.run_folder import EXCEPTION_COLUMNS

BM_UNITS_SHOWN = 60
SITES_LISTED = 20_000
EXCEPTIONS_HELD = 2_000
_SEVERITIES = ("error", "warning", "info")


def head(run: Run) -> dict[str, Any]:
    """What was settled."""
    request, asked = run.request, run.manifest["run"]
    known = asked["known_at"]
    return {
        "sites": run.manifest["counts"]["sites"],
        "days": (request.end - request.start).days,
        "span": span(request.start, request.end),
        "start": request.start.isoformat(),
        "end": request.end.isoformat(),
        "edition": request.edition,
        "editions": [
            {
                "id": one["id"],
                "title": editions()[one["id"]].title,
                "document": one["document"],
                "span": span(date.fromisoformat(one["from"]), date.fromisoformat(one["to"])),
            }
            for one in asked["editions"]
        ],
        "run_type": request.run_type,
        "known_at": "each day as known on the planned date of its run" if known == RUN_DATE else _moment(known),
        "detail": request.detail,
        "halfhour": run.manifest["halfhour"],
    }


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return f"{day(moment.date())}, {moment:%H:%M:%S} UTC"


def totals(run: Run) -> dict[str, int]:
    """Sums over the run [Wh], and counts of half hours of sites."""
    frame = run.site_days
    return {
        name: int(frame[name].sum())
        for name in (
            "import_bp_wh",
            "chargeable_wh",
            "non_chargeable_wh",
            "half_hours",
            "half_hours_missing",
            "half_hours_without_deduction",
        )
    }


def levies(run: Run) -> LevyCharge:
    """The CfD levies on the run's chargeable energy, for the days whose rates are held."""
    by_day = run.site_days.group_by("settlement_date").agg(pl.col("chargeable_wh").sum())
    return levy_gbp_where_covered(dict(by_day.iter_rows()))


def key_figures(run: Run, qualities: Mapping[str, int] | None) -> list[dict[str, str]]:
    """The key figures: a name in words, the figure, its unit, and what to know about it."""
    sums, charge = totals(run), levies(run)
    missing = sums["half_hours_missing"]
    held = f"Lacks {counted(missing, 'half hour')} of sites without a boundary reading." if missing else "None missing."
    without = sums["half_hours_without_deduction"]
    deduction = f"{counted(without, 'half hour')} without a deduction, other data missing." if without else ""
    found = severities(run)
    figures = [
        ("Import at the Boundary Points", mwh(sums["import_bp_wh"]), "MWh", held),
        ("Chargeable", mwh(sums["chargeable_wh"]), "MWh", deduction),
        ("Not chargeable", mwh(sums["non_chargeable_wh"]), "MWh", ""),
        (
            "Not chargeable, share of import",
            per_cent(sums["non_chargeable_wh"], sums["import_bp_wh"]) or "no import",
            "",
            "",
        ),
        (
            "CfD levies on chargeable import",
            f"£{gbp(charge.total_gbp)}" if charge.covered else "not held",
            "",
            f"Not priced, no rate held (MD-001): {spans(charge.not_covered)}."
            if charge.not_covered
            else "Interim Levy Rate and Operational Costs Levy, every day priced.",
        ),
        (
            "Exceptions",
            f"{sum(found.values()):,}",
            "",
            ", ".join(
                f"{found[name]:,} info" if name == "info" else counted(found[name], name)
                for name in _SEVERITIES
                if found.get(name)
            )
            or "None.",
        ),
    ]
    if qualities is not None:
        figures.append(
            (
                "Half hours of sites",
                f"{sum(qualities.values()):,}",
                "",
                ", ".join(f"{count:,} {name}" for name, count in qualities.items()),
            )
        )
    return [dict(zip(("name", "figure", "unit", "remark"), row, strict=True)) for row in figures]


def months(run: Run) -> list[list[str]]:
    """Import, chargeable, non-chargeable by calendar month."""
    frame = (
        run.site_days.group_by(pl.col("settlement_date").dt.strftime("%Y-%m").alias("month"))
        .agg(pl.col("import_bp_wh", "chargeable_wh", "non_chargeable_wh").sum())
        .sort("month")
    )
    return [
        [month, mwh(import_wh), mwh(chargeable), mwh(rest), per_cent(rest, import_wh)]
        for month, import_wh, chargeable, rest in frame.iter_rows()
    ]


def sites(run: Run, portfolio: Portfolio) -> list[dict[str, Any]]:
    """Each site with its sums [Wh], sites of the largest import first where there are too many to list."""
    frame = run.site_days.group_by("site_id").agg(
        pl.col("import_bp_wh", "chargeable_wh", "non_chargeable_wh", "half_hours_missing").sum()
    )
    if frame.height > SITES_LISTED:
        frame = frame.sort(["import_bp_wh", "site_id"], descending=[True, False]).head(SITES_LISTED)
    names = {site.id: site.name for site in portfolio.sites}
    listed = []
    for site_id, import_wh, chargeable, rest, missing in frame.sort("site_id").iter_rows():
        listed.append(
            {
                "id": site_id,
                "name": names.get(site_id, ""),
                "sums": [import_wh, chargeable, rest, missing],
            }
        )
    return listed


def bm_units(run: Run) -> dict[str, Any]:
    """Each BM Unit's demand over the run, the largest first."""
    frame = (
        run.bm_unit_periods.group_by("bm_unit", "gsp_group")
        .agg(
            pl.col("gross_demand_wh").sum(),
            pl.when(pl.col("non_chargeable_wh").count() > 0).then(pl.col("non_chargeable_wh").sum()).alias("left_out"),
            pl.col("chargeable_wh").sum(),
        )
        .sort(["gross_demand_wh", "bm_unit"], descending=[True, False])
    )
    rows = [
        [unit, group, mwh(gross), "none declared" if left_out is None else mwh(left_out), mwh(chargeable)]
        for unit, group, gross, left_out, chargeable in frame.head(BM_UNITS_SHOWN).iter_rows()
    ]
    return {"count": frame.height, "rows": rows}


def volumes(run: Run) -> dict[str, Any] | None:
    """Volumes of each BM Unit and direction at the three levels of losses; None where the run tells none.

    A level that any half hour of the BM Unit lacks is not summed: part of a sum does not stand for it.
    """
    if not run.has_bm_unit_volumes:
        return None
    levels = ("msp_wh", "gsp_wh", "nbp_wh")
    told = run.bm_unit_volumes.filter(pl.col("msp_wh").is_not_null())
    frame = (
        told.group_by("bm_unit", "gsp_group", "measurement_quantity")
        .agg(pl.when(~pl.col(level).is_null().any()).then(pl.col(level).sum()) for level in levels)
        .sort(["msp_wh", "bm_unit", "measurement_quantity"], descending=[True, False, False])
    )
    rows = [
        [unit, group, quantity, *("not held" if level is None else mwh(level) for level in of_levels)]
        for unit, group, quantity, *of_levels in frame.head(BM_UNITS_SHOWN).iter_rows()
    ]
    asked = run.manifest
    return {
        "count": frame.height,
        "rows": rows,
        "status": asked["settings"].get("trading_unit"),
        "run_type": asked["run"]["run_type"],
        "files": asked["inputs"]["market_data"],
    }


def severities(run: Run) -> dict[str, int]:
    """Exceptions by severity."""
    return dict(run.exceptions["severity"].value_counts().sort("severity").iter_rows())


def exceptions(run: Run) -> dict[str, Any]:
    """The exceptions: how many of each code, and the rows that the page holds, errors first."""
    frame = run.exceptions
    rank = {name: number for number, name in enumerate(_SEVERITIES)}
    by_code = frame.group_by("code", "severity").agg(pl.len().alias("count")).sort("code", "severity")
    held = (
        frame.with_row_index("row")
        .with_columns(pl.col("severity").replace_strict(rank, default=len(rank)).alias("rank"))
        .sort("rank", "code", "row")
        .head(EXCEPTIONS_HELD)
        .with_columns(pl.col("settlement_date").dt.to_string())
    )
    rows = [["" if value is None else value for value in row] for row in held.select(EXCEPTION_COLUMNS).iter_rows()]
    return {"count": frame.height, "by_code": list(by_code.iter_rows()), "columns": EXCEPTION_COLUMNS, "rows": rows}
