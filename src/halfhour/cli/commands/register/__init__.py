"""`halfhour register`: the register that remembers, facts with two times each, in a database."""

from __future__ import annotations

from cyclopts import App

from halfhour.cli.commands.register.asking import log, show
from halfhour.cli.commands.register.checking import check
from halfhour.cli.commands.register.portfolios import export, import_
from halfhour.cli.commands.register.recording import end, load, record

app = App(
    name="register",
    help="The register that remembers: portfolio files in and out, facts recorded with a reason, known at any moment.",
)
app.command(import_, name="import")
for command in (export, record, end, load, show, log, check):
    app.command(command)
