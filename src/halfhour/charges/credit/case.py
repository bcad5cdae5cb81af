"""The case file of a credit question: account, price, cover, BM Units, contracts, metered volumes and charges.

One TOML file; unknown keys are refused with the nearest known one, and everything wrong is told at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from halfhour.charges.credit.bm_units import BmUnit, secalf_fault
from halfhour.charges.credit.price import SuppliedCap
from halfhour.charges.credit.values import number
from halfhour.charges.credit.volumes import CASE_COLUMNS, Block, Series, read_table
from halfhour.charges.credit.windows import LONGEST_WINDOW, Boundaries
from halfhour.errors import Finding, HalfhourError, Refused
from halfhour.identifiers import BmUnitId

LARGEST_FILE_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class LodgedCover:
    """Credit cover lodged from a day on, until the next; None = before every other [£]."""

    gbp: Decimal
    effective_from: date | None


@dataclass(frozen=True, slots=True)
class DailyCharges:
    """Trading Charges of each Settlement Day of `[effective_from, effective_to)` [£]; positive = the Party owes."""

    gbp: Decimal
    effective_from: date | None
    effective_to: date | None

    def holds(self, day: date) -> bool:
        """Whether they are given for the day."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day < self.effective_to)


@dataclass(frozen=True, slots=True)
class Plant:
    """A plant whose treatments are to be compared; its half-hourly output is the FPN given for it.

    Attributes:
        gc_mw: Generation Capacity [MW].
        secalf: its Supplier Export factor; None = not known.
    """

    id: BmUnitId
    gc_mw: Decimal
    secalf: Decimal | None


@dataclass(frozen=True, slots=True)
class CreditCase:
    """Everything that a credit question rests on.

    Attributes:
        name: of the account, for headings.
        as_of: the day checked, where a command names none.
        first_day: first Settlement Day of trading; None = before everything that counts.
        mei_mwh, aei_mwh: stated in place of metered volumes and Trading Charges; None = computed from them.
        caps: prices supplied.
        cover: cover lodged, in order of day.
        fpn: by BM Unit id.
    """

    name: str
    as_of: date
    units: tuple[BmUnit, ...] = ()
    first_day: date | None = None
    mei_mwh: Decimal | None = None
    aei_mwh: Decimal | None = None
    caps: tuple[SuppliedCap, ...] = ()
    cover: tuple[LodgedCover, ...] = ()
    contracts: Series = field(default_factory=lambda: Series("The contracts"))
    metered: Series = field(default_factory=lambda: Series("The metered volume of the account"))
    fpn: Mapping[str, Series] = field(default_factory=dict)
    charges: tuple[DailyCharges, ...] = ()
    boundaries: Boundaries = field(default_factory=Boundaries)
    plant: Plant | None = None

    def cover_on(self, day: date) -> Decimal | None:
        """The cover lodged on a day [£]; None where the case states none for it."""
        found = None
        for one in self.cover:
            if one.effective_from is None or one.effective_from <= day:
                found = one.gbp
        return found

    def with_cap(self, gbp_per_mwh: Decimal) -> CreditCase:
        """The same case at one price for every day."""
        return replace(self, caps=(SuppliedCap(gbp_per_mwh, "the command line"),))

    def with_cover(self, gbp: Decimal) -> CreditCase:
        """The same case with one cover for every day."""
        return replace(self, cover=(LodgedCover(gbp, None),))


def read_case(path: Path) -> CreditCase:
    """Read and check a case file.

    Raises:
        Refused: EB-201, with a finding for everything that is wrong in it; EB-220 for its table of half hours.
    """
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise Refused("EB-201", f"{path} is larger than 10 MB.", "Put half hours into a CSV file.", [])
        content = tomllib.loads(path.read_bytes().decode("utf-8"), parse_float=Decimal)
    except OSError as error:
        raise Refused("EB-201", f"{path} cannot be read: {error.strerror}.", "Check the path.", []) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError, ArithmeticError, RecursionError) as error:
        # Numbers with too many digits and nesting without end are no TOML errors of their own.
        reason = "it nests too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise Refused("EB-201", f"{path} is no TOML file: {reason}.", "Correct the file.", []) from None
    return _Reader(path).case(content)


