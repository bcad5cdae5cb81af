"""What a comparison of routes holds: lines, routes, what is beside and missing, and the tables made of it.

Handbook embedded-generation.md 11.3 and 11.4.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from functools import cached_property

import polars as pl

from halfhour.charges.benefits.amounts import COMPONENTS, Amount, Lacking, Reckoned
from halfhour.charges.benefits.tables import half_hour_frame, summary_frame, year_frame
from halfhour.charges.levies import EXACT
from halfhour.market_data.embedded import weakest
from halfhour.plant import Plant, RouteAnswer

DateRange = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Line:
    """One component on one route.

    Attributes:
        recipient: who is paid and pays, in words.
        owner_share: of the amount, from 0 to 1; None where the contract's share is not stated.
    """

    component: str
    found: Reckoned
    recipient: str
    owner_share: Decimal | None

    @property
    def amount_gbp(self) -> Decimal | None:
        """The amount [£]; None where it is missing."""
        return self.found.amount_gbp if isinstance(self.found, Amount) else None

    @property
    def owner_gbp(self) -> Decimal | None:
        """The owner's part of it [£]; None where either is missing."""
        if self.amount_gbp is None or self.owner_share is None:
            return None
        with localcontext(EXACT):
            return self.amount_gbp * self.owner_share


@dataclass(frozen=True)
class RouteResult:
    """One route of the plant.

    Attributes:
        answer: of the assessment: valid or not, reject codes, registrant, system.
        lines: the components asked for.
        beside: import and energy lines, never in the totals.
        costs_gbp: of a year [£]; None where they are not stated.
        rank: by the owner's net, 1 the best; None where there is none.
    """

    answer: RouteAnswer
    lines: tuple[Line, ...] = ()
    beside: tuple[Line, ...] = ()
    costs_gbp: Decimal | None = None
    rank: int | None = None

    @property
    def route_id(self) -> str:
        """Of handbook 4.2."""
        return self.answer.route_id

    @property
    def valid(self) -> bool | None:
        """None where unknown facts of the plant decide."""
        return self.answer.valid

    @property
    def gross_gbp(self) -> Decimal | None:
        """The sum of the components, to all recipients; None where one is missing."""
        return _sum(line.amount_gbp for line in self.lines) if self.lines else None

    @property
    def owner_gbp(self) -> Decimal | None:
        """The owner's part; None where an amount or a share is missing."""
        return _sum(line.owner_gbp for line in self.lines) if self.lines else None

    @property
    def owner_net_gbp(self) -> Decimal | None:
        """The owner's part less costs."""
        if self.owner_gbp is None or self.costs_gbp is None:
            return None
        with localcontext(EXACT):
            return self.owner_gbp - self.costs_gbp

    @property
    def status(self) -> str | None:
        """The weakest of the lines."""
        found = [line.found.status for line in self.lines if isinstance(line.found, Amount)]
        return weakest(found) if found and self.gross_gbp is not None else None  # type: ignore[arg-type]

    @property
    def lacking(self) -> tuple[Lacking, ...]:
        """The components asked for that have no amount."""
        return tuple(line.found for line in self.lines if isinstance(line.found, Lacking))

    @property
    def missing(self) -> tuple[str, ...]:
        """What keeps the route from a gross, an owner's net and a rank, in words."""
        if self.valid is None:
            return (f"whether the route is open is decided by: {', '.join(self.answer.decided_by)}",)
        if not self.valid:
            return ()
        shares = [line.component for line in self.lines if line.owner_share is None]
        return (
            *(found.text for found in self.lacking),
            *((f"pass_through of {', '.join(shares)} (0 to 1) is not stated",) if shares else ()),
            *(("costs are not stated; write 0 where there are none",) if self.costs_gbp is None else ()),
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """A component beside that of the same plant as a Sole, delivering, non-exempt unit.

    Attributes:
        comparator_gbp: of that unit [£]; None where it is missing, and `reason` says why.
        advantage_gbp: the plant's less the unit's [£].
    """

    component: str
    comparator_gbp: Decimal | None
    advantage_gbp: Decimal | None
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The half hours that were reckoned.

    Attributes:
        start, end: days asked for, closed-open, within the charging year.
        given: half hours with a reading.
        absent: half hours of these days without one.
        estimated: half hours given as estimates.
        absent_days: the days that lack some, with how many.
    """

    start: date
    end: date
    given: int
    absent: int
    estimated: int
    absent_days: tuple[tuple[date, int], ...]


@dataclass(frozen=True)
class RouteComparison:
    """The routes of one plant for one charging year.

    Attributes:
        components: asked for; `left_out` are the others.
        component_dates: ranges that components were limited to.
        notes: what to know of the result: conventions, defaults taken, what is beside the totals.
    """

    plant: Plant
    gsp_group: str
    charging_year: str
    ruleset: str
    loss_baseline: str
    components: tuple[str, ...]
    component_dates: Mapping[str, DateRange]
    coverage: Coverage
    routes: tuple[RouteResult, ...]
    comparator: tuple[Compared, ...] | None
    credit: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def left_out(self) -> tuple[str, ...]:
        """Components of the embedded benefits that were not asked for."""
        return tuple(name for name in COMPONENTS if name not in self.components)

    def route(self, route_id: str) -> RouteResult:
        """One route; raises KeyError."""
        found = {one.route_id: one for one in self.routes}
        return found[route_id]

    @property
    def lacking(self) -> tuple[Lacking, ...]:
        """Everything missing, each once."""
        found = {(one.component, one.error.code, one.error.message): one for r in self.routes for one in r.lacking}
        return tuple(found.values())

    def raise_missing(self) -> None:
        """Refuse a comparison in which a component is missing, by the first.

        Raises:
            HalfhourError: the component's own refusal.
        """
        for one in self.lacking:
            raise one.error

    @cached_property
    def benefit_year(self) -> pl.DataFrame:
        """Table `benefit_year` of handbook 11.4: by route and component, the lines beside the totals too."""
        return year_frame([self])

    @cached_property
    def route_summary(self) -> pl.DataFrame:
        """Table `route_summary` of handbook 11.4: a row for each route."""
        return summary_frame([self])

    def benefit_half_hour(self, routes: Collection[str] | None = None) -> pl.DataFrame:
        """Table `benefit_half_hour` of handbook 11.4, made when it is asked for; of all routes, or some."""
        chosen = [one for one in self.routes if routes is None or one.route_id in routes]
        return half_hour_frame(chosen)


def _sum(parts: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    with localcontext(EXACT):
        for part in parts:
            if part is None:
                return None
            total += part
    return total
