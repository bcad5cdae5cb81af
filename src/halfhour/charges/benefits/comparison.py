"""What each route is worth to a plant in one charging year: amounts, recipients, the owner's share, costs, rank.

Handbook embedded-generation.md 10 and 11. A route with a missing component has no gross and no rank; an invalid route
stays with its reject codes; what has no embedded benefit is zero by rule, never by absence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from decimal import Decimal, localcontext

import numpy as np

from halfhour.charges.benefits.amounts import BESIDE, COMPONENTS, Amount, Lacking, MissingInput, Reckoned
from halfhour.charges.benefits.columns import EPOCH, PERIODS_A_DAY
from halfhour.charges.benefits.components import Place, amount_of, delivering_amount, worth
from halfhour.charges.benefits.half_hours import HalfHours, Rows, half_hours
from halfhour.charges.benefits.imports import ImportTerms, import_amounts, no_half_hours
from halfhour.charges.benefits.market import Market
from halfhour.charges.benefits.results import Compared, Coverage, DateRange, Line, RouteComparison, RouteResult
from halfhour.charges.benefits.triad_lines import Site, tnuos, tnuos_import
from halfhour.charges.bsuos import GROSS_DEMAND
from halfhour.charges.generation_tariffs import generation_amount, generation_tariff, pays_generation_tnuos
from halfhour.charges.levies import EXACT
from halfhour.charges.losses import BASELINES
from halfhour.charges.rulesets import Ruleset, check_ruleset, check_ruleset_name
from halfhour.errors import HalfhourError
from halfhour.market_data.embedded import BadInput, charging_year_days, charging_year_of, rule_era
from halfhour.plant import ROUTES, Assessment, Plant, RouteAnswer, assess

DELIVERING = "delivering"
NO_BENEFIT = ("none", "own account, no embedded benefit")
"""Recipients of a plant that is directly connected or licensable: there is no embedded benefit (handbook 10.3)."""


def compare_routes(
    plant: Plant,
    half_hourly: HalfHours | Rows,
    market: Market,
    charging_year: str,
    ruleset: Ruleset = "codes",
    routes: Sequence[str] | None = None,
    components: Sequence[str] = COMPONENTS,
    *,
    component_dates: Mapping[str, DateRange] | None = None,
    days: DateRange | None = None,
    loss_baseline: str | None = None,
    comparator: str | None = None,
    pass_through: Mapping[str, Mapping[str, Decimal]] | None = None,
    costs: Mapping[str, Decimal] | None = None,
    imports: ImportTerms | None = None,
    credit: Mapping[str, str] | None = None,
) -> RouteComparison:
    """The embedded benefits of a plant under each route.

    Args:
        plant: as `read_plant` gives it; its GSP Group must be known.
        half_hourly: its readings; those outside the charging year (and `days`) are left aside.
        market: prices, factors and the status of the Base Trading Unit.
        charging_year: such as `2026/27`.
        ruleset: `codes`, or `note-v8` up to the dates of handbook 1.3.
        routes: ids of handbook 4.2; None = all of them, those that are not open with their reject codes.
        components: of `COMPONENTS`.
        component_dates: closed-open range of days that a component is limited to.
        days: range that everything is limited to.
        loss_baseline: `metered` or `delivering`; None = the ruleset's.
        comparator: None, or `delivering`: the same plant as a Sole, delivering, non-exempt unit.
        pass_through: the owner's contractual share by route and component; None = as the plant file states.
        costs: £ a year by route; None = as the plant file states.
        imports: what decides charges on import.
        credit: effect on credit by route, shown and not summed.

    Raises:
        HalfhourError: EB-302 an argument that is not known, EB-303 no half hour lies in the days; what reading
            `half_hourly` raises, PL-... of the assessment.
        MissingInput: EB-301 the GSP Group is not known.
        BadInput: EB-124 no charging year.
    """
    asked = _asked(charging_year, ruleset, routes, components, component_dates, days, loss_baseline, comparator)
    readings = half_hourly if isinstance(half_hourly, HalfHours) else half_hours(half_hourly)
    if plant.gsp_group is None:
        raise MissingInput(
            f"the GSP Group of {plant.id} is not known.", "Write gsp_group in [plant] of the plant file."
        )
    inside = readings.between(*asked.days)
    if not len(inside.keys):
        raise HalfhourError(
            "EB-303",
            f"No half hour of {plant.id} lies in {asked.days[0]} to {asked.days[1]} (charging year {charging_year}).",
            "Ask for a charging year and days that the readings cover.",
        )
    work = _Work(plant, plant.gsp_group, inside, market, asked, ruleset, imports or ImportTerms())
    assessed = _assessed(plant, ruleset, asked.days[0], market)
    shares = plant.pass_through if pass_through is None else pass_through
    yearly = plant.costs_gbp if costs is None else costs
    _check_terms(shares, yearly)
    results = [
        _route(work, answer, shares.get(answer.route_id, {}), yearly.get(answer.route_id))
        for answer in assessed.routes
        if answer.route_id in asked.routes
    ]
    return RouteComparison(
        plant=plant,
        gsp_group=plant.gsp_group,
        charging_year=charging_year,
        ruleset=ruleset,
        loss_baseline=asked.baseline,
        components=asked.components,
        component_dates=dict(component_dates or {}),
        coverage=_coverage(inside, asked.days),
        routes=tuple(_ranked(results)),
        comparator=_comparator(work, results) if comparator else None,
        credit=dict(credit or {}),
        notes=tuple(_notes(work, assessed.station_class)),
    )


_NOT_ASSESSED = ("id", "name", "station", "pass_through", "costs_gbp", "remarks")


def _assessed(plant: Plant, ruleset: Ruleset, day: date, market: Market) -> Assessment:
    """The assessment, made once for all plants whose facts are the same."""
    facts = tuple(getattr(plant, one.name) for one in fields(plant) if one.name not in _NOT_ASSESSED)
    facts += (replace(plant.station, id=""),)
    return market.once(("assessment", ruleset, day, facts), lambda: assess(plant, ruleset, on=day))


@dataclass(frozen=True, slots=True)
class _Asked:
    days: DateRange
    routes: tuple[str, ...]
    components: tuple[str, ...]
    component_dates: Mapping[str, DateRange]
    baseline: str


def _asked(
    charging_year: str,
    ruleset: Ruleset,
    routes: Sequence[str] | None,
    components: Sequence[str],
    component_dates: Mapping[str, DateRange] | None,
    days: DateRange | None,
    loss_baseline: str | None,
    comparator: str | None,
) -> _Asked:
    check_ruleset_name(ruleset)
    _check_words("route", routes or (), ROUTES)
    _check_words("component", components, COMPONENTS)
    _check_words("component", (component_dates or {}), (*COMPONENTS, *BESIDE))
    _check_words("loss baseline", [loss_baseline] if loss_baseline else (), ("metered", DELIVERING))
    _check_words("comparator", [comparator] if comparator else (), (DELIVERING,))
    if not components:
        raise HalfhourError("EB-302", "No component is asked for.", f"Name some of {', '.join(COMPONENTS)}.")
    start, end = charging_year_days(charging_year)
    if days is not None:
        start, end = max(start, days[0]), min(end, days[1])
    for what, (first, last) in {"the days": (start, end), **(component_dates or {})}.items():
        if last <= first:
            raise HalfhourError(
                "EB-302",
                f"No day lies from {first} until {last} ({what} of charging year {charging_year}).",
                "Give a first day, and the first day no longer included, inside the charging year.",
            )
    return _Asked(
        (start, end),
        tuple(routes or ROUTES),
        tuple(name for name in COMPONENTS if name in components),
        component_dates or {},
        loss_baseline or BASELINES[ruleset],
    )


def _check_words(what: str, given: Iterable[str], known: Sequence[str]) -> None:
    for word in given:
        if word not in known:
            raise HalfhourError("EB-302", f"There is no {what} {str(word)[:40]!r}.", f"Known: {', '.join(known)}.")


def _check_terms(shares: Mapping[str, Mapping[str, Decimal]], costs: Mapping[str, Decimal]) -> None:
    _check_words("route", [*shares, *costs], ROUTES)
    for route_id, of_route in shares.items():
        _check_words("component", of_route, (*COMPONENTS, "imbalance"))
        for component, share in of_route.items():
            if not isinstance(share, Decimal) or not share.is_finite() or not 0 <= share <= 1:
                raise HalfhourError(
                    "EB-302",
                    f"pass_through of {component} on {route_id} is {share}.",
                    "Give the owner's share as a Decimal from 0 to 1.",
                )
    for route_id, cost in costs.items():
        if not isinstance(cost, Decimal) or not cost.is_finite():
            raise HalfhourError("EB-302", f"The costs of {route_id} are {cost}.", "Give £ a year as a Decimal.")


@dataclass
class _Work:
    """What is worked out once and shared by the routes."""

    plant: Plant
    gsp_group: str
    readings: HalfHours
    market: Market
    asked: _Asked
    ruleset: Ruleset
    imports: ImportTerms
    done: dict[tuple[str, str], Reckoned | None] = field(default_factory=dict)

    def of(self, component: str) -> HalfHours:
        """The readings that a component is limited to."""
        limit = self.asked.component_dates.get(component)
        return self.readings if limit is None else self.readings.between(*limit)

    def days_of(self, component: str) -> DateRange:
        """The days that a component is limited to."""
        start, end = self.asked.days
        first, last = self.asked.component_dates.get(component, (start, end))
        return max(start, first), min(end, last)

    def place(self, component: str, system: str) -> Place | None:
        """Where a component is reckoned; None where no half hour is left."""
        readings = self.of(component)
        if not len(readings.keys):
            return None
        return Place(self.market, self.gsp_group, readings.keys, readings.token, self.asked.baseline, system)

    def site(self, component: str) -> Site:
        """What TNUoS is reckoned for."""
        plant = self.plant
        start, end = self.days_of(component)
        tec = plant.tec_mw or Decimal(0)
        return Site(
            self.gsp_group,
            _year(self.asked.days),
            start,
            end,
            pays_generation_tnuos(tec, "distribution", ruleset=self.ruleset),
            plant.tec_mw,
            plant.generation_zone,
            plant.technology,
            plant.annual_load_factor,
        )

    def reckon(self, component: str, system: str) -> Reckoned | None:
        """A component's amount, or why it has none; None where there is nothing to reckon."""
        # Only BSUoS tells the two systems apart, and only from 2021 to 2023.
        apart = component == "bsuos" and rule_era("bsuos", self.asked.days[0]).rule_id == GROSS_DEMAND
        what = (component, system if apart else "")
        if what not in self.done:
            try:
                self.done[what] = self._reckon(component, system)
            except HalfhourError as error:
                self.done[what] = Lacking(component, error)
        return self.done[what]

    def _reckon(self, component: str, system: str) -> Amount | None:
        self._check_date(component)
        readings = self.of(component)
        if component == "tnuos":
            return tnuos(readings, self.market, self.site(component))
        if component == "tnuos_import":
            return tnuos_import(readings, self.market, self.site(component))
        place = self.place(component, system)
        if place is None:
            start, end = self.days_of(component)
            raise BadInput(
                "DATA_GAP", f"no half hour from {start} until {end} has a reading.", "Give readings of these days."
            )
        if component in BESIDE and component != "imbalance":
            return import_amounts(component, place, readings, self.imports, self.days_of(component))
        return amount_of(worth(place, component), readings)

    def _check_date(self, component: str) -> None:
        priced = {"tnuos": "tnuos", "losses": "losses", "bsuos": "bsuos", "rcrc": "losses"}.get(component)
        if priced:
            # RCRC is weighted by the multiplier, so it reaches as far as losses do.
            check_ruleset(self.ruleset, priced, self.days_of(component)[0])  # type: ignore[arg-type]


