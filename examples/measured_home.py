"""Two sites from measured half hours, settled under every edition.

    python examples/measured_home.py OUT [--data ../shared/data]

`measured-home` is one real home with panels: consumption and generation were measured gross, each by itself, so its
boundary is worked out here by netting within each half hour. `river-park` is a small business park put together from
that home's consumption times 200, a measured river hydro plant and a simulated battery.

Source of the readings: Ausgrid, Solar home electricity data, customer 12, 2011/12 (CC BY 4.0, as published in
pierre-haessig/ausgrid-solar-data), and themathedges/3YP (MIT) for the hydro plant. Neither has a GB MPAN; those written
here are well-formed and belong to nobody.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import halfhour as hh
from halfhour.calendar import period_start_local
from halfhour.reports import write_report
from halfhour.rules.registry import IN_FORCE, editions

HOME_FILE = "solar_home_2011-07_2012-06.csv"
HYDRO_FILE = "river_hydro_30min.csv"

HOME_DAYS = (date(2011, 7, 1), date(2012, 7, 1))
PARK_DAYS = (date(2024, 1, 1), date(2024, 4, 1))
"""A quarter with a short day in it, all of it after the On-Site Energy Allocation Methodology came into force."""

LOAD_TIMES = 200
BATTERY_POWER_WH, BATTERY_WH, ROUND_TRIP = 150_000, 800_000, Decimal("0.88")
"""300 kW for two hours and forty minutes."""

HOME = """\
[site]
id = "measured-home"
name = "Measured home with panels"
gsp_group = "_H"
voltage = "LV"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "2000000001028"
export = "2000000001037"
bm_unit = "2__HALFA001"
supplier = "ALFA"

[[metering]]
name = "Panels"
at = "generation"
licensed = {licensed}
export = "7700000001079"
"""

HOME_DECLARATION = """
[[declaration]]
kind = "emr-amsid"
metering = ["Meter 1", "Panels"]
by = "ALFA"
"""

PARK = """\
[site]
id = "river-park"
name = "Business park with river hydro and a battery"
gsp_group = "_H"
voltage = "HV"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "2000000002021"
export = "2000000002030"
bm_unit = "2__HALFA001"
supplier = "ALFA"

[[metering]]
name = "River hydro"
at = "generation"
licensed = true
export = "7700000002072"

[[metering]]
name = "Battery"
at = "storage"
licensed = true
import = "7700000002045"
export = "7700000002054"

