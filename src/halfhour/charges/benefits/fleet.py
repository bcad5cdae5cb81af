"""Many plants at once: every plant file of a folder, their half hours from one table, the same market for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from halfhour.charges.benefits.columns import half_hour_of
from halfhour.charges.benefits.comparison import compare_routes
from halfhour.charges.benefits.half_hours import HalfHours
from halfhour.charges.benefits.market import Market
from halfhour.charges.benefits.reading import PLANTS_AT_ONCE, read_plants
from halfhour.charges.benefits.results import RouteComparison
from halfhour.charges.benefits.tables import summary_frame, year_frame
from halfhour.errors import HalfhourError
from halfhour.market_data.embedded import charging_year_days, charging_year_of
from halfhour.plant import Plant, read_plant

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Fleet:
    """The tables of all plants; `benefit_year` and `route_summary` have a first column `plant`."""

    benefit_year: pl.DataFrame
    route_summary: pl.DataFrame
    plants: int
    half_hours: int


def read_plant_folder(folder: Path) -> dict[str, Plant]:
    """The plants of a folder's TOML files, by id.

    Raises:
        HalfhourError: EB-306 there is none, or two have one id; what `read_plant` raises.
    """
    plants: dict[str, Plant] = {}
    for path in sorted(folder.glob("*.toml")):
        plant = read_plant(path)
        if plant.id in plants:
            raise HalfhourError(
                "EB-306", f"{path.name}: another plant file has the id {plant.id}.", "Give each its own."
            )
        plants[plant.id] = plant
    if not plants:
        raise HalfhourError("EB-306", f"{folder} holds no plant file.", "Put a TOML file for each plant into it.")
    return plants


def charging_years(readings: HalfHours) -> list[str]:
    """The charging years in which readings lie, in order."""
    if not len(readings.keys):
        return []
    first, last = (half_hour_of(int(readings.keys[place]))[0] for place in (0, -1))
    years = []
    day = first
    while day <= last:
        year = charging_year_of(day)
        start, end = charging_year_days(year)
        if len(readings.between(start, end).keys):
            years.append(year)
        day = end
    return years


def compare_years(
    plant: Plant, readings: HalfHours, market: Market, *, days: tuple[Any, Any] | None = None, **how: Any
) -> list[RouteComparison]:
    """A comparison for each charging year of the readings that the days reach into.

    Raises:
        HalfhourError: EB-303 none lies in the days; what `compare_routes` raises.
    """
    inside = readings if days is None else readings.between(*days)
    years = charging_years(inside)
    if not years:
        span = "its file" if days is None else f"{days[0]} to {days[1]}"
        raise HalfhourError("EB-303", f"No half hour of {plant.id} lies in {span}.", "Ask for days that are read.")
    return [compare_routes(plant, inside, market, year, days=days, **how) for year in years]


def compare_fleet(
    plants: Mapping[str, Plant],
    table: Path,
    market: Market,
    *,
    llf_export: Decimal | None = None,
    llf_import: Decimal | None = None,
    progress: Progress | None = None,
    **how: Any,
) -> Fleet:
    """The benefits of many plants under all routes.

    Args:
        plants: by id.
        table: their half hours, with a column `plant`.
        market: for all of them; values by GSP Group where they differ.
        how: as for `compare_years`.

    Raises:
        HalfhourError: EB-306 and what `compare_years` raises, for the first plant that is refused.
    """
    years, summaries = [], []
    counted = 0
    waiting: list[RouteComparison] = []
    for number, (plant_id, readings) in enumerate(read_plants(table, list(plants)), start=1):
        stated = readings.with_loss_factors(llf_export, llf_import)
        waiting += compare_years(plants[plant_id], stated, market, **how)
        counted += len(readings.keys)
        if number % PLANTS_AT_ONCE == 0 or number == len(plants):
            # Their readings are let go of before the next are read.
            years.append(_with_plant(year_frame(waiting), waiting))
            summaries.append(_with_plant(summary_frame(waiting), waiting))
            waiting = []
            if progress is not None:
                progress(number, len(plants))
    return Fleet(pl.concat(years), pl.concat(summaries), len(plants), counted)


def _with_plant(frame: pl.DataFrame, comparisons: list[RouteComparison]) -> pl.DataFrame:
    if "plant" in frame.columns:
        return frame
    return frame.insert_column(0, pl.Series("plant", [comparisons[0].plant.id] * frame.height, dtype=pl.String))
