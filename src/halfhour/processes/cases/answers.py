"""Acts and flows taken: which step one answers and with which outcome, and what becomes of one that answers none."""

from __future__ import annotations

from dataclasses import replace

from halfhour.processes.cases.events import Event
from halfhour.processes.cases.prerequisites import applies, lacking
from halfhour.processes.cases.remarks import remark_on
from halfhour.processes.cases.steps import complete, open_step
from halfhour.processes.cases.under_way import CaseUnderWay, named, whole
from halfhour.processes.timetables import Outcome, Step, Unknown, holds


def take_act(case: CaseUnderWay, event: Event) -> None:
    """Take an act or a flow on its day: it answers a step, is held until one opens, is refused, or is attached."""
    if case.ended_on is not None:
        case.attach(event, "CS-103", f"{named(event)} came after the case had ended, and is attached.")
        return
    if event.flow:
        case.flows[event.flow] += 1
    if event.step and event.step not in case.attempts:
        message = f"{case.timetable.id} has no step {event.step!r}."
        case.remark("CS-104", "error", event, message, "Correct the event.")
        return
    if not _applied(case, event):
        _not_applied(case, event)


def take_held(case: CaseUnderWay) -> None:
    """Take the events that were held whose steps have opened, until no more do."""
    while case.ended_on is None:
        ready = [(event, step) for event in case.held for step in _candidates(case, event) if case.is_open(step)]
        if not ready:
            return
        event, step = ready[0]
        case.held.remove(event)
        # It counts from the day on which its step opened: before, there was nothing to answer.
        opened_on = case.attempts[step.ref][-1].opened_on
        if not _applied(case, replace(event, on=max(event.on, opened_on))):
            _no_outcome(case, step, event)


def _candidates(case: CaseUnderWay, event: Event) -> list[Step]:
    if event.step:
        return [case.timetable.by_ref[event.step]]
    return [step for step in case.timetable.steps if event.flow in step.flows and _is_about(case, step, event)]


def _is_about(case: CaseUnderWay, step: Step, event: Event) -> bool:
    """Whether a file names the Metering System that a step is about, or one of them is not known."""
    meant, named_by_file = case.facts.get(step.about), event.data.get("mpan")
    return not meant or not named_by_file or meant == named_by_file


def _applied(case: CaseUnderWay, event: Event) -> bool:
    """Apply an event to the first open step that it fits; steps that may be done at any time come after these."""
    candidates = _candidates(case, event)
    ready = [step for step in candidates if not step.any_time and case.is_open(step)]
    any_time = [step for step in candidates if step.any_time and applies(case, step)]
    for step in [*ready, *any_time]:
        if event.flow in step.needs:
            _receive(case, step, event)
            return True
        outcome = _outcome(case, step, event)
        if outcome is not None:
            _do(case, step, outcome, event)
            return True
    return False


def _receive(case: CaseUnderWay, step: Step, event: Event) -> None:
    """One of the flows that a step needs all of."""
    attempt = case.attempts[step.ref][-1]
    attempt.received[event.flow] = event
    together = whole(event, attempt.received, step)
    complete_now = set(step.needs) <= set(attempt.received)
    outcome = _outcome(case, step, together) if complete_now else None
    if outcome is not None:
        _do(case, step, outcome, together)
        return
    attempt.events.append(event.id)
    case.enter(event.on, step.ref, f"{event.flow} received", "", event.id)
    if complete_now:
        _no_outcome(case, step, event)


def _outcome(case: CaseUnderWay, step: Step, event: Event) -> Outcome | None:
    """The outcome that an event brings: the one that it names, or the first whose flow and conditions it fits."""
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
            if holds(outcome.conditions, event.data, case.facts, case.parameters):
                return outcome
        except Unknown:
            continue
    return None


def _do(case: CaseUnderWay, step: Step, outcome: Outcome, event: Event) -> None:
    case.learn(event, event.data)
    case.learn(event, {name: event.data.get(item) for name, item in outcome.learns.items()})
    remark_on(case, step, event)
    attempt = open_step(case, step, event.on) if step.any_time else case.attempts[step.ref][-1]
    attempt.events.append(event.id)
    if event.flow:
        attempt.received.setdefault(event.flow, event)
    complete(case, step, attempt, outcome, event.on, event.id, said=event.data)


def _not_applied(case: CaseUnderWay, event: Event) -> None:
    candidates = _candidates(case, event)
    if not candidates:
        others = [step.ref for step in case.timetable.steps if event.flow in step.flows]
        why = f"is not awaited by {case.timetable.id}"
        if others:
            why = f"is about {event.data['mpan']}, which is not the MPAN of {', '.join(others)}"
        case.attach(event, "CS-105", f"{named(event)} {why}, and is attached.")
        return
    waited_for = [step for step in candidates if not step.any_time]
    ready = [step for step in waited_for if case.is_open(step)]
    fits = [step for step in waited_for if step.needs or _outcome(case, step, event) is not None]
    early = [step for step in fits if _may_open_yet(case, step)]
    if early:
        _too_early(case, early[0], event)
    elif ready:
        _no_outcome(case, ready[0], event)
        case.enter(event.on, ready[0].ref, "attached", "", event.id)
    else:
        case.attach(event, "CS-108", f"{named(event)} came when its step had been answered, and is attached.")


def _may_open_yet(case: CaseUnderWay, step: Step) -> bool:
    last = case.last(step.ref)
    return last is None or last.closed != ""


def _too_early(case: CaseUnderWay, step: Step, event: Event) -> None:
    """Hold an event for a step that is not open, or refuse it, as the step says."""
    wanted = ", ".join(map(str, lacking(case, step)))
    until = f"once {wanted} is there" if wanted else "once its facts are known"
    if step.early == "refuse":
        message = f"{named(event)} came before {case.named(step)} could be done, and does not count."
        case.remark("CS-102", "error", event, message, f"Send it again {until}.")
        case.enter(event.on, step.ref, "refused: too early", "", event.id)
    else:
        message = f"{named(event)} came before {case.named(step)} was open, and is held until it opens."
        case.remark("CS-101", "warning", event, message, f"Nothing, {until}.")
        case.enter(event.on, step.ref, "held: early", "", event.id)
        case.held.append(event)


def _no_outcome(case: CaseUnderWay, step: Step, event: Event) -> None:
    names = ", ".join(outcome.name for outcome in step.outcomes)
    what = f"outcome {event.outcome!r}" if event.outcome else named(event)
    message = f"Step {step.ref} of {case.timetable.id} is not answered by {what}: none of its outcomes fits."
    case.remark("CS-110", "warning", event, message, f"Record which it is: {names}.")
    remark_on(case, step, event)
