"""Facts from what people write: NAME=VALUE on a command line, rows of a CSV file, objects of the API."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.db import models as fields

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import nearest, shown
from halfhour.identifiers import is_msid_or_amsid
from halfhour.server.register.asking import kind_of
from halfhour.server.register.models import PORTFOLIO_KINDS, Fact
from halfhour.server.register.recording import Statement

_WORDS = {"true": True, "yes": True, "false": False, "no": False}
_MPID_FIELDS = ("mpid", "supplier", "agent")
_CHOICES = {
    "measures": ("AI", "AE", "AI,AE"),
    "role": ("X", "M", "C", "D", "A", "B", "R", "P", "8", "owner"),
    "option": ("scaled", "unscaled"),
}
_MPID = re.compile(r"[A-Z0-9]{4}")


def statement(
    kind: str, said: Mapping[str, Any], effective_from: date | None = None, effective_to: date | None = None
) -> Statement:
    """A fact to be recorded.

    Raises:
        HalfhourError: RM-006 there is no such kind, RM-007 a key that it has not, lacks, or cannot have that value.
    """
    model = _written_by_hand(kind)
    values = _values(kind, model, said)
    _known_names(kind, model, said, (*model.KEY, *model.VALUES))
    for name in model.VALUES:
        if name not in values and not model._meta.get_field(name).null:
            raise HalfhourError("RM-007", f"{kind} lacks {name}.", f"Say it. {_keys(model)}")
    return Statement(kind, _key(kind, model, values), values, effective_from, effective_to)


def key_of(kind: str, said: Mapping[str, Any]) -> tuple[Any, ...]:
    """The key of a fact's subject.

    Raises:
        HalfhourError: RM-006, RM-007 as `statement`.
    """
    model = _written_by_hand(kind)
    _known_names(kind, model, said, model.KEY)
    return _key(kind, model, _values(kind, model, said))


def _written_by_hand(kind: str) -> type[Fact]:
    model = kind_of(kind)
    if kind in PORTFOLIO_KINDS:
        raise HalfhourError(
            "RM-006",
            f"A {kind} is written in portfolio files, whose checks need the whole of it.",
            "Export the portfolio, change its files, and import them again.",
        )
    return model


def _known_names(kind: str, model: type[Fact], said: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in said:
        if name not in names:
            step = f"{_keys(model)} {nearest(str(name), names)}".rstrip()
            raise HalfhourError("RM-007", f"{shown(name)} is no key of {kind} here.", step)


def _keys(model: type[Fact]) -> str:
    return f"Its key is {', '.join(model.KEY)}; it says {', '.join(model.VALUES)}."


def _key(kind: str, model: type[Fact], values: Mapping[str, Any]) -> tuple[Any, ...]:
    for name in model.KEY:
        if values.get(name) is None:
            raise HalfhourError("RM-007", f"{kind} lacks {name}.", f"Say it. {_keys(model)}")
    return tuple(values[name] for name in model.KEY)


def _values(kind: str, model: type[Fact], said: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in model._meta.get_fields()}
    return {
        name: _value(kind, model._meta.get_field(name), written)
        for name, written in said.items()
        if name in names and written not in (None, "")
    }


def _value(kind: str, field: Any, written: Any) -> Any:
    text = str(written).strip()
    name = field.name
    value: Any = text
    if isinstance(field, fields.BooleanField):
        value = written if isinstance(written, bool) else _WORDS.get(text.lower())
    elif isinstance(field, fields.DateField):
        try:
            value = written if isinstance(written, date) else date.fromisoformat(text)
        except ValueError:
            value = None
    elif name == "msid":
        value = text if is_msid_or_amsid(text) else None
    elif name in _MPID_FIELDS and kind not in ("party", "party-role"):
        value = text if _MPID.fullmatch(text) else None
    elif name in _CHOICES:
        value = text if text in _CHOICES[name] else None
    elif len(text) > (field.max_length or 10_000) or not text.isprintable():
        value = None
    if value is None:
        wanted = f" It is one of {', '.join(_CHOICES[name])}." if name in _CHOICES else ""
        raise HalfhourError("RM-007", f"{name} of {kind} cannot be {shown(written)}.", f"Correct it.{wanted}")
    return value


def statements_of(file: Path) -> list[Statement]:
    """The facts of a CSV file.

    Raises:
        HalfhourError: RM-007 with the line of the first row that cannot be read; none is recorded then.
    """
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened)
        if "kind" not in (rows.fieldnames or ()):
            raise HalfhourError("RM-007", f"{file.name} has no column kind.", "Head it kind,from,to and the keys.")
        return [_row(file, rows.line_num, row) for row in rows]


def _row(file: Path, line: int, row: Mapping[str | None, Any]) -> Statement:
    said = {str(name): value for name, value in row.items() if name is not None and value not in (None, "")}
    try:
        kind = said.pop("kind", "")
        days = [_day(said.pop(name, None)) for name in ("from", "to")]
        return statement(kind, said, *days)
    except HalfhourError as error:
        raise HalfhourError(error.code, f"{file.name}:{line}: {error.message}", error.next_step) from None


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise HalfhourError("RM-007", f"{shown(text)} is no date.", "Write 2025-03-17.") from None
