"""Charges on a plant's own import: BSUoS by half hour, and the demand residual by site and day.

Handbook embedded-generation.md 6.8, 7 and 11.2: separate, negative lines with the recipient of the import, beside the
totals. Whether the import is final demand is for the caller to say; there is no default.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from halfhour.charges.benefits.amounts import Amount, Columns, MissingInput
from halfhour.charges.benefits.columns import half_hour_of
from halfhour.charges.benefits.components import Place, Worth, bsuos_price, decimal_column, metered_volume
from halfhour.charges.benefits.dated_rates import laid
from halfhour.charges.benefits.exact import (
    AMOUNT_DECIMALS,
    ARROW_DIGITS,
    CREDITED_DECIMALS,
    PRICE_DECIMALS,
    Whole,
    as_decimal,
    each,
    rate_digits,
    total,
    whole_digits,
)
from halfhour.charges.benefits.half_hours import STATUSES, HalfHours
from halfhour.charges.bsuos import FIXED, GROSS_DEMAND, fixed_tariff
from halfhour.charges.demand_residual import residual_charge, residual_tariff
from halfhour.charges.levies import EXACT
from halfhour.market_data.embedded import charging_year_of, rule_era

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore

RESIDUAL_FROM = date(2023, 4, 1)
"""From this charging year the residual is a charge by site and day (handbook 6.8)."""


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """What decides charges on import; None = not stated.

    Attributes:
        final_demand: whether the import is final demand; storage's and generation's own is not.
        residual_band: of the site, such as `HV1`.
    """

    final_demand: bool | None = None
    residual_band: str | None = None


def import_amounts(
    component: str, place: Place, readings: HalfHours, terms: ImportTerms, days: tuple[date, date]
) -> Amount | None:
    """`bsuos_import` or `tdr`; None where there is nothing to say: no import, or no band.

    Raises:
        MissingInput: EB-301 whether the import is final demand, or a factor, is not stated.
        Missing: EB-101 (MISSING_TARIFF), EB-106 to EB-108.
    """
    if component == "tdr":
        return _residual(terms, days, place.market.store)
    if not readings.has_import or not readings.import_wh.any():
        return None
    era = rule_era("bsuos", place.first_day)
    if era.rule_id in (FIXED, GROSS_DEMAND):
        if terms.final_demand is None:
            raise MissingInput(
                "whether the plant's import is final demand is not stated.",
                "Write final_demand = true or false in [import] of a terms file; storage and generation only is false.",
            )
        if not terms.final_demand:
            return _free(readings, era.rule_id, era.mark, era.source)
    tlm = place.multipliers()
    if era.rule_id == FIXED:
        factor, status, mark = -tlm.off, tlm.status, "secondary"
        price, sources = _fixed_prices(place)
    else:
        prices = bsuos_price(place)
        price, sources = prices.values, place.named("BSUoS price", "bsuos_price")
        # s is −1 in an off-taking Trading Unit, where the import is charged; from 2021 every import is.
        gross = era.rule_id == GROSS_DEMAND
        factor = -tlm.off if gross else np.where(tlm.is_delivering == 1, tlm.own, -tlm.own)
        status, mark = np.maximum(tlm.status, prices.status), "inferred"
    worth = Worth(
        "bsuos_import",
        factor,
        price,
        rate_digits(factor, price),
        status,
        era.rule_id,
        mark,
        (*tlm.rests_on, *sources),
    )
    return _import_amount(worth, readings)


def _fixed_prices(place: Place) -> tuple[Whole, tuple[str, ...]]:
    store = place.market.store
    found = laid("bsuos_fixed_tariff", place.keys, PRICE_DECIMALS, store)
    if not found.have.all():
        # Asked for its refusal, which says what is held.
        fixed_tariff(half_hour_of(int(place.keys[~found.have][0]))[0], store=store)
    return found.values, tuple(f"{rate.item}: {rate}, {rate.source}" for rate in found.rates)


def _import_amount(worth: Worth, readings: HalfHours) -> Amount:
    qm = metered_volume(readings, "import")
    status = np.maximum(worth.status, readings.status)

    def columns() -> Columns:
        return Columns(
            readings.keys,
            each(qm, whole_digits(worth.factor), CREDITED_DECIMALS),
            decimal_column(worth.price, PRICE_DECIMALS),
            each(qm, worth.digits, AMOUNT_DECIMALS),
            status,
        )

    price = worth.price
    return Amount(
        worth.component,
        as_decimal(total(qm, whole_digits(worth.factor)), CREDITED_DECIMALS),
        "MWh",
        as_decimal(int(price[0]), PRICE_DECIMALS) if bool((price == price[0]).all()) else None,
        "£/MWh",
        as_decimal(total(qm, worth.digits), AMOUNT_DECIMALS),
        STATUSES[int(status.max())],
        worth.rule_id,
        worth.mark,
        worth.rests_on,
        len(readings.keys),
        columns,
    )


def no_half_hours() -> Columns:
    """The columns of an amount that is not made of half hours."""
    none = np.zeros(0, dtype=np.int64)
    quantity, rate, amount = (
        pa.array([], type=pa.decimal128(ARROW_DIGITS, places))
        for places in (CREDITED_DECIMALS, PRICE_DECIMALS, AMOUNT_DECIMALS)
    )
    return Columns(none, quantity, rate, amount, none)


def _free(readings: HalfHours, rule_id: str, mark: str, source: str) -> Amount:
    none = Decimal(0)
    facts = f"import that is not final demand is not charged: {source}"
    return Amount(
        "bsuos_import", none, "MWh", none, "£/MWh", none, "supplied", rule_id, mark, (facts,), 0, no_half_hours
    )


def _residual(terms: ImportTerms, days: tuple[date, date], store: MarketDataStore | None) -> Amount | None:
    if terms.residual_band is None or days[0] < RESIDUAL_FROM or terms.final_demand is False:
        return None
    rate = residual_tariff(charging_year_of(days[0]), terms.residual_band, store=store)
    with localcontext(EXACT):
        charge = -residual_charge(terms.residual_band, *days, store=store)
    return Amount(
        "tdr",
        Decimal((days[1] - days[0]).days),
        "days",
        rate.value,
        rate.unit,
        charge,
        "supplied",
        "tnuos-residual-bands",
        rate.mark,
        (f"{rate.item}: {rate}, {rate.source}",),
        0,
        no_half_hours,
    )
