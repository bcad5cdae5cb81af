"""A run against a second, slower way of finding the same figures from the same files."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from settlement_sites import Made, made, settled

from halfhour.calendar import settlement_periods

if TYPE_CHECKING:
    from conftest import PortfolioFolder
    from halfhour.settlement.run import Run

New = Callable[[], "PortfolioFolder"]
seeds = st.integers(0, 1_000_000)
PARTS = 100_000


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_metered_volumes_are_the_last_lines_of_the_files(new_portfolio: New, seed: int) -> None:
    one = made(seed)
    run = settled(new_portfolio, one, "default")
    last: dict[tuple[str, str, str, int], tuple[int, str]] = {}
    for line in [*one.lines, *one.corrections]:
        msid, quantity, day, period, kwh, status = line.split(",")
        last[msid, quantity, day, int(period)] = (round(Fraction(kwh) * 1000), status)
    for msid, quantity, day, period, metered, settled_wh, quality in run.settled_volumes.select(
        "msid",
        "measurement_quantity",
        pl.col("settlement_date").cast(pl.String),
        "settlement_period",
        "metered_wh",
        "settled_wh",
        "quality",
    ).iter_rows():
        wh, status = last.get((msid, quantity, day, period), (None, ""))
        assert metered == wh
        if settled_wh is not None and msid[2:7] not in {site_id.rpartition("-")[2].zfill(5) for site_id in one.private}:
            assert (settled_wh, quality) == (wh, "estimated" if status == "E" else "actual")


def asset_on(one: Made, site_id: str, day: date) -> bool:
    """Whether a licensed asset of the site is in the register."""
    meters = tomllib.loads(one.site_text(site_id))["metering"]
    return any(meter.get("licensed") and meter.get("from", date.min) <= day for meter in meters)


def reference_days(
    one: Made, run: Run, site_id: str, first: date, last: date
) -> list[tuple[bool, list[dict[str, Any]]]]:
    """Each day of a reference period: whether it is present, and its half hours that have figures."""
    days = []
    rows = run.site_periods.filter(pl.col("site_id") == site_id)
    for number in range((last - first).days):
        day = first + timedelta(days=number)
        found = rows.filter(pl.col("settlement_date") == day).to_dicts()
        whole = len(found) == settlement_periods(day) and all(row["stor_to_other_wh"] is not None for row in found)
        days.append(
            (whole and asset_on(one, site_id, day), [row for row in found if row["stor_to_other_wh"] is not None])
        )
    return days


@settings(max_examples=20, deadline=None)
@given(seeds, st.sampled_from(["p395-proposed", "osam-1.0"]))
def test_factor_of_a_day_is_that_of_the_half_hours_of_its_reference_period(
    new_portfolio: New, seed: int, edition: str
) -> None:
    one = made(seed)
    folder = one.write(new_portfolio())
    run = folder.settle(edition, start=one.start, end=one.end)
    before = folder.settle(edition, "before", start=one.start - timedelta(days=4), end=one.end)
    switches = tomllib.loads(one.settings)["settlement"]
    for found in run.factors.to_dicts():
        days = reference_days(one, before, found["site_id"], found["reference_from"], found["reference_to"])
        present = sum(is_present for is_present, _ in days)
        used = [row for is_present, rows in days for row in rows if is_present or edition == "p395-proposed"]
        to_other = sum(row["stor_to_other_wh"] for row in used)
        if edition == "p395-proposed":
            declaration = tomllib.loads(one.site_text(found["site_id"]))["declaration"][0]
            whole = sum(row["net_import_stor_wh"] for row in used)
            default = Fraction(declaration.get("default_factor", "1"))
            share = min(Fraction(1), Fraction(to_other, whole)) if whole else default
        else:
            whole = sum(row["export_stor_wh"] for row in used)
            default = Fraction(switches["default_ncsp"])
            share = Fraction(whole - to_other, whole) if whole else default
            if whole and switches["ncsp_missing_days"] == "fill_default":
                share = (present * share + (7 - present) * default) / 7
            assert found["missing_days"] == 7 - present
        assert found["factor_per_100000"] == round(PARTS * share)
        assert (found["basis"] == "default") == (whole == 0)
