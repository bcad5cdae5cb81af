"""The commands where losses show: settle with market data, explain with the factors, diff with what a load changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_running import run

SITE = """
[site]
id = "works"
gsp_group = "_C"
voltage = "HV"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "1200000000011"
export = "1200000000020"
import_llfc = "70"
export_llfc = "791"
bm_unit = "2__CALFA001"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A portfolio of one site and day, and beside it a store of market data that the portfolio does not know of."""
    monkeypatch.setenv("HALFHOUR_MARKET_DATA", str(tmp_path / "nobody's.sqlite"))
    (tmp_path / "portfolio" / "readings").mkdir(parents=True)
    (tmp_path / "portfolio" / "works.toml").write_text(SITE, encoding="utf-8")
    (tmp_path / "portfolio" / "portfolio.toml").write_text('[settlement]\ntrading_unit = "delivering"\n')
    rows = ["msid,measurement_quantity,settlement_date,settlement_period,kwh"]
    rows += [f"1200000000011,AI,2024-01-15,{period},1000" for period in range(1, 49)]
    rows += [f"1200000000020,AE,2024-01-15,{period},4000" for period in range(1, 49)]
    (tmp_path / "portfolio" / "readings" / "day.csv").write_text("\n".join([*rows, ""]))
    return tmp_path


def load(capsys: pytest.CaptureFixture[str], folder: Path, name: str, lines: list[str], *how: str) -> None:
    (folder / name).write_text("\n".join([*lines, ""]))
    code, *_ = run(capsys, "market-data", "load", folder / name, "--store", folder / "market.sqlite", *how)
    assert code == 0


def factors(of: dict[str, str]) -> list[str]:
    head = "llfc,description,settlement_date,n_periods," + ",".join(f"llf_sp{number}" for number in range(1, 51))
    return [head, *(f"{llfc},,2024-01-15,48,{','.join([factor] * 48)},," for llfc, factor in of.items())]


def test_settle_explain_and_diff_tell_what_a_load_of_factors_changed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load(capsys, folder, "llf.csv", factors({"70": "1.119", "791": "1.025"}), "--distributor", "LOND")
    tlm = ["settlement_date,settlement_period,run,tlm_offtaking,tlm_delivering"]
    tlm += [f"2024-01-15,{period},SF,1.01,0.99" for period in range(1, 49)]
    load(capsys, folder, "tlm.csv", tlm)
    settle = ("settle", folder / "portfolio", "--no-report", "--market-data", folder / "market.sqlite", "--out")
    code, output, _ = run(capsys, *settle, folder / "before", "--json")
    assert code == 0
    assert json.loads(output)["volumes"] == {
        "import": {"msp_wh": 48_000_000, "gsp_wh": 53_712_000, "nbp_wh": 53_174_880},
        "export": {"msp_wh": 192_000_000, "gsp_wh": 196_800_000, "nbp_wh": 194_832_000},
    }
    code, output, _ = run(capsys, *settle, folder / "again")
    assert code == 0
    assert "export   192.000   196.800   194.832" in output

    where = ("--site", "works", "--date", "2024-01-15", "--period", "7")
    code, output, _ = run(capsys, "explain", folder / "before", *where)
    assert code == 0
    for wanted in ("LOND 791", "1.025", "0.9900000", "SF, delivering", "llf.csv", "tlm.csv"):
        assert wanted in output
    code, output, _ = run(capsys, "explain", folder / "before", *where, "--json")
    document = json.loads(output)
    assert [step["value"] for step in document["loss_steps"]] == [1_119_000, 1_107_810, 4_100_000, 4_059_000]
    assert {one["path"] for one in document["market_data"]} == {"llf.csv", "tlm.csv"}

    load(capsys, folder, "corrected.csv", factors({"791": "1.030"}), "--distributor", "LOND")
    assert run(capsys, *settle, folder / "after")[0] == 0
    code, output, _ = run(capsys, "diff", folder / "before", folder / "after")
    assert code == 0
    assert "corrected.csv" in output
    assert "Line Loss Factors" in output
    assert "No settled figure differs" not in output
    code, output, _ = run(capsys, "diff", folder / "before", folder / "after", "--json")
    document = json.loads(output)
    assert not document["same"]
    assert len(document["bm_unit_volumes"]) == 48
    assert run(capsys, "diff", folder / "before", folder / "again")[1].count("No settled figure differs") == 1


def test_settle_says_why_a_level_is_empty(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, output, errors = run(capsys, "settle", folder / "portfolio", "--no-report", "--strict")
    assert code == 0
    assert "export   192.000        -        -" in output
    assert "ST-124" in output
    assert "market-data load" in output
    assert not errors


def test_market_data_that_are_not_there_are_refused_before_anything_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, errors = run(
        capsys, "settle", folder / "portfolio", "--market-data", folder / "none.sqlite", "--out", folder / "out"
    )
    assert code == 2
    assert "MD-018" in errors
    assert not (folder / "out").exists()


def test_file_that_is_no_store_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "text.sqlite").write_text("not a database, and long enough to be looked at\n" * 20)
    code, _, errors = run(
        capsys, "settle", folder / "portfolio", "--market-data", folder / "text.sqlite", "--out", folder / "out"
    )
    assert code == 2
    assert "MD-020" in errors
    assert not (folder / "out").exists()
