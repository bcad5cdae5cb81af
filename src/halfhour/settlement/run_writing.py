"""Writing a run: every table block by block, the BM Units, the exceptions, and the manifest over all of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import halfhour
from halfhour.errors import Finding
from halfhour.metering.store import ReadingsStore
from halfhour.metering.store.intake import look_at
from halfhour.register.model import Portfolio
from halfhour.rules.registry import editions
from halfhour.settlement import engine, tables
from halfhour.settlement.arrangement import bm_units_of
from halfhour.settlement.block import settle_block
from halfhour.settlement.bm_unit_volumes import BmUnitVolumeTotals
from halfhour.settlement.calculation import BlockResult, Calculation
from halfhour.settlement.engine import BmUnitTotals, Progress
from halfhour.settlement.loss_factors import LossFactors, loss_factors, sources_of
from halfhour.settlement.request import RUN_DATE, STORE, Request, days_held
from halfhour.settlement.run_folder import RunFolder, TableWriter, write_exceptions, write_manifest

_LONG_RUN_DAYS = 5 * 366
"""Longer runs are rare enough to be remarked on: one mistyped date makes one."""
_CHARGEABLE_DEMAND_LAYOUT = "Halfhour stand-in for the BM Unit Chargeable Demand Report, layout 1"


def write_run(
    portfolio: Portfolio,
    store: ReadingsStore,
    request: Request,
    market_data: Path | None,
    folder: RunFolder,
    threads: int | None,
    block_sites: int | None,
    plain: bool | None,
    progress: Progress | None,
) -> None:
    """Settle what is asked for into a run folder in the making.

    Args:
        market_data: the store that loss factors are looked up in; None where there is none.
        threads, block_sites, plain: how the work is done; the result does not depend on them.
        progress: told how many sites are done, of how many.
    """
    names = [stretch.edition for stretch in request.stretches]
    quantities = tables.quantity_columns(list(dict.fromkeys(names)))
    wanted = ["site_days", "factors"]
    wanted += ["site_periods"] if request.detail == "all" else []
    wanted += ["settled_volumes"] if request.detail != "totals" else []
    writers = {name: TableWriter(folder.making / f"{name}.parquet") for name in wanted}
    losses = loss_factors(portfolio, market_data, request.start, request.end, request.run_type)
    findings: list[Finding] = [] if losses is None else list(losses.findings)
    units = bm_units_of(portfolio)
    calculations: list[Calculation] = []
    totals: list[BmUnitTotals] = []
    volumes: list[BmUnitVolumeTotals] = []
    done = 0
    for portion in engine.portions(portfolio):
        calculations = [
            engine.prepare(
                portion,
                store,
                stretch,
                request.cut_off,
                in_force=request.in_force,
                detail="site_periods" in wanted,
                volumes="settled_volumes" in wanted,
                plain=plain,
                bm_units=units,
                losses=losses,
            )
            for stretch in request.stretches
        ]
        findings.extend(finding for calculation in calculations for finding in calculation.arrangement.findings)
        if totals:
            for total, calculation in zip(totals, calculations, strict=True):
                total.include(calculation)
            if losses is not None:
                for volume, calculation in zip(volumes, calculations, strict=True):
                    volume.include(calculation)
        else:
            totals = [BmUnitTotals(calculation) for calculation in calculations]
            volumes = [BmUnitVolumeTotals(calculation) for calculation in calculations if calculation.losses]
        work = partial(_settle_and_lay_out, calculations, totals, volumes, names, wanted, quantities)
        for results, made in engine.run_blocks(engine.block_bounds(calculations, block_sites), threads, work):
            findings.extend(finding for result in results for finding in result.findings)
            for name, writer in writers.items():
                writer.write(made[name])
            if progress:
                progress(done + results[0].last_site, len(portfolio.sites))
        done += len(portion.sites)
    for writer in writers.values():
        writer.close()
    _write_bm_units(folder.making, request, calculations, totals)
    if volumes:
        _write_bm_unit_volumes(folder.making, calculations, volumes)
    findings.extend(store_findings(portfolio, store, request))
    findings.extend(portfolio.findings)
    write_exceptions(folder.making / "exceptions.csv", findings)
    _seal(portfolio, store, request, market_data, losses, folder)


def _settle_and_lay_out(
    calculations: list[Calculation],
    totals: list[BmUnitTotals],
    volumes: list[BmUnitVolumeTotals],
    names: list[str],
    wanted: list[str],
    quantities: list[str],
    first: int,
    last: int,
) -> tuple[list[BlockResult], dict[str, pa.Table]]:
    """A block of sites through every stretch of days, with its tables; what only they needed is let go."""
    own = [volume.of_this_thread() for volume in volumes] if volumes else [None] * len(calculations)
    results = [
        settle_block(calculation, first, last, total.of_this_thread(), volume)
        for calculation, total, volume in zip(calculations, totals, own, strict=True)
    ]
    made = {name: _block_table(name, calculations, names, results, quantities) for name in wanted}
    for result in results:
        result.detail = result.detail[:0]
        result.volumes = None
    return results, made


def _block_table(
    name: str, calculations: list[Calculation], names: list[str], results: list[BlockResult], quantities: list[str]
) -> pa.Table:
    """One table of a block over all stretches, each site's days together."""
    parts = []
    for calculation, edition, result in zip(calculations, names, results, strict=True):
        if name == "site_periods":
            parts.append(tables.site_periods(calculation, edition, result, quantities))
        elif name == "site_days":
            parts.append(tables.site_days(calculation, edition, result))
        elif name == "factors":
            parts.append(tables.factors(calculation, edition, result))
        else:
            parts.append(tables.settled_volumes(calculation, result))
    if len(parts) == 1:
        return parts[0]
    table = pa.concat_tables(parts).unify_dictionaries()
    ids = table.column("site_id").combine_chunks()
    order = [ids.indices.to_numpy()]
    if name == "settled_volumes":
        msids = table.column("msid").combine_chunks().indices.to_numpy()
        order = [msids, *order]
    # A stable sort by site (and meter): within it the stretches follow one another as they do in time.
    return table.take(pa.array(np.lexsort(order)))


