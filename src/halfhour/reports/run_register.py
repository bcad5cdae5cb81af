"""The register that a run was made from, as it lies in the portfolio, and proof that it still is the same."""

from __future__ import annotations

from halfhour.errors import HalfhourError
from halfhour.register.model import Portfolio
from halfhour.settlement.run import Run


def portfolio_of(run: Run) -> Portfolio:
    """The portfolio that a run settled.

    Raises:
        HalfhourError: RP-001 its register files are not those of the run; what reading it raises.
    """
    portfolio = run.load_portfolio()
    check_register(run, portfolio)
    return portfolio


def check_register(run: Run, portfolio: Portfolio) -> None:
    """Refuse a portfolio whose register files are not those that the run was made from.

    Raises:
        HalfhourError: RP-001.
    """
    then = {file["path"]: file["sha256"] for file in run.manifest["inputs"]["register"]}
    now = {file.path: file.sha256 for file in portfolio.register_files}
    changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    if changed:
        raise HalfhourError(
            "RP-001",
            f"The portfolio has changed since the run: {', '.join(changed[:5])}{' …' if len(changed) > 5 else ''}.",
            "Settle again; reports are made from a run and its register.",
        )
