"""Whole Wh from kWh: what decimal arithmetic gives, for every way in which a number can be written."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.metering.readings.watt_hours import MOST_WH, Reading, exact_watt_hours, to_watt_hours


def by_decimals(text: str) -> int:
    return int((Decimal(text) * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    ("text", "wh", "state"),
    [
        ("0.0005", 0, Reading.ROUNDED),
        ("0.0015", 2, Reading.ROUNDED),
        ("0.0025", 2, Reading.ROUNDED),
        ("158.08715", 158_087, Reading.ROUNDED),
        ("158.087", 158_087, Reading.EXACT),
        ("0.29", 290, Reading.EXACT),
        ("1000000", MOST_WH, Reading.EXACT),
        ("1000000.0005", MOST_WH, Reading.ROUNDED),
        ("1000000.001", 0, Reading.ABSURD),
        ("-0.001", 0, Reading.NEGATIVE),
        ("-0", 0, Reading.EXACT),
        ("nan", 0, Reading.NOT_A_NUMBER),
        ("", 0, Reading.MISSING),
        (None, 0, Reading.MISSING),
    ],
)
def test_each_written_value_is_what_it_says(text: str | None, wh: int, state: Reading) -> None:
    got, states = to_watt_hours(pa.array([text], pa.string()))
    assert (int(got[0]), Reading(states[0])) == (wh, state)


@given(st.lists(st.integers(0, MOST_WH), min_size=1, max_size=50))
def test_three_decimals_are_exact_as_text_and_as_float(wanted: list[int]) -> None:
    for column in (
        pa.array([f"{wh // 1000}.{wh % 1000:03}" for wh in wanted]),
        pa.array([wh / 1000 for wh in wanted]),
    ):
        wh, state = to_watt_hours(column)
        assert wh.tolist() == wanted
        assert set(state.tolist()) == {Reading.EXACT}


@given(st.lists(st.decimals(0, 1_000_000, allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_any_decimal_text_is_rounded_as_decimals_are(values: list[Decimal]) -> None:
    texts = [format(value, "f") for value in values]
    assert to_watt_hours(pa.array(texts))[0].tolist() == [by_decimals(text) for text in texts]


@given(st.integers(0, MOST_WH - 1), st.integers(1, 40), st.sampled_from(["0", "1", "9"]))
def test_values_beside_a_tie_fall_on_their_own_side(wh: int, zeros: int, digit: str) -> None:
    for half in ("5" + "0" * zeros + digit, "4" + "9" * zeros + digit, "5"):
        text = f"{wh // 1000}.{wh % 1000:03}{half}"
        assert to_watt_hours(pa.array([text]))[0].tolist() == [nearest(wh, half)]


def nearest(wh: int, half: str) -> int:
    """By comparing digits, which no precision limits."""
    beyond = half.ljust(60, "0") > "5".ljust(60, "0")
    tie = half.rstrip("0") == "5"
    return wh + (wh % 2 if tie else int(beyond))


@given(st.floats(0, 1_000_000))
def test_floats_are_rounded_by_the_shortest_decimal_that_writes_them(value: float) -> None:
    wh, _ = to_watt_hours(pa.array([value]))
    # Noise far below a Wh is not a tie broken: 0.1 + 0.2 is three tenths.
    exact = Decimal(repr(value)) * 1000
    assert abs(Decimal(int(wh[0])) - exact) <= Decimal("0.5")
    if abs(exact % 1 - Decimal("0.5")) < Decimal("1e-7"):
        assert int(wh[0]) == exact_watt_hours(Decimal(repr(value)))


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1))
def test_no_float_breaks_it_or_becomes_a_value_out_of_bounds(values: list[float]) -> None:
    wh, state = to_watt_hours(pa.array(values, from_pandas=False))
    assert np.all((wh >= 0) & (wh <= MOST_WH))
    assert np.all(wh[(state != Reading.EXACT) & (state != Reading.ROUNDED)] == 0)


@given(st.lists(st.text(max_size=12), min_size=1))
def test_no_text_breaks_it(texts: list[str]) -> None:
    _, state = to_watt_hours(pa.array(texts))
    assert len(state) == len(texts)
