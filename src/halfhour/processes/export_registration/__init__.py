"""Registering and settling small export (SEG): who may, what a rejection means, checks of the pair of MSIDs, and costs.

Follows the handbook's page export-registration. The process itself and its variants are timetables.
"""

from halfhour.processes.export_registration.checks import CHECKS, ExportPair, check_pair
from halfhour.processes.export_registration.eligibility import (
    Application,
    application_problems,
    plant_problems,
    settlement_mode,
)
from halfhour.processes.export_registration.measures import Unsettled, days_to_settlement, stage_days, unsettled
from halfhour.processes.export_registration.obligation import ImportAppointment, obliged
from halfhour.processes.export_registration.profiling import ProfileError, periods_on, profile_error
from halfhour.processes.export_registration.rejections import rejection_class

__all__ = [
    "CHECKS",
    "Application",
    "ExportPair",
    "ImportAppointment",
    "ProfileError",
    "Unsettled",
    "application_problems",
    "check_pair",
    "days_to_settlement",
    "obliged",
    "periods_on",
    "plant_problems",
    "profile_error",
    "rejection_class",
    "settlement_mode",
    "stage_days",
    "unsettled",
]
