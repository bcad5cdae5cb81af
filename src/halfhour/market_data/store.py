"""The store of market data: Market Domain Data by version, line loss factors, multipliers and tariffs by day.

Follows the project's handbook, "Identifiers and Market Domain Data", section 8: a version is immutable, rows that have
ended stay in their table, end dates of the files are inclusive (closed-open here), a table that is not loaded says so.
A day that is not covered is refused, never filled in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halfhour.errors import HalfhourError, NotCovered
from halfhour.market_data.columns import Table, in_order, look_up_cell, mdd_tables, padded, value
from halfhour.market_data.database import (
    connect,
    default_store_path,
    mdd_sql_name,
    reference_sql_name,
    transaction,
    translated,
)
from halfhour.market_data.dated import DateRange, shown
from halfhour.market_data.reference_tables import reference_tables

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

FIRST_SETTLEMENT_DAY = date(1996, 4, 1)
"""The earliest effective date in Market Domain Data: no row is of a day before it."""

STALE_AFTER_DAYS = 92
"""Market Domain Data is reissued about monthly (handbook, section 8); a quarter without a new version is too long."""

PERIODS = 50
EPOCH = date(1970, 1, 1)
TLM_SCALE = 7
"""Decimals of a transmission loss multiplier as published."""

MTC_ATTRIBUTES = ("description", "meter_type", "payment_type", "communications", "type", "tpr_count")
LOAD_NEXT_STEP = "Load the files with `halfhour market-data load PATH`."


@dataclass(frozen=True, slots=True)
class TableLoad:
    """One table of one version of Market Domain Data as it was loaded.

    Attributes:
        rows: how many.
        sha256: of the file.
        content_sha256: of its rows, whatever the file's line ends and order.
        file: its name.
    """

    rows: int
    sha256: str
    content_sha256: str
    file: str


@dataclass(frozen=True, slots=True)
class MddVersion:
    """A version of Market Domain Data.

    Attributes:
        number: of the version.
        published: day of publication; None where it is not known.
        published_source: where that day is known from.
        tables: the tables held of it, by name.
        loaded_at: when the first of them was loaded (UTC).
    """

    number: int
    published: date | None
    published_source: str
    tables: dict[str, TableLoad]
    loaded_at: datetime

    def stale(self, day: date) -> bool:
        """Whether `day` is more than 92 days after the publication, or the publication is not known."""
        return self.published is None or (day - self.published).days > STALE_AFTER_DAYS


@dataclass(frozen=True, slots=True)
class Load:
    """One file, or one table of a file, as it was loaded.

    Attributes:
        load_id: order of loading: of two loads that say something of one day, the later answers.
        kind: `mdd`, `line_loss_factors` or `reference`.
        table: name of the table.
        version: of Market Domain Data; None for everything else.
        distributor: MPID of line loss factors; empty for everything else.
        file: name of the file, without its folder.
        sha256: of the file.
        content_sha256: of its rows as the store keeps them, in order of their key.
        row_count: how many rows; of line loss factors the class-days.
        first_day, last_day: of the rows, the last included; None = open, or rows without days.
        loaded_at: UTC.
    """

    load_id: int
    kind: str
    table: str
    version: int | None
    distributor: str
    file: str
    sha256: str
    content_sha256: str
    row_count: int
    first_day: date | None
    last_day: date | None
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class TransmissionLossMultipliers:
    """TLMs of a GSP Group and run type.

    Attributes:
        offtaking, delivering: int64 [days, 50] in 10^-7; 0 = not held, and beyond the day's last period.
    """

    offtaking: NDArray[np.int64]
    delivering: NDArray[np.int64]


class MarketDataStore:
    """Market data in one file; use it as a context manager, or `close` it."""

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        self._seen: tuple[int, int] | None = None
        self._versions: list[MddVersion] = []

    @classmethod
    def open(cls, path: Path | None = None, *, write: bool = False) -> MarketDataStore:
        """Open the store at `path`, by default `default_store_path()`; without `write`, one that is absent is empty.

        Raises:
            HalfhourError: MD-020 the file is no store of market data or damaged, MD-021 another process holds it.
        """
        path = default_store_path() if path is None else Path(path)
        return cls(path, connect(path, write=write))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Market Domain Data

    def versions(self) -> list[MddVersion]:
        """The versions of Market Domain Data held, by number."""
        seen = (self.query("PRAGMA data_version")[0][0], self._database.total_changes)
        if seen != self._seen:
            self._versions = self._read_versions()
            self._seen = seen
        return list(self._versions)

    def _read_versions(self) -> list[MddVersion]:
        with self.snapshot():
            published = {row[0]: row[1:] for row in self.query("SELECT version, published, source FROM mdd_versions")}
            every_load = self.loads()
        loads: dict[int, list[Load]] = {}
        for load in every_load:
            if load.version is not None:
                loads.setdefault(load.version, []).append(load)
        return [
            MddVersion(
                number,
                _date(published[number][0]),
                published[number][1],
                {load.table: TableLoad(load.row_count, load.sha256, load.content_sha256, load.file) for load in held},
                min(load.loaded_at for load in held),
            )
            for number, held in sorted(loads.items())
        ]

    def mdd_version(self, table: str, day: date) -> MddVersion:
        """The version of Market Domain Data that answers for a table on a day.

        The newest version answers for every day, since its rows carry their dates. A table that only an older version
        holds is answered by that one up to the day of its publication, and by none after.

        Raises:
            NotCovered: MD-010 no version is loaded, MD-011 no version holds the table, MD-012 only an older one does
                and the day is after its publication, MD-013 the day is before the market's first.
            HalfhourError: MD-007 there is no such table.
        """
        found = mdd_table(table)
        if day < FIRST_SETTLEMENT_DAY:
            raise NotCovered(
                "MD-013",
                f"{day} is before the first day of Market Domain Data, {FIRST_SETTLEMENT_DAY}.",
                "Ask for a day on or after it.",
            )
        versions = self.versions()
        if not versions:
            raise NotCovered("MD-010", f"No Market Domain Data is loaded in {self.path}.", LOAD_NEXT_STEP)
        holding = [version for version in versions if table in version.tables]
        if not holding:
            numbers = ", ".join(str(version.number) for version in versions)
            raise NotCovered(
                "MD-011",
                f"{found.title} ({found.file}) are not loaded; held are other tables of Market Domain Data {numbers}.",
                LOAD_NEXT_STEP,
            )
        newest, holder = versions[-1], holding[-1]
        if holder is newest or (holder.published is not None and day <= holder.published):
            return holder
        reach = f"published {holder.published}" if holder.published else "whose publication day is not known"
        raise NotCovered(
            "MD-012",
            f"{found.title} ({found.file}) are held of Market Domain Data {holder.number} only, {reach}; "
            f"they are not loaded of version {newest.number}, so nothing is known of {day}.",
            f"Load {found.file}_{newest.number}.csv with `halfhour market-data load`.",
        )

    def select(self, table: str, version: int, **equals: Any) -> list[dict[str, Any]]:
        """Rows of a table of one version, in order of its key.

        Args:
            table: name, such as `line_loss_factor_class`.
            version: its number.
            equals: columns and the values that they must have; codes may be given with or without their padding.

        Returns:
            One dict for each row: dates as date, `effective_to` the first day no longer included and None where open,
            indicators as bool, numbers as int, empty text as ''.

        Raises:
            NotCovered: MD-011 that version does not hold the table.
            HalfhourError: MD-007 there is no such table or column.
        """
        found = mdd_table(table)
        if not any(table in held.tables for held in self.versions() if held.number == version):
            raise NotCovered(
                "MD-011",
                f"{found.title} ({found.file}) are not loaded of Market Domain Data {version}.",
                LOAD_NEXT_STEP,
            )
        where, cells = _conditions(found, equals)
        sql = (
            f"SELECT {_listed(found.names)} FROM {mdd_sql_name(table)} WHERE version = ?{where} "
            f"ORDER BY {_listed(found.key)}"
        )
        return [_row(found, cells) for cells in self.query(sql, (version, *cells))]

    def live(self, table: str, day: date, **equals: Any) -> list[dict[str, Any]]:
        """The rows of `select` that hold on a day, of the version that answers for it.

        Raises:
            NotCovered: as `mdd_version`.
            HalfhourError: MD-007 there is no such table or column, or its rows have no dates.
        """
        found = mdd_table(table)
        if found.column("effective_from") is None:
            raise HalfhourError("MD-007", f"The rows of {found.title} have no dates.", "Use `select`.")
        rows = self.select(table, self.mdd_version(table, day).number, **equals)
        return [row for row in rows if row["effective_from"] <= day and not ended(row, day)]

    def participant(self, mpid: str, role: str, day: date) -> dict[str, Any] | None:
        """The participant role that is live on the day, or None.

        Raises:
            NotCovered: as `mdd_version`.
        """
        rows = self.live("market_participant_role", day, mpid=mpid, role=role)
        return rows[0] if rows else None

    def timeswitch_class(self, mtc: str, mpid: str, day: date) -> dict[str, Any] | None:
        """A Meter Timeswitch Class as it holds in a distributor's area on a day, or None where it is not enabled there.

        A common code has its attributes in the class alone, a distributor's own code in the area alone (handbook,
        pitfall 5): both are given here as `description`, `meter_type`, `payment_type`, `communications`, `type` and
        `tpr_count`, beside `mtc`, `mpid`, `common`, `related`, and the later of the two starts and the earlier of the
        two ends as `effective_from` and `effective_to`.

        Raises:
            NotCovered: as `mdd_version`.
        """
        classes = self.live("meter_timeswitch_class", day, mtc=mtc)
        areas = self.live("mtc_in_pes_area", day, mtc=mtc, mpid=mpid)
        if not classes or not areas:
            return None
        whole, area = classes[0], areas[0]
        ends = [row["effective_to"] for row in (whole, area) if row["effective_to"] is not None]
        attributes = whole if whole["common"] else area
        return {
            "mtc": whole["mtc"],
            "mpid": area["mpid"],
            "common": whole["common"],
            "related": whole["related"],
            **{name: attributes[name] for name in MTC_ATTRIBUTES},
            "effective_from": max(whole["effective_from"], area["effective_from"]),
            "effective_to": min(ends, default=None),
        }

    # Line loss factors

    def line_loss_factors(self, mpid: str, llfc: str, start: date, end: date) -> NDArray[np.int32]:
        """Line loss factors of a class, in thousandths: int32 [days of [start, end), 50 Settlement Periods].

        0 = not held, and beyond the day's last period. Of two files that give a day, the one loaded later answers.
        """
        import numpy as np  # noqa: PLC0415 - the arrays are for the calculation only

        days = max((end - start).days, 0)
        factors = np.zeros((days, PERIODS), dtype=np.int32)
        first = (start - EPOCH).days
        sql = (
            "SELECT day, thousandths FROM line_loss_factors WHERE mpid = ? AND llfc = ? AND day >= ? AND day < ? "
            "ORDER BY day, load_id"
        )
        for day, thousandths in self.query(sql, (mpid, padded("llfc", llfc), first, first + days)):
            factors[day - first] = np.frombuffer(thousandths, dtype="<u2")
        return factors

    def loss_factor_sources(self) -> list[Load]:
        """What was loaded of line loss factors, in order of loading: file, sha256, distributor, days, count."""
        return [load for load in self.loads() if load.kind == "line_loss_factors"]

    def loss_factor_classes(self, mpid: str) -> list[str]:
        """The line loss factor classes of a distributor that factors are held of, whatever the day."""
        sql = "SELECT DISTINCT llfc FROM line_loss_factors WHERE mpid = ? ORDER BY llfc"
        return [row[0] for row in self.query(sql, (mpid,))]

    # Tariffs, multipliers and other dated tables

    def reference(self, table: str, day: date, **keys: Any) -> dict[str, Any]:
        """The row of a dated table that holds on a day; of two loads that hold on it, the later answers.

        Args:
            table: name in the catalogue, such as `bsuos_fixed_tariff`.
            day: a Settlement Day.
            keys: what tells the rows of one day apart, such as `gsp_group="_H"` or `run="SF", settlement_period=17`.

        Returns:
            The row: numbers as Decimal with the digits as published, None where nothing was published; `valid_from` and
            `valid_to` are the days that it holds on, closed-open (None = open), `load_id`, `file` and `sha256` its
            source.

        Raises:
            NotCovered: MD-001, with what is held nearest.
            HalfhourError: MD-007 there is no such table or column, MD-027 more than one row answers.
        """
        rows = self.reference_rows(table, day, **keys)
        found = reference_table(table)
        if not rows:
            raise self._not_covered(found, day, keys)
        if len(rows) > 1:
            missing = [column for column in found.key if column not in keys]
            raise HalfhourError(
                "MD-027",
                f"{len(rows)} rows of {found.title} hold on {day}{_asked(keys)}.",
                f"Name {' and '.join(missing) or 'a column'} to tell them apart.",
            )
        return rows[0]

    def reference_rows(self, table: str, day: date, **keys: Any) -> list[dict[str, Any]]:
        """Every row of a dated table that holds on a day and has these values; later loads replace earlier ones.

        Raises:
            HalfhourError: MD-007 there is no such table or column.
        """
        found = reference_table(table)
        where, cells = _conditions(found, keys)
        holds = "valid_from = ?"
        if found.facts["days"] != "day":
            holds = "valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)"
        days = (day.isoformat(),) * holds.count("?")
        sql = (
            f"SELECT valid_from, valid_to, load_id, file, sha256, {_listed(found.names)} "
            f"FROM {reference_sql_name(table)} JOIN loads USING (load_id) WHERE {holds}{where} "
            f"ORDER BY load_id, {reference_sql_name(table)}.rowid"
        )
        answering: dict[tuple[Any, ...], dict[str, Any]] = {}
        for valid_from, valid_to, load_id, file, sha256, *rest in self.query(sql, (*days, *cells)):
            row = _row(found, rest)
            row |= {
                "valid_from": date.fromisoformat(valid_from),
                "valid_to": _date(valid_to),
                "load_id": load_id,
                "file": file,
                "sha256": sha256,
            }
            answering[tuple(row[column] for column in found.key)] = row
        return [answering[key] for key in sorted(answering, key=lambda key: [in_order(cell) for cell in key])]

    def tariff(self, table: str, day: date, **keys: Any) -> dict[str, Any]:
        """`reference`, by the name that tariffs are asked for."""
        return self.reference(table, day, **keys)

    def etlmo(self, day: date) -> dict[str, Any]:
        """The Estimated Transmission Losses Adjustments of a day; raises NotCovered (MD-001)."""
        return self.reference("estimated_transmission_losses_adjustment", day)

    def reference_days(self, table: str, **keys: Any) -> list[DateRange]:
        """The ranges of days, closed-open, on which rows of a dated table with these values are held."""
        found = reference_table(table)
        where, cells = _conditions(found, keys)
        sql = f"SELECT DISTINCT valid_from, valid_to FROM {reference_sql_name(table)} WHERE 1{where} ORDER BY 1, 2"
        joined: list[DateRange] = []
        for valid_from, valid_to in self.query(sql, cells):
            start, end = date.fromisoformat(valid_from), _date(valid_to) or date.max
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((start, end))
        return joined

    def _not_covered(self, table: Table, day: date, keys: dict[str, Any]) -> NotCovered:
        held = self.reference_days(table.name, **keys)
        before = [range_ for range_ in held if range_[0] <= day][-1:]
        after = [range_ for range_ in held if range_[0] > day][:1]
        nearest = " and ".join(
            f"{start} and after" if end == date.max else shown([(start, end)]) for start, end in before + after
        )
        return NotCovered(
            "MD-001",
            f"No {table.title} is held for {day}{_asked(keys)}; held nearest: {nearest or 'nothing'}.",
            "Ask for days that are held, or load the file of its publisher with `halfhour market-data load`.",
        )

    def transmission_loss_multipliers(
        self, gsp_group: str, run_type: str, start: date, end: date
    ) -> TransmissionLossMultipliers:
        """TLMs of a GSP Group for each day of [start, end) and Settlement Period, in 10^-7; 0 = not held.

        A multiplier held for all GSP Groups alike (uniform) answers where none is held for the group itself.
        """
        import numpy as np  # noqa: PLC0415 - the arrays are for the calculation only

        days = max((end - start).days, 0)
        offtaking = np.zeros((days, PERIODS), dtype=np.int64)
        delivering = np.zeros((days, PERIODS), dtype=np.int64)
        # '' sorts before every group, so the group's own value is written last; within it the later load is.
        sql = (
            "SELECT valid_from, settlement_period, tlm_offtaking, tlm_delivering FROM ref_transmission_loss_multiplier "
            "WHERE valid_from >= ? AND valid_from < ? AND run = ? AND gsp_group IN ('', ?) ORDER BY gsp_group, load_id"
        )
        for day, period, off, delivered in self.query(sql, (start.isoformat(), end.isoformat(), run_type, gsp_group)):
            place = ((date.fromisoformat(day) - start).days, period - 1)
            offtaking[place], delivering[place] = _scaled(off), _scaled(delivered)
        return TransmissionLossMultipliers(offtaking, delivering)

    # Everything

    def loads(self) -> list[Load]:
        """Everything loaded, in order of loading."""
        sql = (
            "SELECT load_id, kind, table_name, version, distributor, file, sha256, content_sha256, row_count, "
            "first_day, last_day, loaded_at FROM loads ORDER BY load_id"
        )
        return [
            Load(
                load_id=row[0],
                kind=row[1],
                table=row[2],
                version=row[3],
                distributor=row[4] or "",
                file=row[5],
                sha256=row[6],
                content_sha256=row[7],
                row_count=row[8],
                first_day=_date(row[9]),
                last_day=_date(row[10]),
                loaded_at=datetime.fromisoformat(row[11]),
            )
            for row in self.query(sql)
        ]

    def identity(self) -> dict[str, Any]:
        """What the store holds, for a run's manifest: every version and file with its sha256, no path, no time."""
        with self.snapshot():
            return self._identity()

    def _identity(self) -> dict[str, Any]:
        return {
            "market_domain_data": [
                {
                    "version": version.number,
                    "published": version.published and version.published.isoformat(),
                    "tables": {
                        name: {"file": load.file, "sha256": load.sha256, "rows": load.rows}
                        for name, load in sorted(version.tables.items())
                    },
                }
                for version in self.versions()
            ],
            "line_loss_factors": [
                {
                    "distributor": load.distributor,
                    "file": load.file,
                    "sha256": load.sha256,
                    "class_days": load.row_count,
                }
                for load in self.loss_factor_sources()
            ],
            "reference": [
                {"table": load.table, "file": load.file, "sha256": load.sha256, "rows": load.row_count}
                for load in self.loads()
                if load.kind == "reference"
            ],
        }

    def query(self, sql: str, cells: tuple[Any, ...] = ()) -> list[Any]:
        """Rows of the database; for the rooms of market data only."""
        with translated(self.path):
            return self._database.execute(sql, cells).fetchall()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment, whatever another process loads meanwhile; that one waits."""
        if self._database.in_transaction:
            yield
            return
        with translated(self.path):
            self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The database to write to; everything written inside is there whole or not at all."""
        with transaction(self._database, self.path):
            yield self._database


