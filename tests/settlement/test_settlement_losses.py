"""Settled volumes at the Grid Supply Point and the notional balancing point: factors found, missing, changed, shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from settlement_losses import (
    BOUNDARY,
    DAY,
    EXPORT,
    FOURTH,
    THIRD,
    codes,
    days_from,
    load_factors,
    load_multipliers,
    of_unit,
    one_site,
    volumes,
    write_files,
)

from halfhour.errors import HalfhourError
from halfhour.market_data.loading import load_files
from halfhour.register import load_portfolio
from halfhour.settlement.difference_of_runs import compare_runs
from halfhour.settlement.loss_factors import find_market_data

if TYPE_CHECKING:
    from conftest import PortfolioFolder
    from halfhour.settlement.run import Run

New = Callable[[], "PortfolioFolder"]
OFFTAKING = 'trading_unit = "offtaking"'
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
shared_data = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not (DATA / "llf").is_dir(), reason="the project's shared market data are not there"),
]


@pytest.fixture(autouse=True)
def no_market_data_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is loaded on the machine that runs the tests is not part of them."""
    monkeypatch.setenv("HALFHOUR_MARKET_DATA", str(tmp_path / "nobody's.sqlite"))


@pytest.fixture
def folder(new_portfolio: New) -> PortfolioFolder:
    return new_portfolio()


@pytest.fixture
def market(folder: PortfolioFolder) -> Path:
    """Where the portfolio's own market data lie."""
    return folder.path / "market-data.sqlite"


def flat(day: date, periods: int, imported: int = 10_000, exported: int = 4_000) -> dict[Any, list[int]]:
    return {(BOUNDARY, "AI", day): [imported] * periods, (EXPORT, "AE", day): [exported] * periods}


def plain_site(folder: PortfolioFolder, *, days: int = 1, settings: str = OFFTAKING, **how: str) -> PortfolioFolder:
    readings: dict[Any, list[int]] = {}
    for day in days_from(DAY, days):
        readings |= flat(day, 48)
    return write_files(folder, one_site(settings=settings, **how)).readings(readings)


NETWORK = f"""
[site]
id = "estate"
gsp_group = "_C"
voltage = "HV"
network = "private"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "{BOUNDARY}"
import_llfc = "1"
bm_unit = "2__CALFA001"

[[metering]]
name = "Unit 1"
at = "third-party"
import = "{THIRD}"
import_llfc = "1"
losses = "0.02"
bm_unit = "2__CBRVO001"
"""


def test_network_at_one_class_has_its_boundarys_volume_at_the_grid_supply_point(
    folder: PortfolioFolder, market: Path
) -> None:
    """Vector V6 of private-networks: 11,189.4 + 10,750.6 = 21,940.0 = 20,000 × 1.097, in kWh."""
    load_factors(market, {("1", DAY): "1.097"})
    folder.write("estate.toml", NETWORK).readings(
        {(BOUNDARY, "AI", DAY): [20_000_000] * 48, (THIRD, "AI", DAY): [10_000_000] * 48}
    )
    run = folder.settle()
    assert volumes(run, THIRD) == (10_200_000, 11_189_400, None)
    assert volumes(run, BOUNDARY) == (9_800_000, 10_750_600, None)
    assert 11_189_400 + 10_750_600 == 20_000_000 * 1097 // 1000
    assert of_unit(run, "AI", unit="2__CBRVO001") == (10_200_000, 11_189_400, None, "actual")


