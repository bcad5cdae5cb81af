"""What an assessment says: the answer to each question for one plant under one ruleset on one day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from halfhour.errors import Finding, HalfhourError
from halfhour.plant.figures import Walk
from halfhour.plant.licence import LicenceAnswer
from halfhour.plant.model import Arrangement, Plant, Ruleset
from halfhour.plant.routes import Recipient
from halfhour.plant.sizes import Size
from halfhour.plant.worlds import Possible


@dataclass(frozen=True, slots=True)
class LicenceSection:
    """Licence exemption of the plant and of its owner.

    Attributes:
        status: what the assessment goes by: stated, or from the tests; more than one value where it is open.
        stated, reference: the status that the plant file states, and what it rests on.
        exemptable: the plant by itself (BSC). owner_exempt: the owner with all of its stations (statute).
    """

    status: Possible[str]
    stated: str | None
    reference: str | None
    exemptable: LicenceAnswer
    owner_exempt: LicenceAnswer


@dataclass(frozen=True, slots=True)
class Step:
    """One step of registration."""

    number: int
    title: str
    who: str
    document: str
    evidence: str
    mark: str


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """One route for this plant.

    Attributes:
        valid: True, False, or None where unknown facts decide.
        reject_codes: those that apply whatever the unknown facts are, sorted.
        possible_reject_codes: those that apply for some values of the unknown facts.
        decided_by: the unknown facts that decide whether, or why not.
    """

    route_id: str
    title: str
    valid: bool | None
    reject_codes: tuple[str, ...]
    possible_reject_codes: tuple[str, ...]
    decided_by: tuple[str, ...]
    agreement: str
    registrant: str
    lead_party: str
    system: str
    bm_unit: str
    trading_units: tuple[str, ...]
    conditions: str
    steps: tuple[Step, ...]
    recipients: Mapping[str, Recipient]
    mark: str
    source: str


@dataclass(frozen=True, slots=True)
class ArrangementAnswer:
    """What the arrangement of the plant file is: the route, or why it is refused."""

    arrangement: Arrangement
    valid: bool | None
    route_ids: tuple[str, ...]
    reject_codes: tuple[str, ...]
    possible_reject_codes: tuple[str, ...]
    decided_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A contradiction or trap of the note that bears on this plant; `certain` is False where an open fact decides."""

    id: str
    code: str
    trap: str
    decision: str
    about: str
    certain: bool


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """An unknown fact that matters, and what follows from each value that it could have.

    Attributes:
        keys: of the plant file that would settle it.
        answers: for each value: the classes and the routes that are then possible.
    """

    fact: str
    keys: tuple[str, ...]
    answers: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A point on which the two rulesets differ for this plant, with the number of the contradiction behind it."""

    what: str
    codes: str
    note_v8: str
    trap: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that is decided of one plant under one ruleset on one day.

    Attributes:
        size_answer, class_answer: the sizes and classes that remain possible; `size` and `station_class` where only one
            does. `size_row` is then the rule.
        generation_tnuos: `liable`, `not liable` or `not stated`.
        path: the walk through each figure.
        note: the same under note-v8, where both rulesets are asked for and the note covers the plant.
        refusal: why the note does not answer, where both are asked for.
    """

    plant: Plant
    on: date
    ruleset: Ruleset
    licence: LicenceSection
    size_answer: Possible[str]
    size_row: Size | None
    class_answer: Possible[str]
    route_class: Possible[str]
    routes: tuple[RouteAnswer, ...]
    arrangement: ArrangementAnswer | None
    generation_tnuos: Possible[str]
    contradictions: tuple[Contradiction, ...]
    open_questions: tuple[OpenQuestion, ...]
    remarks: tuple[Finding, ...]
    path: tuple[Walk, ...]
    note: Assessment | None = None
    differences: tuple[Difference, ...] = ()
    refusal: HalfhourError | None = None

    @property
    def size(self) -> str | None:
        """Small, Medium or Large; None while open."""
        return self.size_answer.value

    @property
    def station_class(self) -> str | None:
        """EESPS, EEMPS or EELPS of exemptible embedded plant, Small, Medium or Large of other; None while open."""
        return self.class_answer.value

    def route(self, route_id: str) -> RouteAnswer:
        """The answer for one route."""
        return next(answer for answer in self.routes if answer.route_id == route_id)
