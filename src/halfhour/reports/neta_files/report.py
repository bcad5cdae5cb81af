"""A report in the NETA envelope: header, records, count and checksum, written record by record.

Follows the NETA Interface Definition and Design, Part 1, section 2.2 (handbook file-formats 3). A report of a large
portfolio has millions of records, so its body is made while it is written and never held as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import BinaryIO

import numpy as np

from halfhour.errors import Finding, HalfhourError
from halfhour.formats.flows.checksums import lines_checksum, record_checksum
from halfhour.formats.flows.envelopes import NETA, value_fault
from halfhour.rules.arithmetic import PARTS, round_half_even

Body = Iterable[tuple[str, Sequence[str]]]
"""Records: id of the group and its items."""

MWH = 10_000
"""Volumes are decimal(14,4) MWh: units of 100 Wh."""

_RECORDS_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class NetaHeader:
    """Who sends a report to whom.

    Attributes:
        from_role, from_id, to_role, to_id: role text(2) and participant text(8).
        sequence: 0 to 999,999,999, for each pair of sender and receiver.
        created: with a zone, or GMT.
        test_flag: `TRnn`; `OPER` or empty for operational files.
    """

    from_role: str
    from_id: str
    to_role: str
    to_id: str
    sequence: int
    created: datetime
    test_flag: str = "TR01"

    def record(self, flow_version: str) -> str:
        """The AAA record.

        Raises:
            HalfhourError: FF-110 an item of it that cannot be.
        """
        created = self.created if self.created.tzinfo is None else self.created.astimezone(UTC)
        values = [
            *(flow_version, "D", created.strftime("%Y%m%d%H%M%S")),
            *(self.from_role, self.from_id, self.to_role, self.to_id),
            *(str(self.sequence), self.test_flag),
        ]
        for item, value in zip(NETA.header_items, values, strict=True):
            fault = value_fault(item, value)
            if fault:
                raise HalfhourError("FF-110", f"{item.name} of the header {fault}.", "Correct the value.")
        return NETA.record(NETA.header_id, values)


@dataclass(frozen=True, slots=True)
class NetaReport:
    """A report, ready to be written.

    Attributes:
        flow_version: `P0342001`.
        name: for the file.
        header: of it.
        body: makes its records, anew at each call.
        findings: what is missing in it, or was taken as something.
        empty: whether there is nothing to send; the findings say why.
    """

    flow_version: str
    name: str
    header: NetaHeader
    body: Callable[[], Body]
    findings: list[Finding] = field(default_factory=list)
    empty: bool = False

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file, some thousand records at a time.

        Raises:
            HalfhourError: FF-110 an item of the header cannot be, RP-003 there is nothing to send.
        """
        if self.empty:
            raise HalfhourError("RP-003", f"{self.name} would hold nothing.", "See what its findings say.")
        header = self.header.record(self.flow_version).encode("ascii")
        checksum, records = record_checksum(header), 1
        yield header + b"\n"
        body = iter(self.body())
        while lines := [
            NETA.record(group, list(items)).encode("ascii") for group, items in islice(body, _RECORDS_AT_ONCE)
        ]:
            lengths = np.array([len(line) + 1 for line in lines], dtype=np.int64)
            ends = np.cumsum(lengths)
            chunk = b"\n".join(lines) + b"\n"
            checksum ^= lines_checksum(np.frombuffer(chunk, dtype=np.uint8), ends - lengths, ends - 1)
            records += len(lines)
            yield chunk
        yield NETA.record(NETA.trailer_id, [str(records + 1), str(checksum)]).encode("ascii") + b"\n"

    def write(self, stream: BinaryIO) -> None:
        """Write the file; errors as for `chunks`."""
        for chunk in self.chunks():
            stream.write(chunk)

    def content(self) -> bytes:
        """The bytes of the whole file; errors as for `chunks`."""
        return b"".join(self.chunks())


def mwh(wh: int | None) -> str:
    """Whole Wh as MWh of four decimals, half to even; nothing where it is not known."""
    return "" if wh is None else f"{Decimal(round_half_even(wh, 1_000_000 // MWH)).scaleb(-4):f}"


def mwh_of_parts(parts: int | None) -> str:
    """A sum of Wh × proportion in parts per 100,000 as MWh of four decimals, rounded once."""
    return "" if parts is None else f"{Decimal(round_half_even(parts, PARTS * (1_000_000 // MWH))).scaleb(-4):f}"


def proportion(parts: int) -> str:
    """Parts per 100,000 as a number of five decimals."""
    return f"{Decimal(parts).scaleb(-5):f}"
