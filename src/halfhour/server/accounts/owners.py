"""Who owns or operates a site: organisations that need have no MPID, and that market roles therefore do not tell."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import nearest, shown
from halfhour.server.accounts.models import Organisation, SiteHolder
from halfhour.server.register.models import Site
from halfhour.server.register.recording import known


def held(organisation: str) -> QuerySet[SiteHolder]:
    """Sites that an organisation owns or operates, as it is known now."""
    return SiteHolder.objects.filter(organisation_id=organisation, recorded_until__isnull=True)


def hold(
    site: str,
    organisation: str,
    who: str,
    now: datetime,
    effective_from: date | None = None,
    effective_to: date | None = None,
) -> SiteHolder:
    """Record that an organisation owns or operates a site over a range of days, in place of what was believed of it.

    Raises:
        HalfhourError: SV-112 no such organisation, SV-122 no such site, or days that do not run forwards.
    """
    if not Organisation.objects.filter(pk=organisation).exists():
        step = "`halfhour account add-organisation` adds it."
        raise HalfhourError("SV-112", f"There is no organisation {shown(organisation)}.", step)
    sites = set(known(Site).values_list("site", flat=True))
    if site not in sites:
        step = f"`halfhour register import` takes sites in. {nearest(site, sites)}".rstrip()
        raise HalfhourError("SV-122", f"The register has no site {shown(site)}.", step)
    if effective_from and effective_to and effective_to <= effective_from:
        raise HalfhourError(
            "SV-122",
            f"{organisation} would hold {site} from {effective_from} to {effective_to}, which is no day.",
            "Give an end that is later: the first day on which it no longer does.",
        )
    with transaction.atomic():
        held(organisation).filter(site=site).update(recorded_until=now)
        return SiteHolder.objects.create(
            site=site,
            organisation_id=organisation,
            effective_from=effective_from,
            effective_to=effective_to,
            recorded_at=now,
            who=who,
        )
