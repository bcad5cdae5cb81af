"""Processes around chargeable imports: asset metering, declarations, assurance, the interim solution and its end.

Follows the handbook's page chargeable-imports, sections 1.3, 1.4, 5.2 and 6 (P375, P383, P395, BSCP602). What is
chargeable is computed by `halfhour.rules`; here is what must be registered, declared and checked for them to apply.
"""

from halfhour.processes.chargeable_imports.assurance import AssuranceFinding, assurance_findings, checks
from halfhour.processes.chargeable_imports.declarations import Objection, objections, reasons, rejection_reason
from halfhour.processes.chargeable_imports.detectors import detector_findings, standing_import, unreturned_energy
from halfhour.processes.chargeable_imports.differencing import (
    HalfHours,
    asset_differencing_volume,
    asset_metering_volume,
    boundary_volume,
    differencing_method,
)
from halfhour.processes.chargeable_imports.entities import (
    AmsidPair,
    AssetMeter,
    AssetMeters,
    AssetRegistration,
    DeclarationForm,
    MsidPair,
)
from halfhour.processes.chargeable_imports.flow_records import (
    meters_record,
    read_meters,
    read_registration,
    registration_record,
)
from halfhour.processes.chargeable_imports.forms import declaration_form, form_fields, render_form
from halfhour.processes.chargeable_imports.interim import (
    conditions_of,
    exposed_import,
    has_final_demand,
    interim_conditions,
    migration_route,
)
from halfhour.processes.chargeable_imports.lapses import Lapse, lapse_facts, lapsed_declarations, lapses

__all__ = [
    "AmsidPair",
    "AssetMeter",
    "AssetMeters",
    "AssetRegistration",
    "AssuranceFinding",
    "DeclarationForm",
    "HalfHours",
    "Lapse",
    "MsidPair",
    "Objection",
    "asset_differencing_volume",
    "asset_metering_volume",
    "assurance_findings",
    "boundary_volume",
    "checks",
    "conditions_of",
    "declaration_form",
    "detector_findings",
    "differencing_method",
    "exposed_import",
    "form_fields",
    "has_final_demand",
    "interim_conditions",
    "lapse_facts",
    "lapsed_declarations",
    "lapses",
    "meters_record",
    "migration_route",
    "objections",
    "read_meters",
    "read_registration",
    "reasons",
    "registration_record",
    "rejection_reason",
    "render_form",
    "standing_import",
    "unreturned_energy",
]
