"""Reading a demand series for Triads: the highest half hour of each day, or every half hour, as CSV.

Columns `settlement_date` (ISO), `settlement_period` and `net_system_demand_mw`, in any order and case; others are named
and left out. A file with a row that cannot be used is refused as a whole, since the row may hold the peak.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

from halfhour.calendar import check_period, parse_day, settlement_periods
from halfhour.charges.triads import DayPeak
from halfhour.errors import Finding, HalfhourError, Refused

DATE_COLUMN = "settlement_date"
PERIOD_COLUMN = "settlement_period"
DEMAND_COLUMN = "net_system_demand_mw"

# Great Britain has never taken a tenth of this; a larger number is in another unit.
LARGEST_MW = 1_000_000
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
PERIOD = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class DemandSeries:
    """A demand series as read.

    Attributes:
        half_hours: in the order of the file.
        half_hourly: whether a day has more than its peak.
        incomplete_days: of a half-hourly series, the days some of whose periods are absent, in order.
        columns_left_out: columns of the file that have no use here.
    """

    half_hours: tuple[DayPeak, ...]
    half_hourly: bool
    incomplete_days: tuple[date, ...]
    columns_left_out: tuple[str, ...]


def read_demand(path: Path, demand_column: str = DEMAND_COLUMN) -> DemandSeries:
    """Read a demand series.

    Args:
        path: of a CSV file with a header, UTF-8.
        demand_column: column of the demand [MW].

    Raises:
        HalfhourError: EB-130 the file cannot be read, has no such columns or no rows.
        Refused: EB-131 with a finding for each row that cannot be used (EB-132) and each half hour that has two
            different demands (EB-133).
    """
    try:
        with path.open("r", encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            header = [name.strip().lower() for name in next(reader, [])]
            places = _places(path, header, demand_column.strip().lower())
            found, findings = _read(path, reader, len(header), places)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = (error.strerror or "unreadable") if isinstance(error, OSError) else "it is no CSV text in UTF-8"
        raise HalfhourError(
            "EB-130", f"{path} cannot be read as a demand series: {why}.", "Give a CSV file with a header, in UTF-8."
        ) from None
    if findings:
        raise Refused(
            "EB-131",
            f"{path.name} has {len(findings)} rows that cannot be used, the first at {findings[0].where}.",
            "Correct the rows that the findings name: any of them may hold the peak.",
            findings,
        )
    if not found:
        raise HalfhourError("EB-130", f"{path.name} has no row of demand.", "Give a demand series.")
    counts = Counter(peak.settlement_date for peak in found)
    half_hourly = max(counts.values()) > 1
    incomplete = sorted(day for day, count in counts.items() if count < settlement_periods(day)) if half_hourly else []
    left_out = [name for place, name in enumerate(header) if place not in places]
    return DemandSeries(tuple(found), half_hourly, tuple(incomplete), tuple(left_out))


def _places(path: Path, header: list[str], demand_column: str) -> tuple[int, int, int]:
    wanted = (DATE_COLUMN, PERIOD_COLUMN, demand_column)
    for name in wanted:
        if header.count(name) != 1:
            near = get_close_matches(name, header, n=1)
            why = f"has {header.count(name)} columns {name}" if name in header else f"has no column {name}"
            raise HalfhourError(
                "EB-130",
                f"{path.name} {why}. Its columns: {', '.join(header) or 'none'}.",
                (f"Is {near[0]} meant? " if near and name not in header else "")
                + f"Give {DATE_COLUMN}, {PERIOD_COLUMN} and {DEMAND_COLUMN}, or name the column of the demand.",
            )
    return header.index(wanted[0]), header.index(wanted[1]), header.index(wanted[2])


def _read(
    path: Path, reader: Iterable[list[str]], width: int, places: tuple[int, int, int]
) -> tuple[list[DayPeak], list[Finding]]:
    found: dict[tuple[date, int], DayPeak] = {}
    findings: list[Finding] = []
    for line, row in enumerate(reader, start=2):
        if not any(cell.strip() for cell in row):
            continue
        where = f"{path.name}:{line}"
        problems = list(_problems(row, width, places))
        if problems:
            findings += [Finding("EB-132", "error", text, step, where=where) for text, step in problems]
            continue
        day, period, demand = (row[place].strip() for place in places)
        peak = DayPeak(date.fromisoformat(day), int(period), Decimal(demand))
        before = found.setdefault((peak.settlement_date, peak.settlement_period), peak)
        if before.demand_mw != peak.demand_mw:
            findings.append(
                Finding(
                    "EB-133",
                    "error",
                    f"{day} period {period} has two demands, {before.demand_mw} and {peak.demand_mw} MW.",
                    "Keep one settlement run for each half hour.",
                    where=where,
                    settlement_date=peak.settlement_date,
                    settlement_period=peak.settlement_period,
                )
            )
    return list(found.values()), findings


def _problems(row: list[str], width: int, places: tuple[int, int, int]) -> Iterator[tuple[str, str]]:
    """What is wrong with a row, and what to do about it."""
    if len(row) != width:
        yield f"The row has {len(row)} cells for {width} columns.", "Give one cell for each column."
        return
    day, period, demand = (row[place].strip() for place in places)
    try:
        settlement_date = parse_day(day)
        check_period(settlement_date, int(period) if PERIOD.fullmatch(period) else 0)
    except HalfhourError as error:
        yield error.message, error.next_step
    if not NUMBER.fullmatch(demand) or not 0 < Decimal(demand) < LARGEST_MW:
        yield (
            f"Net system demand {demand[:40]!r} is not a number of MW above 0.",
            "Write MW in digits, with a point, and leave a half hour that is not known out.",
        )
