"""The reference of timetables: the industry's table of each, what may come and what follows, and its diagram."""

from __future__ import annotations

from generator.markdown import as_code, as_table, industry_date, page
from halfhour.processes.timetables import Timetable, find_timetable, timetables
from halfhour.processes.timetables.rendering import (
    HEADINGS,
    clock_words,
    condition_words,
    differences,
    follows,
    opened_by,
    rows,
    sequence_diagram,
    when,
)

FOLDER = "reference/timetables"


def timetable_pages() -> dict[str, str]:
    """Every page and picture of the timetables by its path below docs/."""
    made = {f"{FOLDER}/index.md": _index()}
    for timetable_id in timetables():
        timetable = find_timetable(timetable_id)
        made[f"{FOLDER}/{timetable_id}.md"] = _page(timetable)
        made[f"{FOLDER}/{timetable_id}.svg"] = sequence_diagram(timetable)
    return made


def _index() -> str:
    intro = """
A market process is one table. People read it here; the case engine reads the same data file, so that what is shown is
what is done. A variant says only what differs. Marks: doc, a primary document; secondary, another published source;
inferred, worked out for Halfhour; open, not settled and kept as a parameter.
"""
    found = [find_timetable(one) for one in timetables()]
    table = [(f"[{one.id}]({one.id}.md)", one.title, str(len(one.steps)), one.extends) for one in found]
    return page("Timetables", intro, as_table(("timetable", "title", "steps", "varies"), table))


def _page(timetable: Timetable) -> str:
    parts = [f"Source: {timetable.source}. A case is about one {timetable.subject}."]
    if timetable.selectable_to:
        until, why = timetable.selectable_to, timetable.selectable_because
        parts.append(f"Not chosen for real cases from {until} on, unless asked for: {why}.")
    if timetable.notes:
        parts.append(timetable.notes.strip())
    if timetable.extends:
        base = find_timetable(timetable.extends)
        told = "\n".join(f"- {one}" for one in differences(timetable, base))
        parts += [f"## What differs from [{base.id}]({base.id}.md)", told]
    marked = [(*row, step.mark) for row, step in zip(rows(timetable), timetable.steps, strict=True)]
    parts += ["## The timetable", as_table((*HEADINGS, "MARK"), marked)]
    parts += [f"![Sequence diagram of {timetable.title}]({timetable.id}.svg)"]
    parts += ["## What may come, and what follows", *_steps(timetable)]
    parts += ["## States", _states(timetable)]
    if timetable.parameters:
        parts += ["## Parameters", _parameters(timetable)]
    parts += ["## Facts of a case", _facts(timetable)]
    return page(timetable.title, *parts)


def _steps(timetable: Timetable) -> list[str]:
    table = []
    for step in timetable.steps:
        condition = condition_words(step.only_if)
        opens = opened_by(step) + (f", if {condition}" if condition else "")
        clock = clock_words(timetable, step.clock) if step.clock else "no clock"
        early = "; what comes early does not count" if step.early == "refuse" else ""
        for number, (outcome, brought_by, does) in enumerate(follows(timetable, step)):
            first = (step.ref, opens + early, clock) if number == 0 else ("", "", "")
            table.append((*first, outcome, brought_by, does))
    return [as_table(("ref", "opened", "clock", "what comes", "brought by", "what follows"), table)]


def _states(timetable: Timetable) -> str:
    return as_table(
        ("state", "kind", "meaning"), [(as_code(one.name), one.kind, one.meaning) for one in timetable.states.values()]
    )


def _parameters(timetable: Timetable) -> str:
    table = [
        (
            as_code(one.name),
            str(value.value),
            one.unit,
            industry_date(value.effective_from),
            one.meaning,
            value.source,
            value.mark,
        )
        for one in timetable.parameters.values()
        for value in one.values
    ]
    return as_table(("parameter", "value", "unit", "from", "meaning", "source", "mark"), table)


def _facts(timetable: Timetable) -> str:
    key = ", ".join(as_code(name) for name in timetable.key)
    table = [
        (
            as_code(one.name),
            one.kind + (f": {', '.join(one.choices)}" if one.choices else ""),
            "yes" if one.required else "",
            when(timetable, one.meaning),
        )
        for one in timetable.facts.values()
    ]
    told = as_table(("fact", "kind", "needed to open", "meaning"), table)
    return f"One case is told from another by {key}.\n\n{told}" if key else told
