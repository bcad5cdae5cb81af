"""A portfolio settles to the same bytes whichever format its readings come in."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from formats_exchange_writers import FORMATS, Readings, days_between, df2, periods_of, write_readings

from halfhour.cli import main
from halfhour.errors import Refused

if TYPE_CHECKING:
    from conftest import PortfolioFolder

SITE = """
[site]
id = "ridgeway-park"
gsp_group = "_H"
voltage = "HV"

[[metering]]
name = "Meter 1"
at = "boundary"
import = "2000000000015"
export = "2000000000024"
bm_unit = "2__HABCD001"

[[metering]]
name = "Battery"
at = "storage"
licensed = true
import = "7700000000010"
export = "7700000000020"

[[declaration]]
kind = "emr-amsid"
metering = ["Meter 1", "Battery"]
"""
SERIES = {"2000000000015": "AI", "2000000000024": "AE", "7700000000010": "AI", "7700000000020": "AE"}
MTIME = datetime(2024, 12, 1, tzinfo=UTC).timestamp()


def readings_around(changing: date, missing: int = 0) -> Readings:
    """Four days of all meters around a day on which the clocks change, with some half hours missing."""
    r = random.Random(changing.toordinal())
    keys = [
        (msid, quantity, day, period)
        for msid, quantity in SERIES.items()
        for day in days_between(changing - timedelta(days=2), changing + timedelta(days=2))
        for period in range(1, periods_of(day) + 1)
    ]
    for _ in range(missing):
        keys.remove(r.choice(keys))
    return {key: (r.randrange(0, 2_000_000), "A") for key in keys}


def tables_of(folder: PortfolioFolder, name: str, content: str | bytes, **how: object) -> dict[str, bytes]:
    folder.write("site.toml", SITE).write("portfolio.toml", '[readings]\nbg_clock = "utc"\n')
    path = write_readings(folder.path, name, content)
    os.utime(path, (MTIME, MTIME))
    run = folder.settle(**how)
    left_out = {"manifest.json", "report.html"}
    return {path.name: path.read_bytes() for path in run.folder.iterdir() if path.name not in left_out}


@pytest.mark.parametrize("changing", [date(2024, 3, 31), date(2024, 10, 27)])
@pytest.mark.parametrize("missing", [0, 30])
def test_a_run_is_the_same_to_the_byte_whatever_format_its_readings_come_in(
    new_portfolio: Callable[[], PortfolioFolder], changing: date, missing: int
) -> None:
    readings = readings_around(changing, missing)
    how = {"start": changing - timedelta(days=2), "end": changing + timedelta(days=2), "plain": True}
    found = {name: tables_of(new_portfolio(), file, write(readings), **how) for name, (file, write) in FORMATS.items()}
    expected = found.pop("long CSV")
    assert {"settled_volumes.parquet", "site_periods.parquet", "exceptions.csv"} <= expected.keys()
    assert b"ST-1" in expected["exceptions.csv"] or not missing
    for name, tables in found.items():
        assert tables.keys() == expected.keys()
        differing = [file for file in expected if tables[file] != expected[file]]
        assert (name, differing) == (name, [])


def test_registering_an_msid_brings_its_readings_into_the_next_run(
    new_portfolio: Callable[[], PortfolioFolder],
) -> None:
    folder = new_portfolio()
    readings = readings_around(date(2024, 3, 31))
    without = SITE.replace('export = "2000000000024"\n', "")
    folder.write("site.toml", without)
    write_readings(folder.path, "a.df2", df2(readings))
    first = folder.settle(name="first", plain=True)
    left_aside = first.exceptions.filter(pl.col("code") == "HH-508")
    assert left_aside["msid"].to_list() == ["2000000000024"]
    again = folder.settle(name="again", plain=True)
    assert again.exceptions.equals(first.exceptions)
    folder.write("site.toml", SITE)
    second = folder.settle(name="second", plain=True)
    assert second.exceptions.filter(pl.col("code").str.starts_with("HH")).is_empty()
    volumes = second.settled_volumes.filter(pl.col("msid") == "2000000000024")
    expected = sum(wh for key, (wh, _) in readings.items() if key[0] == "2000000000024")
    assert volumes["metered_wh"].sum() == expected


def test_an_msid_registered_both_ways_has_no_direction(new_portfolio: Callable[[], PortfolioFolder]) -> None:
    folder = new_portfolio()
    later = """
[[metering]]
name = "Battery, as it was wired before"
at = "storage"
export = "7700000000010"
to = 2024-01-01
"""
    folder.write("site.toml", SITE.replace('name = "Battery"\n', 'name = "Battery"\nfrom = 2024-01-01\n') + later)
    write_readings(folder.path, "a.df2", df2(readings_around(date(2024, 3, 31))))
    run = folder.settle(plain=True)
    left_aside = run.exceptions.filter(pl.col("code") == "HH-508")["msid"].to_list()
    assert left_aside == ["7700000000010"]


def test_the_clock_of_bg_files_stands_in_the_manifest_where_it_is_stated(
    new_portfolio: Callable[[], PortfolioFolder],
) -> None:
    stated, not_stated = new_portfolio(), new_portfolio()
    file, write = FORMATS["bg CSV"]
    tables_of(stated, file, write(readings_around(date(2024, 3, 31))), plain=True)
    assert _settings(stated)["bg_clock"] == "utc"
    not_stated.write("site.toml", SITE)
    write_readings(not_stated.path, file, write(readings_around(date(2024, 3, 31))))
    run = not_stated.settle(plain=True)
    assert "bg_clock" not in run.manifest["settings"]
    codes = set(run.exceptions["code"].to_list())
    assert {"HH-505", "HH-509"} <= codes


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("RG-009", '[readings]\nbg_clock = "gmt"'),
        ("RG-006", '[readings]\nbg_clocks = "utc"'),
        ("RG-006", '[settlement]\nbg_clock = "utc"'),
        ("RG-008", 'readings = "utc"'),
    ],
)
def test_a_clock_that_cannot_be_read_refuses_the_portfolio(
    new_portfolio: Callable[[], PortfolioFolder], code: str, text: str
) -> None:
    folder = new_portfolio().write("site.toml", SITE).write("portfolio.toml", text)
    with pytest.raises(Refused) as refused:
        folder.settle()
    assert [finding.code for finding in refused.value.findings if finding.severity == "error"] == [code]


def _settings(folder: PortfolioFolder) -> dict[str, object]:
    settings: dict[str, object] = folder.settle(name="for-its-manifest", plain=True).manifest["settings"]
    return settings


def test_check_takes_exchange_files_too(
    new_portfolio: Callable[[], PortfolioFolder], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = new_portfolio()
    folder.write("site.toml", SITE)
    text = df2(readings_around(date(2024, 3, 31))).replace(",A\n", ",Q\n", 1)
    write_readings(folder.path, "a.df2", text)
    with pytest.raises(SystemExit):
        main(["check", str(folder.path)])
    assert "HH-506" in capsys.readouterr().out
