"""Which days count, over weekends, holidays and changes of the timetable."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.calendar import is_working_day, settlement_runs, timetables
from halfhour.charges.credit import Boundaries, days_without_interim_run, window
from halfhour.charges.credit.rules import parameters
from halfhour.errors import HalfhourError, NotCovered

DAYS = st.dates(date(2017, 2, 15), date(2030, 12, 1))


@settings(deadline=None, max_examples=50)
@given(DAYS)
def test_the_days_of_cei_are_those_whose_planned_interim_information_run_is_still_to_come(as_of):
    candidates = [as_of - timedelta(days=back) for back in range(28, -1, -1)]
    assert days_without_interim_run(as_of) == tuple(day for day in candidates if settlement_runs(day)["II"] > as_of)


@settings(deadline=None, max_examples=50)
@given(st.dates(date(2001, 5, 1), date(2027, 6, 30)))
def test_there_are_always_five_working_days_without_an_interim_run_under_the_legacy_timetable(as_of):
    found = days_without_interim_run(as_of)
    assert sum(map(is_working_day, found)) == 5
    assert found[-1] == as_of
    assert list(found) == [found[0] + timedelta(days=n) for n in range(len(found))]


@settings(deadline=None, max_examples=50)
@given(DAYS)
def test_the_29_days_are_divided_among_the_components_without_gap_or_overlap(as_of):
    found = window(as_of)
    together = found.aei + found.mei + found.cei
    assert together == tuple(as_of - timedelta(days=back) for back in range(28, -1, -1))


def test_run_offsets_are_those_of_the_settlement_timetables():
    for name, run in (("interim_run_working_days", "II"), ("initial_run_working_days", "SF")):
        for timetable in timetables():
            row = next(
                one
                for one in parameters()[name]
                if one.effective_from <= timetable.effective_from
                and (one.effective_to is None or timetable.effective_from < one.effective_to)
            )
            assert row.value == timetable.offsets[run].working_days, (timetable.id, run)


@pytest.mark.parametrize(
    ("as_of", "days", "working_days"),
    [
        (date(2025, 12, 22), 7, 5),
        (date(2025, 12, 28), 11, 5),
        (date(2025, 12, 31), 9, 5),
        (date(2026, 1, 4), 12, 5),
        (date(2026, 1, 5), 8, 5),
        # Easter 2026: Good Friday 3 April, Easter Monday 6 April.
        (date(2026, 4, 6), 11, 5),
        # The legacy timetable ends on 1 July 2027; from then on four Working Days.
        (date(2027, 7, 30), 4, 4),
    ],
)
def test_holidays_lengthen_the_days_of_cei(as_of, days, working_days):
    found = days_without_interim_run(as_of)
    assert (len(found), sum(map(is_working_day, found))) == (days, working_days)


def test_boundaries_of_a_case_take_the_place_of_the_parameters():
    found = window(date(2025, 12, 31), Boundaries(1, 2, 10))
    assert found.cei == (date(2025, 12, 31),)
    assert found.mei == (date(2025, 12, 30),)
    assert len(found.aei) == 8
    with pytest.raises(HalfhourError) as refused:
        window(date(2025, 12, 31), Boundaries(5, 4))
    assert refused.value.code == "EB-204"


def test_days_before_trading_began_do_not_count():
    found = window(date(2025, 12, 31), first_day=date(2025, 12, 30))
    assert found.cei == (date(2025, 12, 30), date(2025, 12, 31))
    assert found.mei == found.aei == ()


@pytest.mark.parametrize("day", [date(1999, 1, 1), date(2098, 12, 31), date.max, date.min])
def test_days_that_nobody_knows_are_refused(day):
    with pytest.raises(NotCovered):
        window(day)
