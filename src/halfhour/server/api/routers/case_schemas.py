"""Cases as the API writes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema

from halfhour.server.api.paging import Page
from halfhour.server.api.values import Day, Word

Values = Annotated[dict[Word, Any], Field(max_length=200)]
Parties = Annotated[dict[Word, Annotated[str, Field(max_length=80)]], Field(max_length=40)]


class CaseLine(Schema):
    """A case in a list."""

    case: str
    timetable: str
    opened_on: date
    state: str
    kind: str
    ended_on: date | None


class CasePage(Page):
    """Cases in order of id."""

    items: list[CaseLine]


class TimetableName(Schema):
    """The timetable that a case follows."""

    id: str
    title: str


class CountedOut(Schema):
    """How a due day was counted: from which trigger, so many days of a kind, by whose holidays, and each day of it."""

    trigger: date
    n: int
    mode: str
    unit: str
    regime: str
    calendar: str | None
    calendar_version: str | None
    roll: str | None
    due: date
    days: list[date]


class WaitingOut(Schema):
    """An act that the case waits for; `flow` is the file that it needs."""

    ref: str
    attempt: int
    party: str
    mpid: str
    to: list[str]
    action: str
    information: str
    method: str
    flow: str
    flows: list[str]
    received: list[str]
    since: date
    due: date | None
    overdue: bool
    days_late: int
    if_nothing_comes: str
    counted: CountedOut | None


class TransitionOut(Schema):
    """What changed on a day."""

    on: date
    ref: str
    what: str
    state: str
    event: str


class AttemptOut(Schema):
    """An attempt at a step; `late` in days of its clock's kind."""

    number: int
    opened_on: date
    due: date | None
    done_on: date | None
    outcome: str
    deemed: bool
    late: int
    silent_since: date | None
    received: list[str]
    closed: str
    events: list[str]


class StepStateOut(Schema):
    """A step that has been opened, with its attempts."""

    ref: str
    action: str
    status: str
    attempts: list[AttemptOut]


class FindingOut(Schema):
    """What is wrong, or worth knowing."""

    code: str
    severity: str
    message: str
    next_step: str
    where: str = ""


class FollowOnOut(Schema):
    """A case that must be opened because of this one."""

    timetable: str
    because: str
    on: date
    ref: str


class EventOut(Schema):
    """An event as it was recorded; facts that are secret to the caller are left out of `data`."""

    id: str
    sequence: int
    on: date
    recorded_at: datetime | None
    kind: str
    step: str
    outcome: str
    flow: str
    data: dict[str, Any]
    by: str
    source: str
    corrects: str


class CaseStateOut(Schema):
    """How a case stands on a day."""

    case: str
    timetable: TimetableName
    on: date
    state: str
    kind: str
    meaning: str
    ended_on: date | None
    parties: dict[str, str]
    facts: dict[str, Any]
    parameters: dict[str, Any]
    waiting: list[WaitingOut]
    next_change_on: date | None
    missing_facts: dict[str, list[str]]
    steps: list[StepStateOut]
    history: list[TransitionOut]
    flows: dict[str, int]
    measures: dict[str, int]
    follow_ons: list[FollowOnOut]
    findings: list[FindingOut]


class CaseOut(CaseStateOut):
    """A case with its events."""

    opened_on: date
    nation: str
    follows: str | None
    events: list[EventOut]


class NewCase(Schema):
    """How a case is opened; the caller plays one of the parties."""

    timetable: Word
    opened_on: Day
    parties: Parties
    facts: Values = {}
    parameters: Values = {}
    nation: Literal["E&W", "SCT"] = "E&W"


class NewEvent(Schema):
    """What is recorded of a case. The same `id` twice changes nothing."""

    kind: Literal["act", "flow", "fact", "party", "correction", "withdrawal", "note"]
    on: Day
    step: Annotated[str, Field(max_length=20)] = ""
    outcome: Word = ""
    flow: Annotated[str, Field(pattern=r"^([A-Z][0-9]{4})?$")] = ""
    data: Values = {}
    corrects: Annotated[str, Field(max_length=64)] = ""
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,36}$")] = ""


class RecordedOut(Schema):
    """What came of it; `new` is false where it was there already and nothing was changed.

    `opened` are cases that followed from it, `files_taken` instances of files that waited for the case.
    """

    case: str
    event: str
    new: bool
    state: str
    kind: str
    opened: list[str]
    files_taken: int = 0


class WhatIf(Schema):
    """Another option, calendar or course of the same case.

    `answers` says by step how it is answered (an outcome, or `silent`); steps not named take their expected outcome.
    """

    timetable: Word = ""
    parameters: Values = {}
    calendar: Word = ""
    answers: Annotated[dict[Word, Word], Field(max_length=100)] = {}
    timing: Literal["at_limit", "at_once"] = "at_limit"
    until: Day | None = None
    project: bool = True


class WhatIfOut(Schema):
    """The case as it would stand; `events` are those that the projection made, `left_out` those that have no place."""

    state: CaseStateOut
    events: list[EventOut]
    left_out: list[str]


class DeadlineOut(Schema):
    """An act that is due."""

    due: date
    overdue: bool
    days_late: int
    case_id: str
    timetable: str
    subject: str
    ref: str
    attempt: int
    party: str
    mpid: str
    action: str
    flow: str
    since: date
    counted: str
    if_nothing_comes: str


class DeadlineList(Schema):
    """Everything due, the earliest first."""

    items: list[DeadlineOut]
