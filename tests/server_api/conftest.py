"""Databases of the API's tests, and the world that its callers live in."""

from importlib.util import find_spec

import pytest

for needed in ("django", "ninja"):
    if find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed", allow_module_level=True)

from halfhour.server.project.database import start  # noqa: E402

start()

from api_world import World, make_world  # noqa: E402

from server_running import (  # noqa: E402, F401 - fixtures
    database,
    postgresql_database,
    postgresql_server,
    sqlite_database,
)


@pytest.fixture(autouse=True)
def no_rate_limit(monkeypatch):
    """Tests call faster than any rate; those of the rate set their own."""
    monkeypatch.setenv("HALFHOUR_RATE", "1000000")


@pytest.fixture
def world(sqlite_database, tmp_path, monkeypatch) -> World:  # noqa: F811
    """A site with two Suppliers, their agents, a distributor, an owner, and strangers; a case, files and a run."""
    return make_world(tmp_path, monkeypatch)


@pytest.fixture
def either_world(database, tmp_path, monkeypatch) -> World:  # noqa: F811
    """The same, on SQLite and on PostgreSQL."""
    return make_world(tmp_path, monkeypatch)
