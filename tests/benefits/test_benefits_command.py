"""`halfhour benefits`: what it prints, writes and leaves behind, for one plant and for a folder; and its page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from benefits_cases import SMALL

from halfhour.charges.benefits import Market
from halfhour.charges.benefits.fleet import compare_fleet, compare_years, read_plant_folder
from halfhour.charges.benefits.reading import read_readings
from halfhour.charges.benefits.terms import read_terms
from halfhour.cli.commands.benefits import benefits
from halfhour.errors import HalfhourError
from halfhour.plant import read_plant

TERMS = """
[market]
base_tu_delivering = false
tlf = 0.02
tlmo_off = 0.011
tlmo_del = -0.017
reference_price = 80
rcrc_rate = 0.03

[triads]
"2026/27" = ["2026-12-03 35", "2027-01-12 SP 35", "2027-02-09 36"]

[credit]
secalf = 0.21
gc_mw = 49
"""
HOURS = """settlement_date,settlement_period,export_mwh,llf_export
2026-12-03,35,9.0,1
2027-01-12,35,8.0,1
2027-02-09,36,10.0,1
"""
HOSTILE = '</style><script>window.hacked = 1</script><img src=x onerror=hacked=1> & "quoted"'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shares = SMALL.replace("losses = 0.80", "losses = 0.80\nrcrc = 0.80").replace(
        "losses = 0.90", "losses = 0.90\nrcrc = 0.9"
    )
    (tmp_path / "plant.toml").write_text(shares, encoding="utf-8")
    (tmp_path / "hours.csv").write_text(HOURS, encoding="utf-8")
    (tmp_path / "terms.toml").write_text(TERMS, encoding="utf-8")
    return tmp_path


def run(folder: Path, *, terms: bool = True, **how: Any) -> int:
    named = {"terms": folder / "terms.toml"} if terms else {}
    return benefits(folder / "plant.toml", folder / "hours.csv", **named, **how)


def test_routes_stand_side_by_side_with_what_they_rest_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder) == 0
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if "OWN_RIGHT" in line)
    assert line.split()[-5:] == ["310,984.44", "310,984.44", "30,000.00", "280,984.44", "2"]
    assert "17.2736 £/kW" in out
    assert "R18_ROUTE_CLASS" in out


def test_json_is_one_document_with_exact_money_as_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, json=True) == 0
    (made,) = json.loads(capsys.readouterr().out)["comparisons"]
    own = next(route for route in made["routes"] if route["route"] == "OWN_RIGHT")
    assert own["gross_gbp"] == own["owner_gbp"]
    assert own["gross_gbp"].rstrip("0") == "310984.44489"
    assert own["lines"][0]["rate"] == "17.273600"
    sva = next(route for route in made["routes"] if route["route"] == "SVA_SUPPLIER")
    assert sva["credit_effect"].startswith("CAQCE +5.145 MWh")
    assert made["missing"] == []


def test_without_a_market_nothing_has_a_total_and_the_exit_code_is_3(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, terms=False) == 3
    said = capsys.readouterr().err
    assert "EB-104: MISSING_TRIADS" in said
    assert "EB-301: MISSING_INPUT" in said
    assert said.count("next:") == 3


def test_tables_and_page_are_written_and_say_the_same_twice(folder: Path) -> None:
    assert run(folder, out=folder / "one", half_hours=True) == 0
    assert run(folder, out=folder / "two", half_hours=True) == 0
    for name in ("benefit_year.csv", "route_summary.csv", "report.html", "benefit_half_hour.parquet"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()
    summary = pl.read_csv(folder / "one" / "route_summary.csv", infer_schema=False)
    assert summary.filter(route="OWN_RIGHT")["gross_gbp"].to_list() == ["310984.44489"]
    table = pl.read_parquet(folder / "one" / "benefit_half_hour.parquet")
    assert table.columns == [
        *("route", "component", "settlement_date", "settlement_period", "quantity", "quantity_unit", "rate"),
        *("rate_unit", "amount_gbp", "recipient", "status", "rule_id", "mark"),
    ]
    assert table.filter(route="OWN_RIGHT", component="tnuos").height == 3


def test_page_needs_no_network_and_a_name_is_only_text(folder: Path) -> None:
    text = (folder / "plant.toml").read_text(encoding="utf-8")
    named = text.replace('id = "mill-race"', f"id = \"mill-race\"\nname = '''{HOSTILE}'''")
    (folder / "plant.toml").write_text(named, encoding="utf-8")
    assert run(folder, out=folder / "out") == 0
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r"(src|href)=[\"'](?!#)", page)
    assert "£310,984.44" in page
    assert "−£0.84" in page


def test_folder_of_plants_gives_each_what_it_gets_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "plants").mkdir()
    lines = ["plant," + HOURS.splitlines()[0]]
    text = (folder / "plant.toml").read_text(encoding="utf-8")
    for number, group in enumerate(("_L", "_H", "_E")):
        own = text.replace("mill-race", f"plant-{number}").replace('"_L"', f'"{group}"')
        (folder / "plants" / f"{number}.toml").write_text(own, encoding="utf-8")
        lines += [f"plant-{number}," + line for line in HOURS.splitlines()[1:]]
    (folder / "all.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pl.read_csv(folder / "all.csv", infer_schema=False).write_parquet(folder / "all.parquet")
    plants = read_plant_folder(folder / "plants")
    for name in ("all.csv", "all.parquet"):
        market = read_terms(folder / "terms.toml").into(Market())
        fleet = compare_fleet(plants, folder / name, market)
        assert (fleet.plants, fleet.half_hours) == (3, 9)
        for plant_id, plant in plants.items():
            (alone,) = compare_years(plant, read_readings(folder / "hours.csv").half_hours, market)
            assert fleet.route_summary.filter(plant=plant_id).drop("plant").equals(alone.route_summary)
            assert fleet.benefit_year.filter(plant=plant_id).drop("plant").equals(alone.benefit_year)
    code = benefits(folder / "plants", folder / "all.csv", terms=folder / "terms.toml", out=folder / "fleet")
    assert code == 0
    assert "3 plants, 9 half hours" in capsys.readouterr().out
    assert pl.read_csv(folder / "fleet" / "route_summary.csv").columns[0] == "plant"


def test_folder_and_table_that_do_not_fit_are_refused(folder: Path) -> None:
    (folder / "plants").mkdir()
    with pytest.raises(HalfhourError, match="EB-306"):
        benefits(folder / "plants", folder / "hours.csv")
    (folder / "plants" / "a.toml").write_text((folder / "plant.toml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(HalfhourError, match="EB-306"):
        benefits(folder / "plants", folder / "hours.csv")
    (folder / "other.csv").write_text("plant," + HOURS.replace("\n20", "\nother,20"), encoding="utf-8")
    with pytest.raises(HalfhourError, match="no row of plant mill-race"):
        benefits(folder / "plants", folder / "other.csv")


def test_readings_of_two_years_give_a_comparison_for_each(folder: Path) -> None:
    (folder / "hours.csv").write_text(HOURS + "2026-03-31,48,1.0,1\n", encoding="utf-8")
    made = compare_years(read_plant(folder / "plant.toml"), read_readings(folder / "hours.csv").half_hours, Market())
    assert [one.charging_year for one in made] == ["2025/26", "2026/27"]
    with pytest.raises(HalfhourError, match="EB-303"):
        run(folder, from_="2030-01-01", to="2030-02-01")
