"""What the checks share: walking the portfolio and writing a finding about a site or one of its meterings."""

from __future__ import annotations

from collections.abc import Iterator

from halfhour.errors import Finding, Severity
from halfhour.register.model import Declaration, Metering, Portfolio, Site

ASSETS = ("storage", "generation")
FINAL_DEMAND = ("third-party", "customer")


def meterings(portfolio: Portfolio) -> Iterator[tuple[Site, Metering]]:
    """Every metering with its site."""
    for site in portfolio.sites:
        for metering in site.metering:
            yield site, metering


def declarations(portfolio: Portfolio) -> Iterator[tuple[Site, Declaration]]:
    """Every declaration with its site."""
    for site in portfolio.sites:
        for declaration in site.declarations:
            yield site, declaration


def about(
    site: Site, subject: Site | Metering | Declaration, code: str, severity: Severity, message: str, next_step: str
) -> Finding:
    """A finding whose message opens with the site and, where it is not the site itself, the metering or declaration."""
    match subject:
        case Metering():
            name, msid = f"Site {site.id}, metering {subject.name}", subject.import_msid or subject.export_msid or ""
        case Declaration():
            name, msid = f"Site {site.id}, declaration {subject.kind}", ""
        case _:
            name, msid = f"Site {site.id}", ""
    return Finding(code, severity, f"{name}: {message}", next_step, subject.where, site.id, msid)
