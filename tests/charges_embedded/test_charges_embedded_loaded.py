"""Tariffs that the user loads answer for the years the product does not hold, and for no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from embedded_vectors import D, loaded

from halfhour.charges.bsuos import final_demand_charge, fixed_tariff
from halfhour.charges.demand_residual import residual_charge, residual_tariff
from halfhour.charges.loss_multipliers import tlm_pair
from halfhour.charges.tnuos import demand_tariff, export_tariff, tnuos_amount, triad_kw
from halfhour.charges.triads import triads
from halfhour.market_data import MarketDataStore
from halfhour.market_data.embedded import Missing

FILES = {
    "hh.csv": (
        "charging_year,zone_no,gsp_group,zone_name,peak_gbp_per_kw,year_round_gbp_per_kw,sgd_recovery_gbp_per_kw,"
        "hh_tariff_gbp_per_kw,published\n"
        "2026/27,14,_L,South Western,1,1,0,2,2026-01\n"
        "2027/28,14,_L,South Western,3.000001,11.5,0.0,14.500001,2027-01\n"
    ),
    "agic.csv": (
        "charging_year,agic_gbp_per_kw,basis,decimals\n"
        "2024/25,2.700000,published,6\n2023/24,2.6,published,1\n2027/28,3.200000,published,6\n"
    ),
    "eet.csv": (
        "charging_year,zone_no,gsp_group,zone_name,locational_gbp_per_kw,agic_gbp_per_kw,eet_published_gbp_per_kw,"
        "eet_computed_gbp_per_kw,status\n2028/29,1,_P,Northern Scotland,,,1.234567,,published\n"
    ),
    "tdr.csv": "charging_year,band,tariff,unit,published\n2027/28,EHV1,330.5,GBP/site/day,2027-01\n",
    "fixed.csv": "tariff_no,effective_from,effective_to,gbp_per_mwh\n9,2027-04-01,2027-09-30,12.5\n",
    "etlmo.csv": (
        "effective_from,effective_to,etlmo_delivering,etlmo_offtaking,implied_loss_fraction,"
        "closed_system_etlmo_offtaking,difference\n2026-04-01,2026-05-31,-0.017,0.011,,,\n"
    ),
    "triads.csv": (
        "charging_year,listed_order,settlement_date,settlement_period,net_system_demand_mw,publisher\n"
        "2024/25,1,2024-12-12,35,44000,NESO\n2024/25,2,2025-01-08,36,43000,NESO\n2024/25,3,2024-11-20,35,42000,NESO\n"
        "2025/26,1,2025-12-12,35,44000,NESO\n"
    ),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[MarketDataStore]:
    folder: Path = tmp_path_factory.mktemp("loaded")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with MarketDataStore.open(loaded(folder / "store.sqlite", [folder / name for name in FILES])) as opened:
        yield opened


def test_a_demand_tariff_of_a_later_year_is_found_and_names_its_file(store):
    found = demand_tariff("2027/28", "_L", store=store)
    assert (found.value, found.unit, found.status) == (D("14.500001"), "£/kW", "actual")
    assert found.source.startswith("hh.csv (sha256 ")
    with pytest.raises(Missing, match="2027/28, zone 13"):
        demand_tariff("2027/28", 13, store=store)
    with pytest.raises(Missing) as error:
        demand_tariff("2027/28", 14)
    assert "market-data load" in error.value.next_step


def test_what_the_product_holds_is_not_replaced(store):
    assert demand_tariff("2026/27", 14, store=store) == demand_tariff("2026/27", 14)


def test_an_agic_that_is_loaded_completes_an_export_tariff(store):
    with pytest.raises(Missing, match="AGIC for 2024/25 is not held"):
        export_tariff("2024/25", 9)
    found = export_tariff("2024/25", 9, store=store)
    assert found.mark == "data"
    assert "agic.csv" in found.source
    with pytest.raises(Missing, match=r"TARIFF_ROUNDED: .*2\.6 £/kW, with 1 decimals"):
        export_tariff("2023/24", 9, store=store)
    later = tnuos_amount(triad_kw([D(1)] * 3, "2027/28"), 14, store=store)
    assert later.export_gbp == 2000 * D("17.700001")
    assert export_tariff("2028/29", 1, store=store).value == D("1.234567")


def test_residual_fixed_tariff_and_estimates_of_later_days(store):
    assert residual_tariff("2027/28", "EHV1", store=store).unit == "£/site/day"
    whole = residual_charge("EHV1", date(2027, 3, 31), date(2027, 4, 2), store=store)
    assert whole == D("325.476550") + D("330.5")
    assert fixed_tariff(date(2027, 9, 30), store=store).value == D("12.5")
    assert final_demand_charge(date(2027, 4, 1), D(2), store=store).amount_gbp == -25
    with pytest.raises(Missing, match="MISSING_BSUOS_PRICE"):
        fixed_tariff(date(2027, 10, 1), store=store)
    pair = tlm_pair(date(2026, 5, 31), 1, "_L", tlf=D("0.02"), accept_estimate=True, store=store)
    assert (pair.off.value, pair.delivering.value) == (D("1.031"), D("1.003"))
    with pytest.raises(Missing, match="MISSING_TLM"):
        tlm_pair(date(2026, 6, 1), 1, "_L", tlf=D("0.02"), accept_estimate=True, store=store)


def test_published_triads_of_a_later_year_and_no_list_that_is_not_whole(store):
    assert [one.half_hour for one in triads("2024/25", store=store)] == [
        (date(2024, 12, 12), 35),
        (date(2025, 1, 8), 36),
        (date(2024, 11, 20), 35),
    ]
    with pytest.raises(Missing, match="MISSING_TRIADS"):
        triads("2025/26", store=store)
