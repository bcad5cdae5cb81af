"""The same calculation in plain alternatives: Polars (streaming), DuckDB and pandas, from long rows, their best layout.

`p395-proposed` as one expression per quantity; totals per BM Unit and half hour, a usage factor per site and day from
the seven Settlement Days before it. Written for the benchmark only: what settles is the rule itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from halfhour.benchmark.data import CLASSES, DAYS, PERIODS, REFERENCE_DAYS, bm_unit_of

HALF_HOURS = DAYS * PERIODS
PARTS = 100_000


def bm_units(sites: int) -> pl.DataFrame:
    """Site number to BM Unit number."""
    return pl.DataFrame(
        {"site": np.arange(sites, dtype=np.int32), "bm_unit": [bm_unit_of(site) for site in range(sites)]},
        schema={"site": pl.Int32, "bm_unit": pl.Int32},
    )


def _floor_share(total: pl.Expr, weight: pl.Expr, weights: pl.Expr) -> pl.Expr:
    return total * weight // pl.max_horizontal(weights, pl.lit(1, pl.Int64))


def with_polars(long_rows: Path, sites: int) -> pl.DataFrame:
    """Polars: one lazy query, streaming engine."""
    zero = pl.lit(0, pl.Int64)
    sums = (
        pl.scan_parquet(long_rows)
        .group_by("key")
        .agg(
            pl.col("wh").filter(pl.col("class") == number).sum().cast(pl.Int64).alias(name)
            for number, name in enumerate(CLASSES)
        )
    )
    net_stor = pl.col("import_stor") - pl.col("export_stor")
    nets = sums.with_columns(
        (-pl.col("export_gen")).alias("net_gen"),
        net_stor.alias("net_stor"),
        (pl.col("import_bp") - pl.col("export_bp") + pl.col("export_gen") - net_stor).alias("net_other"),
    )
    nets = nets.with_columns(
        *(pl.max_horizontal(zero, pl.col(f"net_{c}")).alias(f"ni_{c}") for c in ("gen", "stor", "other")),
        *(pl.max_horizontal(zero, -pl.col(f"net_{c}")).alias(f"ne_{c}") for c in ("gen", "stor", "other")),
    )
    for total, sign, name in (("import_bp", "ni", "in"), ("export_bp", "ne", "out")):
        nets = _shared(nets, total, sign, name)
    flows = nets.with_columns(
        pl.min_horizontal(
            pl.max_horizontal(zero, pl.col("ne_stor") - pl.col("out_stor")),
            pl.max_horizontal(zero, pl.col("ni_other") - pl.col("in_other")),
        ).alias("stor_to_other"),
        (pl.col("key") // HALF_HOURS).alias("site"),
        (pl.col("key") % HALF_HOURS).alias("half_hour"),
    ).select(
        "site",
        "half_hour",
        (pl.col("half_hour") // PERIODS).alias("day"),
        "import_bp",
        pl.col("in_stor").alias("bp_to_stor"),
        pl.col("in_other").alias("bp_to_other"),
        "stor_to_other",
        pl.col("ni_stor").alias("net_import_stor"),
    )
    flows = flows.collect(engine="streaming").lazy()
    factor = _factors(flows)
    # The product is below 2**47: exact in whole numbers, rounded half to even like the rule.
    product = pl.col("factor") * pl.col("bp_to_stor")
    rest = 2 * (product % PARTS)
    part = product // PARTS + ((rest > PARTS) | ((rest == PARTS) & (product // PARTS % 2 == 1))).cast(pl.Int64)
    return (
        flows.join(factor, on=["site", "day"], how="left")
        .join(bm_units(sites).lazy(), on="site")
        .group_by("bm_unit", "half_hour")
        .agg(pl.col("import_bp").sum().alias("gross"), (pl.col("bp_to_other") + part).sum().alias("chargeable"))
        .sort("bm_unit", "half_hour")
        .collect(engine="streaming")
    )


def _shared(frame: pl.LazyFrame, total: str, sign: str, name: str) -> pl.LazyFrame:
    weights = pl.col(f"{sign}_gen") + pl.col(f"{sign}_stor") + pl.col(f"{sign}_other")
    gen = _floor_share(pl.col(total), pl.col(f"{sign}_gen"), weights)
    stor = _floor_share(pl.col(total), pl.col(f"{sign}_stor"), weights)
    last_is_other = (pl.col(f"{sign}_other") > 0) | (weights == 0)
    zero = pl.lit(0, pl.Int64)
    return frame.with_columns(
        pl.when(last_is_other).then(pl.col(total) - gen - stor).otherwise(zero).alias(f"{name}_other"),
        pl.when(last_is_other)
        .then(stor)
        .when(pl.col(f"{sign}_stor") > 0)
        .then(pl.col(total) - gen)
        .otherwise(zero)
        .alias(f"{name}_stor"),
    )


def _factors(flows: pl.LazyFrame) -> pl.LazyFrame:
    daily = flows.group_by("site", "day").agg(pl.col("stor_to_other").sum(), pl.col("net_import_stor").sum())
    before = daily.sort("site", "day").with_columns(
        *(
            pl.col(name).shift(1, fill_value=0).rolling_sum(REFERENCE_DAYS, min_samples=1).over("site").alias(short)
            for name, short in (("stor_to_other", "n"), ("net_import_stor", "d"))
        )
    )
    whole = PARTS * pl.col("n") // pl.max_horizontal(pl.col("d"), pl.lit(1, pl.Int64))
    rest = 2 * (PARTS * pl.col("n") - whole * pl.col("d"))
    rounded = whole + ((rest > pl.col("d")) | ((rest == pl.col("d")) & (whole % 2 == 1))).cast(pl.Int64)
    return before.select(
        "site",
        "day",
        pl.when(pl.col("d") > 0).then(pl.min_horizontal(rounded, pl.lit(PARTS))).otherwise(PARTS).alias("factor"),
    )


def with_duckdb(long_rows: Path, sites: int) -> pl.DataFrame:
    """DuckDB: one SQL query over integers."""
    import duckdb  # noqa: PLC0415 - only for the benchmark

    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.register("units", bm_units(sites).to_arrow())
    classes = ", ".join(
        f"sum(CASE WHEN class = {number} THEN wh ELSE 0 END)::BIGINT AS {name}" for number, name in enumerate(CLASSES)
    )
    query = f"""
    WITH sums AS (SELECT key, {classes} FROM read_parquet('{long_rows}') GROUP BY key),
    nets AS (SELECT *, -export_gen AS ng, import_stor - export_stor AS ns,
        import_bp - export_bp + export_gen - (import_stor - export_stor) AS no FROM sums),
    signed AS (SELECT *, greatest(0, ng) AS ig, greatest(0, ns) AS i_s, greatest(0, no) AS io,
        greatest(0, -ng) AS eg, greatest(0, -ns) AS es, greatest(0, -no) AS eo FROM nets),
    floors AS (SELECT *, (import_bp * ig) // greatest(ig + i_s + io, 1) AS fig,
        (import_bp * i_s) // greatest(ig + i_s + io, 1) AS fis,
        (export_bp * eg) // greatest(eg + es + eo, 1) AS feg,
        (export_bp * es) // greatest(eg + es + eo, 1) AS fes FROM signed),
    shared AS (SELECT *,
        CASE WHEN io > 0 OR ig + i_s + io = 0 THEN import_bp - fig - fis ELSE 0 END AS bp_to_other,
        CASE WHEN io > 0 OR ig + i_s + io = 0 THEN fis WHEN i_s > 0 THEN import_bp - fig ELSE 0 END AS bp_to_stor,
        CASE WHEN eo > 0 OR eg + es + eo = 0 THEN fes WHEN es > 0 THEN export_bp - feg ELSE 0 END AS stor_to_bp
        FROM floors),
    flows AS MATERIALIZED (SELECT key // {HALF_HOURS} AS site, key % {HALF_HOURS} AS half_hour,
        key % {HALF_HOURS} // {PERIODS} AS day, import_bp, bp_to_stor, bp_to_other, i_s AS net_import_stor,
        least(greatest(0, es - stor_to_bp), greatest(0, io - bp_to_other)) AS stor_to_other FROM shared),
    daily AS (SELECT site, day, sum(stor_to_other)::BIGINT AS n, sum(net_import_stor)::BIGINT AS d
        FROM flows GROUP BY site, day),
    windows AS (SELECT site, day, coalesce(sum(n) OVER w, 0)::BIGINT AS n, coalesce(sum(d) OVER w, 0)::BIGINT AS d
        FROM daily
        WINDOW w AS (PARTITION BY site ORDER BY day ROWS BETWEEN {REFERENCE_DAYS} PRECEDING AND 1 PRECEDING)),
    wholes AS (SELECT *, {PARTS} * n // greatest(d, 1) AS q, 2 * ({PARTS} * n - {PARTS} * n // greatest(d, 1) * d) AS r
        FROM windows),
    factors AS (SELECT site, day, CASE WHEN d = 0 THEN {PARTS} ELSE
        least({PARTS}, q + CASE WHEN r > d OR (r = d AND q % 2 = 1) THEN 1 ELSE 0 END) END AS factor FROM wholes),
    priced AS (SELECT site, half_hour, import_bp, bp_to_other, factor * bp_to_stor AS p
        FROM flows JOIN factors USING (site, day))
    SELECT bm_unit, half_hour, sum(import_bp)::BIGINT AS gross,
        sum(bp_to_other + p // {PARTS} + CASE WHEN 2 * (p % {PARTS}) > {PARTS}
            OR (2 * (p % {PARTS}) = {PARTS} AND p // {PARTS} % 2 = 1) THEN 1 ELSE 0 END)::BIGINT AS chargeable
    FROM priced JOIN units USING (site) GROUP BY bm_unit, half_hour ORDER BY bm_unit, half_hour
    """
    frame = pl.from_arrow(connection.execute(query).to_arrow_table())
    assert isinstance(frame, pl.DataFrame)
    return frame


def with_pandas(long_rows: Path, sites: int) -> pl.DataFrame:
    """pandas: the readings in one frame, a pivot by sum, NumPy expressions."""
    import pandas as pd  # noqa: PLC0415 - only for the benchmark

    frame: Any = pd.read_parquet(long_rows)
    sums = frame.groupby(["key", "class"], sort=False)["wh"].sum().unstack("class").astype("int64")
    del frame
    imp, exp, imp_s, exp_s, exp_g = (sums[number].to_numpy() for number in range(len(CLASSES)))
    key = sums.index.to_numpy().astype("int64")
    net_g, net_s = -exp_g, imp_s - exp_s
    net_o = imp - exp - net_g - net_s
    ni = [np.maximum(0, net) for net in (net_g, net_s, net_o)]
    ne = [np.maximum(0, -net) for net in (net_g, net_s, net_o)]
    _, bp_to_stor, bp_to_other = _apportioned(imp, ni)
    _, stor_to_bp, _ = _apportioned(exp, ne)
    stor_to_other = np.minimum(np.maximum(0, ne[1] - stor_to_bp), np.maximum(0, ni[2] - bp_to_other))
    flows: Any = pd.DataFrame(
        {
            "site": key // HALF_HOURS,
            "half_hour": key % HALF_HOURS,
            "day": key % HALF_HOURS // PERIODS,
            "gross": imp,
            "bp_to_stor": bp_to_stor,
            "bp_to_other": bp_to_other,
            "n": stor_to_other,
            "d": ni[1],
        }
    )
    daily = flows.groupby(["site", "day"])[["n", "d"]].sum()
    cumulative = np.zeros((sites, DAYS + 1, 2), dtype=np.int64)
    cumulative[:, 1:] = daily.to_numpy().reshape(sites, DAYS, 2).cumsum(axis=1)
    first = np.maximum(np.arange(DAYS) - REFERENCE_DAYS, 0)
    n, d = np.moveaxis(cumulative[:, np.arange(DAYS)] - cumulative[:, first], 2, 0)
    quotient = PARTS * n // np.maximum(d, 1)
    rest = 2 * (PARTS * n - quotient * d)
    rounded = quotient + ((rest > d) | ((rest == d) & (quotient % 2 == 1)))
    factor = np.where(d > 0, np.minimum(rounded, PARTS), PARTS)[flows["site"], flows["day"]]
    product = factor * bp_to_stor
    part = product // PARTS
    rest = 2 * (product % PARTS)
    flows["chargeable"] = bp_to_other + part + ((rest > PARTS) | ((rest == PARTS) & (part % 2 == 1)))
    flows["bm_unit"] = np.array([bm_unit_of(site) for site in range(sites)])[flows["site"]]
    totals = flows.groupby(["bm_unit", "half_hour"])[["gross", "chargeable"]].sum().reset_index()
    return pl.DataFrame({name: totals[name].to_numpy() for name in totals.columns})


def _apportioned(total: Any, weights: list[Any]) -> tuple[Any, Any, Any]:
    whole = sum(weights)
    gen, stor = (total * weight // np.maximum(whole, 1) for weight in weights[:2])
    last_is_other = (weights[2] > 0) | (whole == 0)
    other = np.where(last_is_other, total - gen - stor, 0)
    stor = np.where(last_is_other, stor, np.where(weights[1] > 0, total - gen, 0))
    return total - stor - other, stor, other