class _Fault(ValueError):  # noqa: N818 - says what the value is
    """What is wrong with one value: completes "`key` ..."."""


def _amount(value: object) -> Decimal:
    return number(value)


def _at_least_zero(value: object) -> Decimal:
    found = number(value)
    if found < 0:
        raise _Fault(f"is {found}, and must not be negative")
    return found


def _above_zero(value: object) -> Decimal:
    found = number(value)
    if found <= 0:
        raise _Fault(f"is {found}, and must be above zero")
    return found


def _at_most_zero(value: object) -> Decimal:
    found = number(value)
    if found > 0:
        raise _Fault(f"is {found}, and a Demand Capacity is not above zero: write demand as a negative number")
    return found


def _factor(value: object) -> Decimal:
    found = number(value)
    if not 0 <= found <= 1:
        raise _Fault(f"is {found}, and a load factor lies between 0 and 1")
    return found


def _percent(value: object) -> Decimal:
    found = number(value)
    if not 0 <= found <= 100:
        raise _Fault(f"is {found}, and a percentage lies between 0 and 100")
    return found


def _day(value: object) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise _Fault("is not a date; write it without quotes, such as 2025-12-31")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > 200:
        raise _Fault("is not a text of 1 to 200 characters")
    return value.strip()


def _unit_id(value: object) -> BmUnitId:
    try:
        return BmUnitId.parse(_text(value))
    except HalfhourError as error:
        raise _Fault(f"names no BM Unit: {error.message} {error.next_step}") from None


def _flag(value: object) -> str:
    return _one_of(value, ("P", "C"))


def _days(value: object) -> str:
    return _one_of(value, ("all", "working", "non-working"))


