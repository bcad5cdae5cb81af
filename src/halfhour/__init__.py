"""Halfhour settles embedded generation in Great Britain, one half hour at a time, and shows its working.

Everything that a notebook needs is here under its own name and is imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from halfhour.calendar import due, settlement_periods
    from halfhour.identifiers import Mpan
    from halfhour.register import load_portfolio
    from halfhour.settlement.run import Run, settle
    from halfhour.settlement.working import working

__version__ = "0.1.0"

_WHERE = {
    "Mpan": "halfhour.identifiers",
    "Run": "halfhour.settlement.run",
    "due": "halfhour.calendar",
    "load_portfolio": "halfhour.register",
    "settle": "halfhour.settlement.run",
    "settlement_periods": "halfhour.calendar",
    "working": "halfhour.settlement.working",
}

__all__ = ["Mpan", "Run", "__version__", "due", "load_portfolio", "settle", "settlement_periods", "working"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        message = f"module 'halfhour' has no attribute '{name}'"
        raise AttributeError(message)
    return getattr(import_module(_WHERE[name]), name)
