"""What is wrong with a file of records: its groups, how often they stand, what their items say, instance by instance.

Follows the handbook (file-formats 8): a file is accepted or rejected as a whole by its envelope, a DTC user file's
instances one by one by what they hold. Every fault is listed with its line and item, a thousand of a code at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from halfhour.calendar import settlement_periods
from halfhour.errors import Finding
from halfhour.formats.column_values import decoded, plain
from halfhour.formats.finding_log import FindingLog
from halfhour.formats.flows.blocks import NO_PARENT, UNKNOWN, FlowBlock, GroupRows, Ints
from halfhour.formats.flows.envelopes import value_fault
from halfhour.formats.flows.findings import FlowFinding
from halfhour.formats.flows.item_types import as_date
from halfhour.formats.flows.layouts import Group, Item
from halfhour.formats.flows.lines import long_line
from halfhour.formats.flows.reading import FlowReader, Options

Mask = NDArray[np.bool_]

NETA_RESPONSES = {f"FF-40{number}": number for number in range(1, 8)}
"""The response code that a fault of a NETA file leads to (handbook file-formats 3)."""

FACES = ("FF-10", "FF-20", "FF-30", "FF-40")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking a file.

    Attributes:
        accepted: whether the file is accepted; of an accepted DTC user file, `rejected` instances are still not.
        instances: how many there are.
        rejected: numbers of those that are not accepted, in order.
        findings: everything found, in order of line.
        response: of a NETA file, the response code that it calls for.
    """

    accepted: bool
    records: int
    instances: int
    rejected: NDArray[np.int64]
    findings: list[FlowFinding]
    response: int | None


