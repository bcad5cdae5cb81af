"""Writes files of market data for the tests: Market Domain Data, line loss factors in both forms, dated tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from halfhour.calendar import settlement_periods
from halfhour.market_data.columns import mdd_tables

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"

shared_data = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not (DATA / "mdd").is_dir(), reason=f"the shared data are not at {DATA}"),
]

LLFC_1 = ("LOND", "R", "01/04/1996", "1", "01/04/1996", "Domestic", "A", "")
LLFC_10B = ("LOND", "R", "01/04/1996", "10B", "01/04/2020", "Band 3", "C", "31/03/2025")


def mdd_text(table: str, rows: Iterable[Sequence[str]], *, end: str = "\n", quoted: bool = True) -> str:
    """A table of Market Domain Data as it is published."""
    text = io.StringIO(newline="")
    columns = [column.header for column in mdd_tables()[table].columns if not column.optional]
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator=end)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def write_mdd(
    folder: Path,
    table: str,
    version: int | None,
    rows: Iterable[Sequence[str]],
    *,
    end: str = "\n",
    quoted: bool = True,
) -> Path:
    """The same as a file with its usual name, without a version if there is none."""
    suffix = "" if version is None else f"_{version}"
    path = folder / f"{mdd_tables()[table].file}{suffix}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(mdd_text(table, rows, end=end, quoted=quoted), encoding="utf-8", newline="")
    return path


def write_extract(path: Path, days: Iterable[tuple[str, date, str]]) -> Path:
    """Line loss factors as a table: class, day and the one factor of all its Settlement Periods."""
    lines = ["llfc,description,settlement_date,n_periods," + ",".join(f"llf_sp{n}" for n in range(1, 51))]
    for llfc, day, factor in days:
        periods = settlement_periods(day)
        cells = [factor] * periods + [""] * (50 - periods)
        lines.append(f"{llfc},some class,{day},{periods},{','.join(cells)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


HEADER = "ZHD||D0265001|R|LOND|G|CAPG|20251021141250||||OPER"


def checksum(records: Iterable[bytes]) -> int:
    """The exclusive-or of the handbook's page on file formats, section 2."""
    found = 0
    for record in records:
        padded = record + b"\0" * (-len(record) % 4)
        for at in range(0, len(padded), 4):
            found ^= int.from_bytes(padded[at : at + 4], "big")
    return found


def pool_transfer(body: Sequence[str], header: str = HEADER) -> bytes:
    """A D0265 with count and checksum for these records."""
    records = [record.encode() for record in body]
    summed = header.replace("||D0265", "|D0265").removesuffix("||||OPER").encode()
    trailer = f"ZPT|{len(body) + 2}|{checksum([summed, *records])}"
    return "\n".join([header, *body, trailer, ""]).encode()


def class_day(llfc: str, day: date, factor: str) -> list[str]:
    """The records of one class on one day."""
    periods = range(1, settlement_periods(day) + 1)
    return [f"LLF|{llfc}", f"SDT|{day:%Y%m%d}", *(f"SPL|{period}|{factor}" for period in periods)]


def each_day(first: date, count: int) -> list[date]:
    """So many days from the first."""
    return [first + timedelta(days=number) for number in range(count)]
