"""What a file is and what is wrong with it, before anything of it is stored: its bytes, its envelope, its instances."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from halfhour.errors import Finding, HalfhourError
from halfhour.formats.flows.checking import check_file
from halfhour.formats.flows.findings import FlowFinding
from halfhour.formats.flows.lines import BrokenFileError, Limits, opened, read
from halfhour.formats.flows.reading import Options
from halfhour.formats.flows.records import read_flow
from halfhour.processes.flows import Message, messages_of

MOST_BYTES = 64 << 20
"""Of a file that is stored with the cases, packed or unpacked; a month of half hours of 2,000 meters has less."""

_MOST_FINDINGS = 100
"""Kept of one file; the first hundred say what is wrong with it."""


@dataclass(slots=True)
class Looked:
    """A file as it was looked at.

    Attributes:
        envelope: empty where it is no file of records.
        header: its items by name, printable.
        rejected: numbers of the instances that are not accepted.
        response: code that answers a NETA file.
    """

    envelope: str = ""
    header: dict[str, str] = field(default_factory=dict)
    accepted: bool = False
    messages: list[Message] = field(default_factory=list)
    rejected: frozenset[int] = frozenset()
    findings: list[dict[str, Any]] = field(default_factory=list)
    response: int | None = None


def look_at(content: bytes, name: str) -> Looked:
    """Read and check a file that may be packed."""
    looked = Looked()
    with tempfile.NamedTemporaryFile(prefix="halfhour-") as kept:
        kept.write(content)
        kept.flush()
        path = Path(kept.name)
        try:
            reader, verdict = check_file(path, name, Options(limits=Limits(file_bytes=MOST_BYTES)))
            looked.envelope = reader.envelope.name
            looked.header = {item: printable(value) for item, value in reader.header.items()}
            looked.findings = [finding_row(one) for one in verdict.findings[:_MOST_FINDINGS]]
            looked.accepted, looked.response = verdict.accepted, verdict.response
            looked.rejected = frozenset(verdict.rejected.tolist())
            if verdict.accepted:
                looked.messages = messages_of(read_flow(_unpacked(path)))
        except HalfhourError as error:
            looked.accepted = False
            looked.findings.append(finding_row(Finding(error.code, "error", error.message, error.next_step, name)))
    return looked


def _unpacked(path: Path) -> bytes:
    try:
        with opened(path) as stream:
            return read(stream, MOST_BYTES + 1)
    except BrokenFileError as error:
        raise HalfhourError(error.finding.code, error.finding.message, error.finding.next_step) from None


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding as it is kept with a file."""
    row: dict[str, Any] = {
        "code": finding.code,
        "severity": finding.severity,
        "message": printable(finding.message),
        "next_step": printable(finding.next_step),
        "where": printable(finding.where),
    }
    if isinstance(finding, FlowFinding) and finding.instance:
        row["instance"] = finding.instance
    return row


def printable(text: str) -> str:
    """A text without what no database keeps and no terminal should be shown."""
    return "".join(character if character.isprintable() else "?" for character in text)
