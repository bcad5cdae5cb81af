"""Writers of cases in processes of their own, and what must hold of the database whoever wrote it and however it ended.

`python case_writers.py WORK` uses the database that HALFHOUR_DATABASE names.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

TIMETABLE = "microgeneration-backstop-1"
FIRST_DAY = date(2025, 3, 3)

ACTS: tuple[dict[str, Any], ...] = (
    {"kind": "act", "step": "P1.1"},
    {"kind": "act", "step": "P1.2", "outcome": "informed_by_hand"},
    {"kind": "act", "step": "O1.1", "outcome": "asked_by_hand"},
    {"kind": "act", "step": "M1"},
    {"kind": "act", "step": "C1"},
    {"kind": "fact", "data": {"capacity_kw": "3.6"}},
    {"kind": "party", "data": {"moa": "HHMO"}},
    {"kind": "note", "data": {"text": "telephoned"}},
)
"""What may happen to a case of the backstop; the change of Supplier (C1) ends it and opens the next."""


def core(number: int) -> str:
    """An MPAN core of its own."""
    from halfhour.identifiers.mpan import check_digit  # noqa: PLC0415

    body = f"10{number:010}"
    return f"{body}{check_digit(body)}"


def opening(number: int) -> Any:
    """A case of its own."""
    from halfhour.processes.cases import Opening  # noqa: PLC0415

    facts = {"import_mpan": core(number), "commissioning_date": "2025-02-24", "technology": "pv"}
    return Opening("", TIMETABLE, FIRST_DAY, {"ldso": "LOND", "import_supplier": "HHSP"}, facts)


def events_of_round(number: int) -> list[Any]:
    """Some of what may happen, each event with an id of its own, on days in no order."""
    from halfhour.processes.cases import Event  # noqa: PLC0415

    chance = random.Random(number)
    chosen = chance.sample(ACTS, 4)
    return [
        Event(f"r{number}.{place}", 0, FIRST_DAY + timedelta(days=chance.randrange(20)), **act)
        for place, act in enumerate(chosen)
    ]


def share(number: int, writer: int) -> list[Any]:
    """What a writer records of a round, in an order of its own: its part, and one event that the other records too."""
    events = events_of_round(number)
    own = [events[0], *events[1 + writer :: 2]]
    random.Random(number * 2 + writer).shuffle(own)
    return own


def race(writer: int) -> None:
    """Do what each line asks, beside another writer that is asked at the same moment, and say what came of it."""
    for line in sys.stdin:
        verb, number = line.split()
        print(*RACES[verb](int(number), writer), flush=True)


def open_one(number: int, writer: int) -> list[str]:
    """Open the case of a round; its id."""
    from halfhour.server.cases.writing import open_case  # noqa: PLC0415

    return [open_case(opening(number), f"writer {writer}").case.id]


def record_share(number: int, writer: int) -> list[str]:
    """Record a writer's share of a round, with pauses; the events as they were recorded."""
    from halfhour.server.cases.models import Case  # noqa: PLC0415
    from halfhour.server.cases.writing import record  # noqa: PLC0415

    chance = random.Random(number * 2 + writer)
    case_id = Case.objects.filter(subject_rows__value=core(number), follows=None).values_list("pk", flat=True)[0]
    said = []
    for one in share(number, writer):
        if chance.random() < 0.5:
            time.sleep(chance.random() * 0.002)
        said.append(record(case_id, one, f"writer {writer}").event_id)
    return said


def open_or_take(number: int, writer: int) -> list[str]:
    """The one opens a case, the other takes in a file that belongs to it."""
    from halfhour.server.files.receiving import receive  # noqa: PLC0415

    if writer == number % 2:
        # A file is stored and checked before it is matched; the opening is to fall anywhere into that.
        time.sleep(random.Random(number).random() * 0.03)
        return open_one(number, writer)
    receipt = receive(request(number), "request.usr", "writer", on=FIRST_DAY)
    return [receipt.file.instances.get().message_id]


RACES = {"open": open_one, "record": record_share, "meet": open_or_take}


def write_on(writer: int, cases: int, events: int) -> None:
    """Record events of a few cases shared with others, saying each once it is recorded; 0 goes on until killed."""
    from halfhour.processes.cases import Event  # noqa: PLC0415
    from halfhour.server.cases.writing import open_case, record  # noqa: PLC0415

    chance = random.Random(writer)
    ids = [open_case(opening(number), f"writer {writer}").case.id for number in range(cases)]
    print("ready", flush=True)
    place = 0
    while place < events or not events:
        act = chance.choice(ACTS[5:])
        event = Event(f"w{writer}.{place}", 0, FIRST_DAY + timedelta(days=chance.randrange(20)), **act)
        record(chance.choice(ids), event, f"writer {writer}")
        print(event.id, flush=True)
        place += 1


def take_files(first: int) -> None:
    """Take in notices that open cases and answers to them, saying each file once it is taken; until killed."""
    from halfhour.server.files.receiving import receive  # noqa: PLC0415

    print("ready", flush=True)
    for number in range(first, first + 100_000):
        for name, content in (("notice", notice(number)), ("request", request(number))):
            receipt = receive(content, f"{name}-{number}.usr", "writer", on=FIRST_DAY)
            print(receipt.file.sha256, flush=True)


