"""The forms of the classes that Market Domain Data gives a Metering System, and their padding.

Follows identifiers-and-market-data 5 to 8: files lose the leading zeros of Meter Timeswitch Classes and profile
classes, and hold Line Loss Factor Classes of one or two characters that statements print with three.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from halfhour.errors import HalfhourError
from halfhour.identifiers._text import shown


@dataclass(frozen=True, slots=True)
class ClassForm:
    """How a class is written.

    Attributes:
        what: its name with its article, as it reads in a message.
        form: what may be written.
        in_words: the same for people.
        length: what is shorter is filled with zeros on the left, `90` to `090` and `5A` to `05A`.
    """

    what: str
    form: re.Pattern[str]
    in_words: str
    length: int

    def read(self, text: str) -> str | None:
        """The class as the market data store holds it, None where the text is none."""
        return text.zfill(self.length) if self.form.fullmatch(text) else None


LINE_LOSS_FACTOR_CLASS = ClassForm(
    "a Line Loss Factor Class", re.compile(r"[A-Z0-9]{1,3}"), "at most three capital letters or digits", 3
)
METER_TIMESWITCH_CLASS = ClassForm("a Meter Timeswitch Class", re.compile(r"[0-9]{1,3}"), "its three digits", 3)
STANDARD_SETTLEMENT_CONFIGURATION = ClassForm(
    "a Standard Settlement Configuration", re.compile(r"[0-9]{4}"), "its four digits", 4
)
PROFILE_CLASS = ClassForm("a profile class", re.compile(r"0?[0-8]"), "two digits, 00 to 08", 2)


def read_class(form: ClassForm, text: str) -> str:
    """A class as the market data store holds it.

    Raises:
        HalfhourError: ID-108 where the text is not of the form.
    """
    found = form.read(text)
    if found is None:
        hint = f" Did you mean {text.upper()!r}?" if form.read(text.upper()) else ""
        raise HalfhourError("ID-108", f"{shown(text)} is not {form.what}.", f"Write {form.in_words}.{hint}")
    return found
