"""The block kernel: a block of sites, day by day, through one edition's rule, added up to BM Units.

Plain Python over sequences of sequences. As it stands it runs on lists for small work; `compiled.py` compiles the same
body over arrays for large work, with the names in capitals and the rules bound to one edition. Its loops over the half
hours of a day are kept straight, because that is what a compiler can do four or eight at a time (decision record 3).
"""

from __future__ import annotations

from typing import Any

from halfhour.rules.arithmetic import PARTS, round_half_even
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
STATE_IMPORT_ONLY = 6
STATE_IMPORT_ONLY_ESTIMATED = 7
STATE_NOT_REGISTERED = 9
STATES_WITH_ALL_INPUTS = (STATE_ACTUAL, STATE_ESTIMATED, STATE_WHOLE, STATE_WHOLE_ESTIMATED)

# What stands behind a BM Unit's half hour: a flag, and twice the number of its Import MSIDs that have no reading.
SOME_ESTIMATED = 1
ONE_MISSING = 2

# How a site is treated on a day: no declaration, whole import non-chargeable, by the edition's rule, some of its Import
# MSIDs whole.
BY_BOUNDARY = 0
WHOLE_SITE = 1
BY_RULE = 2
BY_MSID = 3

PERIODS = 50
LIMIT_WH = 1_000_000_000
"""The rules' bound on an input: below it every product of theirs fits in 64 bits (handbook 2.1)."""

BASIS_MEASURED = 1
BASIS_DEFAULT = 2
BASIS_CLAMPED = 3


def scratch(length: int) -> Any:
    """Room for integers, all zero."""
    return [0] * length


def scratch_rows(rows: int, length: int) -> Any:
    """Rows of room for integers, all zero."""
    return [[0] * length for _ in range(rows)]


