"""Readings whose direction or clock only the portfolio knows: left aside with a finding, taken in once it says so."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from formats_exchange_stores import (
    EXPORT_MSID,
    IMPORT_MSID,
    MTIME,
    OTHER_MSID,
    bg_row,
    codes_of,
    df2_of,
    only,
    put,
    simple_of,
    take,
    taken_in,
    values_of,
)
from formats_exchange_writers import long_csv

from halfhour.errors import HalfhourError
from halfhour.metering.store import ReadingsStore
from halfhour.metering.store.catalogue import CATALOGUE_FILE

DAY = date(2024, 1, 15)
TWO = df2_of("15/01/2024,00:30,1,A") + f"#O {OTHER_MSID}\n15/01/2024,00:30,5,A\n15/01/2024,01:00,6,A\n"
KNOWN = {IMPORT_MSID: "AI", OTHER_MSID: "AE"}


def catalogue_of(folder: Path) -> bytes:
    return (folder / ".halfhour" / "readings" / CATALOGUE_FILE).read_bytes()


def test_readings_of_an_msid_without_a_direction_are_left_aside_and_counted(tmp_path: Path) -> None:
    store = take(tmp_path, TWO, "a.df2", directions={IMPORT_MSID: "AI"})
    finding = only(store, "HH-508")
    assert (finding.msid, finding.where) == (OTHER_MSID, "readings/a.df2")
    assert "2 readings are left aside" in finding.message
    assert "settle again" in finding.next_step
    assert set(values_of(store)) == {(IMPORT_MSID, "AI", DAY, 1)}
    source = store.sources[0]
    assert (source.readings, source.rejected) == (1, 2)
    assert source.directions == {IMPORT_MSID: "AI", OTHER_MSID: ""}


def test_left_aside_readings_are_taken_when_the_msid_is_registered(tmp_path: Path) -> None:
    take(tmp_path, TWO, "a.df2", directions={IMPORT_MSID: "AI"})
    store = taken_in(tmp_path, KNOWN)
    assert values_of(store) == {
        (IMPORT_MSID, "AI", DAY, 1): (1000, "A"),
        (OTHER_MSID, "AE", DAY, 1): (5000, "A"),
        (OTHER_MSID, "AE", DAY, 2): (6000, "A"),
    }
    assert codes_of(store) == []
    first, again = store.sources
    assert (first.path, first.sha256) == (again.path, again.sha256)
    # Nothing of the other MSID is taken twice, and a run as of before comes out as it did.
    assert (first.readings, again.readings) == (1, 2)
    assert again.recorded_at > first.recorded_at
    assert len(store.history(IMPORT_MSID, "AI", DAY)) == 1


def test_a_file_is_not_read_again_while_nothing_has_changed(tmp_path: Path) -> None:
    take(tmp_path, TWO, "a.df2", directions={IMPORT_MSID: "AI"})
    before = catalogue_of(tmp_path)
    taken_in(tmp_path, {IMPORT_MSID: "AI"})
    taken_in(tmp_path, {IMPORT_MSID: "AI", EXPORT_MSID: "AE"})
    assert catalogue_of(tmp_path) == before
    taken_in(tmp_path, KNOWN)
    after = catalogue_of(tmp_path)
    assert after != before
    taken_in(tmp_path, KNOWN)
    # An MSID that is registered no longer keeps its readings; nothing is to be taken for it.
    store = taken_in(tmp_path, {})
    assert catalogue_of(tmp_path) == after
    assert len(values_of(store)) == 3


def test_msids_registered_one_after_the_other_are_taken_one_after_the_other(tmp_path: Path) -> None:
    store = take(tmp_path, TWO, "a.df2", directions={})
    assert codes_of(store) == [("HH-508", "error")] * 2
    store = taken_in(tmp_path, {OTHER_MSID: "AE"})
    assert only(store, "HH-508").msid == IMPORT_MSID
    # The other one is taken out of the register before this one comes into it: its readings are not left aside again.
    store = taken_in(tmp_path, {IMPORT_MSID: "AI"})
    assert codes_of(store) == []
    assert set(values_of(store)) == {
        (IMPORT_MSID, "AI", DAY, 1),
        (OTHER_MSID, "AE", DAY, 1),
        (OTHER_MSID, "AE", DAY, 2),
    }
    assert [source.readings for source in store.sources] == [0, 2, 1]


def test_readings_follow_a_direction_that_was_registered_wrongly(tmp_path: Path) -> None:
    take(tmp_path, TWO, "a.df2", directions={IMPORT_MSID: "AI", OTHER_MSID: "AI"})
    store = taken_in(tmp_path, KNOWN)
    assert values_of(store)[(OTHER_MSID, "AE", DAY, 1)] == (5000, "A")
    assert store.sources[-1].readings == 2


def test_a_file_taken_in_again_does_not_overrule_a_file_that_came_after_it(tmp_path: Path) -> None:
    put(tmp_path, TWO, "a.df2")
    correction = {(OTHER_MSID, "AE", DAY, 1): (7000, "A")}
    put(tmp_path, long_csv(correction), "b.csv", MTIME + timedelta(hours=1))
    taken_in(tmp_path, {IMPORT_MSID: "AI"})
    store = taken_in(tmp_path, KNOWN)
    assert values_of(store)[(OTHER_MSID, "AE", DAY, 1)] == (7000, "A")
    assert values_of(store)[(OTHER_MSID, "AE", DAY, 2)] == (6000, "A")
    assert "1 of its half hours were not" in only(store, "HH-511", "info").message


def test_files_taken_in_again_together_keep_their_order(tmp_path: Path) -> None:
    put(tmp_path, df2_of("15/01/2024,00:30,5,A", msid=OTHER_MSID), "z.df2")
    put(tmp_path, df2_of("15/01/2024,00:30,8,A", msid=OTHER_MSID), "a.df2", MTIME + timedelta(hours=1))
    taken_in(tmp_path, {})
    store = taken_in(tmp_path, KNOWN)
    assert values_of(store) == {(OTHER_MSID, "AE", DAY, 1): (8000, "A")}


def test_a_file_that_is_gone_keeps_its_finding(tmp_path: Path) -> None:
    put(tmp_path, TWO, "a.df2").with_name("keep.csv").write_text(long_csv({(IMPORT_MSID, "AI", DAY, 9): (1, "A")}))
    taken_in(tmp_path, {IMPORT_MSID: "AI"})
    (tmp_path / "readings" / "a.df2").unlink()
    before = catalogue_of(tmp_path)
    assert only(taken_in(tmp_path, KNOWN), "HH-508").msid == OTHER_MSID
    assert catalogue_of(tmp_path) == before


def test_faults_of_a_file_are_still_said_after_it_was_taken_in_again(tmp_path: Path) -> None:
    text = TWO + f"#O {IMPORT_MSID}\n15/01/2024,02:00,x,A\n15/01/2024,00:30,2,A\n"
    first = take(tmp_path, text, "a.df2", directions={IMPORT_MSID: "AI"})
    assert [code for code, _ in codes_of(first)] == ["HH-503", "HH-504", "HH-508"]
    store = taken_in(tmp_path, KNOWN)
    assert [code for code, _ in codes_of(store)] == ["HH-503", "HH-504"]
    assert (IMPORT_MSID, "AI", DAY, 1) not in values_of(store)


def test_a_simple_channel_that_states_its_direction_needs_no_registration(tmp_path: Path) -> None:
    store = take(tmp_path, simple_of(f"{OTHER_MSID},AE,2024-01-15 00:00,1.5,A"), directions={})
    assert set(values_of(store)) == {(OTHER_MSID, "AE", DAY, 1)}
    assert store.sources[0].directions == {}


def test_a_store_of_the_former_format_is_read_and_kept(tmp_path: Path) -> None:
    put(tmp_path, long_csv({(IMPORT_MSID, "AI", DAY, 1): (1500, "A")}), "a.csv")
    taken_in(tmp_path)
    path = tmp_path / ".halfhour" / "readings" / CATALOGUE_FILE
    content = json.loads(path.read_text())
    content["version"] = 1
    for source in content["sources"]:
        del source["directions"], source["clock"]
    path.write_text(json.dumps(content))
    store = ReadingsStore.open(path.parent)
    assert values_of(store) == {(IMPORT_MSID, "AI", DAY, 1): (1500, "A")}
    put(tmp_path, TWO, "b.df2", datetime(2024, 3, 1, tzinfo=UTC))
    store = taken_in(tmp_path, KNOWN)
    assert len(values_of(store)) == 3
    assert json.loads(path.read_text())["version"] == 2


def test_an_unconfirmed_bg_file_is_read_in_utc_with_a_warning(tmp_path: Path) -> None:
    store = take(tmp_path, bg_row("15/07/2024"))
    finding = only(store, "HH-509", "warning")
    assert "portfolio.toml" in finding.next_step
    assert {key[2:] for key in values_of(store)} >= {(date(2024, 7, 15), 3), (date(2024, 7, 16), 2)}


@pytest.mark.parametrize(("day", "periods"), [("31/03/2024", 46), ("27/10/2024", 50)])
def test_a_clock_change_day_of_an_unconfirmed_bg_file_is_left_aside(tmp_path: Path, day: str, periods: int) -> None:
    store = take(tmp_path, bg_row(day) + bg_row("15/01/2024"))
    assert codes_of(store) == [("HH-505", "error"), ("HH-509", "warning")]
    finding = store.findings()[0]
    assert f"has {periods} half hours" in finding.message
    assert 'bg_clock = "utc"' in finding.next_step
    assert finding.where == "readings/a.csv:1"
    assert {key[2] for key in values_of(store)} == {DAY}


def test_confirming_utc_takes_the_clock_change_days_and_nothing_else(tmp_path: Path) -> None:
    take(tmp_path, bg_row("31/03/2024") + bg_row("15/01/2024"))
    store = taken_in(tmp_path, bg_clock="utc")
    assert codes_of(store) == []
    assert len(values_of(store)) == 96
    assert [source.readings for source in store.sources] == [48, 48]
    before = catalogue_of(tmp_path)
    taken_in(tmp_path, bg_clock="utc")
    # Taking the word back takes nothing out of the store.
    taken_in(tmp_path)
    assert catalogue_of(tmp_path) == before


def test_confirming_utc_does_not_overrule_a_day_given_meanwhile(tmp_path: Path) -> None:
    take(tmp_path, bg_row("31/03/2024"))
    given = {(IMPORT_MSID, "AI", date(2024, 3, 31), period): (7000, "A") for period in range(1, 47)}
    put(tmp_path, long_csv(given), "b.csv", MTIME + timedelta(hours=1))
    store = taken_in(tmp_path, bg_clock="utc")
    values = values_of(store)
    assert {key: values[key] for key in given} == given
    assert values[(IMPORT_MSID, "AI", date(2024, 4, 1), 2)] == (1500, "A")


def test_a_bg_file_by_local_time_counts_from_local_midnight(tmp_path: Path) -> None:
    store = take(tmp_path, bg_row("15/07/2024", {1: "0.001", 48: "0.048"}), bg_clock="local")
    assert codes_of(store) == []
    values = values_of(store)
    assert {key[2] for key in values} == {date(2024, 7, 15)}
    assert values[(IMPORT_MSID, "AI", date(2024, 7, 15), 1)] == (1, "A")
    assert values[(IMPORT_MSID, "AI", date(2024, 7, 15), 48)] == (48, "A")


def test_a_clock_change_day_without_values_is_nothing_to_speak_of(tmp_path: Path) -> None:
    store = take(
        tmp_path, bg_row("31/03/2024", dict.fromkeys(range(1, 49), "")) + bg_row("15/01/2024"), bg_clock="local"
    )
    assert codes_of(store) == []
    assert {key[2] for key in values_of(store)} == {DAY}


@pytest.mark.parametrize("day", ["31/03/2024", "27/10/2024"])
def test_48_values_never_express_a_clock_change_day_by_local_time(tmp_path: Path, day: str) -> None:
    store = take(tmp_path, bg_row(day), bg_clock="local")
    assert "bg_clock" not in only(store, "HH-505").next_step
    assert values_of(store) == {}


@pytest.mark.parametrize(("before", "after"), [(None, "local"), ("utc", "local"), ("local", "utc"), ("local", None)])
def test_readings_laid_out_by_another_clock_stop_the_run(tmp_path: Path, before: str, after: str) -> None:
    take(tmp_path, bg_row("15/07/2024"), bg_clock=before)
    catalogue = catalogue_of(tmp_path)
    with pytest.raises(HalfhourError, match="HH-510") as refused:
        taken_in(tmp_path, bg_clock=after)
    assert "readings/a.csv" in refused.value.message
    assert catalogue_of(tmp_path) == catalogue


def test_a_bg_file_of_which_nothing_was_used_may_change_its_clock(tmp_path: Path) -> None:
    take(tmp_path, bg_row("15/07/2024"), directions={}, bg_clock="utc")
    store = taken_in(tmp_path, bg_clock="local")
    assert (IMPORT_MSID, "AI", date(2024, 7, 15), 1) in values_of(store)
    assert codes_of(store) == []
