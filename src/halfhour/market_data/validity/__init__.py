"""Whether classes are valid in Market Domain Data, and which are nearest where they are not: pure functions of a store.

Follows identifiers-and-market-data 3 to 9, export-registration 8, 9, 11 and 12, and private-networks 5.2.
"""

from halfhour.market_data.validity.answers import Answer, Combination, Direction, MsidClasses, Verdict
from halfhour.market_data.validity.export_classes import (
    ExportClasses,
    export_classes,
    export_mtc_fits,
    export_ssc,
    export_ssc_fits,
    technologies,
)
from halfhour.market_data.validity.live_combinations import live_combinations, third_party_is_visible
from halfhour.market_data.validity.look_ups import find_distributor
from halfhour.market_data.validity.questions import QUESTIONS, answers, related_has_another_import
from halfhour.market_data.validity.roles import role_is_live, role_meaning
from halfhour.market_data.validity.settlement_class import (
    export_is_half_hourly_from_the_limit,
    export_profile_class_fits,
    is_half_hourly,
    measurement_class_fits,
    measurement_class_goes_with_the_mtc,
    mtc_is_half_hourly,
)

__all__ = [
    "QUESTIONS",
    "Answer",
    "Combination",
    "Direction",
    "ExportClasses",
    "MsidClasses",
    "Verdict",
    "answers",
    "export_classes",
    "export_is_half_hourly_from_the_limit",
    "export_mtc_fits",
    "export_profile_class_fits",
    "export_ssc",
    "export_ssc_fits",
    "find_distributor",
    "is_half_hourly",
    "live_combinations",
    "measurement_class_fits",
    "measurement_class_goes_with_the_mtc",
    "mtc_is_half_hourly",
    "related_has_another_import",
    "role_is_live",
    "role_meaning",
    "technologies",
    "third_party_is_visible",
]
