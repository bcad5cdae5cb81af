"""TNUoS of a plant: its export and its import at the Triads, or the generation tariff from 100 MW of TEC.

Handbook embedded-generation.md 6 and 11.2. Each Triad is a line of a third, kept to 28 decimals; the amount of the year
is the sum of its lines, so that parts of a year add up to the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from halfhour.charges.benefits.amounts import Amount, Columns, MissingInput
from halfhour.charges.benefits.columns import half_hour_of, half_hour_text, key_of
from halfhour.charges.benefits.components import metered_volume
from halfhour.charges.benefits.exact import (
    AMOUNT_DECIMALS,
    ARROW_DIGITS,
    CREDITED_DECIMALS,
    PRICE_DECIMALS,
    QM_DECIMALS,
    Whole,
    as_decimal,
    cut,
    scaled,
    thirds,
)
from halfhour.charges.benefits.half_hours import STATUSES, HalfHours
from halfhour.charges.benefits.market import Market
from halfhour.charges.generation_tariffs import generation_amount, generation_tariff
from halfhour.charges.levies import EXACT
from halfhour.charges.tnuos import Weighting, demand_tariff, export_tariff
from halfhour.charges.triads import DayPeak, select_triads, triads
from halfhour.errors import HalfhourError
from halfhour.market_data.embedded import (
    BadInput,
    Mark,
    Rate,
    Status,
    charging_year_days,
    require_period,
    rule_era,
    weakest,
    weakest_mark,
    winter_of,
)

KW_PER_MWH = 2000
"""`kw = mwh * 2 * 1000`: handbook 0.2."""
NET_RULE = "tnuos-net-triad"
_QUANTITY_DECIMALS = CREDITED_DECIMALS


@dataclass(frozen=True, slots=True)
class TriadHours:
    """The Triads of a year that lie in the days asked for.

    Attributes:
        keys: of those half hours, in order of time.
        of: how many Triads the year has.
    """

    keys: tuple[int, ...]
    of: int
    status: Status
    mark: Mark
    source: str


def triad_hours(market: Market, charging_year: str, start: date, end: date) -> TriadHours:
    """The Triads given for the year, else the published ones, as far as they lie in [start, end).

    Raises:
        Missing: EB-104 (MISSING_TRIADS) where the days reach into a winter whose Triads are not held.
        BadInput: EB-121 a given Triad is no Settlement Period, EB-123 it does not lie in the year's winter.
    """
    first, last = winter_of(charging_year)
    given = market.triads.get(charging_year)
    if given is not None:
        half_hours, status = given
        for day, period in half_hours:
            require_period(day, period)
            if not first <= day < last:
                raise BadInput(
                    "BAD_INPUT",
                    f"The Triad {day} SP {period} given for {charging_year} is not in its winter, {first} to {last}.",
                    "Give the three Triads of that winter.",
                )
        if len(set(half_hours)) != 3:
            raise BadInput("BAD_INPUT", f"{len(set(half_hours))} Triads are given for {charging_year}.", "Give three.")
        keys = sorted(key_of(day, period) for day, period in half_hours)
        found = TriadHours(tuple(keys), 3, as_status(status), "secondary", "Triads given")
    elif end <= first or start >= last:
        # No Triad can lie in these days, whichever they are.
        return TriadHours((), 3, "actual", "doc", "no Triad lies outside 1 November to the end of February")
    else:
        published = triads(charging_year, store=market.store)
        keys = sorted(key_of(*one.half_hour) for one in published)
        mark = weakest_mark(one.mark for one in published)
        found = TriadHours(tuple(keys), len(keys), "actual", mark, f"Triads: {published[0].source}")
    inside = tuple(key for key in found.keys if key_of(start, 0) <= key < key_of(end, 0))
    return TriadHours(inside, found.of, found.status, found.mark, found.source)


def as_status(text: str) -> Status:
    """A standing by its name; raises BadInput (EB-123)."""
    if text not in STATUSES:
        raise BadInput("BAD_INPUT", f"{text!r} is no standing.", f"Write one of {', '.join(STATUSES)}.")
    found: Status = text  # type: ignore[assignment]
    return found


@dataclass(frozen=True, slots=True)
class Site:
    """What TNUoS needs of a plant beside its readings.

    Attributes:
        zone: GSP Group.
        pays_generation: whether the generation tariff applies (TEC of 100 MW and more, under `codes`).
    """

    zone: str
    charging_year: str
    start: date
    end: date
    pays_generation: bool = False
    tec_mw: Decimal | None = None
    generation_zone: int | None = None
    technology: str | None = None
    annual_load_factor: Decimal | None = None


def tnuos(readings: HalfHours, market: Market, site: Site) -> Amount:
    """What the export at the Triads earns; to 2017/18 export less import, which may be a charge.

    Raises:
        Missing: EB-101 (MISSING_TARIFF), EB-102 (TARIFF_ROUNDED), EB-103 (TARIFF_SPLIT_YEAR), EB-104 (MISSING_TRIADS).
        BadInput: EB-120 (DATA_GAP) a Triad without a reading.
        MissingInput: EB-301.
    """
    if site.pays_generation:
        return generation(readings, site)
    hours = triad_hours(market, site.charging_year, site.start, site.end)
    era = rule_era("tnuos", charging_year_days(site.charging_year)[0])
    volumes = _at(readings, hours, "export")
    if era.rule_id == NET_RULE and readings.has_import:
        volumes = volumes - _at(readings, hours, "import")
    return _lines("tnuos", readings, hours, volumes, +1, era.rule_id, era.mark, lambda: _export_rate(market, site))


def tnuos_import(readings: HalfHours, market: Market, site: Site) -> Amount | None:
    """What the import at the Triads is charged, from 2018/19 on; None where the rule nets it or no import was read.

    Raises:
        HalfhourError: as `tnuos`.
    """
    era = rule_era("tnuos", charging_year_days(site.charging_year)[0])
    if era.rule_id == NET_RULE or not readings.has_import:
        return None
    hours = triad_hours(market, site.charging_year, site.start, site.end)
    volumes = _at(readings, hours, "import")
    return _lines(
        "tnuos_import",
        readings,
        hours,
        volumes,
        -1,
        era.rule_id,
        era.mark,
        lambda: demand_tariff(site.charging_year, site.zone, weighting=_weighting(market), store=market.store),
    )


def _export_rate(market: Market, site: Site) -> Rate:
    return export_tariff(
        site.charging_year,
        site.zone,
        accept_rounded=market.accept_rounded,
        weighting=_weighting(market),
        store=market.store,
    )


def _weighting(market: Market) -> Weighting | None:
    if market.weighting not in (None, "months"):
        raise BadInput("BAD_INPUT", f"There is no weighting {market.weighting!r}.", "Give months, or none.")
    return "months" if market.weighting else None


def _at(readings: HalfHours, hours: TriadHours, side: str) -> Whole:
    keys = np.array(hours.keys, dtype=np.int64)
    if not len(keys):
        return keys
    present, places = _places(keys, readings)
    if not present.all():
        absent = ", ".join(half_hour_text(int(key)) for key in keys[~present])
        raise BadInput(
            "DATA_GAP",
            f"there is no reading at the Triad {absent}.",
            "Give the reading of that half hour; where nothing flowed, write 0.",
        )
    return metered_volume(readings.take(places), side)


def _places(keys: Whole, readings: HalfHours) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Which half hours are read, and where those that are stand."""
    places = np.minimum(np.searchsorted(readings.keys, keys), max(len(readings.keys) - 1, 0))
    present = readings.keys[places] == keys if len(readings.keys) else np.zeros(len(keys), dtype=np.bool_)
    return present, places[present]


