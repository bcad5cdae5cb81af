"""What a portfolio is made of: sites, their meterings and declarations, effective-dated, as plain immutable records.

Effective dates are closed-open: `effective_from` is the first day included, `effective_to` the first day no longer
included; None is an open end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from halfhour.errors import Finding

Voltage = Literal["LV", "HV", "EHV", "132kV", "T"]
At = Literal["boundary", "generation", "storage", "third-party", "customer"]
DeclarationKind = Literal["emr-msid", "emr-amsid", "nfd", "d380", "interim"]
MeasurementClass = Literal["A", "B", "C", "D", "E", "F", "G"]
Technology = Literal["pv", "micro-chp", "wind", "hydro", "ad", "other"]
MeterKind = Literal["export-only", "import-export"]


def in_force(effective_from: date | None, effective_to: date | None, day: date) -> bool:
    """Whether `day` lies in the closed-open range; an absent end is open."""
    return (effective_from is None or effective_from <= day) and (effective_to is None or day < effective_to)


@dataclass(frozen=True, slots=True)
class Metering:
    """A Metering System or Asset Metering System of a site, both directions.

    Attributes:
        name: unique in the site on any day.
        at: where it measures.
        import_msid, export_msid: MSID (boundary, third-party) or AMSID (assets) per direction, 13 digits as text.
        voltage: at the meter.
        licensed: plant operated under a generation licence; otherwise it counts as the customer's.
        parent: name of the metering that a third-party metering is differenced from.
        losses: private-network losses L of the edge to the parent, as a fraction; None = not scaled.
        compensated_in_meter: the Meter already scales for L, which the calculation must then leave out.
        capacity_kw: of the asset, where known; of a boundary or third-party metering, of the connection.
        import_llfc, export_llfc: Line Loss Factor Class per direction, 3 characters; None = not stated.
        import_mtc, export_mtc: Meter Timeswitch Class per direction, 3 digits.
        import_ssc, export_ssc: Standard Settlement Configuration per direction, 4 digits; half-hourly MSIDs have none.
        import_profile_class, export_profile_class: 2 digits; `00` is printed for half-hourly MSIDs.
        measurement_class: of the MSIDs, A to G.
        technology: of the generation whose export is metered.
        meter: whether the export has a Meter of its own or shares the import's.
        mdd_change: reference of the pending Market Domain Data change where another class stands in for the right one.
        where: file and key, for messages.
    """

    name: str
    at: At
    import_msid: str | None = None
    export_msid: str | None = None
    voltage: Voltage = "LV"
    bm_unit: str | None = None
    supplier: str | None = None
    licensed: bool = False
    parent: str | None = None
    losses: Decimal | None = None
    compensated_in_meter: bool = False
    capacity_kw: Decimal | None = None
    import_llfc: str | None = None
    export_llfc: str | None = None
    import_mtc: str | None = None
    export_mtc: str | None = None
    import_ssc: str | None = None
    export_ssc: str | None = None
    import_profile_class: str | None = None
    export_profile_class: str | None = None
    measurement_class: MeasurementClass | None = None
    technology: Technology | None = None
    meter: MeterKind | None = None
    mdd_change: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    where: str = ""

    def active(self, day: date) -> bool:
        """Whether the metering is in the register on the Settlement Day."""
        return in_force(self.effective_from, self.effective_to, day)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration over named meterings of one site.

    Attributes:
        kind: `emr-msid` (boundary without final demand), `emr-amsid` (asset meters behind a boundary with demand),
            `interim` (EMRS interim solution), `nfd` (network charges only), `d380` (private-network dispensation).
        default_factor: usage factor of `p395-proposed` where the reference period gives none, 0 to 1; None = 1.
    """

    kind: DeclarationKind
    metering: tuple[str, ...]
    by: str | None = None
    default_factor: Decimal | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    where: str = ""

    def active(self, day: date) -> bool:
        """Whether the declaration is in force on the Settlement Day."""
        return in_force(self.effective_from, self.effective_to, day)


