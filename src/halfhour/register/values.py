"""Values as people write them, in TOML or in a table's cell, read into what the register holds.

Every reader takes the native TOML value or its text and either returns the value or raises `Unreadable` with the
reason, so that a site means the same in either form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from halfhour.errors.written_values import UnreadableValue
from halfhour.identifiers import (
    LINE_LOSS_FACTOR_CLASS,
    METER_TIMESWITCH_CLASS,
    PROFILE_CLASS,
    STANDARD_SETTLEMENT_CONFIGURATION,
    ClassForm,
)

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,9})?")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_ID = re.compile(r"[A-Za-z0-9-]+")
_DISPLAY_GROUPING = re.compile(r"[0-9]{2} [0-9]{4} [0-9]{4} [0-9]{3}")


class Unreadable(UnreadableValue):
    """A value of a portfolio that cannot be read."""

    usual_code = "RG-008"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unreadable("which is not text", "Write it in quotes.")
    text = value.strip()
    if not text:
        raise Unreadable("which is empty", "Write a value or leave the key out.")
    if not text.isprintable():
        raise Unreadable("which holds characters that cannot be shown", "Write it again in plain characters.")
    return text


def _name(value: object) -> str:
    text = _text(value)
    if ";" in text:
        raise Unreadable("which holds ';', and that separates names in a table", "Choose another name.")
    return text


def _id(value: object) -> str:
    text = _text(value)
    if not _ID.fullmatch(text):
        raise Unreadable("which is not an id", "Use letters, digits and '-' only.")
    return text


def _msid(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        raise Unreadable(
            "a number, but an MSID or AMSID is text whose leading zeros count", "Write its 13 digits in quotes."
        )
    text = _text(value)
    # Readings name the 13 digits alone; whether they are good is for the checks.
    return text.replace(" ", "") if _DISPLAY_GROUPING.fullmatch(text) else text


def _class_reader(form: ClassForm) -> Callable[[object], str]:
    """A reader of a class of Market Domain Data, which it pads as the market data store does."""

    def read(value: object) -> str:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            raise Unreadable(
                f"a number, but {form.what} is text whose leading zeros count", f"Write {form.in_words} in quotes."
            )
        text = _text(value)
        found = form.read(text)
        if found is None:
            hint = f" Did you mean {text.upper()!r}?" if form.read(text.upper()) else ""
            raise Unreadable(f"which is not {form.what}", f"Write {form.in_words}.{hint}")
        return found

    return read


def _flag(value: object) -> bool:
    # Spreadsheets write TRUE and FALSE.
    known = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in known:
        return known[value.strip().lower()]
    raise Unreadable("which is neither true nor false", "Write true or false.")


def _day(value: object) -> date:
    if isinstance(value, datetime):
        raise Unreadable("which has a time of day", "Write the date alone, for example 2024-01-01.")
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _ISO_DAY.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError as problem:
            raise Unreadable("which is not a day of the calendar", "Correct the date.") from problem
    raise Unreadable("which is not a date", "Write it as year-month-day, for example 2024-01-01.")


def _number(value: object) -> Decimal:
    plain = 'Write it in plain digits, in quotes where it has decimals, for example "0.02".'
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unreadable("which is not a number", plain)
    if isinstance(value, int) and abs(value) >= 10**12:
        raise Unreadable("which is too large", plain)
    text = str(value).strip()
    if not _PLAIN_NUMBER.fullmatch(text):
        raise Unreadable("which is not a number of at most 12 digits and 9 decimals", plain)
    return Decimal(text)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Unreadable("which is not a whole number", "Write a whole number.")
    if isinstance(value, int):
        return value
    if not _WHOLE_NUMBER.fullmatch(value.strip()):
        raise Unreadable("which is not a whole number", "Write a whole number.")
    return int(value)


def _names(value: object) -> tuple[str, ...]:
    # A table has no lists: names are separated by ';' there.
    written = value.split(";") if isinstance(value, str) else value
    if not isinstance(written, list):
        raise Unreadable("which is not a list of names", 'Write a list, for example ["Meter 1", "Meter 2"].')
    names = tuple(_name(name) for name in written if not (isinstance(value, str) and not name.strip()))
    if not names:
        raise Unreadable("which names nothing", "Name at least one metering.")
    return names


def _reference(value: object) -> str | int:
    if value == "previous-month":
        return "previous-month"
    try:
        days = _whole(value)
    except Unreadable:
        days = 0
    # Ten years: longer than any series that settlement still corrects.
    if not 1 <= days <= 3653:
        raise Unreadable(
            "which is no reference period", 'Write "previous-month" or a number of Settlement Days from 1 to 3653.'
        )
    return days


READERS: dict[str, Callable[[object], object]] = {
    "text": _text,
    "name": _name,
    "id": _id,
    "choice": _text,
    "msid": _msid,
    "llfc": _class_reader(LINE_LOSS_FACTOR_CLASS),
    "mtc": _class_reader(METER_TIMESWITCH_CLASS),
    "ssc": _class_reader(STANDARD_SETTLEMENT_CONFIGURATION),
    "profile_class": _class_reader(PROFILE_CLASS),
    "flag": _flag,
    "date": _day,
    "number": _number,
    "whole": _whole,
    "names": _names,
    "reference": _reference,
}
