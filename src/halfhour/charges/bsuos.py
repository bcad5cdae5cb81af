"""BSUoS in its three eras: half-hourly prices on every credited volume, gross demand, a fixed tariff on final demand.

Follows CUSC Section 14 Part 2 and the handbook, embedded-generation.md 7. An amount above 0 is a benefit, below 0 a
charge. Prices may be negative and are not floored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Literal

from halfhour.charges.levies import EXACT
from halfhour.market_data.embedded import (
    BSUOS_PRICE,
    BadInput,
    Mark,
    Missing,
    Rate,
    RuleEra,
    Status,
    as_rate,
    decimal_of,
    half_hourly_rate,
    held,
    loaded,
    require_period,
    rule_era,
    rule_eras,
    weakest_mark,
)

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore

System = Literal["SVA", "CVA"]

HALF_HOURLY = "bsuos-half-hourly"
GROSS_DEMAND = "bsuos-gross-demand"
FIXED = "bsuos-fixed"


@dataclass(frozen=True, slots=True)
class BsuosAmount:
    """BSUoS of a volume in one Settlement Period.

    Attributes:
        amount_gbp: above 0 = benefit, below 0 = charge [£], exact.
        rate: price or tariff used [£/MWh]; None where the rule makes the amount 0.
        rule_id: rule that holds.
        mark: the weakest of rule, formula and price.
        status: standing of the price.
    """

    amount_gbp: Decimal
    rate: Rate | None
    rule_id: str
    mark: Mark
    status: Status


def era(day: date) -> RuleEra:
    """The BSUoS rule that holds on a Settlement Day: `bsuos-half-hourly`, `bsuos-gross-demand` or `bsuos-fixed`."""
    return rule_era("bsuos", day)


def eras() -> tuple[RuleEra, ...]:
    """The three rules with their dates and sources."""
    return rule_eras("bsuos")


def half_hourly_price(
    day: date, period: int, *, store: MarketDataStore | None, run: str | None = None, accept_suspect: bool = False
) -> Rate:
    """The half-hourly BSUoS price of a Settlement Period [£/MWh] from the store of market data; it may be negative.

    Args:
        day: Settlement Day.
        period: Settlement Period.
        store: of market data.
        run: settlement run (II, SF, RF); None where one only is held.
        accept_suspect: take a price whose record is marked suspect.

    Raises:
        Missing: EB-108 (MISSING_BSUOS_PRICE), EB-110 (SUSPECT_DATA), EB-114 (RUN_NOT_NAMED).
        BadInput: EB-121 (BAD_PERIOD).

    References: National Grid, published charging data; handbook 7.2. Mark: [data].
    """
    return half_hourly_rate(BSUOS_PRICE, day, period, store=store, run=run, accept_suspect=accept_suspect)


def fixed_tariff(day: date, *, store: MarketDataStore | None = None) -> Rate:
    """The fixed BSUoS tariff of a Settlement Day from 1 April 2023 [£/MWh].

    Args:
        day: Settlement Day.
        store: of market data, asked for days that the product does not hold.

    Raises:
        Missing: EB-108 (MISSING_BSUOS_PRICE) a day before or after the tariffs held.

    References: CMP361/362; NESO fixed tariff notices; handbook 7.4. Mark: [doc].
    """
    tariffs = held("bsuos_fixed_tariff")
    for rate in tariffs:
        if rate.holds(day):
            return rate
    if later := loaded("bsuos_fixed_tariff", day, day + timedelta(days=1), store=store):
        return later[0]
    raise Missing(
        "MISSING_BSUOS_PRICE",
        f"BSUoS fixed tariff for {day} is not held. Held: from {tariffs[0].effective_from} until before "
        f"{tariffs[-1].effective_to}.",
        "Load the notice with `halfhour market-data load`, or pass price= with the tariff that NESO published.",
    )


def bsuos_benefit(
    day: date,
    period: int,
    qm_exp_mwh: Decimal,
    multiplier: Decimal,
    delivering: bool,
    *,
    system: System = "SVA",
    price: Rate | Decimal | None = None,
    store: MarketDataStore | None = None,
    run: str | None = None,
    accept_suspect: bool = False,
) -> BsuosAmount:
    """BSUoS benefit of embedded export in a Base Trading Unit in one Settlement Period, exact.

    ```
    s = +1 if delivering else -1
    bsuos_benefit_gbp = -price * s * qm_exp * tlm        # to 31 March 2021
                      = 0 for SVA, open for CVA          # 1 April 2021 to 31 March 2023
                      = 0                                # from 1 April 2023
    ```

    Args:
        day: Settlement Day.
        period: Settlement Period.
        qm_exp_mwh: export after line losses [MWh], not negative.
        multiplier: TLM of the BM Unit.
        delivering: whether the Trading Unit delivers in the period.
        system: in which the export is registered: `SVA`, or `CVA` as an Exempt Export BM Unit.
        price: half-hourly price of the caller's [£/MWh]; else that of the store.
        store: of market data.
        run: settlement run of the price in the store.
        accept_suspect: take a price whose record is marked suspect.

    Raises:
        Missing: EB-108 (MISSING_BSUOS_PRICE), EB-109 (BSUOS_RULE_OPEN) for CVA export from 1 April 2021 to 31 March
            2023, EB-110 (SUSPECT_DATA), EB-114 (RUN_NOT_NAMED).
        BadInput: EB-121 (BAD_PERIOD), EB-123 negative export or an unknown system.

    References: CUSC Section 14 Part 2; CMP333; CMP308; guidance note v8, N17; handbook 7, T10, T21. Mark: [doc]
    netting, [inferred] formula.
    """
    require_period(day, period)
    if system not in ("SVA", "CVA"):
        raise BadInput("BAD_INPUT", f"There is no registration system {system!r}.", "Give SVA or CVA.")
    volume = _not_negative(qm_exp_mwh, "Export")
    rule = era(day)
    if rule.rule_id == FIXED or (rule.rule_id == GROSS_DEMAND and system == "SVA"):
        return BsuosAmount(Decimal(0), None, rule.rule_id, rule.mark, "actual")
    if rule.rule_id == GROSS_DEMAND:
        raise Missing(
            "BSUOS_RULE_OPEN",
            f"BSUoS of CVA Exempt Export in a Base Trading Unit on {day}: the rule from {rule.effective_from} until "
            f"before {rule.effective_to} is not settled. Held: the rules before and after, and that of SVA.",
            "Leave bsuos out of the components, or limit it to other dates.",
        )
    return _half_hourly(day, period, volume, multiplier, delivering, price, store, run, accept_suspect)


def bsuos_import(
    day: date,
    period: int,
    import_mwh: Decimal,
    multiplier: Decimal,
    delivering: bool,
    *,
    line_loss_factor: Decimal = Decimal(1),
    final_demand: bool = True,
    price: Rate | Decimal | None = None,
    store: MarketDataStore | None = None,
    run: str | None = None,
    accept_suspect: bool = False,
) -> BsuosAmount:
    """BSUoS of a plant's own import in one Settlement Period, exact; below 0 = charge.

    ```
    bsuos_import_gbp = price * s * qm_imp * tlm                  # to 31 March 2021; s = +1 delivering, -1 off-taking
                     = -price * qm_imp * tlm                     # 1 April 2021 to 31 March 2023, gross
                     = -fixed_tariff * import * llf * tlm_off    # from 1 April 2023
    ```

    Import that is not final demand (storage, generation only) is not charged from 1 April 2021.

    Args:
        day: Settlement Day.
        period: Settlement Period.
        import_mwh: import at the site's boundary [MWh], not negative.
        multiplier: TLM of the BM Unit; from 1 April 2023 the off-taking one.
        delivering: whether the Trading Unit delivers in the period; without effect from 1 April 2021.
        line_loss_factor: of the import; 1 where `import_mwh` is after line losses.
        final_demand: whether the import is final demand.
        price: half-hourly price or fixed tariff of the caller's [£/MWh].
        store: of market data.
        run: settlement run of the price in the store.
        accept_suspect: take a price whose record is marked suspect.

    Raises:
        Missing: EB-108 (MISSING_BSUOS_PRICE), EB-110 (SUSPECT_DATA), EB-114 (RUN_NOT_NAMED).
        BadInput: EB-121 (BAD_PERIOD), EB-123 negative import.

    References: CUSC Section 14 Part 2; CMP281; CMP333; CMP308; CMP361/362; handbook 7. Mark: [inferred] formulas to 31
    March 2023, [secondary] losses scaling from then on.
    """
    require_period(day, period)
    volume = _not_negative(import_mwh, "Import")
    rule = era(day)
    if rule.rule_id != HALF_HOURLY and not final_demand:
        return BsuosAmount(Decimal(0), None, rule.rule_id, rule.mark, "actual")
    with localcontext(EXACT):
        metered = volume * decimal_of(line_loss_factor, "The Line Loss Factor")
    if rule.rule_id == FIXED:
        return final_demand_charge(day, metered, multiplier, price=price, store=store)
    charged_delivering = delivering if rule.rule_id == HALF_HOURLY else False
    return _half_hourly(day, period, -metered, multiplier, charged_delivering, price, store, run, accept_suspect)


def final_demand_charge(
    day: date,
    import_mwh: Decimal,
    multiplier: Decimal = Decimal(1),
    *,
    price: Rate | Decimal | None = None,
    store: MarketDataStore | None = None,
) -> BsuosAmount:
    """BSUoS of final demand from 1 April 2023, exact; below 0 = charge.

    `bsuos_charge_gbp = fixed_tariff * final_demand_import_mwh * llf * tlm_off`

    Args:
        day: Settlement Day.
        import_mwh: final demand after line losses [MWh], not negative.
        multiplier: off-taking TLM; 1 for the charge before losses scaling.
        price: fixed tariff of the caller's [£/MWh].
        store: of market data, asked for days that the product does not hold.

    Raises:
        Missing: EB-108 (MISSING_BSUOS_PRICE).
        BadInput: EB-123 negative import.

    References: CMP308; CMP361/362; handbook 7.2, O12. Mark: [secondary] losses scaling.
    """
    volume = _not_negative(import_mwh, "Import")
    rate = fixed_tariff(day, store=store) if price is None else as_rate(price, f"BSUoS fixed tariff {day}", "£/MWh")
    with localcontext(EXACT):
        amount = Decimal(0) - rate.value * volume * decimal_of(multiplier, "The TLM")
    return BsuosAmount(amount, rate, era(day).rule_id, weakest_mark((rate.mark, "secondary")), rate.status)


def _half_hourly(
    day: date,
    period: int,
    exported_mwh: Decimal,
    multiplier: Decimal,
    delivering: bool,
    price: Rate | Decimal | None,
    store: MarketDataStore | None,
    run: str | None,
    accept_suspect: bool,
) -> BsuosAmount:
    """The half-hourly price on credited energy, export positive: paid in an off-taking Trading Unit."""
    if price is None:
        rate = half_hourly_price(day, period, store=store, run=run, accept_suspect=accept_suspect)
    else:
        rate = as_rate(price, f"half-hourly BSUoS price {day} period {period}", BSUOS_PRICE.unit)
    sign = 1 if delivering else -1
    with localcontext(EXACT):
        amount = Decimal(0) - rate.value * sign * exported_mwh * decimal_of(multiplier, "The TLM")
    return BsuosAmount(amount, rate, era(day).rule_id, "inferred", rate.status)


def _not_negative(volume: Decimal, what: str) -> Decimal:
    found = decimal_of(volume, what)
    if found < 0:
        raise BadInput(
            "BAD_INPUT", f"{what} of {found} MWh is negative.", "Give export and import as two volumes, not negative."
        )
    return found
