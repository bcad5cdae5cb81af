"""Which cases an organisation sees: those that it is a party of, and those that it was, as known until then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from halfhour.processes.timetables import Timetable, find_timetable
from halfhour.server.accounts.models import FormerParty
from halfhour.server.cases.models import Case, CaseEvent, CaseParty

_BEFORE = timedelta(microseconds=1)
"""Up to which a former party still learns: that it was replaced came after."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an organisation is to a case.

    Attributes:
        parties: that it plays, by their names in the timetable; those that it played where it plays none now.
        until: moment after which it learns nothing; None where it is a party now.
    """

    parties: frozenset[str]
    until: datetime | None

    def hidden(self, timetable: Timetable) -> frozenset[str]:
        """Facts that are secret to every party that it plays."""
        return frozenset(
            fact.name for fact in timetable.facts.values() if self.parties and self.parties <= set(fact.secret_to)
        )


def own_cases(organisation: str) -> QuerySet[Case]:
    """Cases that an organisation is a party of now."""
    return Case.objects.filter(Exists(CaseParty.objects.filter(case=OuterRef("pk"), mpid=organisation)))


def standing(case_id: str, organisation: str) -> Standing | None:
    """What an organisation is to a case; None where it is nothing to it, or there is no such case."""
    plays = frozenset(CaseParty.objects.filter(case_id=case_id, mpid=organisation).values_list("party", flat=True))
    if plays:
        return Standing(plays, None)
    was = list(FormerParty.objects.filter(case_id=case_id, organisation=organisation))
    if not was:
        return None
    return Standing(frozenset(one.party for one in was), max(one.until for one in was))


def keep_former_parties(event: CaseEvent) -> None:
    """Keep who played a party until an event gave it to another; the case must still have its parties of before."""
    if event.kind != "party":
        return
    known = find_timetable(event.case.timetable).parties
    for row in CaseParty.objects.filter(case=event.case, party__in=[name for name in event.data if name in known]):
        if row.mpid != str(event.data[row.party]).strip():
            FormerParty.objects.create(
                case=event.case, organisation=row.mpid, party=row.party, until=event.recorded_at - _BEFORE
            )
