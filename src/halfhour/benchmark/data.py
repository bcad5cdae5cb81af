"""Readings for the benchmark: businesses with battery and solar panels, in the store's layout and as long rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from halfhour.demo import bench_block
from halfhour.metering.store import ReadingsStore
from halfhour.metering.store.catalogue import Source
from halfhour.metering.store.segment_files import day_rows
from halfhour.register.model import Declaration, Metering, Portfolio, Settings, Site

START = date(2024, 1, 1)
DAYS = 31
PERIODS = 48
SITES_AT_ONCE = 500
CLASSES = ("import_bp", "export_bp", "import_stor", "export_stor", "export_gen")
_QUANTITIES = ("AI", "AE", "AI", "AE", "AE")
_GROUPS = "ABCDEFGHJKLMNP"
_SUPPLIERS = 10
_SEED = 1
_RECORDED = datetime(2024, 2, 5, 8, tzinfo=UTC)
REFERENCE_DAYS = 7


def days() -> list[date]:
    """The Settlement Days of the benchmark: January 2024."""
    return [START + timedelta(days=number) for number in range(DAYS)]


def bm_unit_of(site: int) -> int:
    """The number of a site's BM Unit: one for each supplier and GSP Group."""
    return site % len(_GROUPS) * _SUPPLIERS + site // len(_GROUPS) % _SUPPLIERS


def portfolio(sites: int) -> Portfolio:
    """The sites: a boundary, a licensed battery and licensed panels, all declared; usage factor over seven days."""
    return Portfolio(
        Path(),
        tuple(_site(number) for number in range(sites)),
        Settings(usage_factor_reference=REFERENCE_DAYS),
    )


def _site(number: int) -> Site:
    group = _GROUPS[number % len(_GROUPS)]
    msid = [_msid(number, place) for place in range(len(CLASSES))]
    unit = f"2__{group}S{bm_unit_of(number):03}001"
    return Site(
        id=f"site-{number:07}",
        name="",
        gsp_group=f"_{group}",
        voltage="HV",
        metering=(
            Metering("Boundary", "boundary", msid[0], msid[1], "HV", unit),
            Metering("Battery", "storage", msid[2], msid[3], "HV", licensed=True),
            Metering("Panels", "generation", None, msid[4], "HV", licensed=True),
        ),
        declarations=(_DECLARED,),
    )


_DECLARED = Declaration("emr-amsid", ("Boundary", "Battery", "Panels"))


def _msid(site: int, place: int) -> str:
    return f"{site:08}{place:05}"


def blocks(sites: int) -> Iterator[tuple[int, npt.NDArray[np.int32]]]:
    """Readings by blocks of sites: number of the first site, and Wh [site, class, day, 50]."""
    for first in range(0, sites, SITES_AT_ONCE):
        made = bench_block(first, min(SITES_AT_ONCE, sites - first), days(), _SEED)
        yield first, np.stack([made[name] for name in CLASSES], axis=1)


def write_store(folder: Path, sites: int) -> ReadingsStore:
    """The readings in the engine's own layout."""
    store = ReadingsStore.open(folder)
    series = [(_msid(site, place), _QUANTITIES[place]) for site in range(sites) for place in range(len(CLASSES))]
    source = Source("generated", "0" * 64, 0, _RECORDED, "generated")
    site_of = [number // len(CLASSES) for number in range(len(series))]
    store.append_rows(series, _batches(sites), source, site_of)
    return store


def _batches(sites: int) -> Iterator[pa.RecordBatch]:
    first_day = (START - date(1970, 1, 1)).days
    marks = np.zeros((1, 50), dtype=np.uint8)
    marks[:, :PERIODS] = 1
    for first, wh in blocks(sites):
        n_series = wh.shape[0] * wh.shape[1]
        rows = n_series * DAYS
        table = day_rows(
            np.repeat(np.arange(n_series, dtype=np.int32) + np.int32(first * len(CLASSES)), DAYS),
            np.tile(np.arange(first_day, first_day + DAYS, dtype=np.int32), n_series),
            wh.reshape(rows, 50),
            np.repeat(marks, rows, axis=0),
            np.full(rows, round(_RECORDED.timestamp() * 1_000_000), dtype=np.int64),
            np.zeros(rows, dtype=np.int32),
        )
        yield from table.to_batches()


def write_long(path: Path, sites: int) -> None:
    """The same readings one row each, the best layout of a dataframe engine: a packed key of site and half hour.

    Columns: `key` int32 (site × half hours of the month + half hour), `class` int8, `wh` int32.
    """
    half_hours = DAYS * PERIODS
    writer: pq.ParquetWriter | None = None
    for first, wh in blocks(sites):
        n_sites = wh.shape[0]
        values = wh[:, :, :, :PERIODS].transpose(0, 2, 3, 1)  # site, day, period, class
        key = np.repeat(np.arange(first * half_hours, (first + n_sites) * half_hours, dtype=np.int32), len(CLASSES))
        table = pa.table(
            {
                "key": pa.array(key),
                "class": pa.array(np.tile(np.arange(len(CLASSES), dtype=np.int8), n_sites * half_hours)),
                "wh": pa.array(np.ascontiguousarray(values).reshape(-1)),
            }
        )
        if writer is None:
            writer = pq.ParquetWriter(path, table.schema, compression="lz4", use_dictionary=["class"])
        writer.write_table(table, row_group_size=1_000_000)
    assert writer is not None
    writer.close()
