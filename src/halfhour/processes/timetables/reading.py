"""Reading a timetable from its data file.

A file that says something the case engine does not know is refused with its place: a timetable is law as data.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
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
    Party,
    Prerequisite,
    Silence,
    State,
    StateKind,
    Step,
    Timetable,
)
from halfhour.processes.timetables.parameters import Parameter, ParameterKind, ParameterValue, parameter_value
from halfhour.processes.timetables.soundness import led_to, problems
from halfhour.processes.timetables.variants import TABLES, varied
from halfhour.processes.timetables.written import check_keys, choice_of, rows_of, text_of, value_of, wrong

_TOP = (
    *("id", "title", "subject", "source", "key", "first_state", "regime", "selectable_to", "extends", "remove"),
    *("notes", "selectable_because"),
)
_PARTY = ("title", "market_role", "of")
_PARAMETER = ("name", "kind", "unit", "meaning", "choices", "values")
_VALUE = ("from", "value", "source", "mark")
_FACT = ("name", "kind", "meaning", "required", "choices", "secret_to")
_STATE = ("name", "kind", "meaning")
_STEP = (
    *("ref", "when", "action", "from", "to", "information", "method", "mark", "after", "after_any", "any_time"),
    *("only_if", "clock", "needs", "early", "flow", "about", "says", "outcome", "silent", "half"),
)
_CLOCK = ("anchor", "days", "mode", "unit", "regime", "roll")
_OUTCOME = (
    *("name", "flow", "if", "state", "reopens", "at_most", "beyond", "reopen_days", "opens_case", "counts", "learns"),
    "meaning",
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
    whole = varied(written, base)
    place = str(whole.get("id", "the timetable"))
    check_keys(whole, (*_TOP, *TABLES), place)
    parties = {name: _party(name, entry, place) for name, entry in value_of(whole, "parties", dict, place, {}).items()}
    timetable = Timetable(
        id=place,
        title=text_of(whole, "title", place),
        subject=text_of(whole, "subject", place),
        source=text_of(whole, "source", place),
        key=tuple(value_of(whole, "key", list, place, [])),
        first_state=text_of(whole, "first_state", place),
        regime=text_of(whole, "regime", place),
        selectable_to=value_of(whole, "selectable_to", date, place, None),
        extends=str(whole.get("extends", "")),
        parties=parties,
        parameters={one.name: one for one in map(_parameter, rows_of(whole, "parameter", place))},
        facts={one.name: one for one in map(_fact, rows_of(whole, "fact", place))},
        states={one.name: one for one in map(_state, rows_of(whole, "state", place))},
        steps=tuple(_step(row, place, str(whole["regime"])) for row in rows_of(whole, "step", place)),
        opened_by=tuple(_opened_by(row, place) for row in rows_of(whole, "opened_by", place)),
        notes=str(whole.get("notes", "")),
        selectable_because=text_of(whole, "selectable_because", place) if "selectable_to" in whole else "",
    )
    if timetable.extends:
        # A variant that takes steps out takes out the states that only these lead to.
        reached = led_to(timetable)
        states = {name: state for name, state in timetable.states.items() if name in reached}
        timetable = replace(timetable, states=states)
    for problem in problems(timetable, timetables()):
        raise problem
    return timetable


def _party(name: str, row: Mapping[str, Any], place: str) -> Party:
    place = f"{place}, party {name}"
    check_keys(row, _PARTY, place)
    return Party(name, text_of(row, "title", place), str(row.get("market_role", "")), str(row.get("of", "")))


def _parameter(row: Mapping[str, Any]) -> Parameter:
    place = f"parameter {row.get('name', '?')}"
    check_keys(row, _PARAMETER, place)
    bare = Parameter(
        text_of(row, "name", place),
        choice_of(row, "kind", get_args(ParameterKind), place),
        str(row.get("unit", "")),
        text_of(row, "meaning", place),
        tuple(row.get("choices", ())),
        (),
    )
    values = []
    for entry in value_of(row, "values", list, place):
        check_keys(entry, _VALUE, place)
        if not isinstance(entry.get("from"), date):
            raise wrong(place, "a value has no day from which it holds")
        value = parameter_value(bare, entry.get("value"))
        values.append(
            ParameterValue(entry["from"], value, text_of(entry, "source", place), text_of(entry, "mark", place))
        )
    if not values:
        raise wrong(place, "it has no value")
    ordered = tuple(sorted(values, key=lambda value: value.effective_from))
    return Parameter(bare.name, bare.kind, bare.unit, bare.meaning, bare.choices, ordered)


def _fact(row: Mapping[str, Any]) -> Fact:
    place = f"fact {row.get('name', '?')}"
    check_keys(row, _FACT, place)
    return Fact(
        text_of(row, "name", place),
        choice_of(row, "kind", get_args(FactKind), place),
        text_of(row, "meaning", place),
        value_of(row, "required", bool, place, False),
        tuple(value_of(row, "choices", list, place, [])),
        tuple(value_of(row, "secret_to", list, place, [])),
    )


def _state(row: Mapping[str, Any]) -> State:
    place = f"state {row.get('name', '?')}"
    check_keys(row, _STATE, place)
    return State(
        text_of(row, "name", place), choice_of(row, "kind", get_args(StateKind), place), text_of(row, "meaning", place)
    )


def _step(row: Mapping[str, Any], timetable: str, regime: str) -> Step:
    place = f"{timetable}, step {row.get('ref', '?')}"
    check_keys(row, _STEP, place)
    silent = value_of(row, "silent", dict, place, None)
    if silent is not None:
        check_keys(silent, _SILENT, place)
    half = value_of(row, "half", dict, place, {})
    check_keys(half, ("state", "meaning"), place)
    recipients = row.get("to", [])
    return Step(
        ref=text_of(row, "ref", place),
        when=text_of(row, "when", place),
        action=text_of(row, "action", place),
        sender=text_of(row, "from", place),
        recipients=tuple([recipients] if isinstance(recipients, str) else recipients),
        information=str(row.get("information", "")),
        method=str(row.get("method", "")),
        mark=str(row.get("mark", "")),
        after=tuple(map(_prerequisite, value_of(row, "after", list, place, []))),
        after_any=tuple(map(_prerequisite, value_of(row, "after_any", list, place, []))),
        any_time=value_of(row, "any_time", bool, place, False),
        only_if=_conditions(row.get("only_if", {}), place),
        clock=_clock(row["clock"], place, regime) if "clock" in row else None,
        needs=tuple(value_of(row, "needs", list, place, [])),
        early=choice_of({"early": row.get("early", "hold")}, "early", get_args(Early), place),
        flow=str(row.get("flow", "")),
        outcomes=tuple(_outcome(one, place) for one in value_of(row, "outcome", list, place, [])),
        silent=None
        if silent is None
        else Silence(
            str(silent.get("state", "")),
            str(silent.get("deemed", "")),
            _conditions(silent.get("if", {}), place),
            str(silent.get("meaning", "")),
        ),
        half=str(half.get("state", "")),
        about=str(row.get("about", "")),
        says={name: str(value) for name, value in value_of(row, "says", dict, place, {}).items()},
    )


def _opened_by(row: Mapping[str, Any], place: str) -> OpenedBy:
    place = f"{place}, opened_by {row.get('flow', '?')}"
    check_keys(row, ("flow", "if", "facts", "parties"), place)
    facts, parties = value_of(row, "facts", dict, place, {}), value_of(row, "parties", dict, place, {})
    return OpenedBy(text_of(row, "flow", place), _conditions(row.get("if", {}), place), dict(facts), dict(parties))


def _prerequisite(text: str) -> Prerequisite:
    """`E7` or `E7.accepted`; refs may have dots of their own (`6.10`, `O1.2`), outcomes begin with a letter."""
    ref, dot, last = text.rpartition(".")
    if dot and last[:1].isalpha() and last[:1].islower():
        return Prerequisite(ref, last)
    return Prerequisite(text, "done")


def _clock(row: Mapping[str, Any], place: str, regime: str) -> Clock:
    check_keys(row, _CLOCK, place)
    days = row.get("days")
    chosen_by = ""
    if isinstance(days, dict):
        table = dict(days)
        chosen_by = str(table.pop("parameter", ""))
        days = table
    if not isinstance(days, int | str | dict) or isinstance(days, bool):
        raise wrong(place, "its clock has no days")
    roll = row.get("roll")
    return Clock(
        str(row.get("anchor", "after")),
        days,
        chosen_by,
        choice_of({"mode": row.get("mode", "within")}, "mode", ("within", "beginning_with", "before"), place),
        str(row.get("unit", "working")),
        choice_of({"regime": row.get("regime", regime)}, "regime", tuple(regimes()), place),
        None if roll is None else choice_of(row, "roll", ("next", "none"), place),
    )


def _outcome(row: Mapping[str, Any], place: str) -> Outcome:
    place = f"{place}, outcome {row.get('name', '?')}"
    check_keys(row, _OUTCOME, place)
    opens = value_of(row, "opens_case", dict, place, {})
    check_keys(opens, ("timetable", "because", "parties"), place)
    at_most = row.get("at_most")
    if at_most is not None and (not isinstance(at_most, int | str) or isinstance(at_most, bool)):
        raise wrong(place, "at_most is neither a number nor a parameter")
    return Outcome(
        text_of(row, "name", place),
        str(row.get("flow", "")),
        _conditions(row.get("if", {}), place),
        str(row.get("state", "")),
        tuple(value_of(row, "reopens", list, place, [])),
        at_most,
        str(row.get("beyond", "")),
        row.get("reopen_days"),
        str(opens.get("timetable", "")),
        str(opens.get("because", "")),
        dict(value_of(opens, "parties", dict, place, {})),
        dict(value_of(row, "counts", dict, place, {})),
        dict(value_of(row, "learns", dict, place, {})),
        str(row.get("meaning", "")),
    )


def _conditions(written: Any, place: str) -> tuple[Condition, ...]:
    if not isinstance(written, dict):
        raise wrong(place, "its conditions are no table")
    found = []
    for name, value in written.items():
        if isinstance(value, dict):
            for operator, operand in value.items():
                if operator not in OPERATORS:
                    raise wrong(place, f"{operator!r} is no comparison; they are {', '.join(OPERATORS)}")
                found.append(Condition(name, operator, operand))
        else:
            found.append(Condition(name, "one_of" if isinstance(value, list) else "is", value))
    return tuple(found)
