"""Steps opened, closed, completed and reopened, and clocks that run out unanswered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from halfhour.processes.cases.clocks import ONE_DAY, days_late
from halfhour.processes.cases.prerequisites import Keys, applies, keys_of, limit_of, silence_means_it
from halfhour.processes.cases.state import FollowOn
from halfhour.processes.cases.under_way import AttemptUnderWay, CaseUnderWay
from halfhour.processes.timetables import Outcome, Step

_MOST_ROUNDS = 200
"""Of opening and closing steps after one event; a sound timetable needs a handful."""


def open_and_close(case: CaseUnderWay, day: date) -> None:
    """Open every step whose conditions hold and close those whose no longer do, until nothing changes."""
    for _ in range(_MOST_ROUNDS):
        if case.ended_on is not None or not any(_look_at(case, step, day) for step in case.timetable.steps):
            break


def _look_at(case: CaseUnderWay, step: Step, day: date) -> bool:
    """Open or close one step; whether anything changed."""
    if step.any_time:
        return False
    for refs in case.missing.values():
        refs.discard(step.ref)
    current = case.last(step.ref)
    keys = keys_of(case, step)
    if keys is None or not applies(case, step):
        if current is not None and current.open and not (current.reopened and keys is None):
            current.closed = "not needed"
            return True
        return False
    if current is not None and not keys - current.keys:
        if current.open and current.silent_since is None and step.clock and step.clock.anchor.startswith("fact:"):
            # The day that it counts from may be learnt, or move, while the step is open.
            current.limit = limit_of(case, step)
        return False
    if current is not None and current.open:
        current.closed = "superseded"
    open_step(case, step, day, keys)
    return True


def open_step(
    case: CaseUnderWay, step: Step, day: date, keys: Keys = frozenset(), *, reopened_on: date | None = None
) -> AttemptUnderWay:
    """A new attempt at a step."""
    limit = limit_of(case, step, reopened_on)
    attempt = AttemptUnderWay(len(case.attempts[step.ref]) + 1, day, keys, limit, reopened_on is not None)
    case.attempts[step.ref].append(attempt)
    return attempt


def complete(
    case: CaseUnderWay,
    step: Step,
    attempt: AttemptUnderWay,
    outcome: Outcome,
    day: date,
    event: str,
    *,
    said: Mapping[str, Any],
    what: str = "",
) -> None:
    """Complete an attempt with an outcome, and let everything follow that the timetable hangs on it.

    Args:
        event: id of the event that brought it, empty where silence did.
        said: the event's data.
        what: for the history; empty takes the outcome's name.
    """
    attempt.done_on = day
    attempt.outcome = outcome
    if attempt.limit and step.clock and not attempt.deemed:
        attempt.late = days_late(
            attempt.limit.due, day, step.clock, case.parameters, case.opening.nation, case.calendar
        )
    for name, number in outcome.counts.items():
        case.measures[name] += number
    if outcome.opens_case:
        parties = {name: str(said[item]) for name, item in outcome.opens_parties.items() if said.get(item)}
        case.follow_ons.append(FollowOn(outcome.opens_case, outcome.because, day, step.ref, parties))
    state, reopens = outcome.state, outcome.reopens
    if not state and attempt.state_before and step.silent and case.state == step.silent.state:
        # Late as it is, what its silence had changed is as it was.
        state = attempt.state_before
    if reopens and not _may_reopen(case, step, outcome):
        state, reopens = outcome.beyond or outcome.state, ()
    case.enter(day, step.ref, what or outcome.name, state, event)
    if case.ended_on is None:
        for ref in reopens:
            _reopen(case, case.timetable.by_ref[ref], day, outcome.reopen_days)
        open_and_close(case, day)


def _may_reopen(case: CaseUnderWay, step: Step, outcome: Outcome) -> bool:
    if outcome.at_most is None:
        return True
    most = case.parameters[outcome.at_most] if isinstance(outcome.at_most, str) else outcome.at_most
    case.reopened[step.ref, outcome.name] += 1
    return case.reopened[step.ref, outcome.name] <= int(most)


def _reopen(case: CaseUnderWay, step: Step, day: date, days: int | str | None) -> None:
    last = case.last(step.ref)
    if last is not None and last.open:
        last.closed = "superseded"
    if days is not None and step.clock is not None:
        step = replace(step, clock=replace(step.clock, days=days, chosen_by=""))
    open_step(case, step, day, last.keys if last else (keys_of(case, step) or frozenset()), reopened_on=day)


def next_to_run_out(case: CaseUnderWay) -> tuple[date, Step, AttemptUnderWay] | None:
    """The clock that runs out first if nothing comes: its last day, its step and attempt; None where none runs."""
    running = [
        (attempt.limit.due, place, step, attempt)
        for place, step in enumerate(case.timetable.steps)
        if (attempt := case.last(step.ref)) is not None and attempt.running and attempt.limit is not None
    ]
    if case.ended_on is not None or not running:
        return None
    due, _, step, attempt = min(running, key=lambda one: one[:2])
    return due, step, attempt


def run_out(case: CaseUnderWay, step: Step, attempt: AttemptUnderWay, due: date) -> None:
    """Let a clock run out unanswered, with what the timetable says of silence."""
    # A clock that opens already run out runs out on the day on which it opens.
    day = max(due + ONE_DAY, attempt.opened_on)
    attempt.silent_since = day
    attempt.half = bool(step.needs) and bool(attempt.received)
    silence = step.silent
    state, what = "", "clock ran out"
    if attempt.half and step.half:
        state, what = step.half, "half answered when the clock ran out"
    elif silence is not None:
        means_it = silence_means_it(case, step)
        outcome = step.outcome(silence.deemed) if silence.deemed and means_it else None
        if outcome is not None:
            attempt.deemed = True
            complete(case, step, attempt, outcome, day, "", said={}, what=f"silence counts as {outcome.name}")
            return
        # Conditions are of the outcome that silence counts as, where there is one; else of the state.
        state = silence.state if silence.deemed or means_it else ""
    attempt.state_before = case.state if state else ""
    message = f"{case.named(step)} was due on {due}."
    case.say("CS-109", "warning", step, message, "Chase it, or record what came.")
    case.enter(day, step.ref, what, state, "")
    open_and_close(case, day)
