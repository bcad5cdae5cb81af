"""Export registration: who may, what a rejection means, the pair of MSIDs day by day, and what it cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from halfhour.processes.cases import Event, Opening, fold, project
from halfhour.processes.export_registration import (
    Application,
    ExportPair,
    ImportAppointment,
    application_problems,
    check_pair,
    days_to_settlement,
    obliged,
    plant_problems,
    rejection_class,
    settlement_mode,
    stage_days,
    unsettled,
)
from halfhour.processes.export_registration.checks import Held
from halfhour.processes.timetables import find_timetable
from processes_export.export_flow_files import EXPORT, FILES, IMPORT
from processes_scenarios.scenario_folders import read_scenario

SCENARIOS = Path(__file__).parents[1] / "processes_scenarios" / "export_registration"
CONTRACT = date(2025, 3, 3)
SOUND = Application(
    *(CONTRACT, "pv", Decimal("3.6"), True, date(2020, 1, 1), None, "pv", Decimal("3.6"), True, True),
)


def codes(application, **more):
    return [one.code for one in application_problems(application, **more)]


def test_a_sound_application_has_no_problem():
    assert codes(SOUND) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"technology": "diesel"}, "EX-101"),
        ({"technology": "micro-chp", "capacity_kw": Decimal(51)}, "EX-101"),
        ({"capacity_kw": Decimal(5001)}, "EX-101"),
        ({"contract_on": date(2019, 12, 31)}, "EX-101"),
        ({"certificate_from": None}, "EX-102"),
        ({"certificate_to": CONTRACT}, "EX-102"),
        ({"confirmed_kw": Decimal(4)}, "EX-103"),
        ({"import_energised": None}, "EX-104"),
        ({"fit_export": True}, "EX-105"),
    ],
)
def test_what_keeps_an_application_from_going_on_is_named(changes, code):
    assert code in codes(replace(SOUND, **changes))


def test_from_thirty_kilowatts_on_export_is_half_hourly():
    thirty = replace(SOUND, capacity_kw=Decimal(30), confirmed_kw=Decimal(30), half_hourly=False)
    below = replace(SOUND, capacity_kw=Decimal("29.9"), confirmed_kw=Decimal("29.9"), half_hourly=False)
    assert (codes(thirty), codes(below)) == (["EX-106"], [])
    assert (
        settlement_mode(Decimal(30), prefer_half_hourly=False),
        settlement_mode(Decimal(29), prefer_half_hourly=False),
    ) == (
        "HH",
        "NHH",
    )
    assert codes(replace(SOUND, confirmed_kw=None), require_dno_confirmation=False) == []


def pair(**changes):
    given = {
        "operators": (Held(IMPORT, "HHMO"), Held(EXPORT, "HHMO")),
        "meters": (Held(IMPORT, "S1", registers=("AI",)), Held(EXPORT, "S1", registers=("AE",))),
    }
    return ExportPair(IMPORT, EXPORT, **{**given, **changes})


def found(given, code, first=date(2025, 5, 1), until=date(2025, 7, 1)):
    return [one for one in check_pair(given, first, until) if one.code == code]


def test_a_meter_operator_that_the_export_follows_late_is_wrong_on_exactly_these_days():
    operators = (
        Held(IMPORT, "HHMO", None, date(2025, 6, 1)),
        Held(IMPORT, "EELM", date(2025, 6, 1)),
        Held(EXPORT, "HHMO", None, date(2025, 6, 11)),
        Held(EXPORT, "EELM", date(2025, 6, 11)),
    )
    (one,) = found(pair(operators=operators), "EX-203")
    assert one.settlement_date == date(2025, 6, 1)
    assert "10 days" in one.message


def test_a_meter_exchange_told_for_the_import_only_is_wrong_from_its_day():
    meters = (
        Held(IMPORT, "S1", None, date(2025, 6, 5), ("AI",)),
        Held(IMPORT, "S2", date(2025, 6, 5), None, ("AI",)),
        Held(EXPORT, "S1", registers=("AE",)),
    )
    (one,) = found(pair(meters=meters), "EX-202")
    assert one.settlement_date == date(2025, 6, 5)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"meters": (Held(IMPORT, "S1"), Held(EXPORT, "S1", registers=("AI", "AE")))}, "EX-204"),
        ({"meters": (Held(IMPORT, "S1"), Held(EXPORT, "S1"))}, "EX-204"),
        ({"profile_class": "01"}, "EX-208"),
        ({"import_live_to": date(2025, 6, 1)}, "EX-209"),
        ({"other_exports": (Held("1020000000024", "S1"),)}, "EX-210"),
        ({"first_read_due": date(2025, 5, 9)}, "EX-211"),
        ({"related": True}, "EX-212"),
        ({"operators": ()}, "EX-203"),
    ],
)
def test_every_check_of_the_pair_finds_its_fault_and_only_it(changes, code):
    assert {one.code for one in check_pair(pair(**changes), date(2025, 5, 1), date(2025, 7, 1))} - {"EX-201"} == {code}


def test_only_a_meter_operator_of_the_premises_or_the_customer_is_obliged_below_thirty_kilowatts():
    held = [ImportAppointment("HHMO", "1 Test Street", "A", None, date(2025, 6, 1))]
    day = date(2025, 3, 3)
    assert obliged("HHMO", "1 Test Street", "B", Decimal(4), day, held)
    assert obliged("HHMO", "2 Test Street", "A", Decimal(4), day, held)
    assert not obliged("HHMO", "2 Test Street", "B", Decimal(4), day, held)
    assert not obliged("HHMO", "1 Test Street", "A", Decimal(45), day, held)
    assert not obliged("HHMO", "1 Test Street", "A", Decimal(4), date(2025, 6, 1), held)
    assert not obliged("EELM", "1 Test Street", "A", Decimal(4), day, held)


@pytest.mark.parametrize(
    ("code", "text", "wanted"),
    [
        ("NC", "", "NO_CONTRACT"),
        ("NM", "", "NOT_MY_METER"),
        ("WM", "", "WRONG_MPAN"),
        ("DE", "", "DATA_ERROR"),
        ("ZZ", "no contract in place", "NO_CONTRACT"),
        ("ZZ", "because", "OTHER"),
    ],
)
def test_a_rejection_has_a_class_from_its_code_and_then_from_its_words(code, text, wanted):
    assert rejection_class(code, text) == wanted


def test_export_without_data_counts_as_zero_and_as_unsettled():
    days = {date(2025, 6, day): 6_000 for day in (1, 2, 3)}
    lost = unsettled(
        days,
        {date(2025, 6, 1): 6_000, date(2025, 6, 2): None},
        tariff=Decimal("0.15"),
        system_prices={day: Decimal("0.05") for day in days},
    )
    assert (lost.wh, lost.days, lost.at_tariff, lost.at_system_price) == (12_000, 2, Decimal("1.80"), Decimal("0.60"))
    assert unsettled(days, {}).at_tariff is None


def test_a_case_tells_how_long_its_stages_took():
    timetable = find_timetable("export-registration")
    facts = {
        "import_mpan": IMPORT,
        "technology": "pv",
        "capacity_kw": Decimal(4),
        "settlement_mode": "HH",
        "dno_confirmation": True,
    }
    _, state = project(timetable, Opening("ER1", timetable.id, CONTRACT, {}, facts))
    assert state.state == "SETTLING"
    assert stage_days(state)["E6-E7"] == 7
    assert days_to_settlement(date(2025, 4, 17), date(2025, 4, 22)) == (5, 1)


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_files_of_the_scenarios_are_the_ones_made_here(name):
    kept = {path.name: path.read_bytes() for path in (SCENARIOS / name / "flows").iterdir()}
    assert kept == FILES[name]


WEEKDAY, EASTER = date(2025, 3, 17), date(2025, 4, 14)
SWEEP = [
    *((WEEKDAY, n, last) for n, last in [(2, "2025-03-19"), (5, "2025-03-24"), (10, "2025-03-31"), (20, "2025-04-14")]),
    # Good Friday 18 April, Easter Monday 21 April and 5 May 2025 are no working days; clocks went forward on 30 March.
    *((EASTER, n, last) for n, last in [(2, "2025-04-16"), (5, "2025-04-23"), (10, "2025-04-30"), (20, "2025-05-15")]),
]


def under_solution_c(appointed_on, n, *answers, **parameters):
    """The case of a scenario folder under solution c, the same Meter Operator appointed on a day."""
    scenario = read_scenario(SCENARIOS / "given_solution_c_and_silence_that_counts_as_acceptance")
    events = [
        replace(one, on=appointed_on) if one.source == "flows/04-operator.usr" else one for one in scenario.events
    ]
    opening = replace(scenario.opening, parameters={"t_moa_answer": n, "deemed_acceptance": False, **parameters})
    return lambda day: fold(scenario.timetable, opening, [*events, *answers], day)


def accepted(on):
    return Event("answer", 1_000, on, "flow", "E7", "accepted", "D0011")


@pytest.mark.parametrize(("appointed_on", "n", "last"), SWEEP)
def test_solution_c_waits_for_n_working_days_and_then_says_what_the_rule_says(appointed_on, n, last):
    last_day = date.fromisoformat(last)
    day_after = last_day + timedelta(days=1)
    waiting = under_solution_c(appointed_on, n)(last_day)
    assert waiting.state == "MOA_PENDING"
    assert [one.due for one in waiting.waiting if one.ref == "E7"] == [last_day]
    in_time = under_solution_c(appointed_on, n, accepted(last_day))(last_day)
    assert (in_time.state, in_time.step("E7").attempts[0].late) == ("MOA_ACCEPTED", 0)
    silent = under_solution_c(appointed_on, n)(day_after)
    assert silent.state == "MOA_SILENT"
    assert [one.overdue for one in silent.waiting if one.ref == "E7"] == [True]
    late = under_solution_c(appointed_on, n, accepted(day_after))(day_after)
    assert (late.state, late.step("E7").attempts[0].late) == ("MOA_ACCEPTED", 1)
    deemed = under_solution_c(appointed_on, n, deemed_acceptance=True)(day_after)
    assert (deemed.state, deemed.step("E7").attempts[0].deemed) == ("MOA_ACCEPTED", True)


def answered(timetable_id, answer, **parameters):
    """A small export registered under a timetable, everybody else in time, up to the end of June."""
    facts = {
        "import_mpan": IMPORT,
        "technology": "pv",
        "capacity_kw": Decimal("3.6"),
        "settlement_mode": "HH",
        "dno_confirmation": True,
        "moa_obliged": True,
    }
    timetable = find_timetable(timetable_id)
    opening = Opening("ER1", timetable_id, CONTRACT, {}, facts, parameters)
    _, state = project(timetable, opening, [], {"E7": answer}, until=HORIZON)
    return state


HORIZON = date(2025, 6, 30)
EXPORTED = {CONTRACT + timedelta(days=place): 6_000 for place in range((HORIZON - CONTRACT).days)}


def left_out(state):
    """Export that a case leaves out of Settlement up to the horizon."""
    settled = {day: 6_000 for day in EXPORTED if state.state == "SETTLING" and day >= state.ended_on}
    return unsettled(EXPORTED, settled)


def test_an_obligation_leaves_no_more_export_unsettled_than_silence_does():
    """T13 and T14: the same silence, as it is today and where it counts as acceptance after five Working Days."""
    silent = answered("export-registration", "silent")
    deemed = answered("export-registration-c", "silent", deemed_acceptance=True)
    assert silent.state == "MOA_SILENT"
    assert left_out(silent).wh == len(EXPORTED) * 6_000 == 119 * 6_000
    assert deemed.state == "SETTLING"
    assert left_out(deemed).wh == (deemed.ended_on - CONTRACT).days * 6_000 < left_out(silent).wh


@pytest.mark.parametrize("answer", ["silent", "accepted_by_hand", "rejected_data"])
def test_solution_c_without_a_number_of_days_is_as_today(answer):
    """T17: whatever the Meter Operator does."""
    today, under_c = (answered(f"export-registration{one}", answer, t_moa_answer="none") for one in ("", "-c"))
    for name in ("state", "kind", "ended_on", "facts", "measures", "flows"):
        assert getattr(under_c, name) == getattr(today, name), name
    assert [(one.ref, one.due) for one in under_c.waiting] == [(one.ref, one.due) for one in today.waiting]


@pytest.mark.parametrize(
    ("technology", "capacity", "half_hourly", "contract_on", "expected"),
    [
        ("pv", "30", False, CONTRACT, ["EX-106"]),
        ("pv", "29.9", False, CONTRACT, []),
        ("micro-chp", "50", True, CONTRACT, []),
        ("micro-chp", "51", False, CONTRACT, ["EX-101", "EX-106"]),
        ("other", "4", True, CONTRACT, ["EX-101"]),
        ("pv", "3.6", True, date(2020, 1, 1), []),
        ("pv", "3.6", True, date(2019, 12, 31), ["EX-101"]),
    ],
)
def test_a_plant_is_within_the_guarantee_by_its_technology_capacity_and_day(
    technology, capacity, half_hourly, contract_on, expected
):
    found = plant_problems(contract_on, technology, Decimal(capacity), half_hourly=half_hourly)
    assert [one.code for one in found] == expected
    assert all(one.severity == "error" and one.next_step for one in found)


def test_a_scottish_site_would_have_later_days_by_scotlands_holidays():
    """The code counts by England and Wales; whoever asks what if it counted by Scotland's is told other days."""
    scenario = read_scenario(SCENARIOS / "given_a_scottish_site_over_st_andrews_day_and_2_january")

    def due_on(ref, day, calendar=None):
        state = fold(scenario.timetable, scenario.opening, scenario.events, day, calendar)
        return next(one.due for one in state.waiting if one.ref == ref)

    # Without St Andrew's Day two Working Days after 27 November are 28 November and 2 December; without 2 January five
    # after 29 December are 30, 31, 5, 6, 7 January.
    assert (due_on("E2", date(2025, 11, 28)), due_on("E2", date(2025, 11, 28), "SCT")) == (
        date(2025, 12, 1),
        date(2025, 12, 2),
    )
    assert (due_on("E11", date(2025, 12, 30)), due_on("E11", date(2025, 12, 30), "SCT")) == (
        date(2026, 1, 6),
        date(2026, 1, 7),
    )
