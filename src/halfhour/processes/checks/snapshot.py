"""What the daily checks look at: a register as believed now, its open cases, and what was exported and settled.

Dates are closed-open. What is not known is absent; a check that needs it says so instead of passing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from halfhour.errors import Finding, Severity
from halfhour.processes.cases import CaseState
from halfhour.processes.dated import Dated, Registration, on_day
from halfhour.register.model import Metering, Portfolio, Site

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Appointed:
    """An agent of an MSID by role: M Meter Operator, C or D Data Collector, A or B Data Aggregator."""

    msid: str
    role: str
    agent: str
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class MeterOfMsid:
    """A Meter in the Meter Technical Details of an MSID; `backstop` None where it is not known."""

    serial: str
    msid: str
    measures: str
    kind: str | None = None
    backstop: bool | None = None
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves how the losses of an MSID are treated."""

    msid: str
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A change of Market Domain Data that is in progress for an MSID."""

    msid: str
    reference: str
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class ExportDay:
    """Real export of an MSID on a Settlement Day, and what entered Settlement [Wh]; None = nothing did."""

    msid: str
    day: date
    exported_wh: int
    settled_wh: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the checks look at.

    Attributes:
        day: on which they run.
        dispensed: MSIDs under Generic Metering Dispensation D/380 on the day.
        cases: open cases, folded to the day.
        export_price: of exported energy [£/kWh]; None = not given.
        classes: what Market Domain Data say against the classes and Suppliers of the portfolio.
    """

    day: date
    portfolio: Portfolio
    registrations: tuple[Registration, ...] = ()
    appointments: tuple[Appointed, ...] = ()
    meters: tuple[MeterOfMsid, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    pending: tuple[Pending, ...] = ()
    dispensed: tuple[str, ...] = ()
    cases: tuple[CaseState, ...] = ()
    exports: tuple[ExportDay, ...] = ()
    export_price: Decimal | None = None
    classes: tuple[Finding, ...] = ()

    def in_force(self) -> Iterator[tuple[Site, Metering]]:
        """Every metering of the day with its site."""
        for site in self.portfolio.sites:
            yield from ((site, one) for one in site.metering if one.active(self.day))

    def supplier(self, msid: str, day: date | None = None) -> str:
        """MPID of the Supplier of an MSID, empty where none is registered."""
        return next((one.supplier for one in on_day(self.registrations, day or self.day) if one.msid == msid), "")

    def agent(self, msid: str, role: str, day: date) -> str:
        """MPID of the agent of an MSID, empty where none is appointed."""
        roles = {"C": "CD", "D": "CD"}.get(role, role)
        return next((one.agent for one in on_day(self.appointments, day) if one.msid == msid and one.role in roles), "")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong.

    Attributes:
        since: first day of the unbroken stretch that reaches the day of the check.
        whose: MPID or name of who must put it right, empty where nobody is known.
        kwh, gbp: what it has cost since then; None where it costs no energy, or the price is not known.
        case: id of the case that deals with it, empty where none is open.
    """

    code: str
    severity: Severity
    site_id: str
    msid: str
    whose: str
    since: date | None
    kwh: Decimal | None
    gbp: Decimal | None
    case: str
    message: str
    next_step: str


def problem_of(finding: Finding, whose: str, first: date | None, msid: str = "") -> Problem:
    """What a process or the register found, as a problem of somebody since a day.

    Args:
        msid: where the finding names none.
    """
    return Problem(
        *(finding.code, finding.severity, finding.site_id, finding.msid or msid, whose, first, None, None, ""),
        finding.message,
        finding.next_step,
    )


def since(day: date, wrong: Callable[[date], bool], facts: Iterable[Dated]) -> date | None:
    """The first day of the stretch up to `day` on which something is wrong; None where it always was.

    Args:
        facts: dated facts; between their dates nothing changes.
    """
    changes: list[date] = sorted(
        one
        for one in {end for fact in facts for end in (fact.effective_from, fact.effective_to)}
        if one is not None and date.min < one <= day
    )
    first: date | None = day if not changes else None
    for change in reversed(changes):
        if not wrong(change):
            return first
        first = change
        if not wrong(change - ONE_DAY):
            return change
    return None if wrong((changes[0] if changes else day) - ONE_DAY) else first
