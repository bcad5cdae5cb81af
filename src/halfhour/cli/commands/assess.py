"""`halfhour assess`: what a plant is, what it may sign, how it registers, who receives which benefit."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from halfhour.cli.arguments import day, today
from halfhour.cli.output import finding_line, print_json, print_line, print_table, say

if TYPE_CHECKING:
    from halfhour.plant import Assessment, LicenceAnswer, RouteAnswer
    from halfhour.plant.worlds import Possible

VERDICTS = {True: "yes", False: "no", None: "open"}


def assess(
    plant: Path,
    /,
    *,
    on: str | None = None,
    ruleset: Literal["codes", "note-v8", "both"] = "codes",
    picture: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """What a plant is: licence, size, class, agreements, routes, registration, who receives which benefit.

    The plant file is TOML. What it leaves out, or gives as "unknown", is unknown: the answers that remain possible are
    shown with what would decide between them.

    Examples:

        halfhour assess dumfries.toml
        halfhour assess dumfries.toml --ruleset both --on 2017-06-01 --picture path.svg

    Parameters
    ----------
    plant
        The plant file.
    on
        Day (ISO) whose rules are asked for; default: today.
    ruleset
        The codes as they stand on the day, Elexon's guidance note as written, or both with their differences.
    picture
        Write the path through each decision as an SVG here; of both rulesets, that of the codes.
    json
        One JSON document on standard output.
    """
    from halfhour.plant import assess as assess_plant  # noqa: PLC0415 - reads the decision tables
    from halfhour.plant import read_plant  # noqa: PLC0415
    from halfhour.plant.document import document  # noqa: PLC0415
    from halfhour.plant.picture import picture as draw  # noqa: PLC0415

    assessment = assess_plant(read_plant(plant), ruleset, on=day(on) or today())
    if picture is not None:
        write_whole(picture, draw(assessment))
    if json:
        print_json(document(assessment))
    else:
        show(assessment)
    if picture is not None:
        say(f"The path is drawn in {picture}.")
    return 0


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place and rename it, so that it is there whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def show(assessment: Assessment) -> None:
    """Print an assessment in the order in which it is decided; remarks go to standard error."""
    plant = assessment.plant
    print_line(f"{plant.name} on {assessment.on}, ruleset {assessment.ruleset}")
    for finding in assessment.remarks:
        say(finding_line(finding))
    show_licence(assessment)
    show_size(assessment)
    show_routes(assessment)
    show_steps(assessment)
    show_contradictions(assessment)
    show_questions(assessment)
    show_differences(assessment)


def show_licence(assessment: Assessment) -> None:
    """Print the status, and every class with its tests."""
    licence = assessment.licence
    if licence.stated:
        print_line(f"\nLicence: {licence.stated}, as stated ({licence.reference})")
    else:
        print_line(f"\nLicence: {_licence_words(licence.exemptable)}")
    print_line(f"Owner with all of its stations: {_licence_words(licence.owner_exempt)}")
    print_table(
        "",
        ("class", "outcome", "tests", "mark"),
        (
            (answer.id, answer.outcome, "\n".join(f"{test.text}: {test.outcome}" for test in answer.tests), answer.mark)
            for answer in licence.exemptable.classes
        ),
    )


def _licence_words(answer: LicenceAnswer) -> str:
    from halfhour.plant.licence import KEYS  # noqa: PLC0415

    if answer.status == "MISSING_INPUT":
        return f"not known (MISSING_INPUT): {', '.join(KEYS.get(fact, fact) for fact in answer.missing)}"
    if answer.passed:
        return f"{answer.status}, by class {', '.join(answer.passed)}"
    return answer.status


def show_size(assessment: Assessment) -> None:
    """Print size and class with the rule, and whether generation TNUoS is due."""
    row = assessment.size_row
    rule = f" ({row.area} {row.band}, from {row.effective_from}) {row.mark}" if row else ""
    print_line(f"Size: {_possible(assessment.size_answer)}{rule}")
    print_line(f"Class: {_possible(assessment.class_answer)}")
    print_line(f"Generation TNUoS: {_possible(assessment.generation_tnuos)}")


def _possible(answer: Possible[str]) -> str:
    if answer.value is not None:
        return answer.value
    return f"{' or '.join(answer.values)}; what decides: {', '.join(answer.decided_by)}"


def show_routes(assessment: Assessment) -> None:
    """Print every route with its verdict and why not, then the arrangement, then who receives what."""
    print_table(
        "Agreements and routes",
        ("route", "allowed", "agreement", "registrant", "system", "BM Unit", "Trading Unit", "why not"),
        (
            (
                answer.route_id,
                VERDICTS[answer.valid],
                answer.agreement,
                answer.lead_party,
                answer.system,
                answer.bm_unit,
                answer.trading_units[0],
                _reasons(answer),
            )
            for answer in assessment.routes
        ),
    )
    _show_codes(assessment)
    elected = sorted({name for answer in _open_routes(assessment) for name in answer.trading_units[1:]})
    if elected:
        print_line(f"The Trading Unit is the default; by election of the Lead Party also: {', '.join(elected)}.")
    chosen = assessment.arrangement
    if chosen is not None:
        words = [chosen.arrangement.agreement, chosen.arrangement.registrant, chosen.arrangement.system]
        asked = ", ".join(word or "unknown" for word in words)
        codes = ", ".join((*chosen.reject_codes, *(f"{code}?" for code in chosen.possible_reject_codes)))
        verdict = {
            True: " or ".join(chosen.route_ids),
            None: f"open: {' or '.join(chosen.route_ids)}, else {codes}; decided by: {', '.join(chosen.decided_by)}",
            False: f"refused: {codes}",
        }[chosen.valid]
        print_line(f"The arrangement ({asked}): {verdict}")


def _reasons(answer: RouteAnswer) -> str:
    if answer.valid:
        return ""
    codes = [*answer.reject_codes]
    if answer.valid is None:
        codes = [f"{code}?" for code in (*answer.reject_codes, *answer.possible_reject_codes)]
        return f"{' '.join(codes)} decided by: {', '.join(answer.decided_by)}"
    return " ".join(codes or answer.possible_reject_codes)


def _show_codes(assessment: Assessment) -> None:
    from halfhour.plant.routes import rejects  # noqa: PLC0415

    shown = sorted(
        {
            code
            for answer in assessment.routes
            if not answer.valid
            for code in (answer.reject_codes or answer.possible_reject_codes)
        }
        | ({*assessment.arrangement.reject_codes} if assessment.arrangement else set())
    )
    for code in shown:
        print_line(f"{code}: {rejects()[code].text}. {rejects()[code].mark} {rejects()[code].source}")


def _open_routes(assessment: Assessment) -> list[RouteAnswer]:
    """The routes that are allowed or open; of an arrangement that is allowed, its own only."""
    chosen = assessment.arrangement
    wanted = chosen.route_ids if chosen is not None and chosen.route_ids else None
    return [
        answer
        for answer in assessment.routes
        if answer.valid is not False and (wanted is None or answer.route_id in wanted)
    ]


def show_steps(assessment: Assessment) -> None:
    """Print, for each route that is allowed or open, the steps in order, and who receives what."""
    answers = _open_routes(assessment)
    for answer in answers:
        print_table(
            f"{answer.route_id}: {answer.title}" + (f" ({answer.conditions})" if answer.conditions else ""),
            ("", "step", "who", "document", "evidence"),
            ((str(step.number), step.title, step.who, step.document, step.evidence) for step in answer.steps),
            numeric=(0,),
        )
    if not answers:
        print_line("No route is open to this plant as it is described.")
        return
    print_table(
        "Who receives, and pays",
        ("route", "TNUoS", "BSUoS", "losses", "RCRC", "imbalance, credit"),
        ((answer.route_id, *(recipient.text for recipient in answer.recipients.values())) for answer in answers),
    )
    print_line("The owner's share under another registrant is contractual and never assumed.")


def show_contradictions(assessment: Assessment) -> None:
    """Print the contradictions that bear on the assessment, and name those that bear on amounts."""
    met = [one for one in assessment.contradictions if one.about != "amounts"]
    print_table(
        "Contradictions of the note",
        ("", "about", "trap", "decision"),
        ((one.id + ("" if one.certain else "?"), one.about, one.trap, one.decision) for one in met),
    )
    amounts = [one.id for one in assessment.contradictions if one.about == "amounts"]
    print_line(f"For the amounts also: {', '.join(amounts)}.")


def show_questions(assessment: Assessment) -> None:
    """Print every unknown fact that matters, with what follows from each value."""
    for question in assessment.open_questions:
        keys = "" if question.keys == (question.fact,) else f": {', '.join(question.keys)}"
        print_table(
            f"Open: {question.fact}{keys}",
            ("if it is", "class", "routes that can be"),
            (
                (value, " or ".join(classes), ", ".join(route_ids) or "none")
                for value, classes, route_ids in question.answers
            ),
        )


def show_differences(assessment: Assessment) -> None:
    """Print where the two rulesets differ, where both were asked for."""
    if assessment.refusal is not None:
        print_line(f"note-v8 does not answer: {assessment.refusal.message}")
    elif assessment.note is not None:
        rows: Iterable[tuple[str, str, str, str]] = [
            (one.what, one.codes, one.note_v8, one.trap) for one in assessment.differences
        ]
        if assessment.differences:
            print_table("Where the rulesets differ", ("", "codes", "note-v8", "trap"), rows)
        else:
            print_line("Both rulesets give the same answers.")
