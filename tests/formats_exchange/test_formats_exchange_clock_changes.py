"""Both clock-change days, half hour by half hour, in every exchange format."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from formats_exchange_stores import IMPORT_MSID, bg_row, codes_of, df2_of, edf_of, edf_row, simple_of, take, values_of
from formats_exchange_writers import FORMATS, days_between, periods_of

from halfhour.formats.exchange.clock import periods_of as periods_of_days
from halfhour.formats.exchange.clock import settlement_half_hours_of

EPOCH = date(1970, 1, 1)
SPRING, AUTUMN = date(2024, 3, 31), date(2024, 10, 27)


def test_every_half_hour_of_a_century_falls_on_the_settlement_period_that_the_time_zone_says() -> None:
    first = (datetime(1989, 12, 31, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(minutes=30)
    last = (datetime(2100, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(minutes=30)
    half_hours = np.arange(first, last)
    day, period = settlement_half_hours_of(half_hours, np.ones(len(half_hours), dtype=bool))
    # Periods run on by one, or begin at 1 with the next day; each day has as many as it has.
    turns = np.flatnonzero(np.diff(day))
    assert (np.diff(day)[turns] == 1).all()
    assert (period[turns + 1] == 1).all()
    assert (np.delete(np.diff(period), turns) == 1).all()
    counts = periods_of_days(day[turns])
    assert (period[turns] == counts).all()
    assert sorted(set(counts.tolist())) == [46, 48, 50]
    # And days begin where the time zone says that they do.
    london = ZoneInfo("Europe/London")
    for place in (turns + 1).tolist()[::97]:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + int(half_hours[place]) * timedelta(minutes=30)
        local = moment.astimezone(london)
        assert (local.date(), local.hour, local.minute) == (EPOCH + timedelta(days=int(day[place])), 0, 0)


def test_half_hours_that_are_not_known_are_left_alone() -> None:
    day, period = settlement_half_hours_of(np.array([-5, 10**9, 946_704]), np.array([False, False, True]))
    assert (day.tolist(), period.tolist()) == ([0, 0, 19_723], [0, 0, 1])


def test_df2_and_simple_stamps_run_through_the_short_day(tmp_path: Path) -> None:
    stamps = [datetime(2024, 3, 31, 0, 0, tzinfo=UTC) + timedelta(minutes=30) * nth for nth in range(48)]
    ends = [stamp + timedelta(minutes=30) for stamp in stamps]
    rows = [f"{stamp:%d/%m/%Y,%H:%M},{nth},A" for nth, stamp in enumerate(ends, 1)]
    store = take(tmp_path / "df2", df2_of(*rows), "a.df2")
    expected = {(IMPORT_MSID, "AI", SPRING, nth): (nth * 1000, "A") for nth in range(1, 47)}
    # A day of UTC that begins with the short day goes on for an hour into the next.
    expected |= {(IMPORT_MSID, "AI", date(2024, 4, 1), nth - 46): (nth * 1000, "A") for nth in (47, 48)}
    assert values_of(store) == expected
    rows = [f"{IMPORT_MSID},ACTIVE,{stamp:%Y-%m-%d %H:%M},{nth},A" for nth, stamp in enumerate(stamps, 1)]
    assert values_of(take(tmp_path / "simple", simple_of(*rows))) == expected


def test_df2_and_simple_stamps_run_through_the_long_day(tmp_path: Path) -> None:
    stamps = [datetime(2024, 10, 26, 23, 0, tzinfo=UTC) + timedelta(minutes=30) * nth for nth in range(50)]
    ends = [stamp + timedelta(minutes=30) for stamp in stamps]
    expected = {(IMPORT_MSID, "AI", AUTUMN, nth): (nth * 1000, "A") for nth in range(1, 51)}
    rows = [f"{stamp:%d/%m/%Y,%H:%M},{nth},A" for nth, stamp in enumerate(ends, 1)]
    assert values_of(take(tmp_path / "df2", df2_of(*rows), "a.df2")) == expected
    rows = [f"{IMPORT_MSID},ACTIVE,{stamp:%Y-%m-%d %H:%M},{nth},A" for nth, stamp in enumerate(stamps, 1)]
    assert values_of(take(tmp_path / "simple", simple_of(*rows))) == expected


def test_edf_gives_the_long_day_in_full(tmp_path: Path) -> None:
    store = take(tmp_path, edf_of(edf_row("27-10-2024", [f"{nth}" for nth in range(1, 51)])))
    assert values_of(store) == {(IMPORT_MSID, "AI", AUTUMN, nth): (nth * 1000, "A") for nth in range(1, 51)}


@pytest.mark.parametrize(
    ("row", "first"),
    [("31/03/2024", (SPRING, 1)), ("27/10/2024", (AUTUMN, 3)), ("26/10/2024", (date(2024, 10, 26), 3))],
)
def test_a_bg_row_confirmed_as_utc_is_laid_through_the_clock_change(
    tmp_path: Path, row: str, first: tuple[date, int]
) -> None:
    store = take(tmp_path, bg_row(row, {nth: f"{nth}" for nth in range(1, 49)}), bg_clock="utc")
    assert codes_of(store) == []
    values = values_of(store)
    assert len(values) == 48
    assert [wh for wh, _ in values.values()] == [nth * 1000 for nth in range(1, 49)]
    assert next(iter(values))[2:] == first
    assert sum(1 for key in values if key[2] == first[0]) == periods_of(first[0]) - first[1] + 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_week_around_a_clock_change_comes_back_exactly(tmp_path: Path, name: str) -> None:
    file, write = FORMATS[name]
    for changing in (SPRING, AUTUMN):
        days = days_between(changing - timedelta(days=3), changing + timedelta(days=4))
        readings = {
            (IMPORT_MSID, "AI", day, period): (day.day * 1000 + period, "A")
            for day in days
            for period in range(1, periods_of(day) + 1)
        }
        store = take(tmp_path / str(changing), write(readings), file, bg_clock="utc")
        assert store.sources[0].format == name
        assert codes_of(store) == []
        assert values_of(store) == readings
