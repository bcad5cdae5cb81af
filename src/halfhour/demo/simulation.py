"""Half-hourly energy of made-up sites: weather, demand, sun and battery, added up at the boundary in whole Wh.

Every site has random streams of its own, keyed by its number, and shares the weather of its region: the readings of a
site do not depend on which other sites are made with it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from halfhour.demo import battery, weather
from halfhour.demo.days import PERIODS_OF_THE_LONGEST_DAY, Days
from halfhour.demo.weather import Floats
from halfhour.errors import HalfhourError

Energy = NDArray[np.int32]

SERIES = ("import_bp", "export_bp", "import_stor", "export_stor", "import_gen", "export_gen", "other")
"""Of a simulated site: gross at the boundary, at storage and at generation, and what the rest of the site takes."""

_NATION, _REGION, _SITE = range(3)

BASE_TEMPERATURE_C = 15.5
"""The usual British base of heating degree days."""

SITES_AT_A_TIME = 256
"""Sites worked on together: enough to make NumPy's calls worth while, few enough to stay in the processor's cache."""

LARGE_APPLIANCE_WH = 1400.0
"""Most energy of an oven, a kettle or a washing machine in one half hour."""

PANELS_PER_INVERTER = 1.2
PERFORMANCE = 0.86
OWN_USE_SHARE = 0.00012
"""Night-time draw of a solar farm over its power: inverters and transformers on standby."""
STANDBY_SHARE = 0.002
"""Cooling and control of a battery over its power, drawn in every half hour in which it is not discharging."""


@dataclass(frozen=True, slots=True)
class Plant:
    """What stands behind one boundary.

    Attributes:
        number: key of the site's random streams.
        part: tells the premises of one private network apart; 0 elsewhere.
        gsp_group: decides the weather.
        load_shape: a shape of `data/load_shapes.toml`.
        mean_load_w: mean demand of a mild week [W].
        solar_w: AC power of the panels [W]; 0 = none.
        battery_w: AC power of the battery [W]; 0 = none.
        battery_wh: energy that a full battery gives [Wh].
        round_trip: energy out over energy in.
        trading_days, peak_shaving_days: shares of the days run so; the rest is self-consumption.
        frequency_response: share of the power that moves both ways, 0 to 0.2.
    """

    number: int
    gsp_group: str
    load_shape: str
    mean_load_w: float
    solar_w: float = 0.0
    battery_w: float = 0.0
    battery_wh: float = 0.0
    round_trip: float = 0.88
    trading_days: float = 0.0
    peak_shaving_days: float = 0.0
    frequency_response: float = 0.0
    part: int = 0


@dataclass(frozen=True, slots=True)
class FixedHalfHour:
    """One half hour of a site whose energy is given instead of drawn [Wh].

    Attributes:
        plant: position among the plants simulated together.
        import_stor_wh, export_stor_wh: given for the battery, which takes and gives no more than it has room and charge
            for; it draws its standby on top unless it discharges.
        other_wh, export_gen_wh: of the rest of the site and of the panels; None = as drawn.
        both_ways_wh: crosses the boundary out and in again; None = as drawn.
    """

    plant: int
    settlement_date: date
    settlement_period: int
    import_stor_wh: int
    export_stor_wh: int
    other_wh: int | None = None
    export_gen_wh: int | None = None
    both_ways_wh: int | None = None


@cache
def regions() -> dict[str, dict[str, float]]:
    """The fourteen GSP Groups with the latitude and longitude that their weather is made for."""
    return tomllib.loads(files("halfhour.demo").joinpath("data/regions.toml").read_text(encoding="utf-8"))


@cache
def _load_shapes() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("halfhour.demo").joinpath("data/load_shapes.toml").read_text(encoding="utf-8"))


def check_seed(seed: int) -> None:
    """Refuse a seed that no random stream can be made from.

    Raises:
        HalfhourError: DM-006.
    """
    if seed < 0:
        raise HalfhourError("DM-006", f"The seed {seed} is negative.", "Give a whole number from 0.")


def generator(seed: int, *key: int) -> np.random.Generator:
    """An independent random stream for a key under a seed."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def _weekly_mean(shape: dict[str, Any]) -> float:
    return float(5 * sum(shape["workday"]) + sum(shape["saturday"]) + sum(shape["sunday"])) / (7 * 24)


