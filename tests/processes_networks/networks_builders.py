"""A private network that complies with D/380 in every respect, for tests that take one thing away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from network_flow_files import BOUNDARY, THIRD_PARTY, mpan

from halfhour.processes.private_networks import (
    Agreement,
    Appointment,
    Classes,
    Equipment,
    LossTerms,
    MddChange,
    Party,
    PrivateNetwork,
    Registration,
    ThirdParty,
    UseDeclaration,
    Visibility,
)

USE = date(2025, 5, 1)
DAY = date(2025, 5, 12)
SECOND = mpan("10", 2000000033)


def visible(_classes: Classes, _pending: MddChange | None, _day: date) -> Visibility:
    """997 is valid and used."""
    return Visibility("pass", "", "")


def interim(_classes: Classes, pending: MddChange | None, _day: date) -> Visibility:
    """997 is not valid, another combination is: it passes with a pending change."""
    return Visibility("interim" if pending else "fail", "It stands in.", "Switch as soon as 997 is valid.")


def appointments(*msids: str) -> tuple[Appointment, ...]:
    """The same agents for every MSID."""
    start = date(2025, 4, 1)
    return tuple(
        one
        for msid in msids
        for one in (Appointment(msid, "moa", "METR", start), Appointment(msid, "hhdc", "COLL", start))
    )


def terms(msid: str = THIRD_PARTY, **changes: Any) -> LossTerms:
    """Option 1 at 2 %, with its evidence."""
    whole = LossTerms(
        msid,
        "scaled",
        Decimal("0.02"),
        ("constant",),
        defined_metering_point="Ridgeway Park intake",
        actual_metering_point="Switch room of Unit 4",
        methodology="OFG/2012/7",
        evidence="loss-study-4.pdf",
        effective_from=USE,
    )
    return replace(whole, **changes)


def agreements(**changes: Any) -> tuple[Agreement, ...]:
    """The three agreements, signed before use."""
    signed = {"signed_on": date(2025, 4, 15), "document_sha256": "ab" * 32, **changes}
    return tuple(Agreement(party, f"{party} signatory", **signed) for party in ("boundary-supplier", "owner", "ldso"))


def network(**changes: Any) -> PrivateNetwork:
    """Ridgeway Park: a boundary and one Third Party Meter, compliant from 1 May 2025."""
    whole = PrivateNetwork(
        id="ridgeway-park",
        name="Ridgeway Park",
        boundary_msids=(BOUNDARY,),
        third_parties=(ThirdParty("Unit 4", THIRD_PARTY, USE),),
        address="Ridgeway Park, Norwich NR1 1AA",
        owner=Party("Ridgeway Park Estates", address="1 Estate Office, Norwich"),
        gsp_group="_A",
        ldso="EELC",
        parties=(Party("Third Party Supply Ltd", "THRD", contact="settlements@thrd.example"),),
        registrations=(Registration(BOUNDARY, "BNDY"), Registration(THIRD_PARTY, "THRD", USE)),
        loss_terms=(terms(),),
        agreements=agreements(),
        appointments=appointments(BOUNDARY, THIRD_PARTY),
        classes=(Classes(BOUNDARY, "090", "996"), Classes(THIRD_PARTY, "090", "997", USE)),
        declarations=(
            UseDeclaration("THRD", (THIRD_PARTY,), "A. Signatory", date(2025, 4, 28), date(2025, 4, 29), True),
        ),
        equipment=(
            Equipment(BOUNDARY, "3", True, Decimal("10")),
            Equipment(THIRD_PARTY, "5", True, Decimal("1.5")),
        ),
    )
    return replace(whole, **changes)


def change(**changes: Any) -> MddChange:
    """A change that is in progress from 7 April 2025."""
    whole = MddChange(THIRD_PARTY, "MDD-997-1", (53, 55), date(2025, 4, 7), date(2025, 4, 3), "MDD 364")
    return replace(whole, **changes)
