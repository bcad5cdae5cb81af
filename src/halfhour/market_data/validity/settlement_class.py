"""Measurement class and profile class against capacity and kind of metering.

Follows identifiers-and-market-data 6 and export-registration 2, 8.5, 9 and 11 (EX-106, EX-208); the limits are in
`data/settlement_classes.toml`.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from halfhour.errors import NotCovered
from halfhour.market_data.validity.answers import Answer, MsidClasses, failed, passed
from halfhour.market_data.validity.look_ups import class_of_area

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore


@cache
def _limits() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data", "settlement_classes.toml").read_text(encoding="utf-8"))


def is_half_hourly(measurement_class: str) -> bool:
    """Whether Metering Systems of a measurement class, A to G, are settled half-hourly."""
    return bool(_limits()["measurement_class"][measurement_class]["half_hourly"])


def measurement_class_fits(measurement_class: str, capacity_kw: Decimal) -> Answer:
    """ID-119: class C at 100 kW premises, A, E, F and G below.

    Args:
        capacity_kw: of the connection [kW].
    """
    entry = _limits()["measurement_class"][measurement_class]
    least, below = (Decimal(entry[name]) if name in entry else None for name in ("least_kw", "below_kw"))
    subject = f"Measurement class {measurement_class} ({entry['name']}) at {capacity_kw} kW"
    if (least is None or capacity_kw >= least) and (below is None or capacity_kw < below):
        return passed("measurement class", f"{subject} fits.")
    limit = f"is for {least} kW and more" if least is not None else f"is for less than {below} kW"
    right = [
        code
        for code, other in _limits()["measurement_class"].items()
        if ("below_kw" in other and capacity_kw < Decimal(other["below_kw"]))
        or ("least_kw" in other and capacity_kw >= Decimal(other["least_kw"]))
    ]
    step = f"Correct the capacity or the class; of metered classes {', '.join(right)} fit."
    return failed("measurement class", "ID-119", f"{subject}: the class {limit}.", step)


def export_is_half_hourly_from_the_limit(half_hourly: bool, generation_kw: Decimal) -> Answer:
    """ID-119: from 30 kW of generation an export is half-hourly (EX-106).

    Args:
        half_hourly: whether the export's Metering System is.
        generation_kw: capacity of the generation that it meters [kW].
    """
    limit = Decimal(_limits()["non_half_hourly_export"]["below_kw"])
    kind = "Half-hourly" if half_hourly else "Non-half-hourly"
    subject = f"{kind} export of {generation_kw} kW of generation"
    if half_hourly or generation_kw < limit:
        return passed("measurement class", f"{subject} is allowed.")
    step = "Register the export as half-hourly, or correct the capacity."
    return failed("measurement class", "ID-119", f"{subject}: from {limit} kW it must be half-hourly.", step)


def mtc_is_half_hourly(store: MarketDataStore, asked: MsidClasses) -> bool | None:
    """Whether the Meter Timeswitch Class is half-hourly; None where it is either, not enabled or not loaded."""
    if asked.mtc is None:
        return None
    try:
        found = class_of_area(store, asked.distributor.mpid, asked.mtc, asked.day)
    except NotCovered:
        # What is not loaded has its own answer at the class itself.
        return None
    return None if found is None else {"H": True, "N": False}.get(found.type)


def measurement_class_goes_with_the_mtc(
    store: MarketDataStore, asked: MsidClasses, measurement_class: str
) -> Answer | None:
    """ID-119: a half-hourly measurement class has a half-hourly Meter Timeswitch Class, and the reverse."""
    half_hourly = mtc_is_half_hourly(store, asked)
    if half_hourly is None:
        return None
    kind = "half-hourly" if half_hourly else "not half-hourly"
    subject = f"Measurement class {measurement_class} with MTC {asked.mtc} of {asked.place}, which is {kind}"
    if is_half_hourly(measurement_class) == half_hourly:
        return passed("measurement class", f"{subject}: they go together.")
    step = "Correct the one that is wrong."
    return failed("measurement class", "ID-119", f"{subject}: they do not go together.", step)


def export_profile_class_fits(asked: MsidClasses) -> Answer | None:
    """ID-121: the profile class of a non-half-hourly export is that of the reference data (EX-208), a warning."""
    if asked.direction != "export" or asked.profile_class in (None, "00"):
        return None
    usual = _limits()["export_profile_class"]["profile_class"]
    subject = f"Profile class {asked.profile_class} of the export at {asked.place}"
    if asked.profile_class == usual:
        return passed("profile class of export", f"{subject} is the usual one.")
    message = f"{subject} is not the usual one, {usual}; the table that decides it is not held."
    step = "Compare it with the registration; correct it there or here if it is wrong."
    return failed("profile class of export", "ID-121", message, step, severity="warning")
