"""`halfhour explain`: why a figure of a run is what it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from halfhour.calendar import parse_day
from halfhour.cli.commands.working import print_steps
from halfhour.cli.output import grouped, print_json, print_line, print_table

if TYPE_CHECKING:
    from halfhour.settlement.explanation import Explanation

LEVELS = ("settled", "gsp", "nbp")


def explain(
    run: Path,
    *,
    site: str,
    date: str,
    period: int,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """The working of one half hour: readings with their file and time of record, losses, factor, rule, BM Units.

    Where the portfolio has Line Loss Factor Classes, also how each settled volume gets to the Grid Supply Point and the
    notional balancing point, and from which files of market data.

    Example:
    halfhour explain halfhour-demo/runs/in-force_2023-10-01_2024-02-01 --site figure-1 --date 2024-01-15 --period 25

    Parameters
    ----------
    run
        A run folder, with its portfolio where it was.
    site
        Id of the site.
    date
        Settlement Day.
    period
        Settlement Period, from 1.
    json
        One JSON document on standard output.
    """
    from halfhour.settlement.run import Run  # noqa: PLC0415

    made = Run(run).explain(site=site, on=parse_day(date), period=period)
    if json:
        print_json(made.document())
        return
    print_line(
        f"Site {made.site_id}, {made.settlement_date}, Settlement Period {made.settlement_period} "
        f"(from {made.local_start}), edition {made.edition}, quality {made.quality}."
    )
    print_line(f"{made.treatment} [{made.treatment_clause}]")
    print_line(f"As known at {made.known_at}.")
    print_table(
        "Readings [Wh]",
        ("meter", "at", "MSID", "", "metered", "used", "settled", "quality", "file", "recorded"),
        [
            (
                one.name,
                one.at + (", licensed" if one.licensed else ""),
                one.msid,
                one.measurement_quantity,
                _wh(one.metered_wh),
                _wh(one.used_wh),
                _wh(one.settled_wh),
                one.quality,
                "\n".join(f"{record['file']}{'' if record['used'] else ' (not used)'}" for record in one.records),
                "\n".join(f"{record['recorded_at']:%Y-%m-%d %H:%M:%SZ}" for record in one.records),
            )
            for one in made.inputs
        ],
        numeric=(4, 5, 6),
    )
    if made.metering_steps:
        print_steps("Losses and differencing", made.metering_steps)
    _print_losses(made)
    if made.reference:
        print_table(
            "Reference period of the factor [Wh]",
            ("Settlement Day", "denominator", "numerator", "complete"),
            [
                (
                    str(day.settlement_date),
                    _wh(day.denominator_wh),
                    _wh(day.numerator_wh),
                    "yes" if day.complete else "no",
                )
                for day in made.reference
            ],
            numeric=(1, 2),
        )
        print_steps("Factor of the day", made.factor_steps)
    if made.working is not None:
        print_steps(f"Rule {made.edition}", made.working.steps)
    for finding in made.findings:
        print_line(f"{finding.severity} {finding.code}: {finding.message}")
    print_table(
        "Into BM Units [Wh]",
        ("BM Unit", "GSP Group", "gross demand", "not chargeable", "chargeable"),
        [
            (
                share["bm_unit"],
                share["gsp_group"],
                _wh(share["gross_demand_wh"]),
                _wh(share["non_chargeable_wh"]),
                _wh(share["chargeable_wh"]),
            )
            for share in made.shares
        ],
        numeric=(2, 3, 4),
    )
    print_line(
        f"Chargeable {_wh(made.values['chargeable_wh'])} Wh, not chargeable {_wh(made.values['non_chargeable_wh'])} Wh."
    )


def _print_losses(made: Explanation) -> None:
    """Each settled volume on its way to the Grid Supply Point and the notional balancing point."""
    if not made.losses:
        return
    readings = {(one.msid, one.measurement_quantity): one for one in made.inputs}
    print_table(
        "Volumes at MSP, GSP and NBP [Wh]",
        ("meter", "MSID", "", "LLFC", "LLF", "TLM", "run, Trading Unit", "MSP", "GSP", "NBP"),
        [
            (
                one.name,
                one.msid,
                one.measurement_quantity,
                one.line_loss_class or "-",
                one.line_loss_factor or "-",
                one.transmission_loss_multiplier or "-",
                one.of or "-",
                *(_wh(getattr(readings[one.msid, one.measurement_quantity], f"{level}_wh")) for level in LEVELS),
            )
            for one in made.losses
        ],
        numeric=(4, 5, 7, 8, 9),
    )
    if made.loss_steps:
        print_steps("Losses outside the site", made.loss_steps)
    if made.market_data:
        several = len({one["what"] for one in made.market_data}) < len(made.market_data)
        print_table(
            "Market data" + (", of several files for one half hour the later answers" if several else ""),
            ("what", "file", "SHA-256"),
            [(one["what"], one["path"], one["sha256"]) for one in made.market_data],
        )


def _wh(value: int | None) -> str:
    return "-" if value is None else grouped(str(value))
