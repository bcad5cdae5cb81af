"""What volumes are worth: EMR levies, and the embedded benefits with what they rest on, from losses to credit cover.

`levies` holds the CfD levies as invoiced; `capacity_market` the demand that Capacity Market charges are shared by.
"""

from __future__ import annotations

from halfhour.charges.capacity_market import cm_high_demand_wh
from halfhour.charges.levies import (
    LevyCharge,
    levy_difference,
    levy_difference_where_covered,
    levy_gbp,
    levy_gbp_where_covered,
    mwh,
    to_pence,
    wh_difference,
)

__all__ = [
    "LevyCharge",
    "cm_high_demand_wh",
    "levy_difference",
    "levy_difference_where_covered",
    "levy_gbp",
    "levy_gbp_where_covered",
    "mwh",
    "to_pence",
    "wh_difference",
]
