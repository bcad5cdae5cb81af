"""From simulated energy to the readings of registered meters: which meter measures what, and what never arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from halfhour.demo.days import PERIODS_OF_THE_LONGEST_DAY, Days
from halfhour.demo.simulation import Energy, FixedHalfHour, Plant, simulate
from halfhour.register.model import Site

Mask = NDArray[np.bool_]

PHYSICAL_LOSSES = Decimal("0.01")
"""What a private network loses on the way to a tenant whose register entry has no losses; its owner carries them."""

_QUANTITIES: dict[str, tuple[str, str]] = {
    "boundary": ("import_bp", "export_bp"),
    "storage": ("import_stor", "export_stor"),
    "generation": ("import_gen", "export_gen"),
}


@dataclass(frozen=True, slots=True)
class ExampleSite:
    """A site of the register with the plants that it is simulated from: of a private network the owner's, then one for
    each third-party metering; elsewhere one."""

    site: Site
    plants: tuple[Plant, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one MSID or AMSID in one direction.

    Attributes:
        energy_wh: [Wh], shape [day, 50 periods]; what stands where `present` is false has no meaning.
        present: half hours that there is a reading for.
        estimated: of these, those that are estimates.
    """

    msid: str
    measurement_quantity: Literal["AI", "AE"]
    energy_wh: Energy
    present: Mask
    estimated: Mask


def periods_of(days: Days) -> Mask:
    """Which places of a [day, 50 periods] array are Settlement Periods of the day."""
    return np.asarray(np.arange(PERIODS_OF_THE_LONGEST_DAY) < days.period_counts[:, None])


def readings_of(
    members: Sequence[ExampleSite], days: Days, seed: int, fixed: Sequence[FixedHalfHour] = ()
) -> Iterator[tuple[Site, list[Series]]]:
    """Sites with the complete, actual readings of their meters, simulated together.

    Parameters:
        fixed: half hours whose energy is given, by position among all plants.
    """
    energy = simulate([plant for member in members for plant in member.plants], days, seed, fixed)
    first = 0
    for member in members:
        end = first + len(member.plants)
        if member.site.network == "private":
            yield member.site, series_of(member.site, days, network_energy(member.site, energy["other"][first:end]))
        else:
            yield member.site, series_of(member.site, days, {name: wh[first] for name, wh in energy.items()})
        first = end


def series_of(site: Site, days: Days, energy: Mapping[str, Energy]) -> list[Series]:
    """The complete, actual readings of a site's meters, each from the day on which it enters the register.

    Parameters:
        energy: by the names of `simulation.SERIES`, and by the names of third-party meters; shape [day, 50 periods].
    """
    periods = periods_of(days)
    found: list[Series] = []
    for metering in site.metering:
        taken_in, given_out = _QUANTITIES.get(metering.at, (metering.name, ""))
        start = metering.effective_from
        registered = np.array([start is None or start <= day for day in days.dates])
        present = periods & registered[:, None]
        none = np.zeros_like(present)
        if metering.import_msid is not None:
            found.append(Series(metering.import_msid, "AI", energy[taken_in], present, none))
        if metering.export_msid is not None:
            found.append(Series(metering.export_msid, "AE", energy[given_out], present, none))
    return found


def network_energy(site: Site, own_wh: Energy) -> dict[str, Energy]:
    """What the meters of a private network read: each measures its own premises and everything below it.

    Parameters:
        site: its boundary, then its third-party meterings, each after its parent.
        own_wh: demand of the owner and of each tenant in the same order [Wh], shape [metering, day, 50 periods].

    Returns:
        Energy by meter name, and the boundary's as `import_bp`.
    """
    root, *tenants = site.metering
    read = {metering.name: own.astype(np.int64) for metering, own in zip(site.metering, own_wh, strict=True)}
    for metering in reversed(tenants):
        losses = PHYSICAL_LOSSES if metering.losses is None else metering.losses
        on_the_way = np.rint(read[metering.name] * float(losses)).astype(np.int64)
        read[metering.parent or root.name] += read[metering.name] + on_the_way
    energy = {name: wh.astype(np.int32) for name, wh in read.items()}
    energy["import_bp"] = energy.pop(root.name)
    return energy
