"""Taking files of market data into the store: read and checked whole, then written in one transaction each.

What is already there changes nothing and is said. A file that cannot be used is refused with everything that is wrong
with it, one that is not known is named and passed over; the others go on.
"""

from __future__ import annotations

import csv
import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from halfhour.errors import Finding, HalfhourError
from halfhour.market_data.database import default_store_path, mdd_sql_name, reference_sql_name
from halfhour.market_data.loss_factor_files import LossFactorRows, read_loss_factors
from halfhour.market_data.recognition import FileLoad, told, unreadable, walk
from halfhour.market_data.store import Load, MarketDataStore
from halfhour.market_data.table_files import TableFile, Tick, read_mdd_file, read_reference_file, text_of, version_of
from halfhour.market_data.version_changes import version_changes

Progress = Callable[[int, int], None]
OF_THE_STORE = ("MD-020", "MD-021")
"""Errors that are not a file's own: nothing else can be loaded either."""


def load_files(
    paths: Iterable[Path],
    *,
    store: Path | None = None,
    version: int | None = None,
    published: date | None = None,
    distributor: str | None = None,
    progress: Progress = lambda _done, _total: None,
) -> list[FileLoad]:
    """Load files, and everything below folders, into the store, which is made where it is not there.

    Args:
        paths: files and folders.
        store: the store's file, by default `default_store_path()`.
        version: of Market Domain Data, for files whose name does not end with it.
        published: day on which that version was published, where `data/mdd_versions.csv` does not know it.
        distributor: MPID, for line loss factors that do not name theirs.
        progress: told how many files are done, of how many, now and then within a file too.

    Returns:
        What became of each file. Market Domain Data come first, by version, so that each is compared with the one
        before.

    Raises:
        HalfhourError: MD-018 a path is not there, MD-015 `version` or `published` cannot be used, MD-020 and MD-021 of
            the store.
    """
    named = [Path(path) for path in paths]
    for path in named:
        if not path.exists():
            raise HalfhourError("MD-018", f"There is no file or folder {path}.", "Check the path.")
    loads = [told(path, given=given) for path, given in walk(named)]
    for load in loads:
        if load.state == "found" and load.kind == "mdd":
            _tell_version(load, version)
    loads.sort(key=lambda load: (load.kind != "mdd", load.version or 0))
    _check_publication(published, loads)
    opened: MarketDataStore | None = None
    try:
        for number, load in enumerate(loads):
            tick = partial(progress, number, len(loads))
            tick()
            if load.state != "found" or (read := _read(load, distributor, tick)) is None:
                continue
            tick()
            if opened is None:  # only when there is something to write
                opened = MarketDataStore.open(default_store_path() if store is None else store, write=True)
            _write(opened, load, read, published)
        progress(len(loads), len(loads))
    finally:
        if opened is not None:
            opened.close()
    return loads


def _tell_version(load: FileLoad, version: int | None) -> None:
    named = version_of(load.path.name)
    if version is not None and named not in (None, version):
        message = f"Its name says version {named}, and version {version} was asked for."
        step = "Load the files of each version without --version; it is for files whose name has none."
        load.refuse(HalfhourError("MD-015", message, step))
    elif version is None and named is None:
        message = "Its name does not end with a version of Market Domain Data, such as _377."
        load.refuse(HalfhourError("MD-015", message, "Say it with --version."))
    else:
        load.version = named if version is None else version
        if not load.version or load.version < 0:
            message = f"{load.version} is no version of Market Domain Data."
            load.refuse(HalfhourError("MD-015", message, "Give a number such as 377."))


def _check_publication(published: date | None, loads: list[FileLoad]) -> None:
    if published is None:
        return
    if published > datetime.now(UTC).date():
        raise HalfhourError(
            "MD-015", f"A version published on {published} is not published yet.", "Give the day of its publication."
        )
    versions = sorted({load.version for load in loads if load.version is not None})
    if len(versions) > 1:
        raise HalfhourError(
            "MD-015",
            f"Versions {', '.join(map(str, versions))} cannot all have been published on {published}.",
            "Load the files of each version on their own.",
        )


