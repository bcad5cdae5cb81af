"""Runs in the folder that HALFHOUR_RUNS names, and what of one an organisation sees: its own Metering Systems' totals.

Runs are made by `halfhour settle`; the server only reads them. Energy is in whole Wh.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from halfhour.errors import HalfhourError
from halfhour.settlement.run import Run
from halfhour.settlement.run_folder import is_run

VARIABLE = "HALFHOUR_RUNS"


@dataclass(frozen=True, slots=True)
class Window:
    """Days for which something of a run may be seen: of a Metering System (or a site), closed-open, None = open."""

    of: str
    first: date | None
    end: date | None


def run_names() -> list[str]:
    """Every run of the folder, in order of name; none where no folder is named."""
    written = os.environ.get(VARIABLE, "").strip()
    if not written:
        return []
    folder = Path(written)
    try:
        return sorted(one.name for one in folder.iterdir() if one.is_dir() and is_run(one))
    except OSError:
        raise HalfhourError(
            "SV-119", "The folder of runs cannot be read.", f"The server's operator checks {VARIABLE}."
        ) from None


def find_run(name: str) -> Run | None:
    """The run of that name; None where the folder has none."""
    # The name is looked for among those that are there, so that it cannot lead out of the folder.
    return Run(Path(os.environ[VARIABLE], name)) if name in run_names() else None


def told(run: Run) -> dict[str, Any]:
    """What a run was asked for, without the paths of the machine that it was made on."""
    asked = run.manifest["run"]
    return {
        "id": run.folder.name,
        "edition": asked["edition"],
        "first": asked["from"],
        "end": asked["to"],
        "run_type": asked["run_type"],
        "known_at": asked["known_at"],
        "detail": asked["detail"],
        "halfhour": str(run.manifest["halfhour"]),
    }


def sites_of(run: Run) -> set[str]:
    """The sites that a run settled."""
    return set(run.site_days["site_id"].unique())


def meter_totals(run: Run, windows: Iterable[Window]) -> list[dict[str, Any]]:
    """Metered and settled Wh of Metering Systems over the days that may be seen; missing half hours are counted apart.

    Empty where the run keeps no volumes of meters (`--detail totals`).
    """
    if run.manifest["run"]["detail"] == "totals":
        return []
    seen = _within(run.settled_volumes, "msid", windows)
    rows = (
        seen.group_by("site_id", "msid", "measurement_quantity")
        .agg(
            pl.len().alias("half_hours"),
            pl.col("settled_wh").is_null().sum().alias("missing"),
            pl.col("metered_wh").sum(),
            pl.col("settled_wh").sum(),
        )
        .sort("site_id", "msid", "measurement_quantity")
    )
    return rows.to_dicts()


def site_totals(run: Run, windows: Iterable[Window]) -> list[dict[str, Any]]:
    """Import at the boundary, chargeable and not, of sites over the days that may be seen."""
    seen = _within(run.site_days, "site_id", windows)
    rows = (
        seen.group_by("site_id")
        .agg(
            pl.col("half_hours").sum(),
            pl.col("import_bp_wh").sum(),
            pl.col("chargeable_wh").sum(),
            pl.col("non_chargeable_wh").sum(),
        )
        .sort("site_id")
    )
    return rows.to_dicts()


def _within(frame: pl.DataFrame, column: str, windows: Iterable[Window]) -> pl.DataFrame:
    """The rows of a frame that lie in any of the windows, each once."""
    wanted = pl.DataFrame(
        [(one.of, one.first, one.end) for one in windows],
        schema={column: pl.String, "first": pl.Date, "end": pl.Date},
        orient="row",
    )
    day = pl.col("settlement_date")
    return (
        frame.with_row_index("place")
        .join(wanted, on=column, how="inner")
        .filter(
            (pl.col("first").is_null() | (pl.col("first") <= day)) & (pl.col("end").is_null() | (day < pl.col("end")))
        )
        .unique("place", keep="first", maintain_order=True)
        .drop("place", "first", "end")
    )
