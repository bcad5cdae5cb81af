"""Working days by holiday calendar: England and Wales, Scotland, Northern Ireland, or one from a file of the user's.

The holidays are dated data (`data/holidays.csv`, made by `holiday_rules`). A day outside a calendar's range is not
covered: nobody knows whether it is a working day.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

from halfhour.calendar._lookup import shown, unknown
from halfhour.calendar.settlement_days import check_day, parse_day
from halfhour.errors import Finding, HalfhourError, NotCovered, Refused

ONE_DAY = timedelta(days=1)
SATURDAY = 5
COLUMNS = ("calendar", "date", "name", "source")

ALIASES = {
    "e": "E&W",
    "ew": "E&W",
    "e&w": "E&W",
    "england": "E&W",
    "wales": "E&W",
    "england-and-wales": "E&W",
    "s": "SCT",
    "sct": "SCT",
    "scotland": "SCT",
    "ni": "NI",
    "northern-ireland": "NI",
}


@dataclass(frozen=True, slots=True, eq=False)
class HolidayCalendar:
    """The holidays of one nation, over the days that its file covers.

    Attributes:
        id: `E&W`, `SCT`, `NI`, or the id in the user's file.
        version: file name, years covered and the start of the file's SHA-256.
        first_day: first day covered.
        end_day: first day no longer covered.
        holidays: date to name; a weekend is not a working day without being listed.
    """

    id: str
    version: str
    first_day: date
    end_day: date
    holidays: Mapping[date, str]

    def holiday_name(self, day: date) -> str | None:
        """Name of the holiday on that day, None where there is none.

        Raises:
            HalfhourError: CA-001 not a date.
            NotCovered: CA-011 outside the calendar's range.
        """
        if not isinstance(day, date) or isinstance(day, datetime):
            raise HalfhourError("CA-001", f"A working day is a date, not {shown(day)}.", "Give a date.")
        if not self.first_day <= day < self.end_day:
            raise NotCovered(
                "CA-011",
                f"{day} is outside the holiday calendar {self.id}, which covers {self.first_day} to "
                f"{self.end_day - ONE_DAY}.",
                "Load a holiday file that covers the day (load_holiday_calendars).",
            )
        return self.holidays.get(day)

    def is_working_day(self, day: date) -> bool:
        """Whether the day is neither Saturday, Sunday nor a holiday.

        Raises:
            HalfhourError: CA-001 not a date.
            NotCovered: CA-011 outside the calendar's range.
        """
        return self.holiday_name(day) is None and day.weekday() < SATURDAY

    def working_days_from(self, day: date) -> Iterator[date]:
        """Working days from `day` on, itself included if it is one; NotCovered at the end of the range."""
        while True:
            if self.is_working_day(day):
                yield day
            day += ONE_DAY

    def working_days_before(self, day: date) -> Iterator[date]:
        """Working days strictly before `day`, going back; NotCovered at the start of the range."""
        while True:
            day -= ONE_DAY
            if self.is_working_day(day):
                yield day

    def on_or_after(self, day: date) -> date:
        """The first working day on or after `day`.

        Raises:
            HalfhourError: CA-001 not a date.
            NotCovered: CA-011 outside the calendar's range.
        """
        return next(self.working_days_from(day))


@cache
def _shipped() -> dict[str, HolidayCalendar]:
    content = files(__package__).joinpath("data", "holidays.csv").read_bytes()
    return _read(content, "holidays.csv")


def holiday_calendar(name: str) -> HolidayCalendar:
    """A shipped calendar by its id or another common name: `E&W` (`EW`, `england-and-wales`), `SCT` (`scotland`), `NI`.

    Raises:
        HalfhourError: CA-010 where the name is not known.
    """
    calendars = _shipped()
    calendar_id = ALIASES.get(name.strip().lower().replace(" ", "-")) if isinstance(name, str) else None
    if calendar_id is None:
        raise unknown("CA-010", "holiday calendar", name, [*calendars, "england-and-wales", "scotland"])
    return calendars[calendar_id]


def is_working_day(day: date, calendar: str = "E&W") -> bool:
    """Whether the day is a working day by a shipped calendar; the settlement calendar is that of England and Wales.

    Raises:
        HalfhourError: CA-001 not a date, CA-010 calendar unknown.
        NotCovered: CA-011 outside the calendar's range.
    """
    return holiday_calendar(calendar).is_working_day(day)


def holiday_name(day: date, calendar: str = "E&W") -> str | None:
    """Name of the holiday on that day by a shipped calendar, None where there is none.

    Raises:
        HalfhourError: CA-001 not a date, CA-010 calendar unknown.
        NotCovered: CA-011 outside the calendar's range.
    """
    return holiday_calendar(calendar).holiday_name(day)


def load_holiday_calendars(path: Path) -> dict[str, HolidayCalendar]:
    """Read calendars from a CSV file with the columns calendar, date (ISO), name, source.

    A calendar covers whole years, from the first to the last in which it has a holiday.

    Raises:
        Refused: CA-012 with every bad row.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refused("CA-012", f"The holiday file cannot be read: {error}.", "Give a file that exists.", []) from None
    return _read(content, path.name)


