"""The questions of the decision, asked of each world that the plant file leaves possible: handbook 3, 4 and 6.7."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import cast

from halfhour.plant.licence import exemptable
from halfhour.plant.model import Arrangement, Plant, Ruleset
from halfhour.plant.routes import Answer, Combination, Host, Route, Side, decide, judge, routes
from halfhour.plant.sizes import AREAS, EMBEDDED_EXEMPTIBLE, boundaries, size, sizes
from halfhour.plant.worlds import Facts, Possible, World, possible

ONE_HUNDRED_MW = Decimal(100)
"""The limit of a BELLA (N09) and the TEC from which embedded plant pays generation TNUoS (T16)."""

CLASS_FACTS = ("licence", "area", "registered_capacity_mw", "connection")
"""Facts are named by the key of the plant file that settles them; `licence` by the facts that its classes lack."""

CUSC = {
    "owner": "owner.cusc_signatory",
    "supplier": "supplier.cusc_signatory",
    "party": "trading_party.cusc_signatory",
}


def generation_tnuos(licence: str, connection: str, tec_mw: Decimal, ruleset: Ruleset) -> str:
    """Whether the plant pays generation TNUoS: handbook 6.7, N13, T16.

    Args:
        tec_mw: Transmission Entry Capacity [MW], 0 for none.

    Returns:
        `liable`, `not liable`, or `not stated` where the note says nothing.
    """
    if connection == "direct":
        return "liable"
    if ruleset == "note-v8":
        return "not liable" if licence == "exemptible" else "not stated"
    return "liable" if tec_mw >= ONE_HUNDRED_MW else "not liable"


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of a world, under one ruleset on one day."""

    ruleset: Ruleset
    on: date
    arrangement: Arrangement | None = None

    def registrant_of(self, route: Route) -> str:
        """Who registers on a route: as arranged where that is one of the route's, else whom it is named after."""
        chosen = self.arrangement
        if chosen is not None and chosen.registrant in route.registrants and chosen.system in (None, route.system):
            return str(chosen.registrant)
        return route.registrant

    def size_of(self, world: World) -> str:
        """Small, Medium or Large."""
        return _size(cast("Decimal", world["registered_capacity_mw"]), str(world["area"]), self.on, self.ruleset)

    def class_of(self, world: World) -> str:
        """EESPS, EEMPS or EELPS of exemptible embedded plant, the size of other."""
        name = self.size_of(world)
        embedded_exemptible = world["licence"] == "exemptible" and world["connection"] == "embedded"
        return EMBEDDED_EXEMPTIBLE[name] if embedded_exemptible else name

    def route_class_of(self, world: World) -> str:
        """The class of the decision table."""
        if world["connection"] == "direct":
            return "DIRECT"
        return self.class_of(world) if world["licence"] == "exemptible" else "LICENSABLE"

    def combination(self, world: World, agreement: str, registrant: str, system: str) -> Combination:
        """The facts of the decision table for one agreement, registrant and system."""
        capacity = cast("Decimal", world["registered_capacity_mw"])
        role = world.get("owner.role")
        return _combination(
            ruleset=self.ruleset,
            station_class=self.route_class_of(world),
            agreement=agreement,
            registrant=registrant,
            system=system,
            cusc=cast("Answer", world[CUSC[registrant]]),
            bsc_party=cast("Answer", world["owner.bsc_party"]) if registrant == "owner" else "yes",
            qualified_supplier="yes" if registrant == "owner" and role == "supplier" else None,
            host=cast("Host", world["host_network_connected"]),
            side=side_of(capacity),
        )


@cache
def _size(capacity: Decimal, area: str, on: date, ruleset: Ruleset) -> str:
    return size(capacity, area, on, ruleset).name


_combination = cache(Combination)
_judge = cache(judge)
decide_once = cache(decide)


def side_of(capacity: Decimal) -> Side:
    """The side of 100 MW."""
    return "from 100" if capacity >= ONE_HUNDRED_MW else "below 100"


