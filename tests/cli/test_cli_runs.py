"""Runs from the command line: the files and columns of the contract, dates, moments of knowledge, figures in £."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from cli_running import (
    CONTRACT_SITE,
    IMPORT,
    START,
    contract_portfolio,
    contract_rows,
    days,
    document,
    plain_portfolio,
    plain_rows,
    run,
    write_readings,
)

from halfhour.rules.registry import editions
from halfhour.terms import column, glossary

TEXT, DAY, PERIOD, WH = pl.String, pl.Date, pl.Int8, pl.Int64
CONTRACT_COLUMNS = {
    "settled_volumes": {
        "site_id": TEXT,
        "msid": TEXT,
        "measurement_quantity": TEXT,
        "settlement_date": DAY,
        "settlement_period": PERIOD,
        "metered_wh": WH,
        "settled_wh": WH,
        "quality": TEXT,
    },
    "site_periods": {
        "site_id": TEXT,
        "settlement_date": DAY,
        "settlement_period": PERIOD,
        "edition": TEXT,
        "import_bp_wh": WH,
        "export_bp_wh": WH,
        "chargeable_wh": WH,
        "non_chargeable_wh": WH,
        "quality": TEXT,
    },
    "factors": {"site_id": TEXT, "settlement_date": DAY, "edition": TEXT, "factor_per_100000": WH, "basis": TEXT},
    "bm_unit_periods": {
        "bm_unit": TEXT,
        "gsp_group": TEXT,
        "settlement_date": DAY,
        "settlement_period": PERIOD,
        "gross_demand_wh": WH,
        "non_chargeable_wh": WH,
        "chargeable_wh": WH,
        "quality": TEXT,
    },
}
EXCEPTION_COLUMNS = [
    *("code", "severity", "site_id", "msid", "settlement_date", "settlement_period"),
    *("message", "next_step"),
]
DOCUMENTED_ADDITIONS = {
    "settled_volumes": ["gsp_wh", "nbp_wh"],
    "factors": ["missing_days", "reference_from", "reference_to"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return contract_portfolio(tmp_path_factory.mktemp("contract") / "portfolio")


@pytest.fixture(scope="module")
def made(folder) -> dict[str, Path]:
    """A run of the contract's example under each edition."""
    from halfhour import load_portfolio, settle  # noqa: PLC0415

    portfolio = load_portfolio(folder)
    return {name: settle(portfolio, edition=name).folder for name in ("in-force", *editions())}


@pytest.mark.parametrize("name", CONTRACT_COLUMNS)
@pytest.mark.parametrize("edition", ["in-force", *editions()])
def test_the_contracts_columns_come_in_its_order_and_with_its_types(made, edition, name):
    frame = pl.read_parquet(made[edition] / f"{name}.parquet")
    contract = CONTRACT_COLUMNS[name]
    assert [heading for heading in frame.columns if heading in contract] == list(contract)
    assert {heading: frame.schema[heading] for heading in contract} == contract
    others = [heading for heading in frame.columns if heading not in contract]
    if name == "site_periods":
        used = "osam-1.0" if edition == "in-force" else edition
        flows = [column(output) for output in editions()[used].outputs]
        assert set(others) == {column(one) for one in ("import_stor", "export_stor", "import_gen", "export_gen")} | (
            set(flows) - set(contract)
        )
        assert all(heading.endswith(("_wh", "_per_100000")) for heading in others)
    else:
        assert set(others) <= set(DOCUMENTED_ADDITIONS.get(name, []))
        assert frame.columns[: len(contract)] == list(contract)


@pytest.mark.parametrize("name", ["settled_volumes", "site_periods", "factors", "bm_unit_periods", "site_days"])
def test_every_column_is_in_the_glossary(made, name):
    known = {column(term) for term in glossary()} | set(glossary())
    for folder_of_run in made.values():
        assert set(pl.read_parquet(folder_of_run / f"{name}.parquet").columns) <= known


def test_qualities_and_bases_are_the_words_of_the_contract(capsys, tmp_path):
    folder = contract_portfolio(tmp_path)
    rows = contract_rows(days(START, 9))
    write_readings(folder, [row for row in rows if row[2:4] != (date(2024, 1, 2), 7)])
    path = folder / "readings" / "readings.csv"
    text = path.read_text(encoding="utf-8").replace(
        f"{IMPORT},AI,2024-01-03,5,355.125,A", f"{IMPORT},AI,2024-01-03,5,355.125,E"
    )
    assert ",E\n" in text
    path.write_text(text, encoding="utf-8")
    assert run(capsys, "settle", folder, "--no-report", "--out", tmp_path / "out")[0] == 0
    for name in ("settled_volumes", "site_periods", "bm_unit_periods"):
        assert set(pl.read_parquet(tmp_path / "out" / f"{name}.parquet")["quality"]) == {
            "actual",
            "estimated",
            "missing",
        }
    assert set(pl.read_parquet(tmp_path / "out" / "factors.parquet")["basis"]) <= {"measured", "default", "clamped"}
    missing = pl.read_parquet(tmp_path / "out" / "site_periods.parquet").filter(pl.col("quality") == "missing")
    assert missing["import_bp_wh"].to_list() == [None], "absence is never zero"


