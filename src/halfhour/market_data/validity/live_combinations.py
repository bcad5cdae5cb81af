"""Which combinations with a Meter Timeswitch Class are live for a distributor on a day.

Follows private-networks 5.2: an MSID behind a private network's boundary has class 997, and where that is enabled but
in no valid combination yet, another valid combination stands in for it while the change is pending (interim rule).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from halfhour.errors import NotCovered
from halfhour.identifiers import Distributor
from halfhour.market_data.validity.answers import Answer, Combination, MsidClasses, at, failed, passed, unknown
from halfhour.market_data.validity.look_ups import class_of_area, holds, source
from halfhour.market_data.validity.nearest import MTC_LLFC, MTC_SSC, combinations
from halfhour.market_data.validity.questions import SPECIAL_MTCS, mtc_is_enabled

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore


def live_combinations(
    store: MarketDataStore, distributor: Distributor, mtc: str, day: date
) -> tuple[Answer, list[Combination]]:
    """Whether the class is enabled, and its live combinations in order of code.

    A half-hourly class is combined with Line Loss Factor Classes, another with Standard Settlement Configurations.

    Returns:
        The answer: ID-111 where the class is not enabled, a warning ID-113 where it is and nothing is combined with it;
        and the combinations.

    Raises:
        NotCovered: a table that answers is not loaded for the day.
    """
    mpid = distributor.mpid
    found = class_of_area(store, mpid, mtc, day)
    enabled = mtc_is_enabled(store, MsidClasses(distributor, day, mtc=mtc))
    if found is None:
        assert enabled is not None  # it is None only where no class is stated
        return enabled, []
    tables = {"H": (MTC_LLFC,), "N": (MTC_SSC,)}.get(found.type, (MTC_LLFC, MTC_SSC))
    what = f"MTC {mtc} ({found.description}) is enabled for {at(distributor)} on {day}, since {found.effective_from}"
    try:
        held = [one for table in tables for one in combinations(store, table, mpid, day, mtc=mtc)]
        versions = " and ".join(dict.fromkeys(source(store.mdd_version(table, day), day) for table in tables))
    except NotCovered as problem:
        message = f"{what}; which combinations with it are live is not known. {problem.message}"
        raise NotCovered(problem.code, message, problem.next_step) from None
    if held:
        return passed("combinations", f"{what}, with {len(held):,} live in {versions}."), held
    message = f"{what}, but no combination with it is live in {versions}."
    step = (
        "Use another valid combination and record the pending entity 55 change (RG-031), the interim rule."
        if mtc in SPECIAL_MTCS
        else "Have a combination added (entity 55)."
    )
    return failed("combinations", "ID-113", message, step, severity="warning"), []


def third_party_is_visible(store: MarketDataStore, asked: MsidClasses, pending_change: str | None) -> Answer | None:
    """PN-404: an MSID behind a private network's boundary has class 997, or the interim rule holds for it.

    Args:
        asked: with both classes; else there is no answer.
        pending_change: reference of the Market Domain Data change that is in progress, None where there is none.

    Returns:
        A pass where 997 is valid and used; a pass with the code RG-031 where another valid combination stands in for it
        and the change is recorded; a fail otherwise, which says since when 997 is valid where it is.
    """
    if asked.mtc is None or asked.llfc is None:
        return None
    name, private = "private network", "997"
    subject = f"The Third Party MSID at {asked.place} has MTC {asked.mtc} with LLFC {asked.llfc}"
    try:
        since = _combination_since(store, asked, private)
        stand_in = since is None and asked.mtc != private and _combination_since(store, asked, asked.mtc) is not None
    except NotCovered as problem:
        return unknown(name, subject, problem.message, problem.next_step)
    if asked.mtc == private and since is not None:
        return passed(name, f"{subject}, valid since {since}.")
    if since is not None:
        message = f"{subject}, and MTC {private} is valid with that LLFC since {since}: the switch is due."
        return failed(name, "PN-404", message, f"Change the class to {private}.", severity="warning")
    if stand_in and pending_change is not None:
        message = (
            f"{subject}, which stands in for MTC {private} until the pending change {pending_change} is in "
            "Market Domain Data (interim rule)."
        )
        return Answer(name, "pass", "RG-031", message, f"Switch to MTC {private} as soon as it is valid.")
    if stand_in:
        message = f"{subject}, and no pending change to MTC {private} is recorded, so the interim rule does not hold."
        step = "Apply for the change (form BSCP509/01, entities 53, 55, 17) and record it as mdd_change (RG-031)."
        return failed(name, "PN-404", message, step, severity="warning")
    message = f"{subject}, which is no valid combination, and MTC {private} with that LLFC is none either."
    step = "Use another valid combination and record the pending change as mdd_change (RG-031)."
    return failed(name, "PN-404", message, step, severity="warning")


def _combination_since(store: MarketDataStore, asked: MsidClasses, mtc: str) -> date | None:
    """First day of the combination of a class with the LLFC asked about that is live on the day, None without one."""
    version = store.mdd_version(MTC_LLFC, asked.day)
    rows = store.select(MTC_LLFC, version.number, mpid=asked.distributor.mpid, mtc=mtc, llfc=asked.llfc)
    return min((row["effective_from"] for row in rows if holds(row, asked.day)), default=None)
