"""Differencing indicators of AMSID Pairs and MSID Pairs, and the volume that each method gives.

Follows handbook chargeable-imports 6.2: the indicators are data items of the SVA Data Catalogue, to be set as a
complementary pair; the volume of Asset Differencing is inferred. Volumes are signed, import positive [Wh].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
import numpy.typing as npt

from halfhour.errors import HalfhourError

Method = Literal["asset-metering", "asset-differencing", "boundary"]

_METHOD: dict[tuple[str, str], Method] = {
    ("F", "A"): "asset-metering",
    ("T", "D"): "asset-differencing",
    ("", "T"): "boundary",
}


@dataclass(frozen=True, slots=True)
class HalfHours:
    """A series of half hours, of which some may not be known.

    Attributes:
        wh: int64 [half hour]; what stands where a half hour is not known has no meaning.
        known: bool [half hour].
    """

    wh: npt.NDArray[np.int64]
    known: npt.NDArray[np.bool_]

    def __sub__(self, other: HalfHours) -> HalfHours:
        """The difference, known where both are."""
        return HalfHours(self.wh - other.wh, self.known & other.known)

    def __add__(self, other: HalfHours) -> HalfHours:
        """The sum, known where both are."""
        return HalfHours(self.wh + other.wh, self.known & other.known)


def differencing_method(amsid_pair_indicator: str, msid_pair_indicator: str) -> Method:
    """The method that a complementary pair of indicators says.

    Args:
        amsid_pair_indicator: F or T; empty where no asset takes part.
        msid_pair_indicator: A beside F, D beside T, T where the boundary MSID Pair stands alone.

    Raises:
        HalfhourError: DC-007 the two do not belong together.
    """
    method = _METHOD.get((amsid_pair_indicator, msid_pair_indicator))
    if method is None:
        raise HalfhourError(
            "DC-007",
            f"AMSID Pair indicator {amsid_pair_indicator or 'none'} and MSID Pair indicator "
            f"{msid_pair_indicator or 'none'} are no complementary pair.",
            "Set F with A (Asset Metering), T with D (Asset Differencing), or T for an MSID Pair without an asset.",
        )
    return method


def asset_metering_volume(asset_import: HalfHours, asset_export: HalfHours) -> HalfHours:
    """Volume of an AMSID Pair under Asset Metering: import less export of the asset [Wh, signed]."""
    return asset_import - asset_export


def boundary_volume(boundary_import: HalfHours, boundary_export: HalfHours) -> HalfHours:
    """Volume of a boundary MSID Pair that stands alone: import less export [Wh, signed]."""
    return boundary_import - boundary_export


def asset_differencing_volume(boundary: HalfHours, assets: Iterable[HalfHours]) -> HalfHours:
    """Volume under Asset Differencing: the boundary's volume less those of all assets of the site [Wh, signed].

    A half hour in which any of them is not known is not known: what is missing is no zero.
    """
    return reduce(HalfHours.__sub__, assets, boundary)
