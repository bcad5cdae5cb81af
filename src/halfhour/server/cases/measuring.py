"""What is due among very many open cases, beside a bare query of the same index on the same rows, in one process.

`python -m halfhour.server.cases.measuring write CASES DATABASE` fills an empty database, an SQLite file by its path or
PostgreSQL by its address; then `... measure CASES DATABASE` asks it in a process of its own, so that the memory is that
of asking. Each prints one JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from halfhour.errors import HalfhourError
from halfhour.identifiers.mpan import check_digit
from halfhour.processes.cases import CaseState, Event, Opening, check_opening, fold
from halfhour.processes.timetables import find_timetable
from halfhour.server.project.database import VARIABLE, ready

ON = date(2025, 3, 17)
"""The day on which it is asked what is due; a Monday."""

TIMETABLE = "microgeneration-backstop-1"
_DAYS_BACK = 20
_PASSES = 5
_AT_ONCE = 5_000
_WHO = "measuring"


def shapes(on: date) -> Iterator[tuple[Opening, list[Event], CaseState]]:
    """Open cases in which every clock still runs: noticed, or passed on to the Meter Operator, on each day before."""
    timetable = find_timetable(TIMETABLE)
    for back in range(_DAYS_BACK):
        opened = on - timedelta(days=back)
        facts = {"import_mpan": "1012345678903", "commissioning_date": opened, "technology": "pv"}
        parties = {"ldso": "LOND", "import_supplier": "HHSP", "moa": "HHMO"}
        opening = check_opening(timetable, Opening("", TIMETABLE, opened, parties, facts))
        told = Event("told", 1, opened, step="P1.2", outcome="informed_by_hand", by="LOND")
        asked = Event("asked", 2, opened, step="O1.1", outcome="asked_by_hand", by="HHSP")
        for events in ([told], [told, asked]):
            state = fold(timetable, opening, events, on)
            if state.kind == "open" and not any(one.overdue for one in state.waiting):
                yield opening, events, state


def write_cases(number: int, on: date = ON) -> None:
    """Fill an empty database with open cases, each with an MPAN of its own, as if they had been recorded one by one."""
    from django.db import transaction  # noqa: PLC0415 - Django is set up by now

    from halfhour.calendar import LONDON  # noqa: PLC0415
    from halfhour.server.cases.models import Case, CaseEvent, CaseNumber  # noqa: PLC0415
    from halfhour.server.cases.present import rows_of, set_present  # noqa: PLC0415
    from halfhour.server.cases.reading import renew  # noqa: PLC0415
    from halfhour.server.cases.stored import event_row  # noqa: PLC0415
    from halfhour.server.cases.writing import prefix_of  # noqa: PLC0415

    timetable, made = find_timetable(TIMETABLE), list(shapes(on))
    prefix = prefix_of(timetable)
    renew(on)
    for start in range(0, number, _AT_ONCE):
        rows: dict[type, list[Any]] = {Case: [], CaseEvent: []}
        for place in range(start, min(start + _AT_ONCE, number)):
            opening, events, state = made[place % len(made)]
            body = f"10{place:010}"
            facts = {**opening.facts, "import_mpan": f"{body}{check_digit(body)}"}
            own = replace(state, facts=facts)
            at = datetime(opening.opened_on.year, opening.opened_on.month, opening.opened_on.day, 9, tzinfo=LONDON)
            case = Case(
                id=f"{prefix}{place + 1:06}",
                timetable=TIMETABLE,
                opened_on=opening.opened_on,
                nation=opening.nation,
                parties=dict(opening.parties),
                facts=facts,
                parameters={},
                opened_by=_WHO,
                recorded_at=at,
                last_sequence=len(events),
            )
            set_present(case, timetable, own, events, on)
            rows[Case].append(case)
            for event in events:
                kept = replace(event, id=f"{case.id}-{event.sequence}")
                rows[CaseEvent].append(event_row(case, kept, _WHO, at + timedelta(seconds=event.sequence)))
            for derived in rows_of(case, own, events):
                for row in derived:
                    rows.setdefault(type(row), []).append(row)
        with transaction.atomic():
            for model, new in rows.items():
                model.objects.bulk_create(new)  # type: ignore[attr-defined]
    CaseNumber.objects.update_or_create(prefix=prefix, defaults={"last": number})


def bare_query(on: date) -> list[Any]:
    """The rows that are due, straight from the index."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT due, case_id, ref, attempt, party, mpid, flow, since, counted FROM cases_casewaiting "
            "WHERE due <= %s ORDER BY due, case_id, ref",
            [on],
        )
        return list(cursor.fetchall())


def measure(number: int, on: date = ON) -> dict[str, Any]:
    """What is due, asked in turn of Halfhour and of the bare index.

    Returns:
        Seconds of each (medians), their ratio, how many queries Halfhour makes; MB of memory that the process had at
        most (`peak_mb`), and how much of it came by asking (`grown_mb`).
    """
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from halfhour.server.cases.reading import due  # noqa: PLC0415

    times: dict[str, list[float]] = {"due_s": [], "bare_s": []}
    rows: list[Any] = []
    bare: list[Any] = []
    before = _peak_mb()
    for _ in range(_PASSES + 1):
        started = time.perf_counter()
        rows = due(on, now=on)
        times["due_s"].append(time.perf_counter() - started)
        started = time.perf_counter()
        bare = bare_query(on)
        times["bare_s"].append(time.perf_counter() - started)
    with CaptureQueriesContext(connection) as captured:
        due(on, now=on)
    medians = {name: statistics.median(found[1:]) for name, found in times.items()}
    return {
        "cases": number,
        "database": connection.vendor,
        "due": len(rows),
        "agree": [(row.case_id, row.ref) for row in rows] == [(row[1], row[2]) for row in bare],
        "queries": len(captured),
        **medians,
        "ratio": medians["due_s"] / medians["bare_s"],
        "peak_mb": _peak_mb(),
        "grown_mb": _peak_mb() - before,
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def database_of_its_own(address: str) -> Iterator[str]:
    """An empty database on the PostgreSQL server of an address, for a while; gives its address.

    Raises:
        HalfhourError: CL-006 the server cannot be reached, or lets nobody make a database.
    """
    import psycopg  # noqa: PLC0415 - an extra
    from psycopg import sql  # noqa: PLC0415

    name = f"halfhour_bench_{uuid4().hex[:12]}"
    try:
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise HalfhourError(
            "CL-006",
            f"No database can be made on the PostgreSQL server that {VARIABLE} names: {reason}.",
            f"Name a user who may (CREATEDB), or take {VARIABLE} away: SQLite is measured without it.",
        ) from None
    try:
        yield urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def main() -> None:
    """Fill the database, or measure what was filled, and print one JSON object."""
    what, number, database = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    # Never the database of whoever measures: what is made up here must not stand among what was recorded.
    os.environ[VARIABLE] = database
    ready()
    from halfhour.server.cases.models import Case  # noqa: PLC0415

    if Case.objects.exclude(opened_by=_WHO).exists():
        raise HalfhourError("CL-006", "The database holds cases that were recorded.", "Name an empty one.")
    if what == "measure":
        sys.stdout.write(json.dumps(measure(number)))
        return
    started = time.perf_counter()
    write_cases(number)
    sys.stdout.write(json.dumps({"cases": number, "write_s": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
