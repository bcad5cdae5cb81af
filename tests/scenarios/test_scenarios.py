"""Scenario folders: a portfolio in, tables out. What the folders hold is in README.md beside this file."""

from __future__ import annotations

import csv
import shutil
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from halfhour.market_data.loading import load_files
from halfhour.register import load_portfolio
from halfhour.settlement.run import Run, settle

FOLDER = Path(__file__).parent
KEYS = ("code", "site_id", "bm_unit", "msid", "measurement_quantity", "settlement_date", "settlement_period")


def cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("given_*/then_*/settle.toml")):
        case = path.parent
        reason = tomllib.loads(path.read_text(encoding="utf-8")).get("xfail")
        marks = [pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)] if reason else []
        found.append(pytest.param(case, marks=marks, id=f"{case.parent.name}-{case.name}"))
    return found


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def as_text(frame: pl.DataFrame, columns: list[str]) -> list[dict[str, str]]:
    return frame.select(pl.col(name).cast(pl.String).fill_null("") for name in columns).to_dicts()


def settled(case: Path, folder: Path) -> Run:
    how = tomllib.loads((case / "settle.toml").read_text(encoding="utf-8"))
    shutil.copytree(case.parent / "portfolio", folder / "portfolio")
    store = folder / "market-data.sqlite"
    for file in sorted((case.parent / "market_data").glob("*.csv")):
        (loaded,) = load_files([file], store=store, distributor=file.stem.partition("_")[2] or None)
        assert loaded.state == "loaded", loaded.findings
    return settle(
        load_portfolio(folder / "portfolio"),
        edition=how["edition"],
        start=how["from"],
        end=how["to"],
        run_type=how.get("run_type", "SF"),
        known_at=how.get("known_at"),
        market_data=store if store.is_file() else None,
        out=folder / "run",
    )


@pytest.mark.parametrize("case", cases())
def test_given_this_portfolio_then_these_tables(case: Path, tmp_path: Path) -> None:
    run = settled(case, tmp_path)
    tables = sorted(path for path in case.glob("*.csv") if path.stem != "exceptions")
    for path in tables:
        expected = rows_of(path)
        columns = list(expected[0])
        keys = [name for name in columns if name in KEYS]
        found: dict[tuple[str, ...], list[dict[str, str]]] = {}
        for row in as_text(getattr(run, path.stem), columns):
            found.setdefault(tuple(row[name] for name in keys), []).append(row)
        got = [row for wanted in expected for row in found.get(tuple(wanted[name] for name in keys), [])]
        assert got == expected, path.stem
    if (case / "exceptions.csv").exists():
        _check_exceptions(run, rows_of(case / "exceptions.csv"))


def _check_exceptions(run: Run, expected: list[dict[str, str]]) -> None:
    """The rows given are there; of a code that is named every row is given, and `ST-101!` says that there is none."""
    columns = list(expected[0])
    found = as_text(run.exceptions, columns)
    never = {row["code"].removesuffix("!") for row in expected if row.get("code", "").endswith("!")}
    wanted = [row for row in expected if not row.get("code", "").endswith("!")]
    if "code" not in columns:
        assert [row for row in wanted if row not in found] == []
        return
    codes = never | {row["code"] for row in wanted}
    assert sorted(map(str, (row for row in found if row["code"] in codes))) == sorted(map(str, wanted))


def test_every_scenario_says_how_its_figures_were_found() -> None:
    for folder in sorted(FOLDER.glob("given_*")):
        assert (folder / "README.md").read_text(encoding="utf-8").strip(), folder.name
        assert list(folder.glob("then_*/*.csv")), folder.name
