"""`halfhour file check`: what a file is, and everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from halfhour.cli.commands.file.readings import check_readings
from halfhour.cli.commands.file.shared import (
    Flag,
    Layouts,
    checked,
    finding_entry,
    is_flow,
    list_findings,
    say_verdict,
    say_what_it_is,
)
from halfhour.cli.output import print_json

if TYPE_CHECKING:
    from halfhour.formats.flows.checking import Verdict
    from halfhour.formats.flows.findings import FlowFinding
    from halfhour.formats.flows.reading import FlowReader


def check(
    file: Path,
    *,
    layouts: Layouts = (),
    recipient: str | None = None,
    operational: Flag = False,
    checksum: Literal["reject", "warn"] = "reject",
    market_data: Path | None = None,
    strict: Flag = False,
    json: Flag = False,
) -> int:
    """Say what a file is and everything that is wrong with it, line by line.

    Example: halfhour file check inbox/D0155_0000000017.txt --recipient M:HHMO

    Leaves with exit code 2 where the file is rejected as a whole, and with 1 where --strict is given and there are
    rejected instances or warnings.

    Parameters
    ----------
    file
        DTC user file, Pool Transfer file, NETA file, or half-hourly readings; plain, gzipped or alone in a ZIP archive.
    layouts
        Folder of layouts of your own, which come before those of the program; may be given more than once.
    recipient
        Role and MPID that the file must be meant for, such as X:ABCD.
    operational
        Refuse files with a test flag.
    checksum
        What a wrong checksum of a Pool Transfer file does.
    market_data
        Store of market data that roles and MPIDs are checked against; default: the one of `halfhour market-data`.
    strict
        Leave with exit code 1 when there are rejected instances or warnings.
    json
        One JSON document on standard output.
    """
    from halfhour.formats.flows.reading import Options  # noqa: PLC0415

    options = Options(tuple(layouts), checksum=checksum, recipient=recipient, operational=operational)
    if not is_flow(file):
        return check_readings(file, strict=strict, json=json)
    reader, verdict = checked(file, options)
    parties, against = _check_parties(reader, market_data)
    findings = [*parties, *verdict.findings]
    accepted = verdict.accepted and not any(one.severity == "error" for one in parties)
    if json:
        print_json(_document(reader, verdict, findings, accepted, against))
    else:
        say_what_it_is(reader)
        list_findings(findings)
        say_verdict(verdict, accepted)
    if not accepted:
        return 2
    return 1 if strict and any(finding.severity != "info" for finding in findings) else 0


def _check_parties(reader: FlowReader, market_data: Path | None) -> tuple[list[FlowFinding], list[int]]:
    from halfhour.market_data.flow_parties import check_parties  # noqa: PLC0415
    from halfhour.market_data.store import MarketDataStore  # noqa: PLC0415

    with MarketDataStore.open(market_data) as store:
        found = check_parties(reader, store)
        return [one.of_file(reader.name) for one in found], [version.number for version in store.versions()]


def _document(
    reader: FlowReader, verdict: Verdict, findings: list[FlowFinding], accepted: bool, against: list[int]
) -> dict[str, object]:
    layout = reader.layout
    return {
        "file": str(reader.path),
        "kind": reader.envelope.name,
        "flow": reader.flow_version,
        "title": layout.title,
        "layout": {"standing": layout.standing, "source": layout.source, "origin": layout.origin, "open": layout.open},
        "header": reader.header,
        "trailer": reader.trailer,
        "accepted": accepted,
        "records": verdict.records + 2,
        "instances": verdict.instances,
        "rejected_instances": verdict.rejected.tolist(),
        "response": verdict.response,
        "market_data_versions": against,
        "findings": [finding_entry(finding) for finding in findings],
    }
