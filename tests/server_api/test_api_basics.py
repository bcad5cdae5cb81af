"""What goes for every call of the API: tokens, errors in JSON, limits of size and rate, ids, the audit trail."""

from __future__ import annotations

import base64
import json
import runpy
from datetime import timedelta

import pytest
from api_world import COLLECTOR, EXPORT, EXPORT_SUPPLIER, IMPORT, IMPORT_SUPPLIER, MOA, SECRET, STRANGER, flow
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import Error, connection, transaction

from halfhour.errors import HalfhourError, codes
from halfhour.processes.timetables import timetables
from halfhour.server.accounts.models import AuditEntry, Token
from halfhour.server.accounts.tokens import hash_of
from halfhour.server.api.callers import buckets
from halfhour.server.api.problems import statuses
from halfhour.server.api.rates import Buckets, per_minute

ADMINISTRATOR = f"{EXPORT_SUPPLIER} administrator"


def is_problem(response, status: int, code: str) -> bool:
    """Whether a response is an error of ours, complete."""
    body = json.loads(response.content)
    assert (response.status_code, body["code"]) == (status, code), response.content
    assert set(body) == {"code", "message", "next_step"}
    assert all(body.values())
    assert response["Content-Type"] == "application/json; charset=utf-8"
    return True


def test_without_a_token_nothing_is_told(world):
    assert is_problem(world.get("", "/organisation"), 401, "SV-101")
    for header in ("Basic x", "Bearer", "Bearer ", "Bearer hh_00000000_x", "Token abc", "Bearer " + "x" * 5_000):
        response = world.client.get("/api/v1/organisation", headers={"Authorization": header})
        assert response.status_code == 401, header


def test_a_token_that_is_wrong_in_its_last_character_opens_nothing(world):
    token = world.tokens[EXPORT_SUPPLIER]
    world.tokens["wrong"] = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert is_problem(world.get("wrong", "/organisation"), 401, "SV-102")


def test_revoked_and_expired_tokens_say_so_to_whoever_has_them(world):
    for name in ("revoked", "expired"):
        response = world.get(name, "/organisation")
        assert is_problem(response, 401, "SV-102")
        assert name in response.json()["message"]


def test_a_person_who_is_no_longer_active_opens_nothing(world):
    person = Token.objects.get(prefix=world.tokens[EXPORT_SUPPLIER][3:11]).membership.person
    person.is_active = False
    person.save()
    assert is_problem(world.get(EXPORT_SUPPLIER, "/organisation"), 401, "SV-102")


def test_no_cookie_opens_anything_and_none_is_set(world):
    world.client.cookies["sessionid"] = world.tokens[EXPORT_SUPPLIER]
    assert world.get("", "/organisation").status_code == 401
    assert not world.get(EXPORT_SUPPLIER, "/organisation").cookies


