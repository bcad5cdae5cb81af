"""What asset metering and declarations are made of, as plain immutable records (handbook chargeable-imports 6.2).

Effective dates are closed-open, as in the register; flows and forms write the last day included. Formats of the fields
are those of the flows' layouts and of `data/forms.toml`; they are checked where a record is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from halfhour.identifiers import Amsid

Action = Literal["N", "U", "C", "D"]
"""New, update, change of registrant AMVLP, delete (SVA Data Catalogue)."""

DeclarationKind = Literal["emr-msid", "emr-amsid", "nfd", "interim"]

AssetClass = Literal["gen", "stor"]
"""Licensed generation, licensed storage: the class as which an asset is declared."""

DeclarationStatus = Literal["draft", "submitted", "accepted", "rejected", "ended"]

ASSET_CLASS: dict[str, AssetClass] = {"generation": "gen", "storage": "stor"}
"""Of a metering of the register, by where it measures."""


@dataclass(frozen=True, slots=True)
class AmsidPair:
    """The AMSIDs of an Asset Metering System: import, and export where there is one.

    Raises:
        HalfhourError: ID-101, ID-103 one of them is no AMSID.
    """

    import_amsid: str
    export_amsid: str | None = None

    def __post_init__(self) -> None:
        for amsid in self.amsids:
            Amsid(amsid)

    @property
    def amsids(self) -> tuple[str, ...]:
        """Those that are there."""
        return tuple(amsid for amsid in (self.import_amsid, self.export_amsid) if amsid)


@dataclass(frozen=True, slots=True)
class MsidPair:
    """The MSIDs of a Boundary Point: import, and export where there is one.

    Attributes:
        pair_id: 18 characters; None where it is not known.
        import_consent, export_consent: the customer's consent; None where nothing is said.
    """

    import_msid: str
    export_msid: str | None = None
    pair_id: str | None = None
    import_consent: bool | None = None
    export_consent: bool | None = None


@dataclass(frozen=True, slots=True)
class AssetRegistration:
    """An Asset Metering System as it is registered (P0297).

    Attributes:
        id: of the registrant, at most 10 characters.
        registrant: an Asset Metering Virtual Lead Party, or a Supplier for an EMR AMSID Declaration.
        address: up to six lines.
        bm_unit: Secondary BM Unit, None where there is none.
        export_amsid_required: whether an AMSID for export is asked for.
        voltage_v, capacity_kw: of the asset.
        amsids: None in a new registration, since the Supplier Volume Allocation Agent allocates them.
    """

    id: str
    action: Action
    registrant: str
    address: tuple[str, ...]
    postcode: str
    gsp_group: str
    bm_unit: str | None
    export_amsid_required: bool
    asset_type: str
    voltage_v: int
    measurement_transformer: bool
    capacity_kw: int
    amsids: AmsidPair | None
    measurement_class: str
    effective_from: date
    effective_to: date | None = None
    msid_pairs: tuple[MsidPair, ...] = ()


@dataclass(frozen=True, slots=True)
class AssetMeter:
    """A meter of an Asset Metering System, for one direction (P0303).

    Attributes:
        measurement_quantity: `AI` import, `AE` export.
        metering_type: asset metering type, 1 to 5.
    """

    measurement_quantity: Literal["AI", "AE"]
    serial: str
    outstation_type: str
    make_and_model: str
    metering_type: int
    effective_from: date
    effective_to: date | None = None


@dataclass(frozen=True, slots=True)
class AssetMeters:
    """The meters of an AMSID Pair, as one P0303 registers them."""

    registration_id: str
    action: Action
    registrant: str
    amsids: AmsidPair
    meters: tuple[AssetMeter, ...]


@dataclass(frozen=True, slots=True)
class DeclarationForm:
    """A declaration as it is filed: Metering Systems by their numbers, where the register has meterings by name.

    Attributes:
        kind: `emr-msid`, `emr-amsid`, `nfd` or `interim`.
        declaring_party: MPID of the Import Supplier, or of the CVA registrant.
        amsids: with the class as which each pair is declared.
        final_demand: whether the site has any.
        default_factor: usage factor of `p395-proposed` where the reference period gives none; None = 1.
        missing: fields that the form asks for and nothing is known of.
        fields: every field of the form by name, as it is written.
    """

    kind: DeclarationKind
    declaring_party: str | None
    site_id: str
    msids: tuple[MsidPair, ...]
    amsids: tuple[tuple[AssetClass, AmsidPair], ...]
    final_demand: bool
    licence_holder: str | None
    effective_from: date | None
    effective_to: date | None
    status: DeclarationStatus = "draft"
    default_factor: Decimal | None = None
    missing: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