def _year(days: DateRange) -> str:
    return charging_year_of(days[0])


def _route(work: _Work, answer: RouteAnswer, shares: Mapping[str, Decimal], costs_gbp: Decimal | None) -> RouteResult:
    if not answer.valid:
        return RouteResult(answer, costs_gbp=costs_gbp)
    lines = [_line(work, answer, component, shares) for component in work.asked.components]
    beside = [_line(work, answer, component, shares) for component in BESIDE]
    return RouteResult(
        answer,
        tuple(line for line in lines if line is not None),
        tuple(line for line in beside if line is not None),
        costs_gbp,
    )


def _line(work: _Work, answer: RouteAnswer, component: str, shares: Mapping[str, Decimal]) -> Line | None:
    base = {"tnuos_import": "tnuos", "bsuos_import": "bsuos", "tdr": "tnuos"}.get(component, component)
    recipient = answer.recipients[base]
    if recipient.who in NO_BENEFIT:
        if component not in COMPONENTS:
            return None
        return Line(component, _no_benefit(component, recipient.who), recipient.text, Decimal(0))
    found = work.reckon(component, answer.system)
    if found is None:
        return None
    return Line(component, found, _words(answer, recipient.who), _share(answer, recipient.who, shares.get(base)))


def _words(answer: RouteAnswer, who: str) -> str:
    """The recipient in words; the Energy Account is that of the Lead Party."""
    names = {"party": "BSC Trading Party", "supplier": "Supplier", "registrant": answer.registrant}
    if who == "account":
        return f"Energy Account holder ({names.get(answer.registrant, answer.registrant)})"
    return names.get(who, who)


