"""SAA-I058, Aggregated TLM-Adjusted Non-Chargeable Demand: a month's runs of one type, by GSP Group and half hour.

Follows the NETA Interface Definition and Design, Part 1, file S0581 (handbook chargeable-imports 5.5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import polars as pl

from halfhour.calendar import settlement_periods, settlement_runs
from halfhour.errors import Finding, HalfhourError, NotCovered
from halfhour.market_data.dated import date_ranges
from halfhour.reports.neta_files.declared_imports import DeclaredImport, declared_imports, gsp_groups_on
from halfhour.reports.neta_files.declared_volumes import volumes_of_day
from halfhour.reports.neta_files.report import Body, NetaHeader, NetaReport, mwh_of_parts
from halfhour.reports.neta_files.run_tables import days_of_run, refuse_other_editions
from halfhour.reports.run_register import portfolio_of
from halfhour.reports.words import counted, span
from halfhour.rules.arithmetic import PARTS
from halfhour.settlement.run import Run

SAA_I058 = "S0581001"

ONE_DAY = timedelta(days=1)

DIRECTLY_CONNECTED = "T_"
"""How the id of a BM Unit begins that is connected to the Transmission System (handbook identifiers 2)."""


def saa_i058(runs: Run | Sequence[Run], header: NetaHeader, *, month: date) -> NetaReport:
    """Aggregated TLM-adjusted non-chargeable demand of a month, by GSP Group and half hour (SAA-I058, file S0581).

    It holds each Settlement Day whose run of that type was planned for a day of the month. The volume is the sum, over
    the Import MSIDs that an EMR declaration covers, of proportion × volume at the notional balancing point. It is
    empty where no EMR declaration covers any of them, and where a volume cannot be told. An MSID without a reading has
    no deduction (handbook 5.2). An NFD Declaration deducts nothing.

    Args:
        runs: of one run type, with volumes at the notional balancing point; no Settlement Day twice.
        header: who sends it to whom.
        month: any day of the month in which the runs are carried out.

    Raises:
        HalfhourError: RP-001 the register has changed since the run, RP-003 no Settlement Day of the runs belongs to
            the month, RP-004 a day's edition gives no proportion, RP-005 the runs do not go together, ST-005 a run
            lacks a table.
        NotCovered: RP-010 a run knows no volume at the notional balancing point; CA-030 no timetable of the day.
    """
    every = [runs] if isinstance(runs, Run) else list(runs)
    run_type = _one_run_type(every)
    of_day = _days_of_month(every, run_type, month)
    findings = _days_without_a_run(sorted(of_day), run_type, month)
    volumes: dict[date, dict[str, list[int | None]]] = {}
    for run in every:
        own = [day for day, its_run in sorted(of_day.items()) if its_run is run]
        if own:
            refuse_other_editions(run.request, own, SAA_I058)
            volumes |= _aggregated(run, own, findings)

    def body() -> Body:
        yield "MRT", [f"{month:%b%Y}".upper(), run_type]
        for day, of_group in sorted(volumes.items()):
            yield "SED", [f"{day:%Y%m%d}"]
            for group in sorted(of_group.keys() - {DIRECTLY_CONNECTED}):
                yield "GGI", [group]
                yield from _by_period("SNC", of_group[group])
            yield from _by_period("CNC", of_group[DIRECTLY_CONNECTED])

    return NetaReport(SAA_I058, f"{SAA_I058}_{month:%Y%m}_{run_type}.txt", header, body, findings)


def _by_period(group: str, parts: Sequence[int | None]) -> Iterator[tuple[str, list[str]]]:
    for period, value in enumerate(parts, start=1):
        yield group, [str(period), mwh_of_parts(value)]


def _one_run_type(runs: Sequence[Run]) -> str:
    types = sorted({run.request.run_type for run in runs})
    if len(types) != 1:
        raise HalfhourError(
            "RP-005",
            f"SAA-I058 is of one run type, and the runs are of {', '.join(types) or 'none'}.",
            "Give the runs of one type.",
        )
    if types[0] == "D":
        raise HalfhourError(
            "RP-005",
            "A dispute run (D) has no planned date, so it belongs to no month of SAA-I058.",
            "Give runs of another type.",
        )
    return types[0]


def _days_of_month(runs: Sequence[Run], run_type: str, month: date) -> dict[date, Run]:
    """The Settlement Days of the runs that belong to the month, each with its run."""
    found: dict[date, Run] = {}
    for run in runs:
        for day in days_of_run(run.request, None, None):
            if not _carried_out_in(day, run_type, month):
                continue
            if day in found:
                raise HalfhourError(
                    "RP-005",
                    f"Settlement Day {day} is in two of the runs, {found[day].folder} and {run.folder}.",
                    "Give one run of each day.",
                )
            found[day] = run
    if not found:
        raise HalfhourError(
            "RP-003",
            f"No Settlement Day of the runs has its {run_type} run in {month:%B %Y}.",
            f"Give runs of the days whose {run_type} run is planned for that month (`halfhour calendar DAY`).",
        )
    return found


def _carried_out_in(day: date, run_type: str, month: date) -> bool:
    planned = {str(kind): planned for kind, planned in settlement_runs(day).items()}.get(run_type)
    return planned is not None and (planned.year, planned.month) == (month.year, month.month)


def _days_without_a_run(held: Sequence[date], run_type: str, month: date) -> list[Finding]:
    """The Settlement Days among and beside those held whose run belongs to the month, and which no run has."""
    first, last = held[0], held[-1]
    while _carried_out_in(first - ONE_DAY, run_type, month):
        first -= ONE_DAY
    while _carried_out_in(last + ONE_DAY, run_type, month):
        last += ONE_DAY
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [
        Finding(
            "RP-110",
            "warning",
            f"The {run_type} runs of the Settlement Days {span(start, end)} belong to {month:%B %Y}, and no run given "
            "has these days; they are left out.",
            "Settle the days, and give their run too.",
            settlement_date=start,
        )
        for start, end in date_ranges(set(days) - set(held))
    ]


def _aggregated(run: Run, days: Sequence[date], findings: list[Finding]) -> dict[date, dict[str, list[int | None]]]:
    """Non-chargeable demand by day and GSP Group, and of what is directly connected, in Wh × parts per 100,000."""
    portfolio = portfolio_of(run)
    imports = [
        one
        for one in declared_imports(portfolio, run.request)
        if one.metering.bm_unit is not None and (one.by_rule | one.whole).any()
    ]
    place = pl.DataFrame(
        {
            "site_id": [one.site.id for one in imports],
            "msid": [one.msid for one in imports],
            "place": [_place(one) for one in imports],
        },
        schema={"site_id": pl.String, "msid": pl.String, "place": pl.String},
    ).unique()
    deductible = known = 0
    volumes: dict[date, dict[str, list[int | None]]] = {}
    for day in days:
        groups = gsp_groups_on(portfolio, day)
        if not groups:
            findings.append(
                Finding(
                    "RP-110",
                    "warning",
                    f"No Import MSID of a BM Unit is registered on {day}; the day is left out.",
                    "Nothing to do, unless the register is wrong.",
                    settlement_date=day,
                )
            )
            continue
        frame, found = volumes_of_day(run, day, imports, network_only=False)
        findings += found
        frame = frame.join(place, on=["site_id", "msid"], how="left")
        of_interest = frame.filter(pl.col("proportion") > 0)
        deductible += of_interest.height
        known += of_interest.filter(pl.col("nbp_wh").is_not_null()).height
        volumes[day] = _sums(day, groups, frame, findings)
    if deductible and not known:
        raise NotCovered(
            "RP-010",
            f"The run '{run.folder}' knows no volume at the notional balancing point, which SAA-I058 is of.",
            "Give the meterings their Line Loss Factor Classes, load line loss factors and Transmission Loss "
            "Multipliers with `halfhour market-data load`, and settle again.",
        )
    return volumes


def _place(one: DeclaredImport) -> str:
    assert one.metering.bm_unit is not None
    return DIRECTLY_CONNECTED if one.metering.bm_unit.startswith(DIRECTLY_CONNECTED) else one.site.gsp_group


def _sums(
    day: date, groups: Iterable[str], frame: pl.DataFrame, findings: list[Finding]
) -> dict[str, list[int | None]]:
    """A day's sums by place and half hour; None where nothing is declared, or where one part of a sum is not known."""
    periods = settlement_periods(day)
    sums: dict[str, list[int | None]] = {place: [None] * periods for place in (*sorted(groups), DIRECTLY_CONNECTED)}
    part = pl.col("proportion") * pl.col("nbp_wh")
    unknown = (pl.col("nbp_wh").is_null() & (pl.col("proportion") > 0)).any().alias("unknown")
    # In two pieces, so that no sum comes near the end of 64 bits.
    totals = frame.group_by("place", "settlement_period").agg(
        (part // PARTS).sum().alias("whole"), (part % PARTS).sum().alias("rest"), unknown
    )
    not_known: Counter[str] = Counter()
    for place, period, whole, rest, one_unknown in totals.iter_rows():
        if one_unknown:
            not_known[place] += 1
        else:
            sums[place][period - 1] = whole * PARTS + rest
    for place, count in sorted(not_known.items()):
        name = "Directly connected BM Units" if place == DIRECTLY_CONNECTED else f"GSP Group {place}"
        findings.append(
            Finding(
                "RP-111",
                "warning",
                f"{name}: volumes at the notional balancing point are not known in {counted(count, 'half hour')} of "
                f"{day}; they are empty.",
                "Load the line loss factors and Transmission Loss Multipliers of the day, and settle again.",
                settlement_date=day,
            )
        )
    return sums
