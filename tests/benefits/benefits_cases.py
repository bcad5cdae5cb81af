"""Plants, readings and markets of the handbook's vector V19, for the tests of the benefits by route."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from halfhour.charges.benefits import Market, RouteComparison, compare_routes, give_triads
from halfhour.plant import Plant, plant_of_text

D = Decimal

SMALL = """
[plant]
id = "mill-race"
connection = "embedded"
area = "NGET"
gsp_group = "_L"
registered_capacity_mw = 24
licence_status = "exemptible"
licence_reference = "class exemption, for the test"
host_network_connected = true

[owner]
bsc_party = true
cusc_signatory = true

[supplier]
cusc_signatory = true

[trading_party]
cusc_signatory = true

[pass_through.SVA_SUPPLIER]
tnuos = 0.90
bsuos = 0.85
losses = 0.80

[pass_through.CVA_PARTY]
tnuos = 0.95
bsuos = 0.90
losses = 0.90

[costs]
SVA_SUPPLIER = 0
CVA_PARTY = 0
OWN_RIGHT = 30000
"""

LARGE = """
[plant]
id = "north-wind"
connection = "embedded"
area = "SHETL"
gsp_group = "_P"
registered_capacity_mw = 45
licence_status = "exemptible"
licence_reference = "individual order, for the test"
host_network_connected = true

[owner]
bsc_party = true
cusc_signatory = true

[supplier]
cusc_signatory = true

[trading_party]
cusc_signatory = {party}
"""

HalfHour = tuple[date, int]
V19A: Mapping[HalfHour, str] = {
    (date(2014, 7, 15), 24): "6.0",
    (date(2014, 7, 15), 36): "8.0",
    (date(2014, 8, 11), 7): "5.0",
    (date(2014, 12, 4), 35): "9.0",
    (date(2015, 1, 19), 35): "8.0",
    (date(2015, 2, 2), 36): "10.0",
}
V19A_PRICES: Mapping[HalfHour, str] = {
    (date(2014, 7, 15), 24): "1.19641",
    (date(2014, 7, 15), 36): "1.05503",
    (date(2014, 8, 11), 7): "16.87014",
}
V19B: Mapping[HalfHour, str] = {
    (date(2015, 11, 25), 35): "9.0",
    (date(2016, 1, 19), 35): "8.0",
    (date(2016, 2, 15), 37): "10.0",
}
V19B_RATES: Mapping[HalfHour, str] = {(date(2016, 1, 19), 35): "-0.0844519", (date(2016, 2, 15), 37): "0.7292586"}
V19C: Mapping[HalfHour, str] = {
    (date(2026, 12, 3), 35): "9.0",
    (date(2027, 1, 12), 35): "8.0",
    (date(2027, 2, 9), 36): "10.0",
}
SUMMER_2014 = (date(2014, 7, 1), date(2014, 9, 1))


def small_plant() -> Plant:
    """24 MW in _L, an EESPS."""
    return plant_of_text(SMALL)


def large_plant(*, party_signed: bool = True) -> Plant:
    """45 MW in _P, an EELPS."""
    return plant_of_text(LARGE.format(party="true" if party_signed else "false"))


def rows(volumes: Mapping[HalfHour, Any], imports: Mapping[HalfHour, str] | None = None) -> list[dict[str, object]]:
    """Half hours after losses, in MWh."""
    table = []
    for (day, period), export in volumes.items():
        row: dict[str, object] = {
            "settlement_date": day,
            "settlement_period": period,
            "export_mwh": D(export),
            "llf_export": D(1),
        }
        if imports is not None:
            row |= {"import_mwh": D(imports.get((day, period), "0")), "llf_import": D(1)}
        table.append(row)
    return table


def series(name: str, values: Mapping[HalfHour, str]) -> list[dict[str, object]]:
    """A market input half hour by half hour."""
    return [
        {"settlement_date": day, "settlement_period": period, name: D(value)} for (day, period), value in values.items()
    ]


def market_2014() -> Market:
    """V19 a: estimated losses, the Base Trading Unit off-taking throughout, £45."""
    market = Market(estimated_losses=True)
    market.constant("base_tu_delivering", value=False).constant("reference_price", D(45))
    return market.table(series("bsuos_price", V19A_PRICES), status="actual", source="BSUoS SF")


def compare_2014(market: Market | None = None, **more: Any) -> RouteComparison:
    """V19 a."""
    given: dict[str, Any] = {
        "components": ("tnuos", "bsuos", "losses"),
        "component_dates": {"bsuos": SUMMER_2014},
        "loss_baseline": "metered",
    } | more
    return compare_routes(small_plant(), rows(V19A), market or market_2014(), "2014/15", **given)


def market_2015() -> Market:
    """V19 b."""
    market = Market(estimated_losses=True)
    market.constant("base_tu_delivering", value=False).constant("reference_price", D(45))
    return market.table(series("rcrc_rate", V19B_RATES), status="actual", source="RCRC R1, SF")


def market_2026(*, tlf: str | None = "0.02") -> Market:
    """V19 c: everything supplied, the Triads too."""
    market = Market().constant("base_tu_delivering", value=False)
    for name, value in {
        "tlmo_off": "0.011",
        "tlmo_del": "-0.017",
        "reference_price": "80",
        "rcrc_rate": "0.03",
    }.items():
        market.constant(name, D(value))
    if tlf is not None:
        market.constant("tlf", D(tlf))
    return give_triads(market, "2026/27", list(V19C))
