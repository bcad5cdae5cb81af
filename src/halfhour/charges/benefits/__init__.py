"""The embedded benefits of a plant by route, in £, from half-hourly data: handbook embedded-generation.md 10 and 11."""

from halfhour.charges.benefits.amounts import BESIDE, COMPONENTS, NAMES, Amount, Lacking, MissingInput
from halfhour.charges.benefits.comparison import compare_routes
from halfhour.charges.benefits.half_hours import HalfHours, half_hours
from halfhour.charges.benefits.imports import ImportTerms
from halfhour.charges.benefits.market import Market, give_triads, of_constants
from halfhour.charges.benefits.results import Compared, Coverage, Line, RouteComparison, RouteResult

__all__ = [
    "BESIDE",
    "COMPONENTS",
    "NAMES",
    "Amount",
    "Compared",
    "Coverage",
    "HalfHours",
    "ImportTerms",
    "Lacking",
    "Line",
    "Market",
    "MissingInput",
    "RouteComparison",
    "RouteResult",
    "compare_routes",
    "give_triads",
    "half_hours",
    "of_constants",
]
