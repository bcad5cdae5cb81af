"""Portfolio files into the register and out of it: the same portfolio comes out that went in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.register import (
    Declaration,
    LossFactor,
    Metering,
    Portfolio,
    Settings,
    Site,
    load_portfolio,
)
from halfhour.server.register import models
from halfhour.server.register.models import KINDS, PORTFOLIO_KINDS, Change, Fact
from halfhour.server.register.recording import EARLIEST, Statement, Writing, known, writing

DEFAULT = "default"
"""Name of the portfolio where none is given."""

_DECIMALS = ("exempt_capacity_kw", "losses", "capacity_kw", "default_factor", "default_ncsp")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed: facts recorded, beliefs ended, and of how many sites."""

    change: Change | None
    recorded: int
    ended: int
    registrations: int
    sites: int


def import_portfolio(folder: Path | str, who: str, why: str, name: str = DEFAULT) -> Imported:
    """Take a portfolio's files into the register: what is new is recorded, what is gone is ended, the rest stays.

    An MSID with a Supplier in the files and no registration in the register gets one.

    Raises:
        Refused: RG-001 the files have errors.
        HalfhourError: RM-002 no reason, RM-004 a site is in another portfolio of the register.
    """
    portfolio = load_portfolio(folder)
    wanted = {one.says(): one for one in _statements(portfolio, name)}
    with writing(who, why) as making:
        _check_whose(portfolio, name)
        gone: list[Fact] = []
        there = set()
        for kind in PORTFOLIO_KINDS:
            for row in known(KINDS[kind]).filter(portfolio=name):
                said = _said(kind, row)
                if said in wanted:
                    there.add(said)
                else:
                    gone.append(row)
        making.end(gone)
        making.add(one for said, one in wanted.items() if said not in there)
        before = making.recorded
        _register(making, portfolio)
        registrations = making.recorded - before
    kept = making.recorded or making.ended
    return Imported(making.change if kept else None, before, making.ended, registrations, len(portfolio.sites))


def _check_whose(portfolio: Portfolio, name: str) -> None:
    ids = {site.id for site in portfolio.sites}
    for row in known(models.Site).exclude(portfolio=name).only("site", "portfolio"):
        if row.site in ids:
            raise HalfhourError(
                "RM-004",
                f"Site {row.site} is in portfolio {row.portfolio} of the register.",
                f"Import it into {row.portfolio}, or take it out there first.",
            )


def _said(kind: str, row: Fact) -> tuple[Any, ...]:
    return Statement(kind, row.key(), row.values(), row.effective_from, row.effective_to).says()


def _statements(portfolio: Portfolio, name: str) -> Iterator[Statement]:
    """What a portfolio's files say, fact by fact."""
    for site in portfolio.sites:
        yield Statement("site", (site.id,), _written(models.Site, site, portfolio=name))
        for place, metering in enumerate(site.metering):
            values = _written(models.Metering, metering, portfolio=name, place=place)
            days = metering.effective_from, metering.effective_to
            yield Statement("metering", (site.id, metering.name), values, *days)
        for place, one in enumerate(site.declarations):
            values = _written(models.Declaration, one, portfolio=name, place=place)
            key = (site.id, one.kind, ";".join(one.metering))
            yield Statement("declaration", key, values, one.effective_from, one.effective_to)
    for factor in portfolio.loss_factors:
        subject = tuple({"portfolio": name}.get(field) or getattr(factor, field) for field in models.LossFactor.KEY)
        values = {"thousandths": factor.thousandths}
        yield Statement("loss-factor", subject, values, factor.effective_from, factor.effective_to)
    settings = _written(models.PortfolioSettings, portfolio.settings)
    yield Statement("settings", (name,), settings | {"usage_factor_reference": str(settings["usage_factor_reference"])})


def _written(model: type[Fact], record: object, **more: Any) -> dict[str, Any]:
    """The values of a record as a fact keeps them: decimals as text, so that 0.20 stays 0.20."""
    values = {name: more[name] if name in more else getattr(record, name) for name in model.VALUES}
    return {name: format(value, "f") if isinstance(value, Decimal) else value for name, value in values.items()}


def _register(making: Writing, portfolio: Portfolio) -> None:
    """Registrations of MSIDs that have none."""
    registered = set(known(models.Registration).values_list("msid", flat=True))
    statements = [
        Statement(
            "registration", (msid,), {"supplier": metering.supplier}, metering.effective_from, metering.effective_to
        )
        for _, metering, _, msid in portfolio.msids()
        if metering.supplier and metering.at in ("boundary", "third-party") and msid not in registered
    ]
    # The same MSID may stand in the files over several ranges of days, and of both directions.
    making.add({one.says(): one for one in statements}.values())


def portfolio_as_known(moment: datetime | None = None, name: str = DEFAULT) -> Portfolio:
    """A portfolio as the register knew it at a moment, its sites in order of id; five queries, however many sites.

    Raises:
        HalfhourError: RM-005 the register held no site of it then.
    """
    metering: dict[str, list[tuple[int, Metering]]] = {}
    for row in known(models.Metering, moment).filter(portfolio=name).order_by("site", "place", EARLIEST):
        record = Metering(
            name=row.name, **_read(row, ("portfolio", "place")), **_days(row), where=f"register {row.site}"
        )
        metering.setdefault(row.site, []).append((row.place, record))
    declarations: dict[str, list[Declaration]] = {}
    for row in known(models.Declaration, moment).filter(portfolio=name).order_by("site", "place", EARLIEST):
        names = tuple(row.metering.split(";"))
        values = _read(row, ("portfolio", "place"))
        where = f"register {row.site}"
        declarations.setdefault(row.site, []).append(
            Declaration(kind=row.kind, metering=names, **values, **_days(row), where=where)
        )
    sites = tuple(
        Site(
            id=row.site,
            **_read(row, ("portfolio",)),
            metering=tuple(one for _, one in metering.get(row.site, [])),
            declarations=tuple(declarations.get(row.site, [])),
            where=f"register {row.site}",
        )
        for row in known(models.Site, moment).filter(portfolio=name).order_by("site")
    )
    if not sites:
        when = f"at {moment.isoformat()}" if moment else "now"
        raise HalfhourError(
            "RM-005",
            f"The register holds no site of portfolio {name} {when}.",
            "Import one with `halfhour register import`, or name another moment or portfolio.",
        )
    factors = tuple(
        LossFactor(
            row.gsp_group,
            row.voltage,
            row.measurement_quantity,
            row.thousandths,
            row.first_period,
            row.last_period,
            row.effective_from,
            row.effective_to,
            "register",
        )
        for row in known(models.LossFactor, moment).filter(portfolio=name).order_by(*models.LossFactor.KEY, EARLIEST)
    )
    settings = known(models.PortfolioSettings, moment).filter(portfolio=name).first()
    return Portfolio(Path(), sites, Settings() if settings is None else _settings(settings), factors)


def _read(row: Fact, without: tuple[str, ...]) -> dict[str, Any]:
    values = {name: value for name, value in row.values().items() if name not in without}
    return {
        name: Decimal(value) if name in _DECIMALS and value is not None else value for name, value in values.items()
    }


def _days(row: Fact) -> dict[str, Any]:
    return {"effective_from": row.effective_from, "effective_to": row.effective_to}


def _settings(row: models.PortfolioSettings) -> Settings:
    values = _read(row, ())
    reference = values["usage_factor_reference"]
    return Settings(**values | {"usage_factor_reference": int(reference) if reference.isdigit() else reference})