def _share(answer: RouteAnswer, who: str, given: Decimal | None) -> Decimal | None:
    holder = answer.registrant if who in ("account", "registrant") else who
    if holder == "owner":
        return Decimal(1)
    # Where a signature that is not known decides, nobody can say whose it is.
    return None if " or " in holder else given


def _no_benefit(component: str, who: str) -> Amount:
    none = Decimal(0)
    return Amount(
        component,
        none,
        "",
        None,
        "",
        none,
        "actual",
        "no-embedded-benefit",
        "doc",
        (f"handbook 10.3: {who}",),
        0,
        no_half_hours,
    )


def _ranked(results: Sequence[RouteResult]) -> Iterable[RouteResult]:
    nets = sorted((one.owner_net_gbp for one in results if one.owner_net_gbp is not None), reverse=True)
    for one in results:
        net = one.owner_net_gbp
        # Equal nets share a rank.
        yield one if net is None else replace(one, rank=nets.index(net) + 1)


def _coverage(inside: HalfHours, days: DateRange) -> Coverage:
    absent = inside.absent_from(*days)
    lacking, counts = np.unique(absent // PERIODS_A_DAY, return_counts=True)
    by_day = tuple(
        (EPOCH + timedelta(days=day), count) for day, count in zip(lacking.tolist(), counts.tolist(), strict=True)
    )
    return Coverage(days[0], days[1], len(inside.keys), len(absent), int((inside.status > 0).sum()), by_day)


def _comparator(work: _Work, results: Sequence[RouteResult]) -> tuple[Compared, ...]:
    own = next((one for one in results if one.valid), None)
    found = []
    for component in work.asked.components:
        line = next((one for one in own.lines if one.component == component), None) if own else None
        amount = None if line is None else line.amount_gbp
        try:
            other = _delivering(work, component)
        except HalfhourError as error:
            found.append(Compared(component, None, None, error.message))
            continue
        with localcontext(EXACT):
            found.append(Compared(component, other, None if amount is None else amount - other, ""))
    return tuple(found)


def _delivering(work: _Work, component: str) -> Decimal:
    if component == "tnuos":
        plant = work.plant
        tec, zone, load = plant.tec_mw, plant.generation_zone, plant.annual_load_factor
        if tec is None or zone is None or load is None or plant.technology is None:
            raise MissingInput(
                "the generation tariff of the comparator needs tec_mw, generation_zone, technology and "
                "annual_load_factor of the plant.",
                "Write them in [plant] of the plant file.",
            )
        rate = generation_tariff(_year(work.asked.days), zone, plant.technology, load)
        with localcontext(EXACT):
            return -generation_amount(rate, tec * 1000, [Decimal(0)] * 3).charge_gbp if rate.value >= 0 else Decimal(0)
    place = work.place(component, "CVA")
    if place is None:
        raise BadInput("DATA_GAP", "no half hour has a reading.", "Give readings of these days.")
    return delivering_amount(place, work.of(component), component)


def _notes(work: _Work, station_class: str | None) -> Iterable[str]:
    if station_class is None:
        yield "The class of the plant is open: `halfhour assess` shows what would decide it."
    if not work.readings.has_import:
        yield "No import is among the readings, so nothing is said of charges on import."
    yield (
        f"Losses are measured against {'the meter' if work.asked.baseline == 'metered' else 'a delivering unit'}; "
        "import lines and energy at the imbalance price stand beside the totals, never inside."
    )
