"""The fold: a case's events, in the order in which they happened, over its timetable, up to a day.

Time runs beside the events: a clock that runs out unanswered changes the case on the day after its due day. The same
events give the same state whatever the order in which they were recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from halfhour.calendar import HolidayCalendar
from halfhour.errors import Finding, HalfhourError, Severity
from halfhour.processes.cases.clocks import ONE_DAY, Limit, days_late, limit
from halfhour.processes.cases.events import Event, Opening, in_effect
from halfhour.processes.cases.facts import check_party, read_value
from halfhour.processes.cases.state import Attempt, CaseState, FollowOn, StepState, StepStatus, Transition, Waiting
from halfhour.processes.timetables import Outcome, Prerequisite, Step, Timetable, Unknown, holds

_MOST_ROUNDS = 200
"""Of opening and closing steps after one event; a sound timetable needs a handful."""


def fold(
    timetable: Timetable,
    opening: Opening,
    events: Iterable[Event] = (),
    on: date | None = None,
    calendar: str | HolidayCalendar | None = None,
) -> CaseState:
    """A case as it stands on a day.

    Args:
        events: in any order; those that happened after `on` are left out.
        on: the day; None takes the day of the last event, or of the opening.
        calendar: counted by in place of each regime's own (a what-if).

    Raises:
        NotCovered: PT-006 a parameter, CA-002 or CA-011 the holiday calendar does not reach the day.
        HalfhourError: PT-007 a parameter given with the case cannot be used.
    """
    counted = in_effect(events)
    day = on or max([opening.opened_on, *(event.on for event in counted)])
    folding = _Folding(timetable, opening, calendar)
    folding.open_and_close(opening.opened_on)
    for event in counted:
        if event.on <= day:
            folding.take(event)
    folding.run_out_before(day)
    return folding.state_on(day)


@dataclass(slots=True)
class _Attempt:
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
        return self.done_on is None and not self.closed


class _Folding:
    """A case while it is being folded."""

    def __init__(self, timetable: Timetable, opening: Opening, calendar: str | HolidayCalendar | None) -> None:
        self.timetable = timetable
        self.opening = opening
        self.calendar = calendar
        self.parameters = timetable.parameter_values(opening.opened_on, opening.parameters)
        self.facts = dict(opening.facts)
        self.parties = dict(opening.parties)
        self.state = timetable.first_state
        self.ended_on: date | None = None
        self.attempts: dict[str, list[_Attempt]] = {step.ref: [] for step in timetable.steps}
        self.held: list[Event] = []
        self.history: list[Transition] = [Transition(opening.opened_on, "", "opened", self.state, "")]
        self.flows: Counter[str] = Counter()
        self.measures: Counter[str] = Counter()
        self.reopened: Counter[tuple[str, str]] = Counter()
        self.follow_ons: list[FollowOn] = []
        self.missing: dict[str, set[str]] = {}
        self.findings: list[Finding] = []
        self.said: Mapping[str, Any] = {}

    # Opening and closing of steps

    def open_and_close(self, day: date) -> None:
        """Open every step whose conditions hold and close those whose no longer do, until nothing changes."""
        for _ in range(_MOST_ROUNDS):
            if self.ended_on is not None or not any(self._look_at(step, day) for step in self.timetable.steps):
                break
        if self.ended_on is None:
            self._take_held()

    def _look_at(self, step: Step, day: date) -> bool:
        if step.any_time:
            return False
        for refs in self.missing.values():
            refs.discard(step.ref)
        current = self._last(step.ref)
        keys = self._keys(step)
        applies = keys is not None and self._applies(step)
        if not applies:
            if current is not None and current.open and not (current.reopened and keys is None):
                current.closed = "not needed"
                return True
            return False
        assert keys is not None
        if current is not None and not keys - current.keys:
            if current.open and current.silent_since is None and step.clock and step.clock.anchor.startswith("fact:"):
                # The day that it counts from may be learnt, or move, while the step is open.
                current.limit = self._limit(step, None)
            return False
        if current is not None and current.open:
            current.closed = "superseded"
        self._open(step, day, keys)
        return True

    def _open(
        self, step: Step, day: date, keys: frozenset[tuple[str, int]], *, reopened_on: date | None = None
    ) -> None:
        attempt = _Attempt(
            len(self.attempts[step.ref]) + 1, day, keys, self._limit(step, reopened_on), reopened_on is not None
        )
        self.attempts[step.ref].append(attempt)

    def _limit(self, step: Step, reopened_on: date | None) -> Limit | None:
        if step.clock is None:
            return None
        anchor = self._anchor(step, reopened_on)
        if anchor is None:
            return None
        try:
            return limit(step.clock, anchor, self.parameters, self.opening.nation, self.calendar)
        except Unknown as unknown:
            self.missing.setdefault(unknown.name, set()).add(step.ref)
            return None

    def _anchor(self, step: Step, reopened_on: date | None) -> date | None:
        assert step.clock is not None
        anchor = step.clock.anchor
        if anchor == "opened":
            return self.opening.opened_on
        if anchor == "after":
            if reopened_on is not None:
                return reopened_on
            dates = [self._date_of(one) for one in (*step.after, *step.after_any) if self._key(one)]
            return max((day for day in dates if day), default=self.opening.opened_on)
        if anchor.startswith("fact:"):
            value = self.facts.get(anchor[5:])
            if not isinstance(value, date):
                self.missing.setdefault(anchor[5:], set()).add(step.ref)
                return None
            return value
        # A ref itself may have dots, so a ref is looked for first.
        if anchor in self.attempts:
            last = self._last(anchor)
            return last.done_on if last else None
        last = self._last(anchor.removesuffix(".due"))
        return last.limit.due if last and last.limit else None

    def _date_of(self, wanted: Prerequisite) -> date | None:
        last = self._last(wanted.ref)
        if last is None:
            return None
        if wanted.what in ("silent", "half"):
            return last.limit.due if last.limit else None
        return last.done_on

    def _keys(self, step: Step) -> frozenset[tuple[str, int]] | None:
        """What opened the step, None where its prerequisites do not hold."""
        needed = [self._key(one) for one in step.after]
        some = [self._key(one) for one in step.after_any]
        if not all(needed) or (step.after_any and not any(some)):
            return None
        return frozenset(key for key in (*needed, *some) if key)

    def _key(self, wanted: Prerequisite) -> tuple[str, int] | None:
        last = self._last(wanted.ref)
        if last is None:
            return None
        if wanted.what == "silent":
            met = last.silent_since is not None and last.open
        elif wanted.what == "half":
            met = last.half and last.open
        elif wanted.what == "done":
            met = last.done_on is not None
        else:
            met = last.outcome is not None and last.outcome.name == wanted.what
        return (str(wanted), last.number) if met else None

    def _applies(self, step: Step) -> bool:
        try:
            met = holds(step.only_if, self.facts, self._counted(), self.parameters)
        except Unknown as unknown:
            self.missing.setdefault(unknown.name, set()).add(step.ref)
            return False
        return met

    def _counted(self) -> dict[str, int]:
        """Every measure of the timetable, those that nothing has counted yet at 0."""
        return {name: self.measures[name] for name in self.timetable.measures}

    def _last(self, ref: str) -> _Attempt | None:
        attempts = self.attempts[ref]
        return attempts[-1] if attempts else None

    # Time

    def run_out_before(self, day: date) -> None:
        """Let every clock run out whose due day lies before a day, in the order of their due days."""
        while self.ended_on is None:
            running = [
                (attempt.limit.due, place, step, attempt)
                for place, step in enumerate(self.timetable.steps)
                for attempt in self.attempts[step.ref][-1:]
                if attempt.open and attempt.limit and attempt.silent_since is None and attempt.limit.due < day
            ]
            if not running:
                return
            due, _, step, attempt = min(running, key=lambda one: one[:2])
            self._run_out(step, attempt, due)

    def _run_out(self, step: Step, attempt: _Attempt, due: date) -> None:
        # A clock that opens already run out runs out on the day on which it opens.
        day = max(due + ONE_DAY, attempt.opened_on)
        attempt.silent_since = day
        attempt.half = bool(step.needs) and bool(attempt.received)
        silence = step.silent
        state, what = "", "clock ran out"
        if attempt.half and step.half:
            state, what = step.half, "half answered when the clock ran out"
        elif silence is not None:
            means_it = self._silence_means_it(step)
            outcome = step.outcome(silence.deemed) if silence.deemed and means_it else None
            if outcome is not None:
                attempt.deemed = True
                self._complete(step, attempt, outcome, day, "", what=f"silence counts as {outcome.name}")
                return
            # Conditions are of the outcome that silence counts as, where there is one; else of the state.
            state = silence.state if silence.deemed or means_it else ""
        attempt.state_before = self.state if state else ""
        message = f"{self._subject(step)} was due on {due}."
        self._say("CS-109", "warning", step, message, "Chase it, or record what came.")
        self._enter(day, step.ref, what, state, "")
        self.open_and_close(day)

    def _silence_means_it(self, step: Step) -> bool:
        assert step.silent is not None
        try:
            return holds(step.silent.conditions, self.facts, self.parameters)
        except Unknown as unknown:
            self.missing.setdefault(unknown.name, set()).add(step.ref)
            return False

    # Events

    def take(self, event: Event) -> None:
        """Take one event on its day."""
        self.run_out_before(event.on)
        if event.on < self.opening.opened_on:
            self._remark(
                "CS-107",
                "warning",
                event,
                f"{_named(event)} is from before the case was opened.",
                "Correct one of the dates.",
            )
        match event.kind:
            case "note":
                self._enter(event.on, event.step, "note", "", event.id)
            case "correction" | "withdrawal":
                self._remark(
                    "CS-106",
                    "error",
                    event,
                    f"{_named(event)} corrects {event.corrects}, which the case has not.",
                    "Name an event of this case.",
                )
            case "party":
                self._take_parties(event)
            case "fact":
                self._merge(event)
                self._enter(event.on, "", f"learnt {', '.join(event.data)}", "", event.id)
                self.open_and_close(event.on)
            case _:
                self._take_act(event)

    def _take_parties(self, event: Event) -> None:
        for name, written in event.data.items():
            try:
                self.parties[name] = check_party(self.timetable, name, written)
            except HalfhourError as error:
                self._remark(error.code, "error", event, error.message, error.next_step)
        self._enter(event.on, "", f"parties: {', '.join(event.data)}", "", event.id)

    def _take_act(self, event: Event) -> None:
        if self.ended_on is not None:
            self._attach(event, "CS-103", f"{_named(event)} came after the case had ended, and is attached.")
            return
        if event.flow:
            self.flows[event.flow] += 1
        if event.step and event.step not in self.attempts:
            self._remark(
                "CS-104", "error", event, f"{self.timetable.id} has no step {event.step!r}.", "Correct the event."
            )
            return
        if not self._apply(event):
            self._not_applied(event)

    def _candidates(self, event: Event) -> list[Step]:
        if event.step:
            return [self.timetable.by_ref[event.step]]
        return [step for step in self.timetable.steps if event.flow in step.flows]

    def _apply(self, event: Event) -> bool:
        """Apply an event to the first open step that it fits; steps that may be done at any time come after these."""
        candidates = self._candidates(event)
        ready = [step for step in candidates if not step.any_time and (last := self._last(step.ref)) and last.open]
        any_time = [step for step in candidates if step.any_time and self._applies(step)]
        for step in [*ready, *any_time]:
            if event.flow in step.needs:
                self._receive(step, event)
                return True
            outcome = self._outcome(step, event)
            if outcome is not None:
                self._do(step, outcome, event)
                return True
        return False

    def _receive(self, step: Step, event: Event) -> None:
        """One of the flows that a step needs all of."""
        attempt = self.attempts[step.ref][-1]
        attempt.received[event.flow] = event
        attempt.events.append(event.id)
        if set(step.needs) - set(attempt.received):
            self._enter(event.on, step.ref, f"{event.flow} received", "", event.id)
            return
        data: dict[str, Any] = {}
        said = ""
        for one in attempt.received.values():
            data.update({name: value for name, value in one.data.items() if value not in (None, "")})
            said = one.outcome or said
        whole = replace(event, step=step.ref, outcome=said, data=data)
        outcome = self._outcome(step, whole)
        if outcome is None:
            self._enter(event.on, step.ref, f"{event.flow} received", "", event.id)
            self._no_outcome(step, event)
            return
        attempt.events.remove(event.id)
        self._do(step, outcome, whole)

    def _outcome(self, step: Step, event: Event) -> Outcome | None:
        if event.outcome:
            return step.outcome(event.outcome)
        for outcome in step.outcomes:
            # An outcome without a flow of its own is brought by the step's; a step done by hand takes any.
            carried = outcome.flow or (step.flow if not step.needs else "")
            if event.flow and carried != event.flow and not step.needs:
                continue
            if not event.flow and outcome.flow:
                continue
            try:
                if holds(outcome.conditions, event.data, self.facts, self.parameters):
                    return outcome
            except Unknown:
                continue
        return None

    def _do(self, step: Step, outcome: Outcome, event: Event) -> None:
        self.said = event.data
        self._merge(event)
        self._learn(outcome, event)
        if step.any_time:
            self._open(step, event.on, frozenset())
        attempt = self.attempts[step.ref][-1]
        attempt.events.append(event.id)
        if event.flow:
            attempt.received.setdefault(event.flow, event)
        self._complete(step, attempt, outcome, event.on, event.id, what=outcome.name)

    def _complete(self, step: Step, attempt: _Attempt, outcome: Outcome, day: date, event: str, *, what: str) -> None:
        attempt.done_on = day
        attempt.outcome = outcome
        if attempt.limit and step.clock and not attempt.deemed:
            attempt.late = days_late(attempt.limit.due, day, step.clock, self.opening.nation, self.calendar)
        for name, number in outcome.counts.items():
            self.measures[name] += number
        if outcome.opens_case:
            data = self.said
            parties = {name: str(data[item]) for name, item in outcome.opens_parties.items() if data.get(item)}
            self.follow_ons.append(FollowOn(outcome.opens_case, outcome.because, day, step.ref, parties))
        state = outcome.state
        if not state and attempt.state_before and step.silent and self.state == step.silent.state:
            # Late as it is, what its silence had changed is as it was.
            state = attempt.state_before
        reopens = outcome.reopens
        if reopens and not self._may_reopen(step, outcome):
            state, reopens = outcome.beyond or outcome.state, ()
        self._enter(day, step.ref, what, state, event)
        if self.ended_on is None:
            for ref in reopens:
                self._reopen(self.timetable.by_ref[ref], day, outcome.reopen_days)
            self.open_and_close(day)

    def _may_reopen(self, step: Step, outcome: Outcome) -> bool:
        if outcome.at_most is None:
            return True
        most = self.parameters[outcome.at_most] if isinstance(outcome.at_most, str) else outcome.at_most
        self.reopened[step.ref, outcome.name] += 1
        return self.reopened[step.ref, outcome.name] <= int(most)

    def _reopen(self, step: Step, day: date, days: int | str | None) -> None:
        last = self._last(step.ref)
        if last is not None and last.open:
            last.closed = "superseded"
        if days is not None and step.clock is not None:
            step = replace(step, clock=replace(step.clock, days=days, chosen_by=""))
        self._open(step, day, last.keys if last else (self._keys(step) or frozenset()), reopened_on=day)

    def _not_applied(self, event: Event) -> None:
        candidates = [step for step in self._candidates(event) if not step.any_time]
        if not self._candidates(event):
            self._attach(event, "CS-105", f"{_named(event)} is not awaited by {self.timetable.id}, and is attached.")
            return
        ready = [step for step in candidates if (last := self._last(step.ref)) and last.open]
        early = [step for step in candidates if not self.attempts[step.ref] or self._last_closed(step)]
        if ready:
            self._no_outcome(ready[0], event)
            self._enter(event.on, ready[0].ref, "attached", "", event.id)
        elif early and self._could_be(early[0], event):
            step = early[0]
            if step.early == "refuse":
                message = f"{_named(event)} came before {self._subject(step)} could be done, and does not count."
                self._remark("CS-102", "error", event, message, f"Send it again once {self._waits_for(step)}.")
                self._enter(event.on, step.ref, "refused: too early", "", event.id)
            else:
                message = f"{_named(event)} came before {self._subject(step)} was open, and is held until it opens."
                self._remark("CS-101", "warning", event, message, f"Nothing, once {self._waits_for(step)}.")
                self._enter(event.on, step.ref, "held: early", "", event.id)
                self.held.append(event)
        else:
            self._attach(event, "CS-108", f"{_named(event)} came when its step had been answered, and is attached.")

    def _could_be(self, step: Step, event: Event) -> bool:
        """Whether the event would be an answer if the step were open."""
        return bool(step.needs) or self._outcome(step, event) is not None

    def _last_closed(self, step: Step) -> bool:
        last = self._last(step.ref)
        return last is not None and last.closed != ""

    def _waits_for(self, step: Step) -> str:
        lacking = [str(one) for one in (*step.after, *step.after_any) if not self._key(one)]
        return f"{', '.join(lacking)} is there" if lacking else "its facts are known"

    def _take_held(self) -> None:
        for event in list(self.held):
            opened = [(step, last) for step in self._candidates(event) if (last := self._last(step.ref)) and last.open]
            if opened and event in self.held:
                step, attempt = opened[0]
                self.held.remove(event)
                # It counts from the day on which its step opened: before, there was nothing to answer.
                if not self._apply(replace(event, on=max(event.on, attempt.opened_on))):
                    self._no_outcome(step, event)

    def _no_outcome(self, step: Step, event: Event) -> None:
        names = ", ".join(outcome.name for outcome in step.outcomes)
        what = f"outcome {event.outcome!r}" if event.outcome else f"{_named(event)}"
        self._remark(
            "CS-110",
            "warning",
            event,
            f"Step {step.ref} of {self.timetable.id} is not answered by {what}: none of its outcomes fits.",
            f"Record which it is: {names}.",
        )

    def _attach(self, event: Event, code: str, message: str) -> None:
        self._remark(code, "info", event, message, "Nothing need be done.")
        self._enter(event.on, event.step, "attached", "", event.id)

    def _merge(self, event: Event) -> None:
        """Data that the timetable declares become facts."""
        for name, written in event.data.items():
            fact = self.timetable.facts.get(name)
            if fact is None or written is None or written == "":
                continue
            try:
                self.facts[name] = read_value(fact, written)
            except HalfhourError as error:
                self._remark(error.code, "error", event, error.message, error.next_step)

    def _learn(self, outcome: Outcome, event: Event) -> None:
        """Facts that the outcome takes from items of another name."""
        for name, item in outcome.learns.items():
            written = event.data.get(item)
            if written is not None and written != "":
                self._merge(replace(event, data={name: written}))

    def _enter(self, day: date, ref: str, what: str, state: str, event: str) -> None:
        if state:
            self.state = state
        self.history.append(Transition(day, ref, what, self.state, event))
        if state and self.timetable.states[state].kind == "ended" and self.ended_on is None:
            self.ended_on = day
            for attempts in self.attempts.values():
                for attempt in attempts:
                    if attempt.open:
                        attempt.closed = "case ended"

    # What is told

    def _say(self, code: str, severity: Severity, step: Step, message: str, next_step: str) -> None:
        self.findings.append(Finding(code, severity, message, next_step, where=f"{self.opening.case_id} {step.ref}"))

    def _remark(self, code: str, severity: Severity, event: Event, message: str, next_step: str) -> None:
        where = f"{self.opening.case_id} event {event.id}" + (f" ({event.source})" if event.source else "")
        self.findings.append(Finding(code, severity, message, next_step, where=where))

    def _subject(self, step: Step) -> str:
        party = self.timetable.parties[step.sender]
        mpid = self.parties.get(step.sender, "")
        return f"{step.ref} ({party.title}{' ' + mpid if mpid else ''}: {step.action})"

    def state_on(self, day: date) -> CaseState:
        """The case as it stands, once everything up to the day has been taken."""
        waiting = sorted(
            (
                self._waiting(step, attempt, day)
                for step in self.timetable.steps
                if (attempt := self._last(step.ref)) is not None and attempt.open
            ),
            key=lambda one: (one.due or date.max, self.timetable.steps.index(self.timetable.by_ref[one.ref])),
        )
        running = [
            attempt.limit.due + ONE_DAY
            for attempts in self.attempts.values()
            for attempt in attempts[-1:]
            if attempt.open and attempt.limit and attempt.silent_since is None
        ]
        return CaseState(
            case_id=self.opening.case_id,
            timetable=self.timetable.id,
            on=day,
            state=self.state,
            kind=self.timetable.states[self.state].kind,
            ended_on=self.ended_on,
            facts=self.facts,
            parties=self.parties,
            parameters=self.parameters,
            steps=tuple(self._step_state(step) for step in self.timetable.steps),
            waiting=tuple(waiting),
            history=tuple(self.history),
            flows=dict(sorted(self.flows.items())),
            measures=dict(sorted(self.measures.items())),
            follow_ons=tuple(self.follow_ons),
            missing_facts={
                name: tuple(sorted(refs))
                for name, refs in sorted(self.missing.items())
                if refs and self.ended_on is None
            },
            next_change_on=min(running, default=None) if self.ended_on is None else None,
            findings=tuple(self.findings),
        )

    def _waiting(self, step: Step, attempt: _Attempt, day: date) -> Waiting:
        due = attempt.limit.due if attempt.limit else None
        late = days_late(due, day, step.clock, self.opening.nation, self.calendar) if due and step.clock else 0
        return Waiting(
            ref=step.ref,
            party=step.sender,
            mpid=self.parties.get(step.sender, ""),
            recipients=step.recipients,
            action=step.action,
            information=step.information,
            method=step.method,
            flow=step.flow,
            flows=tuple(sorted(step.flows)),
            received=tuple(attempt.received),
            since=attempt.opened_on,
            due=due,
            overdue=due is not None and due < day,
            days_late=late,
            attempt=attempt.number,
            silence=step.silent.meaning if step.silent else "",
            limit=attempt.limit.counted if attempt.limit else None,
        )

    def _step_state(self, step: Step) -> StepState:
        attempts = tuple(_told(attempt) for attempt in self.attempts[step.ref])
        last = self._last(step.ref)
        status: StepStatus = "not open"
        if last is not None:
            status = "open" if last.open else "done" if last.done_on is not None else "not needed"
        return StepState(step.ref, status, attempts)


def _told(attempt: _Attempt) -> Attempt:
    return Attempt(
        number=attempt.number,
        opened_on=attempt.opened_on,
        due=attempt.limit.due if attempt.limit else None,
        limit=attempt.limit.counted if attempt.limit else None,
        done_on=attempt.done_on,
        outcome=attempt.outcome.name if attempt.outcome else "",
        deemed=attempt.deemed,
        late=attempt.late,
        silent_since=attempt.silent_since,
        received=tuple(attempt.received),
        closed=attempt.closed,
        events=tuple(attempt.events),
    )


def _named(event: Event) -> str:
    """An event for a message: its flow or step, and its day."""
    return f"{event.flow or (event.step and f'step {event.step}') or event.kind} of {event.on}"
