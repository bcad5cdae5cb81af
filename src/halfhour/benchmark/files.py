"""A D0036 of many MPAN-days read, checked and written as Parquet, beside a plain `csv` loop over the same file.

`python -m halfhour.benchmark.files NAME FILE FOLDER` does one of the two in a process of its own, so that its peak
memory is its own, and prints one JSON object.
"""

from __future__ import annotations

import csv
import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from halfhour.calendar import settlement_periods
from halfhour.errors import HalfhourError
from halfhour.identifiers import check_digit

DAYS = 100
"""Settlement Days of each MPAN, a clock change among them."""

START = date(2024, 1, 1)
CONTESTANTS = ("halfhour", "csv-loop")
_SHAPES = 5_000


def write_advances(path: Path, mpan_days: int) -> int:
    """Write a D0036 of so many MPAN-days, three decimals of a kWh; the same file for the same number.

    Returns:
        How many advances it holds.
    """
    chance = random.Random(1)
    values = [f"{chance.random() * 20:.3f}" for _ in range(_SHAPES)]
    days = [START + timedelta(days=number) for number in range(DAYS)]
    lines = advances = instances = 0
    with path.open("w", encoding="ascii") as stream:
        stream.write("ZHV|0000000017|D0036001|C|HHDC|X|SUPP|20250303090000||||TR01|\n")
        for number in range(max(1, mpan_days // DAYS)):
            core = f"20{number:010}"
            stream.write(f"101|{core}{check_digit(core)}|AI|SUPP|\n")
            instances += 1
            lines += 1
            for day in days:
                periods = settlement_periods(day)
                advances += periods
                lines += 1 + periods
                stream.write(f"102|{day:%Y%m%d}|\n")
                stream.write("".join(f"103|A|{value}|\n" for value in chance.choices(values, k=periods)))
        stream.write(f"ZPT|0000000017|{lines}||{instances}|20250303090000|\n")
    return advances


def run_halfhour(file: Path, folder: Path) -> dict[str, Any]:
    """Read, check every record and item, and write a typed table of each group."""
    from halfhour.formats.flows.reading import FlowReader  # noqa: PLC0415
    from halfhour.formats.flows.writing import write_tables  # noqa: PLC0415

    started = time.perf_counter()
    verdict = write_tables(FlowReader(file), "parquet", folder / "halfhour")
    took = time.perf_counter() - started
    if not verdict.accepted or len(verdict.rejected):
        raise HalfhourError("CL-006", "The benchmark's own file was not accepted.", "Report this.")
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pq.read_table(folder / "halfhour" / "103.parquet", columns=["advance_kwh"])
    total = sum((column.as_py() for column in table.column(0)), Decimal(0))
    return {"s": took, "advances": table.num_rows, "kwh": str(total.normalize())}


def run_csv_loop(file: Path, folder: Path) -> dict[str, Any]:
    """The same table by a loop over `csv.reader`: nothing is checked, whole Wh, one piece of Parquet."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    started = time.perf_counter()
    columns: dict[str, list[Any]] = {
        name: [] for name in ("mpan_core", "settlement_date", "settlement_period", "advance_indicator", "wh")
    }
    appends = [column.append for column in columns.values()]
    mpan, day, period = "", START, 0
    with file.open(newline="") as stream:
        for row in csv.reader(stream, delimiter="|"):
            if row[0] == "103":
                period += 1
                for append, value in zip(
                    appends, (mpan, day, period, row[1], int(Decimal(row[2]) * 1000)), strict=True
                ):
                    append(value)
            elif row[0] == "102":
                day, period = date(int(row[1][:4]), int(row[1][4:6]), int(row[1][6:])), 0
            elif row[0] == "101":
                mpan = row[1]
    pq.write_table(pa.table(columns), folder / "csv-loop.parquet")
    took = time.perf_counter() - started
    return {"s": took, "advances": len(columns["wh"]), "kwh": str((Decimal(sum(columns["wh"])) / 1000).normalize())}


def pieces(mpan_days: int) -> Iterator[int]:
    """The sizes that are measured: the one asked for, and a quarter of it, which needs as much memory."""
    yield from dict.fromkeys((max(DAYS, mpan_days // 4), mpan_days))


def main() -> None:
    """Run one contestant and print what was measured."""
    name, file, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    found = run_halfhour(file, folder) if name == "halfhour" else run_csv_loop(file, folder)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
