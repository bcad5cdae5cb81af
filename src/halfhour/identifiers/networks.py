"""Distributors and GSP Groups: short codes, when each is live, and which GSP Group a distributor's code stands for.

From Market Domain Data 377 (June 2026); the pairing of GSP Group and distributor is from a public distributor map.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from halfhour.errors import HalfhourError
from halfhour.identifiers._text import shown

NetworkKind = Literal["dno", "idno", "asset", "test"]


@dataclass(frozen=True, slots=True)
class GspGroup:
    """One of the 14 GSP Groups with the distributor whose area it is.

    Attributes:
        id: `_A` to `_P`; there is no `_I` and no `_O`.
        short_code, mpid, distributor: of the distributor of that area.
    """

    id: str
    name: str
    short_code: str
    mpid: str
    distributor: str


@dataclass(frozen=True, slots=True)
class Distributor:
    """A distributor's short code and when it is live.

    Attributes:
        short_code: two digits, the first two of its MPANs.
        kind: `dno` (its code stands for a GSP Group), `idno` (independent), `asset` (Asset Metering networks, whose
            numbers are AMSIDs) or `test` (ids of the REC company).
        effective_from: first day live.
        effective_to: first day no longer live; None is an open end.
    """

    short_code: str
    mpid: str
    name: str
    kind: NetworkKind
    effective_from: date
    effective_to: date | None


def _rows(name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def gsp_groups() -> tuple[GspGroup, ...]:
    """The 14 GSP Groups in order of id."""
    return tuple(
        GspGroup(row["id"], row["name"], row["short_code"], row["mpid"], row["distributor"])
        for row in _rows("gsp_groups.csv")
    )


@cache
def distributors() -> tuple[Distributor, ...]:
    """Every distributor of Market Domain Data, ended and future ones among them, in order of short code."""
    return tuple(
        Distributor(
            row["short_code"],
            row["mpid"],
            row["name"],
            cast("NetworkKind", row["kind"]),
            date.fromisoformat(row["effective_from"]),
            date.fromisoformat(row["effective_to"]) if row["effective_to"] else None,
        )
        for row in _rows("distributors.csv")
    )


def gsp_group(group_id: str) -> GspGroup:
    """The GSP Group of that id.

    Raises:
        HalfhourError: ID-106 where there is none.
    """
    for group in gsp_groups():
        if group.id == group_id:
            return group
    known = [group.id for group in gsp_groups()]
    hint = f" Did you mean '_{group_id}'?" if f"_{group_id}" in known else ""
    raise HalfhourError("ID-106", f"{shown(group_id)} is not a GSP Group.", f"The 14 ids are {', '.join(known)}.{hint}")


def gsp_group_of_distributor(short_code: str) -> GspGroup:
    """The GSP Group that a distributor's short code stands for; only the codes of the 14 areas stand for one.

    Raises:
        HalfhourError: ID-105 for codes 24 and above, ID-103 for anything else that is no distributor's code.
    """
    for group in gsp_groups():
        if group.short_code == short_code:
            return group
    if not re.fullmatch(r"2[4-9]|[3-9][0-9]", short_code):
        raise _unknown_short_code(short_code)
    raise HalfhourError(
        "ID-105",
        f"Short code {short_code} is not of one of the 14 areas and says nothing about the GSP Group.",
        "Take the GSP Group from the registration of the Metering System.",
    )


def distributor(short_code: str) -> Distributor:
    """The distributor that has, had or will have the short code.

    Raises:
        HalfhourError: ID-103 where no distributor has it.
    """
    for network in distributors():
        if network.short_code == short_code:
            return network
    raise _unknown_short_code(short_code)


def distributor_on(short_code: str, day: date) -> Distributor:
    """The distributor whose short code is live on the day.

    Raises:
        HalfhourError: ID-103 where the code is unknown, ended or not yet begun on that day.
    """
    return live_on(distributor(short_code), day)


def live_on(network: Distributor, day: date) -> Distributor:
    """The distributor itself, where it is live on the day.

    Raises:
        HalfhourError: ID-103 where it has ended or not yet begun on that day.
    """
    if day < network.effective_from:
        raise HalfhourError(
            "ID-103",
            f"Short code {network.short_code} ({network.mpid}, {network.name}) is not live on {day}: "
            f"it begins on {network.effective_from}.",
            "Check the number and the date.",
        )
    if network.effective_to is not None and day >= network.effective_to:
        raise HalfhourError(
            "ID-103",
            f"Short code {network.short_code} ({network.mpid}, {network.name}) is not live on {day}: "
            f"its last day was {network.effective_to - timedelta(days=1)}.",
            "Check the date, or find the number under which the supply is registered now.",
        )
    return network


def _unknown_short_code(short_code: object) -> HalfhourError:
    return HalfhourError(
        "ID-103",
        f"{shown(short_code)} is not the short code of any distributor in Market Domain Data 377.",
        "Check the first two digits; a distributor newer than June 2026 needs newer reference data.",
    )


def market_participant_id(text: str) -> str:
    """A Market Participant Id, CHAR(4): checked for its form and given back.

    Raises:
        HalfhourError: ID-107 where it is not four capital letters or digits.
    """
    if isinstance(text, str) and re.fullmatch(r"[A-Z0-9]{4}", text):
        return text
    hint = ""
    if isinstance(text, str) and re.fullmatch(r"\s*[A-Za-z0-9]{4}\s*", text, re.ASCII):
        hint = f" Did you mean {text.strip().upper()!r}?"
    raise HalfhourError(
        "ID-107", f"{shown(text)} is not a Market Participant Id.", f"Write four capital letters or digits.{hint}"
    )
