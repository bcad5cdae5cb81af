"""`halfhour file`: industry files, what they are, whether they are valid, their content as tables or JSON."""

from __future__ import annotations

from cyclopts import App

from halfhour.cli.commands.file.build import build
from halfhour.cli.commands.file.check import check
from halfhour.cli.commands.file.convert import convert
from halfhour.cli.commands.file.show import show

app = App(
    name="file",
    help="Industry files: check them, show them, convert them to tables and back, build reports from a run.",
)
for command in (check, show, convert, build):
    app.command(command)
