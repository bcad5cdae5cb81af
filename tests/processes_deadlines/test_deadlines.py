"""Everything due, as a table and as a calendar that calendar programs read."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from halfhour.processes.cases import Event, Opening, fold
from halfhour.processes.deadlines import COLUMNS, as_csv, as_ics, deadlines
from halfhour.processes.timetables import find_timetable

icalendar = pytest.importorskip("icalendar")

MADE = datetime(2025, 3, 11, 8, tzinfo=UTC)


@pytest.fixture
def rows():
    timetable = find_timetable("third-party-access")
    first = timetable.steps[0]
    clocked = [step for step in timetable.steps if step.clock]
    assert clocked
    facts = {fact.name: _any(fact) for fact in timetable.facts.values() if fact.required}
    opening = Opening("TP000001", timetable.id, date(2025, 3, 3), {}, facts)
    state = fold(timetable, opening, [Event("e1", 1, date(2025, 3, 3), step=first.ref, outcome=first.outcomes[0].name)])
    found = deadlines(timetable, replace(state))
    assert found
    return found


def _any(fact):
    return {
        "mpan": "1012345678903",
        "date": date(2025, 3, 3),
        "integer": 1,
        "decimal": 1,
        "yes-no": True,
        "choice": fact.choices[0] if fact.choices else "",
        "mpid": "HHSP",
    }.get(fact.kind, "something")


def test_every_deadline_is_a_row_that_a_spreadsheet_can_read(rows):
    read = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert tuple(read[0]) == COLUMNS
    assert [row["due"] for row in read] == sorted(str(row.due) for row in rows)
    assert all(row["counted"] for row in read)


def test_a_text_that_a_spreadsheet_would_compute_is_made_harmless(rows):
    assert "'=1+1" in as_csv([replace(rows[0], subject="=1+1")])


def test_the_calendar_has_each_deadline_as_a_whole_day(rows):
    calendar = icalendar.Calendar.from_ical(as_ics(rows, "Halfhour HHSP", MADE))
    events = calendar.walk("VEVENT")
    assert len(events) == len(rows)
    for event, row in zip(events, sorted(rows, key=lambda one: (one.due, one.case_id, one.ref)), strict=True):
        assert event.decoded("dtstart") == row.due
        assert event.decoded("dtend") == row.due + timedelta(days=1)
        assert row.action in str(event["summary"])
    uids = [str(event["uid"]) for event in events]
    assert len(set(uids)) == len(uids)


def test_the_same_deadlines_give_the_same_calendar(rows):
    assert as_ics(rows, "Halfhour HHSP", MADE) == as_ics(rows[::-1], "Halfhour HHSP", MADE)


def test_lines_of_the_calendar_are_folded_and_end_as_the_standard_says(rows):
    written = as_ics([replace(rows[0], action="a" * 300)], "Halfhour HHSP", MADE)
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    assert b"\n" not in written.replace(b"\r\n", b"")


def test_an_overdue_act_says_how_late_it_is(rows):
    late = replace(rows[0], overdue=True, days_late=3)
    event = icalendar.Calendar.from_ical(as_ics([late], "x", MADE)).walk("VEVENT")[0]
    assert str(event["summary"]).startswith("OVERDUE ")
    assert "Late by 3 days." in str(event["description"])
