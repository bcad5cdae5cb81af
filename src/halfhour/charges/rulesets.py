"""The two rulesets of embedded generation, and until when the note may price anything. Handbook 1 and 1.3."""

from __future__ import annotations

from datetime import date
from typing import Literal

from halfhour.market_data.embedded import BadInput, Missing, rule_date

Ruleset = Literal["codes", "note-v8"]
Priced = Literal["tnuos", "losses", "bsuos"]

RULESETS = ("codes", "note-v8")


def check_ruleset_name(ruleset: str) -> None:
    """Refuse a ruleset that there is not.

    Raises:
        BadInput: EB-123.
    """
    if ruleset not in RULESETS:
        raise BadInput(
            "BAD_INPUT",
            f"There is no ruleset {str(ruleset)[:40]!r}.",
            "Give codes, or note-v8 for the note as written.",
        )


def check_ruleset(ruleset: Ruleset, component: Priced, day: date) -> None:
    """Refuse money under `note-v8` after the last day on which the note's rules were those of the codes.

    Args:
        ruleset: `codes` is never refused.
        component: `tnuos` (the last charging year is 2017/18), `losses` or `bsuos`.
        day: Settlement Day, or any day of the charging year.

    Raises:
        Missing: EB-113 (RULESET_DATE).
        BadInput: EB-123 no such ruleset.
    """
    check_ruleset_name(ruleset)
    last = rule_date(f"note_v8_{component}_last_day")
    if ruleset == "note-v8" and day > last:
        raise Missing(
            "RULESET_DATE",
            f"{component} in £ for {day} under note-v8: the note's rule held until {last}. Held: note-v8 to {last}, "
            "codes for every date.",
            "Ask for the ruleset codes.",
        )