def _read(load: FileLoad, distributor: str | None, tick: Tick) -> TableFile | LossFactorRows | None:
    """The rows of a file; None where it is refused."""
    try:
        data = load.path.read_bytes()
        load.sha256 = hashlib.sha256(data).hexdigest()
        if load.layout is None:
            factors = read_loss_factors(load.path, data, distributor, tick)
            load.distributor, load.rows, load.findings = factors.mpid, len(factors.rows), factors.findings
            load.classes, load.factors = factors.classes, factors.factors
            load.first_day, load.last_day = factors.first_day, factors.last_day
            return factors
        text, load.findings = text_of(data, load.path.name)
        read = read_mdd_file if load.kind == "mdd" else read_reference_file
        table = read(text, load.layout, load.path.name, tick)
        load.rows, load.first_day, load.last_day = len(table.rows), table.first_day, table.last_day
        return table
    except HalfhourError as error:
        load.refuse(error)
    except OSError as error:
        load.refuse(unreadable(error))
    return None


def _write(store: MarketDataStore, load: FileLoad, read: TableFile | LossFactorRows, published: date | None) -> None:
    """Write the rows of a file in one transaction, unless the store has them."""
    try:
        with store.transaction() as database:
            if isinstance(read, LossFactorRows):
                _write_loss_factors(store, database, load, read)
            elif load.kind == "mdd":
                _write_mdd(store, database, load, read, published)
            else:
                _write_reference(store, database, load, read)
    except HalfhourError as error:
        if error.code in OF_THE_STORE:
            raise
        load.refuse(error)
        return
    if load.kind == "mdd" and load.state == "loaded" and load.version is not None:
        older = [held.number for held in store.versions() if held.number < load.version and load.table in held.tables]
        if older:
            load.changes = version_changes(store, load.table, older[-1], load.version)


# Market Domain Data


def _write_mdd(
    store: MarketDataStore, database: sqlite3.Connection, load: FileLoad, file: TableFile, published: date | None
) -> None:
    assert load.version is not None
    known = [held for held in store.loads() if (held.version, held.table) == (load.version, load.table)]
    if known and known[0].content_sha256 != file.content_sha256:
        raise HalfhourError(
            "MD-014",
            f"{file.table.file} of Market Domain Data {load.version} is loaded with other rows, from {known[0].file} "
            f"(sha256 {known[0].sha256[:12]}); this file is {load.sha256[:12]}. A version is immutable.",
            "See that the version is right. If the file loaded before was wrong, start a new store with --store.",
        )
    load.findings += _tell_publication(database, load.version, published)
    if known:
        load.state = "already loaded"
        return
    _insert_load(database, load, file.content_sha256)
    marks = ", ".join("?" * (1 + len(file.table.columns)))
    database.executemany(
        f"INSERT INTO {mdd_sql_name(load.table)} VALUES ({marks})", ((load.version, *row) for row in file.rows)
    )
    load.state = "loaded"


@cache
def known_publications() -> dict[int, tuple[date, str]]:
    """Days on which versions of Market Domain Data were published and where they are known from."""
    with files(__package__).joinpath("data", "mdd_versions.csv").open("r", encoding="utf-8") as lines:
        return {
            int(row["version"]): (date.fromisoformat(row["published"]), row["source"]) for row in csv.DictReader(lines)
        }


def _tell_publication(database: sqlite3.Connection, version: int, published: date | None) -> list[Finding]:
    """Keep the day of publication: the one given, else the one known; a day held is replaced by one given only."""
    found = database.execute("SELECT published FROM mdd_versions WHERE version = ?", (version,)).fetchone()
    held = None if found is None or found[0] is None else date.fromisoformat(found[0])
    day, source = known_publications().get(version, (None, "not known"))
    if published is not None:
        day, source = published, "given when it was loaded"
    where = f"version {version}"
    if found is None or (published is not None and published != held):
        database.execute("INSERT OR REPLACE INTO mdd_versions VALUES (?, ?, ?)", (version, day and str(day), source))
        if held is not None and day != held:
            return [Finding("MD-016", "info", f"The day of publication was {held} and is now {day}.", "", where=where)]
        held = day
    if held is None:
        message = (
            f"The day on which Market Domain Data {version} was published is not known, so it counts as out of date on "
            "every day, and its tables no longer answer once a later version is loaded without them."
        )
        return [Finding("MD-016", "warning", message, "Say it with --published, such as 2026-06-16.", where=where)]
    return []