def _read(content: bytes, file_name: str) -> dict[str, HolidayCalendar]:
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        missing = [column for column in COLUMNS if column not in (table.fieldnames or [])]
        # Blank lines come out as rows only where they hold separators.
        rows = [(table.line_num, row) for row in table if any(row.values())]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused("CA-012", f"{file_name} is not a CSV file in UTF-8: {error}.", _LAYOUT, []) from None
    if missing:
        raise Refused("CA-012", f"{file_name} has no column {', '.join(missing)}.", _LAYOUT, [])
    findings: list[Finding] = []
    by_calendar: dict[str, dict[date, str]] = {}
    for line, row in rows:
        fault = _take(row, by_calendar)
        if fault:
            findings.append(Finding("CA-012", "error", fault, "Correct the row.", where=f"{file_name}:{line}"))
    for calendar_id, holidays in by_calendar.items():
        years = {day.year for day in holidays}
        findings += [
            Finding(
                "CA-012",
                "error",
                f"Calendar {calendar_id} has no holiday in {year}.",
                "Add the year's rows.",
                file_name,
            )
            for year in range(min(years), max(years))
            if year not in years
        ]
    if findings or not by_calendar:
        raise Refused("CA-012", f"{file_name} is not a holiday file.", _LAYOUT, findings)
    digest = hashlib.sha256(content).hexdigest()[:12]
    return {
        calendar_id: _calendar(calendar_id, holidays, f"{file_name} {{}}-{{}} sha256:{digest}")
        for calendar_id, holidays in by_calendar.items()
    }


_LAYOUT = "Give the columns calendar, date (ISO), name and source, one row for each holiday."


def _take(row: Mapping[str, str | None], by_calendar: dict[str, dict[date, str]]) -> str:
    """Add a row to its calendar, or say what is wrong with it."""
    calendar_id, text, name, source = ((row[column] or "").strip() for column in COLUMNS)
    if not (calendar_id and name and source):
        return "calendar, name or source is empty."
    try:
        day = parse_day(text)
        check_day(day)
    except HalfhourError as error:
        return error.message
    holidays = by_calendar.setdefault(calendar_id, {})
    if day in holidays:
        return f"{calendar_id} has {day} twice."
    holidays[day] = name
    return ""


def _calendar(calendar_id: str, holidays: dict[date, str], version: str) -> HolidayCalendar:
    first_year = min(holidays).year
    last_year = max(holidays).year
    return HolidayCalendar(
        id=calendar_id,
        version=version.format(first_year, last_year),
        first_day=date(first_year, 1, 1),
        end_day=date(last_year + 1, 1, 1),
        holidays=holidays,
    )
