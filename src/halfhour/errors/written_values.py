"""Values as people write them, in what every reader of their files says of one that it cannot read."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import ClassVar

# Comparing one unknown name with very many known ones takes longer than reading the whole portfolio.
_MOST_NAMES_COMPARED = 500


class UnreadableValue(ValueError):  # noqa: N818 - says what the value is
    """A written value that cannot be read: `reason` completes "`key` is `value`, ...".

    Attributes:
        usual_code: of a room's own kind of it, where none is named.
    """

    usual_code: ClassVar[str]

    def __init__(self, reason: str, next_step: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step
        self.code = code or self.usual_code


def nearest(name: str, known: Collection[str]) -> str:
    """The nearest of the known names as a sentence of a next step, empty where none is near."""
    if len(known) > _MOST_NAMES_COMPARED:
        return ""
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.6)
    return f"The nearest known is {by_lower_case[close[0]]!r}." if close else ""


def shown(value: object) -> str:
    """A written value for a message, cut to a readable length."""
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except ValueError:
        # Python writes no integer of more than 4,300 digits.
        return "a very large number"
    return text if len(text) <= 60 else text[:57] + "..."
