"""The report's table of volumes at the three levels of losses: there with its sources, absent without classes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from reports_builders import END, START, write_two_sites

from halfhour.calendar import settlement_periods
from halfhour.market_data.loading import load_files
from halfhour.register import load_portfolio
from halfhour.reports import summary, write_report
from halfhour.settlement.run import Run, settle

HEADING = "Volumes at MSP, GSP and NBP"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two sites, all of whose MSIDs have classes, with factors and multipliers of the SF run for every day."""
    folder = write_two_sites(tmp_path_factory.mktemp("volumes") / "two")
    for name in ("works.toml", "plain-home.toml"):
        text = (folder / name).read_text(encoding="utf-8")
        text = text.replace('import = "20', 'import_llfc = "1"\nimport = "20')
        text = text.replace('export = "20', 'export_llfc = "2"\nexport = "20')
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "portfolio.toml").write_text('[settlement]\ntrading_unit = "offtaking"\n', encoding="utf-8")
    days = [START + timedelta(days=number) for number in range((END - START).days)]
    factors = ["llfc,description,settlement_date,n_periods," + ",".join(f"llf_sp{n}" for n in range(1, 51))]
    multipliers = ["settlement_date,settlement_period,run,gsp_group,tlm_offtaking,tlm_delivering"]
    for day in days:
        periods = settlement_periods(day)
        for llfc, factor in (("1", "1.100"), ("2", "1.020")):
            cells = [factor] * periods + [""] * (50 - periods)
            factors.append(",".join([llfc, "", str(day), str(periods), *cells]))
        multipliers += [f"{day},{period},SF,_H,1.01,0.99" for period in range(1, periods + 1)]
    for name, lines in (("llf.csv", factors), ("tlm.csv", multipliers)):
        path = folder.parent / name
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        (loaded,) = load_files([path], store=folder / "market-data.sqlite", distributor="SOUT")
        assert loaded.state == "loaded", loaded.findings
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return settle(load_portfolio(folder), finish=write_report)


def test_table_has_each_bm_unit_and_direction_in_mwh_with_its_files(run: Run) -> None:
    text = (run.folder / "report.html").read_text(encoding="utf-8")
    assert text.count(HEADING) >= 2
    found = summary.volumes(run)
    assert found is not None
    assert [row[:3] for row in found["rows"]] == [["2__HALFA001", "_H", "AI"], ["2__HALFA001", "_H", "AE"]]
    for row in found["rows"]:
        assert all(f'<td class="n">{cell}</td>' in text for cell in row[3:])
    assert [one["path"] for one in found["files"]] == ["llf.csv", "tlm.csv"]
    assert found["files"][0]["sha256"][:12] in text
    assert "multipliers of the SF run for Base Trading Units that are offtaking" in text


def test_level_that_a_half_hour_lacks_is_said_to_be_not_held(folder: Path) -> None:
    run = settle(load_portfolio(folder), run_type="DF", out=folder / "runs" / "final")
    found = summary.volumes(run)
    assert found is not None
    assert {row[5] for row in found["rows"]} == {"not held"}
    assert "not held" not in {row[4] for row in found["rows"]}


def test_report_without_classes_has_no_such_table(tmp_path: Path) -> None:
    run = settle(load_portfolio(write_two_sites(tmp_path / "two")), finish=write_report)
    assert summary.volumes(run) is None
    assert HEADING not in (run.folder / "report.html").read_text(encoding="utf-8")
