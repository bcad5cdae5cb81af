"""Query Periods over weekends, holidays and clock changes; what follows from a level; withdrawal; breach."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from credit_cases import DEMAND_UNIT, account, read
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.calendar import LONDON, is_working_day
from halfhour.charges.credit import Account, breach_on, events, query_period, withdrawal
from halfhour.errors import HalfhourError, NotCovered


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        # Tuesday afternoon: Wednesday has its five hours within the 24.
        (local(2025, 11, 25, 15, 0), local(2025, 11, 26, 15, 0)),
        # Tuesday morning: the same day's hours are enough, 24 hours decide.
        (local(2025, 11, 25, 9, 0), local(2025, 11, 26, 9, 0)),
        # Friday noon: five hours until 17:00, so 24 hours decide.
        (local(2025, 11, 28, 12, 0), local(2025, 11, 29, 12, 0)),
        # A minute later only Monday has five hours.
        (local(2025, 11, 28, 12, 1), local(2025, 12, 1, 14, 0)),
        # Saturday.
        (local(2025, 11, 29, 3, 0), local(2025, 12, 1, 14, 0)),
        # Before Christmas: 25 and 26 December and a weekend.
        (local(2025, 12, 24, 15, 30), local(2025, 12, 29, 14, 0)),
        # Maundy Thursday 2026 in the afternoon: until Tuesday.
        (local(2026, 4, 2, 16, 0), local(2026, 4, 7, 14, 0)),
        # The clocks go back on Sunday, 26 October 2025: 24 elapsed hours end an hour earlier by the clock.
        (local(2025, 10, 24, 11, 0), local(2025, 10, 25, 11, 0)),
        (local(2025, 10, 25, 12, 0), local(2025, 10, 27, 14, 0)),
        # The clocks go forward on Sunday, 29 March 2026.
        (local(2026, 3, 28, 12, 0), local(2026, 3, 30, 14, 0)),
    ],
)
def test_a_query_period_has_24_hours_and_five_consecutive_business_hours_of_one_working_day(begins, ends):
    assert query_period(begins).ends == ends


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        # Before Modification P307 nothing but 24 hours counts, and they are elapsed hours.
        (local(2014, 10, 25, 12, 0), local(2014, 10, 26, 11, 0)),
        (local(2015, 3, 28, 12, 0), local(2015, 3, 29, 13, 0)),
        (local(2015, 6, 20, 12, 0), local(2015, 6, 21, 12, 0)),
        # 27 June 2015, a Saturday after it.
        (local(2015, 6, 27, 12, 0), local(2015, 6, 29, 14, 0)),
    ],
)
def test_business_hours_are_asked_for_since_p307(begins, ends):
    assert query_period(begins).ends == ends


@settings(deadline=None, max_examples=50)
@given(st.dates(date(2015, 6, 26), date(2031, 1, 1)), st.integers(0, 86399))
def test_every_query_period_contains_its_business_hours_and_ends_no_later_than_it_must(day, second):
    begins = datetime.combine(day, time(), tzinfo=UTC) + timedelta(seconds=second)
    found = query_period(begins)
    assert found.business_hours is not None
    first, last = found.business_hours
    assert last - first == timedelta(hours=5)
    assert is_working_day(first.date())
    assert (first.hour, first.minute) >= (9, 0)
    assert (last.hour, last.minute, last.second) <= (17, 0, 0)
    day_later = begins + timedelta(hours=24)
    assert begins <= first
    assert found.ends == max(day_later, last)


def test_a_moment_without_a_time_zone_or_out_of_the_calendar_is_refused():
    with pytest.raises(HalfhourError) as refused:
        query_period(local(2025, 11, 25, 9, 0).replace(tzinfo=None))
    assert refused.value.code == "EB-217"
    for year in (1, 1999, 2098, 9999):
        with pytest.raises(NotCovered):
            query_period(datetime(year, 12, 31, 23, 0, tzinfo=UTC))


def christmas(tmp_path, gbp: str) -> Account:
    return Account(read(tmp_path, account(DEMAND_UNIT + f'[[cover]]\ngbp = "{gbp}"\n')))


def test_an_unlodged_christmas_ends_in_level_1_and_2_and_clears_when_the_runs_are_done(tmp_path):
    query_periods, refusals = events(christmas(tmp_path, "35000"), date(2025, 12, 20), date(2026, 1, 6))
    first = query_periods[0]
    assert (first.half_hour.day, first.half_hour.period) == (date(2025, 12, 27), 9)
    assert first.query_period.begins == local(2025, 12, 27, 4, 30)
    assert first.query_period.ends == local(2025, 12, 29, 14, 0)
    assert [one.outcome for one in query_periods] == ["Level 1 Credit Default"] * 2
    assert (refusals[0].first.day, refusals[0].first.period) == (date(2025, 12, 28), 21)
    assert refusals[0].last is not None
    assert refusals[0].last.day == date(2025, 12, 28)


def test_a_query_period_is_cured_where_the_next_run_has_taken_a_day_out_before_it_ends(tmp_path):
    # 80 % is 390 MWh: passed on Sunday evening; a Working Day drops out on Monday; passed again on Monday evening.
    query_periods, refusals = events(christmas(tmp_path, "26325"), date(2025, 11, 22), date(2025, 11, 25))
    assert refusals == []
    assert [(one.half_hour.day, one.outcome) for one in query_periods] == [
        (date(2025, 11, 23), "cured"),
        (date(2025, 11, 24), "not over within the days given"),
    ]
    assert query_periods[0].query_period.ends == local(2025, 11, 24, 18, 0)


def test_a_query_period_beyond_the_days_given_has_no_outcome_yet(tmp_path):
    query_periods, _ = events(christmas(tmp_path, "35000"), date(2025, 12, 27), date(2025, 12, 28))
    assert [one.outcome for one in query_periods] == ["not over within the days given"]


def test_more_cover_cures_within_the_query_period(tmp_path):
    cover = '[[cover]]\ngbp = "35000"\n[[cover]]\ngbp = "60000"\nfrom = 2025-12-28\n'
    query_periods, refusals = events(
        Account(read(tmp_path, account(DEMAND_UNIT + cover))), date(2025, 12, 20), date(2026, 1, 6)
    )
    assert [one.outcome for one in query_periods] == ["cured"]
    assert refusals == []


def test_a_stretch_of_refusals_that_goes_on_has_no_end(tmp_path):
    _, refusals = events(christmas(tmp_path, "1000"), date(2025, 12, 27), date(2025, 12, 29))
    assert [one.last for one in refusals] == [None]


def test_withdrawal_leaves_75_percent_at_the_highest_indebtedness_of_the_wait(tmp_path):
    found = withdrawal(christmas(tmp_path, "60000"), date(2025, 12, 20))
    assert (found.first_day, found.end_day) == (date(2025, 12, 20), date(2025, 12, 30))
    assert found.highest.day == date(2025, 12, 28)
    assert found.highest.highest.ei_mwh == Decimal("613.992")
    left = found.cover_gbp - found.withdrawable_gbp
    assert left == found.minimum_cover_gbp == Decimal("613.992") * 54 / Decimal("0.75")


def test_nothing_can_be_withdrawn_where_the_wait_needs_it_all_and_the_cover_must_be_stated(tmp_path):
    assert withdrawal(christmas(tmp_path, "30000"), date(2025, 12, 20)).withdrawable_gbp == 0
    with pytest.raises(HalfhourError) as refused:
        withdrawal(Account(read(tmp_path, account(DEMAND_UNIT))), date(2025, 12, 20))
    assert refused.value.code == "EB-218"


@pytest.mark.parametrize(
    ("defaults", "breach"),
    [
        ([], None),
        ([date(2025, 1, 1), date(2025, 6, 30)], None),
        ([date(2025, 6, 30), date(2025, 1, 1), date(2025, 3, 1)], date(2025, 6, 30)),
        ([date(2025, 1, 1), date(2025, 3, 1), date(2025, 7, 1)], None),
        ([date(2024, 1, 1), date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)], date(2025, 3, 1)),
    ],
)
def test_three_authorised_defaults_within_six_months_are_a_breach(defaults, breach):
    assert breach_on(defaults) == breach
