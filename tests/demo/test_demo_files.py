"""What is written: the same bytes for a seed, a register without findings, readings as the contract has them."""

from __future__ import annotations

import gzip
import re
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import halfhour.demo
from halfhour.demo import lay_out, simulate, write_demo, write_portfolio
from halfhour.demo.example import (
    CORRECTIONS_RECORDED_AT,
    OWN_FILES,
    PUBLISHED_EXAMPLE,
    RECORDED_AT,
    example_half_hours,
    figure_1_site,
)
from halfhour.demo.files import write_wide_csv
from halfhour.demo.plants import archetype, premises
from halfhour.demo.series import Series, network_energy, periods_of
from halfhour.errors import HalfhourError, codes
from halfhour.identifiers import BmUnitId, gsp_group, is_good
from halfhour.register import read_portfolio
from halfhour.register.model import Metering, Portfolio, Site
from halfhour.rules.osam_1_0 import half_hour
from halfhour.rules.source import output_names

LONG = ["msid", "measurement_quantity", "settlement_date", "settlement_period", "kwh", "status"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "halfhour-demo"
    write_demo(folder)
    return folder


@pytest.fixture(scope="module")
def portfolio(demo: Path) -> Portfolio:
    return read_portfolio(demo)[0]


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def long_csv(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, schema_overrides={"msid": pl.String}, try_parse_dates=True)


def metering(portfolio: Portfolio, site_id: str, name: str) -> Metering:
    site = portfolio.site(site_id)
    assert site is not None
    return next(each for each in site.metering if each.name == name)


def figure_1(demo: Path, portfolio: Portfolio) -> pl.DataFrame:
    """One row per half hour with the six series in Wh."""
    names = {
        metering(portfolio, "figure-1", meter).import_msid: "import_" + series
        for meter, series in (("Meter 1", "bp"), ("Meter 2", "gen"), ("Meter 3", "stor"))
    } | {
        metering(portfolio, "figure-1", meter).export_msid: "export_" + series
        for meter, series in (("Meter 1", "bp"), ("Meter 2", "gen"), ("Meter 3", "stor"))
    }
    readings = long_csv(demo / "readings" / "figure-1.csv")
    return (
        readings.with_columns(
            series=pl.col("msid").replace_strict(names), wh=(pl.col("kwh") * 1000).round().cast(pl.Int64)
        )
        .pivot("series", index=["settlement_date", "settlement_period"], values="wh")
        .sort("settlement_date", "settlement_period")
    )


def test_the_same_seed_writes_the_same_bytes_even_over_itself(demo: Path, tmp_path: Path) -> None:
    write_demo(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(demo)
    write_demo(tmp_path / "again", seed=2)
    assert contents(tmp_path / "again") != contents(demo)
    write_demo(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(demo)


def test_the_demo_claims_exactly_the_files_that_it_writes(demo: Path) -> None:
    assert set(contents(demo)) == OWN_FILES


def test_the_register_reads_the_demo_without_a_finding(demo: Path) -> None:
    portfolio, findings = read_portfolio(demo)
    assert findings == []
    assert len(portfolio.sites) == 45
    assert sum(site.id.startswith("home-") for site in portfolio.sites) == 40


def test_every_number_is_good_and_stands_once(portfolio: Portfolio) -> None:
    numbers = [(site, each, msid) for site, each, _, msid in portfolio.msids()]
    assert all(is_good(msid) for _, _, msid in numbers)
    assert Counter(msid for _, _, msid in numbers).most_common(1)[0][1] == 1
    for site, each, msid in numbers:
        assets = each.at in ("storage", "generation")
        assert msid[:2] == ("77" if assets else gsp_group(site.gsp_group).short_code)


def test_bm_units_belong_to_the_gsp_group_and_the_supplier(portfolio: Portfolio) -> None:
    for site in portfolio.sites:
        for each in site.metering:
            if each.bm_unit is not None:
                unit = BmUnitId.parse(each.bm_unit)
                assert (unit.gsp_group, unit.supplier) == (site.gsp_group, each.supplier)


def test_every_registered_series_has_readings_and_no_other_has(demo: Path, portfolio: Portfolio) -> None:
    read = set()
    for file in (demo / "readings").iterdir():
        if file.suffix == ".parquet":
            frame = pl.read_parquet(file)
        else:
            text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            frame = pl.read_csv(text, schema_overrides={"msid": pl.String}, infer_schema_length=0)
        read |= set(frame.select("msid", "measurement_quantity").unique().rows())
    assert read == {(msid, quantity) for _, _, quantity, msid in portfolio.msids()}


def test_the_published_example_is_in_the_readings(demo: Path, portfolio: Portfolio) -> None:
    at = figure_1(demo, portfolio).row(
        by_predicate=(pl.col("settlement_date") == date(2024, 1, 15)) & (pl.col("settlement_period") == 25), named=True
    )
    assert (at["import_bp"], at["export_bp"]) == (2_500_000, 300_000)
    assert (at["import_stor"], at["export_stor"]) == (1_300_000, 200_000)
    assert (at["import_gen"], at["export_gen"]) == (0, 1_800_000)


@pytest.mark.parametrize("seed", [2, 3, 11])
def test_the_published_example_is_there_whatever_the_seed(seed: int) -> None:
    days = lay_out(date(2024, 1, 14), date(2024, 1, 16))
    energy = simulate(figure_1_site().plants, days, seed, fixed=example_half_hours())
    at = {name: int(wh[0, 1, PUBLISHED_EXAMPLE.settlement_period - 1]) for name, wh in energy.items()}
    assert (at["import_bp"], at["export_bp"], at["import_stor"], at["export_stor"], at["export_gen"]) == (
        2_500_000,
        300_000,
        1_300_000,
        200_000,
        1_800_000,
    )


def test_all_five_scenarios_happen_at_figure_1_in_january(demo: Path, portfolio: Portfolio) -> None:
    quantities = ("import_bp", "export_bp", "import_stor", "export_stor", "import_gen", "export_gen")
    flows: Counter[str] = Counter()
    january = figure_1(demo, portfolio).filter(pl.col("settlement_date") >= date(2024, 1, 1))
    wanted = ("bp_to_gen", "bp_to_other", "bp_to_stor", "stor_to_bp", "stor_to_other")
    wanted += ("gen_to_other", "gen_to_stor", "gen_to_bp")
    names = output_names(half_hour)
    for row in january.select(quantities).iter_rows():
        result = dict(zip(names, half_hour(*row, 0), strict=True))
        flows.update({name: 1 for name in wanted if result[name] > 0})
    assert all(flows[name] >= 5 for name in wanted), flows


def test_the_long_day_has_fifty_readings_in_every_format(demo: Path, portfolio: Portfolio) -> None:
    long_day = date(2023, 10, 29)
    readings = demo / "readings"
    frames = [
        long_csv(readings / "figure-1.csv"),
        long_csv(readings / "gaps.csv"),
        pl.read_parquet(readings / "homes.parquet"),
    ]
    frames.append(
        pl.read_csv(
            gzip.decompress((readings / "private-network.csv.gz").read_bytes()),
            schema_overrides={"msid": pl.String},
            try_parse_dates=True,
        )
    )
    for frame in frames:
        assert frame.columns[:6] == LONG
        counts = frame.group_by("msid", "settlement_date").len()
        assert set(counts.filter(pl.col("settlement_date") == long_day)["len"]) == {50}
        assert set(counts.filter(pl.col("settlement_date") != long_day)["len"]) <= {44, 43, 48}

    wide = long_csv(readings / "stand-alone-battery.csv")
    assert wide.columns == [
        "msid",
        "measurement_quantity",
        "settlement_date",
        *(f"p{n}" for n in range(1, 51)),
        "status",
        "recorded_at",
    ]
    fifty = wide["settlement_date"] == long_day
    assert wide.filter(fifty)["p50"].null_count() == 0
    assert wide.filter(~fifty)["p49"].null_count() == wide.height - 2


def test_readings_are_whole_watt_hours(demo: Path) -> None:
    kwh = pl.read_parquet(demo / "readings" / "homes.parquet")["kwh"].to_numpy()
    assert np.array_equal(np.rint(kwh * 1000) / 1000, kwh)
    assert kwh.min() >= 0


def test_the_stand_alone_battery_moves_from_the_interim_solution_to_a_declaration(portfolio: Portfolio) -> None:
    site = portfolio.site("stand-alone-battery")
    assert site is not None
    in_force = {
        day: [d.kind for d in site.declarations if d.active(day)] for day in (date(2023, 11, 1), date(2023, 11, 2))
    }
    assert list(in_force.values()) == [["interim"], ["emr-msid"]]


def test_late_meters_read_nothing_before_they_are_there(demo: Path, portfolio: Portfolio) -> None:
    wide = long_csv(demo / "readings" / "late-meter.csv")
    first = dict(wide.group_by("msid").agg(pl.col("settlement_date").min()).rows())
    assert first[metering(portfolio, "late-meter", "Battery").import_msid] == date(2023, 12, 11)
    assert first[metering(portfolio, "late-meter", "Meter 1").import_msid] == date(2023, 10, 1)


def test_gaps_are_where_the_remarks_say_and_corrections_mend_some(demo: Path, portfolio: Portfolio) -> None:
    first, later = (long_csv(demo / "readings" / name) for name in ("gaps.csv", "corrections.csv"))
    meter, solar, battery = (metering(portfolio, "gaps", name) for name in ("Meter 1", "Solar", "Battery"))

    def on(frame: pl.DataFrame, msid: str | None, day: date) -> pl.DataFrame:
        return frame.filter((pl.col("msid") == msid) & (pl.col("settlement_date") == day))

    missing = set(range(1, 49)) - set(on(first, meter.import_msid, date(2023, 11, 20))["settlement_period"])
    assert missing == {12, 13, 14, 15}
    assert on(first, solar.export_msid, date(2023, 12, 5)).is_empty()
    assert on(later, solar.export_msid, date(2023, 12, 5)).height == 48
    for msid in (battery.import_msid, battery.export_msid):
        missing = set(range(1, 49)) - set(on(first, msid, date(2023, 12, 18))["settlement_period"])
        assert missing == {30, 31, 32, 33, 34}
    for day, corrected in ((date(2024, 1, 10), 48), (date(2024, 1, 11), 0)):
        assert set(on(first, meter.import_msid, day)["status"]) == {"E"}
        assert on(later, meter.import_msid, day).height == corrected
    assert set(later["status"]) == {"A"}
    assert later.height == 3 * 48
    assert (demo / "readings" / "corrections.csv").read_text().splitlines()[1].endswith(CORRECTIONS_RECORDED_AT)


def test_the_private_network_leaves_everyone_a_positive_share(demo: Path, portfolio: Portfolio) -> None:
    site = portfolio.site("private-network")
    assert site is not None
    text = gzip.decompress((demo / "readings" / "private-network.csv.gz").read_bytes())
    readings = pl.read_csv(text, schema_overrides={"msid": pl.String})
    wh = {
        each.name: np.rint(readings.filter(pl.col("msid") == each.import_msid)["kwh"].to_numpy() * 1000)
        for each in site.metering
    }
    inner = np.rint(wh["Unit 1a"] * 1.005 * 1.02)
    unit_1 = np.rint(wh["Unit 1"] * 1.02)
    assert (unit_1 - inner).min() > 0
    assert (wh["Meter 1"] - unit_1 - wh["Unit 2"]).min() > 0


def test_a_meter_in_a_network_reads_all_that_lies_below_it() -> None:
    site = Site(
        "s",
        "s",
        "_A",
        "HV",
        metering=(
            Metering("Head", "boundary"),
            Metering("A", "third-party"),
            Metering("B", "third-party", parent="A"),
        ),
    )
    own = np.stack([np.full((1, 50), wh, dtype=np.int32) for wh in (1_000, 2_000, 300)])
    energy = network_energy(site, own)
    assert int(energy["B"][0, 0]) == 300
    assert int(energy["A"][0, 0]) == 2_000 + 303
    assert int(energy["import_bp"][0, 0]) == 1_000 + 2_303 + 23


def test_a_folder_with_another_portfolio_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[site]\n")
    for write in (
        lambda: write_demo(tmp_path),
        lambda: write_portfolio(tmp_path, 1, 1, date(2024, 1, 1), date(2024, 1, 2), "long-csv"),
    ):
        with pytest.raises(HalfhourError) as refused:
            write()
        assert refused.value.code == "DM-002"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["mine.toml"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(HalfhourError) as refused:
        write_demo(tmp_path / "taken")
    assert refused.value.code == "DM-002"


@pytest.mark.parametrize("readings", ["long-csv", "wide-csv", "long-parquet"])
def test_a_large_portfolio_is_read_without_a_finding(tmp_path: Path, readings: str) -> None:
    write_portfolio(tmp_path, 60, 1, date(2024, 3, 30), date(2024, 4, 2), readings)  # type: ignore[arg-type]
    portfolio, findings = read_portfolio(tmp_path)
    assert findings == []
    assert len(portfolio.sites) == 60
    assert any(site.network == "private" for site in portfolio.sites)
    assert len(portfolio.reading_files) == 1
    frame = (
        pl.read_parquet(portfolio.reading_files[0])
        if readings == "long-parquet"
        else long_csv(portfolio.reading_files[0])
    )
    series = sum(1 for _ in portfolio.msids())
    assert frame.height == (series * 3 if readings == "wide-csv" else series * (48 + 46 + 48))


def test_a_site_of_a_portfolio_reads_the_same_among_few_and_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    write_portfolio(few, 7, 1, date(2024, 1, 1), date(2024, 1, 3), "long-parquet")
    monkeypatch.setattr("halfhour.demo.portfolio.SITE_DAYS_AT_A_TIME", 10)
    write_portfolio(many, 20, 1, date(2024, 1, 1), date(2024, 1, 3), "long-parquet")
    assert len(list((many / "readings").iterdir())) == 4
    of_few = pl.read_parquet(few / "readings" / "*.parquet")
    of_many = pl.read_parquet(many / "readings" / "*.parquet")
    assert of_many.head(of_few.height).equals(of_few)
    assert (many / "sites.csv").read_text().startswith((few / "sites.csv").read_text())


def test_most_sites_of_a_large_portfolio_are_businesses_with_declared_assets() -> None:
    kinds = Counter(archetype(1, number) for number in range(1, 2001))
    assert 0.75 < kinds["business"] / 2000 < 0.85
    assert set(kinds) == {"business", "home", "battery", "private-network"}
    assert {len(premises(1, number)) for number in range(60)} == {3, 4, 5}


def test_a_negative_seed_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    for write in (
        lambda: write_demo(tmp_path / "p", seed=-1),
        lambda: write_portfolio(tmp_path / "p", 1, -1, date(2024, 1, 1), date(2024, 1, 2), "long-csv"),
    ):
        with pytest.raises(HalfhourError) as refused:
            write()
        assert refused.value.code == "DM-006"
    assert not (tmp_path / "p").exists()


def test_every_code_raised_here_is_in_the_catalogue() -> None:
    source = Path(halfhour.demo.__file__).parent
    raised = {code for file in source.glob("*.py") for code in re.findall(r'"(DM-\d{3})"', file.read_text())}
    assert raised == {code for code in codes() if code.startswith("DM-")}


@pytest.mark.parametrize(("sites", "readings", "code"), [(0, "long-csv", "DM-004"), (1, "csv", "DM-005")])
def test_impossible_portfolios_are_refused_before_anything_is_written(
    tmp_path: Path, sites: int, readings: str, code: str
) -> None:
    with pytest.raises(HalfhourError) as refused:
        write_portfolio(tmp_path / "p", sites, 1, date(2024, 1, 1), date(2024, 1, 2), readings)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not (tmp_path / "p").exists()


def test_every_site_file_says_what_it_shows(demo: Path) -> None:
    for file in demo.glob("*.toml"):
        text = file.read_text()
        assert text.startswith("# ")
        assert tomllib.loads(text)["site"]["id"] == file.stem


def test_a_day_with_one_estimate_is_not_called_actual_in_the_wide_layout(tmp_path: Path) -> None:
    days = lay_out(date(2024, 1, 1), date(2024, 1, 3))
    periods = periods_of(days)
    estimated = np.zeros_like(periods)
    estimated[1, 7] = True
    series = Series("2000000000015", "AI", np.full((2, 50), 1_500, dtype=np.int32), periods, estimated)
    write_wide_csv(tmp_path / "wide.csv", [series], days)
    assert long_csv(tmp_path / "wide.csv")["status"].to_list() == ["A", "E"]
    assert long_csv(tmp_path / "wide.csv")["p48"].to_list() == [1.5, 1.5]


def test_every_reading_of_the_demo_says_when_it_became_known(demo: Path) -> None:
    for file in (demo / "readings").iterdir():
        frame = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, infer_schema_length=0)
        known = set(frame["recorded_at"])
        assert known == {CORRECTIONS_RECORDED_AT if file.name == "corrections.csv" else RECORDED_AT}
