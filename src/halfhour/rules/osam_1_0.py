"""Edition `osam-1.0`: the On-Site Energy Allocation Methodology, in force from 2 November 2023.

Document: BSC Category 3 document "On-Site Energy Allocation Methodology Document", v1.0; formulas as transcribed in
the handbook, chargeable-imports.md section 3, whose one departure from the transcription is marked below.
"""

from __future__ import annotations

from halfhour.rules.arithmetic import PARTS, round_half_even


def half_hour(
    import_bp: int,
    export_bp: int,
    import_stor: int,
    export_stor: int,
    import_gen: int,
    export_gen: int,
    ncsp: int,
) -> tuple[int, ...]:
    """Flows and chargeable import of one Settlement Period, in the methodology's fixed order of priority.

    Args:
        import_bp, export_bp: gross boundary import and export [Wh], 0 to 1,000,000,000.
        import_stor, export_stor: licensed storage, gross, sum of its assets at the boundary's voltage [Wh].
        import_gen, export_gen: licensed generation, likewise [Wh].
        ncsp: Non-Chargeable Storage Proportion of the Settlement Day [parts per 100,000].

    Returns:
        The quantities in the order of the return statement [Wh]; `a_to_b` is energy from a to b.
    """
    net_other = (import_bp - import_stor - import_gen) - (export_bp - export_stor - export_gen)  # OSAM NetOther
    import_other = max(0, net_other)  # OSAM ImpOther
    export_other = max(0, -net_other)  # OSAM ExpOther

    surplus = max(0, export_gen + export_stor - export_bp)  # OSAM Surplus: what stayed on site
    gen_to_stor = min(export_gen, import_stor, surplus)  # OSAM GenXStor: three-way minimum
    remaining = surplus - gen_to_stor  # OSAM Remaining
    gen_to_other = min(export_gen - gen_to_stor, import_other, remaining)  # OSAM GenXOther: three-way minimum
    gen_to_bp = export_gen - gen_to_stor - gen_to_other  # OSAM GenXBP

    stor_to_bp = max(0, min(export_bp - gen_to_bp, export_stor))  # OSAM StorXBP
    stor_to_gen = max(0, min(import_gen, export_stor - stor_to_bp))  # OSAM StorXGen
    stor_to_other = max(0, export_stor - stor_to_bp - stor_to_gen)  # OSAM StorXOther

    bp_to_stor = min(import_bp, import_stor - gen_to_stor)  # OSAM BPXStor
    other_to_stor = import_stor - gen_to_stor - bp_to_stor  # OSAM OtherXStor
    bp_to_gen = min(import_gen - stor_to_gen, import_bp - bp_to_stor)  # OSAM BPXGen
    other_to_gen = min(
        export_other, import_gen - stor_to_gen - bp_to_gen
    )  # OSAM OtherXGen, with ExpOther: handbook 3.1
    bp_to_other = import_bp - bp_to_stor - bp_to_gen  # OSAM BPXOther
    other_to_bp = export_bp - gen_to_bp - stor_to_bp  # OSAM OtherXBP
    generation_both_ways = min(import_gen, export_gen)  # handbook 3.4: flagged, not corrected

    non_chargeable_stor = round_half_even(ncsp * bp_to_stor, PARTS)  # OSAM result: storage's non-chargeable part
    non_chargeable = bp_to_gen + non_chargeable_stor  # OSAM result
    chargeable = import_bp - non_chargeable  # OSAM result
    proportion = round_half_even(PARTS * non_chargeable, import_bp) if import_bp > 0 else 0  # per 100,000, P0342

    return (
        net_other,
        import_other,
        export_other,
        surplus,
        gen_to_stor,
        remaining,
        gen_to_other,
        gen_to_bp,
        stor_to_bp,
        stor_to_gen,
        stor_to_other,
        bp_to_stor,
        other_to_stor,
        bp_to_gen,
        other_to_gen,
        bp_to_other,
        other_to_bp,
        generation_both_ways,
        non_chargeable_stor,
        chargeable,
        non_chargeable,
        proportion,
    )


def non_chargeable_storage_proportion(
    days_present: int, export_stor: int, stor_to_other: int, default_ncsp: int
) -> tuple[int, ...]:
    """NCSP of a Settlement Day from the seven before it; a missing day is filled with the default.

    Args:
        days_present: how many of the seven Settlement Days have complete data.
        export_stor: storage export summed over the days present [Wh].
        stor_to_other: the part of it that went to other, over the same days [Wh].
        default_ncsp: the Panel's default [parts per 100,000].

    Returns:
        `kept_off_other` [Wh], `measured` and `factor` [parts per 100,000].
    """
    kept_off_other = export_stor - stor_to_other  # OSAM NCSP: storage export that did not go to other
    measured = (  # handbook 3.2: each day weighs one seventh, the days present share their weight by energy
        round_half_even(
            days_present * kept_off_other * PARTS + (7 - days_present) * default_ncsp * export_stor, 7 * export_stor
        )
        if export_stor > 0
        else default_ncsp
    )
    factor = min(PARTS, max(0, measured))  # OSAM NCSP, 0 to 1

    return kept_off_other, measured, factor


def ncsp_available_only(days_present: int, export_stor: int, stor_to_other: int, default_ncsp: int) -> tuple[int, ...]:
    """NCSP as the ratio over the days present, whatever their number (`ncsp_missing_days = "available_only"`).

    Arguments and results as for `non_chargeable_storage_proportion`; `days_present` does not weigh.
    """
    kept_off_other = export_stor - stor_to_other  # OSAM NCSP: storage export that did not go to other
    measured = (  # handbook 3.2, the transcription's reading
        round_half_even(kept_off_other * PARTS, export_stor) if export_stor > 0 else default_ncsp
    )
    factor = min(PARTS, max(0, measured))  # OSAM NCSP, 0 to 1

    return kept_off_other, measured, factor
