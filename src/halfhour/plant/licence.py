"""Exemption from the generation licence, class by class with every test shown: handbook 2, the note's Figure 2.

The classes are data, in `data/licence.toml`. A test whose fact is not given is not evaluated, never failed; a class one
of whose tests fails has failed, whatever the facts that are not given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from halfhour.errors import HalfhourError
from halfhour.plant.conditions import megawatts, table
from halfhour.plant.model import NO_ORDER, LicenceStatus, Person, Station

Outcome = Literal["passed", "failed", "not evaluated"]
MISSING_INPUT = "MISSING_INPUT"

FACT_NAMES = {
    "power_provided_mw": "power provided",
    "dnc_mw": "declared net capacity",
    "offshore_installation": "offshore installation",
    "connected_2000_09_30": "connected on 30 September 2000",
    "export_capability_mw": "export capability",
    "ever_centrally_despatched": "ever centrally despatched",
    "max_capacity_2000_mw": "capacity on 30 September 2000",
    "max_capacity_now_mw": "capacity now",
    "individual_order": "individual order",
}
KEYS = {"dnc_mw": "declared_net_capacity_mw"}
"""Keys of a plant file that differ from the fact's own name."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One test of a class: what was compared, and how it came out.

    Attributes:
        text: the comparison in words with its numbers.
        missing: the facts that it needs and that are not given.
    """

    text: str
    outcome: Outcome
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassAnswer:
    """One class of exemption with its tests."""

    id: str
    title: str
    text: str
    outcome: Outcome
    tests: tuple[Comparison, ...]
    mark: str
    source: str

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that keep the class from being evaluated."""
        if self.outcome != "not evaluated":
            return ()
        return tuple(dict.fromkeys(fact for test in self.tests for fact in test.missing))


@dataclass(frozen=True, slots=True)
class LicenceAnswer:
    """Whether a plant is exemptable, or a person exempt, with every class.

    Attributes:
        status: `exemptible`, `licensable`, or `MISSING_INPUT` where no class passes and one was not evaluated.
        passed: the classes that pass, in order.
        missing: the facts that could change the status, empty where it is known.
    """

    status: str
    passed: tuple[str, ...]
    classes: tuple[ClassAnswer, ...]
    missing: tuple[str, ...]

    @property
    def headline(self) -> str | None:
        """The first class that passes."""
        return self.passed[0] if self.passed else None

    @property
    def possible(self) -> tuple[LicenceStatus, ...]:
        """The statuses that remain possible."""
        if self.status == "exemptible":
            return ("exemptible",)
        return ("licensable",) if self.status == "licensable" else ("exemptible", "licensable")

    def required(self) -> LicenceStatus:
        """The status, where it is known.

        Raises:
            HalfhourError: PL-010 MISSING_INPUT, naming the facts.
        """
        if self.status == "exemptible":
            return "exemptible"
        if self.status == "licensable":
            return "licensable"
        names = ", ".join(FACT_NAMES.get(fact, fact) for fact in self.missing)
        keys = ", ".join(KEYS.get(fact, fact) for fact in self.missing)
        raise HalfhourError(
            "PL-010",
            f"{MISSING_INPUT}: no class of exemption passes, and some could not be evaluated for want of: {names}.",
            f"Give {keys}.",
        )


def declared_net_capacity(sustainable_output_mw: Decimal, own_consumption_mw: Decimal, technology: str) -> Decimal:
    """Declared net capacity [MW] from output at the terminals, own consumption, technology: handbook 2 [inferred]."""
    factor = table("licence")["declared_net_capacity"].get(technology.lower(), "1")
    return (sustainable_output_mw - own_consumption_mw) * Decimal(factor)


def exemptable(station: Station) -> LicenceAnswer:
    """Whether the plant is exemptable, as if the person ran no other and held no licence: BSC Section K 1.2.2."""
    return _answer([_class_answer(entry, station) for entry in table("licence")["class"]])


