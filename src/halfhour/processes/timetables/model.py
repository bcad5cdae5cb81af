"""What a timetable is made of, as plain immutable records.

The columns that people read are the industry's: REF, WHEN, ACTION, FROM, TO, INFORMATION REQUIRED, METHOD.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from halfhour.errors import HalfhourError, NotCovered
from halfhour.errors.written_values import nearest, shown
from halfhour.processes.timetables.conditions import Condition
from halfhour.processes.timetables.parameters import Parameter, parameter_value

StateKind = Literal["open", "blocked", "ended"]
FactKind = Literal["text", "date", "integer", "decimal", "yes-no", "choice", "mpan", "mpid", "serial"]
Early = Literal["hold", "refuse"]

DAY_BEFORE = "day_before:"
"""How a step says that an item is the day before a fact of its case."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who acts.

    Attributes:
        name: in the table.
        market_role: its Market Participant Role Code, empty where it has none.
        of: fact that names the Metering System whose registration or appointments say who it is, empty where none do.
    """

    name: str
    title: str
    market_role: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that a case may hold.

    Attributes:
        required: must be given when a case is opened.
        choices: the allowed words of a `choice`.
        secret_to: parties that must not see it.
    """

    name: str
    kind: FactKind
    meaning: str
    required: bool
    choices: tuple[str, ...]
    secret_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """A state of a case: `open`, `blocked` (a person must decide or act) or `ended`."""

    name: str
    kind: StateKind
    meaning: str


@dataclass(frozen=True, slots=True)
class Clock:
    """When a step is due.

    Attributes:
        anchor: `after` (the latest date of what opened the step), `opened` (the case), a step's ref, `REF.due`, or
            `fact:NAME`.
        days: a number, a parameter's name, or the value of a choice parameter to either of these.
        chosen_by: name of the choice parameter, empty where `days` is no table.
        mode: `within`, `beginning_with` or `before`.
        unit: `working`, `calendar`, or the name of a choice parameter that says which.
    """

    anchor: str
    days: int | str | Mapping[str, int | str]
    chosen_by: str
    mode: Literal["within", "beginning_with", "before"]
    unit: str
    regime: str
    roll: Literal["next", "none"] | None


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """What must have happened to a step: `done` (any outcome), `silent`, `half`, or the name of an outcome."""

    ref: str
    what: str

    def __str__(self) -> str:
        return self.ref if self.what == "done" else f"{self.ref}.{self.what}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A way in which a step is completed.

    Attributes:
        flow: that brings it, `D0011`; empty where a person records it, or the step's own flow does.
        conditions: over the event's data, the facts and the parameters.
        state: of the case from then on; empty = unchanged.
        reopens: refs of steps that get a new attempt, `at_most` so many times (number or parameter; None = always);
            `beyond` is the state where there may be no more. `reopen_days` are the days of their clocks then, None as
            in the step.
        opens_case: timetable of the case that follows, empty where none does, and why; `opens_parties` says which of
            its parties are taken from items of the event's data.
        counts: added to the case's measures.
        learns: facts of the case that are taken from items of the event's data of another name.
    """

    name: str
    flow: str
    conditions: tuple[Condition, ...]
    state: str
    reopens: tuple[str, ...]
    at_most: int | str | None
    beyond: str
    reopen_days: int | str | None
    opens_case: str
    because: str
    opens_parties: Mapping[str, str]
    counts: Mapping[str, int]
    learns: Mapping[str, str]
    meaning: str


@dataclass(frozen=True, slots=True)
class Silence:
    """What follows when a clock runs out: an outcome that silence counts as under its conditions, else a state."""

    state: str
    deemed: str
    conditions: tuple[Condition, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the timetable.

    Attributes:
        sender, recipients: names of parties (the columns FROM and TO).
        after: all must hold; `after_any`: at least one must. Neither: open from the opening of the case.
        any_time: may be recorded at any time while the case is open, and is never waited for.
        only_if: conditions over facts and parameters.
        needs: flows that must all be there before an outcome is taken.
        early: what becomes of an event that comes before the step is open.
        flow: the file that the sender must send, empty where there is none.
        about: fact that names the Metering System that its files are about; one of another does not answer it. Empty
            where its files name none.
        says: items of the files that the sender sends, and what they say whatever the case knows: a constant, or
            `day_before:FACT`.
    """

    ref: str
    when: str
    action: str
    sender: str
    recipients: tuple[str, ...]
    information: str
    method: str
    mark: str
    after: tuple[Prerequisite, ...]
    after_any: tuple[Prerequisite, ...]
    any_time: bool
    only_if: tuple[Condition, ...]
    clock: Clock | None
    needs: tuple[str, ...]
    early: Early
    flow: str
    outcomes: tuple[Outcome, ...]
    silent: Silence | None
    half: str
    about: str = ""
    says: Mapping[str, str] = field(default_factory=dict)

    def outcome(self, name: str) -> Outcome | None:
        """The outcome of that name, or None."""
        return next((outcome for outcome in self.outcomes if outcome.name == name), None)

    @property
    def flows(self) -> frozenset[str]:
        """Every flow that may complete the step or a part of it."""
        return frozenset({self.flow, *self.needs, *(outcome.flow for outcome in self.outcomes)} - {""})


