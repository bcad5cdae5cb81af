"""Which case a message belongs to: one that waits for it, one that it opens, or none, for a person to say.

A message finds cases by MPAN core and by the references that files repeat. What it does to a case is what the fold
makes of it, so that matching and cases cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from halfhour.errors import HalfhourError
from halfhour.processes.cases import Event, Opening, check_opening, fold
from halfhour.processes.flows.messages import Message
from halfhour.processes.timetables import Timetable, Unknown, find_timetable, holds, timetables

Effect = Literal["answers", "held", "refused", "attached"]
"""What an event does to a case: it completes or advances a step, waits for one, is refused, or is only kept."""

REFERENCES = ("case_reference", "request_reference", "contract_reference", "registration_id")
"""Items in which files repeat the sender's reference."""

_TOLD = {"held: early": "held", "refused: too early": "refused", "attached": "attached"}
_SAID: dict[Effect, str] = {
    "answers": "is what the case waits for",
    "refused": "came before its step could be done, and does not count",
    "held": "came before its step was open, and is held",
}
_ORDER: tuple[Effect, ...] = ("answers", "refused", "held", "attached")


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that may be meant: its timetable, opening and events."""

    timetable: Timetable
    opening: Opening
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a message belongs.

    Attributes:
        case_id: of the case, empty where there is none.
        effect: on the case; None where there is none.
        opens: the case that it opens, None where it opens none.
        because: why, in words, for the list of what waits for a person.
    """

    case_id: str
    effect: Effect | None
    opens: Opening | None
    because: str


def event_of(message: Message, sequence: int, on: date, source: str = "") -> Event:
    """A message as an event of a case."""
    return Event(
        id=message.id,
        sequence=sequence,
        on=on,
        kind="flow",
        flow=message.flow,
        data=message.data,
        by=message.from_mpid,
        source=source,
    )


def subjects(values: Iterable[Any]) -> set[str]:
    """The MPAN cores among values, by which messages find cases."""
    return {str(value) for value in values if len(str(value)) == 13 and str(value).isdigit()}


def message_subjects(message: Message) -> set[str]:
    """What a message names: MPAN cores and references."""
    named = {str(message.data[name]).strip() for name in REFERENCES if message.data.get(name)}
    return subjects(message.data.values()) | named


def effect(case: OpenCase, event: Event) -> Effect:
    """What an event does to a case."""
    state = fold(case.timetable, case.opening, [*case.events, event])
    entries = [one for one in state.history if one.event == event.id]
    told = [_TOLD.get(one.what) for one in entries]
    if entries and not all(told):
        return "answers"
    for name in _ORDER:
        if name in told:
            return name
    return "attached"


def match(message: Message, cases: Sequence[OpenCase], on: date) -> Match:
    """The case that a message belongs to, or the one that it opens.

    Args:
        cases: those that share a subject with the message, open ones and ended ones.
        on: the day on which it came.
    """
    found: dict[Effect, list[OpenCase]] = {name: [] for name in _ORDER}
    for case in cases:
        if _may_be_party(case, message) and message.flow in case.timetable.flows:
            found[effect(case, event_of(message, len(case.events) + 1, on))].append(case)
    for name in _ORDER[:3]:
        meant = found[name]
        if len(meant) == 1:
            return Match(meant[0].opening.case_id, name, None, f"{message.flow} {_SAID[name]}.")
        if len(meant) > 1:
            ids = ", ".join(case.opening.case_id for case in meant)
            return Match("", None, None, f"{message.flow} is awaited by more than one case: {ids}.")
    opens, refused = _opened(message, on)
    if opens is not None:
        return Match("", None, opens, f"{message.flow} opens {opens.timetable}")
    meant = found["attached"]
    if len(meant) == 1:
        return Match(meant[0].opening.case_id, "attached", None, f"{message.flow} changes nothing, and is attached.")
    if refused:
        return Match("", None, None, refused)
    named = ", ".join(sorted(message_subjects(message))) or "nothing"
    return Match("", None, None, f"No case waits for {message.flow} from {message.from_mpid}; it names {named}.")


def _may_be_party(case: OpenCase, message: Message) -> bool:
    """Whether the sender is one whom the case knows, or plays a role that the case does not know the holder of."""
    held = set(case.opening.parties.values())
    for event in case.events:
        if event.kind == "party":
            held.update(map(str, event.data.values()))
    if message.from_mpid in held:
        return True
    roles = {party.market_role for name, party in case.timetable.parties.items() if name not in case.opening.parties}
    return message.from_role in roles or "" in roles


def _opened(message: Message, on: date) -> tuple[Opening | None, str]:
    """The case that a message opens, or why the one that it would open cannot be."""
    for timetable_id in timetables():
        timetable = find_timetable(timetable_id)
        for opener in timetable.opened_by:
            if opener.flow != message.flow:
                continue
            try:
                if not holds(opener.conditions, message.data):
                    continue
            except Unknown:
                continue
            facts = {name: message.data[item] for name, item in opener.facts.items() if message.data.get(item)}
            parties = {name: message.data[item] for name, item in opener.parties.items() if message.data.get(item)}
            opening = Opening("", timetable.id, on, parties, facts)
            try:
                return check_opening(timetable, opening), ""
            except HalfhourError as error:
                return None, f"{message.flow} would open {timetable.id}: {error}"
    return None, ""
