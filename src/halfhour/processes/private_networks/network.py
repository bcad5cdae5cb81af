"""What is known of a private network that uses Difference Metering: parties, MSIDs, agreements, agents, equipment.

Follows the columns 'computable check' and 'evidence' of handbook private-networks 5.1, and its sections 5.2 and 7.
Dates are closed-open; None is an open end. What is not known is absent and is named as missing, never assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from halfhour.processes.dated import Registration, on_day
from halfhour.register.model import in_force

Role = Literal["moa", "hhdc"]
LossOption = Literal["scaled", "unscaled"]
AppliedIn = Literal["meter", "constant"]
UpliftMethod = Literal["MULTIPLY_ONE_PLUS_L", "DIVIDE_ONE_MINUS_L"]
Answer = Literal["accepted", "rejected", "none"]
Agreeing = Literal["boundary-supplier", "owner", "ldso"]

ROLES: dict[Role, str] = {"moa": "Meter Operator", "hhdc": "Half Hourly Data Collector"}
AGREEING: dict[Agreeing, str] = {
    "boundary-supplier": "the Boundary Point Supplier",
    "owner": "the network owner",
    "ldso": "the distributor",
}


@dataclass(frozen=True, slots=True)
class Party:
    """A party by name, with what a declaration says of it; what is not known is empty."""

    name: str = ""
    mpid: str = ""
    address: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """A customer with a Third Party Meter.

    Attributes:
        use_from: first day on which the arrangement is used; None = not known.
        use_to: first day on which it is no longer used.
        parent: MSID that it is differenced from; empty = the boundary.
    """

    name: str
    msid: str
    use_from: date | None
    use_to: date | None = None
    parent: str = ""

    def used(self, day: date) -> bool:
        """Whether the arrangement is used on the day."""
        return in_force(self.use_from, self.use_to, day)


@dataclass(frozen=True, slots=True)
class LossTerms:
    """Condition 1: how private-network losses of a Third Party Meter are treated.

    Attributes:
        factor: L as a fraction, 0.02 for 2 %; None for the unscaled option, or where it is not known.
        applied_in: the Meter, or a constant of the Data Collector; both would scale twice.
        defined_metering_point, actual_metering_point: where they are, in words.
        methodology: reference of the charging methodology that Ofgem approved.
        evidence: reference of the loss study or agreement, or of the statement that losses are not scaled.
    """

    msid: str
    option: LossOption
    factor: Decimal | None = None
    applied_in: tuple[AppliedIn, ...] = ()
    uplift_method: UpliftMethod = "MULTIPLY_ONE_PLUS_L"
    defined_metering_point: str = ""
    actual_metering_point: str = ""
    methodology: str = ""
    evidence: str = ""
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Condition 2: a party's signed agreement to the arrangement.

    Attributes:
        msids: Third Party MSIDs that it is about; empty where it is about the whole network.
        signed_on: None where it is not signed.
        document_sha256: of the document that is held; empty where none is.
        effective_to: first day on which it no longer holds.
    """

    party: Agreeing
    name: str
    signed_on: date | None
    document_sha256: str
    msids: tuple[str, ...] = ()
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class Appointment:
    """Condition 3: an agent's appointment to an MSID.

    Attributes:
        answer: `accepted` (D0011), `rejected` (D0261) or `none`; only what was accepted counts.
    """

    msid: str
    role: Role
    mpid: str
    effective_from: date
    effective_to: date | None = None
    answer: Answer = "accepted"


@dataclass(frozen=True, slots=True)
class Classes:
    """Condition 4: the classes of an MSID; None where a class is not known."""

    msid: str
    llfc: str | None
    mtc: str | None
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class MddChange:
    """A pending change of Market Domain Data towards 997.

    Attributes:
        entities: 53, 55, 17 as needed.
        form_date: of form BSCP509/01; None where it was not sent.
        ldso_agreed_on: the distributor's agreement, which comes before the form.
        target_release: release that is to hold it; empty where it is not known yet.
        closed_on: first day on which it was no longer in progress.
    """

    msid: str
    reference: str
    entities: tuple[int, ...]
    form_date: date | None
    ldso_agreed_on: date | None
    target_release: str = ""
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class UseDeclaration:
    """Conditions 4 and 5: a declaration of use and compliance.

    Attributes:
        registrant: MPID of the Supplier that declares.
        msids: the list that goes to Elexon.
        sent_on: None where it was not sent.
        compliant_otherwise: whether it says that all but the location of the equipment complies.
    """

    registrant: str
    msids: tuple[str, ...]
    signatory: str
    signed_on: date | None
    sent_on: date | None
    compliant_otherwise: bool
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """Scope: what the Meter Technical Details and the Code of Practice certificate say of an MSID.

    Attributes:
        code_of_practice: `3`, `5`; empty where it is not known.
        half_hourly, capacity_mva: None where not known; capacity of the circuit [MVA].
        other_departures: from the Code of Practice, besides the location of the equipment; empty = none recorded.
    """

    msid: str
    code_of_practice: str
    half_hourly: bool | None
    capacity_mva: Decimal | None
    other_departures: str = ""
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class PrivateNetwork:
    """A private network and everything known of it.

    Attributes:
        id: of the site.
        gsp_group, ldso: of the boundary; the distributor by its MPID. Empty where not known.
        boundary_msids: import MSIDs of the boundary, in order.
        parties: Suppliers and agents by MPID, for the declaration.
    """

    id: str
    name: str
    boundary_msids: tuple[str, ...]
    third_parties: tuple[ThirdParty, ...]
    address: str = ""
    owner: Party = Party()
    gsp_group: str = ""
    ldso: str = ""
    parties: tuple[Party, ...] = ()
    registrations: tuple[Registration, ...] = ()
    loss_terms: tuple[LossTerms, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    classes: tuple[Classes, ...] = ()
    mdd_changes: tuple[MddChange, ...] = ()
    declarations: tuple[UseDeclaration, ...] = ()
    equipment: tuple[Equipment, ...] = ()

    def third_parties_on(self, day: date) -> tuple[ThirdParty, ...]:
        """Those whose arrangement is used on the day."""
        return tuple(one for one in self.third_parties if one.used(day))

    def supplier_on(self, msid: str, day: date) -> str | None:
        """MPID of the Supplier of an MSID on a day, None where it is not known."""
        found = on_day((one for one in self.registrations if one.msid == msid), day)
        return found[-1].supplier if found else None
