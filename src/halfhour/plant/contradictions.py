"""Which contradictions of the note bear on a plant, and the facts by which they are attached: handbook 1.4.

The same facts walk the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from halfhour.plant.answers import ArrangementAnswer, Contradiction, LicenceSection, RouteAnswer
from halfhour.plant.conditions import can_hold, table
from halfhour.plant.model import Plant, Ruleset
from halfhour.plant.questions import ONE_HUNDRED_MW, choices, side_of
from halfhour.plant.worlds import Possible


def facts_of(
    plant: Plant,
    ruleset: Ruleset,
    on: date,
    licence: LicenceSection,
    route_class: Possible[str],
    answers: tuple[RouteAnswer, ...],
    arrangement: ArrangementAnswer | None,
) -> dict[str, frozenset[str]]:
    """The facts by which contradictions are attached and figures walked, each with the values that it could have."""
    capacity = plant.registered_capacity_mw
    facts: dict[str, set[str]] = {
        "ruleset": {ruleset},
        "exemptible": {"yes" if status == "exemptible" else "no" for status in licence.status.values},
        "stated": {licence.stated or "no"},
        "class": set(route_class.values),
        "side": {"below 100", "from 100"} if capacity is None else {side_of(capacity)},
        "area_from": {plant.area_from},
        "edge": {"yes" if capacity is not None and 99 < capacity < ONE_HUNDRED_MW else "no"},
        "megawatts": _megawatts(plant),
        "tec": {"unknown"} if plant.tec_mw is None else {"none" if not plant.tec_mw else _tec(plant.tec_mw)},
        "import": _import(plant.import_capacity_mw),
        "era": {_era(on)},
        "split_year": {"yes" if date(2010, 4, 1) <= on < date(2011, 4, 1) else "no"},
        "host": set(choices(plant.host_network_connected, "connected", "isolated")),
        "cusc_of_party": {_word(plant.party_cusc_signatory)},
        "owner_role": {plant.owner_role or "unknown"},
    }
    for answer in licence.exemptable.classes:
        facts[answer.id] = {"passed", "failed"} if answer.outcome == "not evaluated" else {answer.outcome}
    open_routes = [answer for answer in answers if answer.valid is not False]
    if arrangement is not None:
        chosen = arrangement.arrangement
        for fact, value in (("registrant", chosen.registrant), ("system", chosen.system), ("bm_unit", chosen.bm_unit)):
            if value is not None:
                facts[fact] = {value}
        open_routes = [answer for answer in open_routes if answer.route_id in arrangement.route_ids]
    facts["route"] = {answer.route_id for answer in open_routes}
    facts["route_system"] = {answer.system for answer in open_routes}
    by_party = next(answer.registrant for answer in answers if answer.route_id == "BEGA_PARTY")
    facts["cusc_of_bega_party"] = set(choices(plant.cusc_of(by_party), "yes", "no"))
    facts["direction"] = {"export", "import"}
    facts["trading_unit"] = {"off-taking", "delivering"}
    facts["bsuos_era"] = {"note" if ruleset == "note-v8" else _era(on)}
    facts["tnuos_era"] = {"net" if ruleset == "note-v8" or on < date(2018, 4, 1) else "gross"}
    return {name: frozenset(values) for name, values in facts.items()}


def _tec(tec: Decimal) -> str:
    return "from-100" if tec >= ONE_HUNDRED_MW else "below-100"


def _word(known: bool | None) -> str:
    return "unknown" if known is None else ("yes" if known else "no")


def _import(capacity: Decimal | None) -> set[str]:
    return {"unknown"} if capacity is None else {"yes" if capacity > 0 else "no"}


def _megawatts(plant: Plant) -> set[str]:
    station = plant.station
    given = {plant.registered_capacity_mw, station.power_provided_mw, station.dnc_mw, station.export_capability_mw}
    words = set()
    if len(given - {None}) > 1:
        words.add("apart")
    if plant.licence_status is None and None in (station.power_provided_mw, station.dnc_mw):
        words.add("missing")
    return words or {"alike"}


def _era(on: date) -> str:
    """The era of the charges that the day lies in: handbook 1.3."""
    if on < date(2018, 4, 1):
        return "to 2018-03-31"
    if on < date(2021, 4, 1):
        return "to 2021-03-31"
    return "to 2023-03-31" if on < date(2023, 4, 1) else "from 2023-04-01"


def contradictions(facts: Mapping[str, frozenset[str]]) -> list[Contradiction]:
    """The contradictions that can bear on a plant of these facts, in order."""
    found = []
    for name, entry in table("contradictions").items():
        cases = entry["when"]
        if not cases or can_hold(cases, facts):
            certain = not cases or any(
                all(
                    facts.get(fact, frozenset()) <= frozenset(values) and fact in facts for fact, values in case.items()
                )
                for case in cases
            )
            found.append(Contradiction(name, entry["code"], entry["trap"], entry["decision"], entry["about"], certain))
    return found
