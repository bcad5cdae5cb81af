"""Whether a store of market data is whole, and whether what it holds agrees with itself.

Follows the project's handbook, "Identifiers and Market Domain Data", section 8, pitfall 4: a combination's classes must
be live, in the same version, on the day on which the combination starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from halfhour.calendar import settlement_periods
from halfhour.errors import Finding
from halfhour.market_data.columns import Table, content_sha256, mdd_tables
from halfhour.market_data.database import mdd_sql_name, reference_sql_name
from halfhour.market_data.dated import date_ranges, shown
from halfhour.market_data.loss_factor_files import EPOCH, loss_factors_sha256
from halfhour.market_data.reference_tables import reference_tables
from halfhour.market_data.store import Load, MarketDataStore

EXAMPLES = 3
LOAD_AGAIN = "Move the store away and load the files again."
Progress = Callable[[int, int], None]


def check_store(store: MarketDataStore, today: date, progress: Progress = lambda _done, _total: None) -> list[Finding]:
    """Everything that is wrong or doubtful in a store, errors first; an empty list says that nothing is.

    Args:
        store: to be checked.
        today: the day by which Market Domain Data count as out of date.
        progress: told how many checks are done, of how many.
    """
    loads = store.loads()
    findings = list(_database(store))
    if findings:
        return findings  # the rows of a damaged database say nothing
    for number, load in enumerate(loads):
        progress(number, len(loads) + 1)
        findings += _content(store, load)
    findings += _strays(store, loads)
    findings += _overlaps(store)
    findings += _combinations(store)
    findings += _factor_gaps(store)
    findings += _half_hours(store)
    findings += _out_of_date(store, today)
    progress(len(loads) + 1, len(loads) + 1)
    severities = ("error", "warning", "info")
    return sorted(findings, key=lambda finding: severities.index(finding.severity))


def _database(store: MarketDataStore) -> Iterator[Finding]:
    for (said,) in store.query("PRAGMA integrity_check"):
        if said != "ok":
            yield Finding("MD-020", "error", f"The database is damaged: {said}.", LOAD_AGAIN)


def _content(store: MarketDataStore, load: Load) -> Iterator[Finding]:
    """The rows of one load against their number and the sha256 kept when they were loaded."""
    if load.kind == "line_loss_factors":
        sql = "SELECT llfc, day, thousandths FROM line_loss_factors WHERE mpid = ? AND load_id = ? ORDER BY llfc, day"
        rows = store.query(sql, (load.distributor, load.load_id))
        found = loss_factors_sha256(load.distributor, rows)
    elif load.kind == "mdd":
        columns = _listed(mdd_tables()[load.table])
        rows = store.query(f"SELECT {columns} FROM {mdd_sql_name(load.table)} WHERE version = ?", (load.version,))
        found = content_sha256(rows)
    else:
        columns = _listed(reference_tables()[load.table])
        sql = f"SELECT valid_from, valid_to, {columns} FROM {reference_sql_name(load.table)} WHERE load_id = ?"
        rows = store.query(sql, (load.load_id,))
        found = content_sha256(rows)
    if len(rows) != load.row_count or found != load.content_sha256:
        message = (
            f"{load.table} from {load.file}: the store has {len(rows):,} rows with sha256 {found[:12]}; "
            f"{load.row_count:,} with {load.content_sha256[:12]} were loaded."
        )
        yield Finding("MD-024", "error", message, LOAD_AGAIN)


def _listed(table: Table) -> str:
    return ", ".join(f'"{name}"' for name in table.names)


def _strays(store: MarketDataStore, loads: list[Load]) -> Iterator[Finding]:
    """Rows that no load accounts for."""
    for table in mdd_tables():
        held = {load.version for load in loads if (load.kind, load.table) == ("mdd", table)}
        found = {row[0] for row in store.query(f"SELECT DISTINCT version FROM {mdd_sql_name(table)}")}
        yield from _stray(table, found - held)
    known = {load.load_id for load in loads}
    for table, name in [
        ("line_loss_factors", "line_loss_factors"),
        *((table, reference_sql_name(table)) for table in reference_tables()),
    ]:
        found = {row[0] for row in store.query(f"SELECT DISTINCT load_id FROM {name}")}
        yield from _stray(table, found - known)


def _stray(table: str, strays: set[Any]) -> Iterator[Finding]:
    if strays:
        message = f"{table} has rows that no file accounts for ({', '.join(map(str, sorted(strays)))})."
        yield Finding("MD-024", "error", message, LOAD_AGAIN)


def _overlaps(store: MarketDataStore) -> Iterator[Finding]:
    """Rows of one version of which one only may hold on a day."""
    for version in store.versions():
        for name in version.tables:
            table = mdd_tables()[name]
            if not table.one_per_day:
                continue
            by = ", ".join(f'"{column}"' for column in table.one_per_day)
            sql = (
                f"SELECT {by}, effective_from FROM (SELECT {by}, effective_from, row_number() OVER each AS place, "
                f"lag(coalesce(effective_to, '9999-12-31')) OVER each AS until FROM {mdd_sql_name(name)} "
                f"WHERE version = ? WINDOW each AS (PARTITION BY {by} ORDER BY effective_from)) "
                "WHERE place > 1 AND effective_from < until"
            )
            for *key, start in store.query(sql, (version.number,)):
                what = ", ".join(f"{column} {cell}" for column, cell in zip(table.one_per_day, key, strict=True))
                message = f"{table.file} {version.number}: two rows of {what} hold on {start}."
                yield Finding("MD-005", "error", message, LOAD_AGAIN)


def _combinations(store: MarketDataStore) -> Iterator[Finding]:
    for version in store.versions():
        for name in version.tables:
            table = mdd_tables()[name]
            for refers in table.facts.get("refers", ()):
                referred = mdd_tables()[refers["table"]]
                if referred.name not in version.tables:
                    message = (
                        f"{table.file} {version.number}: {referred.file} of that version is not loaded; not checked."
                    )
                    yield Finding("MD-011", "info", message, f"Load {referred.file}_{version.number}.csv.")
                    continue
                yield from _not_live(store, version.number, table, referred, refers["on"])


def _not_live(
    store: MarketDataStore, version: int, table: Table, referred: Table, on: dict[str, str]
) -> Iterator[Finding]:
    alike = " AND ".join(f'there."{column}" = here."{own}"' for column, own in on.items())
    key = ", ".join(f'here."{column}"' for column in table.key)
    sql = (
        f"SELECT {key} FROM {mdd_sql_name(table.name)} AS here WHERE here.version = ? AND NOT EXISTS ("
        f"SELECT 1 FROM {mdd_sql_name(referred.name)} AS there WHERE there.version = here.version AND {alike} "
        "AND there.effective_from <= here.effective_from "
        "AND (there.effective_to IS NULL OR there.effective_to > here.effective_from))"
    )
    found = store.query(sql, (version,))
    if found:
        examples = "; ".join(
            ", ".join(f"{column} {cell}" for column, cell in zip(table.key, row, strict=True))
            for row in found[:EXAMPLES]
        )
        message = (
            f"{table.file} {version}: {len(found):,} rows start on a day on which their row of {referred.file} is not "
            f"live. Such as {examples}."
        )
        yield Finding("MD-025", "warning", message, "Look at these rows before relying on them.")


def _factor_gaps(store: MarketDataStore) -> Iterator[Finding]:
    """Days between the first and the last of a class on which it has no factors; classes with the same gap together."""
    sql = "SELECT DISTINCT mpid, llfc, day FROM line_loss_factors ORDER BY mpid, llfc, day"
    gaps: dict[tuple[str, tuple[tuple[int, int], ...]], list[str]] = {}
    held: dict[tuple[str, str], list[int]] = {}
    for mpid, llfc, day in store.query(sql):
        held.setdefault((mpid, llfc), []).append(day)
    for (mpid, llfc), days in held.items():
        missing = tuple((day + 1, later) for day, later in pairwise(days) if later != day + 1)
        if missing:
            gaps.setdefault((mpid, missing), []).append(llfc)
    for (mpid, ranges), classes in gaps.items():
        days_text = shown((EPOCH + timedelta(days=start), EPOCH + timedelta(days=end)) for start, end in ranges)
        named = f"class {classes[0]} has" if len(classes) == 1 else f"{len(classes)} classes ({classes[0]} …) have"
        message = f"{mpid}: {named} no line loss factors for {days_text}, though before and after."
        yield Finding("MD-026", "warning", message, "Load the distributor's file for these days.")


def _half_hours(store: MarketDataStore) -> Iterator[Finding]:
    """Days of a table by Settlement Period of which some half hours are not held."""
    for name, table in reference_tables().items():
        apart = [column for column in table.key if column != "settlement_period"]
        if len(apart) == len(table.key) or table.facts["days"] != "day":
            continue
        by = "".join(f', "{column}"' for column in apart)
        sql = (
            f"SELECT valid_from, count(DISTINCT settlement_period){by} FROM {reference_sql_name(name)} "
            f"GROUP BY valid_from{by}"
        )
        short: dict[tuple[Any, ...], list[date]] = {}
        for text, count, *key in store.query(sql):
            day = date.fromisoformat(text)
            if count != settlement_periods(day):
                short.setdefault(tuple(key), []).append(day)
        for key, days in short.items():
            named = "".join(f", {column} {cell}" for column, cell in zip(apart, key, strict=True) if cell)
            message = f"{table.title}{named}: not every Settlement Period is held of {shown(date_ranges(days))}."
            yield Finding("MD-029", "warning", message, "Load the publisher's file for these days.")


def _out_of_date(store: MarketDataStore, today: date) -> Iterator[Finding]:
    versions = store.versions()
    if versions and versions[-1].stale(today):
        newest = versions[-1]
        reach = f"was published on {newest.published}" if newest.published else "is of an unknown day of publication"
        message = f"The newest Market Domain Data loaded, version {newest.number}, {reach}: it may have been overtaken."
        yield Finding("MD-028", "warning", message, "Load the version in force with `halfhour market-data load`.")
