"""Lines of a file as groups in columns: how they nest, and what each item says, for a block of lines at a time.

Nesting is by order only: a group belongs to the nearest group before it that may be its parent (handbook file-formats
1). A block is cut where a group begins that others belong to; what is still open there goes before the next block as
its context, so that a file of any size is read with the memory of a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from halfhour.formats.flows.envelopes import Envelope
from halfhour.formats.flows.findings import FlowFinding
from halfhour.formats.flows.layouts import DEEPEST, Group, Layout, Place
from halfhour.formats.flows.lines import MOST_BLOCK_BYTES, BrokenFileError

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

UNKNOWN = -1
NO_PARENT = -1

_TEXT = pa.string()
_FEW = pa.dictionary(pa.int32(), pa.string())
_MOST_ID = 3


@dataclass(slots=True)
class Open:
    """A group that is open where a block ends, with what has been seen of it so far.

    Attributes:
        text: the line, without its end.
        line, instance: its numbers.
        group: its place among the layout's groups.
        last_position: of the last of its groups, in the layout's order; -1 = none yet.
        counts: how many of its groups there were, by their place among the layout's.
        keys: the keys of its groups seen so far, where they have any.
    """

    text: bytes
    line: int
    instance: int
    group: int
    last_position: int = -1
    counts: dict[int, int] = field(default_factory=dict)
    keys: set[tuple[int, tuple[str, ...]]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class GroupRows:
    """The records of one group in a block.

    Attributes:
        index: which lines of the block they are.
        columns: their items by name, as text; dictionary-encoded where few differ.
        found: how many items each has, where that is not as many as the layout says; by row.
        faultless: items in which the checks found nothing wrong.
    """

    group: Group
    index: Ints
    columns: dict[str, pa.Array]
    found: dict[int, int]
    faultless: set[str] = field(default_factory=set)


class FlowBlock:
    """A block of lines, taken apart.

    Attributes:
        data: the lines, each with one line feed.
        starts, ends: of each line in `data`, without the line feed.
        line: number in the file, per line.
        group: its place among the layout's groups, `UNKNOWN` for one that the layout has not.
        parent: index of the line that it belongs to, `NO_PARENT` at the top and where there is none.
        instance: number of its instance, from 1.
        context: how many lines at the beginning belong to earlier blocks and only say what is open.
        opened: what is open at the beginning, one for each context line.
        still_open: lines that are open at the end, the topmost first.
        keys_at_end: keys of the groups of such a line, by line; filled in by whoever looks for doubles.
    """

    def __init__(self, data: bytes, first_line: int, layout: Layout, opened: list[Open], instances: int) -> None:
        """Take lines apart.

        Args:
            data: whole lines, without those of the context.
            first_line: number of the first of them.
            opened: what is open where they begin, the topmost first.
            instances: how many instances began before.
        """
        self.layout = layout
        self.groups = list(layout.groups.values())
        self.opened = opened
        self.context = len(opened)
        self.data = b"".join([*(one.text + b"\n" for one in opened), data])
        self.bytes = np.frombuffer(self.data, dtype=np.uint8)
        self.ends = np.flatnonzero(self.bytes == 10)
        self.starts = np.concatenate([np.zeros(1, dtype=np.int64), self.ends[:-1] + 1])[: len(self.ends)]
        self.line = np.concatenate(
            [
                np.array([one.line for one in opened], dtype=np.int64),
                first_line + np.arange(len(self.ends) - self.context, dtype=np.int64),
            ]
        )
        self.group = self._groups()
        depths = np.array([*(group.depth for group in self.groups), -1], dtype=np.int64)
        self.depth = depths[self.group]
        self.parent = self._parents()
        begins = self.depth == 0
        begins[: self.context] = False
        self.instance = instances + np.cumsum(begins)
        self.instance[: self.context] = [one.instance for one in opened]
        self.still_open: list[int] = []
        self.keys_at_end: dict[int, set[tuple[int, tuple[str, ...]]]] = {}
        self._rows: dict[str, GroupRows | None] = {}
        self._parent_rows: dict[str, Ints] = {}

    def _groups(self) -> Ints:
        """Which group each line is, by what stands before its first pipe."""
        last = len(self.bytes) - 1
        alive = np.ones(len(self.starts), dtype=bool)
        key = np.zeros(len(self.starts), dtype=np.int64)
        for place in range(_MOST_ID + 1):
            byte = self.bytes[np.minimum(self.starts + place, last)].astype(np.int64)
            alive = alive & (byte != ord("|")) & (byte != ord("\n"))
            key = np.where(alive, (key << 8) | byte, key)
        found = np.full(len(self.starts), UNKNOWN, dtype=np.int64)
        for number, group in enumerate(self.groups):
            found[key == int.from_bytes(group.id.encode("ascii"), "big")] = number
        return found

    def _parents(self) -> Ints:
        """The line that each line belongs to: the nearest before it of less depth, if it is of the right group."""
        count = len(self.starts)
        index = np.arange(count)
        parent = np.full(count, NO_PARENT, dtype=np.int64)
        parent_group = np.array([*(self._number_of(group.parent) for group in self.groups), UNKNOWN], dtype=np.int64)[
            self.group
        ]
        for depth in range(1, max((group.depth for group in self.groups), default=0) + 1):
            here = np.flatnonzero(self.depth == depth)
            above = np.maximum.accumulate(np.where((self.depth >= 0) & (self.depth < depth), index, NO_PARENT))[here]
            right = (above >= 0) & (self.group[above] == parent_group[here])
            parent[here] = np.where(right, above, NO_PARENT)
        return parent

    def _number_of(self, group_id: str) -> int:
        return next((number for number, group in enumerate(self.groups) if group.id == group_id), UNKNOWN)

    @property
    def own(self) -> slice:
        """The lines that are the block's own."""
        return slice(self.context, None)

    def text(self, index: int) -> str:
        """One line, without its end."""
        return self.data[int(self.starts[index]) : int(self.ends[index])].decode("ascii", "replace")

    def group_text(self, index: int) -> str:
        """What stands before the first pipe of a line."""
        return self.text(index).split("|", 1)[0]

    def orphan(self) -> Mask:
        """Lines of a known group that have no parent where they need one."""
        found: Mask = (self.depth > 0) & (self.parent == NO_PARENT)
        return found

    def rows(self, group_id: str, envelope: Envelope) -> GroupRows | None:
        """The records of a group, those of the context first; None where there are none."""
        if group_id not in self._rows:
            self._rows[group_id] = self._read(group_id, envelope)
        return self._rows[group_id]

    def _read(self, group_id: str, envelope: Envelope) -> GroupRows | None:
        number = self._number_of(group_id)
        group = self.groups[number]
        here = self.group == number
        index = np.flatnonzero(here)
        if not len(index):
            return None
        names = [item.name for item in group.items]
        expected = 1 + len(names) + envelope.final_pipe
        odd: dict[int, int] = {}
        if len(index) == len(here):
            lines = self.data
        else:
            lines = self.bytes[np.repeat(here, self.ends - self.starts + 1)].tobytes()

        def skip(row: pyarrow.csv.InvalidRow) -> str:
            odd[row.number - 1] = row.actual_columns
            return "skip"

        types = {item.name: _FEW if item.type.few else _TEXT for item in group.items}
        table = pyarrow.csv.read_csv(
            pa.py_buffer(lines),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False,
                column_names=[" id", *names, *([" end"] if envelope.final_pipe else [])][:expected],
                block_size=max(len(lines) + 1, 1 << 12),
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter="|", quote_char=False, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=names or [" id"],
                column_types={" id": _FEW, " end": _FEW} | types,
                null_values=[],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        if not odd and table.num_rows == len(index):
            columns = {name: table.column(name).combine_chunks() for name in names}
            return GroupRows(group, index, columns, {})
        return self._read_one_by_one(group, index, envelope)

    def _read_one_by_one(self, group: Group, index: Ints, envelope: Envelope) -> GroupRows:
        """The slow way, for a block in which a record has more or fewer items than the layout."""
        values: list[list[str]] = [[] for _ in group.items]
        found: dict[int, int] = {}
        for row, line in enumerate(index.tolist()):
            items = envelope.items_of(self.text(line))
            if len(items) != len(group.items):
                found[row] = len(items)
            for place, column in enumerate(values):
                column.append(items[place] if place < len(items) else "")
        columns = {}
        for item, texts in zip(group.items, values, strict=True):
            array = pa.array(texts, _TEXT)
            columns[item.name] = array.dictionary_encode() if item.type.few else array
        return GroupRows(group, index, columns, found)

    def parent_rows(self, rows: GroupRows, parents: GroupRows) -> Ints:
        """For each record, which of its parent's records it belongs to; NO_PARENT for an orphan."""
        if rows.group.id not in self._parent_rows:
            place = np.full(len(self.starts) + 1, NO_PARENT, dtype=np.int64)
            place[parents.index] = np.arange(len(parents.index))
            self._parent_rows[rows.group.id] = place[self.parent[rows.index]]
        return self._parent_rows[rows.group.id]

    def carried(self, rows: GroupRows, place: Place, envelope: Envelope) -> pa.Array | None:
        """An item of a group, or of one above it, for each record of the group.

        Returns:
            The values, null where a record has no such group above it; None where no record has.
        """
        which: Ints = np.arange(len(rows.index))
        current = rows
        while current.group.id != place.group:
            parents = self.rows(current.group.parent, envelope) if current.group.parent else None
            if parents is None:
                return None
            step = self.parent_rows(current, parents)
            which = np.where(which == NO_PARENT, NO_PARENT, step[which])
            current = parents
        column = current.columns[place.item]
        if current is rows:
            return column
        return column.take(pa.array(which, mask=which == NO_PARENT))

    def ordinals(self, rows: GroupRows) -> Ints:
        """For each record, its place from 1 among those of its group that belong to the same parent (or to the file).

        Records of the context have 0, and so have those that have lost their parent.
        """
        if not rows.group.parent:
            return np.where(rows.index < self.context, 0, self.instance[rows.index])
        number = self._number_of(rows.group.id)
        before = np.zeros(len(self.starts) + 1, dtype=np.int64)
        before[: self.context] = [one.counts.get(number, 0) for one in self.opened]
        own = np.flatnonzero(rows.index >= self.context)
        parent = self.parent[rows.index[own]]
        place = np.arange(len(own))
        begins = np.ones(len(own), dtype=bool)
        begins[1:] = parent[1:] != parent[:-1]
        found = np.zeros(len(rows.index), dtype=np.int64)
        found[own] = place - np.maximum.accumulate(np.where(begins, place, 0)) + 1 + before[parent]
        found[own[parent == NO_PARENT]] = 0
        return found

    def until(self, cut: int) -> FlowBlock:
        """The block without the lines from `cut` on; it knows what is still open there."""
        head = copy(self)
        head.data = self.data[: int(self.starts[cut])]
        head.bytes = self.bytes[: int(self.starts[cut])]
        for name in ("starts", "ends", "line", "group", "depth", "parent", "instance"):
            setattr(head, name, getattr(self, name)[:cut])
        head._rows, head._parent_rows = {}, {}
        head.still_open = []
        head.keys_at_end = {}
        line = int(self.parent[cut])
        while line != NO_PARENT:
            head.still_open.insert(0, line)
            line = int(self.parent[line])
        return head

    def open_at_end(self) -> list[Open]:
        """What is still open where the block ends, the topmost first, with what has been seen of it by now."""
        found = []
        positions = np.array([group.position for group in self.groups], dtype=np.int64)
        for line in self.still_open:
            known = self.opened[line] if line < self.context else None
            children = self.group[self.context :][self.parent[self.context :] == line]
            counts = dict(known.counts) if known else {}
            for number, count in zip(*np.unique(children, return_counts=True), strict=True):
                counts[int(number)] = counts.get(int(number), 0) + int(count)
            last = int(positions[children[-1]]) if len(children) else known.last_position if known else -1
            found.append(
                Open(
                    self.data[int(self.starts[line]) : int(self.ends[line])],
                    int(self.line[line]),
                    int(self.instance[line]),
                    int(self.group[line]),
                    last,
                    counts,
                    known.keys if known else self.keys_at_end.get(line, set()),
                )
            )
        return found


def cut_blocks(blocks: Iterator[tuple[bytes, int]], layout: Layout) -> Iterator[FlowBlock]:
    """Blocks of lines, cut where groups begin.

    Args:
        blocks: of whole lines, as `LineReader.blocks` gives them.

    Raises:
        BrokenFileError: FF-104 one group, with what belongs to it, is larger than may be held at once.
    """
    held, held_line = b"", 1
    opened: list[Open] = []
    instances = 0
    following = next(blocks, None)
    while following is not None:
        data, first_line = following
        following = next(blocks, None)
        if not held:
            held_line = first_line
        held += data
        block = FlowBlock(held, held_line, layout, opened, instances)
        if following is None:
            yield block
            return
        cut = _cut(block)
        if cut is None:
            if len(held) > MOST_BLOCK_BYTES:
                raise BrokenFileError(_too_large(block))
            continue
        at = int(block.starts[cut]) - sum(len(one.text) + 1 for one in opened)
        held, held_line = held[at:], int(block.line[cut])
        block = block.until(cut)
        yield block
        instances = int(block.instance[-1])
        opened = block.open_at_end()


def _cut(block: FlowBlock) -> int | None:
    """Where to end a block: before its last instance, else before the last group that others belong to.

    Of a DTC user file instances are not cut: one is rejected as a whole, whatever is wrong with it further on.
    """
    # The periods of a day stay together, so that they can be counted.
    periods = block.layout.periods
    deepest = block.layout.groups[periods.group].depth if periods else DEEPEST
    whole = np.array([*(group.leaf or group.depth >= deepest for group in block.groups), True])[block.group]
    places_to_cut = [block.depth == 0]
    if block.layout.envelope != "user-file":
        places_to_cut.append((block.depth >= 0) & ~whole & ~block.orphan())
    for good in places_to_cut:
        places = np.flatnonzero(good)
        places = places[places > block.context]
        if len(places):
            return int(places[-1])
    return None


def _too_large(block: FlowBlock) -> FlowFinding:
    first = int(block.line[block.context]) if len(block.line) > block.context else 0
    return FlowFinding(
        "FF-104",
        "error",
        f"From line {first} on, one group is larger than {MOST_BLOCK_BYTES >> 20} MB.",
        "No group of the industry is so large: the file is damaged, or is another flow than it says.",
        line=first,
    )
