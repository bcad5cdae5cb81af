"""`halfhour timetable`: the timetables of market processes, as the industry reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from halfhour.cli.output import print_json, print_line, print_table

if TYPE_CHECKING:
    from halfhour.processes.timetables import Timetable


def timetable(
    id_: Annotated[str, Parameter(name="ID")] = "",
    /,
    *,
    picture: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """The timetables of market processes, or one of them: REF, WHEN, ACTION, FROM, TO, INFORMATION REQUIRED, METHOD.

    Example: halfhour timetable microgeneration-backstop-1 --picture backstop.svg

    Parameters
    ----------
    id_
        Id of the timetable; left out, all are listed.
    picture
        Write the sequence diagram as SVG.
    json
        One JSON document on standard output.
    """
    from halfhour.processes.timetables import find_timetable, timetables  # noqa: PLC0415

    if not id_:
        found = [find_timetable(one) for one in timetables()]
        if json:
            print_json({"timetables": [{"id": one.id, "title": one.title, "extends": one.extends} for one in found]})
        else:
            print_table("", ("id", "title"), [(one.id, one.title) for one in found])
        return 0
    one = find_timetable(id_)
    if picture is not None:
        from halfhour.processes.timetables.rendering import sequence_diagram  # noqa: PLC0415

        picture.write_text(sequence_diagram(one), encoding="utf-8", newline="\n")
    if json:
        print_json(_document(one))
    else:
        _show(one)
        if picture is not None:
            print_line(f"Picture: {picture}")
    return 0


def _show(one: Timetable) -> None:
    from halfhour.processes.timetables.rendering import HEADINGS, follows, rows  # noqa: PLC0415

    print_line(f"{one.id}: {one.title}")
    print_line(f"Source: {one.source}")
    print_table("", HEADINGS, rows(one))
    told = [(step.ref, *row) for step in one.steps for row in follows(one, step)]
    print_table("What may come, and what follows", ("ref", "what comes", "brought by", "what follows"), told)
    print_table(
        "Parameters",
        ("parameter", "value", "unit", "from", "mark", "source"),
        [
            (name, str(value.value), parameter.unit, str(value.effective_from), value.mark, value.source)
            for name, parameter in one.parameters.items()
            for value in parameter.values
        ],
    )


def _document(one: Timetable) -> dict[str, Any]:
    from halfhour.processes.timetables.rendering import HEADINGS, clock_words, follows, opened_by, rows  # noqa: PLC0415

    columns = [heading.lower().replace(" ", "_") for heading in HEADINGS]
    steps = [
        {
            **dict(zip(columns, row, strict=True)),
            "mark": step.mark,
            "opened": opened_by(step),
            "clock": clock_words(one, step.clock) if step.clock else None,
            "what_may_come": [
                dict(zip(("outcome", "brought_by", "what_follows"), told, strict=True)) for told in follows(one, step)
            ],
        }
        for row, step in zip(rows(one), one.steps, strict=True)
    ]
    return {
        "id": one.id,
        "title": one.title,
        "source": one.source,
        "extends": one.extends,
        "key": list(one.key),
        "parties": {name: {"title": party.title, "role": party.market_role} for name, party in one.parties.items()},
        "states": {name: {"kind": state.kind, "meaning": state.meaning} for name, state in one.states.items()},
        "parameters": {
            name: [
                {"from": value.effective_from, "value": value.value, "source": value.source, "mark": value.mark}
                for value in parameter.values
            ]
            for name, parameter in one.parameters.items()
        },
        "facts": {
            name: {"kind": fact.kind, "required": fact.required, "meaning": fact.meaning, "choices": list(fact.choices)}
            for name, fact in one.facts.items()
        },
        "steps": steps,
    }
