"""`halfhour account list`: organisations with their people and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from halfhour.cli.database import Flag, with_database
from halfhour.cli.output import print_json, print_line, print_table

if TYPE_CHECKING:
    from halfhour.server.accounts.models import Token


@with_database
def list_(*, json: Flag = False) -> int:
    """List organisations, their people with their places, and tokens by prefix.

    Example: halfhour account list

    Parameters
    ----------
    json
        One JSON document on standard output.
    """
    from halfhour.server.accounts.models import Membership, Organisation, Token  # noqa: PLC0415 - an extra
    from halfhour.server.accounts.roles import market_roles  # noqa: PLC0415

    organisations = [
        {"organisation": row.code, "name": row.name, "roles": market_roles(row.code)}
        for row in Organisation.objects.all()
    ]
    people = [
        {"person": row.person.username, "organisation": row.organisation_id, "place": row.place}
        for row in Membership.objects.select_related("person").order_by("organisation_id", "person__username")
    ]
    tokens = [_token(row) for row in Token.objects.select_related("membership__person").order_by("id")]
    if json:
        print_json({"organisations": organisations, "people": people, "tokens": tokens})
        return 0
    if not organisations:
        print_line("There is no organisation yet; `halfhour account add-organisation` adds one.")
        return 0
    print_table(
        "Organisations",
        ("id", "name", "roles"),
        [(one["organisation"], one["name"], " ".join(one["roles"])) for one in organisations],
    )
    print_table(
        "People",
        ("person", "organisation", "place"),
        [(one["person"], one["organisation"], one["place"]) for one in people],
    )
    print_table(
        "Tokens",
        ("prefix", "person", "organisation", "label", "expires", "last used", ""),
        [
            (
                one["prefix"],
                one["person"],
                one["organisation"],
                one["label"],
                f"{one['expires_at']:%Y-%m-%d}",
                f"{one['last_used_at']:%Y-%m-%d}" if one["last_used_at"] else "never",
                "revoked" if one["revoked_at"] else "",
            )
            for one in tokens
        ],
    )
    return 0


def _token(row: Token) -> dict[str, Any]:
    return {
        "prefix": row.prefix,
        "person": row.membership.person.username,
        "organisation": row.membership.organisation_id,
        "label": row.label,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
    }
