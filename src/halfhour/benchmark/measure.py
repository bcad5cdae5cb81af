"""What each contestant does, timed in a process of its own, so that its peak memory is its own.

`python -m halfhour.benchmark.measure NAME FOLDER SITES PASSES` prints one JSON object.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from halfhour.benchmark import alternatives, data
from halfhour.metering.store import ReadingsStore
from halfhour.metering.store.day_rows import DayRowLoader
from halfhour.settlement import engine, tables
from halfhour.settlement.arrangement import bm_units_of
from halfhour.settlement.block import settle_block
from halfhour.settlement.calculation import Calculation
from halfhour.settlement.engine import Stretch

EDITION = "p395-proposed"
STORE = "store"
LONG = "long.parquet"
SLICE_SITES = 20
_THREADS = 2
_ANY_MOMENT = 1 << 60
_NAMES = ["site_id", "bm_unit", "gsp_group", "settlement_date", "quality", "basis"]
_WRITTEN: dict[str, Any] = {"compression": "lz4", "use_dictionary": _NAMES, "write_statistics": False}


def prepared(store: ReadingsStore, sites: int) -> Iterator[Calculation]:
    """The benchmark's calculation, portion by portion: `p395-proposed`, January 2024, totals and factors."""
    portfolio = data.portfolio(sites)
    units = bm_units_of(portfolio)
    for portion in engine.portions(portfolio):
        yield engine.prepare(
            portion,
            store,
            Stretch(EDITION, data.START, data.START + timedelta(days=data.DAYS)),
            lambda _: _ANY_MOMENT,
            in_force=False,
            detail=False,
            volumes=False,
            plain=False,
            bm_units=units,
        )


def _settle_and_lay_out(calculation: Calculation, totals: engine.BmUnitTotals, first: int, last: int) -> pa.Table:
    """A block of sites settled into the totals, and its factors as a table."""
    result = settle_block(calculation, first, last, totals.of_this_thread())
    return tables.factors(calculation, EDITION, result).select(
        ["site_id", "settlement_date", "factor_per_100000", "basis"]
    )


def settle_once(calculations: Iterable[Calculation], folder: Path) -> tuple[pl.DataFrame, float]:
    """The engine: store in, BM Unit totals and factors written. The seconds leave laying the register out aside."""
    totals: engine.BmUnitTotals | None = None
    writer: pq.ParquetWriter | None = None
    took = 0.0
    calculation: Calculation | None = None
    for calculation in calculations:
        started = time.perf_counter()
        if totals is None:
            totals = engine.BmUnitTotals(calculation)
        else:
            totals.include(calculation)
        work = partial(_settle_and_lay_out, calculation, totals)
        for table in engine.run_blocks(engine.block_bounds([calculation]), _THREADS, work):
            if writer is None:
                writer = pq.ParquetWriter(folder / "factors.parquet", table.schema, **_WRITTEN)
            writer.write_table(table)
        took += time.perf_counter() - started
    assert calculation is not None
    assert totals is not None
    assert writer is not None
    started = time.perf_counter()
    writer.close()
    units = tables.bm_unit_periods(calculation, totals)
    pq.write_table(units, folder / "bm_unit_periods.parquet", **_WRITTEN)
    took += time.perf_counter() - started
    frame = pl.from_arrow(units)
    assert isinstance(frame, pl.DataFrame)
    return frame, took


def decode_once(store: ReadingsStore) -> int:
    """The bare decode of the same Parquet columns, on the same number of threads."""

    def decode(path: Path) -> int:
        with pq.ParquetFile(path, read_dictionary=["marks"], memory_map=True) as file:
            return int(file.read(columns=["wh", "marks"], use_threads=False).num_rows)

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        return sum(pool.map(decode, [segment.path for segment in store.segments]))


def digest(frame: pl.DataFrame) -> str:
    """A hash of gross and chargeable demand by BM Unit and half hour."""
    return hashlib.sha256(frame.select("gross", "chargeable").to_numpy().astype("<i8").tobytes()).hexdigest()[:16]


def _comparable(units: pl.DataFrame) -> pl.DataFrame:
    number = pl.col("bm_unit").cast(pl.String).str.slice(5, 3).cast(pl.Int32)
    return units.sort(number, "settlement_date", "settlement_period").select(
        pl.col("gross_demand_wh").alias("gross"), pl.col("chargeable_wh").alias("chargeable")
    )