def send_files(first: int, folder: str) -> None:
    """Open cases and send the files that they need, saying each once it is written; until killed."""
    from pathlib import Path  # noqa: PLC0415

    from halfhour.server.cases.writing import open_case, record  # noqa: PLC0415
    from halfhour.server.files.outbox import send_to_folder  # noqa: PLC0415

    print("ready", flush=True)
    for number in range(first, first + 100_000):
        case = open_case(opening(number), "writer").case
        record(case.id, event("party", {"moa": "HHMO"}), "writer")
        record(case.id, event("act", {}, step="P1.2", outcome="informed_by_hand"), "writer")
        sent = send_to_folder(case.id, "O1.1", "writer", Path(folder), on=FIRST_DAY)
        print(sent[0].path.name, flush=True)


def event(kind: str, data: dict[str, Any], **rest: Any) -> Any:
    """An event of the first day."""
    from halfhour.processes.cases import Event  # noqa: PLC0415

    return Event("", 0, FIRST_DAY, kind, data=data, **rest)


def notice(number: int) -> bytes:
    """The LDSO's notice of a generator, which opens a case."""
    return _d0001(number, ("R", "LOND"), ("X", "HHSP"))


def request(number: int) -> bytes:
    """The Import Supplier's request to its Meter Operator, which a case waits for."""
    return _d0001(number, ("X", "HHSP"), ("M", "HHMO"))


def _d0001(number: int, sender: tuple[str, str], recipient: tuple[str, str]) -> bytes:
    from halfhour.formats.flows.layouts import find_layout  # noqa: PLC0415
    from halfhour.formats.flows.records import Record, new_flow, write_flow  # noqa: PLC0415

    header = {
        "file_id": f"{number:010}",
        "from_role": sender[0],
        "from_mpid": sender[1],
        "to_role": recipient[0],
        "to_mpid": recipient[1],
        "created": "20250303090000",
    }
    reason = Record("002", {"reason_code": "BSTOP"})
    generator = Record("003", {"technology": "pv", "capacity_kw": "3.6", "commissioning_date": "20250224"})
    system = Record("001", {"mpan_core": core(number), "request_date": "20250303"}, groups=[reason, generator])
    return write_flow(new_flow(find_layout("D0001001"), header, [system]))


def faults() -> Iterator[str]:
    """What does not hold in the database that Django is pointed at; nothing where all is whole."""
    from halfhour.processes.cases import fold  # noqa: PLC0415
    from halfhour.processes.timetables import find_timetable  # noqa: PLC0415
    from halfhour.server.cases.models import Case, CaseEvent  # noqa: PLC0415
    from halfhour.server.cases.present import rows_of, set_present  # noqa: PLC0415
    from halfhour.server.cases.stored import events_of, opening_of  # noqa: PLC0415

    keys = list(Case.objects.filter(ended_on__isnull=True).values_list("key", flat=True))
    if len(keys) != len(set(keys)):
        yield "two open cases have one key"
    numbered: dict[str, list[int]] = {}
    for case in Case.objects.prefetch_related("events", "party_rows", "subject_rows", "waiting_rows", "follow_on_rows"):
        numbered.setdefault(case.id[:2], []).append(int(case.id[2:]))
        rows = list(case.events.all())
        if [row.sequence for row in rows] != list(range(1, len(rows) + 1)) or case.last_sequence != len(rows):
            yield f"{case.id}: sequences {[row.sequence for row in rows]}, last {case.last_sequence}"
        moments = [case.recorded_at, *(row.recorded_at for row in rows)]
        if any(later <= earlier for earlier, later in pairwise(moments)):
            yield f"{case.id}: recorded out of order"
        events, timetable = events_of(rows), find_timetable(case.timetable)
        state = fold(timetable, opening_of(case), events, case.folded_on)
        fresh = Case(id=case.id, opened_on=case.opened_on)
        set_present(fresh, timetable, state, events, case.folded_on)
        for name in ("key", "subject", "state", "kind", "ended_on", "changed_on", "refold_on"):
            if getattr(fresh, name) != getattr(case, name):
                yield f"{case.id}: {name} is {getattr(case, name)}, and folds to {getattr(fresh, name)}"
        stored = (case.party_rows.all(), case.subject_rows.all(), case.waiting_rows.all())
        for wanted, found in zip(rows_of(case, state, events), stored, strict=True):
            if sorted(map(_cells, wanted)) != sorted(map(_cells, found)):
                yield f"{case.id}: rows {sorted(map(_cells, found))}, and fold to {sorted(map(_cells, wanted))}"
        if len(case.follow_on_rows.all()) != len(state.follow_ons) or any(
            row.opened_id is None for row in case.follow_on_rows.all()
        ):
            yield f"{case.id}: {len(state.follow_ons)} cases follow, and {len(case.follow_on_rows.all())} are kept"
    for prefix, found in numbered.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            yield f"cases of {prefix} are numbered {sorted(found)}"
    if CaseEvent.objects.count() != len(set(CaseEvent.objects.values_list("pk", flat=True))):
        yield "an event stands twice"


def _cells(row: Any) -> tuple[str, ...]:
    return tuple(str(getattr(row, field.attname)) for field in row._meta.fields if field.name != "id")


def main() -> None:
    """Do the work named."""
    from halfhour.server.project.database import ready  # noqa: PLC0415

    ready()
    work, *arguments = sys.argv[1:]
    if work == "race":
        print("ready", flush=True)
        race(int(arguments[0]))
    elif work == "write-on":
        write_on(*map(int, arguments))
    elif work == "take-files":
        take_files(int(arguments[0]))
    elif work == "send-files":
        send_files(int(arguments[0]), arguments[1])


if __name__ == "__main__":
    main()
