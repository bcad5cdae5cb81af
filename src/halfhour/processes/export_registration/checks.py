"""Checks of an export MSID beside the import MSID that shares its Meter, day by day (handbook section 11, EX-201 on).

Where classes can be looked up, `halfhour.market_data.validity` answers for them; here is what compares the two sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from halfhour.errors import Finding, Severity
from halfhour.register.model import in_force
from halfhour.register.spans import in_words

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A dated fact of an MSID: a Meter Operator, or a Meter with the registers that are mapped to the MSID.

    Attributes:
        value: MPID, or serial number.
        registers: of a Meter, the measurement quantities mapped, `AI`, `AE`.
    """

    msid: str
    value: str
    effective_from: date | None = None
    effective_to: date | None = None
    registers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportPair:
    """An export MSID and the import MSID whose Meter it shares.

    Attributes:
        operators, meters: dated, of both MSIDs.
        import_live_to, export_live_from: end of the import's registration and beginning of the export's.
        other_exports: other export MSIDs on the same AE register, with its Meter's serial.
        related: whether the 'related MPAN' flag links them.
        profile_class: of a non-half-hourly export, `08`.
        expected_profile_class: as reference data has it.
        first_read_due, first_read_on: last day for the first reading, and its day.
    """

    import_msid: str
    export_msid: str
    operators: tuple[Held, ...] = ()
    meters: tuple[Held, ...] = ()
    import_live_to: date | None = None
    export_live_to: date | None = None
    other_exports: tuple[Held, ...] = ()
    related: bool = False
    profile_class: str | None = None
    expected_profile_class: str = "08"
    first_read_due: date | None = None
    first_read_on: date | None = None


Check = Callable[[ExportPair, date], str]
"""What is wrong on a day, in words that stay the same while it is the same; empty where nothing is."""


def distinct_cores(pair: ExportPair, _day: date) -> str:
    """EX-201: the cores differ, and the distributor is the same."""
    if pair.import_msid == pair.export_msid:
        return "Import and export have the same core."
    same = pair.import_msid[:2] == pair.export_msid[:2]
    return "" if same else f"Import {pair.import_msid} and export {pair.export_msid} are of different distributors."


def same_serial(pair: ExportPair, day: date) -> str:
    """EX-202: the Meter of the import is the Meter of the export."""
    imported, exported = (_values(pair.meters, msid, day) for msid in (pair.import_msid, pair.export_msid))
    if imported == exported and imported:
        return ""
    return f"Import has Meter {_listed(imported)}, export {_listed(exported)}."


def same_operator(pair: ExportPair, day: date) -> str:
    """EX-203: the Meter Operator of the import is the Meter Operator of the export."""
    imported, exported = (_values(pair.operators, msid, day) for msid in (pair.import_msid, pair.export_msid))
    if imported == exported and imported:
        return ""
    return f"Import has Meter Operator {_listed(imported)}, export {_listed(exported)}."


def export_register(pair: ExportPair, day: date) -> str:
    """EX-204: an AE register is mapped to the export, and no AI register."""
    held = [one for one in pair.meters if one.msid == pair.export_msid and _holds(one, day)]
    if any("AI" in one.registers for one in held):
        return "An AI register is mapped to the export."
    return "" if any("AE" in one.registers for one in held) else "No AE register is mapped to the export."


def profile(pair: ExportPair, _day: date) -> str:
    """EX-208: the profile class is the one of reference data."""
    if pair.profile_class in (None, pair.expected_profile_class):
        return ""
    return f"Profile class {pair.profile_class} is not {pair.expected_profile_class}."


def import_still_there(pair: ExportPair, day: date) -> str:
    """EX-209: no export is live when the import is disconnected."""
    gone = pair.import_live_to is not None and day >= pair.import_live_to
    live = pair.export_live_to is None or day < pair.export_live_to
    return f"The import was disconnected on {pair.import_live_to} and the export is live." if gone and live else ""


def one_export_on_a_register(pair: ExportPair, day: date) -> str:
    """EX-210: no other export MSID has the same AE register."""
    serials = _values(pair.meters, pair.export_msid, day)
    others = sorted(one.msid for one in pair.other_exports if one.value in serials and _holds(one, day))
    return f"Its AE register is also that of {_listed(others)}." if others else ""


def first_read(pair: ExportPair, day: date) -> str:
    """EX-211: the first reading came in time; until it does, a default is used."""
    if pair.first_read_due is None or day <= pair.first_read_due:
        return ""
    come = pair.first_read_on is not None and day >= pair.first_read_on
    return "" if come else f"The first reading was due on {pair.first_read_due}; a default is in use."


def not_related(pair: ExportPair, _day: date) -> str:
    """EX-212: 'related' means several imports of one premises, and links no export."""
    return "The 'related MPAN' flag links import and export." if pair.related else ""


CHECKS: tuple[tuple[str, Severity, Check, str], ...] = (
    ("EX-201", "error", distinct_cores, "Look at the allocation; write down an exception."),
    ("EX-202", "error", same_serial, "Ask the Meter Operator for Meter Technical Details of both MSIDs."),
    ("EX-203", "error", same_operator, "The export Supplier appoints the import's Meter Operator from that day."),
    ("EX-204", "error", export_register, "Ask the Meter Operator to map the AE register to the export."),
    ("EX-208", "warning", profile, "Look it up, and change it where it is wrong."),
    ("EX-209", "error", import_still_there, "De-energise and disconnect the export, and end its agents."),
    ("EX-210", "error", one_export_on_a_register, "Disconnect one of them."),
    ("EX-211", "warning", first_read, "Chase the Data Collector."),
    ("EX-212", "error", not_related, "Take the flag off."),
)
"""Code, severity, check, next step; in the handbook's order."""


def check_pair(pair: ExportPair, first: date, until: date) -> list[Finding]:
    """Every check on every day from `first` to the day before `until`, one finding for each run of the same days.

    Raises:
        ValueError: the days do not run forwards.
    """
    if until <= first:
        raise ValueError(f"{first} to {until} is no day")
    found = []
    for code, severity, check, step in CHECKS:
        for start, end, problem in _runs(pair, check, first, until):
            message = f"{problem} So it is {in_words((start, end))}, {(end - start).days} days."
            found.append(Finding(code, severity, message, step, msid=pair.export_msid, settlement_date=start))
    return found


def _runs(pair: ExportPair, check: Check, first: date, until: date) -> Iterator[tuple[date, date, str]]:
    start, problem, day = first, "", first
    while day < until:
        now = check(pair, day)
        if now != problem:
            if problem:
                yield start, day, problem
            start, problem = day, now
        day += ONE_DAY
    if problem:
        yield start, until, problem


def _holds(one: Held, day: date) -> bool:
    return in_force(one.effective_from, one.effective_to, day)


def _values(held: Sequence[Held], msid: str, day: date) -> set[str]:
    return {one.value for one in held if one.msid == msid and _holds(one, day)}


def _listed(values: set[str] | list[str]) -> str:
    return ", ".join(sorted(values)) or "none"
