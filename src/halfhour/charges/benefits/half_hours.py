"""Half hours of a plant: export and import at the boundary, with their Line Loss Factors, as arrays.

Handbook embedded-generation.md 5.1 and 11.1. Volumes are whole watt-hours; a half hour without a reading is not in the
arrays, it is absent and stays absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from halfhour.calendar import days as days_between
from halfhour.calendar import settlement_periods
from halfhour.charges.benefits.columns import Cells, Number, half_hour_text, key_of
from halfhour.charges.benefits.exact import LLF_DECIMALS, MOST_LLF, MOST_WH, Whole, scaled
from halfhour.errors import HalfhourError

ACTUAL, ESTIMATE, SUPPLIED, PROVISIONAL = range(4)
STATUSES = ("actual", "estimate", "supplied", "provisional")
"""The weakest of its parts is the status of a sum: actual > estimate > supplied > provisional (handbook 11.4)."""

UNITS = {"wh": 0, "kwh": 3, "mwh": 6}
_QUALITIES = {"a": ACTUAL, "actual": ACTUAL, "e": ESTIMATE, "estimate": ESTIMATE, "estimated": ESTIMATE}
_MISSING = ("m", "missing")
LLF = Number("a Line Loss Factor", LLF_DECIMALS, 1, MOST_LLF, "whole and decimals")

Rows = pl.DataFrame | Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class HalfHours:
    """Half hours in order of time, each once.

    Attributes:
        keys: day and period, by `columns.key_of`.
        export_wh, import_wh: at the site's boundary, before losses [Wh].
        llf_export, llf_import: Line Loss Factors [10^-5]; 0 = not stated.
        status: of each reading, a place in `STATUSES`.
        has_import: whether imports were read at all; without, nothing is known of them.
        missing: keys of half hours that are listed without a reading.
    """

    keys: Whole
    export_wh: Whole
    import_wh: Whole
    llf_export: Whole
    llf_import: Whole
    status: NDArray[np.uint8]
    has_import: bool
    missing: Whole

    @cached_property
    def qm_export(self) -> Whole:
        """BM Unit Metered Volume of the export [10^-11 MWh]."""
        return self.export_wh * self.llf_export

    @cached_property
    def qm_import(self) -> Whole:
        """BM Unit Metered Volume of the import [10^-11 MWh], not negative."""
        return self.import_wh * self.llf_import

    @cached_property
    def token(self) -> bytes:
        """The keys as bytes."""
        return self.keys.tobytes()

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> HalfHours:
        """Some of the half hours."""
        arrays = {
            name: getattr(self, name)[rows]
            for name in ("keys", "export_wh", "import_wh", "llf_export", "llf_import", "status")
        }
        return replace(self, **arrays)

    def between(self, start: date, end: date) -> HalfHours:
        """Those of [start, end)."""
        first, last = key_of(start, 0), key_of(end, 0)
        part = self.take((self.keys >= first) & (self.keys < last))
        return replace(part, missing=self.missing[(self.missing >= first) & (self.missing < last)])

    def with_loss_factors(self, llf_export: Decimal | Whole | None, llf_import: Decimal | Whole | None) -> HalfHours:
        """The same with factors for the half hours that state none: one for all, or one for each [10^-5].

        Raises:
            HalfhourError: EB-312 a factor that cannot be reckoned with.
        """
        return replace(
            self,
            llf_export=_filled(self.llf_export, llf_export, "export"),
            llf_import=_filled(self.llf_import, llf_import, "import"),
        )

    def absent_from(self, start: date, end: date) -> Whole:
        """Keys of the half hours of [start, end) that have no reading."""
        return np.setdiff1d(year_keys(start, end), self.keys, assume_unique=True)


def _filled(stated: Whole, given: Decimal | Whole | None, side: str) -> Whole:
    if given is None:
        return stated
    if isinstance(given, Decimal):
        whole = scaled(given, LLF_DECIMALS) if given.is_finite() else None
        if whole is None or not LLF.least <= whole <= LLF.most:
            raise HalfhourError(
                "EB-312",
                f"{given} is no Line Loss Factor of the {side} that can be reckoned with.",
                f"Give a number above 0 and below 10 with at most {LLF_DECIMALS} decimals.",
            )
        return np.where(stated == 0, whole, stated)
    return np.where(stated == 0, given, stated)


@lru_cache(maxsize=64)
def year_keys(start: date, end: date) -> Whole:
    """Keys of all half hours of [start, end)."""
    parts = [
        np.arange(key_of(day, 1), key_of(day, settlement_periods(day) + 1), dtype=np.int64)
        for day in days_between(start, end)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def half_hours(rows: Rows, subject: str = "half_hourly") -> HalfHours:
    """Half hours from a table, in any order.

    Args:
        rows: `settlement_date`, `settlement_period`; `export_mwh` (or `export_kwh`, `export_wh`) and the same of
            `import`; `llf_export`, `llf_import`, `quality` (actual, estimated, missing; A, E) where known. An empty
            volume is absence. Other columns are left aside.
        subject: what the table is, for messages.

    Raises:
        HalfhourError: EB-312 cells that cannot be read, EB-121 a period that its day does not have (BAD_PERIOD),
            EB-311 a column is missing, EB-313 a half hour stands twice with different values.
    """
    frame = rows if isinstance(rows, pl.DataFrame) else text_frame(rows)
    return parse(frame, subject).half_hours(slice(None), subject)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The rows of a table as arrays, in its order; of one plant or of several."""

    rows: HalfHours
    have: NDArray[np.bool_]

    def half_hours(self, rows: slice | NDArray[np.intp], subject: str) -> HalfHours:
        """Some of the rows, all of one plant, as half hours.

        Raises:
            HalfhourError: EB-313 a half hour stands twice with different values.
        """
        part, have = self.rows.take(rows), self.have[rows]
        gone = np.unique(part.keys[~have])
        return _once(replace(part if have.all() else part.take(have), missing=gone), subject)