def _lines(
    component: str,
    readings: HalfHours,
    hours: TriadHours,
    volumes: Whole,
    sign: int,
    rule_id: str,
    rule_mark: Mark,
    tariff: Callable[[], Rate],
) -> Amount:
    # A tariff is asked for only where there is a quantity, as in `tnuos.tnuos_amount`.
    rate = tariff() if any(volumes.tolist()) else None
    price = 0 if rate is None else scaled_tariff(rate)
    decimals = QM_DECIMALS + AMOUNT_RATE_DECIMALS
    amounts = [thirds(sign * KW_PER_MWH * volume * price, decimals) for volume in volumes.tolist()]
    kw = [thirds(KW_PER_MWH * volume, QM_DECIMALS) for volume in volumes.tolist()]
    at = readings.status[_places(np.array(hours.keys, dtype=np.int64), readings)[1]]
    read: Status = as_status(STATUSES[int(at.max())]) if len(at) else "actual"
    status = weakest((hours.status, read, *(() if rate is None else (rate.status,))))
    mark = weakest_mark((rule_mark, hours.mark, "inferred", *(() if rate is None else (rate.mark,))))
    rests_on = (hours.source, *(() if rate is None else (f"{rate.item}: {rate}, {rate.source}",)))

    def columns() -> Columns:
        count = len(hours.keys)
        return Columns(
            np.array(hours.keys, dtype=np.int64),
            decimals_column([cut(one, _QUANTITY_DECIMALS) for one in kw], _QUANTITY_DECIMALS),
            decimals_column([Decimal(0) if rate is None else rate.value] * count, AMOUNT_RATE_DECIMALS),
            decimals_column(amounts, AMOUNT_DECIMALS),
            np.full(count, STATUSES.index(status), dtype=np.int64),
        )

    with localcontext(EXACT):
        return Amount(
            component,
            sum(kw, Decimal(0)),
            "kW",
            None if rate is None else rate.value,
            "£/kW",
            sum(amounts, Decimal(0)),
            status,
            rule_id,
            mark,
            rests_on,
            len(hours.keys),
            columns,
            {"triads_counted": Decimal(len(hours.keys)), "triads_of_the_year": Decimal(hours.of)},
        )


