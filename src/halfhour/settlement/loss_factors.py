"""Line Loss Factors and Transmission Loss Multipliers of a portfolio's settled Metering Systems, for the days of a run.

Follows the handbook: private-networks.md 4, embedded-generation.md 5.1 and 5.2 (traps T10 and T11, open point O7), and
decision record 11. What is not held stays not held: it is named here once, and gives no volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from halfhour.calendar import settlement_periods
from halfhour.calendar.settlement_runs import RunType
from halfhour.errors import Finding, HalfhourError
from halfhour.identifiers import BmUnitId, distributor
from halfhour.market_data.database import default_store_path
from halfhour.market_data.dated import date_ranges, shown
from halfhour.market_data.store import Load, MarketDataStore
from halfhour.register.model import Metering, Portfolio, Site
from halfhour.settlement.arrangement import settles
from halfhour.settlement.calculation import until
from halfhour.settlement.volumes_kernel import NOT_HELD

STORE_NAME = "market-data.sqlite"
"""A store of that name in the portfolio's folder is the portfolio's own."""

PERIODS = 50
NO_CLASS = 0
NO_GROUP = 0
_BASE_TRADING_UNIT = ("supplier", "supplier-cfd", "embedded")
_LOAD = "Load them with `halfhour market-data load FILE` into the store of the run, then settle again."

Days = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LossFactors:
    """What a run knows of losses. The same rows of factors recur day after day, and are kept once.

    Attributes:
        start, end: the days, closed-open.
        class_of: number of each Line Loss Factor Class that factors are held of, by MPID of the distributor and LLFC.
        row_of: int32 [class, day], the row of a class on a day; class NO_CLASS and row 0 hold nothing.
        rows: int32 [row, 50], Line Loss Factors in thousandths; NOT_HELD.
        group_of: number of each GSP Group that multipliers are held of.
        multipliers: int64 [group, day, 50] in units of 0.0000001; NOT_HELD; group NO_GROUP holds nothing.
        findings: what is not held, and what no volume can be given for.
        used: the files that the factors and multipliers are from: `path`, `sha256`, `what`.
    """

    start: date
    end: date
    class_of: dict[tuple[str, str], int]
    row_of: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    group_of: dict[str, int]
    multipliers: npt.NDArray[np.int64]
    findings: list[Finding] = field(default_factory=list)
    used: list[dict[str, str]] = field(default_factory=list)

    def class_number(self, metering: Metering, quantity: int) -> int:
        """The class of a settled Metering System in a direction (0 AI, 1 AE), NO_CLASS where none is held."""
        key = line_loss_class(metering, quantity)
        return NO_CLASS if key is None else self.class_of.get(key, NO_CLASS)

    def group_number(self, site: Site, metering: Metering) -> int:
        """The multipliers of a settled Metering System, NO_GROUP where its Trading Unit is not the Base one."""
        return self.group_of.get(site.gsp_group, NO_GROUP) if in_base_trading_unit(metering.bm_unit) else NO_GROUP


def find_market_data(portfolio: Portfolio, named: Path | str | None = None) -> Path | None:
    """The store of market data for a portfolio: the one named, its own, or the user's; None where there is none.

    Raises:
        HalfhourError: MD-018 the one named is not there.
    """
    if named is not None:
        if not Path(named).is_file():
            raise HalfhourError(
                "MD-018",
                f"There is no store of market data '{named}'.",
                "Name a file that `halfhour market-data load` has written, or leave --market-data out.",
            )
        return Path(named)
    return next((path for path in (portfolio.path / STORE_NAME, default_store_path()) if path.is_file()), None)


def carries_classes(portfolio: Portfolio) -> bool:
    """Whether any settled Metering System of the portfolio has a Line Loss Factor Class."""
    return any(
        (metering.import_llfc is not None or metering.export_llfc is not None) and settles(site, metering)
        for site in portfolio.sites
        for metering in site.metering
    )


def line_loss_class(metering: Metering, quantity: int) -> tuple[str, str] | None:
    """MPID of the distributor and LLFC of a Metering System in a direction; None where either is not known.

    The distributor is the one whose short code the MSID begins with.
    """
    msid = metering.export_msid if quantity else metering.import_msid
    llfc = metering.export_llfc if quantity else metering.import_llfc
    mpid = None if msid is None else _mpid(msid[:2])
    return None if llfc is None or mpid is None else (mpid, llfc)


@cache
def _mpid(short_code: str) -> str | None:
    try:
        return distributor(short_code).mpid
    except HalfhourError:
        return None


@cache
def in_base_trading_unit(bm_unit: str | None) -> bool:
    """Whether a BM Unit is in the Base Trading Unit of its GSP Group unless its Lead Party elects otherwise.

    Supplier BM Units and Exempt Export BM Units are; an MSID without a BM Unit is its Supplier's (handbook
    embedded-generation 4.4).
    """
    if bm_unit is None:
        return True
    try:
        return BmUnitId.parse(bm_unit).kind in _BASE_TRADING_UNIT
    except HalfhourError:
        return False


def loss_factors(
    portfolio: Portfolio, market_data: Path | None, start: date, end: date, run_type: str
) -> LossFactors | None:
    """What is held of losses for a portfolio and the days of a run; None where no Metering System has a class.

    Args:
        market_data: the store, as `find_market_data` gives it; None where there is none.
        run_type: whose multipliers are wanted; those of another run are not taken.

    Raises:
        HalfhourError: MD-020 the store is damaged, MD-021 another process holds it.
    """
    if not carries_classes(portfolio):
        return None
    if market_data is None:
        return _nothing_loaded(start, end)
    with MarketDataStore.open(market_data) as store:
        if not any(_overlaps(load, start, end) for load in store.loss_factor_sources()):
            return _nothing_loaded(start, end)
        return _Collector(portfolio, store, start, end, run_type).collect()


def _overlaps(load: Load, start: date, end: date) -> bool:
    return (load.first_day or date.min) < end and start <= (load.last_day or date.max)


def _nothing_loaded(start: date, end: date) -> LossFactors:
    """Where no Line Loss Factors at all are loaded for the days: one row, since every class of the register waits."""
    n_days = (end - start).days
    return LossFactors(
        start=start,
        end=end,
        class_of={},
        row_of=np.zeros((1, n_days), dtype=np.int32),
        rows=np.zeros((1, PERIODS), dtype=np.int32),
        group_of={},
        multipliers=np.zeros((1, n_days, PERIODS), dtype=np.int64),
        findings=[
            Finding(
                code="ST-124",
                severity="info",
                message="No Line Loss Factors are loaded for the days of the run, so that no volume is given at the "
                "Grid Supply Point for the MSIDs whose Line Loss Factor Class the register has.",
                next_step=_LOAD,
            )
        ],
    )


@dataclass(slots=True)
class _Collector:
    portfolio: Portfolio
    store: MarketDataStore
    start: date
    end: date
    run_type: str
    findings: list[Finding] = field(default_factory=list)

    def collect(self) -> LossFactors:
        class_of, row_of, rows = self._line_loss_factors()
        self._name_metering_systems(class_of, until(rows != NOT_HELD)[row_of] >= self._periods())
        group_of, multipliers = self._multipliers() if class_of else ({}, self._no_multipliers())
        return LossFactors(
            start=self.start,
            end=self.end,
            class_of=class_of,
            row_of=row_of,
            rows=rows,
            group_of=group_of,
            multipliers=multipliers,
            findings=self.findings,
            used=self._used({mpid for mpid, _ in class_of}, with_multipliers=bool(group_of)),
        )

    def _used(self, distributors: set[str], *, with_multipliers: bool) -> list[dict[str, str]]:
        """The files, in order of loading, that the factors and multipliers of these days can be from."""
        used = []
        for load in self.store.loads():
            if not _overlaps(load, self.start, self.end):
                continue
            if load.kind == "line_loss_factors" and load.distributor in distributors:
                what = f"line loss factors of {load.distributor}"
            elif load.table == "transmission_loss_multiplier" and with_multipliers:
                what = "transmission loss multipliers"
            else:
                continue
            used.append({"path": load.file, "sha256": load.sha256, "what": what})
        return used

    @property
    def _n_days(self) -> int:
        return (self.end - self.start).days

    def _periods(self) -> npt.NDArray[np.int64]:
        return np.array([settlement_periods(self._day(number)) for number in range(self._n_days)], dtype=np.int64)

    def _day(self, number: int) -> date:
        return self.start + timedelta(days=number)

    def _settled(self) -> Iterator[tuple[Site, Metering, int]]:
        """Settled Metering Systems by direction that are registered on a day of the run."""
        for site in self.portfolio.sites:
            for metering in site.metering:
                if not settles(site, metering):
                    continue
                first, last = self._registered(metering)
                for quantity, msid in enumerate((metering.import_msid, metering.export_msid)):
                    if msid is not None and first < last:
                        yield site, metering, quantity

    def _registered(self, metering: Metering) -> tuple[int, int]:
        """A metering's days of the run, as numbers, closed-open."""
        first = 0 if metering.effective_from is None else max(0, (metering.effective_from - self.start).days)
        last = self._n_days if metering.effective_to is None else (metering.effective_to - self.start).days
        return first, min(self._n_days, last)

    def _line_loss_factors(
        self,
    ) -> tuple[dict[tuple[str, str], int], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        wanted = {key for _, metering, quantity in self._settled() if (key := line_loss_class(metering, quantity))}
        class_of: dict[tuple[str, str], int] = {}
        row_of = [np.zeros(self._n_days, dtype=np.int32)]
        number_of_row: dict[bytes, int] = {np.zeros(PERIODS, dtype=np.int32).tobytes(): 0}
        for mpid, llfc in sorted(wanted):
            factors = self.store.line_loss_factors(mpid, llfc, self.start, self.end)
            if not factors.any():
                continue
            days = [number_of_row.setdefault(day.tobytes(), len(number_of_row)) for day in factors]
            class_of[mpid, llfc] = len(row_of)
            row_of.append(np.array(days, dtype=np.int32))
        rows = np.frombuffer(b"".join(number_of_row), dtype=np.int32).reshape(-1, PERIODS)
        return class_of, np.stack(row_of), rows

    def _name_metering_systems(self, class_of: dict[tuple[str, str], int], whole: Days) -> None:
        """One row for each MSID and range of days without a class, or without the factors of its class."""
        for site, metering, quantity in self._settled():
            first, last = self._registered(metering)
            llfc = metering.export_llfc if quantity else metering.import_llfc
            key = line_loss_class(metering, quantity)
            if llfc is None:
                self._name(site, metering, quantity, "ST-120", range(first, last))
                continue
            held = whole[NO_CLASS if key is None else class_of.get(key, NO_CLASS), first:last]
            if not held.all():
                self._name(site, metering, quantity, "ST-121", first + np.flatnonzero(~held))

    def _name(self, site: Site, metering: Metering, quantity: int, code: str, days: Iterable[int]) -> None:
        msid = (metering.export_msid if quantity else metering.import_msid) or ""
        name = ("AI", "AE")[quantity]
        llfc = metering.export_llfc if quantity else metering.import_llfc
        for begins, ends in date_ranges(self._day(int(number)) for number in days):
            when = shown([(begins, ends)])
            if code == "ST-120":
                message = f"MSID {msid} ({name}) of '{metering.name}' has no Line Loss Factor Class, {when}"
                step = f"Add {'export' if quantity else 'import'}_llfc to the metering."
            else:
                message = (
                    f"MSID {msid} ({name}) of '{metering.name}' is in Line Loss Factor Class {llfc} of "
                    f"{_mpid(msid[:2]) or msid[:2]}, whose factors are not loaded for every half hour of {when}"
                )
                step = _LOAD
            self.findings.append(
                Finding(
                    code=code,
                    severity="warning",
                    message=f"Site '{site.id}': {message}; its volume at the Grid Supply Point is empty there, and so "
                    "is its BM Unit's.",
                    next_step=step,
                    site_id=site.id,
                    msid=msid,
                    settlement_date=begins,
                )
            )

    def _multipliers(self) -> tuple[dict[str, int], npt.NDArray[np.int64]]:
        """Multipliers by GSP Group under the stated status of the Base Trading Units."""
        status = self.portfolio.settings.trading_unit
        group_of: dict[str, int] = {}
        found = [*self._no_multipliers()]
        lacking: list[tuple[str, list[int]]] = []
        for group in sorted({site.gsp_group for site, _, _ in self._settled()}):
            held = self.store.transmission_loss_multipliers(group, self.run_type, self.start, self.end)
            multipliers = held.delivering if status == "delivering" else held.offtaking
            if multipliers.any():
                group_of[group] = len(found)
                found.append(multipliers)
            short = until(multipliers != NOT_HELD) < self._periods()
            lacking.append((group, np.flatnonzero(short).tolist()))
        if group_of and status is None:
            self._name_status()
            return {}, self._no_multipliers()
        for group, days in lacking:
            self._name_multipliers(group, days)
        if group_of:
            self._name_other_trading_units()
        return group_of, np.stack(found)

    def _no_multipliers(self) -> npt.NDArray[np.int64]:
        return np.zeros((1, self._n_days, PERIODS), dtype=np.int64)

    def _name_multipliers(self, group: str, days: list[int]) -> None:
        for begins, ends in date_ranges(self._day(number) for number in days):
            others = [
                run_type
                for run_type in get_args(RunType)
                if run_type != self.run_type
                and self.store.transmission_loss_multipliers(group, run_type, begins, ends).offtaking.any()
            ]
            hint = f" Those of {', '.join(others)} are loaded: --run-type would use them." if others else ""
            self.findings.append(
                Finding(
                    code="ST-122",
                    severity="info",
                    message=f"Transmission Loss Multipliers of the {self.run_type} run are not loaded for GSP Group "
                    f"{group} and every half hour of {shown([(begins, ends)])}; volumes at the notional balancing "
                    "point are empty there.",
                    next_step=_LOAD + hint,
                    settlement_date=begins,
                )
            )

    def _name_status(self) -> None:
        self.findings.append(
            Finding(
                code="ST-123",
                severity="info",
                message="Transmission Loss Multipliers are loaded, and the portfolio does not say whether its Base "
                "Trading Units deliver or take off; no volume is given at the notional balancing point.",
                next_step='Write trading_unit = "offtaking" or "delivering" below [settlement] in portfolio.toml.',
            )
        )

    def _name_other_trading_units(self) -> None:
        others = {metering.bm_unit for _, metering, _ in self._settled() if not in_base_trading_unit(metering.bm_unit)}
        for bm_unit in sorted(str(one) for one in others):
            self.findings.append(
                Finding(
                    code="ST-125",
                    severity="info",
                    message=f"BM Unit {bm_unit} is not in the Base Trading Unit of a GSP Group, so that the stated "
                    "trading_unit says nothing about it; it has no volume at the notional balancing point.",
                    next_step="Apply the multiplier of its own Trading Unit to its volume at the Grid Supply Point.",
                )
            )


def factor_text(value: int, decimals: int) -> str:
    """A factor or multiplier as published, from its whole number of units of the last decimal."""
    return f"{value // 10**decimals}.{value % 10**decimals:0{decimals}}"


def sources_of(losses: LossFactors | None) -> list[dict[str, Any]]:
    """The files of market data that a run used, for its manifest."""
    return [] if losses is None else [dict(one) for one in losses.used]
