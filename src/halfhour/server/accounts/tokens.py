"""Tokens: made, shown once, kept as a hash, found again by their prefix."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from halfhour.errors import HalfhourError
from halfhour.server.accounts.models import Membership, Token

_WRITTEN = re.compile(r"hh_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
DAYS = 365
"""For which a token opens anything, where nothing else is said."""
_MINUTE = timedelta(minutes=1)


def hash_of(text: str) -> str:
    """What is kept of a token. It has 256 random bits, so that no slow hash is needed against guessing."""
    return hashlib.sha256(text.encode()).hexdigest()


def make_token(membership: Membership, now: datetime, days: int = DAYS, label: str = "") -> tuple[Token, str]:
    """A new token of a person in an organisation, and its text, which cannot be had again.

    Raises:
        HalfhourError: SV-116 it would expire before it began, or after ten years.
    """
    if not 0 < days <= 3_653:
        raise HalfhourError("SV-116", f"A token of {days} days is not given out.", "Give 1 to 3653 days.")
    prefix = secrets.token_hex(4)
    text = f"hh_{prefix}_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        membership=membership,
        prefix=prefix,
        sha256=hash_of(text),
        label=label,
        expires_at=now + timedelta(days=days),
    )
    return token, text


def find_token(text: str, now: datetime) -> tuple[Token | None, str]:
    """The token that a caller showed, and why it opens nothing: `unknown`, `revoked`, `expired`; empty = it does."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        return None, "unknown"
    found = Token.objects.filter(prefix=written[1]).select_related("membership__person", "membership__organisation")
    token = found.first()
    if token is None or not hmac.compare_digest(token.sha256, hash_of(text)):
        return None, "unknown"
    if token.revoked_at is not None:
        return token, "revoked"
    if not token.usable(now):
        return token, "expired"
    if not token.membership.person.is_active:
        return token, "revoked"
    if token.last_used_at is None or now - token.last_used_at >= _MINUTE:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token, ""
