"""The real Market Domain Data, versions 346 and 377: counts, the handbook's pitfalls, what 377 changed of 346."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from market_data_files import DATA, shared_data

from halfhour.errors import HalfhourError, NotCovered
from halfhour.market_data import MarketDataStore, padded
from halfhour.market_data.checking import check_store
from halfhour.market_data.loading import load_files
from halfhour.market_data.recognition import FileLoad

pytestmark = shared_data

ROWS_377 = {
    "gsp_group": 14,
    "market_participant": 958,
    "market_role": 36,
    "market_participant_role": 1_564,
    "line_loss_factor_class": 49_060,
    "mtc_meter_type": 20,
    "mtc_payment_type": 8,
    "meter_timeswitch_class": 592,
    "mtc_in_pes_area": 5_189,
    "standard_settlement_configuration": 965,
    "measurement_requirement": 1_512,
    "time_pattern_regime": 1_286,
    "clock_interval": 13_627,
    "valid_mtc_ssc_combination": 8_327,
    "profile_class": 8,
}
ROWS_346 = ROWS_377 | {
    "market_participant": 893,
    "market_participant_role": 1_400,
    "line_loss_factor_class": 36_709,
    "mtc_in_pes_area": 4_801,
    "standard_settlement_configuration": 927,
    "measurement_requirement": 1_436,
    "time_pattern_regime": 1_210,
    "clock_interval": 11_524,
    "valid_mtc_llfc_combination": 64_761,
    "valid_mtc_ssc_combination": 7_513,
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[FileLoad]]:
    path = tmp_path_factory.mktemp("real") / "market-data.sqlite"
    # The newer version first: they are taken in order of their numbers all the same.
    return path, load_files([DATA / "mdd" / "377", DATA / "mdd" / "346"], store=path)


@pytest.fixture(scope="module")
def store(loaded: tuple[Path, list[FileLoad]]) -> Iterator[MarketDataStore]:
    with MarketDataStore.open(loaded[0]) as opened:
        yield opened


def rows_of(version: int, file: str) -> list[list[str]]:
    """The file read again another way."""
    with (DATA / "mdd" / str(version) / f"{file}_{version}.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.reader(lines))[1:]


def day_of(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a date has no zone


def test_every_table_of_both_versions_is_loaded_with_every_row(store: MarketDataStore) -> None:
    versions = {version.number: version for version in store.versions()}
    assert {name: load.rows for name, load in versions[377].tables.items()} == ROWS_377
    assert {name: load.rows for name, load in versions[346].tables.items()} == ROWS_346
    for number, counts in ((346, ROWS_346), (377, ROWS_377)):
        for table, rows in counts.items():
            assert len(store.select(table, number)) == rows, (table, number)


def test_days_of_publication_are_known_with_their_source(store: MarketDataStore) -> None:
    older, newer = store.versions()
    assert (newer.published, "pitfall 7" in newer.published_source) == (date(2026, 6, 16), True)
    assert (older.published, "first day of the month" in older.published_source) == (date(2024, 3, 1), True)
    assert not newer.stale(date(2026, 9, 16))
    assert newer.stale(date(2026, 9, 17))  # 93 days


def test_whole_store_agrees_with_itself(store: MarketDataStore) -> None:
    assert check_store(store, date(2026, 7, 1)) == []


def test_loading_the_same_again_changes_no_byte_and_says_so(loaded: tuple[Path, list[FileLoad]]) -> None:
    path, first = loaded
    before = path.read_bytes()
    again = load_files([DATA / "mdd"], store=path)
    assert {load.state for load in first} == {"loaded"}
    assert {load.state for load in again} == {"already loaded"}
    assert len(again) == len(first) == len(ROWS_346) + len(ROWS_377) == 31
    assert path.read_bytes() == before


def test_new_version_shows_what_it_changed(loaded: tuple[Path, list[FileLoad]]) -> None:
    changes = {load.table: load.changes for load in loaded[1] if load.version == 377}
    assert all(load.changes is None for load in loaded[1] if load.version == 346)
    counts = {
        table: tuple(len(found.of(manner)) for manner in ("added", "ended", "changed", "removed"))
        for table, found in changes.items()
        if found is not None and found.rows
    }
    assert counts == {
        "clock_interval": (2_103, 0, 0, 0),
        "line_loss_factor_class": (12_351, 728, 871, 0),
        "market_participant": (65, 0, 61, 0),
        "market_participant_role": (164, 539, 148, 0),
        "market_role": (0, 0, 4, 0),
        "measurement_requirement": (76, 0, 0, 0),
        "mtc_in_pes_area": (388, 0, 14, 0),
        "standard_settlement_configuration": (38, 0, 0, 0),
        "time_pattern_regime": (76, 0, 0, 0),
        "valid_mtc_ssc_combination": (814, 0, 0, 0),
    }
    assert set(changes) - set(counts) == {
        "gsp_group",
        "meter_timeswitch_class",
        "mtc_meter_type",
        "mtc_payment_type",
        "profile_class",
    }


def test_counts_of_change_are_those_of_the_files_compared_another_way(loaded: tuple[Path, list[FileLoad]]) -> None:
    def keyed(version: int) -> dict[tuple[str, ...], list[str]]:
        return {(row[0], row[3], row[4]): row for row in rows_of(version, "Line_Loss_Factor_Class")}

    before, after = keyed(346), keyed(377)
    both = before.keys() & after.keys()
    ended = {key for key in both if before[key][7] == "" and after[key][7] != ""}
    changed = {key for key in both if before[key] != after[key]} - ended
    found = next(load.changes for load in loaded[1] if (load.table, load.version) == ("line_loss_factor_class", 377))
    assert found is not None
    assert len(found.of("added")) == len(after.keys() - before.keys())
    assert len(found.of("removed")) == len(before.keys() - after.keys())
    assert len(found.of("ended")) == len(ended)
    assert len(found.of("changed")) == len(changed)
    glpn = [row for row in found.of("added") if row.key["mpid"] == "GLPN"]
    assert {row.key["effective_from"] for row in glpn} == {date(2026, 6, 22)}
    one = next(row for row in found.of("ended"))
    assert one.before["effective_to"] is None
    assert isinstance(one.after["effective_to"], date)


# The pitfalls of the handbook, section 8


def test_leading_zeros_lost_on_mtc_and_profile_class_are_there_again(store: MarketDataStore) -> None:  # pitfall 1
    assert {len(row["mtc"]) for row in store.select("meter_timeswitch_class", 377)} == {3}
    assert [row["profile_class"] for row in store.select("profile_class", 377)] == [f"0{n}" for n in range(1, 9)]
    assert store.select("meter_timeswitch_class", 377, mtc="1") == store.select(
        "meter_timeswitch_class", 377, mtc="001"
    )
    assert {len(row["ssc"]) for row in store.select("standard_settlement_configuration", 377)} == {4}
    assert {len(row["tpr"]) for row in store.select("time_pattern_regime", 377)} == {5}


def test_short_classes_are_padded_and_found_either_way(store: MarketDataStore) -> None:  # pitfall 2
    file = rows_of(377, "Line_Loss_Factor_Class")
    assert sum(len(row[3]) < 3 for row in file) == 1_670
    held = store.select("line_loss_factor_class", 377)
    assert {len(row["llfc"]) for row in held} == {3}
    # Zero-padding loses nothing: no distributor has both forms.
    assert len({(row[0], row[3]) for row in file}) == len({(row["mpid"], row["llfc"]) for row in held})
    short = store.select("line_loss_factor_class", 377, mpid="EELC", llfc="90")
    assert short
    assert short == store.select("line_loss_factor_class", 377, mpid="EELC", llfc="090")
    assert (padded("llfc", "7P"), padded("llfc", "10B"), padded("llfc", "1")) == ("07P", "10B", "001")
    assert {"10B", "H01", "1AH"} <= {row["llfc"] for row in held}


def test_same_class_means_different_things_at_different_distributors_and_may_recur(
    store: MarketDataStore,
) -> None:  # pitfall 3
    held = store.select("line_loss_factor_class", 377)
    directions: dict[str, set[str]] = {}
    for row in held:
        directions.setdefault(row["llfc"], set()).add(row["indicator"])
    assert any({"A", "C"} <= found for found in directions.values())
    recurring = Counter((row["mpid"], row["llfc"]) for row in held)
    assert sum(count > 1 for count in recurring.values()) > 500
    for (mpid, llfc), count in list(recurring.items())[:50]:
        assert len(store.select("line_loss_factor_class", 377, mpid=mpid, llfc=llfc)) == count


def test_combinations_name_classes_that_are_live_at_their_start(store: MarketDataStore) -> None:  # pitfall 4
    classes: dict[tuple[str, str], list[tuple[date, date | None]]] = {}
    for row in store.select("line_loss_factor_class", 346):
        classes.setdefault((row["mpid"], row["llfc"]), []).append((row["effective_from"], row["effective_to"]))
    combinations = store.select("valid_mtc_llfc_combination", 346)
    for row in combinations:
        start = row["effective_from"]
        assert any(first <= start and (end is None or start < end) for first, end in classes[row["mpid"], row["llfc"]])
    assert len(combinations) == 64_761


def test_attributes_come_from_the_class_or_from_the_area(store: MarketDataStore) -> None:  # pitfall 5
    day = date(2025, 1, 1)
    common = store.timeswitch_class("845", "EELC", day)
    assert common is not None
    assert (common["common"], common["type"], common["meter_type"], common["payment_type"]) == (True, "H", "C5", "CR")
    own = store.timeswitch_class("1", "LOND", day)
    assert own is not None
    assert (own["common"], own["description"], own["meter_type"]) == (False, "Economy 7, 23.30 - 06.30", "TP")
    assert store.live("meter_timeswitch_class", day, mtc="1")[0]["meter_type"] == ""
    assert store.live("mtc_in_pes_area", day, mtc="845", mpid="EELC")[0]["meter_type"] == ""
    assert store.timeswitch_class("997", "NORW", day) is None  # not enabled in that area
    # Every class that is enabled somewhere has its attributes in one of the two.
    for area in store.live("mtc_in_pes_area", day)[::25]:
        joined = store.timeswitch_class(area["mtc"], area["mpid"], day)
        assert joined is not None
        assert joined["meter_type"]
        assert joined["type"] in ("H", "N", "X")


def test_end_dates_of_the_files_are_their_last_day(store: MarketDataStore) -> None:  # pitfall 6
    edfi = store.select("market_participant_role", 377, mpid="EDFI", role="R")
    assert [row["effective_to"] for row in edfi] == [date(2014, 12, 18)]
    assert rows_of(377, "Market_Participant_Role")[0][3] == "22/10/2025"
    assert store.participant("EDFI", "R", date(2014, 12, 17)) is not None
    assert store.participant("EDFI", "R", date(2014, 12, 18)) is None


def test_future_rows_do_not_hold_before_their_day(store: MarketDataStore) -> None:  # pitfall 7
    assert store.participant("GLPN", "R", date(2026, 6, 21)) is None
    found = store.participant("GLPN", "R", date(2026, 6, 22))
    assert found is not None
    assert (found["short_code"], found["effective_to"]) == ("52", None)


def test_combination_of_the_handbook_is_valid_from_its_day(store: MarketDataStore) -> None:
    asked: dict[str, Any] = {"mpid": "EELC", "mtc": "997", "llfc": "90"}
    assert store.live("valid_mtc_llfc_combination", date(2021, 10, 20), **asked)
    assert not store.live("valid_mtc_llfc_combination", date(2021, 10, 19), **asked)
    assert not store.live("mtc_in_pes_area", date(2024, 1, 1), mpid="NORW", mtc="997")
    assert store.live("valid_mtc_ssc_combination", date(2025, 1, 1), mpid="LOND", mtc="870", ssc="0482")
    assert not store.live("valid_mtc_ssc_combination", date(2025, 1, 1), mpid="LOND", mtc="870", ssc="0490")


def test_live_rows_are_those_of_the_file_read_another_way(store: MarketDataStore) -> None:
    file = [
        (row[0], row[3], day_of(row[4]), day_of(row[7]) if row[7] else date.max)
        for row in rows_of(377, "Line_Loss_Factor_Class")
    ]
    edges = sorted({edge for _, _, start, end in file for edge in (start, end) if edge != date.max})
    chosen = random.Random(377).sample(edges, 8)
    for day in [near for edge in chosen for near in (edge - timedelta(1), edge, edge + timedelta(1))]:
        expected = sorted((mpid, padded("llfc", llfc), start) for mpid, llfc, start, end in file if start <= day <= end)
        found = [(row["mpid"], row["llfc"], row["effective_from"]) for row in store.live("line_loss_factor_class", day)]
        assert sorted(found) == expected, day


def test_live_classes_by_indicator_are_those_of_the_handbook(store: MarketDataStore) -> None:
    # Section 6 counts rows without an end as live.
    still = [row["indicator"] for row in store.select("line_loss_factor_class", 377) if row["effective_to"] is None]
    assert Counter(still) == {"A": 27_772, "B": 4_014, "C": 6_490, "D": 3_216}


# Which version answers


def test_newest_version_answers_for_every_day_for_the_tables_it_holds(store: MarketDataStore) -> None:
    for day in (date(1996, 4, 1), date(2024, 3, 1), date(2031, 1, 1)):
        assert store.mdd_version("line_loss_factor_class", day).number == 377


def test_older_version_answers_to_its_publication_for_what_it_alone_holds(store: MarketDataStore) -> None:
    assert store.mdd_version("valid_mtc_llfc_combination", date(2024, 3, 1)).number == 346
    with pytest.raises(NotCovered, match=r"Market Domain Data 346 only, published 2024-03-01.*version 377") as caught:
        store.mdd_version("valid_mtc_llfc_combination", date(2024, 3, 2))
    assert (caught.value.code, caught.value.exit_code) == ("MD-012", 3)


def test_what_is_not_covered_is_refused(store: MarketDataStore) -> None:
    with pytest.raises(NotCovered, match=r"MD-013.*before the first day"):
        store.mdd_version("line_loss_factor_class", date(1996, 3, 31))
    with pytest.raises(NotCovered, match=r"MD-011.*not loaded"):
        store.mdd_version("valid_mtc_llfc_ssc_combination", date(2024, 1, 1))
    with pytest.raises(NotCovered, match="MD-011"):
        store.select("valid_mtc_llfc_combination", 377)
    with pytest.raises(HalfhourError, match=r"MD-007.*Did you mean 'gsp_group'"):
        store.mdd_version("gsp_groups", date(2024, 1, 1))
    with pytest.raises(HalfhourError, match=r"MD-007.*no column 'llf'.*Did you mean 'llfc'"):
        store.select("line_loss_factor_class", 377, llf="1")


def test_identity_names_every_file_and_no_place_or_time(store: MarketDataStore) -> None:
    identity = store.identity()
    assert [entry["version"] for entry in identity["market_domain_data"]] == [346, 377]
    tables = identity["market_domain_data"][1]["tables"]
    assert tables["line_loss_factor_class"]["rows"] == 49_060
    assert len(tables["line_loss_factor_class"]["sha256"]) == 64
    assert "/" not in str(identity)
