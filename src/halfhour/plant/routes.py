"""Agreements and routes into the BSC: handbook 4.2 and 4.3, and who receives what by route: handbook 10.1.

A combination either is one route or has every reject code that applies. Both tables are data, in `data/routes.toml` and
`data/rejects.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal

from halfhour.errors import HalfhourError
from halfhour.plant.conditions import holds, table
from halfhour.plant.model import RULESETS, Ruleset

CLASSES = ("EESPS", "EEMPS", "EELPS", "LICENSABLE", "DIRECT")
"""Classes of the decision table: exemptible embedded by size, licensable embedded, directly connected."""

AGREEMENTS = ("none", "BCA", "BEGA", "BELLA")
REGISTRANTS = ("owner", "supplier", "party")
SYSTEMS = ("CVA", "SVA", "both")
BM_UNITS = ("exempt-export", "supplier", "embedded", "direct", "secondary")
COMPONENTS = ("tnuos", "bsuos", "losses", "rcrc", "imbalance")
R18 = "R18_ROUTE_CLASS"

Answer = Literal["yes", "no"]
Side = Literal["below 100", "from 100"]
Host = Literal["connected", "isolated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """The facts of the decision table, each with one value.

    Attributes:
        station_class: one of `CLASSES`.
        cusc, bsc_party, qualified_supplier: of the registrant. None of `qualified_supplier` = yes for a Supplier, no
            for the others.
        host: the host network's connection to GB transmission.
        side: of 100 MW, of the Registered Capacity.
        bm_unit: None = the kind that goes with class and system.
        trading_unit, trading_unit_group: the class of the Trading Unit, and whether it is of the `same` or an `other`
            GSP Group; None = the default, which is of the same.
    """

    ruleset: Ruleset = "codes"
    station_class: str
    agreement: str
    registrant: str
    system: str
    cusc: Answer = "yes"
    bsc_party: Answer = "yes"
    qualified_supplier: Answer | None = None
    host: Host = "connected"
    side: Side = "below 100"
    bm_unit: str | None = None
    trading_unit: str | None = None
    trading_unit_group: str | None = None

    def facts(self) -> dict[str, str]:
        """The facts by the names that the tables use."""
        facts = {name: value for name in _FIELDS if (value := getattr(self, name)) is not None}
        facts["class"] = facts.pop("station_class")
        facts.setdefault("qualified_supplier", "yes" if self.registrant == "supplier" else "no")
        facts.setdefault("bm_unit", default_bm_unit(self.station_class, self.system))
        return facts


_FIELDS = tuple(field.name for field in fields(Combination))


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table of allowed routes; `agreement` and `bm_units` are by ruleset."""

    id: str
    title: str
    classes: tuple[str, ...]
    agreement: Mapping[str, str]
    registrants: tuple[str, ...]
    system: str
    bm_units: Mapping[str, tuple[str, ...]]
    bm_unit_text: str
    lead_party: str
    conditions: str
    trading_unit: str
    steps: tuple[str, ...]
    recipients: Mapping[str, str]
    recipients_without_cusc: Mapping[str, str]
    mark: str
    source: str

    @property
    def registrant(self) -> str:
        """Who the route is named after."""
        return self.registrants[0]


