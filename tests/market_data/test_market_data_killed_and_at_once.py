"""Killed at any moment, or several at once: the store is whole, and the next load makes it right."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from market_data_files import each_day, write_extract, write_mdd

from halfhour.errors import HalfhourError
from halfhour.market_data import MarketDataStore
from halfhour.market_data.checking import check_store
from halfhour.market_data.database import LAYOUT, connect
from halfhour.market_data.loading import load_files

LOAD = """
import sys
from pathlib import Path
from halfhour.market_data.loading import load_files

loads = load_files([Path(sys.argv[1])], store=Path(sys.argv[2]), distributor="LOND")
print(sorted(load.state for load in loads))
"""
TODAY = date(2026, 7, 1)
KILLS = 10
PAGE = 4096


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of a class table, combinations and factors: enough rows that a load takes its time."""
    path = tmp_path_factory.mktemp("files")
    for version, count in ((346, 6_000), (377, 8_000)):
        classes = [
            (f"D{number // 1000:03}", "R", "01/04/1996", f"{number % 1000:03}", "01/04/2000", "words", "A", "")
            for number in range(count)
        ]
        write_mdd(path, "line_loss_factor_class", version, classes)
        write_mdd(path, "gsp_group", version, [("_A", "Eastern"), ("_B", f"as of {version}")])
    days = each_day(date(2026, 4, 1), 365)
    write_extract(path / "llf.csv", [(llfc, day, "1.078") for llfc in ("1", "2", "3", "4") for day in days])
    return path


def content(store: Path) -> list[Any]:
    """Everything in the store but the moments of loading."""
    with MarketDataStore.open(store) as opened:
        tables = [row[0] for row in opened.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        columns = "kind, table_name, version, distributor, file, sha256, content_sha256, row_count, first_day, last_day"
        return [
            opened.query(f"SELECT {columns} FROM loads ORDER BY {columns}"),
            [opened.query(f"SELECT * FROM {table}") for table in tables if table not in ("loads", "line_loss_factors")],
            opened.query("SELECT mpid, llfc, day, thousandths FROM line_loss_factors ORDER BY mpid, llfc, day"),
        ]


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], float]:
    """The content of a store made undisturbed, and how long its making takes."""
    store = tmp_path_factory.mktemp("undisturbed") / "store.sqlite"
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", LOAD, str(folder), str(store)], check=True, stdout=subprocess.DEVNULL)
    return content(store), time.monotonic() - start