def scratch_row(length: int) -> Any:
    """A row like those of the readings, all zero."""
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
    present_until: Any,
    leg_start: Any,
    leg_class: Any,
    leg_row: Any,
    node_start: Any,
    node_bm_unit: Any,
    node_row: Any,
    node_whole: Any,
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

    A day has room for 50 half hours. Sequences of several dimensions are indexed one dimension at a time.

    Args:
        n_sites, n_days, first_run_day: sizes; days before `first_run_day` are not settled.
        periods, window_from, window_to: per day of the timeline, its number of Settlement Periods and its reference
            period as a range of days of the timeline.
        values: readings [row][period] in Wh.
        pattern_of_row, patterns, actual_until, present_until: which pattern of marks a row has; the patterns
            [pattern][period]; how many periods from the first are actual, and are present, in each.
        leg_start, leg_class, leg_row: per site a run of legs; the class of each (0 import_bp … 5 export_gen); its row
            [leg][day], or NO_ROW, or NOT_REGISTERED.
        node_start, node_bm_unit, node_row, node_whole: per site its Import MSIDs; BM Unit of each (-1 none); settled
            row [node][day]; whether it is declared non-chargeable by itself [node][day].
        treatment: [site][day].
        parameter: [site][day], the edition's parameter or the default of its factor.
        bm_gross, bm_non_chargeable, bm_state: results [BM Unit][run day][period], added to [Wh]; SOME_ESTIMATED and
            ONE_MISSING for each Import MSID without a reading.
        site_day_factor: results [site][run day]: factor, basis, days present.
        site_day_wh: results [site][run day]: import, chargeable, non-chargeable [Wh], half hours with an import
            reading, half hours that lack one, half hours without a deduction because other data are missing, half
            hours with an input over the rules' bound.
        detail, detail_state: every quantity of every half hour [half hour][quantity], and its state, where DETAIL is
            bound to True; a site's half hours follow one another.
        row_offset: per run day, where its half hours begin among those of a site; one more entry for their number.
    """
    run_days = n_days - first_run_day
    sums = scratch_rows(6, PERIODS)
    no_import = scratch(PERIODS)
    no_data = scratch(PERIODS)
    estimated = scratch(PERIODS)
    import_estimated = scratch(PERIODS)
    declared_wh = scratch(PERIODS)
    outside = scratch(PERIODS)
    meters = scratch(6)
    only = scratch(6)
    nothing = scratch_row(PERIODS)
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
            how = treatment[site][day]

            # What there is of the day: which legs are registered, whether all of them are complete, and how many meters
            # each of the six classes has.
            boundaries = 0
            assets = 0
            held = 0
            complete = True
            all_actual = True
            several_meters = False
            for quantity in range(6):
                meters[quantity] = 0
            for leg in range(legs_from, legs_to):
                row = leg_row[leg][day]
                if row == NOT_REGISTERED:
                    continue
                quantity = leg_class[leg]
                if quantity < 2:
                    boundaries += 1
                else:
                    assets += 1
                if row == NO_ROW:
                    complete = False
                    continue
                held += 1
                if actual_until[pattern_of_row[row]] < n:
                    all_actual = False
                    if present_until[pattern_of_row[row]] < n:
                        complete = False
                several_meters = several_meters or meters[quantity] > 0
                only[quantity] = row
                meters[quantity] += 1
            if DETAIL and run_day >= 0:
                offset = site * row_offset[run_days] + row_offset[run_day]
                for period in range(n):
                    detail_state[offset + period] = STATE_NOT_REGISTERED
            if boundaries == 0 or (run_day < 0 and held == 0):
                continue

            # The factor of the day, from the days of its reference period.
            factor = parameter[site][day]
            if HAS_FACTOR and run_day >= 0 and how == BY_RULE:
                numerator = 0
                denominator = 0
                days_present = 0
                for earlier in range(window_from[day], window_to[day]):
                    days_present += present[earlier]
                    if present[earlier] or not WHOLE_DAYS:
                        numerator += numerators[earlier]
                        denominator += denominators[earlier]
                found = factor_rule(days_present, denominator, numerator, factor)
                factor = found[-1]
                basis = BASIS_MEASURED
                if denominator == 0:
                    basis = BASIS_DEFAULT
                elif found[-2] != factor:
                    basis = BASIS_CLAMPED
                of_day = site_day_factor[site][run_day]
                of_day[0] = factor
                of_day[1] = basis
                of_day[2] = days_present

            import_sum = 0
            outside_sum = 0
            numerator = 0
            denominator = 0
            n_without_import = 0
            n_without_data = 0
            n_over_limit = 0
            if how == BY_MSID:
                # What the MSIDs that are declared by themselves took.
                for period in range(PERIODS):
                    declared_wh[period] = 0
                for node in range(nodes_from, nodes_to):
                    row = node_row[node][day]
                    if row >= 0 and node_whole[node][day]:
                        marks = patterns[pattern_of_row[row]]
                        reading = values[row]
                        for period in range(n):
                            if marks[period] != ABSENT:
                                declared_wh[period] += reading[period]
            if complete and all_actual and not several_meters and not DETAIL:
                # A whole day of good data, one meter to a class: the rule over the readings as they lie, in one
                # straight loop. A reading keeps the rules' bound; only a sum of several could exceed it.
                import_bp = values[only[0]] if meters[0] else nothing
                export_bp = values[only[1]] if meters[1] else nothing
                import_stor = values[only[2]] if meters[2] else nothing
                export_stor = values[only[3]] if meters[3] else nothing
                import_gen = values[only[4]] if meters[4] else nothing
                export_gen = values[only[5]] if meters[5] else nothing
                if HAS_FACTOR or how == BY_RULE:
                    for period in range(n):
                        # Tuples are added because the compiler does not unpack them.
                        inputs = (
                            int(import_bp[period]),
                            int(export_bp[period]),
                            int(import_stor[period]),
                            int(export_stor[period]),
                            int(import_gen[period]),
                            int(export_gen[period]),
                        )
                        quantities = inputs + half_hour(
                            inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], factor
                        )
                        outside[period] = quantities[NON_CHARGEABLE]
                        import_sum += quantities[0]
                        outside_sum += quantities[NON_CHARGEABLE]
                        if HAS_FACTOR:
                            numerator += quantities[NUMERATOR]
                            denominator += quantities[DENOMINATOR]
                if how != BY_RULE:
                    import_sum = 0
                    outside_sum = 0
                    for period in range(n):
                        outside[period] = 0
                        if how == WHOLE_SITE:
                            outside[period] = import_bp[period]
                        elif how == BY_MSID:
                            outside[period] = declared_wh[period]
                        import_sum += import_bp[period]
                        outside_sum += outside[period]
            else:
                # Half hour by half hour: sums of meters, what is missing, what is too large, what is to be shown.
                for quantity in range(6):
                    total = sums[quantity]
                    for period in range(PERIODS):
                        total[period] = 0
                for leg in range(legs_from, legs_to):
                    row = leg_row[leg][day]
                    if row >= 0:
                        total = sums[leg_class[leg]]
                        reading = values[row]
                        for period in range(n):
                            total[period] += reading[period]
                for period in range(n):
                    no_import[period] = 0
                    no_data[period] = 0
                    estimated[period] = 0
                    import_estimated[period] = 0
                    outside[period] = 0
                if not (complete and all_actual):
                    for leg in range(legs_from, legs_to):
                        row = leg_row[leg][day]
                        if row == NOT_REGISTERED:
                            continue
                        lacking = no_import if leg_class[leg] == 0 else no_data
                        if row == NO_ROW:
                            for period in range(n):
                                lacking[period] = 1
                            continue
                        marks = patterns[pattern_of_row[row]]
                        for period in range(n):
                            if marks[period] == ABSENT:
                                lacking[period] = 1
                            elif marks[period] == ESTIMATED:
                                estimated[period] = 1
                                if leg_class[leg] == 0:
                                    import_estimated[period] = 1
                for period in range(n):
                    inputs = (
                        sums[0][period],
                        sums[1][period],
                        sums[2][period],
                        sums[3][period],
                        sums[4][period],
                        sums[5][period],
                    )
                    over = several_meters and (
                        inputs[0] > LIMIT_WH
                        or inputs[1] > LIMIT_WH
                        or inputs[2] > LIMIT_WH
                        or inputs[3] > LIMIT_WH
                        or inputs[4] > LIMIT_WH
                        or inputs[5] > LIMIT_WH
                    )
                    if over:
                        n_over_limit += 1
                        complete = False
                    if no_import[period] or inputs[0] > LIMIT_WH:
                        n_without_import += 1
                        if DETAIL and run_day >= 0:
                            detail_state[offset + period] = STATE_IMPORT_MISSING
                        continue
                    left_out = 0
                    if how == WHOLE_SITE:
                        left_out = inputs[0]
                    elif how == BY_MSID:
                        left_out = declared_wh[period]
                    if no_data[period] or over:
                        # Without the other data the rule makes no deduction and the whole import is chargeable; where
                        # the rule does not decide, the import alone does.
                        if how == BY_RULE:
                            n_without_data += 1
                        if DETAIL and run_day >= 0:
                            if how == BY_RULE:
                                detail_state[offset + period] = STATE_DATA_MISSING
                            else:
                                detail_state[offset + period] = STATE_IMPORT_ONLY + import_estimated[period]
                            shown = detail[offset + period]
                            shown[0] = inputs[0]
                            shown[CHARGEABLE] = inputs[0] - left_out
                            shown[NON_CHARGEABLE] = left_out
                            if PROPORTION >= 0 and inputs[0] > 0:
                                shown[PROPORTION] = round_half_even(PARTS * left_out, inputs[0])
                    else:
                        quantities = inputs + half_hour(
                            inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], factor
                        )
                        if HAS_FACTOR:
                            numerator += quantities[NUMERATOR]
                            denominator += quantities[DENOMINATOR]
                        if how == BY_RULE:
                            left_out = quantities[NON_CHARGEABLE]
                        if DETAIL and run_day >= 0:
                            shown = detail[offset + period]
                            for i in range(WIDTH):
                                shown[i] = quantities[i]
                            if how != BY_RULE:
                                shown[CHARGEABLE] = inputs[0] - left_out
                                shown[NON_CHARGEABLE] = left_out
                                if PROPORTION >= 0:
                                    shown[PROPORTION] = 0
                                    if inputs[0] > 0:
                                        shown[PROPORTION] = round_half_even(PARTS * left_out, inputs[0])
                            state = estimated[period]
                            if how in (WHOLE_SITE, BY_MSID):
                                state += STATE_WHOLE
                            detail_state[offset + period] = state
                    import_sum += inputs[0]
                    outside_sum += left_out
                    outside[period] = left_out
            numerators[day] = numerator
            denominators[day] = denominator
            if complete and assets > 0:
                present[day] = 1
            if run_day < 0:
                continue
            of_day = site_day_wh[site][run_day]
            of_day[0] = import_sum
            of_day[1] = import_sum - outside_sum
            of_day[2] = outside_sum
            of_day[3] = n - n_without_import
            of_day[4] = n_without_import
            of_day[5] = n_without_data
            of_day[6] = n_over_limit

            # Add up to BM Units: each Import MSID its settled volume and its share of what is not chargeable.
            several = nodes_to - nodes_from > 1
            if several:
                for period in range(n):
                    claims[period] = 0
                    last_claimant[period] = -1
                    given[period] = 0
                for node in range(nodes_from, nodes_to):
                    row = node_row[node][day]
                    if row >= 0:
                        marks = patterns[pattern_of_row[row]]
                        reading = values[row]
                        for period in range(n):
                            if marks[period] != ABSENT:
                                claims[period] += reading[period]
                                # Where nobody has a claim, the last one with a reading stands for all.
                                if reading[period] > 0 or claims[period] == 0:
                                    last_claimant[period] = node
            for node in range(nodes_from, nodes_to):
                row = node_row[node][day]
                bm_unit = node_bm_unit[node]
                if row == NOT_REGISTERED:
                    continue
                if row == NO_ROW:
                    if bm_unit >= 0:
                        states = bm_state[bm_unit][run_day]
                        for period in range(n):
                            states[period] += ONE_MISSING
                    continue
                reading = values[row]
                if not several and bm_unit >= 0 and all_actual and complete:
                    gross = bm_gross[bm_unit][run_day]
                    left = bm_non_chargeable[bm_unit][run_day]
                    for period in range(n):
                        gross[period] += reading[period]
                        left[period] += outside[period]
                    continue
                marks = patterns[pattern_of_row[row]]
                whole = node_whole[node][day]
                for period in range(n):
                    value = reading[period] if marks[period] != ABSENT else 0
                    share = outside[period]
                    if several:
                        if how == BY_MSID:
                            share = value if whole else 0
                        elif last_claimant[period] == node:
                            share = outside[period] - given[period]
                        elif claims[period] > 0:
                            share = outside[period] * value // claims[period]
                        else:
                            share = 0
                        given[period] += share
                    if bm_unit >= 0:
                        bm_gross[bm_unit][run_day][period] += value
                        bm_non_chargeable[bm_unit][run_day][period] += share
                        if marks[period] == ABSENT:
                            bm_state[bm_unit][run_day][period] += ONE_MISSING
                        elif marks[period] == ESTIMATED or (how == BY_RULE and not all_actual and estimated[period]):
                            # A deduction that rests on an estimate is an estimate.
                            bm_state[bm_unit][run_day][period] |= SOME_ESTIMATED
