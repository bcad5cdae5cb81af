"""Sender and recipient of a file against market data: whether each holds its role on the day the file was made.

Follows the handbook (file-formats 1; identifiers-and-market-data 4: a role is read with its date). The parties of NETA
files have roles of their own, which Market Domain Data does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from halfhour.formats.flows.findings import FlowFinding
from halfhour.formats.flows.item_types import as_date
from halfhour.market_data.validity.roles import role_is_live

if TYPE_CHECKING:
    from halfhour.formats.flows.reading import FlowReader
    from halfhour.market_data.store import MarketDataStore


def check_parties(reader: FlowReader, store: MarketDataStore) -> list[FlowFinding]:
    """What market data say of the parties in a file's header.

    Returns:
        ID-140 for a party without its role on the day, an error of an operational file and a warning of a test;
        FF-209 where nothing could be looked up.
    """
    header = reader.header
    day = as_date(header.get("created", "")[:8])
    if reader.envelope.name == "neta" or day is None:
        return []
    test = header.get("test_flag", "").startswith("TR")
    found = []
    for side in ("from", "to"):
        mpid, role = header.get(f"{side}_mpid", ""), header.get(f"{side}_role", "")
        if not mpid or not role:
            continue
        answer = role_is_live(store, mpid, role, day)
        if answer.verdict == "unknown":
            return [
                FlowFinding(
                    "FF-209",
                    "info",
                    f"Roles and MPIDs of the header were not checked. {answer.reason}",
                    answer.next_step,
                    line=1,
                )
            ]
        if answer.verdict == "fail":
            found.append(
                FlowFinding(
                    "ID-140",
                    "warning" if test else "error",
                    answer.message,
                    answer.next_step,
                    line=1,
                    group=reader.envelope.header_id,
                    item=f"{side}_mpid",
                )
            )
    return found