class FlowChecker:
    """Checks a file block by block.

    Args:
        reader: the opened file.

    Attributes:
        rejected: numbers of the instances of the last block that are rejected.
    """

    def __init__(self, reader: FlowReader) -> None:
        self.reader = reader
        self.rejected: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._log = FindingLog(reader.name)
        self._all_rejected: list[NDArray[np.int64]] = []
        self._file_fault = False
        self._top_counts: dict[str, int] = {}

    def blocks(self) -> Iterator[FlowBlock]:
        """The blocks of the file, each checked.

        Raises:
            OSError: the file cannot be read.
        """
        for block in self.reader.blocks():
            self._check(block)
            yield block
        self._check_top_counts()

    def verdict(self) -> Verdict:
        """What came of it, once all blocks were read."""
        body = [finding for finding in self._log.findings() if isinstance(finding, FlowFinding)]
        more = [finding for finding in self._log.findings() if not isinstance(finding, FlowFinding)]
        findings = self.reader.findings + body
        findings += [FlowFinding(one.code, one.severity, one.message, one.next_step) for one in more]
        findings = [finding.of_file(self.reader.name) for finding in sorted(findings, key=lambda one: one.line)]
        refused = self._file_fault or any(
            one.severity == "error" and one.scope == "file" for one in self.reader.findings
        )
        response = None
        if self.reader.envelope.name == "neta":
            codes = [NETA_RESPONSES.get(one.code, 4) for one in findings if one.severity == "error"]
            response = min(codes, default=0)
        rejected = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *self._all_rejected]))
        return Verdict(not refused, self.reader.records, self.reader.instances, rejected, findings, response)

    # What follows reports lines of a block: `index` are indices of its lines.

    def _report(
        self,
        block: FlowBlock,
        code: str,
        index: Ints,
        describe: Callable[[int], tuple[str, str]],
        next_step: str,
        *,
        severity: str = "error",
        scope: str | None = None,
    ) -> None:
        """Record a finding for each line, described as message and item."""
        if not len(index):
            return
        scope = scope or self.reader.envelope.scope
        if severity == "error" and scope == "instance":
            # What stands before the first instance can be rejected with none: the file is not whole.
            before = block.instance[index] == 0
            self._report(block, code, index[before], describe, next_step, scope="file")
            index = index[~before]
            if not len(index):
                return
        if severity == "error":
            if scope == "file":
                self._file_fault = True
            else:
                self._all_rejected.append(np.unique(block.instance[index]))

        def finding(place: int) -> Finding:
            line = int(index[place])
            message, item = describe(line)
            return FlowFinding(
                code,
                severity,  # type: ignore[arg-type]
                f"{message[0].upper()}{message[1:]}.",
                next_step,
                line=int(block.line[line]),
                group=block.group_text(line)[:8],
                item=item,
                instance=int(block.instance[line]),
                scope=scope,  # type: ignore[arg-type]
            )

        self._log.add_rows(code, np.arange(len(index)), finding)

    def _check(self, block: FlowBlock) -> None:
        self.rejected = np.zeros(0, dtype=np.int64)
        if self.reader.lines is not None and self.reader.lines.findings:
            # Bytes that no record may have: what they stand in is not looked at further.
            return
        before = len(self._all_rejected)
        self._check_lines(block)
        self._check_nesting(block)
        for group in self.reader.layout.groups.values():
            rows = block.rows(group.id, self.reader.envelope)
            if rows is not None:
                self._check_items(block, rows)
                self._check_keys(block, rows)
        self._check_periods(block)
        self.rejected = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *self._all_rejected[before:]]))

    def _check_lines(self, block: FlowBlock) -> None:
        codes, limits = self.reader.envelope.codes, self.reader.options.limits
        own = np.arange(block.context, len(block.starts))
        length = block.ends - block.starts
        for index in own[length[own] > limits.line_bytes][:100].tolist():
            self._file_fault = True
            self._log.add(long_line(int(block.line[index]), limits))
        if self.reader.envelope.final_pipe:
            last = block.bytes[np.maximum(block.ends[own] - 1, 0)]
            unended = own[(last != ord("|")) | (length[own] == 0)]
            self._report(
                block,
                codes.record,
                unended,
                lambda line: ("the record does not end with a pipe", ""),
                "Ask the sender for the file again: a record may have been cut.",
                scope="file",
            )
        unknown = own[block.group[own] == UNKNOWN]
        trailer = self.reader.envelope.trailer_id + "|"
        unknown = np.array(
            [index for index in unknown.tolist() if not block.text(index).startswith(trailer)], dtype=np.int64
        )
        self._report(
            block,
            codes.group,
            unknown,
            lambda line: (
                f"{self.reader.flow_version} has no group {block.group_text(line)[:8]!r}, as far as its layout goes",
                "",
            ),
            "Check the version of the flow, or add the group to a layout of your own.",
        )

    def _check_nesting(self, block: FlowBlock) -> None:
        layout, codes = self.reader.layout, self.reader.envelope.codes
        own = block.line.copy()
        own[: block.context] = 0

        def without_parent(line: int) -> tuple[str, str]:
            group = block.groups[int(block.group[line])]
            return f"group {group.id} belongs to a group {group.parent}, and none is open before it", ""

        orphans = np.flatnonzero(block.orphan() & (own > 0))
        step = "A line may have been lost or moved; ask the sender for the file again."
        self._report(block, codes.group, orphans, without_parent, step)
        if layout.ordered:
            self._check_order(block)
        for group in layout.groups.values():
            self._check_occurs(block, group)

    def _check_order(self, block: FlowBlock) -> None:
        """Groups beside each other come in the order of the layout; at the top, instance follows instance."""
        positions = np.array([*(group.position for group in block.groups), 0], dtype=np.int64)
        deepest = max((group.depth for group in block.groups), default=0)
        single = all(group.most == 1 for group in block.layout.children(""))
        found = []
        for depth in range(0 if single else 1, deepest + 1):
            here = np.flatnonzero((block.depth == depth) & (block.parent >= (0 if depth else NO_PARENT)))
            if not len(here):
                continue
            parent, position = block.parent[here], positions[block.group[here]]
            wrong = np.zeros(len(here), dtype=bool)
            wrong[1:] = (parent[1:] == parent[:-1]) & (position[1:] < position[:-1])
            before = np.full(len(block.starts) + 1, -1, dtype=np.int64)
            before[: block.context] = [one.last_position for one in block.opened]
            begins = np.ones(len(here), dtype=bool)
            begins[1:] = parent[1:] != parent[:-1]
            wrong |= begins & (position < before[parent])
            found.append(here[wrong & (here >= block.context)])

        def out_of_order(line: int) -> tuple[str, str]:
            group = block.groups[int(block.group[line])]
            order = ", ".join(one.id for one in block.layout.children(group.parent))
            return f"group {group.id} stands after a group that it should stand before (the order is {order})", ""

        for index in found:
            self._report(
                block,
                self.reader.envelope.codes.group,
                index,
                out_of_order,
                "Put the groups in order; they are read by their order alone.",
            )

    def _check_occurs(self, block: FlowBlock, group: Group) -> None:
        """How often a group stands in each of its parents that end in this block."""
        number = block.groups.index(group)
        if not group.parent:
            own = block.group[block.own]
            self._top_counts[group.id] = self._top_counts.get(group.id, 0) + int(np.count_nonzero(own == number))
            return
        if group.least == 0 and group.most is None:
            return
        children = np.flatnonzero((block.group == number) & (block.parent >= 0))
        children = children[children >= block.context]
        counts = np.bincount(block.parent[children], minlength=len(block.starts))
        for place, one in enumerate(block.opened):
            counts[place] += one.counts.get(number, 0)
        parents = np.flatnonzero(block.group == block.groups.index(self.reader.layout.groups[group.parent]))
        parents = parents[~np.isin(parents, block.still_open)]
        wrong = counts[parents] < group.least
        if group.most is not None:
            wrong |= counts[parents] > group.most
        periods = self.reader.layout.periods
        if periods and periods.group == group.id:
            # Counted against the day, which says more.
            wrong &= counts[parents] == 0
        expected = _times(group)

        def describe(line: int) -> tuple[str, str]:
            return (
                f"group {group.parent} has {counts[line]} groups {group.id} ({group.name}), and should have {expected}",
                "",
            )

        self._report(
            block,
            self.reader.envelope.codes.group,
            parents[wrong],
            describe,
            "A line may have been lost or doubled; ask the sender for the file again.",
        )

    def _check_top_counts(self) -> None:
        if not self.reader.known or any(one.severity == "error" for one in self.reader.findings):
            return
        for group in self.reader.layout.children(""):
            count = self._top_counts.get(group.id, 0)
            if count < group.least or (group.most is not None and count > group.most):
                self._file_fault = True
                self._log.add(
                    FlowFinding(
                        self.reader.envelope.codes.group,
                        "error",
                        f"The file has {count} groups {group.id} ({group.name}), and should have {_times(group)}.",
                        "Lines may have been lost or doubled; ask the sender for the file again.",
                        group=group.id,
                    )
                )

    def _check_items(self, block: FlowBlock, rows: GroupRows) -> None:
        codes = self.reader.envelope.codes
        own = rows.index >= block.context
        self._check_item_counts(block, rows)
        for place, item in enumerate(rows.group.items, start=1):
            column = rows.columns[item.name]
            faulty = _faulty(item, column)
            if not faulty.any():
                rows.faultless.add(item.name)
                continue
            wrong = np.flatnonzero(faulty & own)
            if rows.found and len(wrong):
                # Items that do not stand there at all have been named already.
                wrong = np.array([row for row in wrong.tolist() if rows.found.get(row, place) >= place], dtype=np.int64)
            if not len(wrong):
                continue
            row_of = dict(zip(rows.index[wrong].tolist(), wrong.tolist(), strict=True))

            def describe(
                line: int, item: Item = item, place: int = place, row_of: dict[int, int] = row_of
            ) -> tuple[str, str]:
                value = rows.columns[item.name][row_of[line]].as_py()
                return f"item {place} of group {rows.group.id} ({item.name}) {_fault(item, value)}", item.name

            is_mpan = item.type.kind == "mpan"
            empty = np.zeros(0, dtype=np.int64)
            if is_mpan and item.required:
                blank = np.asarray(pc.equal(plain(column), ""))[wrong]
                empty, wrong = wrong[blank], wrong[~blank]
            self._report(
                block,
                codes.mpan if is_mpan else codes.value,
                rows.index[wrong],
                describe,
                "Correct the MPAN; its last digit follows from the others."
                if is_mpan
                else "Correct the item, or ask the sender for the instance again.",
            )
            self._report(block, codes.value, rows.index[empty], describe, "Fill the item in.")

    def _check_item_counts(self, block: FlowBlock, rows: GroupRows) -> None:
        items = rows.group.items
        codes = self.reader.envelope.codes
        odd = {int(rows.index[row]): count for row, count in rows.found.items() if rows.index[row] >= block.context}

        def describe(line: int) -> tuple[str, str]:
            return f"group {rows.group.id} has {odd[line]} items; its layout has {len(items)}", ""

        surplus = [line for line, count in odd.items() if count > len(items)]
        short = [line for line, count in odd.items() if count < len(items)]
        wanting = [line for line in short if any(item.required for item in items[odd[line] :])]
        spared = [line for line in short if line not in set(wanting)]
        step = "Check the version of the flow; the layout is a working one."
        self._report(block, codes.surplus, np.array(surplus, dtype=np.int64), describe, step)
        self._report(block, codes.value, np.array(wanting, dtype=np.int64), describe, step)
        self._report(block, codes.surplus, np.array(spared, dtype=np.int64), describe, step, severity="warning")

    def _check_keys(self, block: FlowBlock, rows: GroupRows) -> None:
        """Groups of one parent that have the same key: one of them is too many."""
        keys = rows.group.keys
        if not rows.group.parent or not keys:
            return
        number = block.groups.index(rows.group)
        own = np.flatnonzero((rows.index >= block.context) & (block.parent[rows.index] >= 0))
        parent = block.parent[rows.index[own]]
        code = parent.copy()
        for item in keys:
            encoded = rows.columns[item.name]
            encoded = encoded if pa.types.is_dictionary(encoded.type) else encoded.dictionary_encode()
            code = code * len(encoded.dictionary) + encoded.indices.to_numpy(zero_copy_only=False)[own]
        _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
        doubled = own[first[inverse] != np.arange(len(own))]
        again: list[int] = []
        carried = {line for line in range(block.context) if block.opened[line].keys} | set(block.still_open)
        if carried:
            for row in own[np.isin(parent, sorted(carried))].tolist():
                line = int(block.parent[rows.index[row]])
                key = (number, tuple(rows.columns[item.name][row].as_py() for item in keys))
                seen = self._keys_of(block, line)
                if key in seen:
                    again.append(row)
                seen.add(key)
        rows_doubled = np.union1d(doubled, np.array(again, dtype=np.int64)).astype(np.int64)
        row_of = dict(zip(rows.index[rows_doubled].tolist(), rows_doubled.tolist(), strict=True))

        def describe(line: int) -> tuple[str, str]:
            row = row_of[line]
            key = ", ".join(f"{item.name} {rows.columns[item.name][row].as_py()!r}" for item in keys)
            return f"group {rows.group.id} with {key} stands more than once in one {rows.group.parent}", keys[0].name

        self._report(
            block,
            self.reader.envelope.codes.group,
            rows.index[rows_doubled],
            describe,
            "Leave one of them; ask the sender which is right.",
        )

    def _keys_of(self, block: FlowBlock, line: int) -> set[tuple[int, tuple[str, ...]]]:
        """The keys seen so far in a group that is open at an end of the block."""
        if line < block.context:
            return block.opened[line].keys
        return block.keys_at_end.setdefault(line, set())

    def _check_periods(self, block: FlowBlock) -> None:
        periods = self.reader.layout.periods
        if periods is None:
            return
        group = self.reader.layout.groups[periods.group]
        rows = block.rows(group.id, self.reader.envelope)
        if rows is None:
            return
        days = block.carried(rows, periods.date, self.reader.envelope)
        if days is None:
            return
        own = np.flatnonzero((rows.index >= block.context) & (block.parent[rows.index] >= 0))
        if not len(own):
            return
        expected = decoded_text(days, _periods_of)[own]
        parent = block.parent[rows.index[own]]
        first = np.flatnonzero(np.concatenate([[True], parent[1:] != parent[:-1]]))
        counts = np.diff(np.append(first, len(own)))
        right = expected[first]
        wrong = (counts != right) & (right > 0)
        if periods.period is not None:
            number = decoded_text(rows.columns[periods.period.item], whole_number)[own]
            outside = (number < 1) | (number > np.repeat(right, counts))
            place = np.repeat(np.arange(len(first)), counts)
            _, once = np.unique(place * 64 + np.clip(number, 0, 63), return_index=True)
            again = np.ones(len(own), dtype=bool)
            again[once] = False
            wrong |= (np.bincount(place, weights=outside | again, minlength=len(first)) > 0) & (right > 0)
        else:
            number = np.zeros(len(own), dtype=np.int64)
        which = {int(parent[start]): place for place, start in enumerate(first.tolist())}

        def describe(line: int) -> tuple[str, str]:
            place = which[line]
            start, count, periods_of_day = int(first[place]), int(counts[place]), int(right[place])
            day = as_date(days[int(own[start])].as_py())
            text = (
                f"{day} has {periods_of_day} Settlement Periods, and group {block.group_text(line)} has {count} "
                f"groups {group.id}"
            )
            if periods.period is not None:
                text += _period_faults(number[start : start + count].tolist(), periods_of_day)
            return text, periods.period.item if periods.period else ""

        self._report(
            block,
            self.reader.envelope.codes.periods,
            parent[first[wrong]],
            describe,
            "A line may have been lost or doubled, or the clock change overlooked; ask the sender for the day again.",
        )


