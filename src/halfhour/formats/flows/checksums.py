"""The checksum of NETA and Pool Transfer files: the exclusive-or of a file's records, four bytes at a time.

Follows the NETA Interface Definition and Design, Part 1, section 2.2 (handbook file-formats 2 and 3). A record is
padded with NUL to a multiple of four bytes; its line feed and the trailer do not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def record_checksum(record: bytes) -> int:
    """What one record adds to a checksum, by exclusive-or.

    Args:
        record: without its line end.

    Returns:
        An unsigned number of 32 bits.
    """
    checksum = 0
    padded = record + b"\0" * (-len(record) % 4)
    for start in range(0, len(padded), 4):
        checksum ^= int.from_bytes(padded[start : start + 4], "big")
    return checksum


def lines_checksum(data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> int:
    """What many records together add to a checksum: the same as `record_checksum` of each, joined by exclusive-or.

    Args:
        data: bytes.
        starts, ends: of each record in it, first included, last excluded, in order.
    """
    import numpy as np  # noqa: PLC0415 - small files need no arrays

    checksum = 0
    lengths = ends - starts
    for place in range(int(lengths.max(initial=0))):
        reached = starts[lengths > place] + place
        checksum ^= int(np.bitwise_xor.reduce(data[reached])) << (8 * (3 - place % 4))
    return checksum


def header_for_checksum(record: str, envelope: str) -> bytes:
    """A header as the checksum takes it.

    Of a Pool Transfer file the empty file id, the trailing empty fields and the test flag are left out: they are added
    in transport (handbook file-formats 2, held by 27 published files).
    """
    if envelope != "pool-transfer":
        return record.encode("ascii", "replace")
    parts = record.split("|")[:8]
    if len(parts) > 1 and parts[1] == "":
        del parts[1]
    return "|".join(parts).encode("ascii", "replace")
