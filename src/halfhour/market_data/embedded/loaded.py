"""Tariffs that the product does not hold, out of the store of market data: loaded from a later publication.

What the product holds is asked first; a value of the store answers only for a year that the product has none of.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from halfhour.market_data.embedded.charging_years import charging_year_days
from halfhour.market_data.embedded.holdings import title_of
from halfhour.market_data.embedded.rates import Rate, Status

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore


class _Place(NamedTuple):
    table: str
    column: str
    unit: str
    status: Status = "actual"


_ETLMO = "estimated_transmission_losses_adjustment"
_PLACES = {
    "hh_demand_tariff": _Place("tnuos_hh_demand_tariff", "hh_tariff_gbp_per_kw", "£/kW"),
    "peak": _Place("tnuos_hh_demand_tariff", "peak_gbp_per_kw", "£/kW"),
    "year_round": _Place("tnuos_hh_demand_tariff", "year_round_gbp_per_kw", "£/kW"),
    "embedded_export_tariff": _Place("embedded_export_tariff", "eet_published_gbp_per_kw", "£/kW"),
    "agic": _Place("avoided_gsp_infrastructure_credit", "agic_gbp_per_kw", "£/kW"),
    "demand_residual": _Place("transmission_demand_residual", "tariff", ""),
    "bsuos_fixed_tariff": _Place("bsuos_fixed_tariff", "gbp_per_mwh", "£/MWh"),
    "etlmo_offtaking": _Place(_ETLMO, "etlmo_offtaking", "", "estimate"),
    "etlmo_delivering": _Place(_ETLMO, "etlmo_delivering", "", "estimate"),
}
_UNITS = {"GBP/site/day": "£/site/day"}


def loaded(
    item: str,
    start: date,
    end: date,
    *,
    store: MarketDataStore | None,
    zone_number: int | None = None,
    band: str | None = None,
) -> tuple[Rate, ...]:
    """The values of an item that the store holds for every day of `[start, end)`; none where a day is not covered.

    Args:
        item: as for `held`; one that has a table in the store.
        start: first day.
        end: first day no longer included.
        store: of market data; None holds nothing.
        zone_number: demand zone, of an item that has zones.
        band: residual band, of an item that has bands.
    """
    if store is None:
        return ()
    place = _PLACES[item]
    keys = {name: given for name, given in (("zone_no", zone_number), ("band", band)) if given is not None}
    found: list[Rate] = []
    day = start
    while day < end:
        rows = [row for row in store.reference_rows(place.table, day, **keys) if row[place.column] is not None]
        if len(rows) != 1:
            return ()
        found.append(_rate(item, place, rows[0], keys))
        day = rows[0]["valid_to"] or end
    return tuple(found)


def loaded_of_year(
    item: str,
    charging_year: str,
    *,
    store: MarketDataStore | None,
    zone_number: int | None = None,
    band: str | None = None,
) -> tuple[Rate, ...]:
    """As `loaded`, of a whole charging year."""
    return loaded(item, *charging_year_days(charging_year), store=store, zone_number=zone_number, band=band)


def _rate(item: str, place: _Place, row: dict[str, Any], keys: dict[str, Any]) -> Rate:
    named = ", ".join(f"{name.removesuffix('_no')} {given}" for name, given in keys.items())
    unit = str(row.get("unit") or "")
    return Rate(
        item=f"{title_of(item)} from {row['valid_from']}" + (f", {named}" if named else ""),
        value=Decimal(row[place.column]),
        unit=place.unit or _UNITS.get(unit, unit),
        source=f"{row['file']} (sha256 {row['sha256'][:12]})",
        mark="data",
        status=place.status,
        effective_from=row["valid_from"],
        effective_to=row["valid_to"],
    )
