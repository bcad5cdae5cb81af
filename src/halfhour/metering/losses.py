"""Asset readings brought to the boundary's voltage by Line Loss Factors (handbook chargeable-imports.md 2.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from halfhour.register.model import LossFactor, in_force
from halfhour.rules.metering import adjust_to_boundary_voltage

PERIODS = 50
Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint8]
FactorsOf = Callable[[str, str, str], Ints]


def factors_by_day(loss_factors: Iterable[LossFactor], days: Sequence[date]) -> FactorsOf:
    """A look-up of Line Loss Factors in thousandths, [day, 50], by GSP Group, voltage and measurement quantity.

    A period that no factor covers is 0, which the caller must take as 'not covered'.
    """
    table: dict[tuple[str, str, str], Ints] = {}
    for factor in loss_factors:
        key = (factor.gsp_group, factor.voltage, factor.measurement_quantity)
        array = table.setdefault(key, np.zeros((len(days), PERIODS), dtype=np.int64))
        covered = np.array([in_force(factor.effective_from, factor.effective_to, day) for day in days], dtype=bool)
        array[covered, factor.first_period - 1 : factor.last_period] = factor.thousandths
    nothing = np.zeros((len(days), PERIODS), dtype=np.int64)
    return lambda gsp_group, voltage, quantity: table.get((gsp_group, voltage, quantity), nothing)


def at_boundary_voltage(
    readings: Ints, marks: Marks, factors_asset: Ints, factors_boundary: Ints
) -> tuple[Ints, Marks, npt.NDArray[np.bool_]]:
    """An asset's readings at the boundary's voltage.

    Args:
        readings: [day, 50] in Wh.
        marks: [day, 50]: 0 absent, 1 actual, 2 estimated.
        factors_asset, factors_boundary: [day, 50] in thousandths of the same direction, 0 = not covered.

    Returns:
        Adjusted readings [Wh], their marks (absent where a factor is not held), and the days on which one was wanting.
    """
    covered = (factors_asset > 0) & (factors_boundary > 0)
    adjusted = adjust_to_boundary_voltage(readings, factors_asset, np.where(covered, factors_boundary, 1))  # type: ignore[arg-type]
    wanting = ((marks != 0) & ~covered).any(axis=1)
    return (
        np.where(covered & (marks != 0), adjusted, 0),
        np.where(covered, marks, 0).astype(np.uint8),
        wanting,
    )
