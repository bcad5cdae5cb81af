"""`halfhour demo`: the example portfolio, settled, compared and reported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from halfhour.calendar import parse_day
from halfhour.cli.output import gbp, mwh, print_json, print_line, print_table


def demo(
    folder: Annotated[Path, Parameter(name="DIR")] = Path("halfhour-demo"),
    *,
    sites: int | None = None,
    seed: int = 1,
    from_: Annotated[str, Parameter(name="--from")] = "2024-01-01",
    to: str = "2024-02-01",
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Write the example portfolio, settle it, compare the editions, write the report.

    Example: halfhour demo

    With --sites, write a generated portfolio of that many sites instead and leave it to `halfhour settle`.

    Parameters
    ----------
    folder
        Where to write.
    sites
        Write a portfolio of this many sites instead of the example.
    seed
        Of the generator; the same seed gives the same bytes.
    from_
        With --sites: first Settlement Day of the readings.
    to
        With --sites: first Settlement Day without readings.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.comparison import compare_charges  # noqa: PLC0415
    from halfhour.demo import write_demo, write_portfolio  # noqa: PLC0415
    from halfhour.register import load_portfolio  # noqa: PLC0415
    from halfhour.reports import write_report  # noqa: PLC0415
    from halfhour.rules.registry import IN_FORCE, editions  # noqa: PLC0415
    from halfhour.settlement.comparison import compare_editions  # noqa: PLC0415
    from halfhour.settlement.request import open_store  # noqa: PLC0415
    from halfhour.settlement.run import settle  # noqa: PLC0415

    if sites is not None:
        write_portfolio(folder, sites, seed, parse_day(from_), parse_day(to), "long-parquet")
        if json:
            print_json({"portfolio": str(folder), "sites": sites})
        else:
            print_line(f"Wrote {sites} sites to {folder}. Next: halfhour settle {folder}")
        return
    write_demo(folder, seed)
    portfolio = load_portfolio(folder)
    run = settle(portfolio, finish=write_report)
    made = compare_charges(compare_editions(portfolio, open_store(portfolio), run.request, [IN_FORCE, *editions()]))
    report = run.folder / "report.html"
    if json:
        print_json(
            {
                "portfolio": str(folder),
                "run": str(run.folder),
                "report": str(report),
                "editions": [
                    {
                        "edition": line.edition,
                        "import_wh": line.import_wh,
                        "chargeable_wh": line.chargeable_wh,
                        "levy_gbp": line.charge.total_gbp,
                        "not_priced_days": [[str(first), str(last)] for first, last in line.charge.not_covered],
                    }
                    for line in made.total
                ],
            }
        )
        return
    asked = run.manifest["run"]
    print_line(
        f"{len(portfolio.sites)} sites, {asked['from']} to {asked['to']} (excluded), written to {folder} and settled."
    )
    print_table(
        "",
        ("edition", "import MWh", "chargeable MWh", "not chargeable MWh", "CfD levies £ *"),
        [
            (
                line.edition,
                mwh(line.import_wh),
                mwh(line.chargeable_wh),
                mwh(line.non_chargeable_wh),
                gbp(line.charge.total_gbp),
            )
            for line in made.total
        ],
        numeric=(1, 2, 3, 4),
    )
    for first, last in made.total[0].charge.not_covered:
        print_line(f"* not for {first} to {last} (excluded): no Interim Levy Rate is held for these days (MD-001)")
    print_line(f"Report:  {report}")
    print_line(f"Working: halfhour explain {run.folder} --site figure-1 --date 2024-01-15 --period 25")
