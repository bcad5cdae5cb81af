"""Rules of metering that no edition changes: readings brought to the boundary, Difference Metering, and losses.

Documents: P395 section 5 and handbook chargeable-imports.md 2.2 (voltage); Elexon guidance on Generic Metering
Dispensation D/380, condition 1, and handbook private-networks.md section 3 (private networks); BSC Section T 2.3 and
handbook embedded-generation.md section 5 (distribution and transmission losses).
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


def volume_at_gsp(settled: int, line_loss_factor: int) -> int:
    """A settled volume at the Grid Supply Point [Wh]: scaled for distribution losses; the factor in thousandths.

    The factor is the one of the Metering System's Line Loss Factor Class for the Settlement Day and Period. It may be
    below 1. Up to 1,000,000,000 Wh and a factor of 65.535 every product here fits in 64 bits.
    """
    return round_half_even(settled * line_loss_factor, 1000)  # handbook embedded-generation 5.1


def volume_at_nbp(at_gsp: int, transmission_loss_multiplier: int) -> int:
    """A volume at the notional balancing point [Wh]: that at the Grid Supply Point scaled for transmission losses.

    The multiplier, in units of 0.0000001, is the one of the Trading Unit's status, delivering or off-taking, whichever
    way the volume itself flows. It may be below 1 in an off-taking Trading Unit, and above 1 in a delivering one.
    """
    return round_half_even(at_gsp * transmission_loss_multiplier, 10_000_000)  # BSC Section T 2.3; decision record 11
