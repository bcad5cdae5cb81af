"""The valid combinations of a distributor that lie nearest to what was asked about.

Same Line Loss Factor Class with other Meter Timeswitch Classes first, then the same Meter Timeswitch Class with other
Line Loss Factor Classes or Standard Settlement Configurations; within each, what is most alike first. Descriptions are
looked up in the version that the combinations are from, and decide nothing (identifiers-and-market-data 8, pitfall 8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING

from halfhour.errors import NotCovered
from halfhour.market_data.validity.answers import Combination, Direction, MsidClasses
from halfhour.market_data.validity.look_ups import (
    INDICATORS,
    SSC_TYPES,
    MeterTimeswitchClass,
    Row,
    classes_of_area,
    holds,
    live,
)

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore, MddVersion

MTC_LLFC = "valid_mtc_llfc_combination"
MTC_SSC = "valid_mtc_ssc_combination"
MTC_LLFC_SSC = "valid_mtc_llfc_ssc_combination"
MTC_LLFC_SSC_PC = "valid_mtc_llfc_ssc_pc_combination"


def combinations(store: MarketDataStore, table: str, mpid: str, day: date, **equals: str) -> list[Combination]:
    """The live combinations of a table for a distributor, with descriptions, in the order of the table.

    A combination whose Line Loss Factor Class or Meter Timeswitch Class has ended since is left out.

    Raises:
        NotCovered: the table does not answer for the day.
    """
    version, rows = live(store, table, day, mpid=mpid, **equals)
    if not rows:
        return []
    # A version may be loaded without its other tables; then its combinations stand without descriptions.
    whole = {"mtc_in_pes_area", "meter_timeswitch_class"} <= version.tables.keys()
    classes = classes_of_area(store, version.number, mpid, day) if whole else None
    llfcs = _live_by(store, version, "llfc", "line_loss_factor_class", day, mpid=mpid) if "llfc" in rows[0] else None
    sscs = _live_by(store, version, "ssc", "standard_settlement_configuration", day) if "ssc" in rows[0] else None
    return [
        _combination(
            row,
            classes[row["mtc"]] if classes else None,
            llfcs[row["llfc"]] if llfcs else None,
            sscs[row["ssc"]] if sscs else None,
        )
        for row in rows
        if (classes is None or row["mtc"] in classes)
        and (llfcs is None or row["llfc"] in llfcs)
        and (sscs is None or row["ssc"] in sscs)
    ]


def _live_by(
    store: MarketDataStore, version: MddVersion, code: str, table: str, day: date, **equals: str
) -> dict[str, Row] | None:
    """The live rows of one version by their code, None where the version is loaded without the table."""
    if table not in version.tables:
        return None
    return {row[code]: row for row in store.select(table, version.number, **equals) if holds(row, day)}


def _combination(row: Row, mtc: MeterTimeswitchClass | None, llfc: Row | None, ssc: Row | None) -> Combination:
    described = (mtc.description if mtc else "", *(other["description"] for other in (llfc, ssc) if other))
    return Combination(
        row["mpid"],
        row["mtc"],
        row.get("llfc", ""),
        row.get("ssc", ""),
        row.get("profile_class", ""),
        "; ".join(text for text in described if text),
        INDICATORS[llfc["indicator"]][1] if llfc and llfc["indicator"] in INDICATORS else "",
        row["effective_from"],
        row["effective_to"],
    )


def nearest_with_llfc(
    store: MarketDataStore, asked: MsidClasses, direction: Direction | None, *, other_llfcs: bool = True
) -> list[Combination]:
    """Valid combinations of Meter Timeswitch Class and Line Loss Factor Class near to what was asked; [] if not loaded.

    Args:
        direction: that the Line Loss Factor Class must have; None = any.
        other_llfcs: whether the same Meter Timeswitch Class with other Line Loss Factor Classes is of use.
    """
    mpid, day = asked.distributor.mpid, asked.day
    found: list[Combination] = []
    try:
        if asked.llfc is not None:
            same_llfc = combinations(store, MTC_LLFC, mpid, day, llfc=asked.llfc)
            found += sorted(_of(direction, same_llfc), key=_alike(asked.mtc, "mtc"))
        if asked.mtc is not None and other_llfcs:
            same_mtc = combinations(store, MTC_LLFC, mpid, day, mtc=asked.mtc)
            found += sorted(_of(direction, same_mtc), key=_alike(asked.llfc, "llfc"))
    except NotCovered:
        # Suggestions are what is held; that nothing is held has its own answer.
        return found
    return found


def nearest_with_ssc(store: MarketDataStore, asked: MsidClasses, direction: Direction | None) -> list[Combination]:
    """Valid combinations of Meter Timeswitch Class and configuration near to what was asked; [] if not loaded.

    The same Meter Timeswitch Class first, then the same configuration; where there is neither, any of the direction.

    Args:
        direction: that the configuration must be of; None = any.
    """
    mpid, day = asked.distributor.mpid, asked.day
    try:
        right = None
        if direction is not None:
            _, rows = live(store, "standard_settlement_configuration", day, type=SSC_TYPES[direction])
            right = {row["ssc"] for row in rows}

        def near(name: str, other: str | None, **equals: str) -> list[Combination]:
            held = combinations(store, MTC_SSC, mpid, day, **equals)
            return sorted((one for one in held if right is None or one.ssc in right), key=_alike(other, name))

        found = near("ssc", asked.ssc, mtc=asked.mtc) if asked.mtc is not None else []
        found += near("mtc", asked.mtc, ssc=asked.ssc) if asked.ssc is not None else []
        return found or (near("ssc", asked.ssc) if right is not None else [])
    except NotCovered:
        # Suggestions are what is held; that nothing is held has its own answer.
        return []


def _of(direction: Direction | None, found: Iterable[Combination]) -> list[Combination]:
    return [one for one in found if direction is None or one.kind.endswith(direction)]


def _alike(asked: str | None, name: str) -> Callable[[Combination], tuple[int, list[bool], int, str]]:
    """Order of combinations by how much a class is like the one asked about."""

    def order(one: Combination) -> tuple[int, list[bool], int, str]:
        return distance(asked, getattr(one, name))

    return order


def distance(asked: str | None, held: str) -> tuple[int, list[bool], int, str]:
    """How far two codes of one length are apart, for sorting.

    How many characters differ, then those further to the right before those to the left, then the difference as
    numbers, then the code itself.
    """
    if asked is None:
        return 0, [], 0, held
    different = [a != b for a, b in zip(asked, held, strict=False)]
    apart = abs(int(asked) - int(held)) if asked.isdecimal() and held.isdecimal() else 0
    return sum(different), different, apart, held
