"""What opens a step and when it is due, by what has been attempted and learnt so far; only `missing` is changed."""

from __future__ import annotations

from datetime import date

from halfhour.processes.cases.clocks import Limit, limit
from halfhour.processes.cases.under_way import CaseUnderWay
from halfhour.processes.timetables import Prerequisite, Step, Unknown, holds

Keys = frozenset[tuple[str, int]]
"""Prerequisites, each with the number of the attempt that met it: a step opens anew when these are others."""


def keys_of(case: CaseUnderWay, step: Step) -> Keys | None:
    """What opens a step, None where its prerequisites do not hold."""
    needed = [_key(case, one) for one in step.after]
    some = [_key(case, one) for one in step.after_any]
    if not all(needed) or (step.after_any and not any(some)):
        return None
    return frozenset(key for key in (*needed, *some) if key)


def lacking(case: CaseUnderWay, step: Step) -> list[Prerequisite]:
    """The prerequisites of a step that do not hold."""
    return [one for one in (*step.after, *step.after_any) if not _key(case, one)]


def _key(case: CaseUnderWay, wanted: Prerequisite) -> tuple[str, int] | None:
    last = case.last(wanted.ref)
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


def applies(case: CaseUnderWay, step: Step) -> bool:
    """Whether the conditions of a step hold; False where a fact of them is not known, which is remembered."""
    try:
        return holds(step.only_if, case.facts, case.counted(), case.parameters)
    except Unknown as unknown:
        case.needs_to_know(unknown.name, step)
        return False


def silence_means_it(case: CaseUnderWay, step: Step) -> bool:
    """Whether the conditions hold under which silence means what the timetable says."""
    if step.silent is None:
        return False
    try:
        return holds(step.silent.conditions, case.facts, case.parameters)
    except Unknown as unknown:
        case.needs_to_know(unknown.name, step)
        return False


def limit_of(case: CaseUnderWay, step: Step, reopened_on: date | None = None) -> Limit | None:
    """When a step is due, were it to open now; None where it has no clock or a fact of it is not known."""
    if step.clock is None:
        return None
    anchor = _anchor(case, step, step.clock.anchor, reopened_on)
    if anchor is None:
        return None
    try:
        return limit(step.clock, anchor, case.parameters, case.opening.nation, case.calendar)
    except Unknown as unknown:
        case.needs_to_know(unknown.name, step)
        return None


def _anchor(case: CaseUnderWay, step: Step, anchor: str, reopened_on: date | None) -> date | None:
    if anchor == "opened":
        return case.opening.opened_on
    if anchor == "after":
        if reopened_on is not None:
            return reopened_on
        dates = [_date_of(case, one) for one in (*step.after, *step.after_any) if _key(case, one)]
        return max((day for day in dates if day), default=case.opening.opened_on)
    if anchor.startswith("fact:"):
        value = case.facts.get(anchor[5:])
        if isinstance(value, date):
            return value
        case.needs_to_know(anchor[5:], step)
        return None
    # A ref itself may have dots, so a ref is looked for first.
    if anchor in case.attempts:
        last = case.last(anchor)
        return last.done_on if last else None
    last = case.last(anchor.removesuffix(".due"))
    return last.limit.due if last and last.limit else None


def _date_of(case: CaseUnderWay, wanted: Prerequisite) -> date | None:
    last = case.last(wanted.ref)
    if last is None:
        return None
    if wanted.what in ("silent", "half"):
        return last.limit.due if last.limit else None
    return last.done_on
