"""The table of commands and the one place where errors become exit codes.

Each command is named by its import path, so that `halfhour --help` loads none of them.
"""

from __future__ import annotations

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
    "demo": "Write the example portfolio, settle it, compare the editions and write the report.",
    "settle": "Settle a portfolio into a run folder.",
    "compare": "The same half hours under several editions, MWh and £ side by side.",
    "explain": "The working of one half hour of a run.",
    "working": "The working of a rule for figures typed in.",
    "diff": "Which half hours of two runs differ, by how much, and why.",
    "check": "Check a portfolio's register and readings without settling.",
    "mpan": "Parse and check MPAN cores and full supply numbers, both forms.",
    "due": "The working-day clock: when a time limit runs out.",
    "calendar": "A Settlement Day: periods, working day or not, dates of its settlement runs.",
    "bench": "Measure the engine beside plain alternatives, as ratios.",
}
for name, line in LINES.items():
    app.command(f"{COMMANDS}.{name}:{name}", name=name, help=line)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 done, 1 exceptions under --strict, 2 refused, 3 not covered."""
    from halfhour.cli.output import print_error, say  # noqa: PLC0415

    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0] in LINES:
        # The line above stands in the list of commands; the command's own help is its docstring, with an example.
        app[given[0]].help = None
    try:
        result = app(given, exit_on_error=False, print_error=True, result_action="return_value")
    except CycloptsError:
        sys.exit(2)
    except HalfhourError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        say("Stopped. Nothing half-written was left behind.")
        sys.exit(130)
    sys.exit(result if isinstance(result, int) else 0)
