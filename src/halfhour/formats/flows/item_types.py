"""Types of items: how each is written in a layout, what a value of it looks like, and what it becomes in a table.

Follows the handbook (file-formats 1: dates YYYYMMDD, times HHMMSS, booleans T/F, point as decimal) and, for
identifiers, the identifiers room.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from typing import Literal

from halfhour.errors import HalfhourError
from halfhour.identifiers import Mpan, gsp_group

Stored = Literal["text", "integer", "decimal", "date", "datetime"]
"""What a value becomes in a typed table; everything but numbers and dates stays the text it is."""

FLOW_TEXT = r"[ -{}~]"
"""The characters of free text: printable ASCII without the pipe."""

LONGEST = 256
"""Of an item whose length no source gives."""


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type of item.

    Attributes:
        written: as a layout writes it, `decimal(9,3)`.
        kind: `decimal`.
        pattern: a regular expression that the whole of a value must match.
        says: what a value is, to end a sentence: "a date written YYYYMMDD".
        stored: what it becomes in a typed table.
        precision, scale: of a decimal.
        least, most: characters.
        fault: what is wrong with a value that matches the pattern, None where nothing is; None = the pattern says all.
        few: whether a file holds few different values of it, so that each is looked at once.
    """

    written: str
    kind: str
    pattern: str
    says: str
    least: int
    most: int
    stored: Stored = "text"
    precision: int = 0
    scale: int = 0
    fault: Callable[[str], str | None] | None = None
    few: bool = True


def as_date(text: str) -> date | None:
    """A date written YYYYMMDD; None where it is none."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) if len(text) == 8 and text.isdecimal() else None
    except ValueError:
        return None


def _date_fault(text: str) -> str | None:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return "is no day of the calendar"
    return None


def _time_fault(text: str) -> str | None:
    try:
        time(int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return "is no time of a day"
    return None


def _datetime_fault(text: str) -> str | None:
    return _date_fault(text[:8]) or _time_fault(text[8:])


def _mpan_fault(text: str) -> str | None:
    try:
        Mpan(text)
    except HalfhourError as error:
        return f"is no MPAN core ({error.code}: {error.message.rstrip('.')})"
    return None


def _gsp_group_fault(text: str) -> str | None:
    try:
        gsp_group(text)
    except HalfhourError:
        return "is none of the 14 GSP Groups"
    return None


_FIXED: dict[str, ItemType] = {
    entry.kind: entry
    for entry in (
        ItemType("date", "date", r"[0-9]{8}", "a date written YYYYMMDD", 8, 8, "date", fault=_date_fault),
        ItemType("time", "time", r"[0-9]{6}", "a time written HHMMSS", 6, 6, fault=_time_fault),
        ItemType(
            "datetime",
            "datetime",
            r"[0-9]{14}",
            "a moment written YYYYMMDDHHMMSS",
            14,
            14,
            "datetime",
            fault=_datetime_fault,
        ),
        ItemType("bool", "bool", "[TF]", "T or F", 1, 1),
        ItemType("mpan", "mpan", r"[0-9]{13}", "an MPAN core of 13 digits", 13, 13, fault=_mpan_fault),
        ItemType("mpid", "mpid", r"[A-Z0-9]{4}", "a Market Participant Id, four capital letters or digits", 4, 4),
        ItemType("role", "role", r"[A-Z0-9]", "a role code, one capital letter or digit", 1, 1),
        ItemType("gsp_group", "gsp_group", r"_[A-Z]", "a GSP Group such as _A", 2, 2, fault=_gsp_group_fault),
        ItemType("bm_unit", "bm_unit", r"[A-Z0-9_&\-]{2,11}", "a BM Unit id of at most 11 characters", 2, 11),
        ItemType("llfc", "llfc", r"[A-Z0-9]{1,3}", "a Line Loss Factor Class of one to three characters", 1, 3),
        ItemType("mtc", "mtc", r"[0-9]{1,3}", "a Meter Timeswitch Class of one to three digits", 1, 3),
        ItemType("ssc", "ssc", r"[0-9]{4}", "a Standard Settlement Configuration of four digits", 4, 4),
        ItemType("tpr", "tpr", r"[0-9]{5}", "a Time Pattern Regime of five digits", 5, 5),
        ItemType("profile_class", "profile_class", r"0?[0-8]", "a profile class from 0 to 8", 1, 2),
        ItemType("measurement_class", "measurement_class", r"[A-G]", "a measurement class from A to G", 1, 1),
        ItemType("quantity", "quantity", r"A[IE]|R[IE]", "a measurement quantity: AI, AE, RI or RE", 2, 2),
        ItemType("period", "period", r"0?[1-9]|[1-4][0-9]|50", "a Settlement Period from 1 to 50", 1, 2, "integer"),
        ItemType("any", "any", FLOW_TEXT + f"{{1,{LONGEST}}}", f"text of at most {LONGEST} characters", 1, LONGEST),
    )
}

_WITH_ARGUMENTS = re.compile(r"(text|char|int|decimal|code)\(([^()]+)\)")


@cache
def item_type(written: str) -> ItemType:
    """The type that a layout writes so.

    Raises:
        HalfhourError: FF-901 there is no such type.
    """
    if written in _FIXED:
        return _FIXED[written]
    match = _WITH_ARGUMENTS.fullmatch(written)
    found = _built(match[1], match[2].split(","), written) if match else None
    if found is None:
        raise HalfhourError(
            "FF-901",
            f"There is no type of item {written!r}.",
            "Write text(n), char(n), int(n), decimal(p,s), code(A,B) or one of " + ", ".join(sorted(_FIXED)) + ".",
        )
    return found


def _built(kind: str, arguments: list[str], written: str) -> ItemType | None:
    if kind == "code":
        # Re2 takes codes apart as they are: letters and digits only, the longest first.
        if not all(re.fullmatch(r"[A-Za-z0-9_\-]+", argument) for argument in arguments):
            return None
        says = f"one of {', '.join(arguments)}" if len(arguments) > 1 else arguments[0]
        longest = sorted(arguments, key=len, reverse=True)
        return ItemType(written, kind, "|".join(longest), says, len(longest[-1]), len(longest[0]))
    if not all(argument.isdecimal() for argument in arguments):
        return None
    sizes = [int(argument) for argument in arguments]
    if kind == "decimal":
        if len(sizes) != 2 or not 0 < sizes[0] <= 38 or sizes[1] > sizes[0]:
            return None
        precision, scale = sizes
        whole = precision - scale
        before = f"[0-9]{{1,{whole}}}" if whole else "0"
        after = rf"(\.[0-9]{{1,{scale}}})?" if scale else ""
        says = f"a number of at most {whole} digits before and {scale} after the point"
        most = 1 + max(1, whole) + 1 + scale
        return ItemType(written, kind, f"-?{before}{after}", says, 1, most, "decimal", precision, scale, few=False)
    if len(sizes) != 1 or not 0 < sizes[0] <= (18 if kind == "int" else 1_000):
        return None
    (size,) = sizes
    if kind == "int":
        return ItemType(
            written,
            kind,
            f"[0-9]{{1,{size}}}",
            f"a whole number of at most {size} digits",
            1,
            size,
            "integer",
            few=False,
        )
    repeat = f"{{{size}}}" if kind == "char" else f"{{1,{size}}}"
    says = f"{'exactly' if kind == 'char' else 'at most'} {size} characters of text"
    return ItemType(written, kind, FLOW_TEXT + repeat, says, size if kind == "char" else 1, size)
