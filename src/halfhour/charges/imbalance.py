"""Imbalance cashflow and the residual cashflow reallocation (RCRC) that shares out what it leaves over.

Follows BSC Section T and T 4 and the handbook, embedded-generation.md 8. Energy in MWh per Settlement Period, credited
export positive. CAEI keeps the sign of the BSC: above 0 the Party pays; RCRC above 0 is paid to the Party.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple

from halfhour.charges.exact import decimal, total
from halfhour.charges.levies import EXACT
from halfhour.market_data.embedded import (
    RCRC_RATE,
    SYSTEM_PRICE,
    BadInput,
    Mark,
    Missing,
    Rate,
    Status,
    as_rate,
    decimal_of,
    half_hourly_rate,
    rule_date,
    rule_era,
)

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore

Account = Literal["Production", "Consumption"]

TWO_PRICES = "imbalance-two-prices"


@dataclass(frozen=True, slots=True)
class Imbalance:
    """The energy imbalance of one Energy Account in one Settlement Period.

    Attributes:
        account: Production or Consumption; empty where one price holds and it does not matter.
        qaei_mwh: Account Energy Imbalance Volume [MWh]: above 0 = surplus.
        price: price applied [£/MWh]; None where there is no imbalance.
        caei_gbp: Energy Imbalance Cashflow [£], exact: above 0 the Party pays, below 0 it is paid.
        rule_id: rule that holds.
        mark: standing of the rule.
        status: standing of the price.
    """

    account: str
    qaei_mwh: Decimal
    price: Rate | None
    caei_gbp: Decimal
    rule_id: str
    mark: Mark
    status: Status


def energy_imbalance(
    qace_mwh: Decimal,
    qabs_mwh: Decimal,
    qabc_mwh: Decimal,
    *,
    day: date,
    ssp: Rate | Decimal | None,
    sbp: Rate | Decimal | None = None,
    account: Account | None = None,
) -> Imbalance:
    """Energy imbalance of an Energy Account and its cashflow in one Settlement Period, exact.

    ```
    qaei = qace - qabs - qabc
    caei = -qaei * (ssp if qaei > 0 else sbp)       # ssp == sbp from 5 November 2015
    ```

    Args:
        qace_mwh: Account Credited Energy Volume [MWh].
        qabs_mwh: Account Balancing Services Volume [MWh].
        qabc_mwh: Account Bilateral Contract Volume [MWh], energy sold positive.
        day: Settlement Day.
        ssp: System Sell Price [£/MWh]; from 5 November 2015 the one imbalance price.
        sbp: System Buy Price [£/MWh]; before 5 November 2015.
        account: Production or Consumption; before 5 November 2015.

    Raises:
        Missing: EB-112 (MISSING_SYSTEM_PRICE) the price that applies is not given.
        BadInput: EB-126 (ACCOUNT_NEEDED) no account before 5 November 2015; EB-123 two prices that differ from then on.

    References: BSC Section T; P305; handbook 8.1, O14. Mark: [doc].
    """
    era = rule_era("imbalance", day)
    if era.rule_id == TWO_PRICES and account is None:
        raise BadInput(
            "ACCOUNT_NEEDED",
            f"Imbalance on {day}: before {era.effective_to} there are two prices, and the Production and the "
            "Consumption Account are settled each by itself.",
            "Pass account= and the volumes of that account alone.",
        )
    if account not in (None, "Production", "Consumption"):
        raise BadInput("BAD_INPUT", f"There is no Energy Account {account!r}.", "Give Production or Consumption.")
    sell = None if ssp is None else as_rate(ssp, f"System Sell Price {day}", SYSTEM_PRICE.unit)
    buy = None if sbp is None else as_rate(sbp, f"System Buy Price {day}", SYSTEM_PRICE.unit)
    if era.rule_id != TWO_PRICES:
        if sell is not None and buy is not None and sell.value != buy.value:
            raise BadInput(
                "BAD_INPUT",
                f"Two imbalance prices are given for {day}, {sell} and {buy}; from {era.effective_from} there is one.",
                "Pass the one price as ssp=.",
            )
        sell = buy = sell or buy
    with localcontext(EXACT):
        qaei = decimal_of(qace_mwh, "QACE") - decimal_of(qabs_mwh, "QABS") - decimal_of(qabc_mwh, "QABC")
    if not qaei:
        return Imbalance(account or "", qaei, None, Decimal(0), era.rule_id, era.mark, "actual")
    price = sell if qaei > 0 else buy
    if price is None:
        name = "System Sell Price" if qaei > 0 else "System Buy Price"
        raise Missing(
            "MISSING_SYSTEM_PRICE",
            f"{name} for {day} is not given, and the account has an imbalance of {qaei} MWh.",
            f"Pass {'ssp' if qaei > 0 else 'sbp'}=, such as `system_price` gives it.",
        )
    with localcontext(EXACT):
        cashflow = Decimal(0) - qaei * price.value
    return Imbalance(account or "", qaei, price, cashflow, era.rule_id, era.mark, price.status)


def system_price(day: date, period: int, *, store: MarketDataStore | None) -> Rate:
    """The imbalance price of a Settlement Period from 5 November 2015 [£/MWh] from the store of market data.

    Raises:
        Missing: EB-112 (MISSING_SYSTEM_PRICE) none is held.
        BadInput: EB-121 (BAD_PERIOD).

    References: Elexon; handbook 8.1. Mark: [data].
    """
    return half_hourly_rate(SYSTEM_PRICE, day, period, store=store)


class CreditedVolume(NamedTuple):
    """Credited energy of a BM Unit in an account.

    Attributes:
        qce_mwh: Credited Energy Volume [MWh], export positive.
        delivering: whether the Trading Unit of the BM Unit delivers in the period.
        interconnector: whether it is an Interconnector BM Unit.
    """

    qce_mwh: Decimal
    delivering: bool
    interconnector: bool = False


@dataclass(frozen=True, slots=True)
class RcrcShare:
    """An account's share of the residual cashflow of one Settlement Period.

    Attributes:
        account: its name.
        weight_mwh: delivering less off-taking credited energy [MWh]; a negative weight pays where others are paid.
        proportion: RCRP, exact; the proportions add up to 1.
        amount: RCRC, exact [£]; above 0 = paid to the Party; the amounts add up to the total.
    """

    account: str
    weight_mwh: Decimal
    proportion: Fraction
    amount: Fraction

    @property
    def rcrc_gbp(self) -> Decimal:
        """RCRC [£], to 50 significant digits."""
        return decimal(self.amount)


@dataclass(frozen=True, slots=True)
class Rcrc:
    """The residual cashflow of one Settlement Period shared out.

    Attributes:
        total_gbp: TRC, what all imbalance cashflows add up to [£].
        rate: TRC over the sum of weights, exact [£/MWh]: the rate that is published.
        shares: one per account, in the order given.
        mark: standing of the form of the weights.
    """

    total_gbp: Decimal
    rate: Fraction
    shares: tuple[RcrcShare, ...]
    mark: Mark = "inferred"


def rcrc(accounts: Mapping[str, Sequence[CreditedVolume]], trc_gbp: Decimal, day: date) -> Rcrc:
    """Share the residual cashflow of one Settlement Period among the Energy Accounts.

    ```
    w[a]    = sum(qce, BM Units of a in delivering TUs) - sum(qce, BM Units of a in off-taking TUs)
    rcrp[a] = w[a] / sum(w, all accounts)
    rcrc[a] = trc * rcrp[a]
    rate    = trc / sum(w)
    ```

    Interconnector BM Units have no weight from 27 June 2013.

    Args:
        accounts: credited energy of each account's BM Units, all accounts of all Parties.
        trc_gbp: sum of all Energy Imbalance Cashflows [£], see `total_residual_cashflow`.
        day: Settlement Day.

    Raises:
        BadInput: EB-127 (NO_SHARES) the weights add up to 0.

    References: BSC Section T 4; P285; Elexon, Calculation of RCRC v3.0; handbook 8.2, T12. Mark: [inferred] form.
    """
    without = day >= rule_date("interconnectors_out_of_rcrc")
    weights = {
        name: total(
            [
                _signed(decimal_of(volume.qce_mwh, f"QCE of {name}"), volume.delivering)
                for volume in volumes
                if not (volume.interconnector and without)
            ]
        )
        for name, volumes in accounts.items()
    }
    whole = sum((Fraction(weight) for weight in weights.values()), Fraction(0))
    if not whole:
        raise BadInput(
            "NO_SHARES",
            f"The weights of the {len(weights)} accounts add up to 0 MWh on {day}, so nothing can be shared by them.",
            "Give the credited energy of every account of the half hour.",
        )
    trc = Fraction(decimal_of(trc_gbp, "TRC"))
    shares = tuple(
        RcrcShare(name, weight, Fraction(weight) / whole, trc * Fraction(weight) / whole)
        for name, weight in weights.items()
    )
    return Rcrc(trc_gbp, trc / whole, shares)


def total_residual_cashflow(imbalances: Sequence[Imbalance]) -> Decimal:
    """TRC of one Settlement Period: the sum of CAEI over all accounts of all Parties [£], exact.

    The Information Imbalance Charge, which it also holds, has always been 0. Replacement Reserve terms are not in it.

    References: BSC Section T 4; handbook 8.2, O14. Mark: [doc].
    """
    return total([one.caei_gbp for one in imbalances])


def rcrc_rate(day: date, period: int, *, store: MarketDataStore | None, run: str | None = None) -> Rate:
    """The published RCRC rate of a Settlement Period [£/MWh] from the store of market data.

    Args:
        day: Settlement Day.
        period: Settlement Period.
        store: of market data.
        run: settlement run (II, SF, R1); None where one only is held.

    Raises:
        Missing: EB-111 (MISSING_RCRC) none is held, EB-114 (RUN_NOT_NAMED).
        BadInput: EB-121 (BAD_PERIOD).

    References: Elexon; handbook 8.2. Mark: [data].
    """
    return half_hourly_rate(RCRC_RATE, day, period, store=store, run=run)


def rcrc_amount(rate_gbp_per_mwh: Decimal, qm_mwh: Decimal, multiplier: Decimal, delivering: bool) -> Decimal:
    """RCRC of a BM Unit's volume in one Settlement Period [£], exact; above 0 = paid to the account's holder.

    `rcrc = rate * s * qm * tlm`, with s = +1 in a delivering Trading Unit and −1 in an off-taking one: an exporter
    inside an off-taking Trading Unit pays where the rate is positive.

    Args:
        rate_gbp_per_mwh: RCRC rate of the half hour [£/MWh].
        qm_mwh: metered volume after line losses [MWh], export positive.
        multiplier: TLM of the BM Unit.
        delivering: whether the Trading Unit delivers in the period.

    Raises:
        BadInput: EB-123 what is no number.

    References: BSC Section T 4; handbook 8.2 and 11.2. Mark: [inferred] form of the weight.
    """
    with localcontext(EXACT):
        credited = decimal_of(qm_mwh, "QM") * decimal_of(multiplier, "The TLM")
        return decimal_of(rate_gbp_per_mwh, "The RCRC rate") * _signed(credited, delivering)


def _signed(credited_mwh: Decimal, delivering: bool) -> Decimal:
    """The weight of credited energy: as it is in a delivering Trading Unit, reversed in an off-taking one."""
    return credited_mwh if delivering else EXACT.subtract(Decimal(0), credited_mwh)
