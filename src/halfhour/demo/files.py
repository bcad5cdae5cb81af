"""Writing portfolios: readings in the contract's formats, and sites as TOML files that a person can read.

The same input gives the same bytes: no time of writing goes into a file.
"""

from __future__ import annotations

import gzip
import textwrap
from collections.abc import Sequence
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from halfhour.demo.days import PERIODS_OF_THE_LONGEST_DAY, Days
from halfhour.demo.series import Series
from halfhour.errors import HalfhourError
from halfhour.register.layout import layout
from halfhour.register.model import Declaration, Metering, Site


def long_table(series: Sequence[Series], days: Days, recorded_at: str | None) -> pa.Table:
    """Readings one to a row, in order of series, day and period, with the columns of the long formats.

    Parameters:
        recorded_at: the moment in UTC at which all of them became known; None leaves the column out.
    """
    energy = np.stack([each.energy_wh for each in series])
    present = np.stack([each.present for each in series])
    estimated = np.stack([each.estimated for each in series])
    which, day, period = (index.astype(np.int32) for index in np.nonzero(present))
    dates = pa.array(days.dates, type=pa.date32())

    def words(index: NDArray[np.integer[Any]], values: Sequence[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(index), pa.array(values))

    direction = np.array([each.measurement_quantity == "AE" for each in series], dtype=np.int8)
    columns = {
        "msid": words(which, [each.msid for each in series]),
        "measurement_quantity": words(direction[which], ["AI", "AE"]),
        "settlement_date": dates.take(pa.array(day)),
        "settlement_period": pa.array((period + 1).astype(np.int8)),
        "kwh": pa.array(energy[present] / 1000.0),
        "status": words(estimated[present].astype(np.int8), ["A", "E"]),
    }
    if recorded_at is not None:
        columns["recorded_at"] = words(np.zeros(len(which), dtype=np.int8), [recorded_at])
    return pa.table(columns)


def write_long_csv(path: Path, series: Sequence[Series], days: Days, recorded_at: str | None = None) -> None:
    """Long CSV."""
    pl.DataFrame(pl.from_arrow(long_table(series, days, recorded_at))).write_csv(path, float_precision=3)


def write_long_csv_gz(path: Path, series: Sequence[Series], days: Days, recorded_at: str | None = None) -> None:
    """Long CSV, compressed."""
    text = pl.DataFrame(pl.from_arrow(long_table(series, days, recorded_at))).write_csv(float_precision=3)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed:
        packed.write(text.encode())


def write_long_parquet(path: Path, series: Sequence[Series], days: Days, recorded_at: str | None = None) -> None:
    """Long Parquet."""
    table = long_table(series, days, recorded_at)
    pq.write_table(table, path, compression="zstd", compression_level=3, store_schema=False, version="2.6")


def write_wide_csv(path: Path, series: Sequence[Series], days: Days, recorded_at: str | None = None) -> None:
    """Wide CSV: one row for a series and day; a day without any reading has no row.

    The layout has one status for a day: it is `E` as soon as one of its readings is an estimate.
    """
    present = np.stack([each.present for each in series])
    some = np.asarray(present.any(axis=2))
    estimated = np.asarray(np.stack([each.estimated for each in series]).any(axis=2))
    kwh = np.where(present, np.stack([each.energy_wh for each in series]) / 1000.0, np.nan)[some]
    rows = [(series[which], days.dates[day]) for which, day in np.argwhere(some).tolist()]
    columns: dict[str, pl.Series] = {
        "msid": pl.Series([each.msid for each, _ in rows]),
        "measurement_quantity": pl.Series([each.measurement_quantity for each, _ in rows]),
        "settlement_date": pl.Series([day for _, day in rows]),
    }
    for period in range(PERIODS_OF_THE_LONGEST_DAY):
        columns[f"p{period + 1}"] = pl.Series(kwh[:, period]).fill_nan(None)
    columns["status"] = pl.Series(np.where(estimated[some], "E", "A"))
    if recorded_at is not None:
        columns["recorded_at"] = pl.Series([recorded_at] * len(rows))
    pl.DataFrame(columns).write_csv(path, float_precision=3)


def write_site(path: Path, site: Site, remarks: str) -> None:
    """A site as a TOML file: the remarks as comments, then the site, leaving out what is the default.

    Parameters:
        remarks: paragraphs divided by blank lines.
    """
    parts = [_comment(remarks), _table("[site]", "site", site, {})]
    parts += [_table("[[metering]]", "metering", metering, {"voltage": site.voltage}) for metering in site.metering]
    parts += [_table("[[declaration]]", "declaration", declaration, {}) for declaration in site.declarations]
    path.write_text("\n".join(parts), encoding="utf-8", newline="\n")


def _comment(text: str) -> str:
    lines: list[str] = []
    for paragraph in textwrap.dedent(text).strip().split("\n\n"):
        lines += ["#", *(f"# {line}" for line in textwrap.wrap(" ".join(paragraph.split()), width=98))]
    return "\n".join(lines[1:]) + "\n"


def _table(heading: str, table: str, record: Site | Metering | Declaration, inherited: dict[str, object]) -> str:
    defaults = {each.name: each.default for each in fields(record) if each.default is not MISSING} | inherited
    lines = [heading]
    for key in layout()[table].values():
        value = getattr(record, key.field)
        if key.field not in defaults or value != defaults[key.field]:
            lines.append(f"{key.name} = {_written(value)}")
    return "\n".join(lines) + "\n"


def _written(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case Decimal():
            return f'"{value:f}"'
        case tuple():
            return "[" + ", ".join(_written(each) for each in value) + "]"
        case _:
            # Every text of an example is plain: nothing in it needs an escape.
            return f'"{value}"'


def claim(folder: Path, own: frozenset[str]) -> None:
    """Make the folder and `readings/` in it, unless somebody else's portfolio is there.

    Parameters:
        own: names, relative to the folder, that may be there already and will be written over.

    Raises:
        HalfhourError: DM-002.
    """
    if folder.exists() and not folder.is_dir():
        raise HalfhourError("DM-002", f"{folder} is a file, not a folder.", "Name another folder.")
    held = [*folder.glob("*.toml"), *folder.glob("*.csv"), *(folder / "readings").glob("**/*")]
    foreign = sorted(name for file in held if (name := file.relative_to(folder).as_posix()) not in own)
    if foreign:
        others = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise HalfhourError(
            "DM-002",
            f"{folder} holds {foreign[0]}{others}, which would be mixed with the example.",
            "Name an empty folder, or one that does not exist yet.",
        )
    (folder / "readings").mkdir(parents=True, exist_ok=True)
