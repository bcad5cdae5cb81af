"""The benchmark of open cases runs on PostgreSQL too where the environment names one, and leaves nothing there."""

from __future__ import annotations

import json

import pytest

from halfhour.server.cases.measuring import database_of_its_own
from halfhour.server.project.database import VARIABLE

NOTHING_ELSE = ("--sites", "0", "--mpan-days", "0", "--plants", "0")


def test_open_cases_are_measured_on_the_server_that_is_named_in_a_database_that_goes_again(
    postgresql_server, monkeypatch, capsys
):
    from halfhour.cli.app import main  # noqa: PLC0415

    monkeypatch.setenv(VARIABLE, postgresql_server)
    with pytest.raises(SystemExit) as left:
        main(["bench", *NOTHING_ELSE, "--open-cases", "40", "--json"])
    out, err = capsys.readouterr()
    assert left.value.code == 0, err
    embedded, named = json.loads(out)["cases"]
    assert (embedded["database"], named["database"]) == ("sqlite", "postgresql")
    assert (embedded["queries"], embedded["due"]) == (named["queries"], named["due"]) == (3, 12)
    assert _databases(postgresql_server, "halfhour_bench_%") == []


def test_what_fails_while_a_database_of_its_own_is_there_leaves_none_behind(postgresql_server):
    with pytest.raises(ZeroDivisionError):
        _fail_within(postgresql_server)
    assert _databases(postgresql_server, "halfhour_bench_%") == []


def _fail_within(server: str) -> float:
    with database_of_its_own(server):
        return 1 / (len(_databases(server, "halfhour_bench_%")) - 1)


def _databases(server: str, like: str) -> list[str]:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(server) as connection:
        return [row[0] for row in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [like])]
