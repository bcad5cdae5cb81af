"""End use behind a declared meter, found in half-hourly data: an honest store is never accused, a leak is found."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfhour.calendar import settlement_periods
from halfhour.errors import HalfhourError
from halfhour.processes.chargeable_imports.detectors import (
    detector_findings,
    standing_import,
    unreturned_energy,
)
from halfhour.processes.chargeable_imports.differencing import HalfHours
from processes_declarations.declarations_sites import IMPORT

USABLE = 4_000_000
HALF_HOUR = 1_000_000
AUXILIARY = 20_000


def known(wh):
    wh = np.array(wh, dtype=np.int64)
    return HalfHours(wh, np.ones(len(wh), dtype=bool))


def days(first, count):
    start = first.toordinal()
    return np.array([settlement_periods(date.fromordinal(start + day)) for day in range(count)], dtype=np.int64)


actions = st.lists(st.integers(-HALF_HOUR, HALF_HOUR), max_size=200)


def honest(wanted, efficiency_percent=85, own_use=AUXILIARY):
    """Import and export of a store that does what it can of what is wanted: charge (positive), discharge (negative)."""
    level, imports, exports = 0, [], []
    for action in wanted:
        taken, given_back = own_use, 0
        if action > 0:
            charge = min(action, (USABLE - level) * 100 // efficiency_percent)
            level += charge * efficiency_percent // 100
            taken += charge
        else:
            given_back = min(-action, level)
            level -= given_back
        imports.append(taken)
        exports.append(given_back)
    return imports, exports


@given(actions, st.integers(70, 100))
def test_an_honest_store_is_never_accused(wanted, efficiency_percent):
    imports, exports = honest(wanted, efficiency_percent)
    assert unreturned_energy(known(imports), known(exports), USABLE, AUXILIARY) is None


@given(actions, st.integers(1, 500_000), st.integers(1, 60))
def test_what_leaks_beyond_capacity_and_losses_is_found(wanted, leak, stretch):
    """A load of `leak` in every half hour of so long a stretch that no store could have taken it."""
    imports, exports = honest(wanted, 100)
    imports = [wh + leak for wh in imports] + [leak + AUXILIARY] * stretch
    exports = exports + [0] * stretch
    found = unreturned_energy(known(imports), known(exports), USABLE, AUXILIARY)
    least = 70 * leak * stretch // 100 - USABLE
    if least >= 1:
        assert found is not None
        assert found.end_use_wh >= least
    if found is not None:
        assert found.end_use_wh <= leak * len(imports)


def test_the_stretch_and_the_least_end_use_are_worked_out_by_hand():
    """Twelve half hours of 1 MWh at 70 % are 8.4 MWh; 4 MWh fit in, so at least 4.4 MWh went elsewhere."""
    imports = known([0, 0, *[HALF_HOUR] * 12, 0])
    exports = known([0] * 15)
    found = unreturned_energy(imports, exports, USABLE)
    assert (found.first, found.last, found.end_use_wh) == (2, 13, 4_400_000)
    assert unreturned_energy(imports, exports, 8_400_000) is None
    assert unreturned_energy(imports, exports, USABLE, least_efficiency_percent=30) is None


def test_a_half_hour_that_is_not_known_may_have_held_the_missing_export():
    imports, exports = known([HALF_HOUR] * 12), known([0] * 12)
    exports.known[6] = False
    assert unreturned_energy(imports, exports, 5_000_000) is None
    exports.known[6], exports.known[0] = True, False
    assert unreturned_energy(imports, exports, 5_000_000).end_use_wh == 2_700_000


@given(st.lists(st.tuples(st.integers(0, HALF_HOUR), st.integers(0, HALF_HOUR), st.booleans()), max_size=40))
def test_it_is_the_worst_stretch_of_all(half_hours):
    """Against every stretch tried one by one."""
    imports = known([one[0] for one in half_hours])
    exports = HalfHours(known([one[1] for one in half_hours]).wh, np.array([one[2] for one in half_hours], dtype=bool))
    usable = 300_000
    worst = 0
    for start in range(len(half_hours)):
        balance = 0
        for taken, given_back, is_known in half_hours[start:]:
            if not is_known:
                break
            balance += 70 * max(0, taken - AUXILIARY) - 100 * given_back
            worst = max(worst, balance)
    found = unreturned_energy(imports, exports, usable, AUXILIARY)
    expected = (worst - 100 * usable) // 100
    assert (found.end_use_wh if found else 0) == max(0, expected)


@given(actions, st.integers(1, 9))
def test_a_store_of_another_size_is_judged_alike(wanted, factor):
    imports, exports = honest(wanted, 60)
    one = unreturned_energy(known(imports), known(exports), USABLE // 10, AUXILIARY)
    many = unreturned_energy(
        known([wh * factor for wh in imports]),
        known([wh * factor for wh in exports]),
        USABLE // 10 * factor,
        AUXILIARY * factor,
    )
    if one is None:
        assert many is None or many.end_use_wh < factor
    else:
        assert (many.first, many.last) == (one.first, one.last)
        assert one.end_use_wh * factor <= many.end_use_wh < (one.end_use_wh + 1) * factor


FIRST = date(2024, 3, 25)


def test_import_that_never_rests_is_found_over_the_clock_change():
    """Seven days from 25 March 2024, of which 31 March has 46 half hours."""
    periods = days(FIRST, 7)
    assert periods.tolist() == [48] * 6 + [46]
    imports = known([30_000] * int(periods.sum()))
    found = standing_import(imports, periods, AUXILIARY)
    assert (found.first_day, found.days, found.least_wh) == (0, 7, 30_000)
    assert standing_import(known(imports.wh[:-46]), periods[:-1], AUXILIARY) is None


def test_plant_that_rests_for_one_half_hour_in_a_day_takes_no_more_than_its_own_use():
    periods = days(FIRST, 9)
    wh = np.full(int(periods.sum()), 30_000)
    wh[48 * 4] = AUXILIARY
    assert standing_import(known(wh), periods, AUXILIARY) is None
    wh[48 * 4] = AUXILIARY + 1
    assert standing_import(known(wh), periods, AUXILIARY).days == 9


def test_a_day_that_is_not_wholly_known_ends_the_stretch():
    periods = days(FIRST, 15)
    imports = known([30_000] * int(periods.sum()))
    imports.known[48 * 6 + 46 + 5] = False
    found = standing_import(imports, periods, AUXILIARY)
    assert (found.first_day, found.days) == (0, 7)
    imports.known[5] = False
    found = standing_import(imports, periods, AUXILIARY)
    assert (found.first_day, found.days) == (8, 7)


@given(st.integers(0, 60_000), st.integers(0, 60_000), st.integers(1, 20))
def test_a_standing_load_is_found_exactly_where_it_is_more_than_own_use_for_long_enough(load, own_use, count):
    periods = days(FIRST, count)
    found = standing_import(known([load] * int(periods.sum())), periods, own_use)
    assert (found is not None) == (load > own_use and count >= 7)


@given(actions)
def test_the_store_that_trades_and_the_office_behind_it(wanted):
    """The standard case: an honest store rests in each day; with an office behind its meter it never does."""
    periods = days(FIRST, 8)
    total = int(periods.sum())
    pattern = (wanted or [0]) + [0]
    imports, exports = honest([pattern[number % len(pattern)] for number in range(total)])
    for start in np.concatenate([[0], np.cumsum(periods)[:-1]]).tolist():
        imports[start] = AUXILIARY
    assert standing_import(known(imports), periods, AUXILIARY) is None
    office = [wh + 50_000 for wh in imports]
    assert standing_import(known(office), periods, AUXILIARY).least_wh == 50_000 + AUXILIARY
    codes = [
        one.code
        for one in detector_findings("fen-battery", IMPORT, known(office), known(exports), FIRST, periods, 2_000)
    ]
    assert codes == ["DC-402"]


def test_findings_name_site_meter_day_and_energy():
    periods = days(FIRST, 7)
    imports, exports = known([HALF_HOUR] * int(periods.sum())), known([0] * int(periods.sum()))
    unreturned, standing = detector_findings("fen-battery", IMPORT, imports, exports, FIRST, periods, 2_000, 4_000)
    assert (unreturned.code, standing.code) == ("DC-401", "DC-402")
    # 334 half hours of 1 MWh less 20 kWh of own use, at 70 %, less 4 MWh.
    assert f"{334 * 980_000 * 70 // 100 - USABLE:,} Wh" in unreturned.message
    assert "from 2024-03-25 to 2024-03-31" in unreturned.message
    assert "1,000,000 Wh in every half hour of 7 Settlement Days from 2024-03-25 on" in standing.message
    assert {one.settlement_date for one in (unreturned, standing)} == {FIRST}
    assert detector_findings("fen-battery", IMPORT, known([]), known([]), FIRST, days(FIRST, 0), 2_000, 4_000) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: unreturned_energy(known([1, 2]), known([1]), USABLE),
        lambda: unreturned_energy(known([1]), known([1]), -1),
        lambda: unreturned_energy(known([1]), known([1]), USABLE, -1),
        lambda: unreturned_energy(known([1]), known([1]), USABLE, 0, 0),
        lambda: unreturned_energy(known([1]), known([1]), USABLE, 0, 101),
        lambda: standing_import(known([1] * 47), np.array([48]), 0),
        lambda: standing_import(known([1] * 48), np.array([48]), -1),
        lambda: standing_import(known([1] * 48), np.array([48]), 0, 0),
    ],
)
def test_series_and_bounds_that_do_not_fit_are_refused(wrong):
    with pytest.raises(HalfhourError) as refused:
        wrong()
    assert refused.value.code == "DC-400"
