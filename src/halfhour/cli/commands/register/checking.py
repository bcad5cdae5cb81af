"""`halfhour register check`: the daily checks, what is wrong, whose it is, since when, and what it costs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from halfhour.cli.arguments import check_store, day, decimal, today
from halfhour.cli.database import with_database
from halfhour.cli.output import counted, print_json, print_line, print_table


@with_database
def check(
    *,
    on: str | None = None,
    name: str = "default",
    exported: Path | None = None,
    run: Path | None = None,
    export_price: str | None = None,
    market_data: Path | None = None,
    strict: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Run the daily checks over the register and its open cases; the dearest problem comes first.

    Example: halfhour register check --exported exports.csv --run runs/june --export-price 0.15

    Parameters
    ----------
    on
        Day of the checks; default: today in Great Britain.
    name
        Name of the portfolio in the register.
    exported
        CSV file msid,settlement_date,kwh of what was really exported.
    run
        Run folder that says what entered Settlement; left out, nothing did.
    export_price
        Price of exported energy in £/kWh.
    market_data
        Store of market data against which classes and Suppliers are checked; left out, they are not.
    strict
        Leave with exit code 1 where anything is wrong.
    json
        The problems as one JSON document on standard output.
    """
    from halfhour.processes.checks import run_checks  # noqa: PLC0415
    from halfhour.server.register.daily import snapshot  # noqa: PLC0415

    price = None if export_price is None else decimal(export_price, "--export-price")
    at = day(on) or today()
    check_store(market_data)
    found = snapshot(at, portfolio=name, exported=exported, run=run, export_price=price, market_data=market_data)
    problems = run_checks(found)
    if json:
        print_json({"on": at, "problems": [asdict(one) for one in problems]})
        return 1 if strict and problems else 0
    if problems:
        print_table(
            "",
            ("code", "site", "msid", "whose", "since", "kWh", "£", "case"),
            [
                (
                    *(one.code, one.site_id, one.msid, one.whose, str(one.since or "always")),
                    *("" if value is None else f"{value:,.2f}" for value in (one.kwh, one.gbp)),
                    one.case,
                )
                for one in problems
            ],
            numeric=(5, 6),
        )
        for one in problems:
            print_line(f"{one.code}: {one.message} {one.next_step}")
    print_line(f"{counted(len(problems), 'problem')} on {at}.")
    return 1 if strict and problems else 0
