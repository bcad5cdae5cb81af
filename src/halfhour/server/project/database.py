"""The database of the server: found from the environment, opened, and brought up to date.

SQLite is embedded, for one machine and few writers; PostgreSQL is named by one setting, for more. Both are written in
transactions that see one another's whole or not at all.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from halfhour.errors import HalfhourError

VARIABLE = "HALFHOUR_DATABASE"
BUSY_SECONDS = 60
"""How long a writer waits for another before it is refused."""

_MIGRATING = 0x48414C46
"""Number of the advisory lock under which a PostgreSQL database is brought up to date."""


def default_path() -> Path:
    """Where the embedded database lies unless another is named: halfhour/ in the user's data folder."""
    home = os.environ.get("XDG_DATA_HOME")
    folder = Path(home) if home else Path.home() / ".local" / "share"
    return folder / "halfhour" / "halfhour.sqlite"


def database_settings(named: str | None = None) -> dict[str, Any]:
    """Django's settings of the database that the environment names, or of the one named here.

    Raises:
        HalfhourError: SV-002 what is named is no database that Halfhour can use; the message never repeats a password.
    """
    text = (os.environ.get(VARIABLE, "") if named is None else named).strip()
    if text.startswith(("postgresql://", "postgres://")):
        return _postgresql(text)
    if "://" in text and not text.startswith("sqlite://"):
        raise HalfhourError(
            "SV-002",
            f"{VARIABLE} begins with '{text.split('://', 1)[0][:20]}://', which is no database that Halfhour uses.",
            "Give postgresql://user@host/name, or the path of an SQLite file.",
        )
    path = Path(text.removeprefix("sqlite://")) if text else default_path()
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path.expanduser().absolute()),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": BUSY_SECONDS,
            # A writer takes the lock when it begins, so that what it read is still so when it writes.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def _postgresql(text: str) -> dict[str, Any]:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise HalfhourError(
            "SV-002", f"{VARIABLE} is no address of a PostgreSQL database.", "Give postgresql://user@host/name."
        ) from None
    query = dict(part.split("=", 1) for part in parts.query.split("&") if "=" in part)
    name = parts.path.lstrip("/")
    if not name:
        raise HalfhourError(
            "SV-002", f"{VARIABLE} names no database on its server.", "Give postgresql://user@host/name."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(name),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or "") or os.environ.get("PGPASSWORD", ""),
        "HOST": unquote(query.get("host", "")) or host or "",
        "PORT": str(port or query.get("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10},
    }


def start() -> None:
    """Set Django up, once for the process.

    Raises:
        HalfhourError: SV-001 Django is not installed, SV-002 the database named cannot be one.
    """
    if find_spec("django") is None:
        raise HalfhourError(
            "SV-001",
            "Cases and the register are kept by Django, which is not installed.",
            "pip install 'halfhour[server]'",
        )
    import django  # noqa: PLC0415 - an extra
    from django.apps import apps  # noqa: PLC0415

    if apps.ready:
        return
    database_settings()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "halfhour.server.project.settings")
    django.setup()


def ready() -> None:
    """Set Django up and bring the database up to date, so that it can be used.

    Raises:
        HalfhourError: as `start`; SV-003 the database cannot be opened, SV-004 it is of a later Halfhour.
    """
    start()
    from django.db import connection  # noqa: PLC0415
    from django.db.utils import Error  # noqa: PLC0415

    if connection.vendor == "sqlite":
        _make_folder(Path(str(connection.settings_dict["NAME"])))
    try:
        _bring_up_to_date()
    except Error as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise HalfhourError(
            "SV-003",
            f"The database cannot be opened: {reason}.",
            f"Check {VARIABLE}, that the server runs, and the permissions.",
        ) from None


def _make_folder(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Tokens and contract data lie in it: for its owner only.
        path.touch(mode=0o600)


def _bring_up_to_date() -> None:
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    known = set(executor.loader.disk_migrations)
    unknown = sorted(
        f"{app}.{name}"
        for app, name in executor.loader.applied_migrations
        if (app, name) not in known and app in executor.loader.migrated_apps
    )
    if unknown:
        raise HalfhourError(
            "SV-004",
            f"The database is of a later Halfhour: it has {unknown[0]}.",
            "Use that version or a later one.",
        )
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if connection.vendor == "sqlite":
        # SQLite locks the whole file; a second starter waits here and then finds nothing to do.
        _migrate_under_file_lock(Path(str(connection.settings_dict["NAME"])))
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATING])
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATING])


def _migrate_under_file_lock(path: Path) -> None:
    import fcntl  # noqa: PLC0415 - the server runs on systems that have it

    from django.core.management import call_command  # noqa: PLC0415

    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("migrate", verbosity=0, interactive=False)
