"""The block kernel: a block of sites, day by day, through one edition's rule, added up to BM Units.

Plain Python over flat sequences. As it stands it runs on lists for small work; `compiled.py` compiles the same body
for large work, with the names in capitals and the rules bound to one edition. Layout and reasons: decision record 3.
"""

from __future__ import annotations

from typing import Any

from halfhour.rules.default import half_hour

# Bound per edition by `compiled.bind`; the values here are those of `default`.
HAS_FACTOR = False
WHOLE_DAYS = False
NUMERATOR = 0
DENOMINATOR = 0
CHARGEABLE = 6
NON_CHARGEABLE = 7
PROPORTION = -1
WIDTH = 8
DETAIL = False

# A row index that is not a row.
NO_ROW = -1
NOT_REGISTERED = -2

# Marks of a reading.
ABSENT = 0
ACTUAL = 1
ESTIMATED = 2

# States of a half hour of a site.
STATE_ACTUAL = 0
STATE_ESTIMATED = 1
STATE_IMPORT_MISSING = 2
STATE_DATA_MISSING = 3
STATE_WHOLE = 4
STATE_WHOLE_ESTIMATED = 5
STATE_NOT_REGISTERED = 9

# How a site is treated on a day: no declaration, whole import non-chargeable, by the edition's rule.
BY_BOUNDARY = 0
WHOLE_SITE = 1
BY_RULE = 2

PERIODS = 50
LIMIT_WH = 1_000_000_000
"""The rules' bound on an input: below it every product of theirs fits in 64 bits (handbook 2.1)."""

BASIS_NONE = 0
BASIS_MEASURED = 1
BASIS_DEFAULT = 2
BASIS_CLAMPED = 3


def scratch(length: int) -> Any:
    """Room for integers, all zero."""
    return [0] * length


def factor_rule(days_present: int, denominator: int, numerator: int, default_factor: int) -> tuple[int, ...]:
    """Stands in for the edition's factor rule where it has none."""
    return default_factor, default_factor


