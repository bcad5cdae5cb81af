"""Identifiers of the market: MPAN cores, supply numbers, AMSIDs, participants, BM Units, distributors and GSP Groups.

Follows the SVA Data Catalogue and Market Domain Data; numbers are kept as text, since leading zeros count.
"""

from halfhour.identifiers.bm_unit import BmUnitId, BmUnitKind
from halfhour.identifiers.classes import (
    LINE_LOSS_FACTOR_CLASS,
    METER_TIMESWITCH_CLASS,
    PROFILE_CLASS,
    STANDARD_SETTLEMENT_CONFIGURATION,
    ClassForm,
    read_class,
)
from halfhour.identifiers.mpan import ASSET_SHORT_CODES, Amsid, Mpan, check_digit, is_good, is_msid_or_amsid
from halfhour.identifiers.networks import (
    Distributor,
    GspGroup,
    NetworkKind,
    distributor,
    distributor_on,
    distributors,
    gsp_group,
    gsp_group_of_distributor,
    gsp_groups,
    live_on,
    market_participant_id,
)
from halfhour.identifiers.supply_number import SupplyNumber

__all__ = [
    "ASSET_SHORT_CODES",
    "LINE_LOSS_FACTOR_CLASS",
    "METER_TIMESWITCH_CLASS",
    "PROFILE_CLASS",
    "STANDARD_SETTLEMENT_CONFIGURATION",
    "Amsid",
    "BmUnitId",
    "BmUnitKind",
    "ClassForm",
    "Distributor",
    "GspGroup",
    "Mpan",
    "NetworkKind",
    "SupplyNumber",
    "check_digit",
    "distributor",
    "distributor_on",
    "distributors",
    "gsp_group",
    "gsp_group_of_distributor",
    "gsp_groups",
    "is_good",
    "is_msid_or_amsid",
    "live_on",
    "market_participant_id",
    "read_class",
]
