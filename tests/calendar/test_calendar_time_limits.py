"""Time limits: the worked examples of the handbook, then what must hold for every limit."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.calendar import before, due, holiday_calendar, is_working_day, load_holiday_calendars
from halfhour.errors import HalfhourError, NotCovered

triggers = st.dates(date(1998, 1, 1), date(2034, 1, 1))
counts = st.integers(1, 60)
calendars = st.sampled_from(["E&W", "SCT", "NI"])


def day(text: str) -> date:
    return datetime.strptime(text, "%d %b %Y").date()  # noqa: DTZ007 - a civil date


def code_of(action, *arguments, **options) -> str:
    with pytest.raises(HalfhourError) as caught:
        action(*arguments, **options)
    return caught.value.code


@pytest.mark.parametrize(
    ("trigger", "n", "mode", "england", "scotland"),
    [
        ("23 Dec 2024", 5, "beginning_with", "31 Dec 2024", "31 Dec 2024"),
        ("23 Dec 2024", 5, "within", "2 Jan 2025", "3 Jan 2025"),
        ("17 Apr 2025", 5, "beginning_with", "25 Apr 2025", "24 Apr 2025"),
        ("17 Apr 2025", 10, "beginning_with", "2 May 2025", "1 May 2025"),
        ("17 Apr 2025", 5, "within", "28 Apr 2025", "25 Apr 2025"),
        ("12 Jun 2026", 1, "within", "15 Jun 2026", "16 Jun 2026"),
        ("16 Sep 2022", 1, "within", "20 Sep 2022", "20 Sep 2022"),
        # the backstop's own examples: V15, V16, V17, V18 of the page on private networks
        ("23 Dec 2024", 10, "beginning_with", "8 Jan 2025", "9 Jan 2025"),
        ("23 Dec 2024", 20, "beginning_with", "22 Jan 2025", "23 Jan 2025"),
        ("23 Dec 2024", 10, "within", "9 Jan 2025", None),
        ("23 Dec 2024", 20, "within", "23 Jan 2025", None),
        ("25 Dec 2024", 5, "beginning_with", "3 Jan 2025", None),
    ],
)
def test_modes_and_calendars_as_in_the_handbook(trigger, n, mode, england, scotland):
    assert due(day(trigger), n, mode, "electricity-act", calendar="E&W").due == day(england)
    if scotland is not None:
        assert due(day(trigger), n, mode, "electricity-act", calendar="SCT").due == day(scotland)


@pytest.mark.parametrize(
    ("trigger", "beginning_with", "within_none", "within_next"),
    [
        ("21 Dec 2024", "31 Dec 2024", "31 Dec 2024", "2 Jan 2025"),
        ("25 Dec 2024", "3 Jan 2025", "3 Jan 2025", "6 Jan 2025"),
    ],
)
def test_the_roll_matters_to_within_only(trigger, beginning_with, within_none, within_next):
    assert due(day(trigger), 5, "beginning_with", "bsc", "next").due == day(beginning_with)
    assert due(day(trigger), 5, "beginning_with", "bsc", "none").due == day(beginning_with)
    assert due(day(trigger), 5, "within", "bsc", "none").due == day(within_none)
    assert due(day(trigger), 5, "within", "bsc", "next").due == day(within_next)


@pytest.mark.parametrize(
    ("done", "at", "counts_as"),
    [
        ("20 Dec 2024", time(17, 0), "20 Dec 2024"),
        ("20 Dec 2024", time(17, 1), "23 Dec 2024"),
        ("24 Dec 2021", time(17, 1), "29 Dec 2021"),
        ("25 Dec 2024", time(9, 0), "27 Dec 2024"),
        ("20 Dec 2024", None, "20 Dec 2024"),
    ],
)
def test_an_act_after_the_cut_off_counts_as_done_on_the_next_working_day(done, at, counts_as):
    assert due(day(done), 1, "within", "cm-regs", at=at).counts_from == day(counts_as)


def test_the_hour_means_nothing_where_there_is_no_cut_off():
    assert due(day("20 Dec 2024"), 1, "within", "bsc", at=time(23, 59)).due == day("23 Dec 2024")


def test_twelve_working_days_before():
    assert before(date(2025, 12, 1), 12, "cm-regs").due == date(2025, 11, 13)


@pytest.mark.parametrize(
    ("valid_from", "invoice"),
    [("1 Jan 2021", "12 Jan 2021"), ("18 Feb 2021", "1 Mar 2021"), ("1 Jul 2021", "12 Jul 2021")],
)
def test_the_published_first_invoices_of_contracts_for_difference(valid_from, invoice):
    assert due(day(valid_from), 7, "within", "cfd").due == day(invoice)


def test_rolling_would_miss_a_published_invoice():
    assert due(day("1 Jan 2021"), 7, "within", "cfd", "next").due == day("13 Jan 2021")


def test_seven_days_beginning_with_the_day_of_the_contract_need_no_calendar():
    limit = due(date(2024, 12, 21), 7, "beginning_with", "electricity-act", unit="calendar")
    assert limit.due == date(2024, 12, 27)
    assert (limit.calendar, limit.calendar_version) == (None, None)


def test_a_limit_says_how_it_was_counted():
    limit = due(date(2024, 12, 25), 2, "within", at=time(9, 30))
    assert limit.counted == (date(2024, 12, 30), date(2024, 12, 31))
    assert (limit.trigger, limit.at, limit.counts_from) == (date(2024, 12, 25), time(9, 30), date(2024, 12, 27))
    assert (limit.regime, limit.mode, limit.unit, limit.roll, limit.cut_off) == (
        "bsc",
        "within",
        "working",
        "next",
        None,
    )
    assert limit.calendar == "E&W"
    assert limit.calendar_version == holiday_calendar("E&W").version
    assert due(date(2024, 12, 25), 2, "within", "cm-regs").cut_off == time(17, 0)


def test_a_scottish_site_under_the_code_counts_by_england_and_wales():
    assert due(date(2026, 6, 12), 1, "within", "bsc").due == date(2026, 6, 15)


def test_the_electricity_act_asks_whose_holidays():
    assert code_of(due, date(2024, 12, 23), 5, "beginning_with", "electricity-act") == "CA-022"
    assert code_of(before, date(2024, 12, 23), 5, "electricity-act") == "CA-022"


@given(triggers, counts, calendars)
def test_due_days_and_counted_days_are_working_days_in_order(trigger, n, calendar):
    for mode in ("within", "beginning_with"):
        limit = due(trigger, n, mode, calendar=calendar)
        assert len(limit.counted) == n
        assert list(limit.counted) == sorted(set(limit.counted))
        assert all(is_working_day(counted, calendar) for counted in limit.counted)


@given(triggers, counts, calendars)
def test_counting_is_the_brute_force_count(trigger, n, calendar):
    span = [trigger + timedelta(days=number) for number in range(1, 200)]
    assert (
        due(trigger, n, "within", roll="none", calendar=calendar).due
        == [each for each in span if is_working_day(each, calendar)][n - 1]
    )


@given(triggers, counts, calendars)
def test_beginning_with_one_more_is_within_for_a_working_trigger(trigger, n, calendar):
    start = holiday_calendar(calendar).on_or_after(trigger)
    assert due(start, n + 1, "beginning_with", calendar=calendar).due == due(start, n, "within", calendar=calendar).due


@given(triggers.filter(lambda each: each.year > 1998), counts, calendars)
def test_going_back_undoes_going_forward(trigger, n, calendar):
    start = holiday_calendar(calendar).on_or_after(trigger)
    assert before(due(start, n, "within", calendar=calendar).due, n, calendar=calendar).due == start


@pytest.mark.parametrize("n", [0, -1, 10_000, 1.5, True, "5", None, pytest.param(10**5000, id="huge")])
def test_a_count_is_a_whole_number_of_days(n):
    assert code_of(due, date(2024, 12, 23), n, "within") == "CA-021"


def test_unknown_words_are_refused_with_the_nearest_known_one():
    start = date(2024, 12, 23)
    with pytest.raises(HalfhourError, match="Did you mean 'beginning_with'"):
        due(start, 5, "begining-with")
    assert code_of(due, start, 5, "within", "bcs") == "CA-020"
    assert code_of(due, start, 5, "within", "bsc", "forward") == "CA-020"
    assert code_of(due, start, 5, "within", unit="weeks") == "CA-020"
    assert code_of(due, start, 5, "within", calendar="Wessex") == "CA-010"
    assert code_of(due, start, 5, "within", calendar="") == "CA-010"


def test_moments_and_zoned_times_are_refused():
    assert code_of(due, datetime(2024, 12, 23, tzinfo=UTC), 5, "within") == "CA-001"
    assert code_of(due, date(2024, 12, 23), 5, "within", at=time(17, 1, tzinfo=UTC)) == "CA-024"


def test_a_limit_that_leaves_the_holiday_file_is_not_covered():
    with pytest.raises(NotCovered, match="CA-011"):
        due(date(2035, 12, 20), 9_999, "within")
    with pytest.raises(NotCovered, match="CA-011"):
        before(date(1998, 1, 5), 30)


def test_a_users_own_calendar_can_be_counted_by(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("calendar,date,name,source\nOURS,2024-12-24,Outing,us\n", encoding="utf-8")
    limit = due(date(2024, 12, 23), 1, "within", calendar=load_holiday_calendars(path)["OURS"])
    assert (limit.due, limit.calendar) == (date(2024, 12, 25), "OURS")
