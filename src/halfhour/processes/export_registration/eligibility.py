"""Who may have the Smart Export Guarantee, and how export is settled (handbook export-registration 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from halfhour.errors import Finding

IN_FORCE = date(2020, 1, 1)
"""Supply Licence Condition 57 (Issue 91)."""

_CAPS = {name: Decimal(5_000) for name in ("pv", "wind", "hydro", "ad")} | {"micro-chp": Decimal(50)}
"""Most capacity by technology [kW]: 5 MW (Issue 91); micro-CHP 50 kW electrical (secondary)."""

HALF_HOURLY_FROM_KW = Decimal(30)
"""At or above it the Metering System must be half-hourly; a measure of generation capacity (SVG121/03)."""


@dataclass(frozen=True, slots=True)
class Application:
    """What the customer and its evidence say.

    Attributes:
        certificate_from, certificate_to: when the certificate is valid, closed-open; both None = no certificate.
        confirmed_technology, confirmed_kw: of the distributor's confirmation; None = none on file.
        import_live, import_energised: of the import MPAN; None = not known.
        fit_export: whether the installation is paid for export under the Feed-in Tariff.
    """

    contract_on: date
    technology: str
    capacity_kw: Decimal
    half_hourly: bool
    certificate_from: date | None = None
    certificate_to: date | None = None
    confirmed_technology: str | None = None
    confirmed_kw: Decimal | None = None
    import_live: bool | None = None
    import_energised: bool | None = None
    fit_export: bool = False


def settlement_mode(capacity_kw: Decimal, *, prefer_half_hourly: bool = True) -> str:
    """`HH` from 30 kW on, else as the Supplier chooses."""
    return "HH" if capacity_kw >= HALF_HOURLY_FROM_KW or prefer_half_hourly else "NHH"


def application_problems(application: Application, *, require_dno_confirmation: bool = True) -> list[Finding]:
    """EX-101 to EX-106: everything that keeps an application from going on."""
    one = application
    found = plant_problems(one.contract_on, one.technology, one.capacity_kw, half_hourly=one.half_hourly)
    for code, message, step in _of_evidence(application, require_dno_confirmation):
        found.append(Finding(code, "error", message, step))
    return sorted(found, key=lambda problem: problem.code)


def plant_problems(contract_on: date, technology: str, capacity_kw: Decimal, *, half_hourly: bool) -> list[Finding]:
    """EX-101 and EX-106: whether the guarantee holds for a plant on the day of its contract, settled as it asks.

    Args:
        capacity_kw: total installed capacity [kW].
    """
    return [
        Finding(code, "error", message, step)
        for code, message, step in _of_plant(contract_on, technology, capacity_kw, half_hourly)
    ]


def _of_plant(
    contract_on: date, technology: str, capacity_kw: Decimal, half_hourly: bool
) -> Iterator[tuple[str, str, str]]:
    cap = _CAPS.get(technology)
    if contract_on < IN_FORCE:
        yield "EX-101", f"The contract is of {contract_on}, before the guarantee began.", f"It holds from {IN_FORCE}."
    if cap is None:
        yield "EX-101", f"Technology {technology} is not one of the guarantee.", f"They are {', '.join(_CAPS)}."
    elif capacity_kw > cap:
        yield "EX-101", f"{capacity_kw} kW of {technology} is more than {cap} kW.", "Sell the export otherwise."
    if not half_hourly and capacity_kw >= HALF_HOURLY_FROM_KW:
        message = f"{capacity_kw} kW cannot be settled non-half-hourly."
        yield "EX-106", message, f"From {HALF_HOURLY_FROM_KW} kW on the Metering System is half-hourly."


def _of_evidence(one: Application, require_dno_confirmation: bool) -> Iterator[tuple[str, str, str]]:
    valid = one.certificate_from is not None and one.certificate_from <= one.contract_on
    if not valid or (one.certificate_to is not None and one.contract_on >= one.certificate_to):
        message = f"No certificate is valid on the day of the contract, {one.contract_on}."
        yield "EX-102", message, "Ask the customer for an MCS certificate or its equivalent."
    if require_dno_confirmation and (one.confirmed_technology, one.confirmed_kw) != (one.technology, one.capacity_kw):
        message = f"No confirmation of the distributor for {one.capacity_kw} kW of {one.technology} is on file."
        yield "EX-103", message, "Ask the customer for it, for this technology and capacity."
    if one.import_live is not True or one.import_energised is not True:
        message = "The import MPAN is not known to be live and energised."
        yield "EX-104", message, "Look it up, and energise it first."
    if one.fit_export:
        yield "EX-105", "The installation is paid for export under the Feed-in Tariff.", "The customer opts out first."
