"""The two options of a private network: A Difference Metering, B full settlement as an Associated Distribution System.

Handbook private-networks 2: B if all connected customers hold an MSID, A if at least one and fewer than all do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from halfhour.errors import Finding, HalfhourError
from halfhour.register.model import in_force
from halfhour.register.spans import Span, in_words

Option = Literal["A", "B", "NONE"]


@dataclass(frozen=True, slots=True)
class MsidHeld:
    """An MSID that a customer holds, closed-open; None is an open end."""

    msid: str
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer connected to a private network.

    Attributes:
        connected_from, connected_to: closed-open; None is an open end.
        msids: those that it holds, one after another.
    """

    name: str
    msids: tuple[MsidHeld, ...] = ()
    connected_from: date | None = None
    connected_to: date | None = None

    def connected(self, day: date) -> bool:
        """Whether it is connected on the day."""
        return in_force(self.connected_from, self.connected_to, day)

    def msid_on(self, day: date) -> str | None:
        """The MSID that it holds on the day, None without one."""
        return next((one.msid for one in self.msids if in_force(one.effective_from, one.effective_to, day)), None)


@dataclass(frozen=True, slots=True)
class OptionSpan:
    """An option with the days on which it is the network's."""

    first: date
    until: date
    option: Option


def option(customers: Iterable[Customer], day: date) -> Option:
    """The option of a network on a day; `NONE` where no connected customer holds an MSID."""
    connected = [customer for customer in customers if customer.connected(day)]
    with_msid = [customer for customer in connected if customer.msid_on(day) is not None]
    if not with_msid:
        return "NONE"
    return "B" if len(with_msid) == len(connected) else "A"


def option_spans(customers: Sequence[Customer], first: date, until: date) -> list[OptionSpan]:
    """The options of a network over the days from `first` to the day before `until`, in order.

    Raises:
        HalfhourError: PN-120 the days do not run forwards.
    """
    if first >= until:
        raise HalfhourError("PN-120", f"The days from {first} to before {until} are none.", "Let them run forwards.")
    spans: list[OptionSpan] = []
    days = sorted({first, *(day for day in _changes(customers) if first < day < until)})
    for start, end in zip(days, [*days[1:], until], strict=True):
        found = option(customers, start)
        if spans and spans[-1].option == found:
            spans[-1] = OptionSpan(spans[-1].first, end, found)
        else:
            spans.append(OptionSpan(start, end, found))
    return spans


def option_changes(
    network: str, customers: Sequence[Customer], boundary: Iterable[Span], first: date, until: date
) -> list[Finding]:
    """PN-110 for every day on which a network drops from B to A: it must have a live boundary registration first.

    Args:
        network: its name, for the message.
        boundary: spans of days with a live registration of the boundary.

    Returns:
        An error where the boundary is not registered on that day, a remark where it is.
    """
    registered = list(boundary)
    found = []
    spans = option_spans(customers, first, until)
    for before, after in pairwise(spans):
        if (before.option, after.option) != ("B", "A"):
            continue
        names = ", ".join(one.name for one in customers if one.connected(after.first) and not one.msid_on(after.first))
        days = in_words((after.first, after.until))
        message = f"Network {network}: {names} holds no MSID {days}, so the network changes from option B to A."
        live = any(start <= after.first < end for start, end in registered)
        step = "Difference the Third Party Meters from the boundary from that day."
        if not live:
            message += " The boundary has no live registration."
            step = "Register the boundary first; until then the customer's energy is in nobody's account."
        found.append(
            Finding("PN-110", "info" if live else "error", message, step, site_id=network, settlement_date=after.first)
        )
    return found


def _changes(customers: Iterable[Customer]) -> Iterable[date]:
    for customer in customers:
        dates = [customer.connected_from, customer.connected_to]
        dates += [day for one in customer.msids for day in (one.effective_from, one.effective_to)]
        yield from (day for day in dates if day is not None)