def parse(frame: pl.DataFrame, subject: str) -> Parsed:
    """The rows of a table; errors as `half_hours`, but for a half hour that stands twice."""
    for name in ("settlement_date", "settlement_period"):
        if name not in frame.columns:
            raise HalfhourError(
                "EB-311",
                f"{subject} has no column {name}; it has {', '.join(frame.columns[:12]) or 'none'}.",
                "Give settlement_date, settlement_period and export_mwh, or a readings file with AE and AI.",
            )
    cells = Cells(frame, subject)
    keys = cells.keys()
    exported, has_export = _volume(cells, "export")
    imported, has_import = _volume(cells, "import")
    if exported is None:
        raise HalfhourError(
            "EB-311",
            f"{subject} has no export: no column export_mwh, export_kwh or export_wh.",
            "Name the column of the plant's export so; an empty cell is a half hour without a reading.",
        )
    factors = {
        side: cells.numbers(f"llf_{side}", LLF)[0] if f"llf_{side}" in frame.columns else np.zeros_like(keys)
        for side in ("export", "import")
    }
    status, gone = _quality(cells)
    cells.raise_if_wrong()
    have = has_export & ~gone
    if imported is not None:
        have &= has_import
    read = HalfHours(
        keys,
        exported,
        np.zeros_like(keys) if imported is None else imported,
        factors["export"],
        factors["import"],
        status,
        imported is not None,
        np.zeros(0, dtype=np.int64),
    )
    return Parsed(read, have)


def text_frame(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Rows of Python values as a table of text; floats are left as they are, to be refused."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        cells = [row.get(name) for row in rows]
        kept = any(isinstance(cell, float) for cell in cells)
        columns[name] = pl.Series(
            name, cells if kept else [None if cell is None else _text(cell) for cell in cells], strict=False
        )
    return pl.DataFrame(columns)


def _text(cell: object) -> str:
    return format(cell, "f") if isinstance(cell, Decimal) and cell.is_finite() else str(cell)


def _volume(cells: Cells, side: str) -> tuple[Whole | None, NDArray[np.bool_]]:
    none = np.zeros(cells.frame.height, dtype=np.bool_)
    named = [unit for unit in UNITS if f"{side}_{unit}" in cells.frame.columns]
    if not named:
        return None, none
    if len(named) > 1:
        raise HalfhourError(
            "EB-311",
            f"{cells.subject} has {side} in two units, {side}_{named[0]} and {side}_{named[1]}.",
            "Keep one of the two columns.",
        )
    unit = named[0]
    number = Number("a volume", UNITS[unit], 0, MOST_WH, unit.replace("wh", "Wh").replace("m", "M"))
    return cells.numbers(f"{side}_{unit}", number)


def _quality(cells: Cells) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    height = cells.frame.height
    if "quality" not in cells.frame.columns:
        return np.zeros(height, dtype=np.uint8), np.zeros(height, dtype=np.bool_)
    text = cells.texts("quality").str.to_lowercase().fill_null("actual")
    gone = text.is_in(list(_MISSING))
    status = text.replace_strict(_QUALITIES, default=None, return_dtype=pl.UInt8)
    cells.refuse(status.is_null() & ~gone, "quality", "EB-312", "is no quality", "Write actual, estimated or missing.")
    return status.fill_null(0).to_numpy().astype(np.uint8), gone.to_numpy()


def _once(read: HalfHours, subject: str) -> HalfHours:
    order = np.argsort(read.keys, kind="stable")
    ordered = read.take(order) if np.any(order[1:] < order[:-1]) else read
    same = np.flatnonzero(ordered.keys[1:] == ordered.keys[:-1])
    if len(same):
        for name in ("export_wh", "import_wh", "llf_export", "llf_import"):
            values = getattr(ordered, name)
            differ = same[values[same] != values[same + 1]]
            if len(differ):
                raise HalfhourError(
                    "EB-313",
                    f"{subject}: {half_hour_text(int(ordered.keys[differ[0]]))} stands twice with different {name}; "
                    f"{len(differ)} half hours do.",
                    "Keep one row for each half hour.",
                )
        first = np.ones(len(ordered.keys), dtype=np.bool_)
        first[same + 1] = False
        ordered = _merged(ordered, first)
    return replace(ordered, missing=np.setdiff1d(ordered.missing, ordered.keys, assume_unique=True))


def _merged(ordered: HalfHours, first: NDArray[np.bool_]) -> HalfHours:
    """One row of each half hour; of two that say the same, the weaker status stays."""
    group = np.cumsum(first) - 1
    weakest = np.zeros(int(first.sum()), dtype=np.uint8)
    np.maximum.at(weakest, group, ordered.status)
    return replace(ordered.take(first), status=weakest)
