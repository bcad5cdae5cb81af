"""Cases in a database: opened once, events appended once, never edited, and standing as their fold says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from halfhour.errors import HalfhourError
from halfhour.processes.cases import Event, Opening
from halfhour.processes.timetables import find_timetable

OPENED = date(2025, 3, 3)
MOMENT = datetime(2025, 3, 3, 9, tzinfo=UTC)
OPENING = Opening(
    "",
    "third-party-access",
    OPENED,
    {"holder": "The Estate Ltd", "third_party_supplier": "HHSP"},
    {"network": "ridgeway-park", "premises": "Unit 4"},
)


def act(step, outcome, on="2025-03-03", **rest):
    return Event("", 0, date.fromisoformat(on), "act", step, outcome, **rest)


@pytest.fixture
def cases(database):
    from halfhour.server.cases import writing  # noqa: PLC0415 - Django is set up by the database

    return writing


def first_step(case):
    step = find_timetable(case.timetable).steps[0]
    return step.ref, step.outcomes[0].name


def test_a_case_gets_the_next_number_of_its_process(cases):
    first = cases.open_case(OPENING, "tester", moment=MOMENT)
    second = cases.open_case(replace(OPENING, facts={**OPENING.facts, "premises": "Unit 5"}), "tester", moment=MOMENT)
    assert (first.case.id, second.case.id) == ("TP000001", "TP000002")


def test_the_same_key_joins_the_open_case(cases):
    first = cases.open_case(OPENING, "tester", moment=MOMENT)
    again = cases.open_case(OPENING, "another", moment=MOMENT)
    assert (again.new, again.case.id) == (False, first.case.id)


def test_an_event_recorded_twice_changes_nothing(cases):
    from halfhour.server.cases.models import CaseEvent  # noqa: PLC0415

    case = cases.open_case(OPENING, "tester", moment=MOMENT).case
    step, outcome = first_step(case)
    event = replace(act(step, outcome), id="once")
    assert cases.record(case.id, event, "tester", moment=MOMENT).new
    assert not cases.record(case.id, event, "another", moment=MOMENT + timedelta(days=1)).new
    assert CaseEvent.objects.get().who == "tester"


def test_an_event_is_numbered_and_never_recorded_before_the_one_before_it(cases):
    case = cases.open_case(OPENING, "tester", moment=MOMENT).case
    for day in range(3):
        event = Event("", 0, OPENED + timedelta(days=day), "note", data={"text": "seen"})
        # The clock of the machine that records goes back.
        cases.record(case.id, event, "tester", moment=MOMENT - timedelta(hours=day))
    rows = list(case.events.order_by("sequence"))
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert rows[0].recorded_at < rows[1].recorded_at < rows[2].recorded_at


def test_what_cannot_be_is_refused_before_it_is_written(cases):
    case = cases.open_case(OPENING, "tester", moment=MOMENT).case
    for event, code in [
        (act("Z9", "done"), "CS-104"),
        (act(first_step(case)[0], "no such outcome"), "CS-110"),
        (Event("", 0, OPENED, "correction", corrects="nothing"), "CS-106"),
        (Event("", 0, OPENED, "fact", data={"supplier_named": "perhaps"}), "CS-002"),
    ]:
        with pytest.raises(HalfhourError) as refused:
            cases.record(case.id, event, "tester", moment=MOMENT)
        assert refused.value.code == code
    assert case.events.count() == 0
    with pytest.raises(HalfhourError, match="CS-201"):
        cases.record("TP999999", act("Z9", "done"), "tester")


def test_a_step_that_there_is_not_is_refused_of_an_ended_case_too(cases):
    case = cases.open_case(OPENING, "tester", moment=MOMENT).case
    timetable = find_timetable(OPENING.timetable)
    ended_by = next(
        act(step.ref, one.name)
        for step in timetable.steps
        for one in step.outcomes
        if step.any_time and one.state and timetable.states[one.state].kind == "ended"
    )
    cases.record(case.id, ended_by, "tester", moment=MOMENT)
    assert cases.current(case, OPENED).ended_on == OPENED
    with pytest.raises(HalfhourError, match="CS-104"):
        cases.record(case.id, act("Z9", "done"), "tester", moment=MOMENT)
    assert case.events.count() == 1


def test_the_database_itself_refuses_to_edit_what_was_recorded(cases):
    from django.db import Error, transaction  # noqa: PLC0415

    from halfhour.server.cases.models import Case, CaseEvent  # noqa: PLC0415

    case = cases.open_case(OPENING, "tester", moment=MOMENT).case
    cases.record(case.id, Event("", 0, OPENED, "note", data={"text": "seen"}), "tester", moment=MOMENT)
    event = case.events.get()
    event.who = "somebody else"
    for edit in (event.save, event.delete):
        with pytest.raises(HalfhourError, match="CS-208"):
            edit()
    stored, opened = CaseEvent.objects.filter(pk=event.pk), Case.objects.filter(pk=case.pk)
    edits = (
        lambda: stored.update(who="somebody else"),
        lambda: stored._raw_delete("default"),
        lambda: opened.update(opened_on=date(2020, 1, 1)),
        lambda: opened.update(parties={}),
        lambda: opened._raw_delete("default"),
    )
    for edit in edits:
        with pytest.raises(Error, match="never"), transaction.atomic():
            edit()
    assert stored.get().who == "tester"


def test_the_rows_of_a_case_say_what_its_fold_says(cases):
    from halfhour.server.cases.models import Case  # noqa: PLC0415

    case = cases.open_case(OPENING, "tester", moment=MOMENT).case
    step, outcome = first_step(case)
    cases.record(case.id, act(step, outcome), "tester", moment=MOMENT)
    stored = Case.objects.get(pk=case.id)
    state = cases.current(stored, stored.folded_on)
    assert (stored.state, stored.kind, stored.refold_on) == (state.state, state.kind, state.next_change_on)
    waiting = {(row.ref, row.due, row.mpid) for row in stored.waiting_rows.all()}
    assert waiting == {(one.ref, one.due, one.mpid) for one in state.waiting}
    assert {row.mpid for row in stored.party_rows.all()} == set(state.parties.values())


def test_a_case_is_told_as_it_was_known(cases):
    from halfhour.server.cases.reading import case_as_known  # noqa: PLC0415

    case = cases.open_case(OPENING, "tester", moment=MOMENT).case
    step, outcome = first_step(case)
    cases.record(case.id, act(step, outcome), "tester", moment=MOMENT + timedelta(days=10))
    assert case_as_known(case, OPENED, MOMENT + timedelta(days=1)).events == []
    assert len(case_as_known(case, OPENED, MOMENT + timedelta(days=11)).events) == 1
    with pytest.raises(HalfhourError, match="CS-204"):
        case_as_known(case, OPENED, MOMENT - timedelta(days=1))


def test_what_time_alone_changes_is_due_without_anybody_writing(cases):
    from halfhour.server.cases.models import Case  # noqa: PLC0415
    from halfhour.server.cases.reading import due  # noqa: PLC0415

    case = cases.open_case(OPENING, "tester", moment=MOMENT).case
    step, outcome = first_step(case)
    cases.record(case.id, act(step, outcome), "tester", moment=MOMENT)
    change = Case.objects.get(pk=case.id).refold_on
    assert change is not None
    rows = due(change, now=change)
    assert any(row.overdue for row in rows)
    stored = Case.objects.get(pk=case.id)
    assert stored.folded_on == change
    assert stored.state == cases.current(stored, change).state
