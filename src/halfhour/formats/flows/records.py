"""A file of records as nested records: read, made anew, written to the byte, and exchanged with JSON.

Items keep the text that stands in the file, so that what is read is written back to the same bytes, unknown groups and
surplus items among it. For files that are small enough to hold; tables of any size come from `tables`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from halfhour.errors import HalfhourError
from halfhour.formats.flows.checksums import header_for_checksum, record_checksum
from halfhour.formats.flows.envelopes import ENVELOPES, Envelope, envelope_of, value_fault
from halfhour.formats.flows.layouts import DEEPEST, Item, Layout, find_layout

_SURPLUS = "…"
"""Items beyond the layout, in JSON and in `Record.surplus`."""

_LONDON = ZoneInfo("Europe/London")


@dataclass(slots=True)
class Record:
    """A group of a flow, with the groups that belong to it.

    Attributes:
        group: its id.
        items: by name, as text; of a group that the layout has not, `item_1`, `item_2` and so on.
        surplus: items beyond the layout, in order.
        count: how many items stand in the file where they are fewer than the layout's; None = all.
        groups: those that belong to it, in order.
        line: where it stands, 0 where it was made anew.
    """

    group: str
    items: dict[str, str]
    surplus: list[str] = field(default_factory=list)
    count: int | None = None
    groups: list[Record] = field(default_factory=list)
    line: int = 0

    def __getitem__(self, name: str) -> str:
        return self.items[name]

    def records(self) -> Iterator[Record]:
        """Itself and every record below it, in the order of the file."""
        waiting = [self]
        while waiting:
            record = waiting.pop()
            yield record
            waiting.extend(record.groups[::-1])

    def all(self, group: str) -> list[Record]:
        """The groups of that id that belong to it."""
        return [record for record in self.groups if record.group == group]


@dataclass(slots=True)
class FlowFile:
    """A file of records.

    Attributes:
        envelope: `user-file`, `pool-transfer` or `neta`.
        header, trailer: their items by name.
        groups: at the top, in order.
        line_end: `\\n`, or `\\r\\n` where the file had it.
    """

    envelope: str
    header: dict[str, str]
    groups: list[Record]
    trailer: dict[str, str]
    line_end: str = "\n"

    @property
    def flow_version(self) -> str:
        """The flow and its version, `D0155001`."""
        return self.header.get("flow_version", "")

    def records(self) -> Iterator[Record]:
        """Every record in the order of the file."""
        for group in self.groups:
            yield from group.records()


def read_flow(source: Path | bytes, layouts: Iterable[Path] = ()) -> FlowFile:
    """Read a file of records; whether it is valid is for `check_file`.

    Args:
        source: the file, or its bytes.
        layouts: folders of the user's own layouts.

    Raises:
        HalfhourError: FF-100 it is no file of records, FF-102 its trailer is missing.
        OSError: it cannot be read.
    """
    data = source.read_bytes() if isinstance(source, Path) else source
    name = source.name if isinstance(source, Path) else "The file"
    envelope = envelope_of(data)
    if envelope is None:
        raise HalfhourError(
            "FF-100",
            f"{name} is not a file of records: it begins with none of ZHV|, ZHD|, AAA|.",
            "Give a DTC user file, a Pool Transfer file or a NETA file.",
        )
    text = data.decode("latin-1")
    line_end = "\r\n" if text.split("\n", 1)[0].endswith("\r") else "\n"
    lines = text.replace("\r\n", "\n").rstrip("\r\n").split("\n")
    if len(lines) < 2 or not lines[-1].startswith(envelope.trailer_id + "|"):
        raise HalfhourError(
            "FF-102", f"{name} has no trailer {envelope.trailer_id}.", "Ask the sender for the whole file again."
        )
    header = _by_name(envelope.header_items, envelope.items_of(lines[0]))
    layout = find_layout(header.get("flow_version", ""), layouts)
    return FlowFile(
        envelope.name,
        header,
        _nested(lines[1:-1], envelope, layout),
        _by_name(envelope.trailer_items, envelope.items_of(lines[-1])),
        line_end,
    )


def _by_name(items: Sequence[Item], values: Sequence[str]) -> dict[str, str]:
    return {item.name: value for item, value in zip(items, values, strict=False)}


def _nested(lines: Sequence[str], envelope: Envelope, layout: Layout | None) -> list[Record]:
    """The records below one another, by order alone; one that fits nowhere stays where its order is kept."""
    top: list[Record] = []
    path: list[tuple[int, Record]] = []
    for number, line in enumerate(lines, start=2):
        record, depth = record_of_line(line, envelope, layout, number)
        if depth is None:
            # Below the deepest open group: whatever comes next, the order is the file's.
            (path[-1][1].groups if path else top).append(record)
            continue
        while path and path[-1][0] >= depth:
            path.pop()
        (path[-1][1].groups if path else top).append(record)
        path.append((depth, record))
    return top


def record_of_line(line: str, envelope: Envelope, layout: Layout | None, number: int = 0) -> tuple[Record, int | None]:
    """One line as a record without what belongs to it, and how deep its group is nested; None of an unknown group."""
    identity = line.split("|", 1)[0]
    values = envelope.items_of(line)
    group = layout.groups.get(identity) if layout else None
    if group is None:
        items = {f"item_{place}": value for place, value in enumerate(values, start=1)}
        return Record(identity, items, line=number), None
    names = [item.name for item in group.items]
    record = Record(
        identity,
        dict(zip(names, values, strict=False)),
        values[len(names) :],
        len(values) if len(values) < len(names) else None,
        line=number,
    )
    return record, group.depth


def write_flow(flow: FlowFile, layouts: Iterable[Path] = ()) -> bytes:
    """The bytes of a file, its trailer as it stands; `sealed` works the trailer out.

    Raises:
        HalfhourError: FF-110 an item has a character that no record can carry, or one that its group has not.
    """
    envelope = ENVELOPES[flow.envelope]
    layout = find_layout(flow.flow_version, layouts)
    lines = [
        _header_line(flow, envelope),
        *_body_lines(flow, envelope, layout),
        envelope.record(envelope.trailer_id, _in_order(flow.trailer, envelope.trailer_items)),
    ]
    return "".join(line + flow.line_end for line in lines).encode("latin-1")


def _header_line(flow: FlowFile, envelope: Envelope) -> str:
    return envelope.record(envelope.header_id, _in_order(flow.header, envelope.header_items))


def _in_order(values: Mapping[str, str], items: Sequence[Item]) -> list[str]:
    known = [item.name for item in items]
    for name in values:
        if name not in known:
            raise HalfhourError("FF-110", f"There is no item {name!r} here.", f"The items are {', '.join(known)}.")
    last = max((place for place, name in enumerate(known) if name in values), default=-1)
    return [_clean(values.get(name, ""), name) for name in known[: last + 1]]


def _clean(value: str, name: str) -> str:
    if not isinstance(value, str) or any(character in "|\r\n\0" or character > "\xff" for character in value):
        raise HalfhourError(
            "FF-110",
            f"{name} is {value!r}, which no record can carry.",
            "Write printable ASCII without pipes, line ends and control characters.",
        )
    return value


def _body_lines(flow: FlowFile, envelope: Envelope, layout: Layout | None) -> Iterator[str]:
    for record in flow.records():
        group = layout.groups.get(record.group) if layout else None
        if group is None:
            values = [_clean(value, name) for name, value in record.items.items()]
            _clean(record.group, "The id of a group")
        else:
            names = [item.name for item in group.items]
            for name in record.items:
                if name not in names:
                    raise HalfhourError(
                        "FF-110",
                        f"Group {record.group} of {flow.flow_version} has no item {name!r}.",
                        f"Its items are {', '.join(names)}.",
                    )
            count = len(names) if record.count is None else record.count
            if beyond := next((name for name in names[count:] if record.items.get(name)), None):
                raise HalfhourError(
                    "FF-110",
                    f"Group {record.group} is to have {count} items, and {beyond} stands beyond them.",
                    "Leave the count or the item out.",
                )
            values = [_clean(record.items.get(name, ""), name) for name in names[:count]]
        values += [_clean(value, "an item") for value in record.surplus]
        yield envelope.record(record.group, values)


def sealed(flow: FlowFile, layouts: Iterable[Path] = (), completed: datetime | None = None) -> FlowFile:
    """The same file with a trailer that is right: counts, file id and checksum worked out.

    Args:
        completed: for a DTC user file's trailer; None = as the trailer has it, else the header's moment.
    """
    envelope = ENVELOPES[flow.envelope]
    layout = find_layout(flow.flow_version, layouts)
    body = list(_body_lines(flow, envelope, layout))
    if envelope.name == "user-file":
        done = flow.trailer.get("completed") or flow.header.get("created", "")
        top = [
            record
            for record in flow.records()
            if layout and record.group in layout.groups and layout.groups[record.group].depth == 0
        ]
        trailer = {
            "file_id": flow.header.get("file_id", ""),
            "body_lines": str(len(body)),
            "checksum": flow.trailer.get("checksum", ""),
            "instances": str(len(top)) if layout else flow.trailer.get("instances", str(len(flow.groups))),
            "completed": moment(completed) if completed else done,
        }
    else:
        total = record_checksum(header_for_checksum(_header_line(flow, envelope), envelope.name))
        for line in body:
            total ^= record_checksum(line.encode("latin-1"))
        trailer = {"records": str(len(body) + 2), "checksum": str(total)}
    return FlowFile(flow.envelope, flow.header, flow.groups, trailer, flow.line_end)


def moment(at: datetime) -> str:
    """A moment as headers write it, YYYYMMDDHHMMSS: local time where it names a zone, else as it stands."""
    local = at if at.tzinfo is None else at.astimezone(_LONDON)
    return local.strftime("%Y%m%d%H%M%S")


def new_flow(
    layout: Layout, header: Mapping[str, str], groups: Sequence[Record], layouts: Iterable[Path] = ()
) -> FlowFile:
    """A file made anew: header filled up, every item looked at, trailer worked out.

    Args:
        layout: of the flow.
        header: items by name; `flow_version` follows from the layout.
        groups: at the top, items by name; what is absent is empty.

    Raises:
        HalfhourError: FF-110 an item that cannot be, with the group and the reason.
    """
    envelope = ENVELOPES[layout.envelope]
    filled = {item.name: "" for item in envelope.header_items} | dict(header) | {"flow_version": layout.flow_version}
    flow = FlowFile(layout.envelope, filled, list(groups), {})
    _refuse(envelope.header_id, envelope.header_items, filled)
    for record in flow.records():
        group = layout.groups.get(record.group)
        if group is None:
            raise HalfhourError(
                "FF-110",
                f"{layout.flow_version} has no group {record.group!r}.",
                f"Its groups are {', '.join(layout.groups)}.",
            )
        for below in record.groups:
            if below.group in layout.groups and layout.groups[below.group].parent != record.group:
                raise HalfhourError(
                    "FF-110",
                    f"Group {below.group} does not belong to group {record.group}.",
                    f"It belongs to {layout.groups[below.group].parent or 'the top'}.",
                )
        _refuse(record.group, group.items, record.items)
    return sealed(flow, layouts)


def _refuse(group: str, items: Sequence[Item], values: Mapping[str, str]) -> None:
    for item in items:
        fault = value_fault(item, values.get(item.name, ""))
        if fault:
            raise HalfhourError("FF-110", f"{item.name} of group {group} {fault}.", "Correct the value.")


def to_json(flow: FlowFile) -> dict[str, Any]:
    """A file as a JSON document, from which the same bytes can be written."""
    document: dict[str, Any] = {"envelope": flow.envelope, "header": flow.header}
    if flow.line_end != "\n":
        document["line_end"] = flow.line_end
    document["groups"] = [_record_document(record) for record in flow.groups]
    document["trailer"] = flow.trailer
    return document


def _record_document(record: Record) -> dict[str, Any]:
    document: dict[str, Any] = {"group": record.group, "items": record.items}
    if record.surplus:
        document["surplus"] = record.surplus
    if record.count is not None:
        document["count"] = record.count
    if record.groups:
        document["groups"] = [_record_document(below) for below in record.groups]
    return document


def from_json(text: str) -> FlowFile:
    """A file from the JSON document that `to_json` gives, written by hand or by another program.

    Raises:
        HalfhourError: FF-111 it is no such document, with the place and what is wrong.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_document(f"it is not JSON ({error})") from None
    if not isinstance(document, dict):
        raise _no_document("it is not an object")
    envelope = document.get("envelope")
    if not isinstance(envelope, str) or envelope not in ENVELOPES:
        raise _no_document(f"its envelope is {envelope!r}, none of {', '.join(ENVELOPES)}")
    line_end = document.get("line_end", "\n")
    if line_end not in ("\n", "\r\n"):
        raise _no_document("its line_end is neither a line feed nor carriage return and line feed")
    groups = document.get("groups")
    if not isinstance(groups, list):
        raise _no_document("it has no list 'groups'")
    return FlowFile(
        envelope,
        _texts(document.get("header"), "header"),
        [_record_of(entry, f"groups[{place}]", 0) for place, entry in enumerate(groups)],
        _texts(document.get("trailer", {}), "trailer"),
        line_end,
    )


