"""MPAN cores and AMSIDs: 13 digits, of which the last checks the first twelve.

Follows the SVA Data Catalogue volume 2 v52.0 ("Metering System Id"). The weights of the check digit come from secondary
sources and agree with 16 published MPANs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import mul
from typing import Self

from halfhour.errors import Finding, HalfhourError
from halfhour.identifiers._text import shown
from halfhour.identifiers.networks import distributors

WEIGHTS = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
"""Primes for positions 1 to 12; 11 is left out, since the sum is taken modulo 11."""

VIRTUAL_SHORT_CODES = frozenset({"88", "99"})
"""Used by local tools for virtual points of their own, so never an MSID; in Market Domain Data 99 is a test id."""

ASSET_SHORT_CODES = ("77", "78")
"""First two digits of AMSIDs (Market Domain Data)."""

CORE = re.compile(r"[0-9]{13}|[0-9]{2} [0-9]{4} [0-9]{4} [0-9]{3}")
_ASCII_ZEROS = sum(WEIGHTS) * ord("0")


def check_digit(first_twelve: str) -> int:
    """The thirteenth digit of an MPAN core: the weighted sum of the first twelve, modulo 11, modulo 10.

    Args:
        first_twelve: twelve digits as text.

    Returns:
        0 to 9.

    Raises:
        HalfhourError: ID-101 where it is not twelve digits.
    """
    if not (isinstance(first_twelve, str) and re.fullmatch(r"[0-9]{12}", first_twelve)):
        raise HalfhourError(
            "ID-101",
            f"A check digit is worked out from twelve digits, not from {shown(first_twelve)}.",
            "Give the MPAN core without its last digit, without spaces.",
        )
    return _check_digit(first_twelve)


def _check_digit(digits: str) -> int:
    # map stops at the shorter of the two, so a thirteenth digit takes no part.
    weighted: int = sum(map(mul, digits.encode(), WEIGHTS))
    return (weighted - _ASCII_ZEROS) % 11 % 10


def is_msid_or_amsid(text: str) -> bool:
    """Whether a text is an MPAN core of 13 digits without spaces, or 13 digits with the short code of an AMSID.

    That an AMSID's check digit follows the MPAN's rule is open (handbook chargeable-imports 6.1).
    """
    if not re.fullmatch(r"[0-9]{13}", text):
        return False
    return text.startswith(ASSET_SHORT_CODES) or is_good(text)


def is_good(text: object) -> bool:
    """Whether `Mpan(text)` would be accepted; for checking many numbers without an exception for each bad one."""
    if not (isinstance(text, str) and CORE.fullmatch(text)):
        return False
    core = text.replace(" ", "")
    return core[:2] not in VIRTUAL_SHORT_CODES and _check_digit(core) == int(core[12])


@dataclass(frozen=True, slots=True, order=True)
class Mpan:
    """An MPAN core, which is the MSID of a Metering System: 13 digits, kept as text.

    Args:
        core: 13 digits, or the same in the display grouping 2-4-4-3 with single spaces.

    Raises:
        HalfhourError: ID-101 form, ID-102 check digit, ID-103 a short code of virtual points (88, 99).
    """

    core: str

    def __post_init__(self) -> None:
        core = _ungrouped(self.core, "MPAN core")
        _refuse_virtual(core)
        if finding := _digit_finding(core, "MPAN core"):
            raise HalfhourError(finding.code, finding.message, finding.next_step)
        object.__setattr__(self, "core", core)

    @classmethod
    def lenient(cls, text: str) -> tuple[Self, Finding | None]:
        """Read a number whose check digit may be wrong, as in files made of dummies.

        Returns:
            The MPAN, and an ID-102 warning where the check digit is wrong.

        Raises:
            HalfhourError: ID-101 form, ID-103 a short code of virtual points.
        """
        core = _ungrouped(text, "MPAN core")
        _refuse_virtual(core)
        mpan = object.__new__(cls)
        object.__setattr__(mpan, "core", core)
        return mpan, _digit_finding(core, "MPAN core")

    @property
    def distributor_id(self) -> str:
        """The distributor's short code: the first two digits."""
        return self.core[:2]

    @property
    def check_digit(self) -> int:
        """The thirteenth digit as it stands."""
        return int(self.core[12])

    @property
    def grouped(self) -> str:
        """The display grouping: `10 1234 5678 903`."""
        return _grouped(self.core)

    def __str__(self) -> str:
        return self.core


