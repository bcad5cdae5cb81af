"""Levy rates: vectors P6 and P8 of the handbook, the recomputation of the operational costs levy, hostile files."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from halfhour.errors import HalfhourError, NotCovered, Refused
from halfhour.market_data import (
    interim_levy_rate,
    missing_days,
    nuclear_rab_interim_levy_rate,
    operational_costs_levy,
    operational_costs_levy_effective,
    rate_table,
    rates,
    require_rates,
)
from halfhour.market_data.levies import read_rates

LEVIES = files("halfhour.market_data").joinpath("data", "levies")


def rows_of(name: str) -> list[dict[str, str]]:
    with LEVIES.joinpath(name).open("r", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def four_decimals(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)


OPERATIONAL = rows_of("operational_costs_levy.csv")
COMPLETE = [row for row in OPERATIONAL if row["actual_cost_gbp_million"]]


@pytest.mark.parametrize(
    ("day", "value"),
    [
        pytest.param(date(2021, 7, 1), "6.373", id="P8a"),
        pytest.param(date(2021, 8, 17), "6.373", id="P8a"),
        pytest.param(date(2021, 8, 18), "1.791", id="P8a"),
        pytest.param(date(2021, 9, 13), "1.791", id="P8a"),
        pytest.param(date(2021, 9, 14), "0.000", id="P8a"),
        pytest.param(date(2021, 9, 30), "0.000", id="P8a"),
        pytest.param(date(2023, 3, 8), "0.000", id="P8b"),
        pytest.param(date(2023, 3, 9), "8.120", id="P8b"),
        pytest.param(date(2016, 10, 9), "1.016", id="P8c"),
        pytest.param(date(2016, 10, 10), "0.594", id="P8c"),
        pytest.param(date(2023, 11, 2), "5.798", id="P1 in pounds"),
    ],
)
def test_interim_rate_follows_its_dates_and_not_its_quarter(day: date, value: str) -> None:
    assert str(interim_levy_rate(day).value) == value  # the digits as published, too


def test_day_without_interim_rate_is_an_error_that_names_the_gap_and_what_is_near() -> None:
    with pytest.raises(NotCovered) as caught:
        interim_levy_rate(date(2017, 1, 15))  # vector P8c
    assert caught.value.code == "MD-001"
    assert caught.value.exit_code == 3
    assert caught.value.message == (
        "No CfD Interim Levy Rate is held for 2017-01-15; held nearest: "
        "0.594 £/MWh for 2016-10-10 to 2016-12-31 and 1.553 £/MWh for 2017-07-01 to 2017-09-30."
    )


def test_rate_says_where_it_comes_from_and_what_is_open() -> None:
    rate = interim_levy_rate(date(2023, 10, 1))
    assert (rate.effective_from, rate.effective_to) == (date(2023, 10, 1), date(2024, 1, 1))
    assert (rate.name, rate.mark) == ("cfd-interim-levy-rate", "doc")
    assert "LCCC" in rate.source
    assert "later change" in rate.open_question
    assert interim_levy_rate(date(2025, 7, 1)).mark == "secondary"
    assert "8.608" in interim_levy_rate(date(2021, 7, 1)).superseded


@pytest.mark.parametrize(
    "day",
    [
        date.min,
        date(2015, 3, 31),
        date(2018, 8, 28),  # changed from this day, new value not known
        date(2018, 9, 30),
        date(2024, 1, 1),
        date(2026, 4, 1),  # 10.26 and 2.07 are reported for 2026/27 without dates
        date(9999, 12, 30),
    ],
)
def test_interim_rates_whose_value_or_dates_are_open_are_not_held(day: date) -> None:
    with pytest.raises(NotCovered, match="MD-001"):
        interim_levy_rate(day)


def test_zero_rate_is_held_and_is_not_an_absence() -> None:
    assert interim_levy_rate(date(2022, 6, 14)).value == 0
    assert missing_days("cfd-interim-levy-rate", date(2021, 9, 1), date(2024, 1, 1)) == []


def test_missing_days_are_closed_open() -> None:
    assert missing_days("cfd-interim-levy-rate", date(2018, 1, 1), date(2019, 5, 1)) == [
        (date(2018, 1, 1), date(2018, 4, 1)),
        (date(2018, 8, 28), date(2019, 4, 1)),
    ]
    assert missing_days("operational-costs-levy", date(2015, 1, 1), date(2028, 4, 1)) == []
    assert missing_days("operational-costs-levy-effective", date(2015, 1, 1), date(2028, 4, 1)) == [
        (date(2025, 4, 1), date(2028, 4, 1))
    ]


def test_eleven_years_of_the_operational_levy_are_complete() -> None:
    assert len(COMPLETE) == 11
    assert len(OPERATIONAL) == 14


@pytest.mark.parametrize("row", COMPLETE, ids=lambda row: row["effective_from"])
def test_refund_and_effective_levy_recompute_from_their_year(row: dict[str, str]) -> None:
    refund = four_decimals(Decimal(row["excess_gbp_million"]) / Decimal(row["actual_demand_twh"]))
    assert refund == Decimal(row["refund_gbp_per_mwh"])
    first_day = date.fromisoformat(row["effective_from"])
    assert operational_costs_levy_effective(first_day).value == operational_costs_levy(first_day).value - refund


def test_operational_levy_of_2024_25_is_vector_p6() -> None:
    day = date(2024, 4, 1)
    assert four_decimals(Decimal("10.507") / Decimal("266.4279")) == Decimal("0.0394")
    assert operational_costs_levy(day).value == Decimal("0.1089")
    assert operational_costs_levy_effective(day).value == Decimal("0.0695")


def test_operational_levy_is_forecast_cost_over_forecast_demand_but_for_2021_22() -> None:
    quotients = {
        row["effective_from"]: four_decimals(
            Decimal(row["forecast_cost_gbp_million"]) / Decimal(row["forecast_demand_twh"])
        )
        for row in OPERATIONAL
    }
    odd = {
        start for start, value in quotients.items() if value != operational_costs_levy(date.fromisoformat(start)).value
    }
    assert odd == {"2021-04-01"}
    assert quotients["2021-04-01"] == Decimal("0.0767")
    (year,) = (row for row in OPERATIONAL if row["effective_from"] == "2021-04-01")
    assert four_decimals(Decimal(year["paid_gbp_million"]) / Decimal(year["actual_demand_twh"])) == Decimal("0.0760")
    assert operational_costs_levy(date(2022, 3, 31)).value == Decimal("0.0760")
    assert operational_costs_levy(date(2022, 3, 31)).open_question


def test_effective_levy_is_refused_until_actual_costs_are_known() -> None:
    assert operational_costs_levy_effective(date(2025, 3, 31)).value == Decimal("0.0695")
    assert operational_costs_levy(date(2025, 4, 1)).value == Decimal("0.1089")
    with pytest.raises(NotCovered, match="after refund is held for 2025-04-01"):
        operational_costs_levy_effective(date(2025, 4, 1))


@pytest.mark.parametrize(
    ("day", "value"),
    [(date(2025, 11, 30), "0.000"), (date(2025, 12, 1), "3.540"), (date(2026, 3, 31), "3.72")],
)
def test_nuclear_rab_rate_by_day(day: date, value: str) -> None:
    assert str(nuclear_rab_interim_levy_rate(day).value) == value


@pytest.mark.parametrize("day", [date(2025, 10, 31), date(2026, 4, 1)])
def test_nuclear_rab_rate_is_not_held_before_it_began_nor_where_only_about_known(day: date) -> None:
    with pytest.raises(NotCovered, match="MD-001"):
        nuclear_rab_interim_levy_rate(day)


def test_several_rates_missing_are_named_together() -> None:
    with pytest.raises(NotCovered) as caught:
        require_rates(
            ("cfd-interim-levy-rate", "operational-costs-levy"), [date(2030, 1, 2), date(2030, 1, 1), date(2024, 1, 1)]
        )
    assert "No CfD Interim Levy Rate is held for 2024-01-01, 2030-01-01 to 2030-01-02;" in caught.value.message
    assert "No CfD Operational Costs Levy is held for 2030-01-01 to 2030-01-02;" in caught.value.message
    assert require_rates(rates(), []) is None


def test_unknown_rate_is_met_with_the_nearest_name() -> None:
    with pytest.raises(HalfhourError, match=r"MD-002.*Did you mean 'cfd-interim-levy-rate'"):
        missing_days("cfd-interim-levy", date(2024, 1, 1), date(2024, 2, 1))
    with pytest.raises(HalfhourError, match="MD-002"):
        rate_table("")


def test_a_moment_is_not_a_settlement_day() -> None:
    with pytest.raises(TypeError):
        interim_levy_rate(datetime(2023, 11, 2, 12, 0))  # noqa: DTZ001


@pytest.mark.parametrize("name", rates())
def test_every_rate_held_has_value_source_and_days(name: str) -> None:
    held = rate_table(name).rows
    assert held
    for rate in held:
        assert rate.value >= 0
        assert rate.source
        assert rate_table(name).on(rate.effective_from) is rate


HEADER = "effective_from,last_day,gbp_per_mwh,superseded,open_question,note,source,mark"


def write(folder: Path, *lines: str, encoding: str = "utf-8", newline: str = "\n") -> Path:
    file = folder / "rates.csv"
    file.write_text(newline.join([HEADER, *lines]) + newline, encoding=encoding, newline="")
    return file


def test_file_from_a_spreadsheet_reads_like_any_other(tmp_path: Path) -> None:
    file = write(tmp_path, "", "2024-02-29,2024-02-29,1.50,,,,Somebody,doc", "", encoding="utf-8-sig", newline="\r\n")
    (rate,) = read_rates(file, "a-rate", "gbp_per_mwh")
    assert (rate.effective_from, rate.effective_to, str(rate.value)) == (date(2024, 2, 29), date(2024, 3, 1), "1.50")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("2024-13-01,2024-12-31,1,,,,S,doc", "effective_from '2024-13-01' is not a date"),
        ("20240101,2024-12-31,1,,,,S,doc", "effective_from '20240101' is not a date"),
        ("2024-01-01,,1,,,,S,doc", "last_day '' is not a date"),
        ("2024-01-02,2024-01-01,1,,,,S,doc", "last_day 2024-01-01 is before"),
        ("2024-01-01,9999-12-31,1,,,,S,doc", "beyond any calendar"),
        ("2024-01-01,2024-01-01,NaN,,,,S,doc", "gbp_per_mwh 'NaN' is not a number"),
        ("2024-01-01,2024-01-01,-1,,,,S,doc", "gbp_per_mwh '-1' is not a number"),
        ("2024-01-01,2024-01-01,1e3,,,,S,doc", "gbp_per_mwh '1e3' is not a number"),
        ("2024-01-01,2024-01-01,1_0,,,,S,doc", "gbp_per_mwh '1_0' is not a number"),
        ("2024-01-01,2024-01-01,١,,,,S,doc", "is not a number"),
        ("2024-01-01,2024-01-01,1,,,, ,doc", "There is no source"),
        ("2024-01-01,2024-01-01,1,,,,S,hearsay", "mark 'hearsay'"),
        ("2024-01-01,2024-01-01,1", "not one cell per column"),
        ("2024-01-01,2024-01-01,1,,,,S,doc,more", "not one cell per column"),
    ],
)
def test_unusable_row_refuses_its_file_and_is_named(tmp_path: Path, row: str, problem: str) -> None:
    file = write(tmp_path, "2023-01-01,2023-12-31,1,,,,S,doc", row)
    with pytest.raises(Refused, match="MD-003") as caught:
        read_rates(file, "a-rate", "gbp_per_mwh")
    (finding,) = caught.value.findings
    assert (finding.code, finding.where) == ("MD-004", "rates.csv:3")
    assert problem in finding.message


def test_all_unusable_rows_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        read_rates(write(tmp_path, "x,y,z,,,,,w", "2024-01-01,2024-01-01,?,,,,S,doc"), "a-rate", "gbp_per_mwh")
    assert [finding.where for finding in caught.value.findings] == ["rates.csv:2"] * 5 + ["rates.csv:3"]


@pytest.mark.parametrize("text", ["", "effective_from,last_day\n2024-01-01,2024-01-31\n"])
def test_file_without_the_columns_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=r"MD-003: rates\.csv has no column .*gbp_per_mwh"):
        read_rates(file, "a-rate", "gbp_per_mwh")
