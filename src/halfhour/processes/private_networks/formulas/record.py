"""Complex Site Supplementary Information: the record that a Meter Operator keeps and sends to the Data Collector.

Handbook private-networks 8; the official form is open, and these are the fields that it is rendered from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from halfhour.errors import HalfhourError
from halfhour.processes.dated import on_day
from halfhour.processes.private_networks.network import (
    PrivateNetwork,
    ThirdParty,
)

Quantity = Literal["AI", "AE"]
Kind = Literal["boundary", "sub", "third-party"]


@dataclass(frozen=True, slots=True)
class Member:
    """An MSID of a Complex Site; `parent` is the MSID that it is subtracted from, empty for the boundary."""

    msid: str
    kind: Kind
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of an outstation, by the name that formulas use."""

    name: str
    quantity: Quantity
    outstation: str = ""
    channel: int | None = None
    meter_serial: str = ""


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant: without a unit (`1`, a factor) or an energy (`Wh`) in each Settlement Period, with its reason."""

    name: str
    value: Fraction
    unit: Literal["1", "Wh"]
    reason: str


@dataclass(frozen=True, slots=True)
class Formula:
    """What an MSID is settled with, in one measurement quantity."""

    msid: str
    quantity: Quantity
    text: str

    @property
    def name(self) -> str:
        """As other formulas name its result, without braces."""
        return f"{self.msid}.{self.quantity}"


@dataclass(frozen=True, slots=True)
class SupplementaryInformation:
    """The record of a Complex Site.

    Attributes:
        author_moa: MPID of the Meter Operator.
        complex_site_class: of P441; None, since its status is open.
        effective_from, effective_to: closed-open; None is an open end.
    """

    site_id: str
    site_name: str
    members: tuple[Member, ...]
    channels: tuple[Channel, ...]
    formulas: tuple[Formula, ...]
    constants: tuple[Constant, ...] = ()
    author_moa: str = ""
    version: str = ""
    complex_site_class: int | None = None
    contact: str = ""
    effective_from: date | None = None
    effective_to: date | None = None


def standard_record(network: PrivateNetwork, day: date) -> SupplementaryInformation:
    """The record of standard Difference Metering: each meter referred to the boundary, less what lies below it.

    Every MSID has one channel, `CH_` and its number. Since results below are subtracted as they were rounded, the
    volumes add up to the boundary's reading to the watt-hour.

    Args:
        day: whose third parties, losses and parents are taken.

    Raises:
        HalfhourError: PN-401 a factor is not known or is not D/380's, PN-201 parents go round, PN-205 a parent is no
            member, PN-206 the network has not one boundary.
    """
    if len(network.boundary_msids) != 1:
        raise HalfhourError(
            "PN-206",
            f"Network {network.id} has {len(network.boundary_msids)} boundary MSIDs, and a standard record is for one.",
            "Write the formulas by hand; how boundaries are netted is for the Complex Site rule to state.",
        )
    (root,) = network.boundary_msids
    inside = network.third_parties_on(day)
    parents = {one.msid: one.parent or root for one in inside}
    paths = {one.msid: _path(network, one.msid, parents, root) for one in inside}
    constants = [constant for one in inside if (constant := _uplift(network, one, day)) is not None]
    scaled = {constant.name for constant in constants}
    formulas = []
    for msid in (root, *parents):
        uplifts = [name for above in paths.get(msid, ()) if (name := f"U_{above}") in scaled]
        below = [other for other in parents if msid == root or msid in paths[other][1:]]
        text = " * ".join([*uplifts, f"CH_{msid}"]) + "".join(f" - {{{other}.AI}}" for other in below)
        formulas.append(Formula(msid, "AI", text))
    heads = set(parents.values())
    return SupplementaryInformation(
        site_id=network.id,
        site_name=network.name,
        members=(
            Member(root, "boundary"),
            *(Member(msid, "sub" if msid in heads else "third-party", parent) for msid, parent in parents.items()),
        ),
        channels=tuple(Channel(f"CH_{msid}", "AI") for msid in (root, *parents)),
        formulas=tuple(formulas),
        constants=tuple(constants),
        effective_from=day,
    )


def _path(network: PrivateNetwork, msid: str, parents: dict[str, str], root: str) -> tuple[str, ...]:
    """An MSID and those above it, without the boundary."""
    path = [msid]
    while (above := parents[path[-1]]) != root:
        if above in path:
            names = " -> ".join([*path, above])
            raise HalfhourError(
                "PN-201", f"Network {network.id}: {names} goes round.", "Name the MSID nearer to the boundary."
            )
        if above not in parents:
            raise HalfhourError(
                "PN-205", f"Network {network.id}: {path[-1]} is differenced from {above}, which it has not.", "Add it."
            )
        path.append(above)
    return tuple(path)


def _uplift(network: PrivateNetwork, third_party: ThirdParty, day: date) -> Constant | None:
    """1 + L of the edge to the parent; None where the Meter scales itself, or losses are not scaled."""
    terms = on_day((one for one in network.loss_terms if one.msid == third_party.msid), day)
    if len(terms) == 1 and (terms[0].option == "unscaled" or terms[0].applied_in == ("meter",)):
        return None
    if len(terms) != 1 or terms[0].factor is None or terms[0].uplift_method != "MULTIPLY_ONE_PLUS_L":
        raise HalfhourError(
            "PN-401",
            f"Network {network.id}: the loss factor of {third_party.name} ({third_party.msid}) on {day} is not known.",
            "Record one loss option with its factor.",
        )
    factor = terms[0].factor
    reason = f"private-network losses of {factor} from {third_party.name} on, D/380 condition 1, option 1"
    return Constant(f"U_{third_party.msid}", Fraction(Decimal(1) + factor), "1", reason)
