"""Rules that come before every edition: readings brought to the boundary, and Difference Metering.

Documents: P395 section 5 and handbook chargeable-imports.md 2.2 (voltage); Elexon guidance on Generic Metering
Dispensation D/380, condition 1, and handbook private-networks.md section 3 (private networks).
All functions work on integers and, element by element, on NumPy integer arrays.
"""

from __future__ import annotations

from halfhour.rules.arithmetic import round_half_even


def adjust_to_boundary_voltage(reading: int, line_loss_factor_asset: int, line_loss_factor_boundary: int) -> int:
    """An asset's reading at the boundary's voltage [Wh]; both Line Loss Factors in thousandths, same direction.

    The one rounding stands before netting and is part of the rule: the pro-rata split is discontinuous, and a net
    import of a fraction of a watt-hour could otherwise claim a whole half hour's import.
    """
    return round_half_even(reading * line_loss_factor_asset, line_loss_factor_boundary)  # handbook 2.2


def refer_to_boundary(reading: int, uplift_numerator: int, uplift_denominator: int) -> int:
    """A third-party reading scaled up to the Settlement Boundary Point by the product of (1 + L) on its path [Wh]."""
    return round_half_even(reading * uplift_numerator, uplift_denominator)  # D/380 condition 1, option 1


def residual(referred: int, referred_children: int) -> int:
    """Settled volume of a node: its referred reading less those of its children, itself never below a parent's [Wh].

    May be negative, which cannot be consumption: the caller applies the site's policy and reports it.
    """
    return referred - referred_children  # D/380: Private Network owner = (Z - Y)