def test_a_calendar_program_gives_its_token_as_a_password_and_only_to_the_calendar(world):
    pair = base64.b64encode(f"anybody:{world.tokens[EXPORT_SUPPLIER]}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    calendar = world.client.get("/api/v1/deadlines.ics", headers=headers)
    assert calendar.status_code == 200
    assert calendar.content.startswith(b"BEGIN:VCALENDAR")
    assert world.client.get("/api/v1/deadlines", headers=headers).status_code == 401


def test_what_is_kept_of_a_token_does_not_open_anything(world):
    with connection.cursor() as cursor:
        cursor.execute("SELECT prefix, sha256 FROM accounts_token")
        kept = dict(cursor.fetchall())
    token = world.tokens[EXPORT_SUPPLIER]
    assert kept[token[3:11]] == hash_of(token)
    world.tokens["hash"] = f"hh_{token[3:11]}_{kept[token[3:11]][:43]}"
    assert world.get("hash", "/organisation").status_code == 401


def test_an_address_that_is_not_there_and_a_method_that_is_not_taken_are_told_in_json(world):
    assert is_problem(world.get(EXPORT_SUPPLIER, "/nothing/here"), 404, "SV-104")
    refused = world.call(EXPORT_SUPPLIER, "DELETE", "/cases")
    assert is_problem(refused, 405, "SV-109")
    assert set(refused["Allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '{"timetable": NaN}',
        '{"timetable": "a\\u0000b"}',
        '{"timetable": "\\ud800"}',
        "[" * 3_000,
        '{"a":' * 90 + "1" + "}" * 90,
        "\udcff",
    ],
)
def test_a_body_that_cannot_be_read_or_kept_is_refused_in_words(world, body):
    response = world.client.post(
        "/api/v1/cases",
        headers={"Authorization": f"Bearer {world.tokens[EXPORT_SUPPLIER]}"},
        data=body.encode("utf-8", "surrogateescape"),
        content_type="application/json",
    )
    assert response.status_code in (400, 422)
    assert set(response.json()) == {"code", "message", "next_step"}


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=AAAA", "cursor=!", "is=x"])
def test_pages_are_of_a_size_and_begin_where_a_page_ended(world, query):
    assert is_problem(world.get(EXPORT_SUPPLIER, f"/cases?{query}"), 422, "SV-108")


def test_the_pages_of_a_list_hold_every_row_once(world):
    rows, cursor = [], ""
    while True:
        page = world.get(EXPORT_SUPPLIER, f"/appointments?limit=3&cursor={cursor}").json()
        assert len(page["items"]) <= 3
        rows += [(one["msid"], one["role"], one["agent"]) for one in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(rows) == len(set(rows)) == 8
    whole = world.get(EXPORT_SUPPLIER, "/appointments").json()["items"]
    assert rows == [(one["msid"], one["role"], one["agent"]) for one in whole]


def test_a_request_that_is_too_large_is_refused_before_it_is_looked_at(world, settings_of_size):
    file = SimpleUploadedFile("big.usr", b"x" * 3_000)
    assert is_problem(world.post(EXPORT_SUPPLIER, "/files", {"file": file}), 413, "SV-105")
    assert is_problem(world.post(EXPORT_SUPPLIER, "/cases", {"timetable": "x" * 3_000}), 413, "SV-105")
    assert is_problem(world.post("", "/cases", {"timetable": "x" * 3_000}), 413, "SV-105")


@pytest.fixture
def settings_of_size(monkeypatch):
    """A server that takes 2,000 bytes."""
    from django.conf import settings  # noqa: PLC0415

    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_MEMORY_SIZE", 2_000)


def test_a_token_that_calls_too_often_waits_and_no_other_token_with_it(world, monkeypatch):
    monkeypatch.setenv("HALFHOUR_RATE", "5")
    buckets.cache_clear()
    answers = [world.get(EXPORT_SUPPLIER, "/organisation") for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert is_problem(answers[-1], 429, "SV-106")
    assert 1 <= int(answers[-1]["Retry-After"]) <= 12
    assert world.get(STRANGER, "/organisation").status_code == 200
    buckets.cache_clear()


def test_a_bucket_fills_again_with_time_and_never_beyond_its_size():
    bucket = Buckets(60)
    assert [bucket.take("a", 0.0) for _ in range(61)] == [0] * 60 + [1]
    assert bucket.take("a", 1.0) == 0
    assert bucket.take("a", 1.0) == 1
    assert [bucket.take("a", 10_000.0) for _ in range(61)] == [0] * 60 + [1]


@pytest.mark.parametrize("written", ["0", "-1", "x", "1.5", "1000001", "９"])
def test_a_rate_that_is_none_is_refused(monkeypatch, written):
    monkeypatch.setenv("HALFHOUR_RATE", written)
    with pytest.raises(HalfhourError, match="SV-117"):
        per_minute()


@pytest.mark.parametrize("written", ["0", "-1", "10MB", "1.5", "1000000001", "９"])
def test_a_size_that_is_none_is_refused(monkeypatch, written):
    from halfhour.server.project import settings  # noqa: PLC0415

    monkeypatch.setenv("HALFHOUR_MAX_UPLOAD", written)
    with pytest.raises(HalfhourError, match="SV-117"):
        runpy.run_path(settings.__file__)
    monkeypatch.setenv("HALFHOUR_MAX_UPLOAD", "2048")
    assert runpy.run_path(settings.__file__)["DATA_UPLOAD_MAX_MEMORY_SIZE"] == 2048


def test_every_call_of_a_known_token_is_in_the_audit_trail_of_its_organisation(world):
    world.get(EXPORT_SUPPLIER, "/sites?site=ridgeway", headers={"X-Request-ID": "my-request-0001"})
    world.get(EXPORT_SUPPLIER, "/cases/XX000001")
    world.get("expired", "/organisation")
    world.get("", "/organisation")
    world.get(STRANGER, "/organisation")
    items = world.get(ADMINISTRATOR, "/audit").json()["items"]
    told = [(one["person"], one["method"], one["address"], one["status"], one["code"]) for one in items]
    assert told == [
        ("late@EXPS", "GET", "/api/v1/organisation", 401, "SV-102"),
        ("op@EXPS", "GET", "/api/v1/cases/XX000001", 404, "SV-104"),
        ("op@EXPS", "GET", "/api/v1/sites", 200, ""),
    ]
    assert items[-1]["request_id"] == "my-request-0001"
    assert len({one["request_id"] for one in items}) == 3


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "with space 1", "line\nbreak12"])
def test_an_id_of_a_request_that_is_none_is_replaced(world, given):
    headers = {"X-Request-ID": given} if given else {}
    told = world.get(EXPORT_SUPPLIER, "/organisation", headers=headers)["X-Request-ID"]
    assert told != given
    assert len(told) == 32


def test_nothing_secret_is_in_the_audit_trail_or_in_an_error(world):
    secret = world.tokens[EXPORT_SUPPLIER]
    for path in (f"/cases?timetable={secret}", f"/cases/{secret}", f"/cases?cursor={secret}"):
        response = world.get(EXPORT_SUPPLIER, path)
        assert path.startswith("/cases/") or secret[12:] not in response.content.decode()
    kept = [" ".join(map(str, row)) for row in AuditEntry.objects.values_list()]
    assert kept
    assert not any(secret[12:] in row for row in kept)


def test_the_audit_trail_is_neither_changed_nor_deleted_by_anybody(either_world):
    world = either_world
    world.get(EXPORT_SUPPLIER, "/organisation")
    entry = AuditEntry.objects.latest("id")
    with pytest.raises(HalfhourError, match="SV-118"):
        entry.save()
    with pytest.raises(HalfhourError, match="SV-118"):
        entry.delete()
    for change in (
        lambda: AuditEntry.objects.filter(pk=entry.pk).update(status=200),
        lambda: AuditEntry.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(Error), transaction.atomic():
            change()
    assert AuditEntry.objects.filter(pk=entry.pk).exists()


def test_a_failure_of_the_server_is_told_without_its_reason(world, monkeypatch):
    def fails(*_: object) -> None:
        message = "password=hunter2"
        raise RuntimeError(message)

    monkeypatch.setattr("halfhour.server.api.routers.organisation.market_roles", fails)
    response = world.get(EXPORT_SUPPLIER, "/organisation")
    assert is_problem(response, 500, "SV-110")
    assert "hunter2" not in response.content.decode()
    assert AuditEntry.objects.latest("id").status == 500


def test_every_code_that_has_a_status_is_in_the_catalogue():
    assert set(statuses()[0]) <= set(codes())


def test_the_description_is_open_to_everybody_and_names_no_path_of_the_machine(world):
    response = world.get("", "/openapi.json")
    assert response.status_code == 200
    assert "/work" not in response.content.decode()
    assert response.json()["openapi"].startswith("3.1")


def test_administrators_give_out_and_revoke_tokens_of_their_own_organisation(world):
    made = world.post(ADMINISTRATOR, "/organisation/tokens", {"person": "op@EXPS", "days": 5, "label": "loader"})
    assert made.status_code == 201
    world.tokens["new"] = made.json()["token"]
    assert world.get("new", "/organisation").json()["person"] == "op@EXPS"
    listed = world.get(ADMINISTRATOR, "/organisation/tokens").json()["items"]
    assert listed[0]["label"] == "loader"
    assert world.tokens["new"] not in world.get(ADMINISTRATOR, "/organisation/tokens").content.decode()
    gone = world.call(ADMINISTRATOR, "DELETE", f"/organisation/tokens/{listed[0]['prefix']}")
    assert gone.json()["revoked_at"]
    assert world.get("new", "/organisation").status_code == 401
    theirs = world.post(ADMINISTRATOR, "/organisation/tokens", {"person": "op@STRA"})
    assert is_problem(theirs, 422, "SV-115")


def test_the_same_file_twice_is_one_file(world):
    content = flow(EXPORT_SUPPLIER, MOA, "1200000000011", 18)
    answers = [
        world.post(EXPORT_SUPPLIER, "/files", {"file": SimpleUploadedFile("new.usr", content)}) for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_a_timetable_is_told_with_its_numbers(world):
    for timetable_id in timetables():
        steps = world.get(STRANGER, f"/timetables/{timetable_id}").json()["steps"]
        assert steps
        assert "{" not in json.dumps([[one["when"], [way["meaning"] for way in one["outcomes"]]] for one in steps])


def test_what_if_keeps_the_parameters_of_the_case_that_are_not_asked_about(world):
    body = {
        "timetable": "export-registration",
        "opened_on": "2025-03-03",
        "parties": {"export_supplier": EXPORT_SUPPLIER},
        "facts": {"import_mpan": IMPORT, "technology": "pv", "capacity_kw": 4, "settlement_mode": "HH"},
        "parameters": {"t_request": 4},
    }
    opened = world.post(EXPORT_SUPPLIER, "/cases", body)
    assert opened.status_code == 201, opened.content
    case = opened.json()["case"]
    asked = {"timetable": "export-registration-c", "parameters": {"t_moa_answer": 10}, "project": False}
    told = world.post(EXPORT_SUPPLIER, f"/cases/{case}/what-if", asked).json()["state"]["parameters"]
    assert (told["t_request"], told["t_moa_answer"]) == (4, 10)


def test_what_if_carries_on_from_today_and_makes_nothing_up_in_the_past(world):
    from halfhour.server.cases.writing import today  # noqa: PLC0415

    body = {
        "timetable": "export-registration",
        "opened_on": (today() - timedelta(days=60)).isoformat(),
        "parties": {"export_supplier": EXPORT_SUPPLIER},
        "facts": {"import_mpan": IMPORT, "technology": "wind", "capacity_kw": 4, "settlement_mode": "HH"},
    }
    case = world.post(EXPORT_SUPPLIER, "/cases", body).json()["case"]
    events = world.post(EXPORT_SUPPLIER, f"/cases/{case}/what-if", {}).json()["events"]
    assert events
    assert min(one["on"] for one in events) >= today().isoformat()


def test_a_file_that_a_case_needs_is_built_from_the_register_and_has_been_sent_once_it_is_fetched(world):
    body = {
        "timetable": "meter-exchange",
        "opened_on": "2025-05-20",
        "parties": {"moa": MOA},
        "facts": {"import_mpan": IMPORT, "export_mpan": EXPORT, "effective_from": "2025-06-02"},
    }
    case = world.post(MOA, "/cases", body).json()["case"]
    sent = world.post(MOA, f"/cases/{case}/files", {"step": "C6.1", "on": "2025-06-03"})
    assert sent.status_code == 201, sent.content
    told = {one["to_mpid"]: one["id"] for one in sent.json()["items"]}
    assert sent.json()["without_file"] == {}
    assert set(told) == {IMPORT_SUPPLIER, COLLECTOR}, "whom the register has"
    address = f"/files/{told[IMPORT_SUPPLIER]}"
    assert world.get(MOA, address).json()["state"] == "QUEUED"
    content = world.get(IMPORT_SUPPLIER, f"{address}/content").content
    assert f"288|{IMPORT}|".encode() in content
    assert b"290|S12345|" in content
    assert SECRET.encode() not in content
    assert world.get(MOA, address).json()["state"] == "SENT"
