"""The status of a private network under D/380 on a day, over a period, and the days on which its data must be held.

Handbook private-networks 5.1: evaluated per day, so that a change of agent on one side shows from its own date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from halfhour.errors import Finding, HalfhourError
from halfhour.processes.private_networks import conditions
from halfhour.processes.private_networks.network import PrivateNetwork
from halfhour.processes.private_networks.visibility import Visible
from halfhour.register.spans import in_words

StatusName = Literal["COMPLIANT", "INTERIM", "SITE_SPECIFIC_NEEDED", "NOT_COMPLIANT", "NOT_IN_USE"]

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class D380Status:
    """A network's status on a day.

    Attributes:
        status: `NOT_IN_USE` where no Third Party Meter is used on the day.
        failing: ids of the conditions that fail, in order.
        findings: what fails, MSID by MSID, and a remark for each MSID under the interim rule.
    """

    day: date
    status: StatusName
    failing: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class StatusSpan:
    """Days of one status and the same failing conditions, closed-open; the findings are those of the first day."""

    first: date
    until: date
    status: StatusName
    failing: tuple[str, ...]
    findings: tuple[Finding, ...]


def d380_status(network: PrivateNetwork, day: date, visible: Visible) -> D380Status:
    """The status of a network on a day.

    Args:
        visible: looks classes up, `visible_in(store)`; `not_looked_up` where no market data is there, which no MSID
            passes.
    """
    if not network.third_parties_on(day):
        return D380Status(day, "NOT_IN_USE", (), ())
    findings = tuple(_findings(network, day, visible))
    failing = tuple(sorted({one.code for one in findings if one.severity == "error"}))
    status: StatusName = "NOT_COMPLIANT"
    if not failing:
        status = "INTERIM" if findings else "COMPLIANT"
    elif "PN-406" in failing:
        status = "SITE_SPECIFIC_NEEDED"
    return D380Status(day, status, failing, findings)


def _findings(network: PrivateNetwork, day: date, visible: Visible) -> Iterator[Finding]:
    yield from conditions.losses(network, day)
    yield from conditions.agreement(network, day)
    yield from conditions.common_agents(network, day)
    yield from conditions.visibility(network, day, visible)
    yield from conditions.declaration(network, day)
    yield from conditions.scope(network, day)


def status_spans(network: PrivateNetwork, first: date, until: date, visible: Visible) -> list[StatusSpan]:
    """The statuses over the days from `first` to the day before `until`, every day looked at.

    Raises:
        HalfhourError: PN-120 the days do not run forwards.
    """
    _check_days(first, until)
    spans: list[StatusSpan] = []
    for day in _days(first, until):
        found = d380_status(network, day, visible)
        last = spans[-1] if spans else None
        if last is not None and (last.status, last.failing) == (found.status, found.failing):
            spans[-1] = StatusSpan(last.first, day + ONE_DAY, last.status, last.failing, last.findings)
        else:
            spans.append(StatusSpan(day, day + ONE_DAY, found.status, found.failing, found.findings))
    return spans


def holds(network: PrivateNetwork, first: date, until: date) -> list[Finding]:
    """PN-305 for every run of days on which agents are not common: what is differenced then cannot be trusted.

    Returns:
        One error for each run, dated with its first day; its message says until when.

    Raises:
        HalfhourError: PN-120 the days do not run forwards.
    """
    _check_days(first, until)
    runs: list[tuple[date, date, str]] = []
    for day in _days(first, until):
        broken = next(conditions.common_agents(network, day), None)
        if broken is None:
            continue
        if runs and runs[-1][1] == day:
            runs[-1] = (runs[-1][0], day + ONE_DAY, runs[-1][2])
        else:
            runs.append((day, day + ONE_DAY, broken.message))
    return [
        Finding(
            "PN-305",
            "error",
            f"{why} What is differenced {in_words((start, end))} is held.",
            "Appoint the boundary's agents, have the days collected again, and release them.",
            site_id=network.id,
            settlement_date=start,
        )
        for start, end, why in runs
    ]


def _days(first: date, until: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((until - first).days))


def _check_days(first: date, until: date) -> None:
    if first >= until:
        raise HalfhourError("PN-120", f"The days from {first} to before {until} are none.", "Let them run forwards.")
