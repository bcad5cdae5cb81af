"""Reference data of embedded generation: source and standing on every value, every public value held as published."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise

import pytest
from embedded_vectors import DATA, D, table

from halfhour.errors import Refused
from halfhour.market_data import embedded
from halfhour.market_data.embedded import (
    BadInput,
    Rate,
    charging_year_days,
    charging_year_of,
    decimal_of,
    held,
    held_text,
    items,
    parameters,
    require_period,
    rows,
    rule_era,
    rule_eras,
    weakest,
    weakest_mark,
    winter_of,
    years_and_zones,
    zone,
    zones,
)
from halfhour.market_data.embedded.tables import read_rows

FOLDER = files(embedded.__name__).joinpath("data")
TABLES = sorted(file.name.removesuffix(".csv") for file in FOLDER.iterdir() if file.name.endswith(".csv"))
COMPONENTS = ("tnuos", "losses", "bsuos", "imbalance")


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_a_source_and_a_standing(name):
    found = rows(name)
    assert found
    for row in found:
        assert row.source.strip()
        assert row.mark in embedded.MARKS
        assert row.effective_to is None or row.effective_from is None or row.effective_from < row.effective_to


@pytest.mark.parametrize("item", items())
def test_a_rate_carries_source_standing_and_dates(item):
    for rate in held(item):
        assert rate.source
        assert rate.mark in embedded.MARKS
        assert rate.effective_from is not None
        assert isinstance(rate.value, Decimal)
        assert rate.holds(rate.effective_from)
        assert rate.effective_to is not None
        assert not rate.holds(rate.effective_to)


def test_the_readme_names_every_file_and_the_attributions():
    readme = FOLDER.joinpath("README.md").read_text(encoding="utf-8")
    assert {name for name in TABLES if f"`{name}.csv`" not in readme} == set()
    assert "Supported by National Energy SO Open Data" in readme
    assert "Contains BMRS data © Elexon Limited copyright and database right" in readme


def test_zones_are_the_fourteen_gsp_groups_with_the_area_usual_there():
    assert [each.number for each in zones()] == list(range(1, 15))
    assert {each.gsp_group for each in zones()} == {f"_{letter}" for letter in "ABCDEFGHJKLMNP"}
    assert [each.default_area for each in zones()] == ["SHETL", "SPT", *["NGET"] * 12]
    assert zone("_L") == zone(14) == zone(zone(14))
    assert str(zone(9)) == "zone 9 (_A)"
    for wrong in (0, 15, "_I", "L", True, None):
        with pytest.raises(BadInput, match="BAD_ZONE"):
            zone(wrong)


def test_a_charging_year_is_april_to_march_and_its_winter_november_to_february():
    assert charging_year_of(date(2026, 3, 31)) == "2025/26"
    assert charging_year_of(date(2026, 4, 1)) == "2026/27"
    assert charging_year_days("1999/00") == (date(1999, 4, 1), date(2000, 4, 1))
    assert winter_of("2023/24") == (date(2023, 11, 1), date(2024, 3, 1))
    for wrong in ("2026/28", "2026-27", "26/27", "2026/2027", 2026, "", None):
        with pytest.raises(BadInput, match="BAD_CHARGING_YEAR"):
            charging_year_days(wrong)


@pytest.mark.parametrize("component", COMPONENTS)
def test_exactly_one_rule_of_a_component_holds_on_any_day(component):
    eras = rule_eras(component)
    assert eras[0].effective_from is None
    assert eras[-1].effective_to is None
    for before, after in pairwise(eras):
        assert before.effective_to == after.effective_from
        assert rule_era(component, after.effective_from) == after
        assert rule_era(component, after.effective_from - timedelta(days=1)) == before


def test_the_rules_change_on_the_days_of_the_handbook():
    changes = {component: [era.effective_from for era in rule_eras(component)[1:]] for component in COMPONENTS}
    assert changes == {
        "tnuos": [date(2018, 4, 1), date(2020, 4, 1), date(2023, 4, 1)],
        "losses": [date(2018, 4, 1)],
        "bsuos": [date(2021, 4, 1), date(2023, 4, 1)],
        "imbalance": [date(2015, 11, 5)],
    }
    assert {name: each.text for name, each in parameters().items()} == {
        "alpha": "0.45",
        "interconnectors_at_one": "2012-11-29",
        "zonal_loss_factors": "2018-04-01",
        "interconnectors_out_of_rcrc": "2013-06-27",
        "triad_days_apart": "11",
        "generation_tnuos_threshold": "100",
        "note_v8_tnuos_last_day": "2018-03-31",
        "note_v8_losses_last_day": "2018-03-31",
        "note_v8_bsuos_last_day": "2021-03-31",
    }


def test_what_is_held_reads_as_the_handbook_writes_it():
    assert held_text({}) == "nothing"
    assert held_text({"2018/19": {8, 9}, "2019/20": {8, 9}, "2020/21": range(1, 15), "2022/23": {3}}) == (
        "2018/19-2019/20 zones 8, 9; 2020/21; 2022/23 zone 3"
    )
    assert held_text(years_and_zones("hh_demand_tariff")) == (
        "2007/08-2017/18 zones 8, 13, 14; 2018/19-2019/20 zones 8, 9, 13, 14; 2020/21-2026/27"
    )


def test_an_unknown_item_is_refused_with_the_nearest_name():
    with pytest.raises(BadInput, match="hh_demand_tariff"):
        held("hh_demand_tarif")


def test_the_weakest_part_decides_over_the_whole():
    assert weakest([]) == "actual"
    assert weakest(["actual", "supplied", "estimate"]) == "supplied"
    assert weakest(["provisional", "actual"]) == "provisional"
    assert weakest_mark(["doc", "secondary", "data"]) == "secondary"
    assert str(Rate("x", D("-0.01687"), "£/MWh", "s", "doc")) == "-0.01687 £/MWh"


@pytest.mark.parametrize("wrong", [0.45, "0.45", True, None, D("NaN"), D("Infinity")])
def test_a_number_that_may_not_be_what_was_meant_is_refused(wrong):
    with pytest.raises(BadInput, match="BAD_INPUT"):
        decimal_of(wrong, "A price")


@pytest.mark.parametrize(("day", "last"), [(date(2025, 12, 15), 48), (date(2025, 10, 26), 50), (date(2026, 3, 29), 46)])
def test_a_period_that_the_day_has_not_is_refused(day, last):
    require_period(day, last)
    for wrong in (0, last + 1, -1):
        with pytest.raises(BadInput, match="BAD_PERIOD") as error:
            require_period(day, wrong)
        assert error.value.code == "EB-121"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("2026/27,1.5,,doc", "no source"),
        ("2026/27,1.5,NESO,sure", "mark 'sure'"),
        ("2026/27,1.5,NESO", "one cell per column"),
        ("2026/28,1.5,NESO,doc", "not a charging year"),
        ("2026/27,one,NESO,doc", "not a number"),
    ],
)
def test_a_row_without_source_standing_or_sense_is_refused(tmp_path, line, problem):
    file = tmp_path / "tariffs.csv"
    file.write_text(f"charging_year,value_gbp,source,mark\n{line}\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"tariffs\.csv:2") as error:
        read_rows(file)
    assert re.search(problem, error.value.findings[0].message)


# Against the public files: every value is held as it was published, and nothing else is.

PAIRS = [
    (
        "hh_demand_tariffs",
        ("charging_year", "zone", "hh_tariff_gbp_per_kw", "peak_gbp_per_kw", "year_round_gbp_per_kw"),
        [
            ("tnuos/hh_demand_final_2020-21_to_2026-27.csv",
             ("charging_year", "zone_no", "hh_tariff_gbp_per_kw", "peak_gbp_per_kw", "year_round_gbp_per_kw")),
            ("tnuos/hh_tariff_history_2007-08_to_2019-20.csv",
             ("charging_year", "zone_no", "hh_tariff_gbp_per_kw", None, None)),
        ],
    ),
    (
        "embedded_export_tariffs",
        ("charging_year", "zone", "embedded_export_tariff_gbp_per_kw"),
        [("tnuos/eet_zonal.csv", ("charging_year", "zone_no", "eet_published_gbp_per_kw"))],
    ),
    (
        "avoided_gsp_infrastructure_credit",
        ("charging_year", "agic_gbp_per_kw", "decimals"),
        [("tnuos/agic.csv", ("charging_year", "agic_gbp_per_kw", "decimals"))],
    ),
    (
        "demand_residual_tariffs",
        ("charging_year", "band", "tariff"),
        [("tnuos/tdr_final_2023-24_to_2026-27.csv", ("charging_year", "band", "tariff"))],
    ),
    (
        "demand_residual_bands",
        ("band", "effective_from", "last_day", "above", "up_to"),
        [("tnuos/tdr_band_thresholds.csv",
          ("band", "effective_from", "effective_to", "lower_exclusive", "upper_inclusive"))],
    ),
    (
        "generation_wider_tariffs",
        ("generation_zone", "peak_gbp_per_kw", "shared_gbp_per_kw", "not_shared_gbp_per_kw", "adjustment_gbp_per_kw"),
        [("tnuos/generation_wider_2026-27.csv",
          ("zone_no", "system_peak_gbp_per_kw", "year_round_shared_gbp_per_kw", "year_round_not_shared_gbp_per_kw",
           "adjustment_gbp_per_kw"))],
    ),
    (
        "bsuos_fixed_tariffs",
        ("effective_from", "last_day", "fixed_tariff_gbp_per_mwh"),
        [("bsuos/bsuos_fixed_tariffs.csv", ("effective_from", "effective_to", "gbp_per_mwh"))],
    ),
    (
        "estimated_loss_adjustments",
        ("effective_from", "last_day", "etlmo_delivering", "etlmo_offtaking"),
        [("losses/etlmo_2002-04_to_2026-03.csv",
          ("effective_from", "effective_to", "etlmo_delivering", "etlmo_offtaking"))],
    ),
    (
        "triads",
        ("charging_year", "settlement_date", "settlement_period", "net_system_demand_mw", "listed_order"),
        [("triads/triads_2005-06_to_2023-24.csv",
          ("charging_year", "settlement_date", "settlement_period", "net_system_demand_mw", "listed_order"))],
    ),
]  # fmt: skip


def as_published(cell: str) -> str:
    """A cell, so that 23.77056 and 23.770560 are the same number."""
    try:
        return str(D(cell).normalize())
    except ArithmeticError:
        return cell


@pytest.mark.shared_data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"the shared data are not at {DATA}")
@pytest.mark.parametrize(("name", "columns", "public"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_every_public_value_is_held_and_nothing_else(name, columns, public):
    ours = [tuple(as_published(row[column]) for column in columns) for row in rows(name)]
    theirs = [
        tuple(as_published(row[column]) if column else "" for column in their_columns)
        for file, their_columns in public
        for row in table(file)
    ]
    if name == "embedded_export_tariffs":  # what was not published is computed, not held
        theirs = [cells for cells in theirs if cells[-1]]
    assert sorted(ours) == sorted(theirs)


def test_no_data_file_is_a_copy_of_a_public_file():
    for name in TABLES:
        with FOLDER.joinpath(f"{name}.csv").open(encoding="utf-8") as lines:
            assert {"source", "mark"} <= set(next(csv.reader(lines)))
