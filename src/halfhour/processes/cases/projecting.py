"""What if: a case carried on as though every party answered, and the same case under another timetable or calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from halfhour.calendar import HolidayCalendar
from halfhour.processes.cases.clocks import ONE_DAY
from halfhour.processes.cases.events import Event, Opening, in_effect
from halfhour.processes.cases.fold import fold
from halfhour.processes.cases.state import CaseState, Waiting
from halfhour.processes.timetables import Step, Timetable

SILENT = "silent"
_LONGEST = 500
"""Steps of a projection; a sound timetable ends long before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a party answers a step in a projection.

    Attributes:
        outcome: of the step, `silent` for never; empty takes the expected one, the first.
        days_after_due: calendar days after the due day (or before, negative); 0 is at the limit.
        flows: of the flows that the step needs, those that come; None for all.
        data: what the answer says.
    """

    outcome: str = ""
    days_after_due: int = 0
    flows: tuple[str, ...] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def project(
    timetable: Timetable,
    opening: Opening,
    events: Iterable[Event] = (),
    answers: Mapping[str, Answer | str | list[Answer | str]] | None = None,
    *,
    timing: Literal["at_limit", "at_once"] = "at_limit",
    since: date | None = None,
    until: date | None = None,
    calendar: str | HolidayCalendar | None = None,
) -> tuple[list[Event], CaseState]:
    """Carry a case on until it ends, every open act being done by its party.

    Args:
        events: what has been recorded; the projection goes on from there.
        answers: by step how it is answered, an outcome's name for short; a list is for one attempt after another, its
            last for all that follow. Steps not named take their expected outcome.
        timing: `at_limit` answers on the due day, `at_once` on the day on which a step opens; without a clock at once.
        since: the day on which the projection begins, up to which nothing came but what is recorded; None = the day of
            the last event.
        until: the last day of the projection; None = until the case ends or waits for nobody.

    Returns:
        All events, the recorded ones first, and the state on the last day.
    """
    made = list(events)
    known = in_effect(made)
    now = max([opening.opened_on, *(event.on for event in known), *([since] if since else [])])
    last_day = until or date.max
    for _ in range(_LONGEST):
        state = fold(timetable, opening, made, now, calendar)
        if state.ended_on is not None:
            break
        planned = _next(timetable, state, now, answers or {}, timing)
        run_out = state.next_change_on
        if planned is None or (run_out is not None and run_out <= planned[0] and run_out > now):
            if run_out is None or run_out <= now or run_out > last_day:
                break
            now = run_out
            continue
        day, waiting, answer = planned
        if day > last_day:
            break
        made.extend(_made(timetable.by_ref[waiting.ref], waiting, answer, day, len(made)))
        now = max(now, day)
    end = last_day if until is not None else now
    return made, fold(timetable, opening, made, end, calendar)


def _next(
    timetable: Timetable,
    state: CaseState,
    now: date,
    answers: Mapping[str, Answer | str | list[Answer | str]],
    timing: str,
) -> tuple[date, Waiting, Answer] | None:
    """The act that comes next: its day, the step, the answer; None where every open step stays silent."""
    coming = []
    for waiting in state.waiting:
        answer = _answer(answers.get(waiting.ref, ""), waiting.attempt)
        step = timetable.by_ref[waiting.ref]
        if answer.outcome == SILENT or (answer.flows is not None and set(answer.flows) <= set(waiting.received)):
            continue
        day = waiting.since
        if timing == "at_limit" and waiting.due is not None:
            day = waiting.due + answer.days_after_due * ONE_DAY
        coming.append((max(day, waiting.since, now), timetable.steps.index(step), waiting, answer))
    if not coming:
        return None
    day, _, waiting, answer = min(coming, key=lambda one: one[:2])
    return day, waiting, answer


def _answer(written: Answer | str | list[Answer | str], attempt: int) -> Answer:
    if isinstance(written, list):
        written = written[min(attempt, len(written)) - 1]
    return written if isinstance(written, Answer) else Answer(written)


def _made(step: Step, waiting: Waiting, answer: Answer, day: date, made: int) -> list[Event]:
    if step.needs:
        flows = [one for one in (answer.flows or step.needs) if one not in waiting.received]
        data = dict(answer.data)
        whole = set(waiting.received) | set(flows) == set(step.needs)
        events = [
            Event(f"projected-{made + place}", made + place + 1_000_000, day, "flow", step.ref, "", flow, data)
            for place, flow in enumerate(flows)
        ]
        if whole and (answer.outcome or not answer.data):
            # The last of the pair says which outcome it is.
            events[-1] = replace(events[-1], outcome=answer.outcome or step.outcomes[0].name)
        return events
    outcome = step.outcome(answer.outcome) or step.outcomes[0]
    flow = outcome.flow or step.flow
    kind: Literal["flow", "act"] = "flow" if flow else "act"
    return [
        Event(
            f"projected-{made}",
            made + 1_000_000,
            day,
            kind,
            step.ref,
            outcome.name,
            flow,
            dict(answer.data),
            waiting.mpid,
        )
    ]


def under(
    timetable: Timetable, opening: Opening, events: Iterable[Event], *, parameters: Mapping[str, Any] | None = None
) -> tuple[Opening, list[Event], list[Event]]:
    """The same case under another timetable: its opening, the events that this one knows, and those that it does not.

    Facts, parties and parameters of the case that the other timetable does not declare are left out; `parameters` come
    before the case's.
    """
    moved = replace(
        opening,
        timetable=timetable.id,
        facts={name: value for name, value in opening.facts.items() if name in timetable.facts},
        parties={name: value for name, value in opening.parties.items() if name in timetable.parties},
        parameters={
            **{name: value for name, value in opening.parameters.items() if name in timetable.parameters},
            **(parameters or {}),
        },
    )
    kept: list[Event] = []
    left: list[Event] = []
    for event in events:
        step = timetable.by_ref.get(event.step)
        fits = (
            (step is not None and (not event.outcome or step.outcome(event.outcome) is not None))
            if event.step
            else not event.flow or event.flow in timetable.flows
        )
        (kept if fits else left).append(event)
    return moved, kept, left