def licence_exempt(person: Person) -> LicenceAnswer:
    """Whether the person needs no licence for its stations: each class is asked of all of them.

    Class A asks each station for one of its limbs, so the second limb holds where every station passes either. A person
    that holds a generation licence is in no class.
    """
    if person.licensed_generator:
        return LicenceAnswer("licensable", (), (), ())
    by_station = [exemptable(station).classes for station in person.stations]
    answers = []
    for position, entry in enumerate(table("licence")["class"]):
        per_station = [classes[position] for classes in by_station]
        if entry["id"] == "A50":
            first = [classes[position - 1] for classes in by_station]
            outcomes = [_any((one.outcome, two.outcome)) for one, two in zip(first, per_station, strict=True)]
        else:
            outcomes = [answer.outcome for answer in per_station]
        answers.append(
            ClassAnswer(
                entry["id"],
                entry["title"],
                entry["text"],
                _all(outcomes),
                tuple(
                    Comparison(f"{station.id or 'station'}: {test.text}", test.outcome, test.missing)
                    for station, answer in zip(person.stations, per_station, strict=True)
                    for test in answer.tests
                ),
                entry["mark"],
                entry["source"],
            )
        )
    answer = _answer(answers)
    if person.licensed_generator is None and answer.status != "licensable":
        return LicenceAnswer(
            MISSING_INPUT, answer.passed, answer.classes, (*answer.missing, "owner.licensed_generator")
        )
    return answer


def _answer(classes: Sequence[ClassAnswer]) -> LicenceAnswer:
    passed = tuple(answer.id for answer in classes if answer.outcome == "passed")
    missing = tuple(dict.fromkeys(fact for answer in classes for fact in answer.missing))
    if passed:
        return LicenceAnswer("exemptible", passed, tuple(classes), ())
    return LicenceAnswer(MISSING_INPUT if missing else "licensable", (), tuple(classes), missing)


def _class_answer(entry: Mapping[str, Any], station: Station) -> ClassAnswer:
    tests = tuple(_test(condition, station) for condition in entry["conditions"])
    return ClassAnswer(
        entry["id"],
        entry["title"],
        entry["text"],
        _all([test.outcome for test in tests]),
        tests,
        entry["mark"],
        entry["source"],
    )


def _all(outcomes: Sequence[Outcome]) -> Outcome:
    if "failed" in outcomes:
        return "failed"
    return "not evaluated" if "not evaluated" in outcomes else "passed"


def _any(outcomes: Sequence[Outcome]) -> Outcome:
    if "passed" in outcomes:
        return "passed"
    return "not evaluated" if "not evaluated" in outcomes else "failed"


def _test(condition: Mapping[str, str], station: Station) -> Comparison:
    fact, relation = condition["fact"], condition["relation"]
    value = getattr(station, fact)
    name = FACT_NAMES[fact]
    if relation == "given":
        text = f"{name}: {'not given' if value is None else value}"
        return Comparison(text, _outcome(value, value not in (None, NO_ORDER)), () if value is not None else (fact,))
    if relation == "is":
        wanted = condition["limit"] == "true"
        return Comparison(
            f"{name}: {_flag(value)}, must be {_flag(wanted)}",
            _outcome(value, value is wanted),
            () if value is not None else (fact,),
        )
    limit_fact = condition.get("limit_fact")
    limit = getattr(station, limit_fact) if limit_fact else Decimal(condition["limit"])
    against = FACT_NAMES[limit_fact] + " " if limit_fact else ""
    text = f"{name} {_mw(value)}, must be {relation} {against}{_mw(limit)}"
    missing = tuple(one for one, held in ((fact, value), (limit_fact, limit)) if one and held is None)
    if missing:
        return Comparison(text, "not evaluated", missing)
    return Comparison(text, "passed" if (value <= limit if relation == "at most" else value < limit) else "failed", ())


def _outcome(value: object, passed: bool) -> Outcome:
    if value is None:
        return "not evaluated"
    return "passed" if passed else "failed"


def _flag(value: bool | None) -> str:
    return "not given" if value is None else ("yes" if value else "no")


def _mw(value: Decimal | None) -> str:
    return "not given" if value is None else f"{megawatts(value)} MW"
