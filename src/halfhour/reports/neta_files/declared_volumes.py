"""Volumes and proportions of declared Import MSIDs, a Settlement Day at a time, from the tables of a run.

What has no reading, or no proportion, is left out and named (handbook chargeable-imports 5.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from halfhour.errors import Finding
from halfhour.reports.neta_files.declared_imports import BY_RULE, NETWORK_ONLY, DeclaredImport
from halfhour.reports.neta_files.run_tables import collect, scan
from halfhour.reports.words import counted
from halfhour.rules.arithmetic import PARTS
from halfhour.settlement.run import Run

_READ_LATER = "Bring the readings, then settle and build the report again."


def volumes_of_day(
    run: Run, day: date, imports: Sequence[DeclaredImport], *, network_only: bool = True
) -> tuple[pl.DataFrame, list[Finding]]:
    """Volumes and proportions of the declared Import MSIDs in the half hours of a day, and what is missing of them.

    Returns:
        Columns `site_id, msid, settlement_period, proportion, settled_wh, gsp_wh, nbp_wh, quality`, in order; only half
        hours with a reading and a proportion.
    """
    number = (day - run.request.start).days
    kinds = [
        (one.site.id, one.msid, kind)
        for one in imports
        if (kind := one.kind(number)) is not None and (network_only or kind != NETWORK_ONLY)
    ]
    asked = pl.DataFrame(kinds, schema={"site_id": pl.String, "msid": pl.String, "kind": pl.Int64}, orient="row")
    volumes = scan(run, "settled_volumes")
    held = volumes.collect_schema().names()
    losses = [pl.col(name) if name in held else pl.lit(None, pl.Int64).alias(name) for name in ("gsp_wh", "nbp_wh")]
    of_day = collect(
        run,
        volumes.filter(
            (pl.col("settlement_date") == day)
            & (pl.col("measurement_quantity") == "AI")
            & pl.col("msid").is_in(asked["msid"].to_list())
        ).select("site_id", "msid", pl.col("settlement_period").cast(pl.Int64), "settled_wh", *losses, "quality"),
    )
    by_rule = asked.filter(pl.col("kind") == BY_RULE)["site_id"].unique().to_list()
    sites = pl.DataFrame(
        schema={
            "site_id": pl.String,
            "settlement_period": pl.Int64,
            "site_proportion": pl.Int64,
            "no_deduction": pl.Boolean,
        }
    )
    if by_rule:
        sites = collect(
            run,
            scan(run, "site_periods")
            .filter((pl.col("settlement_date") == day) & pl.col("site_id").is_in(by_rule))
            .select(
                "site_id",
                pl.col("settlement_period").cast(pl.Int64),
                pl.col("proportion_per_100000").alias("site_proportion"),
                (pl.col("quality") == "missing").alias("no_deduction"),
            ),
        )
    frame = (
        asked.join(of_day, on=["site_id", "msid"], how="inner")
        .join(sites, on=["site_id", "settlement_period"], how="left")
        .with_columns(
            pl.when(pl.col("kind") == BY_RULE).then("site_proportion").otherwise(pl.lit(PARTS)).alias("proportion")
        )
        .sort("site_id", "msid", "settlement_period")
    )
    known = pl.col("settled_wh").is_not_null() & pl.col("proportion").is_not_null()
    kept = frame.filter(known).select(
        "site_id", "msid", "settlement_period", "proportion", "settled_wh", "gsp_wh", "nbp_wh", "quality"
    )
    return kept, _missing_of_day(day, frame, known)


def _missing_of_day(day: date, frame: pl.DataFrame, known: pl.Expr) -> list[Finding]:
    no_deduction = known & (pl.col("kind") == BY_RULE) & pl.col("no_deduction")
    counts = frame.group_by("site_id", "msid").agg(
        (~known).sum().alias("missing"), no_deduction.sum().alias("no_deduction")
    )
    found = []
    for site_id, msid, missing, without in counts.sort("site_id", "msid").iter_rows():
        if missing:
            found.append(
                Finding(
                    "RP-103",
                    "warning",
                    f"Import MSID {msid} of site '{site_id}': in {counted(missing, 'half hour')} of {day} it, or "
                    "another boundary meter of the site, has no reading; they are left out, and nothing is deducted.",
                    _READ_LATER,
                    site_id=site_id,
                    msid=msid,
                    settlement_date=day,
                )
            )
        if without:
            found.append(
                Finding(
                    "RP-108",
                    "warning",
                    f"Import MSID {msid} of site '{site_id}': asset data are missing in "
                    f"{counted(without, 'half hour')} of {day}; the proportion is 0.00000 there.",
                    _READ_LATER,
                    site_id=site_id,
                    msid=msid,
                    settlement_date=day,
                )
            )
    return found
