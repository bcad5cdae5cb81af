"""Counts and sums of files worked out the slow way, line by line, with nothing of the program's readers.

Follows the handbook (file-formats 1 to 5) and the contract ("Readings"). Layouts are read from their TOML files alone.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tomllib
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
MOST_WH = 1_000_000_000

TRAILERS = {"ZHV": "ZPT", "ZHD": "ZPT", "AAA": "ZZZ"}
FLOW_AT = {"ZHV": 2, "ZHD": 2, "AAA": 1}
"""Where the header has the flow and its version, the id counted as 0."""

HalfHour = tuple[str, str, date, int]
"""MSID, quantity, Settlement Date, Settlement Period."""


def unpacked(data: bytes) -> bytes:
    """The content of a gzip file, of a ZIP archive of one file, or of what is neither."""
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (member,) = (entry for entry in archive.infolist() if not entry.is_dir())
            return archive.read(member)
    return data


@cache
def shipped_layouts() -> dict[str, dict[str, Any]]:
    """The layout files that come with the program, by flow and version, as they are written."""
    folder = files("halfhour.formats.flows").joinpath("layouts")
    found = {}
    for file in folder.iterdir():
        if file.name.endswith(".toml"):
            found[file.name.removesuffix(".toml")] = tomllib.loads(file.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True)
class Lines:
    """A file of records: its first line, its last, and those between, without line ends."""

    header: list[str]
    body: list[list[str]]
    trailer: list[str]
    raw_header: str
    raw_body: list[str]

    @property
    def kind(self) -> str:
        return self.header[0]

    @property
    def flow_version(self) -> str:
        at = FLOW_AT.get(self.kind, 0)
        return self.header[at] if len(self.header) > at else ""

    @property
    def layout(self) -> dict[str, Any] | None:
        return shipped_layouts().get(self.flow_version)

    def parents(self) -> dict[str, str]:
        """The parent of each group of the layout, empty at the top."""
        return {} if self.layout is None else {group["id"]: group.get("parent", "") for group in self.layout["group"]}

    def count(self, group: str) -> int:
        return sum(items[0] == group for items in self.body)

    def instances(self) -> int:
        """How many groups stand at the top."""
        return sum(self.parents().get(items[0], "-") == "" for items in self.body)

    def instance_numbers(self) -> list[int]:
        """Of each line of the body, which instance it belongs to, from 1; 0 before the first."""
        parents, number, found = self.parents(), 0, []
        for items in self.body:
            number += parents.get(items[0], "-") == ""
            found.append(number)
        return found


def lines_of(data: bytes) -> Lines | None:
    """A file taken apart at its line feeds; None where it has not even two lines."""
    text = data.decode("latin-1").replace("\r\n", "\n").rstrip("\r\n")
    lines = text.split("\n")
    if len(lines) < 2:
        return None
    apart = [line.split("|") for line in lines]
    return Lines(apart[0], apart[1:-1], apart[-1], lines[0], lines[1:-1])


def checksum(records: list[str]) -> int:
    """The exclusive-or of the records, each filled with NUL to words of four bytes."""
    words = [0, 0, 0, 0]
    for record in records:
        for place, byte in enumerate(record.encode("latin-1")):
            words[place % 4] ^= byte
    return int.from_bytes(bytes(words), "big")


def checksum_of(lines: Lines) -> int:
    """What the trailer of a NETA or Pool Transfer file must say."""
    header = lines.raw_header
    if lines.kind == "ZHD":
        kept = [lines.header[0], *(item for item in lines.header[1:2] if item), *lines.header[2:8]]
        header = "|".join(kept)
    return checksum([header, *lines.raw_body])


def repaired(data: bytes) -> bytes:
    """The same file with a trailer whose counts and checksum are right, so that a reader looks at the rest."""
    lines = lines_of(data)
    if lines is None or lines.kind not in TRAILERS:
        return data
    end = b"\r\n" if b"\r\n" in data[:500] else b"\n"
    kept = data.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    if lines.trailer[0] == TRAILERS[lines.kind]:
        kept.pop()
    else:
        lines = lines_of(data.rstrip(b"\n") + b"\nZPT|\n") or lines
    if lines.kind == "ZHV":
        file_id = lines.header[1] if len(lines.header) > 1 else ""
        trailer = f"ZPT|{file_id}|{len(lines.body)}||{lines.instances()}|20250303090000|"
    else:
        pipe = "|" if lines.kind == "AAA" else ""
        trailer = f"{TRAILERS[lines.kind]}|{len(lines.body) + 2}|{checksum_of(lines)}{pipe}"
    return end.join([*kept, trailer.encode("latin-1"), b""])


# Days and half hours


def day_written(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date() if re.fullmatch("[0-9]{8}", text) else None  # noqa: DTZ007
    except ValueError:
        return None


def periods(day: date) -> int:
    """Half hours between one local midnight and the next."""
    ends = [datetime(at.year, at.month, at.day, tzinfo=LONDON) for at in (day, day + timedelta(days=1))]
    return (ends[1].astimezone(UTC) - ends[0].astimezone(UTC)) // HALF_HOUR


def watt_hours(text: str) -> int | None:
    """Whole Wh of kWh as written, half to even; None where it is no reading."""
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        return None
    try:
        kwh = Decimal(text)
        if kwh < 0 or kwh > 2_000_000:
            return None
        wh = int((kwh * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))
    except InvalidOperation:
        return None
    return wh if wh <= MOST_WH else None


def agreed(found: dict[HalfHour, set[int]]) -> dict[HalfHour, int]:
    """The half hours of which a file gives one value only."""
    return {key: next(iter(values)) for key, values in found.items() if len(values) == 1}


def slow_csv(data: bytes) -> dict[HalfHour, int] | None:
    """Wh of the usable half hours of a long or wide CSV; None of a file that has times of record."""
    text = unpacked(data).removeprefix(b"\xef\xbb\xbf").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    begin = next(number for number, line in enumerate(lines) if line.strip(" \t,"))
    names = [name.strip().lower() for name in next(csv.reader([lines[begin]]))]
    if "recorded_at" in names:
        return None
    found: dict[HalfHour, set[int]] = {}
    for line in lines[begin + 1 :]:
        fields = _one_line(line)
        if fields is None or len(fields) != len(names):
            continue
        entry = {name: field.strip() for name, field in zip(names, fields, strict=True)}
        numbers = dict(zip(names, (field.strip(" \t") for field in fields), strict=True))
        day = _iso_day(entry["settlement_date"])
        quantity = entry["measurement_quantity"].upper()
        if not re.fullmatch("[0-9]{13}", entry["msid"]) or quantity not in ("AI", "AE") or day is None:
            continue
        if entry.get("status", "").upper() not in ("", "A", "E"):
            continue
        if "settlement_period" in names:
            cells = [(entry["settlement_period"], numbers["kwh"])]
        else:
            cells = [(str(number), numbers.get(f"p{number}", "")) for number in range(1, 51)]
        for period, kwh in cells:
            wh = watt_hours(kwh)
            if wh is not None and re.fullmatch("0?[1-9]|[1-9][0-9]", period) and int(period) <= periods(day):
                found.setdefault((entry["msid"], quantity, day, int(period)), set()).add(wh)
    return agreed(found)


def _one_line(line: str) -> list[str] | None:
    reader = csv.reader(io.StringIO(line + "\n\n"))
    try:
        fields = next(reader)
    except csv.Error:
        return None
    return fields if reader.line_num == 1 else None


def _iso_day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2099 else None


@dataclass(frozen=True)
class AdvanceDay:
    """The advances of one day of a D0036 or D0275, with the instance that they belong to."""

    instance: int
    mpan: str
    quantity: str
    day: date | None
    kwh: list[str]


def advance_days(lines: Lines) -> list[AdvanceDay]:
    """The days of a flow of advances, by order alone."""
    layout = lines.layout
    assert layout is not None
    leaf = layout["advances"]["group"]
    day_group = layout["advances"]["date"].split(".")[0]
    meter = layout["advances"]["mpan"].split(".")[0]
    found: list[AdvanceDay] = []
    instance, mpan, quantity = 0, "", ""
    for line in lines.body:
        # Whatever an instance lacks is its own trouble, and it is rejected for it.
        items = [*line, "", ""]
        if items[0] == meter:
            instance, mpan, quantity = instance + 1, items[1], items[2]
        elif items[0] == day_group:
            found.append(AdvanceDay(instance, mpan, quantity, day_written(items[1]), []))
        elif items[0] == leaf:
            if not found or found[-1].instance != instance:
                found.append(AdvanceDay(instance, mpan, quantity, None, []))
            found[-1].kwh.append(items[2])
    return found


LossFactors = list[tuple[str, date, list[int]]]
"""Class, day and thousandths of each period, in order of the file."""


def loss_factors(lines: Lines) -> LossFactors:
    """What a D0265 holds, by order alone."""
    found: LossFactors = []
    llfc = ""
    for items in lines.body:
        if items[0] == "LLF":
            llfc = items[1]
        elif items[0] == "SDT":
            day = day_written(items[1])
            assert day is not None
            found.append((llfc, day, [0] * 50))
        elif items[0] == "SPL":
            found[-1][2][int(items[1]) - 1] = int(Decimal(items[2]) * 1000)
    return found


def table_rows(data: bytes) -> int:
    """Rows of a table of market data after its header, lines with nothing on them left out."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    return sum(bool(row) for row in csv.reader(io.StringIO(text, newline=""))) - 1
