"""BM Unit ids: what kind of unit an id names, and for which GSP Group and party.

Form text(11) from data item N0034; the patterns are those of the public BM Unit register, the names of the kinds from
secondary sources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Self

from halfhour.errors import HalfhourError
from halfhour.identifiers._text import shown
from halfhour.identifiers.networks import gsp_groups

BmUnitKind = Literal[
    "transmission", "embedded", "supplier", "supplier-cfd", "secondary", "interconnector", "miscellaneous"
]

NAMED: dict[str, BmUnitKind] = {
    "T": "transmission",
    "E": "embedded",
    "I": "interconnector",
    "M": "miscellaneous",
}
GROUPED: dict[str, BmUnitKind] = {"2": "supplier", "C": "supplier-cfd", "V": "secondary"}

NAMED_FORM = re.compile(r"(?P<prefix>[TEIM])_(?P<name>[A-Z0-9][A-Z0-9_-]{0,8})")
GROUPED_FORM = re.compile(r"(?P<prefix>[2CV])__(?P<letter>[A-Z])(?P<party>[A-Z0-9]{4})(?P<number>[0-9]{3})")


@dataclass(frozen=True, slots=True)
class BmUnitId:
    """A BM Unit id taken apart.

    Attributes:
        text: the id, at most 11 characters.
        kind: what the prefix says: `T_` transmission, `E_` embedded, `2__` supplier, `C__` supplier-cfd,
            `V__` secondary, `I_` interconnector, `M_` miscellaneous.
        gsp_group: id such as `_A` for `2__`, `C__` and `V__`; None for the others.
        party: four characters of the Supplier or the party of a Secondary BM Unit; None for the others.
        number: 0 to 999 for `2__`, `C__` and `V__`; None for the others.
    """

    text: str
    kind: BmUnitKind
    gsp_group: str | None = None
    party: str | None = None
    number: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a BM Unit id.

        Raises:
            HalfhourError: ID-120 where it follows no pattern or its letter is not of a GSP Group.
        """
        if not isinstance(text, str):
            raise HalfhourError("ID-120", f"BM Unit id is {shown(text)}, not text.", "Write it in quotes.")
        if match := NAMED_FORM.fullmatch(text):
            return cls(text, NAMED[match["prefix"]])
        match = GROUPED_FORM.fullmatch(text)
        if match is None:
            raise HalfhourError("ID-120", f"{shown(text)} is not a BM Unit id.", _hint(text))
        group = f"_{match['letter']}"
        known = [group.id for group in gsp_groups()]
        if group not in known:
            raise HalfhourError(
                "ID-120",
                f"BM Unit id {text} names GSP Group {group}, which does not exist.",
                f"The fourth character is the letter of one of {', '.join(known)}.",
            )
        return cls(text, GROUPED[match["prefix"]], group, match["party"], int(match["number"]))

    @property
    def supplier(self) -> str | None:
        """The Supplier's id of a Supplier BM Unit (`2__`, `C__`); None for the others."""
        return self.party if self.kind in ("supplier", "supplier-cfd") else None

    @property
    def is_base(self) -> bool:
        """Whether it is a Supplier's Base BM Unit, to which its MSIDs of the GSP Group belong by default."""
        return self.kind == "supplier" and self.number == 0

    def __str__(self) -> str:
        return self.text


def _hint(text: str) -> str:
    tidied = text.strip().upper()
    if tidied != text and (NAMED_FORM.fullmatch(tidied) or GROUPED_FORM.fullmatch(tidied)):
        return f"Did you mean {tidied!r}?"
    if text[:1] in GROUPED:
        return (
            f"Write {text[0]}__ with two underscores, the letter of the GSP Group, four characters of the party and "
            f"three digits, for example {text[0]}__HABCD001."
        )
    if text[:1] in NAMED:
        return f"Write {text[0]}_ and a name of at most nine capital letters, digits and hyphens."
    return "An id begins with T_, E_, I_, M_, 2__, C__ or V__, for example 2__HABCD000."
