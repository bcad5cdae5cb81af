"""The microgeneration backstop: three options, three states of the Meter, in time, late and silent, two readings."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest

from halfhour.calendar import due
from halfhour.errors import HalfhourError
from halfhour.formats.flows.records import read_flow
from halfhour.processes.cases import Answer, Event, Opening, fold, project
from halfhour.processes.flows import messages_of
from halfhour.processes.microgeneration_backstop import (
    answer_problems,
    finding_text,
    late_notice,
    meter_days_at_risk,
    meter_days_unknown,
    mismeasured,
    negative_advances,
    notice_problem,
    read_finding,
)
from halfhour.processes.timetables import find_timetable, timetables
from processes_backstop.backstop_files import FILES, MPAN
from processes_scenarios.scenario_folders import read_scenario

SCENARIOS = Path(__file__).parents[1] / "processes_scenarios" / "microgeneration_backstop"
NOTICE = date(2025, 3, 3)
ENDS = {"PRESENT": "CLOSED_PRESENT", "ABSENT": "CLOSED_REPLACED", "NOT_REQUIRED": "CLOSED_NOT_REQUIRED"}
WORKING_DAYS = {
    # Handbook microgeneration-backstop 3.5: option 1 and no backstop, option 1 otherwise, options 2 and 3.
    "RECIPIENT": {(1, "ABSENT"): 20, (1, "PRESENT"): 10, (2, ""): 10, (3, ""): 10},
    "EVERY_STAGE": {(1, "ABSENT"): 40, (1, "PRESENT"): 20, (2, ""): 20, (3, ""): 20},
}
FLOWS = {
    # 7.1: flows in all and visits.
    (1, "PRESENT"): (3, 1),
    (1, "ABSENT"): (5, 2),
    (1, "NOT_REQUIRED"): (3, 0),
    (2, "PRESENT"): (3, 1),
    (2, "ABSENT"): (3, 1),
    (2, "NOT_REQUIRED"): (3, 0),
    (3, "PRESENT"): (4, 1),
    (3, "ABSENT"): (4, 1),
    (3, "NOT_REQUIRED"): (4, 0),
}


def opened(option, reading="RECIPIENT", on=NOTICE, **facts):
    given = {"import_mpan": MPAN, "commissioning_date": on, "technology": "pv", **facts}
    parties = {"ldso": "LOND", "import_supplier": "HHSP", "moa": "HHMO"}
    return Opening("MB000001", f"microgeneration-backstop-{option}", on, parties, given, {"clock_reading": reading})


def notice(on=NOTICE):
    return Event("notice", 1, on, "flow", "P1.2", "informed", "D0001")


def working_days(option, true_state, reading):
    table = WORKING_DAYS[reading]
    if option == 1:
        return table[1, "ABSENT" if true_state == "ABSENT" else "PRESENT"]
    return table[option, ""]


def answer(option, true_state):
    if true_state == "ABSENT":
        return "absent" if option == 1 else "replaced"
    return true_state.lower()


@pytest.mark.parametrize("reading", ["RECIPIENT", "EVERY_STAGE"])
@pytest.mark.parametrize("true_state", ["PRESENT", "ABSENT", "NOT_REQUIRED"])
@pytest.mark.parametrize("option", [1, 2, 3])
class TestMatrix:
    def test_in_time_a_case_ends_on_the_day_that_the_clocks_add_up_to(self, option, true_state, reading):
        timetable = find_timetable(f"microgeneration-backstop-{option}")
        answers = {f"O{option}.2": answer(option, true_state)}
        _, state = project(timetable, opened(option, reading), [notice()], answers)
        count = working_days(option, true_state, reading)
        assert (state.state, state.ended_on) == (ENDS[true_state], due(NOTICE, count, "within").due)
        flows, visits = FLOWS[option, true_state]
        assert (sum(state.flows.values()), state.measures.get("site_visits", 0)) == (flows, visits)
        assert [one.code for one in state.findings] == ["CS-111"]

    def test_late_it_ends_later_and_says_by_how_much(self, option, true_state, reading):
        timetable = find_timetable(f"microgeneration-backstop-{option}")
        ref = f"O{option}.2"
        _, in_time = project(timetable, opened(option, reading), [notice()], {ref: answer(option, true_state)})
        late = Answer(answer(option, true_state), days_after_due=2)
        _, state = project(timetable, opened(option, reading), [notice()], {ref: late})
        assert state.state == ENDS[true_state]
        assert in_time.ended_on is not None
        assert state.ended_on is not None
        assert state.ended_on > in_time.ended_on
        assert state.step(ref).attempts[0].late == 2
        assert [one.code for one in state.findings] == ["CS-111", "CS-109"]

    def test_silent_it_ends_nowhere_and_is_escalated_after_one_more_request(self, option, true_state, reading):
        timetable = find_timetable(f"microgeneration-backstop-{option}")
        ref = f"O{option}.2"
        answers = {ref: "silent", f"{ref}n": "silent"}
        _, state = project(timetable, opened(option, reading), [notice()], answers, until=date(2025, 9, 30))
        assert (state.state, state.kind, state.ended_on) == ("SILENT_MOA", "blocked", None)
        assert state.measures["resends"] == 1
        assert state.step(f"{ref}e").status == "done"
        asked = due(NOTICE, 10, "within").due if reading == "EVERY_STAGE" else NOTICE
        first = due(due(asked, 10, "within").due, 5, "within").due
        silent = next(one for one in state.history if one.state == "SILENT_MOA")
        assert (silent.on - first).days == 1


DRAWS = [("PRESENT", 0), ("ABSENT", 3), ("NOT_REQUIRED", -2), ("ABSENT", -5), ("PRESENT", 4)]
"""True states of Meters, and how many calendar days after its last day each answer comes."""


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])), ids=str)
def test_the_same_draws_give_an_option_the_same_results_whatever_came_before_it(order):
    """B17; ten Working Days after the notice is 17 March."""

    def ended(option, true_state, late):
        answers = {f"O{option}.2": Answer(answer(option, true_state), days_after_due=late)}
        return project(find_timetable(f"microgeneration-backstop-{option}"), opened(option), [notice()], answers)[1]

    for option in order:
        for true_state, late in DRAWS:
            found_on = date(2025, 3, 17) + timedelta(days=late)
            wanted = due(found_on, 10, "within").due if (option, true_state) == (1, "ABSENT") else found_on
            state = ended(option, true_state, late)
            assert (state.state, state.ended_on) == (ENDS[true_state], wanted)


def test_the_three_deadlines_of_the_handbook_are_these_days():
    assert [due(NOTICE, count, "within").due for count in (10, 20, 30, 40)] == [
        date(2025, 3, 17),
        date(2025, 3, 31),
        date(2025, 4, 14),
        date(2025, 4, 30),
    ]


@pytest.mark.parametrize(
    ("replaced_on", "days"),
    [(date(2025, 3, 31), 28), (date(2025, 3, 17), 14), (date(2025, 4, 30), 58), (date(2025, 3, 1), 0)],
)
def test_days_at_risk_run_from_commissioning_to_replacement(replaced_on, days):
    assert meter_days_at_risk(NOTICE, replaced_on) == days
    assert meter_days_unknown(NOTICE, replaced_on) == days


@pytest.mark.parametrize(("replaced_on", "kwh"), [(date(2025, 3, 31), 168), (date(2025, 3, 17), 84)])
def test_a_meter_that_runs_backwards_measures_too_little_by_what_was_exported(replaced_on, kwh):
    export = {date(2025, 3, day): 6_000 for day in range(3, 32)}
    found = mismeasured(
        *("ELECTROMECHANICAL", False, export, NOTICE, replaced_on),
        import_price=Decimal("0.25"),
        system_price=Decimal("0.08"),
    )
    assert (found.error_wh, found.unknown_days) == (-kwh * 1000, 0)
    assert (found.at_import_price, found.at_system_price) == (-kwh * Decimal("0.25"), -kwh * Decimal("0.08"))


def test_what_other_meters_measure_wrongly_follows_from_their_kind_and_days_without_export_are_not_zero():
    export = {date(2025, 3, 3): 6_000}
    several = date(2025, 3, 6)
    adds = mismeasured("ELECTRONIC_IMPORT_ONLY", False, export, NOTICE, several, adds_export=True)
    assert (adds.error_wh, adds.days, adds.unknown_days) == (6_000, 1, 2)
    for kind, backstop in [("ELECTROMECHANICAL", True), ("IMPORT_EXPORT", False), ("SMART", False)]:
        assert mismeasured(kind, backstop, export, NOTICE, several).error_wh == 0


def test_twenty_eight_days_are_in_time_and_twenty_nine_are_not():
    in_time = late_notice(date(2025, 2, 3), NOTICE, NOTICE, 28, NOTICE)
    late = late_notice(date(2025, 2, 2), NOTICE, NOTICE, 28, NOTICE)
    assert in_time is None
    assert late is not None
    assert late.code == "BS-302"
    assert late_notice(date(2025, 2, 3), None, NOTICE, 28, date(2025, 3, 17)) is None
    assert late_notice(date(2025, 2, 3), None, date(2025, 3, 18), 28, date(2025, 3, 17)) is not None
    assert (
        meter_days_at_risk(date(2025, 2, 3), date(2025, 3, 17)),
        meter_days_at_risk(date(2025, 2, 2), date(2025, 3, 17)),
    ) == (42, 43)


def test_a_finding_is_written_and_read_as_the_same():
    text = finding_text("PRESENT", date(2025, 3, 17), "BS000123")
    assert text == "BSTOP PRESENT 20250317 BS000123"
    found = read_finding(f"VISITED. {text}")
    assert found is not None
    assert (found.result, found.found_on, found.case_ref, found.readable) == (
        "PRESENT",
        date(2025, 3, 17),
        "BS000123",
        True,
    )
    assert read_finding("NOTHING OF THE KIND") is None
    odd = read_finding("BSTOP MAYBE 20251301 X")
    assert odd is not None
    assert (odd.result, odd.found_on, odd.readable) == ("DISPUTED", None, False)
    with pytest.raises(HalfhourError, match="BS-203"):
        finding_text("PRESENT", date(2025, 3, 17), "a|b")


def test_the_longest_finding_still_fits_the_text():
    assert len(finding_text("ABSENT_NOT_REPLACED", date(2025, 3, 17), "A" * 20)) <= 60


def problems(name, file):
    flow = read_flow(FILES[name][file])
    message = messages_of(flow)[0]
    return [one.code for one in answer_problems(message.flow, message.data)]


def test_an_answer_is_looked_at_for_what_it_lacks():
    assert problems("given_option_2_and_details_that_say_nothing", "3-details.usr") == ["BS-202"]
    assert problems("given_option_2_and_a_finding_that_cannot_be_read", "3-details.usr") == ["BS-203"]
    missing = "given_option_2_and_a_replacement_that_names_no_removed_meter"
    assert problems(missing, "3-details.usr") == ["BS-204"]
    assert problems(missing, "4-details.usr") == []
    kind = {"finding_result": "NOT_REQUIRED", "meter_kind": "ELECTRONIC_IMPORT_ONLY"}
    assert [one.code for one in answer_problems("D0002", kind)] == ["BS-205"]


def test_an_import_register_that_goes_back_is_found_where_no_case_is_open():
    readings = [
        (MPAN, date(2025, 3, 1), Decimal(1000)),
        (MPAN, date(2025, 6, 1), Decimal(965)),
        ("2000000000015", date(2025, 3, 1), Decimal(10)),
        ("2000000000015", date(2025, 6, 1), Decimal(20)),
    ]
    found = negative_advances(readings)
    assert [(one.mpan, one.advance_kwh, one.finding.code) for one in found] == [(MPAN, Decimal(-35), "BS-301")]
    assert negative_advances(readings, with_case=[MPAN]) == []


def test_the_same_notice_twice_has_the_same_key():
    timetable = find_timetable("microgeneration-backstop-1")
    state = fold(timetable, opened(1), [notice(), notice()])
    assert state.flows == {"D0001": 1}


def test_a_supplier_that_knows_may_close_only_where_the_policy_says_so():
    timetable = find_timetable("microgeneration-backstop-1")
    known = opened(1, supplier_knows=True)
    assert "S2" not in [one.ref for one in fold(timetable, known, [notice()]).waiting]
    allowed = Opening(
        **{**{name: getattr(known, name) for name in known.__slots__}, "parameters": {"supplier_prior_knowledge": True}}
    )
    closed = fold(timetable, allowed, [notice(), Event("s", 2, NOTICE, step="S2", outcome="known")])
    assert closed.state == "CLOSED_PRESENT"


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("given_option_1_and_no_backstop_everything_at_its_limit", 28),  # B1
        ("given_option_2_and_no_backstop_everything_at_its_limit", 14),  # B2
        ("given_option_3_and_no_backstop_everything_at_its_limit", 14),  # B3
        ("given_option_1_and_every_stage_at_its_limit", 58),  # B4
        ("given_option_2_and_a_generator_that_tells_on_the_last_day", 42),  # B6
        ("given_option_2_and_a_generator_that_tells_a_day_late", 43),  # B7
    ],
)
def test_days_at_risk_and_energy_measured_too_little_follow_from_what_the_case_has_learnt(name, days):
    """And B5: 6 kWh of export a day."""
    scenario = read_scenario(SCENARIOS / name)
    facts = fold(scenario.timetable, scenario.opening, scenario.events).facts
    since, until = facts["commissioning_date"], facts["replaced_on"]
    assert meter_days_at_risk(since, until) == days
    export = {since + timedelta(days=place): 6_000 for place in range(100)}
    assert mismeasured("ELECTROMECHANICAL", False, export, since, until).error_wh == -days * 6_000


def test_days_unknown_run_on_when_the_supplier_changes():
    """B12: the case that follows counts from the same commissioning."""
    before, after = (
        read_scenario(SCENARIOS / f"given_option_1_and_{name}")
        for name in (
            "a_change_of_supplier_on_the_sixth_working_day",
            "the_notice_sent_again_to_the_new_supplier",
        )
    )
    ended = fold(before.timetable, before.opening, before.events)
    assert [(one.timetable, one.on) for one in ended.follow_ons] == [(after.timetable.id, after.opening.opened_on)]
    found = fold(after.timetable, after.opening, after.events).facts
    assert found["commissioning_date"] == ended.facts["commissioning_date"]
    assert meter_days_unknown(found["commissioning_date"], found["found_on"]) == 23


@pytest.mark.parametrize(
    ("registered", "addressee", "said"),
    [
        ("HHSP", "HHSP", None),
        ("HHSP", "", None),
        ("HHSP", "UDMS", "went to UDMS, and HHSP is registered"),
        ("", "", "No Import Supplier is known to be registered"),
        ("", "UDMS", "No Import Supplier is known to be registered"),
    ],
)
def test_a_notice_must_reach_the_import_supplier_registered_on_its_day(registered, addressee, said):
    found = notice_problem(MPAN, NOTICE, registered, addressee)
    if said is None:
        assert found is None
    else:
        assert found is not None
        assert (found.code, found.severity, found.settlement_date) == ("BS-201", "error", NOTICE)
        assert MPAN in found.message
        assert said in found.message


def test_the_supplier_of_the_day_of_the_notice_is_meant_and_not_a_later_one():
    timetable = find_timetable("microgeneration-backstop-1")
    unknown = Opening("MB000001", timetable.id, NOTICE, {"ldso": "LOND"}, {"import_mpan": MPAN})

    def said(known_on):
        known = Event("party", 2, known_on, "party", data={"import_supplier": "HHSP"})
        told = notice(date(2025, 3, 5))
        return [one.code for one in fold(timetable, unknown, [told, known], date(2025, 3, 10)).findings]

    assert "BS-201" not in said(date(2025, 3, 4))
    assert "BS-201" in said(date(2025, 3, 6))


def test_an_outcome_that_a_person_names_needs_no_finding_in_a_file():
    timetable = find_timetable("microgeneration-backstop-2")
    asked = Event("asked", 2, NOTICE, "flow", "O2.1", "asked", "D0142")
    by_name = Event("answer", 3, NOTICE, "flow", "O2.2", "present", "D0150")
    silent = Event("answer", 3, NOTICE, "flow", "O2.2", "", "D0150")

    def codes(answer):
        return {one.code for one in fold(timetable, opened(2), [notice(), asked, answer]).findings}

    assert codes(by_name) == {"CS-111"}
    assert codes(silent) == {"CS-111", "CS-110", "BS-202"}


@pytest.mark.parametrize("on", [date(2021, 8, 31), date(2021, 9, 1), NOTICE])
def test_a_case_opened_after_its_kind_was_history_says_since_when_and_why(on):
    timetable = find_timetable("microgeneration-backstop-2")
    findings = fold(timetable, opened(2, on=on)).findings
    if on < date(2021, 9, 1):
        assert findings == ()
    else:
        (one,) = findings
        assert (one.code, one.severity) == ("CS-111", "warning")
        assert f"opened on {on}" in one.message
        assert "2021-09-01" in one.message
        assert "P420" in one.message


def test_a_timetable_that_is_history_says_why_and_no_other_does():
    for timetable_id in timetables():
        timetable = find_timetable(timetable_id)
        assert bool(timetable.selectable_because) == (timetable.selectable_to is not None), timetable_id


def test_the_processes_are_off_for_real_registrations_since_the_code_moved():
    for option in (1, 2, 3):
        assert find_timetable(f"microgeneration-backstop-{option}").selectable_to == date(2021, 9, 1)


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_files_of_the_scenarios_are_the_ones_made_here(name):
    kept = {path.name: path.read_bytes() for path in (SCENARIOS / name / "flows").iterdir()}
    assert kept == FILES[name]
