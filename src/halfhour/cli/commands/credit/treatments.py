"""`halfhour credit treatments`: what the same plant costs in cover, by how credit assessment sees it."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from halfhour.cli import arguments
from halfhour.cli.commands.credit.documents import treated_document
from halfhour.cli.commands.credit.shared import Json, case_of, day_range, gbp, mwh
from halfhour.cli.output import print_json, print_line, print_table

TREATMENTS = 3
"""As many as the days are gone through."""


def treatments(
    case: Path,
    /,
    *,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    end: Annotated[str | None, Parameter(name="--to")] = None,
    cap: str | None = None,
    json: Json = False,
) -> int:
    """What the same plant costs in cover: unseen in a Base BM Unit, with SECALF, or with its own notifications.

    Before the Interim Information run, generation in a Supplier's Base BM Unit adds nothing; energy sold from it counts
    as owed. The case's [plant] is put into each treatment in turn, everything else stays; each is shown at the day of
    the range that calls for most cover.

    Examples:

        halfhour credit treatments case.toml
        halfhour credit treatments case.toml --from 2025-12-01 --to 2026-02-01

    Parameters
    ----------
    case
        The case file, with [plant] (id, gc, secalf) and its output per half hour as [[fpn]].
    start
        First day checked (ISO); default: the case's as_of.
    end
        First day no longer checked (ISO); default: the day after the first.
    cap
        Credit Assessment Price [£/MWh] in place of the case's.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.credit.treatments import compare_treatments  # noqa: PLC0415

    read = case_of(case, cap, None)
    first, after = day_range(read, start, end)
    checked = count(1)
    number = (after - first).days * TREATMENTS
    with arguments.progress_bar("Checking days") as progress:
        found = compare_treatments(read, first, after, lambda: progress(next(checked), number))
    if json:
        document = [treated_document(one) for one in found]
        print_json({"account": read.name, "from": first, "to": after, "treatments": document})
        return 0
    plant = read.plant
    if plant is not None:
        print_line(f"{read.name}: {plant.id}, {plant.gc_mw} MW, at the day of most cover from {first} to {after}")
    rows = []
    for one in found:
        if one.peak is None:
            rows.append((one.title, one.rule.id, *["-"] * 6, one.why_not))
            continue
        rows.append(
            (
                one.title,
                f"{one.rule.id} [{one.rule.mark}]",
                str(one.peak.day),
                str(len(one.peak.window.cei)),
                mwh(one.seen_mwh),
                mwh(one.peak.highest.ei_mwh),
                gbp(one.peak.required_cover_gbp),
                gbp(one.more_gbp),
                "",
            )
        )
    columns = ["the plant", "rule", "day", "days of CEI", "seen MWh", "highest EI MWh", "cover £ (80 %)", "more £", ""]
    print_table("", columns, rows, numeric=[3, 4, 5, 6, 7])
    return 0
