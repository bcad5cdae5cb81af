"""`halfhour check`: everything that is wrong with a portfolio, without settling it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from halfhour.cli.arguments import market_data as open_market_data
from halfhour.cli.arguments import today
from halfhour.cli.output import counted, finding_document, finding_line, print_json, print_line

if TYPE_CHECKING:
    from halfhour.errors import Finding


NOTHING_TO_SETTLE = ("ST-001", "ST-002")


def check(
    portfolio: Path,
    *,
    market_data: Path | None = None,
    strict: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Check a portfolio: register, classes against market data, arrangements and readings, every finding at once.

    Example: halfhour check halfhour-demo

    Leaves with exit code 2 where `halfhour settle` would refuse the portfolio, and with 1 where --strict is given and
    there are errors or warnings.

    Parameters
    ----------
    portfolio
        Folder of the portfolio.
    market_data
        Store of market data that classes are checked against; default: the portfolio's own, else the user's.
    strict
        Leave with exit code 1 when there are errors or warnings.
    json
        One JSON document on standard output.
    """
    from halfhour.register import check_market_data, read_portfolio  # noqa: PLC0415
    from halfhour.settlement.checking import check_readings  # noqa: PLC0415
    from halfhour.settlement.loss_factors import find_market_data  # noqa: PLC0415

    loaded, findings = read_portfolio(portfolio)
    refused = any(finding.severity == "error" for finding in findings)
    with open_market_data(find_market_data(loaded, market_data)) as store:
        findings = [*findings, *check_market_data(loaded, store, today())]
    found = check_readings(loaded, market_data)
    refused = refused or any(finding.code in NOTHING_TO_SETTLE for finding in found)
    findings = [*findings, *found]
    serious = [finding for finding in findings if finding.severity != "info"]
    if json:
        print_json(
            {
                "portfolio": str(portfolio),
                "sites": len(loaded.sites),
                "refused": refused,
                "findings": [finding_document(finding) for finding in findings],
            }
        )
    else:
        for finding in findings:
            print_line(finding_line(finding))
        print_line(f"{counted(len(loaded.sites), 'site')} checked: {_count(findings)}.")
    if refused:
        return 2
    return 1 if strict and serious else 0


def _count(findings: list[Finding]) -> str:
    counted = {
        name: sum(1 for finding in findings if finding.severity == name) for name in ("error", "warning", "info")
    }
    found = [
        f"{number} {name}{'s' if number != 1 and name != 'info' else ''}" for name, number in counted.items() if number
    ]
    return ", ".join(found) or "nothing found"