def _write_bm_units(
    folder: Path, request: Request, calculations: list[Calculation], totals: list[BmUnitTotals]
) -> None:
    frames = [
        pl.from_arrow(tables.bm_unit_periods(calculation, total))
        for calculation, total in zip(calculations, totals, strict=True)
    ]
    frame = pl.concat([one.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)) for one in frames]).sort(  # type: ignore[union-attr]
        "bm_unit", "settlement_date", "settlement_period"
    )
    writer = TableWriter(folder / "bm_unit_periods.parquet")
    writer.write(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
    writer.close()
    frame.select(
        "settlement_date",
        pl.lit(request.run_type).alias("run_type"),
        "bm_unit",
        "settlement_period",
        _mwh("chargeable_wh").alias("chargeable_demand_mwh"),
        _mwh("gross_demand_wh").alias("gross_demand_mwh"),
        _mwh("non_chargeable_wh").alias("non_chargeable_demand_mwh"),
        "quality",
        pl.lit(_CHARGEABLE_DEMAND_LAYOUT).alias("layout"),
    ).write_csv(folder / "bm_unit_chargeable_demand.csv")


def _write_bm_unit_volumes(folder: Path, calculations: list[Calculation], volumes: list[BmUnitVolumeTotals]) -> None:
    made = [
        tables.bm_unit_volumes(calculation, volume) for calculation, volume in zip(calculations, volumes, strict=True)
    ]
    table = made[0]
    if len(made) > 1:
        frame = pl.from_arrow(pa.concat_tables(made).unify_dictionaries())
        assert isinstance(frame, pl.DataFrame)
        order = ["bm_unit", "measurement_quantity", "settlement_date", "settlement_period"]
        frame = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)).sort(order)
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    writer = TableWriter(folder / "bm_unit_volumes.parquet")
    writer.write(table)
    writer.close()


