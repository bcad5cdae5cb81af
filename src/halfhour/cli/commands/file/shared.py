"""What the commands over files share: telling files of records from readings, and speaking about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from halfhour.cli.output import counted, finding_line, print_line, say
from halfhour.errors import Finding, HalfhourError

if TYPE_CHECKING:
    from halfhour.formats.flows.checking import Verdict
    from halfhour.formats.flows.reading import FlowReader, Options

FINDINGS_SHOWN = 50

Layouts = Annotated[tuple[Path, ...], Parameter(name="--layouts", consume_multiple=False, negative=())]
Flag = Annotated[bool, Parameter(negative=())]


def is_flow(file: Path) -> bool:
    """Whether a file begins like a file of records."""
    from halfhour.formats.flows.envelopes import envelope_of  # noqa: PLC0415
    from halfhour.formats.flows.lines import BrokenFileError, opened, read  # noqa: PLC0415

    try:
        with opened(file) as stream:
            return envelope_of(read(stream, 8)) is not None
    except BrokenFileError as error:
        raise HalfhourError(error.finding.code, error.finding.message, error.finding.next_step) from None


def checked(file: Path, options: Options) -> tuple[FlowReader, Verdict]:
    """Check a file, with a progress bar where it takes long."""
    from halfhour.cli.arguments import progress_bar  # noqa: PLC0415
    from halfhour.formats.flows.checking import FlowChecker  # noqa: PLC0415
    from halfhour.formats.flows.reading import FlowReader  # noqa: PLC0415

    reader = FlowReader(file, file.name, options)
    checker = FlowChecker(reader)
    size = file.stat().st_size
    done = 0
    with progress_bar("Checking") as tell:
        for block in checker.blocks():
            done += len(block.data)
            tell(min(done, size), size)
    return reader, checker.verdict()


def list_findings(findings: list[Any]) -> None:
    """Write the first findings to standard error, and how many more there are."""
    for finding in findings[:FINDINGS_SHOWN]:
        say(finding_line(finding))
    if len(findings) > FINDINGS_SHOWN:
        say(f"… and {counted(len(findings) - FINDINGS_SHOWN, 'more finding')}; --json has them all.")


def say_what_it_is(reader: FlowReader) -> None:
    """Write what the header and the layout say."""
    header, layout = reader.header, reader.layout
    flag = f", test flag {header['test_flag']}" if header.get("test_flag") else ""
    print_line(f"{reader.name}: {reader.envelope.title} {reader.flow_version}, {layout.title}")
    print_line(
        f"  from {header.get('from_mpid', '?')} ({header.get('from_role', '?')}) to {header.get('to_mpid', '?')} "
        f"({header.get('to_role', '?')}), created {_moment(header.get('created', ''))}{flag}"
    )
    print_line(f"  layout: {layout.standing}{f' ({layout.origin})' if layout.origin else ''}")


def _moment(text: str) -> str:
    if len(text) != 14 or not text.isdecimal():
        return text or "?"
    return f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[8:10]}:{text[10:12]}:{text[12:]}"


def say_verdict(verdict: Verdict, accepted: bool) -> None:
    """Write whether the file is accepted, and which instances are not."""
    records = f"{verdict.records + 2:,} records with header and trailer"
    if not accepted:
        response = f" Response code {verdict.response}." if verdict.response else ""
        print_line(f"Rejected: {records}; nothing of the file is to be used.{response}")
        return
    good = verdict.instances - len(verdict.rejected)
    text = f"Accepted: {records}, {counted(verdict.instances, 'instance')}"
    if len(verdict.rejected):
        which = ", ".join(map(str, verdict.rejected[:10].tolist())) + (" …" if len(verdict.rejected) > 10 else "")
        text += f", of which {good:,} accepted and {len(verdict.rejected):,} rejected (number {which})"
    print_line(f"{text}.")


def finding_entry(finding: Finding) -> dict[str, object]:
    """A finding as a JSON object, with its place in the file where it has one."""
    from halfhour.formats.flows.findings import FlowFinding  # noqa: PLC0415

    document: dict[str, object] = {
        "code": finding.code,
        "severity": finding.severity,
        "where": finding.where,
        "message": finding.message,
        "next_step": finding.next_step,
    }
    if isinstance(finding, FlowFinding):
        document |= {
            "scope": finding.scope,
            "line": finding.line or None,
            "group": finding.group,
            "item": finding.item,
            "instance": finding.instance or None,
        }
    return document
