"""Every operation × every kind of caller is answered as the permission table says, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api_world import (
    AGGREGATOR,
    COLLECTOR,
    DISTRIBUTOR,
    EXPORT,
    EXPORT_SUPPLIER,
    FORMER_MOA,
    IMPORT_SUPPLIER,
    MOA,
    OWNER,
    SITE,
    STRANGER,
    World,
    flow,
)
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from halfhour.server.accounts.permissions import reach
from halfhour.server.api.matrix import Row, matrix

DONE = (200, 201)
PLACES = ("reader", "operator", "administrator")


@dataclass(frozen=True)
class Caller:
    """A kind of caller: its token, its place, the roles that it holds on the export MSID or elsewhere on its site."""

    name: str
    token: str
    place: str = "operator"
    own: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    now: bool = True
    opens: bool = True
    party: str = ""
    correspondent: bool = False

    @property
    def organisation(self) -> str:
        """Its organisation."""
        return self.token.partition(" ")[0]


EXPORTING: dict[str, Any] = {"own": ("supplier",), "party": "now", "correspondent": True}
CALLERS = [
    Caller("no token", "", opens=False),
    Caller("revoked token", "revoked", opens=False),
    Caller("expired token", "expired", opens=False),
    Caller("stranger", STRANGER),
    Caller("stranger's administrator", f"{STRANGER} administrator", "administrator"),
    Caller("import Supplier", IMPORT_SUPPLIER, site=("supplier",), party="now"),
    Caller("export Supplier", EXPORT_SUPPLIER, **EXPORTING),
    Caller("export Supplier's reader", f"{EXPORT_SUPPLIER} reader", "reader", **EXPORTING),
    Caller("export Supplier's administrator", f"{EXPORT_SUPPLIER} administrator", "administrator", **EXPORTING),
    Caller("Meter Operator", MOA, own=("meter-operator",), party="now", correspondent=True),
    Caller("former Meter Operator", FORMER_MOA, own=("meter-operator",), now=False, party="once"),
    Caller("data collector", COLLECTOR, own=("data-collector",)),
    Caller("data aggregator", AGGREGATOR, own=("aggregator",)),
    Caller("distributor", DISTRIBUTOR, own=("distributor",), party="now"),
    Caller("owner", OWNER, site=("owner",), party="now"),
]

Body = Callable[[World, Caller], Any]


@dataclass(frozen=True)
class Request:
    """How an operation is called, and what its answer depends on: `all`, `msid`, `case`, `file`, `run` or `own`."""

    path: Callable[[World], str]
    depends: str
    body: Body | None = None
    answers: Mapping[str, int] = field(default_factory=dict)
    """By the name of a caller, where something else than its role decides."""
    done: tuple[int, ...] = DONE


def of(path: str, depends: str, body: Body | None = None, **more: Any) -> Request:
    """A request whose path may name the world's case, file, instance, run and change."""
    return Request(
        lambda world: path.format(
            case=world.case, file=world.file, instance=world.instance, run=world.run, change=world.change
        ),
        depends,
        body,
        **more,
    )


def fact(**said: Any) -> Body:
    """A body of a fact of the export MSID from 2025 on."""
    return lambda world, caller: {"msid": EXPORT, "effective_from": "2025-01-01", "why": "test", **said}


def ending(**key: Any) -> Body:
    """A body that ends a fact of the export MSID."""
    return lambda world, caller: {"msid": EXPORT, "on": "2025-01-01", "why": "test", **key}


def opening(world: World, caller: Caller) -> Any:
    """A case in which whoever calls plays a party."""
    facts = {"network": "mill", "premises": "U9"}
    parties = {"holder": caller.organisation}
    return {"timetable": "third-party-access", "opened_on": "2025-05-01", "parties": parties, "facts": facts}


def upload(world: World, caller: Caller) -> Any:
    """The file that the world has already."""
    return {"file": SimpleUploadedFile("d0155.usr", flow(EXPORT_SUPPLIER, MOA, EXPORT))}


NOTE = {"kind": "note", "on": "2025-04-02", "data": {"text": "seen"}}
READ_OF_MSID = f"?msid={EXPORT}"
OVER = {"former Meter Operator": 404}
"""What was changed since is not told to whoever has no role any longer."""

