"""The exchange formats as the handbook describes them: its tests F11 to F13, and each convention of its table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from formats_exchange_stores import (
    EXPORT_MSID,
    IMPORT_MSID,
    bg_row,
    codes_of,
    df2_of,
    edf_of,
    edf_row,
    only,
    simple_of,
    take,
    values_of,
)

DAY = date(2024, 1, 15)


def test_f11_a_df2_stamp_is_the_end_of_its_half_hour_in_utc(tmp_path: Path) -> None:
    store = take(tmp_path, df2_of("16/04/2024,00:30,0.77,A"), "a.df2")
    # 2024-04-16T00:00Z is 01:00 of British Summer Time.
    assert values_of(store) == {(IMPORT_MSID, "AI", date(2024, 4, 16), 3): (770, "A")}
    assert codes_of(store) == []


def test_f12_edf_counts_half_hours_from_local_midnight_and_a_hyphen_ends_the_day(tmp_path: Path) -> None:
    store = take(tmp_path, edf_of(edf_row("31-03-2024", [f"{nth}.5" for nth in range(1, 47)])))
    values = values_of(store)
    assert [key[2:] for key in values] == [(date(2024, 3, 31), period) for period in range(1, 47)]
    # The first starts at 00:00Z; the third, the first after the clocks go forward, at 01:00Z.
    assert values[(IMPORT_MSID, "AI", date(2024, 3, 31), 1)] == (1500, "A")
    assert values[(IMPORT_MSID, "AI", date(2024, 3, 31), 3)] == (3500, "A")


def test_f13_a_simple_status_of_two_letters_is_unknown(tmp_path: Path) -> None:
    rows = [f"{IMPORT_MSID},ACTIVE,2024-01-15 00:00,1.5,AB", f"{IMPORT_MSID},ACTIVE,2024-01-15 00:30,2.5,A"]
    store = take(tmp_path, simple_of(*rows))
    finding = only(store, "HH-506")
    assert "'AB'" in finding.message
    assert (finding.where, finding.msid) == ("readings/a.csv:2", IMPORT_MSID)
    assert (finding.settlement_date, finding.settlement_period) == (DAY, 1)
    assert values_of(store) == {(IMPORT_MSID, "AI", DAY, 2): (2500, "A")}


def test_df2_headings_hold_until_they_change(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "#F2",
            f"#O {IMPORT_MSID}-Boiler house - north",
            "#S 1",
            "15/01/2024,00:30,1,A",
            "#S 3",
            "15/01/2024,00:30,9,A",
            f"#O {EXPORT_MSID}",
            "15/01/2024,01:00,9,A",
            "#S2",
            "15/01/2024,00:30,2,A",
            "#F2",
            "15/01/2024,01:00,3,E",
        ]
    )
    store = take(tmp_path, text, "a.df2")
    assert values_of(store) == {
        (IMPORT_MSID, "AI", DAY, 1): (1000, "A"),
        (EXPORT_MSID, "AE", DAY, 1): (2000, "A"),
        (EXPORT_MSID, "AE", DAY, 2): (3000, "E"),
    }
    # Sensor 3 held on through the next #O: both of its rows are reactive.
    assert "2 rows of reactive energy" in only(store, "RD-011", "info").message


def test_a_df2_status_is_the_last_character_of_its_field(tmp_path: Path) -> None:
    store = take(tmp_path, df2_of("15/01/2024,00:30,1, 0e ", "15/01/2024,01:00,1,XA", "15/01/2024,01:30,1,AX"), "a.df2")
    assert values_of(store) == {
        (IMPORT_MSID, "AI", DAY, 1): (1000, "E"),
        (IMPORT_MSID, "AI", DAY, 2): (1000, "A"),
    }
    assert only(store, "HH-506").settlement_period == 3


def test_df2_seconds_may_stand_there_and_are_zero(tmp_path: Path) -> None:
    store = take(tmp_path, df2_of("15/01/2024,00:30:00,1,A", "15/01/2024,01:00:01,1,A"), "a.df2")
    assert set(values_of(store)) == {(IMPORT_MSID, "AI", DAY, 1)}
    assert "'01:00:01'" in only(store, "HH-502").message


@pytest.mark.parametrize("sensor", [1, 2])
def test_active_sensors_take_the_direction_that_the_msid_is_registered_for(tmp_path: Path, sensor: int) -> None:
    store = take(tmp_path, df2_of("15/01/2024,00:30,1,A", msid=EXPORT_MSID, sensor=sensor), "a.df2")
    assert set(values_of(store)) == {(EXPORT_MSID, "AE", DAY, 1)}


@pytest.mark.parametrize(
    ("channel", "quantity"), [("AI", "AI"), ("AE", "AE"), ("ACTIVE", "AI"), ("active", "AI"), (" AE ", "AE")]
)
def test_a_simple_channel_says_the_direction_or_leaves_it_to_the_register(
    tmp_path: Path, channel: str, quantity: str
) -> None:
    store = take(tmp_path, simple_of(f"{IMPORT_MSID},{channel},2024-06-15 00:00,1.5,A"))
    assert values_of(store) == {(IMPORT_MSID, quantity, date(2024, 6, 15), 3): (1500, "A")}


@pytest.mark.parametrize("channel", ["RI", "RE", "REACTIVE_IMP", "REACTIVE_EXP"])
def test_reactive_channels_are_counted_and_not_used(tmp_path: Path, channel: str) -> None:
    store = take(tmp_path, simple_of(f"{IMPORT_MSID},{channel},2024-06-15 00:00,1.5,A"))
    assert values_of(store) == {}
    only(store, "RD-011", "info")


def test_an_unknown_simple_channel_is_said(tmp_path: Path) -> None:
    store = take(tmp_path, simple_of(f"{IMPORT_MSID},IMPORT,2024-06-15 00:00,1.5,A"))
    assert "'IMPORT'" in only(store, "RD-010").message


def test_active_is_no_quantity_of_the_contracts_own_tables(tmp_path: Path) -> None:
    text = "msid,measurement_quantity,settlement_date,settlement_period,kwh\n"
    store = take(tmp_path, text + f"{IMPORT_MSID},ACTIVE,2024-01-15,1,1.5\n")
    only(store, "RD-010")


def test_a_bg_row_counts_from_midnight_in_utc_and_an_empty_cell_is_missing(tmp_path: Path) -> None:
    store = take(tmp_path, bg_row("15/07/2024", {1: "0", 2: "", 3: " ", 48: "9"}), bg_clock="utc")
    values = values_of(store)
    assert values[(IMPORT_MSID, "AI", date(2024, 7, 15), 3)] == (0, "A")
    assert values[(IMPORT_MSID, "AI", date(2024, 7, 16), 2)] == (9000, "A")
    assert len(values) == 46
    assert not {(IMPORT_MSID, "AI", date(2024, 7, 15), period) for period in (1, 2, 4, 5)} & set(values)
    assert codes_of(store) == []


def test_edf_statuses_are_words_and_a_hyphen_is_estimated(tmp_path: Path) -> None:
    values = ["1"] * 48
    words = ["Actual", "Estimated", "-", "ACTUAL"] + ["Actual"] * 44
    store = take(tmp_path, edf_of(edf_row("15-01-2024", values, words)))
    assert [status for _, status in values_of(store).values()] == list("AEEA") + ["A"] * 44


def test_edf_columns_after_the_end_of_the_day_are_ignored(tmp_path: Path) -> None:
    values = ["1", "2", "-", "4", "five", *[""] * 45]
    store = take(tmp_path, edf_of(edf_row("15-01-2024", values, ["Actual", "Actual", "what?", *["-"] * 47])))
    assert values_of(store) == {
        (IMPORT_MSID, "AI", DAY, 1): (1000, "A"),
        (IMPORT_MSID, "AI", DAY, 2): (2000, "A"),
    }
    assert codes_of(store) == []


def test_an_edf_half_hour_left_empty_is_missing_and_does_not_end_the_day(tmp_path: Path) -> None:
    store = take(tmp_path, edf_of(edf_row("15-01-2024", ["1", "", "3"])))
    assert [key[3] for key in values_of(store)] == [1, 3]


def test_edf_reactive_rows_are_counted_and_not_used(tmp_path: Path) -> None:
    rows = [edf_row("15-01-2024", ["1"] * 48, quantity=quantity) for quantity in ("RI", "RE")]
    store = take(tmp_path, edf_of(*rows))
    assert values_of(store) == {}
    only(store, "RD-011", "info")


def test_an_edf_row_with_more_values_than_its_day_has_half_hours_is_not_used(tmp_path: Path) -> None:
    store = take(tmp_path, edf_of(edf_row("31-03-2024", ["1"] * 48), edf_row("01-04-2024", ["1"] * 48)))
    finding = only(store, "HH-502")
    assert "48 values" in finding.message
    assert "2024-03-31 has 46 half hours" in finding.message
    assert {key[2] for key in values_of(store)} == {date(2024, 4, 1)}


def test_values_finer_than_a_watt_hour_are_rounded_half_to_even_and_counted(tmp_path: Path) -> None:
    rows = [
        "15/01/2024,00:30,0.0005,A",
        "15/01/2024,01:00,0.0015,A",
        "15/01/2024,01:30,1.23449,A",
        "15/01/2024,02:00,1.2340,A",
    ]
    store = take(tmp_path, df2_of(*rows), "a.df2")
    assert [wh for wh, _ in values_of(store).values()] == [0, 2, 1234, 1234]
    assert "3 readings in fractions of a Wh" in only(store, "HH-507", "warning").message


def test_equal_values_for_a_half_hour_are_used_once_with_a_warning(tmp_path: Path) -> None:
    store = take(tmp_path, df2_of("15/01/2024,00:30,1,A", "15/01/2024,00:30,1.000,E"), "a.df2")
    assert values_of(store) == {(IMPORT_MSID, "AI", DAY, 1): (1000, "E")}
    only(store, "HH-504", "warning")


def test_different_values_for_a_half_hour_are_not_used(tmp_path: Path) -> None:
    rows = ["15/01/2024,00:30,1,A", "15/01/2024,00:30,2,A", "15/01/2024,01:00,3,A", "15/01/2024,01:00,3,A"]
    store = take(tmp_path, df2_of(*rows), "a.df2")
    assert values_of(store) == {(IMPORT_MSID, "AI", DAY, 2): (3000, "A")}
    assert codes_of(store) == [("HH-504", "error"), ("HH-504", "warning")]
    assert store.sources[0].rejected == 1


@pytest.mark.parametrize("value", ["abc", "-1", "nan", "1e12", "1,5".replace(",", ";")])
def test_a_value_that_is_no_reading_is_missing(tmp_path: Path, value: str) -> None:
    store = take(tmp_path, df2_of(f"15/01/2024,00:30,{value},A", "15/01/2024,01:00,1,A"), "a.df2")
    assert only(store, "HH-503").settlement_period == 1
    assert set(values_of(store)) == {(IMPORT_MSID, "AI", DAY, 2)}


def test_an_empty_value_is_missing_whatever_its_status(tmp_path: Path) -> None:
    store = take(tmp_path, df2_of("15/01/2024,00:30,,", "15/01/2024,01:00, ,?", "15/01/2024,01:30,0,A"), "a.df2")
    assert values_of(store) == {(IMPORT_MSID, "AI", DAY, 3): (0, "A")}
    assert codes_of(store) == []
