"""What P0306 says beyond its items: the method of an allocation.

Called for every flow that comes in; flows of other processes say nothing more here.
"""

from __future__ import annotations

from typing import Any

from halfhour.formats.flows.records import Record


def flow_data(flow: str, instance: Record) -> dict[str, Any]:
    """`msid_pair_indicator` is `mixed` where the MSID Pairs of a P0306 differ in it: the first is not all."""
    if flow != "P0306":
        return {}
    indicators = {record.items.get("msid_pair_indicator", "") for record in instance.all("X02")}
    return {"msid_pair_indicator": "mixed"} if len(indicators) > 1 else {}
