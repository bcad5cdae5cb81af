"""The reference of permissions: the table by which the API decides, operation by operation and fact by fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from generator.markdown import as_code, as_table, page
from halfhour.processes.timetables import find_timetable, timetables
from halfhour.server.accounts.permissions import Access, Reach, Thing, roles, thing_of_kind, things
from halfhour.server.project.database import start

if TYPE_CHECKING:
    from halfhour.server.api.matrix import Row

NOT = "–"
"""A cell of what is not allowed."""

PREFIX = "/api/v1/"
ON_SITES = ("supplier", "meter-operator", "data-collector", "aggregator", "distributor", "owner")
"""Roles that are held on a Metering System or a site."""


def permissions() -> str:
    """Which role sees and records what, with the source of each rule, and each operation of the API by role."""
    # Facts and operations are Django's; nothing of a database is opened.
    start()
    return page(
        "Permissions",
        """
What is not in these tables is not allowed. The API reads the same data, and tests call every operation as every kind
of caller and hold the answers to them.

Two things must both allow a call. The **place** of the person in the organisation says what kind of call: a `reader`
reads, an `operator` records as well, an `administrator` manages people's tokens and reads the audit trail as well. The
**role** of the organisation on that Metering System, site, case or file says of what. Roles are not given: they are
worked out from the register as it is known now, from the parties of cases and from files, each for its days.

How far a role reaches: `own`, what belongs to the Metering System, case, file or organisation that it is held on;
`site`, what belongs to any Metering System of its site; `all`, everything of its kind. Whoever holds a role for a time
sees what held in a part of that time, and nothing of what came after. What an organisation may not know of is answered
as if it were not there (404); what it knows of and may not read or record is refused (403).
""",
        "## Roles, and what makes an organisation hold one",
        as_table(("role", "title", "held because", "Role Codes"), _roles()),
        "## What each role sees",
        as_table(("thing", *_headings(roles())), _reach_of(things().values(), "read")),
        "## What each role records or manages",
        as_table(("thing", *_headings(roles())), _reach_of(things().values(), "record", "administer")),
        "## Why",
        "Pages such as `file-formats 4` are the project's handbook, which is not part of this repository.",
        as_table(
            ("thing", "what it is", "source", "mark"),
            ((as_code(one.name), one.title, one.source, one.mark) for one in things().values()),
        ),
        "## What of a fact of the register is told",
        """
A fact that an organisation sees is told with these fields. One that it may not read of it is null, and is named in
`withheld`. The end of a fact is withheld where the organisation's role ended before it.
""",
        as_table(("kind of fact", "thing", "fields", "withheld"), _kinds()),
        "## What of a case is told",
        """
A party of a case sees its state, clocks, events and files. One that was a party, and is none any longer, sees what was
known until then, and records nothing more. A party records acts and flows that are from it or to it, hands its own part
on, names whom it needs, and corrects what it recorded itself. These facts are left out for the parties named, in facts,
events and findings alike:
""",
        as_table(("timetable", "fact", "secret to"), _secrets()),
        "## Every operation by role",
        f"Addresses are below `{PREFIX}`. The last column has what does not hang on a site.",
        *_operations(),
    )


def _roles() -> Iterable[tuple[str, ...]]:
    for one in roles().values():
        yield as_code(one.name), one.title, one.meaning, ", ".join(map(as_code, one.market_roles))


def _reach_of(of: Iterable[Thing], *accesses: Access) -> Iterable[tuple[str, ...]]:
    for one in of:
        reach = {role: far for access in accesses for role, far in one.reach[access].items()}
        if reach:
            yield as_code(one.name), *_cells({role: reach.get("member") or reach.get(role) for role in roles()})


def _headings(names: Iterable[str]) -> list[str]:
    return [name.replace("-", " ") for name in names]


def _cells(reach: Mapping[str, Reach | None]) -> list[str]:
    return [as_code(far or "") or NOT for far in reach.values()]


def _kinds() -> Iterable[tuple[str, ...]]:
    from halfhour.server.api.facts import CONTRACT, DIRECTIONS, told_fields  # noqa: PLC0415 - Django must be set up
    from halfhour.server.register.models import KINDS  # noqa: PLC0415

    for kind in KINDS:
        thing = thing_of_kind(kind)
        if not thing:
            yield as_code(kind), NOT, "told to nobody by the API", ""
            continue
        fields = told_fields(kind)
        withheld = []
        if CONTRACT in fields:
            withheld.append(
                f"{as_code(CONTRACT)} from all but who is named in the fact and the Supplier when it was made"
            )
        if set(DIRECTIONS) <= set(fields):
            columns = " or ".join(", ".join(map(as_code, names)) for names in DIRECTIONS.values())
            withheld.append(f"{columns} from a role that reaches `own` and is held on the other of the two only")
        yield as_code(kind), as_code(thing), ", ".join(map(as_code, fields)), "; ".join(withheld)


def _secrets() -> Iterable[tuple[str, ...]]:
    for timetable_id in timetables():
        for fact in find_timetable(timetable_id).facts.values():
            if fact.secret_to:
                link = f"[{timetable_id}](timetables/{timetable_id}.md)"
                yield link, as_code(fact.name), ", ".join(map(as_code, fact.secret_to))


def _operations() -> Iterable[str]:
    from halfhour.server.api.matrix import matrix  # noqa: PLC0415 - Django must be set up

    for place in dict.fromkeys(row.place for row in matrix()):
        yield f"### Place: at least {place}"
        rows = [_operation(row) for row in matrix() if row.place == place]
        yield as_table(("operation", "thing", *_headings(ON_SITES), "otherwise"), rows)


def _operation(row: Row) -> list[str]:
    cells = _cells({role: row.reach[role] for role in ON_SITES})
    written = things()[row.thing].reach[row.access]
    other = ", ".join(f"{role} {as_code(far)}" for role, far in written.items() if role not in ON_SITES)
    return [as_code(f"{row.method} {row.path.removeprefix(PREFIX)}"), as_code(row.thing), *cells, other or NOT]
