"""The register: facts as they held on a day and as known at a moment, recording where the role allows it, changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import Count, Q
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from halfhour.errors import HalfhourError
from halfhour.server.accounts.case_access import standing
from halfhour.server.accounts.permissions import thing_of_kind, things
from halfhour.server.accounts.roles import Held, cover, holdings
from halfhour.server.accounts.visible import visible
from halfhour.server.api.callers import Caller, caller_of
from halfhour.server.api.facts import (
    EndedFact,
    NewFact,
    documents,
    ended_schema,
    new_schema,
    page_schema,
    told_fields,
)
from halfhour.server.api.operations import operation
from halfhour.server.api.paging import Cursor, Limit, Page, page_of
from halfhour.server.api.problems import not_found
from halfhour.server.api.values import AsAt, KnownAt, RowId
from halfhour.server.cases.writing import today
from halfhour.server.register.models import KINDS, Change, Metering
from halfhour.server.register.reading import key_of, statement
from halfhour.server.register.recording import Statement, holding, known, writing

router = Router()

PLURALS = {
    "party": "parties",
    "party-role": "party-roles",
    "site": "sites",
    "metering": "meterings",
    "registration": "registrations",
    "appointment": "appointments",
    "meter": "meters",
    "declaration": "declarations",
    "dispensation": "dispensations",
    "loss-evidence": "loss-evidence",
    "market-data-change": "market-data-changes",
}
"""The address of each kind of fact that the API tells."""

_MOST_FACTS = 100
"""Of one kind that are told of a change; an import changes thousands."""

SiteId = Annotated[str, Query("", pattern=r"^[A-Za-z0-9-]{0,100}$", description="Only of this site.")]
Msid = Annotated[str, Query("", pattern=r"^([0-9]{13})?$", description="Only of this MSID or AMSID.")]


class RecordedFact(Schema):
    """Whether anything was recorded: what is believed already is not recorded again."""

    recorded: bool
    moment: datetime | None


class ChangedFact(Schema):
    """A fact of a change; `ended` where the change ended that it was believed."""

    kind: str
    key: dict[str, Any]
    effective_from: date | None
    ended: bool


class ChangeLine(Schema):
    """A writing to the register; who and why are told to the organisation in whose name it was made.

    `facts` is how many of each kind, of those that the caller sees, it recorded or ended.
    """

    id: int
    moment: datetime
    organisation: str
    who: str | None
    why: str | None
    case: str | None
    facts: dict[str, int]


class ChangePage(Page):
    """Changes, the latest first."""

    items: list[ChangeLine]


class ChangeOut(ChangeLine):
    """A change with the first hundred of its facts of each kind."""

    told: list[ChangedFact]


def _offer(kind: str, path: str) -> None:
    """The operations of a kind of fact."""
    thing = thing_of_kind(kind)

    def listing(
        request: HttpRequest, cursor: Cursor, limit: Limit, site: SiteId, msid: Msid, as_at: AsAt, known_at: KnownAt
    ) -> dict[str, Any]:
        caller = caller_of(request)
        _check_named(caller, thing, site, msid, as_at)
        rows = known(KINDS[kind], known_at).filter(visible(KINDS[kind], caller.organisation, thing, day=as_at))
        rows = rows.filter(_named(kind, site, msid))
        if as_at is not None:
            rows = holding(rows, as_at)
        found, next_ = page_of(rows, "id", cursor, limit)
        return {"items": documents(kind, found, caller.organisation, as_at), "next": next_}

    listing.__name__ = f"list_{path.replace('-', '_')}"
    listing.__doc__ = f"{things()[thing].title}: those that the organisation sees, in the order of recording."
    router.get(f"/{path}", **operation(thing, "read", page_schema(kind)))(listing)
    if not things()[thing].reach["record"]:
        return

    def recording(request: HttpRequest, body: NewFact) -> Status[dict[str, Any]]:
        said = {name: getattr(body, name) for name in told_fields(kind) if getattr(body, name) is not None}
        return _recorded(caller_of(request), thing, statement(kind, said, body.effective_from, body.effective_to), body)

    recording.__name__ = f"record_{kind.replace('-', '_')}"
    recording.__doc__ = f"Record a {kind.replace('-', ' ')} over its days, in place of what was believed of these."
    recording.__annotations__["body"] = new_schema(kind)
    router.post(f"/{path}", **operation(thing, "record", RecordedFact, status=(200, 201)))(recording)

    def ending(request: HttpRequest, body: EndedFact) -> dict[str, Any]:
        key = key_of(kind, {name: getattr(body, name) for name in KINDS[kind].KEY})
        return _ended(caller_of(request), thing, kind, key, body)

    ending.__name__ = f"end_{kind.replace('-', '_')}"
    ending.__doc__ = f"Record that a {kind.replace('-', ' ')} no longer holds from a day on."
    ending.__annotations__["body"] = ended_schema(kind)
    router.post(f"/{path}/end", **operation(thing, "record", RecordedFact))(ending)


for _kind, _path in PLURALS.items():
    _offer(_kind, _path)


@router.get("/changes", **operation("site", "read", ChangePage))
def list_changes(request: HttpRequest, cursor: Cursor, limit: Limit, site: SiteId, msid: Msid) -> dict[str, Any]:
    """The log of changes of facts that the organisation sees, while it still holds a role there."""
    caller = caller_of(request)
    _check_named(caller, "site", site, msid, today())
    seen = _seen(caller, site, msid)
    of_these = Q(pk__in=[])
    for rows in seen.values():
        of_these |= Q(pk__in=rows.values("change")) | Q(pk__in=rows.values("ended_by"))
    found, next_ = page_of(Change.objects.filter(of_these), "-id", cursor, limit)
    return {"items": _change_lines(caller, found, seen), "next": next_}


@router.get("/changes/{change_id}", **operation("site", "read", ChangeOut))
def show_change(request: HttpRequest, change_id: RowId) -> dict[str, Any]:
    """A change with its facts that the organisation sees."""
    caller = caller_of(request)
    seen = _seen(caller, "", "")
    change = Change.objects.filter(pk=change_id).first()
    line = next(iter(_change_lines(caller, [change] if change else [], seen)), None)
    if change is None or line is None or not line["facts"]:
        raise not_found(f"change {change_id}")
    told = [
        {
            "kind": kind,
            "key": dict(zip(row.KEY, row.key(), strict=True)),
            "effective_from": row.effective_from,
            "ended": row.change_id != change.pk,
        }
        for kind in line["facts"]
        for row in seen[kind].filter(Q(change=change) | Q(ended_by=change)).order_by("id")[:_MOST_FACTS]
    ]
    return line | {"told": told}


def _seen(caller: Caller, site: str, msid: str) -> dict[str, Any]:
    """By kind, every belief that the organisation sees, ended ones too; parties of the market are everybody's."""
    return {
        kind: KINDS[kind].objects.filter(
            visible(KINDS[kind], caller.organisation, thing_of_kind(kind), still=today()), _named(kind, site, msid)
        )
        for kind in PLURALS
        if thing_of_kind(kind) != "party"
    }