def _no_document(reason: str) -> HalfhourError:
    return HalfhourError(
        "FF-111",
        f"This is no file of records as JSON: {reason}.",
        "Write it as `halfhour file convert FILE --to json` does.",
    )


def _texts(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _no_document(f"{where} is not an object of names and texts")
    for name, text in value.items():
        if not isinstance(text, str):
            raise _no_document(f"{where}.{name} is {text!r}, not text; write numbers in quotes, as the file has them")
    return value


def _record_of(entry: object, where: str, depth: int) -> Record:
    if depth > DEEPEST:
        raise _no_document(f"{where} is nested deeper than {DEEPEST}")
    if not isinstance(entry, dict) or not isinstance(entry.get("group"), str):
        raise _no_document(f"{where} has no text 'group'")
    surplus, count, below = entry.get("surplus", []), entry.get("count"), entry.get("groups", [])
    if not isinstance(surplus, list) or not all(isinstance(text, str) for text in surplus):
        raise _no_document(f"{where}.surplus is not a list of texts")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
        raise _no_document(f"{where}.count is not a number of items")
    if not isinstance(below, list):
        raise _no_document(f"{where}.groups is not a list")
    return Record(
        entry["group"],
        _texts(entry.get("items", {}), f"{where}.items"),
        surplus,
        count,
        [_record_of(one, f"{where}.groups[{place}]", depth + 1) for place, one in enumerate(below)],
    )
