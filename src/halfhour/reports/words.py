"""Figures and dates as the page writes them: MWh, pounds and pence, ranges of days with both ends included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from halfhour.charges.levies import mwh as exact_mwh
from halfhour.charges.levies import to_pence


def mwh(wh: int) -> str:
    """Whole Wh as MWh, half to even at the third decimal."""
    return f"{exact_mwh(wh).quantize(Decimal('0.001')):,}".replace("-", "−")


def gbp(amount: Decimal) -> str:
    """An exact amount in pounds and pence."""
    return f"{to_pence(amount):,}".replace("-", "−")


def per_cent(part: int, whole: int) -> str:
    """A share with two decimals; an empty text where there is no whole."""
    if whole == 0:
        return ""
    return f"{(Decimal(100 * part) / Decimal(whole)).quantize(Decimal('0.01'))} %".replace("-", "−")


def day(on: date) -> str:
    """`5 November 2023`."""
    return f"{on.day} {on:%B %Y}"


def span(start: date, end: date) -> str:
    """A closed-open range of days in the industry's way, both ends included."""
    last = end - timedelta(days=1)
    return day(start) if last == start else f"{day(start)} to {day(last)}"


def spans(ranges: Iterable[tuple[date, date]]) -> str:
    """Several ranges, or `none`."""
    return ", ".join(span(start, end) for start, end in ranges) or "none"


def counted(number: int, thing: str) -> str:
    """`1 site`, `45 sites`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
