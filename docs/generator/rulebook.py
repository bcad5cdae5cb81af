"""The rulebook: clause beside code, read from the functions that settle."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from generator.markdown import as_code, as_table, industry_date, page
from halfhour.rules import arithmetic, group_correction, metering, osam_1_0
from halfhour.rules.registry import Edition, editions
from halfhour.rules.source import Rule, rule_text
from halfhour.terms import column, glossary


def rulebook() -> str:
    """Clause beside code, edition by edition, with dates and parameters."""
    return page(
        "Rulebook",
        """
Each table below is read from the function that settles: one row for each of its lines, in its order. There is no second
copy of a formula. The same lines are what `halfhour explain` and `halfhour working` carry out step by step.

Energy is in whole watt-hours. Proportions and factors are parts per 100,000. `a_to_b` is energy from a to b:
`bp` is the Boundary Point, `stor` licensed storage, `gen` licensed generation, `other` everything else on the site.
"Handbook" in a clause means the project's own notes on the market, which are not part of this repository; the choices
made there are recorded under [decisions](decisions/index.md).
""",
        as_table(
            ("edition", "document", "in force"),
            ((f"[`{one.id}`](#{_anchor(one)})", one.document, one.standing) for one in editions().values()),
        ),
        """
`in-force` is not an edition of its own. It picks for each Settlement Day: `osam-1.0` from 2 November 2023; before that
`default`, under which a site with a valid interim declaration is left out whole.
""",
        *(_edition(one) for one in editions().values()),
        "## Before every edition",
        "Readings are brought to the boundary, and private networks are differenced, by these rules.",
        *(_rule(rule) for rule in (metering.adjust_to_boundary_voltage, metering.refer_to_boundary, metering.residual)),
        "## After every edition: losses outside the site",
        """
Settled volumes are taken to the Grid Supply Point and the notional balancing point by these rules, whichever edition
settles the site ([decision record 11](decisions/11-volumes-at-gsp-and-nbp.md)).
""",
        *(_rule(rule) for rule in (metering.volume_at_gsp, metering.volume_at_nbp)),
        "## GSP Group Correction of a BM Unit's demand",
        """
No run applies these: GSP Group Correction Factors and scaling weights are not among the market data that can be loaded.
They are for figures brought by hand. FACTOR is 1,000,000,000, the nine decimals of a correction factor; WEIGHT is
100,000, the five of a scaling weight and of a proportion.
""",
        *(
            _rule(rule)
            for rule in (
                group_correction.corrected_component,
                group_correction.non_chargeable_component,
                group_correction.period_bm_unit_demand,
            )
        ),
        "## Arithmetic that the rules share",
        *(_source(function) for function in _arithmetic()),
    )


def _anchor(edition: Edition) -> str:
    return re.sub(r"[^a-z0-9-]", "", edition.id.lower())


def _edition(edition: Edition) -> str:
    facts = [f"- Document: {edition.document}", f"- Clauses: {'; '.join(edition.clauses)}", f"- {edition.standing}"]
    if edition.effective_from:
        facts.append(f"- Effective from {industry_date(edition.effective_from)}")
    if edition.effective_to:
        facts.append(f"- Effective to {industry_date(edition.effective_to - timedelta(days=1))}")
    parts = [f"## {edition.id}", f"**{edition.title}**", "\n".join(facts)]
    if edition.parameters:
        parts.append(
            as_table(
                ("parameter", "value", "source"),
                ((as_code(name), one["value"], one["source"]) for name, one in edition.parameters.items()),
            )
        )
    parts += ["### The half hour", _rule(edition.half_hour, heading=False)]
    if edition.factor is not None:
        period = {"previous-month": "the calendar month before", "previous-7-days": "the seven Settlement Days before"}
        parts += [
            "### The factor of the day",
            f"Summed over the reference period ({period[edition.reference_period]}): "
            f"`{edition.factor_numerator}` and `{edition.factor_denominator}`.",
            _rule(edition.factor, heading=False),
        ]
        if edition.factor is osam_1_0.non_chargeable_storage_proportion:
            parts += [
                'With `ncsp_missing_days = "available_only"` in `portfolio.toml` this takes its place:',
                _rule(osam_1_0.ncsp_available_only, heading=False),
            ]
    return "\n\n".join(parts)


def _rule(rule: Rule, *, heading: bool = True) -> str:
    text = rule_text(rule)
    summary = inspect.getdoc(rule) or ""
    rows = []
    for line in text.lines:
        formula = ast.unparse(line.expression)
        assigned = formula if line.targets == (rule.__name__,) else f"{', '.join(line.targets)} = {formula}"
        names = ", ".join(_name_of(name) for name in line.targets if name != "_")
        rows.append((line.clause, as_code(assigned), names))
    parts = [f"### {rule.__name__}"] if heading else []
    parts += [summary.split("\n\n")[0].replace("\n", " "), f"Inputs: {', '.join(map(as_code, text.parameters))}."]
    return "\n\n".join([*parts, as_table(("clause", "code", "quantity"), rows)])


def _name_of(quantity: str) -> str:
    try:
        return glossary()[column(quantity)].name
    except KeyError:
        return ""


def _arithmetic() -> list[Callable[..., Any]]:
    return [
        function
        for name, function in inspect.getmembers(arithmetic, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == arithmetic.__name__
    ]


def _source(function: Callable[..., Any]) -> str:
    return f"```python\n{textwrap.dedent(inspect.getsource(function)).rstrip()}\n```"
