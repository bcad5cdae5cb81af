"""A file of records as tables: one for each group, with the keys of the groups above carried down.

Text for CSV (dates in ISO form, everything else as it stands), typed for Parquet and workbooks. An empty item is
empty, never zero; a value that is none of its type is left out of a typed table, and the findings quote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from halfhour.formats.column_values import plain
from halfhour.formats.flows.blocks import FlowBlock, GroupRows
from halfhour.formats.flows.checking import FlowChecker
from halfhour.formats.flows.envelopes import Envelope
from halfhour.formats.flows.item_types import ItemType, as_date
from halfhour.formats.flows.layouts import TABLE_COLUMNS, Group, Item, Layout, Place

HIDDEN = "(secret)"
"""Stands for a password or PIN where secrets are not asked for."""

_FORMULA = r"^[=+\-@\t\r]"
_FREE_TEXT = {"text", "char", "any"}
_FEW = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a group's table: which item it shows, and under which name."""

    name: str
    place: Place
    item: Item


@dataclass(frozen=True, slots=True)
class TableShape:
    """The table of a group.

    Attributes:
        ordinal: name of the column that says which of its parent's records of the group a row is, from 1.
        columns: the keys of the groups above, then its own items.
    """

    group: Group
    ordinal: str
    columns: tuple[Column, ...]


def shape_of(layout: Layout, group: Group) -> TableShape:
    """What columns the table of a group has."""
    advances = layout.advances
    ordinal = "settlement_period" if advances is not None and advances.group == group.id else "ordinal"
    columns: list[Column] = []
    taken = {*TABLE_COLUMNS, ordinal, *(item.name for item in group.items)}
    for above in layout.ancestors(group.id):
        for item in above.keys:
            name = item.name
            while name in taken:
                name = f"{above.id.lower()}_{name}"
            taken.add(name)
            columns.append(Column(name, Place(above.id, item.name), item))
    columns += [Column(item.name, Place(group.id, item.name), item) for item in group.items]
    return TableShape(group, ordinal, tuple(columns))


Convert = Callable[[pa.Array, Item, bool], pa.Array]
"""Takes a column of an item, and whether the checks found nothing wrong in it."""


def tables(
    checker: FlowChecker, convert: Convert, *, secrets: bool = False, accepted_only: bool = False
) -> Iterator[tuple[TableShape, pa.Table]]:
    """The tables of a file, piece by piece in the order of the file; the pieces of one group have one schema.

    Args:
        checker: of the opened file; its verdict is to be asked for afterwards.
        convert: `as_text` or `as_values`.
        secrets: show passwords and PINs.
        accepted_only: leave out instances that are rejected.
    """
    layout, envelope = checker.reader.layout, checker.reader.envelope
    shapes = {group.id: shape_of(layout, group) for group in layout.groups.values()}
    for block in checker.blocks():
        for group_id, shape in shapes.items():
            rows = block.rows(group_id, envelope)
            if rows is None:
                continue
            table = _table(block, rows, shape, envelope, convert, secrets)
            kept = rows.index >= block.context
            if accepted_only:
                kept &= ~np.isin(block.instance[rows.index], checker.rejected)
            if not kept.all():
                table = table.filter(pa.array(kept))
            if table.num_rows:
                yield shape, table


def _table(
    block: FlowBlock, rows: GroupRows, shape: TableShape, envelope: Envelope, convert: Convert, secrets: bool
) -> pa.Table:
    columns: dict[str, pa.Array] = {
        "line": pa.array(block.line[rows.index]),
        "instance": pa.array(block.instance[rows.index].astype(np.int32)),
        shape.ordinal: pa.array(block.ordinals(rows).astype(np.int32)),
    }
    for column in shape.columns:
        values = block.carried(rows, column.place, envelope)
        if values is None:
            values = pa.nulls(len(rows.index), _FEW if column.item.type.few else pa.string())
        if column.item.secret and not secrets:
            values = pc.if_else(pc.equal(plain(values), ""), "", HIDDEN)
        faultless = column.place.group == rows.group.id and column.place.item in rows.faultless
        columns[column.name] = convert(values, column.item, faultless)
    return pa.table(columns)


def as_text(column: pa.Array, item: Item, faultless: bool) -> pa.Array:
    """A column for CSV: dates and moments in ISO form, other values as they stand.

    Text that a spreadsheet would take for a formula gets an apostrophe before it (handbook file-formats 7).
    """
    meaning = {"date": _iso_date, "datetime": _iso_moment}.get(item.type.stored)
    if meaning is not None:
        return plain(_each(column, meaning, pa.string()))
    column = plain(column)
    if item.type.kind in _FREE_TEXT:
        risky = pc.match_substring_regex(column, _FORMULA)
        if pc.any(risky).as_py():
            column = pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
    return column


def as_values(column: pa.Array, item: Item, faultless: bool) -> pa.Array:
    """A column for typed tables: dates, moments, whole and decimal numbers as such; empty items as null."""
    kind = item.type
    if kind.stored == "date":
        return plain(_each(column, as_date, pa.date32()))
    if kind.stored == "datetime":
        return plain(_each(column, _moment, pa.timestamp("s")))
    if kind.stored in ("integer", "decimal"):
        return _numbers(plain(column), kind, faultless and item.required)
    return _without_empty(column if pa.types.is_dictionary(column.type) else column.dictionary_encode())


def _without_empty(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """A column of text with null instead of nothing."""
    empty = pc.index(column.dictionary, "").as_py()
    if empty < 0:
        return column
    indices = pc.if_else(pc.equal(column.indices, empty), pa.scalar(None, column.indices.type), column.indices)
    return pa.DictionaryArray.from_arrays(indices, column.dictionary)


def _numbers(column: pa.Array, kind: ItemType, all_numbers: bool) -> pa.Array:
    wanted = pa.int64() if kind.stored == "integer" else pa.decimal128(kind.precision, kind.scale)
    if not all_numbers:
        right = pc.match_substring_regex(column, f"^(?:{kind.pattern})$")
        column = pc.if_else(right, column, pa.scalar(None, pa.string()))
    return column.cast(wanted)


def _each(column: pa.Array, meaning: Callable[[str], object], wanted: pa.DataType) -> pa.Array:
    """The meaning of each value, asked once for each different one."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = pa.array([meaning(text) for text in encoded.dictionary.to_pylist()], wanted)
    if wanted == pa.string():
        return pa.DictionaryArray.from_arrays(encoded.indices, values)
    return values.take(encoded.indices)


def _iso_date(text: str) -> str:
    day = as_date(text)
    return text if day is None else day.isoformat()


def _moment(text: str) -> datetime | None:
    day: date | None = as_date(text[:8])
    if day is None or len(text) != 14 or not text.isdecimal():
        return None
    try:
        return datetime(day.year, day.month, day.day, int(text[8:10]), int(text[10:12]), int(text[12:]))  # noqa: DTZ001
    except ValueError:
        return None


def _iso_moment(text: str) -> str:
    found = _moment(text)
    return text if found is None else found.isoformat()
