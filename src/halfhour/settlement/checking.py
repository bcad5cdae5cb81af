"""Everything that the readings of a portfolio show to be wrong, without settling it; and the assurance checks.

The assurance checks find what may be abuse of a declaration; they raise it for review and change no volume
(handbook chargeable-imports.md 1.4).
"""

from __future__ import annotations

from pathlib import Path

from halfhour.errors import Finding, HalfhourError
from halfhour.register.model import Portfolio
from halfhour.settlement import engine
from halfhour.settlement.assurance import assurance_findings
from halfhour.settlement.loss_factors import find_market_data, loss_factors
from halfhour.settlement.request import open_store, request_for
from halfhour.settlement.run_writing import store_findings


def check_readings(portfolio: Portfolio, market_data: Path | None = None) -> list[Finding]:
    """What taking in and laying out the readings finds: bad rows, gaps, unknown MSIDs, negative differences, abuse.

    Args:
        market_data: store that Line Loss Factors are looked for in, as for `settle`.

    Raises:
        HalfhourError: MD-018 `market_data` is not there, MD-020 it is damaged.
    """
    market = find_market_data(portfolio, market_data)
    store = open_store(portfolio)
    try:
        request = request_for(portfolio, store, "in-force", None, None)
    except HalfhourError as error:
        return [Finding(error.code, "error", error.message, error.next_step), *store.findings()]
    findings = list(store_findings(portfolio, store, request))
    losses = loss_factors(portfolio, market, request.start, request.end, request.run_type)
    findings.extend([] if losses is None else losses.findings)
    for stretch in request.stretches:
        calculation = engine.prepare(
            portfolio, store, stretch, request.cut_off, in_force=True, detail=True, volumes=True
        )
        findings.extend(calculation.arrangement.findings)
        for result in engine.settle_blocks(calculation, engine.BmUnitTotals(calculation)):
            findings.extend(result.findings)
            findings.extend(assurance_findings(calculation, result))
    return findings
