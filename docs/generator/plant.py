"""The reference of embedded generation: every table of the decision, and all of its boundary cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from typing import cast

from generator.markdown import as_code, as_table, industry_date, page
from halfhour.errors import NotCovered
from halfhour.plant import COMPONENTS, Combination, Station, decide, exemptable, group_areas, recipients, size
from halfhour.plant.conditions import megawatts, table
from halfhour.plant.licence import FACT_NAMES
from halfhour.plant.model import NO_ORDER, Ruleset
from halfhour.plant.routes import AGREEMENTS, CLASSES, REGISTRANTS, Answer, rejects, routes
from halfhour.plant.sizes import AREAS, EMBEDDED_EXEMPTIBLE, boundaries, rules_began
from halfhour.plant.values import keys

LEAST = Decimal("0.001")
RULESETS: tuple[Ruleset, ...] = ("codes", "note-v8")

KINDS = {
    "id": "text",
    "text": "text",
    "order": "text, or `none`",
    "flag": "`true` or `false`",
    "date": "date, `2024-01-31`",
    "mw": "MW, 0 or more",
    "number": "number",
    "whole": "whole number",
    "gsp_group": "GSP Group, `_A` to `_P`",
    "distributor": "two digits in quotes",
}

TABLES = {
    "plant": "`[plant]`: the plant. The keys of the licence tests may stand in `[[other_station]]` too, once for each "
    "other station of the owner.",
    "owner": "`[owner]`, which may be absent.",
    "supplier": "`[supplier]`, which may be absent.",
    "trading_party": "`[trading_party]`, which may be absent.",
    "arrangement": "`[arrangement]`, which may be absent: what is intended or in force.",
}

CLASS_WORDS = {"LICENSABLE": "licensable, embedded", "DIRECT": "directly connected"}
# Each limit of the licence tests: the class, its facts just inside, its facts just outside.
LICENCE_BOUNDARIES = [
    ("A10", {"power_provided_mw": "10"}, {"power_provided_mw": "10.001"}),
    ("A50", {"power_provided_mw": "50", "dnc_mw": "99.999"}, {"power_provided_mw": "50.001", "dnc_mw": "99.999"}),
    ("A50", {"power_provided_mw": "50", "dnc_mw": "99.999"}, {"power_provided_mw": "50", "dnc_mw": "100"}),
    ("B", {"offshore_installation": True}, {"offshore_installation": False}),
    (
        "C",
        {"connected_2000_09_30": True, "export_capability_mw": "100"},
        {"connected_2000_09_30": True, "export_capability_mw": "100.001"},
    ),
    (
        "C",
        {"connected_2000_09_30": True, "export_capability_mw": "100"},
        {"connected_2000_09_30": False, "export_capability_mw": "100"},
    ),
    *(
        (
            "D",
            {
                "connected_2000_09_30": True,
                "ever_centrally_despatched": False,
                "max_capacity_now_mw": "130",
                "max_capacity_2000_mw": "130",
            },
            {
                "connected_2000_09_30": True,
                "ever_centrally_despatched": despatched,
                "max_capacity_now_mw": now,
                "max_capacity_2000_mw": "130",
            },
        )
        for despatched, now in ((False, "130.001"), (True, "130"))
    ),
    ("INDIVIDUAL", {"individual_order": "SI 2014/94"}, {"individual_order": NO_ORDER}),
]


def embedded_generation() -> str:
    """Every table that `halfhour assess` decides by, with all boundary cases."""
    return page(
        "Embedded generation",
        """
What `halfhour assess` decides by ([how-to](../how-to/assess-a-plant.md)). Marks: `[doc]` a published document says so,
`[secondary]` a third party does, `[inferred]` it follows from other facts, `[open]` it is not settled. N01 to N24, R01
to R18 and T01 to T29 are the numbers of the project's handbook, which is not part of this repository: statements of
Elexon's guidance note *Embedded Generation* version 8, reject codes, and contradictions of the note.
""",
        "## Plant file",
        """
A key that is not listed is refused, and the message offers the nearest known one. Every key but `id` may be absent or
`"unknown"`. `[pass_through.ROUTE]` and `[costs]` hold the owner's share by component and £ a year by route, for
`halfhour benefits`.
""",
        *_plant_file(),
        "## Licence exemption",
        as_table(
            ("class", "criterion", "boundary", "mark", "source"),
            (
                (entry["id"], entry["text"], entry["boundary"], entry["mark"], entry["source"])
                for entry in table("licence")["class"]
            ),
        ),
        "Both sides of each limit:",
        as_table(("class", "facts", "outcome"), dict.fromkeys(_licence_cases())),
        "## Size",
        f"""
