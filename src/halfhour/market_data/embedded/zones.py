"""The 14 demand zones, each a GSP Group, and the transmission area usual there. Handbook embedded-generation.md 0.3."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import cast

from halfhour.market_data.embedded.rates import Mark
from halfhour.market_data.embedded.refusals import BadInput
from halfhour.market_data.embedded.tables import rows


@dataclass(frozen=True, slots=True)
class Zone:
    """A demand zone.

    Attributes:
        number: 1 to 14.
        gsp_group: such as `_L`.
        name: of the GSP Group.
        default_area: transmission area usual there (SHETL, SPT or NGET); what counts is the transmission system that
            the host network is connected to.
        source: document that number and GSP Group were taken from.
        mark: standing of number and GSP Group.
        default_area_mark: standing of the area.
    """

    number: int
    gsp_group: str
    name: str
    default_area: str
    source: str
    mark: Mark
    default_area_mark: Mark

    def __str__(self) -> str:
        return f"zone {self.number} ({self.gsp_group})"


@cache
def zones() -> tuple[Zone, ...]:
    """The zones in order of number."""
    return tuple(
        Zone(
            number=int(row["zone"]),
            gsp_group=row["gsp_group"],
            name=row["name"],
            default_area=row["default_area"],
            source=row.source,
            mark=row.mark,
            default_area_mark=cast("Mark", row["default_area_mark"]),
        )
        for row in rows("demand_zones")
    )


def zone(given: Zone | int | str) -> Zone:
    """A zone by its number or by its GSP Group.

    Raises:
        BadInput: EB-125 there is no such zone.
    """
    if isinstance(given, Zone):
        return given
    for candidate in zones():
        if given in (candidate.number, candidate.gsp_group) and not isinstance(given, bool):
            return candidate
    raise BadInput(
        "BAD_ZONE",
        f"{str(given)[:20]!r} is neither a demand zone nor a GSP Group.",
        "Give a zone from 1 to 14 or a GSP Group: " + ", ".join(f"{z.number} = {z.gsp_group}" for z in zones()) + ".",
    )
