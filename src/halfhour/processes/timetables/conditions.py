"""Conditions of a timetable: what must be true of the facts for a step to apply or an outcome to be taken.

A name that is absent makes a condition neither true nor false but unknown: absence is a state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

OPERATORS = ("is", "one_of", "at_least", "at_most", "below", "not", "present")


class Unknown(Exception):  # noqa: N818 - a state of the facts, not a fault
    """A condition cannot be decided, since a fact is absent; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition over a name: of a fact, of an item of an event's data, or of a parameter.

    Attributes:
        operator: `is`, `one_of`, `at_least`, `at_most`, `below`, `not` or `present`.
        value: what it is compared with; a text that is a parameter's name stands for the parameter's value.
    """

    name: str
    operator: str
    value: Any


def holds(conditions: Iterable[Condition], *scopes: Mapping[str, Any]) -> bool:
    """Whether every condition holds in the scopes, the first that knows a name deciding.

    A condition that is known to be false decides before one that is unknown.

    Args:
        scopes: an event's data, the facts, the parameters, in this order; the last one resolves parameters' names.

    Raises:
        Unknown: none is false, and a name is absent from every scope.
    """
    missing = ""
    for condition in conditions:
        try:
            if not _holds(condition, scopes):
                return False
        except Unknown as unknown:
            missing = missing or unknown.name
    if missing:
        raise Unknown(missing)
    return True


def _holds(condition: Condition, scopes: tuple[Mapping[str, Any], ...]) -> bool:
    found = _found(condition.name, scopes)
    if condition.operator == "present":
        return (found is not None) == bool(condition.value)
    if found is None:
        raise Unknown(condition.name)
    if condition.operator == "one_of":
        return any(_same(found, _resolved(value, scopes)) for value in condition.value)
    wanted = _resolved(condition.value, scopes)
    if condition.operator in ("is", "not"):
        return _same(found, wanted) == (condition.operator == "is")
    left, right = _comparable(found), _comparable(wanted)
    if left is None or right is None or isinstance(left, date) != isinstance(right, date):
        raise Unknown(condition.name)
    if condition.operator == "at_least":
        return bool(left >= right)
    if condition.operator == "at_most":
        return bool(left <= right)
    return bool(left < right)


def _found(name: str, scopes: tuple[Mapping[str, Any], ...]) -> Any:
    for scope in scopes:
        value = scope.get(name)
        if value is not None and value != "":
            return value
    return None


def _resolved(value: Any, scopes: tuple[Mapping[str, Any], ...]) -> Any:
    parameters = scopes[-1] if scopes else {}
    return parameters[value] if isinstance(value, str) and value in parameters else value


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, date) or isinstance(right, date):
        return bool(_comparable(left) == _comparable(right))
    if isinstance(left, int | Decimal) and isinstance(right, int | Decimal):
        return left == right
    return str(left) == str(right)


def _comparable(value: Any) -> Any:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal | date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
        try:
            number = Decimal(value)
        except ArithmeticError:
            return None
        return number if number.is_finite() else None
    return None
