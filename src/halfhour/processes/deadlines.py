"""Everything due: rows for a table, a CSV file, and a calendar that any calendar program can subscribe to (RFC 5545).

A deadline is the last day on which an act is in time, so it stands in the calendar as a whole day of London.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    from halfhour.processes.cases import CaseState, Waiting
    from halfhour.processes.timetables import Timetable

COLUMNS = (
    *("due", "overdue", "days_late", "case_id", "timetable", "subject", "ref", "attempt", "party", "mpid", "action"),
    *("flow", "since", "counted", "if_nothing_comes"),
)
"""Of the CSV file, in order."""

_PRODUCT = "-//Halfhour//Deadlines of market processes//EN"


@dataclass(frozen=True, slots=True)
class Deadline:
    """An act that is due.

    Attributes:
        due: the last day in time.
        days_late: in days of the clock's kind, 0 where it is not overdue.
        subject: what the case is about, by its key facts.
        party, mpid: who must act; the MPID is empty where the case does not know.
        flow: the file that it needs, empty where none.
        counted: how the day was counted, in words.
        if_nothing_comes: what follows then.
    """

    due: date
    overdue: bool
    days_late: int
    case_id: str
    timetable: str
    subject: str
    ref: str
    attempt: int
    party: str
    mpid: str
    action: str
    flow: str
    since: date
    counted: str
    if_nothing_comes: str


def deadlines(timetable: Timetable, state: CaseState) -> list[Deadline]:
    """What a case waits for by a day, the earliest first; acts without a clock have no deadline."""
    subject = ", ".join(str(state.facts[name]) for name in timetable.key if name in state.facts) or timetable.subject
    return [
        Deadline(
            due=one.due,
            overdue=one.overdue,
            days_late=one.days_late,
            case_id=state.case_id,
            timetable=timetable.id,
            subject=subject,
            ref=one.ref,
            attempt=one.attempt,
            party=timetable.parties[one.party].title,
            mpid=one.mpid,
            action=one.action,
            flow=one.flow,
            since=one.since,
            counted=counted(one),
            if_nothing_comes=one.silence,
        )
        for one in state.waiting
        if one.due is not None
    ]


def counted(waiting: Waiting) -> str:
    """How a due day was counted: `within 5 working days of 2025-03-03, regime bsc, calendar E&W`."""
    limit = waiting.limit
    if limit is None:
        return ""
    days = f"{limit.n} {limit.unit} day{'' if limit.n == 1 else 's'}"
    ways = {"within": f"within {days} of", "beginning_with": f"{days} beginning with", "before": f"{days} before"}
    calendar = f", calendar {limit.calendar}" if limit.calendar else ""
    return f"{ways[limit.mode]} {limit.trigger}, regime {limit.regime}{calendar}"


def as_csv(rows: Iterable[Deadline]) -> str:
    """The deadlines as a CSV file with a header, the earliest first."""
    written = io.StringIO(newline="")
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for row in in_order(rows):
        table.writerow([_cell(getattr(row, name)) for name in COLUMNS])
    return written.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    # A spreadsheet takes a text that begins so for a formula; names come from files of others.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def in_order(rows: Iterable[Deadline]) -> list[Deadline]:
    """The earliest due first, then by case and step."""
    return sorted(rows, key=lambda row: (row.due, row.case_id, row.ref, row.attempt))


def as_ics(rows: Iterable[Deadline], name: str, made: datetime) -> bytes:
    """The deadlines as an iCalendar feed; each keeps its UID while its case waits for it.

    Args:
        name: of the calendar, for example `Halfhour HHSP`.
        made: moment that the feed was made, with its zone.

    Raises:
        HalfhourError: SV-001 the library that writes calendars is not installed.
    """
    try:
        from icalendar import Calendar, Event  # noqa: PLC0415 - an extra of the server
    except ImportError:
        raise HalfhourError(
            "SV-001", "Calendars are written by a library that is not installed.", "pip install 'halfhour[server]'"
        ) from None
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Europe/London")
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"value": "DURATION"})
    for row in in_order(rows):
        event = Event()
        event.add("uid", f"{row.case_id}-{row.ref}-{row.attempt}@halfhour")
        event.add("dtstamp", made)
        event.add("dtstart", row.due)
        event.add("dtend", row.due + timedelta(days=1))
        event.add("summary", f"{'OVERDUE ' if row.overdue else ''}{row.case_id} {row.ref}: {row.action}")
        event.add("description", _description(row))
        event.add("categories", ["Overdue" if row.overdue else "Due", row.timetable])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _description(row: Deadline) -> str:
    who = f"{row.party} {row.mpid}".strip()
    lines = [f"{who} must {row.action}.", f"Case {row.case_id} ({row.timetable}): {row.subject}."]
    if row.flow:
        lines.append(f"File: {row.flow}.")
    if row.counted:
        lines.append(f"Counted {row.counted}.")
    if row.overdue:
        lines.append(f"Late by {row.days_late} day{'' if row.days_late == 1 else 's'}.")
    if row.if_nothing_comes:
        lines.append(f"If nothing comes: {row.if_nothing_comes}")
    return "\n".join(lines)
