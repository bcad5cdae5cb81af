"""Refusals of embedded generation, by the names of the handbook, embedded-generation.md 13.1.

A refusal names the item, the year or date, the zone or party, what is held, and how to supply it. Nothing falls back to
a neighbouring year, zone, run or period.
"""

from __future__ import annotations

from datetime import date

from halfhour.calendar import check_period
from halfhour.errors import HalfhourError, NotCovered

MISSING_CODES = {
    "MISSING_TARIFF": "EB-101",
    "TARIFF_ROUNDED": "EB-102",
    "TARIFF_SPLIT_YEAR": "EB-103",
    "MISSING_TRIADS": "EB-104",
    "TRIADS_NOT_PUBLISHED": "EB-105",
    "MISSING_TLF": "EB-106",
    "MISSING_TLM": "EB-107",
    "MISSING_BSUOS_PRICE": "EB-108",
    "BSUOS_RULE_OPEN": "EB-109",
    "SUSPECT_DATA": "EB-110",
    "MISSING_RCRC": "EB-111",
    "MISSING_SYSTEM_PRICE": "EB-112",
    "RULESET_DATE": "EB-113",
    "RUN_NOT_NAMED": "EB-114",
}
INPUT_CODES = {
    "DATA_GAP": "EB-120",
    "BAD_PERIOD": "EB-121",
    "NO_MULTIPLIER": "EB-122",
    "BAD_INPUT": "EB-123",
    "BAD_CHARGING_YEAR": "EB-124",
    "BAD_ZONE": "EB-125",
    "ACCOUNT_NEEDED": "EB-126",
    "NO_SHARES": "EB-127",
    "TLF_BEFORE_ZONES": "EB-128",
}


class Missing(NotCovered):
    """Reference data, or a rule, does not cover what was asked.

    Args:
        name: of the handbook, such as `MISSING_TARIFF`; the message begins with it.
        message: what is missing for which year or date and zone, and what is held.
        next_step: how to supply it.
    """

    def __init__(self, name: str, message: str, next_step: str) -> None:
        super().__init__(MISSING_CODES[name], f"{name}: {message}", next_step)
        self.name = name


class BadInput(HalfhourError):  # noqa: N818 - what it says, as Missing does
    """What was given cannot be used.

    Args:
        name: of the handbook where it has one, such as `DATA_GAP`; the message begins with it.
        message: what was given, and why it cannot be used.
        next_step: what to give instead.
    """

    def __init__(self, name: str, message: str, next_step: str) -> None:
        super().__init__(INPUT_CODES[name], f"{name}: {message}", next_step)
        self.name = name


def require_period(day: date, period: int) -> None:
    """Refuse a number that is not one of the day's 46, 48 or 50 Settlement Periods.

    Raises:
        BadInput: EB-121 (BAD_PERIOD).
        NotCovered: CA-002 a day outside the calendar.
    """
    try:
        check_period(day, period)
    except NotCovered:
        raise
    except HalfhourError as error:
        raise BadInput("BAD_PERIOD", error.message, error.next_step) from None