AMOUNT_RATE_DECIMALS = 10
"""Tariffs have six decimals; a tariff weighted by months has more and is cut to ten, half even."""


def scaled_tariff(rate: Rate) -> int:
    """A tariff as a scaled integer of ten decimals.

    Raises:
        HalfhourError: EB-312 it is too large to be one.
    """
    value = cut(rate.value, AMOUNT_RATE_DECIMALS)
    whole = scaled(value, AMOUNT_RATE_DECIMALS)
    if whole is None or abs(value) >= 100_000:
        raise HalfhourError("EB-312", f"{rate.item}: {rate} is no tariff in £/kW.", "Correct the tariff.")
    return whole


def decimals_column(values: list[Decimal], decimals: int) -> pa.Array:
    """Decimals as an Arrow column."""
    return pa.array(values, type=pa.decimal128(ARROW_DIGITS, decimals))


def generation(readings: HalfHours, site: Site) -> Amount:
    """The wider generation tariff, for the TEC of the whole year; a negative tariff pays the three highest outputs.

    Raises:
        MissingInput: EB-301 TEC, generation zone, technology or load factor is not stated.
        Missing: EB-101 (MISSING_TARIFF) for years whose tariffs are not held.
    """
    wanted = {
        "tec_mw": site.tec_mw,
        "generation_zone": site.generation_zone,
        "technology": site.technology,
        "annual_load_factor": site.annual_load_factor,
    }
    unknown = [name for name, value in wanted.items() if value is None]
    if site.tec_mw is None or site.generation_zone is None or not site.technology or site.annual_load_factor is None:
        raise MissingInput(
            f"the generation tariff needs {', '.join(unknown)} of the plant.",
            "Write them in [plant] of the plant file.",
        )
    rate = generation_tariff(site.charging_year, site.generation_zone, site.technology, site.annual_load_factor)
    outputs = _highest_outputs(readings, site.charging_year) if rate.value < 0 else None
    found = generation_amount(rate, site.tec_mw * 1000, outputs)
    with localcontext(EXACT):
        amount = found.credit_gbp - found.charge_gbp
    empty = np.zeros(0, dtype=np.int64)

    def columns() -> Columns:
        # An annual charge on capacity has no half hours.
        quantity, rates, amounts = (
            decimals_column([], places) for places in (_QUANTITY_DECIMALS, PRICE_DECIMALS, AMOUNT_DECIMALS)
        )
        return Columns(empty, quantity, rates, amounts, empty)

    return Amount(
        "tnuos",
        found.quantity_kw,
        "kW",
        rate.value,
        "£/kW",
        amount,
        rate.status,
        "tnuos-generation",
        rate.mark,
        (f"{rate.item}: {rate}, {rate.source}",),
        0,
        columns,
    )


def _highest_outputs(readings: HalfHours, charging_year: str) -> list[Decimal]:
    winter = readings.between(*winter_of(charging_year))
    qm = metered_volume(winter, "export")
    peaks: dict[date, tuple[int, int]] = {}
    for key, volume in zip(winter.keys.tolist(), qm.tolist(), strict=True):
        day, period = half_hour_of(key)
        if day not in peaks or volume > peaks[day][1]:
            peaks[day] = (period, volume)
    days = [DayPeak(day, period, as_decimal(volume * 2, QM_DECIMALS)) for day, (period, volume) in peaks.items()]
    return [(one.demand_mw or Decimal(0)) * 1000 for one in select_triads(days)]
