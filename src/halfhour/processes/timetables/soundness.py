"""Whether a timetable can run: every name is defined, every state can be reached, every step can be completed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from halfhour.errors import HalfhourError
from halfhour.processes.timetables.model import DAY_BEFORE, Clock, Step, Timetable
from halfhour.processes.timetables.written import undefined


def led_to(timetable: Timetable) -> set[str]:
    """The states that a case may come to."""
    found = {timetable.first_state}
    for step in timetable.steps:
        found.update(one.state for one in step.outcomes)
        found.update(one.beyond for one in step.outcomes)
        found.update((step.half, step.silent.state if step.silent else ""))
    return found - {""}


def problems(timetable: Timetable, ids: Collection[str]) -> Iterator[HalfhourError]:
    """What keeps a table from running: names that nothing defines, and states and steps that cannot be reached.

    Args:
        ids: of the timetables whose cases an outcome may open.
    """
    place = timetable.id
    for name in timetable.key:
        if name not in timetable.facts:
            yield undefined(place, "key", name)
    for fact in timetable.facts.values():
        yield from (
            undefined(f"fact {fact.name}", "secret_to", one) for one in fact.secret_to if one not in timetable.parties
        )
    for party in timetable.parties.values():
        if party.of and party.of not in timetable.facts:
            yield undefined(f"{place}, party {party.name}", "of", party.of)
    if len(timetable.by_ref) != len(timetable.steps):
        yield HalfhourError("PT-008", f"Two steps of {place} have the same ref.", "Give each its own.")
    for opener in timetable.opened_by:
        here = f"{place}, opened_by {opener.flow}"
        yield from (undefined(here, "facts", one) for one in opener.facts if one not in timetable.facts)
        yield from (undefined(here, "parties", one) for one in opener.parties if one not in timetable.parties)
    used = led_to(timetable)
    for step in timetable.steps:
        here = f"{place}, step {step.ref}"
        yield from (
            undefined(here, "party", one) for one in (step.sender, *step.recipients) if one not in timetable.parties
        )
        yield from _step_problems(timetable, step, here)
        yield from (
            undefined(here, "opens_case", one.opens_case)
            for one in step.outcomes
            if one.opens_case and one.opens_case not in ids
        )
    for state in used - set(timetable.states):
        yield undefined(place, "state", state)
    for state in set(timetable.states) - used:
        yield HalfhourError("PT-008", f"{place}: nothing leads to state {state}.", "Use it or take it out.")
    if not any(timetable.states[name].kind == "ended" for name in used if name in timetable.states):
        yield HalfhourError("PT-008", f"{place}: no state ends a case.", "Mark the last states as ended.")


def _step_problems(timetable: Timetable, step: Step, here: str) -> Iterator[HalfhourError]:
    dates = [one.removeprefix(DAY_BEFORE) for one in step.says.values() if one.startswith(DAY_BEFORE)]
    for key, name in (("about", step.about), *(("says", one) for one in dates)):
        if name and name not in timetable.facts:
            yield undefined(here, key, name)
    if not step.outcomes:
        yield HalfhourError("PT-008", f"{here} has no outcome.", "Say how it is completed.")
    if len({one.name for one in step.outcomes}) != len(step.outcomes):
        yield HalfhourError("PT-008", f"{here} has two outcomes of one name.", "Name each of them differently.")
    if (step.silent or step.half) and step.clock is None:
        yield HalfhourError("PT-008", f"{here} says what silence means and has no clock.", "Give it a clock.")
    if step.silent and step.silent.deemed and step.outcome(step.silent.deemed) is None:
        yield undefined(here, "deemed", step.silent.deemed)
    for wanted in (*step.after, *step.after_any):
        other = timetable.by_ref.get(wanted.ref)
        if other is None or (wanted.what not in ("done", "silent", "half") and other.outcome(wanted.what) is None):
            yield undefined(here, "after", str(wanted))
        elif wanted.what == "silent" and other.clock is None:
            yield HalfhourError(
                "PT-008", f"{here} waits for the silence of {other.ref}, which has no clock.", "Give it one."
            )
    for outcome in step.outcomes:
        yield from (undefined(here, "learns", one) for one in outcome.learns if one not in timetable.facts)
        yield from (undefined(here, "reopens", one) for one in outcome.reopens if one not in timetable.by_ref)
        for name, value in (("at_most", outcome.at_most), ("reopen_days", outcome.reopen_days)):
            if isinstance(value, str) and value not in timetable.parameters:
                yield undefined(here, name, value)
    if step.clock:
        yield from _clock_problems(timetable, step.clock, here)


def _clock_problems(timetable: Timetable, clock: Clock, here: str) -> Iterator[HalfhourError]:
    anchor = clock.anchor
    if anchor.startswith("fact:"):
        fact = timetable.facts.get(anchor[5:])
        if fact is None or fact.kind != "date":
            yield undefined(here, "anchor", anchor)
    elif anchor not in ("after", "opened") and anchor.removesuffix(".due") not in timetable.by_ref:
        yield undefined(here, "anchor", anchor)
    if clock.unit not in ("working", "calendar") and clock.unit not in timetable.parameters:
        yield undefined(here, "unit", clock.unit)
    if clock.chosen_by and clock.chosen_by not in timetable.parameters:
        yield undefined(here, "days", clock.chosen_by)
    days = clock.days.values() if isinstance(clock.days, Mapping) else [clock.days]
    yield from (
        undefined(here, "days", one) for one in days if isinstance(one, str) and one not in timetable.parameters
    )