@dataclass(frozen=True, slots=True)
class Site:
    """A site behind one boundary, with everything that settlement needs to know of it.

    Attributes:
        settlement_option: `difference` (third-party meters subtracted from their parent) or `full-settlement` (every
            customer metered, nothing differenced, the boundary a check).
        netting: `forbidden`, or `within-half-hour` where a Complex Site rule states it.
        negative_result: what a negative difference does: `hold`, `to-export-msid` or `clip-zero`.
        customer_supplier_licensed: whether the registrant of the customer's import is a licensed Supplier.
        exempt_capacity_kw: exempt generation recorded among the customers, for the assurance checks.
    """

    id: str
    name: str
    gsp_group: str
    voltage: Voltage
    network: Literal["licensed", "private"] = "licensed"
    registered_in: Literal["SMRS", "CMRS"] = "SMRS"
    settlement_option: Literal["difference", "full-settlement"] = "difference"
    netting: Literal["forbidden", "within-half-hour"] = "forbidden"
    negative_result: Literal["hold", "to-export-msid", "clip-zero"] = "hold"
    customer_supplier_licensed: bool = True
    exempt_capacity_kw: Decimal | None = None
    metering: tuple[Metering, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Parameters that a portfolio may set (`portfolio.toml`); each is named in the manifest.

    Attributes:
        default_ncsp: the Panel's default Non-Chargeable Storage Proportion, 0 to 1, five decimals; None = as shipped.
        ncsp_missing_days: `fill_default` or `available_only`.
        usage_factor_reference: `previous-month`, or a number of previous Settlement Days.
        bg_clock: by which clock 'bg' readings files count (table `[readings]`); None = not said, taken as UTC.
        trading_unit: status of the Base Trading Units, `offtaking` or `delivering`; None = not stated.
    """

    default_ncsp: Decimal | None = None
    ncsp_missing_days: Literal["fill_default", "available_only"] = "fill_default"
    usage_factor_reference: Literal["previous-month"] | int = "previous-month"
    bg_clock: Literal["utc", "local"] | None = None
    trading_unit: Literal["offtaking", "delivering"] | None = None


@dataclass(frozen=True, slots=True)
class LossFactor:
    """A Line Loss Factor by voltage, for bringing asset readings to the boundary's voltage.

    Attributes:
        thousandths: the factor times 1,000, an integer: 1.081 is 1081.
        first_period, last_period: Settlement Periods it applies to, both included.
    """

    gsp_group: str
    voltage: Voltage
    measurement_quantity: Literal["AI", "AE"]
    thousandths: int
    first_period: int = 1
    last_period: int = 50
    effective_from: date | None = None
    effective_to: date | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """An input file by its path relative to the portfolio, with its hash."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Sites in order of id, the settings, and where they were read from.

    Attributes:
        path: the portfolio folder.
        loss_factors: from `line_loss_factors.csv`, empty where there is none.
        register_files: every register file read, with hashes (readings are accounted for by the readings store).
        reading_files: files below `readings/`, absolute, in order of name.
        findings: warnings and remarks of reading and checking the register, for the exceptions of every run.
    """

    path: Path
    sites: tuple[Site, ...]
    settings: Settings = field(default_factory=Settings)
    loss_factors: tuple[LossFactor, ...] = ()
    register_files: tuple[SourceFile, ...] = ()
    reading_files: tuple[Path, ...] = ()
    findings: tuple[Finding, ...] = ()

    def site(self, site_id: str) -> Site | None:
        """The site of that id, or None."""
        return next((site for site in self.sites if site.id == site_id), None)

    def msids(self) -> Iterator[tuple[Site, Metering, str, str]]:
        """Every registered series: site, metering, measurement quantity (AI, AE) and MSID."""
        for site in self.sites:
            for metering in site.metering:
                if metering.import_msid is not None:
                    yield site, metering, "AI", metering.import_msid
                if metering.export_msid is not None:
                    yield site, metering, "AE", metering.export_msid
