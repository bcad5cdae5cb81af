"""Demand in the high-demand periods by which Capacity Market charges are shared among Suppliers.

Follows SI 2014/3354: 16:00 to 19:00 on working days from 1 November to the end of February.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from halfhour.calendar import HIGH_DEMAND_PERIODS, is_cm_high_demand_day
from halfhour.errors import HalfhourError

# Columns are numbered from 0, Settlement Periods from 1.
HIGH_DEMAND_COLUMNS = slice(HIGH_DEMAND_PERIODS.start - 1, HIGH_DEMAND_PERIODS.stop - 1)


def cm_high_demand_wh(days: Sequence[date], wh: npt.NDArray[np.integer[Any]]) -> int:
    """Energy in the Capacity Market's high-demand half hours [Wh].

    Args:
        days: Settlement Day of each row, in any order; a day may come more than once, as for several sites.
        wh: energy [Wh], one row per day and one column per Settlement Period 1 to 50. Every half hour of the
            window counts, so missing ones must have been dealt with before.

    Raises:
        HalfhourError: CH-002 when the array is not whole Wh of that shape.
        NotCovered: CA-002 or CA-011 for a day outside the holiday calendar.
    """
    if wh.shape != (len(days), 50) or not np.issubdtype(wh.dtype, np.integer):
        raise HalfhourError(
            "CH-002",
            f"The volumes are {wh.dtype} of shape {wh.shape} for {len(days)} days.",
            f"Give whole watt-hours as an integer array of shape ({len(days)}, 50).",
        )
    high_demand = {day for day in set(days) if is_cm_high_demand_day(day)}
    rows = np.fromiter((day in high_demand for day in days), dtype=np.bool_, count=len(days))
    # Python's integers, since a sum in the array's own type could wrap around.
    return sum(wh[rows, HIGH_DEMAND_COLUMNS].ravel().tolist())