# Line loss factors


def _write_loss_factors(
    store: MarketDataStore, database: sqlite3.Connection, load: FileLoad, read: LossFactorRows
) -> None:
    if _known(store, load, read.content_sha256):
        return
    days = [day for _, day, _ in read.rows]
    sql = (
        "SELECT llfc, day, thousandths FROM line_loss_factors WHERE mpid = ? AND day BETWEEN ? AND ? "
        "ORDER BY llfc, day, load_id"  # the last of a class and day answers
    )
    held = {(llfc, day): factors for llfc, day, factors in database.execute(sql, (read.mpid, min(days), max(days)))}
    _compare(load, held, (((llfc, day), factors) for llfc, day, factors in read.rows))
    load_id = _insert_load(database, load, read.content_sha256)
    database.executemany(
        "INSERT INTO line_loss_factors VALUES (?, ?, ?, ?, ?)",
        ((read.mpid, llfc, day, load_id, factors) for llfc, day, factors in read.rows),
    )


# Tariffs, multipliers and other dated tables


def _write_reference(store: MarketDataStore, database: sqlite3.Connection, load: FileLoad, file: TableFile) -> None:
    if _known(store, load, file.content_sha256):
        return
    table = file.table
    at = [table.names.index(column) for column in table.key]
    name, columns = reference_sql_name(table.name), ", ".join(f'"{column}"' for column in table.names)
    held: dict[Any, Any] = {}
    for start, end, *row in database.execute(f"SELECT valid_from, valid_to, {columns} FROM {name} ORDER BY load_id"):
        held[start, *(row[place] for place in at)] = (end, *row)
    given = zip(file.days, file.rows, strict=True)
    _compare(load, held, (((start, *(row[place] for place in at)), (end, *row)) for (start, end), row in given))
    load_id = _insert_load(database, load, file.content_sha256)
    marks = ", ".join("?" * (3 + len(table.columns)))
    database.executemany(
        f"INSERT INTO {name} VALUES ({marks})",
        ((load_id, *days, *row) for days, row in zip(file.days, file.rows, strict=True)),
    )


def _compare(load: FileLoad, held: dict[Any, Any], given: Iterable[tuple[Any, Any]]) -> None:
    """Count the rows that the store does not hold, holds otherwise (this file answers from now on) and holds alike."""
    load.state = "loaded"
    for key, content in given:
        if key not in held:
            load.new += 1
        elif held[key] == content:
            load.same += 1
        else:
            load.changed += 1


def _known(store: MarketDataStore, load: FileLoad, content_sha256: str) -> bool:
    """Whether this very content was loaded before; said, with the file that answers in its place, if one does."""
    alike = [
        held
        for held in store.loads()
        if (held.kind, held.table, held.distributor) == (load.kind, load.table, load.distributor)
    ]
    known = next((held for held in alike if held.content_sha256 == content_sha256), None)
    if known is None:
        return False
    load.state = "already loaded"
    later = [held for held in alike if held.load_id > known.load_id and _days_meet(held, known)]
    if later:
        message = (
            f"Its content was loaded before, as {known.file}, and {later[-1].file} was loaded after it for some of the "
            "same days: that one goes on answering."
        )
        step = "For this one to answer, load the files into a new store, this one last."
        load.findings.append(Finding("MD-023", "warning", message, step, where=load.path.name))
    return True


def _days_meet(one: Load, other: Load) -> bool:
    first = max(one.first_day or date.min, other.first_day or date.min)
    return first <= min(one.last_day or date.max, other.last_day or date.max)


def _insert_load(database: sqlite3.Connection, load: FileLoad, content_sha256: str) -> int:
    row = database.execute(
        "INSERT INTO loads (kind, table_name, version, distributor, file, sha256, content_sha256, row_count, "
        "first_day, last_day, loaded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING load_id",
        (
            load.kind,
            load.table,
            load.version,
            load.distributor or None,
            load.path.name,
            load.sha256,
            content_sha256,
            load.rows,
            load.first_day and str(load.first_day),
            load.last_day and str(load.last_day),
            datetime.now(UTC).isoformat(timespec="seconds"),
        ),
    ).fetchone()
    return int(row[0])
