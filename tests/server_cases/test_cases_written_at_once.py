"""Several writers at once: no event is lost, doubled or out of order, and every case stands as its fold says."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import case_writers
import pytest

ROUNDS = 1_000


def started(*arguments):
    return subprocess.Popen(
        [sys.executable, Path(case_writers.__file__), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def two_writers():
    """Asks two writers for the same at the same moment, and gives what each says."""
    writers = [started("race", number) for number in (0, 1)]
    assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 2

    def both(verb, number):
        for writer in writers:
            writer.stdin.write(f"{verb} {number}\n")
            writer.stdin.flush()
        return [writer.stdout.readline().split() for writer in writers]

    yield both
    for writer in writers:
        writer.stdin.close()
        assert writer.wait(60) == 0


def interleaved(rounds):
    """Two writers, set off together round by round; what each says that it opened and recorded."""
    with two_writers() as both:
        return [
            [opened + recorded for opened, recorded in zip(both("open", n), both("record", n), strict=True)]
            for n in range(rounds)
        ]


def check_interleavings(said):
    from halfhour.server.cases.models import Case, CaseEvent  # noqa: PLC0415 - Django is set up by the database

    for number, (one, other) in enumerate(said):
        assert one[0] == other[0], "both writers open the same case"
        there = list(CaseEvent.objects.filter(case=one[0]).order_by("sequence").values_list("pk", flat=True))
        wanted = {event.id for event in case_writers.events_of_round(number)}
        assert set(there) == wanted, "no event is lost, and none is there that nobody recorded"
        assert len(there) == len(wanted), "no event is doubled"
        for _, *recorded in (one, other):
            first = recorded.index(f"r{number}.0")
            own = [event for event in recorded if event != f"r{number}.0"]
            assert [event for event in there if event in own] == own, "each writer's events stand in its order"
            assert first >= 0
    assert list(case_writers.faults()) == []
    changes = sum(any(one.step == "C1" for one in case_writers.events_of_round(number)) for number in range(len(said)))
    assert changes > 0
    assert Case.objects.filter(follows__isnull=False).count() == changes, "each case that must follow is opened once"


def test_a_thousand_random_interleavings_of_two_writers_on_postgresql(postgresql_database):
    check_interleavings(interleaved(ROUNDS))


def test_a_hundred_random_interleavings_of_two_writers_on_sqlite(sqlite_database):
    check_interleavings(interleaved(ROUNDS // 10))


def test_four_processes_at_once_lose_nothing(database):
    from halfhour.server.cases.models import CaseEvent  # noqa: PLC0415 - Django is set up by the database

    writers = [started("write-on", number, 3, 15) for number in range(4)]
    said = [line for writer in writers for line in writer.communicate(timeout=120)[0].split() if line != "ready"]
    assert [writer.returncode for writer in writers] == [0] * 4
    assert len(said) == 4 * 15
    assert set(CaseEvent.objects.values_list("pk", flat=True)) == set(said)
    assert list(case_writers.faults()) == []


@pytest.mark.parametrize("together", [2])
def test_two_processes_that_take_the_same_files_record_each_once(database, together):
    from halfhour.server.cases.models import Case, CaseEvent  # noqa: PLC0415 - Django is set up by the database
    from halfhour.server.files.models import FileInstance  # noqa: PLC0415

    writers = [started("take-files", 0) for _ in range(together)]
    seen = [[writer.stdout.readline() for _ in range(21)] for writer in writers]
    for writer in writers:
        writer.kill()
        writer.wait()
    assert seen[0] == seen[1]
    taken = FileInstance.objects.filter(file__sha256__in=[line.strip() for line in seen[0]])
    assert set(taken.values_list("state", flat=True)) == {"OPENED", "MATCHED"}
    assert CaseEvent.objects.filter(pk__in=taken.values("message_id")).count() == 20
    assert Case.objects.filter(file_instances__in=taken).distinct().count() == 10


def test_a_file_and_the_case_that_it_belongs_to_never_miss_each_other(postgresql_database):
    from halfhour.server.cases.models import CaseEvent  # noqa: PLC0415 - Django is set up by the database
    from halfhour.server.files.models import FileInstance  # noqa: PLC0415

    with two_writers() as both:
        said = [both("meet", number) for number in range(150)]
    # The request comes before the notice that it answers, and is held until that is there.
    assert set(FileInstance.objects.exclude(state="HELD").values_list("state", "because")) == set()
    assert CaseEvent.objects.count() == len(said)
    assert list(case_writers.faults()) == []