@pytest.mark.parametrize("mark", [pytest.param(None, marks=shared_data)])
def test_site_export_of_4_mwh_in_class_791_is_4100_kwh_at_the_grid_supply_point(
    mark: None, folder: PortfolioFolder, market: Path
) -> None:
    """Vector V18 of embedded-generation, from the published factors of London for 2025/26."""
    load_files([DATA / "llf" / "llf_LOND_2025-26_extract.csv"], store=market, distributor="LOND")
    day = date(2025, 12, 15)
    write_files(folder, one_site(llfc="70", export_llfc="791")).readings(flat(day, 48, 1_000_000, 4_000_000))
    run = folder.settle()
    assert volumes(run, EXPORT, period=35) == (4_000_000, 4_100_000, None)
    assert volumes(run, BOUNDARY, period=35) == (1_000_000, 1_119_000, None)
    assert run.settled_volumes["settlement_period"].max() == 48
    assert run.bm_unit_volumes["settlement_period"].max() == 48
    with pytest.raises(HalfhourError, match="CA-"):
        run.explain("works", day, 49)


CLASSES = [("797", 1018), ("730", 1000), ("701", 999), ("711", 998)]


@pytest.mark.parametrize(("llfc", "factor"), [pytest.param(*one, marks=shared_data) for one in CLASSES])
def test_published_factor_of_a_class_is_the_one_that_is_used(
    llfc: str, factor: int, folder: PortfolioFolder, market: Path
) -> None:
    load_files([DATA / "llf" / "llf_LOND_2025-26_extract.csv"], store=market, distributor="LOND")
    day = date(2025, 12, 15)
    write_files(folder, one_site(llfc="70", export_llfc=llfc)).readings(flat(day, 48, 0, 1_000_000))
    assert volumes(folder.settle(), EXPORT, period=35)[1] == 1000 * factor


@pytest.mark.parametrize(
    ("day", "periods"),
    [pytest.param(date(2026, 3, 29), 46, marks=shared_data), pytest.param(date(2025, 10, 26), 50, marks=shared_data)],
)
def test_clock_change_days_take_the_factor_of_their_own_periods(
    day: date, periods: int, folder: PortfolioFolder, market: Path
) -> None:
    source = DATA / "llf" / "llf_LOND_2025-26_extract.csv"
    load_files([source], store=market, distributor="LOND")
    published = pl.read_csv(source, infer_schema=False).filter(llfc="791", settlement_date=str(day)).row(0)[4:]
    write_files(folder, one_site(llfc="791", export_llfc="791")).readings(flat(day, periods, 1_000_000, 1_000_000))
    run = folder.settle()
    for msid in (BOUNDARY, EXPORT):
        rows = run.settled_volumes.filter(msid=msid).sort("settlement_period")
        assert rows["settlement_period"].to_list() == list(range(1, periods + 1))
        assert rows["gsp_wh"].to_list() == [round(float(factor) * 1000) * 1000 for factor in published[:periods]]
    assert run.bm_unit_volumes.height == 2 * periods
    assert not codes(run, "ST-120", "ST-121", "ST-124")


@pytest.mark.parametrize("mark", [pytest.param(None, marks=shared_data)])
def test_long_day_of_the_published_file_keeps_night_and_day_factors_apart(
    mark: None, folder: PortfolioFolder, market: Path
) -> None:
    """The second hour of the long day is night: the day's factor begins two periods later than on the day after."""
    load_files([DATA / "llf" / "D0265_LLF_LOND_2026_clock_change_excerpt.ptf"], store=market)
    readings = flat(date(2026, 10, 25), 50, 1_000_000) | flat(date(2026, 10, 26), 48, 1_000_000)
    write_files(folder, one_site(llfc="1", export_llfc=None)).readings(readings)
    rows = folder.settle().settled_volumes.filter(msid=BOUNDARY).sort("settlement_date", "settlement_period")
    changes = rows.filter(pl.col("gsp_wh") != pl.col("gsp_wh").shift(1).over("settlement_date"))
    assert changes.select("settlement_period", "gsp_wh").rows() == [(17, 1_097_000), (15, 1_097_000)]


