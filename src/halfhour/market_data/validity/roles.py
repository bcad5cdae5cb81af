"""What a market role code means on a day, and whether a participant holds it.

Follows identifiers-and-market-data 4: codes are re-used, so a code is always read together with a date. Market Domain
Data gives each code its present meaning only; the earlier ones are in `data/earlier_roles.csv`.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from halfhour.errors import NotCovered
from halfhour.market_data.validity.answers import Answer, failed, last_day, passed, unknown
from halfhour.market_data.validity.look_ups import holds, source

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore


@cache
def _earlier_meanings() -> dict[str, tuple[str, date]]:
    """Meaning of a re-used code and the first day on which it no longer has it."""
    text = files(__package__).joinpath("data", "earlier_roles.csv").read_text(encoding="utf-8")
    return {
        row["role"]: (row["meaning"], date.fromisoformat(row["effective_to"]))
        for row in csv.DictReader(text.splitlines())
    }


def role_meaning(store: MarketDataStore, role: str, day: date) -> str | None:
    """What the role code means on the day, None where there is no such role.

    Raises:
        NotCovered: the table of roles is not loaded for the day.
    """
    earlier = _earlier_meanings().get(role)
    if earlier is not None and day < earlier[1]:
        return earlier[0]
    version = store.mdd_version("market_role", day)
    rows = store.select("market_role", version.number, role=role)
    return str(rows[0]["description"]) if rows else None


def role_is_live(store: MarketDataStore, mpid: str, role: str, day: date) -> Answer:
    """ID-140: the participant holds the role on the day."""
    name = "role"
    try:
        meaning = role_meaning(store, role, day)
        version = store.mdd_version("market_participant_role", day)
        rows = store.select("market_participant_role", version.number, mpid=mpid)
    except NotCovered as problem:
        return unknown(name, f"Role {role} of {mpid} on {day}", problem.message, problem.next_step)
    called = f"role {role} ({meaning or 'no such role'})"
    held = [row for row in rows if row["role"] == role]
    for row in held:
        if holds(row, day):
            return passed(
                name, f"{mpid} holds {called} on {day}, since {row['effective_from']}, in {source(version, day)}."
            )
    message = f"{mpid} does not hold {called} on {day}"
    step = "Check the Market Participant Id, the role and the date."
    if not rows:
        return failed(name, "ID-140", f"{message}: {source(version, day)} has no such participant.", step)
    ended = [row["effective_to"] for row in held if row["effective_to"] is not None and row["effective_to"] <= day]
    if ended:
        message += f": its last day in it was {last_day(max(ended))}"
    elif held:
        message += f": it begins on {min(row['effective_from'] for row in held)}"
    others = sorted({row["role"] for row in rows if holds(row, day)})
    also = f" It holds {', '.join(others)}." if others else " It holds no role on that day."
    return failed(name, "ID-140", f"{message} ({source(version, day)}).{also}", step)
