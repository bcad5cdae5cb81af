"""Files out: the flow that a step needs, filled from its case and the register.

Which item takes which fact is data (`data/outgoing.toml`). What is not known is named, all of it at once, and so is
what the register knows in two ways; nothing is guessed. A file is built for one recipient, as the industry's files are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.formats.flows.layouts import Group, Item, Layout, find_layout
from halfhour.formats.flows.records import FlowFile, Record, moment, new_flow
from halfhour.processes.cases import CaseState
from halfhour.processes.timetables import DAY_BEFORE, Step, Timetable

AGENTS = frozenset("MCDAB")
"""Market Participant Role Codes of agents: Meter Operator, Data Collectors, Data Aggregators."""

Numbers = Callable[[str, str, str], int]
"""The number of a file, by its envelope and the role and MPID of its recipient."""

_SUBJECT = "mpan_core"
_TWINS = {"C": "D", "A": "B"}


@dataclass(frozen=True, slots=True)
class Built:
    """A file for one recipient.

    Attributes:
        party, mpid: who is to have it.
        data: what it says, by the names that the case knows, for the event of its sending.
        registered: items that were filled from the register.
    """

    party: str
    mpid: str
    flow: str
    file: FlowFile
    data: Mapping[str, Any]
    registered: tuple[str, ...]


@dataclass(slots=True)
class _Filling:
    """What is known for one file, in the order of who is asked, and what came of filling its items."""

    scopes: tuple[Mapping[str, Any], ...]
    register: Mapping[str, Sequence[Any]]
    about: str
    roles: Mapping[str, str]
    data: dict[str, Any] = field(default_factory=dict)
    registered: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def knows(self, name: str) -> bool:
        """Whether anybody knows something by that name."""
        return any(_told(scope.get(name)) for scope in self.scopes) or len(self.register.get(name, ())) == 1

    def value(self, item: Item, names: Sequence[str]) -> Any:
        """What the first who knows one of the names says, or None."""
        for scope in self.scopes:
            for name in names:
                if _told(scope.get(name)):
                    self.data[name] = scope[name]
                    return scope[name]
        for name in names:
            if len(self.register.get(name, ())) == 1:
                (value,) = self.register[name]
                self.data[name] = value
                self.registered.append(item.name)
                return value
        return None


@cache
def outgoing() -> dict[str, dict[str, Any]]:
    """Which facts fill which items, by flow."""
    return tomllib.loads(files(__package__).joinpath("data", "outgoing.toml").read_text(encoding="utf-8"))


def build(
    timetable: Timetable,
    state: CaseState,
    ref: str,
    *,
    number: Numbers,
    created: datetime,
    given: Mapping[str, Any] | None = None,
    register: Mapping[str, Sequence[Any]] | None = None,
    flow: str = "",
    layouts: Iterable[Path] = (),
) -> list[Built]:
    """The file that a step needs, once for each of its recipients that has an MPID.

    Args:
        ref: of the step.
        number: gives each file its number by its envelope and its recipient's role and MPID.
        created: moment of making, with its zone.
        given: values for this file, by fact or by item, before anything that the case knows.
        register: every value that the register has of the metering by name, asked after the case; one of two is not
            chosen.
        flow: which of the step's flows, where it has several; empty takes the one that its sender must send.

    Raises:
        HalfhourError: CS-104 no such step, CS-301 it needs no file or none that can be built, CS-302 something is not
            known, with all its names, CS-303 nobody to send it to, FF-110 a value that no record can carry.
    """
    step = timetable.step(ref)
    name = _flow_of(step, flow)
    plan = outgoing()[name]
    layout = find_layout(f"{name}{plan['version']}", layouts)
    assert layout is not None, name
    sender = state.parties.get(step.sender, "")
    routes = {party: way for party in step.recipients if (way := _route(timetable, step, party, layout))}
    able = [(party, mpid) for party in routes if (mpid := state.parties.get(party, ""))]
    if not sender or not able:
        lacking = [timetable.parties[party].title for party in ([] if sender else [step.sender])]
        lacking += [timetable.parties[party].title for party in routes if not able]
        step_next = "Record who plays the party, by its MPID."
        raise HalfhourError("CS-303", f"{name} of step {ref} needs an MPID of: {', '.join(lacking)}.", step_next)
    scopes = _scopes(timetable, state, step, created, given or {})
    built = []
    for party, mpid in able:
        roles = routes[party]
        filling = _Filling(scopes, register or {}, step.about, roles)
        groups = _filled(layout, plan, filling)
        if filling.missing:
            raise HalfhourError(
                "CS-302",
                f"{name} of step {ref} cannot be built: {'; '.join(filling.missing)}.",
                "Record the facts with the case, or give them with the file.",
            )
        header = {"from_role": roles["from"], "from_mpid": sender, "to_role": roles["to"], "to_mpid": mpid}
        header |= _numbered(layout, number(layout.envelope, roles["to"], mpid)) | {"created": moment(created)}
        file = new_flow(layout, header, groups, layouts)
        built.append(Built(party, mpid, name, file, filling.data, tuple(filling.registered)))
    return built


def _numbered(layout: Layout, number: int) -> dict[str, str]:
    """The items of a header that number its file; the NETA envelope has a sequence instead of an id."""
    if layout.envelope == "neta":
        return {"message_role": "D", "sequence": str(number)}
    return {"file_id": str(number).zfill(10)}


def _route(timetable: Timetable, step: Step, party: str, layout: Layout) -> dict[str, str]:
    """The roles in which a file goes from a step's sender to a recipient; empty where its layout has no such route.

    A Data Collector or Data Aggregator of a timetable is the half-hourly one, or the other where the flow is.
    """
    roles = (timetable.parties[step.sender].market_role, timetable.parties[party].market_role)
    ways = [
        {"from": sender, "to": recipient}
        for sender in (roles[0], _TWINS.get(roles[0], ""))
        for recipient in (roles[1], _TWINS.get(roles[1], ""))
        if sender and recipient
    ]
    return next((way for way in ways if not layout.routes or f"{way['from']}->{way['to']}" in layout.routes), {})


def without_file(timetable: Timetable, state: CaseState, ref: str, sent_to: Collection[str]) -> dict[str, str]:
    """Recipients of a step to whom no file went, by title, and why.

    Args:
        sent_to: MPIDs to which files went.
    """
    parties = [timetable.parties[name] for name in timetable.by_ref[ref].recipients]
    players = {one.title: state.parties.get(one.name, "") for one in parties if one.market_role}
    return {
        title: "its flow does not go there" if mpid else "nobody is recorded as it"
        for title, mpid in players.items()
        if mpid not in sent_to
    }


def buildable(step: Step) -> list[str]:
    """The flows of a step that can be built, the one that its sender must send first."""
    flows = [step.flow, *step.needs, *(outcome.flow for outcome in step.outcomes)]
    return [name for name in dict.fromkeys(flows) if name in outgoing()]


def _flow_of(step: Step, wanted: str) -> str:
    able = buildable(step)
    if wanted in able:
        return wanted
    if wanted or not able:
        what = wanted or "a file"
        can = f"It can have {', '.join(able)}." if able else "Record it by hand."
        raise HalfhourError("CS-301", f"{what} cannot be built for step {step.ref}.", can)
    return able[0]


def _told(value: Any) -> bool:
    return value is not None and value != ""


def _scopes(
    timetable: Timetable, state: CaseState, step: Step, created: datetime, given: Mapping[str, Any]
) -> tuple[Mapping[str, Any], ...]:
    """What is asked for a value before the register, in order."""
    parties = {f"party:{name}": mpid for name, mpid in state.parties.items()}
    case = {"case_id": state.case_id, "today": created.date(), "opened_on": state.history[0].on}
    agents = [one for one in step.recipients if timetable.parties[one].market_role in AGENTS]
    if len(agents) == 1:
        parties["agent:mpid"] = state.parties.get(agents[0], "")
        parties["agent:role"] = timetable.parties[agents[0]].market_role
    return given, _says(step, state), state.facts, parties, case, state.parameters


def _says(step: Step, state: CaseState) -> dict[str, Any]:
    """What a step's files say whatever else is known."""
    said: dict[str, Any] = dict(step.says)
    for name, text in step.says.items():
        if text.startswith(DAY_BEFORE):
            day = state.facts.get(text.removeprefix(DAY_BEFORE))
            said[name] = day - timedelta(days=1) if isinstance(day, date) else None
    return said


