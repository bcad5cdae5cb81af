"""`halfhour compare`: the same half hours under several editions, MWh and £ side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from halfhour.cli import arguments
from halfhour.cli.output import counted, gbp, mwh, print_json, print_line, print_table

if TYPE_CHECKING:
    from halfhour.charges.comparison import Comparison, Line
    from halfhour.settlement.comparison import Scenario

SHOWN = 15


def compare(
    portfolio: Path,
    *,
    editions: str | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    by: str = "month",
    known_at: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Settle the same half hours under several editions, and say what the difference is worth.

    Example: halfhour compare halfhour-demo --editions default,p395-proposed,osam-1.0 --from 2023-12-01 --to 2024-01-01

    £ are the CfD Interim Levy Rate and Operational Costs Levy of each day; days whose rate is not held are named and
    not priced. Over-charge is measured against osam-1.0 where it is among the editions, otherwise against the first.

    Parameters
    ----------
    portfolio
        Folder of the portfolio.
    editions
        Names separated by commas; default: in-force and every edition.
    from_
        First Settlement Day; default: the first with boundary readings.
    to
        First Settlement Day no longer included.
    by
        Also print a table by month, site or bm-unit.
    known_at
        Use only readings recorded by this moment.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.comparison import compare_charges  # noqa: PLC0415
    from halfhour.errors import HalfhourError  # noqa: PLC0415
    from halfhour.rules.registry import IN_FORCE  # noqa: PLC0415
    from halfhour.rules.registry import editions as all_editions  # noqa: PLC0415
    from halfhour.settlement.comparison import compare_editions, find_scenarios  # noqa: PLC0415
    from halfhour.settlement.request import open_store, request_for  # noqa: PLC0415

    groups = {"month": "months", "site": "sites", "bm-unit": "bm_units"}
    if by not in groups:
        raise HalfhourError("ST-006", f"There is no grouping '{by}'.", f"Choose one of {', '.join(groups)}.")
    loaded = arguments.portfolio(portfolio)
    names = [name.strip() for name in editions.split(",")] if editions else [IN_FORCE, *all_editions()]
    store = open_store(loaded)
    requests = [
        request_for(loaded, store, name, arguments.day(from_), arguments.day(to), known_at=arguments.moment(known_at))
        for name in names
    ]
    with arguments.progress_bar("Comparing") as tell:
        results = compare_editions(loaded, store, requests[0], list(dict.fromkeys(names)), lambda _: tell)
    made = compare_charges(results)
    scenarios = find_scenarios(loaded, store, requests[0])
    if json:
        print_json(_document(made, scenarios, str(requests[0].start), str(requests[0].end)))
        return
    print_line(f"{counted(len(loaded.sites), 'site')}, {requests[0].start} to {requests[0].end} (excluded).")
    _print_lines("In total", "", made.total, made)
    lines = getattr(made, groups[by])
    shown = lines[: SHOWN * len(made.editions)]
    _print_lines(f"By {by}", by, shown, made)
    if len(shown) < len(lines):
        print_line(f"… and {(len(lines) - len(shown)) // len(made.editions)} more; --json gives all.")
    print_table(
        "The five scenarios of P395, as found (flows of osam-1.0 at sites with declared asset meters)",
        ("", "scenario", "half hours", "sites", "MWh", "default", "interim with differencing", "correct treatment"),
        [
            (
                str(one.text.number),
                one.text.title,
                f"{one.half_hours:,}",
                str(one.sites),
                mwh(one.wh),
                one.text.default,
                one.text.interim,
                one.text.correct,
            )
            for one in scenarios
        ],
        numeric=(2, 3, 4),
    )
    for first, end in made.total[0].charge.not_covered:
        print_line(f"No £ for {first} to {end} (excluded): no CfD Interim Levy Rate is held for these days (MD-001).")


def _print_lines(title: str, group: str, lines: tuple[Line, ...], made: Comparison) -> None:
    columns = [
        "edition",
        "import MWh",
        "chargeable MWh",
        "not chargeable MWh",
        "levies £",
        "over-charged MWh",
        "over-charged £",
    ]
    if not group:
        columns.append("CM demand MWh")
    rows = [
        [
            *([line.group] if group else []),
            line.edition,
            mwh(line.import_wh),
            mwh(line.chargeable_wh),
            mwh(line.non_chargeable_wh),
            _pounds(line),
            mwh(line.over_wh),
            gbp(line.over.total_gbp) if line.over.covered else "not held",
            *([] if group else [mwh(made.cm_demand_wh[line.edition])]),
        ]
        for line in lines
    ]
    print_table(
        title,
        ([group] if group else []) + columns,
        rows,
        numeric=tuple(range(1 + bool(group), len(columns) + bool(group))),
    )


def _pounds(line: Line) -> str:
    if not line.charge.covered:
        return "not held"
    return gbp(line.charge.total_gbp) + (" *" if line.charge.not_covered else "")


def _document(made: Comparison, scenarios: list[Scenario], start: str, end: str) -> dict[str, Any]:
    return {
        "from": start,
        "to": end,
        "editions": list(made.editions),
        "reference": made.reference,
        "total": [_line(line) for line in made.total],
        "months": [_line(line) for line in made.months],
        "sites": [_line(line) for line in made.sites],
        "bm_units": [_line(line) for line in made.bm_units],
        "cm_demand_wh": dict(made.cm_demand_wh),
        "scenarios": [
            {
                "number": one.text.number,
                "title": one.text.title,
                "half_hours": one.half_hours,
                "sites": one.sites,
                "wh": one.wh,
                "default": one.text.default,
                "interim_difference": one.text.interim,
                "correct": one.text.correct,
            }
            for one in scenarios
        ],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "group": line.group,
        "edition": line.edition,
        "import_wh": line.import_wh,
        "chargeable_wh": line.chargeable_wh,
        "non_chargeable_wh": line.non_chargeable_wh,
        "levy_gbp": line.charge.total_gbp,
        "priced_wh": line.charge.covered_wh,
        "not_priced_wh": line.charge.uncovered_wh,
        "not_priced_days": [[str(first), str(last)] for first, last in line.charge.not_covered],
        "over_charged_wh": line.over_wh,
        "over_charged_gbp": line.over.total_gbp,
    }
