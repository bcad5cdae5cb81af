"""What the working of one half hour of a run is made of, and how it reads as a document."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from halfhour.errors import Finding
from halfhour.settlement.working import Working, WorkingStep


@dataclass(frozen=True, slots=True)
class InputReading:
    """One meter's reading of the half hour.

    Attributes:
        used_wh: what entered the calculation: the reading at the boundary's voltage; None where missing.
        settled_wh: what enters Settlement; None for asset meters and where missing.
        gsp_wh, nbp_wh: the same at the Grid Supply Point and the notional balancing point; None where a factor is not
            held.
        records: every record held of it: watt-hours, mark, file, time of record, and whether it is the one used.
    """

    name: str
    at: str
    licensed: bool
    msid: str
    measurement_quantity: str
    metered_wh: int | None
    used_wh: int | None
    settled_wh: int | None
    gsp_wh: int | None
    nbp_wh: int | None
    quality: str
    records: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ReferenceDay:
    """One day of a factor's reference period: what it brings to the two sums, and whether its data are complete."""

    settlement_date: date
    denominator_wh: int
    numerator_wh: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Losses:
    """What takes a settled volume of the half hour to the Grid Supply Point and the notional balancing point.

    Attributes:
        line_loss_class: distributor and class, `LOND 791`; empty where the register has none.
        line_loss_factor: as published, three decimals; empty where it is not held.
        transmission_loss_multiplier: seven decimals; empty where it is not held.
        of: run type and status of the Trading Unit that the multiplier is for; empty where there is none.
    """

    name: str
    msid: str
    measurement_quantity: str
    line_loss_class: str
    line_loss_factor: str
    transmission_loss_multiplier: str
    of: str


@dataclass(slots=True)
class Explanation:
    """The whole working of one half hour of one site.

    Attributes:
        losses, loss_steps: of every settled meter with a reading, where the register has Line Loss Factor Classes.
        market_data: the files that their factors are from: `path`, `sha256`, `what`.
    """

    site_id: str
    settlement_date: date
    settlement_period: int
    local_start: str
    edition: str
    treatment: str
    treatment_clause: str
    quality: str
    known_at: str
    inputs: list[InputReading]
    metering_steps: list[WorkingStep] = field(default_factory=list)
    losses: list[Losses] = field(default_factory=list)
    loss_steps: list[WorkingStep] = field(default_factory=list)
    market_data: list[dict[str, str]] = field(default_factory=list)
    reference: list[ReferenceDay] = field(default_factory=list)
    factor_steps: list[WorkingStep] = field(default_factory=list)
    working: Working | None = None
    shares: list[dict[str, Any]] = field(default_factory=list)
    values: dict[str, int | None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "site_id": self.site_id,
            "settlement_date": self.settlement_date,
            "settlement_period": self.settlement_period,
            "local_start": self.local_start,
            "edition": self.edition,
            "treatment": self.treatment,
            "treatment_clause": self.treatment_clause,
            "quality": self.quality,
            "known_at": self.known_at,
            "inputs": [
                {
                    "name": one.name,
                    "at": one.at,
                    "licensed": one.licensed,
                    "msid": one.msid,
                    "measurement_quantity": one.measurement_quantity,
                    "metered_wh": one.metered_wh,
                    "used_wh": one.used_wh,
                    "settled_wh": one.settled_wh,
                    "gsp_wh": one.gsp_wh,
                    "nbp_wh": one.nbp_wh,
                    "quality": one.quality,
                    "records": one.records,
                }
                for one in self.inputs
            ],
            "metering_steps": [step.document() for step in self.metering_steps],
            "losses": [asdict(one) for one in self.losses],
            "loss_steps": [step.document() for step in self.loss_steps],
            "market_data": self.market_data,
            "reference_period": [
                {
                    "settlement_date": day.settlement_date,
                    "denominator_wh": day.denominator_wh,
                    "numerator_wh": day.numerator_wh,
                    "complete": day.complete,
                }
                for day in self.reference
            ],
            "factor_steps": [step.document() for step in self.factor_steps],
            "steps": [] if self.working is None else [step.document() for step in self.working.steps],
            "shares": self.shares,
            "values": self.values,
            "exceptions": [
                {"code": finding.code, "severity": finding.severity, "message": finding.message}
                for finding in self.findings
            ],
        }
