"""What a run is asked for: days, edition, moment of knowledge; and the readings store that it is asked of.

Design: "Time". The days and the moment are filled in from what the store holds where they are not named.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from halfhour.calendar import settlement_runs
from halfhour.errors import HalfhourError
from halfhour.metering.readings.cell_values import moment_of
from halfhour.metering.store import ReadingsStore
from halfhour.register.model import Portfolio
from halfhour.rules.registry import IN_FORCE, editions
from halfhour.settlement import engine
from halfhour.settlement.engine import Stretch

STORE = Path(".halfhour") / "readings"
RUN_TYPES = ("II", "SF", "R1", "R2", "R3", "RF", "D", "DF")
DETAILS = ("all", "none", "totals")
RUN_DATE = "run-date"
_LONDON = ZoneInfo("Europe/London")


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


def open_store(portfolio: Portfolio, progress: Callable[[str, int, int], None] | None = None) -> ReadingsStore:
    """The portfolio's readings store, with every readings file taken in that it does not hold yet."""
    store = ReadingsStore.open(portfolio.path / STORE)
    number_of = {site.id: number for number, site in enumerate(portfolio.sites)}
    rank = {msid: number_of[site.id] for site, _, _, msid in portfolio.msids()}
    directions: dict[str, set[str]] = {}
    for _, _, quantity, msid in portfolio.msids():
        directions.setdefault(msid, set()).add(quantity)
    store.take_in(
        portfolio.reading_files,
        portfolio.path,
        rank,
        progress,
        directions={msid: quantity for msid, (quantity, *others) in directions.items() if not others},
        bg_clock=portfolio.settings.bg_clock,
    )
    return store


def check_names(edition: str, run_type: str, detail: str) -> None:
    """Refuse a name that stands for nothing.

    Raises:
        HalfhourError: ST-006, with the nearest name.
    """
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
    check_names(edition, run_type, detail)
    latest = store.latest_record
    held = days_held(portfolio, store)
    if latest is None or held is None:
        raise HalfhourError(
            "ST-001",
            f"The portfolio '{portfolio.path}' has no readings of any boundary or third-party meter.",
            "Put readings files below its folder readings/ (CSV, Parquet, D0036, Stark DF2 and others).",
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
