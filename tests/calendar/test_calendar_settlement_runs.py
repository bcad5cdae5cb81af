"""Settlement runs, dispute deadlines and the other dated windows, against the handbook's tables."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.calendar import (
    add_months,
    cfd_financial_year,
    cfd_quarter,
    cm_delivery_year,
    cm_high_demand_days,
    dispute_deadline,
    is_cm_high_demand,
    is_cm_high_demand_day,
    is_working_day,
    period_start_local,
    settlement_runs,
    timetable_on,
    timetables,
)
from halfhour.errors import HalfhourError, NotCovered


@pytest.mark.parametrize(
    ("day", "runs"),
    [
        (
            "2023-11-02",
            {"II": "2023-11-09", "SF": "2023-11-24", "R1": "2023-12-29", "R2": "2024-03-04", "R3": "2024-06-14",
             "RF": "2024-12-30", "DF": "2026-03-02"},
        ),
        (
            "2022-09-12",
            {"II": "2022-09-20", "SF": "2022-10-05", "R1": "2022-11-07", "R2": "2023-01-12", "R3": "2023-04-24",
             "RF": "2023-11-08", "DF": "2025-01-13"},
        ),
        (
            "2027-07-02",
            {"II": "2027-07-08", "SF": "2027-07-13", "R1": "2027-08-13", "RF": "2027-10-29", "DF": "2029-03-02"},
        ),
    ],
)  # fmt: skip
def test_the_runs_of_the_handbooks_days(day, runs):
    assert {run: str(on) for run, on in settlement_runs(date.fromisoformat(day)).items()} == runs


def test_weekend_days_share_a_run_date():
    assert {settlement_runs(date(2023, 11, day))["II"] for day in (3, 4, 5)} == {date(2023, 11, 10)}


def test_each_timetable_applies_from_its_first_day():
    found = [timetable_on(date(2027, *month_day)).id for month_day in ((3, 31), (4, 1), (7, 1), (7, 2))]
    assert found == ["legacy", "transition-2027", "transition-2027", "mhhs"]


def test_there_is_no_gap_between_timetables():
    known = timetables()
    assert [each.effective_to for each in known[:-1]] == [each.effective_from for each in known[1:]]
    assert known[-1].effective_to is None


def test_reconciliation_runs_end_with_their_timetable():
    assert list(settlement_runs(date(2027, 4, 1))) == ["II", "SF", "R1", "R2", "RF", "DF"]
    assert list(settlement_runs(date(2028, 1, 4))) == ["II", "SF", "R1", "RF", "DF"]


def test_by_run_date_a_run_follows_the_timetable_of_the_day_it_is_carried_out():
    day = date(2027, 3, 10)
    by_day, by_run = settlement_runs(day), settlement_runs(day, "run_date")
    assert by_day["RF"] == date(2028, 5, 8), "legacy, 292 working days"
    assert by_run["RF"] == date(2027, 7, 12), "mhhs, 84 working days"
    assert "R2" not in by_run, "due after mhhs begins, which has none"
    assert by_run["SF"] == by_day["SF"]


def test_by_run_date_a_run_that_the_new_timetable_would_have_passed_keeps_its_older_date():
    day = date(2027, 6, 25)
    assert settlement_runs(day)["II"] == date(2027, 7, 2)
    assert settlement_runs(day, "run_date")["II"] == date(2027, 7, 2)


@given(st.dates(date(2017, 1, 1), date(2031, 12, 31)))
def test_runs_are_working_days_in_order_after_the_settlement_day_whichever_way_the_timetable_applies(day):
    for applies_by in ("settlement_day", "run_date"):
        runs = settlement_runs(day, applies_by)
        dates = list(runs.values())
        assert dates == sorted(dates)
        assert dates[0] > day
        assert all(is_working_day(on) for on in dates)
        assert {"II", "SF", "R1", "RF", "DF"} <= runs.keys()


@given(st.dates(date(2017, 1, 1), date(2026, 1, 1)))
def test_away_from_a_cutover_both_ways_agree_on_the_early_runs(day):
    by_day, by_run = settlement_runs(day), settlement_runs(day, "run_date")
    assert [by_day[run] for run in ("II", "SF", "R1", "R2", "R3")] == [
        by_run[run] for run in ("II", "SF", "R1", "R2", "R3")
    ]


def test_the_published_calendar_goes_before_the_plan():
    day = date(2023, 11, 2)
    runs = settlement_runs(day, published={"SF": date(2023, 11, 27), "D": date(2024, 2, 1)})
    assert runs["SF"] == date(2023, 11, 27)
    assert runs["D"] == date(2024, 2, 1)
    assert runs["II"] == settlement_runs(day)["II"]


def test_days_without_a_known_timetable_are_not_covered():
    with pytest.raises(NotCovered, match="CA-030"):
        settlement_runs(date(2016, 12, 31))


def test_runs_beyond_the_holiday_file_are_not_covered():
    with pytest.raises(NotCovered, match="CA-011"):
        settlement_runs(date(2035, 6, 1))


def test_an_unknown_way_of_applying_a_timetable_is_refused():
    with pytest.raises(HalfhourError, match="CA-031"):
        settlement_runs(date(2023, 11, 2), "run-date")


def test_months_are_clipped_to_a_shorter_month():
    assert add_months(date(2023, 10, 31), 28) == date(2026, 2, 28)
    assert add_months(date(2024, 12, 31), 2) == date(2025, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2024, 11, 30), 1) == date(2024, 12, 30)


def test_dispute_deadlines_of_the_handbook():
    assert dispute_deadline("general", date(2023, 11, 24)).due == date(2023, 12, 22)
    assert dispute_deadline("sva-half-hourly", date(2024, 12, 30)).due == date(2025, 4, 8)
    assert dispute_deadline("sva-non-half-hourly", date(2024, 12, 30)).due == date(2025, 4, 8)


def test_dispute_deadlines_counted_from_the_settlement_day_do_not_roll():
    assert dispute_deadline("profile-coefficients", date(2023, 11, 4)).due == date(2023, 11, 8)
    assert dispute_deadline("market-domain-data", date(2023, 11, 4)).due == date(2023, 11, 7)


def test_an_unknown_kind_of_dispute_is_refused():
    with pytest.raises(HalfhourError, match="Did you mean 'general'") as caught:
        dispute_deadline("generel", date(2023, 11, 24))
    assert caught.value.code == "CA-032"


@pytest.mark.parametrize(("winter", "count"), [(2021, 83), (2022, 83), (2023, 84), (2024, 83), (2025, 82), (2026, 82)])
def test_high_demand_days_of_each_winter(winter, count):
    high = cm_high_demand_days(winter)
    assert len(high) == count
    assert sum(is_cm_high_demand(day, period) for day in high for period in range(1, 49)) == count * 6


def test_high_demand_periods_run_from_four_to_seven():
    day = date(2025, 12, 1)
    inside = [period for period in range(1, 49) if is_cm_high_demand(day, period)]
    assert f"{period_start_local(day, inside[0]):%H:%M}" == "16:00"
    assert f"{period_start_local(day, inside[-1]) + timedelta(minutes=30):%H:%M}" == "19:00"


def test_high_demand_leaves_out_weekends_holidays_and_the_months_around():
    for day in (date(2025, 12, 25), date(2025, 12, 6), date(2025, 10, 31), date(2026, 3, 2)):
        assert not is_cm_high_demand_day(day)
    assert is_cm_high_demand_day(date(2024, 2, 29))


def test_years_and_quarters_are_closed_open():
    assert cm_delivery_year(date(2025, 9, 30)) == (date(2024, 10, 1), date(2025, 10, 1))
    assert cm_delivery_year(date(2025, 10, 1)) == (date(2025, 10, 1), date(2026, 10, 1))
    assert cfd_financial_year(date(2025, 3, 31)) == (date(2024, 4, 1), date(2025, 4, 1))
    assert cfd_quarter(date(2025, 12, 31)) == (date(2025, 10, 1), date(2026, 1, 1))
    assert cfd_quarter(date(2025, 1, 1)) == (date(2025, 1, 1), date(2025, 4, 1))
