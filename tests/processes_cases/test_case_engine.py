"""The case engine: a case is a fold over its events, and time runs beside them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from small_timetables import appointment, with_step, written

from halfhour.errors import HalfhourError, NotCovered
from halfhour.processes.cases import (
    Answer,
    Event,
    Opening,
    as_known_at,
    case_key,
    check_opening,
    fold,
    in_effect,
    project,
    under,
)
from halfhour.processes.timetables import read_timetable

MPAN = "1012345678903"
MONDAY = date(2025, 3, 3)


def opening(**changes):
    given = {
        "case_id": "C1",
        "timetable": "appointment",
        "opened_on": MONDAY,
        "parties": {"supplier": "HHSP", "moa": "HHMO"},
        "facts": {"mpan": MPAN, "half_hourly": False},
    }
    return Opening(**{**given, **changes})


def event(number, on, step="", outcome="", **rest):
    return Event(f"e{number}", number, date.fromisoformat(on), rest.pop("kind", "act"), step, outcome, **rest)


def flow(number, on, name, **data):
    return Event(f"e{number}", number, date.fromisoformat(on), "flow", flow=name, data=data)


def codes(state):
    return [finding.code for finding in state.findings]


def test_a_case_waits_for_its_first_step_and_says_whose_it_is():
    state = fold(appointment(), opening())
    assert [(one.ref, one.party, one.mpid, one.flow, one.due) for one in state.waiting] == [
        ("A1", "supplier", "HHSP", "D0155", None)
    ]
    assert (state.state, state.kind, state.next_change_on) == ("ASKED", "open", None)


def test_a_clock_counts_working_days_from_the_act_before_it():
    state = fold(appointment(), opening(), [flow(1, "2025-04-16", "D0155")])
    waiting = state.waiting[0]
    # Good Friday 18 April and Easter Monday 21 April 2025 do not count.
    assert (waiting.ref, waiting.due) == ("A2", date(2025, 4, 25))
    assert waiting.limit is not None
    assert date(2025, 4, 21) not in waiting.limit.counted
    assert state.next_change_on == date(2025, 4, 26)


def test_silence_is_seen_the_day_after_the_last_day_and_not_before():
    events = [flow(1, "2025-03-03", "D0155")]
    on_the_day = fold(appointment(), opening(), events, date(2025, 3, 10))
    assert (on_the_day.state, codes(on_the_day)) == ("ASKED", [])
    after = fold(appointment(), opening(), events, date(2025, 3, 11))
    assert (after.state, after.kind, codes(after)) == ("SILENT", "blocked", ["CS-109"])
    assert [(one.ref, one.due, one.overdue) for one in after.waiting] == [
        ("A2", date(2025, 3, 10), True),
        ("A3", date(2025, 3, 12), False),
        ("A4", date(2025, 3, 17), False),
    ]


def test_a_late_answer_counts_and_its_days_are_told_and_the_reminders_are_no_longer_needed():
    events = [flow(1, "2025-03-03", "D0155"), flow(2, "2025-03-13", "D0011")]
    state = fold(appointment(), opening(), events)
    assert state.state == "ACCEPTED"
    assert state.step("A2").attempts[0].late == 3
    assert (state.step("A3").status, state.step("A4").status) == ("not needed", "not needed")


def test_a_second_request_starts_the_clock_again():
    events = [flow(1, "2025-03-03", "D0155"), flow(2, "2025-03-17", "D0155")]
    state = fold(appointment(), opening(), events)
    assert state.step("A4").status == "done"
    assert [attempt.due for attempt in state.step("A2").attempts] == [date(2025, 3, 10), date(2025, 3, 24)]
    assert state.measures == {"resends": 1}
    assert fold(appointment(), opening(), events, date(2025, 3, 25)).state == "SILENT"


def test_a_rejection_sends_the_request_back_as_often_as_the_timetable_allows():
    events = []
    for number, day in enumerate(("03", "04", "05"), start=1):
        events += [flow(2 * number, f"2025-03-{day}", "D0155"), flow(2 * number + 1, f"2025-03-{day}", "D0261")]
        state = fold(appointment(), opening(), events)
        assert state.state == ("REJECTED" if number < 3 else "ABANDONED")
    assert state.ended_on == date(2025, 3, 5)
    assert state.waiting == ()


def test_silence_counts_as_acceptance_only_where_the_parameter_says_so():
    silent = {"deemed": "accepted", "if": {"deemed": True}, "state": "SILENT"}
    timetable = with_step("A2", silent=silent)
    events = [flow(1, "2025-03-03", "D0155")]
    plain = fold(timetable, opening(), events, date(2025, 3, 11))
    assert plain.step("A2").status == "open"
    assumed = fold(timetable, opening(parameters={"deemed": True}), events, date(2025, 3, 11))
    assert (assumed.state, assumed.step("A2").attempts[0].deemed) == ("ACCEPTED", True)


def test_a_clock_of_none_never_runs_out():
    state = fold(
        appointment(), opening(parameters={"t_answer": "none"}), [flow(1, "2025-03-03", "D0155")], date(2027, 3, 3)
    )
    assert (state.state, state.waiting[0].due, state.next_change_on) == ("ASKED", None, None)


def test_two_flows_of_a_pair_are_both_waited_for():
    events = [
        flow(1, "2025-03-03", "D0155"),
        flow(2, "2025-03-04", "D0011"),
        flow(3, "2025-03-05", "D0150", meter_id="S1"),
    ]
    state = fold(appointment(), opening(), events)
    pair = next(one for one in state.waiting if one.ref == "A6")
    assert (pair.received, pair.due) == (("D0150",), date(2025, 3, 7))
    assert fold(appointment(), opening(), events, date(2025, 3, 8)).state == "HALF"
    ended = fold(appointment(), opening(), [*events, flow(4, "2025-03-10", "D0149")])
    assert (ended.state, ended.ended_on, ended.facts["serial"]) == ("DONE", date(2025, 3, 10), "S1")
    assert ended.step("A6").attempts[0].late == 3
    assert ended.flows == {"D0011": 1, "D0149": 1, "D0150": 1, "D0155": 1}


def test_what_comes_too_early_is_held_until_its_step_opens():
    events = [flow(1, "2025-03-03", "D0011"), flow(2, "2025-03-04", "D0155")]
    held = fold(appointment(), opening(), events[:1])
    assert (held.state, codes(held)) == ("ASKED", ["CS-101"])
    state = fold(appointment(), opening(), events)
    assert (state.state, state.step("A2").attempts[0].done_on) == ("ACCEPTED", date(2025, 3, 4))


def test_what_must_not_come_early_is_refused_and_stays_to_be_sent():
    events = [flow(1, "2025-03-03", "D0148"), flow(2, "2025-03-04", "D0155"), flow(3, "2025-03-05", "D0011")]
    state = fold(appointment(), opening(), events)
    assert codes(state) == ["CS-102"]
    assert state.step("A5").status == "open"


def test_a_flow_that_nobody_waits_for_is_attached_and_told():
    assert codes(fold(appointment(), opening(), [flow(1, "2025-03-03", "D0010")])) == ["CS-105"]


def test_what_comes_after_the_end_changes_nothing():
    events = [event(1, "2025-03-04", "W"), flow(2, "2025-03-05", "D0155")]
    state = fold(appointment(), opening(), events)
    assert (state.state, state.ended_on, state.flows, codes(state)) == ("ABANDONED", date(2025, 3, 4), {}, ["CS-103"])


def test_an_answer_to_what_was_answered_is_attached():
    events = [flow(1, "2025-03-03", "D0155"), flow(2, "2025-03-04", "D0011"), flow(3, "2025-03-05", "D0011")]
    state = fold(appointment(), opening(), events)
    assert (state.state, codes(state)) == ("ACCEPTED", ["CS-108"])


def test_an_answer_that_fits_no_outcome_leaves_the_step_open():
    events = [flow(1, "2025-03-03", "D0155"), event(2, "2025-03-04", "A2", "perhaps")]
    state = fold(appointment(), opening(), events)
    assert (codes(state), state.step("A2").status) == (["CS-110"], "open")


def test_a_step_that_depends_on_an_unknown_fact_waits_for_the_fact():
    events = [flow(1, "2025-03-03", "D0155"), flow(2, "2025-03-04", "D0011")]
    unknown = fold(appointment(), opening(facts={"mpan": MPAN}), events)
    assert unknown.missing_facts == {"half_hourly": ("A7",)}
    told = fold(
        appointment(),
        opening(facts={"mpan": MPAN}),
        [*events, event(3, "2025-03-05", kind="fact", data={"half_hourly": "yes"})],
    )
    assert (told.missing_facts, told.step("A7").status) == ({}, "open")


def test_a_correction_takes_the_place_of_what_it_corrects():
    events = [
        flow(1, "2025-03-03", "D0155"),
        flow(2, "2025-03-04", "D0011"),
        event(3, "2025-03-06", kind="correction", corrects="e2"),
    ]
    state = fold(appointment(), opening(), events)
    assert state.step("A2").attempts[0].done_on == date(2025, 3, 6)
    again = [*events, event(4, "2025-03-07", kind="correction", corrects="e3", flow="D0261")]
    assert fold(appointment(), opening(), again).state == "REJECTED"
    withdrawn = [*events, event(4, "2025-03-07", kind="withdrawal", corrects="e2")]
    assert fold(appointment(), opening(), withdrawn).step("A2").status == "open"
    stranger = fold(appointment(), opening(), [event(1, "2025-03-04", kind="correction", corrects="e9")])
    assert codes(stranger) == ["CS-106"]


def test_facts_that_cannot_be_are_told_and_the_rest_counts():
    events = [event(1, "2025-03-04", kind="fact", data={"half_hourly": "perhaps", "serial": "S1"})]
    state = fold(appointment(), opening(), events)
    assert (codes(state), state.facts["serial"], state.facts["half_hourly"]) == (["CS-002"], "S1", False)


def test_who_plays_a_party_can_change():
    events = [event(1, "2025-03-04", kind="party", data={"supplier": "UDMS"})]
    assert fold(appointment(), opening(), events).waiting[0].mpid == "UDMS"


def test_the_order_and_the_number_of_recordings_change_nothing():
    events = [
        flow(1, "2025-03-03", "D0155"),
        flow(2, "2025-03-13", "D0261"),
        flow(3, "2025-03-14", "D0155"),
        flow(4, "2025-03-17", "D0011"),
        flow(5, "2025-03-18", "D0150", meter_id="S1"),
        flow(6, "2025-03-24", "D0149"),
    ]
    straight = fold(appointment(), opening(), events)
    shuffler = random.Random(1)
    for _ in range(50):
        mixed = events * 2
        shuffler.shuffle(mixed)
        assert fold(appointment(), opening(), mixed) == straight


def test_what_was_known_at_a_moment_is_what_had_been_recorded():
    early = Event("e1", 1, MONDAY, "flow", flow="D0155", recorded_at=datetime(2025, 3, 3, 12, tzinfo=UTC))
    late = Event("e2", 2, MONDAY, "flow", flow="D0011", recorded_at=datetime(2025, 4, 3, 12, tzinfo=UTC))
    assert as_known_at([early, late], datetime(2025, 3, 4, tzinfo=UTC)) == [early]


def test_a_statute_counts_by_the_holidays_of_the_sites_nation():
    clock = {"days": 5, "mode": "beginning_with", "regime": "electricity-act"}
    timetable = with_step("A2", clock=clock)
    events = [flow(1, "2025-04-17", "D0155")]
    assert fold(timetable, opening(), events).waiting[0].due == date(2025, 4, 25)
    assert fold(timetable, opening(nation="SCT"), events).waiting[0].due == date(2025, 4, 24)


def test_a_clock_may_count_back_from_a_day_to_come_and_moves_with_it():
    table = written()
    table["fact"].append({"name": "start", "kind": "date", "meaning": "start"})
    table["step"][0]["clock"] = {"anchor": "fact:start", "days": 15, "mode": "before"}
    timetable = read_timetable(table)
    assert fold(timetable, opening()).missing_facts == {"start": ("A1",)}
    told = [event(1, "2025-03-04", kind="fact", data={"start": "2025-05-01"})]
    state = fold(timetable, opening(), told)
    assert (state.waiting[0].due, state.missing_facts) == (date(2025, 4, 8), {})
    moved = [*told, event(2, "2025-03-05", kind="fact", data={"start": "2025-05-02"})]
    assert fold(timetable, opening(), moved).waiting[0].due == date(2025, 4, 9)


def test_a_projection_answers_every_step_at_its_limit():
    events, state = project(appointment(), opening())
    assert (state.state, state.ended_on) == ("DONE", date(2025, 3, 13))
    assert [one.flow for one in events if one.flow] == ["D0155", "D0011", "D0148", "D0149", "D0150"]
    _, silent = project(appointment(), opening(), answers={"A2": "silent"}, until=date(2025, 3, 31))
    assert silent.state == "SILENT"
    _, late = project(appointment(), opening(), answers={"A2": Answer("accepted", days_after_due=2)})
    assert late.step("A2").attempts[0].late == 2


def test_a_projection_goes_on_from_what_was_recorded():
    recorded = [flow(1, "2025-03-05", "D0155")]
    events, state = project(appointment(), opening(), recorded)
    assert events[0] == recorded[0]
    assert state.step("A2").attempts[0].done_on == date(2025, 3, 12)


def test_a_projection_does_not_answer_before_the_day_that_it_begins_on():
    """What is overdue on that day is done on the day itself, not on the last day in time."""
    [asked, *_], at_limit = project(appointment(), opening())
    late_day = at_limit.step("A2").attempts[0].due + timedelta(days=3)
    events, state = project(appointment(), opening(), [asked], since=late_day)
    assert min(event.on for event in events if event != asked) == late_day
    assert state.step("A2").attempts[0].done_on == late_day
    assert state.step("A2").attempts[0].late > 0


def test_the_same_case_under_another_timetable_keeps_what_that_one_knows():
    other = appointment(id="other")
    events = [flow(1, "2025-03-03", "D0155"), event(2, "2025-03-04", "Z9")]
    moved, kept, left = under(other, opening(), events, parameters={"t_answer": 10})
    assert ([one.id for one in kept], [one.id for one in left]) == (["e1"], ["e2"])
    assert fold(other, moved, kept).waiting[0].due == date(2025, 3, 17)


def test_the_same_case_can_be_counted_by_another_calendar():
    events = [flow(1, "2025-04-16", "D0155")]
    assert fold(appointment(), opening(), events, calendar="SCT").waiting[0].due == date(2025, 4, 24)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"facts": {}}, "CS-001"),
        ({"facts": {"mpan": "1012345678904"}}, "CS-002"),
        ({"facts": {"mpan": MPAN, "mpam": "1"}}, "CS-003"),
        ({"parties": {"operator": "HHMO"}}, "CS-003"),
        ({"parties": {"moa": "not an id"}}, "CS-002"),
        ({"nation": "FR"}, "CS-002"),
        ({"parameters": {"t_answer": -1}}, "PT-007"),
        ({"parameters": {"t_anser": 1}}, "PT-007"),
        ({"parameters": {"deemed": "perhaps"}}, "PT-007"),
    ],
)
def test_a_case_that_cannot_be_opened_is_refused_with_its_reason(changes, code):
    with pytest.raises(HalfhourError) as refused:
        check_opening(appointment(), opening(**changes))
    assert refused.value.code == code
    assert refused.value.next_step


def test_a_parameter_is_never_taken_from_a_later_day():
    with pytest.raises(NotCovered) as refused:
        fold(appointment(), opening(opened_on=date(2019, 12, 31)))
    assert refused.value.code == "PT-006"


def test_a_case_is_told_from_others_by_its_key():
    assert case_key(appointment(), {"mpan": MPAN}) == f"appointment|{MPAN}"
    assert case_key(appointment(), {}) == ""


def test_an_event_of_before_the_opening_is_told():
    assert "CS-107" in codes(fold(appointment(), opening(), [flow(1, "2025-03-01", "D0155")]))


def test_corrections_of_corrections_lead_back_to_the_event():
    chain = [
        flow(1, "2025-03-03", "D0155"),
        event(2, "2025-03-04", kind="correction", corrects="e1"),
        event(3, "2025-03-05", kind="correction", corrects="e2"),
    ]
    assert [(one.id, one.on) for one in in_effect(chain)] == [("e1", date(2025, 3, 5))]
