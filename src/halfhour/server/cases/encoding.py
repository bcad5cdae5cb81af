"""Values in JSON columns, given back as they went in: dates and decimal numbers beside what JSON itself knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import shown

MOST_CHARACTERS = 100_000
"""Of the data of one event; an instance of a flow has a few hundred."""

_DATE, _DECIMAL = "$date", "$decimal"


class ExactEncoder(json.JSONEncoder):
    """Writes dates and decimals as objects of one key."""

    def default(self, o: Any) -> Any:
        """What JSON has no form for."""
        if isinstance(o, date) and not isinstance(o, datetime):
            return {_DATE: o.isoformat()}
        if isinstance(o, Decimal) and o.is_finite():
            return {_DECIMAL: str(o)}
        return super().default(o)


class ExactDecoder(json.JSONDecoder):
    """Reads what `ExactEncoder` wrote."""

    def __init__(self, **named: Any) -> None:
        super().__init__(object_hook=_read, **named)


def _read(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        if isinstance(text := found.get(_DATE), str):
            return date.fromisoformat(text)
        if isinstance(text := found.get(_DECIMAL), str):
            return Decimal(text)
    return found


def storable(data: Mapping[str, Any]) -> dict[str, Any]:
    """An event's data as it can be kept; what says nothing (None) is left out.

    Raises:
        HalfhourError: CS-207 a name or a value that cannot be kept, or too much of it.
    """
    kept = {name: _kept(value, str(name)) for name, value in data.items() if value is not None}
    for name in kept:
        if not isinstance(name, str) or not name or len(name) > 100 or not name.isprintable() or name.startswith("$"):
            raise HalfhourError(
                "CS-207", f"{shown(name)} is no name that data can have.", "Give names of letters, digits and '_'."
            )
    if len(json.dumps(kept, cls=ExactEncoder)) > MOST_CHARACTERS:
        raise HalfhourError(
            "CS-207",
            f"The data have more than {MOST_CHARACTERS:,} characters.",
            "Leave out what the case need not know.",
        )
    return kept


def _kept(value: Any, name: str, depth: int = 0) -> Any:
    if isinstance(value, Mapping) and depth < 4:
        return {str(key): _kept(inner, name, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple) and depth < 4:
        return [_kept(inner, name, depth + 1) for inner in value]
    if isinstance(value, float):
        value = Decimal(repr(value))
    fits = (
        isinstance(value, bool | int | date)
        or (isinstance(value, str) and is_text(value))
        or (isinstance(value, Decimal) and value.is_finite())
    )
    if not fits or isinstance(value, datetime) or (isinstance(value, int) and abs(value) >= 10**18):
        raise HalfhourError(
            "CS-207", f"{name} is {shown(value)}, which cannot be kept.", "Give text, a number, a date, true or false."
        )
    return value


def is_text(value: str) -> bool:
    """Whether a database takes it: no NUL, and no lone half of a surrogate pair, which comes in through JSON."""
    if "\0" in value:
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
