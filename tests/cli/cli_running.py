"""Runs the command line in this process, and writes the portfolios that its tests use."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from halfhour.calendar import settlement_periods
from halfhour.cli import main

CONTRACT_SITE = (Path(__file__).parents[1] / "contract_site.toml").read_text(encoding="utf-8")
"""The example of the contract, word for word."""

PLAIN_SITE = """\
[site]
id = "plain"
gsp_group = "_H"
voltage = "HV"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "2000000000015"
bm_unit = "2__HABCD001"
"""
"""One boundary meter and nothing else."""

IMPORT = "2000000000015"
EXPORT = "2000000000024"
STORAGE_IMPORT = "7700000000010"
STORAGE_EXPORT = "7700000000020"
THIRD_PARTY = "2000000000033"
START = date(2024, 1, 1)

Row = tuple[str, str, date, int, str]
"""MSID, measurement quantity, Settlement Date, Settlement Period, kWh as written."""


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    output = capsys.readouterr()
    assert "Traceback" not in output.err
    return int(caught.value.code or 0), output.out, output.err


def document(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    """What `--json` prints: one document and nothing else."""
    found, out, err = run(capsys, *arguments, "--json")
    assert found == code, err
    return json.loads(out)


def days(start: date, count: int) -> list[date]:
    return [start + timedelta(days=number) for number in range(count)]


def contract_rows(on: Iterable[date]) -> list[Row]:
    """Readings of every meter of the contract's example: stored at night, given back in the evening."""
    rows: list[Row] = []
    for day in on:
        for period in range(1, settlement_periods(day) + 1):
            into = 100 if period <= 10 else 0
            out = 80 if 35 <= period <= 44 else 0
            imported = 250 + into + period - min(out, 60)
            exported = 20 if out else 0
            for msid, quantity, kwh in (
                (IMPORT, "AI", imported),
                (EXPORT, "AE", exported),
                (STORAGE_IMPORT, "AI", into),
                (STORAGE_EXPORT, "AE", out),
                (THIRD_PARTY, "AI", 50),
            ):
                rows.append((msid, quantity, day, period, f"{kwh}.125"))
    return rows


def plain_rows(on: Iterable[date], kwh: str = "1.000") -> list[Row]:
    return [(IMPORT, "AI", day, period, kwh) for day in on for period in range(1, settlement_periods(day) + 1)]


def write_readings(folder: Path, rows: Iterable[Row], name: str = "readings.csv", recorded_at: str = "") -> Path:
    path = folder / "readings" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    extra = ",recorded_at" if recorded_at else ""
    lines = [f"msid,measurement_quantity,settlement_date,settlement_period,kwh,status{extra}"]
    stamp = f",{recorded_at}" if recorded_at else ""
    lines += [f"{msid},{quantity},{day},{period},{kwh},A{stamp}" for msid, quantity, day, period, kwh in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def contract_portfolio(folder: Path, count: int = 9) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ridgeway-park.toml").write_text(CONTRACT_SITE, encoding="utf-8")
    write_readings(folder, contract_rows(days(START, count)))
    return folder


def plain_portfolio(folder: Path, rows: Iterable[Row] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plain.toml").write_text(PLAIN_SITE, encoding="utf-8")
    write_readings(folder, plain_rows(days(START, 2)) if rows is None else rows)
    return folder
