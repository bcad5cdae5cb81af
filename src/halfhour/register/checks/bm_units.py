"""Checks of BM Units: that an id is one, that it belongs to the site, and that imports have one.

Follows identifiers-and-market-data 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from halfhour.errors import Finding, HalfhourError
from halfhour.identifiers import BmUnitId
from halfhour.register.checks._common import about, meterings
from halfhour.register.model import Portfolio


def bm_units_are_of_the_site(portfolio: Portfolio) -> Iterator[Finding]:
    """A Supplier BM Unit is of one GSP Group and one Supplier, and these are the site's and the metering's."""
    parsed: dict[str, BmUnitId] = {}
    for site, metering in meterings(portfolio):
        if metering.bm_unit is None:
            continue
        bm_unit = parsed.get(metering.bm_unit)
        if bm_unit is None:
            try:
                bm_unit = parsed[metering.bm_unit] = BmUnitId.parse(metering.bm_unit)
            except HalfhourError as problem:
                yield about(site, metering, problem.code, "error", problem.message, problem.next_step)
                continue
        if bm_unit.supplier is None:
            continue
        if bm_unit.gsp_group != site.gsp_group:
            message = f"BM Unit {bm_unit} is of GSP Group {bm_unit.gsp_group}, but the site is in {site.gsp_group}."
            yield about(site, metering, "RG-034", "error", message, "Correct bm_unit or the site's gsp_group.")
        if metering.supplier is not None and bm_unit.supplier != metering.supplier:
            message = f"BM Unit {bm_unit} is of Supplier {bm_unit.supplier}, but the supplier is {metering.supplier}."
            yield about(site, metering, "RG-035", "warning", message, "Check bm_unit and supplier.")


def imports_have_a_bm_unit(portfolio: Portfolio) -> Iterator[Finding]:
    """Volume without a BM Unit is settled for the site and enters no BM Unit's demand."""
    for site, metering in meterings(portfolio):
        if metering.at not in ("boundary", "third-party") or metering.bm_unit is not None:
            continue
        if metering.import_msid is not None:
            message = f"its import {metering.import_msid} has no bm_unit: its volume enters no BM Unit."
            yield about(
                site, metering, "RG-036", "warning", message, "Add bm_unit, for example the Supplier's Base BM Unit."
            )
