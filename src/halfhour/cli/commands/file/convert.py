"""`halfhour file convert`: a file as tables, a workbook or JSON, and JSON back to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from halfhour.cli.commands.file.readings import convert_readings
from halfhour.cli.commands.file.shared import (
    FINDINGS_SHOWN,
    Flag,
    Layouts,
    checked,
    finding_entry,
    is_flow,
    list_findings,
)
from halfhour.cli.output import print_json, print_line, say
from halfhour.errors import Finding, HalfhourError

if TYPE_CHECKING:
    from halfhour.formats.flows.checking import Verdict
    from halfhour.formats.flows.findings import FlowFinding

Form = Literal["csv", "parquet", "xlsx", "json", "file"]
SUFFIXES = {"csv": "-csv", "parquet": "-parquet", "xlsx": ".xlsx", "json": ".json", "file": ".txt"}


def convert(
    file: Path,
    *,
    to: Form,
    out: Path | None = None,
    layouts: Layouts = (),
    secrets: Flag = False,
    even_rejected: Flag = False,
    quantity: Literal["AI", "AE"] | None = None,
    bg_clock: Literal["utc", "local"] | None = None,
    strict: Flag = False,
    json: Flag = False,
) -> int:
    """Convert a file to tables, a workbook or JSON, or JSON back to a file.

    Example: halfhour file convert inbox/advances.txt --to parquet

    A flow becomes one table for each group, the keys of the groups above carried down. Readings in any format become
    one long table as `halfhour settle` takes it. A file that is rejected as a whole is not converted.

    Parameters
    ----------
    file
        DTC user file, Pool Transfer file, NETA file, half-hourly readings, or (with --to file) JSON.
    to
        csv or parquet (a folder with a table for each group), xlsx (a workbook), json, or file (from JSON).
    out
        Where to write; default: the file's name in the current folder.
    layouts
        Folder of layouts of your own; may be given more than once.
    secrets
        Write passwords and PINs into tables; JSON always has them.
    even_rejected
        Convert what can be read of a file that is rejected.
    quantity
        Of readings whose format does not say: AI or AE.
    bg_clock
        Clock of bg files: utc or local.
    strict
        Leave with exit code 1 when there are rejected instances or warnings.
    json
        One JSON document on standard output: what was written.
    """
    out = out or Path(file.name.split(".")[0] + SUFFIXES[to])
    if out.exists() and out.is_file() and out.samefile(file):
        raise HalfhourError("FF-122", f"'{out}' is the file itself.", "Name another place with --out.")
    findings: list[Finding] = []
    if to == "file":
        findings += _write_back(file, out, layouts)
    elif not is_flow(file):
        findings += convert_readings(file, to, out, quantity, bg_clock, even_rejected)
    else:
        findings += _convert_flow(file, to, out, layouts, secrets, even_rejected)
    serious = [finding for finding in findings if finding.severity != "info"]
    if json:
        print_json({"file": str(file), "out": str(out), "findings": [finding_entry(finding) for finding in findings]})
    else:
        list_findings(serious)
        print_line(f"Written: {out}")
    return 1 if strict and serious else 0


def _convert_flow(
    file: Path, to: Form, out: Path, layouts: tuple[Path, ...], secrets: bool, even_rejected: bool
) -> list[FlowFinding]:
    from halfhour.formats.flows.lines import BrokenFileError  # noqa: PLC0415
    from halfhour.formats.flows.reading import FlowReader, Options  # noqa: PLC0415
    from halfhour.formats.flows.writing import write_json, write_tables  # noqa: PLC0415

    options = Options(tuple(layouts))

    def look(verdict: Verdict) -> None:
        _refuse_rejected(file, verdict, even_rejected)

    if to == "json":
        reader, verdict = checked(file, options)
        look(verdict)
        try:
            write_json(reader, out)
        except BrokenFileError as error:
            step = "Convert to csv or parquet: tables hold what could be read until there."
            raise HalfhourError(error.finding.code, error.finding.message, step) from None
        hidden = [item.name for group in reader.layout.groups.values() for item in group.items if item.secret]
        if hidden:
            say("The document holds the file's passwords and PINs, without which it could not be written back.")
    else:
        verdict = write_tables(FlowReader(file, file.name, options), to, out, secrets=secrets, look=look)
    return verdict.findings


def _refuse_rejected(file: Path, verdict: Verdict, even_rejected: bool) -> None:
    """Refuse a file that is rejected for anything but that no layout is held of its flow."""
    from halfhour.errors import Refused  # noqa: PLC0415

    faults = [
        one for one in verdict.findings if one.severity == "error" and one.scope == "file" and one.code != "FF-205"
    ]
    if faults and not even_rejected:
        raise Refused(
            "FF-122",
            f"{file.name} is rejected, and was not converted.",
            "Ask for the file again, or convert what can be read of it with --even-rejected.",
            [*faults[:FINDINGS_SHOWN]],
        )


def _write_back(file: Path, out: Path, layouts: tuple[Path, ...]) -> list[Finding]:
    """Write a file of records from its JSON document; its trailer is worked out anew."""
    from halfhour.formats.flows.records import from_json, sealed, write_flow  # noqa: PLC0415
    from halfhour.formats.flows.writing import in_place  # noqa: PLC0415

    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise HalfhourError(
            "FF-111", f"{file.name} is not UTF-8, and so no JSON document.", "Give the document that `--to json` wrote."
        ) from None
    given = from_json(text)
    flow = sealed(given, layouts)
    data = write_flow(flow, layouts)
    with in_place(out) as making:
        making.write_bytes(data)
    changed = [
        f"{name} {given.trailer[name]} is now {value}"
        for name, value in flow.trailer.items()
        if given.trailer.get(name, value) != value
    ]
    if not changed:
        return []
    return [
        Finding(
            "FF-113",
            "warning",
            f"The trailer was worked out anew: {', '.join(changed)}.",
            "Nothing to do, unless the content was not meant to change.",
            file.name,
        )
    ]
