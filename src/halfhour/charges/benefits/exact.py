"""Exact products of scaled integers in arrays: energy × factor × price, wider than 64 bits, without a rounding.

A number is held as a few int64 digits of 20 or 26 bits, the last of them signed. The scales and bounds stand here once;
whatever does not fit is refused where it is read, so that no product below can overflow (handbook
embedded-generation.md 0.2: amounts are kept unrounded).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Digits = Sequence[Whole]

MWH_DECIMALS = 6
"""A meter counts whole watt-hours."""
LLF_DECIMALS = 5
"""Line Loss Factors are published to three decimals."""
FACTOR_DECIMALS = 10
"""TLFs, TLMOs and TLMs: published to seven decimals at most."""
PRICE_DECIMALS = 7
"""Prices and rates: the RCRC rate has seven decimals."""

MOST_WH = 2**31 - 1
"""In a half hour: more than 4 GW. With the next three bounds an amount stays below £10,000 million, 38 digits."""
MOST_LLF = 10 * 10**LLF_DECIMALS - 1
MOST_FACTOR = 2 * 10**FACTOR_DECIMALS - 1
MOST_PRICE = 100_000 * 10**PRICE_DECIMALS - 1

QM_DECIMALS = MWH_DECIMALS + LLF_DECIMALS
CREDITED_DECIMALS = QM_DECIMALS + FACTOR_DECIMALS
AMOUNT_DECIMALS = CREDITED_DECIMALS + PRICE_DECIMALS
ARROW_DIGITS = 38

_BITS = 20
_MASK = (1 << _BITS) - 1
_QM_BITS = 26
_FACTOR_DIGITS, _PRICE_DIGITS = 2, 3
MOST_ROWS = 1 << 16
"""Half hours added up at once: 2^26 × 2^20 × 2^16 still fits into int64. A year has at most 17,568."""


def digits(numbers: Whole, count: int, bits: int = _BITS) -> list[Whole]:
    """The numbers as `count` digits, the lowest first; all but the last lie in [0, 2^bits), the last has the sign."""
    parts = []
    rest = numbers
    for _ in range(count - 1):
        parts.append(rest & ((1 << bits) - 1))
        rest = rest >> bits
    return [*parts, rest]


def times(left: Digits, right: Digits) -> list[Whole]:
    """The exact product of two arrays of numbers in digits of 20 bits."""
    columns = [np.zeros(len(left[0]), dtype=np.int64) for _ in range(len(left) + len(right))]
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            columns[i + j] += one * other
    for place in range(len(columns) - 1):
        columns[place + 1] += columns[place] >> _BITS
        columns[place] &= _MASK
    return columns


def rate_digits(factor: Whole, price: Whole) -> list[Whole]:
    """Factor × price, each within its bound, as digits: what a MWh of metered volume is worth in each half hour."""
    # The product is below 2^75, so that four digits hold it with its sign.
    product = times(digits(factor, _FACTOR_DIGITS), digits(price, _PRICE_DIGITS))
    return [*product[:3], product[3] + (product[4] << _BITS)]


def total(qm: Whole, rate: Digits) -> int:
    """Σ qm × rate, exact; qm is not negative and within its bounds."""
    whole = 0
    for start in range(0, len(qm), MOST_ROWS):
        piece = slice(start, start + MOST_ROWS)
        low, high = digits(qm[piece], 2, _QM_BITS)
        for place, digit in enumerate(rate):
            part = digit[piece]
            whole += (int(np.dot(low, part)) << _BITS * place) + (int(np.dot(high, part)) << _BITS * place + _QM_BITS)
    return whole


def each(qm: Whole, rate: Digits, decimals: int) -> pa.Array:
    """qm × rate half hour by half hour, as an Arrow decimal with `decimals` places."""
    product = times(digits(qm, 3), rate)
    low = np.zeros(len(qm), dtype=np.uint64)
    high = np.zeros(len(qm), dtype=np.int64)
    for place, digit in enumerate(product):
        shift = _BITS * place
        if shift < 64:
            low |= digit.astype(np.uint64) << np.uint64(shift)
            if shift + _BITS > 64:
                high |= digit >> (64 - shift)
        elif shift < 128:
            high |= digit << (shift - 64)
    words = np.empty((len(qm), 2), dtype=np.uint64)
    words[:, 0], words[:, 1] = low, high.view(np.uint64)
    return pa.Array.from_buffers(pa.decimal128(ARROW_DIGITS, decimals), len(qm), [None, pa.py_buffer(words.tobytes())])


def whole_digits(numbers: Whole) -> list[Whole]:
    """Numbers below 2^40 as a rate of their own, for `total` and `each` of a volume."""
    return digits(numbers, 2)


def as_decimal(whole: int, decimals: int) -> Decimal:
    """A scaled integer as the exact decimal that it stands for."""
    return Decimal(whole).scaleb(-decimals, Context(prec=200))


def scaled(value: Decimal, decimals: int) -> int | None:
    """A decimal as a scaled integer; None where it has more decimals than that."""
    with localcontext(Context(prec=200)):
        whole = value.scaleb(decimals)
        return int(whole) if whole == whole.to_integral_value() else None


def cut(value: Decimal, decimals: int) -> Decimal:
    """A decimal with so many places, half even; its other places are kept whatever the size."""
    return value.quantize(Decimal(1).scaleb(-decimals), context=Context(prec=200))


def thirds(whole: int, decimals: int) -> Decimal:
    """A third of a scaled integer as a decimal of 28 places, half even: a Triad average has no finite decimal."""
    up = 10 ** (AMOUNT_DECIMALS - decimals)
    quotient, rest = divmod(whole * up, 3)
    return as_decimal(quotient + (rest == 2), AMOUNT_DECIMALS)
