"""`halfhour case`: market processes, from the opening of a case to its end, with files in and out and what is due."""

from __future__ import annotations

from cyclopts import App

from halfhour.cli.commands.case.due import due
from halfhour.cli.commands.case.files import assign, receive, send, unmatched
from halfhour.cli.commands.case.listing import list_, log
from halfhour.cli.commands.case.opening import open_
from halfhour.cli.commands.case.recording import record
from halfhour.cli.commands.case.showing import show
from halfhour.cli.commands.case.what_if import what_if

app = App(
    name="case",
    help="Market processes: open a case, record what happened, take files in and send them, see what is due.",
)
app.command(open_, name="open")
app.command(list_, name="list")
for command in (show, log, record, due, receive, send, unmatched, assign):
    app.command(command)
app.command(what_if, name="what-if")
