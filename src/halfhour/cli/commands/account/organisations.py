"""`halfhour account add-organisation` and `add-person`."""

from __future__ import annotations

import sys
from typing import Literal

from halfhour.cli.arguments import day
from halfhour.cli.database import Flag, Values, person, with_database
from halfhour.cli.output import print_json, print_line


@with_database
def add_organisation(
    mpid: str,
    *,
    name: str = "",
    role: Values = (),
    distributor_id: str | None = None,
    from_day: str | None = None,
    json: Flag = False,
) -> int:
    """Add an organisation, by its Market Participant Id or by an id of its own where it has none.

    Its market roles go into the register; what it sees follows from its registrations and appointments there. Adding
    it again changes what is said anew and nothing else.

    Examples:

        halfhour account add-organisation HHSP --name "Half Hour Supply" --role X
        halfhour account add-organisation ridgeway-estates --name "Ridgeway Estates"

    Parameters
    ----------
    mpid
        Market Participant Id of 4 characters, or an id of 5 to 40 letters, digits and '-'.
    name
        Its name; default: the id.
    role
        Market Participant Role Code: X, M, C, D, A, B, R or P; may be given more than once.
    distributor_id
        The two digits that begin the MPAN cores of a distributor (role R).
    from_day
        First day of the roles; default: as long as anything is known.
    json
        One JSON document on standard output.
    """
    from halfhour.server.accounts.keeping import add_organisation as add  # noqa: PLC0415

    added = add(mpid, name, person(), roles=role, distributor_id=distributor_id, effective_from=day(from_day))
    if json:
        print_json({"organisation": added.code, "name": added.name, "roles": list(role)})
    else:
        print_line(f"{added} is there.")
    return 0


@with_database
def give_site(
    site: str, *, organisation: str, from_day: str | None = None, to_day: str | None = None, json: Flag = False
) -> int:
    """Say that an organisation owns or operates a site: a private network's owner, a plant's operator.

    Saying it again with other days takes the place of what was said; an end ends it.

    Example: halfhour account give-site ridgeway --organisation ridgeway-estates --from-day 2024-01-01

    Parameters
    ----------
    site
        Id of a site of the register.
    organisation
        Its MPID or id.
    from_day
        First day; default: as long as anything is known.
    to_day
        First day on which it no longer does; default: no end.
    json
        One JSON document on standard output.
    """
    from django.utils import timezone  # noqa: PLC0415 - an extra

    from halfhour.server.accounts.owners import hold  # noqa: PLC0415

    row = hold(site, organisation, person(), timezone.now(), day(from_day), day(to_day))
    if json:
        print_json({"site": site, "organisation": organisation, "from": row.effective_from, "to": row.effective_to})
    else:
        print_line(f"{organisation} owns or operates {site}.")
    return 0


@with_database
def add_person(
    username: str,
    *,
    organisation: str,
    place: Literal["reader", "operator", "administrator"] = "reader",
    password_from_stdin: Flag = False,
    json: Flag = False,
) -> int:
    """Give a person a place in an organisation: reader, operator (records too) or administrator (manages tokens too).

    Example: halfhour account add-person ana@hhsp.example --organisation HHSP --place operator

    Parameters
    ----------
    username
        Letters, digits and @.+-_, at most 150.
    organisation
        Its MPID or id.
    place
        What the person may do there.
    password_from_stdin
        Read a password from standard input; without one the person acts by tokens only.
    json
        One JSON document on standard output.
    """
    from halfhour.server.accounts.keeping import add_person as add  # noqa: PLC0415

    password = sys.stdin.readline().rstrip("\n") if password_from_stdin else ""
    member = add(organisation, username, place, password)
    if json:
        print_json({"person": username, "organisation": organisation, "place": member.place})
    else:
        print_line(f"{username} is {member.place} at {organisation}.")
    return 0
