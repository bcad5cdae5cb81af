"""Layouts of flows: which groups a flow has, how they nest, and which items each one holds.

A layout is one TOML file for each flow and version, in `layouts/` or in a folder of the user's own, which comes first.
They are working layouts (handbook file-formats 4), to be replaced from the licensed specification by replacing files.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.formats.flows.item_types import ItemType, item_type

FOLDERS_VARIABLE = "HALFHOUR_LAYOUTS"

ENVELOPES = ("user-file", "pool-transfer", "neta")

DEEPEST = 8
"""Nesting of groups (handbook file-formats 7)."""

TABLE_COLUMNS = ("line", "instance", "ordinal")
"""Of the table of each group, before its keys and items."""

_UNBOUNDED = 1 << 40
_FLOW_AND_VERSION = re.compile(r"[A-Z0-9]{5}[0-9]{3}")


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a group.

    Attributes:
        required: whether it may not be empty.
        key: whether it tells the group from others beside it; carried down to the tables of the groups below.
        secret: whether it is never shown (passwords and PINs).
        least, most: bounds of a number, None where there is none.
    """

    name: str
    type: ItemType
    required: bool
    key: bool
    secret: bool
    meaning: str
    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a flow.

    Attributes:
        parent: id of the group that it belongs to; empty at the top, where each is an instance of the flow.
        least, most: how many there are in one parent.
        depth: 0 at the top.
        position: place among the groups of the same parent.
        leaf: whether no group belongs to it.
    """

    id: str
    name: str
    parent: str
    least: int
    most: int | None
    items: tuple[Item, ...]
    depth: int
    position: int
    leaf: bool

    @property
    def keys(self) -> tuple[Item, ...]:
        """The items that tell it from others beside it."""
        return tuple(item for item in self.items if item.key)


@dataclass(frozen=True, slots=True)
class Place:
    """An item of a group, as `101.mpan_core` names it."""

    group: str
    item: str


@dataclass(frozen=True, slots=True)
class Periods:
    """A group that stands once for each Settlement Period of a day.

    Attributes:
        date: where the day stands; in the header record of the flow where no ancestor has it.
        period: where the number of the period stands; None = they are in order.
    """

    group: str
    date: Place
    period: Place | None


@dataclass(frozen=True, slots=True)
class Advances:
    """Where a flow holds half-hourly advances."""

    group: str
    mpan: Place
    quantity: Place
    date: Place
    indicator: Place
    kwh: Place


@dataclass(frozen=True, slots=True)
class Layout:
    """What a flow holds in one version.

    Attributes:
        flow_version: eight characters, `D0155001`.
        envelope: `user-file`, `pool-transfer` or `neta`.
        routes: from role to role, `X->M`; empty where not known.
        standing: how far the layout may be relied on, and `source`, where it comes from.
        ordered: whether groups beside each other come in the order of the layout.
        open: whether the handbook marks the layout open.
        origin: the file that it was read from.
    """

    flow_version: str
    title: str
    envelope: str
    routes: tuple[str, ...]
    standing: str
    source: str
    ordered: bool
    open: bool
    groups: Mapping[str, Group]
    periods: Periods | None
    advances: Advances | None
    origin: str

    def ancestors(self, group_id: str) -> list[Group]:
        """The groups above a group, the topmost first."""
        found: list[Group] = []
        while group_id := self.groups[group_id].parent:
            found.insert(0, self.groups[group_id])
        return found

    def children(self, group_id: str) -> list[Group]:
        """The groups that belong to a group, in the order of the layout; of '' the top groups."""
        return [group for group in self.groups.values() if group.parent == group_id]


def find_layout(flow_version: str, folders: Iterable[Path] = ()) -> Layout | None:
    """The layout of a flow and version, from the first place that has one; None where none does.

    Args:
        flow_version: `D0155001`.
        folders: of the user's own, which come before the environment's and those that come with the program.

    Raises:
        HalfhourError: FF-901 the file is no layout, FF-902 a folder is not there.
    """
    if not _FLOW_AND_VERSION.fullmatch(flow_version):
        return None
    for folder in [*folders, *environment_folders()]:
        if not folder.is_dir():
            raise HalfhourError("FF-902", f"There is no folder of layouts '{folder}'.", "Correct its path.")
        path = folder / f"{flow_version}.toml"
        if path.is_file():
            return _read(path.read_bytes(), str(path), flow_version)
    return _shipped(flow_version)


def environment_folders() -> list[Path]:
    """The user's folders of layouts that the environment names."""
    return [Path(part) for part in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if part]


