"""Killed at any moment: everything that was said to be recorded is there, and nothing is half recorded."""

from __future__ import annotations

import os
import random
import signal
import time

import case_writers
import pytest
from test_cases_written_at_once import started

from halfhour.formats.flows.records import read_flow


def killed(number, *arguments):
    """A writer killed while it writes; what it had said."""
    writer = started(*arguments)
    assert writer.stdout.readline() == "ready\n"
    writer.stdout.readline()
    time.sleep(random.Random(number).uniform(0.0, 0.4))
    os.kill(writer.pid, signal.SIGKILL)
    said = writer.stdout.read().split("\n")
    assert writer.wait(30) == -signal.SIGKILL
    until_nobody_writes()
    # The last line may be cut; then nothing was said.
    return said[:-1]


def until_nobody_writes():
    """PostgreSQL notices after a moment that a writer is gone."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by the database

    if connection.vendor == "postgresql":
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute(others)
                if cursor.fetchone()[0] == 0:
                    return
            time.sleep(0.02)
        pytest.fail("a writer that was killed still writes")


@pytest.fixture
def times():
    return range(6)


def test_a_writer_of_events_killed_at_any_moment(database, times):
    from halfhour.server.cases.models import CaseEvent  # noqa: PLC0415 - Django is set up by the database

    told = []
    for number in times:
        told += killed(number, "write-on", number, 3, 0)
        assert set(told) <= set(CaseEvent.objects.values_list("pk", flat=True))
        assert list(case_writers.faults()) == []
    assert len(told) > len(times)


def test_a_writer_of_files_killed_at_any_moment_leaves_what_the_same_file_goes_on_with(database, times):
    from halfhour.server.cases.models import CaseEvent  # noqa: PLC0415 - Django is set up by the database
    from halfhour.server.files.models import FileInstance, FlowFileRow  # noqa: PLC0415
    from halfhour.server.files.receiving import receive  # noqa: PLC0415

    told = []
    for number in times:
        told += killed(number, "take-files", number * 1_000)
        assert list(case_writers.faults()) == []
    rows = FlowFileRow.objects.filter(sha256__in=told)
    assert rows.count() == len(set(told))
    assert set(rows.values_list("state", flat=True)) == {"ACKNOWLEDGED"}
    assert not FileInstance.objects.filter(file__in=rows, state="WAITING").exists()
    for row in FlowFileRow.objects.all():
        assert not receive(bytes(row.content), row.name, "another").new
    assert set(FlowFileRow.objects.values_list("state", flat=True)) == {"ACKNOWLEDGED"}
    assert set(FileInstance.objects.values_list("state", flat=True)) == {"OPENED", "MATCHED"}
    assert CaseEvent.objects.count() == FileInstance.objects.count()
    assert list(case_writers.faults()) == []


def test_a_sender_killed_at_any_moment_leaves_no_file_that_is_not_recorded_and_the_next_writes_what_is_queued(
    database, times, tmp_path
):
    from halfhour.server.cases.models import CaseEvent  # noqa: PLC0415 - Django is set up by the database
    from halfhour.server.files.models import FlowFileRow  # noqa: PLC0415
    from halfhour.server.files.outbox import write_queued  # noqa: PLC0415

    outbox, told = tmp_path / "outbox", []
    for number in times:
        told += killed(number, "send-files", number * 1_000, outbox)
        written = {path.name: path.read_bytes() for path in outbox.glob("*.usr")}
        stored = {row.name: bytes(row.content) for row in FlowFileRow.objects.all()}
        assert set(told) <= set(written)
        assert all(stored[name] == content for name, content in written.items())
        assert list(case_writers.faults()) == []
    write_queued(outbox)
    assert {path.name for path in outbox.glob("*.usr")} == set(FlowFileRow.objects.values_list("name", flat=True))
    assert set(FlowFileRow.objects.values_list("state", flat=True)) == {"SENT"}
    numbers = sorted(int(read_flow(path).header["file_id"]) for path in outbox.glob("*.usr"))
    assert numbers == list(range(1, len(numbers) + 1)), "no number of a file is used twice or left out"
    assert CaseEvent.objects.filter(kind="flow").count() == len(numbers)
