"""Settling a portfolio: from readings as known at a moment to a run folder, and a run as it is read again."""

from __future__ import annotations

import difflib
import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyarrow as pa

import halfhour
from halfhour.calendar import settlement_runs
from halfhour.errors import Finding, HalfhourError
from halfhour.metering.cell_values import moment_of
from halfhour.metering.intake import look_at
from halfhour.metering.store import ReadingsStore
from halfhour.register.model import Portfolio
from halfhour.rules.registry import IN_FORCE, editions
from halfhour.settlement import engine, tables
from halfhour.settlement.arrangement import bm_units_of
from halfhour.settlement.block import BlockResult, Calculation, settle_block
from halfhour.settlement.engine import BmUnitTotals, Progress, Stretch
from halfhour.settlement.run_folder import (
    RunFolder,
    TableWriter,
    open_run_folder,
    read_manifest,
    write_exceptions,
    write_manifest,
)

if TYPE_CHECKING:
    from halfhour.settlement.explain import Explanation

STORE = Path(".halfhour") / "readings"
RUNS = "runs"
RUN_TYPES = ("II", "SF", "R1", "R2", "R3", "RF", "D", "DF")
DETAILS = ("all", "none", "totals")
RUN_DATE = "run-date"
_LONDON = ZoneInfo("Europe/London")
_LONG_RUN_DAYS = 5 * 366
"""Longer runs are rare enough to be remarked on: one mistyped date makes one."""
_CHARGEABLE_DEMAND_LAYOUT = "Halfhour stand-in for the BM Unit Chargeable Demand Report, layout 1"


@dataclass(frozen=True, slots=True)
class Request:
    """What a run was asked for.

    Attributes:
        edition: as asked, `in-force` or a named one.
        start, end: Settlement Days, closed-open.
        run_type: written into the reports.
        known_at: the moment of knowledge; None where each day has its run's planned date.
        detail: `all`, `none` (no site_periods) or `totals` (no settled_volumes either).
    """

    edition: str
    start: date
    end: date
    run_type: str
    known_at: datetime | None
    detail: str

    def cut_off(self, day: date) -> int:
        """The last moment of record that counts for a Settlement Day [µs since 1970 UTC]."""
        moment = self.known_at
        if moment is None:
            planned = {str(kind): run_date for kind, run_date in settlement_runs(day).items()}.get(self.run_type)
            if planned is None:
                raise HalfhourError(
                    "ST-006",
                    f"The timetable of {day} has no {self.run_type} run.",
                    "Choose a run type of that timetable, or a moment of knowledge instead of run-date.",
                )
            moment = datetime.combine(planned + timedelta(days=1), time(), tzinfo=_LONDON)
        return round(moment.timestamp() * 1_000_000)

    @property
    def last_known_at(self) -> datetime:
        """The moment after which nothing that was recorded counts for any of the days."""
        last = max(self.cut_off(self.start), self.cut_off(self.end - timedelta(days=1)))
        return moment_of(last)

    @property
    def stretches(self) -> list[Stretch]:
        """The days by edition."""
        return engine.stretches(self.edition, self.start, self.end)

    @property
    def in_force(self) -> bool:
        """Whether the edition is the one in force on each day."""
        return self.edition == IN_FORCE


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

    def explain(self, site: str, on: date, period: int) -> Explanation:
        """The working of one half hour of a site."""
        from halfhour.settlement.explain import explain  # noqa: PLC0415 - it reads runs

        return explain(self, site, on, period)