def _mwh(name: str) -> pl.Expr:
    """Whole Wh as MWh of four decimals, a tie going to the even digit; empty stays empty."""
    size = pl.col(name).abs()
    rest = size % 100
    units = size // 100
    units = units + ((rest > 50) | ((rest == 50) & (units % 2 == 1))).cast(pl.Int64)
    sign = pl.when((pl.col(name) < 0) & (units > 0)).then(pl.lit("-")).otherwise(pl.lit(""))
    whole = (units // 10_000).cast(pl.String)
    decimals = (units % 10_000).cast(pl.String).str.zfill(4)
    return pl.when(pl.col(name).is_null()).then(None).otherwise(pl.concat_str([sign, whole, pl.lit("."), decimals]))


def store_findings(portfolio: Portfolio, store: ReadingsStore, request: Request) -> Iterable[Finding]:
    """What taking the readings in found, as far as it concerns the days settled; and series that nobody registered."""
    site_of = {msid: site.id for site, _, _, msid in portfolio.msids()}
    known = {(msid, quantity) for _, _, quantity, msid in portfolio.msids()}
    known_at = request.last_known_at
    span = days_held(portfolio, store) or (request.start, request.end)
    # A run of every day held also says what is wrong on days of which nothing at all could be used.
    first = request.start if span[0] < request.start else date.min
    last = request.end if request.end < span[1] else date.max
    for finding in store.findings(known_at):
        if finding.settlement_date is not None and not first <= finding.settlement_date < last:
            continue
        yield replace(finding, site_id=finding.site_id or site_of.get(finding.msid, ""))
    seen: set[tuple[str, str]] = set()
    series = store.series()
    for number, segment in enumerate(store.segments):
        if segment.min_recorded_at > known_at:
            continue
        here = series.filter(pl.col("segment") == number)
        for msid, quantity in here.select("msid", "measurement_quantity").iter_rows():
            if (msid, quantity) not in known and (msid, quantity) not in seen:
                seen.add((msid, quantity))
                registered = msid in site_of
                yield Finding(
                    code="ST-107",
                    severity="warning",
                    message=f"Readings of {msid} ({quantity}) are not used: "
                    + (
                        f"it is registered at site '{site_of[msid]}' for the other direction only."
                        if registered
                        else "no site of the portfolio registers it."
                    ),
                    next_step="Register it in a site's [[metering]], or correct the MSID in the readings.",
                    site_id=site_of.get(msid, ""),
                    msid=msid,
                )
    if (request.end - request.start).days > _LONG_RUN_DAYS:
        yield Finding(
            code="ST-111",
            severity="warning",
            message=f"The run settles {(request.end - request.start).days:,} Settlement Days, {request.start} to "
            f"{request.end} (excluded).",
            next_step="If that is not meant, look for a mistyped date in the readings, or give --from and --to.",
        )
    present = {file.name for file in look_at(portfolio.reading_files, portfolio.path)}
    for path in sorted({source.path for source in store.sources if source.known_from <= known_at} - present):
        yield Finding(
            code="ST-108",
            severity="info",
            message=f"'{path}' is no longer in the portfolio; what was taken in from it still counts, since the store "
            "only ever adds.",
            next_step=f"To start afresh, remove the folder {STORE.as_posix()} of the portfolio.",
        )


def _seal(
    portfolio: Portfolio,
    store: ReadingsStore,
    request: Request,
    market_data: Path | None,
    losses: LossFactors | None,
    folder: RunFolder,
) -> None:
    """Write the manifest over everything that the run holds so far."""
    counted = {path.stem: pq.read_metadata(path).num_rows for path in sorted(folder.making.glob("*.parquet"))}
    exceptions = sum(1 for _ in (folder.making / "exceptions.csv").open(encoding="utf-8")) - 1
    manifest = {
        "halfhour": halfhour.__version__,
        "run": {
            "edition": request.edition,
            "editions": [
                {
                    "id": stretch.edition,
                    "from": stretch.start.isoformat(),
                    "to": stretch.end.isoformat(),
                    "document": editions()[stretch.edition].document,
                    "clauses": list(editions()[stretch.edition].clauses),
                    "parameters": {
                        name: dict(parameter) for name, parameter in editions()[stretch.edition].parameters.items()
                    },
                }
                for stretch in request.stretches
            ],
            "from": request.start.isoformat(),
            "to": request.end.isoformat(),
            "run_type": request.run_type,
            "known_at": RUN_DATE if request.known_at is None else request.known_at.astimezone(UTC).isoformat(),
            "detail": request.detail,
        },
        "settings": {
            "default_ncsp": None if portfolio.settings.default_ncsp is None else str(portfolio.settings.default_ncsp),
            "ncsp_missing_days": portfolio.settings.ncsp_missing_days,
            "usage_factor_reference": portfolio.settings.usage_factor_reference,
            "trading_unit": portfolio.settings.trading_unit,
            **({"bg_clock": portfolio.settings.bg_clock} if portfolio.settings.bg_clock else {}),
        },
        "portfolio": _from(folder, portfolio.path),
        "market_data": None if losses is None or market_data is None else _from(folder, market_data),
        "counts": {
            "sites": len(portfolio.sites),
            "settlement_days": (request.end - request.start).days,
            **counted,
            "exceptions": exceptions,
        },
        "inputs": {
            "register": [{"path": file.path, "sha256": file.sha256} for file in portfolio.register_files],
            "readings": [
                {"path": source.path, "sha256": source.sha256, "recorded_at": source.known_from.isoformat()}
                for source in sorted(store.sources, key=lambda source: (source.known_from, source.path))
                if source.known_from <= request.last_known_at
            ],
            "market_data": sources_of(losses),
        },
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "polars": pl.__version__,
            "pyarrow": pa.__version__,
        },
    }
    write_manifest(folder.making, manifest)


def _from(folder: RunFolder, path: Path) -> str:
    """Where something lies, from where the run will lie."""
    return Path(os.path.relpath(path.absolute(), folder.final)).as_posix()
