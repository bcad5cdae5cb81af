"""The assessment of a plant: licence, size, class, routes, steps, recipients, contradictions, and what is still open.

Follows the handbook's page on embedded generation, sections 2, 3, 4, 10 and 1.4, under the codes or the note as it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal, cast

from halfhour.errors import Finding, HalfhourError, NotCovered
from halfhour.plant.answers import (
    ArrangementAnswer,
    Assessment,
    Difference,
    LicenceSection,
    OpenQuestion,
    RouteAnswer,
    Step,
)
from halfhour.plant.conditions import megawatts, table
from halfhour.plant.contradictions import contradictions, facts_of
from halfhour.plant.figures import walk_figures
from halfhour.plant.licence import KEYS, exemptable, licence_exempt
from halfhour.plant.model import RULESETS, Plant, Ruleset
from halfhour.plant.questions import (
    CLASS_FACTS,
    Questions,
    decide_once,
    favourable,
    generation_tnuos,
    of,
    possible_facts,
    route_codes,
    route_facts,
    tec_cases,
    verdict,
)
from halfhour.plant.routes import AGREEMENTS, COMPONENTS, REGISTRANTS, Route, recipients, routes
from halfhour.plant.sizes import check_day, size
from halfhour.plant.worlds import Facts, Possible, World, possible

__all__ = ["RouteAnswer", "assess"]


def assess(plant: Plant, ruleset: Literal["codes", "note-v8", "both"] = "codes", *, on: date) -> Assessment:
    """Assess a plant.

    Args:
        ruleset: `both` gives that of the codes, with the note's beside it and their differences.
        on: the day whose rules are asked for.

    Raises:
        HalfhourError: PL-004 the ruleset is unknown.
        NotCovered: PL-011 the day is before the rules began, PL-012 the ruleset does not know the area.
    """
    check_day(on)
    if ruleset not in (*RULESETS, "both"):
        raise HalfhourError("PL-004", f"'{ruleset}' is no ruleset.", f"Write one of {', '.join(RULESETS)}, both.")
    if ruleset != "both":
        return _assess(plant, ruleset, on)
    codes = _assess(plant, "codes", on)
    try:
        note = _assess(plant, "note-v8", on)
    except NotCovered as refusal:
        return replace(codes, refusal=refusal)
    return replace(codes, note=note, differences=tuple(_differences(codes, note)))


def _assess(plant: Plant, ruleset: Ruleset, on: date) -> Assessment:
    facts = possible_facts(plant, ruleset, on)
    question = Questions(ruleset, on, plant.arrangement)
    licence = _licence(plant)
    size_answer = possible(of(facts, "area", "registered_capacity_mw"), question.size_of)
    class_answer = possible(of(facts, *CLASS_FACTS), question.class_of)
    route_class = possible(of(facts, *CLASS_FACTS), question.route_class_of)
    answers = tuple(_route_answer(plant, route, facts, question) for route in routes().values())
    arrangement = _arrangement(plant, facts, question)
    size_row = None
    if size_answer.value is not None and plant.area is not None and plant.registered_capacity_mw is not None:
        size_row = size(plant.registered_capacity_mw, plant.area, on, ruleset)
    tnuos = possible(
        {**of(facts, "licence", "connection"), "tec_mw": tec_cases(plant)},
        lambda world: generation_tnuos(
            str(world["licence"]), str(world["connection"]), cast("Decimal", world["tec_mw"]), ruleset
        ),
    )
    known = facts_of(plant, ruleset, on, licence, route_class, answers, arrangement)
    return Assessment(
        plant=plant,
        on=on,
        ruleset=ruleset,
        licence=licence,
        size_answer=size_answer,
        size_row=size_row,
        class_answer=class_answer,
        route_class=route_class,
        routes=answers,
        arrangement=arrangement,
        generation_tnuos=tnuos,
        contradictions=tuple(contradictions(known)),
        open_questions=tuple(_open_questions(plant, licence, facts, question, class_answer, answers)),
        remarks=plant.remarks + tuple(_pending(plant, on, ruleset)),
        path=walk_figures(known),
    )


def _licence(plant: Plant) -> LicenceSection:
    answer = exemptable(plant.station)
    status: Possible[str]
    if plant.licence_status is not None:
        status = Possible((plant.licence_status,))
    else:
        status = Possible(answer.possible, answer.missing)
    return LicenceSection(status, plant.licence_status, plant.licence_reference, answer, licence_exempt(plant.person))


def _route_answer(plant: Plant, route: Route, facts: Facts, question: Questions) -> RouteAnswer:
    ruleset = question.ruleset
    codes = route_codes(route, facts, question)
    valid, certain, maybe = verdict(codes, route_codes(route, favourable(facts), question))
    registrant = question.registrant_of(route)
    cusc = plant.cusc_of(registrant)
    bm_unit = route.bm_units[ruleset][0]
    return RouteAnswer(
        route_id=route.id,
        title=route.title,
        valid=valid,
        reject_codes=certain,
        possible_reject_codes=maybe,
        decided_by=codes.decided_by,
        agreement=route.agreement[ruleset],
        registrant=registrant,
        lead_party=route.lead_party,
        system=route.system,
        bm_unit=route.bm_unit_text,
        trading_units=_trading_units(route, bm_unit),
        conditions=route.conditions,
        steps=_steps(route, ruleset),
        recipients={component: recipients(route.id, component, cusc=cusc) for component in COMPONENTS},
        mark=route.mark,
        source=route.source,
    )


def _trading_units(route: Route, bm_unit: str) -> tuple[str, ...]:
    """The classes of Trading Unit that are open, the default first; a Supplier BM Unit has no other than the Base."""
    entries = table("trading_units")
    open_to = [name for name, entry in entries.items() if bm_unit in entry["bm_units"] and name != route.trading_unit]
    return (route.trading_unit, *open_to)


def _steps(route: Route, ruleset: Ruleset) -> tuple[Step, ...]:
    filled = {"agreement": route.agreement[ruleset], "bm_unit": route.bm_unit_text}
    entries = table("steps")
    return tuple(
        Step(
            number,
            entries[name]["title"].format(**filled),
            entries[name]["who"],
            entries[name]["document"].format(**filled),
            entries[name]["evidence"].format(**filled),
            entries[name]["mark"],
        )
        for number, name in enumerate(route.steps, start=1)
    )


def _arrangement(plant: Plant, facts: Facts, question: Questions) -> ArrangementAnswer | None:
    """What the arrangement of the plant file is; None where the file has none."""
    arrangement = plant.arrangement
    if arrangement is None:
        return None
    chosen: Facts = {
        "arrangement.agreement": AGREEMENTS if arrangement.agreement is None else (arrangement.agreement,),
        "arrangement.registrant": REGISTRANTS if arrangement.registrant is None else (arrangement.registrant,),
        "arrangement.system": ("CVA", "SVA") if arrangement.system is None else (arrangement.system,),
    }
    group = arrangement.trading_unit_gsp_group
    other_group = group is not None and plant.gsp_group is not None and group != plant.gsp_group
    needed = {fact for registrant in chosen["arrangement.registrant"] for fact in route_facts(str(registrant))}
    if "owner" in chosen["arrangement.registrant"] and "SVA" in chosen["arrangement.system"]:
        needed.add("owner.role")
    asked: Facts = {**{name: values for name, values in facts.items() if name in needed}, **chosen}

    def ask(world: World) -> tuple[str | None, tuple[str, ...]]:
        combination = question.combination(
            world,
            str(world["arrangement.agreement"]),
            str(world["arrangement.registrant"]),
            str(world["arrangement.system"]),
        )
        combination = replace(
            combination,
            bm_unit=arrangement.bm_unit,
            trading_unit=arrangement.trading_unit or "base",
            trading_unit_group="other" if other_group else "same",
        )
        decision = decide_once(combination)
        return decision.route_id, decision.reject_codes

    found = possible(asked, ask)
    at_best = possible(favourable(asked), ask)
    valid, certain, maybe = verdict(
        Possible(tuple(codes for _, codes in found.values)), Possible(tuple(codes for _, codes in at_best.values))
    )
    route_ids = tuple(dict.fromkeys(route_id for route_id, _ in found.values if route_id is not None))
    return ArrangementAnswer(arrangement, valid, route_ids, certain, maybe, found.decided_by)


def _open_questions(
    plant: Plant,
    licence: LicenceSection,
    facts: Facts,
    question: Questions,
    class_answer: Possible[str],
    answers: tuple[RouteAnswer, ...],
) -> list[OpenQuestion]:
    """Every unknown fact that decides the class or a route, with what follows from each of its values."""
    undecided = [fact for answer in answers if answer.valid is None for fact in answer.decided_by]
    deciding = {*class_answer.decided_by, *undecided}
    questions = []
    for fact in facts:
        if fact not in deciding:
            continue
        follows = []
        for value in facts[fact]:
            pinned = {**facts, fact: (value,)}
            classes = possible(of(pinned, *CLASS_FACTS), question.class_of).values
            open_routes = tuple(
                route.id for route in routes().values() if () in route_codes(route, pinned, question).values
            )
            label = _band(cast("Decimal", value), facts[fact]) if fact == "registered_capacity_mw" else str(value)
            follows.append((label, classes, open_routes))
        keys = _licence_keys(licence.exemptable.missing) if fact == "licence" else (fact,)
        questions.append(OpenQuestion(fact, tuple(keys), tuple(follows)))
    return questions


def _licence_keys(missing: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(KEYS.get(fact, fact) for fact in missing)


def _band(low: Decimal, lows: object) -> str:
    ordered = cast("tuple[Decimal, ...]", lows)
    position = ordered.index(low)
    if position + 1 == len(ordered):
        return f"{megawatts(low)} MW and over"
    return f"{megawatts(low)} <= x < {megawatts(ordered[position + 1])} MW"


def _pending(plant: Plant, on: date, ruleset: Ruleset) -> list[Finding]:
    """A remark where a change that is pending would change the size: GC0117, open point O13."""
    capacity, area = plant.registered_capacity_mw, plant.area
    if ruleset != "codes" or capacity is None or area is None or area == "offshore" or capacity < 10:
        return []
    if size(capacity, area, on, ruleset).name == "Large":
        return []
    return [
        Finding(
            "PL-015",
            "info",
            f"Pending: GC0117 would make {megawatts(capacity)} MW in {area} Large (10 MW and over in all of Great "
            "Britain); no date of implementation is known [open].",
            "Assess it again when a date is given.",
        )
    ]


def _differences(codes: Assessment, note: Assessment) -> list[Difference]:
    found = []
    for one, other in zip(codes.routes, note.routes, strict=True):
        if one.valid != other.valid or (one.valid is not False and one.agreement != other.agreement):
            found.append(Difference(f"route {one.route_id}", _route_words(one), _route_words(other), "T03"))
    if codes.generation_tnuos.values != note.generation_tnuos.values:
        liable = " or ".join(codes.generation_tnuos.values), " or ".join(note.generation_tnuos.values)
        found.append(Difference("generation TNUoS", *liable, "T16"))
    if codes.size_answer.values != note.size_answer.values or codes.class_answer.values != note.class_answer.values:
        words = " or ".join(codes.class_answer.values), " or ".join(note.class_answer.values)
        found.append(Difference("class", *words, "T09"))
    if codes.arrangement is not None and note.arrangement is not None:
        words = _arrangement_words(codes.arrangement), _arrangement_words(note.arrangement)
        if words[0] != words[1]:
            trap = "T19" if "R17_SUPPLIER_BMU_CVA" in codes.arrangement.reject_codes else "T03"
            found.append(Difference("the arrangement", *words, trap))
    return found


def _route_words(answer: RouteAnswer) -> str:
    if answer.valid:
        return f"allowed with {answer.agreement}"
    codes = ", ".join((*answer.reject_codes, *answer.possible_reject_codes))
    return f"open with {answer.agreement}: {codes}" if answer.valid is None else f"refused: {codes}"


def _arrangement_words(answer: ArrangementAnswer) -> str:
    if answer.valid:
        return " or ".join(answer.route_ids)
    codes = ", ".join((*answer.reject_codes, *answer.possible_reject_codes))
    return f"open: {codes}" if answer.valid is None else f"refused: {codes}"