def possible_facts(plant: Plant, ruleset: Ruleset, on: date) -> Facts:
    """The values that each fact could have; a capacity that is unknown stands for its bands by their lowest value."""
    areas = tuple(area for area in AREAS if any(row.area == area and ruleset in row.rulesets for row in sizes()))
    if plant.area is not None and plant.area not in areas:
        # Asked for its refusal, which says what to do.
        size(plant.registered_capacity_mw or Decimal(0), plant.area, on, ruleset)
    return {
        "licence": (plant.licence_status and (plant.licence_status,)) or exemptable(plant.station).possible,
        "area": areas if plant.area is None else (plant.area,),
        "registered_capacity_mw": _capacities(plant, ruleset, on),
        "connection": ("embedded", "direct") if plant.connection is None else (plant.connection,),
        "host_network_connected": choices(plant.host_network_connected, "connected", "isolated"),
        CUSC["owner"]: choices(plant.owner_cusc_signatory, "yes", "no"),
        CUSC["supplier"]: choices(plant.supplier_cusc_signatory, "yes", "no"),
        CUSC["party"]: choices(plant.party_cusc_signatory, "yes", "no"),
        "owner.bsc_party": choices(plant.owner_bsc_party, "yes", "no"),
        "owner.role": ("generator", "supplier") if plant.owner_role is None else (plant.owner_role,),
    }


def choices(known: bool | None, yes: str, no: str) -> tuple[str, ...]:
    """The words that a fact could have: one where it is known."""
    return (yes, no) if known is None else ((yes,) if known else (no,))


def _capacities(plant: Plant, ruleset: Ruleset, on: date) -> tuple[Decimal, ...]:
    """The capacity, or the lowest of each band that it can be in: not below TEC or declared net capacity."""
    if plant.registered_capacity_mw is not None:
        return (plant.registered_capacity_mw,)
    least = max(plant.tec_mw or Decimal(0), plant.station.dnc_mw or Decimal(0))
    lows = boundaries(on, ruleset)
    highs: tuple[Decimal | None, ...] = (*lows[1:], None)
    return tuple(max(low, least) for low, high in zip(lows, highs, strict=True) if high is None or least < high)


def tec_cases(plant: Plant) -> tuple[Decimal, ...]:
    """The TEC, or the lowest of each band that it can be in: it is not above the Registered Capacity."""
    if plant.tec_mw is not None:
        return (plant.tec_mw,)
    capacity = plant.registered_capacity_mw
    return (Decimal(0),) if capacity is not None and capacity < ONE_HUNDRED_MW else (Decimal(0), ONE_HUNDRED_MW)


def of(facts: Facts, *names: str) -> Facts:
    """Some of the facts."""
    return {name: facts[name] for name in names}


def route_facts(registrant: str) -> tuple[str, ...]:
    """The facts that decide a route of this registrant."""
    own = ("owner.bsc_party",) if registrant == "owner" else ()
    return (*CLASS_FACTS, "host_network_connected", CUSC[registrant], *own)


def route_codes(route: Route, facts: Facts, question: Questions) -> Possible[tuple[str, ...]]:
    """The reject codes of a route in every world; a fact that bears on another registrant only has no part in it."""
    asked = tuple((fact, tuple(facts[fact])) for fact in route_facts(question.registrant_of(route)))
    return _route_codes_of(route.id, asked, question)


@cache
def _route_codes_of(
    route_id: str, asked: tuple[tuple[str, tuple[Hashable, ...]], ...], question: Questions
) -> Possible[tuple[str, ...]]:
    route = routes()[route_id]
    agreement, registrant = route.agreement[question.ruleset], question.registrant_of(route)
    return possible(
        dict(asked), lambda world: _judge(route_id, question.combination(world, agreement, registrant, route.system))
    )


def verdict(
    codes: Possible[tuple[str, ...]], favourable: Possible[tuple[str, ...]]
) -> tuple[bool | None, tuple[str, ...], tuple[str, ...]]:
    """Valid or not, the codes that apply even where the parties are favourable, and those that apply in some world."""
    sets = [set(value) for value in codes.values]
    certain = set.intersection(*(set(value) for value in favourable.values))
    valid = None if any(sets) and not all(sets) else not any(sets)
    return valid, tuple(sorted(certain)), tuple(sorted(set.union(*sets) - certain))


def favourable(facts: Facts) -> Facts:
    """The facts with every party a member of the BSC and a signatory of the CUSC, where that is not known."""
    return {
        fact: ("yes",) if (fact in CUSC.values() or fact == "owner.bsc_party") and "yes" in values else values
        for fact, values in facts.items()
    }
