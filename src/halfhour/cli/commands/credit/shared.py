"""What the commands of `halfhour credit` share: reading a case, and figures for a screen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from halfhour.calendar import check_day, clock_label, parse_day
from halfhour.cli import arguments
from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    from halfhour.charges.credit.case import CreditCase
    from halfhour.charges.credit.indebtedness import HalfHour


Json = Annotated[bool, Parameter(negative="")]

WIDE = Context(prec=100)
"""Wide enough for the largest figure that a case can hold: only the places asked for are cut."""


def case_of(path: Path, cap: str | None, lodged: str | None) -> CreditCase:
    """A case file, with a price or a cover typed in put in place of its own."""
    from halfhour.charges.credit.case import read_case  # noqa: PLC0415

    read = read_case(path)
    if cap is not None:
        read = read.with_cap(positive(cap, "--cap"))
    if lodged is not None:
        amount = arguments.decimal(lodged, "--lodged")
        if amount < 0:
            raise HalfhourError("EB-204", f"--lodged is {amount}, and cover is not negative.", "Give 0 or more.")
        read = read.with_cover(amount)
    return read


def positive(text: str, name: str) -> Decimal:
    """A number typed in that must be above zero."""
    found = arguments.decimal(text, name)
    if found <= 0:
        raise HalfhourError("EB-204", f"{name} is {found}, and must be above zero.", "Correct it.")
    return found


def day_range(case: CreditCase, start: str | None, end: str | None) -> tuple[date, date]:
    """The days asked for, closed-open: by default the day that the case names."""
    first = case.as_of if start is None else parse_day(start)
    check_day(first)
    after = first + timedelta(days=1) if end is None else parse_day(end)
    if after <= first:
        raise HalfhourError("EB-205", f"There is no day from {first} to {after}, excluded.", "Give a later --to.")
    return first, after


def level(half_hour: HalfHour) -> str:
    """A level in words."""
    names = {None: "-", 0: "no default", 1: "Level 1", 2: "Level 2"}
    return names[half_hour.level]


def percentage(half_hour: HalfHour) -> str:
    """A Credit Cover Percentage as a ratio, six places."""
    return "-" if half_hour.ccp is None else places(half_hour.ccp, 6)


def half_hour_text(half_hour: HalfHour) -> str:
    """A half hour with the clock at its start."""
    return f"{half_hour.day} Settlement Period {half_hour.period} ({clock_label(half_hour.day, half_hour.period)})"


def day_text(day: date) -> str:
    """A day with its weekday."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def clock_text(moment: datetime) -> str:
    """A moment with its weekday and the clock it is told by."""
    return f"{day_text(moment.date())} {moment:%H:%M %Z}"


def mwh(volume: Decimal | None) -> str:
    """Energy for a screen [MWh]."""
    return "-" if volume is None else f"{volume.quantize(Decimal('0.001'), ROUND_HALF_UP, WIDE):,}"


def gbp(amount: Decimal | None) -> str:
    """Pounds and pence, rounded once, half up (handbook 0.2)."""
    return "-" if amount is None else f"{amount.quantize(Decimal('0.01'), ROUND_HALF_UP, WIDE):,}"


def gbp_down(amount: Decimal) -> str:
    """A most that can be taken: never a penny more."""
    return f"{amount.quantize(Decimal('0.01'), ROUND_FLOOR, WIDE):,}"


def places(value: Decimal, number: int) -> str:
    """A number for a screen, half up."""
    return f"{value.quantize(Decimal(1).scaleb(-number), ROUND_HALF_UP, WIDE):f}"


def whole_wh(volume: Decimal) -> int:
    """Energy in whole Wh, half to even."""
    return int(WIDE.scaleb(volume, 6).to_integral_value(ROUND_HALF_EVEN))


def energies(volumes: Iterable[tuple[str, Decimal | None]]) -> dict[str, object]:
    """Each energy in whole Wh, as every document of the program has it, and exact in MWh, the unit of the rules."""
    found: dict[str, object] = {}
    for name, volume in volumes:
        found[f"{name}_wh"] = None if volume is None else whole_wh(volume)
        found[f"{name}_mwh"] = volume
    return found
