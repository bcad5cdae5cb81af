"""What accounts are kept as. People are Django's users, whose passwords Django hashes; a token is kept as its hash."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from halfhour.errors import HalfhourError


class Place(StrEnum):
    """What a person may do in an organisation; each place may do what those before it may.

    READER: reads. OPERATOR: records as well. ADMINISTRATOR: manages tokens and reads the audit trail as well.
    """

    READER = "reader"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


class Organisation(models.Model):
    """A company by its MPID, or by an id of its own where it has none: a network's owner, a site's operator."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class Membership(models.Model):
    """A person's place in an organisation; a person may have one in several."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    place = models.CharField(max_length=20, choices=[(place, place) for place in Place])

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("person", "organisation"), name="one_place_of_a_person_in_an_organisation"),
            models.CheckConstraint(
                condition=models.Q(place__in=list(map(str, Place))), name="membership_place_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.organisation_id}, {self.place}"


class Token(models.Model):
    """A key by which a program acts for a person in an organisation. What is kept cannot be used as the key.

    Attributes:
        prefix: the part that is kept readable, by which the token is found and named.
        sha256: hash of the whole token.
        last_used_at: to the minute.
    """

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="tokens")
    prefix = models.CharField(max_length=12, unique=True)
    sha256 = models.CharField(max_length=64)
    label = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.prefix

    def usable(self, moment: datetime) -> bool:
        """Whether the token opens anything at a moment."""
        return self.revoked_at is None and moment < self.expires_at


class SiteHolder(models.Model):
    """An organisation that owns or operates a site, for a time, as it was believed from one moment to another.

    Attributes:
        effective_from, effective_to: closed-open, null = open.
        recorded_until: null while it is believed.
    """

    site = models.CharField(max_length=100, db_index=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sites")
    effective_from = models.DateField(null=True)
    effective_to = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_until = models.DateTimeField(null=True)
    who = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("site", "organisation"),
                condition=models.Q(recorded_until__isnull=True),
                name="one_belief_of_a_site_and_an_organisation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} holds {self.site}"


class FormerParty(models.Model):
    """Who played a party of a case until a moment, when another took its place."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="former_parties")
    organisation = models.CharField(max_length=80, db_index=True)
    party = models.CharField(max_length=40)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.organisation}, {self.party} of {self.case_id} until {self.until:%Y-%m-%d}"


class AuditEntry(models.Model):
    """One call: who called what, when, with what result. Written once; the database refuses changes as well.

    Attributes:
        organisation, person, token: as they were called then, so that the entry says the same when they are gone.
        address: the path that was called, without its query.
        route: the pattern of the API that it met.
        code: of the error, empty where there was none.
        milliseconds: from the arrival of the request to its answer.
    """

    at = models.DateTimeField()
    request_id = models.CharField(max_length=64)
    organisation = models.CharField(max_length=40)
    person = models.CharField(max_length=150)
    token = models.CharField(max_length=12)
    method = models.CharField(max_length=8)
    address = models.CharField(max_length=300)
    route = models.CharField(max_length=120, blank=True)
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=8, blank=True)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=("organisation", "-id"), name="audit_by_organisation")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%dT%H:%M:%SZ} {self.person} {self.method} {self.address} {self.status}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the entry, once.

        Raises:
            HalfhourError: SV-118 it is there already.
        """
        if self.pk is not None:
            raise _no_change()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse.

        Raises:
            HalfhourError: SV-118 always.
        """
        raise _no_change()


def _no_change() -> HalfhourError:
    return HalfhourError("SV-118", "The audit trail is only ever added to.", "Add an entry that says what is so.")
