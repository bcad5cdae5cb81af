"""The three envelopes: how the first and the last record of a file read, and which code each fault of a file has.

Follows the handbook (file-formats 1 DTC user file, 2 Pool Transfer, 3 NETA, 8 rejections).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from halfhour.formats.flows.item_types import item_type
from halfhour.formats.flows.layouts import Item


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one envelope's faults, from the file as a whole down to a value.

    Attributes:
        header, trailer: the first and the last record.
        record: a record that does not end as it must.
        count, checksum: of the trailer.
        group: a group that is unknown, out of its place, or without its parent.
        value, mpan, surplus: an item that cannot be, an MPAN that cannot be, items beyond the layout.
        periods: not one record for each Settlement Period of the day.
    """

    header: str
    trailer: str
    record: str
    count: str
    checksum: str
    group: str
    value: str
    mpan: str
    surplus: str
    periods: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a file of records begins and ends.

    Attributes:
        header_id, trailer_id: of the first and the last record.
        header_items, trailer_items: what they hold, in order.
        least_header_items: how many of them must stand there at least.
        final_pipe: whether every record ends with a pipe.
        codes: of its faults.
        scope: what the fault of one record rejects: an instance, or the file.
    """

    name: str
    title: str
    header_id: str
    trailer_id: str
    header_items: tuple[Item, ...]
    least_header_items: int
    trailer_items: tuple[Item, ...]
    final_pipe: bool
    codes: Codes
    scope: str

    def record(self, group: str, items: list[str]) -> str:
        """A record as it is written, without its line end."""
        return "|".join([group, *items]) + ("|" if self.final_pipe else "")

    def items_of(self, record: str) -> list[str]:
        """What a record holds after its id."""
        parts = record.split("|")[1:]
        return parts[:-1] if self.final_pipe and parts and parts[-1] == "" else parts


def _items(*entries: tuple[str, str, bool]) -> tuple[Item, ...]:
    return tuple(Item(name, item_type(written), required, False, False, "") for name, written, required in entries)


_TEST_FLAG = ("test_flag", "text(4)", False)


def _transfer_header(*, file_id_required: bool) -> tuple[Item, ...]:
    """The header of the two envelopes of the data transfer network."""
    return _items(
        ("file_id", "text(10)", file_id_required),
        ("flow_version", "char(8)", True),
        ("from_role", "role", True),
        ("from_mpid", "mpid", True),
        ("to_role", "role", True),
        ("to_mpid", "mpid", True),
        ("created", "datetime", True),
        ("sending_application", "any", False),
        ("receiving_application", "any", False),
        ("broadcast", "any", False),
        _TEST_FLAG,
    )


USER_FILE = Envelope(
    name="user-file",
    title="DTC user file",
    header_id="ZHV",
    trailer_id="ZPT",
    header_items=_transfer_header(file_id_required=True),
    least_header_items=11,
    trailer_items=_items(
        ("file_id", "text(10)", True),
        ("body_lines", "int(10)", True),
        ("checksum", "any", False),
        ("instances", "int(10)", True),
        ("completed", "datetime", True),
    ),
    final_pipe=True,
    codes=Codes(
        header="FF-201",
        trailer="FF-201",
        record="FF-201",
        count="FF-203",
        checksum="FF-203",
        group="FF-210",
        value="FF-211",
        mpan="FF-212",
        surplus="FF-213",
        periods="FF-211",
    ),
    scope="instance",
)

POOL_TRANSFER = Envelope(
    name="pool-transfer",
    title="Pool Transfer file",
    header_id="ZHD",
    trailer_id="ZPT",
    header_items=_transfer_header(file_id_required=False),
    least_header_items=7,
    trailer_items=_items(("records", "int(10)", True), ("checksum", "int(10)", True)),
    final_pipe=False,
    codes=Codes(
        header="FF-201",
        trailer="FF-301",
        record="FF-303",
        count="FF-301",
        checksum="FF-302",
        group="FF-303",
        value="FF-305",
        mpan="FF-305",
        surplus="FF-303",
        periods="FF-304",
    ),
    scope="file",
)

NETA = Envelope(
    name="neta",
    title="NETA file",
    header_id="AAA",
    trailer_id="ZZZ",
    header_items=_items(
        ("flow_version", "char(8)", True),
        ("message_role", "code(D,R)", True),
        ("created", "datetime", True),
        ("from_role", "text(2)", True),
        ("from_mpid", "text(8)", True),
        ("to_role", "text(2)", True),
        ("to_mpid", "text(8)", True),
        ("sequence", "int(9)", True),
        _TEST_FLAG,
    ),
    least_header_items=9,
    trailer_items=_items(("records", "int(10)", True), ("checksum", "int(10)", True)),
    final_pipe=True,
    codes=Codes(
        header="FF-401",
        trailer="FF-405",
        record="FF-404",
        count="FF-406",
        checksum="FF-407",
        group="FF-404",
        value="FF-404",
        mpan="FF-404",
        surplus="FF-404",
        periods="FF-404",
    ),
    scope="file",
)

ENVELOPES: Mapping[str, Envelope] = {one.name: one for one in (USER_FILE, POOL_TRANSFER, NETA)}


def envelope_of(head: str | bytes) -> Envelope | None:
    """The envelope of a file that begins so, None where it is none of the three."""
    start = head[:4].decode("latin-1") if isinstance(head, bytes) else head[:4]
    return next((one for one in ENVELOPES.values() if start == one.header_id + "|"), None)


def value_fault(item: Item, value: str) -> str | None:
    """What is wrong with the value of an item, to follow its name; None where nothing is."""
    if value == "":
        return "is empty, and may not be" if item.required else None
    if not re.fullmatch(item.type.pattern, value):
        return f"is {shown(item, value)}, not {item.type.says}"
    fault = item.type.fault and item.type.fault(value)
    return f"is {shown(item, value)}, which {fault}" if fault else None


def shown(item: Item, value: str) -> str:
    """A value as messages show it; of a secret, only that there is one."""
    if item.secret:
        return "a secret of a wrong form"
    return repr(value if len(value) <= 40 else value[:40] + "…")
