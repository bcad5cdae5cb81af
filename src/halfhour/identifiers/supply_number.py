"""The full supply number ("top line") of a bill, in its two forms.

The items follow the SVA Data Catalogue; the layout of the older form (21 characters) is from secondary sources, that of
the form of half-hourly settlement reform (22) from supplier training material and REC change R0083.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from halfhour.errors import Finding, HalfhourError
from halfhour.identifiers._text import shown
from halfhour.identifiers.mpan import Mpan

WITH_MTC = re.compile(r"(?P<profile_class>0[0-8])(?P<mtc>[0-9]{3})(?P<llfc>[A-Z0-9]{3})(?P<core>[0-9]{13})")
WITH_SSC = re.compile(r"(?P<profile_class>0[0-8])(?P<ssc>[0-9]{4})(?P<llfc>[A-Z0-9]{3})(?P<core>[0-9]{13})")
FORMS = {21: WITH_MTC, 22: WITH_SSC}


@dataclass(frozen=True, slots=True)
class SupplyNumber:
    """A full supply number: the MPAN core and what is printed above it.

    Attributes:
        profile_class: two digits, `00` to `08`; `00` is printed for half-hourly supplies.
        mtc: Meter Timeswitch Class, three digits; None in the form with 22 characters.
        ssc: Standard Settlement Configuration, four digits; None in the form with 21 characters.
        llfc: Line Loss Factor Class, three letters or digits.
    """

    profile_class: str
    mtc: str | None
    ssc: str | None
    llfc: str
    mpan: Mpan

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a supply number of either form; spaces and line ends between its parts do not matter.

        Raises:
            HalfhourError: ID-104 length or make-up; ID-102, ID-103 from the MPAN core.
        """
        parts = _parts(text)
        return cls(parts["profile_class"], parts.get("mtc"), parts.get("ssc"), parts["llfc"], Mpan(parts["core"]))

    @classmethod
    def lenient(cls, text: str) -> tuple[Self, Finding | None]:
        """Read a supply number whose check digit may be wrong.

        Returns:
            The supply number, and an ID-102 warning where the check digit is wrong.

        Raises:
            HalfhourError: ID-104 length or make-up, ID-103 a short code of virtual points.
        """
        parts = _parts(text)
        mpan, finding = Mpan.lenient(parts["core"])
        return cls(parts["profile_class"], parts.get("mtc"), parts.get("ssc"), parts["llfc"], mpan), finding

    def __str__(self) -> str:
        return f"{self.profile_class} {self.mtc or self.ssc} {self.llfc} {self.mpan}"


def _parts(text: str) -> dict[str, str]:
    if not isinstance(text, str):
        raise HalfhourError("ID-104", f"Supply number is {shown(text)}, not text.", "Write it in quotes.")
    joined = "".join(text.split())
    form = FORMS.get(len(joined))
    if form is None:
        raise HalfhourError(
            "ID-104",
            f"Supply number {shown(text)} is {len(joined)} long without its spaces.",
            "A full supply number has 21 characters (with Meter Timeswitch Class) or 22 (with Standard Settlement "
            "Configuration); the MPAN core alone has 13.",
        )
    if match := form.fullmatch(joined):
        return match.groupdict()
    hint = f" Did you mean {joined.upper()!r}?" if form.fullmatch(joined.upper()) else ""
    middle = (
        "three digits of Meter Timeswitch Class" if form is WITH_MTC else "four of Standard Settlement Configuration"
    )
    raise HalfhourError(
        "ID-104",
        f"Supply number {shown(text)} has the right length but not the right parts.",
        f"Write profile class 00 to 08, {middle}, Line Loss Factor Class (three capital letters or digits) "
        f"and 13 digits of MPAN core.{hint}",
    )
