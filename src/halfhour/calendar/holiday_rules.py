"""Makes `data/holidays.csv`: the weekday bank holidays by rule, with the one-off days of `data/one_off_holidays.csv`.

Follows the Banking and Financial Dealings Act 1971, Schedule 1, as public lists report it, and the St Andrew's Day Bank
Holiday (Scotland) Act 2007. Write the file anew with `python -m halfhour.calendar.holiday_rules`.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

FIRST_YEAR = 1998
LAST_YEAR = 2035
CALENDARS = ("E&W", "SCT", "NI")
BY_RULE = "by rule: 1971 Act Schedule 1, common law or yearly proclamation"
BY_2007_ACT = "by rule: St Andrew's Day Bank Holiday (Scotland) Act 2007 section 1"
FIRST_ST_ANDREWS = 2007
"""The 2007 Act came into force on 16 January 2007."""

SATURDAY = 5

Holiday = tuple[str, str]
"""Name and source."""


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm published in Nature in 1876."""
    golden = year % 19
    century, year_of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_correction + 15) % 30
    leap_years, year_rest = divmod(year_of_century, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def first_monday(year: int, month: int) -> date:
    """The first Monday of the month."""
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7)


def last_monday(year: int, month: int) -> date:
    """The last Monday of a month of 31 days."""
    last = date(year, month, 31)
    return last - timedelta(days=last.weekday())


def with_substitutes(fixed: dict[date, str]) -> dict[date, str]:
    """Fixed dates as weekdays: a weekday keeps its day, then each weekend date takes the next free weekday."""
    observed = {day: name for day, name in fixed.items() if day.weekday() < SATURDAY}
    for day, name in fixed.items():
        if day not in observed:
            substitute = day
            while substitute.weekday() >= SATURDAY or substitute in observed:
                substitute += timedelta(days=1)
            observed[substitute] = f"{name} (substitute)"
    return observed


def by_rule(calendar: str, year: int) -> dict[date, Holiday]:
    """The weekday holidays that the rules give a calendar in a year, one-off days left aside."""
    easter = easter_sunday(year)
    new_year = {date(year, 1, 1): "New Year's Day"}
    if calendar == "SCT":
        new_year[date(year, 1, 2)] = "2 January"
    christmas = {date(year, 12, 25): "Christmas Day", date(year, 12, 26): "Boxing Day"}
    names = with_substitutes(new_year) | with_substitutes(christmas)
    names[easter - timedelta(days=2)] = "Good Friday"
    names[first_monday(year, 5)] = "Early May bank holiday"
    names[last_monday(year, 5)] = "Spring bank holiday"
    names[first_monday(year, 8) if calendar == "SCT" else last_monday(year, 8)] = "Summer bank holiday"
    if calendar != "SCT":
        names[easter + timedelta(days=1)] = "Easter Monday"
    if calendar == "NI":
        names |= with_substitutes({date(year, 3, 17): "St Patrick's Day"})
        names |= with_substitutes({date(year, 7, 12): "Battle of the Boyne"})
    holidays = {day: (name, BY_RULE) for day, name in names.items()}
    if calendar == "SCT" and year >= FIRST_ST_ANDREWS:
        st_andrews = with_substitutes({date(year, 11, 30): "St Andrew's Day"})
        holidays |= {day: (name, BY_2007_ACT) for day, name in st_andrews.items()}
    return holidays


def rows() -> list[tuple[str, str, str, str]]:
    """Every row of `data/holidays.csv`: calendar, ISO date, name, source, in order of calendar and date."""
    one_off_text = files(__package__).joinpath("data", "one_off_holidays.csv").read_text(encoding="utf-8")
    one_offs = list(csv.DictReader(one_off_text.splitlines()))
    result: list[tuple[str, str, str, str]] = []
    for calendar in CALENDARS:
        holidays: dict[date, Holiday] = {}
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            holidays |= by_rule(calendar, year)
        for row in one_offs:
            if calendar in row["calendars"].split():
                if row["moved_from"]:
                    del holidays[date.fromisoformat(row["moved_from"])]
                holidays[date.fromisoformat(row["date"])] = (row["name"], row["source"])
        result += [(calendar, day.isoformat(), *holidays[day]) for day in sorted(holidays)]
    return result


def write(path: Path) -> None:
    """Write the holiday file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["calendar", "date", "name", "source"])
        writer.writerows(rows())


if __name__ == "__main__":
    write(Path(__file__).parent / "data" / "holidays.csv")
