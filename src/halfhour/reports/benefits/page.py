"""The page of a comparison: everything put through one template, with the run report's style; no script, no network.

The same comparison gives the same bytes: nothing here looks at the clock or at where the file lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from halfhour import __version__
from halfhour.charges.benefits import NAMES, Amount, Line, RouteComparison
from halfhour.market_data.dated import date_ranges, shown
from halfhour.reports import words
from halfhour.reports.benefits.pictures import COLOURS, bars, months, pounds


def write_benefits_report(path: Path, comparisons: Sequence[RouteComparison]) -> None:
    """Write the page of one plant's comparisons, one for each charging year."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(benefits_page(comparisons), encoding="utf-8", newline="\n")


def benefits_page(comparisons: Sequence[RouteComparison]) -> str:
    """The page as text."""
    first = comparisons[0]
    return (
        _environment()
        .get_template("benefits.html")
        .render(
            plant=first.plant,
            gsp_group=first.gsp_group,
            ruleset=first.ruleset,
            version=__version__,
            years=[_year(made) for made in comparisons],
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("halfhour.reports.benefits"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup(_text("halfhour.reports", "style.css"))
    environment.globals["own_style"] = Markup(_text("halfhour.reports.benefits", "benefits.css"))
    environment.globals["colours"] = COLOURS
    return environment


def _text(package: str, name: str) -> str:
    return files(package).joinpath("templates", name).read_text(encoding="utf-8")


def _year(made: RouteComparison) -> dict[str, Any]:
    covered = made.coverage
    open_routes = [one for one in made.routes if one.valid]
    best = next((one for one in open_routes if one.rank == 1), None)
    return {
        "charging_year": made.charging_year,
        "anchor": made.charging_year.replace("/", "-"),
        "span": words.span(covered.start, covered.end),
        "cards": _cards(made, best),
        "components": [NAMES[name] for name in made.components],
        "routes": [
            {
                "id": one.route_id,
                "title": one.answer.title,
                "who": f"{one.answer.registrant}, {one.answer.system}, agreement {one.answer.agreement}",
                "amounts": [pounds(line.amount_gbp) for line in one.lines],
                "gross": pounds(one.gross_gbp),
                "owner": pounds(one.owner_gbp),
                "costs": pounds(one.costs_gbp),
                "net": pounds(one.owner_net_gbp),
                "rank": one.rank,
                "status": one.status or "",
                "missing": one.missing,
                "recipients": [
                    (
                        NAMES[line.component],
                        line.recipient,
                        "–" if line.owner_share is None else f"{line.owner_share:f}",
                    )
                    for line in one.lines
                ],
            }
            for one in open_routes
        ],
        "closed": [
            (one.route_id, one.answer.title, ", ".join(one.answer.reject_codes) or "; ".join(one.missing))
            for one in made.routes
            if not one.valid
        ],
        "bars": bars(open_routes),
        "months": [
            {"title": one.title, "svg": Markup(one.svg), "words": one.words, "rows": one.rows}
            for one in months(made, NAMES)
        ],
        "credits": sorted(made.credit.items()),
        "lines": [_line(line) for line in _each_once(made)],
        "compared": [
            (NAMES[one.component], pounds(one.comparator_gbp), pounds(one.advantage_gbp), one.reason)
            for one in made.comparator or ()
        ],
        "lacking": [
            {
                "component": NAMES[one.component],
                "code": one.error.code,
                "message": one.error.message,
                "step": one.error.next_step,
            }
            for one in made.lacking
        ],
        "left_out": [NAMES[name] for name in made.left_out],
        "limits": [(NAMES[name], words.span(*days)) for name, days in made.component_dates.items()],
        "notes": made.notes,
        "absent": f"{covered.absent:,}",
        "absent_days": shown(date_ranges(day for day, _ in covered.absent_days)),
    }


def _cards(made: RouteComparison, best: Any) -> list[tuple[str, str, str]]:
    covered = made.coverage
    absent = f"{covered.absent:,} without a reading; they earn nothing here" if covered.absent else "none missing"
    estimated = f"; {covered.estimated:,} estimated" if covered.estimated else ""
    cards = [("Half hours read", f"{covered.given:,}", absent + estimated)]
    if best is None:
        cards.append(("Best route for the owner", "–", "no route has an owner's net; see what is missing"))
    else:
        cards.append(("Best route for the owner", best.route_id, f"owner's net {pounds(best.owner_net_gbp)}"))
    gross = {pounds(one.gross_gbp) for one in made.routes if one.valid and one.gross_gbp is not None}
    if len(gross) == 1:
        cards.append(("Gross, to all recipients", gross.pop(), "the same on every open route"))
    cards.append(
        (
            "Routes",
            f"{sum(one.valid is True for one in made.routes)} open",
            f"{sum(one.valid is False for one in made.routes)} closed to this plant",
        )
    )
    return cards


def _each_once(made: RouteComparison) -> list[Line]:
    found: dict[int, Line] = {}
    for one in made.routes:
        for line in (*one.lines, *one.beside):
            if isinstance(line.found, Amount):
                found.setdefault(id(line.found), line)
    order = list(NAMES)
    return sorted(found.values(), key=lambda line: order.index(line.component))


def _line(line: Line) -> dict[str, Any]:
    found = line.found
    assert isinstance(found, Amount)
    return {
        "component": NAMES[line.component],
        "quantity": f"{_number(found.quantity, 3)} {found.quantity_unit}",
        "rate": "by half hour" if found.rate is None else f"{found.rate.normalize():f} {found.rate_unit}",
        "amount": pounds(found.amount_gbp),
        "status": found.status,
        "mark": found.mark,
        "rule": found.rule_id,
        "half_hours": f"{found.half_hours:,}",
        "rests_on": found.rests_on,
        "facts": [_fact(name, value) for name, value in found.facts.items()],
    }


def _fact(name: str, value: Decimal) -> tuple[str, str]:
    plain, _, unit = name.rpartition("_")
    if unit == "mwh":
        return plain.replace("_", " "), f"{_number(value, 6)} MWh"
    return name.replace("_", " "), _number(value, 6)


def _number(value: Decimal, decimals: int) -> str:
    shown = f"{value.quantize(Decimal(1).scaleb(-decimals)):,}"
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown).replace("-", "−")
