"""The few integer operations that the rules share. Plain Python; the compiled engine binds its own equals of them.

Handbook: chargeable-imports.md 2.3 (apportion) and 2.2 (one rounding, half to even).
"""

from __future__ import annotations

PARTS = 100_000
"""Proportions and factors are held as parts per 100,000, the five decimals of the SVA Data Catalogue's decimal(6,5)."""


def floor_divide(numerator: int, denominator: int) -> int:
    """The whole part of a quotient of non-negative integers."""
    return numerator // denominator


def round_half_even(numerator: int, denominator: int) -> int:
    """The integer nearest to numerator / denominator, a tie going to the even one; exact, denominator > 0.

    Works on NumPy integer arrays element by element as well.
    """
    quotient = floor_divide(numerator, denominator)
    twice_the_rest = 2 * (numerator - quotient * denominator)
    return quotient + ((twice_the_rest > denominator) | ((twice_the_rest == denominator) & (quotient % 2 == 1)))


def apportion(total: int, weight_gen: int, weight_stor: int, weight_other: int) -> tuple[int, int, int]:
    """Share a total [Wh] over generation, storage and other in proportion to their weights; the shares add up exactly.

    Each share is rounded down; what is left over goes to the last claimant, a claimant being a class of weight above
    zero in the fixed order gen, stor, other. Where nobody claims, all of it falls to other.
    """
    weights = weight_gen + weight_stor + weight_other
    gen_floor = floor_divide(total * weight_gen, max(weights, 1))
    stor_floor = floor_divide(total * weight_stor, max(weights, 1))
    last_is_other = weight_other > 0 or weights == 0
    to_other = total - gen_floor - stor_floor if last_is_other else 0
    to_stor = stor_floor if last_is_other else total - gen_floor if weight_stor > 0 else 0
    return total - to_stor - to_other, to_stor, to_other
