"""`halfhour register show` and `log`: what the register knows of a subject, and who changed what, when and why."""

from __future__ import annotations

from halfhour.cli.arguments import day
from halfhour.cli.database import Flag, known_at, with_database
from halfhour.cli.output import print_json, print_line, print_table


@with_database
def show(
    subject: str, *, as_at: str | None = None, as_known_at: str | None = None, history: Flag = False, json: Flag = False
) -> int:
    """What the register knows of a site, MSID, meter or organisation.

    Example: halfhour register show 1012345678903 --as-at 2025-06-01 --as-known-at 2025-07-01T00:00:00Z

    Parameters
    ----------
    subject
        Site id, MSID, serial number or Market Participant Id.
    as_at
        Only facts that hold on this day; default: of all days.
    as_known_at
        As it was believed at this moment; default: now.
    history
        Also what was believed once and no longer is.
    json
        The facts as one JSON document on standard output.
    """
    from halfhour.server.register.asking import about, document, ever  # noqa: PLC0415

    found = ever(subject) if history else about(subject, as_at=day(as_at), known_at=known_at(as_known_at))
    documents = [document(kind, row) for kind, rows in found.items() for row in rows]
    if json:
        print_json({"subject": subject, "facts": documents})
        return 0
    if not documents:
        print_line(f"The register knows nothing of {subject}.")
    for kind, rows in found.items():
        told = [document(kind, row) for row in rows]
        columns = [name for name in told[0] if name != "kind" and any(one[name] not in (None, "") for one in told)]
        cells = [tuple("" if one[name] is None else str(one[name]) for name in columns) for one in told]
        print_table(kind, columns, cells)
    return 0


@with_database
def log(*, subject: str = "", case: str = "", since: str | None = None, limit: int = 20, json: Flag = False) -> int:
    """Who changed what in the register, when and why, with what was believed before and after; the latest first.

    Example: halfhour register log --subject ridgeway-park

    Parameters
    ----------
    subject
        Only changes of facts that name this site, MSID, serial number or Market Participant Id.
    case
        Only changes that this case called for.
    since
        Only changes from this moment on.
    limit
        The most changes that are shown.
    json
        The changes as one JSON document on standard output.
    """
    from halfhour.server.register.asking import document  # noqa: PLC0415
    from halfhour.server.register.asking import log as changes_of  # noqa: PLC0415

    changes = list(changes_of(subject=subject, case=case, since=known_at(since), limit=limit))
    documents = [
        {
            "moment": change.moment,
            "who": change.who,
            "why": change.why,
            "case": change.case,
            "organisation": change.organisation,
            "before": [document(kind, row) for kind, row in ended],
            "after": [document(kind, row) for kind, row in recorded],
        }
        for change, recorded, ended in changes
    ]
    if json:
        print_json({"changes": documents})
        return 0
    for one in documents:
        case_said = f", case {one['case']}" if one["case"] else ""
        print_line(f"{one['moment'].isoformat()}  {one['who']}: {one['why']}{case_said}")
        for sign, facts in (("-", one["before"]), ("+", one["after"])):
            for fact in facts[:10]:
                said = " ".join(f"{name}={value}" for name, value in fact.items() if _said(name, value))
                print_line(f"  {sign} {said}")
            if len(facts) > 10:
                print_line(f"  {sign} … and {len(facts) - 10} more")
    if not documents:
        print_line("There is no such change.")
    return 0


def _said(name: str, value: object) -> bool:
    return value not in (None, "", False) and not name.startswith("recorded")
