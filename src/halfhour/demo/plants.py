"""Which plants an example portfolio is made of: archetypes whose sizes are drawn per site from a stream of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

import numpy as np

from halfhour.demo.days import consecutive
from halfhour.demo.simulation import Energy, Plant, check_seed, generator, regions, simulate

Archetype = Literal["business", "home", "battery", "private-network"]

BENCH_SERIES = ("import_bp", "export_bp", "import_stor", "export_stor", "export_gen")

_ARCHETYPE, _PLANT = 10, 11
"""Keys of the streams, apart from those of the readings."""

_SHARES: tuple[tuple[float, Archetype], ...] = ((0.80, "business"), (0.92, "home"), (0.96, "battery"))
"""Cumulated shares of a large portfolio; the rest are private networks."""

_PREMISES_SHAPES = ("office", "retail", "factory")


def archetype(seed: int, number: int) -> Archetype:
    """What kind of site a number stands for in a large portfolio."""
    drawn = generator(seed, _ARCHETYPE, number).random()
    return next((name for share, name in _SHARES if drawn < share), "private-network")


def plants_of(seed: int, number: int) -> tuple[Archetype, list[Plant]]:
    """A site of a large portfolio: its archetype and its plants; of a private network the owner's comes first."""
    kind = archetype(seed, number)
    match kind:
        case "business":
            return kind, [business(seed, number)]
        case "home":
            return kind, [home(seed, number)]
        case "battery":
            return kind, [battery_alone(seed, number)]
        case "private-network":
            return kind, premises(seed, number)


def _group(stream: np.random.Generator) -> str:
    groups = sorted(regions())
    return groups[int(stream.integers(len(groups)))]


def business(seed: int, number: int) -> Plant:
    """A business with a licensed battery and solar panels behind its meter, the site of Figure 1 of P395 in small."""
    stream = generator(seed, _PLANT, number)
    load_w = 20_000.0 * 10.0 ** stream.uniform(0.0, 1.6)
    battery_w = round(load_w * stream.uniform(0.4, 1.5), -3)
    trading = stream.uniform(0.2, 0.6)
    return Plant(
        number=number,
        gsp_group=_group(stream),
        load_shape=_PREMISES_SHAPES[int(stream.integers(3))],
        mean_load_w=load_w,
        solar_w=round(load_w * stream.uniform(0.5, 3.0), -3),
        battery_w=battery_w,
        battery_wh=battery_w * float(stream.choice([1.0, 2.0, 4.0])),
        round_trip=stream.uniform(0.86, 0.90),
        trading_days=trading,
        peak_shaving_days=stream.uniform(0.1, 0.9 - trading),
        frequency_response=float(stream.choice([0.0, 0.0, 0.04, 0.10])),
    )


def home(seed: int, number: int) -> Plant:
    """A home with solar panels and, in most, a battery."""
    stream = generator(seed, _PLANT, number)
    heat_pump = stream.random() < 0.25
    battery_w = float(stream.choice([0.0, 2_500.0, 3_600.0, 5_000.0], p=[0.2, 0.3, 0.3, 0.2]))
    return Plant(
        number=number,
        gsp_group=_group(stream),
        load_shape="home-heat-pump" if heat_pump else "home",
        mean_load_w=stream.uniform(250.0, 550.0),
        solar_w=float(stream.choice([2_500.0, 3_680.0, 5_000.0])),
        battery_w=battery_w,
        battery_wh=battery_w * 2.0,
        round_trip=stream.uniform(0.86, 0.90),
        trading_days=0.1,
        peak_shaving_days=stream.uniform(0.2, 0.6),
    )


def battery_alone(seed: int, number: int) -> Plant:
    """A battery with a connection of its own and no demand beside it."""
    stream = generator(seed, _PLANT, number)
    battery_w = round(stream.uniform(2e6, 3e7), -5)
    return Plant(
        number=number,
        gsp_group=_group(stream),
        load_shape="factory",
        mean_load_w=0.0,
        battery_w=battery_w,
        battery_wh=battery_w * float(stream.choice([1.0, 2.0])),
        round_trip=stream.uniform(0.86, 0.90),
        trading_days=1.0,
        frequency_response=stream.uniform(0.05, 0.15),
    )


def premises(seed: int, number: int) -> list[Plant]:
    """The owner and two to four tenants of a private network, none of them with plant of their own."""
    stream = generator(seed, _PLANT, number)
    owner = Plant(
        number=number,
        gsp_group=_group(stream),
        load_shape=_PREMISES_SHAPES[int(stream.integers(3))],
        mean_load_w=20_000.0 * 10.0 ** stream.uniform(0.0, 1.2),
    )
    tenants = [
        replace(
            owner,
            part=part,
            load_shape=_PREMISES_SHAPES[int(stream.integers(3))],
            mean_load_w=5_000.0 * 10.0 ** stream.uniform(0.0, 1.2),
        )
        for part in range(1, int(stream.integers(3, 6)))
    ]
    return [owner, *tenants]


def bench_block(first_site: int, n_sites: int, days: Sequence[date], seed: int) -> dict[str, Energy]:
    """Readings of businesses with battery and solar panels, straight as arrays, for benchmarks.

    Parameters:
        first_site: number of the first site, from 0; the readings of a site depend on its number, not on the block.
        days: consecutive Settlement Days.

    Returns:
        `import_bp, export_bp, import_stor, export_stor, export_gen` [Wh], int32, shape [site, day, 50 periods], with 0
        as padding beyond a day's last period.

    Raises:
        HalfhourError: DM-001, DM-003 for days that are none or not consecutive, DM-006 seed.
    """
    check_seed(seed)
    plants = [business(seed, number) for number in range(first_site, first_site + n_sites)]
    return simulate(plants, consecutive(days), seed, series=BENCH_SERIES)
