"""Condition 4 of D/380 in Market Domain Data: class 997 where it is valid, another valid combination until it is.

Handbook private-networks 5.2. The question itself is `market_data.validity.third_party_is_visible`; added are what a
pending change must have to be in progress, and the grace from the first valid day to the switch, a dated parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from halfhour.calendar import due
from halfhour.errors import HalfhourError
from halfhour.identifiers import LINE_LOSS_FACTOR_CLASS, METER_TIMESWITCH_CLASS, live_on, read_class
from halfhour.market_data.validity import MsidClasses, find_distributor, live_combinations, third_party_is_visible
from halfhour.processes.private_networks.network import Classes, MddChange
from halfhour.processes.timetables import find_timetable

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore

PRIVATE = "997"


@dataclass(frozen=True, slots=True)
class Visibility:
    """Whether an MSID is visible as one behind a private network's boundary.

    Attributes:
        verdict: `unknown` where Market Domain Data does not answer for the day.
    """

    verdict: Literal["pass", "interim", "fail", "unknown"]
    message: str
    next_step: str


Visible = Callable[[Classes, MddChange | None, date], Visibility]
"""From the classes of an MSID, the change that is in progress (None without one) and a day."""


def visible_in(store: MarketDataStore) -> Visible:
    """The question, asked of a market data store."""

    def visible(classes: Classes, pending: MddChange | None, day: date) -> Visibility:
        assert classes.llfc is not None and classes.mtc is not None  # noqa: PT018 - the condition asks for both
        try:
            asked = MsidClasses(
                live_on(find_distributor(store, classes.msid[:2], day), day),
                day,
                "import",
                llfc=read_class(LINE_LOSS_FACTOR_CLASS, classes.llfc),
                mtc=read_class(METER_TIMESWITCH_CLASS, classes.mtc),
            )
        except HalfhourError as error:
            return Visibility("fail", error.message, error.next_step)
        answer = third_party_is_visible(store, asked, pending.reference if pending else None)
        assert answer is not None  # it is None only where a class is absent
        if answer.verdict == "pass":
            return Visibility("interim" if answer.code == "RG-031" else "pass", answer.message, answer.next_step)
        if answer.verdict == "unknown":
            return Visibility("unknown", answer.message, answer.next_step)
        until = _grace_until(store, asked)
        if until is not None and day <= until:
            message = f"{answer.message} The switch may be made until {until}."
            return Visibility("interim", message, answer.next_step)
        return Visibility("fail", answer.message, answer.next_step)

    return visible


def not_looked_up(_classes: Classes, _pending: MddChange | None, _day: date) -> Visibility:
    """The answer where no Market Domain Data is there: nothing is known, and nothing passes."""
    return Visibility("unknown", "Its classes were not looked up.", "Load Market Domain Data.")


def switch_due_by(valid_from: date) -> date:
    """Last day in time for the switch to 997 when its combination is valid from a day on."""
    parameter = find_timetable("mtc-997-change").parameters["switch_grace_wd"]
    dated = parameter.on(valid_from)
    grace = int(dated.value) if dated else 0
    return due(valid_from, grace, "within", "bsc").due if grace else valid_from


def _grace_until(store: MarketDataStore, asked: MsidClasses) -> date | None:
    """Last day of grace for the switch; None where 997 is not valid, or there is no grace."""
    _, held = live_combinations(store, asked.distributor, PRIVATE, asked.day)
    since = [one.effective_from for one in held if one.llfc == asked.llfc and one.effective_from is not None]
    if not since or asked.mtc == PRIVATE:
        return None
    until = switch_due_by(min(since))
    return until if until > min(since) else None


def what_the_change_lacks(change: MddChange, day: date) -> str:
    """What a pending change lacks on a day to be evidence of the interim rule, empty where it is in progress.

    The distributor agrees before the form is sent (BSCP509). The target release may still be open.
    """
    lacking = []
    if not change.reference:
        lacking.append("a reference")
    if not set(change.entities) <= {17, 53, 55} or not change.entities:
        lacking.append("its entities (53, 55, 17 as needed)")
    if change.form_date is None or change.form_date > day:
        lacking.append("a form sent by that day")
    if change.ldso_agreed_on is None:
        lacking.append("the distributor's agreement")
    elif change.form_date is not None and change.ldso_agreed_on > change.form_date:
        lacking.append("the distributor's agreement before the form")
    if change.closed_on is not None and change.closed_on <= day:
        lacking.append(f"progress: it was closed on {change.closed_on}")
    return ", ".join(lacking)
