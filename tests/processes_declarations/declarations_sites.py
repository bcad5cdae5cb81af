"""Sites for tests of declarations: a battery alone, and a store behind a customer, as the register holds them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from halfhour.register import Declaration, Metering, Site

SUPPLIER, NEXT_SUPPLIER = "IMPS", "NEWS"
IMPORT, EXPORT = "2000000000015", "2000000000024"
IMPORT_AMSID, EXPORT_AMSID = "7700000000010", "7700000000020"
START = date(2024, 2, 1)


def boundary(**changes: Any) -> Metering:
    return Metering(
        **{
            "name": "Meter 1",
            "at": "boundary",
            "import_msid": IMPORT,
            "export_msid": EXPORT,
            "voltage": "HV",
            "supplier": SUPPLIER,
            "measurement_class": "C",
            "effective_from": date(2018, 1, 1),
            **changes,
        }
    )


def store(**changes: Any) -> Metering:
    return Metering(
        **{
            "name": "Meter 2",
            "at": "storage",
            "licensed": True,
            "import_msid": IMPORT_AMSID,
            "export_msid": EXPORT_AMSID,
            "voltage": "HV",
            "capacity_kw": Decimal(2000),
            "effective_from": date(2018, 1, 1),
            **changes,
        }
    )


def customer(**changes: Any) -> Metering:
    return Metering(
        **{"name": "Unit 4", "at": "third-party", "parent": "Meter 1", "import_msid": "2000000000033", **changes}
    )


def declaration(kind: str = "emr-msid", **changes: Any) -> Declaration:
    names = ("Meter 1", "Meter 2") if kind == "emr-amsid" else ("Meter 1",)
    return Declaration(**{"kind": kind, "metering": names, "by": SUPPLIER, "effective_from": START, **changes})


def site(*meterings: Metering, declarations: tuple[Declaration, ...] = (), **changes: Any) -> Site:
    return Site(
        **{
            "id": "fen-battery",
            "name": "Fen Battery",
            "gsp_group": "_H",
            "voltage": "HV",
            "metering": meterings or (boundary(),),
            "declarations": declarations,
            **changes,
        }
    )