def ended(row: dict[str, Any], day: date) -> bool:
    """Whether a row of Market Domain Data holds no longer on the day."""
    return row["effective_to"] is not None and bool(day >= row["effective_to"])


def mdd_table(name: str) -> Table:
    """A table of Market Domain Data; raises HalfhourError (MD-007) where there is none of that name."""
    return _table(name, mdd_tables(), "Market Domain Data")


def reference_table(name: str) -> Table:
    """A table of the reference catalogue; raises HalfhourError (MD-007) where there is none of that name."""
    return _table(name, reference_tables(), "the reference catalogue")


def _table(name: str, tables: dict[str, Table], where: str) -> Table:
    if name not in tables:
        near = get_close_matches(name, tables, n=1)
        raise HalfhourError(
            "MD-007",
            f"There is no table {name!r} in {where}.",
            (f"Did you mean {near[0]!r}? " if near else "") + f"Tables: {', '.join(tables)}.",
        )
    return tables[name]


def _conditions(table: Table, equals: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    where, cells = "", []
    for name, given in equals.items():
        column = table.column(name)
        if column is None:
            near = get_close_matches(name, table.names, n=1)
            raise HalfhourError(
                "MD-007",
                f"{table.title} have no column {name!r}.",
                (f"Did you mean {near[0]!r}? " if near else "") + f"Columns: {', '.join(table.names)}.",
            )
        where += f' AND "{name}" IS ?'
        cells.append(look_up_cell(column, given))
    return where, tuple(cells)


def _row(table: Table, cells: Any) -> dict[str, Any]:
    return {column.name: value(column, cell) for column, cell in zip(table.columns, cells, strict=True)}


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _asked(keys: dict[str, Any]) -> str:
    return f" with {', '.join(f'{name} {given}' for name, given in keys.items())}" if keys else ""


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _scaled(text: str) -> int:
    whole, _, decimals = text.partition(".")
    return int(whole + decimals.ljust(TLM_SCALE, "0"))
