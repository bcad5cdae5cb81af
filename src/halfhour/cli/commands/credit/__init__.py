"""`halfhour credit`: indebtedness, the cover that it calls for, and the factors, prices and periods behind it."""

from __future__ import annotations

from cyclopts import App

from halfhour.cli.commands.credit.account import cover, indebtedness, withdrawal
from halfhour.cli.commands.credit.reference import calf, credit_assessment_price, declaration, query_period
from halfhour.cli.commands.credit.treatments import treatments

app = App(
    name="credit",
    help="Credit cover: indebtedness and the cover that it calls for, default levels, load factors, prices.",
)
for command in (cover, indebtedness, treatments, withdrawal, calf, declaration):
    app.command(command)
app.command(query_period, name="query-period")
app.command(credit_assessment_price, name="cap")
