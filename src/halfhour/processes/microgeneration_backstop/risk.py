"""What an open case costs: days at risk, energy that a Meter without a backstop measures wrongly, and its value.

Handbook microgeneration-backstop 6 and 7. A day at risk is a calendar day; the day of replacement is none any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from halfhour.errors import Finding
from halfhour.processes.microgeneration_backstop.finding import MeterKind

_WH_IN_KWH = 1000


@dataclass(frozen=True, slots=True)
class Mismeasured:
    """Energy that the import register has wrong over the days at risk.

    Attributes:
        days: days at risk for which export is known; `unknown_days` those for which it is not, which count as nothing.
        error_wh: what the register has too much, negative where it has too little [Wh].
        at_import_price, at_system_price: its value, apart, never to be added [£]; None where no price was given.
    """

    days: int
    unknown_days: int
    error_wh: int
    at_import_price: Decimal | None
    at_system_price: Decimal | None


def meter_days_at_risk(commissioned_on: date, replaced_on: date) -> int:
    """Calendar days from commissioning to replacement, its day excluded; 0 where the Meter was changed before."""
    return max(0, (replaced_on - commissioned_on).days)


def meter_days_unknown(commissioned_on: date, found_on: date) -> int:
    """Calendar days from commissioning to the finding, its day excluded."""
    return max(0, (found_on - commissioned_on).days)


def mismeasured(
    meter_kind: MeterKind,
    backstop: bool,
    export_wh: Mapping[date, int],
    commissioned_on: date,
    replaced_on: date,
    *,
    import_price: Decimal | None = None,
    system_price: Decimal | None = None,
    adds_export: bool = False,
) -> Mismeasured:
    """The error of an import register while the Meter was at risk.

    Args:
        backstop: whether an electromechanical Meter has one; then, as for one that counts both ways, nothing is wrong.
        export_wh: real export by Settlement Day [Wh].
        import_price, system_price: [£/kWh].
        adds_export: whether this make of an electronic import-only Meter registers export as import.
    """
    sign = 0
    if meter_kind == "ELECTROMECHANICAL" and not backstop:
        sign = -1
    elif meter_kind == "ELECTRONIC_IMPORT_ONLY" and adds_export:
        sign = 1
    at_risk = [
        commissioned_on + timedelta(days=place) for place in range(meter_days_at_risk(commissioned_on, replaced_on))
    ]
    known = [day for day in at_risk if day in export_wh]
    error = sign * sum(export_wh[day] for day in known)
    kwh = Decimal(error) / _WH_IN_KWH
    return Mismeasured(
        len(known),
        len(at_risk) - len(known),
        error,
        None if import_price is None else kwh * import_price,
        None if system_price is None else kwh * system_price,
    )


def late_notice(
    commissioned_on: date, notified_on: date | None, informed_on: date, notice_days: int, latest_informed_on: date
) -> Finding | None:
    """BS-302 where the generator told the LDSO late, or, where that is not known, the LDSO the Supplier.

    Args:
        notified_on: day of P1.1; None where it is not known.
        informed_on: day of P1.2.
        notice_days: calendar days from commissioning for P1.1.
        latest_informed_on: last day for P1.2 had P1.1 come on its last day.
    """
    if notified_on is not None:
        late = (notified_on - commissioned_on).days > notice_days
        what = f"The generator of {commissioned_on} was notified on {notified_on}"
    else:
        late = informed_on > latest_informed_on
        what = f"The generator of {commissioned_on} was made known on {informed_on}"
    if not late:
        return None
    message = f"{what}, more than {notice_days} calendar days after commissioning."
    return Finding("BS-302", "warning", message, "Days at risk count from commissioning all the same.")
