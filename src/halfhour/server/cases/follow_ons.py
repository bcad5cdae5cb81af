"""Cases that must be opened because of another: each once, with the facts that both know, and a link between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from halfhour.errors import HalfhourError
from halfhour.processes.cases import CaseState, FollowOn, Opening
from halfhour.processes.timetables import find_timetable
from halfhour.server.cases.models import Case, FollowOnCase

if TYPE_CHECKING:
    from halfhour.server.cases.writing import Recorded


def open_follow_ons(case: Case, state: CaseState, open_one: Callable[[Opening], Recorded]) -> tuple[str, ...]:
    """Open what a case calls for and has not opened yet; ids of what was opened or joined.

    One that lacks something that only a person knows is kept with its problem, and tried again when the case changes.
    """
    if not state.follow_ons:
        return ()
    rows = {(row.timetable, row.ref, row.number): row for row in case.follow_on_rows.all()}
    opened = []
    numbers: Counter[tuple[str, str]] = Counter()
    for following in state.follow_ons:
        numbers[following.timetable, following.ref] += 1
        cause = (following.timetable, following.ref, numbers[following.timetable, following.ref])
        row = rows.get(cause) or FollowOnCase(case=case, timetable=cause[0], ref=cause[1], number=cause[2])
        if row.opened_id:
            continue
        row.on, row.because = following.on, following.because[:500]
        try:
            row.opened, row.problem = open_one(_opening(following, case, state)).case, ""
            opened.append(str(row.opened_id))
        except HalfhourError as error:
            row.problem = str(error)[:500]
        row.save()
    return tuple(opened)


def _opening(following: FollowOn, case: Case, state: CaseState) -> Opening:
    """With the facts and parties that the other timetable knows by the same name, but those that changed hands."""
    timetable = find_timetable(following.timetable)
    parties = {**state.parties, **following.parties}
    return Opening(
        case_id="",
        timetable=timetable.id,
        opened_on=following.on,
        parties={name: mpid for name, mpid in parties.items() if name in timetable.parties},
        facts={name: value for name, value in state.facts.items() if name in timetable.facts},
        nation=case.nation,
    )
