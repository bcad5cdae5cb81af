"""Which part of indebtedness a Settlement Day belongs to on the day checked: CEI, MEI, AEI, or none any more.

Follows handbook section 9.1: CEI until the Interim Information run, MEI until the Initial Settlement run, AEI until
payment. The offsets are dated parameters; a case may set its own (the boundaries of MEI and AEI are open, O9).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import islice
from typing import Literal

from halfhour.calendar import check_day, holiday_calendar
from halfhour.charges.credit.rules import parameter
from halfhour.errors import HalfhourError

Component = Literal["cei", "mei", "aei"]

LONGEST_WINDOW = 120
"""Days; a window longer than this is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Where CEI, MEI and AEI end; None takes the dated parameter.

    Attributes:
        interim_run_working_days: after the Settlement Day, the first Working Day after it = 1.
        initial_run_working_days: likewise.
        payment_calendar_days: after the Settlement Day.
    """

    interim_run_working_days: int | None = None
    initial_run_working_days: int | None = None
    payment_calendar_days: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The Settlement Days that count on the day checked, by component, each in order of day."""

    as_of: date
    cei: tuple[date, ...]
    mei: tuple[date, ...]
    aei: tuple[date, ...]


def window(as_of: date, boundaries: Boundaries | None = None, first_day: date | None = None) -> Window:
    """The Settlement Days of each component at the end of `as_of`, which is itself one of them.

    Args:
        as_of: the day checked.
        boundaries: offsets in place of the dated parameters.
        first_day: first Settlement Day on which the account traded; days before it do not count.

    Raises:
        HalfhourError: EB-204 where the boundaries are not in order, CA-001 not a date.
        NotCovered: EB-219 no parameter, CA-002 or CA-011 outside the holiday calendar.
    """
    check_day(as_of)
    use = boundaries or Boundaries()
    payment = use.payment_calendar_days or int(parameter("payment_calendar_days", as_of).value)
    found: dict[str, list[date]] = {"cei": [], "mei": [], "aei": []}
    for back in range(payment - 1, -1, -1):
        day = as_of - timedelta(days=back)
        if first_day is None or first_day <= day:
            found[component_of(day, as_of, use)].append(day)
    return Window(as_of, tuple(found["cei"]), tuple(found["mei"]), tuple(found["aei"]))


def component_of(day: date, as_of: date, boundaries: Boundaries) -> Component:
    """The component of a Settlement Day not after `as_of` and not yet paid."""
    interim = boundaries.interim_run_working_days or int(parameter("interim_run_working_days", day).value)
    initial = boundaries.initial_run_working_days or int(parameter("initial_run_working_days", day).value)
    if initial < interim:
        raise HalfhourError(
            "EB-204",
            f"The Initial Settlement run, {initial} Working Days after Settlement Day {day}, would come before the "
            f"Interim Information run, {interim} Working Days after it.",
            "Correct [boundaries].",
        )
    if run_date(day, interim) > as_of:
        return "cei"
    return "mei" if run_date(day, initial) > as_of else "aei"


@cache
def run_date(day: date, working_days: int) -> date:
    """The date of a run so many Working Days after a Settlement Day, the first Working Day after it = 1."""
    following = holiday_calendar("E&W").working_days_from(day + timedelta(days=1))
    return next(islice(following, working_days - 1, None))


def days_without_interim_run(as_of: date) -> tuple[date, ...]:
    """The Settlement Days up to `as_of` whose Interim Information run is not done (rule C02), in order."""
    return window(as_of).cei