def open_store(portfolio: Portfolio, progress: Callable[[str, int, int], None] | None = None) -> ReadingsStore:
    """The portfolio's readings store, with every readings file taken in that it does not hold yet."""
    store = ReadingsStore.open(portfolio.path / STORE)
    number_of = {site.id: number for number, site in enumerate(portfolio.sites)}
    rank = {msid: number_of[site.id] for site, _, _, msid in portfolio.msids()}
    store.take_in(portfolio.reading_files, portfolio.path, rank, progress)
    return store


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
        threads, block_sites, plain: how the work is done; the result does not depend on them.
        progress: told how many sites are done, of how many.
        finish: called with the folder before it is put in place, for a report beside the tables.

    Raises:
        HalfhourError: ST-001 no readings, ST-002 none in the days asked for, ST-003 `out` is taken, ST-006 unknown
            edition, run type, detail or moment.
    """
    _check_names(edition, run_type, detail)
    store = open_store(portfolio)
    request = request_for(portfolio, store, edition, start, end, run_type, known_at, detail)
    final = Path(out) if out is not None else portfolio.path / RUNS / f"{edition}_{request.start}_{request.end}"
    with open_run_folder(final) as folder:
        _write_run(portfolio, store, request, folder, threads, block_sites, plain, progress)
        if finish is not None:
            finish(folder.making, portfolio)
            _seal(portfolio, store, request, folder)
        folder.put_in_place()
    return Run(final)


def _check_names(edition: str, run_type: str, detail: str) -> None:
    for what, name, known in (
        ("edition", edition, (IN_FORCE, *editions())),
        ("run type", run_type, RUN_TYPES),
        ("detail", detail, DETAILS),
    ):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"Did you mean '{near[0]}'? " if near else ""
            raise HalfhourError("ST-006", f"There is no {what} '{name}'.", f"{hint}Choose one of {', '.join(known)}.")


def request_for(
    portfolio: Portfolio,
    store: ReadingsStore,
    edition: str,
    start: date | None,
    end: date | None,
    run_type: str = "SF",
    known_at: datetime | str | None = None,
    detail: str = "all",
) -> Request:
    """What is asked for, with the days and the moment of knowledge filled in from what the store holds.

    Raises:
        HalfhourError: as `settle`.
    """
    _check_names(edition, run_type, detail)
    latest = store.latest_record
    held = days_held(portfolio, store)
    if latest is None or held is None:
        raise HalfhourError(
            "ST-001",
            f"The portfolio '{portfolio.path}' has no readings of any boundary or third-party meter.",
            "Put readings files below its folder readings/ (long or wide CSV, Parquet).",
        )
    first, last = start or held[0], end or held[1]
    if not first < last:
        raise HalfhourError(
            "ST-002",
            f"From {first} to {last} there is no Settlement Day.",
            "The end is the first day no longer settled.",
        )
    if last <= held[0] or held[1] <= first:
        raise HalfhourError(
            "ST-002",
            f"There are no readings from {first} to {last}; the portfolio holds {held[0]} to {held[1]} (excluded).",
            "Choose days among these, or add the readings.",
        )
    moment: datetime | None
    if known_at == RUN_DATE:
        moment = None
    elif isinstance(known_at, str):
        raise HalfhourError("ST-006", f"'{known_at}' is no moment.", f"Give a date and time, or {RUN_DATE}.")
    else:
        moment = known_at or latest
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
    return Request(edition, first, last, run_type, moment, detail)


def days_held(portfolio: Portfolio, store: ReadingsStore) -> tuple[date, date] | None:
    """The first day with readings of any meter that settles, and the first day after the last; None without any."""
    settling = {
        (msid, quantity)
        for _, metering, quantity, msid in portfolio.msids()
        if metering.at in ("boundary", "third-party")
    }
    wanted = pl.DataFrame(list(settling), schema={"msid": pl.String, "measurement_quantity": pl.String}, orient="row")
    found = store.series().join(wanted, on=["msid", "measurement_quantity"], how="semi")
    first, last = found["first_date"].min(), found["last_date"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return None
    return first, last + timedelta(days=1)


def _write_run(
    portfolio: Portfolio,
    store: ReadingsStore,
    request: Request,
    folder: RunFolder,
    threads: int | None,
    block_sites: int | None,
    plain: bool | None,
    progress: Progress | None,
) -> None:
    names = [stretch.edition for stretch in request.stretches]
    quantities = tables.quantity_columns(list(dict.fromkeys(names)))
    wanted = ["site_days", "factors"]
    wanted += ["site_periods"] if request.detail == "all" else []
    wanted += ["settled_volumes"] if request.detail != "totals" else []
    writers = {name: TableWriter(folder.making / f"{name}.parquet") for name in wanted}
    findings: list[Finding] = []
    units = bm_units_of(portfolio)
    calculations: list[Calculation] = []
    totals: list[BmUnitTotals] = []
    done = 0
    for portion in engine.portions(portfolio):
        calculations = [
            engine.prepare(
                portion,
                store,
                stretch,
                request.cut_off,
                in_force=request.in_force,
                detail="site_periods" in wanted,
                volumes="settled_volumes" in wanted,
                plain=plain,
                bm_units=units,
            )
            for stretch in request.stretches
        ]
        findings.extend(finding for calculation in calculations for finding in calculation.arrangement.findings)
        if totals:
            for total, calculation in zip(totals, calculations, strict=True):
                total.include(calculation)
        else:
            totals = [BmUnitTotals(calculation) for calculation in calculations]
        work = partial(_settle_and_lay_out, calculations, totals, names, wanted, quantities)
        for results, made in engine.run_blocks(engine.block_bounds(calculations, block_sites), threads, work):
            findings.extend(finding for result in results for finding in result.findings)
            for name, writer in writers.items():
                writer.write(made[name])
            if progress:
                progress(done + results[0].last_site, len(portfolio.sites))
        done += len(portion.sites)
    for writer in writers.values():
        writer.close()
    _write_bm_units(folder.making, request, calculations, totals)
    findings.extend(store_findings(portfolio, store, request))
    findings.extend(portfolio.findings)
    write_exceptions(folder.making / "exceptions.csv", findings)
    _seal(portfolio, store, request, folder)


def _settle_and_lay_out(
    calculations: list[Calculation],
    totals: list[BmUnitTotals],
    names: list[str],
    wanted: list[str],
    quantities: list[str],
    first: int,
    last: int,
) -> tuple[list[BlockResult], dict[str, pa.Table]]:
    """A block of sites through every stretch of days, with its tables; what only they needed is let go."""
    results = [
        settle_block(calculation, first, last, total.of_this_thread())
        for calculation, total in zip(calculations, totals, strict=True)
    ]
    made = {name: _block_table(name, calculations, names, results, quantities) for name in wanted}
    for result in results:
        result.detail = result.detail[:0]
        result.volumes = None
    return results, made


def _block_table(
    name: str, calculations: list[Calculation], names: list[str], results: list[BlockResult], quantities: list[str]
) -> pa.Table:
    """One table of a block over all stretches, each site's days together."""
    parts = []
    for calculation, edition, result in zip(calculations, names, results, strict=True):
        if name == "site_periods":
            parts.append(tables.site_periods(calculation, edition, result, quantities))
        elif name == "site_days":
            parts.append(tables.site_days(calculation, edition, result))
        elif name == "factors":
            parts.append(tables.factors(calculation, edition, result))
        else:
            parts.append(tables.settled_volumes(calculation, result))
    if len(parts) == 1:
        return parts[0]
    table = pa.concat_tables(parts).unify_dictionaries()
    ids = table.column("site_id").combine_chunks()
    order = [ids.indices.to_numpy()]
    if name == "settled_volumes":
        msids = table.column("msid").combine_chunks().indices.to_numpy()
        order = [msids, *order]
    # A stable sort by site (and meter): within it the stretches follow one another as they do in time.
    return table.take(pa.array(np.lexsort(order)))