def _load_factors(shape_name: str, days: Days, coldness: Floats) -> Floats:
    """Expected demand over its mild-week mean, shape [half hour]."""
    shape = _load_shapes()[shape_name]
    hourly = np.array([shape["workday"], shape["saturday"], shape["sunday"]], dtype=np.float64) / _weekly_mean(shape)
    kind = days.kind[days.day]
    middle = days.local_hour + 0.25
    hour = middle.astype(np.int64)
    share = middle - hour
    expected = hourly[kind, hour] * (1.0 - share) + hourly[kind, (hour + 1) % 24] * share
    return np.asarray(expected * (1.0 + shape["winter"] * coldness), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Weather:
    """Weather of the regions in play; `groups` gives the order of the columns."""

    groups: tuple[str, ...]
    cloudiness: Floats
    coldness: Floats
    sine_elevation: Floats
    south: Floats
    west: Floats


def _regional_weather(groups: set[str], days: Days, seed: int) -> _Weather:
    steps = len(days.day)
    ordered = tuple(sorted(groups))
    nation = generator(seed, _NATION).standard_normal((steps, 2))
    front, warmth = weather.autoregressive(nation, np.array([30.0, 60.0])).T
    shape = (steps, len(ordered))
    own, coldness, sine_elevation, south, west = (np.empty(shape) for _ in range(5))
    for column, group in enumerate(ordered):
        place = regions()[group]
        own[:, column] = generator(seed, _REGION, ord(group[1])).standard_normal(steps)
        sun = weather.sun_over(days.utc_seconds, place["latitude"], place["longitude"])
        sine_elevation[:, column], south[:, column], west[:, column] = sun.sine_elevation, sun.south, sun.west
        temperature = weather.outdoor_temperature_c(days.utc_seconds, warmth) - 0.5 * (place["latitude"] - 52.0)
        coldness[:, column] = np.maximum(BASE_TEMPERATURE_C - temperature, 0.0) / BASE_TEMPERATURE_C
    weather.autoregressive(own, np.full(len(ordered), 8.0))
    cloudiness = np.sqrt(0.5) * front[:, None] + np.sqrt(0.3) * own
    return _Weather(ordered, cloudiness, coldness, sine_elevation, south, west)


@dataclass(frozen=True, slots=True)
class _Draws:
    """The sites' own random numbers, shape [half hour, site] (mode: [day, site]; placing: [site])."""

    load: Floats
    cloud: Floats
    response: Floats
    crossing: Floats
    mode: NDArray[np.int8]
    tilt: Floats
    azimuth: Floats


def _draw(plants: Sequence[Plant], days: Days, seed: int) -> _Draws:
    steps, sites, n_days = len(days.day), len(plants), len(days.dates)
    normal = np.empty((sites, 2, steps))
    uniform = np.empty((sites, 2, steps))
    mode = np.empty((sites, n_days), dtype=np.int8)
    placing = np.empty((sites, 2))
    for site, plant in enumerate(plants):
        stream = generator(seed, _SITE, plant.number, plant.part)
        stream.random(out=placing[site])
        stream.standard_normal(out=normal[site])
        stream.random(out=uniform[site])
        day = stream.random(n_days)
        mode[site] = (day >= plant.trading_days).astype(np.int8) + (
            day >= plant.trading_days + plant.peak_shaving_days
        ).astype(np.int8)
    return _Draws(
        load=np.ascontiguousarray(normal[:, 0].T),
        cloud=np.ascontiguousarray(normal[:, 1].T),
        response=np.ascontiguousarray(uniform[:, 0].T),
        crossing=np.ascontiguousarray(uniform[:, 1].T),
        mode=np.ascontiguousarray(mode.T),
        tilt=np.radians(15.0 + 20.0 * placing[:, 0]),
        azimuth=np.radians(-35.0 + 70.0 * placing[:, 1]),
    )


def _demand_wh(plants: Sequence[Plant], days: Days, sky: _Weather, draws: _Draws) -> Floats:
    """What each site takes apart from its licensed plant [Wh, whole], shape [half hour, site]."""
    shapes = [_load_shapes()[plant.load_shape] for plant in plants]
    combinations = sorted({(plant.load_shape, plant.gsp_group) for plant in plants})
    expected = np.stack(
        [_load_factors(shape, days, sky.coldness[:, sky.groups.index(group)]) for shape, group in combinations], axis=1
    )
    column = np.array([combinations.index((plant.load_shape, plant.gsp_group)) for plant in plants])
    spread = np.array([float(shape["spread"]) for shape in shapes])
    appliances = np.array([float(shape["appliances"]) for shape in shapes])
    mean_wh = np.array([plant.mean_load_w for plant in plants]) / 2.0

    noise = weather.autoregressive(draws.load, np.array([float(shape["noise_hours"]) for shape in shapes]))
    noise *= spread
    noise -= spread**2 / 2.0
    factor = expected[:, column]
    demand = np.exp(noise, out=noise)
    demand *= factor
    demand *= mean_wh
    if appliances.any():
        chance = factor * appliances
        demand += np.where(draws.crossing < chance, LARGE_APPLIANCE_WH * draws.crossing / np.maximum(chance, 1e-9), 0.0)
    return np.asarray(np.rint(demand, out=demand), dtype=np.float64)


def _solar_wh(plants: Sequence[Plant], sky: _Weather, draws: _Draws) -> Floats:
    """Output of the panels [Wh, whole], shape [half hour, site]."""
    power_w = np.array([plant.solar_w for plant in plants])
    column = np.array([sky.groups.index(plant.gsp_group) for plant in plants])
    solar = np.zeros(draws.cloud.shape)
    local = weather.autoregressive(draws.cloud, np.full(len(plants), 1.5))
    daylight = np.flatnonzero((sky.sine_elevation > 0.0).any(axis=1))

    local = local[daylight] * np.sqrt(0.2)
    transmission = weather.cloud_transmission(local + sky.cloudiness[daylight][:, column])
    beam = weather.clear_sky_beam_w_per_m2(sky.sine_elevation[daylight])
    facing = (sky.sine_elevation[daylight] * beam)[:, column] * np.cos(draws.tilt)
    facing += (sky.south[daylight] * beam)[:, column] * (np.sin(draws.tilt) * np.cos(draws.azimuth))
    facing += (sky.west[daylight] * beam)[:, column] * (np.sin(draws.tilt) * np.sin(draws.azimuth))
    np.maximum(facing, 0.0, out=facing)
    facing += beam[:, column] * (weather.DIFFUSE_SHARE_OF_BEAM * (1.0 + np.cos(draws.tilt)) / 2.0)
    facing *= transmission
    facing *= PANELS_PER_INVERTER * PERFORMANCE / 1000.0 * power_w / 2.0
    solar[daylight] = np.floor(np.minimum(facing, power_w / 2.0))
    return solar


def _fleet(plants: Sequence[Plant]) -> tuple[battery.Fleet, Floats]:
    """The batteries, and what each draws on standby in a half hour [Wh, whole]."""
    power_wh = np.array([plant.battery_w for plant in plants]) / 2.0
    standby_wh = np.rint(STANDBY_SHARE * power_wh)
    return battery.Fleet(
        power_wh=power_wh - standby_wh,
        capacity_wh=np.array([plant.battery_wh for plant in plants]),
        round_trip=np.array([plant.round_trip for plant in plants]),
        frequency_response=np.array([plant.frequency_response for plant in plants]),
    ), standby_wh


def _both_ways_wh(net_wh: Floats, leaving_wh: Floats, stored_and_back_wh: Floats, chance: Floats) -> Floats:
    """Energy that crosses the boundary out and in again within the half hour [Wh, whole].

    A half hour that is nearly balanced is seldom balanced throughout: clouds pass and loads start. No more can leave
    than the plant gives, nor than is not already counted as leaving.
    """
    restlessness = 0.06 * leaving_wh + 0.5 * stored_and_back_wh - 0.5 * np.abs(net_wh)
    most = np.minimum(restlessness, leaving_wh + np.minimum(net_wh, 0.0))
    return np.asarray(np.floor(np.maximum(most, 0.0) * chance), dtype=np.float64)


def _simulate_block(
    plants: Sequence[Plant], days: Days, sky: _Weather, seed: int, fixed: Sequence[FixedHalfHour]
) -> dict[str, Floats]:
    draws = _draw(plants, days, seed)
    other = _demand_wh(plants, days, sky, draws)
    export_gen = _solar_wh(plants, sky, draws)
    fleet, standby_wh = _fleet(plants)
    charge, discharge = battery.plan(days, draws.mode, fleet, other, export_gen, draws.response)
    for half_hour in fixed:
        at = days.step(half_hour.settlement_date, half_hour.settlement_period), half_hour.plant
        charge[at], discharge[at] = half_hour.import_stor_wh, half_hour.export_stor_wh
        if half_hour.other_wh is not None:
            other[at] = half_hour.other_wh
        if half_hour.export_gen_wh is not None:
            export_gen[at] = half_hour.export_gen_wh
    import_stor, export_stor = battery.operate(charge, discharge, fleet)
    import_stor += standby_wh * (export_stor == 0.0)
    own_use = OWN_USE_SHARE / 2.0 * np.array([plant.solar_w for plant in plants])
    import_gen = np.rint(own_use * (0.9 + 0.2 * draws.response)) * (export_gen == 0.0)

    leaving = export_stor + export_gen
    net = other + import_stor + import_gen - leaving
    both_ways = _both_ways_wh(net, leaving, np.minimum(import_stor, export_stor), draws.crossing)
    alone = np.array([plant.mean_load_w == 0.0 and plant.solar_w == 0.0 for plant in plants])
    both_ways[:, alone] = np.minimum(import_stor, export_stor)[:, alone]
    for half_hour in fixed:
        if half_hour.both_ways_wh is not None:
            at = days.step(half_hour.settlement_date, half_hour.settlement_period), half_hour.plant
            both_ways[at] = half_hour.both_ways_wh
    return {
        "import_bp": np.maximum(net, 0.0) + both_ways,
        "export_bp": np.maximum(-net, 0.0) + both_ways,
        "import_stor": import_stor,
        "export_stor": export_stor,
        "import_gen": import_gen,
        "export_gen": export_gen,
        "other": other,
    }


def simulate(
    plants: Sequence[Plant], days: Days, seed: int, fixed: Sequence[FixedHalfHour] = (), series: Sequence[str] = SERIES
) -> dict[str, Energy]:
    """Half-hourly energy of sites over consecutive Settlement Days.

    Parameters:
        plants: the sites; two with the same number have the same random streams.
        days: from `days.lay_out`.
        seed: of the whole portfolio.
        fixed: half hours whose energy is given.
        series: which of `SERIES` to return.

    Raises:
        HalfhourError: DM-006 seed.

    Returns:
        For each series, energy [Wh, whole, ≥ 0], shape [site, day, 50 periods]. Places beyond a day's last period are
        padding and hold 0; `days.period_counts` says where they begin. In every half hour exactly
        `import_bp - export_bp = other + import_stor - export_stor + import_gen - export_gen`.
    """
    check_seed(seed)
    sky = _regional_weather({plant.gsp_group for plant in plants}, days, seed)
    n_days = len(days.dates)
    result = {name: np.zeros((len(plants), n_days, PERIODS_OF_THE_LONGEST_DAY), dtype=np.int32) for name in series}
    for first in range(0, len(plants), SITES_AT_A_TIME):
        block = slice(first, min(first + SITES_AT_A_TIME, len(plants)))
        inside = [
            replace(half_hour, plant=half_hour.plant - first)
            for half_hour in fixed
            if block.start <= half_hour.plant < block.stop
        ]
        energy = _simulate_block(plants[block], days, sky, seed, inside)
        for name in series:
            flat = result[name][block].reshape(block.stop - first, -1)
            flat[:, days.slots] = energy[name].T
    return result
