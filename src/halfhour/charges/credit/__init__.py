"""Credit cover: what an account owes for energy not yet paid, and the cover that it calls for.

Follows BSC Section M. `case` reads what a question rests on; `indebtedness` answers it; `default_levels` says what
follows; `load_factors` and `price` hold the factors and prices; `treatments` compares how a plant is seen.
"""

from __future__ import annotations

from halfhour.charges.credit.bm_units import BmUnit, basis, capability_mw, caqce_mwh, credit_qualifying
from halfhour.charges.credit.case import CreditCase, read_case
from halfhour.charges.credit.default_levels import breach_on, events, level_of, query_period, withdrawal
from halfhour.charges.credit.indebtedness import Account, credit_cover_percentage, required_cover_gbp
from halfhour.charges.credit.load_factors import (
    capacities,
    declaration_deadline,
    declaration_findings,
    load_factors,
    reference_season,
    season_of,
)
from halfhour.charges.credit.price import cap_on, cap_points, review_called_for, review_trigger_gbp
from halfhour.charges.credit.treatments import compare_treatments
from halfhour.charges.credit.windows import Boundaries, Window, days_without_interim_run, window

__all__ = [
    "Account",
    "BmUnit",
    "Boundaries",
    "CreditCase",
    "Window",
    "basis",
    "breach_on",
    "cap_on",
    "cap_points",
    "capability_mw",
    "capacities",
    "caqce_mwh",
    "compare_treatments",
    "credit_cover_percentage",
    "credit_qualifying",
    "days_without_interim_run",
    "declaration_deadline",
    "declaration_findings",
    "events",
    "level_of",
    "load_factors",
    "query_period",
    "read_case",
    "reference_season",
    "required_cover_gbp",
    "review_called_for",
    "review_trigger_gbp",
    "season_of",
    "window",
    "withdrawal",
]
