"""Shared SVA Meters: every method's parts add up to the metered energy (handbook 8 and 9)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.errors import HalfhourError
from halfhour.processes.private_networks.shared_meters import (
    AllocationSchedule,
    allocate,
    capped_block,
    fixed_block,
    multiple_fixed_blocks,
    percentage,
)

WH = st.integers(0, 10**9)


def test_v20_blocks_are_those_of_the_handbook():
    assert capped_block(100, 30) == (30, 70)
    assert fixed_block(100, 40) == (40, 60)
    assert fixed_block(30, 40) == (40, -10)


def test_v21_a_third_each_leaves_the_remainder_to_the_last():
    third = Fraction(1, 3)
    assert percentage(100, [third, third, third]) == (33, 33, 34)


def test_a_block_above_the_energy_takes_all_of_it_where_it_is_capped():
    assert capped_block(20, 30) == (20, 0)
    assert capped_block(0, 0) == (0, 0)


@given(WH, st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_shares_of_any_kind_add_up_and_each_is_near_its_own(volume, weights):
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    parts = percentage(volume, shares)
    assert sum(parts) == volume
    assert all(0 <= share * volume - part < 1 for part, share in zip(parts[:-1], shares[:-1], strict=True))


@given(WH, st.lists(WH, min_size=1, max_size=5))
def test_blocks_add_up_to_the_energy(volume, blocks):
    assert sum(multiple_fixed_blocks(volume, blocks)) == volume
    assert multiple_fixed_blocks(volume, blocks[:1]) == fixed_block(volume, blocks[0])
    assert sum(capped_block(volume, blocks[0])) == volume


def test_a_schedule_splits_every_period_and_leaves_what_is_missing_missing():
    schedule = AllocationSchedule("multiple-fixed-block", ("p", "s1", "s2"), (Fraction(10), Fraction(20)))
    assert allocate(schedule, [100, None, 25]) == {"p": (10, None, 10), "s1": (20, None, 20), "s2": (70, None, -5)}
    halves = AllocationSchedule("percentage", ("p", "s"), (Fraction(1, 2), Fraction(1, 2)))
    assert allocate(halves, [5]) == {"p": (2,), "s": (3,)}
    capped = AllocationSchedule("capped-block", ("p", "s"), (Fraction(3),))
    assert allocate(capped, [5, 2]) == {"p": (3, 2), "s": (2, 0)}
    fixed = AllocationSchedule("fixed-block", ("p", "s"), (Fraction(3),))
    assert allocate(fixed, [5, 2]) == {"p": (3, 3), "s": (2, -1)}


@pytest.mark.parametrize(
    ("method", "msids", "values"),
    [
        ("percentage", ("p", "s"), (Fraction(1, 2), Fraction(1, 3))),
        ("percentage", ("p", "s"), (Fraction(3, 2), Fraction(-1, 2))),
        ("percentage", ("p", "s"), (Fraction(1),)),
        ("percentage", ("p", "p"), (Fraction(1, 2), Fraction(1, 2))),
        ("percentage", (), ()),
        ("capped-block", ("p", "s"), (Fraction(-1),)),
        ("capped-block", ("p", "s"), (Fraction(1, 2),)),
        ("capped-block", ("p", "s", "t"), (Fraction(1), Fraction(2))),
        ("fixed-block", ("p", "s"), ()),
        ("multiple-fixed-block", ("p",), ()),
    ],
)
def test_a_schedule_whose_parts_cannot_be_is_refused(method, msids, values):
    with pytest.raises(HalfhourError, match="PN-501"):
        allocate(AllocationSchedule(method, msids, values), [100])
