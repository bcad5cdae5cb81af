"""GSP Group Correction of a BM Unit's demand, and what of it is not chargeable, to the precision of the reports.

Documents: BSC Annex S-2 1.1.3 and SVA Data Catalogue (data items, precisions); the algebra is the reconstruction of
handbook chargeable-imports.md 5.1. The functions work on plain integers of any size: what they multiply out exactly
does not fit in 64 bits.
"""

from __future__ import annotations

from halfhour.rules.arithmetic import round_half_even

FACTOR = 1_000_000_000
"""GSP Group Correction Factors have nine decimals, NUM(18,9)."""

WEIGHT = 100_000
"""The scaling weight of a Consumption Component Class, and the Non-Chargeable Proportion, have at most five."""


def corrected_component(component: int, correction_factor: int, scaling_weight: int) -> int:
    """A component of demand, C × (1 + (CF − 1) × WT), exact: in Wh × FACTOR × WEIGHT, not rounded.

    Args:
        component: volume of one Consumption Component Class, consumption or losses [Wh].
        correction_factor: of the GSP Group and Settlement Period, in units of 1 / FACTOR.
        scaling_weight: of the class, in units of 1 / WEIGHT; 0 is not corrected, 1 in full.
    """
    return component * (FACTOR * WEIGHT + (correction_factor - FACTOR) * scaling_weight)  # handbook 5.1, CORC


def non_chargeable_component(corrected: int, non_chargeable_proportion: int) -> int:
    """The part of a corrected component that is not chargeable, exact: in Wh × FACTOR × WEIGHT × WEIGHT."""
    return corrected * non_chargeable_proportion  # handbook 5.1, ncv and cornc: the same correction on the deduction


def period_bm_unit_demand(corrected: int, non_chargeable: int) -> tuple[int, int, int]:
    """Gross, non-chargeable and chargeable demand of a BM Unit's half hour, in units of 0.0001 MWh (100 Wh).

    Args:
        corrected: the sum of its corrected components, in Wh × FACTOR × WEIGHT.
        non_chargeable: the sum of their non-chargeable parts, in Wh × FACTOR × WEIGHT × WEIGHT.
    """
    gross = round_half_even(corrected, 100 * FACTOR * WEIGHT)  # handbook 5.1: one rounding, at the end
    non_chargeable_demand = round_half_even(non_chargeable, 100 * FACTOR * WEIGHT * WEIGHT)  # handbook 5.1, N0647
    chargeable = gross - non_chargeable_demand  # handbook 5.1, bmu_chargeable
    return gross, non_chargeable_demand, chargeable
