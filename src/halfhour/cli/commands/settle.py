"""`halfhour settle`: from half-hourly readings to chargeable demand, in a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from halfhour.cli import arguments
from halfhour.cli.output import counted, mwh, print_json, print_line, print_table, say
from halfhour.errors import HalfhourError

SHOWN = 8


def settle(
    portfolio: Path,
    *,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    edition: str = "in-force",
    out: Path | None = None,
    run_type: Literal["II", "SF", "R1", "R2", "R3", "RF", "D", "DF"] = "SF",
    known_at: str | None = None,
    detail: Literal["all", "none", "totals"] = "all",
    engine: Literal["local", "spark"] = "local",
    report: Annotated[bool, Parameter(negative="--no-report")] = True,
    strict: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Settle a portfolio into a run folder.

    Example: halfhour settle halfhour-demo --from 2024-01-01 --to 2024-02-01 --edition osam-1.0

    Parameters
    ----------
    portfolio
        Folder with one TOML file per site (or sites.csv, metering.csv, declarations.csv) and a folder readings/.
    from_
        First Settlement Day; default: the first with boundary readings.
    to
        First Settlement Day no longer settled.
    edition
        in-force, default, interim-difference, p395-proposed or osam-1.0.
    out
        Run folder; default: runs/EDITION_FROM_TO in the portfolio. A run that is there is replaced.
    run_type
        Settlement run named in the reports.
    known_at
        Use only readings recorded by this moment (2024-02-10T12:00:00Z), or run-date for each day's planned run.
    detail
        all half hours; none = no site_periods; totals = no settled_volumes either.
    engine
        local. (spark is not built yet.)
    report
        Write report.html.
    strict
        Leave with exit code 1 when there are errors or warnings among the exceptions.
    json
        One JSON document on standard output.
    """
    from halfhour.settlement.run import settle as settle_portfolio  # noqa: PLC0415

    if engine == "spark":
        raise HalfhourError("CL-004", "The Spark engine is not built yet.", "Leave --engine out.")
    loaded = arguments.portfolio(portfolio)
    finish = None
    if report:
        from halfhour.reports import write_report  # noqa: PLC0415

        finish = write_report
    with arguments.progress_bar("Settling") as tell:
        run = settle_portfolio(
            loaded,
            edition=edition,
            start=arguments.day(from_),
            end=arguments.day(to),
            out=out,
            run_type=run_type,
            known_at=arguments.moment(known_at),
            detail=detail,
            progress=tell,
            finish=finish,
        )
    exceptions = run.exceptions
    serious = exceptions.filter(exceptions["severity"] != "info")
    days = run.site_days
    known = days["half_hours"].sum() > 0
    names = ("import_bp_wh", "chargeable_wh", "non_chargeable_wh")
    totals = {name: int(days[name].sum()) if known else None for name in names}
    if json:
        print_json(
            {
                "run": str(run.folder),
                **{key: run.manifest["run"][key] for key in ("edition", "from", "to", "run_type", "known_at")},
                "counts": run.manifest["counts"],
                **totals,
                "exceptions": dict(sorted(serious["code"].value_counts().iter_rows())),
            }
        )
    else:
        asked = run.manifest["run"]
        used = ", ".join(f"{one['id']} from {one['from']}" for one in asked["editions"])
        print_line(
            f"Settled {counted(len(loaded.sites), 'site')}, {asked['from']} to {asked['to']} (excluded), "
            f"edition {edition} ({used})."
        )
        print_table(
            "",
            ("", "MWh"),
            [
                ("Import at the boundary", mwh(totals["import_bp_wh"])),
                ("Chargeable", mwh(totals["chargeable_wh"])),
                ("Not chargeable", mwh(totals["non_chargeable_wh"])),
            ],
            numeric=(1,),
        )
        print_line(f"Run: {run.folder}")
        if report:
            print_line(f"Report: {run.folder / 'report.html'}")
        if serious.height:
            say(f"{counted(serious.height, 'exception')} (exceptions.csv):")
            for code, message in serious.select("code", "message").head(SHOWN).iter_rows():
                say(f"  {code}: {message}")
            if serious.height > SHOWN:
                say(f"  … and {serious.height - SHOWN} more")
    return 1 if strict and serious.height else 0