def test_the_csv_files_have_the_contracts_columns_and_four_decimals_that_add_up(made):
    with (made["in-force"] / "exceptions.csv").open(encoding="utf-8", newline="") as stream:
        assert next(csv.reader(stream)) == EXCEPTION_COLUMNS
    units = pl.read_parquet(made["in-force"] / "bm_unit_periods.parquet")
    with (made["in-force"] / "bm_unit_chargeable_demand.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == units.height
    for row, wh in zip(rows, units["chargeable_wh"].to_list(), strict=True):
        mwh = Decimal(row["chargeable_demand_mwh"])
        assert mwh.as_tuple().exponent == -4
        assert mwh == (Decimal(wh) / 1_000_000).quantize(Decimal("0.0001"))  # half to even by default


def test_the_manifest_says_what_the_run_was_made_of_and_hashes_every_file(folder, made):
    for edition, run_folder in made.items():
        manifest = json.loads((run_folder / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["run"]["edition"] == edition
        assert {name: entry["sha256"] for name, entry in manifest["files"].items()} == {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in run_folder.iterdir()
            if path.name != "manifest.json"
        }
        for kind in ("register", "readings"):
            for entry in manifest["inputs"][kind]:
                assert entry["sha256"] == hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest()
        assert manifest["versions"]
        assert manifest["counts"]["site_periods"] == 9 * 48


def test_the_contracts_example_settles_word_for_word_and_conserves(made):
    frame = pl.read_parquet(made["osam-1.0"] / "site_periods.parquet")
    assert frame.height == 9 * 48
    assert set(frame["quality"]) == {"actual"}
    assert (frame["chargeable_wh"] + frame["non_chargeable_wh"]).equals(frame["import_bp_wh"])
    metered = sum(
        int(Decimal(kwh) * 1000)
        for msid, quantity, _, _, kwh in contract_rows(days(START, 9))
        if (msid, quantity) == (IMPORT, "AI")
    )
    assert frame["import_bp_wh"].sum() == metered
    volumes = pl.read_parquet(made["osam-1.0"] / "settled_volumes.parquet")
    own = volumes.filter((pl.col("msid") == IMPORT) & (pl.col("measurement_quantity") == "AI"))
    # 50.125 kWh × 1.02 = 51.1275 kWh, half to even to whole Wh, is taken off the boundary's 251.125 … kWh.
    assert own["metered_wh"].sum() - own["settled_wh"].sum() == 9 * 48 * 51_128
    units = pl.read_parquet(made["osam-1.0"] / "bm_unit_periods.parquet")
    assert units["gross_demand_wh"].sum() == own["settled_wh"].sum()


def test_date_ranges_are_closed_open_and_two_halves_make_the_whole(capsys, folder, tmp_path):
    def settled(start: str, end: str) -> pl.DataFrame:
        out = tmp_path / f"{start}_{end}"
        assert run(capsys, "settle", folder, "--no-report", "--from", start, "--to", end, "--out", out)[0] == 0
        return pl.read_parquet(out / "site_periods.parquet")

    whole = settled("2024-01-03", "2024-01-07")
    assert sorted(set(whole["settlement_date"])) == days(date(2024, 1, 3), 4)
    halves = pl.concat([settled("2024-01-03", "2024-01-05"), settled("2024-01-05", "2024-01-07")])
    assert halves.equals(whole)


def test_the_default_place_of_a_run_names_its_edition_and_days(capsys, folder):
    made = document(capsys, "settle", folder, "--no-report", "--edition", "default", "--from", "2024-01-02")
    assert Path(made["run"]) == folder / "runs" / "default_2024-01-02_2024-01-10"


def test_detail_none_leaves_site_periods_out_and_explain_and_diff_compute_it_again(capsys, folder, tmp_path):
    for detail in ("all", "none", "totals"):
        code = run(
            capsys,
            "settle",
            folder,
            "--no-report",
            "--edition",
            "osam-1.0",
            "--detail",
            detail,
            "--out",
            tmp_path / detail,
        )[0]
        assert code == 0
    assert not (tmp_path / "none" / "site_periods.parquet").exists()
    assert (tmp_path / "none" / "settled_volumes.parquet").exists()
    asked = ["--site", "ridgeway-park", "--date", "2024-01-08", "--period", 40]
    explained = [document(capsys, "explain", tmp_path / detail, *asked) for detail in ("all", "none", "totals")]
    assert explained[0] == explained[1] == explained[2]
    for detail in ("none", "totals"):
        assert document(capsys, "diff", tmp_path / "all", tmp_path / detail)["same"] is True


def test_explain_gives_the_figures_of_the_run_and_the_file_and_line_of_time_of_every_input(capsys, folder, made):
    for edition, run_folder in made.items():
        frame = pl.read_parquet(run_folder / "site_periods.parquet")
        for period in (1, 10, 36, 48):
            found = document(
                capsys, "explain", run_folder, "--site", "ridgeway-park", "--date", "2024-01-08", "--period", period
            )
            (row,) = frame.filter(
                (pl.col("settlement_date") == date(2024, 1, 8)) & (pl.col("settlement_period") == period)
            ).to_dicts()
            assert {name: found["values"][name] for name in row if name.endswith("_wh")} == {
                name: value for name, value in row.items() if name.endswith("_wh")
            }, edition
            assert {record["file"] for one in found["inputs"] for record in one["records"]} == {"readings/readings.csv"}


@pytest.fixture
def corrected(tmp_path) -> Path:
    """Two days as first recorded on 5 January, and one half hour corrected on 20 January."""
    folder = plain_portfolio(tmp_path / "corrected", [])
    (folder / "readings" / "readings.csv").unlink()
    write_readings(folder, plain_rows(days(START, 2)), "first.csv", "2024-01-05T08:00:00Z")
    write_readings(folder, [(IMPORT, "AI", START, 17, "7.500")], "later.csv", "2024-01-20T08:00:00Z")
    return folder


def test_a_run_as_known_before_a_correction_does_not_use_it(capsys, corrected, tmp_path):
    def total(name: str, *arguments: str) -> int | None:
        return document(capsys, "settle", corrected, "--no-report", "--out", tmp_path / name, *arguments)[
            "import_bp_wh"
        ]

    assert total("now") == 96_000 + 6_500
    assert total("before", "--known-at", "2024-01-20T07:59:59Z") == 96_000
    assert total("at", "--known-at", "2024-01-20T08:00:00+00:00") == 96_000 + 6_500
    assert total("local", "--known-at", "2024-01-20T09:00:00+01:00") == 96_000 + 6_500
    assert total("never", "--known-at", "2024-01-01") is None, "nothing known is not zero"
    assert total("II", "--known-at", "run-date", "--run-type", "II") == 96_000
    assert total("R1", "--known-at", "run-date", "--run-type", "R1") == 96_000 + 6_500

    difference = document(capsys, "diff", tmp_path / "before", tmp_path / "now")
    (half_hour,) = difference["half_hours"]
    assert (half_hour["settlement_date"], half_hour["settlement_period"]) == ("2024-01-01", 17)
    assert half_hour["chargeable_difference_wh"] == 6_500
    assert half_hour["cause"] == f"readings of {IMPORT} AI"
    assert "readings/later.csv" in {one["what"] for one in difference["inputs"]}
    assert (
        document(capsys, "diff", tmp_path / "now", tmp_path / "before")["half_hours"][0]["chargeable_difference_wh"]
        == -6_500
    )


def test_explain_shows_the_record_that_was_used_and_the_one_kept_beside_it(capsys, corrected, tmp_path):
    assert run(capsys, "settle", corrected, "--no-report", "--out", tmp_path / "out")[0] == 0
    found = document(capsys, "explain", tmp_path / "out", "--site", "plain", "--date", "2024-01-01", "--period", 17)
    (one,) = found["inputs"]
    assert [(record["file"], record["used"]) for record in one["records"]] == [
        ("readings/first.csv", False),
        ("readings/later.csv", True),
    ]
    assert one["metered_wh"] == 7_500


def test_a_run_made_again_from_its_moment_of_knowledge_has_the_same_bytes_after_more_has_come(
    capsys, corrected, tmp_path
):
    first = document(capsys, "settle", corrected, "--no-report", "--out", tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    # A correction, a bad row, and readings of a meter that nobody registered, all taken in after the run.
    write_readings(corrected, [(IMPORT, "AI", START, 18, "9.000"), (IMPORT, "AI", START, 19, "-1")], "third.csv")
    write_readings(corrected, [("2000000000042", "AI", START, 1, "1.000")], "nobody.csv")
    assert document(capsys, "settle", corrected, "--no-report", "--out", tmp_path / "later")["exceptions"]
    asked = ("--known-at", first["known_at"], "--from", "2024-01-01", "--to", "2024-01-03")
    assert run(capsys, "settle", corrected, "--no-report", "--out", tmp_path / "out", *asked)[0] == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_file_taken_in_later_cannot_pretend_to_have_been_known_before(capsys, corrected, tmp_path):
    first = document(capsys, "settle", corrected, "--no-report", "--out", tmp_path / "out")
    write_readings(corrected, [(IMPORT, "AI", START, 18, "9.000")], "backdated.csv", "2024-01-10T08:00:00Z")
    again = document(
        capsys, "settle", corrected, "--no-report", "--out", tmp_path / "again", "--known-at", first["known_at"]
    )
    assert again["import_bp_wh"] == first["import_bp_wh"]


def test_the_run_type_is_named_in_the_report_and_changes_no_figure(capsys, folder, tmp_path):
    for kind in ("II", "DF"):
        made = document(capsys, "settle", folder, "--no-report", "--run-type", kind, "--out", tmp_path / kind)
        assert made["run_type"] == kind
        assert set(pl.read_csv(tmp_path / kind / "bm_unit_chargeable_demand.csv")["run_type"]) == {kind}
    assert (tmp_path / "II" / "site_periods.parquet").read_bytes() == (
        tmp_path / "DF" / "site_periods.parquet"
    ).read_bytes()


def test_register_warnings_of_the_portfolio_are_rows_of_its_exceptions(capsys, folder, tmp_path):
    """Unit 4 of the contract's example has no BM Unit, so its volume enters none: a run must not be silent on it."""
    assert run(capsys, "settle", folder, "--no-report", "--out", tmp_path / "out")[0] == 0
    assert "RG-036" in (tmp_path / "out" / "exceptions.csv").read_text(encoding="utf-8")


def test_a_readings_file_that_is_not_read_is_a_row_of_the_exceptions(capsys, tmp_path):
    folder = plain_portfolio(tmp_path / "p")
    (folder / "readings" / "january.xlsx").write_bytes(b"PK")
    assert run(capsys, "settle", folder, "--no-report", "--out", tmp_path / "out")[0] == 0
    assert "january.xlsx" in (tmp_path / "out" / "exceptions.csv").read_text(encoding="utf-8")


def test_a_bad_row_on_a_day_without_any_good_one_is_still_a_row_of_the_exceptions(capsys, tmp_path):
    folder = plain_portfolio(tmp_path / "p")
    write_readings(folder, [(IMPORT, "AI", date(2024, 3, 1), 1, "many")], "bad.csv")
    assert run(capsys, "settle", folder, "--no-report", "--out", tmp_path / "out")[0] == 0
    assert "RD-014" in (tmp_path / "out" / "exceptions.csv").read_text(encoding="utf-8")
    asked = ("--from", "2024-01-01", "--to", "2024-01-02")
    assert run(capsys, "settle", folder, "--no-report", "--out", tmp_path / "out", *asked)[0] == 0
    assert "RD-014" not in (tmp_path / "out" / "exceptions.csv").read_text(encoding="utf-8"), "not of the day settled"


P1 = {("2000000000015", "AI"): "2500", ("2000000000024", "AE"): "300", ("7700000000010", "AI"): "1300"}
P1 |= {("7700000000020", "AE"): "200", ("7700000000033", "AE"): "1800"}
P1_SITE = (
    CONTRACT_SITE.partition('[[metering]]\nname = "Unit 4"')[0].replace("from = 2024-01-01", "from = 2023-01-01")
    + """\
[[metering]]
name = "Meter 3"
at = "generation"
licensed = true
export = "7700000000033"

[[declaration]]
kind = "emr-amsid"
metering = ["Meter 1", "Meter 2", "Meter 3"]
by = "ABCD"
default_factor = "0.35"
from = 2023-11-02
"""
)


@pytest.fixture
def published_example(tmp_path) -> Path:
    """The half hour of the P395 proposal's Tables 5 to 8 on one day of which nothing else is used."""
    folder = tmp_path / "p1"
    folder.mkdir()
    (folder / "p1.toml").write_text(P1_SITE, encoding="utf-8")
    write_readings(
        folder,
        [
            (msid, quantity, date(2023, 12, 15), period, kwh if period == 25 else "0")
            for (msid, quantity), kwh in P1.items()
            for period in range(1, 49)
        ],
    )
    return folder


def test_compare_prices_the_published_half_hour_as_the_handbook_does(capsys, published_example):
    found = document(capsys, "compare", published_example)
    lines = {line["edition"]: line for line in found["total"]}
    assert {name: (line["import_wh"], line["chargeable_wh"]) for name, line in lines.items()} == {
        "in-force": (2_500_000, 2_500_000),
        "default": (2_500_000, 2_500_000),
        "interim-difference": (2_500_000, 2_900_000),
        "p395-proposed": (2_500_000, 2_053_125),
        "osam-1.0": (2_500_000, 2_500_000),
    }
    assert {name: Decimal(line["levy_gbp"]) for name, line in lines.items()} == {
        "in-force": Decimal("14.7435"),
        "default": Decimal("14.7435"),
        "interim-difference": Decimal("17.10246"),
        "p395-proposed": Decimal("12.108099375"),
        "osam-1.0": Decimal("14.7435"),
    }
    assert [one["number"] for one in found["scenarios"]] == [1, 2, 3, 4, 5]
    assert found["scenarios"][1]["wh"] == 2_500_000, "scenario 2: Total System to the customer"


def test_compare_takes_the_editions_asked_for_in_their_order(capsys, published_example):
    found = document(capsys, "compare", published_example, "--editions", "p395-proposed, default")
    assert [line["edition"] for line in found["total"]] == ["p395-proposed", "default"]
    for by in ("month", "site", "bm-unit"):
        assert run(capsys, "compare", published_example, "--by", by)[0] == 0


def test_settle_and_explain_give_the_published_figures(capsys, published_example, tmp_path):
    made = document(
        capsys, "settle", published_example, "--no-report", "--edition", "p395-proposed", "--out", tmp_path / "out"
    )
    assert made["chargeable_wh"] == 2_053_125
    found = document(
        capsys, "explain", tmp_path / "out", "--site", "ridgeway-park", "--date", "2023-12-15", "--period", 25
    )
    assert (found["values"]["bp_to_stor_wh"], found["values"]["bp_to_other_wh"]) == (687_500, 1_812_500)
    assert (found["values"]["gen_to_stor_wh"], found["values"]["gen_to_other_wh"]) == (412_500, 1_087_500)


@pytest.mark.parametrize(
    ("factor", "chargeable"), [("0.30", 2_018_750), ("0.35", 2_053_125), ("0", 1_812_500), ("1", 2_500_000)]
)
def test_working_gives_the_figures_of_tables_5_to_8(capsys, factor, chargeable):
    figures = ["--import-bp", 2500, "--export-bp", 300, "--import-stor", "1300.000", "--export-stor", 200]
    found = document(
        capsys, "working", "--edition", "p395-proposed", *figures, "--export-gen", 1800, "--factor", factor
    )
    values = found["values"]
    table_5 = [values[f"net_import_{name}_wh"] for name in ("gen", "stor", "other")]
    assert (table_5, values["net_export_gen_wh"]) == ([0, 1_100_000, 2_900_000], 1_800_000)
    assert [values[f"bp_to_{name}_wh"] for name in ("gen", "stor", "other")] == [0, 687_500, 1_812_500]  # Table 6
    assert values["gen_to_bp_wh"] == 300_000
    assert [values[f"site_import_{name}_wh"] for name in ("stor", "other")] == [412_500, 1_087_500]  # Table 7
    assert values["site_export_gen_wh"] == 1_500_000
    assert (values["chargeable_wh"], values["non_chargeable_wh"]) == (chargeable, 2_500_000 - chargeable)  # Table 8
    assert {"name", "formula", "numbers", "unit", "clause", "value"} <= set(found["steps"][0])


@pytest.mark.parametrize("factor", ["0", "0.5", "1"])
def test_under_the_methodology_all_of_the_published_half_hour_is_chargeable(capsys, factor):
    figures = [
        "--import-bp",
        2500,
        "--export-bp",
        300,
        "--import-stor",
        1300,
        "--export-stor",
        200,
        "--export-gen",
        1800,
    ]
    found = document(capsys, "working", "--edition", "osam-1.0", *figures, "--factor", factor)
    assert found["values"]["chargeable_wh"] == 2_500_000
    assert found["values"]["bp_to_other_wh"] == 2_500_000


def test_working_without_a_factor_takes_the_editions_default(capsys):
    for edition in ("p395-proposed", "osam-1.0"):
        figures = ["--edition", edition, "--import-bp", 5, "--import-stor", 5]
        assert document(capsys, "working", *figures)["values"]["chargeable_wh"] == 5_000
