"""Readings for the benefits: a table of half hours, a readings file of any format, or a table of many plants.

A readings file is read by the code that a settlement run reads it with; AE is the plant's export, AI its import.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from halfhour.charges.benefits.half_hours import UNITS, HalfHours, half_hours, parse
from halfhour.charges.benefits.market import read_table
from halfhour.errors import Finding, HalfhourError
from halfhour.metering.store.one_file import read_one

PLANT = "plant"
PLANTS_AT_ONCE = 50
"""Plants of a table held in memory together: some 900,000 half hours of a year."""


@dataclass(frozen=True, slots=True)
class Read:
    """The half hours of one plant, and what was found in its file."""

    half_hours: HalfHours
    findings: tuple[Finding, ...] = ()


def columns_of(path: Path) -> list[str]:
    """The columns of a CSV or Parquet file; none of what is neither.

    Raises:
        HalfhourError: RD-033 it is not there.
    """
    if not path.is_file():
        raise HalfhourError("RD-033", f"There is no readings file {path}.", "Check the path.")
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(b"PAR1"):
        try:
            return list(pq.read_schema(path).names)
        except (OSError, ValueError):
            return []
    line = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    return [name.strip().strip('"') for name in line.decode("utf-8", errors="replace").strip().split(",")]


def is_benefit_table(columns: list[str]) -> bool:
    """Whether a file is a table of half hours with export (and import) by plant, not a readings file by MSID."""
    return "settlement_date" in columns and any(f"export_{unit}" in columns for unit in UNITS)


def read_readings(path: Path, *, quantity: str | None = None) -> Read:
    """The half hours of one plant.

    Args:
        path: a table with `settlement_date`, `settlement_period`, `export_mwh` and more, as for `half_hours`; or any
            readings file.
        quantity: AE or AI, where a readings file does not say which.

    Raises:
        HalfhourError: EB-304 the table is of several plants, EB-305 a readings file without export; what `half_hours`
            and `read_one` raise.
    """
    columns = columns_of(path)
    if not is_benefit_table(columns):
        return _of_readings_file(path, quantity)
    frame = read_table(path)
    if PLANT in columns and frame[PLANT].n_unique() > 1:
        raise HalfhourError(
            "EB-304",
            f"{path.name} holds {frame[PLANT].n_unique():,} plants.",
            "Give a folder of plant files in place of the one plant file.",
        )
    return Read(half_hours(frame, path.name))


def _of_readings_file(path: Path, quantity: str | None) -> Read:
    with read_one(path, quantity) as one:
        findings = tuple(one.findings)
        frames = [pl.DataFrame(pl.from_arrow(table)) for table in one.long_tables()]
        undirected = one.undirected
    held = pl.concat(frames) if frames else None
    if held is None or not (held["measurement_quantity"].cast(pl.String) == "AE").any():
        why = f"it does not say whether {undirected[0]} imports or exports" if undirected else "it has no AE"
        if not frames:
            why = findings[0].message if findings else "it has no readings"
        raise HalfhourError(
            "EB-305",
            f"{path.name} holds no export: {why}.",
            "Give a file with AE, name the direction with --quantity AE, or give a table with export_mwh.",
        )
    joined = _side(held, "AE").rename({"wh": "export_wh", "quality": "quality_export"})
    if (held["measurement_quantity"].cast(pl.String) == "AI").any():
        other = _side(held, "AI").rename({"wh": "import_wh", "quality": "quality_import"})
        joined = joined.join(other, on=["settlement_date", "settlement_period"], how="full", coalesce=True)
        joined = joined.with_columns(pl.max_horizontal("quality_export", "quality_import").alias("quality"))
    else:
        joined = joined.rename({"quality_export": "quality"})
    return Read(half_hours(joined.drop("quality_export", "quality_import", strict=False), path.name), findings)


def _side(held: pl.DataFrame, quantity: str) -> pl.DataFrame:
    """One quantity summed over its MSIDs; a half hour that one of them lacks has no sum."""
    side = held.filter(pl.col("measurement_quantity").cast(pl.String) == quantity)
    meters = side["msid"].n_unique()
    return (
        side.group_by("settlement_date", "settlement_period")
        .agg(
            (pl.col("kwh") * 1000).cast(pl.Int64).sum().alias("wh"),
            pl.len().alias("meters"),
            (pl.col("status").cast(pl.String) == "E").any().alias("estimated"),
        )
        .select(
            "settlement_date",
            "settlement_period",
            pl.when(pl.col("meters") == meters).then("wh").alias("wh"),
            pl.when("estimated").then(pl.lit("estimated")).otherwise(pl.lit("actual")).alias("quality"),
        )
    )


def read_plants(path: Path, wanted: list[str]) -> Iterator[tuple[str, HalfHours]]:
    """The half hours of many plants from one table with a column `plant`, some plants at a time.

    Args:
        path: Parquet, read in portions, or CSV; rows of one plant need not stand together.
        wanted: ids of plants.

    Raises:
        HalfhourError: EB-306 a plant has no rows, or the table no column `plant`; what `half_hours` raises.
    """
    columns = columns_of(path)
    if PLANT not in columns or not is_benefit_table(columns):
        raise HalfhourError(
            "EB-306",
            f"{path.name} is no table of plants: it needs the columns plant, settlement_date, settlement_period and "
            "export_mwh, export_kwh or export_wh.",
            "Give one CSV or Parquet file with a row for each plant and half hour.",
        )
    with path.open("rb") as stream:
        packed = stream.read(4) == b"PAR1"
    whole = None if packed else read_table(path)
    for start in range(0, len(wanted), PLANTS_AT_ONCE):
        some = wanted[start : start + PLANTS_AT_ONCE]
        chosen = pl.col(PLANT).cast(pl.String).is_in(some)
        part = pl.scan_parquet(path, glob=False).filter(chosen).collect() if whole is None else whole.filter(chosen)
        parsed = parse(part, path.name)
        codes = part[PLANT].cast(pl.String).cast(pl.Enum(some)).to_physical().to_numpy()
        # The rows of a plant need not stand together.
        order = np.argsort(codes, kind="stable")
        ends = np.searchsorted(codes[order], np.arange(len(some) + 1))
        for number, plant_id in enumerate(some):
            rows = order[ends[number] : ends[number + 1]]
            if not len(rows):
                raise HalfhourError(
                    "EB-306",
                    f"{path.name} has no row of plant {plant_id}.",
                    "The column plant holds the ids of the plant files.",
                )
            yield plant_id, parsed.half_hours(rows, f"{path.name} ({plant_id})")
