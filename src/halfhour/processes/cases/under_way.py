"""A case while its events are folded: what has been attempted, learnt and said so far; gone when the fold is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from halfhour.calendar import HolidayCalendar
from halfhour.errors import Finding, HalfhourError, Severity
from halfhour.processes.cases.clocks import Limit
from halfhour.processes.cases.events import Event, Opening
from halfhour.processes.cases.facts import read_value
from halfhour.processes.cases.state import FollowOn, Transition
from halfhour.processes.timetables import Outcome, Step, Timetable


@dataclass(slots=True)
class AttemptUnderWay:
    """One attempt at a step; its names are those of `state.Attempt`.

    Attributes:
        keys: what opened it: prerequisites with the numbers of the attempts that met them.
        reopened: whether an outcome opened it again, whatever its prerequisites say.
        half: whether its clock ran out when a part of the flows that it needs had come.
        state_before: of the case, where its silence changed that.
        events: ids of the events that belong to it.
    """

    number: int
    opened_on: date
    keys: frozenset[tuple[str, int]]
    limit: Limit | None
    reopened: bool = False
    done_on: date | None = None
    outcome: Outcome | None = None
    deemed: bool = False
    late: int = 0
    silent_since: date | None = None
    half: bool = False
    state_before: str = ""
    received: dict[str, Event] = field(default_factory=dict)
    closed: str = ""
    events: list[str] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return self.done_on is None and not self.closed

    @property
    def running(self) -> bool:
        """Whether its clock may still run out."""
        return self.open and self.limit is not None and self.silent_since is None


class CaseUnderWay:
    """A case between two of its events.

    Attributes:
        calendar: counted by in place of each regime's own; None in a case as it is.
        held: events that came before their step was open.
        reopened: how often an outcome of a step has opened others again.
        missing: facts that a step needs and that nobody has told, with the refs of these steps.
    """

    def __init__(self, timetable: Timetable, opening: Opening, calendar: str | HolidayCalendar | None) -> None:
        self.timetable = timetable
        self.opening = opening
        self.calendar = calendar
        self.parameters = timetable.parameter_values(opening.opened_on, opening.parameters)
        self.facts: dict[str, Any] = dict(opening.facts)
        self.parties: dict[str, str] = dict(opening.parties)
        self.state = timetable.first_state
        self.ended_on: date | None = None
        self.attempts: dict[str, list[AttemptUnderWay]] = {step.ref: [] for step in timetable.steps}
        self.held: list[Event] = []
        self.history = [Transition(opening.opened_on, "", "opened", self.state, "")]
        self.flows: Counter[str] = Counter()
        self.measures: Counter[str] = Counter()
        self.reopened: Counter[tuple[str, str]] = Counter()
        self.follow_ons: list[FollowOn] = []
        self.missing: dict[str, set[str]] = {}
        self.findings: list[Finding] = []

    def last(self, ref: str) -> AttemptUnderWay | None:
        """The last attempt at a step; None where there was none."""
        attempts = self.attempts[ref]
        return attempts[-1] if attempts else None

    def is_open(self, step: Step) -> bool:
        """Whether a step waits for an answer."""
        last = self.last(step.ref)
        return last is not None and last.open

    def counted(self) -> dict[str, int]:
        """Every measure of the timetable, those that nothing has counted yet at 0."""
        return {name: self.measures[name] for name in self.timetable.measures}

    def needs_to_know(self, name: str, step: Step) -> None:
        """Remember that a step cannot go on before a fact is known."""
        self.missing.setdefault(name, set()).add(step.ref)

    def learn(self, event: Event, data: Mapping[str, Any]) -> None:
        """Make facts of what the timetable declares; what cannot be read is remarked on, and the rest is learnt."""
        for name, written in data.items():
            fact = self.timetable.facts.get(name)
            if fact is None or written is None or written == "":
                continue
            try:
                self.facts[name] = read_value(fact, written)
            except HalfhourError as error:
                self.remark(error.code, "error", event, error.message, error.next_step)

    def enter(self, day: date, ref: str, what: str, state: str, event: str) -> None:
        """Enter in the history what happened, the case being in a state from then on; empty = unchanged."""
        if state:
            self.state = state
        self.history.append(Transition(day, ref, what, self.state, event))
        if state and self.timetable.states[state].kind == "ended" and self.ended_on is None:
            self.ended_on = day
            for attempts in self.attempts.values():
                for attempt in attempts:
                    if attempt.open:
                        attempt.closed = "case ended"

    def say(self, code: str, severity: Severity, step: Step, message: str, next_step: str) -> None:
        """A finding about a step."""
        self.findings.append(Finding(code, severity, message, next_step, where=f"{self.opening.case_id} {step.ref}"))

    def remark(self, code: str, severity: Severity, event: Event, message: str, next_step: str) -> None:
        """A finding about an event."""
        where = f"{self.opening.case_id} event {event.id}" + (f" ({event.source})" if event.source else "")
        self.findings.append(Finding(code, severity, message, next_step, where=where))

    def attach(self, event: Event, code: str, message: str) -> None:
        """Keep an event with the case that changes nothing of it."""
        self.remark(code, "info", event, message, "Nothing need be done.")
        self.enter(event.on, event.step, "attached", "", event.id)

    def named(self, step: Step) -> str:
        """A step for a message: `E7 (Meter Operator MOAX: accept or reject)`."""
        party = self.timetable.parties[step.sender]
        mpid = self.parties.get(step.sender, "")
        return f"{step.ref} ({party.title}{' ' + mpid if mpid else ''}: {step.action})"


def named(event: Event) -> str:
    """An event for a message: its flow or step, and its day."""
    return f"{event.flow or (event.step and f'step {event.step}') or event.kind} of {event.on}"


def whole(event: Event, received: Mapping[str, Event], step: Step) -> Event:
    """The flows that a step needs, taken together as one event: the last that came."""
    data: dict[str, Any] = {}
    said = ""
    for one in received.values():
        data.update({name: value for name, value in one.data.items() if value not in (None, "")})
        said = one.outcome or said
    return replace(event, step=step.ref, outcome=said, data=data)
