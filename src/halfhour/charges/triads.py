"""Triads: the three half hours of a winter by which TNUoS demand charges are shared.

Follows CUSC Section 14 and the handbook, embedded-generation.md 6.1: the Settlement Periods of highest net system
demand from 1 November to the end of February, each separated from the others by at least ten clear days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from halfhour.market_data.embedded import (
    BadInput,
    Mark,
    Missing,
    Status,
    charging_year_days,
    charging_year_of,
    decimal_of,
    number,
    require_period,
    rows,
    winter_of,
)
from halfhour.market_data.embedded.holdings import held_text

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore

HalfHour = tuple[date, int]
"""Settlement Day and Settlement Period."""

TRIADS = 3
"""Half hours of a winter: CUSC Section 14."""


@dataclass(frozen=True, slots=True)
class DayPeak:
    """The half hour of a day with the highest net system demand.

    Attributes:
        settlement_date: Settlement Day.
        settlement_period: Settlement Period.
        demand_mw: GB net system demand [MW], with the digits as given.
    """

    settlement_date: date
    settlement_period: int
    demand_mw: Decimal


@dataclass(frozen=True, slots=True)
class Triad:
    """One of the three half hours.

    Attributes:
        charging_year: such as `2022/23`.
        settlement_date: Settlement Day.
        settlement_period: Settlement Period.
        demand_mw: net system demand [MW]; None where the publication held says none.
        source: publication, or `selected from demand`.
        mark: standing of the source.
        status: `actual` as published, `provisional` as selected from demand.
        tie: other days of equal demand that could have been chosen in its place; the earlier day was.
    """

    charging_year: str
    settlement_date: date
    settlement_period: int
    demand_mw: Decimal | None
    source: str
    mark: Mark
    status: Status
    tie: tuple[date, ...] = ()

    @property
    def half_hour(self) -> HalfHour:
        """Settlement Day and Settlement Period."""
        return self.settlement_date, self.settlement_period


def triads(charging_year: str, *, as_of: date | None = None, store: MarketDataStore | None = None) -> tuple[Triad, ...]:
    """The three Triads of a charging year as published, in the order of the publication.

    Args:
        charging_year: such as `2022/23`.
        as_of: day of the question, so that a year not yet published is told from one that is not held.
        store: of market data, asked for years that the product does not hold.

    Raises:
        Missing: EB-105 (TRIADS_NOT_PUBLISHED) before the charging year has ended, EB-104 (MISSING_TRIADS) for any other
            year without a list.
        BadInput: EB-124 no charging year.

    References: National Grid, National Grid ESO and NESO Triad data; handbook 6.1. Mark: that of the publication held.
    """
    end = charging_year_days(charging_year)[1]
    published = _published()
    if charging_year in published:
        return published[charging_year]
    if found := _loaded(charging_year, store):
        return found
    held = f"Held: {held_text(dict.fromkeys(published, ()))}."
    if as_of is not None and as_of < end:
        raise Missing(
            "TRIADS_NOT_PUBLISHED",
            f"The Triads of {charging_year} are published at the end of March {end.year}, and it is {as_of}. {held}",
            "Select provisional ones from demand with `halfhour triads`, or wait for the publication.",
        )
    raise Missing(
        "MISSING_TRIADS",
        f"Triads of charging year {charging_year}: no published list is held. {held}",
        "Load the publication with `halfhour market-data load`, or pass the three half hours; `halfhour triads` takes "
        "them from a demand series.",
    )


def _loaded(charging_year: str, store: MarketDataStore | None) -> tuple[Triad, ...]:
    start = charging_year_days(charging_year)[0]
    found = [] if store is None else store.reference_rows("triad", start, charging_year=charging_year)
    if len(found) != TRIADS:
        return ()
    return tuple(
        Triad(
            charging_year=charging_year,
            settlement_date=row["settlement_date"],
            settlement_period=row["settlement_period"],
            demand_mw=row["net_system_demand_mw"],
            source=f"{row['file']} (sha256 {row['sha256'][:12]})",
            mark="data",
            status="actual",
        )
        for row in found
    )


@cache
def _published() -> dict[str, tuple[Triad, ...]]:
    found: dict[str, list[Triad]] = {}
    for row in rows("triads"):
        found.setdefault(row["charging_year"], []).append(
            Triad(
                charging_year=row["charging_year"],
                settlement_date=date.fromisoformat(row["settlement_date"]),
                settlement_period=int(row["settlement_period"]),
                demand_mw=row.number("net_system_demand_mw"),
                source=row.source,
                mark=row.mark,
                status="actual",
            )
        )
    return {year: tuple(three) for year, three in found.items()}


def select_triads(daily_peaks: Iterable[DayPeak], *, days_apart: int | None = None) -> list[Triad]:
    """The three Triads of one winter from the highest half hour of each day, the highest first.

    ```
    chosen = []
    for day in sorted(daily_peaks, key=demand_mw, reverse=True):
        if all(abs(day.date - c.date) >= 11 days for c in chosen): chosen.append(day)
        if len(chosen) == 3: return chosen
    ```

    Of days with equal demand the earlier is taken, and the tie is told with the Triad. Several half hours of one day
    may be given: the highest counts.

    Args:
        daily_peaks: of one winter, in any order; days outside 1 November to the end of February are refused.
        days_apart: least difference between two dates; by default 11, ten clear days.

    Raises:
        Missing: EB-105 (TRIADS_NOT_PUBLISHED) fewer than three days can be chosen.
        BadInput: EB-121 (BAD_PERIOD); EB-123 a day outside the winter or of another, demand that is no number.

    References: CUSC Section 14 (14.15 to 14.18); handbook 6.1. Mark: [doc] rule, [data] difference of 11 days.
    """
    chosen = choose(daily_peaks, days_apart=days_apart)
    if len(chosen) < TRIADS:
        raise Missing(
            "TRIADS_NOT_PUBLISHED",
            f"Only {len(chosen)} Triads can be chosen from the days of demand given"
            + (f", of charging year {chosen[0].charging_year}." if chosen else "."),
            "Give the demand of more days of the winter.",
        )
    return chosen


def choose(daily_peaks: Iterable[DayPeak], *, days_apart: int | None = None) -> list[Triad]:
    """As `select_triads`, but as many as the days allow: three, or fewer."""
    apart = timedelta(days=int(number("triad_days_apart")) if days_apart is None else days_apart)
    ordered = _ordered(daily_peaks)
    chosen: list[Triad] = []
    for place, peak in enumerate(ordered):
        if len(chosen) == TRIADS:
            break
        if not all(_apart(peak.settlement_date, one.settlement_date, apart) for one in chosen):
            continue
        rivals = tuple(
            other.settlement_date
            for other in ordered[place + 1 :]
            if other.demand_mw == peak.demand_mw
            and all(_apart(other.settlement_date, one.settlement_date, apart) for one in chosen)
        )
        chosen.append(
            Triad(
                charging_year=charging_year_of(peak.settlement_date),
                settlement_date=peak.settlement_date,
                settlement_period=peak.settlement_period,
                demand_mw=peak.demand_mw,
                source="selected from demand",
                mark="data",
                status="provisional",
                tie=rivals,
            )
        )
    return chosen


def _apart(one: date, other: date, apart: timedelta) -> bool:
    return abs(one - other) >= apart


def _ordered(daily_peaks: Iterable[DayPeak]) -> list[DayPeak]:
    """One peak per day, the highest demand first, of equal ones the earlier."""
    highest = highest_of_days(daily_peaks)
    years = {charging_year_of(peak.settlement_date) for peak in highest}
    if len(years) > 1:
        raise BadInput(
            "BAD_INPUT",
            f"The days of demand are of the charging years {', '.join(sorted(years))}.",
            "Select the Triads of each winter by itself.",
        )
    for peak in highest:
        start, end = winter_of(charging_year_of(peak.settlement_date))
        if not start <= peak.settlement_date < end:
            raise BadInput(
                "BAD_INPUT",
                f"{peak.settlement_date} is not in a winter: Triads lie from 1 November to the end of February.",
                "Leave the days of the other months out.",
            )
    return sorted(highest, key=lambda peak: (-peak.demand_mw, peak.settlement_date))


def highest_of_days(half_hours: Iterable[DayPeak]) -> list[DayPeak]:
    """Of each day the half hour of highest demand, of equal ones the earlier; in order of date.

    Raises:
        BadInput: EB-121 (BAD_PERIOD); EB-123 demand that is no number.
    """
    highest: dict[date, DayPeak] = {}
    for peak in half_hours:
        require_period(peak.settlement_date, peak.settlement_period)
        demand = decimal_of(peak.demand_mw, f"Demand on {peak.settlement_date}")
        best = highest.get(peak.settlement_date)
        if best is None or (-demand, peak.settlement_period) < (-best.demand_mw, best.settlement_period):
            highest[peak.settlement_date] = peak
    return [highest[day] for day in sorted(highest)]


@dataclass(frozen=True, slots=True)
class Winter:
    """A winter of a demand series.

    Attributes:
        charging_year: such as `2022/23`.
        triads: the highest first; fewer than three where the days given do not allow more.
        days_held: days of the winter with demand.
        days_missing: days of the winter without, in order.
        published: the published Triads where they are held, in the order of the publication.
    """

    charging_year: str
    triads: tuple[Triad, ...]
    days_held: int
    days_missing: tuple[date, ...]
    published: tuple[Triad, ...] | None

    @property
    def complete(self) -> bool:
        """Whether every day from 1 November to the end of February has demand; if not, the Triads are provisional."""
        return not self.days_missing

    @property
    def as_published(self) -> bool | None:
        """Whether the half hours are the published ones; None where no list is held."""
        if self.published is None:
            return None
        return {one.half_hour for one in self.triads} == {one.half_hour for one in self.published}


def winters(half_hours: Iterable[DayPeak], incomplete_days: Iterable[date] = ()) -> list[Winter]:
    """The Triads of each winter in a demand series, in order.

    Args:
        half_hours: the highest half hour of each day, or every half hour, in any order; days outside the winters are
            left out.
        incomplete_days: days whose half hours are not all there; they count as missing, since the highest may be.

    Raises:
        BadInput: EB-121 (BAD_PERIOD); EB-123 demand that is no number.

    References: as for `select_triads`.
    """
    incomplete = set(incomplete_days)
    by_year: dict[str, list[DayPeak]] = {}
    for peak in highest_of_days(half_hours):
        year = charging_year_of(peak.settlement_date)
        start, end = winter_of(year)
        if start <= peak.settlement_date < end:
            by_year.setdefault(year, []).append(peak)
    return [_winter(year, by_year[year], incomplete) for year in sorted(by_year)]


def _winter(charging_year: str, peaks: Sequence[DayPeak], incomplete: set[date]) -> Winter:
    start, end = winter_of(charging_year)
    there = {peak.settlement_date for peak in peaks} - incomplete
    every_day = [start + timedelta(days=count) for count in range((end - start).days)]
    return Winter(
        charging_year=charging_year,
        triads=tuple(choose(peaks)),
        days_held=len(there),
        days_missing=tuple(day for day in every_day if day not in there),
        published=_published().get(charging_year),
    )


def triad_volumes(half_hourly: Mapping[HalfHour, Decimal], of: Sequence[Triad]) -> list[Decimal]:
    """The volumes of a unit at the Triads [MWh], in the order of the Triads.

    Args:
        half_hourly: volume [MWh] by Settlement Day and period, after line losses.
        of: the three Triads.

    Raises:
        BadInput: EB-120 (DATA_GAP) a Triad without a volume: it is missing, not zero.

    References: handbook 6.2.
    """
    absent = [one for one in of if one.half_hour not in half_hourly]
    if absent:
        names = ", ".join(f"{one.settlement_date} period {one.settlement_period}" for one in absent)
        raise BadInput(
            "DATA_GAP",
            f"Triad of {absent[0].charging_year} without a volume: {names}.",
            "Give the half hour; a Triad without a reading does not count as zero.",
        )
    return [half_hourly[one.half_hour] for one in of]


def three(volumes_mwh: Sequence[Decimal], what: str) -> list[Decimal]:
    """Three numbers, one for each Triad; raises BadInput (EB-123) for more, fewer, or what is no number."""
    if len(volumes_mwh) != TRIADS:
        raise BadInput(
            "BAD_INPUT", f"{what} at {len(volumes_mwh)} Triads are given, not at {TRIADS}.", "Give one for each Triad."
        )
    return [decimal_of(volume, "A volume at a Triad") for volume in volumes_mwh]
