"""Other dated windows: Capacity Market high-demand periods and delivery year, Contracts for Difference periods.

Follows SI 2014/3354 and EMRS guidance for the Capacity Market, EMRS announcements for Contracts for Difference. Every
window is closed-open: first day, first day after.
"""

from __future__ import annotations

from datetime import date

from halfhour.calendar.settlement_days import check_day, check_period, days
from halfhour.calendar.working_days import is_working_day

HIGH_DEMAND_PERIODS = range(33, 39)
"""16:00 to 19:00 local time; no clock change falls between November and February."""

HIGH_DEMAND_MONTHS = frozenset({11, 12, 1, 2})

Window = tuple[date, date]


def is_cm_high_demand_day(day: date) -> bool:
    """Whether the day has Capacity Market high-demand periods: a working day from 1 November to the end of February.

    Raises:
        HalfhourError: CA-001 not a date.
        NotCovered: CA-002, CA-011 outside the holiday calendar.
    """
    check_day(day)
    return is_working_day(day, "E&W") and day.month in HIGH_DEMAND_MONTHS


def is_cm_high_demand(day: date, period: int) -> bool:
    """Whether a Settlement Period is a Capacity Market high-demand period: 33 to 38 of a high-demand day.

    Raises:
        HalfhourError: CA-001 not a date, CA-003 no such period.
        NotCovered: CA-002, CA-011 outside the holiday calendar.
    """
    check_period(day, period)
    return period in HIGH_DEMAND_PERIODS and is_cm_high_demand_day(day)


def cm_high_demand_days(winter: int) -> tuple[date, ...]:
    """The high-demand days of the winter that begins in November of the year `winter`.

    Raises:
        NotCovered: CA-002, CA-011 outside the holiday calendar.
    """
    return tuple(day for day in days(date(winter, 11, 1), date(winter + 1, 3, 1)) if is_cm_high_demand_day(day))


def cm_delivery_year(day: date) -> Window:
    """The Capacity Market delivery year of a day: 1 October to 30 September."""
    return _year_from(day, 10)


def cfd_financial_year(day: date) -> Window:
    """The financial year of the Contracts for Difference operational levy: 1 April to 31 March."""
    return _year_from(day, 4)


def cfd_quarter(day: date) -> Window:
    """The quarterly obligation period of Contracts for Difference: the calendar quarter."""
    check_day(day)
    first_month = (day.month - 1) // 3 * 3 + 1
    start = date(day.year, first_month, 1)
    return start, date(day.year + 1, 1, 1) if first_month == 10 else date(day.year, first_month + 3, 1)


def _year_from(day: date, month: int) -> Window:
    check_day(day)
    year = day.year if day.month >= month else day.year - 1
    return date(year, month, 1), date(year + 1, month, 1)
