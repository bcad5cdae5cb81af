"""What D0169 and D0261 say beyond their items: an allocation that is a rejection, and the class of a rejection."""

from __future__ import annotations

from typing import Any

from halfhour.formats.flows.records import Record
from halfhour.processes.export_registration.rejections import rejection_class


def flow_data(flow: str, instance: Record) -> dict[str, Any]:
    """Whether the LDSO refused (MPAN core 0 and its text), and how a Meter Operator or Data Collector refused."""
    if flow == "D0169":
        cores = [one.items.get("mpan_core", "") for one in instance.all("X02")]
        refused = bool(cores) and all(core.strip("0") == "" for core in cores)
        return {"mpan_rejected": True} if refused else {}
    if flow == "D0261":
        code = instance.items.get("rejection_reason_code", "")
        return {"rejection_class": rejection_class(code), "rejection_text": code} if code else {}
    return {}
