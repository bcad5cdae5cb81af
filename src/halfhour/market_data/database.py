"""The file that market data are kept in: one SQLite database, its tables, transactions and the errors of its disk.

The rollback journal is used, not the write-ahead log, so that the store is one file whenever nobody writes; SQLite
brings a store back to its last complete transaction when a writer was killed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from halfhour.errors import HalfhourError
from halfhour.market_data.columns import Column, Table, mdd_tables
from halfhour.market_data.reference_tables import reference_tables

APPLICATION_ID = 0x4848_4D44  # "HHMD"
LAYOUT = 1
"""Version of the tables below, and of those that the two catalogues describe; a store of another one is refused."""

BUSY_S = 60.0
"""How long a writer or reader waits for another writer."""

CACHE_KIB = 131072

_SQL_TYPES = {"bool": "INTEGER", "int": "INTEGER", "period": "INTEGER"}

_LOADS = """
CREATE TABLE loads (
    load_id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,             -- mdd | line_loss_factors | reference
    table_name TEXT NOT NULL,
    version INTEGER,                -- of Market Domain Data
    distributor TEXT,               -- MPID, of line loss factors
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,           -- of the file
    content_sha256 TEXT NOT NULL,   -- of its rows as kept here, in order of their key
    row_count INTEGER NOT NULL,
    first_day TEXT,
    last_day TEXT,                  -- included; NULL = open or without days
    loaded_at TEXT NOT NULL,
    UNIQUE (kind, table_name, version)
);
CREATE TABLE mdd_versions (
    version INTEGER PRIMARY KEY,
    published TEXT,
    source TEXT NOT NULL
);
CREATE TABLE line_loss_factors (
    mpid TEXT NOT NULL,
    llfc TEXT NOT NULL,
    day INTEGER NOT NULL,           -- days since 1970-01-01
    load_id INTEGER NOT NULL,
    thousandths BLOB NOT NULL,      -- 50 unsigned 16-bit integers, least byte first; 0 beyond the day's last period
    PRIMARY KEY (mpid, llfc, day, load_id)
) WITHOUT ROWID;
"""


def default_store_path() -> Path:
    """Where the store lies unless it is named: HALFHOUR_MARKET_DATA, else halfhour/ in the user's data folder."""
    named = os.environ.get("HALFHOUR_MARKET_DATA")
    if named:
        return Path(named)
    data_home = os.environ.get("XDG_DATA_HOME")
    return (Path(data_home) if data_home else Path.home() / ".local" / "share") / "halfhour" / "market-data.sqlite"


def mdd_sql_name(table: str) -> str:
    """Name in the database of a table of Market Domain Data."""
    return f"mdd_{table}"


def reference_sql_name(table: str) -> str:
    """Name in the database of a table of the reference catalogue."""
    return f"ref_{table}"


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open the database; one that is not there is an empty one in memory unless it is to be written.

    Raises:
        HalfhourError: MD-020 the file is no store of market data or damaged, MD-021 another process holds it.
    """
    with translated(path):
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            database = _database(f"file:{_uri(path)}?mode=rwc")
            database.execute("PRAGMA journal_mode = DELETE")
            # A load stays in memory until it is committed, so that readers wait for the commit only.
            database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            _create(database, path)
            return database
        if not path.exists():
            return _in_memory()
        try:
            # Read and write, so that what a killed writer left behind can be rolled back; query_only keeps us honest.
            database = _database(f"file:{_uri(path)}?mode=rw")
            number = _layout(database, path)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise
            database = _database(f"file:{_uri(path)}?mode=ro")
            number = _layout(database, path)
        if number is None:
            database.close()
            return _in_memory()
        database.execute("PRAGMA query_only = ON")
        return database


@contextmanager
def transaction(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Everything written inside is there whole or not at all, and no other writer comes between."""
    with translated(path):
        database.execute("BEGIN IMMEDIATE")
    try:
        with translated(path):
            yield
            database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise HalfhourError(
                "MD-021",
                f"{path} is being written by another process and was not free within {BUSY_S:.0f} seconds.",
                "Wait until the other load is done, then try again.",
            ) from None
        raise HalfhourError(
            "MD-020", f"{path} cannot be used: {error}.", "Check the path, the permissions and the space on the disk."
        ) from None
    except sqlite3.DatabaseError as error:
        raise HalfhourError(
            "MD-020",
            f"{path} is no store of market data, or it is damaged: {error}.",
            "Name the right file with --store, or move this one away and load the files again.",
        ) from None


def _uri(path: Path) -> str:
    return quote(str(path.absolute()), safe="/:\\")


def _database(uri: str) -> sqlite3.Connection:
    database = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
    database.execute("PRAGMA synchronous = FULL")
    return database


def _in_memory() -> sqlite3.Connection:
    database = _database("file::memory:")
    _create_tables(database)
    database.execute("PRAGMA query_only = ON")
    return database


def _layout(database: sqlite3.Connection, path: Path) -> int | None:
    """The layout of the store; None where the database is still empty."""
    application = database.execute("PRAGMA application_id").fetchone()[0]
    number: int = database.execute("PRAGMA user_version").fetchone()[0]
    if application == 0 and number == 0 and database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        return None
    if application != APPLICATION_ID:
        raise HalfhourError(
            "MD-020", f"{path} is a database of another program.", "Name another file with --store for market data."
        )
    if number != LAYOUT:
        raise HalfhourError(
            "MD-020",
            f"{path} has layout {number} of the store; this version of Halfhour reads and writes layout {LAYOUT}.",
            "Move it away and load the files again, or use the version of Halfhour that wrote it.",
        )
    return number


def _create(database: sqlite3.Connection, path: Path) -> None:
    if _layout(database, path) is not None:
        return
    with transaction(database, path):
        if _layout(database, path) is None:  # unless another process has just made it
            _create_tables(database)


def _create_tables(database: sqlite3.Connection) -> None:
    for statement in _LOADS.split(";\n"):
        if statement.strip():
            database.execute(statement)
    for table in mdd_tables().values():
        _create_mdd_table(database, table)
    for table in reference_tables().values():
        _create_reference_table(database, table)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {LAYOUT}")


def _sql_column(column: Column) -> str:
    not_null = " NOT NULL" if column.needed and not column.optional else ""
    return f'"{column.name}" {_SQL_TYPES.get(column.kind, "TEXT")}{not_null}'


def _create_mdd_table(database: sqlite3.Connection, table: Table) -> None:
    name = mdd_sql_name(table.name)
    columns = ", ".join(map(_sql_column, table.columns))
    key = ", ".join(f'"{column}"' for column in table.key)
    database.execute(
        f"CREATE TABLE {name} (version INTEGER NOT NULL, {columns}, PRIMARY KEY (version, {key})) WITHOUT ROWID"
    )
    for number, index in enumerate(table.index, start=1):
        by = ", ".join(f'"{column}"' for column in index)
        database.execute(f"CREATE INDEX {name}_{number} ON {name} (version, {by})")


def _create_reference_table(database: sqlite3.Connection, table: Table) -> None:
    name = reference_sql_name(table.name)
    columns = ", ".join(map(_sql_column, table.columns))
    key = "".join(f', "{column}"' for column in table.key)
    # valid_from and valid_to are the days that a row holds on, closed-open, however the file says them.
    database.execute(
        f"CREATE TABLE {name} (load_id INTEGER NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT, {columns})"
    )
    database.execute(f"CREATE INDEX {name}_1 ON {name} (valid_from, load_id{key})")
    database.execute(f"CREATE INDEX {name}_2 ON {name} (load_id)")