def _period_faults(numbers: list[int], periods: int) -> str:
    missing = sorted(set(range(1, periods + 1)) - set(numbers))
    doubled = sorted({number for number in numbers if numbers.count(number) > 1})
    others = sorted({number for number in numbers if not 1 <= number <= periods})
    parts = [
        f"{what} {', '.join(map(str, found[:10]))}"
        for what, found in (("missing", missing), ("doubled", doubled), ("beyond the day", others))
        if found
    ]
    return f" ({'; '.join(parts)})" if parts else ""


def _times(group: Group) -> str:
    if group.most is None:
        return f"{group.least} or more"
    return str(group.least) if group.least == group.most else f"{group.least} to {group.most}"


def decoded_text(column: pa.Array, meaning: Callable[[str], int]) -> NDArray[np.int64]:
    """The meaning of each value of a column of text; null is asked as nothing."""
    return decoded(column, lambda value: meaning("" if value is None else str(value)))


def _periods_of(text: str) -> int:
    day = as_date(text)
    return settlement_periods(day) if day is not None and 1990 <= day.year < 2100 else 0


def whole_number(text: str) -> int:
    """A whole number of fewer than ten digits; 0 where it is none."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _fault(item: Item, value: str) -> str:
    """What is wrong with a value; the bounds of a number come after its form."""
    found = value_fault(item, value)
    if found:
        return found
    if item.least is not None and item.most is not None:
        return f"is {value}, outside {item.least} to {item.most}"
    return f"is {value}, below {item.least}" if item.least is not None else f"is {value}, above {item.most}"


def _faulty(item: Item, column: pa.Array) -> Mask:
    """Which values of a column cannot be."""
    if pa.types.is_dictionary(column.type):
        table = np.array([value_fault(item, text) is not None for text in column.dictionary.to_pylist()], dtype=bool)
        few: Mask = table[column.indices.to_numpy(zero_copy_only=False)]
        return few
    empty = np.asarray(pc.equal(column, ""))
    right = np.asarray(pc.match_substring_regex(column, f"^(?:{item.type.pattern})$"))
    wrong: Mask = ~right & ~empty
    if item.required:
        wrong |= empty
    if item.least == 0 and item.most is None:
        wrong |= np.asarray(pc.starts_with(column, "-"))
    elif (item.least is not None or item.most is not None) and len(column):
        numbers = pc.if_else(pa.array(right), column, "0").cast(pa.float64()).to_numpy(zero_copy_only=False)
        low = -np.inf if item.least is None else float(item.least)
        high = np.inf if item.most is None else float(item.most)
        wrong |= right & ((numbers < low) | (numbers > high))
    return wrong


def check_file(path: Path, name: str | None = None, options: Options | None = None) -> tuple[FlowReader, Verdict]:
    """Read a file to its end and say what is wrong with it.

    Raises:
        HalfhourError: FF-100 it is no file of records; FF-901, FF-902 layouts.
        OSError: it cannot be read.
    """
    reader = FlowReader(path, name, options)
    checker = FlowChecker(reader)
    for _ in checker.blocks():
        pass
    return reader, checker.verdict()