[[declaration]]
kind = "emr-amsid"
metering = ["Meter 1", "River hydro", "Battery"]
by = "ALFA"
"""


@dataclass(frozen=True)
class Measured:
    """A measured half hour: when it began by the clock on the wall, and the energy of each quantity [Wh]."""

    start: datetime
    wh: tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """A reading of a Settlement Period, as a readings file has it; `status` is A (actual) or E (estimated)."""

    msid: str
    measurement_quantity: str
    settlement_date: date
    settlement_period: int
    wh: int
    status: str = "A"


def read_home(data: Path) -> list[Measured]:
    """Consumption and generation of the home, gross, 48 half hours a day without clock changes."""
    with (data / "readings" / HOME_FILE).open(encoding="utf-8", newline="") as stream:
        return [
            Measured(
                datetime.fromisoformat(row["period_start_local"]),
                (whole_wh(row["consumption_kwh"]), whole_wh(row["generation_kwh"])),
            )
            for row in csv.DictReader(stream)
        ]


def read_hydro(data: Path) -> list[Measured]:
    """Output of the hydro plant: mean power in kW, so half of it in kWh, in each half hour.

    The file has 952 half hours of May and June 2018 twice, each time with the same value; one of the two is kept.

    Raises:
        ValueError: the same half hour with two values.
    """
    found: dict[datetime, int] = {}
    with (data / "readings" / HYDRO_FILE).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            start, wh = datetime.fromisoformat(row["period_start"]), whole_wh(row["generator_active_power_kw"], 2)
            if found.setdefault(start, wh) != wh:
                raise ValueError(f"{HYDRO_FILE} has two values for {start}")
    return [Measured(start, (wh,)) for start, wh in sorted(found.items())]


def whole_wh(kilo: str, divided_by: int = 1) -> int:
    """Thousands of watts or watt-hours as whole Wh, half to even."""
    return int((Decimal(kilo) * 1000 / divided_by).quantize(Decimal(1), ROUND_HALF_EVEN))


def settlement_half_hours(start: date, end: date) -> list[tuple[date, int]]:
    """Every Settlement Date and Settlement Period from `start` to `end` (excluded)."""
    days = [start + timedelta(days=number) for number in range((end - start).days)]
    return [(day, period) for day in days for period in range(1, hh.settlement_periods(day) + 1)]


def by_clock_label(measured: Sequence[Measured], start: date, end: date) -> list[tuple[date, int, Measured, str]]:
    """Measured half hours laid onto Settlement Periods by what the clock on the wall shows when they begin.

    The measured days have 48 half hours each; GB has two days a year that do not. On the short day (46 periods) the
    two labels that the clock skips have no Settlement Period and are dropped. On the long day (50) the hour that the
    clock shows twice was measured once: its second showing gets a copy, with the status of an estimate.
    """
    by_label = {one.start: one for one in measured}
    laid = []
    taken: set[datetime] = set()
    for day, period in settlement_half_hours(start, end):
        label = period_start_local(day, period).replace(tzinfo=None)
        laid.append((day, period, by_label[label], "E" if label in taken else "A"))
        taken.add(label)
    return laid


def home_readings(measured: Sequence[Measured]) -> list[Reading]:
    """Boundary and panels of the home: what consumption exceeds generation is imported, and the reverse exported."""
    readings = []
    for day, period, one, status in by_clock_label(measured, *HOME_DAYS):
        consumed, generated = one.wh
        net = consumed - generated
        readings += [
            Reading("2000000001028", "AI", day, period, max(0, net), status),
            Reading("2000000001037", "AE", day, period, max(0, -net), status),
            Reading("7700000001079", "AE", day, period, generated, status),
        ]
    return readings


def battery(load: Sequence[int], hydro: Sequence[int], hours: Sequence[float]) -> list[tuple[int, int]]:
    """Energy into and out of a battery [Wh] that takes what it sees: never both ways in one half hour.

    It takes surplus water and cheap night energy, covers the park from 16:00 to 17:30 and from 19:00 to 20:00, and
    sells at full power in between. The loss is booked on charging.
    """
    stored, moved = 0, []
    for demand, water, hour in zip(load, hydro, hours, strict=True):
        into = out = 0
        if 16 <= hour < 20:
            wanted = BATTERY_POWER_WH if 17.5 <= hour < 19 else max(0, demand - water)
            out = min(wanted, BATTERY_POWER_WH, stored)
        else:
            wanted = BATTERY_POWER_WH if hour < 5 else max(0, water - demand)
            into = min(wanted, BATTERY_POWER_WH, int((BATTERY_WH - stored) / ROUND_TRIP))
        stored += int(into * ROUND_TRIP) - out
        moved.append((into, out))
    return moved


def park_readings(home: Sequence[Measured], hydro: Sequence[Measured]) -> list[Reading]:
    """Boundary, hydro and battery of the park.

    The two measurements are of different years. They are laid onto one GB quarter by position: its first half hour
    takes the home's first (midnight of 1 July, winter there) and the plant's first midnight, and so on.
    """
    half_hours = settlement_half_hours(*PARK_DAYS)
    midnight = next(number for number, one in enumerate(hydro) if one.start.hour == one.start.minute == 0)
    load = [LOAD_TIMES * one.wh[0] for one in home[: len(half_hours)]]
    water = [one.wh[0] for one in hydro[midnight : midnight + len(half_hours)]]
    starts = [period_start_local(day, period) for day, period in half_hours]
    moved = battery(load, water, [start.hour + start.minute / 60 for start in starts])
    readings = []
    for (day, period), demand, generated, (into, out) in zip(half_hours, load, water, moved, strict=True):
        net = demand + into - out - generated
        readings += [
            Reading("2000000002021", "AI", day, period, max(0, net)),
            Reading("2000000002030", "AE", day, period, max(0, -net)),
            Reading("7700000002072", "AE", day, period, generated),
            Reading("7700000002045", "AI", day, period, into),
            Reading("7700000002054", "AE", day, period, out),
        ]
    return readings


def write_portfolio(folder: Path, name: str, site: str, readings: Sequence[Reading]) -> Path:
    """A portfolio of one site with its readings in the long form."""
    (folder / "readings").mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(site, encoding="utf-8")
    with (folder / "readings" / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["msid", "measurement_quantity", "settlement_date", "settlement_period", "kwh", "status"])
        for one in readings:
            kwh = f"{one.wh // 1000}.{one.wh % 1000:03}"
            writer.writerow(
                [one.msid, one.measurement_quantity, one.settlement_date, one.settlement_period, kwh, one.status]
            )
    return folder


def write_measured_home(folder: Path, data: Path, *, licensed: bool) -> Path:
    """The home's portfolio: its panels operated under a generation licence and declared, or exempt and not declared."""
    site = HOME.format(licensed="true" if licensed else "false") + (HOME_DECLARATION if licensed else "")
    return write_portfolio(folder, "measured-home", site, home_readings(read_home(data)))


def write_river_park(folder: Path, data: Path) -> Path:
    """The park's portfolio, everything licensed and declared."""
    return write_portfolio(folder, "river-park", PARK, park_readings(read_home(data), read_hydro(data)))


def settle_under_every_edition(folder: Path, out: Path) -> dict[str, hh.Run]:
    """A run of the portfolio under the edition in force and under each edition, each with its report."""
    portfolio = hh.load_portfolio(folder)
    return {
        name: hh.settle(portfolio, edition=name, out=out / name, finish=write_report)
        for name in (IN_FORCE, *editions())
    }


def print_totals(title: str, runs: dict[str, hh.Run]) -> None:
    """Import at the boundary, and what of it is chargeable, in MWh by edition."""
    print(f"\n{title}\n{'edition':<20}{'import':>12}{'chargeable':>12}{'not charg.':>12}   MWh")
    for name, run in runs.items():
        sums = run.site_days.select("import_bp_wh", "chargeable_wh", "non_chargeable_wh").sum().row(0)
        print(f"{name:<20}" + "".join(f"{Decimal(wh).scaleb(-6):>12.3f}" for wh in sums))


def main() -> None:
    """Write the portfolios, settle them, write the reports, print the totals."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder to write into")
    parser.add_argument("--data", type=Path, default=beside, help="folder of the shared data (default: %(default)s)")
    given = parser.parse_args()
    if not (given.data / "readings" / HOME_FILE).is_file():
        parser.error(f"{given.data} does not hold readings/{HOME_FILE}; name the folder of the shared data with --data")
    portfolios = {
        "Home, panels exempt": write_measured_home(given.out / "home-exempt", given.data, licensed=False),
        "Home, panels licensed": write_measured_home(given.out / "home-licensed", given.data, licensed=True),
        "Business park": write_river_park(given.out / "river-park", given.data),
    }
    for title, folder in portfolios.items():
        print_totals(title, settle_under_every_edition(folder, folder / "runs"))
    print(f"\nReports: {given.out}/*/runs/*/report.html")


if __name__ == "__main__":
    main()
