"""Two runs laid side by side: which half hours differ, by how much, and which input changed them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from halfhour.settlement.explain import portfolio_of
from halfhour.settlement.run import Run, settle

_KEY = ["site_id", "settlement_date", "settlement_period"]
_COMPARED = ["import_bp_wh", "chargeable_wh", "non_chargeable_wh", "quality", "edition"]
_VOLUME_KEY = ["bm_unit", "measurement_quantity", "settlement_date", "settlement_period"]
_LEVELS = ["msp_wh", "gsp_wh", "nbp_wh"]


@dataclass(frozen=True, slots=True)
class RunDifference:
    """What differs between two runs.

    Attributes:
        inputs: what the runs were made of, where that differs: `what`, `a`, `b`.
        half_hours: site_id, settlement_date, settlement_period, import, chargeable and non-chargeable Wh and quality
            of both runs (`_a`, `_b`), `chargeable_difference_wh` (b less a), and `cause`.
        bm_unit_periods: BM Unit half hours whose demand differs.
        bm_unit_volumes: BM Unit half hours whose volume at MSP, GSP or NBP differs in either direction, of both runs
            (`_a`, `_b`), and `cause`.
    """

    inputs: list[dict[str, str]]
    half_hours: pl.DataFrame
    bm_unit_periods: pl.DataFrame
    bm_unit_volumes: pl.DataFrame

    @property
    def same(self) -> bool:
        """Whether no settled figure differs."""
        return self.half_hours.is_empty() and self.bm_unit_periods.is_empty() and self.bm_unit_volumes.is_empty()


def compare_runs(a: Run, b: Run) -> RunDifference:
    """Lay run `b` beside run `a`.

    A run without `site_periods` has them computed again from its basis data, as known at its moment.

    Raises:
        HalfhourError: ST-007 a run's half hours must be computed again and its register has changed.
    """
    with tempfile.TemporaryDirectory(prefix="halfhour-diff-") as folder:
        detailed = [_detailed(run, Path(folder) / name) for run, name in ((a, "a"), (b, "b"))]
        half_hours = _changed_half_hours(*detailed)
        units = _changed(
            a.bm_unit_periods,
            b.bm_unit_periods,
            ["bm_unit", "settlement_date", "settlement_period"],
            ["gross_demand_wh", "non_chargeable_wh", "chargeable_wh", "quality"],
        )
    return RunDifference(_changed_inputs(a.manifest, b.manifest), half_hours, units, _changed_volumes(a, b))


def _detailed(run: Run, folder: Path) -> Run:
    if run.manifest["run"]["detail"] == "all":
        return run
    request = run.request
    made = settle(
        portfolio_of(run),
        edition=request.edition,
        start=request.start,
        end=request.end,
        out=folder,
        run_type=request.run_type,
        known_at=request.known_at or "run-date",
        detail="all",
    )
    _ = made.site_periods, made.settled_volumes, made.factors  # read before the folder goes
    return made


def _changed(a: pl.DataFrame, b: pl.DataFrame, key: Sequence[str], values: Sequence[str]) -> pl.DataFrame:
    both = a.select(*key, *values).join(b.select(*key, *values), on=key, how="full", suffix="_b", coalesce=True)
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_b")) for name in values)
    return both.filter(differs).rename({name: f"{name}_a" for name in values}).sort(key)


def _changed_half_hours(a: Run, b: Run) -> pl.DataFrame:
    frame = _changed(a.site_periods, b.site_periods, _KEY, _COMPARED)
    readings = (
        _changed(
            a.settled_volumes,
            b.settled_volumes,
            ["site_id", "msid", "measurement_quantity", "settlement_date", "settlement_period"],
            ["metered_wh", "quality"],
        )
        .group_by(_KEY)
        .agg(pl.concat_str("msid", pl.lit(" "), "measurement_quantity").sort().str.join(", ").alias("readings"))
    )
    factors = _changed(a.factors, b.factors, ["site_id", "settlement_date"], ["factor_per_100000"]).select(
        "site_id", "settlement_date", pl.lit(True).alias("factor")
    )
    cause = (
        pl.when(pl.col("edition_a").ne_missing(pl.col("edition_b")))
        .then(pl.lit("another edition"))
        .when(pl.col("readings").is_not_null())
        .then(pl.lit("readings of ") + pl.col("readings"))
        .when(pl.col("factor").is_not_null())
        .then(pl.lit("the factor of the day"))
        .otherwise(pl.lit("the register"))
    )
    return (
        frame.join(readings, on=_KEY, how="left")
        .join(factors, on=["site_id", "settlement_date"], how="left")
        .with_columns(
            (pl.col("chargeable_wh_b").fill_null(0) - pl.col("chargeable_wh_a").fill_null(0)).alias(
                "chargeable_difference_wh"
            ),
            cause.alias("cause"),
        )
        .drop("readings", "factor")
        .sort(_KEY)
    )


def _changed_volumes(a: Run, b: Run) -> pl.DataFrame:
    """Volumes at the three levels of losses; a run that tells none has none."""
    frame = _changed(_volumes(a), _volumes(b), _VOLUME_KEY, [*_LEVELS, "quality"])
    differs = {level: pl.col(f"{level}_a").ne_missing(pl.col(f"{level}_b")) for level in _LEVELS}
    cause = (
        pl.when(differs["msp_wh"])
        .then(pl.lit("settled volumes"))
        .when(differs["gsp_wh"])
        .then(pl.lit("Line Loss Factors"))
        .when(differs["nbp_wh"])
        .then(pl.lit("Transmission Loss Multipliers"))
        .otherwise(pl.lit("quality of readings"))
    )
    return frame.with_columns(cause.alias("cause"))


def _volumes(run: Run) -> pl.DataFrame:
    if run.has_bm_unit_volumes:
        return run.bm_unit_volumes
    texts = dict.fromkeys(("bm_unit", "measurement_quantity", "quality"), pl.String)
    numbers = dict.fromkeys(_LEVELS, pl.Int64)
    return pl.DataFrame(schema={**texts, "settlement_date": pl.Date, "settlement_period": pl.Int8, **numbers})


def _changed_inputs(a: dict[str, Any], b: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for name in ("edition", "from", "to", "run_type", "known_at"):
        if a["run"][name] != b["run"][name]:
            found.append({"what": name, "a": str(a["run"][name]), "b": str(b["run"][name])})
    for name in dict.fromkeys((*a["settings"], *b["settings"])):
        of_a, of_b = a["settings"].get(name), b["settings"].get(name)
        if of_a != of_b:
            found.append({"what": name, "a": str(of_a), "b": str(of_b)})
    for kind in ("register", "readings", "market_data"):
        before = {(one["path"], one["sha256"]) for one in a["inputs"].get(kind, [])}
        after = {(one["path"], one["sha256"]) for one in b["inputs"].get(kind, [])}
        names = sorted({path for path, _ in before ^ after})
        for path in names:
            old = next((digest[:12] for one, digest in sorted(before - after) if one == path), "not there")
            new = next((digest[:12] for one, digest in sorted(after - before) if one == path), "not there")
            found.append({"what": path, "a": old, "b": new})
    return found
