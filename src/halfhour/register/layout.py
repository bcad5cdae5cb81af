"""The keys of a portfolio's files and the reading of one table of them, TOML or a table's row alike.

Follows the project's contract, section "A portfolio"; the keys themselves are data, in `data/layout.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from halfhour.errors import Finding
from halfhour.errors.written_values import nearest, shown
from halfhour.register.values import READERS, Unreadable


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a portfolio's files.

    Attributes:
        name: as people write it.
        field: the record's attribute that it fills.
        kind: how its value is written, a key of `values.READERS`.
        choices: the allowed words, empty where any value of the kind is allowed.
        least, most: the range of a number, both included; None = open.
        below: the number must be less than this; None = open.
        decimals: the most decimals of a number; None = as many as are written.
    """

    name: str
    field: str
    kind: str
    required: bool
    choices: tuple[str, ...]
    least: Decimal | None
    most: Decimal | None
    below: Decimal | None
    decimals: int | None
    meaning: str


@cache
def layout() -> dict[str, dict[str, Key]]:
    """Every table of a portfolio with its keys, in the order in which they are documented."""

    def bound(entry: dict[str, Any], name: str) -> Decimal | None:
        return Decimal(entry[name]) if name in entry else None

    written = tomllib.loads(files(__package__).joinpath("data", "layout.toml").read_text(encoding="utf-8"))
    return {
        table: {
            name: Key(
                name=name,
                field=entry.get("field", name),
                kind=entry["kind"],
                required=entry.get("required", False),
                choices=tuple(entry.get("choices", ())),
                least=bound(entry, "least"),
                most=bound(entry, "most"),
                below=bound(entry, "below"),
                decimals=entry.get("decimals"),
                meaning=entry["meaning"],
            )
            for name, entry in keys.items()
        }
        for table, keys in written.items()
    }


def read_value(key: Key, written: object) -> object:
    """The value of a key from what is written.

    Raises:
        Unreadable: the value is of the wrong kind, not among the allowed words or out of range.
    """
    value = READERS[key.kind](written)
    if key.choices and value not in key.choices:
        # Only a choice has choices, and its reader returns text.
        suggestion = nearest(str(value), key.choices)
        raise Unreadable(
            "which is not known", f"Write one of {', '.join(key.choices)}. {suggestion}".rstrip(), code="RG-009"
        )
    if isinstance(value, Decimal | int) and (problem := out_of_range(key, value)):
        raise Unreadable(problem, f"Correct it. {key.meaning}", code="RG-010")
    return value


def out_of_range(key: Key, value: Decimal | int) -> str:
    """Why the number cannot be a value of the key, empty where it can."""
    if key.least is not None and value < key.least:
        return f"which is less than {key.least}"
    if key.most is not None and value > key.most:
        return f"which is more than {key.most}"
    if key.below is not None and value >= key.below:
        return f"which is not less than {key.below}"
    if key.decimals is not None and isinstance(value, Decimal) and round(value, key.decimals) != value:
        return f"which has more than {key.decimals} decimals"
    return ""


def read_table(
    table: str,
    written: Mapping[str, object],
    subject: str,
    where: Callable[[str], str],
    site_id: str = "",
) -> tuple[dict[str, Any], list[Finding]]:
    """The values of one table by the record's attributes, and a finding for everything that cannot be read.

    Args:
        table: name of the table in the layout, for example `metering`.
        written: key to value as written.
        subject: the table's name in messages, for example `Site ridgeway-park, metering "Meter 1"`.
        where: file and line of a key.
        site_id: of the findings.
    """
    keys = layout()[table]
    values: dict[str, Any] = {}
    findings: list[Finding] = []

    def find(key: str, code: str, message: str, next_step: str) -> None:
        findings.append(Finding(code, "error", f"{subject}: {message}", next_step, where(key), site_id))

    for name, value in written.items():
        key = keys.get(name)
        if key is None:
            step = f"Remove {name!r}, or write the key meant. {nearest(name, keys)}"
            find(name, "RG-006", f"{shown(name)} is not a key of {table}.", step.rstrip())
            continue
        try:
            values[key.field] = read_value(key, value)
        except Unreadable as problem:
            find(name, problem.code, f"{name} is {shown(value)}, {problem.reason}.", problem.next_step)
    for name, key in keys.items():
        if key.required and name not in written:
            find(name, "RG-007", f"{name} is missing.", f"Add it. {key.meaning}")
    first, end = values.get("effective_from"), values.get("effective_to")
    if first is not None and end is not None and end <= first:
        step = "Correct the dates: `to` is the first day no longer included."
        find("to", "RG-011", f"to is {end}, which is not later than from, {first}.", step)
    return values, findings
