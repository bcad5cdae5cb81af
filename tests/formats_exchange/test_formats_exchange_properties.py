"""Readings of any kind come back from each format as they were, whatever their order."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from formats_exchange_stores import codes_of, taken_in, values_of
from formats_exchange_writers import FORMATS, Readings, periods_of, write_readings
from hypothesis import given, settings
from hypothesis import strategies as st

MSIDS = {"2000000000015": "AI", "2000000000024": "AE", "2000000000033": "AI"}
FIRST_DAYS = (
    date(2024, 3, 30),
    date(2024, 10, 26),
    date(2024, 2, 28),
    date(2023, 12, 31),
    date(2025, 6, 30),
    date(1990, 1, 1),
    date(2099, 12, 29),
)
WITHOUT_STATUS = {"bg CSV"}


@st.composite
def some_readings(draw: st.DrawFn) -> dict[tuple[str, str, date, int], tuple[int, str]]:
    """Gappy readings of up to three meters on up to three days, with runs of estimates, in any order of meters."""
    first = draw(st.sampled_from(FIRST_DAYS))
    readings = {}
    for msid in draw(st.permutations(sorted(MSIDS)))[: draw(st.integers(1, 3))]:
        for number in range(draw(st.integers(1, 3))):
            day = first + timedelta(days=number)
            periods = draw(st.sets(st.integers(1, periods_of(day)), min_size=1))
            status = draw(st.sampled_from("AE"))
            for period in sorted(periods):
                wh = draw(st.one_of(st.integers(0, 20), st.integers(0, 10**9)))
                readings[(msid, MSIDS[msid], day, period)] = (wh, status)
    return readings


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25, deadline=None)
@given(readings=some_readings())
def test_every_format_gives_the_same_day_rows(
    tmp_path_factory: pytest.TempPathFactory, name: str, readings: Readings
) -> None:
    if name in WITHOUT_STATUS:
        readings = {key: (wh, "A") for key, (wh, _) in readings.items()}
    folder: Path = tmp_path_factory.mktemp("store")
    file, write = FORMATS[name]
    write_readings(folder, file, write(readings))
    store = taken_in(folder, MSIDS, bg_clock="utc")
    assert store.sources[0].format == name
    assert codes_of(store) == []
    assert values_of(store) == readings
    assert store.sources[0].readings == len(readings)


def test_the_last_half_hour_of_the_calendar_ends_in_the_year_after(tmp_path: Path) -> None:
    last = {("2000000000015", "AI", date(2099, 12, 31), 48): (1, "A")}
    file, write = FORMATS["Stark DF2"]
    text = write(last)
    assert "01/01/2100,00:00" in text
    write_readings(tmp_path, file, text)
    store = taken_in(tmp_path, MSIDS)
    assert codes_of(store) == []
    assert store.sources[0].readings == 1
    write_readings(tmp_path, "beyond.df2", text.replace("01/01/2100,00:00", "01/01/2100,00:30"))
    assert codes_of(taken_in(tmp_path, MSIDS)) == [("HH-502", "error")]
