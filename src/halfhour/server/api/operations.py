"""How an operation is declared: what thing it is about, what it does to it, and every answer that it may give."""

from __future__ import annotations

from typing import Any, Literal

from halfhour.server.api.callers import ADMINISTERS, READS, RECORDS
from halfhour.server.api.problems import Problem, statuses

Access = Literal["read", "record", "administer"]

_PLACES = {"read": READS, "record": RECORDS, "administer": ADMINISTERS}
_NOT_ANSWERED = (405, 500)
"""Statuses that no operation gives: one is of an address, the other is a failure."""


def operation(thing: str, access: Access, response: Any, *, status: int | tuple[int, ...] = 200) -> dict[str, Any]:
    """What `router.get(path, ...)` and its like are told of an operation.

    Args:
        thing: of the permission table.
        access: `read`, `record` or `administer`; says which place a person needs.
        response: schema of the answer, None where it has no body.
        status: with which it is answered.
    """
    codes, other = statuses()
    given = (status,) if isinstance(status, int) else status
    refusals = sorted({*codes.values(), other} - set(_NOT_ANSWERED))
    return {
        "auth": _PLACES[access],
        "response": {**dict.fromkeys(given, response), **dict.fromkeys(refusals, Problem)},
        "openapi_extra": {"x-thing": thing, "x-access": access},
        "tags": [thing],
    }


def file_operation(thing: str, access: Access, media_type: str, *, auth: Any = None) -> dict[str, Any]:
    """What `router.get` is told of an operation whose answer is a file of a kind.

    Args:
        auth: in place of the usual one of the access.
    """
    told = operation(thing, access, None)
    told["openapi_extra"]["responses"] = {
        200: {"description": "OK", "content": {media_type: {"schema": {"type": "string"}}}}
    }
    return told if auth is None else told | {"auth": auth}
