"""The register: sites, meterings and declarations, effective-dated; the files that people write; checks of the whole.

Follows the project's contract, section "A portfolio".
"""

from halfhour.register.checks import CHECKS, Check, check_portfolio
from halfhour.register.checks.market_data import check_market_data
from halfhour.register.layout import Key, layout
from halfhour.register.model import (
    At,
    Declaration,
    DeclarationKind,
    LossFactor,
    MeasurementClass,
    Metering,
    MeterKind,
    Portfolio,
    Settings,
    Site,
    SourceFile,
    Technology,
    Voltage,
    in_force,
)
from halfhour.register.portfolio_writing import write_portfolio
from halfhour.register.reading import load_portfolio, read_portfolio, with_readings_of
from halfhour.register.site_tables import write_portfolio_tables

__all__ = [
    "CHECKS",
    "At",
    "Check",
    "Declaration",
    "DeclarationKind",
    "Key",
    "LossFactor",
    "MeasurementClass",
    "MeterKind",
    "Metering",
    "Portfolio",
    "Settings",
    "Site",
    "SourceFile",
    "Technology",
    "Voltage",
    "check_market_data",
    "check_portfolio",
    "in_force",
    "layout",
    "load_portfolio",
    "read_portfolio",
    "with_readings_of",
    "write_portfolio",
    "write_portfolio_tables",
]
