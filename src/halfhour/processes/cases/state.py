"""The state of a case on a day: what its fold gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from halfhour.calendar import TimeLimit
from halfhour.errors import Finding
from halfhour.processes.timetables import StateKind

StepStatus = Literal["not open", "open", "done", "not needed"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a step.

    Attributes:
        opened_on: when it could first be done.
        due: last day in time, None where it has no clock; `limit` has the days counted.
        done_on, outcome: how it was completed; None and empty while it is not.
        deemed: whether silence counted as the outcome.
        late: days late, in days of the clock's kind.
        silent_since: first day after its clock ran out unanswered.
        received: flows that have come, in the order of coming.
        closed: why it was closed without an outcome: `not needed`, `superseded`, `case ended`; empty where it was not.
        events: ids of the events that belong to it.
    """

    number: int
    opened_on: date
    due: date | None
    limit: TimeLimit | None
    done_on: date | None
    outcome: str
    deemed: bool
    late: int
    silent_since: date | None
    received: tuple[str, ...]
    closed: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepState:
    """A step of the timetable with its attempts."""

    ref: str
    status: StepStatus
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An act that the case waits for.

    Attributes:
        party, mpid: who must act; the MPID is empty where the case does not know who plays the party.
        flow: the file that the act needs, empty where none; `flows` all that would answer it.
        since: when the step opened.
        due: None where it has no clock.
        silence: what follows when nothing comes.
    """

    ref: str
    party: str
    mpid: str
    recipients: tuple[str, ...]
    action: str
    information: str
    method: str
    flow: str
    flows: tuple[str, ...]
    received: tuple[str, ...]
    since: date
    due: date | None
    overdue: bool
    days_late: int
    attempt: int
    silence: str
    limit: TimeLimit | None


@dataclass(frozen=True, slots=True)
class FollowOn:
    """A case that must be opened because of this one; `parties` are those of its parties that are others than here."""

    timetable: str
    because: str
    on: date
    ref: str
    parties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Transition:
    """Something that changed: on a day, at a step, what, and the case's state from then on."""

    on: date
    ref: str
    what: str
    state: str
    event: str


@dataclass(frozen=True, slots=True)
class CaseState:
    """A case as it stands on a day.

    Attributes:
        on: the day.
        state, kind: of the timetable's states.
        ended_on: None while it has not ended.
        facts, parties, parameters: as they stand.
        steps: every step in the order of the table.
        waiting: open acts, the earliest due first.
        history: what changed, in order.
        flows: how many of each flow, until the case ended.
        measures: what outcomes count (visits, re-sends).
        missing_facts: facts that must be known before a step can open, with the steps.
        next_change_on: first day on which the state would change by itself if nothing came; None where never.
        findings: what is wrong or worth knowing, codes CS-1xx.
    """

    case_id: str
    timetable: str
    on: date
    state: str
    kind: StateKind
    ended_on: date | None
    facts: Mapping[str, Any]
    parties: Mapping[str, str]
    parameters: Mapping[str, Any]
    steps: tuple[StepState, ...]
    waiting: tuple[Waiting, ...]
    history: tuple[Transition, ...]
    flows: Mapping[str, int]
    measures: Mapping[str, int]
    follow_ons: tuple[FollowOn, ...]
    missing_facts: Mapping[str, tuple[str, ...]]
    next_change_on: date | None
    findings: tuple[Finding, ...]

    def step(self, ref: str) -> StepState:
        """The step of that ref."""
        return next(step for step in self.steps if step.ref == ref)

    @property
    def due(self) -> date | None:
        """The earliest day on which anything is due."""
        return min((one.due for one in self.waiting if one.due), default=None)
