"""`halfhour account`: organisations, their people, and the tokens by which programs act for them."""

from __future__ import annotations

from cyclopts import App

from halfhour.cli.commands.account.listing import list_
from halfhour.cli.commands.account.organisations import add_organisation, add_person, give_site
from halfhour.cli.commands.account.tokens import add_token, revoke

app = App(
    name="account",
    help="Accounts of the server: organisations by MPID, people with their places, tokens.",
)
app.command(add_organisation, name="add-organisation")
app.command(give_site, name="give-site")
app.command(add_person, name="add-person")
app.command(add_token, name="add-token")
app.command(list_, name="list")
app.command(revoke)