def _one_of(value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _Fault(f"is none of {', '.join(known)}")
    return str(value)


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Fault("is neither true nor false")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_WINDOW:
        raise _Fault(f"is not a whole number from 1 to {LONGEST_WINDOW}")
    return value


def _periods(value: object) -> tuple[tuple[int, int], ...]:
    found = []
    for part in _text(value).split(","):
        first, dash, last = part.strip().partition("-")
        ends = (first.strip(), last.strip() if dash else first.strip())
        if not all(end.isascii() and end.isdigit() and len(end) <= 2 for end in ends):
            raise _Fault("is no list of Settlement Periods such as 15-38,41")
        low, high = int(ends[0]), int(ends[1])
        if not 1 <= low <= high <= 50:
            raise _Fault("names Settlement Periods beyond 1 to 50, or backwards")
        found.append((low, high))
    return tuple(found)


Kind = Callable[[object], Any]

_SPAN: dict[str, Kind] = {"from": _day, "to": _day}
_BLOCK: dict[str, Kind] = {**_SPAN, "periods": _periods, "days": _days}

_SECTIONS: dict[str, tuple[bool, dict[str, Kind], tuple[str, ...]]] = {
    # name: (may come more than once, keys, those that must be there)
    "account": (
        False,
        {
            "name": _text,
            "as_of": _day,
            "first_day": _day,
            "mei_mwh": _amount,
            "aei_mwh": _amount,
            "half_hours": _text,
        },
        ("name", "as_of"),
    ),
    "boundaries": (
        False,
        {
            "interim_run_working_days": _count,
            "initial_run_working_days": _count,
            "payment_calendar_days": _count,
        },
        (),
    ),
    "cap": (True, {"gbp_per_mwh": _above_zero, "source": _text, **_SPAN}, ("gbp_per_mwh", "source")),
    "cover": (True, {"gbp": _at_least_zero, "from": _day}, ("gbp",)),
    "bm_unit": (
        True,
        {
            "id": _unit_id,
            "gc": _at_least_zero,
            "dc": _at_most_zero,
            "flag": _flag,
            "exempt_export": _yes_or_no,
            "fpn": _yes_or_no,
            "calf": _factor,
            "calf_wd": _factor,
            "calf_nwd": _factor,
            "secalf": _factor,
            "reallocated_percent": _percent,
            "reallocated_mwh": _amount,
            **_SPAN,
        },
        ("id", "gc", "dc"),
    ),
    "contract": (True, {"bought_mwh": _at_least_zero, "sold_mwh": _at_least_zero, **_BLOCK}, ()),
    "fpn": (True, {"bm_unit": _unit_id, "mwh": _amount, **_BLOCK}, ("bm_unit", "mwh")),
    "metered": (True, {"mwh": _amount, **_BLOCK}, ("mwh",)),
    "trading_charges": (True, {"gbp": _amount, **_SPAN}, ("gbp",)),
    "plant": (False, {"id": _unit_id, "gc": _above_zero, "secalf": _factor}, ("id", "gc")),
}

Entry = Mapping[str, Any]


class _Reader:
    """Reads one case and collects everything that is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.findings: list[Finding] = []

    def fault(self, code: str, where: str, message: str, next_step: str) -> None:
        self.findings.append(Finding(code, "error", message, next_step, where=f"{self.path.name}: {where}"))

    def case(self, content: Mapping[str, object]) -> CreditCase:
        for name in content:
            if name not in _SECTIONS:
                self.fault("EB-202", f"[{name[:60]}]", f"There is no section '{name[:60]}'.", _near(name, _SECTIONS))
        read = {name: list(self._entries(name, content.get(name))) for name in _SECTIONS}
        if "account" not in content:
            self.fault("EB-203", "[account]", "There is no [account].", "Add it with `name` and `as_of`.")
        units = tuple(self._units(read["bm_unit"]))
        contracts = tuple(self._contracts(read["contract"]))
        cover = self._cover(read["cover"])
        self._references(read, units)
        self._dates(read)
        self._stop_if_wrong()
        account = read["account"][0]
        boundaries = Boundaries(**read["boundaries"][0]) if read["boundaries"] else Boundaries()
        tables = self._tables(account)
        for kind, unit_id in tables:
            if kind == "fpn" and unit_id not in self._known(read, units):
                self.fault(
                    "EB-207",
                    account["half_hours"],
                    f"BM Unit {unit_id[:40]} is neither in [[bm_unit]] nor in [plant].",
                    _near(unit_id, self._known(read, units)),
                )
        self._stop_if_wrong()
        plant = read["plant"][0] if read["plant"] else None
        fpn_ids = {str(entry["bm_unit"]) for entry in read["fpn"]} | {unit for kind, unit in tables if kind == "fpn"}
        return CreditCase(
            name=account["name"],
            as_of=account["as_of"],
            units=units,
            first_day=account.get("first_day"),
            mei_mwh=account.get("mei_mwh"),
            aei_mwh=account.get("aei_mwh"),
            caps=tuple(
                SuppliedCap(one["gbp_per_mwh"], one["source"], one.get("from"), one.get("to")) for one in read["cap"]
            ),
            cover=cover,
            contracts=Series("The contracts", contracts, tables.get(("contract", ""), {})),
            metered=Series(
                "The metered volume of the account",
                tuple(_block(entry, entry["mwh"]) for entry in read["metered"]),
                tables.get(("metered", ""), {}),
            ),
            fpn={
                unit: Series(
                    f"The FPN of {unit}",
                    tuple(_block(entry, entry["mwh"]) for entry in read["fpn"] if str(entry["bm_unit"]) == unit),
                    tables.get(("fpn", unit), {}),
                )
                for unit in sorted(fpn_ids)
            },
            charges=tuple(DailyCharges(one["gbp"], one.get("from"), one.get("to")) for one in read["trading_charges"]),
            boundaries=boundaries,
            plant=None if plant is None else Plant(plant["id"], plant["gc"], plant.get("secalf")),
        )

    def _stop_if_wrong(self) -> None:
        if self.findings:
            number_found = len(self.findings)
            raise Refused(
                "EB-201",
                f"{self.path.name} cannot be used: {number_found} {'thing is' if number_found == 1 else 'things are'} "
                "wrong in it.",
                "Correct what the findings name; `halfhour credit cover --help` shows a case.",
                self.findings,
            )

    def _entries(self, section: str, given: object) -> Iterator[Entry]:
        repeated, keys, required = _SECTIONS[section]
        if given is None:
            return
        heading = f"[[{section}]]" if repeated else f"[{section}]"
        tables = given if repeated else [given]
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self.fault("EB-202", heading, f"'{section}' is not written as {heading}.", f"Begin it with {heading}.")
            return
        for position, table in enumerate(tables, start=1):
            where = f"{heading} {position}" if repeated else heading
            entry: dict[str, Any] = {}
            for key, value in table.items():
                if key not in keys:
                    self.fault("EB-202", where, f"There is no key '{key[:60]}' in {heading}.", _near(key, keys))
                    continue
                try:
                    entry[key] = keys[key](value)
                except ValueError as fault:
                    self.fault("EB-204", where, f"`{key}` {fault}.", "Correct the value.")
            for key in required:
                if key not in table:
                    self.fault("EB-203", where, f"`{key}` is missing.", f"Add it to {heading}.")
            if all(key in entry for key in required):
                yield entry

    def _units(self, entries: list[Entry]) -> Iterator[BmUnit]:
        for entry in entries:
            unit_id: BmUnitId = entry["id"]
            where = f"[[bm_unit]] {unit_id}"
            supplier = unit_id.kind in ("supplier", "supplier-cfd")
            flag = entry.get("flag", "C" if supplier or unit_id.kind == "interconnector" else None)
            if flag is None:
                step = 'Add flag = "P" (Production) or "C" (Consumption), as in the BM Unit register.'
                self.fault("EB-203", where, f"`flag` of {unit_id} is missing.", step)
                continue
            unit = BmUnit(
                id=unit_id,
                gc_mw=entry["gc"],
                dc_mw=entry["dc"],
                flag=flag,
                exempt_export=entry.get("exempt_export", False),
                submits_fpn=entry.get("fpn", False),
                calf=entry.get("calf"),
                calf_wd=entry.get("calf_wd"),
                calf_nwd=entry.get("calf_nwd"),
                secalf=entry.get("secalf"),
                reallocated_percent=entry.get("reallocated_percent", Decimal(0)),
                reallocated_mwh=entry.get("reallocated_mwh", Decimal(0)),
                effective_from=entry.get("from"),
                effective_to=entry.get("to"),
            )
            if unit.exempt_export and unit_id.kind != "embedded":
                step = "An Exempt Export BM Unit is embedded and registered in CVA: its id begins with E_."
                self.fault("EB-206", where, f"{unit_id} cannot be an Exempt Export BM Unit.", step)
            elif unit.secalf is not None and (fault := secalf_fault(unit)):
                step = "Leave secalf out and give calf_wd and calf_nwd, or correct the capacities."
                self.fault("EB-206", where, f"{unit_id} cannot have a SECALF: {fault}.", step)
            yield unit

    def _contracts(self, entries: list[Entry]) -> Iterator[Block]:
        for position, entry in enumerate(entries, start=1):
            where = f"[[contract]] {position}"
            if ("bought_mwh" in entry) == ("sold_mwh" in entry):
                self.fault(
                    "EB-203",
                    where,
                    "A contract is either bought or sold.",
                    "Give one of bought_mwh and sold_mwh, per half hour.",
                )
                continue
            # qabc is positive for energy sold.
            yield _block(entry, entry["sold_mwh"] if "sold_mwh" in entry else -entry["bought_mwh"])

    def _cover(self, entries: list[Entry]) -> tuple[LodgedCover, ...]:
        first = [entry for entry in entries if "from" not in entry]
        dated = sorted((entry for entry in entries if "from" in entry), key=lambda entry: entry["from"])
        starts = [entry["from"] for entry in dated]
        if len(first) > 1 or len(set(starts)) < len(starts):
            self.fault(
                "EB-205", "[[cover]]", "Two amounts of cover begin on the same day.", "Give each its own `from`."
            )
        return tuple(LodgedCover(entry["gbp"], entry.get("from")) for entry in [*first, *dated])

    def _references(self, read: Mapping[str, list[Entry]], units: tuple[BmUnit, ...]) -> None:
        known = self._known(read, units)
        for position, entry in enumerate(read["fpn"], start=1):
            if str(entry["bm_unit"]) not in known:
                self.fault(
                    "EB-207",
                    f"[[fpn]] {position}",
                    f"BM Unit {entry['bm_unit']} is neither in [[bm_unit]] nor in [plant].",
                    _near(str(entry["bm_unit"]), known),
                )
        for unit in units:
            if any(str(entry["id"]) == str(unit.id) for entry in read["plant"]):
                step = "Leave it out of [[bm_unit]]: each treatment adds it in its own way."
                self.fault("EB-207", "[plant]", f"The plant {unit.id} is also a BM Unit of the account.", step)
        for position, unit in enumerate(units):
            for other in units[:position]:
                if unit.id == other.id and _overlap(unit, other):
                    self.fault(
                        "EB-205",
                        f"[[bm_unit]] {unit.id}",
                        f"BM Unit {unit.id} is given twice for the same days.",
                        "Give each its own days with `from` and `to`.",
                    )

    def _known(self, read: Mapping[str, list[Entry]], units: tuple[BmUnit, ...]) -> set[str]:
        return {str(unit.id) for unit in units} | {str(entry["id"]) for entry in read["plant"]}

    def _dates(self, read: Mapping[str, list[Entry]]) -> None:
        for section, entries in read.items():
            for position, entry in enumerate(entries, start=1):
                start, end = entry.get("from"), entry.get("to")
                if start is not None and end is not None and end <= start:
                    self.fault(
                        "EB-205",
                        f"[[{section}]] {position}",
                        f"It has no day: `to` {end} is the first day no longer included, and `from` is {start}.",
                        "Give a later `to`.",
                    )
        for entry in read["account"]:
            if "first_day" in entry and entry["first_day"] > entry["as_of"]:
                self.fault(
                    "EB-205",
                    "[account]",
                    f"`as_of` {entry['as_of']} is before `first_day` {entry['first_day']}.",
                    "Check a day on which the account has traded.",
                )

    def _tables(self, account: Entry) -> dict[tuple[str, str], Any]:
        if "half_hours" not in account:
            return {}
        return dict(read_table(self.path.parent / account["half_hours"], CASE_COLUMNS))


def _block(entry: Entry, mwh: Decimal) -> Block:
    return Block(mwh, entry.get("from"), entry.get("to"), entry.get("periods", ()), entry.get("days", "all"))


def _overlap(one: BmUnit, other: BmUnit) -> bool:
    def end(unit: BmUnit) -> date:
        return unit.effective_to or date.max

    def start(unit: BmUnit) -> date:
        return unit.effective_from or date.min

    return start(one) < end(other) and start(other) < end(one)


def _near(name: str, known: Mapping[str, object] | set[str]) -> str:
    close = get_close_matches(name[:60], list(known), n=1)
    return f"Did you mean '{close[0]}'?" if close else f"Known are: {', '.join(sorted(known)) or 'none'}."
