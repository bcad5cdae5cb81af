"""Identifiers of the market: MPAN cores, supply numbers, AMSIDs, participants, BM Units, distributors and GSP Groups.

Follows the SVA Data Catalogue and Market Domain Data; numbers are kept as text, since leading zeros count.
"""

from halfhour.identifiers.bm_unit import BmUnitId, BmUnitKind
from halfhour.identifiers.mpan import Amsid, Mpan, check_digit, is_good
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
    market_participant_id,
)
from halfhour.identifiers.supply_number import SupplyNumber

__all__ = [
    "Amsid",
    "BmUnitId",
    "BmUnitKind",
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
    "market_participant_id",
]
