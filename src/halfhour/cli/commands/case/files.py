"""`halfhour case receive`, `send`, `unmatched` and `assign`: files of the industry, in and out of cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halfhour.cli.arguments import day
from halfhour.cli.commands.case.shared import Flag, Values, person, ready, tell, values
from halfhour.cli.output import counted, print_json, print_line, print_table, say
from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    from halfhour.server.files.receiving import Receipt


def receive(files: tuple[Path, ...], /, *, on: str | None = None, strict: Flag = False, json: Flag = False) -> int:
    """Take files in: each is acknowledged or refused, and each instance goes to its case, opens one, or waits.

    Example: halfhour case receive inbox

    Parameters
    ----------
    files
        Files, or folders of files; the earliest made is taken first.
    on
        Day on which they came; default: the day in each file's header.
    strict
        Leave with exit code 1 where a file was refused or an instance waits for a person.
    json
        The receipts as one JSON document on standard output.
    """
    ready()
    from halfhour.server.files.receiving import receive as take_in  # noqa: PLC0415

    contents = sorted(_contents(files), key=lambda one: (_made(one[1]), one[0].name))
    receipts = [take_in(content, path.name, person(), on=day(on)) for path, content in contents]
    documents = [_document(receipt) for receipt in receipts]
    if json:
        print_json({"files": documents})
    else:
        for document in documents:
            _tell(document)
    left = sum(one["state"] == "REJECTED" or any(_waits(two) for two in one["instances"]) for one in documents)
    return 1 if strict and left else 0


def _contents(files: tuple[Path, ...]) -> Iterator[tuple[Path, bytes]]:
    for named in files:
        if named.is_dir():
            inside = [path for path in sorted(named.iterdir()) if path.is_file() and not path.name.startswith(".")]
            if not inside:
                say(f"{named} holds no file.")
            yield from ((path, path.read_bytes()) for path in inside)
        else:
            yield named, named.read_bytes()


def _made(content: bytes) -> str:
    """The moment in a file's header, by which the files of a folder are put in order; the last where there is none."""
    parts = content[:400].split(b"\n", 1)[0].split(b"|")
    return parts[7].decode("latin-1") if len(parts) > 7 else "99999999999999"


def _document(receipt: Receipt) -> dict[str, Any]:
    row = receipt.file
    return {
        "file": row.name,
        "new": receipt.new,
        "state": row.state,
        "flow": row.flow,
        "from": row.from_mpid,
        "to": row.to_mpid,
        "sha256": row.sha256,
        "findings": row.findings,
        "instances": [
            {
                "id": one.pk,
                "number": one.number,
                "flow": one.flow,
                "mpan": one.mpan,
                "state": one.state,
                "case": one.case_id,
                "because": one.because,
            }
            for one in row.instances.order_by("number")
        ],
    }


def _waits(instance: dict[str, Any]) -> bool:
    return instance["state"] in ("UNMATCHED", "REJECTED")


def _tell(document: dict[str, Any]) -> None:
    seen = "" if document["new"] else " (seen before)"
    print_line(f"{document['file']}: {document['flow'] or 'no flow'} {document['state'].lower()}{seen}")
    for fault in document["findings"]:
        if fault["severity"] == "error":
            print_line(f"  {fault['code']}: {fault['message']} {fault['next_step']}")
    counts = Counter((one["state"], one["case"] or "") for one in document["instances"])
    for (state, case), number in counts.items():
        print_line(f"  {counted(number, 'instance')} {state.lower()}" + (f", case {case}" if case else ""))
    for one in document["instances"]:
        if one["state"] == "UNMATCHED":
            print_line(f"  {one['id']}: {one['because']}")


def send(
    case: str,
    step: str,
    *,
    out: Path,
    value: Values = (),
    flow: str = "",
    on: str | None = None,
    json: Flag = False,
) -> int:
    """Build the file that a step needs from its case and the register, write it, and record it as sent.

    Example: halfhour case send ER000001 E6 --out outbox

    Parameters
    ----------
    case
        Id of the case.
    step
        Ref of the step.
    out
        Folder for the file; made where it is not there.
    value
        NAME=VALUE for this file, where neither case nor register knows; may be given more than once.
    flow
        Which flow, where the step has several.
    on
        Day of sending; default: today in Great Britain.
    json
        What was sent as one JSON document on standard output.
    """
    ready()
    from halfhour.processes.timetables import find_timetable  # noqa: PLC0415
    from halfhour.server.files.sending import send as build_and_record  # noqa: PLC0415

    out.mkdir(parents=True, exist_ok=True)
    sent = build_and_record(case, step, person(), given=values(value, "--value"), flow=flow, on=day(on))
    for one in sent:
        (out / one.name).write_bytes(one.content)
    if json:
        print_json({"sent": [{"file": str(out / one.name), "to": one.to_mpid, "flow": one.row.flow} for one in sent]})
        return 0
    for one in sent:
        print_line(f"{out / one.name}: {one.row.flow} to {one.to_mpid}")
    last = sent[-1].recorded
    tell(find_timetable(last.case.timetable), last.state)
    return 0


def unmatched(*, json: Flag = False) -> int:
    """Instances of files that no case waits for, with the reason: a person says which case each belongs to.

    Example: halfhour case unmatched

    Parameters
    ----------
    json
        The list as one JSON document on standard output.
    """
    ready()
    from halfhour.server.files.models import FileInstance  # noqa: PLC0415

    rows = list(FileInstance.objects.filter(state="UNMATCHED").select_related("file").order_by("on", "id"))
    columns = ("id", "on", "flow", "mpan", "from", "file", "because")
    cells = [(one.pk, one.on, one.flow, one.mpan, one.file.from_mpid, one.file.name, one.because) for one in rows]
    if json:
        print_json({"unmatched": [dict(zip(columns, row, strict=True)) for row in cells]})
    elif cells:
        print_table("", columns, [tuple(map(str, row)) for row in cells], numeric=(0,))
    else:
        print_line("Nothing waits for a person.")
    return 0


def assign(instance: int, case: str, *, json: Flag = False) -> int:
    """Say which case an unmatched instance of a file belongs to.

    Example: halfhour case assign 17 TP000001

    Parameters
    ----------
    instance
        Its number, as `halfhour case unmatched` lists it.
    case
        Id of the case.
    json
        The case as one JSON document on standard output.
    """
    ready()
    from halfhour.processes.cases import case_document  # noqa: PLC0415
    from halfhour.server.cases.reading import case_as_known, find_case  # noqa: PLC0415
    from halfhour.server.files.receiving import assign as give  # noqa: PLC0415

    if instance < 1:
        raise HalfhourError("CS-211", f"There is no instance {instance}.", "`halfhour case unmatched` lists them.")
    give(instance, case, person())
    found = case_as_known(find_case(case))
    if json:
        print_json(case_document(found.timetable, found.state))
    else:
        tell(found.timetable, found.state)
    return 0
