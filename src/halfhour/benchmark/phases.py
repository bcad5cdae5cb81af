"""The command as a whole, phase by phase: readings files to store, store to results, results written."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from halfhour.benchmark.data import DAYS, START
from halfhour.demo import write_portfolio
from halfhour.register import load_portfolio
from halfhour.settlement.request import open_store
from halfhour.settlement.run import settle


def whole_command(folder: Path, sites: int, readings: str) -> dict[str, Any]:
    """Write a portfolio, take its readings in, settle it with every half hour written.

    Args:
        readings: `long-csv` or `long-parquet`.

    Returns:
        Seconds of each phase, readings taken in, site half hours settled.
    """
    write_portfolio(folder, sites, 1, START, START + timedelta(days=DAYS), readings)  # type: ignore[arg-type]
    found: dict[str, Any] = {"format": readings}
    started = time.perf_counter()
    portfolio = load_portfolio(folder)
    found["register_s"] = time.perf_counter() - started
    started = time.perf_counter()
    store = open_store(portfolio)
    found["ingest_s"] = time.perf_counter() - started
    found["readings"] = sum(segment.readings for segment in store.segments)
    for detail in ("totals", "none", "all"):
        started = time.perf_counter()
        run = settle(portfolio, edition="in-force", detail=detail, out=folder / "runs" / detail, plain=False)
        found[f"settle_{detail}_s"] = time.perf_counter() - started
    found["half_hours"] = int(run.site_days["half_hours"].sum())
    return found
