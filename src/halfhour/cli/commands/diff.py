"""`halfhour diff`: which half hours of two runs differ, by how much, and which input changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from halfhour.cli.output import grouped, print_json, print_line, print_table

if TYPE_CHECKING:
    import polars as pl

SHOWN = 40


def diff(run_a: Path, run_b: Path, *, json: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Lay run B beside run A.

    Example: halfhour diff runs/before runs/after

    Parameters
    ----------
    run_a
        A run folder.
    run_b
        The other.
    json
        One JSON document on standard output, every differing half hour in it.
    """
    from halfhour.settlement.difference_of_runs import compare_runs  # noqa: PLC0415
    from halfhour.settlement.run import Run  # noqa: PLC0415

    made = compare_runs(Run(run_a), Run(run_b))
    if json:
        print_json(
            {
                "same": made.same,
                "inputs": made.inputs,
                "half_hours": made.half_hours.to_dicts(),
                "bm_unit_periods": made.bm_unit_periods.to_dicts(),
                "bm_unit_volumes": made.bm_unit_volumes.to_dicts(),
            }
        )
        return
    if made.inputs:
        print_table(
            "What the runs were made of", ("", "A", "B"), [(one["what"], one["a"], one["b"]) for one in made.inputs]
        )
    if made.same:
        print_line("No settled figure differs.")
        return
    difference = int(made.half_hours["chargeable_difference_wh"].sum() or 0)
    print_line(
        f"{made.half_hours.height:,} half hours of sites and {made.bm_unit_periods.height:,} of BM Units differ; "
        f"chargeable import B less A: {grouped(str(difference))} Wh."
    )
    _print_volumes(made.bm_unit_volumes)
    if made.half_hours.is_empty():
        return
    print_table(
        "Half hours [Wh]",
        ("site", "day", "period", "chargeable A", "chargeable B", "difference", "quality", "cause"),
        [
            (
                row["site_id"],
                str(row["settlement_date"]),
                str(row["settlement_period"]),
                _wh(row["chargeable_wh_a"]),
                _wh(row["chargeable_wh_b"]),
                _wh(row["chargeable_difference_wh"]),
                f"{row['quality_a']} / {row['quality_b']}",
                row["cause"],
            )
            for row in made.half_hours.head(SHOWN).to_dicts()
        ],
        numeric=(2, 3, 4, 5),
    )
    if made.half_hours.height > SHOWN:
        print_line(f"… and {made.half_hours.height - SHOWN:,} more; --json gives all.")


def _print_volumes(changed: pl.DataFrame) -> None:
    """The BM Unit half hours whose volume differs at any level of losses."""
    if changed.is_empty():
        return
    print_table(
        "Volumes of BM Units at MSP, GSP and NBP [Wh]",
        ("BM Unit", "", "day", "period", "MSP A", "MSP B", "GSP A", "GSP B", "NBP A", "NBP B", "cause"),
        [
            (
                row["bm_unit"],
                row["measurement_quantity"],
                str(row["settlement_date"]),
                str(row["settlement_period"]),
                *(_wh(row[f"{level}_wh_{run}"]) for level in ("msp", "gsp", "nbp") for run in ("a", "b")),
                row["cause"],
            )
            for row in changed.head(SHOWN).to_dicts()
        ],
        numeric=tuple(range(3, 10)),
    )
    if changed.height > SHOWN:
        print_line(f"… and {changed.height - SHOWN:,} more; --json gives all.")


def _wh(value: int | None) -> str:
    return "-" if value is None else grouped(str(value))
