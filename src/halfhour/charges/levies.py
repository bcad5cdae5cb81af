"""EMR levies as invoiced: chargeable energy × (CfD Interim Levy Rate + Operational Costs Levy), by Settlement Day.

Follows SI 2014/2014 and the rates that LCCC and EMRS publish. The interim rate is a payment on account; the rate
borne after reconciliation is another one. Losses, transmission loss multipliers and the Capacity Market are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext
from operator import index

from halfhour.errors import HalfhourError
from halfhour.market_data import DateRange, Rate, date_ranges, rate_table, require_rates

INTERIM = "cfd-interim-levy-rate"
OPERATIONAL = "operational-costs-levy"

MWH_PER_WH = Decimal("0.000001")
PENNY = Decimal("0.01")

# Sums of money are exact: a digit that does not fit is an error, not a rounding.
EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, Overflow])


@dataclass(frozen=True, slots=True)
class LevyCharge:
    """The levies on some chargeable energy, exact, not rounded to pence.

    Attributes:
        covered_wh: energy of the days on which both rates are held [Wh], signed.
        uncovered_wh: energy of the other days [Wh], signed; it bears a levy that is not known, not none.
        cfd_interim_gbp: CfD interim payment on `covered_wh` [£].
        operational_gbp: CfD Operational Costs Levy on `covered_wh` [£].
        covered: days given on which both rates are held, as closed-open ranges.
        not_covered: days given on which at least one rate is not held, as closed-open ranges.
        rates_used: the rates applied, each with its source, mark and open question, in order of day.
    """

    covered_wh: int
    uncovered_wh: int
    cfd_interim_gbp: Decimal
    operational_gbp: Decimal
    covered: tuple[DateRange, ...]
    not_covered: tuple[DateRange, ...]
    rates_used: tuple[Rate, ...]

    @property
    def total_gbp(self) -> Decimal:
        """Both levies together [£]."""
        with localcontext(EXACT):
            return self.cfd_interim_gbp + self.operational_gbp


def levy_gbp(wh_by_day: Mapping[date, int]) -> LevyCharge:
    """The levies on all of the energy.

    Args:
        wh_by_day: chargeable energy [Wh] per Settlement Day; negative where more was charged than crossed.

    Raises:
        NotCovered: MD-001 when a rate is missing on any of the days, even one of 0 Wh.
    """
    require_rates((INTERIM, OPERATIONAL), wh_by_day)
    return levy_gbp_where_covered(wh_by_day)


def levy_gbp_where_covered(wh_by_day: Mapping[date, int]) -> LevyCharge:
    """The levies on the days whose rates are held; the other days and their energy are named, not charged.

    Args:
        wh_by_day: as for `levy_gbp`.
    """
    wh_by_rate: dict[Rate, int] = {}
    covered: list[date] = []
    not_covered: list[date] = []
    covered_wh = uncovered_wh = 0
    for day, given_wh in sorted(wh_by_day.items()):
        wh = index(given_wh)  # takes any integer type, refuses floats
        interim, operational = rate_table(INTERIM).find(day), rate_table(OPERATIONAL).find(day)
        if interim is None or operational is None:
            not_covered.append(day)
            uncovered_wh += wh
            continue
        covered.append(day)
        covered_wh += wh
        for rate in (interim, operational):
            wh_by_rate[rate] = wh_by_rate.get(rate, 0) + wh
    return LevyCharge(
        covered_wh=covered_wh,
        uncovered_wh=uncovered_wh,
        cfd_interim_gbp=_amount_gbp(wh_by_rate, INTERIM),
        operational_gbp=_amount_gbp(wh_by_rate, OPERATIONAL),
        covered=tuple(date_ranges(covered)),
        not_covered=tuple(date_ranges(not_covered)),
        rates_used=tuple(wh_by_rate),
    )


def levy_difference(charged_wh_by_day: Mapping[date, int], correct_wh_by_day: Mapping[date, int]) -> LevyCharge:
    """What was charged under one edition beyond what is right under another; positive = overcharged.

    Args:
        charged_wh_by_day: chargeable energy [Wh] per Settlement Day as charged.
        correct_wh_by_day: chargeable energy [Wh] of the same days as it should be.

    Raises:
        HalfhourError: CH-001 when the two do not hold the same days.
        NotCovered: MD-001 when a rate is missing on any of the days.
    """
    return levy_gbp(wh_difference(charged_wh_by_day, correct_wh_by_day))


def levy_difference_where_covered(
    charged_wh_by_day: Mapping[date, int], correct_wh_by_day: Mapping[date, int]
) -> LevyCharge:
    """As `levy_difference`, for the days whose rates are held; the other days and their energy are named.

    Raises:
        HalfhourError: CH-001 when the two do not hold the same days.
    """
    return levy_gbp_where_covered(wh_difference(charged_wh_by_day, correct_wh_by_day))


def wh_difference(charged_wh_by_day: Mapping[date, int], correct_wh_by_day: Mapping[date, int]) -> dict[date, int]:
    """Energy charged less energy that should be [Wh] per Settlement Day; positive = overcharged.

    Raises:
        HalfhourError: CH-001 when the two do not hold the same days.
    """
    unmatched = charged_wh_by_day.keys() ^ correct_wh_by_day.keys()
    if unmatched:
        raise HalfhourError(
            "CH-001",
            f"{len(unmatched)} Settlement Days are in only one of the volumes to compare, the first {min(unmatched)}.",
            "Settle both editions for the same days.",
        )
    return {day: index(charged_wh_by_day[day]) - index(correct_wh_by_day[day]) for day in sorted(charged_wh_by_day)}


def mwh(wh: int) -> Decimal:
    """Energy in MWh [MWh], exact."""
    with localcontext(EXACT):
        return Decimal(index(wh)) * MWH_PER_WH


def to_pence(amount_gbp: Decimal) -> Decimal:
    """An amount as it stands on a statement line: whole pence, half to even [£]."""
    return amount_gbp.quantize(PENNY, rounding=ROUND_HALF_EVEN, context=Context(prec=EXACT.prec))


def _amount_gbp(wh_by_rate: Mapping[Rate, int], rate_name: str) -> Decimal:
    with localcontext(EXACT):
        return sum(
            (Decimal(wh) * MWH_PER_WH * rate.value for rate, wh in wh_by_rate.items() if rate.name == rate_name),
            Decimal(0),
        )
