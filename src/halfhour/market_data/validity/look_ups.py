"""The rows of Market Domain Data that the questions rest on, as they stand on a day.

Follows identifiers-and-market-data 5, 6 and 8: a common Meter Timeswitch Class has its attributes in the table of
classes only, a distributor's own code only in the table of areas (pitfall 5); rows that have ended stay in the tables
(pitfall 6).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from halfhour.errors import HalfhourError, NotCovered
from halfhour.identifiers import Distributor, distributors, gsp_group
from halfhour.market_data.validity.answers import Direction

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore, MddVersion

Row = dict[str, Any]

INDICATORS: dict[str, tuple[Direction, str]] = {
    "A": ("import", "general import"),
    "B": ("import", "site-specific import"),
    "C": ("export", "general export"),
    "D": ("export", "site-specific export"),
}
"""The indicator of a Line Loss Factor Class, which alone says the direction (identifiers-and-market-data 6)."""


SSC_TYPES: dict[Direction, str] = {"import": "I", "export": "E"}
"""The type of a Standard Settlement Configuration by direction (identifiers-and-market-data 7)."""


@dataclass(frozen=True, slots=True)
class MeterTimeswitchClass:
    """A Meter Timeswitch Class as it is enabled for one distributor.

    Attributes:
        type: `H` half-hourly, `N` non-half-hourly, `X` either.
        related: for several import MPANs on one premises.
        meter_type: such as `IE` import and export, `NE` export only.
    """

    mtc: str
    description: str
    type: str
    related: bool
    meter_type: str
    effective_from: date


def holds(row: Row, day: date) -> bool:
    """Whether the row is live on the day; its dates are closed-open."""
    return bool(row["effective_from"] <= day and (row["effective_to"] is None or day < row["effective_to"]))


def live(store: MarketDataStore, table: str, day: date, **equals: str) -> tuple[MddVersion, list[Row]]:
    """The rows of a table that are live on the day, and the version that they are from.

    Raises:
        NotCovered: no version that is loaded answers for the table and the day.
    """
    version = store.mdd_version(table, day)
    return version, [row for row in store.select(table, version.number, **equals) if holds(row, day)]


def source(version: MddVersion, day: date) -> str:
    """The version for a message, with a note where the day lies long after its publication."""
    name = f"Market Domain Data {version.number}"
    if not version.stale(day):
        return name
    known = f"published {version.published}" if version.published else "day of publication not known"
    return f"{name} ({known}, may be out of date)"


def class_of_area(store: MarketDataStore, mpid: str, mtc: str, day: date) -> MeterTimeswitchClass | None:
    """A Meter Timeswitch Class with its attributes where it is enabled for the distributor, else None.

    Raises:
        NotCovered: the tables of classes or of areas do not answer for the day.
    """
    _, areas = live(store, "mtc_in_pes_area", day, mpid=mpid, mtc=mtc)
    _, classes = live(store, "meter_timeswitch_class", day, mtc=mtc)
    return _joined(areas[0], classes[0]) if areas and classes else None


def _joined(area: Row, of_all: Row) -> MeterTimeswitchClass:
    attributes = of_all if of_all["common"] else area
    return MeterTimeswitchClass(
        area["mtc"],
        attributes["description"],
        attributes["type"],
        of_all["related"],
        attributes["meter_type"],
        area["effective_from"],
    )


def classes_of_area(store: MarketDataStore, version: int, mpid: str, day: date) -> dict[str, MeterTimeswitchClass]:
    """Every Meter Timeswitch Class that one version has enabled for the distributor on the day, by its code."""
    classes = {row["mtc"]: row for row in store.select("meter_timeswitch_class", version) if holds(row, day)}
    areas = [row for row in store.select("mtc_in_pes_area", version, mpid=mpid) if holds(row, day)]
    return {area["mtc"]: _joined(area, classes[area["mtc"]]) for area in areas if area["mtc"] in classes}


def llfc_on(store: MarketDataStore, mpid: str, llfc: str, day: date) -> Row | None:
    """The row of a Line Loss Factor Class that is live on the day, else None.

    Raises:
        NotCovered: the table does not answer for the day.
    """
    _, rows = live(store, "line_loss_factor_class", day, mpid=mpid, llfc=llfc)
    return rows[0] if rows else None


def find_distributor(store: MarketDataStore, text: str, day: date) -> Distributor:
    """The distributor named by its short code, its Market Participant Id or the GSP Group of its area.

    A distributor that is newer than this version of Halfhour is looked up in the market data that are loaded.

    Raises:
        HalfhourError: ID-103 no distributor has that name, ID-106 there is no such GSP Group.
    """
    name = text.strip().upper()
    if name.startswith("_"):
        name = gsp_group(name).short_code
    for distributor in distributors():
        if name in (distributor.short_code, distributor.mpid):
            return distributor
    if (row := _newer_distributor(store, name, day)) is not None:
        return Distributor(
            row["short_code"], row["mpid"], row["address_1"], "idno", row["effective_from"], row["effective_to"]
        )
    raise HalfhourError(
        "ID-103",
        f"{text[:40]!r} names no distributor.",
        "Give a short code such as 10, a Market Participant Id such as EELC, or a GSP Group such as _A.",
    )


def _newer_distributor(store: MarketDataStore, name: str, day: date) -> Row | None:
    if not re.fullmatch(r"[A-Z0-9]{4}|[0-9]{2}", name):
        return None
    by = {"mpid": name} if len(name) == 4 else {"short_code": name}
    try:
        _, rows = live(store, "market_participant_role", day, role="R", **by)
    except NotCovered:
        return None
    return rows[0] if rows else None
