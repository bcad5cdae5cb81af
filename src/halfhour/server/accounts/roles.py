"""The roles that an organisation holds on MSIDs and sites, each with its days, as the register knows it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from halfhour.register.model import in_force
from halfhour.server.accounts.owners import held as held_by
from halfhour.server.accounts.permissions import Access, reach, role_of_code
from halfhour.server.register.models import Appointment, Metering, PartyRole, Registration
from halfhour.server.register.recording import known


@dataclass(frozen=True, slots=True)
class Held:
    """A role held for a time.

    Attributes:
        role: of the permission table.
        on: MSID, or site's id for an owner.
        first, end: closed-open, None = open.
    """

    role: str
    on: str
    first: date | None
    end: date | None

    def reaches(self, thing: str, access: Access, own: Iterable[str]) -> bool:
        """Whether the role reaches a thing that belongs to these MSIDs of its site."""
        far = reach(self.role, thing, access)
        return far in ("site", "all") or (far == "own" and self.on in own)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an organisation holds on some sites and on every MSID of them.

    Attributes:
        held: every role.
        site_of: site by MSID; MSIDs of no site are not in it.
    """

    held: tuple[Held, ...]
    site_of: dict[str, str]

    def on_site(self, site: str) -> list[Held]:
        """Roles on a site and on any MSID of it."""
        return [one for one in self.held if one.on == site or self.site_of.get(one.on) == site]

    def about_msid(self, msid: str) -> list[Held]:
        """Roles on an MSID and on the site that it belongs to."""
        site = self.site_of.get(msid)
        return [one for one in self.held if one.on == msid] if site is None else self.on_site(site)


def holdings(
    organisation: str, *, sites: Iterable[str] = (), msids: Iterable[str] = (), day: date | None = None
) -> Holdings:
    """What an organisation holds on sites, and on the sites of MSIDs; six queries, however many.

    Args:
        day: only what it holds on this day; None = at any time.
    """
    named, numbers = set(sites), set(msids)
    of_numbers = known(Metering).filter(Q(import_msid__in=numbers) | Q(export_msid__in=numbers))
    named.update(of_numbers.values_list("site", flat=True))
    site_of: dict[str, str] = {}
    for row in known(Metering).filter(site__in=named).values_list("site", "import_msid", "export_msid"):
        site_of |= {msid: row[0] for msid in row[1:] if msid}
    held = [
        *_owned(organisation, named),
        *_on_msids(organisation, sorted(numbers | site_of.keys())),
    ]
    return Holdings(
        tuple(one for one in held if day is None or in_force(one.first, one.end, day)),
        site_of,
    )


def _owned(organisation: str, sites: Iterable[str]) -> Iterable[Held]:
    for row in held_by(organisation).filter(site__in=sites):
        yield Held("owner", row.site, row.effective_from, row.effective_to)


def _on_msids(organisation: str, msids: list[str]) -> Iterable[Held]:
    for row in known(Registration).filter(supplier=organisation, msid__in=msids):
        yield Held("supplier", row.msid, row.effective_from, row.effective_to)
    for row in known(Appointment).filter(agent=organisation, msid__in=msids):
        if role := role_of_code(row.role):
            yield Held(role, row.msid, row.effective_from, row.effective_to)
    for area in known(PartyRole).filter(mpid=organisation, role="R", distributor_id__isnull=False):
        for msid in msids:
            if msid.startswith(area.distributor_id):
                yield Held("distributor", msid, area.effective_from, area.effective_to)


def market_roles(organisation: str) -> list[str]:
    """Market Participant Role Codes of an organisation, as the register knows them now."""
    return sorted(set(known(PartyRole).filter(mpid=organisation).values_list("role", flat=True)))


def cover(held: Iterable[Held], first: date | None, end: date | None) -> bool:
    """Whether roles together are held on every day of a range."""
    reached, last = first or date.min, end or date.max
    for one in sorted(held, key=lambda row: row.first or date.min):
        if (one.first or date.min) > reached:
            break
        reached = max(reached, one.end or date.max)
    return reached >= last


def last_day_of(held: Iterable[Held]) -> date | None:
    """The first day on which none of the roles is held any longer; None = open."""
    ends = [one.end for one in held]
    return None if None in ends or not ends else max(end for end in ends if end)
