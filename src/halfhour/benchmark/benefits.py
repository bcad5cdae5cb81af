"""A year of half hours of many plants under all routes, beside a plain loop over decimals.

`python -m halfhour.benchmark.benefits write PLANTS FOLDER` makes the input; then `python -m halfhour.benchmark.benefits
NAME PLANTS FOLDER` runs one contestant in a process of its own, so that its peak memory is its own, and prints one JSON
object. The loop does what a careful script would: each component once per half hour, exact, shared by the routes; it
reads no plant file and writes no table.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import date, timedelta
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from halfhour.calendar import settlement_periods
from halfhour.errors import HalfhourError

YEAR, START, DAYS = "2020/21", date(2020, 4, 1), 365
CONTESTANTS = ("halfhour", "decimal-loop")
_GROUPS = ("_L", "_H", "_E", "_A")
_PLANT = """\
[plant]
id = "plant-{number:04}"
technology = "wind"
connection = "embedded"
area = "NGET"
gsp_group = "{group}"
registered_capacity_mw = 20
licence_status = "exemptible"
licence_reference = "benchmark"
host_network_connected = true

[owner]
bsc_party = true
cusc_signatory = true

[supplier]
cusc_signatory = true

[trading_party]
cusc_signatory = true
"""


def half_hours_of_year() -> list[tuple[date, int]]:
    """Every half hour of the charging year."""
    days = [START + timedelta(days=number) for number in range(DAYS)]
    return [(day, period) for day in days for period in range(1, settlement_periods(day) + 1)]


def write_input(folder: Path, plants: int) -> int:
    """Write plant files, their half hours as one Parquet file, and a market; the same for the same number.

    Returns:
        How many half hours of plants it holds.
    """
    import numpy as np  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    (folder / "plants").mkdir(parents=True, exist_ok=True)
    hours = half_hours_of_year()
    chance = np.random.default_rng(1)
    days = pa.array([day for day, _ in hours], pa.date32())
    periods = pa.array([period for _, period in hours], pa.int8())
    fields = [("plant", pa.string()), ("settlement_date", pa.date32()), ("settlement_period", pa.int8())]
    schema = pa.schema([*fields, ("export_wh", pa.int64()), ("llf_export", pa.decimal128(5, 3))])
    factor = pa.array([Decimal("1.018")] * len(hours), pa.decimal128(5, 3))
    with pq.ParquetWriter(folder / "half-hours.parquet", schema) as writer:
        for number in range(plants):
            text = _PLANT.format(number=number, group=_GROUPS[number % len(_GROUPS)])
            (folder / "plants" / f"plant-{number:04}.toml").write_text(text, encoding="utf-8")
            export = pa.array(chance.integers(0, 10_000_001, len(hours)))
            plant = pa.array([f"plant-{number:04}"] * len(hours))
            writer.write_table(pa.table([plant, days, periods, export, factor], schema=schema))
    market = {
        "settlement_date": [day for day, _ in hours],
        "settlement_period": [period for _, period in hours],
        "base_tu_delivering": chance.random(len(hours)) < 0.1,
        **{
            name: [f"{Decimal(int(value)).scaleb(-decimals):f}" for value in chance.integers(low, high, len(hours))]
            for name, decimals, low, high in (
                ("tlf", 7, -100_000, 100_000),
                ("tlmo_off", 7, 50_000, 150_000),
                ("tlmo_del", 7, -150_000, -50_000),
                ("system_price", 5, -5_000_000, 30_000_000),
                ("bsuos_price", 5, 0, 1_000_000),
                ("rcrc_rate", 7, -10_000_000, 10_000_000),
            )
        },
    }
    pl.DataFrame(market).write_csv(folder / "market.csv")
    return plants * len(hours)


def run_halfhour(folder: Path) -> dict[str, Any]:
    """Everything that the command does: plant files, half hours, market, all routes, both tables written."""
    from halfhour.charges.benefits import Market  # noqa: PLC0415
    from halfhour.charges.benefits.fleet import compare_fleet, read_plant_folder  # noqa: PLC0415

    started = time.perf_counter()
    market = Market().read(folder / "market.csv")
    plants = read_plant_folder(folder / "plants")
    fleet = compare_fleet(plants, folder / "half-hours.parquet", market)
    fleet.benefit_year.write_parquet(folder / "benefit_year.parquet")
    fleet.route_summary.write_parquet(folder / "route_summary.parquet")
    took = time.perf_counter() - started
    own = fleet.route_summary.filter(route="OWN_RIGHT")
    if own.height != fleet.plants or own["gross_gbp"].null_count():
        raise HalfhourError("CL-006", "The benchmark's own plants were not priced.", "Report this.")
    gross = dict(own.select("plant", "gross_gbp").iter_rows())
    return {"s": took, "plants": fleet.plants, "half_hours": fleet.half_hours, "gross": _text(gross)}


def run_decimal_loop(folder: Path, plants: int) -> dict[str, Any]:
    """The first plants of the same file by a loop over half hours, in decimals."""
    import polars as pl  # noqa: PLC0415

    from halfhour.charges.levies import EXACT  # noqa: PLC0415
    from halfhour.charges.tnuos import export_tariff  # noqa: PLC0415
    from halfhour.charges.triads import triads  # noqa: PLC0415

    ids = [f"plant-{number:04}" for number in range(plants)]
    table = pl.scan_parquet(folder / "half-hours.parquet").filter(pl.col("plant").is_in(ids)).collect()
    by_plant = table.partition_by("plant", as_dict=True)
    market = {
        (row["settlement_date"], int(row["settlement_period"])): row
        for row in pl.read_csv(folder / "market.csv", infer_schema=False).iter_rows(named=True)
    }
    started = time.perf_counter()
    at_triads = {one.half_hour for one in triads(YEAR)}
    gross: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for number, plant_id in enumerate(ids):
            tariff = export_tariff(YEAR, _GROUPS[number % len(_GROUPS)]).value
            losses = bsuos = rcrc = triad_mwh = Decimal(0)
            for _, day, period, export_wh, llf in by_plant[(plant_id,)].iter_rows():
                one = market[day.isoformat(), period]
                qm = Decimal(export_wh) * Decimal("0.000001") * llf
                delivering = one["base_tu_delivering"] == "true"
                base = 1 + Decimal(one["tlf"])
                tlm_del = base + Decimal(one["tlmo_del"])
                tlm = tlm_del if delivering else base + Decimal(one["tlmo_off"])
                sign = 1 if delivering else -1
                losses += qm * (tlm - tlm_del) * Decimal(one["system_price"])
                bsuos -= Decimal(one["bsuos_price"]) * sign * qm * tlm
                rcrc += Decimal(one["rcrc_rate"]) * sign * qm * tlm
                if (day, period) in at_triads:
                    triad_mwh += qm
            gross[plant_id] = losses + bsuos + rcrc + _third(2000 * triad_mwh * tariff)
    took = time.perf_counter() - started
    return {"s": took, "plants": plants, "half_hours": table.height, "gross": _text(gross)}


def _third(amount: Decimal) -> Decimal:
    from halfhour.charges.exact import QUOTIENT  # noqa: PLC0415

    return QUOTIENT.divide(amount, Decimal(3))


def _text(gross: dict[str, Decimal]) -> dict[str, str]:
    from halfhour.charges.exact import display_gbp  # noqa: PLC0415

    return {plant: str(display_gbp(amount)) for plant, amount in sorted(gross.items())}


def main() -> None:
    """Write the input, or run one contestant and print what was measured."""
    name, plants, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if name == "write":
        found: dict[str, Any] = {"half_hours": write_input(folder, plants)}
    else:
        found = run_halfhour(folder) if name == "halfhour" else run_decimal_loop(folder, plants)
        found["ms_per_plant_year"] = found["s"] / found["plants"] * 1000
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
