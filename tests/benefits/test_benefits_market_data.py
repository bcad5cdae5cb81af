"""Prices and rates from the user's market data, import lines against the scalar functions, doubtful prices refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benefits_cases import D, rows, small_plant
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.charges.benefits import Amount, ImportTerms, Lacking, Market, RouteComparison, compare_routes
from halfhour.charges.benefits.columns import key_of
from halfhour.charges.benefits.market import stored
from halfhour.charges.bsuos import bsuos_import
from halfhour.charges.demand_residual import residual_charge
from halfhour.charges.levies import EXACT
from halfhour.market_data.loading import load_files
from halfhour.market_data.store import MarketDataStore

DAY = date(2014, 7, 15)
BSUOS = """settlement_date,settlement_period,run,price_gbp_per_mwh,half_hourly_charge_gbp,quality
2014-07-15,24,SF,1.19641,1,ok
2014-07-15,24,II,9.00000,1,ok
2014-07-19,9,SF,4.63666,1,suspect
"""
RCRC = """settlement_date,settlement_period,run,rcrc_gbp_per_mwh
2014-07-15,24,SF,0.7292586
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MarketDataStore]:
    for name, text in (("bsuos.csv", BSUOS), ("rcrc.csv", RCRC)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    path = tmp_path / "market.sqlite"
    load_files([tmp_path / "bsuos.csv", tmp_path / "rcrc.csv"], store=path)
    with MarketDataStore.open(path) as opened:
        yield opened


def market(store: MarketDataStore | None = None, *, delivering: bool = False) -> Market:
    made = Market(store=store).constant("base_tu_delivering", delivering).constant("reference_price", D(45))
    return made.constant("tlm_off", D("1.0105")).constant("tlm_del", D("0.9916"))


def line(made: RouteComparison, component: str, route: str = "OWN_RIGHT") -> Any:
    one = made.route(route)
    return next((line.found for line in (*one.lines, *one.beside) if line.component == component), None)


def test_the_latest_run_of_the_store_answers_and_is_named(store: MarketDataStore) -> None:
    made = compare_routes(
        small_plant(), rows({(DAY, 24): "10"}), market(store), "2014/15", components=("bsuos", "rcrc")
    )
    bsuos, rcrc = line(made, "bsuos"), line(made, "rcrc")
    assert isinstance(bsuos, Amount)
    assert bsuos.amount_gbp == 10 * D("1.0105") * D("1.19641")
    assert any("run SF" in text for text in bsuos.rests_on)
    assert rcrc.amount_gbp == -10 * D("1.0105") * D("0.7292586")


def test_price_given_goes_before_that_of_the_store(store: MarketDataStore) -> None:
    given_price = market(store).table([{"settlement_date": DAY, "settlement_period": 24, "bsuos_price": "-0.01687"}])
    made = compare_routes(small_plant(), rows({(DAY, 24): "10"}), given_price, "2014/15", components=("bsuos",))
    assert line(made, "bsuos").amount_gbp == -10 * D("1.0105") * D("0.01687")


def test_doubtful_price_is_used_on_request_only(store: MarketDataStore) -> None:
    hours = rows({(date(2014, 7, 19), 9): "10"})
    made = compare_routes(small_plant(), hours, market(store), "2014/15", components=("bsuos",))
    assert [one.name for one in made.lacking] == ["SUSPECT_DATA"]
    accepting = market(store)
    accepting.accept_suspect = True
    made = compare_routes(small_plant(), hours, accepting, "2014/15", components=("bsuos",))
    assert line(made, "bsuos").amount_gbp == 10 * D("1.0105") * D("4.63666")


def test_what_the_store_does_not_hold_is_refused_by_the_half_hour(store: MarketDataStore) -> None:
    made = compare_routes(small_plant(), rows({(DAY, 25): "10"}), market(store), "2014/15", components=("bsuos",))
    (found,) = made.lacking
    assert found.name == "MISSING_BSUOS_PRICE"
    assert "2014-07-15 SP 25" in found.error.message


@pytest.mark.parametrize("day", [date(2020, 7, 15), date(2021, 7, 15), date(2023, 5, 1), date(2025, 11, 1)])
@pytest.mark.parametrize("final_demand", [True, False])
@given(
    volume=st.decimals(0, 50, places=6),
    llf=st.decimals(D("0.9"), D("1.1"), places=3),
    price=st.decimals(-10, 60, places=5),
    delivering=st.booleans(),
)
@settings(deadline=None, max_examples=8)
def test_bsuos_on_import_is_that_of_the_scalar_function(
    day: date, final_demand: bool, volume: Decimal, llf: Decimal, price: Decimal, delivering: bool
) -> None:
    table = [
        {
            "settlement_date": day,
            "settlement_period": 20,
            "export_mwh": D(0),
            "llf_export": D(1),
            "import_mwh": volume,
            "llf_import": llf,
        }
    ]
    year = f"{day.year}/{(day.year + 1) % 100}"
    made = compare_routes(
        small_plant(),
        table,
        market(delivering=delivering).constant("bsuos_price", price),
        year,
        components=("bsuos",),
        days=(day, day + timedelta(days=1)),
        imports=ImportTerms(final_demand=final_demand),
    )
    found = line(made, "bsuos_import", "SVA_SUPPLIER")
    fixed = day >= date(2023, 4, 1)
    own = D("0.9916") if delivering and day < date(2021, 4, 1) else D("1.0105")
    scalar = bsuos_import(
        day,
        20,
        volume,
        own,
        delivering,
        line_loss_factor=llf,
        final_demand=final_demand,
        price=None if fixed else price,
    )
    if volume == 0:
        assert found is None
    else:
        assert isinstance(found, Amount)
        assert found.amount_gbp == scalar.amount_gbp
        assert made.route("SVA_SUPPLIER").gross_gbp == 0


def test_whether_import_is_final_demand_has_no_default() -> None:
    day = date(2025, 11, 1)
    table = rows({(day, 20): "0"}, {(day, 20): "12.5"})
    made = compare_routes(small_plant(), table, market(), "2025/26", components=("bsuos",))
    found = line(made, "bsuos_import")
    assert isinstance(found, Lacking)
    assert found.name == "MISSING_INPUT"
    # A line beside the totals takes nothing away from them.
    assert made.route("OWN_RIGHT").gross_gbp == 0


def test_residual_of_a_band_is_charged_by_the_day_beside_the_totals() -> None:
    day = date(2026, 4, 1)
    made = compare_routes(
        small_plant(),
        rows({(day, 20): "0"}, {(day, 20): "1"}),
        market(),
        "2026/27",
        components=("bsuos",),
        imports=ImportTerms(final_demand=True, residual_band="EHV2"),
    )
    found = line(made, "tdr")
    assert isinstance(found, Amount)
    assert found.amount_gbp == -residual_charge("EHV2", day, date(2027, 4, 1))
    assert EXACT.multiply(found.quantity, D(-1)) == -365
    assert made.route("OWN_RIGHT").gross_gbp == 0


def test_energy_at_two_prices_needs_an_account() -> None:
    made = compare_routes(small_plant(), rows({(DAY, 24): "10"}), market(), "2014/15", components=("losses",))
    found = line(made, "imbalance")
    assert isinstance(found, Lacking)
    assert found.name == "ACCOUNT_NEEDED"


class _Record:
    """Rows of one table as the user's store gives them."""

    def __init__(self, *rows):
        self.rows = rows

    def reference_rows(self, table, day):
        return [row for row in self.rows if row["settlement_date"] == day]


def test_a_record_of_more_decimals_is_rounded_once_and_the_source_says_so():
    day = date(2016, 2, 15)
    row = {
        "settlement_date": day,
        "settlement_period": 37,
        "run": "SF",
        "rcrc_gbp_per_mwh": Decimal("0.72925861234567891"),
    }
    found = stored(_Record(row), "rcrc_rate", "_L", np.array([key_of(day, 37)]))
    assert found is not None
    assert found.values.tolist() == [7292586]
    assert "run SF, 1 values rounded to 7 decimals" in found.source


def test_a_multiplier_for_all_zones_ends_where_the_zones_have_factors_of_their_own():
    for day, held in ((date(2018, 3, 31), True), (date(2018, 4, 1), False)):
        row = {
            "settlement_date": day,
            "settlement_period": 1,
            "run": "SF",
            "gsp_group": "",
            "tlm_offtaking": Decimal("1.01"),
        }
        found = stored(_Record(row), "tlm_off", "_L", np.array([key_of(day, 1)]))
        assert (found is not None) is held


@pytest.mark.shared_data
def test_the_real_record_of_residual_cashflow_is_found_in_every_half_hour_it_has(tmp_path):
    file = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "rcrc" / "rcrc_2015-12-29_2016-03-15.csv"
    if not file.is_file():
        pytest.skip("the shared market data are not beside the project")
    load_files([file], store=tmp_path / "store.sqlite")
    with MarketDataStore.open(tmp_path / "store.sqlite") as store:
        keys = np.array([key_of(date(2016, 2, 15), period) for period in range(1, 49)])
        found = stored(store, "rcrc_rate", "_L", keys)
    assert found is not None
    assert set(keys.tolist()) <= set(found.keys.tolist())
    assert found.values[found.keys.tolist().index(key_of(date(2016, 2, 15), 37))] == 7292586
