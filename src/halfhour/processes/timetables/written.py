"""Keys and values of a timetable's data file, and the errors of those that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import nearest, shown


def check_keys(row: Mapping[str, Any], names: tuple[str, ...], place: str) -> None:
    """Refuse a key that nothing reads.

    Raises:
        HalfhourError: PT-002.
    """
    for name in row:
        if name not in names:
            step = f"The keys are {', '.join(names)}. {nearest(name, names)}".rstrip()
            raise HalfhourError("PT-002", f"{place}: {shown(name)} is no key here.", step)


def rows_of(whole: Mapping[str, Any], table: str, place: str) -> list[Mapping[str, Any]]:
    """The rows of a list of tables, none where it is absent.

    Raises:
        HalfhourError: PT-003 it is something else.
    """
    rows = whole.get(table, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise wrong(place, f"{table} is no list of tables")
    return rows


def value_of(row: Mapping[str, Any], name: str, kind: type, place: str, *default: Any) -> Any:
    """A value of a kind, or the default where there is one and the key is absent.

    Raises:
        HalfhourError: PT-003 it is missing or of another kind.
    """
    value = row.get(name)
    if value is None and default:
        return default[0]
    if not isinstance(value, kind):
        raise wrong(place, f"{name} is missing" if value is None else f"{name} is {shown(value)}")
    return value


def text_of(row: Mapping[str, Any], name: str, place: str) -> str:
    """A text that must be there and say something.

    Raises:
        HalfhourError: PT-003.
    """
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise wrong(place, f"{name} is missing" if value is None else f"{name} is {shown(value)}")
    return value


def choice_of(row: Mapping[str, Any], name: str, choices: tuple[str, ...], place: str) -> Any:
    """A word of a list.

    Raises:
        HalfhourError: PT-003 it is none of them.
    """
    value = row.get(name)
    if value not in choices:
        raise wrong(place, f"{name} is {shown(value)}, none of {', '.join(choices)}")
    return value


def wrong(place: str, problem: str) -> HalfhourError:
    """The error of a value that is missing or cannot be."""
    return HalfhourError("PT-003", f"{place}: {problem}.", "Correct the timetable.")


def undefined(place: str, key: str, name: str) -> HalfhourError:
    """The error of a name that nothing defines."""
    return HalfhourError(
        "PT-004", f"{place}: {key} names {name}, which nothing defines.", "Define it, or correct the name."
    )
