"""kWh as written in a readings file, to whole Wh: exact to three decimals, finer values rounded once, half to even.

Follows the design page ("Numbers"). Most values are settled by one multiplication of floats, whose error is far below
the tolerance used here; only values within that tolerance of a tie are decided by their decimal text.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from enum import IntEnum

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

MOST_WH = 1_000_000_000
"""1 GWh in a half hour, the output of a 2 GW station: more is a slip of units, and int32 would not hold much more."""

TOLERANCE = 1e-6
"""Of a Wh. A float64 of up to 10^9 Wh lies within 2.4e-7 Wh of the decimal that it stands for, once multiplied."""

_WH = Decimal("0.001")


class Reading(IntEnum):
    """What came of one written value."""

    MISSING = 0
    EXACT = 1
    ROUNDED = 2
    NOT_A_NUMBER = 3
    NEGATIVE = 4
    ABSURD = 5


def to_watt_hours(kwh: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Whole Wh of a column of kWh, and what came of each value.

    Args:
        kwh: text, floats, integers or decimals [kWh]; null or empty text = missing.

    Returns:
        Wh, 0 where there is no usable value, and a `Reading` per value.
    """
    texts: pl.Series | None = None
    if pa.types.is_float64(kwh.type):
        values = _floats(kwh)
    elif pa.types.is_integer(kwh.type):
        values = _floats(kwh.cast(pa.float64(), safe=False))
    else:
        # The text of a float32 or a decimal is what was meant; the nearest float64 of a float32 is not.
        kwh = kwh.cast(pa.string())
        texts, values = _parsed(kwh)
    missing = np.asarray(kwh.is_null())
    if texts is not None:
        missing |= (texts == "").fill_null(False).to_numpy()

    with np.errstate(invalid="ignore", over="ignore"):
        scaled = values * 1000.0
        whole = np.rint(scaled)
        gap = np.abs(scaled - whole)
        state = np.where(gap > TOLERANCE, np.uint8(Reading.ROUNDED), np.uint8(Reading.EXACT))
        state[whole > MOST_WH] = Reading.ABSURD
        state[values < 0] = Reading.NEGATIVE
    state[~np.isfinite(values)] = Reading.NOT_A_NUMBER
    state[missing] = Reading.MISSING

    usable = (state == Reading.EXACT) | (state == Reading.ROUNDED)
    wh = np.where(usable, whole, 0.0).astype(np.int64)
    for row in np.flatnonzero(usable & (gap > 0.5 - TOLERANCE)):
        text = repr(float(values[row])) if texts is None else texts[int(row)]
        wh[row] = exact_watt_hours(Decimal(text))
    return wh, state


def exact_watt_hours(kwh: Decimal) -> int:
    """Whole Wh of a decimal number of kWh, half to even."""
    return int(kwh.quantize(_WH, ROUND_HALF_EVEN) * 1000)


def _floats(column: pa.Array) -> NDArray[np.float64]:
    values: NDArray[np.float64] = column.fill_null(0.0).to_numpy(zero_copy_only=False)
    return values


def _parsed(column: pa.Array) -> tuple[pl.Series, NDArray[np.float64]]:
    """The texts, and the number that each one writes, NaN where it writes none."""
    texts = pl.Series(pl.from_arrow(column))
    numbers = texts.cast(pl.Float64, strict=False)
    if numbers.null_count() > texts.null_count():
        texts = texts.str.strip_chars(" \t")
        numbers = texts.cast(pl.Float64, strict=False)
    return texts, numbers.fill_null(float("nan")).to_numpy()