@dataclass(frozen=True, slots=True)
class OpenedBy:
    """A flow that opens a case where none is open.

    Attributes:
        conditions: over the message's data.
        facts: of the case, from items of the message.
        parties: of the case, from items of the message (`from_mpid`, `to_mpid`).
    """

    flow: str
    conditions: tuple[Condition, ...]
    facts: Mapping[str, str]
    parties: Mapping[str, str]


@dataclass(frozen=True)
class Timetable:
    """A market process as a table.

    Attributes:
        subject: what a case is about, `export MPAN`.
        key: facts that tell one case from another.
        extends: id of the timetable that this one varies, empty where none.
        opened_by: flows that open a case.
        selectable_to: first day on which real cases are no longer opened, None where there is none; and why.
    """

    id: str
    title: str
    subject: str
    source: str
    key: tuple[str, ...]
    first_state: str
    regime: str
    selectable_to: date | None
    extends: str
    parties: Mapping[str, Party]
    parameters: Mapping[str, Parameter]
    facts: Mapping[str, Fact]
    states: Mapping[str, State]
    steps: tuple[Step, ...]
    opened_by: tuple[OpenedBy, ...] = ()
    notes: str = field(default="")
    selectable_because: str = ""

    @cached_property
    def by_ref(self) -> dict[str, Step]:
        """The steps by their refs."""
        return {step.ref: step for step in self.steps}

    def step(self, ref: str) -> Step:
        """The step of a ref.

        Raises:
            HalfhourError: CS-104 there is none.
        """
        if ref not in self.by_ref:
            message = f"{self.id} has no step {shown(ref)}."
            hint = f"Its steps are {', '.join(self.by_ref)}. {nearest(ref, self.by_ref)}".rstrip()
            raise HalfhourError("CS-104", message, hint)
        return self.by_ref[ref]

    @cached_property
    def measures(self) -> frozenset[str]:
        """Every measure that an outcome counts."""
        return frozenset(name for step in self.steps for outcome in step.outcomes for name in outcome.counts)

    @cached_property
    def flows(self) -> frozenset[str]:
        """Every flow that the table knows."""
        return frozenset().union(*(step.flows for step in self.steps))

    def parameter_values(self, on: date, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Every parameter's value for a case opened on a day; what is given for the case comes first.

        Raises:
            NotCovered: PT-006 a parameter has no value that early.
            HalfhourError: PT-007 what is given is no parameter of the table or cannot be its value.
        """
        values: dict[str, Any] = {}
        for name, written in (given or {}).items():
            parameter = self.parameters.get(name)
            if parameter is None:
                step = f"Its parameters are {', '.join(self.parameters)}. {nearest(name, self.parameters)}".rstrip()
                raise HalfhourError("PT-007", f"{shown(name)} is no parameter of {self.id}.", step)
            values[name] = parameter_value(parameter, written)
        for name, parameter in self.parameters.items():
            if name not in values:
                dated = parameter.on(on)
                if dated is None:
                    first = parameter.values[0].effective_from
                    raise NotCovered(
                        "PT-006",
                        f"Parameter {name} of {self.id} has no value on {on}: the first is from {first}.",
                        "Give a value with the case, with its reason, or open it on a later day.",
                    )
                values[name] = dated.value
        return values
