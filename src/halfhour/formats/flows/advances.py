"""Flows that hold half-hourly advances (D0036, D0275) as readings: the long shape of the contract.

A file is used or not as a whole by its envelope, whose counts come last, and instance by instance by what it holds
(handbook file-formats 8). Settlement Periods follow from the order of the advances, by local time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pyarrow as pa

from halfhour.errors import Finding, HalfhourError
from halfhour.formats.finding_log import FindingLog
from halfhour.formats.flows.blocks import FlowBlock
from halfhour.formats.flows.checking import FlowChecker
from halfhour.formats.flows.envelopes import envelope_of
from halfhour.formats.flows.item_types import as_date
from halfhour.formats.flows.layouts import Advances, Place
from halfhour.formats.flows.reading import FlowReader
from halfhour.formats.readings_shapes import Recognised, Sample, Stretch, UnreadableFile

STATUSES = {"A": "A", "E": "E", "C": "E"}
"""The indicator C is named by the handbook and not explained: it does not count as actual."""

CODES = {"RD-020": "HH-504", "RD-021": "HH-504", "RD-022": "HH-507"}


def recognise(sample: Sample) -> Recognised | None:
    """Take the file for a flow where it begins like a file of records.

    Raises:
        UnreadableFile: FF-112 a flow without advances, or the first thing that is wrong with the file as a whole.
    """
    if envelope_of(sample.head) is None:
        return None
    try:
        reader = FlowReader(sample.path, sample.name)
    except HalfhourError as error:
        raise UnreadableFile(error.code, error.message, error.next_step) from None
    advances = reader.layout.advances
    if advances is None:
        raise UnreadableFile(
            "FF-112",
            f"{sample.name} is a {reader.flow_version or reader.envelope.title}, which holds no half-hourly advances.",
            "Look at it with `halfhour file show`; put only files of readings into the folder.",
        )
    log = FindingLog(sample.name)
    return Recognised(reader.flow_version, "", _stretches(reader, advances), log, codes=CODES)


def _stretches(reader: FlowReader, advances: Advances) -> Iterator[Callable[[], Stretch]]:
    checker = FlowChecker(reader)
    unexplained: Counter[str] = Counter()
    for block in checker.blocks():
        columns, lines = _columns(block, checker, advances, unexplained)
        if len(lines):
            yield partial(Stretch, "long", columns, lines, FindingLog(reader.name))
    verdict = checker.verdict()
    if not verdict.accepted:
        first = next(finding for finding in verdict.findings if finding.severity == "error" and finding.scope == "file")
        raise UnreadableFile(
            first.code,
            f"{reader.name} is rejected: {first.message.rstrip('.')}.",
            f"{first.next_step} `halfhour file check` lists everything that is wrong with it.",
        )
    log = FindingLog(reader.name)
    for finding in verdict.findings:
        log.add(finding)
    if unexplained["C"]:
        log.add(
            Finding(
                "HH-512",
                "info",
                f"{reader.name} gives {unexplained['C']:,} advances the indicator C, whose meaning is not published; "
                "they count as estimated.",
                "Nothing to do, unless they are known to be actual.",
                reader.name,
            )
        )
    nothing = pa.array([], pa.string())
    names = ("msid", "measurement_quantity", "settlement_date", "settlement_period", "kwh", "status")
    yield partial(Stretch, "long", dict.fromkeys(names, nothing), np.zeros(0, dtype=np.int64), log)


def _columns(
    block: FlowBlock, checker: FlowChecker, advances: Advances, unexplained: Counter[str]
) -> tuple[dict[str, pa.Array], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """The advances of the block's accepted instances as columns, and the lines that they stand on."""
    envelope = checker.reader.envelope
    rows = block.rows(advances.group, envelope)
    nothing = np.zeros(0, dtype=np.int64)
    if rows is None:
        return {}, nothing
    kept = rows.index >= block.context
    if len(checker.rejected):
        kept &= ~np.isin(block.instance[rows.index], checker.rejected)

    def column(place: Place) -> pa.Array:
        values = block.carried(rows, place, envelope)
        if values is None:
            values = pa.nulls(len(rows.index), pa.dictionary(pa.int32(), pa.string()))
        return values if kept.all() else values.filter(pa.array(kept))

    indicator = column(advances.indicator)
    unexplained["C"] += int(pa.compute.sum(pa.compute.equal(indicator.dictionary_decode(), "C")).as_py() or 0)
    columns = {
        "msid": column(advances.mpan),
        "measurement_quantity": column(advances.quantity),
        "settlement_date": _renamed(column(advances.date), _iso),
        "settlement_period": pa.array(block.ordinals(rows)[kept]),
        "kwh": column(advances.kwh),
        "status": _renamed(indicator, lambda text: STATUSES.get(text, text)),
    }
    return columns, block.line[rows.index[kept]]


def _renamed(column: pa.Array, meaning: Callable[[str], str]) -> pa.Array:
    texts = [meaning(text) for text in column.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(column.indices, pa.array(texts, pa.string()))


def _iso(text: str) -> str:
    day = as_date(text)
    return text if day is None else day.isoformat()
