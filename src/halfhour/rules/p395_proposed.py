"""Edition `p395-proposed`: boundary flows shared pro rata to net flows, stored energy split by a usage factor.

Document: BSC Modification Proposal P395 (November 2019), section 5, Steps 1A to 1C and 2. Never in force. The cases
that the proposal leaves open are decided as in the handbook, chargeable-imports.md 2.3 and 2.4.
"""

from __future__ import annotations

from halfhour.rules.arithmetic import PARTS, apportion, round_half_even


def half_hour(
    import_bp: int,
    export_bp: int,
    import_stor: int,
    export_stor: int,
    import_gen: int,
    export_gen: int,
    usage_factor: int,
) -> tuple[int, ...]:
    """Flows and chargeable import of one Settlement Period.

    Args:
        import_bp, export_bp: gross boundary import and export [Wh], 0 to 1,000,000,000.
        import_stor, export_stor: licensed storage, sum of its assets at the boundary's voltage [Wh].
        import_gen, export_gen: licensed generation, likewise [Wh].
        usage_factor: share of the energy into storage that is supplied to the customer [parts per 100,000].

    Returns:
        The quantities in the order of the return statement [Wh]; `net_…` are signed, import positive.
    """
    net_bp = import_bp - export_bp  # P395 Step 1A
    net_gen = import_gen - export_gen  # P395 Step 1A
    net_stor = import_stor - export_stor  # P395 Step 1A
    net_other = net_bp - net_gen - net_stor  # P395 Step 1A: the customer, by differencing
    net_import_gen = max(0, net_gen)  # P395 Table 5
    net_import_stor = max(0, net_stor)  # P395 Table 5
    net_import_other = max(0, net_other)  # P395 Table 5
    net_export_gen = max(0, -net_gen)  # P395 Table 5
    net_export_stor = max(0, -net_stor)  # P395 Table 5
    net_export_other = max(0, -net_other)  # P395 Table 5
    net_imports = net_import_gen + net_import_stor + net_import_other  # P395 Step 1B: the whole to share by
    net_exports = net_export_gen + net_export_stor + net_export_other  # P395 Step 1B: the whole to share by

    bp_to_gen, bp_to_stor, bp_to_other = apportion(  # P395 Step 1B, Table 6: gross import, because levies are on it
        import_bp, net_import_gen, net_import_stor, net_import_other
    )
    gen_to_bp, stor_to_bp, other_to_bp = apportion(  # P395 Step 1B, Table 6: gross export
        export_bp, net_export_gen, net_export_stor, net_export_other
    )
    unattributed_import = import_bp if net_imports == 0 else 0  # handbook 2.3: nobody imports net, so it is other's
    unattributed_export = export_bp if net_exports == 0 else 0  # handbook 2.3: nobody exports net, so it is other's
    through_flow = max(0, import_bp - net_imports)  # handbook 2.3: boundary flow both ways inside the period

    site_import_gen = max(0, net_import_gen - bp_to_gen)  # P395 Step 1C, Table 7
    site_import_stor = max(0, net_import_stor - bp_to_stor)  # P395 Step 1C, Table 7
    site_import_other = max(0, net_import_other - bp_to_other)  # P395 Step 1C, Table 7
    site_export_gen = max(0, net_export_gen - gen_to_bp)  # P395 Step 1C, Table 7
    site_export_stor = max(0, net_export_stor - stor_to_bp)  # P395 Step 1C, Table 7
    site_export_other = max(0, net_export_other - other_to_bp)  # P395 Step 1C, Table 7
    # Who took whose on-site energy. Of three classes at most one side has two members and both sides come to the same
    # sum, so that spreading each export pro rata over the imports is the smaller of the two (a test proves it).
    gen_to_stor = min(site_export_gen, site_import_stor)  # P395 Step 1C
    gen_to_other = min(site_export_gen, site_import_other)  # P395 Step 1C
    stor_to_gen = min(site_export_stor, site_import_gen)  # P395 Step 1C
    stor_to_other = min(site_export_stor, site_import_other)  # P395 Step 1C
    other_to_gen = min(site_export_other, site_import_gen)  # P395 Step 1C
    other_to_stor = min(site_export_other, site_import_stor)  # P395 Step 1C

    chargeable_stor = round_half_even(usage_factor * bp_to_stor, PARTS)  # P395 Step 2: the part used by the customer
    chargeable = bp_to_other + chargeable_stor  # P395 Step 2, Table 8
    non_chargeable = import_bp - chargeable  # P395 Step 2: generation's share and the rest of storage's
    proportion = round_half_even(PARTS * non_chargeable, import_bp) if import_bp > 0 else 0  # per 100,000, handbook 2.4

    return (
        net_bp,
        net_gen,
        net_stor,
        net_other,
        net_import_gen,
        net_import_stor,
        net_import_other,
        net_export_gen,
        net_export_stor,
        net_export_other,
        net_imports,
        net_exports,
        bp_to_gen,
        bp_to_stor,
        bp_to_other,
        gen_to_bp,
        stor_to_bp,
        other_to_bp,
        unattributed_import,
        unattributed_export,
        through_flow,
        site_import_gen,
        site_import_stor,
        site_import_other,
        site_export_gen,
        site_export_stor,
        site_export_other,
        gen_to_stor,
        gen_to_other,
        stor_to_gen,
        stor_to_other,
        other_to_gen,
        other_to_stor,
        chargeable_stor,
        chargeable,
        non_chargeable,
        proportion,
    )


def usage_factor(days_present: int, net_import_stor: int, stor_to_other: int, default_factor: int) -> tuple[int, ...]:
    """The share of the energy into storage that went to the on-site customer over the reference period.

    Args:
        days_present: Settlement Days with complete data; does not weigh, since periods are left out one by one.
        net_import_stor: net import of storage over the reference period, periods with missing data left out [Wh].
        stor_to_other: the energy that storage supplied to other, over the same periods [Wh].
        default_factor: the site's declared default, used where storage imported nothing [parts per 100,000].

    Returns:
        `measured` (the ratio before clamping, the default where there is none) and `factor`, 0 to 100,000.
    """
    measured = (  # P395 Step 2: fraction of net imports to storage supplied to an on-site customer
        round_half_even(PARTS * stor_to_other, net_import_stor) if net_import_stor > 0 else default_factor
    )
    factor = min(PARTS, max(0, measured))  # handbook 2.4: clamped to 0..1

    return measured, factor
