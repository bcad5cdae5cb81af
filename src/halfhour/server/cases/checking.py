"""What an event must be to be stored at all, and what one must be that a person records."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import nearest, shown
from halfhour.processes.cases import Event, in_effect, read_value
from halfhour.processes.timetables import Timetable
from halfhour.server.cases.encoding import is_text, storable

_MOST = {"step": 20, "outcome": 60, "flow": 5, "by": 80, "source": 300, "corrects": 64}
_FIRST_YEAR, _LAST_YEAR = 1990, 2099
_TYPED: dict[str, Any] = {"true": True, "false": False}
"""What conditions of a timetable tell from text; numbers and dates they read themselves."""

_FLOW = re.compile(r"([A-Z][0-9]{4})?")


def check_day(day: date) -> None:
    """Refuse a day that no process of this market can have.

    Raises:
        HalfhourError: CS-209.
    """
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise HalfhourError("CS-209", f"{day} is no day of a case.", f"Give a day from {_FIRST_YEAR} to {_LAST_YEAR}.")


def storable_event(event: Event) -> Event:
    """An event that both databases can keep.

    Raises:
        HalfhourError: CS-207 a text that is too long or no text, data that cannot be kept; CS-209 its day.
    """
    check_day(event.on)
    for name, most in _MOST.items():
        text = getattr(event, name)
        if len(text) > most or not is_text(text):
            raise HalfhourError("CS-207", f"{name} is {shown(text)}.", f"Give at most {most} printable characters.")
    if not _FLOW.fullmatch(event.flow):
        raise HalfhourError("CS-207", f"{shown(event.flow)} is no flow.", "Give a letter and four digits, D0155.")
    return replace(event, data=storable(event.data))


def checked(timetable: Timetable, event: Event) -> Event:
    """An event that a person records, with its facts read.

    Raises:
        HalfhourError: CS-002 a fact that cannot be, CS-003 a fact that the timetable has not, CS-104 no such step,
            CS-110 no such outcome.
    """
    facts = timetable.facts
    # The fold says nothing of a step that is not there where the case has ended: whatever comes then is attached.
    step = timetable.step(event.step) if event.step else None
    if step is not None and event.outcome and step.outcome(event.outcome) is None:
        names = [outcome.name for outcome in step.outcomes]
        raise HalfhourError(
            "CS-110",
            f"Step {event.step} of {timetable.id} has no outcome {shown(event.outcome)}.",
            f"Its outcomes are {', '.join(names)}. {nearest(event.outcome, names)}".rstrip(),
        )
    if event.kind in ("party", "note"):
        return event
    for name in event.data if event.kind == "fact" else ():
        if name not in facts:
            step_next = f"Its facts are {', '.join(facts)}. {nearest(name, facts)}".rstrip()
            raise HalfhourError("CS-003", f"{shown(name)} is no fact of {timetable.id}.", step_next)
    data = {
        name: read_value(facts[name], value) if name in facts and value != "" else _TYPED.get(value, value)
        for name, value in event.data.items()
        if isinstance(value, str) or name in facts
    }
    return replace(event, data={**event.data, **data})


def stands_for(events: Iterable[Event], event: Event) -> Event:
    """What an event makes of the one that it corrects; itself where it corrects none."""
    known = {one.id: one for one in events}
    root = event
    while root.kind in ("correction", "withdrawal") and root.corrects in known:
        root = known[root.corrects]
    if root is event:
        return event
    return next((one for one in in_effect([*known.values(), event]) if one.id == root.id), event)
