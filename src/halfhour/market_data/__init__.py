"""Dated reference data, each value with its source. A day that is not covered is refused, never filled in.

`dated` is the look-up that every kind of dated value shares; `levies` holds the levy rates; `store` keeps what the
files of the market say, and `loading` takes them in.
"""

from __future__ import annotations

from halfhour.market_data.columns import padded
from halfhour.market_data.dated import DatedTable, DateRange, date_ranges
from halfhour.market_data.levies import (
    Rate,
    interim_levy_rate,
    missing_days,
    nuclear_rab_interim_levy_rate,
    operational_costs_levy,
    operational_costs_levy_effective,
    rate_table,
    rates,
    require_rates,
)
from halfhour.market_data.store import MarketDataStore, MddVersion

__all__ = [
    "DateRange",
    "DatedTable",
    "MarketDataStore",
    "MddVersion",
    "Rate",
    "date_ranges",
    "interim_levy_rate",
    "missing_days",
    "nuclear_rab_interim_levy_rate",
    "operational_costs_levy",
    "operational_costs_levy_effective",
    "padded",
    "rate_table",
    "rates",
    "require_rates",
]
