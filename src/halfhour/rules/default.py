"""Edition `default`: the levies fall on the gross import at the Boundary Point.

Document: BSC Modification Proposal P395, section 3, Table 1.
"""

from __future__ import annotations


def half_hour(
    import_bp: int,
    export_bp: int,
    import_stor: int,
    export_stor: int,
    import_gen: int,
    export_gen: int,
    parameter: int,
) -> tuple[int, ...]:
    """Chargeable import of one Settlement Period when nothing is known about what lies behind the boundary.

    Args:
        import_bp, export_bp: gross boundary import and export [Wh].
        import_stor, export_stor, import_gen, export_gen: not used by this edition [Wh].
        parameter: not used by this edition.

    Returns:
        The quantities in the order of the return statement [Wh].
    """
    chargeable = import_bp  # P395 Table 1: levy on the net import to the site
    non_chargeable = import_bp - chargeable  # nothing is left out

    return chargeable, non_chargeable