def test_killed_load_leaves_a_whole_store_that_the_next_load_completes(
    folder: Path, undisturbed: tuple[list[Any], float], tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    store = tmp_path / "store.sqlite"
    chance = random.Random(9)
    found = []
    for _ in range(KILLS):
        store.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-c", LOAD, str(folder), str(store)], stdout=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(seconds * chance.uniform(0.2, 1.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with MarketDataStore.open(store) as opened:
            assert [finding for finding in check_store(opened, TODAY) if finding.severity == "error"] == []
            found.append(len(opened.loads()))
        load_files([folder], store=store, distributor="LOND")
        assert content(store) == expected
        assert [path.name for path in tmp_path.iterdir()] == ["store.sqlite"]  # nothing is left of the killed write
    assert min(found) < 5, "no kill came before the end"


def test_several_loads_at_once_make_the_store_of_one(
    folder: Path, undisturbed: tuple[list[Any], float], tmp_path: Path
) -> None:
    store = tmp_path / "new" / "store.sqlite"
    command = [sys.executable, "-c", LOAD, str(folder), str(store)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=300)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    states = [state for text in said for state in text.strip("[]\n").replace("'", "").split(", ")]
    assert (states.count("loaded"), states.count("already loaded")) == (5, 10)
    assert content(store) == undisturbed[0]
    assert [path.name for path in store.parent.iterdir()] == ["store.sqlite"]


def test_reader_sees_whole_versions_while_a_load_runs(
    folder: Path, undisturbed: tuple[list[Any], float], tmp_path: Path
) -> None:
    store = tmp_path / "store.sqlite"
    process = subprocess.Popen([sys.executable, "-c", LOAD, str(folder), str(store)], stdout=subprocess.DEVNULL)
    seen = set()
    while process.poll() is None:
        with MarketDataStore.open(store) as opened:
            for version in opened.versions():
                for name, load in version.tables.items():
                    assert len(opened.select(name, version.number)) == load.rows
                    seen.add((version.number, name))
        time.sleep(0.01)
    assert process.returncode == 0
    assert content(store) == undisturbed[0]


def test_what_is_read_together_is_of_one_moment(tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite"
    load_files([write_mdd(tmp_path / "a", "gsp_group", 346, [("_A", "Eastern")])], store=store)
    newer = write_mdd(tmp_path / "b", "gsp_group", 377, [("_A", "Eastern")])
    with MarketDataStore.open(store) as reading:
        with reading.snapshot():
            before = reading.identity()
            loading = subprocess.Popen([sys.executable, "-c", LOAD, str(newer), str(store)], stdout=subprocess.DEVNULL)
            time.sleep(1.0)
            assert reading.identity() == before
            assert [version.number for version in reading.versions()] == [346]
        assert loading.wait(timeout=60) == 0
        assert [version.number for version in reading.versions()] == [346, 377]


def stopped(store: MarketDataStore) -> None:
    with store.transaction() as database:
        database.execute("DELETE FROM mdd_gsp_group")
        raise KeyboardInterrupt


def test_load_that_fails_half_way_is_rolled_back(tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite"
    load_files([write_mdd(tmp_path, "gsp_group", 377, [("_A", "Eastern")])], store=store)
    before = store.read_bytes()
    with MarketDataStore.open(store, write=True) as opened:
        with pytest.raises(KeyboardInterrupt):
            stopped(opened)
        assert len(opened.select("gsp_group", 377)) == 1
    assert store.read_bytes() == before


def test_store_that_was_tampered_with_is_found(tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite"
    classes = [("LOND", "R", "01/04/1996", "1", "01/04/1996", "Domestic", "A", "")]
    load_files([write_mdd(tmp_path, "line_loss_factor_class", 377, classes)], store=store)
    combinations = [("845", "01/04/1996", "LOND", "01/04/1996", "2", "01/04/2000", "")]
    load_files([write_mdd(tmp_path, "valid_mtc_llfc_combination", 377, combinations)], store=store)
    days = [("1", date(2026, 4, 1) + timedelta(number), "1.078") for number in range(3)]
    load_files([write_extract(tmp_path / "llf.csv", days)], store=store, distributor="LOND")

    def found() -> dict[str, str]:
        with MarketDataStore.open(store) as opened:
            return {finding.code: finding.severity for finding in check_store(opened, TODAY)}

    # The combination's class is not there at all, and the tables of its MTC are not loaded.
    assert found() == {"MD-025": "warning", "MD-011": "info"}
    for change in (
        "UPDATE mdd_line_loss_factor_class SET description = 'another'",
        "UPDATE line_loss_factors SET thousandths = zeroblob(100) WHERE day = 20544",
        "DELETE FROM loads WHERE kind = 'mdd' AND table_name = 'line_loss_factor_class'",
    ):
        kept = store.read_bytes()
        database = connect(store, write=True)
        database.execute(change)
        database.close()
        assert found()["MD-024"] == "error", change
        store.write_bytes(kept)
    whole = store.read_bytes()
    for at in range(1, len(whole) // PAGE):  # any page but the first, which says what the file is
        store.write_bytes(whole[: at * PAGE] + b"\xa5" * PAGE + whole[(at + 1) * PAGE :])
        assert "MD-020" in damage(store) or "MD-024" in damage(store), at
    store.write_bytes(whole[: 3 * PAGE])
    assert "MD-020" in damage(store)


def damage(store: Path) -> set[str]:
    """The codes of what is wrong, said by the check or by the refusal to open the store."""
    try:
        with MarketDataStore.open(store) as opened:
            return {finding.code for finding in check_store(opened, TODAY) if finding.severity == "error"}
    except HalfhourError as error:
        return {error.code}


def test_store_held_by_another_process_for_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "store.sqlite"
    load_files([write_mdd(tmp_path / "a", "gsp_group", 346, [("_A", "Eastern")])], store=store)
    newer = write_mdd(tmp_path / "b", "gsp_group", 377, [("_A", "Eastern")])
    monkeypatch.setattr("halfhour.market_data.database.BUSY_S", 0.1)
    with MarketDataStore.open(store, write=True) as writing, writing.transaction():
        with pytest.raises(HalfhourError, match=r"MD-021.*another process"):
            load_files([newer], store=store)
        with MarketDataStore.open(store) as reading:  # reading goes on
            assert [version.number for version in reading.versions()] == [346]
    assert load_files([newer], store=store)[0].state == "loaded"


def test_change_of_the_tables_is_another_layout() -> None:
    database = connect(Path("there is no such file"), write=False)
    statements = [row[0] for row in database.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL ORDER BY name")]
    database.close()
    found = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    # Where this fails, raise LAYOUT: a store made before cannot be read with other tables.
    assert (LAYOUT, found) == (1, "d542c868f0eca75f155ca2bb28ae59cc152ae6368a18610dbb4922f4f1795bf8")
