"""End use behind a declared meter, from half-hourly data alone: what a store cannot hold, and what never rests.

Two checks of Halfhour's own beside those of handbook chargeable-imports 1.4, for the standard case that P395 Table 3
names: a declared meter that also measures end use. They need readings only, no settled site, and change no volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from halfhour.errors import Finding, HalfhourError
from halfhour.processes.chargeable_imports.differencing import HalfHours

LEAST_EFFICIENCY_PERCENT = 70
"""Round trip of a store, below which it is looked at; open, a default of Halfhour's own for lithium batteries."""

AUXILIARY_PERCENT = 2
"""Of the capacity, which plant may take for its own use at any time; open, a default of Halfhour's own."""

DAYS_OF_STANDING_IMPORT = 7
"""As many Settlement Days as `hidden_demand_simple` takes (handbook 1.4)."""


@dataclass(frozen=True, slots=True)
class Unreturned:
    """Energy that went into a store and can neither be in it nor have been lost.

    Attributes:
        first, last: half hours of the stretch that shows it, both included, numbered from 0.
        end_use_wh: the least that must have gone to something else [Wh], at the meter.
    """

    first: int
    last: int
    end_use_wh: int


def unreturned_energy(
    imports: HalfHours,
    exports: HalfHours,
    usable_wh: int,
    auxiliary_wh: int = 0,
    least_efficiency_percent: int = LEAST_EFFICIENCY_PERCENT,
) -> Unreturned | None:
    """The stretch of half hours in which most energy went missing behind a store's meter; None where none did.

    Over any stretch, what a store takes, less its own use and its losses, is given back or still in it::

        end use >= efficiency × Σ max(0, import - auxiliary) - Σ export - usable capacity

    A stretch holds no half hour that is not known, since it might have held the missing export.

    Args:
        imports, exports: of the store, the same half hours.
        usable_wh: energy that it can hold [Wh].
        auxiliary_wh: of its own use in a half hour [Wh].
        least_efficiency_percent: of the round trip, 1 to 100.

    Raises:
        HalfhourError: DC-400 series of different lengths, or a bound that cannot be.
    """
    _check(imports, exports)
    if usable_wh < 0 or auxiliary_wh < 0 or not 1 <= least_efficiency_percent <= 100:
        raise HalfhourError(
            "DC-400",
            f"A store of {usable_wh} Wh with {auxiliary_wh} Wh of own use and an efficiency of "
            f"{least_efficiency_percent} % cannot be.",
            "Give energies that are not negative and an efficiency of 1 to 100 %.",
        )
    known = imports.known & exports.known
    # In hundredths of a Wh, so that the efficiency leaves whole numbers.
    hundredths = least_efficiency_percent * np.maximum(0, imports.wh - auxiliary_wh) - 100 * exports.wh
    best = (0, 0, 0)
    for start, end in _runs(known):
        before = np.concatenate([[0], np.cumsum(hundredths[start:end], dtype=np.int64)])
        lowest = np.minimum.accumulate(before)
        rise = before - lowest
        last = int(rise.argmax())
        if int(rise[last]) > best[0]:
            first = int(np.flatnonzero(before[: last + 1] == lowest[last])[-1])
            best = (int(rise[last]), start + first, start + last - 1)
    excess = best[0] - 100 * usable_wh
    return Unreturned(best[1], best[2], excess // 100) if excess >= 100 else None


@dataclass(frozen=True, slots=True)
class Standing:
    """Import that never rests.

    Attributes:
        first_day, days: numbers of the days from 0, and how many there are in a row.
        least_wh: the least import of any half hour of them [Wh].
    """

    first_day: int
    days: int
    least_wh: int


def standing_import(
    imports: HalfHours, periods: npt.NDArray[np.int64], auxiliary_wh: int, days: int = DAYS_OF_STANDING_IMPORT
) -> Standing | None:
    """The longest stretch of whole days in which every half hour imports more than the plant's own use; None if short.

    A store that trades rests, and generation that generates does not import: each has a half hour in the day that
    takes no more than its own use. A day of which a half hour is not known ends the stretch.

    Args:
        imports: of whole Settlement Days, one after the other.
        periods: Settlement Periods of each day, 46, 48 or 50.
        auxiliary_wh: of the plant's own use in a half hour [Wh].
        days: how many days in a row make a finding.

    Raises:
        HalfhourError: DC-400 the days do not add up to the series, or a bound cannot be.
    """
    if int(periods.sum()) != len(imports.wh) or auxiliary_wh < 0 or days < 1:
        raise HalfhourError(
            "DC-400",
            f"{len(imports.wh)} half hours are not {len(periods)} days of {int(periods.sum())}, or a bound cannot be.",
            "Give whole Settlement Days, an own use that is not negative, and at least one day.",
        )
    if not len(periods):
        return None
    starts = np.concatenate([[0], np.cumsum(periods)[:-1]])
    whole = np.logical_and.reduceat(imports.known, starts)
    least = np.minimum.reduceat(imports.wh, starts)
    best: Standing | None = None
    for start, end in _runs(whole & (least > auxiliary_wh)):
        if end - start >= days and (best is None or end - start > best.days):
            best = Standing(start, end - start, int(least[start:end].min()))
    return best


def detector_findings(
    site_id: str,
    msid: str,
    imports: HalfHours,
    exports: HalfHours,
    first_day: date,
    periods: npt.NDArray[np.int64],
    capacity_kw: int,
    usable_kwh: int | None = None,
) -> list[Finding]:
    """Both checks of a declared meter, with the defaults of this module.

    Args:
        imports, exports: of whole Settlement Days from `first_day` on.
        periods: Settlement Periods of each day.
        capacity_kw: of the plant.
        usable_kwh: of a store; None where it is not known or there is none, and then the store's check is not made.
    """
    auxiliary_wh = capacity_kw * 500 * AUXILIARY_PERCENT // 100
    found = []
    if usable_kwh is not None:
        unreturned = unreturned_energy(imports, exports, usable_kwh * 1000, auxiliary_wh)
        if unreturned:
            day = _day_of(unreturned.first, first_day, periods)
            found.append(
                Finding(
                    "DC-401",
                    "warning",
                    f"Site {site_id}: at least {unreturned.end_use_wh:,} Wh that {msid} imported from {day} to "
                    f"{_day_of(unreturned.last, first_day, periods)} can neither be in a store of {usable_kwh:,} kWh "
                    f"nor have been lost at {LEAST_EFFICIENCY_PERCENT} % efficiency (unreturned_energy).",
                    "Ask the declaring party where the energy went; end use behind the meter ends the declaration.",
                    site_id=site_id,
                    msid=msid,
                    settlement_date=day,
                )
            )
    standing = standing_import(imports, periods, auxiliary_wh)
    if standing:
        day = _after(first_day, standing.first_day)
        found.append(
            Finding(
                "DC-402",
                "warning",
                f"Site {site_id}: {msid} imported at least {standing.least_wh:,} Wh in every half hour of "
                f"{standing.days} Settlement Days from {day} on, more than {auxiliary_wh:,} Wh of own use at "
                f"{capacity_kw:,} kW (standing_import).",
                "Ask the declaring party what takes it; end use behind the meter ends the declaration.",
                site_id=site_id,
                msid=msid,
                settlement_date=day,
            )
        )
    return found


def _check(imports: HalfHours, exports: HalfHours) -> None:
    if not len(imports.wh) == len(imports.known) == len(exports.wh) == len(exports.known):
        raise HalfhourError(
            "DC-400",
            f"Import has {len(imports.wh)} half hours and export {len(exports.wh)}.",
            "Give the same half hours of both, each with its mark whether it is known.",
        )


def _runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The stretches in which a mask is set, closed-open."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _day_of(half_hour: int, first_day: date, periods: npt.NDArray[np.int64]) -> date:
    return _after(first_day, int(np.searchsorted(np.cumsum(periods), half_hour, side="right")))


def _after(first_day: date, days: int) -> date:
    return date.fromordinal(first_day.toordinal() + days)
