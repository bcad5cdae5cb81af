"""Dated parameters of a timetable: what no source fixes, or what changes with the years, each value with its source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import shown

ParameterKind = Literal["number", "decimal", "yes-no", "choice", "days-or-none"]

NO_CLOCK = "none"
"""Value of a `days-or-none` parameter under which there is no clock."""


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A parameter's value from a day on, with its source and its mark (doc, secondary, inferred, open)."""

    effective_from: date
    value: Any
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A dated parameter of a timetable.

    Attributes:
        unit: for people, `working days`.
        values: in order of date.
    """

    name: str
    kind: ParameterKind
    unit: str
    meaning: str
    choices: tuple[str, ...]
    values: tuple[ParameterValue, ...]

    def on(self, day: date) -> ParameterValue | None:
        """The value in force on a day; None before the first."""
        return next((value for value in reversed(self.values) if value.effective_from <= day), None)


_BRACES = re.compile(r"\{([a-z0-9_]+)\}")


def value_in_words(value: object) -> str:
    """A value of a parameter or fact as people read it."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def in_words(text: str, values: Mapping[str, Any]) -> str:
    """A text with the values of the parameters that it names in braces; a name that is none stays as it is."""

    def value(found: re.Match[str]) -> str:
        known = values.get(found[1])
        return found[0] if known is None else value_in_words(known)

    return _BRACES.sub(value, text)


def parameter_value(parameter: Parameter, written: Any) -> Any:
    """The value of a parameter from what is written in a file or on a command line.

    Raises:
        HalfhourError: PT-007 it is of the wrong kind.
    """
    text = str(written).strip()
    value: Any = None
    match parameter.kind:
        case "yes-no":
            value = (
                written
                if isinstance(written, bool)
                else {"true": True, "yes": True, "false": False, "no": False}.get(text)
            )
        case "choice":
            value = text if text in parameter.choices else None
        case "decimal":
            value = _decimal(text)
        case "number" | "days-or-none":
            whole = not isinstance(written, bool) and text.isascii() and text.isdigit() and len(text) <= 4
            value = int(text) if whole else None
            if parameter.kind == "days-or-none" and text == NO_CLOCK:
                value = NO_CLOCK
    if value is None:
        kinds = {
            "yes-no": "true or false",
            "choice": f"one of {', '.join(parameter.choices)}",
            "decimal": "a number that is not negative",
            "number": "a whole number, 0 to 9999",
            "days-or-none": f"a whole number, 0 to 9999, or {NO_CLOCK}",
        }
        raise HalfhourError(
            "PT-007",
            f"Parameter {parameter.name} cannot be {shown(written)}.",
            f"Give {kinds[parameter.kind]}. {parameter.meaning}",
        )
    return value


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() and 0 <= number < 10**12 else None
