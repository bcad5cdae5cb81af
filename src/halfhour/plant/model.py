"""What a plant file says: the plant with its facts, the parties, and who shall answer for the output.

Every fact may be None, which is unknown; absence is never zero and never "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from halfhour.errors import Finding

Ruleset = Literal["codes", "note-v8"]
RULESETS: tuple[Ruleset, ...] = ("codes", "note-v8")
Area = Literal["NGET", "SPT", "SHETL", "offshore"]
Connection = Literal["embedded", "direct"]
LicenceStatus = Literal["exemptible", "licensable"]

NO_ORDER = "none"
"""Written for `individual_order` where it is known that there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """The facts that the licence tests look at: handbook 2. Capacities [MW].

    Attributes:
        power_provided_mw: the most provided to others, less what Class A disregards.
        dnc_mw: declared net capacity.
        connected_2000_09_30: to the total system of England and Wales on 30 September 2000.
        export_capability_mw: to the total system.
        individual_order: its reference, or `NO_ORDER`.
    """

    id: str = ""
    power_provided_mw: Decimal | None = None
    dnc_mw: Decimal | None = None
    offshore_installation: bool | None = None
    connected_2000_09_30: bool | None = None
    export_capability_mw: Decimal | None = None
    ever_centrally_despatched: bool | None = None
    max_capacity_2000_mw: Decimal | None = None
    max_capacity_now_mw: Decimal | None = None
    individual_order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who runs the stations: exemption is the person's, while the BSC asks about each plant.

    Attributes:
        licensed_generator: holds a generation licence, so that no class exempts it.
    """

    stations: tuple[Station, ...]
    licensed_generator: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """An arrangement that is intended or in force; None = not chosen."""

    agreement: str | None = None
    registrant: str | None = None
    system: str | None = None
    bm_unit: str | None = None
    trading_unit: str | None = None
    trading_unit_gsp_group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A plant file as read. Capacities [MW]; None = unknown.

    Attributes:
        station: the facts of the licence tests.
        area_from: `given`, `gsp-group` (a default, said so in `remarks`) or `unknown`.
        other_stations: the owner's other stations.
        pass_through: the owner's contractual share, by route and component.
        costs_gbp: costs of a year, by route.
        remarks: what was taken by default or worked out, and what contradicts a stated status.
    """

    id: str
    name: str = ""
    technology: str | None = None
    connection: Connection | None = None
    area: Area | None = None
    area_from: str = "unknown"
    gsp_group: str | None = None
    host_network_connected: bool | None = None
    registered_capacity_mw: Decimal | None = None
    export_capacity_mw: Decimal | None = None
    import_capacity_mw: Decimal | None = None
    tec_mw: Decimal | None = None
    connected_on: date | None = None
    licence_status: LicenceStatus | None = None
    licence_reference: str | None = None
    generation_zone: int | None = None
    annual_load_factor: Decimal | None = None
    station: Station = field(default_factory=Station)
    owner_name: str | None = None
    owner_licensed_generator: bool | None = None
    owner_bsc_party: bool | None = None
    owner_cusc_signatory: bool | None = None
    owner_role: str | None = None
    supplier_name: str | None = None
    supplier_cusc_signatory: bool | None = None
    party_name: str | None = None
    party_cusc_signatory: bool | None = None
    arrangement: Arrangement | None = None
    other_stations: tuple[Station, ...] = ()
    pass_through: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    costs_gbp: Mapping[str, Decimal] = field(default_factory=dict)
    remarks: tuple[Finding, ...] = ()

    @property
    def person(self) -> Person:
        """The owner with all of its stations."""
        return Person(stations=(self.station, *self.other_stations), licensed_generator=self.owner_licensed_generator)

    def cusc_of(self, registrant: str) -> bool | None:
        """Whether a registrant (`owner`, `supplier` or `party`) is a CUSC signatory."""
        return {
            "owner": self.owner_cusc_signatory,
            "supplier": self.supplier_cusc_signatory,
            "party": self.party_cusc_signatory,
        }[registrant]
