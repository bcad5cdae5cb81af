"""Large made-up portfolios as tables, written block by block: memory is bounded by a block of sites."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from halfhour.demo.days import Days, lay_out
from halfhour.demo.files import claim, write_long_csv, write_long_parquet, write_wide_csv
from halfhour.demo.plants import Archetype, plants_of
from halfhour.demo.records import (
    asset_declaration,
    boundary,
    generation,
    kilowatts,
    network_declaration,
    site_record,
    stand_alone_declarations,
    storage,
    supplier_of,
    tenant,
)
from halfhour.demo.series import ExampleSite, Series, readings_of
from halfhour.demo.simulation import Plant, check_seed
from halfhour.errors import HalfhourError
from halfhour.register.model import Metering, Portfolio, Site
from halfhour.register.site_tables import write_portfolio_tables

ReadingsFormat = Literal["long-csv", "wide-csv", "long-parquet"]

SITE_DAYS_AT_A_TIME = 8_000
"""About two million readings: some 200 MB while they are made and written."""

MOST_SITES = 10_000_000

_TENANT_LOSSES = (None, Decimal("0.02"), Decimal("0.005"), None)
"""Of the first, second, third and fourth tenant of a network; None = not scaled."""

_Writer = Callable[[Path, list[Series], Days], None]

_WRITERS: dict[ReadingsFormat, tuple[str, _Writer]] = {
    "long-csv": ("csv", write_long_csv),
    "wide-csv": ("csv", write_wide_csv),
    "long-parquet": ("parquet", write_long_parquet),
}


def write_portfolio(folder: Path, sites: int, seed: int, start: date, end: date, readings: ReadingsFormat) -> None:
    """Write a portfolio of many sites as `sites.csv`, `metering.csv`, `declarations.csv` and files below `readings/`.

    Four sites in five are businesses with licensed battery and panels and an EMR AMSID Declaration; the rest are homes,
    stand-alone batteries and private networks. What a site is and reads depends on the seed, its number and `start`.

    Parameters:
        folder: made where it does not exist; must hold no portfolio yet.
        sites: how many, 1 to ten million.
        start, end: Settlement Days, `end` not included.
        readings: their format; every file holds the sites of one block.

    Raises:
        HalfhourError: DM-001 no day, DM-002 folder in use, DM-004 number of sites, DM-005 unknown format,
            DM-006 seed.
    """
    if not 1 <= sites <= MOST_SITES:
        raise HalfhourError("DM-004", f"A portfolio of {sites} sites cannot be made.", f"Give 1 to {MOST_SITES} sites.")
    if readings not in _WRITERS:
        raise HalfhourError("DM-005", f"{readings!r} is not a format of readings.", f"Use {', '.join(_WRITERS)}.")
    check_seed(seed)
    days = lay_out(start, end)
    claim(folder, own=frozenset())
    ending, write = _WRITERS[readings]
    at_a_time = max(1, SITE_DAYS_AT_A_TIME // len(days.dates))
    records: list[Site] = []
    for part, first in enumerate(range(1, sites + 1, at_a_time)):
        block = [_site(seed, number) for number in range(first, min(first + at_a_time, sites + 1))]
        series = [each for _, found in readings_of(block, days, seed) for each in found]
        write(folder / "readings" / f"part-{part:05d}.{ending}", series, days)
        records += [member.site for member in block]
    write_portfolio_tables(Portfolio(folder, tuple(records)), folder)


def _site(seed: int, number: int) -> ExampleSite:
    archetype, plants = plants_of(seed, number)
    return ExampleSite(_record(archetype, plants), tuple(plants))


def _record(archetype: Archetype, plants: list[Plant]) -> Site:
    plant = plants[0]
    number, supplier = plant.number, supplier_of(plant.number)
    site_id = f"site-{number:07d}"
    match archetype:
        case "business":
            metering: tuple[Metering, ...] = (
                boundary(plant, supplier),
                storage(plant, "Battery", licensed=True),
                generation(plant, "Solar", licensed=True, own_use=False),
            )
            declared = asset_declaration(metering, supplier)
            return site_record(site_id, f"Business {number}", plant, "HV", metering, (declared,))
        case "home":
            exempt = kilowatts(plant.solar_w + plant.battery_w)
            metering = (boundary(plant, supplier),)
            return site_record(site_id, f"Home {number}", plant, "LV", metering, exempt_capacity_kw=exempt)
        case "battery":
            metering = (boundary(plant, supplier),)
            return site_record(site_id, f"Battery {number}", plant, "EHV", metering, stand_alone_declarations(supplier))
        case "private-network":
            tenants = zip(plants[1:], _TENANT_LOSSES, strict=False)
            metering = (
                boundary(plant, supplier, exports=False),
                *(tenant(each, f"Unit {each.part}", supplier_of(number + each.part), loss) for each, loss in tenants),
            )
            return site_record(
                site_id, f"Estate {number}", plant, "HV", metering, (network_declaration(metering, supplier),)
            )
