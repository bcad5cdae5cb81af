"""Files out: the flow that a step needs, filled from its case and the register.

Which item takes which fact is data (`data/outgoing.toml`). What is not known is named, all of it at once; nothing is
guessed. A file is built for one recipient, as the industry's files are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.formats.flows.layouts import Group, Item, Layout, find_layout
from halfhour.formats.flows.records import FlowFile, Record, moment, new_flow
from halfhour.processes.cases import CaseState
from halfhour.processes.timetables import Step, Timetable


@dataclass(frozen=True, slots=True)
class Built:
    """A file for one recipient.

    Attributes:
        party, mpid: who is to have it.
        data: what it says, by the names that the case knows, for the event of its sending.
    """

    party: str
    mpid: str
    flow: str
    file: FlowFile
    data: Mapping[str, Any]


@cache
def outgoing() -> dict[str, dict[str, Any]]:
    """Which facts fill which items, by flow."""
    return tomllib.loads(files(__package__).joinpath("data", "outgoing.toml").read_text(encoding="utf-8"))


def build(
    timetable: Timetable,
    state: CaseState,
    ref: str,
    *,
    file_id: str,
    created: datetime,
    given: Mapping[str, Any] | None = None,
    register: Mapping[str, Any] | None = None,
    flow: str = "",
    layouts: Iterable[Path] = (),
) -> list[Built]:
    """The file that a step needs, once for each of its recipients that has an MPID.

    Args:
        ref: of the step.
        file_id: number of the first file, up to 10 digits; the next recipients take the numbers that follow.
        created: moment of making, with its zone.
        given: values for this file, by fact or by item, before anything that the case knows.
        register: what the register knows of the metering, after what the case knows.
        flow: which of the step's flows, where it has several; empty takes the one that its sender must send.

    Raises:
        HalfhourError: CS-301 the step needs no file or none that can be built, CS-302 something is not known, with all
            its names, CS-303 nobody to send it to, FF-110 a value that no record can carry.
    """
    step = timetable.by_ref.get(ref)
    if step is None:
        raise HalfhourError(
            "CS-104", f"{timetable.id} has no step {ref!r}.", f"Its steps are {', '.join(timetable.by_ref)}."
        )
    name = _flow_of(step, flow)
    plan = outgoing()[name]
    layout = find_layout(f"{name}{plan['version']}", layouts)
    assert layout is not None, name
    sender = state.parties.get(step.sender, "")
    recipients = [(party, state.parties.get(party, "")) for party in step.recipients]
    able = [(party, mpid) for party, mpid in recipients if mpid and timetable.parties[party].market_role]
    if not sender or not able:
        lacking = [timetable.parties[party].title for party in ([] if sender else [step.sender])]
        lacking += [timetable.parties[party].title for party, mpid in recipients if not mpid and not able]
        step_next = "Record who plays the party, by its MPID."
        raise HalfhourError("CS-303", f"{name} of step {ref} needs an MPID of: {', '.join(lacking)}.", step_next)
    known = _known(timetable, state, created, given or {}, register or {})
    groups, data, missing = _filled(layout, plan, known)
    if missing:
        raise HalfhourError(
            "CS-302",
            f"{name} of step {ref} cannot be built: {'; '.join(missing)}.",
            "Record the facts with the case, or give them with the file.",
        )
    return [
        Built(
            party,
            mpid,
            name,
            new_flow(
                layout,
                _numbered(layout, int(file_id) + place)
                | {
                    "from_role": timetable.parties[step.sender].market_role,
                    "from_mpid": sender,
                    "to_role": timetable.parties[party].market_role,
                    "to_mpid": mpid,
                    "created": moment(created),
                },
                groups,
                layouts,
            ),
            data,
        )
        for place, (party, mpid) in enumerate(able)
    ]


def _numbered(layout: Layout, number: int) -> dict[str, str]:
    """The items of a header that number its file; the NETA envelope has a sequence instead of an id."""
    if layout.envelope == "neta":
        return {"message_role": "D", "sequence": str(number)}
    return {"file_id": str(number).zfill(10)}


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


def _known(
    timetable: Timetable, state: CaseState, created: datetime, given: Mapping[str, Any], register: Mapping[str, Any]
) -> dict[str, Any]:
    """Every name that an item may be filled from; what is given comes first, the register last."""
    parties = {f"party:{name}": mpid for name, mpid in state.parties.items()}
    case = {"case_id": state.case_id, "today": created.date(), "opened_on": state.history[0].on}
    known: dict[str, Any] = {}
    for scope in (given, state.facts, parties, case, state.parameters, register):
        for name, value in scope.items():
            if value is not None and value != "":
                known.setdefault(name, value)
    return known


def _filled(
    layout: Layout, plan: Mapping[str, Any], known: Mapping[str, Any]
) -> tuple[list[Record], dict[str, Any], list[str]]:
    """The groups of the plan, filled; what they say by the names of the case; and what is not known."""
    made: dict[str, Record] = {}
    top: list[Record] = []
    data: dict[str, Any] = {}
    missing: list[str] = []
    for entry in plan["group"]:
        group = layout.groups[entry["id"]]
        record, used, lacking = _record(group, entry.get("items", {}), known)
        wanted = [name for name in entry.get("when", []) if name not in known]
        if wanted or (lacking and group.least == 0 and not record.items):
            # A group that may be left out is left out where nothing of it is known.
            continue
        missing.extend(lacking)
        data |= used
        if group.parent and group.parent not in made:
            continue
        (made[group.parent].groups if group.parent else top).append(record)
        made[group.id] = record
    return top, data, missing


def _record(
    group: Group, items: Mapping[str, Any], known: Mapping[str, Any]
) -> tuple[Record, dict[str, Any], list[str]]:
    filled: dict[str, str] = {}
    used: dict[str, Any] = {}
    lacking: list[str] = []
    for item in group.items:
        sources = items.get(item.name, [])
        sources = [item.name, *([sources] if isinstance(sources, str) else sources)]
        constant = next((one[1:] for one in sources if one.startswith("=")), None)
        source = next((one for one in sources if one in known), None)
        if source is not None:
            filled[item.name] = _written(item, known[source])
            used[source] = known[source]
        elif constant is not None:
            filled[item.name] = constant
        elif item.required:
            names = " or ".join(one for one in sources if one != item.name) or item.name
            lacking.append(f"{item.name} ({names})")
    return Record(group.id, filled), used, lacking


def _written(item: Item, value: Any) -> str:
    """A value as an item of its type is written."""
    if isinstance(value, bool):
        return "T" if value else "F"
    if item.type.kind == "date":
        day = value if isinstance(value, date) else _date(str(value))
        return f"{day:%Y%m%d}" if day else str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    return text[: item.type.most] if item.type.kind == "text" else text


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
