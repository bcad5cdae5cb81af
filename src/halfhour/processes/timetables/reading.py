"""Reading a timetable from its data file, a variant put over the one that it extends, and the checks of the whole.

A file that says something the case engine does not know is refused with its place: a timetable is law as data.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from halfhour.calendar import regimes
from halfhour.errors import HalfhourError
from halfhour.errors.written_values import nearest, shown
from halfhour.processes.timetables.conditions import OPERATORS, Condition
from halfhour.processes.timetables.model import (
    Clock,
    Early,
    Fact,
    FactKind,
    OpenedBy,
    Outcome,
    Parameter,
    ParameterKind,
    ParameterValue,
    Party,
    Prerequisite,
    Silence,
    State,
    StateKind,
    Step,
    Timetable,
    parameter_value,
)

_TOP = (
    "id",
    "title",
    "subject",
    "source",
    "key",
    "first_state",
    "regime",
    "selectable_to",
    "extends",
    "remove",
    "notes",
)
_TABLES = ("parties", "parameter", "fact", "state", "step", "opened_by")
_PARAMETER = ("name", "kind", "unit", "meaning", "choices", "values")
_VALUE = ("from", "value", "source", "mark")
_FACT = ("name", "kind", "meaning", "required", "choices", "secret_to")
_STATE = ("name", "kind", "meaning")
_STEP = (
    *("ref", "when", "action", "from", "to", "information", "method", "mark", "after", "after_any", "any_time"),
    *("only_if", "clock", "needs", "early", "flow", "outcome", "silent", "half"),
)
_CLOCK = ("anchor", "days", "mode", "unit", "regime", "roll")
_OUTCOME = (
    *(
        "name",
        "flow",
        "if",
        "state",
        "reopens",
        "at_most",
        "beyond",
        "reopen_days",
        "opens_case",
        "counts",
        "learns",
        "meaning",
    ),
)
_SILENT = ("state", "deemed", "if", "meaning")


def timetables() -> tuple[str, ...]:
    """The ids of the shipped timetables, in order."""
    folder = files(__package__).joinpath("data")
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def find_timetable(timetable_id: str) -> Timetable:
    """The shipped timetable of that id.

    Raises:
        HalfhourError: PT-005 there is none.
    """
    if timetable_id not in timetables():
        step = f"The timetables are {', '.join(timetables())}. {nearest(str(timetable_id), timetables())}".rstrip()
        raise HalfhourError("PT-005", f"There is no timetable {shown(timetable_id)}.", step)
    return read_timetable(_written(timetable_id), _written)


def _written(timetable_id: str) -> dict[str, Any]:
    path = files(__package__).joinpath("data", f"{timetable_id}.toml")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise HalfhourError("PT-005", f"There is no timetable {shown(timetable_id)}.", "Check the id.") from None
    except ValueError as error:
        raise HalfhourError("PT-001", f"{path.name} is not TOML: {error}.", "Correct the file.") from None


def read_timetable(written: Mapping[str, Any], base: Callable[[str], Mapping[str, Any]] | None = None) -> Timetable:
    """A timetable from its parsed file.

    Args:
        written: the file's tables.
        base: gives the tables of another timetable by its id, for variants.

    Raises:
        HalfhourError: PT-002 an unknown key, PT-003 a value that is missing or of the wrong kind, PT-004 a name that
            nothing defines, PT-008 a table that cannot run.
    """
    whole = _varied(written, base)
    place = str(whole.get("id", "the timetable"))
    _known(whole, (*_TOP, *_TABLES), place)
    parties = {
        name: Party(name, _text(entry, "title", f"{place}, party {name}"), str(entry.get("market_role", "")))
        for name, entry in _of(whole, "parties", dict, place, {}).items()
    }
    timetable = Timetable(
        id=place,
        title=_text(whole, "title", place),
        subject=_text(whole, "subject", place),
        source=_text(whole, "source", place),
        key=tuple(_of(whole, "key", list, place, [])),
        first_state=_text(whole, "first_state", place),
        regime=_text(whole, "regime", place),
        selectable_to=_of(whole, "selectable_to", date, place, None),
        extends=str(whole.get("extends", "")),
        parties=parties,
        parameters={one.name: one for one in map(_parameter, _rows(whole, "parameter", place))},
        facts={one.name: one for one in map(_fact, _rows(whole, "fact", place))},
        states={one.name: one for one in map(_state, _rows(whole, "state", place))},
        steps=tuple(_step(row, place, str(whole["regime"])) for row in _rows(whole, "step", place)),
        opened_by=tuple(_opened_by(row, place) for row in _rows(whole, "opened_by", place)),
        notes=str(whole.get("notes", "")),
    )
    if timetable.extends:
        # A variant that takes steps out takes out the states that only these lead to.
        led_to = _led_to(timetable)
        states = {name: state for name, state in timetable.states.items() if name in led_to}
        timetable = replace(timetable, states=states)
    for problem in _problems(timetable):
        raise problem
    return timetable


def _led_to(timetable: Timetable) -> set[str]:
    """The states that a case may come to."""
    led_to = {timetable.first_state}
    for step in timetable.steps:
        led_to.update(one.state for one in step.outcomes)
        led_to.update(one.beyond for one in step.outcomes)
        led_to.update((step.half, step.silent.state if step.silent else ""))
    return led_to - {""}


def _varied(written: Mapping[str, Any], base: Callable[[str], Mapping[str, Any]] | None) -> Mapping[str, Any]:
    """The tables of a variant, put over those of the timetable that it extends."""
    if "extends" not in written or base is None:
        return written
    place = str(written.get("id"))
    below = _varied(base(str(written["extends"])), base)
    whole = {**below, **{name: value for name, value in written.items() if name not in _TABLES}}
    # A flow opens the case of one timetable; its variants are chosen by a person.
    whole["opened_by"] = written.get("opened_by", [])
    whole["parties"] = {**below.get("parties", {}), **written.get("parties", {})}
    for table, key in (("parameter", "name"), ("fact", "name"), ("state", "name"), ("step", "ref")):
        rows = {row[key]: row for row in below.get(table, [])}
        for row in written.get(table, []):
            if key not in row:
                raise _wrong(place, f"a row of {table} has no {key}")
            rows[row[key]] = {**rows.get(row[key], {}), **row}
        whole[table] = list(rows.values())
    whole["step"] = _in_place(whole["step"], below.get("step", []), written.get("remove", []))
    removed = set(written.get("remove", []))
    for ref in removed - {row["ref"] for row in whole["step"]}:
        raise _undefined(place, "remove", ref)
    whole["step"] = [row for row in whole["step"] if row["ref"] not in removed]
    return whole


def _in_place(
    rows: list[Mapping[str, Any]], base: list[Mapping[str, Any]], removed: list[str]
) -> list[Mapping[str, Any]]:
    """The steps of a variant in the order of reading: those that it adds stand where the first one removed stood."""
    known = [row["ref"] for row in base]
    added = [row for row in rows if row["ref"] not in known]
    kept = [row for row in rows if row["ref"] in known]
    places = [known.index(ref) for ref in removed if ref in known]
    place = min(places, default=len(kept))
    return [*kept[:place], *added, *kept[place:]]


def _parameter(row: Mapping[str, Any]) -> Parameter:
    place = f"parameter {row.get('name', '?')}"
    _known(row, _PARAMETER, place)
    bare = Parameter(
        _text(row, "name", place),
        _choice(row, "kind", get_args(ParameterKind), place),
        str(row.get("unit", "")),
        _text(row, "meaning", place),
        tuple(row.get("choices", ())),
        (),
    )
    values = []
    for entry in _of(row, "values", list, place):
        _known(entry, _VALUE, place)
        if not isinstance(entry.get("from"), date):
            raise _wrong(place, "a value has no day from which it holds")
        value = parameter_value(bare, entry.get("value"))
        values.append(ParameterValue(entry["from"], value, _text(entry, "source", place), _text(entry, "mark", place)))
    if not values:
        raise _wrong(place, "it has no value")
    ordered = tuple(sorted(values, key=lambda value: value.effective_from))
    return Parameter(bare.name, bare.kind, bare.unit, bare.meaning, bare.choices, ordered)


def _fact(row: Mapping[str, Any]) -> Fact:
    place = f"fact {row.get('name', '?')}"
    _known(row, _FACT, place)
    return Fact(
        _text(row, "name", place),
        _choice(row, "kind", get_args(FactKind), place),
        _text(row, "meaning", place),
        _of(row, "required", bool, place, False),
        tuple(_of(row, "choices", list, place, [])),
        tuple(_of(row, "secret_to", list, place, [])),
    )


def _state(row: Mapping[str, Any]) -> State:
    place = f"state {row.get('name', '?')}"
    _known(row, _STATE, place)
    return State(
        _text(row, "name", place), _choice(row, "kind", get_args(StateKind), place), _text(row, "meaning", place)
    )


def _step(row: Mapping[str, Any], timetable: str, regime: str) -> Step:
    place = f"{timetable}, step {row.get('ref', '?')}"
    _known(row, _STEP, place)
    silent = _of(row, "silent", dict, place, None)
    if silent is not None:
        _known(silent, _SILENT, place)
    half = _of(row, "half", dict, place, {})
    _known(half, ("state", "meaning"), place)
    recipients = row.get("to", [])
    return Step(
        ref=_text(row, "ref", place),
        when=_text(row, "when", place),
        action=_text(row, "action", place),
        sender=_text(row, "from", place),
        recipients=tuple([recipients] if isinstance(recipients, str) else recipients),
        information=str(row.get("information", "")),
        method=str(row.get("method", "")),
        mark=str(row.get("mark", "")),
        after=tuple(map(_prerequisite, _of(row, "after", list, place, []))),
        after_any=tuple(map(_prerequisite, _of(row, "after_any", list, place, []))),
        any_time=_of(row, "any_time", bool, place, False),
        only_if=_conditions(row.get("only_if", {}), place),
        clock=_clock(row["clock"], place, regime) if "clock" in row else None,
        needs=tuple(_of(row, "needs", list, place, [])),
        early=_choice({"early": row.get("early", "hold")}, "early", get_args(Early), place),
        flow=str(row.get("flow", "")),
        outcomes=tuple(_outcome(one, place) for one in _of(row, "outcome", list, place, [])),
        silent=None
        if silent is None
        else Silence(
            str(silent.get("state", "")),
            str(silent.get("deemed", "")),
            _conditions(silent.get("if", {}), place),
            str(silent.get("meaning", "")),
        ),
        half=str(half.get("state", "")),
    )


def _opened_by(row: Mapping[str, Any], place: str) -> OpenedBy:
    place = f"{place}, opened_by {row.get('flow', '?')}"
    _known(row, ("flow", "if", "facts", "parties"), place)
    facts, parties = _of(row, "facts", dict, place, {}), _of(row, "parties", dict, place, {})
    return OpenedBy(_text(row, "flow", place), _conditions(row.get("if", {}), place), dict(facts), dict(parties))


def _prerequisite(text: str) -> Prerequisite:
    """`E7` or `E7.accepted`; refs may have dots of their own (`6.10`, `O1.2`), outcomes begin with a letter."""
    ref, dot, last = text.rpartition(".")
    if dot and last[:1].isalpha() and last[:1].islower():
        return Prerequisite(ref, last)
    return Prerequisite(text, "done")


def _clock(row: Mapping[str, Any], place: str, regime: str) -> Clock:
    _known(row, _CLOCK, place)
    days = row.get("days")
    chosen_by = ""
    if isinstance(days, dict):
        table = dict(days)
        chosen_by = str(table.pop("parameter", ""))
        days = table
    if not isinstance(days, int | str | dict) or isinstance(days, bool):
        raise _wrong(place, "its clock has no days")
    roll = row.get("roll")
    return Clock(
        str(row.get("anchor", "after")),
        days,
        chosen_by,
        _choice({"mode": row.get("mode", "within")}, "mode", ("within", "beginning_with", "before"), place),
        str(row.get("unit", "working")),
        _choice({"regime": row.get("regime", regime)}, "regime", tuple(regimes()), place),
        None if roll is None else _choice(row, "roll", ("next", "none"), place),
    )


def _outcome(row: Mapping[str, Any], place: str) -> Outcome:
    place = f"{place}, outcome {row.get('name', '?')}"
    _known(row, _OUTCOME, place)
    opens = _of(row, "opens_case", dict, place, {})
    _known(opens, ("timetable", "because", "parties"), place)
    at_most = row.get("at_most")
    if at_most is not None and (not isinstance(at_most, int | str) or isinstance(at_most, bool)):
        raise _wrong(place, "at_most is neither a number nor a parameter")
    return Outcome(
        _text(row, "name", place),
        str(row.get("flow", "")),
        _conditions(row.get("if", {}), place),
        str(row.get("state", "")),
        tuple(_of(row, "reopens", list, place, [])),
        at_most,
        str(row.get("beyond", "")),
        row.get("reopen_days"),
        str(opens.get("timetable", "")),
        str(opens.get("because", "")),
        dict(_of(opens, "parties", dict, place, {})),
        dict(_of(row, "counts", dict, place, {})),
        dict(_of(row, "learns", dict, place, {})),
        str(row.get("meaning", "")),
    )


def _conditions(written: Any, place: str) -> tuple[Condition, ...]:
    if not isinstance(written, dict):
        raise _wrong(place, "its conditions are no table")
    found = []
    for name, value in written.items():
        if isinstance(value, dict):
            for operator, operand in value.items():
                if operator not in OPERATORS:
                    raise _wrong(place, f"{operator!r} is no comparison; they are {', '.join(OPERATORS)}")
                found.append(Condition(name, operator, operand))
        else:
            found.append(Condition(name, "one_of" if isinstance(value, list) else "is", value))
    return tuple(found)


def _problems(timetable: Timetable) -> Iterator[HalfhourError]:
    """What keeps a table from running: names that nothing defines, and states and steps that cannot be reached."""
    place = timetable.id
    ids = set(timetables())
    for name in timetable.key:
        if name not in timetable.facts:
            yield _undefined(place, "key", name)
    for fact in timetable.facts.values():
        yield from (
            _undefined(f"fact {fact.name}", "secret_to", one) for one in fact.secret_to if one not in timetable.parties
        )
    if len(timetable.by_ref) != len(timetable.steps):
        yield HalfhourError("PT-008", f"Two steps of {place} have the same ref.", "Give each its own.")
    for opener in timetable.opened_by:
        here = f"{place}, opened_by {opener.flow}"
        yield from (_undefined(here, "facts", one) for one in opener.facts if one not in timetable.facts)
        yield from (_undefined(here, "parties", one) for one in opener.parties if one not in timetable.parties)
    used = _led_to(timetable)
    for step in timetable.steps:
        here = f"{place}, step {step.ref}"
        yield from (
            _undefined(here, "party", one) for one in (step.sender, *step.recipients) if one not in timetable.parties
        )
        yield from _step_problems(timetable, step, here)
        yield from (
            _undefined(here, "opens_case", one.opens_case)
            for one in step.outcomes
            if one.opens_case and one.opens_case not in ids
        )
    for state in used - set(timetable.states):
        yield _undefined(place, "state", state)
    for state in set(timetable.states) - used:
        yield HalfhourError("PT-008", f"{place}: nothing leads to state {state}.", "Use it or take it out.")
    if not any(timetable.states[name].kind == "ended" for name in used if name in timetable.states):
        yield HalfhourError("PT-008", f"{place}: no state ends a case.", "Mark the last states as ended.")


def _step_problems(timetable: Timetable, step: Step, here: str) -> Iterator[HalfhourError]:
    if not step.outcomes:
        yield HalfhourError("PT-008", f"{here} has no outcome.", "Say how it is completed.")
    if len({one.name for one in step.outcomes}) != len(step.outcomes):
        yield HalfhourError("PT-008", f"{here} has two outcomes of one name.", "Name each of them differently.")
    if (step.silent or step.half) and step.clock is None:
        yield HalfhourError("PT-008", f"{here} says what silence means and has no clock.", "Give it a clock.")
    if step.silent and step.silent.deemed and step.outcome(step.silent.deemed) is None:
        yield _undefined(here, "deemed", step.silent.deemed)
    for wanted in (*step.after, *step.after_any):
        other = timetable.by_ref.get(wanted.ref)
        if other is None or (wanted.what not in ("done", "silent", "half") and other.outcome(wanted.what) is None):
            yield _undefined(here, "after", str(wanted))
        elif wanted.what == "silent" and other.clock is None:
            yield HalfhourError(
                "PT-008", f"{here} waits for the silence of {other.ref}, which has no clock.", "Give it one."
            )
    for outcome in step.outcomes:
        yield from (_undefined(here, "learns", one) for one in outcome.learns if one not in timetable.facts)
        yield from (_undefined(here, "reopens", one) for one in outcome.reopens if one not in timetable.by_ref)
        for name, value in (("at_most", outcome.at_most), ("reopen_days", outcome.reopen_days)):
            if isinstance(value, str) and value not in timetable.parameters:
                yield _undefined(here, name, value)
    if step.clock:
        yield from _clock_problems(timetable, step.clock, here)


def _clock_problems(timetable: Timetable, clock: Clock, here: str) -> Iterator[HalfhourError]:
    anchor = clock.anchor
    if anchor.startswith("fact:"):
        fact = timetable.facts.get(anchor[5:])
        if fact is None or fact.kind != "date":
            yield _undefined(here, "anchor", anchor)
    elif anchor not in ("after", "opened") and anchor.removesuffix(".due") not in timetable.by_ref:
        yield _undefined(here, "anchor", anchor)
    if clock.unit not in ("working", "calendar") and clock.unit not in timetable.parameters:
        yield _undefined(here, "unit", clock.unit)
    if clock.chosen_by and clock.chosen_by not in timetable.parameters:
        yield _undefined(here, "days", clock.chosen_by)
    days = clock.days.values() if isinstance(clock.days, Mapping) else [clock.days]
    yield from (
        _undefined(here, "days", one) for one in days if isinstance(one, str) and one not in timetable.parameters
    )


def _known(row: Mapping[str, Any], names: tuple[str, ...], place: str) -> None:
    for name in row:
        if name not in names:
            step = f"The keys are {', '.join(names)}. {nearest(name, names)}".rstrip()
            raise HalfhourError("PT-002", f"{place}: {shown(name)} is no key here.", step)


def _rows(whole: Mapping[str, Any], table: str, place: str) -> list[Mapping[str, Any]]:
    rows = whole.get(table, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _wrong(place, f"{table} is no list of tables")
    return rows


def _of(row: Mapping[str, Any], name: str, kind: type, place: str, *default: Any) -> Any:
    value = row.get(name)
    if value is None and default:
        return default[0]
    if not isinstance(value, kind):
        raise _wrong(place, f"{name} is missing" if value is None else f"{name} is {shown(value)}")
    return value


def _text(row: Mapping[str, Any], name: str, place: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(place, f"{name} is missing" if value is None else f"{name} is {shown(value)}")
    return value


def _choice(row: Mapping[str, Any], name: str, choices: tuple[str, ...], place: str) -> Any:
    value = row.get(name)
    if value not in choices:
        raise _wrong(place, f"{name} is {shown(value)}, none of {', '.join(choices)}")
    return value


def _wrong(place: str, problem: str) -> HalfhourError:
    return HalfhourError("PT-003", f"{place}: {problem}.", "Correct the timetable.")


def _undefined(place: str, key: str, name: str) -> HalfhourError:
    return HalfhourError(
        "PT-004", f"{place}: {key} names {name}, which nothing defines.", "Define it, or correct the name."
    )
