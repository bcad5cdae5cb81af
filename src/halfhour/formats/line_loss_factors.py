"""Line Loss Factors as distributors send them: the D0265, class by class and day by day, in thousandths.

Follows the handbook (file-formats 2). A file is good or bad as a whole, and its count and checksum come last: whoever
stores what is read here stores it only when the blocks have come to their end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from halfhour.errors import HalfhourError, Refused
from halfhour.formats.flows.blocks import FlowBlock
from halfhour.formats.flows.checking import FlowChecker, decoded_text, whole_number
from halfhour.formats.flows.item_types import as_date
from halfhour.formats.flows.layouts import Layout
from halfhour.formats.flows.reading import FlowReader, Options

FLOW = "D0265"
PERIODS = 50

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class LossFactorBlock:
    """Line Loss Factors of some classes and days.

    Attributes:
        llfc: Line Loss Factor Class per row, as it stands in the file.
        day: Settlement Day per row, as days since 1970-01-01.
        thousandths: [row, 50] the factor times 1,000, 0 beyond the day's last period.
    """

    llfc: list[str]
    day: NDArray[np.int32]
    thousandths: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class LossFactorFile:
    """A D0265 while it is read.

    Attributes:
        mpid: of the distributor that sent it.
        header: its items by name.
        blocks: what it holds; at their end `Refused` is raised where the file is not to be believed.
        distributors: MPIDs of those whose factors it holds, as the blocks read so far say.
    """

    mpid: str
    header: Mapping[str, str]
    blocks: Iterator[LossFactorBlock]
    distributors: set[str]


def read_line_loss_factors(path: Path, options: Options | None = None) -> LossFactorFile:
    """Read a D0265, plain, gzipped, or alone in a ZIP archive.

    Raises:
        HalfhourError: FF-100 it is no file of records, FF-205 it is another flow, FF-901 its layout is of no use; at
            the end of the blocks `Refused` (FF-300) with every finding.
        OSError: it cannot be opened.
    """
    reader = FlowReader(path, options=options)
    if not reader.flow_version.startswith(FLOW) or reader.layout.periods is None:
        raise HalfhourError(
            "FF-205",
            f"{reader.name} is a {reader.flow_version or 'file without a flow'}, not a {FLOW}.",
            "Give the distributor's file of Line Loss Factors.",
        )
    _refuse_other_layouts(reader.layout)
    distributors: set[str] = set()
    return LossFactorFile(
        reader.header.get("from_mpid", ""), reader.header, _blocks(reader, distributors), distributors
    )


def _refuse_other_layouts(layout: Layout) -> None:
    """A layout of the user's own has to have the groups that factors are read from: class, day, period."""
    periods = layout.periods
    assert periods is not None
    group, day = layout.groups[periods.group], layout.groups[periods.date.group]
    classes = layout.groups.get(day.parent)
    numbered = periods.period is not None and periods.period.group == group.id
    factors = any(item.type.kind == "decimal" for item in group.items)
    if not (numbered and factors and group.parent == day.id and classes is not None and classes.items):
        raise HalfhourError(
            "FF-901",
            f"{layout.origin} is no layout of Line Loss Factors: it has not a class, below it a Settlement Day, and "
            "below that numbered Settlement Periods with a decimal factor.",
            "Compare it with the layout that comes with the program (docs/reference/flow-layouts.md).",
        )


def _blocks(reader: FlowReader, distributors: set[str]) -> Iterator[LossFactorBlock]:
    checker = FlowChecker(reader)
    named = [
        (group.id, item.name)
        for group in reader.layout.children("")
        for item in group.items
        if item.type.kind == "mpid"
    ]
    for block in checker.blocks():
        for group, item in named:
            if (top := block.rows(group, reader.envelope)) is not None:
                distributors.update(top.columns[item].dictionary.to_pylist())
        if (found := _factors(block, reader)) is not None:
            yield found
    verdict = checker.verdict()
    if not verdict.accepted:
        errors = [finding for finding in verdict.findings if finding.severity == "error"]
        raise Refused(
            "FF-300",
            f"{reader.name} is not to be believed: {len(errors)} errors were found.",
            "Fetch the file again; nothing of it was used.",
            [*errors],
        )


def _factors(block: FlowBlock, reader: FlowReader) -> LossFactorBlock | None:
    periods = reader.layout.periods
    assert periods is not None
    assert periods.period is not None
    rows = block.rows(periods.group, reader.envelope)
    if rows is None:
        return None
    place = {item.name: item for item in rows.group.items}
    factor = next(name for name, item in place.items() if item.type.kind == "decimal")
    days_of = block.rows(periods.date.group, reader.envelope)
    if days_of is None:
        return None
    classes = block.rows(days_of.group.parent, reader.envelope)
    if classes is None:
        return None
    row = block.parent_rows(rows, days_of)
    period = decoded_text(rows.columns[periods.period.item], whole_number)
    value = decoded_text(rows.columns[factor], _thousandths)
    good = (row >= 0) & (period >= 1) & (period <= PERIODS) & (value > 0)
    thousandths = np.zeros((len(days_of.index), PERIODS), dtype=np.int32)
    thousandths[row[good], period[good] - 1] = value[good]
    day = decoded_text(days_of.columns[periods.date.item], _day_number)
    names = classes.columns[classes.group.items[0].name].to_pylist()
    of_class = block.parent_rows(days_of, classes)
    kept = np.flatnonzero((days_of.index >= block.context) & (day != _NO_DAY) & (of_class >= 0))
    return LossFactorBlock(
        [names[number] for number in of_class[kept].tolist()], day[kept].astype(np.int32), thousandths[kept]
    )


_NO_DAY = -(1 << 20)


def _day_number(text: str) -> int:
    day = as_date(text)
    return (day - _EPOCH).days if day else _NO_DAY


def _thousandths(text: str) -> int:
    """A factor such as 1.078 as 1078; 0 where it is none, which the checks have said already."""
    whole, _, decimals = text.partition(".")
    if not whole.isdecimal() or not (decimals or "0").isdecimal() or len(decimals) > 3 or len(whole) > 2:
        return 0
    return int(whole) * 1000 + int(decimals.ljust(3, "0"))
