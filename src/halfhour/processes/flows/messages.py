"""What a file of the industry says to a process, instance by instance.

An instance becomes one message: its items by the layout's names, who sent it to whom, and an id that is the same
whenever the same file is read. Secrets of a layout (passwords of an outstation) are left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from halfhour.formats.flows.item_types import as_date
from halfhour.formats.flows.layouts import Layout, find_layout
from halfhour.formats.flows.records import FlowFile, Record
from halfhour.processes.parts import of_processes


@dataclass(frozen=True, slots=True)
class Message:
    """One instance of a file.

    Attributes:
        id: the same for the same instance of the same file, from a hash of header and instance.
        flow: `D0155`.
        instance: its number in the file, from 1.
        from_role, from_mpid, to_role, to_mpid: of the file's header.
        mpan: MPAN core that it is about, empty where it names none.
        on: day on which the file was made, None where the header's moment is no date.
        data: items by name, `has_<group>` for each group there, the header's parties, and what the processes read.
    """

    id: str
    flow: str
    instance: int
    from_role: str
    from_mpid: str
    to_role: str
    to_mpid: str
    mpan: str
    on: date | None
    data: dict[str, Any]


def messages_of(file: FlowFile, layouts: Iterable[Path] = ()) -> list[Message]:
    """The messages of a file, in order.

    A process reads from an instance beyond its items by `flow_data(flow, instance)` of its module `messages`.
    """
    layout = find_layout(file.flow_version, layouts)
    header = file.header
    flow = file.flow_version[:5]
    found = []
    for number, instance in enumerate(file.groups, start=1):
        data = _items_of(instance, layout)
        mpan = str(data.get("mpan_core", ""))
        data |= {name: header.get(name, "") for name in ("from_role", "from_mpid", "to_role", "to_mpid")}
        data |= {"mpan": mpan} if mpan else {}
        for flow_data in of_processes("messages", "flow_data"):
            data |= flow_data(flow, instance)
        found.append(
            Message(
                id=_id(header, instance, number),
                flow=flow,
                instance=number,
                from_role=header.get("from_role", ""),
                from_mpid=header.get("from_mpid", ""),
                to_role=header.get("to_role", ""),
                to_mpid=header.get("to_mpid", ""),
                mpan=mpan,
                on=as_date(header.get("created", "")[:8]),
                data=data,
            )
        )
    return found


def _items_of(instance: Record, layout: Layout | None) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for record in instance.records():
        data[f"has_{record.group}"] = True
        group = layout.groups.get(record.group) if layout else None
        items = {item.name: item for item in group.items} if group else {}
        for name, value in record.items.items():
            item = items.get(name)
            if value == "" or name in data or item is None or item.secret:
                continue
            data[name] = _read(item.type.kind, value)
    return data


def _read(kind: str, value: str) -> str | bool:
    """A date as ISO writes it, a flag as true or false; anything else, and what is neither, as it stands."""
    if kind == "bool":
        return {"T": True, "F": False}.get(value, value)
    day = as_date(value) if kind == "date" else None
    return day.isoformat() if day else value


def _id(header: dict[str, str], instance: Record, number: int) -> str:
    written = [header, number, *([one.group, one.items, one.surplus] for one in instance.records())]
    return hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()[:32]
