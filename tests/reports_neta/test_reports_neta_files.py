"""Settlement reports as NETA files: valid to the checker, equal to the run's own tables, silent about nothing."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports_neta_portfolio import (
    AUTUMN,
    ESTIMATED_AT_STORE,
    HEADER,
    MISSING_ASSET,
    MISSING_AT_STORE,
    MISSING_AT_WORKS,
    NETWORK,
    SECOND,
    SILENT_DAY_AT_PLAIN,
    SPRING,
    STORE,
    WORKS,
    ZERO_AT_STORE,
    write_portfolio,
)

from halfhour.calendar import settlement_periods
from halfhour.errors import HalfhourError, NotCovered
from halfhour.formats.flows.checking import Verdict, check_file
from halfhour.formats.flows.records import FlowFile, Record, read_flow, write_flow
from halfhour.register import load_portfolio
from halfhour.reports.neta_files import (
    NetaReport,
    chargeable_demand_report,
    p0342,
    p0342_suppliers,
    saa_i058,
)
from halfhour.reports.neta_files import consumption_classes as consumption
from halfhour.reports.neta_files.report import mwh, mwh_of_parts
from halfhour.settlement.run import Run, settle

if TYPE_CHECKING:
    from conftest import PortfolioFolder

PARK = """
[site]
id = "park"
gsp_group = "_H"
voltage = "HV"
network = "private"
[[metering]]
name = "Meter 1"
at = "boundary"
import = "2000000000015"
bm_unit = "2__HALFA001"
supplier = "ALFA"
[[metering]]
name = "Unit 1"
at = "third-party"
import = "2000000000070"
losses = "0.02"
bm_unit = "2__HALFA000"
supplier = "ALFA"
[[metering]]
name = "Battery"
at = "storage"
licensed = true
import = "7700000000010"
export = "7700000000020"
[[declaration]]
kind = "emr-amsid"
metering = ["Meter 1", "Battery"]
by = "ALFA"
from = 2024-01-01
"""

CONNECTED = """
[site]
id = "ID"
gsp_group = "_H"
voltage = "HV"
registered_in = "CMRS"
[[metering]]
name = "Meter 1"
at = "boundary"
import = "MSID"
import_llfc = "101"
bm_unit = "UNIT"
supplier = "ALFA"
[[declaration]]
kind = "emr-msid"
metering = ["Meter 1"]
by = "ALFA"
from = 2024-01-01
"""

TO_EMRS = replace(HEADER, to_id="EMRS")
APRIL, NOVEMBER = date(2024, 4, 15), date(2024, 11, 1)
QUANTUM = Decimal("0.0001")


@pytest.fixture(scope="module")
def folder(new_portfolio: Callable[[], PortfolioFolder]) -> PortfolioFolder:
    return write_portfolio(new_portfolio())


@pytest.fixture(scope="module")
def spring(folder: PortfolioFolder) -> Run:
    return folder.settle(name="spring", start=SPRING[0], end=date(2024, 4, 1))


@pytest.fixture(scope="module")
def autumn(folder: PortfolioFolder) -> Run:
    return folder.settle(name="autumn", start=AUTUMN[0], end=date(2024, 10, 28))


@pytest.fixture(scope="module", params=["spring", "autumn"])
def run(request: pytest.FixtureRequest) -> Run:
    found: Run = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def every_report(spring: Run, autumn: Run) -> list[NetaReport]:
    reports = [saa_i058(spring, TO_EMRS, month=APRIL), saa_i058([autumn], TO_EMRS, month=NOVEMBER)]
    for run in (spring, autumn):
        reports += [chargeable_demand_report(run, TO_EMRS), *p0342(run, HEADER)]
    return reports


def verdict_of(content: bytes, folder: Path) -> Verdict:
    path = folder / "report.txt"
    path.write_bytes(content)
    return check_file(path)[1]


def read(report: NetaReport) -> FlowFile:
    return read_flow(report.content())


def in_mwh(wh: int | None) -> str:
    """The independent way: exact decimals, half to even at the fourth."""
    return "" if wh is None else str((Decimal(wh) / 1_000_000).quantize(QUANTUM, ROUND_HALF_EVEN) + Decimal("0.0000"))


def checksum_of(content: bytes) -> tuple[int, int]:
    """Count and checksum by the routine of the NETA Interface Definition, record by record."""
    records = content.decode("ascii").split("\n")[:-1]
    total = 0
    for record in records[:-1]:
        padded = record.encode() + b"\0" * (-len(record) % 4)
        for start in range(0, len(padded), 4):
            total ^= int.from_bytes(padded[start : start + 4], "big")
    return len(records), total


def by_day(report: FlowFile, group: str) -> dict[str, Record]:
    return {record["settlement_date"]: record for record in report.records() if record.group == group}


def systems_of(report: FlowFile) -> dict[str, dict[int, Record]]:
    """The periods of each MSID."""
    return {
        system["mpan_core"]: {int(period["settlement_period"]): period for period in system.groups}
        for system in report.records()
        if system.group == "MSD"
    }


def p0342_of(run: Run, supplier: str, day: date) -> NetaReport:
    (report,) = p0342(run, HEADER, supplier=supplier, start=day, end=day + timedelta(days=1))
    return report


def codes_of(report: NetaReport, msid: str | None = None) -> set[str]:
    return {one.code for one in report.findings if msid is None or one.msid == msid}


def test_every_report_is_accepted_by_the_checker_without_a_remark(
    every_report: list[NetaReport], tmp_path: Path
) -> None:
    assert {report.flow_version for report in every_report} == {"X0042001", "P0342001", "S0581001"}
    for report in every_report:
        verdict = verdict_of(report.content(), tmp_path)
        assert (verdict.accepted, verdict.response, verdict.findings) == (True, 0, []), report.name


def test_count_and_checksum_are_those_of_the_published_routine(every_report: list[NetaReport]) -> None:
    for report in every_report:
        content = report.content()
        last = content.decode("ascii").split("\n")[-2]
        assert last == "ZZZ|{}|{}|".format(*checksum_of(content)), report.name


def test_checksum_goes_on_over_many_thousand_records() -> None:
    body = [("CDP", [str(n), f"{n}.0001", "", ""]) for n in range(40_000)]
    report = NetaReport("X0042001", "long", TO_EMRS, lambda: body)
    content = report.content()
    assert content.decode("ascii").split("\n")[-2] == "ZZZ|{}|{}|".format(*checksum_of(content))


def test_report_read_and_written_again_is_the_same_to_the_byte(every_report: list[NetaReport]) -> None:
    for report in every_report:
        assert write_flow(read(report)) == report.content(), report.name


def test_same_run_and_header_make_the_same_bytes(spring: Run) -> None:
    twice = [[report.content() for report in p0342(spring, HEADER)] for _ in range(2)]
    assert twice[0] == twice[1]
    report = chargeable_demand_report(spring, TO_EMRS)
    assert report.content() == report.content()


def test_header_names_sender_receiver_and_sequence(spring: Run) -> None:
    header = read(chargeable_demand_report(spring, TO_EMRS)).header
    assert header == {
        "flow_version": "X0042001",
        "message_role": "D",
        "created": "20240501093000",
        "from_role": "SV",
        "from_mpid": "HALFHOUR",
        "to_role": "SU",
        "to_mpid": "EMRS",
        "sequence": "41",
        "test_flag": "TR01",
    }


def test_moment_of_making_is_written_in_gmt(spring: Run) -> None:
    local = datetime(2024, 5, 1, 10, 30, tzinfo=ZoneInfo("Europe/London"))
    assert read(chargeable_demand_report(spring, replace(TO_EMRS, created=local))).header["created"] == "20240501093000"


@pytest.mark.parametrize(
    "wrong", [{"sequence": 1_000_000_000}, {"from_id": "NINELONGX"}, {"to_role": "SUP"}, {"from_id": "A|B"}]
)
def test_header_that_cannot_be_is_refused(spring: Run, wrong: dict[str, Any]) -> None:
    with pytest.raises(HalfhourError) as refused:
        chargeable_demand_report(spring, replace(TO_EMRS, **wrong)).content()
    assert refused.value.code == "FF-110"


# The BM Unit chargeable demand report


def test_chargeable_demand_is_the_runs_own_in_mwh(run: Run) -> None:
    reported = {}
    for header in read(chargeable_demand_report(run, TO_EMRS)).groups:
        for unit in header.all("BMU"):
            for period in unit.groups:
                key = (header["settlement_date"], unit["bm_unit_id"], int(period["settlement_period"]))
                assert key not in reported
                reported[key] = tuple(list(period.items.values())[1:])
    expected = {
        (f"{row['settlement_date']:%Y%m%d}", row["bm_unit"], row["settlement_period"]): (
            in_mwh(row["chargeable_wh"]),
            in_mwh(row["gross_demand_wh"]),
            in_mwh(row["non_chargeable_wh"]),
        )
        for row in run.bm_unit_periods.iter_rows(named=True)
    }
    assert reported == expected
    assert len(expected) == 4 * sum(map(settlement_periods, run.bm_unit_periods["settlement_date"].unique()))


def test_chargeable_demand_is_that_of_the_runs_own_csv(run: Run) -> None:
    with (run.folder / "bm_unit_chargeable_demand.csv").open(encoding="utf-8", newline="") as stream:
        rows = {
            (row["settlement_date"].replace("-", ""), row["bm_unit"], row["settlement_period"]): (
                row["chargeable_demand_mwh"],
                row["gross_demand_mwh"],
                row["non_chargeable_demand_mwh"],
            )
            for row in csv.DictReader(stream)
        }
    for header in read(chargeable_demand_report(run, TO_EMRS)).groups:
        for unit in header.all("BMU"):
            for period in unit.groups:
                key = (header["settlement_date"], unit["bm_unit_id"], period["settlement_period"])
                assert tuple(list(period.items.values())[1:]) == rows.pop(key)
    assert not rows


def test_clock_change_days_have_their_own_number_of_periods(spring: Run, autumn: Run) -> None:
    for run, (ordinary, changed), periods in ((spring, SPRING, 46), (autumn, AUTUMN, 50)):
        report = read(chargeable_demand_report(run, TO_EMRS))
        for day, count in ((ordinary, 48), (changed, periods)):
            for unit in by_day(report, "CDH")[f"{day:%Y%m%d}"].groups:
                assert [int(period["settlement_period"]) for period in unit.groups] == list(range(1, count + 1))


def test_demand_that_nobody_knows_is_empty_and_said_never_zero(spring: Run) -> None:
    report = chargeable_demand_report(spring, TO_EMRS)
    (silent,) = [
        unit
        for unit in by_day(read(report), "CDH")[f"{SILENT_DAY_AT_PLAIN:%Y%m%d}"].groups
        if unit["bm_unit_id"] == "2__HBETA000"
    ]
    assert {tuple(list(period.items.values())[1:]) for period in silent.groups} == {("", "", "")}
    (said,) = [one for one in report.findings if one.code == "RP-101"]
    assert "2__HBETA000" in said.message
    assert "46 half hours" in said.message
    assert said.settlement_date == SILENT_DAY_AT_PLAIN


def test_demand_of_some_of_the_meters_is_said_to_be_incomplete(spring: Run) -> None:
    found = [one for one in chargeable_demand_report(spring, TO_EMRS).findings if one.code == "RP-102"]
    assert [one.settlement_date for one in found] == [MISSING_AT_STORE[0], MISSING_AT_WORKS[0]]


def test_non_chargeable_demand_is_null_without_a_declaration_and_zero_with_one(spring: Run) -> None:
    day = by_day(read(chargeable_demand_report(spring, TO_EMRS)), "CDH")[f"{SPRING[0]:%Y%m%d}"]
    units = {unit["bm_unit_id"]: [period["non_chargeable_demand"] for period in unit.groups] for unit in day.groups}
    assert set(units["2__HBETA000"]) == {""}
    assert set(units["2__ABETA000"]) == {""}, "an NFD Declaration deducts nothing"
    assert units["2__HALFA000"][MISSING_ASSET[1] - 1] == "0.0000", "declared, and no deduction for missing asset data"
    assert "" not in units["2__HALFA000"]


def test_chargeable_demand_is_gross_where_nothing_is_declared(spring: Run) -> None:
    for record in read(chargeable_demand_report(spring, TO_EMRS)).records():
        if record.group == "CDP" and record["non_chargeable_demand"] == "":
            assert record["chargeable_demand"] == record["gross_demand"]


def test_run_numbers_of_the_market_stand_in_the_header_record(spring: Run) -> None:
    report = chargeable_demand_report(spring, TO_EMRS, saa_run_number=12, svaa_run_number=345, start=SPRING[1])
    (header,) = read(report).groups
    assert list(header.items.values()) == [f"{SPRING[1]:%Y%m%d}", "SF", "12", "345"]


@pytest.mark.parametrize(
    ("start", "end"), [(date(2024, 3, 29), None), (None, date(2024, 4, 2)), (SPRING[1], SPRING[0])]
)
def test_days_that_the_run_has_not_are_refused(spring: Run, start: date | None, end: date | None) -> None:
    with pytest.raises(HalfhourError) as refused:
        chargeable_demand_report(spring, TO_EMRS, start=start, end=end)
    assert refused.value.code == "RP-003"


# P0342


def test_p0342_is_made_for_each_supplier_and_day_with_its_own_sequence(spring: Run) -> None:
    reports = list(p0342(spring, HEADER))
    assert [(report.name[9:22], report.header.to_id, report.header.sequence) for report in reports] == [
        ("ALFA_20240330", "ALFA", 41),
        ("BETA_20240330", "BETA", 41),
        ("ALFA_20240331", "ALFA", 42),
        ("BETA_20240331", "BETA", 42),
    ]
    assert p0342_suppliers(spring) == ["ALFA", "BETA"]
    assert {read(report).groups[0].groups[0]["supplier_id"] for report in reports} == {"ALFA", "BETA"}


def test_p0342_holds_declared_import_msids_only(spring: Run) -> None:
    assert set(systems_of(read(p0342_of(spring, "ALFA", SPRING[0])))) == {WORKS, SECOND, STORE}
    assert set(systems_of(read(p0342_of(spring, "BETA", SPRING[0])))) == {NETWORK}


def test_p0342_names_metering_systems_as_the_register_has_them(spring: Run) -> None:
    systems = {
        record["mpan_core"]: tuple(record.items.values())[1:]
        for supplier in ("ALFA", "BETA")
        for record in read(p0342_of(spring, supplier, SPRING[0])).records()
        if record.group == "MSD"
    }
    assert systems == {
        WORKS: ("_H", "SOUT", "101"),
        SECOND: ("_H", "SOUT", "S01"),
        STORE: ("_H", "SOUT", "101"),
        NETWORK: ("_A", "EELC", ""),
    }
    assert "RP-105" in codes_of(p0342_of(spring, "BETA", SPRING[0]), NETWORK)


def test_proportion_is_the_sites_own_for_asset_declarations_and_one_for_the_others(run: Run) -> None:
    sites = {
        (row["settlement_date"], row["settlement_period"]): row["proportion_per_100000"]
        for row in run.site_periods.filter(pl.col("site_id") == "works").iter_rows(named=True)
    }
    seen = 0
    for day in run.site_periods["settlement_date"].unique():
        systems = systems_of(read(p0342_of(run, "ALFA", day))) | systems_of(read(p0342_of(run, "BETA", day)))
        for msid in (STORE, NETWORK):
            assert {period["non_chargeable_proportion"] for period in systems[msid].values()} == {"1.00000"}
        for msid in (WORKS, SECOND):
            for number, period in systems[msid].items():
                parts = Decimal(sites[day, number])
                assert Decimal(period["non_chargeable_proportion"]) == parts / 100_000
                seen += 0 < parts < 100_000
    assert seen > 100


def test_volumes_are_the_settled_ones_and_losses_are_the_rest_up_to_the_grid_supply_point(run: Run) -> None:
    rows = {
        (row["msid"], row["settlement_date"], row["settlement_period"]): row
        for row in run.settled_volumes.filter(pl.col("measurement_quantity") == "AI").iter_rows(named=True)
    }
    with_losses = 0
    for day in run.settled_volumes["settlement_date"].unique():
        for supplier in ("ALFA", "BETA"):
            for msid, periods in systems_of(read(p0342_of(run, supplier, day))).items():
                for number, period in periods.items():
                    row = rows[msid, day, number]
                    losses = None if row["gsp_wh"] is None else row["gsp_wh"] - row["settled_wh"]
                    volume, lost = period.groups
                    assert volume["metered_volume_non_losses"] == in_mwh(row["settled_wh"])
                    assert lost["metered_volume_losses"] == in_mwh(losses)
                    assert volume["metered_volume_losses"] == lost["metered_volume_non_losses"] == ""
                    with_losses += losses is not None
    assert with_losses > 200


def test_losses_below_nothing_keep_their_sign(spring: Run) -> None:
    lost = [
        period.groups[1]["metered_volume_losses"]
        for period in systems_of(read(p0342_of(spring, "ALFA", SPRING[0])))[SECOND].values()
    ]
    assert any(text.startswith("-") for text in lost), "a factor below 1"
    assert "-0.0000" not in lost


def test_losses_that_are_not_known_are_empty_and_said(spring: Run) -> None:
    report = p0342_of(spring, "BETA", SPRING[0])
    lost = {period.groups[1]["metered_volume_losses"] for period in systems_of(read(report))[NETWORK].values()}
    assert lost == {""}
    assert "RP-107" in codes_of(report, NETWORK)


def test_half_hour_without_a_reading_has_no_row_and_is_said(spring: Run) -> None:
    report = p0342_of(spring, "ALFA", MISSING_AT_STORE[0])
    assert MISSING_AT_STORE[1] not in systems_of(read(report))[STORE]
    assert "RP-103" in codes_of(report, STORE)
    later = p0342_of(spring, "ALFA", MISSING_AT_WORKS[0])
    for msid in (WORKS, SECOND):
        assert MISSING_AT_WORKS[1] not in systems_of(read(later))[msid], "without the site's import no proportion"
        assert "RP-103" in codes_of(later, msid)


def test_half_hour_of_no_import_has_a_row_of_zero(spring: Run) -> None:
    period = systems_of(read(p0342_of(spring, "ALFA", ZERO_AT_STORE[0])))[STORE][ZERO_AT_STORE[1]]
    assert period.groups[0]["metered_volume_non_losses"] == "0.0000"


def test_missing_asset_data_deduct_nothing_and_are_said(spring: Run) -> None:
    report = p0342_of(spring, "ALFA", MISSING_ASSET[0])
    assert systems_of(read(report))[WORKS][MISSING_ASSET[1]]["non_chargeable_proportion"] == "0.00000"
    assert "RP-108" in codes_of(report, WORKS)


def test_consumption_component_class_goes_by_measurement_class_data_and_losses(spring: Run) -> None:
    report = p0342_of(spring, "ALFA", SPRING[0])
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for msid, periods in systems_of(read(report)).items():
        for number, period in periods.items():
            if (SPRING[0], number) != ESTIMATED_AT_STORE:
                found[msid].add(tuple(one["consumption_component_class_id"] for one in period.groups))
    estimated = systems_of(read(report))[STORE][ESTIMATED_AT_STORE[1]]
    assert found == {WORKS: {("1", "4")}, SECOND: {("23", "25")}, STORE: {("1", "4")}}
    assert [one["consumption_component_class_id"] for one in estimated.groups] == ["9", "12"]
    assert "RP-106" in codes_of(report, STORE), "class C was taken"
    assert "RP-106" not in codes_of(report, WORKS)
    assert "RP-109" not in codes_of(report)


def test_proportions_and_volumes_give_back_what_the_run_left_out(spring: Run) -> None:
    """To the fifth decimal of the proportion: the run shares whole Wh, the report carries a rounded share."""
    systems = systems_of(read(p0342_of(spring, "ALFA", SPRING[0])))
    site = spring.site_periods.filter((pl.col("site_id") == "works") & (pl.col("settlement_date") == SPRING[0]))
    for row in site.iter_rows(named=True):
        number = row["settlement_period"]
        deducted = sum(
            Decimal(systems[msid][number]["non_chargeable_proportion"])
            * Decimal(systems[msid][number].groups[0]["metered_volume_non_losses"])
            for msid in (WORKS, SECOND)
        )
        tolerance = Decimal("0.000005") * row["import_bp_wh"] / 1_000_000 + 2 * Decimal("0.00005")
        assert abs(deducted - Decimal(row["non_chargeable_wh"]) / 1_000_000) <= tolerance


def test_supplier_without_declared_msids_is_refused_with_those_that_have_some(spring: Run) -> None:
    with pytest.raises(HalfhourError) as refused:
        p0342(spring, HEADER, supplier="GAMA")
    assert refused.value.code == "RP-003"
    assert "ALFA, BETA" in refused.value.next_step


def test_day_on_which_no_declared_msid_has_a_reading_gives_nothing_to_send(
    new_portfolio: Callable[[], PortfolioFolder],
) -> None:
    portfolio = write_portfolio(new_portfolio(), losses=False)
    lines = (portfolio.path / "readings" / "readings.csv").read_text().splitlines()[1:]
    portfolio.lines([line for line in lines if not line.startswith(f"{NETWORK},AI,{SPRING[1]}")])
    run = portfolio.settle(start=SPRING[0], end=date(2024, 4, 1))
    reports = {report.name[9:22]: report for report in p0342(run, HEADER)}
    nothing = reports["BETA_20240331"]
    assert nothing.empty
    assert "RP-103" in codes_of(nothing, NETWORK)
    with pytest.raises(HalfhourError) as refused:
        nothing.content()
    assert refused.value.code == "RP-003"
    assert not reports["ALFA_20240331"].empty


def test_declared_msid_that_the_register_gives_no_supplier_is_said(
    new_portfolio: Callable[[], PortfolioFolder],
) -> None:
    portfolio = write_portfolio(new_portfolio(), losses=False)
    text = (portfolio.path / "store.toml").read_text().replace('supplier = "ALFA"\n', "")
    portfolio.write("store.toml", text)
    run = portfolio.settle(start=SPRING[0], end=SPRING[1])
    report = next(iter(p0342(run, HEADER)))
    assert STORE not in systems_of(read(report))
    assert "RP-104" in codes_of(report, STORE)


def test_site_with_one_import_msid_declared_by_itself_has_only_that_one(
    new_portfolio: Callable[[], PortfolioFolder],
) -> None:
    portfolio = write_portfolio(new_portfolio(), losses=False)
    text = (portfolio.path / "works.toml").read_text()
    text = text.replace('kind = "emr-amsid"', 'kind = "emr-msid"').replace(', "Meter 2", "Battery"', "")
    portfolio.write("works.toml", text)
    run = portfolio.settle(start=SPRING[0], end=SPRING[1])
    systems = systems_of(read(p0342_of(run, "ALFA", SPRING[0])))
    assert set(systems) == {WORKS, STORE}
    assert {period["non_chargeable_proportion"] for period in systems[WORKS].values()} == {"1.00000"}


def test_private_network_reports_the_volumes_that_settle(new_portfolio: Callable[[], PortfolioFolder]) -> None:
    portfolio = new_portfolio()
    tenant = "2000000000070"
    portfolio.write("park.toml", PARK)
    portfolio.write("portfolio.toml", '[settlement]\ndefault_ncsp = "0.5"\n')
    periods = range(1, 49)
    portfolio.readings(
        {
            (WORKS, "AI", SPRING[0]): [900_000 + 7 * n for n in periods],
            (tenant, "AI", SPRING[0]): [301_000 + 3 * n for n in periods],
            ("7700000000010", "AI", SPRING[0]): [250_000 for _ in periods],
            ("7700000000020", "AE", SPRING[0]): [1_000 for _ in periods],
        }
    )
    run = portfolio.settle(start=SPRING[0], end=SPRING[1])
    systems = systems_of(read(p0342_of(run, "ALFA", SPRING[0])))
    assert set(systems) == {WORKS, tenant}
    settled = {
        (row["msid"], row["settlement_period"]): row["settled_wh"]
        for row in run.settled_volumes.iter_rows(named=True)
        if row["settled_wh"] is not None
    }
    for row in run.site_periods.iter_rows(named=True):
        number = row["settlement_period"]
        volumes = {msid: periods[number].groups[0]["metered_volume_non_losses"] for msid, periods in systems.items()}
        assert volumes == {msid: in_mwh(settled[msid, number]) for msid in systems}
        assert sum(settled[msid, number] for msid in systems) == row["import_bp_wh"]
        assert {periods[number]["non_chargeable_proportion"] for periods in systems.values()} == {
            f"{Decimal(row['proportion_per_100000']) / 100_000:.5f}"
        }
    assert run.site_periods["proportion_per_100000"].min() > 0


@pytest.mark.parametrize("edition", ["default", "interim-difference"])
def test_edition_without_a_proportion_has_no_p0342_and_no_saa_i058(folder: PortfolioFolder, edition: str) -> None:
    run = folder.settle(edition, name=edition, start=SPRING[0], end=SPRING[1])
    for build in (lambda: p0342(run, HEADER), lambda: saa_i058(run, TO_EMRS, month=APRIL)):
        with pytest.raises(HalfhourError) as refused:
            build()
        assert refused.value.code == "RP-004"
        assert edition in refused.value.message


def test_register_that_has_changed_since_the_run_is_refused(new_portfolio: Callable[[], PortfolioFolder]) -> None:
    portfolio = write_portfolio(new_portfolio(), losses=False)
    run = portfolio.settle(start=SPRING[0], end=SPRING[1])
    portfolio.write("plain.toml", (portfolio.path / "plain.toml").read_text() + "\n# changed\n")
    with pytest.raises(HalfhourError) as refused:
        p0342(run, HEADER)
    assert refused.value.code == "RP-001"


def test_run_without_site_detail_says_how_to_get_a_p0342(folder: PortfolioFolder) -> None:
    run = folder.settle(name="totals", start=SPRING[0], end=SPRING[1], detail="none")
    with pytest.raises(HalfhourError) as refused:
        list(p0342(run, HEADER))
    assert refused.value.code == "ST-005"


# SAA-I058


def expected_parts(run: Run, day: date, groups: dict[str, str]) -> list[Fraction]:
    """Proportion × volume at the notional balancing point over the MSIDs that an EMR declaration covers, in MWh."""
    sums = [Fraction(0)] * settlement_periods(day)
    sites = {
        (row["site_id"], row["settlement_period"]): row["proportion_per_100000"]
        for row in run.site_periods.filter(pl.col("settlement_date") == day).iter_rows(named=True)
    }
    for row in run.settled_volumes.filter(
        (pl.col("settlement_date") == day) & (pl.col("measurement_quantity") == "AI")
    ).iter_rows(named=True):
        if row["msid"] not in groups or row["nbp_wh"] is None:
            continue
        parts = sites[row["site_id"], row["settlement_period"]] if groups[row["msid"]] == "rule" else 100_000
        if parts is not None:
            sums[row["settlement_period"] - 1] += Fraction(parts * row["nbp_wh"], 100_000 * 1_000_000)
    return sums


def test_saa_i058_is_the_sum_of_proportion_times_volume_at_the_balancing_point(spring: Run, autumn: Run) -> None:
    for run, days, month in ((spring, SPRING, APRIL), (autumn, AUTUMN, NOVEMBER)):
        report = by_day(read(saa_i058(run, TO_EMRS, month=month)), "SED")
        assert list(report) == [f"{day:%Y%m%d}" for day in days]
        for day in days:
            groups = {group["gsp_group"]: group.groups for group in report[f"{day:%Y%m%d}"].all("GGI")}
            assert set(groups) == {"_A", "_H"}
            found = [Decimal(period["non_chargeable_demand"]) for period in groups["_H"]]
            expected = expected_parts(run, day, {WORKS: "rule", SECOND: "rule", STORE: "whole"})
            assert found == [
                Decimal(round(value * 10_000)) / 10_000  # Python rounds a Fraction half to even
                for value in expected
            ]
            assert all(value > 0 for value in found)
            assert {period["non_chargeable_demand"] for period in groups["_A"]} == {""}, "NFD deducts nothing"
            directly = report[f"{day:%Y%m%d}"].all("CNC")
            assert {period["directly_connected_non_chargeable_demand"] for period in directly} == {""}
            assert len(directly) == len(found) == settlement_periods(day)


def test_saa_i058_names_month_and_run_type(spring: Run) -> None:
    (top,) = read(saa_i058(spring, TO_EMRS, month=APRIL)).groups
    assert list(top.items.values()) == ["APR2024", "SF"]


def test_days_of_the_month_that_no_run_has_are_said(spring: Run) -> None:
    found = [one.message for one in saa_i058(spring, TO_EMRS, month=APRIL).findings if one.code == "RP-110"]
    assert len(found) == 2
    assert "29 March 2024" in found[0]
    assert "1 April 2024" in found[1]


def test_month_in_which_no_day_of_the_run_is_settled_is_refused(spring: Run) -> None:
    with pytest.raises(HalfhourError) as refused:
        saa_i058(spring, TO_EMRS, month=date(2024, 3, 1))
    assert refused.value.code == "RP-003"


def test_runs_that_do_not_go_together_are_refused(folder: PortfolioFolder, spring: Run) -> None:
    other = folder.settle(name="r1", start=SPRING[0], end=SPRING[1], run_type="R1")
    again = folder.settle(name="again", start=SPRING[1], end=date(2024, 4, 1))
    dispute = folder.settle(name="dispute", start=SPRING[0], end=SPRING[1], run_type="D")
    for runs in ([spring, other], [spring, again], [dispute]):
        with pytest.raises(HalfhourError) as refused:
            saa_i058(runs, TO_EMRS, month=APRIL)
        assert refused.value.code == "RP-005"


def test_runs_of_single_days_make_the_same_report_as_one_run(folder: PortfolioFolder, spring: Run) -> None:
    days = [
        folder.settle(name="first", start=SPRING[0], end=SPRING[1]),
        folder.settle(name="second", start=SPRING[1], end=date(2024, 4, 1)),
    ]
    assert saa_i058(days, TO_EMRS, month=APRIL).content() == saa_i058(spring, TO_EMRS, month=APRIL).content()


def test_run_without_loss_factors_is_not_covered(new_portfolio: Callable[[], PortfolioFolder]) -> None:
    portfolio = write_portfolio(new_portfolio(), losses=False)
    nothing = portfolio.path / "none.sqlite"
    nothing.write_bytes(b"")
    run = settle(load_portfolio(portfolio.path), start=SPRING[0], end=SPRING[1], market_data=nothing)
    with pytest.raises(NotCovered) as refused:
        saa_i058(run, TO_EMRS, month=APRIL)
    assert refused.value.code == "RP-010"


def test_volume_that_is_not_known_leaves_its_gsp_group_empty_and_is_said(spring: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(spring.folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["portfolio"] = str(spring.portfolio_path)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    hidden = (pl.col("msid") == STORE) & (pl.col("settlement_period") == 3)
    frame = spring.settled_volumes.with_columns(pl.when(~hidden).then("nbp_wh").alias("nbp_wh"))
    frame.write_parquet(copy / "settled_volumes.parquet")
    report = saa_i058(Run(copy), TO_EMRS, month=APRIL)
    for day in by_day(read(report), "SED").values():
        (group,) = [group for group in day.all("GGI") if group["gsp_group"] == "_H"]
        assert [number for number, period in enumerate(group.groups, 1) if period["non_chargeable_demand"] == ""] == [3]
    assert [one.settlement_date for one in report.findings if one.code == "RP-111"] == list(SPRING)


def test_embedded_cva_counts_in_its_gsp_group_and_directly_connected_cva_apart(
    new_portfolio: Callable[[], PortfolioFolder], tmp_path: Path
) -> None:
    portfolio = write_portfolio(new_portfolio())
    for site_id, msid, unit in (("embedded", "2000000000070", "E_ALFA-1"), ("direct", "2000000000089", "T_ALFA-1")):
        portfolio.write(
            f"{site_id}.toml", CONNECTED.replace("ID", site_id, 1).replace("MSID", msid, 1).replace("UNIT", unit)
        )
        portfolio.readings({(msid, "AI", SPRING[0]): [1_000_000] * 48}, f"{site_id}.csv")
    run = portfolio.settle(start=SPRING[0], end=SPRING[1])
    report = saa_i058(run, TO_EMRS, month=APRIL)
    (day,) = by_day(read(report), "SED").values()
    assert {one["directly_connected_non_chargeable_demand"] for one in day.all("CNC")} == {""}
    (unknown,) = [one for one in report.findings if one.code == "RP-111"]
    assert unknown.message.startswith("Directly connected BM Units")
    expected = expected_parts(run, SPRING[0], {WORKS: "rule", SECOND: "rule", STORE: "whole", "2000000000070": "whole"})
    (group,) = [one for one in day.all("GGI") if one["gsp_group"] == "_H"]
    found = [Fraction(one["non_chargeable_demand"]) for one in group.groups]
    assert found == [Fraction(round(value * 10_000), 10_000) for value in expected]
    without = expected_parts(run, SPRING[0], {WORKS: "rule", SECOND: "rule", STORE: "whole"})
    assert all(one > other + Fraction(9, 10) for one, other in zip(expected, without, strict=True))


# Figures


@given(st.integers(-(10**15), 10**15))
def test_mwh_are_rounded_once_half_to_even(wh: int) -> None:
    assert Decimal(mwh(wh)) == (Decimal(wh) / 1_000_000).quantize(QUANTUM, ROUND_HALF_EVEN)


@pytest.mark.parametrize(
    ("wh", "text"),
    [(0, "0.0000"), (50, "0.0000"), (51, "0.0001"), (150, "0.0002"), (-150, "-0.0002"), (-50, "0.0000"), (None, "")],
)
def test_ties_go_to_the_even_digit_and_nothing_stays_nothing(wh: int | None, text: str) -> None:
    assert mwh(wh) == text


@given(st.integers(0, 10**20))
def test_sums_of_parts_are_rounded_once_half_to_even(parts: int) -> None:
    assert Fraction(mwh_of_parts(parts)) == Fraction(round(Fraction(parts, 100_000 * 100)), 10_000)


def test_every_consumption_component_class_is_named_once_with_its_source() -> None:
    rows = consumption._table()
    ids = [number for pair in rows.values() for number in pair]
    assert len(ids) == len(set(ids)) == 28
    assert rows["C", "consumption"] == (1, 9)
    assert rows["G", "losses_of_class"] == (56, 59)
    assert consumption.ConsumptionClasses.of("D", site_specific=True) == ((2, 10), (5, 13))
    assert consumption.ConsumptionClasses.of("A", site_specific=False) is None
