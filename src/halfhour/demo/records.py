"""The register records of example sites: made-up but well-formed MSIDs, AMSIDs, Suppliers and BM Units.

An MSID is the short code of the distributor of the GSP Group, eight digits of the site's number, two digits of the
point and direction, and the check digit; an AMSID the same with short code 77 (Market Domain Data, AMSN).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from halfhour.demo.simulation import Plant
from halfhour.identifiers import check_digit, gsp_group
from halfhour.register.model import Declaration, Metering, Site, Voltage

SUPPLIERS = ("ALFA", "BRVO", "CHLY", "DLTA", "ECHO")
"""Invented; none is a Market Participant Id in Market Domain Data 377."""

ASSET_SHORT_CODE = "77"

OSAM_IN_FORCE = date(2023, 11, 2)
"""First day of the EMR declarations; the interim solution ends before it (chargeable-imports 1.5)."""

BOUNDARY, STORAGE, GENERATION = 1, 2, 3


def msid(group: str, number: int, point: int) -> str:
    """The MSID of a point (0 to 99) of a site (number below 100 million)."""
    return _with_check_digit(f"{gsp_group(group).short_code}{number:08d}{point:02d}")


def amsid(number: int, point: int) -> str:
    """The AMSID of a point (0 to 99) of a site (number below 100 million)."""
    return _with_check_digit(f"{ASSET_SHORT_CODE}{number:08d}{point:02d}")


def _with_check_digit(first_twelve: str) -> str:
    return f"{first_twelve}{check_digit(first_twelve)}"


def bm_unit(group: str, supplier: str) -> str:
    """The Supplier's first Additional BM Unit in the GSP Group."""
    return f"2__{group[1]}{supplier}001"


def supplier_of(number: int) -> str:
    """The Supplier of a site by its number."""
    return SUPPLIERS[number % len(SUPPLIERS)]


def boundary(plant: Plant, supplier: str, exports: bool = True) -> Metering:
    """The boundary Metering System pair of a site, or its import alone."""
    return Metering(
        name="Meter 1",
        at="boundary",
        import_msid=msid(plant.gsp_group, plant.number, 2 * BOUNDARY),
        export_msid=msid(plant.gsp_group, plant.number, 2 * BOUNDARY + 1) if exports else None,
        bm_unit=bm_unit(plant.gsp_group, supplier),
        supplier=supplier,
    )


def storage(plant: Plant, name: str, licensed: bool, effective_from: date | None = None) -> Metering:
    """The Asset Metering Systems of a site's battery."""
    return Metering(
        name=name,
        at="storage",
        import_msid=amsid(plant.number, 2 * STORAGE),
        export_msid=amsid(plant.number, 2 * STORAGE + 1),
        licensed=licensed,
        capacity_kw=kilowatts(plant.battery_w),
        effective_from=effective_from,
    )


def generation(plant: Plant, name: str, licensed: bool, own_use: bool, effective_from: date | None = None) -> Metering:
    """The Asset Metering Systems of a site's panels; `own_use`: what they draw at night is metered too."""
    return Metering(
        name=name,
        at="generation",
        import_msid=amsid(plant.number, 2 * GENERATION) if own_use else None,
        export_msid=amsid(plant.number, 2 * GENERATION + 1),
        licensed=licensed,
        capacity_kw=kilowatts(plant.solar_w),
        effective_from=effective_from,
    )


def tenant(
    plant: Plant, name: str, supplier: str, losses: Decimal | None = None, parent: str | None = None
) -> Metering:
    """The Third Party Meter of a tenant in a private network; the plant's `part` tells it from its neighbours."""
    return Metering(
        name=name,
        at="third-party",
        import_msid=msid(plant.gsp_group, plant.number, 20 + plant.part),
        bm_unit=bm_unit(plant.gsp_group, supplier),
        supplier=supplier,
        parent=parent,
        losses=losses,
    )


def kilowatts(watts: float) -> Decimal:
    """Watts, rounded to whole ones, in kW."""
    return Decimal(round(watts)) / 1000


def site_record(
    site_id: str,
    name: str,
    plant: Plant,
    voltage: Voltage,
    metering: tuple[Metering, ...],
    declarations: tuple[Declaration, ...] = (),
    exempt_capacity_kw: Decimal | None = None,
) -> Site:
    """A site with its meters all at the boundary's voltage, so that no Line Loss Factor comes between them."""
    private = any(each.at == "third-party" for each in metering)
    return Site(
        id=site_id,
        name=name,
        gsp_group=plant.gsp_group,
        voltage=voltage,
        network="private" if private else "licensed",
        exempt_capacity_kw=exempt_capacity_kw,
        metering=tuple(replace(each, voltage=voltage) for each in metering),
        declarations=declarations,
    )


def asset_declaration(meterings: tuple[Metering, ...], supplier: str, start: date = OSAM_IN_FORCE) -> Declaration:
    """An EMR AMSID Declaration over a boundary and the licensed assets behind it."""
    return Declaration(
        kind="emr-amsid", metering=tuple(metering.name for metering in meterings), by=supplier, effective_from=start
    )


def network_declaration(meterings: tuple[Metering, ...], supplier: str) -> Declaration:
    """The declaration of use of dispensation D/380 over a private network."""
    return Declaration(kind="d380", metering=tuple(metering.name for metering in meterings), by=supplier)


def stand_alone_declarations(supplier: str) -> tuple[Declaration, ...]:
    """A boundary without demand: the interim solution, then the EMR MSID Declaration that replaced it."""
    return (
        Declaration("interim", ("Meter 1",), supplier, effective_from=date(2023, 10, 1), effective_to=OSAM_IN_FORCE),
        Declaration("emr-msid", ("Meter 1",), supplier, effective_from=OSAM_IN_FORCE),
    )
