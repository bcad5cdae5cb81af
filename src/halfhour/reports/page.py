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
from halfhour.rules.registry import editions
from halfhour.settlement.run import Run

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
    _check_register(run, portfolio)
    html = _environment().get_template("report.html").render(_context(run, portfolio))
    (folder / REPORT).write_text(html, encoding="utf-8", newline="\n")


def _check_register(run: Run, portfolio: Portfolio) -> None:
    then = {file["path"]: file["sha256"] for file in run.manifest["inputs"]["register"]}
    now = {file.path: file.sha256 for file in portfolio.register_files}
    changed = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    if changed:
        raise HalfhourError(
            "RP-001",
            f"The portfolio has changed since the run: {', '.join(changed[:5])}{' …' if len(changed) > 5 else ''}.",
            "Settle again; the report is written with the run.",
        )


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
    environment.globals["style"] = Markup(_template_text("style.css"))  # noqa: S704 - our own file
    return environment


def _template_text(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _script() -> Markup:
    # One function scope for the page's own files, so that nothing of them is global beside Plotly.
    own = "\n".join(_template_text(name) for name in _SCRIPTS)
    return Markup(f'(function () {{\n"use strict";\n{own}\n}})();')  # noqa: S704 - our own files


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
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


def _context(run: Run, portfolio: Portfolio) -> dict[str, Any]:
    request = run.request
    days = half_hours.days_of(request)
    periods_file = run.folder / "site_periods.parquet"
    detailed = request.detail == "all" and periods_file.is_file()
    listed = summary.sites(run, portfolio)
    exceptions = summary.exceptions(run)
    chosen: list[str] = []
    packed: dict[str, str] = {}
    everything: half_hours.AllSites | None = None
    if detailed:
        telling = {site.id for site in portfolio.sites if site.declarations} | {
            site_id for site_id in run.exceptions["site_id"].unique().to_list() if site_id
        }
        chosen = half_hours.choose_sites(run.site_days, telling)
        packed = half_hours.site_half_hours(periods_file, portfolio, request, days, run.factors, run.site_days, chosen)
        everything = half_hours.all_sites(periods_file, days)
    others, others_held = half_hours.days_of_others(run.site_days, days, set(chosen))
    n_half_hours = half_hours.total_half_hours(days)
    compared = None
    if comparing.small_enough(len(portfolio.sites), n_half_hours):
        compared = comparing.side_by_side(run, portfolio)

    used = list(dict.fromkeys(stretch.edition for stretch in request.stretches))
    others_compared = [name for name in editions() if name not in used] if compared else []
    # A site in the interim solution carries that edition's name on its days.
    shown = [*used, *(["interim-difference"] if "default" in used and "interim-difference" not in used else [])]
    missing_days = portfolio.settings.ncsp_missing_days
    document_editions = {name: rule_pages.page_edition(editions()[name], missing_days) for name in shown}
    columns = dict.fromkeys(
        column
        for name in shown
        for page in (document_editions[name],)
        for column in (
            *page["inputs"],
            *([page["parameter"]] if page["parameter"] else []),
            *(step["column"] for step in [*page["steps"], *page["factor_steps"]]),
            *(part for step in [*page["steps"], *page["factor_steps"]] for part in step["formula"][1::2]),
        )
    )
    glossary = rule_pages.page_glossary([*columns, *(name for name in _OTHER_COLUMNS if name not in columns)])
    page = {
        "calendar": days.document(),
        "detailed": detailed,
        "sites": [[site["id"], site["name"], *site["sums"]] for site in listed],
        "held": {site_id: number for number, site_id in enumerate(chosen)},
        "stretches": [
            {"edition": stretch.edition, "from": (stretch.start - request.start).days} for stretch in request.stretches
        ],
        "editions": document_editions,
        "factors": half_hours.factors_drawn(run.factors, days),
        "factor_sites": run.factors["site_id"].n_unique(),
        "treatments": [rule_pages.TREATMENTS[number] for number in sorted(rule_pages.TREATMENTS)],
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
        "codes": {code: entry for code, entry in codes().items() if code in {row[0] for row in exceptions["by_code"]}},
    }
    return {
        "head": summary.head(run),
        "key_figures": summary.key_figures(run, None if everything is None else everything.qualities),
        "months": summary.months(run),
        "sites": listed,
        "bm_units": summary.bm_units(run),
        "exceptions": exceptions,
        "codes": codes(),
        "detailed": detailed,
        "chosen": chosen,
        "others_held": len(others_held),
        "compared": _compared(compared),
        "rules": rule_pages.rule_pages(
            [*shown, *(name for name in others_compared if name not in shown)], missing_days
        ),
        "used": used,
        "glossary": glossary,
        "manifest": run.manifest,
        "page_days": [request.start.isoformat(), days.days[-1].isoformat()],
        "page": json_for_script(page),
        "all_sites_packed": None if everything is None else everything.packed,
        "site_packed": [packed[site_id] for site_id in chosen],
        "others_packed": others,
        "plotly": Markup(plotly_script()),  # noqa: S704 - the installed package's own script
    }


def _compared(found: comparing.SideBySide | None) -> dict[str, Any] | None:
    if found is None:
        return None
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
