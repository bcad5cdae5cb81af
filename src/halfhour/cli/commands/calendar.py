"""`halfhour calendar`: a Settlement Day, its periods, whether it is a working day, and its settlement runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from cyclopts import Parameter

from halfhour.calendar import (
    AppliesBy,
    RunType,
    Timetable,
    clock_label,
    dispute_deadline,
    dispute_deadlines,
    holiday_calendar,
    parse_day,
    period_start_local,
    period_start_utc,
    settlement_period_label,
    settlement_periods,
    settlement_runs,
    timetable_on,
)
from halfhour.cli.output import print_error, print_json, print_line, print_table
from halfhour.errors import NotCovered

CLOCKS = {46: " (the clocks go forward)", 50: " (the clocks go back)"}


@dataclass(frozen=True, slots=True)
class Runs:
    """The settlement runs of a day with the timetable that they are planned by, and the dispute deadlines."""

    timetable: Timetable
    dates: dict[RunType, date]
    general_deadlines: dict[RunType, date]
    other_deadlines: dict[str, date]


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """Whether a day is a working day by a holiday calendar, and why not."""

    calendar: str
    version: str
    working: bool
    holiday: str | None


def calendar(
    day: str,
    /,
    *,
    calendar: str = "E&W",
    timetable_applies_by: AppliesBy = "settlement_day",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """A Settlement Day: its periods, working day or not, the dates of its settlement runs.

    What the reference data does not cover is named, and the exit code is then 3; the rest is shown.

    Examples:

        halfhour calendar 2026-10-25
        halfhour calendar 2025-12-02 --calendar scotland

    Parameters
    ----------
    day
        The Settlement Day (ISO).
    calendar
        Holidays for the working day: E&W (also EW, england-and-wales), SCT (scotland) or NI. Settlement runs always
        follow E&W.
    timetable_applies_by
        Whether a new settlement timetable applies to Settlement Days or to runs carried out from its start.
    json
        One JSON document on standard output.
    """
    settlement_day = parse_day(day)
    periods = _special_periods(settlement_day)
    missing: list[NotCovered] = []
    working: WorkingDay | None = None
    runs: Runs | None = None
    try:
        working = _working_day(settlement_day, calendar)
    except NotCovered as error:
        missing.append(error)
    try:
        runs = _runs(settlement_day, timetable_applies_by)
    except NotCovered as error:
        missing.append(error)
    if json:
        print_json(document(settlement_day, periods, working, runs, missing))
    else:
        show(settlement_day, periods, working, runs)
    for gap in missing:
        print_error(gap)
    return NotCovered.exit_code if missing else 0


def _special_periods(day: date) -> list[int]:
    """The first and the last period and, on a clock-change day, those around the change."""
    last = settlement_periods(day)
    special = {1, last}
    for period in range(2, last + 1):
        before, after = period_start_local(day, period - 1), period_start_local(day, period)
        if before.utcoffset() != after.utcoffset():
            special |= set(range(period - 2, period + 3))
    return sorted(special)


def _working_day(day: date, name: str) -> WorkingDay:
    holidays = holiday_calendar(name)
    return WorkingDay(holidays.id, holidays.version, holidays.is_working_day(day), holidays.holiday_name(day))


def _runs(day: date, applies_by: AppliesBy) -> Runs:
    dates = settlement_runs(day, applies_by)
    anchors = {"settlement-day": day, "rf": dates["RF"]}
    return Runs(
        timetable=timetable_on(day),
        dates=dates,
        general_deadlines={run: dispute_deadline("general", on).due for run, on in dates.items()},
        other_deadlines={
            kind: dispute_deadline(kind, anchors[deadline.after]).due
            for kind, deadline in dispute_deadlines().items()
            if deadline.after in anchors
        },
    )


def show(day: date, periods: list[int], working: WorkingDay | None, runs: Runs | None) -> None:
    """Print the day for people."""
    count = settlement_periods(day)
    print_line(f"{_day(day)}: {count} Settlement Periods{CLOCKS.get(count, '')}")
    if working is not None:
        reason = working.holiday or f"{day:%A}"
        print_line(f"{working.calendar}: " + ("working day" if working.working else f"not a working day, {reason}"))
    print_table(
        "",
        ["period", "begins, local", "begins, UTC", "label (end, local)"],
        [
            (
                str(period),
                clock_label(day, period),
                _utc(period_start_utc(day, period)),
                settlement_period_label(day, period),
            )
            for period in periods
        ],
        numeric=[0],
    )
    if runs is None:
        return
    print_line(f"Settlement runs by timetable {runs.timetable.id} ({runs.timetable.status})")
    print_table(
        "",
        ["run", "planned for", "general Trading Dispute until"],
        [(run, _day(on), _day(runs.general_deadlines[run])) for run, on in runs.dates.items()],
    )
    for kind, until in runs.other_deadlines.items():
        print_line(f"Trading Dispute, {kind}: until {_day(until)}")


def document(
    day: date, periods: list[int], working: WorkingDay | None, runs: Runs | None, missing: list[NotCovered]
) -> dict[str, object]:
    """The day as a JSON object; what is not covered is null and named in `not_covered`."""
    return {
        "settlement_day": day,
        "weekday": f"{day:%A}",
        "settlement_periods": settlement_periods(day),
        "periods": [
            {
                "settlement_period": period,
                "start_local": period_start_local(day, period),
                "start_utc": period_start_utc(day, period),
                "clock": clock_label(day, period),
                "label": settlement_period_label(day, period),
            }
            for period in periods
        ],
        "working_day": working and working.working,
        "holiday": working and working.holiday,
        "calendar": working and working.calendar,
        "calendar_version": working and working.version,
        "timetable": runs and runs.timetable.id,
        "timetable_status": runs and runs.timetable.status,
        "settlement_runs": runs and runs.dates,
        "dispute_deadlines": runs and {"general": runs.general_deadlines, **runs.other_deadlines},
        "not_covered": [
            {"code": error.code, "message": error.message, "next_step": error.next_step} for error in missing
        ],
    }


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"
