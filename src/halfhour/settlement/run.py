"""Settling a portfolio: from readings as known at a moment to a run folder, and a run as it is read again."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from halfhour.errors import HalfhourError
from halfhour.register.model import Portfolio
from halfhour.rules.registry import IN_FORCE
from halfhour.settlement.engine import Progress
from halfhour.settlement.loss_factors import find_market_data
from halfhour.settlement.request import RUN_DATE, Request, check_names, open_store, request_for
from halfhour.settlement.run_folder import add_to_manifest, open_run_folder, read_manifest
from halfhour.settlement.run_writing import write_run

if TYPE_CHECKING:
    from halfhour.settlement.explanation import Explanation

RUNS = "runs"
REGISTER = "register"
"""Folder of a run that was made from the register: the register's portfolio as it was known, in portfolio files."""


class Run:
    """A run folder, read again.

    The frames are Polars; `.to_pandas()` gives pandas. Energy is in whole Wh.
    """

    def __init__(self, folder: Path) -> None:
        """Open a run folder.

        Raises:
            HalfhourError: ST-004 the folder is not a run.
        """
        self.folder = folder
        try:
            self.manifest: dict[str, Any] = read_manifest(folder)
        except (OSError, ValueError) as error:
            reason = "there is no such folder" if not folder.is_dir() else f"its manifest cannot be read ({error})"
            raise HalfhourError(
                "ST-004",
                f"'{folder}' is not a run folder: {reason}.",
                "Name a folder that `halfhour settle` has written.",
            ) from None

    def _table(self, name: str) -> pl.DataFrame:
        path = self.folder / f"{name}.parquet"
        if not path.is_file() and name == "bm_unit_volumes":
            raise HalfhourError(
                "ST-005",
                f"The run '{self.folder}' has no {name}: no settled MSID of its portfolio has an LLFC.",
                "Add import_llfc and export_llfc to the meterings, and settle again.",
            )
        if not path.is_file():
            raise HalfhourError(
                "ST-005",
                f"The run '{self.folder}' has no {name}: it was settled with --detail "
                f"{self.manifest['run']['detail']}.",
                "Settle again with --detail all.",
            )
        try:
            return pl.read_parquet(path, glob=False)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise HalfhourError(
                "ST-004", f"The run '{self.folder}' is broken: {name} cannot be read ({error}).", "Settle again."
            ) from None

    @cached_property
    def settled_volumes(self) -> pl.DataFrame:
        """Every meter's metered and settled volume by half hour."""
        return self._table("settled_volumes")

    @cached_property
    def site_periods(self) -> pl.DataFrame:
        """Every quantity of every site by half hour."""
        return self._table("site_periods")

    @cached_property
    def site_days(self) -> pl.DataFrame:
        """Import, chargeable and non-chargeable import of every site by day."""
        return self._table("site_days")

    @cached_property
    def factors(self) -> pl.DataFrame:
        """Usage factors and Non-Chargeable Storage Proportions by site and day."""
        return self._table("factors")

    @cached_property
    def bm_unit_periods(self) -> pl.DataFrame:
        """Gross, non-chargeable and chargeable demand of every BM Unit by half hour."""
        return self._table("bm_unit_periods")

    @cached_property
    def bm_unit_volumes(self) -> pl.DataFrame:
        """Volumes of every BM Unit at MSP, GSP and NBP by half hour; there where the register has LLFCs."""
        return self._table("bm_unit_volumes")

    @property
    def has_bm_unit_volumes(self) -> bool:
        """Whether the run tells volumes at GSP and NBP at all."""
        return (self.folder / "bm_unit_volumes.parquet").is_file()

    @cached_property
    def exceptions(self) -> pl.DataFrame:
        """The exceptions table, every column as text but the date and the period."""
        frame = pl.read_csv(self.folder / "exceptions.csv", infer_schema=False, glob=False)
        return frame.with_columns(
            pl.col("settlement_date").str.to_date(strict=False), pl.col("settlement_period").cast(pl.Int8, strict=False)
        )

    @property
    def request(self) -> Request:
        """What the run was asked for."""
        run = self.manifest["run"]
        known_at = None if run["known_at"] == RUN_DATE else datetime.fromisoformat(run["known_at"])
        return Request(
            run["edition"],
            date.fromisoformat(run["from"]),
            date.fromisoformat(run["to"]),
            run["run_type"],
            known_at,
            run["detail"],
        )

    @property
    def portfolio_path(self) -> Path:
        """Where the portfolio that was settled lies, from where the run lies."""
        return Path(os.path.normpath(self.folder.absolute() / self.manifest["portfolio"]))

    def load_portfolio(self) -> Portfolio:
        """The portfolio that was settled: its files as they lie there now, or the register that the run keeps.

        Raises:
            Refused: RG-001 its files have errors. HalfhourError: RG-002 its folder is gone.
        """
        from halfhour.register import load_portfolio, with_readings_of  # noqa: PLC0415 - not needed to settle

        kept = self.folder / REGISTER
        if kept.is_dir():
            return with_readings_of(load_portfolio(kept), self.portfolio_path)
        return load_portfolio(self.portfolio_path)

    @property
    def market_data_path(self) -> Path | None:
        """Where the store of market data lies that loss factors were looked up in; None where none was."""
        named = self.manifest.get("market_data")
        return None if named is None else Path(os.path.normpath(self.folder.absolute() / named))

    def explain(self, site: str, on: date, period: int) -> Explanation:
        """The working of one half hour of a site."""
        from halfhour.settlement.explain import explain  # noqa: PLC0415 - it reads runs

        return explain(self, site, on, period)


