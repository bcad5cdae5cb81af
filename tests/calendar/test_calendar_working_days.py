"""Holiday calendars: the table of the handbook, an independent package, and files of the user's own."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from halfhour.calendar import holiday_calendar, holiday_name, holiday_rules, is_working_day, load_holiday_calendars
from halfhour.errors import HalfhourError, NotCovered, Refused

TABLE = {
    ("E&W", 2024): "1 Jan, 29 Mar, 1 Apr, 6 May, 27 May, 26 Aug, 25 Dec, 26 Dec",
    ("E&W", 2025): "1 Jan, 18 Apr, 21 Apr, 5 May, 26 May, 25 Aug, 25 Dec, 26 Dec",
    ("E&W", 2026): "1 Jan, 3 Apr, 6 Apr, 4 May, 25 May, 31 Aug, 25 Dec, 28 Dec",
    ("E&W", 2027): "1 Jan, 26 Mar, 29 Mar, 3 May, 31 May, 30 Aug, 27 Dec, 28 Dec",
    ("E&W", 2028): "3 Jan, 14 Apr, 17 Apr, 1 May, 29 May, 28 Aug, 25 Dec, 26 Dec",
    ("SCT", 2024): "1 Jan, 2 Jan, 29 Mar, 6 May, 27 May, 5 Aug, 2 Dec, 25 Dec, 26 Dec",
    ("SCT", 2025): "1 Jan, 2 Jan, 18 Apr, 5 May, 26 May, 4 Aug, 1 Dec, 25 Dec, 26 Dec",
    ("SCT", 2026): "1 Jan, 2 Jan, 3 Apr, 4 May, 25 May, 15 Jun, 3 Aug, 30 Nov, 25 Dec, 28 Dec",
    ("SCT", 2027): "1 Jan, 4 Jan, 26 Mar, 3 May, 31 May, 2 Aug, 30 Nov, 27 Dec, 28 Dec",
    ("SCT", 2028): "3 Jan, 4 Jan, 14 Apr, 1 May, 29 May, 7 Aug, 30 Nov, 25 Dec, 26 Dec",
}
ONE_OFF = ["1999-12-31", "2002-06-03", "2002-06-04", "2011-04-29", "2012-06-04", "2012-06-05", "2020-05-08",
           "2022-06-02", "2022-06-03", "2022-09-19", "2023-05-08"]  # fmt: skip
MOVED = ["2002-05-27", "2012-05-28", "2020-05-04", "2022-05-30"]


@pytest.mark.parametrize(("calendar", "year"), TABLE)
def test_the_weekday_holidays_of_the_handbook(calendar, year):
    ours = [day for day in sorted(holiday_calendar(calendar).holidays) if day.year == year]
    assert ", ".join(f"{day.day} {day:%b}" for day in ours) == TABLE[calendar, year]


@pytest.mark.parametrize("calendar", ["E&W", "SCT", "NI"])
def test_one_off_days_are_holidays_and_the_days_they_moved_from_are_not(calendar):
    assert all(not is_working_day(date.fromisoformat(day), calendar) for day in ONE_OFF)
    assert all(is_working_day(date.fromisoformat(day), calendar) for day in MOVED)


def test_the_world_cup_holiday_is_scottish_only():
    assert [is_working_day(date(2026, 6, 15), calendar) for calendar in ("E&W", "SCT", "NI")] == [True, False, True]


def test_st_andrews_day_before_the_act_is_a_working_day():
    assert is_working_day(date(2006, 11, 30), "SCT")
    assert holiday_name(date(2007, 11, 30), "SCT") == "St Andrew's Day"


@pytest.mark.parametrize(
    ("calendar", "nation", "extra"), [("E&W", "ENG", set()), ("SCT", "SCT", {date(2006, 11, 30)}), ("NI", "NIR", set())]
)
def test_an_independent_package_has_the_same_holidays(calendar, nation, extra):
    import holidays  # noqa: PLC0415 - slow, and only here

    theirs = {day for day in holidays.country_holidays("GB", nation, years=range(1998, 2032)) if day.weekday() < 5}
    ours = {day for day in holiday_calendar(calendar).holidays if day.year < 2032}
    assert theirs - ours == extra
    assert ours - theirs == set()


def test_the_checked_in_file_is_what_the_rules_make(tmp_path):
    holiday_rules.write(tmp_path / "holidays.csv")
    shipped = Path(holiday_rules.__file__).parent / "data" / "holidays.csv"
    assert (tmp_path / "holidays.csv").read_bytes() == shipped.read_bytes()


def test_every_shipped_holiday_is_a_weekday_with_a_source():
    assert all(date.fromisoformat(day).weekday() < 5 and source for _, day, _, source in holiday_rules.rows())


@pytest.mark.parametrize("name", ["E&W", "e&w", "EW", "E", "england-and-wales", "England and Wales", " ew "])
def test_the_calendar_of_england_and_wales_goes_by_many_names(name):
    assert holiday_calendar(name).id == "E&W"


def test_an_unknown_calendar_is_refused_with_the_nearest_name():
    with pytest.raises(HalfhourError, match="Did you mean 'scotland'") as caught:
        holiday_calendar("scottland")
    assert caught.value.code == "CA-010"


@pytest.mark.parametrize("day", [date(1997, 12, 31), date(2036, 1, 1), date(2036, 1, 5), date.max, date.min])
def test_a_day_outside_the_file_is_not_covered_rather_than_a_working_day(day):
    with pytest.raises(NotCovered, match="CA-011"):
        is_working_day(day)


def test_counting_out_of_the_file_is_not_covered():
    with pytest.raises(NotCovered, match="CA-011"):
        holiday_calendar("E&W").on_or_after(date(2035, 12, 31) + timedelta(days=1))


def test_a_file_of_the_users_own_is_read_whatever_its_line_ends(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(
        b"\xef\xbb\xbfdate,calendar,name,source,note\r\n2030-07-01,OURS,Works outing,us,x\r\n\r\n,,,,\r\n"
        b'2031-07-01,OURS,"Outing, again",us,\r\n'
    )
    calendar = load_holiday_calendars(path)["OURS"]
    assert (calendar.first_day, calendar.end_day) == (date(2030, 1, 1), date(2032, 1, 1))
    assert not calendar.is_working_day(date(2030, 7, 1))
    assert calendar.is_working_day(date(2030, 12, 25))
    assert calendar.version.startswith("mine.csv 2030-2031 sha256:")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "no column"),
        (b"calendar,date,name\nA,2030-01-01,x\n", "no column source"),
        (b"calendar,date,name,source\n", "not a holiday file"),
        (b"calendar,date,name,source\nA,01/01/2030,x,y\n", "mine.csv:2"),
        (b"calendar,date,name,source\nA,9999-01-01,x,y\n", "mine.csv:2"),
        (b"calendar,date,name,source\nA,2030-01-01,,y\n", "mine.csv:2"),
        (b"calendar,date,name,source\nA,2030-01-01,x,y\nA,2030-01-01,z,y\n", "mine.csv:3"),
        (b"calendar,date,name,source\nA,2030-01-01,x,y\nA,2032-01-01,x,y\n", "2031"),
        (b"calendar,date,name,source\nA,2030-01-01,\xff,y\n", "UTF-8"),
    ],
)
def test_a_bad_holiday_file_is_refused_with_its_rows(tmp_path, content, named):
    path = tmp_path / "mine.csv"
    path.write_bytes(content)
    with pytest.raises(Refused) as caught:
        load_holiday_calendars(path)
    assert caught.value.code == "CA-012"
    assert named in " ".join(
        [str(caught.value), *(finding.where + finding.message for finding in caught.value.findings)]
    )


def test_a_holiday_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refused, match="CA-012"):
        load_holiday_calendars(tmp_path / "none.csv")