@dataclass(frozen=True, slots=True)
class Reject:
    """One reject code with what it says and where it comes from."""

    name: str
    code: str
    text: str
    mark: str
    source: str
    when: tuple[Mapping[str, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a combination is: one route, or every reject code that applies, sorted."""

    route_id: str | None
    reject_codes: tuple[str, ...]

    def required(self) -> str:
        """The route.

        Raises:
            HalfhourError: PL-013 INVALID_COMBINATION with every reject code.
        """
        if self.route_id is not None:
            return self.route_id
        reasons = "; ".join(f"{name}: {rejects()[name].text}" for name in self.reject_codes)
        raise HalfhourError(
            "PL-013",
            f"INVALID_COMBINATION: {reasons}.",
            "`halfhour assess` shows the routes that are open to the plant.",
        )


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives, and pays, one component on a route.

    Attributes:
        who: `none`, `owner`, `party`, `supplier`, `registrant`, `account` (the holder of the Energy Account: the Lead
            Party, less what an MVRN reallocates), `own account, no embedded benefit`, or `party or owner` where the
            registrant's CUSC signature is not known and decides.
    """

    who: str
    component: str
    mark: str
    source: str

    @property
    def text(self) -> str:
        """The recipient in words."""
        words = {"account": "Energy Account holder", "party": "BSC Trading Party", "supplier": "Supplier"}
        return " or ".join(words.get(who, who) for who in self.who.split(" or "))


@cache
def routes() -> dict[str, Route]:
    """Every route by its id, in the order of the handbook."""
    return {name: Route(id=name, **_tuples(entry)) for name, entry in table("routes").items()}


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    values["bm_units"] = {ruleset: tuple(kinds) for ruleset, kinds in entry["bm_units"].items()}
    return values


ROUTES = tuple(table("routes"))
"""The route ids of handbook 4.2, in its order."""


@cache
def rejects() -> dict[str, Reject]:
    """Every reject code by its name, in order."""
    return {
        name: Reject(name, entry["code"], entry["text"], entry["mark"], entry["source"], _cases(entry["when"]))
        for name, entry in table("rejects").items()
    }


def _cases(written: Sequence[Mapping[str, Sequence[str]]]) -> tuple[Mapping[str, frozenset[str]], ...]:
    return tuple({fact: frozenset(values) for fact, values in case.items()} for case in written)


def default_bm_unit(station_class: str, system: str) -> str:
    """The kind of BM Unit that goes with class and system."""
    if system == "SVA":
        return "supplier"
    return {"DIRECT": "direct", "LICENSABLE": "embedded"}.get(station_class, "exempt-export")


def decide(combination: Combination) -> Decision:
    """The route that a combination is, or every reject code that applies.

    Raises:
        HalfhourError: PL-004 a value is none of the allowed words.
    """
    _check_words(combination)
    facts = combination.facts()
    codes = _rejected(facts)
    if codes:
        return Decision(None, codes)
    found = [route.id for route in routes().values() if _fits(route, facts)]
    if len(found) > 1:
        message = f"{combination} is more than one route: {', '.join(found)}"
        raise AssertionError(message)
    return Decision(found[0], ()) if found else Decision(None, (R18,))


def judge(route_id: str, combination: Combination) -> tuple[str, ...]:
    """Every reject code of a route for a plant, sorted; empty where the route is allowed.

    Args:
        combination: the facts of the plant and of the route's registrant; what the route itself says (agreement,
            system, BM Unit) is taken from the route.

    Raises:
        HalfhourError: PL-004 there is no such route.
    """
    route = _route(route_id)
    ruleset = combination.ruleset
    facts = combination.facts() | {
        "agreement": route.agreement[ruleset],
        "system": route.system,
        "bm_unit": route.bm_units[ruleset][0],
    }
    codes = _rejected(facts)
    # The same agreement, registrant and system can be another route, that of another class.
    return codes or (() if combination.station_class in route.classes else (R18,))


def recipients(route_id: str, component: str, *, cusc: bool | None = None) -> Recipient:
    """Who receives and pays a component on a route: handbook 10.1.

    Args:
        route_id: one of `ROUTES`.
        component: one of `COMPONENTS`; `imbalance` stands for imbalance and credit.
        cusc: whether the registrant is a CUSC signatory; None = unknown, or of no matter on the route.

    Raises:
        HalfhourError: PL-004 there is no such route or component.
    """
    route = _route(route_id)
    if component not in COMPONENTS:
        raise HalfhourError("PL-004", f"'{component}' is no component.", f"Write one of {', '.join(COMPONENTS)}.")
    who = route.recipients[component]
    without = route.recipients_without_cusc.get(component, who)
    if cusc is False:
        who = without
    elif cusc is None and without != who:
        who = f"{who} or {without}"
    return Recipient(who, component, route.mark, "handbook 10.1; " + route.source)


def _route(route_id: str) -> Route:
    if route_id not in routes():
        raise HalfhourError("PL-004", f"'{route_id}' is no route.", f"Write one of {', '.join(ROUTES)}.")
    return routes()[route_id]


def _rejected(facts: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for name, reject in rejects().items() if holds(reject.when, facts)))


def _fits(route: Route, facts: Mapping[str, str]) -> bool:
    ruleset = facts["ruleset"]
    return (
        facts["class"] in route.classes
        and facts["agreement"] == route.agreement[ruleset]
        and facts["registrant"] in route.registrants
        and facts["system"] == route.system
        and facts["bm_unit"] in route.bm_units[ruleset]
    )


_WORDS: Mapping[str, tuple[str, ...]] = {
    "ruleset": RULESETS,
    "class": CLASSES,
    "agreement": AGREEMENTS,
    "registrant": REGISTRANTS,
    "system": SYSTEMS,
    "bm_unit": BM_UNITS,
    "cusc": ("yes", "no"),
    "bsc_party": ("yes", "no"),
    "qualified_supplier": ("yes", "no"),
    "host": ("connected", "isolated"),
    "side": ("below 100", "from 100"),
    "trading_unit_group": ("same", "other"),
}


def _check_words(combination: Combination) -> None:
    for fact, value in combination.facts().items():
        words = _WORDS.get(fact)
        if words is not None and value not in words:
            raise HalfhourError("PL-004", f"{fact} '{value}' is not known.", f"Write one of {', '.join(words)}.")
