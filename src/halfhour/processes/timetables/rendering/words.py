"""A timetable in words: the industry's seven columns, and for each step what opens it, its clock and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from halfhour.processes.timetables.conditions import Condition
from halfhour.processes.timetables.model import Clock, Outcome, Step, Timetable
from halfhour.processes.timetables.parameters import in_words, value_in_words

HEADINGS = ("REF", "WHEN", "ACTION", "FROM", "TO", "INFORMATION REQUIRED", "METHOD")

_MODES = {"within": "within {} of {}", "beginning_with": "{} beginning with {}", "before": "{} before {}"}
_COMPARED = {"is": "is", "not": "is not", "at_least": "is at least", "at_most": "is at most", "below": "is below"}


def rows(timetable: Timetable) -> list[tuple[str, ...]]:
    """The table as the industry reads it, one row for each step, in order."""
    return [
        (
            step.ref,
            when(timetable, step.when),
            step.action,
            timetable.parties[step.sender].title,
            ", ".join(timetable.parties[one].title for one in step.recipients) or "-",
            step.information,
            step.method,
        )
        for step in timetable.steps
    ]


def when(timetable: Timetable, text: str) -> str:
    """A text with the latest values of the parameters that it names in braces."""
    return in_words(text, {name: one.values[-1].value for name, one in timetable.parameters.items()})


def opened_by(step: Step) -> str:
    """What opens a step, in words."""
    if step.any_time:
        return "at any time"
    parts = []
    if step.after:
        parts.append("after " + " and ".join(map(_prerequisite, map(str, step.after))))
    if step.after_any:
        parts.append("after " + " or ".join(map(_prerequisite, map(str, step.after_any))))
    return ", and ".join(parts) or "from the opening of the case"


def _prerequisite(written: str) -> str:
    ref, _, what = written.rpartition(".")
    if ref and what[:1].islower():
        return {"silent": f"{ref} stayed unanswered", "half": f"{ref} was half answered"}.get(what, f"{ref} ({what})")
    return written


def clock_words(timetable: Timetable, clock: Clock) -> str:
    """A clock in words, with its parameters and their latest values."""
    anchor = {"after": "what opens it", "opened": "the opening of the case"}.get(clock.anchor, clock.anchor)
    if anchor.startswith("fact:"):
        anchor = anchor[5:].replace("_", " ")
    elif anchor.endswith(".due"):
        anchor = f"the due day of {anchor[:-4]}"
    unit = clock.unit if clock.unit in ("working", "calendar") else f"({clock.unit})"
    if isinstance(clock.days, Mapping):
        choices = "; ".join(
            f"{choice}: {_count(timetable, days, unit, clock, anchor)}" for choice, days in clock.days.items()
        )
        words = f"by {clock.chosen_by}: {choices}"
    else:
        words = _count(timetable, clock.days, unit, clock, anchor)
    more = "" if clock.roll is None else f", roll {clock.roll}"
    return f"{words} ({clock.regime}{more})"


def _count(timetable: Timetable, days: int | str, unit: str, clock: Clock, anchor: str) -> str:
    if days == 0:
        return f"on the day of {anchor}"
    value = days if isinstance(days, int) else timetable.parameters[days].values[-1].value
    if value == "none":
        return f"none, unless {days} says how many {unit} days"
    number = str(days) if isinstance(days, int) else f"{days} = {value_in_words(value)}"
    return _MODES[clock.mode].format(f"{number} {unit} day{'' if value == 1 else 's'}", anchor)


def condition_words(conditions: Sequence[Condition]) -> str:
    """Conditions in words, empty where there are none."""
    return " and ".join(map(_condition, conditions))


def _condition(condition: Condition) -> str:
    name = condition.name.replace("_", " ")
    if condition.operator == "present":
        return f"{name} is {'known' if condition.value else 'not known'}"
    if condition.operator == "one_of":
        return f"{name} is one of {', '.join(map(value_in_words, condition.value))}"
    return f"{name} {_COMPARED[condition.operator]} {value_in_words(condition.value).replace('_', ' ')}"


def follows(timetable: Timetable, step: Step) -> list[tuple[str, str, str]]:
    """What may come of a step and what follows: outcome, what brings it, what it does; silence last."""
    told = [
        (outcome.name.replace("_", " "), _brought_by(step, outcome), _does(timetable, outcome))
        for outcome in step.outcomes
    ]
    if step.half:
        told.append(("half answered", "when the clock runs out", step.half))
    if step.silent is not None:
        outcome_name = f"counts as {step.silent.deemed.replace('_', ' ')}" if step.silent.deemed else ""
        parts = [outcome_name, step.silent.state, when(timetable, step.silent.meaning)]
        told.append(("nothing", _if(step.silent.conditions, "when the clock runs out"), "; ".join(filter(None, parts))))
    return told


def _if(conditions: Sequence[Condition], otherwise: str) -> str:
    words = condition_words(conditions)
    return f"{otherwise}, if {words}" if words else otherwise


def _brought_by(step: Step, outcome: Outcome) -> str:
    flow = " and ".join(step.needs) if step.needs else outcome.flow or step.flow or "recorded"
    return _if(outcome.conditions, flow)


def _does(timetable: Timetable, outcome: Outcome) -> str:
    parts = [outcome.state]
    if outcome.reopens:
        most = "" if outcome.at_most is None else f", {_most(timetable, outcome.at_most)} times at most"
        beyond = f", then {outcome.beyond}" if outcome.beyond else ""
        parts.append(f"reopens {', '.join(outcome.reopens)}{most}{beyond}")
    if outcome.opens_case:
        parts.append(f"opens {outcome.opens_case}: {outcome.because}")
    parts.append(when(timetable, outcome.meaning))
    return "; ".join(filter(None, parts))


def _most(timetable: Timetable, most: int | str) -> str:
    return str(most) if isinstance(most, int) else when(timetable, f"{{{most}}}")


def differences(timetable: Timetable, base: Timetable) -> list[str]:
    """What a variant changes of the timetable that it extends, in sentences."""
    told = [f"{ref} is taken out." for ref in base.by_ref if ref not in timetable.by_ref]
    for ref, step in timetable.by_ref.items():
        if ref not in base.by_ref:
            told.append(f"{ref} is added: {step.action}.")
        elif step != base.by_ref[ref]:
            told.append(f"{ref} is another: {step.action}.")
    for name, parameter in timetable.parameters.items():
        if name not in base.parameters:
            told.append(f"Parameter {name} is added: {parameter.meaning}.")
        elif parameter.values != base.parameters[name].values:
            old, new = (value_in_words(one.parameters[name].values[-1].value) for one in (base, timetable))
            told.append(f"Parameter {name} is {new} instead of {old}.")
    return told
