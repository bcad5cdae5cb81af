"""Reference data of embedded generation: tariffs, Triads and rules by date, each value with source and standing.

Handbook embedded-generation.md 0, 1.3 and 13. The values are in `data/`; half-hourly series come from the store of
market data. What is not held is refused by the name that the handbook gives the refusal.
"""

from __future__ import annotations

from halfhour.market_data.embedded.charging_years import charging_year_days, charging_year_of, first_year, winter_of
from halfhour.market_data.embedded.half_hourly import BSUOS_PRICE, RCRC_RATE, SYSTEM_PRICE, half_hourly_rate
from halfhour.market_data.embedded.holdings import held, held_text, items, years_and_zones
from halfhour.market_data.embedded.loaded import loaded, loaded_of_year
from halfhour.market_data.embedded.rates import (
    MARKS,
    STATUSES,
    Mark,
    Rate,
    Status,
    as_rate,
    decimal_of,
    supplied,
    weakest,
    weakest_mark,
)
from halfhour.market_data.embedded.refusals import BadInput, Missing, require_period
from halfhour.market_data.embedded.rules import (
    Component,
    Parameter,
    RuleEra,
    number,
    parameters,
    rule_date,
    rule_era,
    rule_eras,
)
from halfhour.market_data.embedded.tables import Row, rows
from halfhour.market_data.embedded.zones import Zone, zone, zones

__all__ = [
    "BSUOS_PRICE",
    "MARKS",
    "RCRC_RATE",
    "STATUSES",
    "SYSTEM_PRICE",
    "BadInput",
    "Component",
    "Mark",
    "Missing",
    "Parameter",
    "Rate",
    "Row",
    "RuleEra",
    "Status",
    "Zone",
    "as_rate",
    "charging_year_days",
    "charging_year_of",
    "decimal_of",
    "first_year",
    "half_hourly_rate",
    "held",
    "held_text",
    "items",
    "loaded",
    "loaded_of_year",
    "number",
    "parameters",
    "require_period",
    "rows",
    "rule_date",
    "rule_era",
    "rule_eras",
    "supplied",
    "weakest",
    "weakest_mark",
    "winter_of",
    "years_and_zones",
    "zone",
    "zones",
]
