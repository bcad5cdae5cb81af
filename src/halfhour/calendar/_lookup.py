"""How an unknown word is refused: what was given, what is known, and the nearest known one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from halfhour.errors import HalfhourError

LONGEST_SHOWN = 40


def shown(value: object) -> str:
    """Text in quotes, cut short; of anything else only its type: a message stays one line whatever was given."""
    if not isinstance(value, str):
        return f"a value of type {type(value).__name__}"
    return repr(value) if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]!r}…"


def unknown(code: str, what: str, given: object, known: Iterable[str]) -> HalfhourError:
    """The error for a word that is not among the known ones."""
    names = list(known)
    near = get_close_matches(str(given)[:LONGEST_SHOWN], names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return HalfhourError(code, f"{shown(given)} is not a known {what}.", f"Known are {', '.join(names)}.{hint}")
