"""Whether a supplier is related to a distribution exemption holder, so that it is no third party supplier.

Electricity Act 1989 Schedule 2ZA paragraph 16: participating interest, holding company, subsidiary, fellow subsidiary.
What these are is taken from the Companies Act 2006; the shares are data (`data/d380.toml`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from halfhour.errors import HalfhourError
from halfhour.processes.private_networks.parameters import related_shares

RelationKind = Literal[
    "same undertaking", "holding company", "subsidiary", "fellow subsidiary", "participating interest"
]


@dataclass(frozen=True, slots=True)
class Holding:
    """What one undertaking holds in another.

    Attributes:
        share: of the voting rights, 0 to 1.
        controls: whether it has a majority of the votes, or appoints a majority of the board, in another way.
        effective_from, effective_to: closed-open; None is an open end.
    """

    holder: str
    held: str
    share: Fraction
    controls: bool = False
    effective_from: date | None = None
    effective_to: date | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise HalfhourError(
                "PN-120",
                f"{self.holder} is said to hold {self.share} of {self.held}.",
                "Give the share of the voting rights as a fraction, 0 to 1.",
            )

    def active(self, day: date) -> bool:
        """Whether it is held on the day."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day < self.effective_to
        )


@dataclass(frozen=True, slots=True)
class Relation:
    """How a supplier is related to a holder: the kind, seen from the supplier, and the reason in words."""

    kind: RelationKind
    because: str


def related_to(supplier: str, holder: str, holdings: Iterable[Holding], day: date) -> Relation | None:
    """The relation of a supplier to an exemption holder on a day, None where there is none.

    The nearest kind is given: an undertaking that is a subsidiary is not called a participating interest as well.

    Args:
        supplier, holder: names of undertakings, as the holdings have them.
        holdings: who holds what in whom; those of other days are left out.
    """
    held = [one for one in holdings if one.active(day)]
    if supplier == holder:
        return Relation("same undertaking", f"{supplier} is the exemption holder itself.")
    up_from_supplier = _holding_companies(supplier, held)
    up_from_holder = _holding_companies(holder, held)
    if holder in up_from_supplier:
        return Relation("subsidiary", f"{supplier} is a subsidiary of {_through(holder, supplier, up_from_supplier)}.")
    if supplier in up_from_holder:
        return Relation("holding company", f"{supplier} is the holding company of {holder}.")
    common = [name for name in up_from_supplier if name in up_from_holder]
    if common:
        return Relation("fellow subsidiary", f"{supplier} and {holder} are both subsidiaries of {common[0]}.")
    for owner, owned in ((holder, supplier), (supplier, holder)):
        share = _interest(owner, owned, held)
        if share >= related_shares().participating_interest:
            return Relation(
                "participating interest", f"{owner} holds {_per_cent(share)} of {owned}, a participating interest."
            )
    return None


def _holding_companies(undertaking: str, held: list[Holding]) -> dict[str, str]:
    """Every undertaking of which this one is a subsidiary, nearest first, with the one below it on the way."""
    found: dict[str, str] = {}
    waiting = [undertaking]
    while waiting:
        below = waiting.pop(0)
        for parent in _parents(below, held):
            if parent not in found and parent != undertaking:
                found[parent] = below
                waiting.append(parent)
    return found


def _parents(undertaking: str, held: list[Holding]) -> list[str]:
    """Who controls an undertaking: alone, or together with its own subsidiaries."""
    owners = dict.fromkeys(one.holder for one in held if one.held == undertaking)
    direct = [
        owner
        for owner in owners
        if any(one.controls for one in held if one.holder == owner and one.held == undertaking)
        or _share(owner, undertaking, held) > related_shares().subsidiary
    ]
    # A majority may be spread over a group: what subsidiaries hold counts as held by their holding company. Where one
    # of the group has the majority itself, the way goes through it.
    grouped = [
        owner
        for owner in dict.fromkeys(one.holder for one in held)
        if owner != undertaking
        and not set(direct) & set(_group(owner, undertaking, held))
        and _interest(owner, undertaking, held) > related_shares().subsidiary
    ]
    return [*direct, *grouped]


def _share(owner: str, owned: str, held: list[Holding]) -> Fraction:
    return sum((one.share for one in held if one.holder == owner and one.held == owned), Fraction(0))


def _interest(owner: str, owned: str, held: list[Holding]) -> Fraction:
    """What an undertaking and those that it directly or indirectly controls hold in another."""
    return sum((_share(member, owned, held) for member in _group(owner, owned, held)), Fraction(0))


def _group(owner: str, without: str, held: list[Holding]) -> list[str]:
    """An undertaking and those that it controls, one below another, leaving one out."""
    group = [owner]
    for member in group:
        for one in held:
            controlled = one.controls or _share(member, one.held, held) > related_shares().subsidiary
            if one.holder == member and controlled and one.held not in group and one.held != without:
                group.append(one.held)
    return group


def _through(holder: str, supplier: str, below: dict[str, str]) -> str:
    between = []
    name = below[holder]
    while name != supplier:
        between.append(name)
        name = below[name]
    return holder + (f" (through {', '.join(between)})" if between else "")


def _per_cent(share: Fraction) -> str:
    return f"{float(share * 100):.4g} %"
