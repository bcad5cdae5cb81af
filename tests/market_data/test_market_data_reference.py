"""Tariffs, multipliers and other dated tables: the public files, look-ups at both sides of their days, refusals."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from market_data_files import DATA, each_day, shared_data

from halfhour.calendar import settlement_periods
from halfhour.errors import HalfhourError, NotCovered
from halfhour.market_data import MarketDataStore
from halfhour.market_data.checking import check_store
from halfhour.market_data.loading import load_files
from halfhour.market_data.recognition import FileLoad
from halfhour.market_data.reference_tables import reference_tables

TODAY = date(2026, 7, 1)

FIXED = (
    "tariff_no,effective_from,effective_to,gbp_per_mwh\n1,2023-04-01,2023-09-30,13.41\n2,2023-10-01,2024-03-31,14.03\n"
)
"""The first two rows of the public file of fixed BSUoS tariffs."""


def one(loads: list[FileLoad]) -> FileLoad:
    (found,) = loads
    return found


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "market-data.sqlite"


def refused(load: FileLoad) -> str:
    assert load.state == "refused"
    return " ".join(f"{finding.code} {finding.where}: {finding.message}" for finding in load.findings)


# The public files

FILES = {
    "bmu_register_sample_2025-11.csv": ("bm_unit", 30),
    "bsuos_fixed_tariffs.csv": ("bsuos_fixed_tariff", 8),
    "bsuos_sf_halfhourly_2014-06-27_2014-09-05.csv": ("bsuos_half_hourly_price", 3_408),
    "cap_history.csv": ("credit_assessment_price", 16),
    "etlmo_2002-04_to_2026-03.csv": ("estimated_transmission_losses_adjustment", 60),
    "tlm_uniform_2013-09-25_2013-11-30.csv": ("transmission_loss_multiplier", 3_120),
    "system_price_niv_2016-06-06_2019-02-10.csv": ("system_price", 47_042),
    "system_price_niv_2024-10-24.csv": ("system_price", 48),
    "rcrc_2015-12-29_2016-03-15.csv": ("residual_cashflow_reallocation_rate", 3_744),
    "agic.csv": ("avoided_gsp_infrastructure_credit", 5),
    "eet_zonal.csv": ("embedded_export_tariff", 63),
    "generation_wider_2026-27.csv": ("tnuos_generation_wider_tariff", 27),
    "hh_demand_final_2020-21_to_2026-27.csv": ("tnuos_hh_demand_tariff", 98),
    "hh_tariff_history_2007-08_to_2019-20.csv": ("tnuos_hh_demand_tariff", 44),
    "tdr_band_thresholds.csv": ("transmission_demand_residual_band", 40),
    "tdr_final_2023-24_to_2026-27.csv": ("transmission_demand_residual", 88),
    "daily_peaks_2022-23.csv": ("daily_peak_demand", 120),
    "daily_peaks_2023-24.csv": ("daily_peak_demand", 121),
    "triads_2005-06_to_2023-24.csv": ("triad", 57),
}
FOLDERS = ("bmu", "bsuos", "credit", "losses", "prices", "rcrc", "tnuos", "triads")


class TestPublicFiles:
    """Every table of the public collection, loaded once."""

    pytestmark = shared_data

    @pytest.fixture(scope="class")
    @staticmethod
    def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[FileLoad]]:
        path = tmp_path_factory.mktemp("public") / "market-data.sqlite"
        return path, load_files([DATA / folder for folder in FOLDERS], store=path)

    @pytest.fixture(scope="class")
    @staticmethod
    def opened(loaded: tuple[Path, list[FileLoad]]) -> Iterator[MarketDataStore]:
        with MarketDataStore.open(loaded[0]) as found:
            yield found

    def test_every_file_is_told_by_its_header_and_loaded_whole(self, loaded: tuple[Path, list[FileLoad]]) -> None:
        assert {load.path.name: (load.table, load.rows) for load in loaded[1]} == FILES
        assert {load.state for load in loaded[1]} == {"loaded"}
        assert set(reference_tables()) == {load.table for load in loaded[1]}

    def test_loading_again_changes_no_byte(self, loaded: tuple[Path, list[FileLoad]]) -> None:
        before = loaded[0].read_bytes()
        again = load_files([DATA / folder for folder in FOLDERS], store=loaded[0])
        assert {load.state for load in again} == {"already loaded"}
        assert loaded[0].read_bytes() == before

    def test_store_agrees_with_itself(self, opened: MarketDataStore) -> None:
        assert check_store(opened, TODAY) == []

    @pytest.mark.parametrize(
        ("day", "value"),
        [
            (date(2023, 4, 1), "13.41"),
            (date(2023, 9, 30), "13.41"),
            (date(2023, 10, 1), "14.03"),
            (date(2027, 3, 31), "12.49"),
        ],
    )
    def test_fixed_tariff_holds_to_its_last_day(self, opened: MarketDataStore, day: date, value: str) -> None:
        assert str(opened.tariff("bsuos_fixed_tariff", day)["gbp_per_mwh"]) == value

    @pytest.mark.parametrize("day", [date(2023, 3, 31), date(2027, 4, 1)])
    def test_day_outside_every_tariff_is_refused_with_what_is_held(self, opened: MarketDataStore, day: date) -> None:
        with pytest.raises(NotCovered) as caught:
            opened.tariff("bsuos_fixed_tariff", day)
        assert (caught.value.code, caught.value.exit_code) == ("MD-001", 3)
        assert caught.value.message == (
            f"No BSUoS fixed tariff is held for {day}; held nearest: 2023-04-01 to 2027-03-31."
        )

    def test_demand_tariffs_of_both_files_are_one_table(self, opened: MarketDataStore) -> None:
        southern = [
            opened.tariff("tnuos_hh_demand_tariff", day, gsp_group="_H")["hh_tariff_gbp_per_kw"]
            for day in (date(2010, 11, 30), date(2010, 12, 1), date(2020, 3, 31), date(2020, 4, 1), date(2026, 4, 1))
        ]
        with (DATA / "tnuos" / "hh_tariff_history_2007-08_to_2019-20.csv").open(encoding="utf-8") as lines:
            history = {
                (row["gsp_group"], row["effective_from"]): row["hh_tariff_gbp_per_kw"] for row in csv.DictReader(lines)
            }
        with (DATA / "tnuos" / "hh_demand_final_2020-21_to_2026-27.csv").open(encoding="utf-8") as lines:
            final = {
                (row["gsp_group"], row["charging_year"]): row["hh_tariff_gbp_per_kw"] for row in csv.DictReader(lines)
            }
        assert list(map(str, southern)) == [
            history["_H", "2010-04-01"],
            history["_H", "2010-12-01"],
            history["_H", "2019-04-01"],
            final["_H", "2020/21"],
            final["_H", "2026/27"],
        ]
        with pytest.raises(NotCovered, match="with gsp_group _K; held nearest: 2020-04-01 to 2027-03-31"):
            opened.tariff("tnuos_hh_demand_tariff", date(2019, 4, 1), gsp_group="_K")
        with pytest.raises(HalfhourError, match=r"MD-027.*14 rows.*Name zone_no"):
            opened.tariff("tnuos_hh_demand_tariff", date(2026, 4, 1))

    def test_what_was_not_published_is_none_and_never_zero(self, opened: MarketDataStore) -> None:
        row = opened.tariff("embedded_export_tariff", date(2018, 4, 1), gsp_group="_E")
        assert (row["eet_published_gbp_per_kw"], row["agic_gbp_per_kw"]) == (Decimal("33.850566"), None)
        with pytest.raises(NotCovered, match="2020-04-01 to 2023-03-31 and 2025-04-01 to 2027-03-31"):
            opened.tariff("avoided_gsp_infrastructure_credit", date(2024, 6, 1))

    def test_residual_bands_change_with_the_charging_year(self, opened: MarketDataStore) -> None:
        limits = [
            opened.tariff("transmission_demand_residual_band", day, band="LV1")
            for day in (date(2026, 3, 31), date(2026, 4, 1), date(2040, 1, 1))
        ]
        assert [row["valid_to"] for row in limits] == [date(2026, 4, 1), None, None]
        assert (limits[0]["lower_exclusive"], limits[0]["upper_inclusive"]) == (None, Decimal(80))
        assert opened.tariff("transmission_demand_residual", date(2024, 3, 31), band="Domestic")["tariff"] == Decimal(
            "0.119264"
        )

    def test_adjustments_end_with_their_record(self, opened: MarketDataStore) -> None:
        assert opened.etlmo(date(2002, 4, 1))["etlmo_delivering"] == Decimal("-0.00792")
        assert opened.etlmo(date(2026, 3, 31))["valid_to"] == date(2026, 4, 1)
        for day in (date(2002, 3, 31), date(2026, 4, 1)):
            with pytest.raises(NotCovered, match="MD-001"):
                opened.etlmo(day)

    def test_triads_of_a_year_are_three_rows(self, opened: MarketDataStore) -> None:
        rows = opened.reference_rows("triad", date(2023, 12, 1))
        assert [row["listed_order"] for row in rows] == [1, 2, 3]
        assert all(date(2023, 11, 1) <= row["settlement_date"] <= date(2024, 2, 29) for row in rows)

    def test_figures_that_have_no_dates_take_them_from_the_files_name(self, opened: MarketDataStore) -> None:
        row = opened.tariff("tnuos_generation_wider_tariff", date(2027, 3, 31), zone_no=1)
        assert (row["system_peak_gbp_per_kw"], row["valid_from"]) == (Decimal("3.62806"), date(2026, 4, 1))
        unit = opened.reference("bm_unit", date(2025, 11, 30), elexon_bmu_id="E_ABERDARE")
        assert (unit["fpn_flag"], unit["gsp_group"], unit["valid_to"]) == (True, "_K", date(2025, 12, 1))
        with pytest.raises(NotCovered):
            opened.reference("bm_unit", date(2025, 12, 1), elexon_bmu_id="E_ABERDARE")

    def test_half_hours_are_found_with_their_run_and_in_no_other(self, opened: MarketDataStore) -> None:
        row = opened.reference("bsuos_half_hourly_price", date(2014, 6, 27), run="SF", settlement_period=1)
        assert (row["price_gbp_per_mwh"], row["quality"]) == (Decimal("0.68391"), "ok")
        assert {
            row["quality"] for row in opened.reference_rows("bsuos_half_hourly_price", date(2014, 7, 19), run="SF")
        } == {"suspect"}
        with pytest.raises(NotCovered, match="with run RF, settlement_period 1"):
            opened.reference("bsuos_half_hourly_price", date(2014, 6, 27), run="RF", settlement_period=1)
        rate = opened.reference(
            "residual_cashflow_reallocation_rate", date(2015, 12, 29), run="R1", settlement_period=1
        )
        assert str(rate["rcrc_gbp_per_mwh"]) == "-0.5280786693483267"  # the digits as published
        long_day = opened.reference_rows("system_price", date(2016, 10, 30))
        assert [row["settlement_period"] for row in long_day] == list(range(1, 51))

    def test_multipliers_are_held_for_every_group_alike_and_on_their_days_only(self, opened: MarketDataStore) -> None:
        start, end = date(2013, 10, 24), date(2013, 10, 30)
        with (DATA / "losses" / "tlm_uniform_2013-09-25_2013-11-30.csv").open(encoding="utf-8") as lines:
            published = {(row["settlement_date"], int(row["settlement_period"])): row for row in csv.DictReader(lines)}
        found = opened.transmission_loss_multipliers("_A", "DF", start, end)
        assert found.offtaking.shape == found.delivering.shape == (6, 50)
        for at, day in enumerate(each_day(start, 6)):
            for period in range(1, 51):
                row = published.get((day.isoformat(), period))
                names = ("tlm_offtaking", "tlm_delivering")
                expected = [round(float(row[name]) * 10**7) if row else 0 for name in names]
                assert [found.offtaking[at, period - 1], found.delivering[at, period - 1]] == expected
        assert (found.offtaking > 0).any(axis=1).tolist() == [True, True, False, False, True, True]
        other = opened.transmission_loss_multipliers("_P", "DF", start, end)
        assert (other.offtaking == found.offtaking).all()
        assert not opened.transmission_loss_multipliers("_A", "SF", start, end).offtaking.any()


# Files written here


def test_table_may_lack_columns_that_are_optional_and_no_other(tmp_path: Path, store: Path) -> None:
    header = "settlement_date,settlement_period,run,tlm_offtaking,tlm_delivering"
    row = "2026-04-01,1,SF,1.0096395,0.9915212"
    assert one(load_files([write(tmp_path / "tlm.csv", f"{header}\n{row}\n")], store=store)).state == "loaded"
    lacking = write(tmp_path / "less.csv", f"{header.removesuffix(',tlm_delivering')}\n{row.rsplit(',', 1)[0]}\n")
    assert "most like 'transmission_loss_multiplier', but lacks tlm_delivering" in refused(
        one(load_files([lacking], store=store))
    )
    more = write(tmp_path / "more.csv", f"{header},colour\n{row},red\n")
    assert "has colour too much" in refused(one(load_files([more], store=store)))


def test_columns_may_stand_in_any_order(tmp_path: Path, store: Path) -> None:
    path = write(tmp_path / "turned.csv", "gbp_per_mwh,effective_to,tariff_no,effective_from\n13.41,,1,2023-04-01\n")
    assert one(load_files([path], store=store)).last_day is None
    with MarketDataStore.open(store) as opened:
        row = opened.reference("bsuos_fixed_tariff", date(2090, 1, 1))
        assert (row["gbp_per_mwh"], row["valid_to"], row["file"]) == (Decimal("13.41"), None, "turned.csv")


def test_multiplier_of_a_group_answers_before_the_uniform_one(tmp_path: Path, store: Path) -> None:
    header = "settlement_date,settlement_period,run,gsp_group,tlm_offtaking,tlm_delivering\n"
    zonal = write(tmp_path / "zonal.csv", header + "2026-04-01,1,SF,_A,1.02,0.99\n")
    uniform = write(tmp_path / "uniform.csv", header + "2026-04-01,1,SF,,1.01,0.98\n2026-04-01,2,SF,,1.01,0.98\n")
    load_files([zonal], store=store)
    load_files([uniform], store=store)  # loaded later, and yet of all groups only
    with MarketDataStore.open(store) as opened:
        day = date(2026, 4, 1), date(2026, 4, 2)
        found = {group: opened.transmission_loss_multipliers(group, "SF", *day) for group in ("_A", "_B")}
        assert found["_A"].offtaking[0, :3].tolist() == [10_200_000, 10_100_000, 0]
        assert found["_B"].offtaking[0, :3].tolist() == [10_100_000, 10_100_000, 0]
        assert found["_A"].delivering[0, :3].tolist() == [9_900_000, 9_800_000, 0]
        warnings = check_store(opened, TODAY)
        assert [finding.code for finding in warnings] == ["MD-029", "MD-029"]  # not every half hour of the day


def test_later_file_answers_for_its_days_and_the_earlier_for_the_rest(tmp_path: Path, store: Path) -> None:
    load_files([write(tmp_path / "first.csv", FIXED)], store=store)
    later = FIXED.splitlines()[0] + "\n1,2023-04-01,2023-04-30,10.00\n9,2023-10-01,2023-12-31,9.99\n"
    load = one(load_files([write(tmp_path / "second.csv", later)], store=store))
    assert (load.new, load.changed, load.same) == (0, 2, 0)
    with MarketDataStore.open(store) as opened:
        found = {
            day: str(opened.tariff("bsuos_fixed_tariff", day)["gbp_per_mwh"])
            for day in (date(2023, 4, 30), date(2023, 5, 1), date(2023, 12, 31), date(2024, 1, 1))
        }
        assert list(found.values()) == ["10.00", "13.41", "9.99", "14.03"]
        assert [load.file for load in opened.loads()] == ["first.csv", "second.csv"]
        assert check_store(opened, TODAY) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FIXED.replace("2023-09-30", "2023-10-01"), "MD-005 x.csv:3: BSUoS fixed tariff holds from 2023-10-01 while"),
        (FIXED.replace("2023-10-01", "2023-04-01"), "MD-005"),
        (FIXED.replace("14.03", "14,03"), "MD-004 x.csv:3: It has 5 values; the header has 4"),
        (FIXED.replace("14.03", ""), "gbp_per_mwh is empty"),
        (FIXED.replace("14.03", "1e999"), "is not a number"),
        (FIXED.replace("14.03", "NaN"), "is not a number"),
        (FIXED.replace("2023-10-01", "2023-W40-7"), "is not a date written YYYY-MM-DD"),
        (FIXED.replace("2024-03-31", "2024-02-30"), "is no date"),
        (FIXED.replace("2,2023", "two,2023"), "is not a whole number"),
        (FIXED.splitlines()[0], "There is no row"),
        ("charging_year,agic_gbp_per_kw,basis,decimals\n2026/28,1,x,2\n", "is not a charging year"),
        ("charging_year,agic_gbp_per_kw,basis,decimals\n9999/00,1,x,2\n", "out of range"),
        (
            "settlement_date,settlement_period,run,rcrc_gbp_per_mwh\n2027-03-28,47,SF,1\n",
            "2027-03-28 has Settlement Periods 1 to 46, not 47",
        ),
        ("settlement_date,settlement_period,run,rcrc_gbp_per_mwh\n1971-01-01,1,SF,1\n", "outside the days"),
        (
            "settlement_date,settlement_period,run,tlm_offtaking,tlm_delivering\n2026-04-01,1,SF,1.00000001,1\n",
            "at most 7 decimals",
        ),
        (
            "settlement_date,settlement_period,run,tlm_offtaking,tlm_delivering\n2026-04-01,1,SF,0.000,1\n",
            "not a factor above zero",
        ),
    ],
)
def test_unusable_row_refuses_the_whole_file(tmp_path: Path, store: Path, text: str, expected: str) -> None:
    assert expected in refused(one(load_files([write(tmp_path / "x.csv", text)], store=store)))
    assert not store.exists()


def test_figures_without_dates_in_a_file_without_them_in_its_name_are_refused(tmp_path: Path, store: Path) -> None:
    columns = [column.name for column in reference_tables()["tnuos_generation_wider_tariff"].columns]
    row = ["1", "North Scotland", *["1.5"] * (len(columns) - 2)]
    text = f"{','.join(columns)}\n{','.join(row)}\n"
    for name in ("wider.csv", "wider_2026-28.csv", "wider_9999-00.csv", "wider_0000-01.csv"):
        assert "does not end with their charging year" in refused(
            one(load_files([write(tmp_path / name, text)], store=store))
        )
    assert one(load_files([write(tmp_path / "wider_2026-27.csv", text)], store=store)).first_day == date(2026, 4, 1)


# A model: of the rows that hold on a day, that of the last file


@st.composite
def tariffs(draw: st.DrawFn) -> list[tuple[date, date, str]]:
    edges = sorted(draw(st.sets(st.integers(0, 30), min_size=2, max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    price = st.sampled_from(["1.00", "2.5", "-3"])
    first = date(2024, 1, 1)
    return [(first + timedelta(start), first + timedelta(end - 1), draw(price)) for start, end in pairs]


@settings(max_examples=40, deadline=None)
@given(st.lists(tariffs(), min_size=1, max_size=4))
def test_look_up_answers_as_the_files_in_their_order_would(
    tmp_path_factory: pytest.TempPathFactory, given_files: list[list[tuple[date, date, str]]]
) -> None:
    folder = tmp_path_factory.mktemp("model")
    store = folder / "store.sqlite"
    model: dict[date, str] = {}
    seen: list[Any] = []
    for number, rows in enumerate(given_files):
        lines = [f"{at},{start},{end},{price}" for at, (start, end, price) in enumerate(rows, start=1)]
        path = write(folder / f"{number}.csv", "\n".join([FIXED.splitlines()[0], *lines, ""]))
        load = one(load_files([path], store=store))
        assert load.state == ("already loaded" if rows in seen else "loaded")
        if rows not in seen:
            seen.append(rows)
            for start, end, price in rows:
                model |= dict.fromkeys(each_day(start, (end - start).days + 1), price)
    with MarketDataStore.open(store) as opened:
        for day in each_day(date(2023, 12, 31), 33):
            if day in model:
                assert str(opened.tariff("bsuos_fixed_tariff", day)["gbp_per_mwh"]) == model[day]
            else:
                with pytest.raises(NotCovered):
                    opened.tariff("bsuos_fixed_tariff", day)
        held = {
            day
            for start, end in opened.reference_days("bsuos_fixed_tariff")
            for day in each_day(start, (end - start).days)
        }
        assert held == model.keys()


def test_settlement_periods_of_the_calendar_bound_every_half_hour(tmp_path: Path, store: Path) -> None:
    header = "settlement_date,settlement_period,run,rcrc_gbp_per_mwh\n"
    days = (date(2026, 10, 25), date(2027, 3, 28), date(2026, 4, 1))
    rows = [f"{day},{period},SF,0.5" for day in days for period in range(1, settlement_periods(day) + 1)]
    load = one(load_files([write(tmp_path / "rcrc.csv", header + "\n".join(rows))], store=store))
    assert (load.state, load.rows) == ("loaded", 50 + 46 + 48)
    with MarketDataStore.open(store) as opened:
        assert check_store(opened, TODAY) == []