def settle(
    portfolio: Portfolio,
    *,
    edition: str = IN_FORCE,
    start: date | None = None,
    end: date | None = None,
    out: Path | str | None = None,
    run_type: str = "SF",
    known_at: datetime | str | None = None,
    detail: str = "all",
    market_data: Path | str | None = None,
    threads: int | None = None,
    block_sites: int | None = None,
    plain: bool | None = None,
    progress: Progress | None = None,
    finish: Callable[[Path, Portfolio], None] | None = None,
) -> Run:
    """Settle a portfolio into a run folder.

    Args:
        portfolio: as `load_portfolio` gives it.
        edition: `in-force`, or an edition's id.
        start, end: Settlement Days, closed-open; default: all days for which a boundary has readings.
        out: the run folder; default: below `runs/` in the portfolio.
        run_type: II, SF, R1, R2, R3, RF, D or DF; named in the reports.
        known_at: readings recorded later are not used; `run-date` holds each day to the planned date of its run;
            default: everything that the store holds.
        detail: `all`, `none` or `totals`.
        market_data: store of market data that loss factors are looked up in, for a portfolio that has Line Loss Factor
            Classes; default: `market-data.sqlite` in the portfolio, else the user's store, else none.
        threads, block_sites, plain: how the work is done; the result does not depend on them.
        progress: told how many sites are done, of how many.
        finish: called with the folder before it is put in place, for a report beside the tables.

    Raises:
        HalfhourError: ST-001 no readings, ST-002 none in the days asked for, ST-003 `out` is taken, ST-006 unknown
            edition, run type, detail or moment, MD-018 `market_data` is not there, MD-020 it is damaged.
    """
    check_names(edition, run_type, detail)
    market = find_market_data(portfolio, market_data)
    store = open_store(portfolio)
    request = request_for(portfolio, store, edition, start, end, run_type, known_at, detail)
    final = Path(out) if out is not None else portfolio.path / RUNS / f"{edition}_{request.start}_{request.end}"
    with open_run_folder(final) as folder:
        write_run(portfolio, store, request, market, folder, threads, block_sites, plain, progress)
        if finish is not None:
            finish(folder.making, portfolio)
            add_to_manifest(folder.making)
        folder.put_in_place()
    return Run(final)
