"""The rules as the page shows them: steps with places for the numbers, source beside clauses, the glossary.

Everything comes from the rule's own source (`rules.source`) and the glossary (`terms`). The page only puts a half
hour's figures in the places named here; it computes nothing.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from halfhour.rules.registry import INPUTS, Edition, editions
from halfhour.rules.source import Rule, rule_text, trace
from halfhour.settlement.compiled import factor_function
from halfhour.terms import column, glossary

NO_DEDUCTION = {
    "text": "Boundary export or asset data are missing: no deduction, the whole boundary import is chargeable.",
    "clause": "handbook 5.2",
}
NO_IMPORT = {
    "text": "The boundary import is missing: there is nothing to settle in this half hour, and that is not zero.",
    "clause": "handbook 5.2",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a rule's source, and the clause that stands beside it."""

    code: str
    clause: str


def page_steps(rule: Rule) -> list[dict[str, Any]]:
    """A rule's steps with their formulas cut at the names of quantities.

    Returns:
        Per step: `column`, `clause`, `formula` (texts at even places, columns of quantities at odd ones), `names` (the
        quantities as the rule writes them) and `parameter`, whether the step rests on the rule's last argument.
    """
    text = rule_text(rule)
    known = {*text.parameters, *(name for line in text.lines for name in line.targets)}
    rests_on_parameter = {text.parameters[-1]}
    steps = []
    # The figures do not matter here, only how each formula reads; every rule takes zeros.
    for step in trace(rule, dict.fromkeys(text.parameters, 0)):
        parts, names, last = [], [], 0
        for found in _NAME.finditer(step.formula):
            # After the comma of "…, share of gen" stands a word, not a quantity.
            if found[0] in known and "share of" not in step.formula[: found.start()]:
                parts += [step.formula[last : found.start()], column(found[0])]
                names.append(found[0])
                last = found.end()
        if rests_on_parameter & set(names):
            rests_on_parameter.add(step.name)
        steps.append(
            {
                "column": column(step.name),
                "clause": step.clause,
                "formula": [*parts, step.formula[last:]],
                "names": names,
                "parameter": step.name in rests_on_parameter,
            }
        )
    return steps


def page_edition(edition: Edition, ncsp_missing_days: str) -> dict[str, Any]:
    """What the page needs of an edition to show a working."""
    factor = factor_function(edition, ncsp_missing_days)
    return {
        "title": edition.title,
        "inputs": [column(name) for name in INPUTS],
        "parameter": None if edition.parameter == "parameter" else column(edition.parameter),
        "has_factor": factor is not None,
        "steps": page_steps(edition.half_hour),
        "factor_steps": [] if factor is None else page_steps(factor),
    }


def columns_of(pages: Mapping[str, dict[str, Any]]) -> list[str]:
    """Every quantity that the workings of some editions name, once, in their order."""
    found: dict[str, None] = {}
    for page in pages.values():
        found |= dict.fromkeys((*page["inputs"], *([page["parameter"]] if page["parameter"] else [])))
        for step in (*page["factor_steps"], *page["steps"]):
            found |= dict.fromkeys((*step["formula"][1::2], step["column"]))
    return list(found)


def source_lines(rule: Rule) -> list[SourceLine]:
    """A rule's text line by line, each trailing comment set apart as the clause of its line."""
    text = rule_text(rule).text
    comments = {
        token.start[0]: (token.start[1], token.string.lstrip("# ").strip())
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }
    lines = []
    for number, line in enumerate(text.rstrip("\n").split("\n"), start=1):
        at, clause = comments.get(number, (len(line), ""))
        lines.append(SourceLine(line[:at].rstrip(), clause))
    return lines


def rule_pages(used: Iterable[str], ncsp_missing_days: str) -> list[dict[str, Any]]:
    """Every edition named, with its document, parameters and rules, for the page's section of rules."""
    pages = []
    for edition_id in used:
        edition = editions()[edition_id]
        factor = factor_function(edition, ncsp_missing_days)
        rules = [("One Settlement Period", edition.half_hour)]
        if factor is not None:
            rules.append(("The factor of a Settlement Day", factor))
        pages.append(
            {
                "edition": edition,
                "parameters": sorted(edition.parameters.items()),
                "rules": [{"title": title, "lines": source_lines(rule)} for title, rule in rules],
            }
        )
    return pages


def page_glossary(columns: Iterable[str]) -> dict[str, dict[str, str]]:
    """Name, symbol, unit, meaning and source of each column."""
    return {
        name: {
            "name": term.name,
            "symbol": term.symbol,
            "unit": term.unit,
            "meaning": term.meaning,
            "source": term.source,
        }
        for name in columns
        for term in (glossary()[name],)
    }
