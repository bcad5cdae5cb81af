"""Keeping accounts: organisations, people and tokens are added here, by the command line and by the API alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import nearest, shown
from halfhour.server.accounts.models import Membership, Organisation, Place, Token
from halfhour.server.accounts.tokens import DAYS, make_token
from halfhour.server.register.reading import statement
from halfhour.server.register.recording import writing

_CODE = re.compile(r"[A-Z0-9]{4}|[A-Za-z0-9][A-Za-z0-9-]{4,39}")
_MPID_LENGTH = 4
_USERNAME = re.compile(r"[A-Za-z0-9@.+_-]{1,150}")


def add_organisation(
    code: str,
    name: str = "",
    who: str = "",
    *,
    roles: Sequence[str] = (),
    distributor_id: str | None = None,
    effective_from: date | None = None,
) -> Organisation:
    """Add an organisation with its market roles, which the register keeps.

    One that is there gets the name, if there is one, and what is said anew; nothing is taken from it.

    Raises:
        HalfhourError: SV-112 the code is no MPID and no id, RM-007 a role cannot be one.
    """
    if not _CODE.fullmatch(code):
        raise HalfhourError(
            "SV-112",
            f"{shown(code)} is no MPID and no id of an organisation.",
            "Give a Market Participant Id, 4 capital letters and digits, or an id of 5 to 40 letters, digits and '-'.",
        )
    market = len(code) == _MPID_LENGTH
    if roles and not market:
        raise HalfhourError(
            "SV-112",
            f"{code} has no MPID, and therefore no market role.",
            "`halfhour account give-site` says which site it owns or operates.",
        )
    with transaction.atomic():
        organisation, new = Organisation.objects.get_or_create(code=code, defaults={"name": name.strip() or code})
        if name.strip() and not new:
            organisation.name = name.strip()
            organisation.save()
        statements = [statement("party", {"mpid": code, "name": organisation.name}, effective_from)]
        for role in roles:
            said = {"mpid": code, "role": role} | ({"distributor_id": distributor_id} if role == "R" else {})
            statements.append(statement("party-role", said, effective_from))
        if not market:
            # The parties of the market are told to everybody; an owner of a site is none of them.
            return organisation
        with writing(who or "server", f"Account of {code}.") as making:
            for one in statements:
                making.record(one)
    return organisation


def add_person(organisation: str, username: str, place: str, password: str = "") -> Membership:
    """Give a person a place in an organisation; a new person without a password acts by tokens only.

    Raises:
        HalfhourError: SV-112 no such organisation, SV-113 the name or the place cannot be one, SV-114 a weak password.
    """
    if not Organisation.objects.filter(pk=organisation).exists():
        known = list(Organisation.objects.values_list("code", flat=True)[:500])
        step = f"`halfhour account add-organisation` adds it. {nearest(organisation, known)}".rstrip()
        raise HalfhourError("SV-112", f"There is no organisation {shown(organisation)}.", step)
    if not _USERNAME.fullmatch(username):
        raise HalfhourError(
            "SV-113", f"{shown(username)} is no user name.", "Give letters, digits and @.+-_, at most 150."
        )
    places = [str(one) for one in Place]
    if place not in places:
        step = f"Give one of {', '.join(places)}. {nearest(place, places)}".rstrip()
        raise HalfhourError("SV-113", f"There is no place {shown(place)}.", step)
    with transaction.atomic():
        person = _person(username, password)
        return Membership.objects.update_or_create(
            person=person, organisation_id=organisation, defaults={"place": place}
        )[0]


def _person(username: str, password: str) -> AbstractUser:
    users = get_user_model().objects
    person: AbstractUser = users.get_or_create(username=username)[0]
    if password:
        try:
            validate_password(password, person)
        except ValidationError as error:
            raise HalfhourError(
                "SV-114", f"The password is weak: {' '.join(error.messages)}", "Choose another."
            ) from None
        person.set_password(password)
        person.save()
    elif not person.password:
        person.set_unusable_password()
        person.save()
    return person


def add_token(
    organisation: str, username: str, now: datetime, *, days: int = DAYS, label: str = ""
) -> tuple[Token, str]:
    """A new token of a person of an organisation, and its text, which is kept nowhere.

    Raises:
        HalfhourError: SV-115 the person has no place there, SV-116 as `make_token`.
    """
    found = Membership.objects.filter(organisation_id=organisation, person__username=username)
    membership = found.select_related("person").first()
    if membership is None:
        raise HalfhourError(
            "SV-115",
            f"{shown(username)} has no place in {organisation}.",
            "`halfhour account add-person` gives a place.",
        )
    return make_token(membership, now, days, label)


def revoke_token(prefix: str, now: datetime, organisation: str | None = None) -> Token:
    """Revoke a token; revoking it again changes nothing.

    Args:
        organisation: that it must be of; None = of any.

    Raises:
        HalfhourError: SV-104 there is no such token.
    """
    found = Token.objects.filter(prefix=prefix)
    if organisation is not None:
        found = found.filter(membership__organisation_id=organisation)
    token = found.select_related("membership__person").first()
    if token is None:
        raise HalfhourError(
            "SV-104", f"There is no token {shown(prefix)}.", "`halfhour account list` lists tokens by their prefix."
        )
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
    return token
