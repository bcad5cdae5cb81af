"""A case under way told as its state on a day."""

from __future__ import annotations

from datetime import date

from halfhour.processes.cases.clocks import ONE_DAY, days_late
from halfhour.processes.cases.state import Attempt, CaseState, StepState, StepStatus, Waiting
from halfhour.processes.cases.steps import next_to_run_out
from halfhour.processes.cases.under_way import AttemptUnderWay, CaseUnderWay
from halfhour.processes.timetables import Step, in_words


def state_on(case: CaseUnderWay, day: date) -> CaseState:
    """The case as it stands, once everything up to the day has been taken."""
    waiting = [
        _waiting(case, step, attempt, day)
        for step in case.timetable.steps
        if (attempt := case.last(step.ref)) is not None and attempt.open
    ]
    running = next_to_run_out(case)
    unended = case.ended_on is None
    return CaseState(
        case_id=case.opening.case_id,
        timetable=case.timetable.id,
        on=day,
        state=case.state,
        kind=case.timetable.states[case.state].kind,
        ended_on=case.ended_on,
        facts=case.facts,
        parties=case.parties,
        parameters=case.parameters,
        steps=tuple(_step_state(case, step) for step in case.timetable.steps),
        # Those of one day stay in the order of the table.
        waiting=tuple(sorted(waiting, key=lambda one: one.due or date.max)),
        history=tuple(case.history),
        flows=dict(sorted(case.flows.items())),
        measures=dict(sorted(case.measures.items())),
        follow_ons=tuple(case.follow_ons),
        missing_facts={name: tuple(sorted(refs)) for name, refs in sorted(case.missing.items()) if refs and unended},
        next_change_on=running[0] + ONE_DAY if running else None,
        findings=tuple(case.findings),
    )


def _waiting(case: CaseUnderWay, step: Step, attempt: AttemptUnderWay, day: date) -> Waiting:
    due = attempt.limit.due if attempt.limit else None
    late = 0
    if due and step.clock:
        late = days_late(due, day, step.clock, case.parameters, case.opening.nation, case.calendar)
    return Waiting(
        ref=step.ref,
        party=step.sender,
        mpid=case.parties.get(step.sender, ""),
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
        silence=in_words(step.silent.meaning, case.parameters) if step.silent else "",
        limit=attempt.limit.counted if attempt.limit else None,
    )


def _step_state(case: CaseUnderWay, step: Step) -> StepState:
    last = case.last(step.ref)
    status: StepStatus = "not open"
    if last is not None:
        status = "open" if last.open else "done" if last.done_on is not None else "not needed"
    return StepState(step.ref, status, tuple(map(_told, case.attempts[step.ref])))


def _told(attempt: AttemptUnderWay) -> Attempt:
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