By Registered Capacity and the transmission system that the host network is linked to, from
{industry_date(rules_began())}. Every band is half-open. Both rulesets share the rows; the note has none for offshore.
""",
        as_table(("MW", *(f"{area}, {ruleset}" for area, ruleset in product(AREAS, RULESETS))), _size_cases()),
        "Exemptible embedded plant is called EESPS where Small, EEMPS where Medium, EELPS where Large.",
        "The area that is taken where none is given, which the assessment then says:",
        as_table(
            ("GSP Group", "demand zone", "name", "default area", "mark"),
            (
                (as_code(area.gsp_group), str(area.zone), area.name, area.default_area, area.mark)
                for area in group_areas().values()
            ),
        ),
        "## Routes",
        as_table(
            (
                "route",
                "class",
                "agreement: codes",
                "note-v8",
                "registrant",
                "system",
                "BM Unit",
                "conditions",
                "source",
            ),
            (
                (
                    as_code(route.id),
                    ", ".join(CLASS_WORDS.get(one, one) for one in route.classes),
                    route.agreement["codes"],
                    route.agreement["note-v8"],
                    route.lead_party,
                    route.system,
                    route.bm_unit_text.replace("2__", "`2__`"),
                    route.conditions,
                    f"{route.mark} {route.source}",
                )
                for route in routes().values()
            ),
        ),
        "## Who receives, and pays",
        as_table(("route", "TNUoS", "BSUoS", "losses", "RCRC", "imbalance, credit"), _recipients()),
        "## Why a combination is refused",
        as_table(
            ("code", "name", "refused because", "mark", "source"),
            ((one.code, as_code(one.name), one.text, one.mark, one.source) for one in rejects().values()),
        ),
        "## Every combination",
        """
The host network is connected and the Registered Capacity below 100 MW; the BM Unit is the one that goes with class and
system, and an owner is a BSC Party but no Supplier. With an isolated host network R03 is added to every BELLA, from
100 MW on R02. An owner that is no BSC Party adds R10 to a BEGA of an EESPS or EEMPS. The last column is filled where
note-v8 differs.
""",
        as_table(
            ("class", "agreement", "registrant", "system", "CUSC signatory", "not a signatory", "note-v8"),
            _combinations(),
        ),
        "## Contradictions of the note",
        as_table(
            ("", "code", "bears on", "trap", "decision"),
            (
                (name, entry["code"], entry["about"], entry["trap"], entry["decision"])
                for name, entry in table("contradictions").items()
            ),
        ),
    )


def _plant_file() -> Iterator[str]:
    for name, entries in keys().items():
        yield TABLES[name]
        yield as_table(
            ("key", "value", "meaning"),
            (
                (
                    as_code(key.name),
                    ", ".join(as_code(one) for one in key.choices) if key.choices else KINDS[key.kind],
                    key.meaning,
                )
                for key in entries.values()
            ),
        )


def _licence_cases() -> Iterator[tuple[str, str, str]]:
    for name, *sides in LICENCE_BOUNDARIES:
        for side in sides:
            facts = {
                key: Decimal(value) if key.endswith("_mw") else value
                for key, value in cast("dict[str, object]", side).items()
            }
            station = replace(Station(), **facts)  # type: ignore[arg-type]
            outcome = {answer.id: answer.outcome for answer in exemptable(station).classes}[cast("str", name)]
            yield cast("str", name), _facts(facts), outcome


def _facts(facts: dict[str, object]) -> str:
    words = []
    for key, value in facts.items():
        shown = f"{megawatts(value)} MW" if isinstance(value, Decimal) else {True: "yes", False: "no"}.get(value, value)
        words.append(f"{FACT_NAMES[key]}: {shown}")
    return ", ".join(words)


def _size_cases() -> Iterator[tuple[str, ...]]:
    day = rules_began()
    for low in boundaries(day):
        for capacity in ([low - LEAST] if low else []) + [low]:
            cells = (_size_case(capacity, area, day, ruleset) for area, ruleset in product(AREAS, RULESETS))
            yield megawatts(capacity), *cells


def _size_case(capacity: Decimal, area: str, day: date, ruleset: Ruleset) -> str:
    try:
        name = size(capacity, area, day, ruleset).name
    except NotCovered:
        return "refused"
    return f"{name}, {EMBEDDED_EXEMPTIBLE[name]}"


def _recipients() -> Iterator[tuple[str, ...]]:
    for route in routes().values():
        for cusc in (True, False) if route.recipients_without_cusc else (None,):
            words = {True: ", CUSC signatory", False: ", no CUSC signatory", None: ""}[cusc]
            yield (
                as_code(route.id) + words,
                *(recipients(route.id, component, cusc=cusc).text for component in COMPONENTS),
            )


def _combinations() -> Iterator[tuple[str, ...]]:
    for station_class, agreement, registrant, system in product(CLASSES, AGREEMENTS, REGISTRANTS, ("CVA", "SVA")):
        answers = {
            (ruleset, cusc): _decision(ruleset, station_class, agreement, registrant, system, cast("Answer", cusc))
            for ruleset, cusc in product(RULESETS, ("yes", "no"))
        }
        codes = answers["codes", "yes"], answers["codes", "no"]
        note = answers["note-v8", "yes"], answers["note-v8", "no"]
        yield (
            CLASS_WORDS.get(station_class, station_class),
            agreement,
            registrant,
            system,
            codes[0],
            codes[1] if codes[1] != codes[0] else "same",
            "" if note == codes else " / ".join(dict.fromkeys(note)),
        )


def _decision(ruleset: Ruleset, station_class: str, agreement: str, registrant: str, system: str, cusc: Answer) -> str:
    decision = decide(
        Combination(
            ruleset=ruleset,
            station_class=station_class,
            agreement=agreement,
            registrant=registrant,
            system=system,
            cusc=cusc,
        )
    )
    return as_code(decision.route_id) if decision.route_id else " ".join(name[:3] for name in decision.reject_codes)
