"""Facts of the register as the API writes them, with what the reader may not read withheld."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from django.db import models as fields
from ninja import Field, Schema
from pydantic import create_model

from halfhour.server.accounts.permissions import thing_of_kind
from halfhour.server.accounts.roles import Held, Holdings, holdings, last_day_of
from halfhour.server.api.paging import Page
from halfhour.server.api.values import Day
from halfhour.server.register.models import KINDS, Fact

_NOT_TOLD = ("portfolio", "place")
"""Names and order of the files that a fact was imported from: nobody's but the server's."""

CONTRACT = "contract_reference"
"""Field of a fact that is its Supplier's own."""

DIRECTIONS = {
    "import_msid": ("import_msid", "import_llfc", "import_mtc", "import_ssc", "import_profile_class"),
    "export_msid": ("export_msid", "export_llfc", "export_mtc", "export_ssc", "export_profile_class"),
}
"""Fields of a metering that belong to one of its two Metering Systems, by the field of its MSID."""


class FactOut(Schema):
    """A fact: when it holds (closed-open, null = open), when it was recorded, and since when it is no longer believed.

    `withheld` names what the caller may not read of it; that is null here, whatever it is.
    """

    effective_from: date | None
    effective_to: date | None
    recorded_at: datetime
    recorded_until: datetime | None
    withheld: list[str]


class NewFact(Schema):
    """A fact to be recorded: when it holds (closed-open, null = open), and why it is recorded now."""

    effective_from: Day | None = None
    effective_to: Day | None = None
    why: Annotated[str, Field(min_length=1, max_length=500)]
    case: Annotated[str, Field(pattern=r"^([A-Z0-9]{1,12})?$")] = ""


class EndedFact(Schema):
    """A fact that no longer holds from a day on, and why that is recorded."""

    on: Day
    why: Annotated[str, Field(min_length=1, max_length=500)]
    case: Annotated[str, Field(pattern=r"^([A-Z0-9]{1,12})?$")] = ""


def told_fields(kind: str) -> tuple[str, ...]:
    """The fields of a kind of fact that the API tells, key first."""
    model = KINDS[kind]
    return tuple(name for name in (*model.KEY, *model.VALUES) if name not in _NOT_TOLD)


def _type(field: Any) -> Any:
    if isinstance(field, fields.BooleanField):
        return bool
    if isinstance(field, fields.DateField):
        return Day
    if isinstance(field, fields.IntegerField):
        return int
    return Annotated[str, Field(max_length=field.max_length or 10_000)]


def _name(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("-"))


def fact_schema(kind: str) -> type[FactOut]:
    """The schema of a fact of a kind; every field may be withheld, so that every field may be null."""
    model = KINDS[kind]
    told: dict[str, Any] = {name: (_type(model._meta.get_field(name)) | None, ...) for name in told_fields(kind)}
    return create_model(f"{_name(kind)}Fact", __base__=FactOut, __doc__=model.__doc__, **told)


def page_schema(kind: str) -> type[Page]:
    """The schema of a page of facts of a kind."""
    listed: Any = list[fact_schema(kind)]  # type: ignore[misc] # made for each kind
    return create_model(f"{_name(kind)}Page", __base__=Page, items=(listed, ...))


def new_schema(kind: str) -> type[NewFact]:
    """The schema of a fact of a kind to be recorded."""
    model = KINDS[kind]
    asked: dict[str, Any] = {}
    for name in told_fields(kind):
        field = model._meta.get_field(name)
        asked[name] = (_type(field) | None, None) if field.null else (_type(field), ...)
    return create_model(f"New{_name(kind)}", __base__=NewFact, **asked)


def ended_schema(kind: str) -> type[EndedFact]:
    """The schema of the end of a fact of a kind."""
    model = KINDS[kind]
    key: dict[str, Any] = {name: (_type(model._meta.get_field(name)), ...) for name in model.KEY}
    return create_model(f"Ended{_name(kind)}", __base__=EndedFact, **key)


def documents(kind: str, rows: Sequence[Fact], organisation: str, day: date | None = None) -> list[dict[str, Any]]:
    """Facts of a kind that an organisation sees, with what it may not read of each withheld.

    Args:
        day: that they were asked for, None where for all days.
    """
    sites = {row.site for row in rows if hasattr(row, "site")}
    msids = {row.msid for row in rows if hasattr(row, "msid")}
    known = holdings(organisation, sites=sites, msids=msids, day=day)
    return [_document(kind, row, organisation, known) for row in rows]


def _document(kind: str, row: Fact, organisation: str, known: Holdings) -> dict[str, Any]:
    withheld = sorted(_withheld(kind, row, organisation, known))
    document = {name: getattr(row, name) for name in (*told_fields(kind), *FactOut.model_fields) if name != "withheld"}
    return document | dict.fromkeys(withheld) | {"withheld": withheld}


def _withheld(kind: str, row: Fact, organisation: str, known: Holdings) -> Iterable[str]:
    thing = thing_of_kind(kind)
    own = msids_of_row(row)
    held = known.about_msid(own[0]) if own else known.on_site(getattr(row, "site", ""))
    reaching = [one for one in held if one.reaches(thing, "read", own)]
    end = last_day_of(reaching)
    if reaching and end is not None and (row.effective_to is None or row.effective_to > end):
        # When it ended, if ever, came after the organisation's time.
        yield "effective_to"
    if kind == "metering" and not any(one.reaches(thing, "read", ()) for one in reaching):
        mine = {one.on for one in reaching}
        for column, names in DIRECTIONS.items():
            if getattr(row, column) not in mine:
                yield from names
    if hasattr(row, CONTRACT) and not _reads_contract(row, organisation, reaching):
        yield CONTRACT


def _reads_contract(row: Any, organisation: str, held: Iterable[Held]) -> bool:
    """Whether a contract is the organisation's own: it is named in it, or was the Supplier when it was made."""
    if organisation in (getattr(row, "supplier", ""), getattr(row, "agent", "")):
        return True
    made = row.effective_from or date.min
    return any(
        one.reaches("contract", "read", (row.msid,)) and (one.first or date.min) <= made < (one.end or date.max)
        for one in held
    )


def msids_of_row(row: Fact) -> tuple[str, ...]:
    """The MSIDs that a fact is about."""
    named = [getattr(row, name, None) for name in ("msid", "import_msid", "export_msid")]
    return tuple(msid for msid in named if msid)