def _write_bm_units(
    folder: Path, request: Request, calculations: list[Calculation], totals: list[BmUnitTotals]
) -> None:
    frames = [
        pl.from_arrow(tables.bm_unit_periods(calculation, total))
        for calculation, total in zip(calculations, totals, strict=True)
    ]
    frame = pl.concat([one.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)) for one in frames]).sort(  # type: ignore[union-attr]
        "bm_unit", "settlement_date", "settlement_period"
    )
    writer = TableWriter(folder / "bm_unit_periods.parquet")
    writer.write(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
    writer.close()
    frame.select(
        "settlement_date",
        pl.lit(request.run_type).alias("run_type"),
        "bm_unit",
        "settlement_period",
        _mwh("chargeable_wh").alias("chargeable_demand_mwh"),
        _mwh("gross_demand_wh").alias("gross_demand_mwh"),
        _mwh("non_chargeable_wh").alias("non_chargeable_demand_mwh"),
        "quality",
        pl.lit(_CHARGEABLE_DEMAND_LAYOUT).alias("layout"),
    ).write_csv(folder / "bm_unit_chargeable_demand.csv")


def _mwh(name: str) -> pl.Expr:
    """Whole Wh as MWh of four decimals, a tie going to the even digit; empty stays empty."""
    size = pl.col(name).abs()
    rest = size % 100
    units = size // 100
    units = units + ((rest > 50) | ((rest == 50) & (units % 2 == 1))).cast(pl.Int64)
    sign = pl.when((pl.col(name) < 0) & (units > 0)).then(pl.lit("-")).otherwise(pl.lit(""))
    whole = (units // 10_000).cast(pl.String)
    decimals = (units % 10_000).cast(pl.String).str.zfill(4)
    return pl.when(pl.col(name).is_null()).then(None).otherwise(pl.concat_str([sign, whole, pl.lit("."), decimals]))


def store_findings(portfolio: Portfolio, store: ReadingsStore, request: Request) -> Iterable[Finding]:
    """What taking the readings in found, as far as it concerns the days settled; and series that nobody registered."""
    site_of = {msid: site.id for site, _, _, msid in portfolio.msids()}
    known = {(msid, quantity) for _, _, quantity, msid in portfolio.msids()}
    known_at = request.last_known_at
    span = days_held(portfolio, store) or (request.start, request.end)
    # A run of every day held also says what is wrong on days of which nothing at all could be used.
    first = request.start if span[0] < request.start else date.min
    last = request.end if request.end < span[1] else date.max
    for finding in store.findings(known_at):
        if finding.settlement_date is not None and not first <= finding.settlement_date < last:
            continue
        yield replace(finding, site_id=finding.site_id or site_of.get(finding.msid, ""))
    seen: set[tuple[str, str]] = set()
    series = store.series()
    for number, segment in enumerate(store.segments):
        if segment.min_recorded_at > known_at:
            continue
        here = series.filter(pl.col("segment") == number)
        for msid, quantity in here.select("msid", "measurement_quantity").iter_rows():
            if (msid, quantity) not in known and (msid, quantity) not in seen:
                seen.add((msid, quantity))
                registered = msid in site_of
                yield Finding(
                    code="ST-107",
                    severity="warning",
                    message=f"Readings of {msid} ({quantity}) are not used: "
                    + (
                        f"it is registered at site '{site_of[msid]}' for the other direction only."
                        if registered
                        else "no site of the portfolio registers it."
                    ),
                    next_step="Register it in a site's [[metering]], or correct the MSID in the readings.",
                    site_id=site_of.get(msid, ""),
                    msid=msid,
                )
    if (request.end - request.start).days > _LONG_RUN_DAYS:
        yield Finding(
            code="ST-111",
            severity="warning",
            message=f"The run settles {(request.end - request.start).days:,} Settlement Days, {request.start} to "
            f"{request.end} (excluded).",
            next_step="If that is not meant, look for a mistyped date in the readings, or give --from and --to.",
        )
    present = {file.name for file in look_at(portfolio.reading_files, portfolio.path)}
    for path in sorted({source.path for source in store.sources if source.known_from <= known_at} - present):
        yield Finding(
            code="ST-108",
            severity="info",
            message=f"'{path}' is no longer in the portfolio; what was taken in from it still counts, since the store "
            "only ever adds.",
            next_step=f"To start afresh, remove the folder {STORE.as_posix()} of the portfolio.",
        )


def _seal(portfolio: Portfolio, store: ReadingsStore, request: Request, folder: RunFolder) -> None:
    """Write the manifest over everything that the run holds so far."""
    counted = {path.stem: pa.parquet.read_metadata(path).num_rows for path in sorted(folder.making.glob("*.parquet"))}
    exceptions = sum(1 for _ in (folder.making / "exceptions.csv").open(encoding="utf-8")) - 1
    manifest = {
        "halfhour": halfhour.__version__,
        "run": {
            "edition": request.edition,
            "editions": [
                {
                    "id": stretch.edition,
                    "from": stretch.start.isoformat(),
                    "to": stretch.end.isoformat(),
                    "document": editions()[stretch.edition].document,
                    "clauses": list(editions()[stretch.edition].clauses),
                    "parameters": {
                        name: dict(parameter) for name, parameter in editions()[stretch.edition].parameters.items()
                    },
                }
                for stretch in request.stretches
            ],
            "from": request.start.isoformat(),
            "to": request.end.isoformat(),
            "run_type": request.run_type,
            "known_at": RUN_DATE if request.known_at is None else request.known_at.astimezone(UTC).isoformat(),
            "detail": request.detail,
        },
        "settings": {
            "default_ncsp": None if portfolio.settings.default_ncsp is None else str(portfolio.settings.default_ncsp),
            "ncsp_missing_days": portfolio.settings.ncsp_missing_days,
            "usage_factor_reference": portfolio.settings.usage_factor_reference,
        },
        "portfolio": Path(os.path.relpath(portfolio.path.absolute(), folder.final)).as_posix(),
        "counts": {
            "sites": len(portfolio.sites),
            "settlement_days": (request.end - request.start).days,
            **counted,
            "exceptions": exceptions,
        },
        "inputs": {
            "register": [{"path": file.path, "sha256": file.sha256} for file in portfolio.register_files],
            "readings": [
                {"path": source.path, "sha256": source.sha256, "recorded_at": source.known_from.isoformat()}
                for source in sorted(store.sources, key=lambda source: (source.known_from, source.path))
                if source.known_from <= request.last_known_at
            ],
        },
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "polars": pl.__version__,
            "pyarrow": pa.__version__,
        },
    }
    write_manifest(folder.making, manifest)
