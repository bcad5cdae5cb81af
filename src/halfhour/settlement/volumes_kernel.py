"""The volumes kernel: settled volumes of a block of Metering Systems at GSP and NBP, added up to BM Units.

Plain Python over sequences of sequences, compiled for large work, as the block kernel is (decision record 3). The rules
are those of `rules/metering.py`; what a factor that is not held does is decision record 11.
"""

from __future__ import annotations

from typing import Any

from halfhour.rules.metering import volume_at_gsp, volume_at_nbp
from halfhour.settlement.kernel import ABSENT, ESTIMATED, NOT_REGISTERED

# Bound by `compiled`: whether each Metering System's own volumes are wanted, not only the sums.
DETAIL = False

# What stands behind a BM Unit's half hour: flags, and a number of Metering Systems that have no reading.
SOME_ESTIMATED = 1
NO_GSP = 2
NO_NBP = 4
ONE_MISSING = 8

NOT_HELD = 0
"""Stands for a factor or multiplier that is not held; none is published as zero."""

NO_VOLUME = -1
"""Stands for a volume that cannot be told; a settled volume is never negative."""


def add_volumes(
    n_meters: int,
    run_days: int,
    periods: Any,
    values: Any,
    pattern_of_row: Any,
    patterns: Any,
    meter_row: Any,
    meter_place: Any,
    meter_factors: Any,
    factors: Any,
    meter_group: Any,
    multipliers: Any,
    msp: Any,
    gsp: Any,
    nbp: Any,
    state: Any,
    meter_gsp: Any,
    meter_nbp: Any,
) -> None:
    """Take each settled Metering System's volumes to GSP and NBP and add them to its BM Unit's.

    Sequences of several dimensions are indexed one dimension at a time; a day has room for 50 half hours.

    Args:
        n_meters, run_days: sizes.
        periods: Settlement Periods of each run day.
        values, pattern_of_row, patterns: readings [row][period] in Wh, and their marks by pattern.
        meter_row: settled row [meter][run day]; -1 where there is none, NOT_REGISTERED outside its dates.
        meter_place: per meter, where its BM Unit's sums of that quantity are; -1 none.
        meter_factors: row of Line Loss Factors [meter][run day].
        factors: Line Loss Factors [row][period] in thousandths, or NOT_HELD.
        meter_group: per meter, which multipliers it takes.
        multipliers: Transmission Loss Multipliers [group][run day][period] in units of 0.0000001, or NOT_HELD.
        msp, gsp, nbp: results [place][run day][period], added to [Wh].
        state: results of the same shape: flags, and ONE_MISSING for each meter without a reading.
        meter_gsp, meter_nbp: results [meter][run day][period] where DETAIL is bound to True [Wh]; what is left as it
            was cannot be told.
    """
    for meter in range(n_meters):
        place = meter_place[meter]
        if place < 0 and not DETAIL:
            continue
        for day in range(run_days):
            row = meter_row[meter][day]
            if row == NOT_REGISTERED:
                continue
            n = periods[day]
            if row < 0:
                if place >= 0:
                    behind = state[place][day]
                    for period in range(n):
                        behind[period] += ONE_MISSING
                continue
            reading = values[row]
            marks = patterns[pattern_of_row[row]]
            line_loss_factor = factors[meter_factors[meter][day]]
            multiplier = multipliers[meter_group[meter]][day]
            if place >= 0:
                at_msp_sum = msp[place][day]
                at_gsp_sum = gsp[place][day]
                at_nbp_sum = nbp[place][day]
                behind = state[place][day]
            for period in range(n):
                mark = marks[period]
                if mark == ABSENT:
                    if place >= 0:
                        behind[period] += ONE_MISSING
                    continue
                at_msp = int(reading[period])
                flags = 0
                if mark == ESTIMATED:
                    flags = SOME_ESTIMATED
                at_gsp = 0
                at_nbp = 0
                if line_loss_factor[period] == NOT_HELD:
                    flags |= NO_GSP | NO_NBP
                else:
                    at_gsp = volume_at_gsp(at_msp, line_loss_factor[period])
                    if multiplier[period] == NOT_HELD:
                        flags |= NO_NBP
                    else:
                        at_nbp = volume_at_nbp(at_gsp, multiplier[period])
                if place >= 0:
                    at_msp_sum[period] += at_msp
                    at_gsp_sum[period] += at_gsp
                    at_nbp_sum[period] += at_nbp
                    behind[period] |= flags
                if DETAIL:
                    if not flags & NO_GSP:
                        meter_gsp[meter][day][period] = at_gsp
                    if not flags & NO_NBP:
                        meter_nbp[meter][day][period] = at_nbp
