"""A portfolio turned into plain arrays for one edition and one stretch of days: which series counts as what, when.

Effective dates become day numbers of the timeline, declarations become a treatment per site and day (handbook
chargeable-imports.md 1.5, 3.3, 5.1), meters become legs of the six input series and Import MSIDs of BM Units.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from halfhour.calendar import settlement_periods
from halfhour.errors import Finding
from halfhour.register.model import Metering, Portfolio, Settings, Site
from halfhour.rules.arithmetic import PARTS
from halfhour.rules.registry import editions
from halfhour.settlement.treatment import Days, treat

Ints = npt.NDArray[np.int64]

_CLASS = {"boundary": 0, "storage": 2, "generation": 4}
_QUANTITIES = ("AI", "AE")
NO_SLOT = -1


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days of a calculation: those settled, and before them those that only serve the reference period.

    Attributes:
        first_day: first day of the timeline.
        start, end: the days settled, closed-open.
        periods: Settlement Periods of each day of the timeline.
        window_from, window_to: reference period of each day, as day numbers, closed-open.
    """

    first_day: date
    start: date
    end: date
    periods: Ints
    window_from: Ints
    window_to: Ints

    @property
    def first_run_day(self) -> int:
        """Day number of the first day settled."""
        return (self.start - self.first_day).days

    @property
    def n_days(self) -> int:
        """Days of the timeline."""
        return (self.end - self.first_day).days

    @property
    def run_days(self) -> int:
        """Days settled."""
        return (self.end - self.start).days

    def clip(self, effective_from: date | None, effective_to: date | None) -> tuple[int, int]:
        """A closed-open range of dates as day numbers of the timeline."""
        first = 0 if effective_from is None else max(0, (effective_from - self.first_day).days)
        last = self.n_days if effective_to is None else min(self.n_days, (effective_to - self.first_day).days)
        return first, max(first, last)


def timeline(edition_id: str, start: date, end: date, settings: Settings) -> Timeline:
    """The timeline of an edition for the days from `start` to `end` (excluded), its reference period before them."""
    kind = editions()[edition_id].reference_period
    if kind == "previous-month" and settings.usage_factor_reference != "previous-month":
        kind = f"previous-{settings.usage_factor_reference}-days"
    if kind == "previous-month":
        first_day = _previous_month(start)[0]
    elif kind:
        first_day = start - timedelta(days=int(kind.split("-")[1]))
    else:
        first_day = start
    n_days = (end - first_day).days
    days = [first_day + timedelta(days=number) for number in range(n_days)]
    window_from = np.zeros(n_days, dtype=np.int64)
    window_to = np.zeros(n_days, dtype=np.int64)
    for number, day in enumerate(days):
        if day < start or not kind:
            continue
        if kind == "previous-month":
            opens, closes = _previous_month(day)
            window_from[number] = (opens - first_day).days
            window_to[number] = (closes - first_day).days
        else:
            window_from[number] = number - int(kind.split("-")[1])
            window_to[number] = number
    periods = np.array([settlement_periods(day) for day in days], dtype=np.int64)
    return Timeline(first_day, start, end, periods, window_from, window_to)


def _previous_month(day: date) -> tuple[date, date]:
    this_month = day.replace(day=1)
    return (this_month - timedelta(days=1)).replace(day=1), this_month


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A portfolio as arrays; series are grouped by site, so that a block of sites is a slice of every array.

    A slot is a place for a series: those below `len(series)` hold readings; those above hold derived rows (settled
    volumes after differencing, readings brought to another voltage).

    Attributes:
        sites: in order.
        series: MSID and measurement quantity by slot.
        site_series, site_derived, site_meters, site_legs, site_nodes: where each site's entries begin; one more entry.
        meter_*: every registered meter direction: slot, settled slot (-1 for asset meters), quantity (0 AI, 1 AE),
            days registered, number of its metering within the site.
        leg_*: class of the six inputs, slot, days.
        node_*: Import MSIDs that enter a BM Unit, in order of MSID within a site: settled slot, BM Unit (-1 none),
            days; `node_whole` uint8 [node, day], 1 where it is declared non-chargeable by itself.
        bm_units: id and GSP Group.
        treatment: int8 [site, day].
        parameter: [site, day], the edition's parameter or the default of its factor.
        declared: uint8 [site, day], 1 where an EMR declaration that can apply touches the site.
        findings: declarations without effect.
    """

    sites: tuple[Site, ...]
    series: list[tuple[str, str]]
    derived_of: list[tuple[int, int, int]]
    site_series: Ints
    site_derived: Ints
    site_meters: Ints
    site_legs: Ints
    site_nodes: Ints
    meter_slot: Ints
    meter_settled: Ints
    meter_quantity: Ints
    meter_from: Ints
    meter_to: Ints
    meter_number: Ints
    leg_class: Ints
    leg_slot: Ints
    leg_from: Ints
    leg_to: Ints
    node_slot: Ints
    node_bm_unit: Ints
    node_from: Ints
    node_to: Ints
    node_whole: npt.NDArray[np.uint8]
    bm_units: list[tuple[str, str]]
    treatment: npt.NDArray[np.int8]
    declared: npt.NDArray[np.uint8]
    parameter: Ints
    findings: list[Finding]


def is_private_network(site: Site) -> bool:
    """Whether readings of the site are differenced, or settled one by one behind an unsettled boundary."""
    return any(metering.at == "third-party" for metering in site.metering)


def settles(site: Site, metering: Metering) -> bool:
    """Whether a metering's volumes enter Settlement: the boundary's, or the customers' alone where all are metered."""
    if metering.at == "boundary":
        return not (is_private_network(site) and site.settlement_option == "full-settlement")
    return metering.at == "third-party"


