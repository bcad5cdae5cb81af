"""`halfhour file build`: settlement reports of a run as NETA files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from halfhour.cli import arguments
from halfhour.cli.commands.file.shared import Flag, finding_entry, list_findings
from halfhour.cli.output import counted, print_json, print_line
from halfhour.errors import Finding, HalfhourError

if TYPE_CHECKING:
    from halfhour.reports.neta_files import NetaHeader, NetaReport
    from halfhour.settlement.run import Run


def build(
    runs: list[Path],
    /,
    *,
    report: Literal["chargeable-demand", "p0342", "saa-i058"],
    sender: str,
    recipient: str,
    sequence: int = 1,
    created: str | None = None,
    test_flag: str = "TR01",
    from_: str | None = None,
    to: str | None = None,
    month: str | None = None,
    supplier: str | None = None,
    run_number: int = 1,
    out: Path = Path(),
    strict: Flag = False,
    json: Flag = False,
) -> int:
    """Build settlement reports from a run as NETA files, with count and checksum.

    Example: halfhour file build demo/runs/R --report chargeable-demand --sender SV:SVAA --recipient EM:EMRS

    chargeable-demand is the BM Unit chargeable demand report in Halfhour's own layout, since the published one is not
    public. p0342 is one file for each Supplier and Settlement Day. saa-i058 is one file for a month; it needs volumes
    at the notional balancing point, and takes several runs. What a run does not know is left empty and said.

    Parameters
    ----------
    runs
        Run folder; for saa-i058 as many as the month needs.
    report
        Which report.
    sender
        Role and participant of the sender, such as SV:SVAA.
    recipient
        Role and participant of the recipient; for p0342 the participant may be empty (SU:), each Supplier gets its own.
    sequence
        Sequence number of the (first) file.
    created
        Moment of the header (2024-02-10T12:00:00Z); default: now.
    test_flag
        TRnn for tests, OPER or nothing for operational files.
    from_
        First Settlement Day; default: the run's.
    to
        First Settlement Day no longer reported.
    month
        Month of saa-i058, such as 2024-01.
    supplier
        Of p0342, one Supplier only.
    run_number
        Number of the settlement run.
    out
        Folder to write into; default: the current one.
    strict
        Leave with exit code 1 when something was left out or taken as something.
    json
        One JSON document on standard output.
    """
    from halfhour.reports.neta_files import NetaHeader  # noqa: PLC0415
    from halfhour.settlement.run import Run  # noqa: PLC0415

    if report != "saa-i058" and len(runs) != 1:
        raise HalfhourError("CL-010", f"{report} is built from one run, not from {len(runs)}.", "Name one run folder.")
    moment = arguments.moment(created) if created else datetime.now(UTC)
    if not isinstance(moment, datetime):
        raise HalfhourError("CL-001", f"'{created}' is no moment.", "Write a date and time.")
    header = NetaHeader(*_party(sender, "sender"), *_party(recipient, "recipient"), sequence, moment, test_flag)
    opened = [Run(folder) for folder in runs]
    days = (arguments.day(from_), arguments.day(to))
    made = _reports(opened, report, header, days, month, supplier, run_number)
    out.mkdir(parents=True, exist_ok=True)
    findings: list[Finding] = []
    written: list[Path] = []
    for one in made:
        findings += one.findings
        if not one.empty:
            written.append(_write(one, out))
    serious = [finding for finding in findings if finding.severity != "info"]
    if json:
        print_json({"written": written, "findings": [finding_entry(finding) for finding in findings]})
    else:
        list_findings(findings)
        for path in written:
            print_line(f"Written: {path}")
        if not written:
            print_line("Nothing was written: there is nothing to report.")
        elif len(written) > 1:
            print_line(f"{counted(len(written), 'file')}.")
    return 1 if strict and serious else 0


def _party(text: str, what: str) -> tuple[str, str]:
    role, colon, participant = text.partition(":")
    if not colon or not role:
        raise HalfhourError("CL-010", f"The {what} '{text}' is no role and participant.", "Write such as SV:SVAA.")
    return role, participant


def _reports(
    runs: list[Run],
    report: str,
    header: NetaHeader,
    days: tuple[date | None, date | None],
    month: str | None,
    supplier: str | None,
    run_number: int,
) -> Iterable[NetaReport]:
    from halfhour.reports import neta_files  # noqa: PLC0415

    if report == "chargeable-demand":
        return [
            neta_files.chargeable_demand_report(
                runs[0],
                header,
                start=days[0],
                end=days[1],
                saa_run_number=run_number,
                svaa_run_number=run_number,
            )
        ]
    if report == "saa-i058":
        return [neta_files.saa_i058(runs, header, month=_month(month))]
    return neta_files.p0342(runs[0], header, supplier=supplier, start=days[0], end=days[1], run_number=run_number)


def _month(text: str | None) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise HalfhourError(
            "CL-010", f"saa-i058 is for a month, and --month is {text!r}.", "Write such as --month 2024-01."
        ) from None


def _write(report: NetaReport, folder: Path) -> Path:
    from halfhour.formats.flows.writing import in_place  # noqa: PLC0415

    path = folder / report.name
    with in_place(path) as making, making.open("wb") as stream:
        report.write(stream)
    return path
