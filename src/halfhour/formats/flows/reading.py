"""Reads a file of records: its envelope, its layout, its groups block by block, its counts and checksum.

Follows the handbook (file-formats 1 to 3, 7 and 8). The whole file streams; only the trailer tells at the end whether
all of it was there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from halfhour.errors import HalfhourError
from halfhour.formats.flows.blocks import UNKNOWN, FlowBlock, cut_blocks
from halfhour.formats.flows.checksums import header_for_checksum, lines_checksum, record_checksum
from halfhour.formats.flows.envelopes import Envelope, envelope_of, value_fault
from halfhour.formats.flows.findings import FlowFinding
from halfhour.formats.flows.item_types import LONGEST
from halfhour.formats.flows.layouts import Item, Layout, find_layout, unknown_layout
from halfhour.formats.flows.lines import BrokenFileError, Limits, LineReader, opened, read

MOST_UNKNOWN_GROUPS = 200
"""Of a flow without a layout; more than any flow has means that the file is something else."""

_TEST_FLAG = re.compile(r"OPER|TR[0-9]{2}")
_SEND_AGAIN = "Ask the sender for the whole file again."


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is read.

    Attributes:
        layouts: folders of the user's own layouts, which come first.
        limits: what a file may be.
        checksum: what a wrong checksum of a Pool Transfer file does (handbook file-formats 2, llf_checksum).
        recipient: role and MPID that a file must be meant for, such as `X:ABCD`; None = not checked.
        operational: refuse files with a test flag.
    """

    layouts: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)
    checksum: Literal["reject", "warn"] = "reject"
    recipient: str | None = None
    operational: bool = False


