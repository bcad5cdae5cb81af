"""Triads: the published ones come out of the real demand, the wrong rule fails, order does not matter (V04, V20)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from embedded_vectors import DATA, D, table
from hypothesis import given, settings
from hypothesis import strategies as st

from halfhour.calendar import settlement_periods
from halfhour.charges.demand_series import read_demand
from halfhour.charges.triads import DayPeak, highest_of_days, select_triads, three, triad_volumes, triads, winters
from halfhour.cli.commands.triads import triads as command
from halfhour.errors import HalfhourError, Refused
from halfhour.market_data.embedded import BadInput, Missing, rows, winter_of

shared = pytest.mark.skipif(not (DATA / "triads").is_dir(), reason=f"the shared data are not at {DATA}")

PUBLISHED = {
    "2022-23": [
        (date(2022, 12, 15), 35, "44560.848"),
        (date(2023, 1, 17), 35, "42022.420"),
        (date(2022, 12, 2), 36, "39573.050"),
    ],
    "2023-24": [
        (date(2024, 1, 17), 36, "43983.918"),
        (date(2023, 12, 5), 35, "42399.558"),
        (date(2024, 1, 4), 35, "39529.618"),
    ],
}
WRONG_THIRD = {"2022-23": (date(2023, 1, 27), "40760.908"), "2023-24": (date(2024, 1, 7), "40247.798")}
WINTER_START = date(2022, 11, 1)


def peaks(winter: str) -> list[DayPeak]:
    return list(read_demand(DATA / "triads" / f"daily_peaks_{winter}.csv").half_hours)


def peak(offset: int, mw: str, period: int = 35) -> DayPeak:
    return DayPeak(WINTER_START + timedelta(days=offset), period, D(mw))


@pytest.mark.shared_data
@shared
@pytest.mark.parametrize("winter", PUBLISHED)
def test_the_real_demand_gives_the_published_triads(winter):
    chosen = select_triads(peaks(winter))
    assert [(one.settlement_date, one.settlement_period, one.demand_mw) for one in chosen] == [
        (day, period, D(mw)) for day, period, mw in PUBLISHED[winter]
    ]
    published = triads(winter.replace("-", "/"))
    assert [one.half_hour for one in published] == [one.half_hour for one in chosen]
    assert [one.demand_mw for one in published] == [round(one.demand_mw) for one in chosen if one.demand_mw]
    assert {one.status for one in published} == {"actual"}
    assert {one.status for one in chosen} == {"provisional"}


@pytest.mark.shared_data
@shared
@pytest.mark.parametrize("winter", PUBLISHED)
def test_ten_days_between_the_dates_is_the_wrong_rule(winter):
    right, wrong = select_triads(peaks(winter)), select_triads(peaks(winter), days_apart=10)
    day, mw = WRONG_THIRD[winter]
    assert (wrong[2].settlement_date, wrong[2].demand_mw) == (day, D(mw))
    assert {one.half_hour for one in wrong} != {one.half_hour for one in right}


def test_published_triads_of_nineteen_years_lie_eleven_days_apart_or_more():
    years = list(dict.fromkeys(row["charging_year"] for row in rows("triads")))
    assert (len(years), years[0], years[-1]) == (19, "2005/06", "2023/24")
    gaps = []
    for year in years:
        start, end = winter_of(year)
        days = [one.settlement_date for one in triads(year)]
        assert all(start <= day < end for day in days)
        gaps += [abs(one - other).days for one, other in combinations(days, 2)]
    assert min(gaps) == 11


def test_a_year_that_is_not_published_is_told_from_one_that_is_not_held():
    with pytest.raises(Missing, match="MISSING_TRIADS: Triads of charging year 2024/25") as missing:
        triads("2024/25")
    assert (missing.value.code, missing.value.exit_code, missing.value.name) == ("EB-104", 3, "MISSING_TRIADS")
    assert "Held: 2005/06-2023/24" in missing.value.message
    with pytest.raises(Missing, match="TRIADS_NOT_PUBLISHED: The Triads of 2026/27") as early:
        triads("2026/27", as_of=date(2027, 3, 31))
    assert early.value.code == "EB-105"
    with pytest.raises(Missing, match="MISSING_TRIADS"):
        triads("2026/27", as_of=date(2027, 4, 1))


def test_of_equal_demand_the_earlier_day_is_taken_and_the_tie_is_told():
    chosen = select_triads([peak(40, "500"), peak(0, "500"), peak(20, "400"), peak(5, "500"), peak(60, "300")])
    assert [one.settlement_date for one in chosen] == [
        WINTER_START,
        WINTER_START + timedelta(days=40),
        WINTER_START + timedelta(days=20),
    ]
    assert chosen[0].tie == (WINTER_START + timedelta(days=5), WINTER_START + timedelta(days=40))
    assert chosen[1].tie == chosen[2].tie == ()


def test_fewer_than_three_choosable_days_are_refused():
    with pytest.raises(Missing, match=r"TRIADS_NOT_PUBLISHED: Only 2 Triads .* 2022/23") as error:
        select_triads([peak(0, "3"), peak(10, "2"), peak(21, "1")])
    assert error.value.exit_code == 3
    assert len(select_triads([peak(0, "3"), peak(11, "2"), peak(22, "1")])) == 3
    with pytest.raises(Missing, match="Only 0 Triads"):
        select_triads([])


def test_days_outside_one_winter_are_refused():
    with pytest.raises(BadInput, match="2022/23, 2023/24"):
        select_triads([peak(0, "3"), peak(365, "2")])
    with pytest.raises(BadInput, match="not in a winter"):
        select_triads([DayPeak(date(2023, 3, 1), 35, D(3))])


@st.composite
def winter_demand(draw: Callable[..., object]) -> list[DayPeak]:
    days = draw(st.lists(st.integers(0, 119), min_size=3, max_size=40, unique=True))
    return [  # few values, so that ties are common
        DayPeak(WINTER_START + timedelta(days=day), 1 + day % 48, Decimal(draw(st.integers(1, 12))) / 4)
        for day in days  # type: ignore[attr-defined]
    ]


@given(winter_demand(), st.randoms())
@settings(max_examples=150)
def test_triads_depend_on_no_order_and_are_what_taking_the_highest_left_gives(demand, random):
    shuffled = demand[:]
    random.shuffle(shuffled)
    try:
        chosen = select_triads(demand)
    except Missing:
        with pytest.raises(Missing):
            select_triads(shuffled)
        return
    assert select_triads(shuffled) == chosen
    assert all(abs(a.settlement_date - b.settlement_date).days >= 11 for a, b in combinations(chosen, 2))
    left = demand
    for one in chosen:  # another way: strike out what is too near, take the highest of the rest
        best = min(left, key=lambda each: (-each.demand_mw, each.settlement_date))
        assert best.settlement_date == one.settlement_date
        left = [each for each in left if abs((each.settlement_date - best.settlement_date).days) > 10]


@given(winter_demand(), st.integers(1, 1000))
@settings(max_examples=50)
def test_scaling_the_demand_changes_no_triad(demand, factor):
    scaled = [DayPeak(each.settlement_date, each.settlement_period, each.demand_mw * factor) for each in demand]
    try:
        chosen = [one.half_hour for one in select_triads(demand)]
    except Missing:
        return
    assert [one.half_hour for one in select_triads(scaled)] == chosen


def test_a_volume_missing_at_a_triad_is_not_zero():
    chosen = select_triads([peak(0, "3"), peak(11, "2"), peak(22, "1")])
    volumes = {one.half_hour: D(place) for place, one in enumerate(chosen)}
    assert triad_volumes(volumes, chosen) == [D(0), D(1), D(2)]
    del volumes[chosen[1].half_hour]
    with pytest.raises(BadInput, match=r"DATA_GAP: Triad of 2022/23 .* 2022-11-12 period 35") as error:
        triad_volumes(volumes, chosen)
    assert (error.value.code, error.value.exit_code) == ("EB-120", 2)
    with pytest.raises(BadInput, match="at 2 Triads"):
        three([D(1), D(2)], "Volumes")


# Demand series


def half_hours(start: date, days: int) -> list[DayPeak]:
    """Every half hour of some days, the highest of each at 17:00 to 17:30 or thereabouts."""
    return [
        DayPeak(day, period, D(30_000 + 97 * count % 7_000 - 100 * abs(period - 35)))
        for count in range(days)
        for day in [start + timedelta(days=count)]
        for period in range(1, settlement_periods(day) + 1)
    ]


def series(path: Path, found: list[DayPeak]) -> Path:
    lines = ["Settlement_Date,Settlement_Period,Net_System_Demand_MW"]
    lines += [f"{each.settlement_date},{each.settlement_period},{each.demand_mw}" for each in found]
    path.write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8")
    return path


def test_a_half_hourly_series_gives_the_triads_of_its_daily_peaks(tmp_path):
    # October and March with their clock changes are in it and left out.
    found = half_hours(date(2022, 10, 25), 160)
    read = read_demand(series(tmp_path / "demand.csv", found))
    assert (read.half_hourly, read.incomplete_days, read.columns_left_out) == (True, (), ())
    (winter,) = winters(read.half_hours, read.incomplete_days)
    (by_peaks,) = winters(highest_of_days(found))
    assert winter == by_peaks
    assert (winter.charging_year, winter.complete, winter.days_held, len(winter.triads)) == ("2022/23", True, 120, 3)
    assert {one.settlement_period for one in winter.triads} == {35}


def test_a_day_without_all_its_half_hours_makes_the_winter_provisional(tmp_path):
    found = half_hours(date(2022, 11, 1), 120)
    gap = found.index(DayPeak(date(2022, 12, 1), 35, next(p.demand_mw for p in found if p.settlement_period == 35
                                                         and p.settlement_date == date(2022, 12, 1))))  # fmt: skip
    read = read_demand(series(tmp_path / "demand.csv", found[:gap] + found[gap + 1 :]))
    assert read.incomplete_days == (date(2022, 12, 1),)
    (winter,) = winters(read.half_hours, read.incomplete_days)
    assert (winter.complete, winter.days_missing) == (False, (date(2022, 12, 1),))


@pytest.mark.shared_data
@shared
def test_two_winters_in_one_file_are_answered_each_by_itself(tmp_path):
    found = winters([*peaks("2023-24"), *peaks("2022-23")])
    assert [(winter.charging_year, winter.complete, winter.as_published) for winter in found] == [
        ("2022/23", True, True),
        ("2023/24", True, True),
    ]
    leap = [each for each in peaks("2023-24") if each.settlement_date != date(2024, 2, 29)]
    assert winters(leap)[0].days_missing == (date(2024, 2, 29),)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "EB-130", "no column settlement_date"),
        ("settlement_date,settlement_period,demand\n", "EB-130", "no column net_system_demand_mw"),
        ("settlement_date,settlement_period,net_system_demand_mw\n", "EB-130", "no row"),
        ("settlement_date,settlement_date,settlement_period,net_system_demand_mw\n", "EB-130", "2 columns"),
        ("settlement_date,settlement_period,net_system_demand_mw\n2022-12-01,35\n", "EB-132", "2 cells"),
        ("settlement_date,settlement_period,net_system_demand_mw\n01/12/2022,35,1\n", "EB-132", "not an ISO date"),
        ("settlement_date,settlement_period,net_system_demand_mw\n2022-12-01,49,1\n", "EB-132", "48 Settlement"),
        ("settlement_date,settlement_period,net_system_demand_mw\n2022-12-01,35,\n", "EB-132", "not a number of MW"),
        ("settlement_date,settlement_period,net_system_demand_mw\n2022-12-01,35,0\n", "EB-132", "above 0"),
        ("settlement_date,settlement_period,net_system_demand_mw\n2022-12-01,35,-5\n", "EB-132", "above 0"),
        ("settlement_date,settlement_period,net_system_demand_mw\n2022-12-01,35,1\n2022-12-01,35,2\n", "EB-133", "two"),
    ],
)
def test_a_series_that_cannot_be_used_is_refused_with_the_row(tmp_path, text, code, words):
    path = tmp_path / "demand.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HalfhourError) as error:
        read_demand(path)
    if isinstance(error.value, Refused):
        (finding,) = error.value.findings
        assert (error.value.code, finding.code) == ("EB-131", code)
        assert words in finding.message
        assert finding.where.startswith("demand.csv:")
    else:
        assert error.value.code == code
        assert words in error.value.message


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(HalfhourError, match="EB-130"):
        read_demand(tmp_path / "absent.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(HalfhourError, match="EB-130"):
        read_demand(tmp_path / "binary.csv")


# The command


@pytest.mark.shared_data
@shared
@pytest.mark.parametrize("winter", PUBLISHED)
def test_the_command_gives_the_published_triads_as_json(winter, capsys):
    assert command(DATA / "triads" / f"daily_peaks_{winter}.csv", json=True) == 0
    found = json.loads(capsys.readouterr().out)
    (one,) = found["winters"]
    assert (one["charging_year"], one["status"], one["as_published"]) == (winter.replace("-", "/"), "complete", True)
    assert [
        (each["settlement_date"], each["settlement_period"], D(each["net_system_demand_mw"])) for each in one["triads"]
    ] == [(str(day), period, D(mw)) for day, period, mw in PUBLISHED[winter]]
    assert found["least_difference_days"] == 11
    assert len(table(f"triads/daily_peaks_{winter}.csv")) == one["days_held"]


def test_the_command_says_what_is_provisional_and_what_ties(tmp_path, capsys):
    path = series(tmp_path / "demand.csv", [peak(0, "500"), peak(40, "500"), peak(20, "400"), peak(60, "300")])
    assert command(path) == 0
    said = capsys.readouterr()
    assert "2022/23, provisional" in said.out
    assert "Published: 2022-12-15 period 35" in said.out
    assert "116 days of the winter without" in said.err
    assert "Tie: demand on 2022-11-01 and on 2022-12-11 is 500 MW" in said.err


def test_the_command_refuses_where_three_cannot_be_chosen(tmp_path, capsys):
    assert command(series(tmp_path / "short.csv", [peak(0, "500"), peak(10, "400")])) == 3
    assert "EB-105: TRIADS_NOT_PUBLISHED: The days of 2022/23 allow only 1 Triad" in capsys.readouterr().err
    with pytest.raises(HalfhourError, match="EB-134"):
        command(series(tmp_path / "summer.csv", [DayPeak(date(2022, 7, 1), 35, D(30_000))]))


def test_the_command_takes_the_demand_from_a_column_of_another_name(tmp_path, capsys):
    path = tmp_path / "demand.csv"
    path.write_text("settlement_date,settlement_period,nd\n2022-11-01,35,3\n2022-11-12,35,2\n2022-11-23,35,1\n")
    assert command(path, column="ND", json=True) == 0
    assert len(json.loads(capsys.readouterr().out)["winters"][0]["triads"]) == 3