@dataclass(frozen=True, slots=True, order=True)
class Amsid:
    """The id of an Asset Metering System, for one direction: 13 digits, kept as text.

    Whether the check digit follows the rule of the MPAN is not confirmed, so a digit that does not is a warning
    (`digit_finding`), never a refusal.

    Args:
        number: 13 digits, or the same in the display grouping 2-4-4-3.

    Raises:
        HalfhourError: ID-101 form, ID-103 a short code that is not of an Asset Metering network (77, 78).
    """

    number: str

    def __post_init__(self) -> None:
        number = _ungrouped(self.number, "AMSID")
        asset_networks = {network.short_code: network for network in distributors() if network.kind == "asset"}
        if number[:2] not in asset_networks:
            codes = ", ".join(f"{code} ({network.mpid})" for code, network in sorted(asset_networks.items()))
            raise HalfhourError(
                "ID-103",
                f"AMSID {number} has short code {number[:2]}, which is not of an Asset Metering network.",
                f"The known ones are {codes}. If the number is an MSID, give it as a boundary meter's.",
            )
        object.__setattr__(self, "number", number)

    @property
    def distributor_id(self) -> str:
        """The short code of the Asset Metering network: the first two digits."""
        return self.number[:2]

    @property
    def digit_finding(self) -> Finding | None:
        """An ID-102 warning where the last digit is not the one that the MPAN rule gives."""
        return _digit_finding(self.number, "AMSID")

    @property
    def grouped(self) -> str:
        """The display grouping: `77 0000 0000 010`."""
        return _grouped(self.number)

    def __str__(self) -> str:
        return self.number


def _ungrouped(text: object, what: str) -> str:
    if not isinstance(text, str):
        raise HalfhourError(
            "ID-101",
            f"{what} is {shown(text)}, not text.",
            "Write it in quotes: a number would lose leading zeros.",
        )
    if not CORE.fullmatch(text):
        raise HalfhourError("ID-101", f"{what} {shown(text)} {_fault(text)}.", _form_hint(text))
    return text.replace(" ", "")


def _fault(text: str) -> str:
    digits = sum("0" <= character <= "9" for character in text)
    others = sum(character != " " for character in text) - digits
    if not text:
        return "is empty"
    if others:
        return f"has {others} character{'s' if others > 1 else ''} other than digits"
    if digits != 13:
        return f"has {digits} digits, not 13"
    return "has spaces other than those of the display grouping"


def _form_hint(text: str) -> str:
    digits = "".join(character for character in text if "0" <= character <= "9")
    if len(digits) == 13 and len(text) < 32:
        return f"Write 13 digits, or two, four, four and three with single spaces: {digits} or {_grouped(digits)}."
    return "Write 13 digits, or two, four, four and three with single spaces."


def _refuse_virtual(core: str) -> None:
    if core[:2] in VIRTUAL_SHORT_CODES:
        raise HalfhourError(
            "ID-103",
            f"{core} has short code {core[:2]}, which local tools use for virtual points; it is no MSID.",
            "Give the MSID that the distributor issued.",
        )


def _digit_finding(number: str, what: str) -> Finding | None:
    right = _check_digit(number)
    if right == int(number[12]):
        return None
    corrected = number[:12] + str(right)
    return Finding(
        code="ID-102",
        severity="warning",
        message=f"{what} {_grouped(number)} ends in {number[12]}, which is not its check digit.",
        next_step=(
            f"The digit should be {right} ({corrected}) if the first twelve are right; "
            "compare with a bill or the registration system."
        ),
        msid=number,
    )


def _grouped(number: str) -> str:
    return f"{number[:2]} {number[2:6]} {number[6:10]} {number[10:]}"
