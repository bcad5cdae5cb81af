"""The caller's own organisation: who calls, its people, its tokens, and what was called in its name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Path, Router, Schema, Status

from halfhour.server.accounts.keeping import add_token, revoke_token
from halfhour.server.accounts.models import AuditEntry, Membership, Organisation, Token
from halfhour.server.accounts.roles import market_roles
from halfhour.server.api.callers import caller_of
from halfhour.server.api.operations import operation
from halfhour.server.api.paging import Cursor, Limit, Page, page_of

router = Router()

Prefix = Annotated[str, Path(pattern=r"^[0-9a-f]{8}$", description="The eight characters after `hh_`.")]


class MeOut(Schema):
    """Who calls: organisation, its market roles, person, place."""

    organisation: str
    name: str
    roles: list[str]
    person: str
    place: str
    token: str


class PersonOut(Schema):
    """A person of the organisation."""

    person: str
    place: str
    active: bool


class PeopleOut(Schema):
    """The people of the organisation."""

    items: list[PersonOut]


class TokenOut(Schema):
    """A token, without what it opens doors with."""

    prefix: str
    person: str
    label: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenPage(Page):
    """Tokens, the newest first."""

    items: list[TokenOut]


class NewToken(Schema):
    """For whom a token is wanted, and for how many days."""

    person: Annotated[str, Field(min_length=1, max_length=150)]
    days: Annotated[int, Field(ge=1, le=3_653)] = 365
    label: Annotated[str, Field(max_length=100)] = ""


class MadeToken(TokenOut):
    """A new token; its text is shown this once."""

    token: str


class AuditOut(Schema):
    """One call: who called what, when, with what result."""

    at: datetime
    request_id: str
    person: str
    token: str
    method: str
    address: str
    status: int
    code: str
    milliseconds: int


class AuditPage(Page):
    """Calls, the newest first."""

    items: list[AuditOut]


@router.get("/organisation", **operation("organisation", "read", MeOut))
def show_organisation(request: HttpRequest) -> dict[str, Any]:
    """Who calls: the organisation and person of the token."""
    caller = caller_of(request)
    organisation = Organisation.objects.get(pk=caller.organisation)
    return {
        "organisation": caller.organisation,
        "name": organisation.name,
        "roles": market_roles(caller.organisation),
        "person": caller.person,
        "place": caller.place,
        "token": caller.token,
    }


@router.get("/organisation/people", **operation("organisation", "administer", PeopleOut))
def list_people(request: HttpRequest) -> dict[str, Any]:
    """The people of the organisation with their places."""
    rows = Membership.objects.filter(organisation_id=caller_of(request).organisation).select_related("person")
    return {
        "items": [
            {"person": row.person.username, "place": row.place, "active": row.person.is_active}
            for row in rows.order_by("person__username")
        ]
    }


@router.get("/organisation/tokens", **operation("organisation", "administer", TokenPage))
def list_tokens(request: HttpRequest, cursor: Cursor, limit: Limit) -> dict[str, Any]:
    """The tokens of the organisation, the newest first."""
    rows = Token.objects.filter(membership__organisation_id=caller_of(request).organisation)
    found, next_ = page_of(rows.select_related("membership__person"), "-id", cursor, limit)
    return {"items": [_token(row) for row in found], "next": next_}


@router.post("/organisation/tokens", **operation("organisation", "administer", MadeToken, status=201))
def make_token(request: HttpRequest, body: NewToken) -> Status[dict[str, Any]]:
    """A new token of a person of the organisation; its text is shown this once."""
    organisation = caller_of(request).organisation
    token, text = add_token(organisation, body.person, timezone.now(), days=body.days, label=body.label)
    return Status(201, _token(token) | {"token": text})


@router.delete("/organisation/tokens/{prefix}", **operation("organisation", "administer", TokenOut))
def delete_token(request: HttpRequest, prefix: Prefix) -> dict[str, Any]:
    """Revoke a token of the organisation; what was done with it stays recorded."""
    return _token(revoke_token(prefix, timezone.now(), caller_of(request).organisation))


@router.get("/audit", **operation("audit", "administer", AuditPage))
def list_audit(request: HttpRequest, cursor: Cursor, limit: Limit) -> dict[str, Any]:
    """Every call in the organisation's name, the newest first."""
    rows = AuditEntry.objects.filter(organisation=caller_of(request).organisation)
    found, next_ = page_of(rows, "-id", cursor, limit)
    return {
        "items": [{name: getattr(row, name) for name in AuditOut.model_fields} for row in found],
        "next": next_,
    }


def _token(row: Token) -> dict[str, Any]:
    return {
        "prefix": row.prefix,
        "person": row.membership.person.username,
        "label": row.label,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
    }
