"""Credit cases written and read by tests."""

from __future__ import annotations

from pathlib import Path

from halfhour.charges.credit import CreditCase, read_case

DEMAND_UNIT = """
[[bm_unit]]
id = "2__CMRCY002"
gc = "0"
dc = "-5"
calf_wd = "0.4970"
calf_nwd = "0.4386"
"""
"""A unit of the register of November 2025."""

SECALF_UNIT = """
[[bm_unit]]
id = "2__AFLEX001"
gc = "49"
dc = "0"
secalf = "0.21"
"""

CAP = """
[[cap]]
gbp_per_mwh = "54"
source = "supplied by the test"
"""

STATED = 'mei_mwh = "0"\naei_mwh = "0"'


def account(rest: str = "", *, as_of: str = "2025-12-31", keys: str = STATED, cap: str = CAP) -> str:
    """The text of a case: an account whose MEI and AEI are stated as nothing, and whatever else is given."""
    return f'[account]\nname = "Account"\nas_of = {as_of}\n{keys}\n{cap}\n{rest}'


def read(folder: Path, text: str) -> CreditCase:
    """A case read from its text."""
    path = folder / "case.toml"
    path.write_text(text, encoding="utf-8")
    return read_case(path)
