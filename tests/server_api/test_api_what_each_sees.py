"""What each organisation finds in the register and in runs: its own, for its time, and no contract of another."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from api_world import (
    AGGREGATOR,
    COLLECTOR,
    DISTRIBUTOR,
    EXPORT,
    EXPORT_SUPPLIER,
    FORMER_MOA,
    IMPORT,
    IMPORT_SUPPLIER,
    MOA,
    MOA_CHANGED,
    OWNER,
    SECRET,
    SITE,
    STRANGER,
    core,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfhour.server.accounts.permissions import roles, thing_of_kind, things
from halfhour.server.accounts.roles import Held, cover, holdings
from halfhour.server.accounts.visible import visible
from halfhour.server.api.matrix import matrix
from halfhour.server.api.routers.register import PLURALS
from halfhour.server.register.models import KINDS
from halfhour.server.register.recording import Statement, known, writing

EVERYBODY = [
    *(IMPORT_SUPPLIER, EXPORT_SUPPLIER, MOA, FORMER_MOA, COLLECTOR, AGGREGATOR, DISTRIBUTOR, OWNER, STRANGER),
]


def lists(world) -> dict[str, str]:
    """The address of every operation that reads without naming anything."""
    paths = [row.path.removeprefix("/api/v1") for row in matrix() if row.method == "GET" and "{" not in row.path]
    return {path: path for path in paths if path not in ("/organisation/people", "/organisation/tokens", "/audit")}


def test_a_stranger_finds_nothing_of_the_site_anywhere(world):
    for path in lists(world):
        text = world.get(STRANGER, path).content.decode()
        assert not any(word in text for word in (IMPORT, EXPORT, SECRET, SITE, "S12345", world.case)), path


def test_nobody_but_the_export_supplier_and_whom_it_appointed_reads_its_contract(world):
    for who in EVERYBODY:
        text = "".join(world.get(who, path).content.decode() for path in lists(world))
        its_own = who in (EXPORT_SUPPLIER, MOA, FORMER_MOA, COLLECTOR, AGGREGATOR)
        assert (SECRET in text) == its_own, who


def test_an_agent_reads_its_own_contract_and_not_that_of_the_others(world):
    rows = world.get(COLLECTOR, f"/appointments?msid={EXPORT}").json()["items"]
    told = {(one["role"], one["agent"]): one["contract_reference"] for one in rows}
    assert told == {("M", FORMER_MOA): None, ("M", MOA): None, ("C", COLLECTOR): SECRET, ("A", AGGREGATOR): None}
    assert all(("contract_reference" in one["withheld"]) == (one["agent"] != COLLECTOR) for one in rows)


def test_the_import_supplier_sees_who_supplies_the_export_but_not_on_what_terms(world):
    (row,) = world.get(IMPORT_SUPPLIER, f"/registrations?msid={EXPORT}").json()["items"]
    assert (row["supplier"], row["contract_reference"], row["withheld"]) == (
        EXPORT_SUPPLIER,
        None,
        ["contract_reference"],
    )


def test_a_new_supplier_does_not_read_what_the_one_before_agreed_with_its_agents(world):
    with writing("test", "change of supplier") as making:
        values = {"supplier": STRANGER, "contract_reference": "NEW-1"}
        making.record(Statement("registration", (EXPORT,), values, date(2025, 1, 1)))
    rows = world.get(STRANGER, f"/appointments?msid={EXPORT}").json()["items"]
    assert rows
    assert all(one["contract_reference"] is None for one in rows)
    (own,) = world.get(STRANGER, f"/registrations?msid={EXPORT}").json()["items"]
    assert own["contract_reference"] == "NEW-1"


def test_a_former_agent_sees_what_held_in_its_time_and_nothing_of_what_came_after(world):
    rows = world.get(FORMER_MOA, "/appointments").json()["items"]
    assert {one["agent"] for one in rows} == {FORMER_MOA, COLLECTOR, AGGREGATOR}
    for path in ("/registrations", "/meters", "/dispensations"):
        for one in world.get(FORMER_MOA, path).json()["items"]:
            assert (one["effective_to"], "effective_to" in one["withheld"]) == (None, True), path
    own = [one for one in rows if one["agent"] == FORMER_MOA]
    assert {one["effective_to"] for one in own} == {MOA_CHANGED.isoformat()}
    before, after = (f"/meters?msid={EXPORT}&as_at={day}" for day in ("2024-05-31", "2024-06-01"))
    assert len(world.get(FORMER_MOA, before).json()["items"]) == 1
    assert world.get(FORMER_MOA, after).status_code == 404
    assert world.get(MOA, before).status_code == 404
    assert len(world.get(MOA, after).json()["items"]) == 1
    assert world.get(FORMER_MOA, "/meters?as_at=2024-06-01").json()["items"] == []


def test_an_agent_of_one_direction_does_not_see_the_msid_of_the_other(world):
    with writing("test", "a collector for the export only") as making:
        making.record(Statement("appointment", (EXPORT, "D"), {"agent": "DNEW"}, date(2025, 1, 1)))
    from api_world import _token  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from halfhour.server.accounts.keeping import add_organisation  # noqa: PLC0415

    add_organisation("DNEW")
    world.tokens["DNEW"] = _token("DNEW", "op", "operator", timezone.now())
    (row,) = world.get("DNEW", "/meterings").json()["items"]
    assert (row["export_msid"], row["export_llfc"]) == (EXPORT, "932")
    assert (row["import_msid"], row["import_llfc"]) == (None, None)
    assert {"import_msid", "import_llfc"} <= set(row["withheld"])
    assert IMPORT not in "".join(world.get("DNEW", path).content.decode() for path in lists(world))
    assert world.get("DNEW", f"/meters?msid={IMPORT}").status_code == 404


def test_the_distributor_sees_every_msid_of_its_area_and_no_other(world):
    another = core("120000000099")
    with writing("test", "one more") as making:
        making.record(Statement("registration", (another,), {"supplier": STRANGER}))
    assert world.get(DISTRIBUTOR, f"/registrations?msid={another}").status_code == 200
    listed = {one["msid"] for one in world.get(DISTRIBUTOR, "/registrations").json()["items"]}
    assert listed == {IMPORT, EXPORT, another}


def test_the_register_is_told_as_it_was_known_at_a_moment(world):
    before = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    with writing("test", "a correction") as making:
        making.record(Statement("meter", ("S12345", EXPORT), {"measures": "AE", "kind": "smart"}, date(2020, 1, 1)))
    now = world.get(MOA, f"/meters?msid={EXPORT}").json()["items"]
    then = world.get(MOA, f"/meters?msid={EXPORT}&known_at={before}").json()["items"]
    assert ([one["measures"] for one in now], [one["measures"] for one in then]) == (["AE"], ["AI,AE"])
    assert then[0]["recorded_until"] is not None


def test_the_log_of_changes_tells_who_and_why_to_the_organisation_that_made_them(world):
    body = {"msid": EXPORT, "serial": "S12345", "measures": "AE", "effective_from": "2025-01-01", "why": "exchanged"}
    assert world.post(MOA, "/meters", body).status_code == 201
    mine, theirs = (world.get(who, f"/changes?msid={EXPORT}").json()["items"][0] for who in (MOA, EXPORT_SUPPLIER))
    assert (mine["organisation"], mine["who"], mine["why"]) == (MOA, "MOAA/op@MOAA", "exchanged")
    assert (theirs["organisation"], theirs["who"], theirs["why"]) == (MOA, None, None)
    # One belief ended; in its place, what it said until the exchange and what holds from then on.
    assert theirs["facts"] == {"meter": 3}
    told = world.get(EXPORT_SUPPLIER, f"/changes/{theirs['id']}").json()["told"]
    assert [(one["ended"], one["effective_from"]) for one in told] == [
        (True, "2020-01-01"),
        (False, "2020-01-01"),
        (False, "2025-01-01"),
    ]
    for who in (FORMER_MOA, STRANGER):
        assert world.get(who, f"/changes/{theirs['id']}").status_code == 404
        assert theirs["id"] not in [one["id"] for one in world.get(who, "/changes").json()["items"]]


def test_recording_the_same_again_records_nothing(world):
    body = {"msid": EXPORT, "serial": "S12345", "measures": "AE", "effective_from": "2025-01-01", "why": "exchanged"}
    answers = [world.post(MOA, "/meters", body) for _ in range(2)]
    assert [(one.status_code, one.json()["recorded"]) for one in answers] == [(201, True), (200, False)]


@pytest.mark.parametrize(
    ("who", "path", "body"),
    [
        (EXPORT_SUPPLIER, "/registrations", {"msid": IMPORT, "supplier": EXPORT_SUPPLIER}),
        (EXPORT_SUPPLIER, "/registrations", {"msid": EXPORT, "supplier": IMPORT_SUPPLIER}),
        (EXPORT_SUPPLIER, "/registrations", {"msid": EXPORT, "supplier": EXPORT_SUPPLIER, "effective_from": None}),
        (DISTRIBUTOR, "/registrations", {"msid": EXPORT, "supplier": STRANGER, "contract_reference": "MINE"}),
        (MOA, "/meters", {"msid": EXPORT, "serial": "S1", "measures": "AE", "effective_from": "2024-05-31"}),
        (FORMER_MOA, "/meters", {"msid": EXPORT, "serial": "S1", "measures": "AE"}),
        (IMPORT_SUPPLIER, "/appointments", {"msid": EXPORT, "role": "M", "agent": IMPORT_SUPPLIER}),
        (OWNER, "/appointments", {"msid": EXPORT, "role": "M", "agent": MOA}),
    ],
)
def test_nobody_records_what_is_anothers_or_of_a_time_that_was_not_its_own(world, who, path, body):
    answer = world.post(who, path, {"effective_from": "2025-01-01", "why": "mine", **body})
    assert (answer.status_code, answer.json()["code"]) == (403, "SV-103")


def test_the_distributor_registers_a_supplier_and_leaves_its_contract_alone(world):
    body = {"msid": EXPORT, "supplier": EXPORT_SUPPLIER, "effective_from": "2025-01-01", "why": "confirmed"}
    assert world.post(DISTRIBUTOR, "/registrations", body).status_code == 200
    (row,) = world.get(EXPORT_SUPPLIER, f"/registrations?msid={EXPORT}&as_at=2025-06-01").json()["items"]
    assert row["contract_reference"] == SECRET


def test_a_run_is_told_by_what_the_caller_may_see(world):
    def of(who: str) -> dict:
        return world.get(who, f"/runs/{world.run}").json()

    export = of(EXPORT_SUPPLIER)
    assert [(one["msid"], one["half_hours"], one["missing"], one["settled_wh"]) for one in export["meters"]] == [
        (EXPORT, 96, 2, 94_000)
    ]
    assert export["sites"] == []
    assert {one["msid"] for one in of(OWNER)["meters"]} == {IMPORT, EXPORT}
    assert of(OWNER)["sites"] == [
        {
            "site_id": SITE,
            "half_hours": 96,
            "import_bp_wh": 96_000,
            "chargeable_wh": 80_000,
            "non_chargeable_wh": 16_000,
        }
    ]
    assert "secret-folder" not in world.get(OWNER, f"/runs/{world.run}").content.decode()
    assert [one["id"] for one in world.get(OWNER, "/runs").json()["items"]] == [world.run]
    assert world.get(STRANGER, "/runs").json()["items"] == []


def test_a_supplier_of_a_part_of_the_days_is_told_the_totals_of_these(world):
    with writing("test", "change of supplier") as making:
        making.record(Statement("registration", (EXPORT,), {"supplier": STRANGER}, MOA_CHANGED))
    for who in (EXPORT_SUPPLIER, STRANGER):
        (row,) = world.get(who, f"/runs/{world.run}").json()["meters"]
        assert (row["half_hours"], row["settled_wh"]) == (48, 47_000), who


def test_a_name_of_a_run_does_not_lead_out_of_its_folder(world):
    for name in ("..", ".", "..%2F..%2Fetc", "%2e%2e", ".hidden"):
        assert world.get(OWNER, f"/runs/{name}").status_code in (404, 422), name


def test_a_folder_of_runs_that_is_not_there_is_told(world, monkeypatch):
    monkeypatch.setenv("HALFHOUR_RUNS", "/nowhere/at/all")
    answer = world.get(OWNER, "/runs")
    assert (answer.status_code, answer.json()["code"]) == (422, "SV-119")
    assert "/nowhere" not in answer.content.decode()


def test_the_table_names_only_roles_things_and_kinds_that_there_are():
    for thing in things().values():
        for reach in thing.reach.values():
            assert set(reach) <= set(roles())
        assert set(thing.kinds) <= set(KINDS)
    assert all(thing_of_kind(kind) for kind in PLURALS)


DAYS = st.one_of(st.none(), st.integers(0, 12).map(lambda months: date(2024 + months // 12, months % 12 + 1, 1)))
RANGES = st.tuples(DAYS, DAYS).filter(lambda one: None in one or one[0] < one[1])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(role=RANGES, fact=RANGES, day=st.one_of(st.none(), st.just(date(2024, 6, 15))))
def test_a_fact_is_seen_exactly_where_its_days_and_the_roles_meet(sqlite_database, role, fact, day):
    from django.db import transaction  # noqa: PLC0415

    msid = core("120000000055")
    first, end = date.min, date.max
    with transaction.atomic():
        with writing("test", "days") as making:
            making.add(
                [
                    Statement("appointment", (msid, "M"), {"agent": "MTIM"}, *role),
                    Statement("meter", ("S1", msid), {"measures": "AI"}, *fact),
                ]
            )
        rows = known(KINDS["meter"]).filter(visible(KINDS["meter"], "MTIM", "meter", day=day)).count()
        transaction.set_rollback(True)
    if day is None:
        meet = max(role[0] or first, fact[0] or first) < min(role[1] or end, fact[1] or end)
    else:
        meet = (role[0] or first) <= day < (role[1] or end)
    assert rows == meet


@given(st.lists(RANGES, max_size=4), RANGES)
def test_roles_cover_a_range_exactly_where_every_month_of_it_is_covered(held, wanted):
    months = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(13)]
    points = [date.min, *months]

    def within(day: date, days: tuple[date | None, date | None]) -> bool:
        return (days[0] or date.min) <= day < (days[1] or date.max)

    every = all(any(within(day, one) for one in held) for day in points if within(day, wanted))
    assert cover([Held("supplier", "x", *one) for one in held], *wanted) == every


def test_what_an_organisation_holds_takes_six_queries_however_many_msids(world):
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    for msids in ([IMPORT], [IMPORT, EXPORT, *(core(f"1200000{n:05}") for n in range(200))]):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            holdings(MOA, msids=msids)
        assert len(queries) == 6
