"""The example portfolio: a few sites that each show one thing, and forty homes, from October 2023 to January 2024.

The five sites of their own are TOML files, the homes are tables, and the readings are in four formats, so that every
way of giving a portfolio is to be seen once. What each site shows is in `data/remarks.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from halfhour.demo import records
from halfhour.demo.days import Days, lay_out
from halfhour.demo.files import (
    claim,
    write_long_csv,
    write_long_csv_gz,
    write_long_parquet,
    write_site,
    write_wide_csv,
)
from halfhour.demo.plants import home
from halfhour.demo.series import ExampleSite, Series, readings_of
from halfhour.demo.simulation import FixedHalfHour, Plant, check_seed
from halfhour.register.model import Declaration, Metering, Portfolio
from halfhour.register.site_tables import write_portfolio_tables

START, END = date(2023, 10, 1), date(2024, 2, 1)
"""October has the long day (the 29th) and is the last month of the interim solution; January is whole, with the months
before it for reference."""

LATE_METERS_FROM = date(2023, 12, 11)

PUBLISHED_EXAMPLE = FixedHalfHour(
    plant=0,
    settlement_date=date(2024, 1, 15),
    settlement_period=25,
    import_stor_wh=1_300_000,
    export_stor_wh=200_000,
    other_wh=2_900_000,
    export_gen_wh=1_800_000,
    both_ways_wh=300_000,
)
"""The worked example of the P395 proposal (Tables 5 to 8); the boundary follows: 2.5 MWh in, 0.3 MWh out."""

_BEFORE_THE_EXAMPLE = (
    (range(1, 11), 2_600_000, 0),
    (range(11, 15), 0, 0),
    (range(15, 20), 0, 1_600_000),
    (range(20, 25), 0, 0),
)
"""Periods of that morning, what the battery takes and what it gives [Wh]: filled, then half emptied, so that there is
room and charge for the example whatever the seed."""

RECORDED_AT = "2024-02-05T08:00:00Z"
"""Stated in every file, so that a run as known at a moment means the same whenever the example was written."""

CORRECTIONS_RECORDED_AT = "2024-02-20T09:30:00Z"

HOMES = 40
METERED_EXEMPT_HOMES = 8
FIRST_AGGREGATED_HOME = 35

_HOME_NUMBERS_FROM = 100

OWN_FILES = frozenset(
    {
        *(f"{name}.toml" for name in ("figure-1", "stand-alone-battery", "private-network", "late-meter", "gaps")),
        *("sites.csv", "metering.csv", "declarations.csv", "README.md"),
        *(f"readings/{name}" for name in ("figure-1.csv", "stand-alone-battery.csv", "private-network.csv.gz")),
        *(f"readings/{name}" for name in ("late-meter.csv", "gaps.csv", "corrections.csv", "homes.parquet")),
    }
)


@cache
def _remarks() -> dict[str, str]:
    return tomllib.loads(files("halfhour.demo").joinpath("data/remarks.toml").read_text(encoding="utf-8"))


def example_half_hours() -> list[FixedHalfHour]:
    """The published example and the morning that leads to it."""
    morning = [
        replace(
            PUBLISHED_EXAMPLE,
            settlement_period=period,
            import_stor_wh=taken,
            export_stor_wh=given,
            other_wh=None,
            export_gen_wh=None,
            both_ways_wh=None,
        )
        for periods, taken, given in _BEFORE_THE_EXAMPLE
        for period in periods
    ]
    return [*morning, PUBLISHED_EXAMPLE]


def figure_1_site() -> ExampleSite:
    """The site of the published example; it must be the first plant simulated."""
    plant = Plant(
        number=1,
        gsp_group="_H",
        load_shape="factory",
        mean_load_w=4.0e6,
        solar_w=8.0e6,
        battery_w=8.0e6,
        battery_wh=16.0e6,
        round_trip=0.88,
        trading_days=0.6,
        peak_shaving_days=0.25,
        frequency_response=0.05,
    )
    metering = (
        records.boundary(plant, "ALFA"),
        records.generation(plant, "Meter 2", licensed=True, own_use=True),
        records.storage(plant, "Meter 3", licensed=True),
    )
    declared = records.asset_declaration(metering, "ALFA")
    return ExampleSite(
        records.site_record("figure-1", "Longmead Works", plant, "HV", metering, (declared,)), plants=(plant,)
    )


def _stand_alone_battery() -> ExampleSite:
    plant = Plant(
        number=2,
        gsp_group="_M",
        load_shape="factory",
        mean_load_w=0.0,
        battery_w=20.0e6,
        battery_wh=20.0e6,
        round_trip=0.87,
        trading_days=1.0,
        frequency_response=0.10,
    )
    metering = (replace(records.boundary(plant, "BRVO"), capacity_kw=records.kilowatts(plant.battery_w)),)
    declarations = records.stand_alone_declarations("BRVO")
    return ExampleSite(
        records.site_record("stand-alone-battery", "Thornholme Storage", plant, "EHV", metering, declarations),
        plants=(plant,),
    )


def _private_network() -> ExampleSite:
    owner = Plant(number=3, gsp_group="_C", load_shape="office", mean_load_w=120e3)
    plants = (
        owner,
        replace(owner, part=1, load_shape="retail", mean_load_w=60e3),
        replace(owner, part=2, load_shape="retail", mean_load_w=9e3),
        replace(owner, part=3, load_shape="office", mean_load_w=35e3),
    )
    metering = (
        records.boundary(owner, "CHLY", exports=False),
        records.tenant(plants[1], "Unit 1", "DLTA", losses=Decimal("0.02")),
        records.tenant(plants[2], "Unit 1a", "BRVO", losses=Decimal("0.005"), parent="Unit 1"),
        records.tenant(plants[3], "Unit 2", "ECHO"),
    )
    declared = records.network_declaration(metering, "CHLY")
    return ExampleSite(
        records.site_record("private-network", "Wharf Court Estate", owner, "HV", metering, (declared,)), plants
    )


def _late_meter() -> ExampleSite:
    plant = Plant(
        number=4,
        gsp_group="_L",
        load_shape="retail",
        mean_load_w=150e3,
        solar_w=500e3,
        battery_w=250e3,
        battery_wh=500e3,
        trading_days=0.3,
        peak_shaving_days=0.4,
    )
    metering = (
        records.boundary(plant, "ECHO"),
        records.generation(plant, "Solar", licensed=True, own_use=True, effective_from=LATE_METERS_FROM),
        records.storage(plant, "Battery", licensed=True, effective_from=LATE_METERS_FROM),
    )
    declared = records.asset_declaration(metering, "ECHO", start=LATE_METERS_FROM)
    return ExampleSite(
        records.site_record("late-meter", "Tavyford Retail Park", plant, "HV", metering, (declared,)), plants=(plant,)
    )


def _gaps() -> ExampleSite:
    plant = Plant(
        number=5,
        gsp_group="_E",
        load_shape="office",
        mean_load_w=90e3,
        solar_w=300e3,
        battery_w=150e3,
        battery_wh=300e3,
        trading_days=0.4,
        peak_shaving_days=0.4,
    )
    metering = (
        records.boundary(plant, "DLTA"),
        records.generation(plant, "Solar", licensed=True, own_use=False),
        records.storage(plant, "Battery", licensed=True),
    )
    declared = records.asset_declaration(metering, "DLTA")
    return ExampleSite(records.site_record("gaps", "Mercia House", plant, "HV", metering, (declared,)), plants=(plant,))


def _home(seed: int, number: int) -> ExampleSite:
    plant = replace(
        home(seed, _HOME_NUMBERS_FROM + number), gsp_group="_A" if number <= HOMES // 2 else "_L", solar_w=3_680.0
    )
    if number <= METERED_EXEMPT_HOMES or number >= FIRST_AGGREGATED_HOME:
        plant = replace(plant, battery_w=3_600.0, battery_wh=7_200.0)
    supplier = "DLTA" if number <= HOMES // 2 else "ECHO"
    aggregated = number >= FIRST_AGGREGATED_HOME
    metering: tuple[Metering, ...] = (records.boundary(plant, supplier),)
    declarations: tuple[Declaration, ...] = ()
    exempt_w = plant.solar_w + (0.0 if aggregated else plant.battery_w)
    if number <= METERED_EXEMPT_HOMES or aggregated:
        store = records.storage(plant, "Battery", licensed=aggregated)
        panels = records.generation(plant, "Solar", licensed=False, own_use=False)
        if aggregated:
            declarations = (records.asset_declaration((*metering, store), supplier),)
        metering = (*metering, store, panels)
    return ExampleSite(
        records.site_record(
            f"home-{number:02d}",
            f"Home {number}",
            plant,
            "LV",
            metering,
            declarations,
            exempt_capacity_kw=records.kilowatts(exempt_w),
        ),
        plants=(plant,),
    )


def _gaps_and_corrections(complete: Sequence[Series], days: Days) -> tuple[list[Series], list[Series]]:
    """The readings of `gaps` as they first arrived, and the later file that puts some of them right.

    What is missing or estimated, and what of it is corrected, is told in `data/remarks.toml`.
    """
    boundary_import, boundary_export, solar, battery_import, battery_export = range(5)
    first = [
        replace(each, energy_wh=each.energy_wh.copy(), present=each.present.copy(), estimated=each.estimated.copy())
        for each in complete
    ]
    later = [replace(each, present=np.zeros_like(each.present)) for each in complete]

    def at(day: date) -> int:
        return days.dates.index(day)

    first[boundary_import].present[at(date(2023, 11, 20)), 11:15] = False

    first[solar].present[at(date(2023, 12, 5))] = False
    later[solar].present[at(date(2023, 12, 5))] = complete[solar].present[at(date(2023, 12, 5))]

    for each in (battery_import, battery_export):
        first[each].present[at(date(2023, 12, 18)), 29:34] = False

    for day, week_before in ((date(2024, 1, 10), date(2024, 1, 3)), (date(2024, 1, 11), date(2024, 1, 4))):
        for each in (boundary_import, boundary_export):
            first[each].energy_wh[at(day)] = complete[each].energy_wh[at(week_before)]
            first[each].estimated[at(day)] = first[each].present[at(day)]
    for each in (boundary_import, boundary_export):
        later[each].present[at(date(2024, 1, 10))] = complete[each].present[at(date(2024, 1, 10))]
    return first, later


def write_demo(folder: Path, seed: int = 1) -> None:
    """Write the example portfolio into a folder: 45 sites with readings from 1 October 2023 to 31 January 2024.

    The same seed gives the same bytes. Files of an earlier example in the folder are written over.

    Parameters:
        folder: made where it does not exist.
        seed: of everything that is drawn.

    Raises:
        HalfhourError: DM-002 where the folder holds another portfolio, DM-006 seed.
    """
    check_seed(seed)
    claim(folder, OWN_FILES)
    days = lay_out(START, END)
    own = [figure_1_site(), _stand_alone_battery(), _private_network(), _late_meter(), _gaps()]
    homes = [_home(seed, number) for number in range(1, HOMES + 1)]
    series = {site.id: found for site, found in readings_of([*own, *homes], days, seed, example_half_hours())}

    for example in own:
        write_site(folder / f"{example.site.id}.toml", example.site, _remarks()[example.site.id])
    write_portfolio_tables(Portfolio(folder, tuple(example.site for example in homes)), folder)
    (folder / "README.md").write_text(_remarks()["readme"], encoding="utf-8", newline="\n")

    readings = folder / "readings"
    write_long_csv(readings / "figure-1.csv", series["figure-1"], days, RECORDED_AT)
    write_wide_csv(readings / "stand-alone-battery.csv", series["stand-alone-battery"], days, RECORDED_AT)
    write_long_csv_gz(readings / "private-network.csv.gz", series["private-network"], days, RECORDED_AT)
    write_wide_csv(readings / "late-meter.csv", series["late-meter"], days, RECORDED_AT)
    first, later = _gaps_and_corrections(series["gaps"], days)
    write_long_csv(readings / "gaps.csv", first, days, RECORDED_AT)
    write_long_csv(readings / "corrections.csv", later, days, CORRECTIONS_RECORDED_AT)
    of_homes = [each for example in homes for each in series[example.site.id]]
    write_long_parquet(readings / "homes.parquet", of_homes, days, RECORDED_AT)
