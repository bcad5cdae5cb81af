"""Databases of the server's tests."""

import pytest

pytest.importorskip("django")

from server_running import (  # noqa: F401 - fixtures
    database,
    postgresql_database,
    postgresql_server,
    sqlite_database,
)
