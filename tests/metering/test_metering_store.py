"""The readings store: append-only, two times, whole or not at all, one writer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import metering_readings_helpers as helpers
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from metering_readings_helpers import DAY, IMPORT_MSID, MTIME, long, row, store_of, values_of, wh_by_period, write

from halfhour.errors import HalfhourError
from halfhour.metering.store import ReadingsStore, Source, day_spill, intake, segment_files
from halfhour.metering.store.segment_files import SCHEMA, day_rows

HOUR = timedelta(hours=1)


def history(store: ReadingsStore) -> list[tuple[datetime, int]]:
    return [(record.recorded_at, record.wh[0]) for record in store.history(IMPORT_MSID, "AI", DAY)]


# --- the two times ----------------------------------------------------------------------------------------------


def test_the_time_of_record_is_the_files_modification(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row()))
    store = store_of(tmp_path)
    assert history(store) == [(MTIME, 1500)]
    assert store.latest_record == MTIME
    record = store.history(IMPORT_MSID, "AI", DAY)[0]
    assert (record.source, len(record.sha256), record.marks[:2]) == ("readings/a.csv", 64, (1, 0))


def test_a_file_from_the_future_was_recorded_when_it_was_taken_in(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    write(tmp_path, "a.csv", long(row()), before + timedelta(days=400))
    assert before <= history(store_of(tmp_path))[0][0] <= datetime.now(UTC)


def test_what_arrives_after_a_run_cannot_have_been_known_before_it(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row(kwh=1)))
    store_of(tmp_path)
    before = datetime.now(UTC)
    write(tmp_path, "late.csv", long(row(kwh=2)), MTIME - HOUR)
    store = store_of(tmp_path)
    assert [wh for _, wh in history(store)] == [1000, 2000]
    assert history(store)[1][0] >= before


def test_files_of_one_ingest_are_recorded_in_order_of_modification_then_name(tmp_path: Path) -> None:
    write(tmp_path, "c.csv", long(row(kwh=1)), MTIME - HOUR)
    write(tmp_path, "b.csv", long(row(kwh=3)))
    write(tmp_path, "a.csv", long(row(kwh=2)))
    tick = timedelta(microseconds=1)
    assert history(store_of(tmp_path)) == [(MTIME - HOUR, 1000), (MTIME, 2000), (MTIME + tick, 3000)]


def test_a_later_record_wins_and_its_gaps_erase_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row(1, 1), row(2, 2)))
    write(tmp_path, "b.csv", long(row(1, 9), row(2, "")), MTIME + HOUR)
    store = store_of(tmp_path)
    assert wh_by_period(store) == {1: 9000, 2: 2000}
    assert len(store.history(IMPORT_MSID, "AI", DAY)) == 2


# --- append-only ------------------------------------------------------------------------------------------------


def test_a_missing_store_is_empty_and_opening_makes_nothing(tmp_path: Path) -> None:
    store = ReadingsStore.open(tmp_path / "none")
    assert (store.segments, store.sources, store.latest_record, store.findings()) == ([], [], None, [])
    assert store.history(IMPORT_MSID, "AI", DAY) == []
    store.take_in([], tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def test_taking_in_twice_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row(), row(0)))
    store_of(tmp_path)
    files = {path: path.read_bytes() for path in (tmp_path / ".halfhour").rglob("*") if path.is_file()}
    store_of(tmp_path)
    assert files == {path: path.read_bytes() for path in (tmp_path / ".halfhour").rglob("*") if path.is_file()}


def test_the_same_bytes_under_another_name_are_held_already(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row()))
    write(tmp_path, "b.csv", long(row()))
    store_of(tmp_path)
    write(tmp_path, "c.csv", long(row()))
    helpers.stamped(tmp_path / "readings" / "a.csv", MTIME + HOUR)
    assert [source.path for source in store_of(tmp_path).sources] == ["readings/a.csv"]


def test_untouched_files_are_not_hashed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.csv", long(row()))
    store_of(tmp_path)
    write(tmp_path, "b.csv", long(row(2)))
    hashed: list[str] = []
    original = intake.hashlib.file_digest

    def noting(stream, name):
        hashed.append(Path(stream.name).name)
        return original(stream, name)

    monkeypatch.setattr(intake.hashlib, "file_digest", noting)
    store_of(tmp_path)
    assert hashed == ["b.csv"]


def test_a_changed_file_is_a_new_source_and_its_old_findings_are_history(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row(1, 1), row(2, "x")))
    write(tmp_path, "b.csv", long(row(0)))
    store_of(tmp_path)
    write(tmp_path, "a.csv", long(row(1, 1), row(2, 2)), MTIME + HOUR)
    store = store_of(tmp_path)
    assert [source.path for source in store.sources] == ["readings/a.csv", "readings/b.csv", "readings/a.csv"]
    assert wh_by_period(store) == {1: 1000, 2: 2000}
    assert [finding.code for finding in store.findings()] == ["RD-013"]
    known_then = store.findings(MTIME + timedelta(microseconds=1))
    assert [finding.code for finding in known_then] == ["RD-014", "RD-013"]


def test_readings_of_a_file_that_is_gone_stay(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row(1)))
    store_of(tmp_path)
    (tmp_path / "readings" / "a.csv").unlink()
    write(tmp_path, "b.csv", long(row(2)))
    assert set(wh_by_period(store_of(tmp_path))) == {1, 2}


def test_findings_come_back_as_they_were(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row(17, "x"), row(1)))
    first = store_of(tmp_path).findings()
    assert first == ReadingsStore.open(tmp_path / ".halfhour" / "readings").findings()
    assert first[0].settlement_date == DAY


# --- layout -----------------------------------------------------------------------------------------------------


def test_rows_lie_by_rank_then_msid_quantity_day_and_record(tmp_path: Path) -> None:
    last, first, unknown = "2000000000015", "2000000000033", "2000000000024"
    days = [DAY, DAY + timedelta(1)]
    text = long(
        *(f"{msid},{q},{day},1,1,A" for day in days for q in ("AI", "AE") for msid in (unknown, last, first)),
    )
    write(tmp_path, "a.csv", text)
    write(tmp_path, "b.csv", text.replace(",1,1,A", ",1,2,A"), MTIME + HOUR)
    store = store_of(tmp_path, {first: 0, last: 7})
    segment = store.segments[0]
    series = pq.read_table(segment.series_path).to_pylist()
    assert [(entry["msid"], entry["measurement_quantity"]) for entry in series] == [
        (msid, quantity) for msid in (first, last, unknown) for quantity in ("AE", "AI")
    ]
    assert [(entry["first_row"], entry["rows"]) for entry in series] == [(4 * place, 4) for place in range(6)]
    assert {(entry["first_date"], entry["last_date"]) for entry in series} == {(days[0], days[1])}
    table = pq.read_table(segment.path)
    keys = list(
        zip(*(table.column(name).to_pylist() for name in ("series", "settlement_date", "recorded_at")), strict=True)
    )
    assert keys == sorted(keys)
    assert (segment.rows, segment.readings, segment.sources) == (24, 24, (0, 1))
    assert (segment.min_date, segment.max_date) == (days[0], days[1])
    assert (segment.min_recorded_at, segment.max_recorded_at) == (MTIME, MTIME + HOUR)


def test_the_file_layout_is_the_one_the_engine_reads(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row(2, "1.234", status="E")))
    segment = store_of(tmp_path).segments[0]
    file = pq.ParquetFile(segment.path)
    assert file.schema_arrow.equals(SCHEMA)
    column = {file.metadata.row_group(0).column(place).path_in_schema: place for place in range(6)}
    assert file.metadata.row_group(0).column(column["wh"]).compression == "LZ4"
    assert not file.metadata.row_group(0).column(column["wh"]).has_dictionary_page
    assert file.metadata.row_group(0).column(column["marks"]).has_dictionary_page
    only = file.read().to_pylist()[0]
    assert only["wh"] == np.array([0, 1234] + [0] * 48, dtype="<i4").tobytes()
    assert only["marks"] == bytes([0, 2] + [0] * 48)


def test_an_ingest_of_many_segments_is_in_order_through_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_spill, "SEGMENT_ROWS", 6)
    monkeypatch.setattr(day_spill, "_ROWS_AT_ONCE", 4)
    days = [DAY + timedelta(number) for number in range(20)]
    write(tmp_path, "a.csv", long(*(row(1, number + 1, day) for number, day in enumerate(reversed(days)))))
    store = store_of(tmp_path)
    assert [segment.rows for segment in store.segments] == [6, 6, 6, 2]
    assert [segment.min_date for segment in store.segments] == [days[0], days[6], days[12], days[18]]
    assert len(values_of(store)) == 20
    for day in days:
        assert len(store.history(IMPORT_MSID, "AI", day)) == 1


def test_history_finds_its_rows_in_any_row_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_files, "ROW_GROUP_ROWS", 3)
    days = [DAY + timedelta(number) for number in range(7)]
    msids = ["2000000000015", "2000000000024", "2000000000033"]
    write(tmp_path, "a.csv", long(*(row(1, day.day, day, msid) for msid in msids for day in days)))
    store = store_of(tmp_path)
    for msid in msids:
        for day in days:
            assert [record.wh[0] for record in store.history(msid, "AI", day)] == [day.day * 1000]
    assert store.history(msids[0], "AE", DAY) == []
    assert store.history("2000000000042", "AI", DAY) == []


# --- whole or not at all ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", ["write_segment", "write_findings"])
def test_a_killed_ingest_leaves_the_store_as_it_was_and_the_next_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    write(tmp_path, "a.csv", long(row(1)))
    store_of(tmp_path)
    write(tmp_path, "b.csv", long(row(2), row(0)), MTIME + HOUR)
    original = getattr(intake, broken)

    def dying(*arguments):
        original(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(intake, broken, dying)
    with pytest.raises(KeyboardInterrupt):
        store_of(tmp_path)
    monkeypatch.setattr(intake, broken, original)
    folder = tmp_path / ".halfhour" / "readings"
    (folder / "segments" / "000077.parquet").write_bytes(b"left over")
    (folder / intake.SPILL_FILE).write_bytes(b"left over")
    reader = ReadingsStore.open(folder)
    assert set(wh_by_period(reader)) == {1}
    assert reader.findings() == []
    store = store_of(tmp_path)
    assert set(wh_by_period(store)) == {1, 2}
    named = {path.name for segment in store.segments for path in (segment.path, segment.series_path)}
    left = {path.name for path in (folder / "segments").iterdir()} - named
    assert left == {"000002.findings.parquet"}
    assert not (folder / intake.SPILL_FILE).exists()


def test_a_file_that_is_still_being_written_stops_the_ingest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "a.csv", long(row(1)))
    original = intake.recognise

    def writing(*arguments):
        with path.open("a") as stream:
            stream.write(row(2) + "\n")
        return original(*arguments)

    monkeypatch.setattr(intake, "recognise", writing)
    with pytest.raises(HalfhourError, match="RD-034"):
        store_of(tmp_path)
    monkeypatch.setattr(intake, "recognise", original)
    assert set(wh_by_period(store_of(tmp_path))) == {1, 2}


def test_a_file_that_cannot_be_opened_stops_the_ingest_by_name(tmp_path: Path) -> None:
    store = ReadingsStore.open(tmp_path / "store")
    with pytest.raises(HalfhourError, match=r"RD-033: .*absent\.csv"):
        store.take_in([tmp_path / "absent.csv"], tmp_path, {})
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"version": 1}', '{"version": 1, "segments": 3}', "\ufffd"]
)
def test_a_broken_catalogue_is_said_so(tmp_path: Path, content: str) -> None:
    (tmp_path / "catalogue.json").write_text(content, encoding="utf-16" if content == "\ufffd" else "utf-8")
    with pytest.raises(HalfhourError, match="RD-030"):
        ReadingsStore.open(tmp_path)


def test_a_store_of_another_version_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "catalogue.json").write_text(json.dumps({"version": 99}))
    with pytest.raises(HalfhourError, match="RD-031"):
        ReadingsStore.open(tmp_path)


def test_a_missing_segment_is_said_so(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row(1), row(0)))
    store = store_of(tmp_path)
    store.segments[0].path.unlink()
    (tmp_path / ".halfhour" / "readings" / "segments" / "000001.findings.parquet").write_bytes(b"")
    with pytest.raises(HalfhourError, match="RD-032"):
        store.history(IMPORT_MSID, "AI", DAY)
    with pytest.raises(HalfhourError, match="RD-032"):
        store.findings()


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row(1)))
    (tmp_path / ".halfhour" / "readings").mkdir(parents=True)
    (tmp_path / ".halfhour" / "readings" / "segments").write_text("a file where the folder should be")
    with pytest.raises(HalfhourError, match="RD-035"):
        store_of(tmp_path)


# --- one writer -------------------------------------------------------------------------------------------------

TAKE_IN = """
import sys
from pathlib import Path
from halfhour.metering.store import ReadingsStore
root = Path(sys.argv[1])
store = ReadingsStore.open(root / ".halfhour" / "readings")
print("ready", flush=True)
sys.stdin.readline()
store.take_in(sorted((root / "readings").iterdir()), root, {})
"""


def test_two_processes_taking_in_at_once_take_each_file_in_once(tmp_path: Path) -> None:
    days = [DAY + timedelta(number) for number in range(30)]
    for number, day in enumerate(days):
        write(tmp_path, f"{number}.csv", long(*(row(period, number + 1, day) for period in range(1, 49))))
    command = [sys.executable, "-c", TAKE_IN, str(tmp_path)]
    writers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    store = ReadingsStore.open(tmp_path / ".halfhour" / "readings")
    assert sorted(source.path for source in store.sources) == sorted(f"readings/{number}.csv" for number in range(30))
    assert sum(segment.readings for segment in store.segments) == 30 * 48
    assert len(values_of(store)) == 30 * 48


# --- rows handed over in the store's layout ---------------------------------------------------------------------


def generated(days: list[date], series: int) -> pa.Table:
    count = len(days) * series
    return day_rows(
        np.repeat(np.arange(series, dtype=np.int32), len(days)),
        np.tile(np.array([(day - date(1970, 1, 1)).days for day in days], dtype=np.int32), series),
        np.arange(count * 50, dtype=np.int32).reshape(count, 50),
        np.ones((count, 50), dtype=np.uint8),
        np.full(count, 1_700_000_000_000_000),
        np.zeros(count, dtype=np.int32),
    )


def batches(table: pa.Table) -> Iterator[pa.RecordBatch]:
    return iter(table.to_batches(max_chunksize=7))


def test_generated_rows_become_segments_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("halfhour.metering.store.readings_store.SEGMENT_ROWS", 16)
    days = [DAY + timedelta(number) for number in range(5)]
    series = [(f"{2000000000000 + number}", quantity) for number in range(4) for quantity in ("AI", "AE")]
    moment = datetime(2024, 3, 1, tzinfo=UTC)
    table = generated(days, len(series))
    store = ReadingsStore.open(tmp_path)
    store.append_rows(series, batches(table), Source("generated", "0" * 64, 0, moment, "generated"))
    assert [segment.rows for segment in store.segments] == [
        15,
        15,
        10,
    ]  # a site, here a series of five days, is not cut
    assert (store.sources[0].rows, store.sources[0].readings) == (40, 2000)
    again = ReadingsStore.open(tmp_path)
    for place, (msid, quantity) in enumerate(series):
        for number, day in enumerate(days):
            (record,) = again.history(msid, quantity, day)
            assert record.wh == tuple(range((place * 5 + number) * 50, (place * 5 + number + 1) * 50))
    assert again.latest_record == moment


def test_generated_rows_out_of_order_are_refused(tmp_path: Path) -> None:
    table = generated([DAY, DAY + timedelta(1)], 6)
    store = ReadingsStore.open(tmp_path)
    series = [(f"{2000000000000 + number}", "AI") for number in range(6)]
    for wrong in (table.take([1, 0]), pa.concat_tables([table.slice(7), table.slice(0, 7)])):
        with pytest.raises(HalfhourError, match="RD-036"):
            store.append_rows(series, batches(wrong), Source("generated", "0" * 64, 0, MTIME))
    assert store.segments == []


def test_progress_names_the_file_and_reaches_the_whole(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", long(row(1)))
    write(tmp_path, "b.csv", long(row(2)))
    told: list[tuple[str, int, int]] = []
    store = ReadingsStore.open(tmp_path / "store")
    store.take_in(list((tmp_path / "readings").iterdir()), tmp_path, {}, lambda *step: told.append(step))
    assert {name for name, _, _ in told} == {"readings/a.csv", "readings/b.csv"}
    assert told[-1][1] == told[-1][2] > 0
