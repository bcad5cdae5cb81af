"""What flows of asset metering say beyond their items: flags as yes or no, and the method of an allocation.

Called for every flow that comes in; flows of other processes say nothing more here.
"""

from __future__ import annotations

from typing import Any

from halfhour.formats.flows.records import Record

_FLAGS = {
    "P0297": (
        "export_amsid_required",
        "measurement_transformer",
        "import_customer_consent",
        "export_customer_consent",
    ),
}


def flow_data(flow: str, instance: Record) -> dict[str, Any]:
    """Data of an instance for the case engine.

    P0297: its flags as booleans. P0306: `msid_pair_indicator` is `mixed` where its MSID Pairs do not have one and the
    same, since the first does not stand for all then.
    """
    data: dict[str, Any] = {}
    for name in _FLAGS.get(flow, ()):
        for record in (instance, *instance.groups):
            if record.items.get(name) in ("T", "F"):
                data.setdefault(name, record.items[name] == "T")
    if flow == "P0306":
        indicators = {record.items.get("msid_pair_indicator", "") for record in instance.all("X02")}
        if len(indicators) > 1:
            data["msid_pair_indicator"] = "mixed"
    return data
