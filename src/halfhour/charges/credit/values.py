"""Numbers as people write them in a case or a table of volumes, read exactly."""

from __future__ import annotations

import re
from decimal import Decimal

PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,12})?")


def number(value: object) -> Decimal:
    """A number in plain digits, at most 12 before and 12 after the point.

    Raises:
        ValueError: with a text that completes "`key` is ...".
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("is not a number")
    if isinstance(value, int):
        if abs(value) >= 10**12:
            raise ValueError("has more than 12 digits")
        return Decimal(value)
    text = format(value, "f") if isinstance(value, Decimal) and value.is_finite() else str(value).strip()
    if not PLAIN_NUMBER.fullmatch(text):
        raise ValueError("is not a number of at most 12 digits before and 12 after the point")
    return Decimal(text)
