"""What each role may read and record, as one table of data; the one place where that is said."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Access = Literal["read", "record", "administer"]
Reach = Literal["own", "site", "all"]


@dataclass(frozen=True, slots=True)
class Role:
    """A role that an organisation holds on a Metering System, a site, a case or a file.

    Attributes:
        meaning: what makes an organisation hold it.
        market_roles: Market Participant Role Codes that it stands for.
    """

    name: str
    title: str
    meaning: str
    market_roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of thing, and how far each role may do what to it.

    Attributes:
        kinds: the register's kinds of fact that it is.
        source, mark: why it is so, and how sure: `doc`, `secondary` or `inferred`.
    """

    name: str
    title: str
    kinds: tuple[str, ...]
    reach: Mapping[Access, Mapping[str, Reach]]
    source: str
    mark: str


@cache
def _table() -> tuple[dict[str, Role], dict[str, Thing]]:
    written = tomllib.loads(files(__package__).joinpath("data", "permissions.toml").read_text(encoding="utf-8"))
    roles = {
        name: Role(name, one["title"], one["meaning"], tuple(one["market_roles"]))
        for name, one in written["role"].items()
    }
    accesses: tuple[Access, ...] = ("read", "record", "administer")
    things = {
        name: Thing(
            name,
            one["title"],
            tuple(one.get("kinds", ())),
            {access: one.get(access, {}) for access in accesses},
            one["source"],
            one["mark"],
        )
        for name, one in written["thing"].items()
    }
    return roles, things


def roles() -> dict[str, Role]:
    """Every role, in the order of the table."""
    return _table()[0]


def things() -> dict[str, Thing]:
    """Every kind of thing, in the order of the table."""
    return _table()[1]


def reach(role: str, thing: str, access: Access) -> Reach | None:
    """How far a role may do what to a kind of thing; None = not at all."""
    return things()[thing].reach[access].get(role)


def thing_of_kind(kind: str) -> str:
    """The kind of thing that a kind of fact of the register is, empty where no role reads it."""
    return next((thing.name for thing in things().values() if kind in thing.kinds), "")


def role_of_code(market_role: str) -> str:
    """The role of a Market Participant Role Code, empty where it stands for none."""
    return next((role.name for role in roles().values() if market_role in role.market_roles), "")
