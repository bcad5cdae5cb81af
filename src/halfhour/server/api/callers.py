"""Who calls: the token of the header, whom it stands for, and whether their place allows the call."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from halfhour.errors import HalfhourError
from halfhour.server.accounts.models import Place
from halfhour.server.accounts.tokens import find_token
from halfhour.server.api.problems import TooManyRequests
from halfhour.server.api.rates import Buckets, per_minute

_MAY = {
    Place.READER: (Place.READER,),
    Place.OPERATOR: (Place.READER, Place.OPERATOR),
    Place.ADMINISTRATOR: (Place.READER, Place.OPERATOR, Place.ADMINISTRATOR),
}
_WANTED = {
    Place.READER: "read",
    Place.OPERATOR: "record",
    Place.ADMINISTRATOR: "administer",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls.

    Attributes:
        organisation: its MPID, or the id of its own where it has none.
        person: username.
        place: of the person in the organisation.
        token: prefix of the token.
        membership: row of the person's place.
    """

    organisation: str
    person: str
    place: str
    token: str
    membership: int

    @property
    def who(self) -> str:
        """Who, as it is written into records: organisation and person."""
        return f"{self.organisation}/{self.person}"


@cache
def buckets() -> Buckets:
    """The buckets of this process."""
    return Buckets(per_minute())


class BearerToken(HttpBearer):
    """A token in the header `Authorization: Bearer hh_…`; cookies are not looked at."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """The caller of a token.

        Raises:
            HalfhourError: SV-102 it opens nothing, SV-103 the person's place does not allow this, SV-106 it has made
                too many requests.
        """
        found, why = find_token(token, timezone.now())
        caller = None
        if found is not None:
            member = found.membership
            caller = Caller(member.organisation_id, member.person.username, member.place, found.prefix, member.pk)
            # The audit trail names whose token was refused as well.
            request.caller = caller
        if caller is None or why:
            raise HalfhourError("SV-102", f"The token is {why}.", "Ask an administrator of the organisation for one.")
        if wait_s := buckets().take(caller.token):
            raise TooManyRequests(wait_s)
        if self.place not in _MAY[Place(caller.place)]:
            raise HalfhourError(
                "SV-103",
                f"A {caller.place} may not {_WANTED[self.place]}.",
                f"It takes the place {self.place}; an administrator of the organisation can give it.",
            )
        return caller


class CalendarToken(BearerToken):
    """A token as a bearer, or as the password of HTTP Basic, which is all that a calendar program can send."""

    def __call__(self, request: HttpRequest) -> Caller | None:
        """The caller; only for feeds, which change nothing."""
        scheme, _, written = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return super().__call__(request)
        try:
            _, _, token = base64.b64decode(written, validate=True).decode().partition(":")
        except ValueError:
            token = ""
        return self.authenticate(request, token)


READS, RECORDS, ADMINISTERS = map(BearerToken, (Place.READER, Place.OPERATOR, Place.ADMINISTRATOR))
CALENDARS = CalendarToken(Place.READER)


def caller_of(request: HttpRequest) -> Caller:
    """Who calls, in an operation that has been let through."""
    caller = request.auth
    assert isinstance(caller, Caller)
    return caller
