"""Consumption Component Classes of half-hourly import, and what decides which of them a volume has.

Follows the handbook (chargeable-imports 5.4): the class goes by measurement class, by consumption or losses, by
site-specific or general line losses, and by actual or estimated data. The table is data.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Self

from halfhour.errors import HalfhourError, NotCovered
from halfhour.identifiers import distributor
from halfhour.market_data.store import MarketDataStore
from halfhour.market_data.validity.look_ups import llfc_on

UNSTATED_CLASS = "C"
"""Taken where the register states no measurement class, and said so each time: the class of a site of 100 kW and more,
which a site with declared assets usually is."""

SITE_SPECIFIC_IMPORT = "B"
"""Indicator of a site-specific Line Loss Factor Class for import (handbook identifiers-and-market-data 6)."""

Pair = tuple[int, int]
"""CCC Ids of actual and of estimated volumes."""


@cache
def _table() -> dict[tuple[str, str], Pair]:
    text = files(__package__).joinpath("data", "consumption_component_classes.csv").read_text(encoding="utf-8")
    return {
        (row["measurement_class"], row["component"]): (int(row["actual"]), int(row["estimated"]))
        for row in csv.DictReader(text.splitlines())
    }


class ConsumptionClasses:
    """The Consumption Component Classes of Import MSIDs; a context, which lets go of the store at its end.

    Args:
        market_data: the store of market data, which knows the indicators of Line Loss Factor Classes; None = none.
    """

    def __init__(self, market_data: Path | None) -> None:
        self._store = None if market_data is None else MarketDataStore.open(market_data)
        self._indicators: dict[tuple[str, str, date], str | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._store is not None:
            self._store.close()

    @staticmethod
    def of(measurement_class: str, *, site_specific: bool) -> tuple[Pair, Pair] | None:
        """The classes of consumption and of losses; None for a measurement class that is not half-hourly."""
        consumption = _table().get((measurement_class, "consumption"))
        losses = _table().get((measurement_class, "losses_of_class"))
        if site_specific:
            losses = _table().get((measurement_class, "losses_site_specific"), losses)
        return None if consumption is None or losses is None else (consumption, losses)

    @staticmethod
    def distributor_of(msid: str) -> str | None:
        """MPID of the distributor whose numbers an MSID has, None where there is none."""
        try:
            return distributor(msid[:2]).mpid
        except HalfhourError:
            return None

    def is_site_specific(self, mpid: str, llfc: str | None, day: date) -> bool | None:
        """Whether a Line Loss Factor Class is site-specific on a day; None where that is not known."""
        if self._store is None or llfc is None:
            return None
        key = (mpid, llfc, day)
        if key not in self._indicators:
            try:
                row = llfc_on(self._store, mpid, llfc, day)
            except NotCovered:
                row = None
            self._indicators[key] = None if row is None else str(row["indicator"])
        indicator = self._indicators[key]
        return None if indicator is None else indicator == SITE_SPECIFIC_IMPORT
