"""The Transmission Demand Residual of final demand sites from 1 April 2023: bands, tariffs, £ per site and day.

Follows NESO, *TNUoS in 10 Minutes*, and the handbook, embedded-generation.md 6.8. The Supplier or the directly
connected User pays it; a site whose import is declared non-final demand is outside its base. Bands are
`(lower, upper]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from halfhour.charges.exact import product, total
from halfhour.market_data.embedded import (
    BadInput,
    Mark,
    Missing,
    Rate,
    Row,
    charging_year_days,
    charging_year_of,
    decimal_of,
    held,
    held_text,
    loaded_of_year,
    rows,
    years_and_zones,
)

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore

Voltage = Literal["LV", "HV", "EHV", "T"]


@dataclass(frozen=True, slots=True)
class ResidualBand:
    """A band of the Transmission Demand Residual: above the lower limit, up to the upper.

    Attributes:
        band: such as `EHV2`.
        above: lower limit, not included; None = none.
        up_to: upper limit, included; None = none.
        measured_by: `import_capacity_kva`, `annual_kwh` or `annual_mwh`.
        effective_from: first day of the limits.
        effective_to: first day no longer included; None = open.
        source: document.
        mark: standing of the document.
    """

    band: str
    above: Decimal | None
    up_to: Decimal | None
    measured_by: str
    effective_from: date
    effective_to: date | None
    source: str
    mark: Mark


def residual_band(
    day: date,
    voltage: Voltage,
    *,
    import_capacity_kva: Decimal | None = None,
    annual_kwh: Decimal | None = None,
    annual_mwh: Decimal | None = None,
) -> ResidualBand:
    """The residual band of a final demand site by the limits in force on a day. For information.

    Sites of a distribution network band on agreed import capacity, low-voltage ones without it on annual energy;
    transmission sites on annual energy. Bands are `(lower, upper]`. A site keeps its band for the price control.

    Args:
        day: on or after 1 April 2023.
        voltage: of the connection: LV, HV, EHV, or T for transmission.
        import_capacity_kva: agreed import capacity [kVA]; LV, HV and EHV.
        annual_kwh: annual consumption [kWh]; LV without an agreed capacity.
        annual_mwh: annual consumption [MWh]; T.

    Raises:
        Missing: EB-101 (MISSING_TARIFF) before the bands began.
        BadInput: EB-123 not the one measure that the voltage bands on, or a negative one; an unknown voltage.

    References: NESO, TNUoS in 10 Minutes, July 2025; Final TNUoS Tariffs for 2026/27, Table TB; handbook 6.8.
    """
    measures = {"import_capacity_kva": import_capacity_kva, "annual_kwh": annual_kwh, "annual_mwh": annual_mwh}
    given = {name: decimal_of(value, name) for name, value in measures.items() if value is not None}
    of_voltage = [row for row in rows("demand_residual_bands") if row["voltage"] == voltage]
    by = {row["measured_by"] for row in of_voltage}
    if len(given) != 1 or not given.keys() <= by or min(given.values()) < 0:
        raise BadInput(
            "BAD_INPUT",
            f"A residual band of voltage {voltage!r} cannot be found by {', '.join(given) or 'nothing'}.",
            f"Give one of {', '.join(sorted(by)) or 'LV, HV, EHV or T as voltage'}, not negative.",
        )
    measured_by, size = next(iter(given.items()))
    for row in of_voltage:
        above, up_to = row.number("above"), row.number("up_to")
        in_band = (above is None or size > above) and (up_to is None or size <= up_to)
        if row["measured_by"] == measured_by and row.holds(day) and in_band:
            return _band(row, above, up_to)
    raise Missing(
        "MISSING_TARIFF",
        f"Residual band of a {voltage} site on {day}: no limits are held. Held: from {_first_day(of_voltage)}.",
        "Ask for a day on which the residual is charged by band.",
    )


def _first_day(found: Sequence[Row]) -> date:
    return min(row.effective_from for row in found if row.effective_from is not None)


def _band(row: Row, above: Decimal | None, up_to: Decimal | None) -> ResidualBand:
    assert row.effective_from is not None  # every row of the file has one
    return ResidualBand(
        row["band"], above, up_to, row["measured_by"], row.effective_from, row.effective_to, row.source, row.mark
    )


def residual_tariff(charging_year: str, band: str, *, store: MarketDataStore | None = None) -> Rate:
    """The residual tariff of a band: £/site/day, of `Unmetered` p/kWh.

    Args:
        charging_year: from 2023/24.
        band: such as `EHV2`, `Domestic`, `T-Demand1`.
        store: of market data, asked for years that the product does not hold.

    Raises:
        Missing: EB-101 (MISSING_TARIFF) a year that is not held.
        BadInput: EB-123 no such band, EB-124 no charging year.

    References: NESO, demand tariff tables; handbook 6.8. Mark: [doc].
    """
    bands = list(dict.fromkeys(row["band"] for row in rows("demand_residual_tariffs")))
    if band not in bands:
        raise BadInput("BAD_INPUT", f"There is no residual band {str(band)[:40]!r}.", f"Bands: {', '.join(bands)}.")
    own = held("demand_residual", charging_year=charging_year, band=band)
    found = own or loaded_of_year("demand_residual", charging_year, store=store, band=band)
    if found:
        return found[0]
    raise Missing(
        "MISSING_TARIFF",
        f"TDR tariff for charging year {charging_year}, band {band} is not held. "
        f"Held: {held_text(years_and_zones('demand_residual'))}.",
        "Load the publication of that year with `halfhour market-data load`.",
    )


def residual_charge(band: str, start: date, end: date, *, store: MarketDataStore | None = None) -> Decimal:
    """The residual of one site in a band over the days `[start, end)` [£], exact; positive = charge.

    Args:
        band: charged by site and day.
        start: first day.
        end: first day no longer included.
        store: of market data, asked for years that the product does not hold.

    Raises:
        Missing: EB-101 (MISSING_TARIFF) a day whose charging year is not held.
        BadInput: EB-123 a band that is not charged by the day, or an end before the start.

    References: handbook 6.8. Mark: [doc].
    """
    if end < start:
        raise BadInput("BAD_INPUT", f"The range of days from {start} ends before {end}.", "Give the earlier day first.")
    amounts = []
    day = start
    while day < end:
        until = min(end, charging_year_days(charging_year_of(day))[1])
        rate = residual_tariff(charging_year_of(day), band, store=store)
        if rate.unit != "£/site/day":
            raise BadInput(
                "BAD_INPUT", f"Band {band} is charged in {rate.unit}, not by the day.", "Multiply its energy instead."
            )
        amounts.append(product(rate.value, Decimal((until - day) // timedelta(days=1))))
        day = until
    return total(amounts)
