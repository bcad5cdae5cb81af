"""Allocation of a Shared SVA Meter's energy to its MSIDs: percentage, capped block, fixed block, multiple fixed block.

BSCP550 v18.0; the names of the methods are the document's, their formulas are still to be confirmed against its
Appendices 4.3 and 4.4 (handbook private-networks 8). The parts of every method add up to the metered energy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from halfhour.errors import HalfhourError

Method = Literal["percentage", "capped-block", "fixed-block", "multiple-fixed-block"]


def percentage(volume: int, shares: Sequence[Fraction]) -> tuple[int, ...]:
    """Each MSID its share of a period's energy [Wh], rounded down; the last takes the remainder.

    Args:
        shares: of the MSIDs in their order, 0 or more, adding up to 1.

    Raises:
        HalfhourError: PN-501 the shares do not add up to 1, or one is negative.
    """
    if not shares or any(share < 0 for share in shares) or sum(shares) != 1:
        told = ", ".join(map(str, shares)) or "none"
        raise HalfhourError("PN-501", f"The shares {told} do not add up to 1.", "Give shares of 0 or more that do.")
    parts = [volume * share.numerator // share.denominator for share in map(Fraction, shares[:-1])]
    return (*parts, volume - sum(parts))


def capped_block(volume: int, cap: int) -> tuple[int, int]:
    """The first MSID the energy up to a cap [Wh], the other what is above it.

    Raises:
        HalfhourError: PN-501 the cap is negative.
    """
    _check_blocks([cap])
    first = min(volume, cap)
    return first, volume - first


def fixed_block(volume: int, fixed: int) -> tuple[int, int]:
    """The fixed MSID its block whatever was metered [Wh], the variable MSID the rest, which may be negative.

    Raises:
        HalfhourError: PN-501 the block is negative.
    """
    _check_blocks([fixed])
    return fixed, volume - fixed


def multiple_fixed_blocks(volume: int, fixed: Sequence[int]) -> tuple[int, ...]:
    """Each fixed MSID its block [Wh], and last the variable MSID the rest, which may be negative.

    Raises:
        HalfhourError: PN-501 there is no block, or one is negative.
    """
    _check_blocks(fixed)
    return (*fixed, volume - sum(fixed))


def _check_blocks(blocks: Sequence[int]) -> None:
    if not blocks or any(block < 0 for block in blocks):
        told = ", ".join(map(str, blocks)) or "none"
        raise HalfhourError("PN-501", f"The blocks {told} cannot be.", "Give whole Wh of 0 or more.")


@dataclass(frozen=True, slots=True)
class AllocationSchedule:
    """How a Metering System's energy is split in every Settlement Period.

    Attributes:
        msids: in order; the last takes the remainder, and is the variable MSID of a block.
        values: shares for `percentage`, else blocks [Wh], one less than the MSIDs.
    """

    method: Method
    msids: tuple[str, ...]
    values: tuple[Fraction, ...]


def allocate(schedule: AllocationSchedule, volumes: Sequence[int | None]) -> dict[str, tuple[int | None, ...]]:
    """The energy of each MSID, period by period [Wh]; None for all of them where the meter has no reading.

    Raises:
        HalfhourError: PN-501 the schedule has not a part for every MSID, or its parts cannot be.
    """
    split = _METHODS[schedule.method]
    wanted = len(schedule.msids) - (schedule.method != "percentage")
    if len(schedule.values) != wanted or len(set(schedule.msids)) != len(schedule.msids) or wanted < 1:
        raise HalfhourError(
            "PN-501",
            f"A {schedule.method} schedule of {len(schedule.msids)} MSIDs has {len(schedule.values)} parts.",
            f"Give {wanted}, and each MSID once.",
        )
    periods = [None if volume is None else split(volume, schedule.values) for volume in volumes]
    return {
        msid: tuple(None if parts is None else parts[place] for parts in periods)
        for place, msid in enumerate(schedule.msids)
    }


def _whole(values: Sequence[Fraction]) -> list[int]:
    if any(value.denominator != 1 for value in values):
        raise HalfhourError("PN-501", f"The blocks {', '.join(map(str, values))} are not whole Wh.", "Give whole Wh.")
    return [int(value) for value in values]


def _capped(volume: int, values: Sequence[Fraction]) -> tuple[int, ...]:
    _one_block(values, "capped-block")
    return capped_block(volume, *_whole(values))


def _fixed(volume: int, values: Sequence[Fraction]) -> tuple[int, ...]:
    _one_block(values, "fixed-block")
    return fixed_block(volume, *_whole(values))


def _one_block(values: Sequence[Fraction], method: str) -> None:
    if len(values) != 1:
        raise HalfhourError(
            "PN-501", f"A {method} schedule has {len(values)} blocks.", "Give one, or take multiple-fixed-block."
        )


_METHODS: dict[Method, Callable[[int, Sequence[Fraction]], tuple[int, ...]]] = {
    "percentage": percentage,
    "capped-block": _capped,
    "fixed-block": _fixed,
    "multiple-fixed-block": lambda volume, values: multiple_fixed_blocks(volume, _whole(values)),
}