def needs_voltage_adjustment(site: Site, metering: Metering) -> bool:
    """Whether a licensed asset's readings must be brought to the boundary's voltage (handbook 2.2)."""
    return metering.at in ("storage", "generation") and metering.licensed and metering.voltage != site.voltage


def bm_units_of(portfolio: Portfolio) -> list[tuple[str, str]]:
    """The BM Units of a portfolio with their GSP Groups, in the order in which they first appear."""
    found: dict[str, str] = {}
    for site in portfolio.sites:
        for metering in site.metering:
            if metering.bm_unit is not None:
                found.setdefault(metering.bm_unit, site.gsp_group)
    return list(found.items())


def arrange(
    portfolio: Portfolio,
    edition_id: str,
    line: Timeline,
    *,
    in_force: bool,
    bm_units: list[tuple[str, str]] | None = None,
) -> Arrangement:
    """Lay a portfolio out for one edition.

    Args:
        portfolio: checked.
        edition_id: the edition whose rule will be applied.
        line: its timeline.
        in_force: whether the edition was picked as the one in force, so that only declarations of that time count;
            otherwise the edition was named, and any EMR declaration marks what is the licensee's.
        bm_units: of a larger portfolio that this one is a portion of; None = this portfolio's own.
    """
    units = bm_units_of(portfolio) if bm_units is None else bm_units
    bm_unit_numbers = {name: number for number, (name, _) in enumerate(units)}
    series: list[tuple[str, str]] = []
    derived_of: list[tuple[int, int, int]] = []
    # Flat arrays of integers, a few to an entry: a portfolio may have millions of entries.
    meters, legs, nodes, starts = array("q"), array("q"), array("q"), array("q")
    n_sites = len(portfolio.sites)
    treatment = np.zeros((n_sites, line.n_days), dtype=np.int8)
    declared = np.zeros((n_sites, line.n_days), dtype=np.uint8)
    parameter = np.zeros((n_sites, line.n_days), dtype=np.int64)
    whole: list[Days] = []
    nothing = np.zeros(line.n_days, dtype=bool)
    findings: list[Finding] = []
    derived_base = sum(1 for _ in portfolio.msids())

    for number, site in enumerate(portfolio.sites):
        starts.extend((len(series), len(derived_of), len(meters) // 6, len(legs) // 4, len(nodes) // 4))
        slots: dict[tuple[str, str], int] = {}
        network = is_private_network(site)
        full_settlement = network and site.settlement_option == "full-settlement"
        treated = treat(edition_id, site, line.first_day, line.n_days, in_force=in_force)
        treatment[number] = treated.how
        declared[number] = treated.touched
        findings += treated.findings
        own_nodes: list[tuple[str, int, int, int, int, Days | None]] = []
        for which, metering in enumerate(site.metering):
            first, last = line.clip(metering.effective_from, metering.effective_to)
            for quantity, msid in enumerate((metering.import_msid, metering.export_msid)):
                if msid is None:
                    continue
                key = (msid, _QUANTITIES[quantity])
                slot = slots.get(key)
                if slot is None:
                    slot = slots[key] = len(series)
                    series.append(key)
                enters = settles(site, metering)
                settled = slot if enters else NO_SLOT
                if enters and network:
                    settled = derived_base + len(derived_of)
                    derived_of.append((number, which, quantity))
                meters.extend((slot, settled, quantity, first, last, which))
                if settled != NO_SLOT and quantity == 0:
                    unit = NO_SLOT if metering.bm_unit is None else bm_unit_numbers[metering.bm_unit]
                    own_nodes.append((msid, settled, unit, first, last, treated.whole.get(which)))
                if full_settlement and metering.at == "third-party":
                    legs.extend((quantity, settled, first, last))
                elif metering.at in _CLASS and not (full_settlement and metering.at == "boundary"):
                    if metering.at != "boundary" and not metering.licensed:
                        continue
                    leg_slot = slot
                    if needs_voltage_adjustment(site, metering):
                        leg_slot = derived_base + len(derived_of)
                        derived_of.append((number, which, quantity))
                    for leg_from, leg_to in _declared_spans(site, metering, line, first, last):
                        legs.extend((_CLASS[metering.at] + quantity, leg_slot, leg_from, leg_to))
        # In order of MSID, so that who takes the remainder of a share does not hang on the order of a file.
        for _, settled, unit, first, last, whole_days in sorted(own_nodes, key=lambda node: (node[0], node[3])):
            nodes.extend((settled, unit, first, last))
            whole.append(nothing if whole_days is None else whole_days)
        parameter[number] = _parameter(edition_id, site, portfolio.settings, line)
    starts.extend((len(series), len(derived_of), len(meters) // 6, len(legs) // 4, len(nodes) // 4))

    shift = derived_base - len(series)  # an MSID that changes hands is one series with several meter records
    starts_of = _columns(starts, 5)
    meter = _columns(meters, 6)
    leg = _columns(legs, 4)
    node = _columns(nodes, 4)
    return Arrangement(
        sites=portfolio.sites,
        series=series,
        derived_of=derived_of,
        site_series=starts_of[0],
        site_derived=starts_of[1],
        site_meters=starts_of[2],
        site_legs=starts_of[3],
        site_nodes=starts_of[4],
        meter_slot=meter[0],
        meter_settled=_shifted(meter[1], derived_base, shift),
        meter_quantity=meter[2],
        meter_from=meter[3],
        meter_to=meter[4],
        meter_number=meter[5],
        leg_class=leg[0],
        leg_slot=_shifted(leg[1], derived_base, shift),
        leg_from=leg[2],
        leg_to=leg[3],
        node_slot=_shifted(node[0], derived_base, shift),
        node_bm_unit=node[1],
        node_from=node[2],
        node_to=node[3],
        node_whole=np.array(whole, dtype=np.uint8).reshape(-1, line.n_days),
        bm_units=units,
        treatment=treatment,
        declared=declared,
        parameter=parameter,
        findings=findings,
    )


def _declared_spans(site: Site, metering: Metering, line: Timeline, first: int, last: int) -> list[tuple[int, int]]:
    """The days on which an asset counts as the licensee's: always, but for days whose declarations all leave it out."""
    if metering.at == "boundary":
        return [(first, last)]
    declared = [declaration for declaration in site.declarations if declaration.kind == "emr-amsid"]
    left_out = np.zeros(line.n_days + 1, dtype=bool)
    for named in (False, True):  # a declaration that names the asset outdoes those that do not
        for declaration in declared:
            if (metering.name in declaration.metering) == named:
                cut_from, cut_to = line.clip(declaration.effective_from, declaration.effective_to)
                left_out[cut_from:cut_to] = not named
    edges = [first, *(np.flatnonzero(np.diff(left_out[first:last])) + first + 1).tolist(), last]
    return [piece for piece in pairwise(edges) if piece[0] < piece[1] and not left_out[piece[0]]]


def _parameter(edition_id: str, site: Site, settings: Settings, line: Timeline) -> int | Ints:
    """The edition's parameter, or the default of its factor: one for all days, or one for each."""
    if edition_id == "interim-difference":
        return int(site.customer_supplier_licensed)
    if edition_id == "osam-1.0":
        return 0 if settings.default_ncsp is None else int(settings.default_ncsp * PARTS)
    if edition_id == "p395-proposed":
        of_day = np.full(line.n_days, PARTS, dtype=np.int64)
        for declaration in site.declarations:
            if declaration.default_factor is not None:
                of_day[slice(*line.clip(declaration.effective_from, declaration.effective_to))] = int(
                    declaration.default_factor * PARTS
                )
        return of_day
    return 0


def _columns(entries: array[int], width: int) -> list[Ints]:
    table = np.array(entries, dtype=np.int64).reshape(-1, width)
    return [np.ascontiguousarray(table[:, column]) for column in range(width)]


def _shifted(slots: Ints, base: int, shift: int) -> Ints:
    return np.where(slots >= base, slots - shift, slots)
