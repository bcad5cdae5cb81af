"""`halfhour register import` and `export`: portfolio files into the register and out of it."""

from __future__ import annotations

from pathlib import Path

from halfhour.cli.database import Flag, known_at, person, with_database
from halfhour.cli.output import counted, print_json, print_line


@with_database
def import_(folder: Path, *, why: str, name: str = "default", by: str = "", json: Flag = False) -> int:
    """Take a portfolio's files into the register: new facts are recorded, those that are gone are ended.

    Example: halfhour register import halfhour-demo --why "first import"

    Parameters
    ----------
    folder
        The portfolio's folder.
    why
        Reason of the change, for the log.
    name
        Name of the portfolio in the register.
    by
        Who makes the change; default: the user.
    json
        What was changed as one JSON document on standard output.
    """
    from halfhour.server.register.portfolios import import_portfolio  # noqa: PLC0415

    made = import_portfolio(folder, by or person(), why, name)
    counts = {"recorded": made.recorded, "ended": made.ended, "registrations": made.registrations, "sites": made.sites}
    if json:
        print_json({"moment": made.change and made.change.moment, **counts})
    elif made.change is None:
        print_line(f"Nothing is new: the register says of {counted(made.sites, 'site')} what the files say.")
    else:
        print_line(
            f"{counted(made.sites, 'site')}: {counted(made.recorded, 'fact')} recorded, "
            f"{counted(made.ended, 'belief')} ended, {counted(made.registrations, 'registration')} added."
        )
        print_line(f"Known from {made.change.moment.isoformat()}.")
    return 0


@with_database
def export(folder: Path, *, as_known_at: str | None = None, name: str = "default", json: Flag = False) -> int:
    """Write a portfolio's files as the register knew them at a moment.

    Example: halfhour register export out --as-known-at 2026-01-31T12:00:00Z

    Parameters
    ----------
    folder
        Folder for the files; made where it is not there.
    as_known_at
        Moment of knowledge; default: now.
    name
        Name of the portfolio in the register.
    json
        The files as one JSON document on standard output.
    """
    from halfhour.register import write_portfolio  # noqa: PLC0415
    from halfhour.server.register.portfolios import portfolio_as_known  # noqa: PLC0415

    written = write_portfolio(portfolio_as_known(known_at(as_known_at), name), folder)
    if json:
        print_json({"files": [str(path) for path in written]})
    else:
        for path in written:
            print_line(str(path))
    return 0