def run_engine(folder: Path, sites: int, passes: int) -> dict[str, Any]:
    """Engine and bare decode in turn, in one process."""
    store = ReadingsStore.open(folder / STORE)
    kept = list(prepared(store, sites)) if sites <= engine.SITES_PER_PORTION else None
    found: dict[str, Any] = {"decode_s": [], "engine_s": [], "whole_s": []}
    frame = pl.DataFrame()
    for _ in range(passes + 1):
        started = time.perf_counter()
        decode_once(store)
        found["decode_s"].append(time.perf_counter() - started)
        started = time.perf_counter()
        frame, took = settle_once(kept or prepared(store, sites), folder)
        found["engine_s"].append(took)
        found["whole_s"].append(time.perf_counter() - started)
    started = time.perf_counter()
    for _calculation in prepared(store, sites):
        pass
    found["prepare_s"] = time.perf_counter() - started
    found["first_s"] = found["engine_s"].pop(0)
    found["decode_s"].pop(0)
    return found | {"digest": digest(_comparable(frame))}


def run_alternative(name: str, folder: Path, sites: int, passes: int) -> dict[str, Any]:
    """One of the dataframe or SQL engines, from long rows to totals written."""
    calculate: Callable[[Path, int], pl.DataFrame] = getattr(alternatives, f"with_{name}")
    times: list[float] = []
    frame = pl.DataFrame()
    for _ in range(passes):
        started = time.perf_counter()
        frame = calculate(folder / LONG, sites)
        frame.write_parquet(folder / f"{name}.parquet")
        times.append(time.perf_counter() - started)
    return {"engine_s": times, "digest": digest(frame)}


def run_decimal(folder: Path, sites: int, passes: int) -> dict[str, Any]:
    """A loop over half hours with Decimal, on the first sites only, checked against the rule."""
    sites = min(sites, SLICE_SITES)
    store = ReadingsStore.open(folder / STORE)
    (calculation,) = prepared(store, sites)
    series = calculation.arrangement.series
    line = calculation.line
    loader = DayRowLoader(store, series, data.START, calculation.loader.known_at[line.first_run_day :])
    rows = loader.load(0, len(series))
    wh = rows.values[rows.row_of].reshape(sites, len(data.CLASSES), data.DAYS, 50)[:, :, :, : data.PERIODS]
    started = time.perf_counter()
    chargeable = [_decimal_site(wh[site].tolist()) for site in range(sites)]
    took = time.perf_counter() - started
    totals = engine.BmUnitTotals(calculation)
    for _result in engine.settle_blocks(calculation, totals):
        pass
    expected = totals.whole()
    same = sum(chargeable) == int((expected.gross - expected.non_chargeable).sum())
    return {"engine_s": [took], "half_hours": sites * data.DAYS * data.PERIODS, "agrees": same}


def _decimal_site(wh: list[list[list[int]]]) -> int:
    """Chargeable Wh of a site over the month, half hour by half hour."""
    zero, one = Decimal(0), Decimal(1)
    daily: list[tuple[Decimal, Decimal]] = []
    total = zero
    for day in range(data.DAYS):
        before = daily[-data.REFERENCE_DAYS :]
        given, taken = sum((n for n, _ in before), zero), sum((d for _, d in before), zero)
        factor = min(one, (given / taken).quantize(Decimal("0.00001"), ROUND_HALF_EVEN)) if taken else one
        day_given = day_taken = zero
        for period in range(data.PERIODS):
            imp, exp, imp_s, exp_s, exp_g = (Decimal(wh[c][day][period]) for c in range(len(data.CLASSES)))
            nets = (-exp_g, imp_s - exp_s, imp - exp + exp_g - (imp_s - exp_s))
            ni, ne = [max(zero, net) for net in nets], [max(zero, -net) for net in nets]
            _, in_stor, in_other = _decimal_shares(imp, ni)
            _, out_stor, _ = _decimal_shares(exp, ne)
            day_given += min(max(zero, ne[1] - out_stor), max(zero, ni[2] - in_other))
            day_taken += ni[1]
            total += in_other + (factor * in_stor).quantize(one, ROUND_HALF_EVEN)
        daily.append((day_given, day_taken))
    return int(total)


def _decimal_shares(total: Decimal, weights: list[Decimal]) -> tuple[Decimal, Decimal, Decimal]:
    whole = sum(weights, Decimal(0))
    if not whole:
        return Decimal(0), Decimal(0), total
    gen, stor = ((total * weight / whole).quantize(Decimal(1), ROUND_FLOOR) for weight in weights[:2])
    if weights[2]:
        return gen, stor, total - gen - stor
    return (gen, total - gen, Decimal(0)) if weights[1] else (total, Decimal(0), Decimal(0))


def main() -> None:
    """Run one contestant and print what was measured."""
    name, folder, sites, passes = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    if name == "engine":
        found = run_engine(folder, sites, passes)
    elif name == "decimal":
        found = run_decimal(folder, sites, passes)
    else:
        found = run_alternative(name, folder, sites, passes)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
