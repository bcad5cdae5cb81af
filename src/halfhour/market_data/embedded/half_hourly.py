"""Half-hourly prices, rates and multipliers out of the store of market data: one run, or a refusal that names it.

The series are not part of the product; `halfhour market-data load` takes their files into the store.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from halfhour.market_data.dated import shown
from halfhour.market_data.embedded.rates import Rate
from halfhour.market_data.embedded.refusals import Missing, require_period

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore


class Series(NamedTuple):
    """A half-hourly series of the store.

    Attributes:
        title: what a value of it is, in messages.
        table: in the catalogue of reference tables.
        column: of the value.
        unit: of the value.
        missing: name of the refusal where no value is held.
        argument: by which a caller hands a value in.
    """

    title: str
    table: str
    column: str
    unit: str
    missing: str
    argument: str


BSUOS_PRICE = Series(
    "half-hourly BSUoS price", "bsuos_half_hourly_price", "price_gbp_per_mwh", "£/MWh", "MISSING_BSUOS_PRICE", "price="
)
RCRC_RATE = Series(
    "RCRC rate", "residual_cashflow_reallocation_rate", "rcrc_gbp_per_mwh", "£/MWh", "MISSING_RCRC", "rate="
)
SYSTEM_PRICE = Series(
    "imbalance price", "system_price", "system_price_gbp_per_mwh", "£/MWh", "MISSING_SYSTEM_PRICE", "ssp="
)


def half_hourly_rate(
    series: Series,
    day: date,
    period: int,
    *,
    store: MarketDataStore | None,
    run: str | None = None,
    accept_suspect: bool = False,
) -> Rate:
    """The value of a half hour.

    Args:
        series: which.
        day: Settlement Day.
        period: Settlement Period.
        store: of market data; None holds nothing.
        run: settlement run, such as `SF`; None where the store holds one run only for the half hour.
        accept_suspect: take a value whose record is marked suspect.

    Raises:
        BadInput: EB-121 (BAD_PERIOD).
        Missing: by the name of the series where none is held, EB-114 (RUN_NOT_NAMED) where several runs are,
            EB-110 (SUSPECT_DATA) where the record is suspect.
    """
    found = _row(series, day, period, store, run)
    if found.get("quality") == "suspect" and not accept_suspect:
        raise Missing(
            "SUSPECT_DATA",
            f"{series.title} {day} period {period} is {found[series.column]:f} {series.unit} in {found['file']}, "
            "which is marked suspect.",
            f"Pass another {series.argument}, or accept_suspect=True to use it all the same.",
        )
    return _rate(series, day, period, found)


def _row(series: Series, day: date, period: int, store: MarketDataStore | None, run: str | None) -> dict[str, Any]:
    require_period(day, period)
    keys: dict[str, Any] = {"settlement_period": period} | ({} if run is None else {"run": run})
    found = [] if store is None else store.reference_rows(series.table, day, **keys)
    if not found:
        days = [] if store is None else store.reference_days(series.table, **({} if run is None else {"run": run}))
        raise Missing(
            series.missing,
            f"No {series.title} is held for {day} period {period}{'' if run is None else f', run {run}'}. "
            f"Held: {shown(days) or 'nothing'}.",
            f"Load the file of its publisher with `halfhour market-data load`, or pass {series.argument}",
        )
    if len(found) > 1:
        runs = ", ".join(sorted(str(row.get("run")) for row in found))
        raise Missing(
            "RUN_NOT_NAMED",
            f"{series.title} {day} period {period} is held of the runs {runs}.",
            "Name the run: the values differ.",
        )
    return found[0]


def _rate(series: Series, day: date, period: int, found: dict[str, Any]) -> Rate:
    rate = Rate(
        item=f"{series.title} {day} period {period}",
        value=Decimal(found[series.column]),
        unit=series.unit,
        source=f"{found['file']} (sha256 {found['sha256'][:12]})",
        mark="data",
        effective_from=found["valid_from"],
        effective_to=found["valid_to"],
        run=found.get("run") or "",
    )
    quality = found.get("quality") or ""
    return replace(rate, status="estimate", note="marked suspect") if quality == "suspect" else rate
