"""What the values of a readings table's columns mean, one value at a time: text or typed, to a number that arrays hold.

Follows the contract ("Readings"). Each function gives BAD for a value that it cannot take; none raises.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from halfhour.calendar.settlement_days import settlement_periods
from halfhour.formats.column_values import BAD
from halfhour.formats.readings_shapes import ACTIVE, FIRST_DAY, LAST_DAY
from halfhour.metering.readings.day_block import ACTUAL, ESTIMATED, FILE_TIME

QUANTITIES = ("AI", "AE")
REACTIVE = len(QUANTITIES)
UNDIRECTED = REACTIVE + 1

_EPOCH = date(1970, 1, 1)
_MICROSECOND = 1_000_000


def text_of(value: object) -> str:
    """A value as trimmed text; whole floats without their point, as pandas makes them of identifiers."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def msid(value: object) -> str | None:
    """An MSID or AMSID as 13 digits; None where it is not. Check digits are the register's business."""
    text = text_of(value)
    return text if re.fullmatch(r"[0-9]{13}", text) else None


def measurement_quantity(value: object, undirected: bool = False) -> int:
    """The place in QUANTITIES, REACTIVE for RI and RE, UNDIRECTED for ACTIVE in a file that may have it."""
    text = text_of(value).upper()
    if text in QUANTITIES:
        return QUANTITIES.index(text)
    if undirected and text == ACTIVE:
        return UNDIRECTED
    return REACTIVE if text in {"RI", "RE"} else BAD


def settlement_date(value: object) -> int:
    """Days since 1970-01-01 of an ISO date, a date, or a moment at midnight, from 1990 to 2099."""
    day = _as_date(value)
    return (day - _EPOCH).days if day is not None and FIRST_DAY <= day <= LAST_DAY else BAD


def periods_of_day(value: object) -> int:
    """How many Settlement Periods the day has, BAD for a bad date."""
    day = _as_date(value)
    return settlement_periods(day) if day is not None and FIRST_DAY <= day <= LAST_DAY else BAD


def day_of(number: int) -> date:
    """The date of a number of days since 1970-01-01."""
    return date.fromordinal(_EPOCH.toordinal() + number)


def _as_date(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date() if value.time() == time(0) else None
    if isinstance(value, date):
        return value
    text = text_of(value)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def settlement_period(value: object) -> int:
    """A period number from 1; whether the day has it is another question."""
    text = text_of(value)
    return int(text) if re.fullmatch(r"0?[1-9]|[1-9][0-9]", text) else BAD


def status(value: object) -> int:
    """The mark of a status: actual where there is none."""
    return {"": ACTUAL, "A": ACTUAL, "E": ESTIMATED}.get(text_of(value).upper(), BAD)


def recorded_at(value: object) -> int:
    """Microseconds since 1970 UTC of a moment, in UTC unless it says otherwise; FILE_TIME where there is none."""
    if not isinstance(value, datetime):
        text = text_of(value)
        if not text:
            return FILE_TIME
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            return BAD
    try:
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return BAD
    return microseconds(moment) if FIRST_DAY <= moment.date() <= LAST_DAY else BAD


def microseconds(moment: datetime) -> int:
    """An aware moment as microseconds since 1970 UTC, without a float in between."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * _MICROSECOND + since.microseconds


def moment_of(number: int) -> datetime:
    """The moment of a number of microseconds since 1970 UTC."""
    seconds, rest = divmod(number, _MICROSECOND)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