def test_a_tie_goes_to_the_even_watt_hour_at_each_level(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.001", ("797", DAY): "1.000"})
    load_multipliers(market, [DAY], "1.0000500", "0.9")
    write_files(folder, one_site(settings=OFFTAKING)).readings(
        {(BOUNDARY, "AI", DAY): [500, 1500, *[0] * 46], (EXPORT, "AE", DAY): [10_000, 30_000, *[0] * 46]}
    )
    run = folder.settle()
    assert [volumes(run, BOUNDARY, period=one)[1] for one in (1, 2)] == [500, 1502]
    assert [volumes(run, EXPORT, period=one)[2] for one in (1, 2)] == [10_000, 30_002]


def test_transmission_losses_are_taken_from_the_volume_at_the_grid_supply_point_as_it_stands(
    folder: PortfolioFolder, market: Path
) -> None:
    """Decision record 11: 5 Wh × 1.100 is 5.5 and stands as 6; × 0.92 that is 5.52. The whole product would be 5.06."""
    load_factors(market, {("791", DAY): "1.100", ("797", DAY): "1.000"})
    load_multipliers(market, [DAY], "0.9200000", "0.9")
    plain_site(folder).readings(flat(DAY, 48, 5))
    assert volumes(folder.settle(), BOUNDARY) == (5, 6, 6)


def test_both_directions_take_the_multiplier_of_the_trading_units_status(folder: PortfolioFolder, market: Path) -> None:
    """Handbook embedded-generation 5.4: a Supplier's BM Unit carries one multiplier whichever way a volume flows."""
    load_factors(market, {("791", DAY): "1.000", ("797", DAY): "1.000"})
    load_multipliers(market, [DAY], "1.0130469", "0.9892274")
    run = plain_site(folder, settings=OFFTAKING).settle()
    assert volumes(run, BOUNDARY) == (10_000, 10_000, 10_130)
    assert volumes(run, EXPORT) == (4_000, 4_000, 4_052)
    run = folder.write("portfolio.toml", '[settlement]\ntrading_unit = "delivering"').settle(name="delivering")
    assert volumes(run, BOUNDARY) == (10_000, 10_000, 9_892)
    assert volumes(run, EXPORT) == (4_000, 4_000, 3_957)
    assert run.manifest["settings"]["trading_unit"] == "delivering"


def test_off_taking_multiplier_below_one_is_not_floored(folder: PortfolioFolder, market: Path) -> None:
    """Trap T11: northern Scotland."""
    load_factors(market, {("791", DAY): "1.000", ("797", DAY): "1.000"})
    load_multipliers(market, [DAY], "0.9812080", "0.9534920")
    assert volumes(plain_site(folder).settle(), BOUNDARY)[2] == 9_812


def test_without_a_stated_status_there_is_no_volume_at_the_notional_balancing_point(
    folder: PortfolioFolder, market: Path
) -> None:
    """Open point O7: no default. An off-taking Base Trading Unit is an observation (trap T10), not a rule."""
    load_factors(market, {("791", DAY): "1.097", ("797", DAY): "1.000"})
    load_multipliers(market, [DAY], "1.01", "0.99")
    run = plain_site(folder, settings="").settle()
    assert volumes(run, BOUNDARY) == (10_000, 10_970, None)
    assert of_unit(run, "AI") == (10_000, 10_970, None, "actual")
    assert codes(run) == ["ST-123"]
    assert [one["what"] for one in run.manifest["inputs"]["market_data"]] == ["line loss factors of LOND"]


def test_multipliers_of_another_run_are_not_taken_and_are_named(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.097", ("797", DAY): "1.000"})
    load_multipliers(market, [DAY], "1.01", "0.99", run="DF")
    run = plain_site(folder).settle()
    assert volumes(run, BOUNDARY) == (10_000, 10_970, None)
    (row,) = run.exceptions.filter(code="ST-122").to_dicts()
    assert "SF run" in row["message"]
    assert "Those of DF are loaded" in row["next_step"]
    assert volumes(folder.settle(name="final", run_type="DF"), BOUNDARY)[2] == 11_080


def test_multipliers_of_some_days_leave_the_others_empty_in_one_row(folder: PortfolioFolder, market: Path) -> None:
    days = days_from(DAY, 10)
    load_factors(market, {(llfc, day): "1.000" for llfc in ("791", "797") for day in days})
    load_multipliers(market, days[3:5], "1.01", "0.99")
    load_multipliers(market, days[8:9], "1.01", "0.99", periods=range(1, 48), name="short.csv")
    run = plain_site(folder, days=10).settle()
    empty = run.bm_unit_volumes.filter(pl.col("nbp_wh").is_null())
    assert sorted(set(empty["settlement_date"])) == [*days[:3], *days[5:]]
    assert empty.filter(settlement_date=days[8])["settlement_period"].unique().to_list() == [48]
    rows = run.exceptions.filter(code="ST-122")
    assert rows["settlement_date"].to_list() == [days[0], days[5]]
    assert "2024-01-15 to 2024-01-17" in rows["message"][0]
    assert set(rows["severity"]) == {"info"}


def test_an_msid_without_a_class_is_named_and_empties_its_bm_units_level(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.097"})
    run = plain_site(folder, export_llfc="").settle()
    assert volumes(run, BOUNDARY) == (10_000, 10_970, None)
    assert volumes(run, EXPORT) == (4_000, None, None)
    assert of_unit(run, "AE") == (4_000, None, None, "actual")
    (row,) = run.exceptions.filter(code="ST-120").to_dicts()
    assert (row["site_id"], row["msid"], row["settlement_date"]) == ("works", EXPORT, DAY)
    assert "export_llfc" in row["next_step"]


TWO_IN_A_UNIT = f"""
[[metering]]
name = "Meter 2"
at = "boundary"
import = "{THIRD}"
bm_unit = "2__CALFA001"
import_llfc = "792"
"""


def test_part_of_a_sum_does_not_stand_for_it(folder: PortfolioFolder, market: Path) -> None:
    """The one MSID has its factor, the other has not: their BM Unit's volume at the Grid Supply Point is empty."""
    load_factors(market, {("791", DAY): "1.097", ("797", DAY): "1.000"})
    files = one_site()
    files["works.toml"] += TWO_IN_A_UNIT
    readings = flat(DAY, 48) | {(THIRD, "AI", DAY): [None, *[7] * 47]}
    run = write_files(folder, files).readings(readings).settle()
    assert of_unit(run, "AI", period=2) == (10_007, None, None, "actual")
    # Where the other has no reading there is nothing of it to scale: the sum is short at every level, and says so.
    assert of_unit(run, "AI", period=1) == (10_000, 10_970, None, "missing")


def test_without_any_reading_no_level_is_told(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.097", ("797", DAY): "1.000"})
    readings = flat(DAY, 48) | {(BOUNDARY, "AI", DAY): [None, *[0] * 47]}
    run = write_files(folder, one_site()).readings(readings).settle()
    assert of_unit(run, "AI", period=1) == (None, None, None, "missing")
    assert of_unit(run, "AI", period=2) == (0, 0, None, "actual")


def test_days_without_factors_are_empty_and_named_by_msid_class_and_days(folder: PortfolioFolder, market: Path) -> None:
    days = days_from(DAY, 6)
    load_factors(market, {("791", day): "1.097" for day in (days[0], days[3], days[4])})
    load_factors(market, {("797", day): "1.000" for day in days}, name="export.csv")
    run = plain_site(folder, days=6).settle()
    empty = run.settled_volumes.filter(pl.col("gsp_wh").is_null())
    assert set(empty["msid"]) == {BOUNDARY}
    assert sorted(set(empty["settlement_date"])) == [days[1], days[2], days[5]]
    rows = run.exceptions.filter(code="ST-121")
    assert rows["settlement_date"].to_list() == [days[1], days[5]]
    for wanted in (BOUNDARY, "791", "LOND", "2024-01-16 to 2024-01-17"):
        assert wanted in rows["message"][0]
    assert "halfhour market-data load" in rows["next_step"][0]
    assert set(rows["severity"]) == {"warning"}


def test_factors_of_another_distributor_do_not_stand_in(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.097", ("797", DAY): "1.097"}, distributor="SEEB")
    run = plain_site(folder).settle()
    assert run.settled_volumes["gsp_wh"].null_count() == run.settled_volumes.height
    assert codes(run, "ST-121", "ST-124") == ["ST-121", "ST-121"]
    assert run.manifest["inputs"]["market_data"] == []


def test_class_that_changes_in_the_middle_of_a_month_takes_each_days_own_factors(
    folder: PortfolioFolder, market: Path
) -> None:
    days = days_from(DAY, 4)
    load_factors(market, {(llfc, day): factor for llfc, factor in (("1", "1.080"), ("2", "1.020")) for day in days})
    metering = f'[[metering]]\nname = "Meter 1"\nat = "boundary"\nimport = "{BOUNDARY}"\nbm_unit = "2__CALFA001"\n'
    folder.write(
        "works.toml",
        '[site]\nid = "works"\ngsp_group = "_C"\nvoltage = "HV"\n'
        f'{metering}import_llfc = "1"\nto = {days[2]}\n{metering}import_llfc = "2"\nfrom = {days[2]}\n',
    )
    folder.readings({(BOUNDARY, "AI", day): [1000] * 48 for day in days})
    run = folder.settle()
    by_day = run.bm_unit_volumes.group_by("settlement_date").agg(pl.col("gsp_wh").unique()).sort("settlement_date")
    assert by_day["gsp_wh"].to_list() == [[1080], [1080], [1020], [1020]]
    assert not codes(run, "ST-120", "ST-121")


def test_run_across_the_change_of_edition_has_one_row_for_each_half_hour(folder: PortfolioFolder, market: Path) -> None:
    days = days_from(date(2023, 10, 31), 4)
    load_factors(market, {(llfc, day): "1.050" for llfc in ("791", "797") for day in days})
    readings: dict[Any, list[int]] = {}
    for day in days:
        readings |= flat(day, 48)
    run = write_files(folder, one_site()).readings(readings).settle()
    assert len(run.manifest["run"]["editions"]) == 2
    assert run.bm_unit_volumes.height == 2 * 4 * 48
    assert run.bm_unit_volumes["gsp_wh"].sum() == 4 * 48 * (10_500 + 4_200)
    assert run.exceptions.filter(code="ST-122").height == 1


def test_portfolio_without_classes_is_settled_alike_whatever_is_loaded(folder: PortfolioFolder, tmp_path: Path) -> None:
    store = load_factors(tmp_path / "store.sqlite", {("791", DAY): "1.097"})
    plain_site(folder, llfc="", export_llfc="")
    without = folder.settle(name="without")
    with_ = folder.settle(name="with", market_data=store)
    for path in sorted(without.folder.iterdir()):
        assert path.read_bytes() == (with_.folder / path.name).read_bytes(), path.name
    assert without.settled_volumes.select("gsp_wh", "nbp_wh").null_count().row(0) == (96, 96)
    assert without.exceptions.is_empty()
    assert without.manifest["market_data"] is None
    with pytest.raises(HalfhourError, match="ST-005"):
        _ = without.bm_unit_volumes


def test_classes_without_any_market_data_are_one_remark(folder: PortfolioFolder) -> None:
    run = plain_site(folder).settle()
    assert codes(run) == ["ST-124"]
    assert set(run.exceptions["severity"]) == {"info"}
    assert of_unit(run, "AI") == (10_000, None, None, "actual")


def test_user_who_names_market_data_that_are_not_there_is_refused(folder: PortfolioFolder, tmp_path: Path) -> None:
    plain_site(folder)
    with pytest.raises(HalfhourError, match="MD-018"):
        folder.settle(market_data=tmp_path / "missing.sqlite")


def test_portfolios_own_market_data_come_before_the_users(
    folder: PortfolioFolder, market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = load_factors(tmp_path / "user.sqlite", {("791", DAY): "1.100", ("797", DAY): "1.000"})
    monkeypatch.setenv("HALFHOUR_MARKET_DATA", str(users))
    portfolio = load_portfolio(plain_site(folder).path)
    assert find_market_data(portfolio) == users
    load_factors(market, {("791", DAY): "1.200", ("797", DAY): "1.000"})
    assert find_market_data(portfolio) == market
    assert find_market_data(portfolio, users) == users
    assert volumes(folder.settle(), BOUNDARY)[1] == 12_000
    assert volumes(folder.settle(name="named", market_data=users), BOUNDARY)[1] == 11_000


def test_unit_outside_the_base_trading_units_has_no_multiplier(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.000", ("797", DAY): "1.000"})
    load_multipliers(market, [DAY], "1.01", "0.99")
    files = one_site(settings=OFFTAKING)
    files["works.toml"] = files["works.toml"].replace("2__CALFA001", "T_WORKS-1")
    run = write_files(folder, files).readings(flat(DAY, 48)).settle()
    assert of_unit(run, "AI", unit="T_WORKS-1") == (10_000, 10_000, None, "actual")
    assert codes(run) == ["ST-125"]


def test_fully_settled_network_takes_its_customers_to_the_grid_supply_point_and_not_its_boundary(
    folder: PortfolioFolder, market: Path
) -> None:
    load_factors(market, {("1", DAY): "1.097"})
    text = NETWORK.replace('network = "private"', 'network = "private"\nsettlement_option = "full-settlement"')
    folder.write("estate.toml", text.replace('losses = "0.02"\n', "")).readings(
        {(BOUNDARY, "AI", DAY): [20_000] * 48, (THIRD, "AI", DAY): [10_000] * 48}
    )
    run = folder.settle()
    assert volumes(run, BOUNDARY) == (None, None, None)
    assert volumes(run, THIRD) == (10_000, 10_970, None)
    assert run.bm_unit_volumes["bm_unit"].unique().to_list() == ["2__CBRVO001"]


def test_manifest_names_what_was_used_and_nothing_else(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.097", ("797", DAY): "1.000"}, name="this-year.csv")
    load_factors(market, {("791", date(2025, 1, 15)): "1.1"}, name="next-year.csv")
    load_factors(market, {("791", DAY): "1.1"}, distributor="SEEB", name="elsewhere.csv")
    load_multipliers(market, [DAY], "1.01", "0.99")
    manifest = plain_site(folder).settle().manifest
    files = {one["path"]: one for one in manifest["inputs"]["market_data"]}
    assert list(files) == ["this-year.csv", "tlm.csv"]
    content = (market.parent / "files" / "this-year.csv").read_bytes()
    assert files["this-year.csv"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["market_data"] == "../portfolio/market-data.sqlite"
    assert manifest["counts"]["bm_unit_volumes"] == 96


def test_factor_that_a_second_load_changed_is_named_by_the_difference(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.097", ("797", DAY): "1.000"}, name="january.csv")
    before = plain_site(folder).settle(name="before")
    same = compare_runs(before, folder.settle(name="again"))
    assert same.same
    assert not same.inputs

    corrected = ["1.097"] * 10 + ["1.099"] + ["1.097"] * 37
    load_factors(market, {("791", DAY): corrected}, name="corrected.csv")
    after = folder.settle(name="after")
    found = compare_runs(before, after)
    assert not found.same
    assert found.half_hours.is_empty()
    assert found.bm_unit_periods.is_empty()
    assert [(one["what"], one["a"]) for one in found.inputs] == [("corrected.csv", "not there")]
    (row,) = found.bm_unit_volumes.to_dicts()
    assert (row["settlement_period"], row["gsp_wh_a"], row["gsp_wh_b"]) == (11, 10_970, 10_990)
    assert row["cause"] == "Line Loss Factors"


def test_run_without_detail_tells_the_same_volumes_of_bm_units(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.097", ("797", DAY): "1.003"})
    load_multipliers(market, [DAY], "1.01", "0.99")
    plain_site(folder)
    runs = [folder.settle(name=detail, detail=detail) for detail in ("all", "none", "totals")]
    assert runs[0].bm_unit_volumes.equals(runs[2].bm_unit_volumes)
    assert runs[0].settled_volumes.equals(runs[1].settled_volumes)
    assert runs[0].bm_unit_volumes["nbp_wh"].null_count() == 0


def test_explanation_shows_factor_source_and_clause_of_every_step(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.097", ("797", DAY): "0.998"}, name="january.csv")
    load_multipliers(market, [DAY], "1.0130469", "0.9892274")
    run = plain_site(folder).settle()
    made = run.explain("works", DAY, 3)
    assert [(one.line_loss_class, one.line_loss_factor, one.of) for one in made.losses] == [
        ("LOND 791", "1.097", "SF, offtaking"),
        ("LOND 797", "0.998", "SF, offtaking"),
    ]
    assert made.losses[0].transmission_loss_multiplier == "1.0130469"
    by_name = {step.name: step for step in made.loss_steps}
    step = by_name["Meter 1 AI, at the Grid Supply Point"]
    assert (step.numbers, step.value) == ("round_half_even(10000 × 1097, 1000)", 10_970)
    assert "embedded-generation 5.1" in step.clause
    assert by_name["Meter 1 AI, at the notional balancing point"].value == 11_113
    assert [(one.msid, one.gsp_wh, one.nbp_wh) for one in made.inputs] == [
        (BOUNDARY, *volumes(run, BOUNDARY, period=3)[1:]),
        (EXPORT, *volumes(run, EXPORT, period=3)[1:]),
    ]
    assert made.market_data == run.manifest["inputs"]["market_data"]
    assert made.document()["losses"][0]["line_loss_factor"] == "1.097"


def test_explanation_says_which_factor_is_not_there(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("791", DAY): "1.097"})
    made = plain_site(folder).settle().explain("works", DAY, 3)
    assert [(one.line_loss_class, one.line_loss_factor) for one in made.losses] == [
        ("LOND 791", "1.097"),
        ("LOND 797", ""),
    ]
    assert [one.name for one in made.loss_steps] == ["Meter 1 AI, at the Grid Supply Point"]
    assert [one.code for one in made.findings] == ["ST-121", "ST-122"]


def test_explanation_without_the_runs_market_data_says_so_and_explains_the_rest(
    folder: PortfolioFolder, market: Path
) -> None:
    load_factors(market, {("791", DAY): "1.097", ("797", DAY): "0.998"})
    run = plain_site(folder).settle()
    load_factors(market, {("791", DAY): "1.2"}, name="later.csv")
    made = run.explain("works", DAY, 3)
    assert [one.code for one in made.findings] == ["ST-012"]
    assert not made.loss_steps
    assert made.values["chargeable_wh"] == 10_000
    market.unlink()
    assert [one.code for one in run.explain("works", DAY, 3).findings] == ["ST-012"]


def test_asset_readings_still_come_to_the_boundary_by_the_portfolios_own_factors(
    folder: PortfolioFolder, market: Path
) -> None:
    """`line_loss_factors.csv` is by voltage and before the rule; the classes are of MSIDs and after it."""
    load_factors(market, {("791", DAY): "1.010", ("797", DAY): "1.000"})
    battery = (
        '\n[[metering]]\nname = "Battery"\nat = "storage"\nlicensed = true\nvoltage = "LV"\nimport = "7700000000013"\n'
        '\n[[declaration]]\nkind = "emr-amsid"\nmetering = ["Meter 1", "Battery"]\nby = "ALFA"\n'
    )
    files = one_site()
    files["works.toml"] += battery
    files["line_loss_factors.csv"] = (
        "gsp_group,voltage,measurement_quantity,factor\n_C,LV,AI,1.081\n_C,HV,AI,1.043\n_C,LV,AE,1.081\n_C,HV,AE,1.043\n"
    )
    readings = flat(DAY, 48, 2_000_000, 0) | {("7700000000013", "AI", DAY): [1_000_000] * 48}
    run = write_files(folder, files).readings(readings).settle("osam-1.0")
    assert run.site_periods["import_stor_wh"][0] == 1_036_433
    assert volumes(run, BOUNDARY) == (2_000_000, 2_020_000, None)
    assert volumes(run, "7700000000013") == (None, None, None)


def hashes(run: Run) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(run.folder.iterdir())}


def test_net_of_two_msids_in_one_unit_is_told_by_quantity(folder: PortfolioFolder, market: Path) -> None:
    """Import and export of a BM Unit are two volumes, each with its own losses."""
    load_factors(market, {("791", DAY): "1.100", ("797", DAY): "1.050", ("792", DAY): "1.000"})
    files = one_site()
    files["works.toml"] += TWO_IN_A_UNIT.replace('import_llfc = "792"', f'import_llfc = "792"\nexport = "{FOURTH}"')
    files["works.toml"] += 'export_llfc = "792"\n'
    readings = flat(DAY, 48) | {(THIRD, "AI", DAY): [100] * 48, (FOURTH, "AE", DAY): [(50, "E")] * 48}
    run = write_files(folder, files).readings(readings).settle()
    assert of_unit(run, "AI") == (10_100, 11_100, None, "actual")
    assert of_unit(run, "AE") == (4_050, 4_250, None, "estimated")


def test_watt_hours_that_a_customers_other_class_makes_are_told(folder: PortfolioFolder, market: Path) -> None:
    """Handbook private-networks 4: the same class is expected; a difference is shown in Wh and changes nothing."""
    days = days_from(DAY, 2)
    load_factors(market, {(llfc, day): one for llfc, one in (("1", "1.097"), ("2", "1.080")) for day in days})
    text = NETWORK.replace(f'import = "{THIRD}"\nimport_llfc = "1"', f'import = "{THIRD}"\nimport_llfc = "2"')
    folder.write("estate.toml", text).readings(
        {(BOUNDARY, "AI", day): [20_000_000] * 48 for day in days}
        | {(THIRD, "AI", day): [None, *[10_000_000] * 47] for day in days}
    )
    run = folder.settle()
    (row,) = run.exceptions.filter(code="ST-126").to_dicts()
    wh = 2 * 47 * 10_200_000 * (1097 - 1080) // 1000
    assert f"{wh:,} Wh less" in row["message"]
    assert "2024-01-15 to 2024-01-16" in row["message"]
    assert (row["msid"], row["severity"]) == (THIRD, "info")
    assert volumes(run, THIRD, period=2)[1] == 10_200_000 * 1080 // 1000
    assert codes(folder.settle(name="totals", detail="totals"), "ST-126") == ["ST-126"]


def test_customer_in_the_boundarys_class_is_not_remarked_on(folder: PortfolioFolder, market: Path) -> None:
    load_factors(market, {("1", DAY): "1.097", ("2", DAY): "1.080"})
    readings = {(BOUNDARY, "AI", DAY): [20_000] * 48, (THIRD, "AI", DAY): [10_000] * 48}
    assert not codes(folder.write("estate.toml", NETWORK).readings(readings).settle(), "ST-126")


@pytest.mark.parametrize("plain", [True, False])
def test_msid_without_a_bm_unit_has_its_volumes_and_adds_to_none(
    folder: PortfolioFolder, market: Path, plain: bool
) -> None:
    load_factors(market, {("791", DAY): "1.100", ("797", DAY): "1.050", ("792", DAY): "1.200"})
    load_multipliers(market, [DAY], "1.01", "0.99")
    files = one_site(settings=OFFTAKING)
    files["works.toml"] += TWO_IN_A_UNIT.replace('bm_unit = "2__CALFA001"\n', "")
    readings = flat(DAY, 48) | {(THIRD, "AI", DAY): [1_000] * 48}
    run = write_files(folder, files).readings(readings).settle(plain=plain)
    assert volumes(run, THIRD) == (1_000, 1_200, 1_212)
    assert of_unit(run, "AI") == (10_000, 11_000, 11_110, "actual")
