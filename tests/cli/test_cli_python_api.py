"""The Python of the contract, as it stands there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from cli_running import contract_portfolio

import halfhour as hh
from halfhour.errors import HalfhourError

SNIPPET = """
import halfhour as hh

portfolio = hh.load_portfolio("portfolio/")
run = hh.settle(portfolio, edition="osam-1.0", start=date(2024, 1, 1), end=date(2024, 2, 1))
run.bm_unit_periods          # a Polars frame; .to_pandas() for pandas
explained = run.explain(site="ridgeway-park", on=date(2024, 1, 15), period=17)
w = hh.working("p395-proposed", import_bp=2_500_000, export_bp=300_000, import_stor=1_300_000,
               export_stor=200_000, export_gen=1_800_000, factor=Decimal("0.30"))      # Wh; absent = 0
w.values["bp_to_stor_wh"]    # 687500
w.steps                      # name, formula, numbers, unit, clause
mpan = hh.Mpan("2000000000015"); periods = hh.settlement_periods(date(2025, 10, 26))
"""


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> dict[str, Any]:
    """What the snippet leaves behind, run beside a folder `portfolio/` with a month of the contract's example."""
    here = tmp_path_factory.mktemp("snippet")
    contract_portfolio(here / "portfolio", 31)
    found: dict[str, Any] = {"date": date, "Decimal": Decimal}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        exec(SNIPPET, found)
        _ = found["run"].site_periods, found["run"].bm_unit_periods
    return found


def test_the_snippet_of_the_contract_runs_as_written(names):
    assert isinstance(names["run"].bm_unit_periods, pl.DataFrame)
    assert names["run"].bm_unit_periods.height == 31 * 48
    assert names["w"].values["bp_to_stor_wh"] == 687_500
    assert names["w"].values["chargeable_wh"] == 2_018_750
    assert names["w"].values["non_chargeable_wh"] == 481_250
    for step in names["w"].steps:
        assert all(getattr(step, name) is not None for name in ("name", "formula", "numbers", "unit", "clause"))
    assert names["periods"] == 50
    assert str(names["mpan"]) == "2000000000015"


def test_explain_from_python_gives_the_figures_of_the_run(names):
    row = names["run"].site_periods.row(
        by_predicate=(pl.col("settlement_date") == date(2024, 1, 15)) & (pl.col("settlement_period") == 17), named=True
    )
    assert names["explained"].values["chargeable_wh"] == row["chargeable_wh"]
    assert names["explained"].values["non_chargeable_wh"] == row["non_chargeable_wh"]


def test_a_frame_of_a_run_becomes_a_pandas_frame(names):
    pytest.importorskip("pandas", reason="pandas is not installed")
    assert list(names["run"].bm_unit_periods.to_pandas().columns) == names["run"].bm_unit_periods.columns


def test_due_counts_working_days():
    assert hh.due(date(2024, 12, 23), 5, "within").due == date(2025, 1, 2)


def test_every_name_of_the_package_can_be_had_and_no_other(names):
    for name in hh.__all__:
        assert getattr(hh, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'settel'"):
        _ = hh.settel


@pytest.mark.parametrize(
    "arguments",
    [
        {"import_bp": -1},
        {"import_bp": 1_000_000_001},
        {"import_bp": 1.5},
        {"import_bp": True},
        {"import_bp": None},
        {"import_bp": "5"},
        {"factor": Decimal("NaN")},
        {"factor": Decimal("Infinity")},
        {"factor": Decimal("1.1")},
        {"factor": Decimal("0.123456")},
    ],
    ids=str,
)
def test_working_refuses_figures_that_the_rule_is_not_defined_for(arguments):
    with pytest.raises(HalfhourError, match=r"RU-00[23]"):
        hh.working("osam-1.0", **arguments)


def test_working_refuses_a_factor_beyond_all_numbers():
    with pytest.raises(HalfhourError, match="RU-003"):
        hh.working("osam-1.0", factor=Decimal("1e999999"))
