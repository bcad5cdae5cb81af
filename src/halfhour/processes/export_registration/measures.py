"""What a case of export registration took and cost (handbook export-registration 7).

The customer's loss (kWh at the export tariff) and the value left in the GSP Group (at system price) are told apart and
never added together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from halfhour.calendar import holiday_calendar
from halfhour.processes.cases import CaseState

STAGES = (("E1", "E4"), ("E6", "E7"), ("E7", "E11"), ("E11", "E13"), ("E13", "E15"))
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Export that did not enter Settlement.

    Attributes:
        wh: real export on days that are not settled, days without data of the settled MSID among them [Wh].
        days: how many.
        at_tariff, at_system_price: the customer's loss, and the value left in the GSP Group [£]; None = no price.
    """

    wh: int
    days: int
    at_tariff: Decimal | None
    at_system_price: Decimal | None


def days_to_settlement(commissioned_on: date, settled_on: date, calendar: str = "E&W") -> tuple[int, int]:
    """Calendar days and working days from commissioning to the first settled date."""
    book = holiday_calendar(calendar)
    calendar_days = (settled_on - commissioned_on).days
    working = sum(
        book.is_working_day(commissioned_on + ONE_DAY * (place + 1)) for place in range(max(0, calendar_days))
    )
    return calendar_days, working


def stage_days(state: CaseState) -> dict[str, int]:
    """Calendar days of each stage of a case that both its steps have come to, `E1-E4` and so on."""
    done = {step.ref: step.attempts[-1].done_on for step in state.steps if step.attempts and step.attempts[-1].done_on}
    return {
        f"{first}-{last}": (end - start).days
        for first, last in STAGES
        if (start := done.get(first)) is not None and (end := done.get(last)) is not None
    }


def unsettled(
    exported_wh: Mapping[date, int],
    settled_wh: Mapping[date, int | None],
    *,
    tariff: Decimal | None = None,
    system_prices: Mapping[date, Decimal] | None = None,
) -> Unsettled:
    """Export that was generated and not settled.

    Args:
        exported_wh: real export by Settlement Day [Wh].
        settled_wh: by Settlement Day [Wh]; absent or None = no data, which aggregation takes as zero (CP0951).
        tariff: export tariff [£/kWh].
        system_prices: by Settlement Day, weighted by the day's export [£/kWh].
    """
    lost = {day: wh - (settled_wh.get(day) or 0) for day, wh in exported_wh.items() if wh > (settled_wh.get(day) or 0)}
    value = None
    if system_prices is not None and all(day in system_prices for day in lost):
        value = sum((Decimal(wh) / 1000 * system_prices[day] for day, wh in lost.items()), Decimal(0))
    total = sum(lost.values())
    return Unsettled(total, len(lost), None if tariff is None else Decimal(total) / 1000 * tariff, value)
