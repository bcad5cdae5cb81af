"""The values of a column, each different one looked at once, to numbers that arrays hold; and values in messages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

BAD = -1
"""Instead of the meaning of a value that has none."""


def decoded(column: pa.Array, meaning: Callable[[object], int]) -> NDArray[np.int64]:
    """The meaning of each value of a column, asked once for each different value; null is asked as None."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = encoded.dictionary
    meanings = [meaning(python_value(value)) for value in values]
    table = np.array([*meanings, meaning(None)], dtype=np.int64)
    indices = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    found: NDArray[np.int64] = table[indices]
    return found


def plain(column: pa.Array) -> pa.Array:
    """A column whose values stand in it themselves."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def python_value(value: pa.Scalar) -> object:
    """A value as Python has it; of dates and time zones that Python has not, a text that no check will take."""
    try:
        return value.as_py()
    except (ValueError, OverflowError, LookupError):
        return "a date beyond all calendars"


def shown(value: object) -> str:
    """A value as it appears in a message."""
    if value is None or value == "":
        return "nothing"
    text = str(value)
    return repr(text if len(text) <= 40 else text[:40] + "…")
