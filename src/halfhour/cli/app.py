"""The table of commands and the one place where errors become exit codes.

Each command is named by its import path, so that `halfhour --help` loads none of them.
"""

from __future__ import annotations

import difflib
import io
import os
import sys

from cyclopts import App, CycloptsError

from halfhour import __version__
from halfhour.errors import HalfhourError

COMMANDS = "halfhour.cli.commands"

app = App(
    name="halfhour",
    version=__version__,
    help="Settles embedded generation in Great Britain, one half hour at a time, and shows its working.",
)
LINES = {
    "assess": "What a plant is: exemption, size, agreements, routes, and who receives which benefit.",
    "demo": "Write the example portfolio, settle it, compare the editions and write the report.",
    "settle": "Settle a portfolio into a run folder.",
    "compare": "The same half hours under several editions, MWh and £ side by side.",
    "explain": "The working of one half hour of a run.",
    "working": "The working of a rule for figures typed in.",
    "diff": "Which half hours of two runs differ, by how much, and why.",
    "check": "Check a portfolio's register and readings without settling.",
    "classes": "Classes valid at a distributor: those of an MTC, or of an export by technology.",
    "file": "Industry files: check, show, convert, build.",
    "market-data": "Reference data: load it, list it, check it.",
    "mpan": "Parse and check MPAN cores and full supply numbers, both forms.",
    "benefits": "The embedded benefits of a plant in £, route beside route.",
    "credit": "Credit cover: indebtedness and the cover that it calls for, default levels, load factors, prices.",
    "register": "The register that remembers: portfolio files in and out, facts as known at any moment, its log.",
    "case": "Market processes: open a case, record what happened, take files in and send them, see what is due.",
    "account": "Accounts of the server: organisations by MPID, their people, tokens.",
    "serve": "The REST API on this machine.",
    "timetable": "The timetables of market processes: who does what by when, what may come, and what follows.",
    "due": "The working-day clock: when a time limit runs out.",
    "calendar": "A Settlement Day: periods, working day or not, dates of its settlement runs.",
    "triads": "The three Triads of each winter in a demand series.",
    "bench": "Measure the engine beside plain alternatives, as ratios.",
}
GROUPS = ("account", "case", "credit", "file", "market-data", "register")
"""Commands that have commands of their own."""

for name, line in LINES.items():
    module = name.replace("-", "_")
    app.command(f"{COMMANDS}.{module}:{'app' if name in GROUPS else module}", name=name, help=line)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 done, 1 exceptions under --strict, 2 refused, 3 not covered."""
    from halfhour.cli.output import print_error, say  # noqa: PLC0415

    given = sys.argv[1:] if arguments is None else arguments
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that has no '£', or a file name that is no text, is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _run(given)
        sys.stdout.flush()
    except HalfhourError as error:
        print_error(error)
        code = error.exit_code
    except BrokenPipeError:
        # Whoever read the output wants no more of it; nothing else is to be written there, not even at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        about = f"'{error.filename}': " if error.filename else ""
        step = "Check the path, the permissions and the space on the disk."
        print_error(HalfhourError("CL-011", f"{about}{error.strerror or error}.", step))
        code = 2
    except KeyboardInterrupt:
        say("Stopped. Nothing half-written was left behind.")
        code = 130
    sys.exit(code)


def _run(given: list[str]) -> int:
    command = given[0] if given else ""
    if command in LINES:
        if command not in GROUPS:
            # The line above stands in the list of commands; the command's own help is its docstring, with an example.
            app[command].help = None
    elif command and not command.startswith("-"):
        near = difflib.get_close_matches(command, LINES, n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise HalfhourError("CL-010", f"There is no command '{command}'.", f"{hint}`halfhour --help` lists them all.")
    try:
        result = app(given, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        step = f"`{' '.join(['halfhour', command]).strip()} --help` shows what it takes, with an example."
        raise HalfhourError("CL-010", " ".join(str(error).split()), step) from None
    return result if isinstance(result, int) else 0