@cache
def _shipped(flow_version: str) -> Layout | None:
    file = files(__package__).joinpath("layouts", f"{flow_version}.toml")
    if not file.is_file():
        return None
    return _read(file.read_bytes(), f"layouts/{flow_version}.toml", flow_version)


@cache
def shipped() -> Mapping[str, Layout]:
    """Every layout that comes with the program, by flow and version."""
    found = {}
    for file in sorted(files(__package__).joinpath("layouts").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            found[name] = _read(file.read_bytes(), f"layouts/{file.name}", name)
    return found


def _read(data: bytes, origin: str, flow_version: str) -> Layout:
    try:
        return _layout(tomllib.loads(data.decode("utf-8")), origin, flow_version)
    except (
        tomllib.TOMLDecodeError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        InvalidOperation,
        RecursionError,
        HalfhourError,
    ) as error:
        if isinstance(error, KeyError):
            reason = f"it has no {error.args[0]}"
        else:
            reason = error.message if isinstance(error, HalfhourError) else str(error)
        raise HalfhourError(
            "FF-901",
            f"{origin} is not a layout: {reason.rstrip('.')}.",
            "Compare it with a layout that comes with the program (docs/reference/flow-layouts.md).",
        ) from None


_TOP_KEYS = {
    *("flow", "version", "title", "envelope", "routes", "standing", "source", "ordered", "open"),
    *("group", "periods", "advances"),
}
_GROUP_KEYS = {"id", "name", "parent", "occurs", "items"}
_ITEM_KEYS = {"name", "type", "required", "key", "secret", "meaning", "least", "most"}


def _layout(content: dict[str, Any], origin: str, flow_version: str) -> Layout:
    _no_other_keys(content, _TOP_KEYS, "the layout")
    if content["flow"] + content["version"] != flow_version:
        raise ValueError(f"it says {content['flow']}{content['version']}, its name {flow_version}")
    if content["envelope"] not in ENVELOPES:
        raise ValueError(f"its envelope is {content['envelope']!r}, none of {', '.join(ENVELOPES)}")
    routes = tuple(content.get("routes", ()))
    for route in routes:
        if not re.fullmatch(r"[A-Z0-9]{1,2}->[A-Z0-9]{1,2}", route):
            raise ValueError(f"{route!r} is no route such as X->M")
    groups = _groups(content["group"])
    return Layout(
        flow_version=flow_version,
        title=content["title"],
        envelope=content["envelope"],
        routes=routes,
        standing=content["standing"],
        source=content["source"],
        ordered=bool(content.get("ordered", True)),
        open=bool(content.get("open", False)),
        groups=groups,
        periods=_periods(content, groups),
        advances=_advances(content, groups),
        origin=origin,
    )


def _no_other_keys(content: Mapping[str, Any], known: set[str], what: str) -> None:
    if others := content.keys() - known:
        raise ValueError(f"{what} has the key {sorted(others)[0]!r}, which means nothing")


def _groups(entries: list[dict[str, Any]]) -> dict[str, Group]:
    found: dict[str, Group] = {}
    parents = {entry.get("parent", "") for entry in entries}
    positions: dict[str, int] = {}
    for entry in entries:
        identity, parent = entry["id"], entry.get("parent", "")
        _no_other_keys(entry, _GROUP_KEYS, f"group {identity}")
        if not re.fullmatch(r"[A-Z0-9]{1,3}", identity):
            raise ValueError(f"{identity!r} is no id of a group: one to three capital letters or digits")
        if identity in found:
            raise ValueError(f"group {identity} stands twice")
        if parent and parent not in found:
            raise ValueError(f"group {identity} belongs to {parent}, which does not stand before it")
        depth = found[parent].depth + 1 if parent else 0
        if depth >= DEEPEST:
            raise ValueError(f"group {identity} is nested deeper than {DEEPEST}")
        occurs = re.fullmatch(r"([0-9]+)(?:-([0-9]+|\*))?", entry.get("occurs", "0-*"))
        if not occurs:
            raise ValueError(f"group {identity} occurs {entry['occurs']!r}; write such as 1, 0-1 or 1-*")
        least = int(occurs[1])
        most = least if occurs[2] is None else None if occurs[2] == "*" else int(occurs[2])
        position = positions.get(parent, 0)
        positions[parent] = position + 1
        items = tuple(_item(item, identity) for item in entry.get("items", ()))
        if len({item.name for item in items}) < len(items):
            raise ValueError(f"group {identity} has an item twice")
        found[identity] = Group(
            identity, entry["name"], parent, least, most, items, depth, position, identity not in parents
        )
    if not found:
        raise ValueError("it has no group")
    return found


def _item(entry: dict[str, Any], group: str) -> Item:
    _no_other_keys(entry, _ITEM_KEYS, f"an item of group {group}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", entry["name"]):
        raise ValueError(f"group {group} has an item {entry['name']!r}; write small letters, digits and '_'")
    if entry["name"] in TABLE_COLUMNS:
        raise ValueError(f"group {group} has an item {entry['name']!r}, as every table calls a column of its own")
    return Item(
        entry["name"],
        item_type(entry["type"]),
        bool(entry.get("required", False)),
        bool(entry.get("key", False)),
        bool(entry.get("secret", False)),
        entry.get("meaning", ""),
        Decimal(entry["least"]) if "least" in entry else None,
        Decimal(entry["most"]) if "most" in entry else None,
    )


def _place(written: str, groups: Mapping[str, Group]) -> Place:
    group, _, item = written.partition(".")
    if group not in groups or item not in {one.name for one in groups[group].items}:
        raise ValueError(f"{written!r} names no item of it")
    return Place(group, item)


def _group(identity: str, groups: Mapping[str, Group]) -> Group:
    if identity not in groups:
        raise ValueError(f"{identity!r} is no group of it")
    return groups[identity]


def _advances(content: dict[str, Any], groups: Mapping[str, Group]) -> Advances | None:
    table = content.get("advances")
    if table is None:
        return None
    names = ("mpan", "quantity", "date", "indicator", "kwh")
    _no_other_keys(table, {"group", *names}, "[advances]")
    if "settlement_period" in {item.name for item in _group(table["group"], groups).items}:
        raise ValueError("the group of advances has an item 'settlement_period', which follows from their order")
    return Advances(table["group"], *(_place(table[name], groups) for name in names))


def unknown_layout(flow_version: str, envelope: str, groups: Mapping[str, int]) -> Layout:
    """A layout for a flow that none is held of: every group by itself, its items by number.

    Args:
        groups: the most items of any record, by group.
    """
    anything = item_type("any")
    return Layout(
        flow_version=flow_version,
        title="unknown flow",
        envelope=envelope,
        routes=(),
        standing="no layout is held: groups and items as they stand in the file",
        source="the file itself",
        ordered=False,
        open=True,
        groups={
            name: Group(
                name,
                "",
                "",
                0,
                None,
                tuple(Item(f"item_{place}", anything, False, False, False, "") for place in range(1, count + 1)),
                0,
                0,
                True,
            )
            for name, count in groups.items()
        },
        periods=None,
        advances=None,
        origin="",
    )


def _periods(content: dict[str, Any], groups: Mapping[str, Group]) -> Periods | None:
    """What is said of periods; a flow of advances has one record for each period of its day without saying so."""
    table = content.get("periods")
    if table is None:
        advances = _advances(content, groups)
        return Periods(advances.group, advances.date, None) if advances else None
    _no_other_keys(table, {"group", "date", "period"}, "[periods]")
    period = _place(table["period"], groups) if "period" in table else None
    return Periods(_group(table["group"], groups).id, _place(table["date"], groups), period)
