"""A small market to call the API in: who is who on one site, a case among them, files, and a settlement run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils import timezone

from halfhour.errors import HalfhourError
from halfhour.identifiers import Mpan
from halfhour.processes.cases import Opening
from halfhour.server.accounts.keeping import add_organisation, add_person, add_token, revoke_token
from halfhour.server.accounts.owners import hold
from halfhour.server.api.callers import buckets
from halfhour.server.cases.writing import open_case, record
from halfhour.server.files.receiving import receive
from halfhour.server.register.recording import Statement, writing


def core(first_twelve: str) -> str:
    """An MPAN core: twelve digits and the one that checks them."""
    for digit in range(10):
        try:
            return str(Mpan(f"{first_twelve}{digit}"))
        except HalfhourError:
            continue
    raise AssertionError(first_twelve)


IMPORT = core("120000000001")
EXPORT = core("120000000002")
ELSEWHERE = core("140000000003")
SITE, OTHER_SITE = "ridgeway", "elsewhere"
SECRET = "EXPORT-CONTRACT-77"
MOA_CHANGED = date(2024, 6, 1)

IMPORT_SUPPLIER, EXPORT_SUPPLIER, MOA, FORMER_MOA = "IMPS", "EXPS", "MOAA", "MOAF"
COLLECTOR, AGGREGATOR, DISTRIBUTOR, OWNER, STRANGER = "DCOL", "AGGR", "LOND", "ridgeway-owner", "STRA"
ROLES = {
    IMPORT_SUPPLIER: "X",
    EXPORT_SUPPLIER: "X",
    MOA: "M",
    FORMER_MOA: "M",
    COLLECTOR: "C",
    AGGREGATOR: "A",
    DISTRIBUTOR: "R",
    STRANGER: "X",
}

FILE = """\
ZHV|{number}|D0155001|X|{sender}|M|{recipient}|20250303090000||||TR01|
315|{mpan}|20250317|1 TEST STREET||||||||LONDON|SE1 1AA|HHSPHHMO01|H|_C|
317|20250317|
318|0001|0001|
ZPT|{number}|3||1|20250303090000|
"""


def flow(sender: str, recipient: str, mpan: str, number: int = 17) -> bytes:
    """A D0155 from a Supplier to a Meter Operator."""
    return FILE.format(sender=sender, recipient=recipient, mpan=mpan, number=f"{number:010}").encode()


@dataclass
class World:
    """Tokens by organisation (its operator's) and by name of others, and the ids of what is there."""

    tokens: dict[str, str] = field(default_factory=dict)
    case: str = ""
    instance: int = 0
    file: int = 0
    change: int = 0
    run: str = "in-force_2024"
    client: Client = field(default_factory=lambda: Client(SERVER_NAME="localhost"))

    def call(self, caller: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """A response, as a caller gets it; `caller` is a key of `tokens`, empty for none."""
        headers = {"Authorization": f"Bearer {self.tokens[caller]}"} if caller else {}
        headers |= more.pop("headers", {})
        data: dict[str, Any] = {}
        if body is not None and "file" in (body if isinstance(body, dict) else {}):
            data = {"data": body}
        elif body is not None:
            data = {"data": json.dumps(body, default=str), "content_type": "application/json"}
        call = getattr(self.client, method.lower())
        return call(f"/api/v1{path}", headers=headers, **data, **more)

    def get(self, caller: str, path: str, **more: Any) -> Any:
        """What a caller reads."""
        return self.call(caller, "GET", path, **more)

    def post(self, caller: str, path: str, body: Any, **more: Any) -> Any:
        """What a caller gets for what it sends."""
        return self.call(caller, "POST", path, body, **more)


def make_world(folder: Path, monkeypatch: Any) -> World:
    """Fill an empty database and a folder of runs."""
    buckets.cache_clear()
    world = World()
    _accounts(world)
    world.change = _register()
    hold(SITE, OWNER, "test", timezone.now(), date(2020, 1, 1))
    _case(world)
    world.file = receive(
        flow(EXPORT_SUPPLIER, MOA, EXPORT), "d0155.usr", "EXPS/op", organisation=EXPORT_SUPPLIER
    ).file.pk
    from halfhour.server.files.models import FileInstance  # noqa: PLC0415

    instance = FileInstance.objects.get(file_id=world.file)
    assert instance.state == "UNMATCHED", (instance.state, instance.because)
    world.instance = instance.pk
    monkeypatch.setenv("HALFHOUR_RUNS", str(folder / "runs"))
    _run(folder / "runs" / world.run)
    return world


def _accounts(world: World) -> None:
    now = timezone.now()
    for code in (*ROLES, OWNER):
        add_organisation(code, f"{code} Limited", roles=[ROLES[code]] if code in ROLES else [], distributor_id="12")
        world.tokens[code] = _token(code, "op", "operator", now)
    for place in ("reader", "administrator"):
        world.tokens[f"{EXPORT_SUPPLIER} {place}"] = _token(EXPORT_SUPPLIER, place, place, now)
    world.tokens[f"{STRANGER} administrator"] = _token(STRANGER, "chief", "administrator", now)
    world.tokens["revoked"] = _token(EXPORT_SUPPLIER, "gone", "administrator", now)
    revoke_token(world.tokens["revoked"][3:11], now)
    world.tokens["expired"] = _token(EXPORT_SUPPLIER, "late", "administrator", now - timedelta(days=3), days=1)


def _token(code: str, person: str, place: str, now: datetime, days: int = 30) -> str:
    username = f"{person}@{code}"
    add_person(code, username, place)
    return add_token(code, username, now, days=days)[1]


def _register() -> int:
    start = date(2020, 1, 1)
    with writing("test", "as the world is", moment=datetime(2023, 1, 1, tzinfo=UTC)) as making:
        facts: list[Statement] = []
        facts += [
            Statement("site", (SITE,), _site("Ridgeway Business Park")),
            Statement("metering", (SITE, "Meter 1"), _metering(IMPORT, EXPORT, IMPORT_SUPPLIER), start),
            Statement("registration", (IMPORT,), {"supplier": IMPORT_SUPPLIER, "contract_reference": "IMP-1"}, start),
            Statement("registration", (EXPORT,), {"supplier": EXPORT_SUPPLIER, "contract_reference": SECRET}, start),
            Statement("declaration", (SITE, "emr-msid", "Meter 1"), {"portfolio": "default", "place": 0}, start),
        ]
        for msid in (IMPORT, EXPORT):
            reference = {"contract_reference": SECRET} if msid == EXPORT else {}
            facts += [
                Statement("appointment", (msid, "M"), {"agent": FORMER_MOA, **reference}, start, MOA_CHANGED),
                Statement("appointment", (msid, "M"), {"agent": MOA, **reference}, MOA_CHANGED),
                Statement("appointment", (msid, "C"), {"agent": COLLECTOR, **reference}, start),
                Statement("appointment", (msid, "A"), {"agent": AGGREGATOR, **reference}, start),
                Statement("meter", ("S12345", msid), {"measures": "AI,AE", "kind": "smart"}, start),
                Statement("dispensation", ("D/380", msid), {"kind": "generic"}, start),
                Statement("loss-evidence", (msid,), {"option": "unscaled"}, start),
                Statement("market-data-change", (msid, "MDD-1"), {"entities": "53,55"}, start),
            ]
        making.add(facts)
    with writing("test", "another site") as adding:
        adding.add(
            [
                Statement("site", (OTHER_SITE,), _site("Elsewhere")),
                Statement("metering", (OTHER_SITE, "Meter 1"), _metering(ELSEWHERE, None, STRANGER), start),
                Statement("registration", (ELSEWHERE,), {"supplier": STRANGER}, start),
            ]
        )
    return making.change.pk


def _site(name: str) -> dict[str, Any]:
    return {
        "portfolio": "default",
        "name": name,
        "gsp_group": "_C",
        "voltage": "LV",
        "network": "private",
        "registered_in": "SMRS",
        "settlement_option": "difference",
        "netting": "forbidden",
        "negative_result": "hold",
        "customer_supplier_licensed": True,
    }


def _metering(importing: str, exporting: str | None, supplier: str) -> dict[str, Any]:
    return {
        "portfolio": "default",
        "place": 0,
        "at": "boundary",
        "import_msid": importing,
        "export_msid": exporting,
        "voltage": "LV",
        "supplier": supplier,
        "licensed": False,
        "compensated_in_meter": False,
        "import_llfc": "001",
        "export_llfc": "932" if exporting else None,
    }


def _case(world: World) -> None:
    parties = {
        "customer": "Mill Cafe",
        "holder": OWNER,
        "third_party_supplier": EXPORT_SUPPLIER,
        "boundary_supplier": IMPORT_SUPPLIER,
        "moa": FORMER_MOA,
        "ldso": DISTRIBUTOR,
    }
    opening = Opening(
        "",
        "third-party-access",
        date(2025, 3, 3),
        parties,
        {"network": SITE, "premises": "U4"},
    )
    made = open_case(opening, "EXPS/op", moment=datetime(2025, 3, 3, 9, tzinfo=UTC))
    from halfhour.processes.cases import Event  # noqa: PLC0415

    handed_over = Event("handover", 0, date(2025, 4, 1), "party", data={"moa": MOA}, by=FORMER_MOA)
    record(made.case.id, handed_over, "MOAF/op", moment=datetime(2025, 4, 1, 9, tzinfo=UTC))
    world.case = made.case.id


def _run(folder: Path) -> None:
    import polars as pl  # noqa: PLC0415

    folder.mkdir(parents=True)
    days = [date(2024, 5, 31), MOA_CHANGED]
    pl.DataFrame(
        [
            {
                "site_id": SITE,
                "msid": msid,
                "measurement_quantity": quantity,
                "settlement_date": day,
                "settlement_period": period,
                "metered_wh": 1_000,
                "settled_wh": None if period == 48 else 1_000,
                "quality": "missing" if period == 48 else "actual",
            }
            for msid, quantity in ((IMPORT, "AI"), (EXPORT, "AE"))
            for day in days
            for period in range(1, 49)
        ],
        infer_schema_length=None,
    ).write_parquet(folder / "settled_volumes.parquet")
    pl.DataFrame(
        [
            {
                "site_id": SITE,
                "settlement_date": day,
                "half_hours": 48,
                "import_bp_wh": 48_000,
                "chargeable_wh": 40_000,
                "non_chargeable_wh": 8_000,
            }
            for day in days
        ]
    ).write_parquet(folder / "site_days.parquet")
    manifest = {
        "halfhour": "0.1.0",
        "run": {
            "edition": "in-force",
            "editions": [],
            "from": "2024-05-31",
            "to": "2024-06-02",
            "run_type": "SF",
            "known_at": "2024-07-01T00:00:00+00:00",
            "detail": "all",
        },
        "settings": {},
        "portfolio": "../../secret-folder",
        "counts": {},
        "inputs": {},
        "files": {},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
