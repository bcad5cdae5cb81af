"""The page of a run: everything gathered, put through the templates, written as one file that needs no network.

The same run gives the same bytes: nothing here looks at the clock, at random numbers or at where the run lies.
"""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from halfhour.errors import HalfhourError, codes
from halfhour.register.model import Portfolio
from halfhour.reports import comparing, half_hours, rule_pages, summary, words
from halfhour.reports.run_register import check_register
from halfhour.rules.registry import editions
from halfhour.settlement.run import Run
from halfhour.settlement.treatment import TREATMENTS

REPORT = "report.html"
_SCRIPTS = ("format.js", "data.js", "flows.js", "charts.js", "tables.js", "working.js", "main.js")
_OTHER_COLUMNS = (
    "settlement_date",
    "settlement_period",
    "edition",
    "quality",
    "factor_per_100000",
    "basis",
    "missing_days",
    "reference_from",
    "reference_to",
    "bm_unit",
    "gross_demand_wh",
)


def write_report(folder: Path, portfolio: Portfolio) -> None:
    """Write `report.html` into a run folder.

    Args:
        folder: the run's, its tables and manifest written; finished or about to be put in place.
        portfolio: the portfolio that was settled.

    Raises:
        HalfhourError: RP-001 the portfolio's register files are not those of the run, RP-002 the plotly package lacks
            its script.
    """
    run = Run(folder)
    check_register(run, portfolio)
    html = _environment().get_template("report.html").render(_context(run, portfolio))
    (folder / REPORT).write_text(html, encoding="utf-8", newline="\n")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("halfhour.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["counted"] = words.counted
    environment.globals["script"] = _script
    environment.globals["style"] = Markup(_template_text("style.css"))
    return environment


def _template_text(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _script() -> Markup:
    # One function scope for the page's own files, so that nothing of them is global beside Plotly.
    own = "\n".join(_template_text(name) for name in _SCRIPTS)
    return Markup(f'(function () {{\n"use strict";\n{own}\n}})();')


@cache
def plotly_script() -> str:
    """Plotly's script as the installed package has it; found without importing the package, which takes longer.

    Raises:
        HalfhourError: RP-002 it is not there.
    """
    found = importlib.util.find_spec("plotly")
    for place in (found.submodule_search_locations or []) if found else []:
        path = Path(place) / "package_data" / "plotly.min.js"
        if path.is_file():
            return path.read_text(encoding="utf-8").replace("</script", "<\\/script")
    raise HalfhourError(
        "RP-002",
        "The plotly package has no plotly.min.js, so the report could not draw its charts offline.",
        "Install the plotly package again, version 6 or later.",
    )


def json_for_script(document: Any) -> Markup:
    """JSON that is inert inside a script element, whatever text it holds."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # With every '<' escaped no text can close the element or open a comment in it.
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def _context(run: Run, portfolio: Portfolio) -> dict[str, Any]:
    request = run.request
    days = half_hours.days_of(request)
    listed = summary.sites(run, portfolio)
    exceptions = summary.exceptions(run)
    chosen, packed, everything = _half_hours(run, portfolio, days)
    others = half_hours.days_of_others(run.site_days, days, set(chosen))
    n_others = len(others)
    if everything is None:
        others[""] = half_hours.days_of_all(run.site_days, days)
    compared = None
    if comparing.small_enough(len(portfolio.sites), half_hours.total_half_hours(days)):
        compared = comparing.side_by_side(run, portfolio)

    used = list(dict.fromkeys(stretch.edition for stretch in request.stretches))
    # A site in the interim solution carries that edition's name on its days.
    interim = [name for name in ("interim-difference",) if "default" in used and name not in used]
    beside = [name for name in editions() if compared and name not in (*used, *interim)]
    missing_days = portfolio.settings.ncsp_missing_days
    worked = {name: rule_pages.page_edition(editions()[name], missing_days) for name in (*used, *interim)}
    glossary = rule_pages.page_glossary(dict.fromkeys((*rule_pages.columns_of(worked), *_OTHER_COLUMNS)))
    page = {
        "calendar": days.document(),
        "sites": [[site["id"], site["name"], *site["sums"]] for site in listed],
        "held": {site_id: number for number, site_id in enumerate(chosen)},
        "stretches": [
            {"edition": stretch.edition, "from": (stretch.start - request.start).days} for stretch in request.stretches
        ],
        "editions": worked,
        "factors": half_hours.factors_drawn(run.factors, days),
        "factor_sites": run.factors["site_id"].n_unique(),
        "treatments": [
            {"text": TREATMENTS[number].text, "clause": TREATMENTS[number].clause} for number in sorted(TREATMENTS)
        ],
        "no_deduction": rule_pages.NO_DEDUCTION,
        "no_import": rule_pages.NO_IMPORT,
        "glossary": glossary,
        "compared": None
        if compared is None
        else {
            "chart": comparing.chart(compared.comparison),
            "sites": comparing.by_group(compared.comparison.sites),
        },
        "exceptions": exceptions,
    }
    return {
        "head": summary.head(run),
        "key_figures": summary.key_figures(run, None if everything is None else everything.qualities),
        "months": summary.months(run),
        "sites": listed,
        "bm_units": summary.bm_units(run),
        "volumes": summary.volumes(run),
        "exceptions": exceptions,
        "codes": codes(),
        "detailed": everything is not None,
        "chosen": chosen,
        "others_held": n_others,
        "compared": None if compared is None else _compared(compared),
        "rules": rule_pages.rule_pages([*used, *interim, *beside], missing_days),
        "used": used,
        "glossary": glossary,
        "manifest": run.manifest,
        "page_days": [days.days[0].isoformat(), days.days[-1].isoformat()],
        "page": json_for_script(page),
        "all_sites_packed": None if everything is None else everything.packed,
        "site_packed": [packed[site_id] for site_id in chosen],
        "others_packed": half_hours.pack(others) if others else None,
        "plotly": Markup(plotly_script()),
    }


def _half_hours(
    run: Run, portfolio: Portfolio, days: half_hours.Days
) -> tuple[list[str], dict[str, str], half_hours.AllSites | None]:
    """The sites whose half hours the page holds, packed, and the sums over all; nothing where the run has none."""
    path = run.folder / "site_periods.parquet"
    if run.request.detail != "all" or not path.is_file():
        return [], {}, None
    telling = {site.id for site in portfolio.sites if site.declarations}
    telling |= {site_id for site_id in run.exceptions["site_id"].unique().to_list() if site_id}
    chosen = half_hours.choose_sites(run.site_days, telling)
    packed = half_hours.site_half_hours(path, portfolio, run.request, days, run.factors, run.site_days, chosen)
    return chosen, packed, half_hours.all_sites(path, days)


def _compared(found: comparing.SideBySide) -> dict[str, Any]:
    made = found.comparison
    return {
        "reference": made.reference,
        "total": [[*comparing.line_cells(line), words.mwh(made.cm_demand_wh[line.edition])] for line in made.total],
        "months": comparing.by_group(made.months),
        "not_priced": words.spans(made.total[0].charge.not_covered) if made.total[0].charge.not_covered else "",
        "rates": [
            {
                "name": rate.name,
                "value": f"{rate.value}",
                "span": words.span(rate.effective_from, rate.effective_to),
                "source": rate.source,
                "open_question": rate.open_question,
            }
            for rate in made.total[0].charge.rates_used
        ],
        "scenarios": [
            {
                "number": one.text.number,
                "title": one.text.title,
                "half_hours": f"{one.half_hours:,}",
                "sites": f"{one.sites:,}",
                "mwh": words.mwh(one.wh),
                "default": one.text.default,
                "interim": one.text.interim,
                "correct": one.text.correct,
            }
            for one in found.scenarios
        ],
    }
