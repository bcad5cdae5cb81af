"""Chargeable demand of BM Units: the stand-in for SAA-I042, the BM Unit Chargeable Demand Report.

Its layout is not public (handbook chargeable-imports 5.5), so X0042 is Halfhour's own, and its layout says so. The
figures are those of the run's `bm_unit_periods`: at the Metering Systems, before losses and GSP Group Correction.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from halfhour.errors import Finding, HalfhourError
from halfhour.reports.neta_files.report import Body, NetaHeader, NetaReport, mwh
from halfhour.reports.neta_files.run_tables import collect, days_of_run, scan
from halfhour.reports.words import counted
from halfhour.settlement.run import Run

CHARGEABLE_DEMAND = "X0042001"

_READ_LATER = "Bring the readings, then settle and build the report again."


def chargeable_demand_report(
    run: Run,
    header: NetaHeader,
    *,
    start: date | None = None,
    end: date | None = None,
    saa_run_number: int | None = None,
    svaa_run_number: int | None = None,
) -> NetaReport:
    """Chargeable demand of every BM Unit by half hour: the stand-in for SAA-I042.

    A half hour of which no Import MSID has a reading is empty; non-chargeable demand is empty (NULL) where no EMR
    declaration touches the BM Unit.

    Args:
        run: any run; its own figures are reported.
        header: who sends it to whom.
        start, end: Settlement Days, closed-open; default: those of the run.
        saa_run_number, svaa_run_number: numbers of the market's runs, empty where there are none.

    Raises:
        HalfhourError: RP-003 the run has no BM Unit on these days, ST-004 the run cannot be read.
    """
    days = days_of_run(run.request, start, end)
    rows = scan(run, "bm_unit_periods").filter(pl.col("settlement_date").is_between(days[0], days[-1]))
    here = set(collect(run, rows.select(pl.col("settlement_date").unique()))["settlement_date"].to_list())
    if not here:
        raise HalfhourError(
            "RP-003",
            f"No Import MSID of a BM Unit is registered from {days[0]} to {days[-1]}, so there is no demand to report.",
            "Give the meterings of the portfolio their bm_unit, or name other days.",
        )
    runs = ["" if number is None else str(number) for number in (saa_run_number, svaa_run_number)]

    def body() -> Body:
        for day in (day for day in days if day in here):
            yield "CDH", [f"{day:%Y%m%d}", run.request.run_type, *runs]
            of_day = collect(
                run,
                rows.filter(pl.col("settlement_date") == day).select(
                    "bm_unit", "settlement_period", "chargeable_wh", "gross_demand_wh", "non_chargeable_wh"
                ),
            ).sort("bm_unit", "settlement_period")
            before = None
            for bm_unit, period, *volumes in of_day.iter_rows():
                if bm_unit != before:
                    yield "BMU", [bm_unit]
                    before = bm_unit
                yield "CDP", [str(period), *map(mwh, volumes)]

    name = f"{CHARGEABLE_DEMAND}_{days[0]:%Y%m%d}_{days[-1]:%Y%m%d}_{run.request.run_type}.txt"
    return NetaReport(CHARGEABLE_DEMAND, name, header, body, _demand_not_known(run, rows))


def _demand_not_known(run: Run, rows: pl.LazyFrame) -> list[Finding]:
    unknown = pl.col("gross_demand_wh").is_null()
    counts = rows.group_by("bm_unit", "settlement_date").agg(
        unknown.sum().alias("unknown"), ((pl.col("quality") == "missing") & ~unknown).sum().alias("partial")
    )
    found = []
    for bm_unit, day, n_unknown, n_partial in collect(run, counts).sort("settlement_date", "bm_unit").iter_rows():
        if n_unknown:
            found.append(
                Finding(
                    "RP-101",
                    "warning",
                    f"BM Unit {bm_unit}: no Import MSID has a reading in {counted(n_unknown, 'half hour')} of {day}; "
                    "they are empty.",
                    _READ_LATER,
                    settlement_date=day,
                )
            )
        if n_partial:
            found.append(
                Finding(
                    "RP-102",
                    "warning",
                    f"BM Unit {bm_unit}: in {counted(n_partial, 'half hour')} of {day} the demand lacks Import MSIDs "
                    "that have no reading.",
                    _READ_LATER,
                    settlement_date=day,
                )
            )
    return found
