"""`halfhour case receive`, `send`, `unmatched` and `assign`: files of the industry, in and out of cases."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halfhour.cli.arguments import day, progress_bar
from halfhour.cli.commands.case.shared import tell
from halfhour.cli.database import Flag, Values, person, values, with_database
from halfhour.cli.output import counted, print_json, print_line, print_table, say

if TYPE_CHECKING:
    from halfhour.server.files.folders import FromFolder
    from halfhour.server.files.models import FileInstance


@with_database
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
    from halfhour.server.files.folders import files_of, receive_all  # noqa: PLC0415

    paths, at, documents = files_of(files), day(on), []
    with progress_bar("Taking files in") as progress:
        for done, one in enumerate(receive_all(paths, person(), on=at), start=1):
            documents.append(_document(one))
            progress(done, len(paths))
    if not paths:
        say("There is no file.")
    if json:
        print_json({"files": documents})
    else:
        for document in documents:
            _tell(document)
    left = any(one["state"] != "ACKNOWLEDGED" or any(_waits(two) for two in one["instances"]) for one in documents)
    return 1 if strict and left else 0


def _document(one: FromFolder) -> dict[str, Any]:
    if one.receipt is None:
        problem = one.problem
        assert problem is not None
        fault = {"code": problem.code, "severity": "error", "message": problem.message, "next_step": problem.next_step}
        return {
            "file": one.path.name,
            "new": False,
            "state": "REJECTED",
            "flow": "",
            "findings": [fault],
            "instances": [],
        }
    row = one.receipt.file
    return {
        "file": one.path.name,
        "new": one.receipt.new,
        "state": row.state,
        "flow": row.flow,
        "from": row.from_mpid,
        "to": row.to_mpid,
        "sha256": row.sha256,
        "acknowledgement": row.acknowledgement,
        "findings": row.findings,
        "instances": [_instance(instance) for instance in row.instances.order_by("number")],
        "released": [held.name for held in one.receipt.released],
    }


def _instance(one: FileInstance) -> dict[str, Any]:
    return {
        "id": one.pk,
        "number": one.number,
        "flow": one.flow,
        "mpan": one.mpan,
        "state": one.state,
        "case": one.case_id,
        "because": one.because,
    }


def _waits(instance: dict[str, Any]) -> bool:
    return instance["state"] in ("UNMATCHED", "REJECTED")


def _tell(document: dict[str, Any]) -> None:
    seen = "" if document["new"] or "sha256" not in document else ", the same bytes as before: nothing is changed"
    print_line(f"{document['file']}: {document['flow'] or 'no flow'} {document['state'].lower()}{seen}")
    for fault in document["findings"]:
        if fault["severity"] != "info":
            print_line(f"  {fault['code']}: {fault['message']} {fault['next_step']}")
    counts = Counter((one["state"], one["case"] or "") for one in document["instances"])
    for (state, case), number in counts.items():
        print_line(f"  {counted(number, 'instance')} {state.lower()}" + (f", case {case}" if case else ""))
    for one in document["instances"]:
        if one["state"] == "UNMATCHED":
            print_line(f"  {one['id']}: {one['because']} `halfhour case assign {one['id']} CASE` gives it to a case.")
    for name in document.get("released", []):
        print_line(f"  {name} was held for it, and follows on.")


@with_database
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
    from halfhour.processes.flows.building import without_file  # noqa: PLC0415
    from halfhour.processes.timetables import find_timetable  # noqa: PLC0415
    from halfhour.server.cases.reading import find_case  # noqa: PLC0415
    from halfhour.server.files.outbox import send_to_folder  # noqa: PLC0415

    found = find_case(case)
    sent = send_to_folder(found.id, step, person(), out, given=values(value, "--value"), flow=flow, on=day(on))
    recorded, timetable = sent[0].recorded, find_timetable(found.timetable)
    lacking = without_file(timetable, recorded.state, step, {one.to_mpid for one in sent})
    if json:
        files = [{"file": one.path, "to": one.to_mpid, "flow": one.row.flow, "sha256": one.row.sha256} for one in sent]
        document = {"case": found.id, "event": recorded.event_id, "new": recorded.new, "sent": files}
        print_json({**document, "without_file": lacking})
        return 0
    for one in sent:
        print_line(f"{one.path}: {one.row.flow} to {one.to_mpid}")
    for title, why in lacking.items():
        print_line(f"No file for the {title}: {why}.")
    if not recorded.new:
        print_line("It had been built and recorded before, and was written now.")
    tell(timetable, recorded.state)
    return 0


@with_database
def unmatched(*, json: Flag = False) -> int:
    """Instances of files that no case waits for, with the reason: a person says which case each belongs to.

    Example: halfhour case unmatched

    Parameters
    ----------
    json
        The list as one JSON document on standard output.
    """
    from halfhour.server.files.placing import unmatched as what_waits  # noqa: PLC0415

    rows = list(what_waits())
    columns = ("id", "on", "flow", "mpan", "from", "file", "because")
    cells = [(one.pk, one.on, one.flow, one.mpan, one.file.from_mpid, one.file.name, one.because) for one in rows]
    if json:
        print_json({"unmatched": [dict(zip(columns, row, strict=True)) for row in cells]})
    elif cells:
        print_table("", columns, [tuple(map(str, row)) for row in cells], numeric=(0,))
    else:
        print_line("Nothing waits for a person.")
    return 0


@with_database
def assign(instance: int, case: str, *, step: str = "", outcome: str = "", json: Flag = False) -> int:
    """Say which case an unmatched instance of a file belongs to.

    Example: halfhour case assign 17 TP000001

    Parameters
    ----------
    instance
        Its number, as `halfhour case unmatched` lists it.
    case
        Id of the case.
    step
        Ref of the step that it answers, where the case cannot tell.
    outcome
        Of the step.
    json
        The case as one JSON document on standard output.
    """
    from halfhour.processes.cases import case_document  # noqa: PLC0415
    from halfhour.server.cases.reading import case_as_known, find_case  # noqa: PLC0415
    from halfhour.server.files.placing import assign as give  # noqa: PLC0415

    given = give(instance, find_case(case).id, person(), step=step, outcome=outcome)
    found = case_as_known(find_case(case))
    if json:
        document = {"instance": instance, "instance_state": given.state, "event": given.message_id}
        print_json({**document, **case_document(found.timetable, found.state)})
        return 0
    print_line(f"Instance {instance} is {given.state.lower()}.")
    tell(found.timetable, found.state)
    return 0
