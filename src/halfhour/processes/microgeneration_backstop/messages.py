"""What D0002 and D0150 say of a backstop beyond their items: the finding in their texts, and a change of Meter."""

from __future__ import annotations

from typing import Any

from halfhour.formats.flows.records import Record
from halfhour.processes.microgeneration_backstop.finding import finding_of

_FLOWS = ("D0002", "D0150", "D0221")
_TEXTS = ("additional_information", "visit_text", "maintenance_text")
_SMART_TYPES = ("S1", "S2", "SMETS1", "SMETS2")


def flow_data(flow: str, instance: Record) -> dict[str, Any]:
    """The finding of an instance, and whether it tells of a Meter put in and one taken out."""
    if flow not in _FLOWS:
        return {}
    records = list(instance.records())
    texts = [value for one in records for name, value in one.items.items() if name in _TEXTS and value]
    data: dict[str, Any] = {}
    found = finding_of(texts)
    if found is not None:
        data["finding_result"] = found.result
        data["finding_text"] = next(text for text in texts if "BSTOP" in text.upper())
        if found.found_on:
            data["found_on"] = found.found_on.isoformat()
        if found.case_ref:
            data["case_reference"] = found.case_ref
        if not found.readable:
            data["finding_unreadable"] = True
    if flow == "D0150":
        removed = [one for one in records if one.group == "08A"]
        put_in = [one for one in records if one.group == "290"]
        if removed or (found is not None and found.result == "ABSENT_REPLACED"):
            data["meter_changed"] = True
        if any(one.items.get("meter_type", "").upper().startswith(_SMART_TYPES) for one in put_in):
            data["meter_kind"] = "SMART"
    return data
