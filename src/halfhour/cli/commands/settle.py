"""`halfhour settle`: from half-hourly readings to chargeable demand, in a run folder."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from halfhour.cli import arguments
from halfhour.cli.output import counted, mwh, print_json, print_line, print_table, say
from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    from collections.abc import Callable

    from halfhour.register import Portfolio
    from halfhour.server.register.settling import FromRegister
    from halfhour.settlement.run import Run

SHOWN = 8
WHY_NO_LEVEL = ("ST-122", "ST-123", "ST-124", "ST-125")


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
    register: Annotated[bool, Parameter(negative=())] = False,
    register_portfolio: str = "default",
    market_data: Path | None = None,
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
        Settlement run named in the reports; its Transmission Loss Multipliers are used.
    known_at
        Use only readings recorded by this moment (2024-02-10T12:00:00Z), or run-date for each day's planned run.
    detail
        all half hours; none = no site_periods; totals = no settled_volumes either.
    register
        Take sites, meterings and declarations from the register, as known at --known-at, and the readings from the
        folder; the run keeps the register's portfolio files.
    register_portfolio
        Which portfolio of the register.
    market_data
        Store of market data that loss factors are looked up in, for meterings with a Line Loss Factor Class; default:
        market-data.sqlite in the portfolio, else HALFHOUR_MARKET_DATA, else the user's store, else none.
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
    moment = arguments.moment(known_at)
    finishing: list[Callable[[Path, Portfolio], None]] = []
    with ExitStack() as stack:
        if register:
            source = stack.enter_context(_from_register(portfolio, moment, register_portfolio))
            loaded, moment = source.portfolio, source.known_at
            finishing.append(lambda folder, _: source.keep(folder))
        else:
            loaded = arguments.portfolio(portfolio)
        if report:
            from halfhour.reports import write_report  # noqa: PLC0415

            finishing.append(write_report)

        def finish_all(folder: Path, settled: Portfolio) -> None:
            for finish in finishing:
                finish(folder, settled)

        tell = stack.enter_context(arguments.progress_bar("Settling"))
        run = settle_portfolio(
            loaded,
            edition=edition,
            start=arguments.day(from_),
            end=arguments.day(to),
            out=out,
            run_type=run_type,
            known_at=moment,
            detail=detail,
            market_data=market_data,
            progress=tell,
            finish=finish_all if finishing else None,
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
                **({"volumes": _volumes(run)} if run.has_bm_unit_volumes else {}),
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
        if run.has_bm_unit_volumes:
            _print_volumes(run)
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


def _from_register(folder: Path, moment: datetime | str | None, name: str) -> AbstractContextManager[FromRegister]:
    """The register's portfolio as known at a moment, with the folder's readings.

    Raises:
        HalfhourError: CL-022 the moment is `run-date`, which is another for each day.
    """
    if isinstance(moment, str):
        raise HalfhourError(
            "CL-022",
            "The register is known at one moment, and run-date is another for each day.",
            "Give --known-at a moment such as 2024-02-10T12:00:00Z, or leave it out.",
        )
    from halfhour.server.project.database import ready  # noqa: PLC0415 - an extra

    ready()
    from halfhour.server.register.settling import from_register  # noqa: PLC0415

    return from_register(folder, moment, name)


def _print_volumes(run: Run) -> None:
    """Volumes at the three levels of losses, and why one is empty where no warning says it."""
    print_table(
        "Volumes of BM Units [MWh]",
        ("", "at MSP", "at GSP", "at NBP"),
        [(name, *map(mwh, levels.values())) for name, levels in _volumes(run).items()],
        numeric=(1, 2, 3),
    )
    remarks = run.exceptions.filter(run.exceptions["code"].is_in(WHY_NO_LEVEL))
    for rows in remarks.partition_by("code", maintain_order=True):
        more = f" ({rows.height} such remarks in exceptions.csv)" if rows.height > 1 else ""
        print_line(f"{rows['code'][0]}: {rows['message'][0]} {rows['next_step'][0]}{more}")


def _volumes(run: Run) -> dict[str, dict[str, int | None]]:
    """Import and export of all BM Units at each level of losses; None where any half hour of any of them lacks it."""
    frame = run.bm_unit_volumes
    found: dict[str, dict[str, int | None]] = {}
    for name, quantity in (("import", "AI"), ("export", "AE")):
        known = frame.filter((frame["measurement_quantity"] == quantity) & frame["msp_wh"].is_not_null())
        if not known.is_empty():
            found[name] = {
                level: None if known[level].has_nulls() else int(known[level].sum())
                for level in ("msp_wh", "gsp_wh", "nbp_wh")
            }
    return found
