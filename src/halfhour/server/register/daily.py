"""What the daily checks look at, taken from the register, its open cases, a run, and what was really exported."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import polars as pl
from django.db.models import Q, QuerySet

from halfhour.errors import Finding, HalfhourError
from halfhour.errors.written_values import shown
from halfhour.market_data.store import MarketDataStore
from halfhour.processes.checks import Appointed, Evidence, ExportDay, MeterOfMsid, Pending, Snapshot
from halfhour.processes.dated import Registration
from halfhour.register import Portfolio, check_market_data
from halfhour.server.cases.models import Case
from halfhour.server.cases.reading import states
from halfhour.server.register import models
from halfhour.server.register.portfolios import DEFAULT, portfolio_as_known
from halfhour.server.register.recording import holding, known
from halfhour.settlement.run import Run

_D380 = "d380"


def snapshot(
    day: date,
    *,
    portfolio: str = DEFAULT,
    exported: Path | None = None,
    run: Path | None = None,
    export_price: Decimal | None = None,
    market_data: Path | None = None,
) -> Snapshot:
    """The register as it is believed now, the cases that were open on a day, and what was exported and settled.

    Args:
        exported: CSV file `msid,settlement_date,kwh` of real export; None = not known, and nothing is said of it.
        run: run folder that says what entered Settlement; None = nothing did.
        export_price: [£/kWh].
        market_data: store against which classes and Suppliers are checked; None = they are not.

    Raises:
        HalfhourError: MD-020 it is no store of market data, RM-005 the register holds no site, RM-008 the file of
            exports cannot be read, ST-004 no run.
    """
    known_now = portfolio_as_known(None, portfolio)
    return Snapshot(
        day=day,
        portfolio=known_now,
        registrations=tuple(
            Registration(row.msid, row.supplier, row.effective_from, row.effective_to)
            for row in known(models.Registration)
        ),
        appointments=tuple(
            Appointed(row.msid, row.role, row.agent, row.effective_from, row.effective_to)
            for row in known(models.Appointment)
        ),
        meters=tuple(
            MeterOfMsid(
                row.serial, row.msid, row.measures, row.kind, row.backstop, row.effective_from, row.effective_to
            )
            for row in known(models.Meter)
        ),
        evidence=tuple(
            Evidence(row.msid, row.effective_from, row.effective_to)
            for row in known(models.LossEvidence).exclude(evidence__isnull=True)
        ),
        pending=tuple(
            Pending(row.msid, row.reference, row.effective_from, row.effective_to)
            for row in known(models.MarketDataChange)
        ),
        dispensed=tuple(row.msid for row in holding(known(models.Dispensation), day).filter(kind=_D380)),
        cases=tuple(state for _, state in states(_open_on(day), day)),
        exports=() if exported is None else tuple(_exports(exported, _settled(run))),
        export_price=export_price,
        classes=() if market_data is None else _classes(known_now, market_data, day),
    )


def _classes(portfolio: Portfolio, market_data: Path, day: date) -> tuple[Finding, ...]:
    with MarketDataStore.open(market_data) as store:
        return tuple(check_market_data(portfolio, store, day))


def _open_on(day: date) -> QuerySet[Case]:
    """Cases that were open on a day, also those that have ended since."""
    return Case.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day), opened_on__lte=day)


def _settled(run: Path | None) -> dict[tuple[str, date], int]:
    """Settled export by MSID and day [Wh]; a day with any half hour missing is not there."""
    if run is None:
        return {}
    frame = Run(run).settled_volumes
    exports = frame.filter((frame["measurement_quantity"] == "AE") & frame["settled_wh"].is_not_null())
    sums = exports.group_by("msid", "settlement_date").agg(pl.col("settled_wh").sum())
    return {(msid, day): int(wh) for msid, day, wh in sums.iter_rows()}


def _exports(file: Path, settled: dict[tuple[str, date], int]) -> list[ExportDay]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened)
        if not {"msid", "settlement_date", "kwh"} <= set(rows.fieldnames or ()):
            raise _unreadable(file, 1, "it lacks a column")
        found = []
        for row in rows:
            try:
                day = date.fromisoformat(row["settlement_date"])
                wh = Decimal(row["kwh"]) * 1000
            except (ValueError, InvalidOperation, TypeError):
                raise _unreadable(
                    file, rows.line_num, f"{shown(row['kwh'])} on {shown(row['settlement_date'])}"
                ) from None
            if not wh.is_finite() or wh < 0 or wh != int(wh):
                raise _unreadable(file, rows.line_num, f"{row['kwh']} kWh is no whole number of Wh")
            found.append(ExportDay(row["msid"], day, int(wh), settled.get((row["msid"], day))))
    return found


def _unreadable(file: Path, line: int, why: str) -> HalfhourError:
    return HalfhourError(
        "RM-008",
        f"{file.name}:{line} is no export of a day: {why}.",
        "Head it msid,settlement_date,kwh; kWh, 3 decimals.",
    )
