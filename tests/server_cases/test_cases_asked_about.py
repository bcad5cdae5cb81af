"""Asking of stored cases: what is due on any day is what the fold says, whatever the rows were worked out for."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import case_writers
import pytest

from halfhour.errors import HalfhourError
from halfhour.processes.cases import Event, Opening, fold
from halfhour.processes.deadlines import deadlines, in_order
from halfhour.processes.timetables import find_timetable

MOMENT = datetime(2025, 3, 10, 9, tzinfo=UTC)
NOW = date(2025, 3, 10)
FIRST = case_writers.FIRST_DAY


@pytest.fixture
def cases(database):
    from halfhour.server.cases import reading, writing  # noqa: PLC0415 - Django is set up by the database

    return reading, writing


def some_cases(writing, number):
    """Cases with random histories, recorded on one day, some of it dated ahead of that day."""
    for place in range(number):
        case_id = writing.open_case(case_writers.opening(place), "tester", moment=MOMENT).case.id
        for event in case_writers.events_of_round(place):
            writing.record(case_id, replace(event, id=""), "tester", moment=MOMENT)


def by_folding(on, within, mpid):
    """What is due, every case folded to the day."""
    from halfhour.server.cases.models import Case  # noqa: PLC0415
    from halfhour.server.cases.stored import events_of, opening_of  # noqa: PLC0415

    rows = []
    for case in Case.objects.filter(opened_on__lte=on):
        timetable = find_timetable(case.timetable)
        state = fold(timetable, opening_of(case), events_of(case.events.all()), on)
        rows += [row for row in deadlines(timetable, state) if row.due <= on + timedelta(days=within)]
    return in_order(row for row in rows if not mpid or row.mpid == mpid)


@pytest.mark.parametrize("back", [5, 0])
def test_what_is_due_on_any_day_is_what_every_case_folded_to_that_day_says(cases, back):
    reading, writing = cases
    some_cases(writing, 25)
    found = 0
    for days in range(-10 + back, 60, 5):
        on = NOW + timedelta(days=days)
        within = random.Random(days).choice([0, 7, 30])
        mpid = random.Random(days).choice(["", "HHSP", "HHMO"])
        rows = reading.due(on, within=within, mpid=mpid, now=NOW)
        assert rows == by_folding(on, within, mpid)
        found += len(rows)
    assert found > 50
    assert list(case_writers.faults()) == []


def test_time_alone_changes_what_is_due_and_the_rows_follow_it(cases):
    reading, writing = cases
    some_cases(writing, 12)
    for days in (0, 3, 11, 40, 200):
        now = NOW + timedelta(days=days)
        assert reading.due(now, now=now) == by_folding(now, 0, "")
        assert list(case_writers.faults()) == []


def test_what_follows_is_told_with_the_parameters_of_each_case(cases):
    reading, writing = cases
    for number, days in ((1, 7), (2, 9), (3, 7)):
        opening = case_writers.opening(number)
        facts = {**opening.facts, "notified_on": opening.opened_on}
        asked = replace(opening, facts=facts, parameters={"escalate_wd": days})
        writing.open_case(asked, "tester", moment=MOMENT)
    rows = [row for row in reading.due(NOW, within=30, now=NOW) if row.ref == "P1.2"]
    assert [row.if_nothing_comes[-4:] for row in rows] == ["7 WD", "9 WD", "7 WD"]
    assert rows == [row for row in by_folding(NOW, 30, "") if row.ref == "P1.2"]


def test_what_is_due_today_takes_three_queries_however_many_cases_there_are(cases):
    from halfhour.server.cases.measuring import ON, measure, write_cases  # noqa: PLC0415

    write_cases(20)
    few = measure(20)
    assert list(case_writers.faults()) == []
    from halfhour.server.cases.models import Case  # noqa: PLC0415

    assert (few["queries"], few["agree"], few["due"] > 0) == (3, True, True)
    assert Case.objects.count() == 20
    assert by_folding(ON, 0, "") == cases[0].due(ON, now=ON)


def test_what_is_due_among_a_hundred_thousand_open_cases_takes_three_queries(sqlite_database):
    from halfhour.server.cases.measuring import measure, write_cases  # noqa: PLC0415
    from halfhour.server.cases.models import Case  # noqa: PLC0415

    write_cases(100_000)
    many = measure(100_000)
    assert Case.objects.filter(ended_on__isnull=True).count() == 100_000
    assert (many["queries"], many["agree"]) == (3, True)
    assert many["due"] > 10_000


def test_a_case_is_found_by_what_it_is_about_and_who_takes_part_in_it(cases):
    reading, writing = cases
    first = writing.open_case(case_writers.opening(1), "tester", moment=MOMENT).case
    second = writing.open_case(case_writers.opening(2), "tester", moment=MOMENT).case
    writing.record(second.id, Event("", 0, FIRST, "party", data={"import_supplier": "UDMS"}), "tester", moment=MOMENT)
    writing.record(
        second.id, Event("", 0, FIRST, "flow", flow="D0001", data={"case_reference": "R77"}), "tester", moment=MOMENT
    )

    def found(**asked):
        return [one.id for one in reading.list_cases(**asked)]

    assert found() == [first.id, second.id]
    assert found(mpan=case_writers.core(2)) == found(mpan="R77") == found(mpid="UDMS") == [second.id]
    assert found(mpid="HHSP") == [first.id]
    assert found(mpan=first.id) == [first.id]
    assert found(timetable="third-party-access") == found(ended=True) == []
    assert found(state="GENERATION_REPORTED", ended=False) == [first.id]
    assert found(ended=False) == [first.id, second.id]
    assert reading.find_case(f" {first.id.lower()} ").pk == first.id
    assert found(mpan="\0") == found(state="\ud800") == []
    for unknown in ("MB999999", "", "'; DROP TABLE", "x" * 500, "MB\ud800", "\0"):
        with pytest.raises(HalfhourError, match="CS-201"):
            reading.find_case(unknown)


def test_a_case_that_cannot_be_folded_any_more_is_named_and_the_others_go_on(cases, monkeypatch):
    reading, writing = cases
    some_cases(writing, 3)
    real = reading.refold

    def broken(case_id, on):
        if case_id == "MB000001":
            raise HalfhourError("PT-005", "There is no timetable 'gone'.", "Check the id.")
        real(case_id, on)

    monkeypatch.setattr(reading, "refold", broken)
    later = NOW + timedelta(days=100)
    problems = reading.renew(later)
    assert [(one.code, one.where) for one in problems] == [("PT-005", "MB000001")]
    monkeypatch.setattr(reading, "refold", real)
    assert reading.renew(later) == []
    assert list(case_writers.faults()) == []


def test_another_edition_of_the_timetables_works_every_open_case_out_anew(cases, monkeypatch):
    from halfhour.server.cases.models import Case  # noqa: PLC0415

    reading, writing = cases
    some_cases(writing, 3)
    reading.renew(NOW)
    Case.objects.update(state="OF_AN_EARLIER_EDITION")
    reading.renew(NOW)
    assert set(Case.objects.values_list("state", flat=True)) == {"OF_AN_EARLIER_EDITION"}
    monkeypatch.setattr(reading, "_edition", lambda: "another")
    reading.renew(NOW)
    assert "OF_AN_EARLIER_EDITION" not in set(Case.objects.filter(ended_on=None).values_list("state", flat=True))


def test_who_did_what_is_told_the_latest_first(cases):
    from halfhour.server.cases.audit import audit  # noqa: PLC0415

    _, writing = cases
    case = writing.open_case(case_writers.opening(1), "HHSP/ann", moment=MOMENT).case
    later = MOMENT + timedelta(hours=1)
    told = Event("", 0, FIRST, step="P1.2", outcome="informed_by_hand", by="LOND")
    writing.record(case.id, told, "HHSP/ben", moment=later)
    writing.record(case.id, Event("", 0, FIRST, "withdrawal", corrects=f"{case.id}-1"), "HHSP/ann", moment=later)
    deeds = audit()
    assert [(one.who, one.by, one.what) for one in deeds] == [
        ("HHSP/ann", "", f"withdrew {case.id}-1 on 2025-03-03"),
        ("HHSP/ben", "LOND", "P1.2 informed_by_hand on 2025-03-03"),
        ("HHSP/ann", "", "opened microgeneration-backstop-1"),
    ]
    assert [one.at for one in deeds] == sorted((one.at for one in deeds), reverse=True)
    assert [one.event_id for one in audit(who="HHSP/ben", case_id=case.id)] == [f"{case.id}-1"]
    assert [one.what for one in audit(until=later)] == ["opened microgeneration-backstop-1"]
    assert len(audit(since=later)) == 2
    assert [one.what[:8] for one in audit(most=1)] == ["withdrew"]


def test_a_case_is_laid_beside_itself_under_another_option_and_calendar(cases):
    from halfhour.server.cases.what_if import dates, what_if  # noqa: PLC0415

    _, writing = cases
    case = writing.open_case(
        replace(case_writers.opening(1), opened_on=date(2025, 4, 14), parameters={"n2": 4}), "tester", moment=MOMENT
    ).case
    for step, outcome in (("P1.2", "informed_by_hand"), ("O1.1", "asked_by_hand")):
        writing.record(case.id, Event("", 0, date(2025, 4, 14), step=step, outcome=outcome), "tester", moment=MOMENT)
    same = what_if(case, on=date(2025, 4, 14))
    assert same.as_it_is == same.other
    assert same.left_out == ()
    # Easter Monday 21 April 2025 is a Working Day in Scotland.
    scottish = what_if(case, calendar="SCT", on=date(2025, 4, 14))
    assert dates(scottish.as_it_is)["O1.2"]["due"] == date(2025, 4, 22)
    assert dates(scottish.other)["O1.2"]["due"] == date(2025, 4, 21)
    longer = what_if(case, parameters={"n2": 6}, on=date(2025, 4, 14))
    assert dates(longer.other)["O1.2"]["due"] > dates(longer.as_it_is)["O1.2"]["due"]
    assert longer.other.state.parameters["n2"] == 6
    third = what_if(case, timetable="microgeneration-backstop-3", on=date(2025, 4, 14))
    assert [one.step for one in third.left_out] == ["O1.1"]
    assert third.other.state.parameters["n2"] == 4
    assert [one.ref for one in third.other.state.waiting] == ["O3.1"]
    with pytest.raises(HalfhourError, match="PT-007"):
        what_if(case, parameters={"n99": 1})
    with pytest.raises(HalfhourError, match="PT-005"):
        what_if(case, timetable="nothing")
    with pytest.raises(HalfhourError, match="CA-"):
        what_if(case, calendar="FR")
    assert case.events.count() == 2, "asking what if writes nothing"


def test_what_if_of_a_day_on_which_acts_are_overdue_has_them_done_on_that_day(cases):
    from halfhour.server.cases.what_if import dates, what_if  # noqa: PLC0415

    _, writing = cases
    case = writing.open_case(case_writers.opening(1), "tester", moment=MOMENT).case
    for step, outcome in (("P1.2", "informed_by_hand"), ("O1.1", "asked_by_hand")):
        writing.record(case.id, Event("", 0, FIRST, step=step, outcome=outcome), "tester", moment=MOMENT)
    day = max(one.due for one in what_if(case, on=FIRST).as_it_is.state.waiting if one.due) + timedelta(days=2)
    side = what_if(case, on=day).as_it_is
    overdue = [one.ref for one in side.state.waiting if one.overdue]
    assert overdue
    assert all(event.on >= day for event in side.acts)
    assert {dates(side)[ref]["done"] for ref in overdue} == {day}


def test_a_case_is_told_as_it_was_known_at_a_moment(cases):
    reading, writing = cases
    case = writing.open_case(case_writers.opening(1), "tester", moment=MOMENT).case
    told = Event("", 0, FIRST, step="P1.2", outcome="informed_by_hand")
    writing.record(case.id, told, "tester", moment=MOMENT + timedelta(days=10))
    before = reading.case_as_known(case, FIRST, MOMENT + timedelta(days=1))
    after = reading.case_as_known(case, FIRST, MOMENT + timedelta(days=11))
    assert (before.state.state, after.state.state) == ("GENERATION_REPORTED", "NOTIFIED")
    assert reading.case_as_known(case, known_at=MOMENT + timedelta(days=1)).state.on == date(2025, 3, 11)


def test_openings_that_cannot_be_are_refused_and_use_up_no_number(cases):
    _, writing = cases
    good = case_writers.opening(1)
    for changed, code in (
        (replace(good, timetable="nothing"), "PT-005"),
        (replace(good, facts={}), "CS-001"),
        (replace(good, parties={"ldso": "A\0B"}), "CS-002"),
        (replace(good, parameters={"n1": "many"}), "PT-007"),
        (replace(good, nation="FR"), "CS-002"),
        (replace(good, opened_on=date(1989, 12, 31)), "CS-209"),
        (replace(good, opened_on=date(2000, 1, 3)), "PT-006"),
        (replace(good, facts={**good.facts, "technology": "\ud800"}), "CS-207"),
    ):
        with pytest.raises(HalfhourError) as refused:
            writing.open_case(changed, "tester", moment=MOMENT)
        assert refused.value.code == code, changed
    assert writing.open_case(good, "tester", moment=MOMENT).case.id == "MB000001"
    assert writing.open_case(Opening(**{**_as_given(good), "case_id": "XX9"}), "tester").new is False


def _as_given(opening):
    return {name: getattr(opening, name) for name in Opening.__slots__}


@pytest.mark.parametrize("within", [-1, 100_000])
def test_deadlines_are_not_looked_for_behind_nor_farther_than_ten_years_ahead(cases, within):
    reading, _ = cases
    with pytest.raises(HalfhourError, match="CS-209"):
        reading.due(FIRST, within=within)
