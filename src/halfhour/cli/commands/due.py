"""`halfhour due`: when a time limit runs out, with the days counted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, time
from typing import Annotated

from cyclopts import Parameter

from halfhour.calendar import Mode, Roll, TimeLimit, Unit, days, holiday_calendar, parse_day
from halfhour.calendar import due as compute_due
from halfhour.cli.output import print_json, print_line, print_table
from halfhour.errors import HalfhourError


def due(
    *,
    within: int | None = None,
    beginning_with: int | None = None,
    start: Annotated[str, Parameter(name="--from")],
    calendar: str | None = None,
    regime: str = "bsc",
    roll: Roll | None = None,
    unit: Unit = "working",
    at: str | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """The working-day clock: the last day on which an act is in time.

    Give one of --within, which counts from the day after, and --beginning-with, which counts the day itself as day 1.

    Examples:

        halfhour due --within 5 --from 2024-12-23
        halfhour due --beginning-with 10 --from 2024-12-23 --calendar scotland
        halfhour due --within 1 --from 2021-12-24 --at 17:01 --regime cm-regs

    Parameters
    ----------
    within
        Number of days, the day of the event not counted.
    beginning_with
        Number of days, the day of the event counted as day 1.
    start
        Day of the event (ISO).
    calendar
        Holidays: E&W (also EW, england-and-wales), SCT (scotland) or NI; by default the regime's.
    regime
        bsc, electricity-act, cm-regs or cfd.
    roll
        An event on a non-working day counts as on the next working day (next) or stays (none); by default the regime's.
    unit
        Count working or calendar days.
    at
        Local time of the event (17:01), for a regime with a cut-off.
    json
        One JSON document on standard output.
    """
    count, mode = _count(within, beginning_with)
    limit = compute_due(
        parse_day(start),
        count,
        mode,
        regime,
        roll,
        None if at is None else _time_of_day(at),
        unit=unit,
        calendar=calendar,
    )
    skipped = _holidays_passed(limit)
    if json:
        print_json(document(limit, skipped))
    else:
        show(limit, skipped)
    return 0


def _count(within: int | None, beginning_with: int | None) -> tuple[int, Mode]:
    if within is not None and beginning_with is None:
        return within, "within"
    if beginning_with is not None and within is None:
        return beginning_with, "beginning_with"
    raise HalfhourError(
        "CA-023",
        "A time limit is counted in exactly one way.",
        "Give either --within N (the day of the event is not counted) or --beginning-with N (it is day 1).",
    )


def _time_of_day(text: str) -> time:
    hours, separator, minutes = text.partition(":")
    if separator and len(hours) == len(minutes) == 2 and (hours + minutes).isascii() and (hours + minutes).isdigit():
        try:
            return time(int(hours), int(minutes))
        except ValueError:
            pass
    raise HalfhourError("CA-024", f"{text[:40]!r} is not a time of day.", "Write hours and minutes, such as 17:01.")


def _holidays_passed(limit: TimeLimit) -> list[tuple[date, str]]:
    """Weekday holidays between the trigger and the due day, which explain why the count took so long."""
    if limit.calendar is None or limit.unit == "calendar":
        return []
    calendar = holiday_calendar(limit.calendar)
    names = [(day, calendar.holiday_name(day)) for day in days(limit.trigger, limit.due)]
    return [(day, name) for day, name in names if name is not None]


def show(limit: TimeLimit, skipped: list[tuple[date, str]]) -> None:
    """Print the due day and how it was counted."""
    print_line(f"Due {_day(limit.due)}" + (f", until {limit.cut_off:%H:%M}" if limit.cut_off else ""))
    plural = "" if limit.n == 1 else "s"
    print_line(
        f"{limit.mode.replace('_', ' ')} {limit.n} {limit.unit} day{plural}, from {_day(limit.trigger)}"
        + (f" at {limit.at:%H:%M}" if limit.at else "")
    )
    if limit.counts_from != limit.trigger:
        print_line(f"counted as of {_day(limit.counts_from)}")
    print_line(f"regime {limit.regime}, roll {limit.roll}")
    if limit.calendar is not None:
        print_line(f"calendar {limit.calendar} ({limit.calendar_version})")
    print_table(
        "", ["day", "date"], [(str(number), _day(day)) for number, day in enumerate(limit.counted, 1)], numeric=[0]
    )
    for day, name in skipped:
        print_line(f"not counted: {_day(day)}, {name}")


def document(limit: TimeLimit, skipped: list[tuple[date, str]]) -> dict[str, object]:
    """The limit as a JSON object."""
    times = {
        name: moment and moment.isoformat(timespec="minutes")
        for name, moment in (("at", limit.at), ("cut_off", limit.cut_off))
    }
    return {
        **asdict(limit),
        **times,
        "due_weekday": f"{limit.due:%A}",
        "holidays_passed": [{"date": day, "name": name} for day, name in skipped],
    }


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"
