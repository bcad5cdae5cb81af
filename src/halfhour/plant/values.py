"""Values of a plant file, read from what TOML gives; a value that cannot be read says why and what to write."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import UnreadableValue, nearest
from halfhour.identifiers import gsp_group, gsp_group_of_distributor
from halfhour.plant.conditions import table

UNKNOWN = "unknown"
"""Means the same as leaving the key out."""

MOST_MW = Decimal(100_000)
"""Above the capacity of the whole GB system, so that kW given as MW is noticed."""

_LONGEST_COMPARED = 80
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,9})?")
_ID = re.compile(r"[A-Za-z0-9-]{1,80}")


class Unreadable(UnreadableValue):
    """A value of a plant file that cannot be read."""

    usual_code = "PL-003"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a plant file: how it is written, the allowed words, the least and most of a number."""

    table: str
    name: str
    kind: str
    choices: tuple[str, ...]
    least: Decimal | None
    most: Decimal | None
    meaning: str


@cache
def keys() -> dict[str, dict[str, Key]]:
    """Every table of a plant file with its keys, in the order in which they are documented."""
    return {
        name: {
            key: Key(
                name,
                key,
                entry["kind"],
                tuple(entry.get("choices", ())),
                Decimal(entry["least"]) if "least" in entry else None,
                Decimal(entry["most"]) if "most" in entry else None,
                entry["meaning"],
            )
            for key, entry in entries.items()
        }
        for name, entries in table("keys").items()
    }


def nearest_key(name: str, known: Collection[str]) -> str:
    """The nearest of the known words of a plant file, by how a written one, of whatever length, begins."""
    return nearest(name[:_LONGEST_COMPARED], known)


def read_value(key: Key, written: object) -> Any:
    """The value of a key; None where it is unknown.

    Raises:
        Unreadable: it is of the wrong kind, no allowed word, or out of range.
    """
    if isinstance(written, str) and written.strip().lower() == UNKNOWN:
        return None
    value = _READERS[key.kind](written)
    if key.choices and value not in key.choices:
        step = f"Write one of {', '.join(key.choices)}, or unknown. {nearest_key(str(value), key.choices)}".rstrip()
        raise Unreadable("which is not known", step, code="PL-004")
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        if key.least is not None and value < key.least:
            raise Unreadable(f"which is less than {key.least}", f"Correct it. {key.meaning}", code="PL-005")
        if key.most is not None and value > key.most:
            raise Unreadable(f"which is more than {key.most}", f"Correct it. {key.meaning}", code="PL-005")
    return value


def read_number(value: object) -> Decimal:
    """A number in plain digits, from a TOML number or its text."""
    plain = "Write it in plain digits, for example 49.9."
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Unreadable("which is not a number", plain)
    if isinstance(value, int) and abs(value) >= 10**12:
        raise Unreadable("which is too large", plain, code="PL-005")
    text = str(value).strip()
    if not _NUMBER.fullmatch(text):
        raise Unreadable("which is not a number of at most 12 digits and 9 decimals", plain)
    return Decimal(text)


def _mw(value: object) -> Decimal:
    number = read_number(value)
    if number < 0:
        raise Unreadable("which is negative", "Give it in MW, 0 or more.", code="PL-005")
    if number > MOST_MW:
        raise Unreadable(f"which is more than {MOST_MW:,} MW", "Give it in MW, not in kW.", code="PL-005")
    return number


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unreadable("which is not text", "Write it in quotes.")
    text = value.strip()
    if not text or not text.isprintable() or len(text) > 200:
        raise Unreadable("which is empty, too long or holds what cannot be shown", "Write up to 200 plain characters.")
    return text


def _id(value: object) -> str:
    text = _text(value)
    if not _ID.fullmatch(text):
        raise Unreadable("which is no id", "Use letters, digits and '-'.")
    return text


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Unreadable("which is neither true nor false", 'Write true, false or "unknown".')


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise Unreadable("which is not a date", "Write it without quotes, year-month-day: 2024-01-31.")


def _whole(value: object) -> int:
    number = read_number(value)
    if number != number.to_integral_value():
        raise Unreadable("which is not a whole number", "Write a whole number.")
    return int(number)


def _gsp_group(value: object) -> str:
    try:
        return gsp_group(_text(value)).id
    except HalfhourError as error:
        raise Unreadable("which is no GSP Group", error.next_step, code="PL-004") from None


def _distributor(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        raise Unreadable("which is a number", "Write the two digits in quotes.")
    text = _text(value)
    try:
        gsp_group_of_distributor(text)
    except HalfhourError as error:
        raise Unreadable("from which no GSP Group follows", error.next_step, code="PL-004") from None
    return text


_READERS: dict[str, Callable[[object], Any]] = {
    "id": _id,
    "text": _text,
    "choice": _text,
    "order": _text,
    "flag": _flag,
    "date": _date,
    "mw": _mw,
    "number": read_number,
    "whole": _whole,
    "gsp_group": _gsp_group,
    "distributor": _distributor,
}
