"""How a value from outside is shown in an error message."""

from __future__ import annotations

LONGEST_SHOWN = 40


def shown(value: object) -> str:
    """Text in quotes, cut short; of anything else only its type: a message stays one line whatever was given."""
    if not isinstance(value, str):
        return "nothing" if value is None else f"a value of type {type(value).__name__}"
    if len(value) > LONGEST_SHOWN:
        return f"{value[:LONGEST_SHOWN]!r}… ({len(value)} characters)"
    return repr(value)