NOT_ITS_FILE = {one.name: 403 for one in CALLERS if one.opens and not one.correspondent and one.place in PLACES[1:]}
NOT_ITS_STEP = {one.name: 403 for one in CALLERS if one.party == "now" and one.organisation not in (EXPORT_SUPPLIER,)}
REQUESTS = {
    "list_timetables": of("/timetables", "all"),
    "show_timetable": of("/timetables/third-party-access", "all"),
    "list_parties": of("/parties", "all"),
    "list_party_roles": of("/party-roles", "all"),
    "list_sites": of(f"/sites{READ_OF_MSID}", "msid"),
    "list_meterings": of(f"/meterings{READ_OF_MSID}", "msid"),
    "list_registrations": of(f"/registrations{READ_OF_MSID}", "msid"),
    "list_appointments": of(f"/appointments{READ_OF_MSID}", "msid"),
    "list_meters": of(f"/meters{READ_OF_MSID}", "msid"),
    "list_declarations": of(f"/declarations{READ_OF_MSID}", "msid"),
    "list_dispensations": of(f"/dispensations{READ_OF_MSID}", "msid"),
    "list_loss_evidence": of(f"/loss-evidence{READ_OF_MSID}", "msid"),
    "list_market_data_changes": of(f"/market-data-changes{READ_OF_MSID}", "msid"),
    "list_changes": of(f"/changes{READ_OF_MSID}", "msid", answers=OVER),
    "show_change": of("/changes/{change}", "msid", answers=OVER),
    "record_registration": of("/registrations", "msid", fact(supplier=EXPORT_SUPPLIER)),
    "end_registration": of("/registrations/end", "msid", ending()),
    "record_appointment": of("/appointments", "msid", fact(role="M", agent="NEWM")),
    "end_appointment": of("/appointments/end", "msid", ending(role="M")),
    "record_meter": of("/meters", "msid", fact(serial="S9", measures="AE")),
    "end_meter": of("/meters/end", "msid", ending(serial="S12345")),
    "record_dispensation": of("/dispensations", "msid", fact(reference="D/380", kind="generic", evidence="x")),
    "end_dispensation": of("/dispensations/end", "msid", ending(reference="D/380")),
    "record_loss_evidence": of("/loss-evidence", "msid", fact(option="scaled", factor="0.02")),
    "end_loss_evidence": of("/loss-evidence/end", "msid", ending()),
    "record_market_data_change": of("/market-data-changes", "msid", fact(reference="MDD-2", entities="55")),
    "end_market_data_change": of("/market-data-changes/end", "msid", ending(reference="MDD-1")),
    "show_cases": of("/cases", "all"),
    "open_a_case": of("/cases", "all", opening),
    "show_case": of("/cases/{case}", "case"),
    "record_event": of("/cases/{case}/events", "case", lambda world, caller: NOTE),
    "what_if": of("/cases/{case}/what-if", "case", lambda world, caller: {}),
    # The step is not waited for yet, which only its sender is told.
    "send_file": of(
        "/cases/{case}/files", "case", lambda world, caller: {"step": "6.9"}, answers=NOT_ITS_STEP, done=(422,)
    ),
    "list_deadlines": of("/deadlines", "all"),
    "deadlines_as_csv": of("/deadlines.csv", "all"),
    "deadlines_as_calendar": of("/deadlines.ics", "all"),
    "list_files": of("/files", "all"),
    "give_file": of("/files", "all", upload, answers=NOT_ITS_FILE),
    "show_file": of("/files/{file}", "file"),
    "acknowledge_file": of("/files/{file}/acknowledgement", "file"),
    "file_content": of("/files/{file}/content", "file"),
    "list_unmatched": of("/unmatched", "all"),
    "assign_instance": of("/unmatched/{instance}/assign", "file", lambda world, caller: {"case": world.case}),
    "list_runs": of("/runs", "all"),
    "show_run": of("/runs/{run}", "run"),
    "show_organisation": of("/organisation", "own"),
    "list_people": of("/organisation/people", "own"),
    "list_tokens": of("/organisation/tokens", "own"),
    "make_token": of(
        "/organisation/tokens", "own", lambda world, caller: {"person": f"op@{caller.organisation}", "days": 1}
    ),
    "delete_token": Request(
        lambda world: f"/organisation/tokens/{world.tokens[EXPORT_SUPPLIER][3:11]}",
        "own",
        lambda world, caller: {},
        {"stranger's administrator": 404},
    ),
    "list_audit": of("/audit", "own"),
}


def expected(row: Row, request: Request, caller: Caller) -> tuple[int, ...]:
    """The statuses that the permission table allows."""
    if not caller.opens:
        return (401,)
    if PLACES.index(caller.place) < PLACES.index(row.place):
        return (403,)
    if caller.name in request.answers:
        return (request.answers[caller.name],)
    if request.depends == "case":
        if not caller.party:
            return (404,)
        return (403,) if caller.party == "once" and row.access == "record" else request.done
    if request.depends == "file":
        return request.done if caller.correspondent else (404,)
    if request.depends == "run":
        # It is a run of all MSIDs of the site.
        return request.done if any(reach(role, "run", "read") for role in (*caller.own, *caller.site)) else (404,)
    if request.depends == "msid":
        if not reaches(caller, "metering", "read"):
            return (404,)
        able = reaches(caller, row.thing, row.access) and (caller.now or row.access == "read")
        return request.done if able else (403,)
    return request.done


def reaches(caller: Caller, thing: str, access: Any) -> bool:
    """Whether any of the roles that the caller holds reaches a thing of the export MSID."""
    own = any(reach(role, thing, access) in ("own", "site") for role in caller.own)
    return own or any(reach(role, thing, access) == "site" for role in caller.site)


def test_every_operation_is_in_the_matrix():
    assert {row.name for row in matrix()} == set(REQUESTS)


def test_every_operation_answers_every_caller_as_the_table_says(either_world):
    wrong = []
    for row in matrix():
        request = REQUESTS[row.name]
        for caller in CALLERS:
            body = request.body(either_world, caller) if request.body else None
            with transaction.atomic():
                response = either_world.call(caller.token, row.method, request.path(either_world), body)
                transaction.set_rollback(True)
            wanted = expected(row, request, caller)
            if response.status_code not in wanted:
                wrong.append(f"{row.method} {row.path} by {caller.name}: {response.status_code}, not {wanted}")
                wrong.append(f"    {response.content[:200]!r}")
    assert not wrong, "\n".join(wrong)


def test_of_a_site_the_same_is_allowed_as_of_its_msid(world):
    """Nobody reads by the site's name what is refused by an MSID of it, but the roles that reach the whole site."""
    for row in matrix():
        if not (row.method == "GET" and REQUESTS[row.name].depends == "msid"):
            continue
        path = REQUESTS[row.name].path(world).partition("?")[0]
        for caller in CALLERS:
            got = world.get(caller.token, f"{path}?site={SITE}").status_code
            assert got in expected(row, REQUESTS[row.name], caller), (row.name, caller.name, got)
