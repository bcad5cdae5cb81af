"""Facts of a case: what a timetable declares, read from what is written, and what a case must know to be opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import nearest, shown
from halfhour.identifiers import is_msid_or_amsid
from halfhour.processes.cases.events import Opening
from halfhour.processes.timetables import Fact, Timetable

_MPID = re.compile(r"[A-Z0-9]{4}")
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 /-]{0,19}")
_LONGEST_TEXT = 2_000
_WANTED = {
    "text": f"text of at most {_LONGEST_TEXT:,} characters",
    "date": "a date, 2025-03-03",
    "integer": "a whole number",
    "decimal": "a decimal number",
    "yes-no": "true or false",
    "mpan": "an MPAN core of 13 digits",
    "mpid": "a Market Participant Id of 4 characters",
    "serial": "a meter's serial number",
}


def read_value(fact: Fact, written: Any) -> Any:
    """A fact's value from what is written in a file, a request or on a command line.

    Raises:
        HalfhourError: CS-002 it cannot be a value of the fact.
    """
    value = _value(fact, written)
    if value is None:
        wanted = f"one of {', '.join(fact.choices)}" if fact.kind == "choice" else _WANTED[fact.kind]
        raise HalfhourError("CS-002", f"{fact.name} is {shown(written)}.", f"Give {wanted}. {fact.meaning}")
    return value


def _value(fact: Fact, written: Any) -> Any:
    if isinstance(written, datetime) or written is None:
        return None
    text = str(written).strip()
    match fact.kind:
        case "date":
            if isinstance(written, date):
                return written
            try:
                return date.fromisoformat(text) if len(text) == 10 else None
            except ValueError:
                return None
        case "yes-no":
            if isinstance(written, bool):
                return written
            return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower())
        case "integer":
            if isinstance(written, bool) or not re.fullmatch(r"-?[0-9]{1,12}", text):
                return None
            return int(text)
        case "decimal":
            return None if isinstance(written, bool) else _decimal(text)
        case "choice":
            return text if text in fact.choices else None
        case "mpan":
            return text if is_msid_or_amsid(text) else None
        case "mpid":
            return text if _MPID.fullmatch(text) else None
        case "serial":
            return text if _SERIAL.fullmatch(text) else None
        case _:
            return text if text and len(text) <= _LONGEST_TEXT and "\0" not in text else None


def _decimal(text: str) -> Decimal | None:
    if len(text) > 30:
        return None
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() and abs(number) < 10**15 else None


def check_opening(timetable: Timetable, opening: Opening) -> Opening:
    """An opening with its facts and parties read, fit to be stored.

    Raises:
        HalfhourError: CS-001 a required fact is absent, CS-002 a value cannot be used, CS-003 the timetable has no such
            fact or party, PT-006 and PT-007 of its parameters.
    """
    facts: dict[str, Any] = {}
    for name, written in opening.facts.items():
        fact = timetable.facts.get(name)
        if fact is None:
            step = f"Its facts are {', '.join(timetable.facts)}. {nearest(name, timetable.facts)}".rstrip()
            raise HalfhourError("CS-003", f"{shown(name)} is no fact of {timetable.id}.", step)
        facts[name] = read_value(fact, written)
    for fact in timetable.facts.values():
        if fact.required and fact.name not in facts:
            raise HalfhourError("CS-001", f"{timetable.id} needs {fact.name}.", f"Give it. {fact.meaning}")
    parties = {name: check_party(timetable, name, written) for name, written in opening.parties.items()}
    timetable.parameter_values(opening.opened_on, opening.parameters)
    if opening.nation not in ("E&W", "SCT"):
        raise HalfhourError("CS-002", f"The nation is {shown(opening.nation)}.", "Give E&W or SCT.")
    return replace(opening, facts=facts, parties=parties)


def check_party(timetable: Timetable, name: str, written: Any) -> str:
    """Who plays a party, as it is stored.

    Raises:
        HalfhourError: CS-002 no name or MPID, CS-003 the timetable has no such party.
    """
    if name not in timetable.parties:
        step = f"Its parties are {', '.join(timetable.parties)}. {nearest(name, timetable.parties)}".rstrip()
        raise HalfhourError("CS-003", f"{shown(name)} is no party of {timetable.id}.", step)
    text = str(written).strip()
    if not text or len(text) > 80 or not text.isprintable():
        raise HalfhourError("CS-002", f"Party {name} is {shown(written)}.", "Give an MPID or a name.")
    if timetable.parties[name].market_role and not _MPID.fullmatch(text):
        raise HalfhourError("CS-002", f"Party {name} is {shown(written)}.", f"Give {_WANTED['mpid']}.")
    return text


def case_key(timetable: Timetable, facts: Mapping[str, Any]) -> str:
    """What tells one case from another, as text; empty where the timetable has no key or a fact of it is absent."""
    values = [facts.get(name) for name in timetable.key]
    if not values or any(value is None for value in values):
        return ""
    # Options of one process share a key, so that one notice cannot open a case under each.
    family = timetable.extends or timetable.id
    return "|".join([family, *map(str, values)])