def _filled(layout: Layout, plan: Mapping[str, Any], filling: _Filling) -> list[Record]:
    """The groups of the plan, filled."""
    made: dict[str, Record] = {}
    top: list[Record] = []
    for entry in plan["group"]:
        group = layout.groups[entry["id"]]
        if not all(role in entry.get(side, (role,)) for side, role in filling.roles.items()):
            continue
        if not all(map(filling.knows, entry.get("when", ()))):
            continue
        record, lacking = _record(group, entry.get("items", {}), filling)
        if group.least == 0 and not record.items:
            # A group that may be left out is left out where nothing of it is known.
            continue
        filling.missing.extend(lacking)
        if group.parent and group.parent not in made:
            continue
        (made[group.parent].groups if group.parent else top).append(record)
        made[group.id] = record
    return top


def _record(group: Group, items: Mapping[str, Any], filling: _Filling) -> tuple[Record, list[str]]:
    """A group, filled, and what it lacks."""
    filled: dict[str, str] = {}
    lacking: list[str] = []
    for item in group.items:
        sources = [filling.about] if item.name == _SUBJECT and filling.about else items.get(item.name, [])
        constant = next((one[1:] for one in sources if one.startswith("=")), None)
        names = [one for one in sources if not one.startswith("=")]
        value = filling.value(item, [item.name, *names])
        several = next((found for one in (item.name, *names) if len(found := filling.register.get(one, ())) > 1), ())
        if value is not None:
            filled[item.name] = _written(item, value)
        elif several:
            # Whether it must be there or not, to leave it out would be a choice too.
            filling.missing.append(f"{item.name}, of which the register has {' and '.join(map(str, several))}")
        elif constant is not None:
            filled[item.name] = constant
        elif item.required:
            lacking.append(f"{item.name} ({' or '.join(names) or item.name})")
    return Record(group.id, filled), lacking


def _written(item: Item, value: Any) -> str:
    """A value as an item of its type is written."""
    if isinstance(value, bool):
        return "T" if value else "F"
    if item.type.kind == "date":
        day = value if isinstance(value, date) else _date(str(value))
        return f"{day:%Y%m%d}" if day else str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
