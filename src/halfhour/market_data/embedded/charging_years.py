"""Charging years, 1 April to 31 March, written `2026/27`, and their winters. Handbook embedded-generation.md 0.2."""

from __future__ import annotations

import re
from datetime import date

from halfhour.market_data.dated import DateRange
from halfhour.market_data.embedded.refusals import BadInput


def charging_year_of(day: date) -> str:
    """The charging year that a day is in, such as `2026/27`."""
    return _label(day.year if day.month >= 4 else day.year - 1)


def charging_year_days(charging_year: str) -> DateRange:
    """The days of a charging year, closed-open.

    Raises:
        BadInput: EB-124 it is not written as two years that follow each other, such as `2026/27`.
    """
    year = first_year(charging_year)
    return date(year, 4, 1), date(year + 1, 4, 1)


def winter_of(charging_year: str) -> DateRange:
    """The days from which Triads are taken, 1 November to the end of February, closed-open.

    Raises:
        BadInput: EB-124 as for `charging_year_days`.
    """
    year = first_year(charging_year)
    return date(year, 11, 1), date(year + 1, 3, 1)


def first_year(charging_year: str) -> int:
    """The calendar year in which a charging year begins.

    Raises:
        BadInput: EB-124 as for `charging_year_days`.
    """
    if isinstance(charging_year, str) and re.fullmatch(r"(19|20)[0-9]{2}/[0-9]{2}", charging_year):
        year = int(charging_year[:4])
        if _label(year) == charging_year:
            return year
    raise BadInput(
        "BAD_CHARGING_YEAR",
        f"{str(charging_year)[:40]!r} is not a charging year.",
        "Write the year in which it begins and the last two digits of the next, such as 2026/27.",
    )


def _label(year: int) -> str:
    return f"{year}/{(year + 1) % 100:02}"
