"""The look-up that all dated values share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.errors import HalfhourError, NotCovered
from halfhour.market_data.dated import DatedTable, date_ranges, shown

DAY_0 = date(2024, 1, 1)


def day(number: int) -> date:
    return DAY_0 + timedelta(days=number)


@dataclass(frozen=True)
class Span:
    effective_from: date
    effective_to: date


def spans(*numbers: tuple[int, int]) -> list[Span]:
    return [Span(day(start), day(end)) for start, end in numbers]


@st.composite
def tables(draw: st.DrawFn) -> DatedTable[Span]:
    edges = sorted(draw(st.sets(st.integers(0, 60), max_size=12)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return DatedTable("thing", draw(st.permutations(spans(*pairs))))


@given(tables(), st.integers(-5, 65), st.integers(0, 70))
def test_missing_ranges_are_exactly_the_days_without_a_row(table: DatedTable[Span], start: int, length: int) -> None:
    gaps = table.missing(day(start), day(start + length))
    without = [day(n) for n in range(start, start + length) if table.find(day(n)) is None]
    assert gaps == date_ranges(without)


@given(tables(), st.integers(-5, 65))
def test_a_row_holds_on_its_first_day_and_not_on_its_end(table: DatedTable[Span], number: int) -> None:
    holding = [row for row in table.rows if row.effective_from <= day(number) < row.effective_to]
    assert [table.find(day(number))] == (holding or [None])


@given(st.lists(st.integers(0, 40)))
def test_ranges_of_days_do_not_depend_on_their_order_and_lose_none(numbers: list[int]) -> None:
    ranges = date_ranges(day(n) for n in numbers)
    assert ranges == date_ranges(day(n) for n in reversed(numbers))
    assert {start + timedelta(n) for start, end in ranges for n in range((end - start).days)} == set(map(day, numbers))
    assert all(earlier[1] < later[0] for earlier, later in pairwise(ranges))


def test_rows_that_touch_leave_no_gap_and_rows_that_overlap_are_refused() -> None:
    assert DatedTable("thing", spans((0, 5), (5, 9))).missing(day(0), day(9)) == []
    with pytest.raises(HalfhourError, match="MD-005"):
        DatedTable("thing", spans((0, 5), (4, 9)))
    with pytest.raises(HalfhourError, match="MD-005"):
        DatedTable("thing", spans((0, 9), (2, 3), (8, 12)))


@pytest.mark.parametrize("end", [0, -1])
def test_a_row_without_a_day_is_refused(end: int) -> None:
    with pytest.raises(HalfhourError, match="MD-006"):
        DatedTable("thing", spans((0, end)))


def test_missing_days_of_an_endless_range_come_at_once() -> None:
    table = DatedTable("thing", spans((0, 5)))
    assert table.missing(date.min, date.max) == [(date.min, day(0)), (day(5), date.max)]


def test_range_backwards_is_refused_and_an_empty_one_misses_nothing() -> None:
    table = DatedTable("thing", spans((0, 5)))
    assert table.missing(day(9), day(9)) == []
    with pytest.raises(HalfhourError, match="MD-006"):
        table.missing(day(9), day(8))


def test_empty_table_covers_nothing_and_says_so() -> None:
    table: DatedTable[Span] = DatedTable("thing", [])
    assert table.missing(day(0), day(3)) == [(day(0), day(3))]
    with pytest.raises(NotCovered, match=r"No thing is held for 2024-01-01; held nearest: nothing\."):
        table.on(day(0))


def test_last_day_of_the_calendar_is_refused_not_a_crash() -> None:
    with pytest.raises(HalfhourError, match="MD-006"):
        date_ranges([date.max])


def test_ranges_are_shown_with_their_last_day_included() -> None:
    assert shown([(day(0), day(31)), (day(40), day(41))]) == "2024-01-01 to 2024-01-31, 2024-02-10"
    assert shown([(day(2 * n), day(2 * n + 1)) for n in range(9)]).endswith("2024-01-11 and 3 more")