def settle_block(
    n_sites: int,
    n_days: int,
    first_run_day: int,
    periods: Any,
    window_from: Any,
    window_to: Any,
    values: Any,
    pattern_of_row: Any,
    patterns: Any,
    actual_until: Any,
    leg_start: Any,
    leg_class: Any,
    leg_row: Any,
    node_start: Any,
    node_bm_unit: Any,
    node_row: Any,
    treatment: Any,
    parameter: Any,
    bm_gross: Any,
    bm_non_chargeable: Any,
    bm_state: Any,
    site_day_factor: Any,
    site_day_wh: Any,
    detail: Any,
    detail_state: Any,
    row_offset: Any,
) -> None:
    """Settle a block of sites over a timeline of days, the first of which may only serve the reference period.

    All sequences are flat; a day has room for 50 half hours.

    Args:
        periods, window_from, window_to: per day of the timeline, its number of Settlement Periods and its reference
            period as a range of days of the timeline.
        values, pattern_of_row, patterns, actual_until: readings [Wh] by row; which pattern of marks a row has; the
            patterns; how many periods from the first are actual in each pattern.
        leg_start, leg_class, leg_row: per site a run of legs; the class of each (0 import_bp … 5 export_gen); its row
            on each day, or NO_ROW, or NOT_REGISTERED.
        node_start, node_bm_unit, node_row: per site its Import MSIDs; BM Unit of each (-1 none); settled row by day.
        treatment: per site and day.
        parameter: per site, the edition's parameter or the default of its factor.
        bm_gross, bm_non_chargeable, bm_state: results per BM Unit, run day and period, added to [Wh]; worst state.
        site_day_factor: results per site and run day: factor, basis, days present.
        site_day_wh: results per site and run day: import, chargeable, non-chargeable [Wh], half hours with an import
            reading, half hours that lack one, half hours without a deduction because other data are missing, half
            hours with an input over the rules' bound.
        detail, detail_state: every quantity of every half hour, and its state, where DETAIL is bound to True.
        row_offset: per run day, where its half hours begin among those of a site; one more entry for their number.
    """
    run_days = n_days - first_run_day
    sums = scratch(6 * PERIODS)
    missing = scratch(2 * PERIODS)
    estimated = scratch(PERIODS)
    outside = scratch(PERIODS)
    node_value = scratch(PERIODS)
    claims = scratch(PERIODS)
    last_claimant = scratch(PERIODS)
    given = scratch(PERIODS)
    numerators = scratch(n_days)
    denominators = scratch(n_days)
    present = scratch(n_days)

    for site in range(n_sites):
        legs_from = leg_start[site]
        legs_to = leg_start[site + 1]
        nodes_from = node_start[site]
        nodes_to = node_start[site + 1]
        for day in range(n_days):
            numerators[day] = 0
            denominators[day] = 0
            present[day] = 0

        for day in range(n_days):
            n = periods[day]
            run_day = day - first_run_day
            how = treatment[site * n_days + day]

            # Lay the day out: six classes by period, with what is missing and what is estimated.
            for i in range(6 * PERIODS):
                sums[i] = 0
            for period in range(n):
                missing[period] = 0
                missing[PERIODS + period] = 0
                estimated[period] = 0
                outside[period] = 0
            boundaries = 0
            assets = 0
            complete = True
            for leg in range(legs_from, legs_to):
                row = leg_row[leg * n_days + day]
                if row == NOT_REGISTERED:
                    continue
                quantity = leg_class[leg]
                if quantity < 2:
                    boundaries += 1
                else:
                    assets += 1
                side = 0 if quantity == 0 else PERIODS
                if row == NO_ROW:
                    complete = False
                    for period in range(n):
                        missing[side + period] = 1
                    continue
                at = quantity * PERIODS
                base = row * PERIODS
                if actual_until[pattern_of_row[row]] >= n:
                    for period in range(n):
                        sums[at + period] += values[base + period]
                else:
                    marks = pattern_of_row[row] * PERIODS
                    for period in range(n):
                        mark = patterns[marks + period]
                        if mark == ABSENT:
                            missing[side + period] = 1
                            complete = False
                        else:
                            sums[at + period] += values[base + period]
                            if mark == ESTIMATED:
                                estimated[period] = 1
            if run_day >= 0 and DETAIL:
                offset = site * row_offset[run_days] + row_offset[run_day]
                for period in range(n):
                    detail_state[offset + period] = STATE_NOT_REGISTERED
            if boundaries == 0:
                continue

            # The factor of the day, from the days of its reference period.
            factor = parameter[site]
            if run_day >= 0 and HAS_FACTOR and how == BY_RULE:
                numerator = 0
                denominator = 0
                days_present = 0
                for earlier in range(window_from[day], window_to[day]):
                    days_present += present[earlier]
                    if present[earlier] or not WHOLE_DAYS:
                        numerator += numerators[earlier]
                        denominator += denominators[earlier]
                found = factor_rule(days_present, denominator, numerator, parameter[site])
                factor = found[-1]
                basis = BASIS_MEASURED
                if denominator == 0:
                    basis = BASIS_DEFAULT
                elif found[-2] != factor:
                    basis = BASIS_CLAMPED
                at = (site * run_days + run_day) * 3
                site_day_factor[at] = factor
                site_day_factor[at + 1] = basis
                site_day_factor[at + 2] = days_present

            # The rule, half hour by half hour.
            import_sum = 0
            chargeable_sum = 0
            outside_sum = 0
            n_without_import = 0
            n_without_data = 0
            n_over_limit = 0
            numerator = 0
            denominator = 0
            for period in range(n):
                import_bp = sums[period]
                state = estimated[period]
                over = (
                    sums[period] > LIMIT_WH
                    or sums[PERIODS + period] > LIMIT_WH
                    or sums[2 * PERIODS + period] > LIMIT_WH
                    or sums[3 * PERIODS + period] > LIMIT_WH
                    or sums[4 * PERIODS + period] > LIMIT_WH
                    or sums[5 * PERIODS + period] > LIMIT_WH
                )
                if over:
                    n_over_limit += 1
                    complete = False
                if missing[period] or (over and import_bp > LIMIT_WH):
                    n_without_import += 1
                    if run_day >= 0 and DETAIL:
                        detail_state[offset + period] = STATE_IMPORT_MISSING
                    continue
                left_out = 0
                if missing[PERIODS + period] or over:
                    # Without the other data there is no deduction: the whole import is chargeable, unless the whole
                    # site is declared and its import alone decides.
                    if how == WHOLE_SITE:
                        left_out = import_bp
                    else:
                        n_without_data += 1
                    if run_day >= 0 and DETAIL:
                        detail_state[offset + period] = STATE_DATA_MISSING
                        at = (offset + period) * WIDTH
                        detail[at] = import_bp
                        detail[at + CHARGEABLE] = import_bp - left_out
                        detail[at + NON_CHARGEABLE] = left_out
                else:
                    inputs = (
                        import_bp,
                        sums[PERIODS + period],
                        sums[2 * PERIODS + period],
                        sums[3 * PERIODS + period],
                        sums[4 * PERIODS + period],
                        sums[5 * PERIODS + period],
                    )
                    quantities = inputs + half_hour(
                        inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], factor
                    )
                    if HAS_FACTOR:
                        numerator += quantities[NUMERATOR]
                        denominator += quantities[DENOMINATOR]
                    if how == BY_RULE:
                        left_out = quantities[NON_CHARGEABLE]
                    elif how == WHOLE_SITE:
                        left_out = import_bp
                    if run_day >= 0 and DETAIL:
                        at = (offset + period) * WIDTH
                        for i in range(WIDTH):
                            detail[at + i] = quantities[i]
                        if how != BY_RULE:
                            detail[at + CHARGEABLE] = import_bp - left_out
                            detail[at + NON_CHARGEABLE] = left_out
                            if PROPORTION >= 0:
                                detail[at + PROPORTION] = 100_000 if how == WHOLE_SITE and import_bp > 0 else 0
                        detail_state[offset + period] = STATE_WHOLE + state if how == WHOLE_SITE else state
                import_sum += import_bp
                outside_sum += left_out
                chargeable_sum += import_bp - left_out
                outside[period] = left_out
            numerators[day] = numerator
            denominators[day] = denominator
            if complete and assets > 0:
                present[day] = 1
            if run_day < 0:
                continue
            at = (site * run_days + run_day) * 7
            site_day_wh[at] = import_sum
            site_day_wh[at + 1] = chargeable_sum
            site_day_wh[at + 2] = outside_sum
            site_day_wh[at + 3] = n - n_without_import
            site_day_wh[at + 4] = n_without_import
            site_day_wh[at + 5] = n_without_data
            site_day_wh[at + 6] = n_over_limit

            # Add up to BM Units: each Import MSID its settled volume and its share of what is not chargeable.
            several = nodes_to - nodes_from > 1
            if several:
                for period in range(n):
                    claims[period] = 0
                    last_claimant[period] = -1
                    given[period] = 0
                for node in range(nodes_from, nodes_to):
                    row = node_row[node * n_days + day]
                    if row >= 0:
                        marks = pattern_of_row[row] * PERIODS
                        for period in range(n):
                            if patterns[marks + period] != ABSENT and values[row * PERIODS + period] > 0:
                                claims[period] += values[row * PERIODS + period]
                                last_claimant[period] = node
            for node in range(nodes_from, nodes_to):
                row = node_row[node * n_days + day]
                bm_unit = node_bm_unit[node]
                if row == NOT_REGISTERED or bm_unit < 0:
                    continue
                at = (bm_unit * run_days + run_day) * PERIODS
                if row == NO_ROW:
                    for period in range(n):
                        bm_state[at + period] = STATE_IMPORT_MISSING
                    continue
                base = row * PERIODS
                if actual_until[pattern_of_row[row]] >= n:
                    for period in range(n):
                        node_value[period] = values[base + period]
                else:
                    marks = pattern_of_row[row] * PERIODS
                    for period in range(n):
                        mark = patterns[marks + period]
                        node_value[period] = values[base + period] if mark != ABSENT else 0
                        worst = bm_state[at + period]
                        if mark == ABSENT:
                            bm_state[at + period] = STATE_IMPORT_MISSING
                        elif mark == ESTIMATED and worst < STATE_ESTIMATED:
                            bm_state[at + period] = STATE_ESTIMATED
                for period in range(n):
                    bm_gross[at + period] += node_value[period]
                if not several:
                    for period in range(n):
                        bm_non_chargeable[at + period] += outside[period]
                else:
                    for period in range(n):
                        if claims[period] > 0 and node_value[period] > 0:
                            if last_claimant[period] == node:
                                share = outside[period] - given[period]
                            else:
                                share = outside[period] * node_value[period] // claims[period]
                            given[period] += share
                            bm_non_chargeable[at + period] += share
