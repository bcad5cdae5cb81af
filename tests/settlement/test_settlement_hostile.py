"""What an adversary would hand in: late files, moved rows, sums beyond the bound, declarations that cross."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_settlement_explained import BATTERY, BATTERY_EXPORT, BOUNDARY, DAY, EXPORT, SITE, UNIT, declared, flat

from halfhour.charges.comparison import compare_charges
from halfhour.errors import Refused
from halfhour.register import load_portfolio
from halfhour.settlement.comparison import compare_editions, find_scenarios
from halfhour.settlement.request import open_store, request_for

if TYPE_CHECKING:
    from conftest import PortfolioFolder

New = Callable[[], "PortfolioFolder"]
SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
EDITIONS = ["default", "interim-difference", "p395-proposed", "osam-1.0"]

SECOND_BOUNDARY = f"""
[[metering]]
name = "Meter 2"
at = "boundary"
import = "{UNIT}"
bm_unit = "2__HABCD002"
"""
ONLY_BATTERY = f"""
[[metering]]
name = "Battery"
at = "storage"
licensed = true
import = "{BATTERY}"
export = "{BATTERY_EXPORT}"
"""


def test_run_can_be_made_again_after_later_files_arrived(new_portfolio: New) -> None:
    folder = new_portfolio().write("park.toml", SITE).readings(flat(import_bp=1_000, export_bp=0), "first.csv")
    past = datetime(2024, 2, 1, 9, tzinfo=UTC).timestamp()
    os.utime(folder.path / "readings" / "first.csv", (past, past))
    first = folder.settle(name="run")
    before = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in first.folder.iterdir()}
    known_at = first.request.known_at
    folder.lines([f"{BOUNDARY},AI,{DAY},5,9,A", f"{BOUNDARY},AI,{DAY},60,1,A", f"{UNIT},AI,{DAY},1,1,A"], "later.csv")
    assert folder.settle(name="other").exceptions.height >= 2
    again = folder.settle(name="run", known_at=known_at, start=DAY, end=date(2024, 1, 16))
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in again.folder.iterdir()} == before


def test_sum_of_meters_beyond_the_bound_is_named_and_not_put_through_the_rule(new_portfolio: New) -> None:
    text = SITE + SECOND_BOUNDARY
    readings = flat(import_bp=600_000_000, export_bp=0, unit=600_000_000)
    readings[BOUNDARY, "AI", DAY] = [600_000_000, *[1_000] * 47]
    readings[UNIT, "AI", DAY] = [600_000_000, *[1_000] * 47]
    run = new_portfolio().write("park.toml", text).readings(readings).settle()
    assert run.site_periods["chargeable_wh"].to_list()[:2] == [None, 2_000]
    assert run.exceptions["code"].to_list() == ["ST-106"]


def test_order_of_meters_does_not_say_who_takes_the_remainder(new_portfolio: New) -> None:
    head, meter_1 = SITE.split("[[metering]]")
    meter_1 = "[[metering]]" + meter_1
    declaration = declared("emr-amsid", "Meter 1", "Meter 2", "Battery")
    settings = '[settlement]\ndefault_ncsp = "0.33333"\n'
    readings = flat(import_bp=100, export_bp=0, unit=100, import_stor=200, export_stor=0)
    tables = []
    for meters in (meter_1 + SECOND_BOUNDARY, SECOND_BOUNDARY + meter_1):
        folder = new_portfolio().write("park.toml", head + meters + ONLY_BATTERY + declaration)
        tables.append(folder.write("portfolio.toml", settings).readings(readings).settle().bm_unit_periods)
    assert tables[0].equals(tables[1])


def test_a_site_declared_two_ways_at_once_is_refused_whatever_their_order(new_portfolio: New) -> None:
    """An EMR MSID Declaration of the boundary and an EMR AMSID one of the battery alone name no meter twice."""
    both = [declared("emr-msid", "Meter 1"), declared("emr-amsid", "Battery")]
    readings = flat(import_bp=1_000, export_bp=0, import_stor=400, export_stor=0)
    for order in (both, both[::-1]):
        folder = new_portfolio().write("park.toml", SITE + ONLY_BATTERY + "".join(order)).readings(readings)
        with pytest.raises(Refused) as refused:
            folder.settle()
        assert "RG-053" in {finding.code for finding in refused.value.findings}


@pytest.mark.parametrize("edition", EDITIONS)
def test_site_that_is_not_yet_registered_leaves_no_rows_and_no_trace(new_portfolio: New, edition: str) -> None:
    later = (
        SITE.replace('"park"', '"later"').replace(BOUNDARY, UNIT).replace(f'export = "{EXPORT}"', "from = 2024-06-01")
    )
    folder = new_portfolio().write("park.toml", SITE).readings(flat(import_bp=1_000, export_bp=0))
    alone = folder.settle(edition, "alone")
    both = folder.write("later.toml", later.replace("ABCD001", "ABCD002")).settle(edition, "both")
    for name in ("site_periods", "site_days", "settled_volumes", "bm_unit_periods", "exceptions"):
        assert getattr(alone, name).equals(getattr(both, name)), name


def test_default_ncsp_of_the_portfolio_is_used_and_said(new_portfolio: New) -> None:
    text = SITE + ONLY_BATTERY + declared("emr-amsid", "Meter 1", "Battery")
    readings = flat(import_bp=1_000, export_bp=0, import_stor=1_000, export_stor=0)
    folder = new_portfolio().write("park.toml", text).write("portfolio.toml", '[settlement]\ndefault_ncsp = "0.25"\n')
    run = folder.readings(readings).settle()
    assert run.factors.select("factor_per_100000", "basis", "missing_days").rows() == [(25_000, "default", 7)]
    assert run.site_periods["non_chargeable_wh"].unique().to_list() == [250]
    assert run.manifest["settings"]["default_ncsp"] == "0.25"


def compared(folder: Path, names: list[str], **days: Any) -> Any:
    portfolio = load_portfolio(folder)
    store = open_store(portfolio)
    request = request_for(portfolio, store, "in-force", days.get("start"), days.get("end"))
    return portfolio, store, request, compare_editions(portfolio, store, request, names)


def test_comparison_says_what_the_runs_say(new_portfolio: New, tmp_path: Path) -> None:
    shutil.copytree(SCENARIOS / "given_the_five_scenarios_of_p395" / "portfolio", tmp_path / "portfolio")
    folder = new_portfolio()
    shutil.copytree(tmp_path / "portfolio", folder.path, dirs_exist_ok=True)
    names = [*EDITIONS, "in-force"]
    *_, results = compared(folder.path, names)
    for name, result in zip(names, results, strict=True):
        run = folder.settle(name, name)
        assert result.site_days.equals(run.site_days)
        assert result.bm_unit_periods.sort("bm_unit", "settlement_date", "settlement_period").equals(
            run.bm_unit_periods
        )


def test_figure_1_costs_what_the_handbook_says_under_each_edition(new_portfolio: New) -> None:
    """Section 4: at 5.798 + 0.0994 £/MWh, the rates of the last quarter of 2023."""
    folder = new_portfolio()
    source = SCENARIOS / "given_the_half_hour_of_figure_1_of_p395" / "portfolio"
    shutil.copytree(source, folder.path, dirs_exist_ok=True)
    readings = folder.path / "readings" / "readings.csv"
    readings.write_text(readings.read_text(encoding="utf-8").replace("2024-01-15", "2023-12-01"), encoding="utf-8")
    *_, results = compared(folder.path, EDITIONS)
    comparison = compare_charges(results)
    assert {line.edition: line.charge.total_gbp for line in comparison.total} == {
        "default": Decimal("14.7435"),
        "interim-difference": Decimal("17.10246"),
        "p395-proposed": Decimal("12.108099375"),
        "osam-1.0": Decimal("14.7435"),
    }
    assert {line.edition: (line.chargeable_wh, line.non_chargeable_wh, line.over_wh) for line in comparison.total} == {
        "default": (2_500_000, 0, 0),
        "interim-difference": (2_900_000, -400_000, 400_000),
        "p395-proposed": (2_053_125, 446_875, -446_875),
        "osam-1.0": (2_500_000, 0, 0),
    }
    assert comparison.reference == "osam-1.0"


def test_five_scenarios_are_found_where_they_occur(new_portfolio: New) -> None:
    folder = new_portfolio()
    shutil.copytree(SCENARIOS / "given_the_five_scenarios_of_p395" / "portfolio", folder.path, dirs_exist_ok=True)
    portfolio, store, request, _ = compared(folder.path, ["default"], start=date(2024, 1, 22), end=date(2024, 1, 23))
    found = find_scenarios(portfolio, store, request)
    assert [(one.text.number, one.half_hours, one.sites, one.wh) for one in found] == [
        (1, 1, 1, 2_000_000),
        (2, 0, 0, 0),  # the customer's own site is in no declaration
        (3, 1, 1, 5_000_000),
        (4, 1, 1, 5_000_000),
        (5, 2, 2, 6_000_000),
    ]


def test_demand_of_a_bm_unit_without_any_reading_is_empty_and_never_zero(new_portfolio: New) -> None:
    """Of two sites of one BM Unit one has no readings at all; in one half hour the other has none either."""
    silent = SITE.replace('"park"', '"silent"').replace(BOUNDARY, UNIT).replace(f'export = "{EXPORT}"', "")
    here = flat(import_bp=1_000, export_bp=0)
    here[BOUNDARY, "AI", DAY][6] = None
    run = new_portfolio().write("park.toml", SITE).write("silent.toml", silent).readings(here).settle("default")
    demand = {row["settlement_period"]: row for row in run.bm_unit_periods.to_dicts()}
    assert (demand[6]["gross_demand_wh"], demand[6]["chargeable_wh"], demand[6]["quality"]) == (1_000, 1_000, "missing")
    assert (demand[7]["gross_demand_wh"], demand[7]["chargeable_wh"], demand[7]["quality"]) == (None, None, "missing")
    printed = (run.folder / "bm_unit_chargeable_demand.csv").read_text(encoding="utf-8").splitlines()
    assert printed[6].split(",")[4:8] == ["0.0010", "0.0010", "", "missing"]
    assert printed[7].split(",")[4:8] == ["", "", "", "missing"]
