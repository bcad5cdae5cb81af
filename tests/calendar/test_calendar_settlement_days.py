"""Settlement Days and periods: the tables of the handbook, the clock changes, and hostile days."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.calendar import (
    clock_label,
    days,
    midnight_utc,
    parse_day,
    period_of,
    period_start_local,
    period_start_utc,
    settlement_period_label,
    settlement_periods,
)
from halfhour.errors import HalfhourError, NotCovered

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SPRING = date(2026, 3, 29)
AUTUMN = date(2026, 10, 25)
any_day = st.dates(date(1972, 1, 1), date(2099, 12, 31))


def code_of(action, *arguments) -> str:
    with pytest.raises(HalfhourError) as caught:
        action(*arguments)
    return caught.value.code


@pytest.mark.parametrize(
    ("day", "period", "clock", "utc"),
    [
        (date(2026, 7, 1), 1, "00:00 BST", "2026-06-30T23:00"),
        (date(2026, 7, 1), 33, "16:00 BST", "2026-07-01T15:00"),
        (date(2026, 7, 1), 48, "23:30 BST", "2026-07-01T22:30"),
        (SPRING, 2, "00:30 GMT", "2026-03-29T00:30"),
        (SPRING, 3, "02:00 BST", "2026-03-29T01:00"),
        (SPRING, 33, "17:00 BST", "2026-03-29T16:00"),
        (SPRING, 46, "23:30 BST", "2026-03-29T22:30"),
        (AUTUMN, 3, "01:00 BST", "2026-10-25T00:00"),
        (AUTUMN, 4, "01:30 BST", "2026-10-25T00:30"),
        (AUTUMN, 5, "01:00 GMT", "2026-10-25T01:00"),
        (AUTUMN, 6, "01:30 GMT", "2026-10-25T01:30"),
        (AUTUMN, 7, "02:00 GMT", "2026-10-25T02:00"),
        (AUTUMN, 33, "15:00 GMT", "2026-10-25T15:00"),
        (AUTUMN, 50, "23:30 GMT", "2026-10-25T23:30"),
    ],
)
def test_periods_begin_when_the_handbook_says(day, period, clock, utc):
    assert clock_label(day, period) == clock
    assert period_start_utc(day, period) == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert period_of(period_start_utc(day, period)) == (day, period)


def test_the_published_clock_changes_2023_to_2028():
    spring = ["2023-03-26", "2024-03-31", "2025-03-30", "2026-03-29", "2027-03-28", "2028-03-26"]
    autumn = ["2023-10-29", "2024-10-27", "2025-10-26", "2026-10-25", "2027-10-31", "2028-10-29"]
    span = list(days(date(2023, 1, 1), date(2029, 1, 1)))
    assert [str(day) for day in span if settlement_periods(day) == 46] == spring
    assert [str(day) for day in span if settlement_periods(day) == 50] == autumn
    assert {settlement_periods(day) for day in span} == {46, 48, 50}


def test_second_hour_of_the_long_day_has_its_own_periods():
    starts = [period_start_local(AUTUMN, period) for period in (3, 4, 5, 6)]
    assert [f"{start:%H:%M}" for start in starts] == ["01:00", "01:30", "01:00", "01:30"]
    assert [start.fold for start in starts] == [0, 0, 1, 1]
    assert len({period_of(start) for start in starts}) == 4


def test_labels_tell_the_end_and_mark_what_is_repeated():
    assert [settlement_period_label(AUTUMN, period) for period in range(1, 8)] == [
        "00:30", "01:00", "01:30", "02:00", "01:30a", "02:00a", "02:30",
    ]  # fmt: skip
    assert settlement_period_label(SPRING, 3) == "02:30"
    assert settlement_period_label(AUTUMN, 50) == "24:00"


@given(any_day)
def test_the_periods_of_a_day_fill_it_and_no_more(day):
    count = settlement_periods(day)
    assert count in (46, 48, 50)
    assert period_of(period_start_utc(day, 1)) == (day, 1)
    assert period_of(period_start_utc(day, count) + timedelta(minutes=30, microseconds=-1)) == (day, count)
    assert len({settlement_period_label(day, period) for period in range(1, count + 1)}) == count
    if day < date(2099, 12, 31):
        assert period_start_utc(day, count) + timedelta(minutes=30) == midnight_utc(day + timedelta(days=1))


@given(
    st.datetimes(datetime(1972, 1, 2), datetime(2099, 12, 30)),  # noqa: DTZ001 - the zone is given beside
    st.integers(-12, 14),
)
def test_a_moment_lies_in_its_period_whatever_zone_it_is_told_in(wall, hours):
    instant = wall.replace(tzinfo=timezone(timedelta(hours=hours)))
    day, period = period_of(instant)
    assert period_start_utc(day, period) <= instant < period_start_utc(day, period) + timedelta(minutes=30)


@given(st.dates(date(1972, 1, 1), date(2097, 1, 1)), st.integers(0, 400), st.integers(0, 400))
def test_days_split_and_joined_are_the_same_days(start, first, second):
    middle, end = start + timedelta(days=first), start + timedelta(days=first + second)
    assert list(days(start, end)) == [*days(start, middle), *days(middle, end)]


def test_seven_settlement_days_are_not_always_168_hours():
    def periods(start: date) -> int:
        return sum(settlement_periods(day) for day in days(start, start + timedelta(days=7)))

    assert periods(date(2026, 7, 1)) == 336
    assert periods(SPRING) == 334
    assert periods(AUTUMN) == 338


@pytest.mark.parametrize(
    ("day", "period"), [(SPRING, 47), (date(2026, 7, 1), 49), (AUTUMN, 51), (AUTUMN, 0), (AUTUMN, -1)]
)
def test_a_period_that_the_day_does_not_have_is_refused(day, period):
    assert code_of(period_start_utc, day, period) == "CA-003"


@pytest.mark.parametrize("period", [1.0, float("nan"), "1", None, pytest.param(10**5000, id="huge")])
def test_a_period_is_a_whole_number(period):
    assert code_of(period_start_utc, AUTUMN, period) == "CA-003"


def test_a_moment_without_a_zone_is_refused():
    assert code_of(period_of, datetime(2026, 10, 25, 1, 30)) == "CA-004"  # noqa: DTZ001 - that is the point
    assert code_of(period_of, AUTUMN) == "CA-001"


def test_a_moment_is_not_taken_for_a_settlement_day():
    assert code_of(settlement_periods, datetime(2026, 10, 25, tzinfo=UTC)) == "CA-001"
    assert code_of(settlement_periods, "2026-10-25") == "CA-001"


@pytest.mark.parametrize("day", [date(1971, 12, 31), date(2100, 1, 1), date.min, date.max])
def test_days_whose_clock_changes_nobody_knows_are_not_covered(day):
    with pytest.raises(NotCovered, match="CA-002"):
        settlement_periods(day)


@pytest.mark.parametrize("instant", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_moments_at_the_ends_of_time_are_not_covered(instant):
    with pytest.raises(NotCovered, match="CA-002"):
        period_of(instant)


def test_the_first_and_the_last_day_are_whole():
    assert settlement_periods(date(1972, 1, 1)) == 48
    assert settlement_periods(date(2099, 12, 31)) == 48
    assert list(days(date(2099, 12, 31), date(2100, 1, 1))) == [date(2099, 12, 31)]


def test_days_that_end_before_they_start_are_refused_at_once():
    assert list(days(AUTUMN, AUTUMN)) == []
    assert code_of(days, AUTUMN, SPRING) == "CA-005"


def test_only_iso_dates_are_read():
    assert parse_day("2026-10-25") == AUTUMN
    for text in (
        "20261025",
        "2026-W43-7",
        "2026-10-25 ",
        "2026-02-30",
        "2026-1-5",
        "٢٠٢٦-١٠-٢٥",
        "",
        "tomorrow",
        "9" * 9999,
    ):
        assert code_of(parse_day, text) == "CA-001"
    assert code_of(parse_day, None) == "CA-001"


def test_a_date_written_the_other_way_is_refused_with_its_iso_form():
    with pytest.raises(HalfhourError, match="did you mean 2026-10-05") as caught:
        parse_day("5/10/2026")
    assert caught.value.code == "CA-001"


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real market data is not beside the project")
def test_published_loss_factors_have_as_many_periods_as_the_day():
    with (SHARED / "llf" / "llf_LOND_2025-26_extract.csv").open(encoding="utf-8") as file:
        published = {row["settlement_date"]: int(row["n_periods"]) for row in csv.DictReader(file)}
    assert len(published) == 365
    assert {day: settlement_periods(parse_day(day)) for day in published} == published
