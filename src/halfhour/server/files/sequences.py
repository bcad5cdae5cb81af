"""Sequence numbers of NETA files, one by one between two parties in their roles (handbook file-formats 3)."""

from __future__ import annotations

from collections.abc import Mapping

from halfhour.errors import Finding
from halfhour.server.files.models import FileState, FlowFileRow, NetaSequence

_MOST = 999_999_999
_USES_UP = (0, 4, 5, 6, 7)
"""Responses that use the sender's number up; a bad header, a wrong recipient and a number out of sequence do not."""


def number_of(envelope: str, header: Mapping[str, str]) -> str:
    """What numbers a file: of a NETA file its sequence number, of another its file id."""
    return header.get("sequence" if envelope == "neta" else "file_id", "")[:10]


def sequence_fault(row: FlowFileRow, response: int | None) -> Finding | None:
    """Whether a NETA file's number is the one that is due, which is used up then.

    Returns:
        FF-403: a warning where the numbers before it have not come, for which it is held; an error where it is used up.
    """
    if response not in _USES_UP or not row.file_id.isdecimal():
        return None
    number = int(row.file_id)
    pair = {name: getattr(row, name) for name in ("from_role", "from_mpid", "to_role", "to_mpid")}
    known = NetaSequence.objects.select_for_update().filter(**pair).first()
    if known is None:
        # Nothing is known of what came before the first file.
        NetaSequence.objects.create(**pair, last=number)
        return None
    wanted = _following(known.last)
    if number == wanted:
        known.last = number
        known.save()
        return None
    says = f"{row.from_mpid} sent number {number} to {row.to_mpid}, and {wanted} is due"
    if number > wanted:
        return Finding(
            "FF-403",
            "warning",
            f"{says}: the file is held until the numbers between have come.",
            f"Ask {row.from_mpid} for number {wanted}.",
            row.name,
        )
    return Finding(
        "FF-403",
        "error",
        f"{says}: that number is used up.",
        f"Ask {row.from_mpid} for it under its next number.",
        row.name,
    )


def next_held(row: FlowFileRow) -> FlowFileRow | None:
    """The file that was held and follows on from one; None where there is none."""
    if row.envelope != "neta" or row.state not in (FileState.ACKNOWLEDGED, FileState.REJECTED):
        return None
    pair = {name: getattr(row, name) for name in ("from_role", "from_mpid", "to_role", "to_mpid")}
    known = NetaSequence.objects.filter(**pair).first()
    if known is None:
        return None
    held = FlowFileRow.objects.filter(state=FileState.HELD, envelope="neta", **pair)
    wanted = _following(known.last)
    return next((one for one in held.order_by("created", "pk") if int(one.file_id) == wanted), None)


def next_number(from_role: str, from_mpid: str, to_role: str, to_mpid: str) -> int:
    """Use up the number that a file of ours takes, and give it; held until the transaction ends."""
    pair = {"from_role": from_role, "from_mpid": from_mpid, "to_role": to_role, "to_mpid": to_mpid}
    NetaSequence.objects.get_or_create(**pair, defaults={"last": 0})
    row = NetaSequence.objects.select_for_update().get(**pair)
    row.last = _following(row.last)
    row.save()
    return int(row.last)


def _following(last: int) -> int:
    return last + 1 if last < _MOST else 0