def _change_lines(caller: Caller, changes: Sequence[Change], seen: Mapping[str, Any]) -> list[dict[str, Any]]:
    counts: dict[int, dict[str, int]] = {change.pk: {} for change in changes}
    for kind, rows in seen.items():
        changed = rows.filter(Q(change__in=changes) | Q(ended_by__in=changes))
        for by, ended_by, number in changed.values_list("change", "ended_by").annotate(number=Count("pk")).order_by():
            for change_id in {by, ended_by} & counts.keys():
                counts[change_id][kind] = counts[change_id].get(kind, 0) + number
    return [_change_line(caller, change, counts[change.pk]) for change in changes]


def _change_line(caller: Caller, change: Change, facts: dict[str, int]) -> dict[str, Any]:
    own = change.organisation == caller.organisation
    return {
        "id": change.pk,
        "moment": change.moment,
        "organisation": change.organisation,
        "who": change.who if own else None,
        "why": change.why if own else None,
        "case": change.case if change.case and standing(change.case, caller.organisation) else None,
        "facts": facts,
    }


def _named(kind: str, site: str, msid: str) -> Q:
    """The facts of a kind that belong to the site or the MSID that was named."""
    columns = {field.name for field in KINDS[kind]._meta.get_fields()}
    wanted = Q()
    if site:
        meters = known(Metering).filter(site=site)
        of_site = Q(msid__in=meters.values("import_msid")) | Q(msid__in=meters.values("export_msid"))
        wanted &= Q(site=site) if "site" in columns else of_site if "msid" in columns else Q(pk__in=[])
    if msid:
        has = Q(import_msid=msid) | Q(export_msid=msid)
        of_msid = has if kind == "metering" else Q(site__in=known(Metering).filter(has).values("site"))
        wanted &= Q(msid=msid) if "msid" in columns else of_msid if "site" in columns else Q(pk__in=[])
    return wanted


