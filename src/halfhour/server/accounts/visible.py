"""Which facts of the register an organisation may see, as a condition of the query that looks for them.

An organisation holds a role on an MSID by a registration, an appointment or the distributor's two digits, and on a site
as its owner; each for a time, as the register knows it now. A fact is seen where the role reaches it and held in a part
of that time; with a day named, where both hold on that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Substr

from halfhour.server.accounts.owners import held as held_by
from halfhour.server.accounts.permissions import Access, roles, thing_of_kind, things
from halfhour.server.register.models import KINDS, Appointment, Fact, Metering, PartyRole, Registration
from halfhour.server.register.recording import known

NOTHING = Q(pk__in=[])
_MSID_COLUMNS = ("import_msid", "export_msid")


@dataclass(frozen=True, slots=True)
class _Days:
    """The days for which a role is asked: a fact's own, or one day; by `still` it must not have ended."""

    day: date | None
    still: date | None = None

    def overlap(self, depth: int) -> Q:
        """Whether a row's days meet them; `depth` is how many queries outwards the fact is."""
        first: Any = Value(self.day)
        end: Any = Value(None if self.day is None else self.day + timedelta(days=1))
        if self.day is None:
            first = Coalesce(_outer("effective_from", depth), Value(date.min))
            end = Coalesce(_outer("effective_to", depth), Value(date.max))
        began = Q(effective_from__isnull=True) | Q(effective_from__lt=end)
        not_ended = Q(effective_to__gt=first)
        if self.still is not None:
            not_ended &= Q(effective_to__gt=self.still)
        return began & (Q(effective_to__isnull=True) | not_ended)


def _outer(name: str, depth: int) -> Any:
    reference: Any = name
    for _ in range(depth):
        reference = OuterRef(reference)
    return reference


def visible(
    model: type[Fact],
    organisation: str,
    thing: str,
    access: Access = "read",
    *,
    day: date | None = None,
    still: date | None = None,
) -> Q:
    """Which facts of a model an organisation may read (or record) as a kind of thing.

    Args:
        day: that both the fact and the role must hold on, where the facts asked for are those of a day.
        still: a day on which the role must not have ended yet.
    """
    reach = things()[thing].reach[access]
    if "all" in reach.values():
        return Q()
    own = frozenset(role for role, far in reach.items() if far == "own")
    site = frozenset(role for role, far in reach.items() if far == "site")
    days = _Days(day, still)
    columns = {field.name for field in model._meta.get_fields()}
    if "msid" in columns:
        of_its_site = known(Metering).filter(Q(import_msid=OuterRef("msid")) | Q(export_msid=OuterRef("msid")))
        found = _on_msids(organisation, own | site, ("msid",), days, 1)
        return found | Exists(of_its_site.filter(_on_sites(organisation, site, days, 2)))
    found = _on_sites(organisation, site, days, 1)
    return found | _on_msids(organisation, own, _MSID_COLUMNS, days, 1) if model is Metering else found


def readable(model: type[Fact], organisation: str) -> Q:
    """Which facts of a model an organisation may read, by what its kind of fact is."""
    kind = next(name for name, one in KINDS.items() if one is model)
    return visible(model, organisation, thing_of_kind(kind))


def _on_msids(organisation: str, held: frozenset[str], columns: tuple[str, ...], days: _Days, depth: int) -> Q:
    """Whether the organisation holds one of the roles on an MSID of the row, which stands in one of the columns."""
    found = NOTHING
    codes = [code for name in held for code in roles()[name].market_roles]
    for column in columns:
        msid = OuterRef(column)
        if "supplier" in held:
            supplies = known(Registration).filter(supplier=organisation, msid=msid)
            found |= Q(Exists(supplies.filter(days.overlap(depth))))
        agents = [code for code in codes if code not in ("X", "R")]
        if agents:
            appointed = known(Appointment).filter(agent=organisation, role__in=agents, msid=msid)
            found |= Q(Exists(appointed.filter(days.overlap(depth))))
        if "distributor" in held:
            area = known(PartyRole).filter(mpid=organisation, role="R", distributor_id=Substr(msid, 1, 2))
            found |= Q(Exists(area.filter(days.overlap(depth))))
    return found


def _on_sites(organisation: str, held: frozenset[str], days: _Days, depth: int) -> Q:
    """Whether the organisation holds one of the roles on the site that stands in the row's column `site`."""
    found = NOTHING
    if held - {"owner"}:
        meters = known(Metering).filter(site=OuterRef("site"))
        found |= Q(Exists(meters.filter(_on_msids(organisation, held, _MSID_COLUMNS, days, depth + 1))))
    if "owner" in held:
        theirs = held_by(organisation).filter(site=OuterRef("site"))
        found |= Q(Exists(theirs.filter(days.overlap(depth))))
    return found