class FlowReader:
    """A file of records.

    Attributes:
        path, name: the file, and how messages call it.
        envelope, header, layout: as soon as it is opened; `known` says whether a layout is held of the flow.
        trailer, records, instances, checksum: when its blocks have been read.
        findings: about the file as a whole, in order of finding.
    """

    def __init__(self, path: Path, name: str | None = None, options: Options | None = None) -> None:
        """Open a file and read its header.

        Raises:
            HalfhourError: FF-100 it is no file of records; FF-901, FF-902 layouts.
            OSError: it cannot be opened.
        """
        self.path = path
        self.name = name or path.name
        self.options = options or Options()
        self.findings: list[FlowFinding] = []
        self.header: dict[str, str] = {}
        self.trailer: dict[str, str] = {}
        self.records = 0
        self.instances = 0
        self.checksum = 0
        self.lines: LineReader | None = None
        found = self._look_at_head()
        self.envelope, first = found
        self._read_header(first)
        self.flow_version = self.header.get("flow_version", "")
        layout = find_layout(self.flow_version, self.options.layouts)
        if layout is not None and layout.envelope != self.envelope.name:
            layout = None
        self.known = layout is not None
        self.layout: Layout = layout or self._layout_of_unknown()
        if not self.known:
            self._find(
                "FF-205",
                f"No layout is held of the flow {self.flow_version!r}; its groups were read as they stand.",
                "Add a layout of your own (docs/how-to/read-industry-files.md), or check the flow and its version.",
                line=1,
                item="flow_version",
            )
        self._check_header_values()

    def _find(
        self,
        code: str,
        message: str,
        next_step: str,
        *,
        severity: Literal["error", "warning", "info"] = "error",
        line: int = 0,
        item: str = "",
        group: str = "",
    ) -> None:
        self.findings.append(FlowFinding(code, severity, message, next_step, line=line, item=item, group=group))

    def _look_at_head(self) -> tuple[Envelope, str]:
        try:
            with opened(self.path) as stream:
                head = read(stream, self.options.limits.line_bytes + 2)
        except BrokenFileError as error:
            raise _not_records(self.name, error.finding.message, error.finding.code) from None
        envelope = envelope_of(head)
        if envelope is None:
            raise _not_records(self.name, "It is empty." if not head else "It begins with none of ZHV|, ZHD|, AAA|.")
        return envelope, head.split(b"\n", 1)[0].removesuffix(b"\r").decode("ascii", "replace")

    def _read_header(self, record: str) -> None:
        envelope = self.envelope
        items = envelope.items_of(record)
        if envelope.final_pipe and not record.endswith("|"):
            self._find(
                envelope.codes.header,
                f"The header {envelope.header_id} does not end with a pipe.",
                _SEND_AGAIN,
                line=1,
                group=envelope.header_id,
            )
        if not envelope.least_header_items <= len(items) <= len(envelope.header_items):
            self._find(
                envelope.codes.header,
                f"The header {envelope.header_id} has {len(items)} items, not {len(envelope.header_items)}.",
                _SEND_AGAIN,
                line=1,
                group=envelope.header_id,
            )
        self.header = {item.name: value for item, value in zip(envelope.header_items, items, strict=False)}

    def _check_header_values(self) -> None:
        codes, header = self.envelope.codes, self.header
        self._check_items(self.envelope.header_items, header, codes.header, 1, self.envelope.header_id)
        flag = header.get("test_flag", "")
        if flag and not _TEST_FLAG.fullmatch(flag):
            self._find(
                codes.header,
                f"The test flag is {flag!r}, neither OPER nor TR and two digits.",
                "Correct the header.",
                line=1,
                item="test_flag",
            )
        elif flag.startswith("TR") and self.options.operational:
            self._find(
                "FF-207",
                f"The file is a test ({flag}), and only operational files are taken here.",
                "Use it in a test environment, or ask for the operational file.",
                line=1,
                item="test_flag",
            )
        if self.options.recipient:
            self._check_recipient(self.options.recipient)
        route = f"{header.get('from_role', '')}->{header.get('to_role', '')}"
        if self.layout.routes and route not in self.layout.routes:
            self._find(
                "FF-208",
                f"{self.flow_version} goes {', '.join(self.layout.routes)}, and this file goes {route}.",
                "Check the roles; the routes are those of a working layout.",
                severity="warning",
                line=1,
                item="to_role",
            )

    def _check_recipient(self, recipient: str) -> None:
        role, _, mpid = recipient.partition(":")
        given = (self.header.get("to_role", ""), self.header.get("to_mpid", ""))
        if given != (role, mpid):
            code = "FF-402" if self.envelope.name == "neta" else "FF-206"
            self._find(
                code,
                f"The file is meant for {given[1]} in role {given[0]}, not for {mpid} in role {role}.",
                "Pass it on, or return it to the sender.",
                line=1,
                item="to_mpid",
            )

    def _check_items(self, items: Iterable[Item], values: Mapping[str, str], code: str, line: int, group: str) -> None:
        for place, item in enumerate(items, start=1):
            fault = value_fault(item, values[item.name]) if item.name in values else None
            if fault:
                self._find(
                    code,
                    f"Item {place} of {group} ({item.name}) {fault}.",
                    "Correct it, or ask the sender for the file again.",
                    line=line,
                    item=item.name,
                    group=group,
                )

    def _layout_of_unknown(self) -> Layout:
        """The groups of a flow that no layout is held of, by reading the file once."""
        groups: dict[str, int] = {}
        with suppress(BrokenFileError, OSError), opened(self.path) as stream:
            lines = LineReader(stream, self.options.limits)
            for data, _ in lines.blocks():
                for line in data.decode("ascii", "replace").splitlines():
                    name = line.split("|", 1)[0]
                    if re.fullmatch(r"[A-Z0-9]{1,3}", name):
                        count = len(self.envelope.items_of(line))
                        if name in groups or len(groups) < MOST_UNKNOWN_GROUPS:
                            groups[name] = max(groups.get(name, 0), count)
        return unknown_layout(self.flow_version, self.envelope.name, groups)

    def blocks(self) -> Iterator[FlowBlock]:
        """The groups of the file, block by block; after the last, counts and checksum have been compared.

        Whatever cannot be read further ends the blocks with a finding; nothing is raised for it.

        Raises:
            OSError: the file cannot be read.
        """
        try:
            with opened(self.path) as stream:
                yield from self._blocks(stream)
        except BrokenFileError as error:
            self.findings.append(error.finding)

    def _blocks(self, stream: BinaryIO) -> Iterator[FlowBlock]:
        self.lines = lines = LineReader(stream, self.options.limits)
        self.records = self.checksum = self.instances = 0
        try:
            for block in cut_blocks(lines.blocks(), self.layout):
                own = block.own
                self.records += len(block.starts) - block.context
                if self.records > self.options.limits.records:
                    limit = f"{self.options.limits.records:,}"
                    raise BrokenFileError(
                        FlowFinding(
                            "FF-104",
                            "error",
                            f"The file has more than {limit} records.",
                            "Split it, or raise the limit.",
                        )
                    )
                if self.envelope.name != "user-file":
                    self.checksum ^= lines_checksum(block.bytes, block.starts[own], block.ends[own])
                self.instances = int(block.instance[-1]) if len(block.instance) else self.instances
                self._look_for_trailer(block)
                yield block
        finally:
            self.findings += lines.findings
        self._check_end(lines)

    def _look_for_trailer(self, block: FlowBlock) -> None:
        """A trailer within the body: what follows it does not belong to the file."""
        beginning = self.envelope.trailer_id + "|"
        for index in np.flatnonzero(block.group == UNKNOWN)[:1_000].tolist():
            if block.text(index).startswith(beginning):
                line = int(block.line[index])
                self._find(
                    "FF-103",
                    f"Line {line} is a trailer, and data follow it.",
                    "Two files may have been joined: split them there.",
                    line=line,
                    group=self.envelope.trailer_id,
                )

    def _check_end(self, lines: LineReader) -> None:
        self._check_line_ends(lines)
        envelope, codes = self.envelope, self.envelope.codes
        record = (lines.trailer or b"").decode("ascii", "replace")
        if not record.startswith(envelope.trailer_id + "|"):
            if not any(finding.code == "FF-103" and finding.severity == "error" for finding in self.findings):
                self._find(
                    "FF-102",
                    f"The file has no trailer {envelope.trailer_id}: it ends with line {lines.trailer_line or 1}.",
                    f"It may have been cut off. {_SEND_AGAIN}",
                    line=lines.trailer_line,
                )
            return
        line = lines.trailer_line
        items = envelope.items_of(record)
        if len(items) != len(envelope.trailer_items) or (envelope.final_pipe and not record.endswith("|")):
            pipe = "" if record.endswith("|") == envelope.final_pipe else ", or not the pipe at its end that it should"
            self._find(
                codes.trailer,
                f"The trailer {envelope.trailer_id} has {len(items)} items, not {len(envelope.trailer_items)}{pipe}.",
                _SEND_AGAIN,
                line=line,
                group=envelope.trailer_id,
            )
        self.trailer = {item.name: value for item, value in zip(envelope.trailer_items, items, strict=False)}
        self._check_items(envelope.trailer_items, self.trailer, codes.trailer, line, envelope.trailer_id)
        if envelope.name == "user-file":
            self._check_user_file(line)
        else:
            self._check_count("records", self.records + 2, "records with header and trailer", codes.count, line)
            self._check_checksum(lines, line)

    def _check_line_ends(self, lines: LineReader) -> None:
        if lines.mixed:
            self._find(
                "FF-106",
                "Some lines end with a line feed and some with carriage return and line feed.",
                "The file was changed on its way; it is written back with one kind of line end.",
                severity="warning",
            )
        if lines.unended and lines.trailer is not None:
            self._find(
                "FF-106",
                "The last line has no line end.",
                "Check that the file was not cut off; its trailer was there.",
                severity="warning",
                line=lines.trailer_line,
            )
        if lines.blank_after:
            self._find(
                "FF-103",
                f"{lines.blank_after} blank lines follow the trailer; they were left out.",
                "Nothing to do; other systems may refuse the file.",
                severity="warning",
                line=lines.trailer_line + 1,
            )

    def _check_user_file(self, line: int) -> None:
        given, stated = self.header.get("file_id", ""), self.trailer.get("file_id", "")
        if given != stated:
            self._find(
                "FF-202",
                f"The header has the file id {given!r}, the trailer {stated!r}.",
                "Two files may have been mixed up. " + _SEND_AGAIN,
                line=line,
                item="file_id",
            )
        self._check_count("body_lines", self.records, "lines between header and trailer", "FF-203", line)
        if self.known:
            self._check_count("instances", self.instances, "instances, groups at the top", "FF-204", line)

    def _check_count(self, item: str, counted: int, what: str, code: str, line: int) -> None:
        stated = self.trailer.get(item, "")
        if not _is_number(stated) or int(stated) == counted:
            return
        difference = counted - int(stated)
        fault = f"{difference} too many" if difference > 0 else f"{-difference} missing"
        self._find(
            code,
            f"The trailer states {stated} {what}; there are {counted}: {fault}.",
            "Lines were lost or doubled on the way. " + _SEND_AGAIN,
            line=line,
            item=item,
            group=self.envelope.trailer_id,
        )

    def _check_checksum(self, lines: LineReader, line: int) -> None:
        header = (lines.header or b"").decode("ascii", "replace")
        total = self.checksum ^ record_checksum(header_for_checksum(header, self.envelope.name))
        stated = self.trailer.get("checksum", "")
        if not _is_number(stated) or int(stated) == total or lines.findings:
            return
        # A wrong count explains a wrong checksum and comes first (handbook file-formats 3).
        warn = self.envelope.name == "pool-transfer" and self.options.checksum == "warn"
        self._find(
            self.envelope.codes.checksum,
            f"The trailer states the checksum {stated}; the records give {total}.",
            "A record was changed on the way. " + _SEND_AGAIN,
            severity="warning" if warn else "error",
            line=line,
            item="checksum",
            group=self.envelope.trailer_id,
        )


def _is_number(text: str) -> bool:
    """Whether a count or checksum is one; that it is none, or is far too long, its own check has said."""
    return text.isdecimal() and len(text) <= LONGEST


def _not_records(name: str, reason: str, code: str = "FF-100") -> HalfhourError:
    return HalfhourError(
        code,
        f"{name} is not a file of records. {reason}",
        "Give a DTC user file (ZHV), a Pool Transfer file (ZHD) or a NETA file (AAA).",
    )
