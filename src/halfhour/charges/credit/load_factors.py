"""Seasons, Credit Assessment Load Factors from a reference season, declared capacities and their deadline.

Follows Elexon's CALF guidance and Balancing Mechanism Units guidance; handbook sections 9.3 and 9.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Literal

from halfhour.calendar import TimeLimit, before, check_day, days, is_working_day, settlement_periods
from halfhour.charges.credit.rules import EXACT, QUOTIENT, SPD_HOURS, ZERO, in_force, parameter
from halfhour.charges.credit.volumes import sum_exact
from halfhour.errors import Finding, HalfhourError

Direction = Literal["generation", "consumption"]
HalfHours = Mapping[date, Mapping[int, Decimal]]

SEASONS = {"Winter": 12, "Spring": 3, "Summer": 6, "Autumn": 9}
"""BSC Seasons and the month in which they begin."""

DC_REDUCTIONS = 2
"""How often in a season a Supplier may lower its Demand Capacity (rule C27)."""


@dataclass(frozen=True, slots=True)
class Season:
    """A BSC Season: its name with the year in which it begins, and its days, closed-open."""

    name: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class LoadFactors:
    """Credit Assessment Load Factors for a season (rule C25), unrounded ratios.

    Attributes:
        season: for which they hold.
        reference: the season of the year before, from whose half hours they come.
        maximum_mwh: largest half-hourly volume of the reference season in the direction [MWh].
        all_days, working_days, non_working_days: the factors.
        by_day_type: whether the two day types' factors apply to the season, or the one before Modification P326.
    """

    season: Season
    reference: Season
    direction: Direction
    maximum_mwh: Decimal
    all_days: Decimal
    working_days: Decimal
    non_working_days: Decimal
    by_day_type: bool


@dataclass(frozen=True, slots=True)
class Declaration:
    """A Generation and Demand Capacity [MW] declared on a day, to take effect from another."""

    submitted_on: date
    effective_from: date
    gc_mw: Decimal
    dc_mw: Decimal


def season_of(day: date) -> Season:
    """The BSC Season of a day: Spring from March, Summer June, Autumn September, Winter December.

    Raises:
        NotCovered: CA-002 outside 1972 to 2099.
    """
    check_day(day)
    name, month = next((name, first) for name, first in SEASONS.items() if (day.month - first) % 12 < 3)
    year = day.year - 1 if day.month < month else day.year
    end = date(year + 1, 3, 1) if month == 12 else date(year, month + 3, 1)
    return Season(f"{name} {year}", date(year, month, 1), end)


def reference_season(season: Season) -> Season:
    """The same season of the year before."""
    return season_of(season.start.replace(year=season.start.year - 1))


def load_factors(half_hours: HalfHours, season: Season, direction: Direction) -> LoadFactors:
    """The factors for a season from the metered volumes of its reference season.

    Args:
        half_hours: metered volume by Settlement Day and Settlement Period [MWh], positive = export; days outside the
            reference season are left aside.
        season: for which the factors are to hold.
        direction: generation, or consumption (of which a negative volume is the positive amount).

    Raises:
        HalfhourError: EB-214 (DATA_GAP) the reference season is not whole, EB-215 nothing of that direction in it.
    """
    reference = reference_season(season)
    sign = 1 if direction == "generation" else -1
    values: dict[bool, list[Decimal]] = {True: [], False: []}
    missing: list[str] = []
    for day in days(reference.start, reference.end):
        given = half_hours.get(day, {})
        for period in range(1, settlement_periods(day) + 1):
            if period in given:
                values[is_working_day(day)].append(sign * given[period])
            else:
                missing.append(f"Settlement Period {period} of {day}")
    if missing:
        raise HalfhourError(
            "EB-214",
            f"DATA_GAP: the reference season {reference.name} ({reference.start} to {reference.end}, excluded) lacks "
            f"{len(missing):,} half hour{'' if len(missing) == 1 else 's'}, the first {missing[0]}.",
            "Give every half hour of the season, a zero where it is zero.",
        )
    everything = values[True] + values[False]
    maximum = max(everything)
    total = sum_exact(everything)
    if maximum <= 0 or total < 0:
        raise HalfhourError(
            "EB-215",
            f"The volumes of {reference.name} give no factor for {direction}: their maximum is {maximum:f} MWh and "
            f"their sum {total:f} MWh in that direction.",
            "Check the sign (export is positive) and the direction.",
        )
    by_type = {kind: _ratio(found, maximum) for kind, found in values.items()}
    return LoadFactors(
        season=season,
        reference=reference,
        direction=direction,
        maximum_mwh=maximum,
        all_days=_ratio(everything, maximum),
        working_days=by_type[True],
        non_working_days=by_type[False],
        by_day_type=in_force("day_type_factors", season.start),
    )


def _ratio(values: Sequence[Decimal], maximum: Decimal) -> Decimal:
    with localcontext(EXACT):
        divisor = len(values) * maximum
    return QUOTIENT.divide(sum_exact(values), divisor)


def capacities(volumes_mwh: Iterable[Decimal]) -> tuple[Decimal, Decimal]:
    """Generation and Demand Capacity that half-hourly volumes call for [MW] (rule C26); the second is not above 0."""
    found = [ZERO, *volumes_mwh]
    with localcontext(EXACT):
        return max(found) / SPD_HOURS, min(found) / SPD_HOURS


def beyond(half_hours: HalfHours, gc_mw: Decimal, dc_mw: Decimal) -> list[tuple[date, int, Decimal]]:
    """The half hours whose volume is beyond the declared capacities, as day, period and MWh (rule C28)."""
    with localcontext(EXACT):
        most, least = gc_mw * SPD_HOURS, dc_mw * SPD_HOURS
    return [
        (day, period, mwh)
        for day, periods in sorted(half_hours.items())
        for period, mwh in sorted(periods.items())
        if not least <= mwh <= most
    ]


def declaration_deadline(season: Season) -> TimeLimit:
    """The last day on which capacities for a season can be declared: 10 Working Days before it (rule C27).

    Raises:
        NotCovered: EB-219, CA-011 outside what is held.
    """
    return before(season.start, int(parameter("declaration_working_days", season.start).value))


def declaration_findings(declarations: Sequence[Declaration], season: Season, *, supplier: bool) -> list[Finding]:
    """What is wrong with the declarations of a BM Unit for a season (rule C27), in order of submission.

    The first one is that for the season as a whole and must be in time. A later one may raise a capacity at any time;
    it may lower the Demand Capacity of a Supplier's BM Unit twice, and lowers nothing else.

    Args:
        declarations: all of them, in any order.
        supplier: whether it is a Supplier BM Unit.
    """
    findings: list[Finding] = []

    def fault(message: str, next_step: str) -> None:
        findings.append(Finding("EB-216", "error", message, next_step))

    ordered = sorted(declarations, key=lambda one: one.submitted_on)
    deadline = declaration_deadline(season).due
    reductions = 0
    for position, one in enumerate(ordered):
        what = f"The declaration of {one.submitted_on}"
        if one.gc_mw < 0 or one.dc_mw > 0:
            fault(f"{what} has GC {one.gc_mw} and DC {one.dc_mw} MW.", "GC is at least 0 and DC at most 0.")
        if position == 0:
            if one.submitted_on > deadline:
                fault(f"{what} for {season.name} is later than {deadline}.", "Declare 10 Working Days before it.")
            continue
        earlier = ordered[position - 1]
        if one.gc_mw < earlier.gc_mw:
            fault(f"{what} lowers GC within {season.name}.", "Lower GC for the next season, in time.")
        if one.dc_mw > earlier.dc_mw:
            reductions += 1
            if not supplier:
                fault(f"{what} lowers DC within {season.name}.", "Only a Supplier may, twice a season.")
            elif reductions > DC_REDUCTIONS:
                fault(f"{what} lowers DC for the {reductions}. time in {season.name}.", "Lower it for the next season.")
    return findings
