"""Reads exchange files another way than the program: line by line, with the csv module, datetimes and decimals."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
Key = tuple[str, str, date, int]
Found = dict[Key, set[int]]

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Refused(Exception):  # noqa: N818 - what the file is
    """The file as a whole is not used."""


def read_slowly(name: str, data: bytes, directions: dict[str, str]) -> dict[Key, int] | None:
    """Wh of the usable half hours; None of a file that is refused."""
    found: Found = {}
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        if b"\0" in data[:4096]:
            raise Refused
        READERS[name](text.split("\n"), directions, found)
    except (UnicodeDecodeError, Refused):
        return None
    return {key: wh.pop() for key, wh in found.items() if len(wh) == 1}


def _fields(line: str, count: int) -> list[str] | None:
    if not line.strip(" \t,"):
        return None
    reader = csv.reader([line + "\n", "\n"])
    try:
        fields = next(reader)
    except csv.Error:
        raise Refused from None
    if reader.line_num != 1 or len(fields) != count:
        raise Refused
    fields = [field.strip(" \t") for field in fields]
    return fields if any(fields) else None


def _titles(line: str) -> list[str]:
    reader = csv.reader([line + "\n", "\n"])
    titles = next(reader)
    if reader.line_num != 1:
        raise Refused
    return titles


def _are_titles(mpan: list[str], stamp: list[str]) -> bool:
    word = "".join(mpan).strip()
    return word[:1].isalpha() and not any(letter.isdigit() for letter in word + "".join(stamp))


def _keep(found: Found, msid: str, quantity: str, start: datetime | None, value: str, status: str) -> None:
    """Take one value, as the row checks would, for the half hour that starts then."""
    msid = msid.replace(" ", "")
    if not value or start is None or status not in {"A", "E"} or not re.fullmatch(r"[0-9]{13}", msid):
        return
    if quantity not in {"AI", "AE"} or not NUMBER.fullmatch(value) or not 1990 <= start.astimezone(LONDON).year <= 2099:
        return
    kwh = Decimal(value)
    # The sign of -0 counts for nothing.
    if kwh < 0 or kwh > 1_000_000:
        return
    local = start.astimezone(LONDON)
    midnight = datetime(local.year, local.month, local.day, tzinfo=LONDON).astimezone(UTC)
    period = (start - midnight) // timedelta(minutes=30) + 1
    wh = int((kwh * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))
    found.setdefault((msid, quantity, local.date(), period), set()).add(wh)


def _moment(day: tuple[int, int, int], time: str, seconds: bool) -> datetime | None:
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})" + ("(:00)?" if seconds else ""), time)
    if not match or not 1990 <= day[0] <= 2099 or match[2] not in {"00", "30"}:
        return None
    try:
        return datetime(*day, int(match[1]), int(match[2]), tzinfo=UTC)
    except ValueError:
        return None


def _day(text: str, form: str) -> tuple[int, int, int] | None:
    match = re.fullmatch(form, text)
    return (int(match["y"]), int(match["m"]), int(match["d"])) if match else None


SLASHES = r"(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})"
HYPHENS = r"(?P<d>[0-9]{1,2})-(?P<m>[0-9]{1,2})-(?P<y>[0-9]{4})"
ISO = r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})"


def _df2(lines: list[str], directions: dict[str, str], found: Found) -> None:
    msid = sensor = None
    first = True
    for line in lines:
        text = line.strip(" \t")
        if first:
            if not text.strip(","):
                continue
            if text.upper().rstrip(", \t") != "#F2":
                raise Refused
            first = False
        elif text.upper().startswith("#O"):
            msid = text[2:].strip(" \t,").split("-")[0].replace(" ", "")
            if not msid:
                raise Refused
        elif text.upper().startswith("#S"):
            sensor = text[2:].strip(" \t,")
            if sensor not in {"1", "2", "3", "4"}:
                raise Refused
        elif text.startswith("#"):
            if text.upper().rstrip(", \t") != "#F2":
                raise Refused
        elif (fields := _fields(line, 4)) is not None:
            if msid is None or sensor is None:
                raise Refused
            day = _day(fields[0], SLASHES)
            end = None if day is None else _moment(day, fields[1], seconds=True)
            start = None if end is None else end - timedelta(minutes=30)
            quantity = directions.get(msid, "") if sensor in {"1", "2"} else ""
            _keep(found, msid, quantity, start, fields[2], fields[3][-1:].upper())


def _simple(lines: list[str], directions: dict[str, str], found: Found) -> None:
    first = True
    for line in lines:
        if first and line.strip(" \t,"):
            first = False
            titles = _titles(line)
            if _are_titles(titles[:1], titles[2:3]):
                continue
        if (fields := _fields(line, 5)) is None:
            continue
        day, time = _day(fields[2][:10], ISO), fields[2][11:]
        start = None if day is None or fields[2][10:11] != " " else _moment(day, time, seconds=False)
        msid, quantity = fields[0].replace(" ", ""), fields[1].upper()
        quantity = directions.get(msid, "") if quantity == "ACTIVE" else quantity
        _keep(found, msid, quantity, start, fields[3], fields[4].upper())


def _bg(lines: list[str], directions: dict[str, str], found: Found) -> None:
    for line in lines:
        if (fields := _fields(line, 51)) is None:
            continue
        day = _day(fields[2], SLASHES)
        start = None if day is None else _moment(day, "00:00", seconds=False)
        for nth, value in enumerate(fields[3:]):
            moment = None if start is None else start + nth * timedelta(minutes=30)
            msid = fields[0].replace(" ", "")
            _keep(found, msid, directions.get(msid, ""), moment, value, "A")


def _edf(lines: list[str], directions: dict[str, str], found: Found) -> None:
    first = True
    for line in lines:
        if first and line.strip(" \t,"):
            first = False
            titles = _titles(line)
            if _are_titles(titles[1:2], titles[3:4]):
                continue
        if (fields := _fields(line, 104)) is None:
            continue
        values = fields[4:54]
        values = values[: values.index("-")] if "-" in values else values
        day = _day(fields[3], HYPHENS)
        if day is None or _moment(day, "00:00", seconds=False) is None:
            continue
        midnight = datetime(*day, tzinfo=LONDON).astimezone(UTC)
        following = date(*day) + timedelta(days=1)
        end = datetime(following.year, following.month, following.day, tzinfo=LONDON).astimezone(UTC)
        given = [nth for nth, value in enumerate(values) if value]
        if given and given[-1] >= (end - midnight) // timedelta(minutes=30):
            continue
        for nth in given:
            status = {"ACTUAL": "A", "ESTIMATED": "E", "-": "E"}.get(fields[54 + nth].upper(), "")
            _keep(found, fields[1], fields[2].upper(), midnight + nth * timedelta(minutes=30), values[nth], status)


READERS: dict[str, Callable[[list[str], dict[str, str], Found], None]] = {
    "a.df2": _df2,
    "bg.csv": _bg,
    "edf.csv": _edf,
    "simple.csv": _simple,
}
