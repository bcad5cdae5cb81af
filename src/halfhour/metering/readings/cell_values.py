"""What the values of a readings table's columns mean, one value at a time: text or typed, to a number that arrays hold.

Follows the contract ("Readings"). Each function gives BAD for a value that it cannot take; none raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from halfhour.calendar.settlement_days import settlement_periods
from halfhour.metering.readings.day_block import ACTUAL, ESTIMATED, FILE_TIME

BAD = -1

FIRST_DAY = date(1990, 1, 1)
"""There was no half-hourly settlement, and so no reading, before the pool of 1990."""

LAST_DAY = date(2099, 12, 31)
"""Where the calendar ends."""

QUANTITIES = ("AI", "AE")
REACTIVE = len(QUANTITIES)

_EPOCH = date(1970, 1, 1)
_MICROSECOND = 1_000_000


def decoded(column: pa.Array, meaning: Callable[[object], int]) -> NDArray[np.int64]:
    """The meaning of each value of a column, asked once for each different value; null is asked as None."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = encoded.dictionary
    meanings = [meaning(python_value(value)) for value in values]
    table = np.array([*meanings, meaning(None)], dtype=np.int64)
    indices = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    found: NDArray[np.int64] = table[indices]
    return found


def python_value(value: pa.Scalar) -> object:
    """A value as Python has it; of dates and time zones that Python has not, a text that no check will take."""
    try:
        return value.as_py()
    except (ValueError, OverflowError, LookupError):
        return "a date beyond all calendars"


def shown(value: object) -> str:
    """A value as it appears in a message."""
    if value is None or value == "":
        return "nothing"
    text = str(value)
    return repr(text if len(text) <= 40 else text[:40] + "…")


def text_of(value: object) -> str:
    """A value as trimmed text; whole floats without their point, as pandas makes them of identifiers."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def msid(value: object) -> str | None:
    """An MSID or AMSID as 13 digits; None where it is not. Check digits are the register's business."""
    text = text_of(value)
    return text if re.fullmatch(r"[0-9]{13}", text) else None


def measurement_quantity(value: object) -> int:
    """The place in QUANTITIES, REACTIVE for RI and RE."""
    text = text_of(value).upper()
    if text in QUANTITIES:
        return QUANTITIES.index(text)
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
