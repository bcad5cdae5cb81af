"""Columns of text as scaled integers: decimals read exactly, with every cell that cannot be read named by its row.

Used for half-hourly volumes and for market inputs alike. A number is written plainly, such as -12.345: neither an
exponent nor a float is taken, since neither says how many of its digits are meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from halfhour.calendar import settlement_periods
from halfhour.charges.benefits.exact import Whole, as_decimal
from halfhour.errors import Finding, HalfhourError, Refused

EPOCH = date(1970, 1, 1)
PERIODS_A_DAY = 64
"""Room for a day's half hours in a key; a day has at most 50."""
FINDINGS_SHOWN = 20
_LONGEST = 40

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)
"""There was no half-hourly settlement before the pool of 1990; the calendar ends with 2099."""


def key_of(day: date, period: int) -> int:
    """A half hour as one number, in order of time within a year's table."""
    return (day - EPOCH).days * PERIODS_A_DAY + period


def half_hour_of(key: int) -> tuple[date, int]:
    """The Settlement Day and period of a key."""
    return date.fromordinal(EPOCH.toordinal() + key // PERIODS_A_DAY), key % PERIODS_A_DAY


def half_hour_text(key: int) -> str:
    """`2014-12-04 SP 35`."""
    day, period = half_hour_of(key)
    return f"{day} SP {period}"


@dataclass(frozen=True, slots=True)
class Number:
    """What a column of numbers may hold: decimals kept, least and most as scaled integers, unit in words."""

    name: str
    decimals: int
    least: int
    most: int
    unit: str


class Cells:
    """A table whose cells are read one column at a time; what is wrong is collected and refused together."""

    def __init__(self, frame: pl.DataFrame, subject: str) -> None:
        self.frame = frame
        self.subject = subject
        self.found: list[Finding] = []
        self.wrong = 0

    def texts(self, name: str) -> pl.Series:
        """A column as text without surrounding blanks; null where it is empty.

        Raises:
            HalfhourError: EB-312 the column holds floats.
        """
        column = self.frame[name]
        if column.dtype.is_float():
            raise HalfhourError(
                "EB-312",
                f"{self.subject}: column {name} holds floats, whose digits are not all meant.",
                "Give decimals, text, or whole watt-hours.",
            )
        text = column.cast(pl.String).str.strip_chars()
        return text.set(text == "", None)

    def keys(self) -> Whole:
        """The half hours of the rows, by `key_of`; 0 where day or period cannot be read, which is then a finding.

        A period that the day does not have is BAD_PERIOD: EB-121.
        """
        column = self.frame["settlement_date"]
        if column.dtype == pl.Date:
            days = column
        else:
            text = self.texts("settlement_date")
            days = text.str.to_date("%Y-%m-%d", strict=False)
            days = days.set(text.str.len_bytes() != 10, None)
        day = days.is_between(FIRST_DAY, LAST_DAY).fill_null(value=False)
        self.refuse(~day, "settlement_date", "EB-312", "is no day of half-hourly settlement", "Write ISO dates.")
        period = self.frame["settlement_period"]
        if period.dtype.is_integer():
            period = period.cast(pl.Int64)
        else:
            period = self.texts("settlement_period").str.extract(r"^0*([0-9]{1,2})$").cast(pl.Int64)
        last = pl.Series(
            days.fill_null(FIRST_DAY).replace_strict(
                {one: settlement_periods(one) for one in days.filter(day).unique()}, default=0, return_dtype=pl.Int64
            )
        )
        good = (period.is_not_null() & (period >= 1) & (period <= last)).fill_null(value=False)
        self.refuse(
            ~good & day,
            "settlement_period",
            "EB-121",
            "is not one of the day's Settlement Periods (BAD_PERIOD)",
            "Give 1 to 48; 1 to 46 in spring and 1 to 50 in autumn when the clocks change.",
        )
        keys = days.cast(pl.Int32).cast(pl.Int64) * PERIODS_A_DAY + period
        return keys.set(~(good & day), 0).fill_null(0).to_numpy().astype(np.int64)

    def numbers(self, name: str, number: Number) -> tuple[Whole, NDArray[np.bool_]]:
        """A column as scaled integers, and which rows have one; an empty cell is absence, not a finding."""
        column = self.frame[name]
        if column.dtype.is_integer() or (column.dtype.is_decimal() and _scale(column) <= number.decimals):
            # Whole numbers already: no way round by text.
            unit = 10 ** (number.decimals - (_scale(column) if column.dtype.is_decimal() else 0))
            known = column.to_physical() if column.dtype.is_decimal() else column
            known = known.set(~known.is_between(-(-number.least // unit), number.most // unit), None)
            value = known.cast(pl.Int64) * unit
            given = column.is_not_null()
        else:
            value, given = self._parsed(name, number)
        self.refuse(
            given & value.is_null(),
            name,
            "EB-312",
            f"is not {number.name} in {number.unit} that can be reckoned with",
            f"Write a plain number with at most {number.decimals} decimals, from "
            f"{_plain(number.least, number.decimals)} to {_plain(number.most, number.decimals)}.",
        )
        have = value.is_not_null().to_numpy()
        return value.fill_null(0).to_numpy().astype(np.int64), have

    def _parsed(self, name: str, number: Number) -> tuple[pl.Series, pl.Series]:
        text = self.texts(name)
        sign = text.str.extract(r"^([+-]?)[0-9]*\.?[0-9]*$")
        whole = text.str.extract(r"^[+-]?([0-9]*)\.?[0-9]*$").str.strip_chars_start("0")
        part = text.str.extract(r"^[+-]?[0-9]*\.?([0-9]*)$").str.strip_chars_end("0")
        good = (
            text.str.contains("[0-9]")
            & (part.str.len_bytes() <= number.decimals)
            & (whole.str.len_bytes() + number.decimals <= 18)
        ).fill_null(value=False)
        joined = (whole + part.str.pad_end(number.decimals, "0")).set(~good, None)
        value = joined.set(joined == "", "0").cast(pl.Int64)
        value = value * sign.replace_strict({"-": -1}, default=1, return_dtype=pl.Int64)
        value = value.set(~value.is_between(number.least, number.most), None)
        return value, text.is_not_null()

    def refuse(self, bad: pl.Series, name: str, code: str, what: str, step: str) -> None:
        """Take down the rows that are bad, the first of them by name."""
        count = int(bad.sum())
        self.wrong += count
        for row in bad.arg_true().to_list()[: max(FINDINGS_SHOWN - len(self.found), 0)]:
            cell = str(self.frame[name][row])[:_LONGEST]
            self.found.append(Finding(code, "error", f"{name} '{cell}' {what}.", step, f"{self.subject}:{row + 2}"))

    def raise_if_wrong(self) -> None:
        """Refuse the table as a whole.

        Raises:
            Refused: EB-312, or EB-121 where nothing but periods is wrong.
        """
        if not self.found:
            return
        code = self.found[0].code if len({finding.code for finding in self.found}) == 1 else "EB-312"
        raise Refused(
            code,
            f"{self.subject}: {self.wrong} cells cannot be used, the first: {self.found[0].message}",
            self.found[0].next_step,
            self.found,
        )


def _scale(column: pl.Series) -> int:
    return int(getattr(column.dtype, "scale", 0) or 0)


def _plain(whole: int, decimals: int) -> str:
    text = format(as_decimal(whole, decimals), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
