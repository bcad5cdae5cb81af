"""A dated tariff or factor laid onto half hours: what the product holds, and for other days what the store does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from halfhour.charges.benefits.columns import PERIODS_A_DAY, half_hour_of, key_of
from halfhour.charges.benefits.exact import Whole, scaled
from halfhour.errors import HalfhourError
from halfhour.market_data.embedded import Rate, held
from halfhour.market_data.embedded.loaded import loaded

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore


@dataclass(frozen=True, slots=True)
class Laid:
    """The values of an item on half hours.

    Attributes:
        values: scaled integers; 0 where nothing holds.
        have: where something does.
        rates: those used.
    """

    values: Whole
    have: NDArray[np.bool_]
    rates: tuple[Rate, ...]


def laid(item: str, keys: Whole, decimals: int, store: MarketDataStore | None) -> Laid:
    """An item on half hours.

    Raises:
        HalfhourError: EB-312 a value of the store has more decimals than are reckoned with.
    """
    into = Laid(np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=np.bool_), ())
    used = [rate for rate in held(item) if _put(into, keys, rate, decimals)]
    for day in np.unique(keys[~into.have] // PERIODS_A_DAY) if store is not None else ():
        first = half_hour_of(int(day) * PERIODS_A_DAY)[0]
        for rate in loaded(item, first, first + timedelta(days=1), store=store):
            if _put(into, keys, rate, decimals):
                used.append(rate)
    return Laid(into.values, into.have, tuple(used))


def _put(into: Laid, keys: Whole, rate: Rate, decimals: int) -> bool:
    inside = ~into.have
    if rate.effective_from is not None:
        inside &= keys >= key_of(rate.effective_from, 0)
    if rate.effective_to is not None:
        inside &= keys < key_of(rate.effective_to, 0)
    if not inside.any():
        return False
    whole = scaled(rate.value, decimals)
    if whole is None:
        raise HalfhourError(
            "EB-312", f"{rate.item}: {rate} has more than {decimals} decimals.", "Load the value as published."
        )
    into.values[inside] = whole
    into.have[inside] = True
    return True
