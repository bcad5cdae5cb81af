"""The block kernel: a block of sites, day by day, through one edition's rule, added up to BM Units.

Plain Python over sequences of sequences. As it stands it runs on lists for small work; `compiled.py` compiles the same
body over arrays for large work, with the names in capitals and the rules bound to one edition. Its loops over the half
hours of a day are kept straight, because that is what a compiler can do four or eight at a time (decision record 3).
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


def scratch_rows(rows: int, length: int) -> Any:
    """Rows of room for integers, all zero."""
    return [[0] * length for _ in range(rows)]


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
        node_start, node_bm_unit, node_row: per site its Import MSIDs; BM Unit of each (-1 none); settled row
            [node][day].
        treatment: [site][day].
        parameter: per site, the edition's parameter or the default of its factor.
        bm_gross, bm_non_chargeable, bm_state: results [BM Unit][run day][period], added to [Wh]; worst state.
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
    outside = scratch(PERIODS)
    node_value = scratch(PERIODS)
    meters = scratch(6)
    used = scratch(6)
    claims = scratch(PERIODS)
    last_claimant = scratch(PERIODS)
    given = scratch(PERIODS)
    numerators = scratch(n_days)
    denominators = scratch(n_days)
    present = scratch(n_days)
    import_bp = sums[0]
    export_bp = sums[1]
    import_stor = sums[2]
    export_stor = sums[3]
    import_gen = sums[4]
    export_gen = sums[5]

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

            # Lay the day out, six classes by period: which legs are registered, whether all of them are complete, and
            # what they read. A class with one meter is that meter's readings as they are; only a sum of several can
            # exceed the bound, which every reading keeps.
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
                total = sums[quantity]
                reading = values[row]
                if meters[quantity] == 0:
                    for period in range(n):
                        total[period] = reading[period]
                else:
                    several_meters = True
                    for period in range(n):
                        total[period] += reading[period]
                meters[quantity] += 1
            for quantity in range(6):
                if meters[quantity] == 0 and used[quantity] > 0:
                    total = sums[quantity]
                    for period in range(PERIODS):
                        total[period] = 0
                used[quantity] = meters[quantity]
            if DETAIL and run_day >= 0:
                offset = site * row_offset[run_days] + row_offset[run_day]
                for period in range(n):
                    detail_state[offset + period] = STATE_NOT_REGISTERED
            if boundaries == 0 or (run_day < 0 and held == 0):
                continue

            largest = 0
            if several_meters:
                for quantity in range(6):
                    total = sums[quantity]
                    for period in range(n):
                        largest = max(largest, total[period])

            # The factor of the day, from the days of its reference period.
            factor = parameter[site]
            if HAS_FACTOR and run_day >= 0 and how == BY_RULE:
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
            if complete and largest <= LIMIT_WH and not DETAIL:
                # The rule over a whole day of good data: one straight loop.
                if HAS_FACTOR or how == BY_RULE:
                    for period in range(n):
                        # Tuples are added because the compiler does not unpack them.
                        quantities = (  # noqa: RUF005
                            import_bp[period],
                            export_bp[period],
                            import_stor[period],
                            export_stor[period],
                            import_gen[period],
                            export_gen[period],
                        ) + half_hour(
                            import_bp[period],
                            export_bp[period],
                            import_stor[period],
                            export_stor[period],
                            import_gen[period],
                            export_gen[period],
                            factor,
                        )
                        outside[period] = quantities[NON_CHARGEABLE]
                        import_sum += quantities[0]
                        outside_sum += quantities[NON_CHARGEABLE]
                        if HAS_FACTOR:
                            numerator += quantities[NUMERATOR]
                            denominator += quantities[DENOMINATOR]
                if how != BY_RULE:
                    import_sum = 0
                    for period in range(n):
                        import_sum += import_bp[period]
                        outside[period] = import_bp[period] if how == WHOLE_SITE else 0
                    outside_sum = import_sum if how == WHOLE_SITE else 0
            else:
                # Half hour by half hour: what is missing, what is too large, what is to be shown.
                for period in range(n):
                    no_import[period] = 0
                    no_data[period] = 0
                    estimated[period] = 0
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
                for period in range(n):
                    inputs = (
                        import_bp[period],
                        export_bp[period],
                        import_stor[period],
                        export_stor[period],
                        import_gen[period],
                        export_gen[period],
                    )
                    over = largest > LIMIT_WH and (
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
                    if no_data[period] or over:
                        # Without the other data there is no deduction and the whole import is chargeable, unless the
                        # whole site is declared, so that its import alone decides.
                        if how == WHOLE_SITE:
                            left_out = inputs[0]
                        else:
                            n_without_data += 1
                        if DETAIL and run_day >= 0:
                            detail_state[offset + period] = STATE_DATA_MISSING
                            shown = detail[offset + period]
                            shown[0] = inputs[0]
                            shown[CHARGEABLE] = inputs[0] - left_out
                            shown[NON_CHARGEABLE] = left_out
                    else:
                        quantities = inputs + half_hour(
                            inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], factor
                        )
                        if HAS_FACTOR:
                            numerator += quantities[NUMERATOR]
                            denominator += quantities[DENOMINATOR]
                        if how == BY_RULE:
                            left_out = quantities[NON_CHARGEABLE]
                        elif how == WHOLE_SITE:
                            left_out = inputs[0]
                        if DETAIL and run_day >= 0:
                            shown = detail[offset + period]
                            for i in range(WIDTH):
                                shown[i] = quantities[i]
                            if how != BY_RULE:
                                shown[CHARGEABLE] = inputs[0] - left_out
                                shown[NON_CHARGEABLE] = left_out
                                if PROPORTION >= 0:
                                    shown[PROPORTION] = 100_000 if how == WHOLE_SITE and inputs[0] > 0 else 0
                            state = estimated[period]
                            detail_state[offset + period] = STATE_WHOLE + state if how == WHOLE_SITE else state
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
                            if marks[period] != ABSENT and reading[period] > 0:
                                claims[period] += reading[period]
                                last_claimant[period] = node
            for node in range(nodes_from, nodes_to):
                row = node_row[node][day]
                bm_unit = node_bm_unit[node]
                if row == NOT_REGISTERED:
                    continue
                if bm_unit < 0:
                    # Its share reaches no BM Unit, and must not fall to the last claimant as a remainder.
                    if several and row != NO_ROW:
                        reading = values[row]
                        for period in range(n):
                            if claims[period] > 0 and reading[period] > 0:
                                given[period] += outside[period] * reading[period] // claims[period]
                    continue
                states = bm_state[bm_unit][run_day]
                if row == NO_ROW:
                    for period in range(n):
                        states[period] = STATE_IMPORT_MISSING
                    continue
                reading = values[row]
                gross = bm_gross[bm_unit][run_day]
                left = bm_non_chargeable[bm_unit][run_day]
                if not several and actual_until[pattern_of_row[row]] >= n:
                    for period in range(n):
                        gross[period] += reading[period]
                        left[period] += outside[period]
                    continue
                for period in range(n):
                    node_value[period] = reading[period]
                if actual_until[pattern_of_row[row]] < n:
                    marks = patterns[pattern_of_row[row]]
                    for period in range(n):
                        if marks[period] == ABSENT:
                            node_value[period] = 0
                            states[period] = STATE_IMPORT_MISSING
                        elif marks[period] == ESTIMATED and states[period] < STATE_ESTIMATED:
                            states[period] = STATE_ESTIMATED
                for period in range(n):
                    gross[period] += node_value[period]
                if not several:
                    for period in range(n):
                        left[period] += outside[period]
                else:
                    for period in range(n):
                        if claims[period] > 0 and node_value[period] > 0:
                            if last_claimant[period] == node:
                                share = outside[period] - given[period]
                            else:
                                share = outside[period] * node_value[period] // claims[period]
                            given[period] += share
                            left[period] += share
