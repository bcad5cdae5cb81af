"""`halfhour account add-token` and `revoke`."""

from __future__ import annotations

from halfhour.cli.database import Flag, with_database
from halfhour.cli.output import print_json, print_line, say


@with_database
def add_token(username: str, *, organisation: str, days: int = 365, label: str = "", json: Flag = False) -> int:
    """Give out a token for a person in an organisation. It is shown this once, and only its hash is kept.

    Example: halfhour account add-token ana@hhsp.example --organisation HHSP --days 90

    Parameters
    ----------
    username
        The person, who has a place in the organisation.
    organisation
        Its MPID or id.
    days
        For which it opens anything.
    label
        What it is for, to tell it from others.
    json
        The token as one JSON document on standard output.
    """
    from django.utils import timezone  # noqa: PLC0415 - an extra

    from halfhour.server.accounts.keeping import add_token as add  # noqa: PLC0415

    token, text = add(organisation, username, timezone.now(), days=days, label=label)
    if json:
        print_json({"token": text, "prefix": token.prefix, "expires_at": token.expires_at})
    else:
        print_line(text)
        say(f"It is not shown again, and expires at {token.expires_at:%Y-%m-%d %H:%M} UTC.")
    return 0


@with_database
def revoke(prefix: str, *, json: Flag = False) -> int:
    """Revoke a token by its prefix: it opens nothing from now on.

    Example: halfhour account revoke 1f0c9a2b

    Parameters
    ----------
    prefix
        The eight characters after `hh_`, as `halfhour account list` shows them.
    json
        One JSON document on standard output.
    """
    from django.utils import timezone  # noqa: PLC0415 - an extra

    from halfhour.server.accounts.keeping import revoke_token  # noqa: PLC0415

    token = revoke_token(prefix, timezone.now())
    if json:
        print_json({"prefix": token.prefix, "revoked_at": token.revoked_at})
    else:
        print_line(f"Token {token.prefix} opens nothing any more.")
    return 0
