"""Which role may call which operation, worked out from the permission table and the API's own description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from halfhour.server.accounts.permissions import Access, Reach, roles, things

_PLACES: Mapping[Access, str] = {"read": "reader", "record": "operator", "administer": "administrator"}
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Row:
    """An operation.

    Attributes:
        name: its id in the description.
        place: the least place that a person needs.
        reach: how far each role may go, None where it may not call it at all.
    """

    name: str
    method: str
    path: str
    thing: str
    access: Access
    place: str
    reach: Mapping[str, Reach | None]


@cache
def matrix() -> tuple[Row, ...]:
    """Every operation of the API, in the order of its description."""
    from halfhour.server.api.urls import api  # noqa: PLC0415 - Django must be set up

    description: dict[str, Any] = api.get_openapi_schema(path_prefix="/api/v1/")
    return tuple(
        _row(method.upper(), path, told)
        for path, methods in description["paths"].items()
        for method, told in methods.items()
        if method in _METHODS
    )


def _row(method: str, path: str, told: Mapping[str, Any]) -> Row:
    thing, access = told["x-thing"], told["x-access"]
    reach = things()[thing].reach[access]
    return Row(
        told["operationId"],
        method,
        path,
        thing,
        access,
        _PLACES[access],
        {role: reach.get("member") or reach.get(role) for role in roles()},
    )