def _check_named(caller: Caller, thing: str, site: str, msid: str, day: date | None) -> None:
    """Refuse a site or MSID of which the caller may not know (404), or of which it may not read this (403)."""
    for named, what, held, own in (
        (site, "site", holdings(caller.organisation, sites=[site], day=day).on_site(site), ()) if site else _NOBODY,
        (msid, "MSID", holdings(caller.organisation, msids=[msid], day=day).about_msid(msid), (msid,))
        if msid
        else _NOBODY,
    ):
        if not named:
            continue
        if not _knows(held, own):
            raise not_found(f"{what} {named}")
        if not _reaching(held, thing, "read", own):
            raise _not_allowed(thing, "read", named)


_NOBODY: tuple[str, str, list[Held], tuple[str, ...]] = ("", "", [], ())


def _knows(held: list[Held], own: tuple[str, ...]) -> bool:
    return bool(_reaching(held, "metering" if own else "site", "read", own))


def _reaching(held: list[Held], thing: str, access: Any, own: tuple[str, ...]) -> list[Held]:
    # Of a site, whatever belongs to any of its MSIDs.
    within = own or tuple(one.on for one in held)
    return [one for one in held if one.reaches(thing, access, within)]


def _not_allowed(thing: str, access: str, named: str) -> HalfhourError:
    verb = "read" if access == "read" else "record"
    return HalfhourError(
        "SV-103",
        f"The organisation's role on {named} does not let it {verb} this: {things()[thing].title}.",
        "docs/reference/permissions.md says which role does.",
    )


def _may_record(caller: Caller, thing: str, msid: str, first: date | None, end: date | None) -> list[Held]:
    """The roles by which the caller may record a thing of an MSID over a range of days.

    Raises:
        HalfhourError: SV-104 it may not know of the MSID, SV-103 it may not record this, or not for all of these days.
    """
    held = holdings(caller.organisation, msids=[msid]).about_msid(msid)
    if not _knows(held, (msid,)):
        raise not_found(f"MSID {msid}")
    able = _reaching(held, thing, "record", (msid,))
    if not able:
        raise _not_allowed(thing, "record", msid)
    if not cover(able, first, end):
        days = f"from {first or 'the beginning'} to {end or 'no end'}"
        raise HalfhourError(
            "SV-103",
            f"The organisation does not hold its role on {msid} on every day {days}.",
            "Give dates within the time of the role.",
        )
    return able


def _recorded(caller: Caller, thing: str, said: Statement, body: NewFact) -> Status[dict[str, Any]]:
    values = dict(zip(KINDS[said.kind].KEY, said.key, strict=True)) | dict(said.values)
    able = _may_record(caller, thing, str(values["msid"]), said.effective_from, said.effective_to)
    if said.kind == "registration":
        said = _registration(caller, said, able)
    _check_case(caller, body.case)
    with writing(caller.who, body.why, case=body.case, organisation=caller.organisation) as making:
        new = making.record(said)
        moment = making.change.moment
    return Status(201 if new else 200, {"recorded": new, "moment": moment if new else None})


def _registration(caller: Caller, said: Statement, able: list[Held]) -> Statement:
    """A registration as the caller may say it: a Supplier its own, a distributor without what is its Supplier's."""
    supplier, reference = said.values.get("supplier"), said.values.get("contract_reference")
    if any(one.role == "supplier" for one in able):
        if supplier != caller.organisation:
            raise HalfhourError(
                "SV-103", "A Supplier records only its own registration.", "The distributor records that of another."
            )
        return said
    if reference:
        raise HalfhourError("SV-103", "The contract reference is its Supplier's own.", "Leave it out.")
    rows = known(KINDS["registration"]).filter(msid=said.key[0], supplier=supplier).exclude(contract_reference=None)
    kept = rows.order_by("-effective_from").values_list("contract_reference", flat=True).first()
    return Statement(
        said.kind, said.key, {**said.values, "contract_reference": kept}, said.effective_from, said.effective_to
    )


def _ended(caller: Caller, thing: str, kind: str, key: tuple[Any, ...], body: EndedFact) -> dict[str, Any]:
    msid = str(dict(zip(KINDS[kind].KEY, key, strict=True))["msid"])
    _may_record(caller, thing, msid, body.on, None)
    _check_case(caller, body.case)
    with writing(caller.who, body.why, case=body.case, organisation=caller.organisation) as making:
        ended = making.stop(kind, key, body.on)
        moment = making.change.moment
    return {"recorded": ended, "moment": moment if ended else None}


def _check_case(caller: Caller, case: str) -> None:
    if case and standing(case, caller.organisation) is None:
        raise not_found(f"case '{case}'")
