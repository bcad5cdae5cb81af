"""Files of market data with damage of every kind: refused or taken whole, never a crash, never a store gone wrong."""

from __future__ import annotations

import csv
import io
import os
import random
import time
from datetime import date
from pathlib import Path

import pytest
from market_data_files import LLFC_1, LLFC_10B, class_day, each_day, mdd_text, pool_transfer, write_extract

from halfhour.market_data import MarketDataStore
from halfhour.market_data.checking import check_store
from halfhour.market_data.loading import load_files

TODAY = date(2026, 7, 1)
ROUNDS = int(os.environ.get("HALFHOUR_FUZZ_ROUNDS", "150"))
"""Damaged files of each kind; a longer run is asked for by the environment."""

SLOWEST_S = 20.0


def clean_files(folder: Path) -> dict[str, bytes]:
    """One good file of each kind."""
    combination = ("997", "01/04/1996", "EELC", "01/04/1996", "90", "20/10/2021", "")
    interval = ("00001", "1", "1", "1", "31", "12", "00:00", "24:00")
    tlm = "".join(f"2026-10-25,{period},SF,1.00963{period:02},0.9915212\n" for period in range(1, 51))
    extract = write_extract(folder / "x", [("1", day, "1.078") for day in each_day(date(2026, 10, 24), 3)])
    body = ["DIS|LOND", *class_day("1", date(2026, 10, 25), "1.078"), *class_day("10B", date(2027, 3, 28), "0.984")]
    return {
        "Line_Loss_Factor_Class_377.csv": mdd_text("line_loss_factor_class", [LLFC_1, LLFC_10B]).encode(),
        "Valid_MTC_LLFC_Combination_377.csv": mdd_text("valid_mtc_llfc_combination", [combination]).encode(),
        "Clock_Interval_377.csv": mdd_text("clock_interval", [interval]).encode(),
        "fixed.csv": b"tariff_no,effective_from,effective_to,gbp_per_mwh\n1,2023-04-01,2023-09-30,13.41\n",
        "tlm.csv": f"settlement_date,settlement_period,run,tlm_offtaking,tlm_delivering\n{tlm}".encode(),
        "llf.csv": extract.read_bytes(),
        "llf.ptf": pool_transfer(body),
    }


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The content with one to three changes: bits, bytes, pieces or lines lost, doubled, moved or replaced."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(found)) if found else 0
        length = chance.choice([1, 1, 2, 5, 40])
        piece = bytes(found[at : at + length])
        lines = bytes(found).split(b"\n")
        match chance.randrange(9):
            case 0 if found:
                found[at] ^= 1 << chance.randrange(8)
            case 1:
                del found[at : at + length]
            case 2:
                found[at:at] = piece
            case 3:
                found[at:at] = chance.choice([b'"', b",", b"\r", b"\n", b"|", b"\0", b"\xff", b"0", b"-", b"9" * 30])
            case 4:
                del found[at:]
            case 5:
                chance.shuffle(lines)
                found[:] = b"\n".join(lines)
            case 6:
                lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
                found[:] = b"\n".join(lines)
            case 7:
                del lines[chance.randrange(len(lines))]
                found[:] = b"\n".join(lines)
            case _:
                found[at : at + length] = bytes(chance.randrange(256) for _ in range(length))
    return bytes(found)


@pytest.mark.parametrize(
    "name",
    [
        "Line_Loss_Factor_Class_377.csv",
        "Valid_MTC_LLFC_Combination_377.csv",
        "Clock_Interval_377.csv",
        "fixed.csv",
        "tlm.csv",
        "llf.csv",
        "llf.ptf",
    ],
)
def test_damaged_file_is_refused_or_taken_whole(tmp_path: Path, name: str) -> None:
    clean = clean_files(tmp_path)[name]
    seed = int(os.environ.get("HALFHOUR_FUZZ_SEED", "3"))
    for number in range(ROUNDS):
        content = damaged(clean, random.Random(f"{seed} {name} {number}"))
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / name
        path.write_bytes(content)
        store = folder / "store.sqlite"
        start = time.monotonic()
        (load,) = load_files([path], store=store, distributor="LOND" if name == "llf.csv" else None)
        assert time.monotonic() - start < SLOWEST_S, number
        assert load.state in ("loaded", "refused"), number
        if load.state == "refused":
            assert load.findings, number
            assert not store.exists(), number
            continue
        if name.endswith(".csv"):
            rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if row]
            assert load.rows == len(rows) - 1, number  # no row is lost
        with MarketDataStore.open(store) as opened:
            found = [finding for finding in check_store(opened, TODAY) if finding.severity == "error"]
            assert (found, [one.row_count for one in opened.loads()]) == ([], [load.rows]), number
        (again,) = load_files([path], store=store, distributor="LOND" if name == "llf.csv" else None)
        assert again.state == "already loaded", number
