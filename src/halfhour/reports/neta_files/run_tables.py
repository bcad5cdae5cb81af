"""The tables of a run as reports read them, some rows at a time, and the days that a report may be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from halfhour.errors import HalfhourError
from halfhour.settlement.request import Request
from halfhour.settlement.run import Run

EDITIONS_OF_P395 = ("osam-1.0", "p395-proposed")
"""Only these give the Non-Chargeable Proportion, 0 to 1, that the reports of P395 carry."""


def scan(run: Run, name: str) -> pl.LazyFrame:
    """A table of a run, not yet read.

    Raises:
        HalfhourError: ST-005 the run has no such table.
    """
    path = run.folder / f"{name}.parquet"
    if not path.is_file():
        raise HalfhourError(
            "ST-005",
            f"The run '{run.folder}' has no {name}: it was settled with --detail {run.manifest['run']['detail']}.",
            "Settle again with --detail all.",
        )
    return pl.scan_parquet(path, glob=False)


def collect(run: Run, frame: pl.LazyFrame) -> pl.DataFrame:
    """Read what is asked of a table.

    Raises:
        HalfhourError: ST-004 the file is broken.
    """
    try:
        return frame.collect(engine="streaming")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise HalfhourError(
            "ST-004", f"The run '{run.folder}' is broken: a table cannot be read ({error}).", "Settle again."
        ) from None


def days_of_run(request: Request, start: date | None, end: date | None) -> list[date]:
    """The Settlement Days asked for.

    Raises:
        HalfhourError: RP-003 they are not in the run.
    """
    first, last = start or request.start, end or request.end
    if not request.start <= first < last <= request.end:
        raise HalfhourError(
            "RP-003",
            f"The run has the Settlement Days from {request.start} to {request.end} (excluded), not {first} to {last} "
            "(excluded).",
            "Name days of the run.",
        )
    return [first + timedelta(days=number) for number in range((last - first).days)]


def refuse_other_editions(request: Request, days: Sequence[date], flow: str) -> None:
    """Refuse days that were settled under an edition without a Non-Chargeable Proportion.

    Raises:
        HalfhourError: RP-004.
    """
    for stretch in request.stretches:
        here = [day for day in days if stretch.start <= day < stretch.end]
        if here and stretch.edition not in EDITIONS_OF_P395:
            raise HalfhourError(
                "RP-004",
                f"{flow} carries the Non-Chargeable Proportion of P395, and {here[0]} was settled under "
                f"{stretch.edition}, which has none.",
                f"Name days from 2 November 2023 on, or settle under {' or '.join(EDITIONS_OF_P395)}.",
            )
