"""The tables of a comparison: `benefit_half_hour`, `benefit_year` and `route_summary` (handbook 11.4), as frames.

Quantities, rates and amounts are decimals, unrounded; what is missing is null and its reason stands in `missing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from halfhour.charges.benefits.amounts import COMPONENTS, Amount
from halfhour.charges.benefits.columns import PERIODS_A_DAY
from halfhour.charges.benefits.exact import AMOUNT_DECIMALS, ARROW_DIGITS, CREDITED_DECIMALS, cut
from halfhour.charges.benefits.half_hours import STATUSES

if TYPE_CHECKING:
    from halfhour.charges.benefits.results import RouteComparison, RouteResult

RATE_DECIMALS = 10
MONEY = pl.Decimal(ARROW_DIGITS, AMOUNT_DECIMALS)
QUANTITY = pl.Decimal(ARROW_DIGITS, CREDITED_DECIMALS)
RATE = pl.Decimal(ARROW_DIGITS, RATE_DECIMALS)

HALF_HOUR_SCHEMA: dict[str, Any] = {
    "route": pl.String,
    "component": pl.String,
    "settlement_date": pl.Date,
    "settlement_period": pl.Int8,
    "quantity": QUANTITY,
    "quantity_unit": pl.String,
    "rate": RATE,
    "rate_unit": pl.String,
    "amount_gbp": MONEY,
    "recipient": pl.String,
    "status": pl.String,
    "rule_id": pl.String,
    "mark": pl.String,
}
YEAR_SCHEMA: dict[str, Any] = {
    "route": pl.String,
    "component": pl.String,
    "charging_year": pl.String,
    "quantity": QUANTITY,
    "quantity_unit": pl.String,
    "rate": RATE,
    "rate_unit": pl.String,
    "amount_gbp": MONEY,
    "recipient": pl.String,
    "owner_share_gbp": MONEY,
    "status": pl.String,
    "in_gross": pl.Boolean,
    "rule_id": pl.String,
    "mark": pl.String,
    "rests_on": pl.String,
    "missing": pl.String,
}
SUMMARY_SCHEMA: dict[str, Any] = {
    "charging_year": pl.String,
    "route": pl.String,
    "valid": pl.Boolean,
    "reject_codes": pl.String,
    "registrant": pl.String,
    "system": pl.String,
    **{f"{name}_gbp": MONEY for name in COMPONENTS},
    "gross_gbp": MONEY,
    "owner_gbp": MONEY,
    "costs_gbp": MONEY,
    "owner_net_gbp": MONEY,
    "rank": pl.Int64,
    "status": pl.String,
    "missing": pl.String,
}


def half_hour_frame(routes: Iterable[RouteResult]) -> pl.DataFrame:
    """Table `benefit_half_hour` of some routes; a component that is missing has no rows."""
    made: dict[int, pl.DataFrame] = {}
    frames = []
    for route in routes:
        for line in (*route.lines, *route.beside):
            if not isinstance(line.found, Amount):
                continue
            found = line.found
            # Routes share their amounts: the columns are worked out once.
            if id(found) not in made:
                made[id(found)] = _half_hours(found)
            labels = {"route": route.route_id, "recipient": line.recipient}
            frames.append(
                made[id(found)]
                .with_columns(pl.lit(text).alias(name) for name, text in labels.items())
                .select(list(HALF_HOUR_SCHEMA))
            )
    return pl.concat(frames) if frames else pl.DataFrame(schema=HALF_HOUR_SCHEMA)


def _half_hours(found: Amount) -> pl.DataFrame:
    columns = found.columns()
    table = pa.table({"quantity": columns.quantity, "rate": columns.rate, "amount_gbp": columns.amount})
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    labels = {
        "component": found.component,
        "quantity_unit": found.quantity_unit,
        "rate_unit": found.rate_unit,
        "rule_id": found.rule_id,
        "mark": found.mark,
    }
    return frame.with_columns(
        pl.Series("settlement_date", columns.keys // PERIODS_A_DAY, dtype=pl.Int32).cast(pl.Date),
        pl.Series("settlement_period", columns.keys % PERIODS_A_DAY, dtype=pl.Int8),
        pl.col("quantity").cast(QUANTITY),
        pl.col("rate").cast(RATE),
        pl.col("amount_gbp").cast(MONEY),
        pl.Series("status", columns.status.astype("int64"))
        .replace_strict(list(range(len(STATUSES))), list(STATUSES), return_dtype=pl.String)
        .alias("status"),
        *(pl.lit(text).alias(name) for name, text in labels.items()),
    )


def year_frame(comparisons: Sequence[RouteComparison]) -> pl.DataFrame:
    """Table `benefit_year`; the handbook's columns, with what each figure rests on and why one is missing beside it."""
    rows = []
    for comparison in comparisons:
        for route in comparison.routes:
            for line in (*route.lines, *route.beside):
                found = line.found
                amount = found if isinstance(found, Amount) else None
                rows.append(
                    {
                        "plant": comparison.plant.id,
                        "route": route.route_id,
                        "component": line.component,
                        "charging_year": comparison.charging_year,
                        "quantity": amount and _cut(amount.quantity, CREDITED_DECIMALS),
                        "quantity_unit": amount and amount.quantity_unit,
                        "rate": None if amount is None or amount.rate is None else _cut(amount.rate, RATE_DECIMALS),
                        "rate_unit": amount and amount.rate_unit,
                        "amount_gbp": line.amount_gbp,
                        "recipient": line.recipient,
                        "owner_share_gbp": _cut(line.owner_gbp, AMOUNT_DECIMALS),
                        "status": amount and amount.status,
                        "in_gross": line.component in COMPONENTS,
                        "rule_id": amount and amount.rule_id,
                        "mark": amount and amount.mark,
                        "rests_on": amount and "; ".join(amount.rests_on),
                        "missing": None if isinstance(found, Amount) else found.text,
                    }
                )
    return _framed(rows, YEAR_SCHEMA, comparisons)


def summary_frame(comparisons: Sequence[RouteComparison]) -> pl.DataFrame:
    """Table `route_summary`."""
    rows = []
    for comparison in comparisons:
        for route in comparison.routes:
            amounts = {line.component: line.amount_gbp for line in route.lines}
            rows.append(
                {
                    "plant": comparison.plant.id,
                    "charging_year": comparison.charging_year,
                    "route": route.route_id,
                    "valid": route.valid,
                    "reject_codes": ", ".join(route.answer.reject_codes),
                    "registrant": route.answer.registrant,
                    "system": route.answer.system,
                    **{f"{name}_gbp": amounts.get(name) for name in COMPONENTS},
                    "gross_gbp": route.gross_gbp,
                    "owner_gbp": _cut(route.owner_gbp, AMOUNT_DECIMALS),
                    "costs_gbp": route.costs_gbp,
                    "owner_net_gbp": _cut(route.owner_net_gbp, AMOUNT_DECIMALS),
                    "rank": route.rank,
                    "status": route.status,
                    "missing": "; ".join(route.missing),
                }
            )
    return _framed(rows, SUMMARY_SCHEMA, comparisons)


def _framed(rows: list[dict[str, Any]], schema: dict[str, Any], comparisons: Sequence[RouteComparison]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={"plant": pl.String, **schema}, orient="row")
    # The plant is a column only where there is more than one to tell apart.
    return frame if len({one.plant.id for one in comparisons}) > 1 else frame.drop("plant")


def _cut(value: Decimal | None, decimals: int) -> Decimal | None:
    """A decimal as a column of the table holds it: its last places are beyond any penny."""
    return None if value is None else cut(value, decimals)
