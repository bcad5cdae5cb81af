"""Exact arithmetic for charges: products and sums without rounding, a quotient rounded once, pence for a statement.

Handbook embedded-generation.md 0.2: amounts are kept unrounded and rounded once to £0.01, half up, for display.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction

from halfhour.charges.levies import EXACT, PENNY

QUOTIENT = Context(prec=50, rounding=ROUND_HALF_EVEN)
"""A third has no last digit: what must be divided is divided last, and rounded to 50 significant digits."""


def product(*factors: Decimal) -> Decimal:
    """The exact product; a digit that does not fit into 100 is an error, not a rounding."""
    with localcontext(EXACT):
        found = Decimal(1)
        for factor in factors:
            found *= factor
        return found


def total(terms: list[Decimal]) -> Decimal:
    """The exact sum; 0 of none."""
    with localcontext(EXACT):
        return sum(terms, Decimal(0))


def decimal(value: Fraction) -> Decimal:
    """A fraction as a decimal number: exact where it has at most 50 significant digits, else rounded to them."""
    return QUOTIENT.divide(Decimal(value.numerator), Decimal(value.denominator))


def decimals(value: Decimal) -> int:
    """How many decimals a number is written with."""
    return max(-int(value.as_tuple().exponent), 0)


def display_gbp(amount_gbp: Decimal) -> Decimal:
    """An amount as it is shown: whole pence, half up (away from zero) [£]."""
    return amount_gbp.quantize(PENNY, rounding=ROUND_HALF_UP, context=Context(prec=EXACT.prec))
