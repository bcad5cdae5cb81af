"""Lists in pages: the rows after a cursor, which is the key of the last row that the caller has."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from ninja import Query, Schema

from halfhour.errors import HalfhourError

MOST_ROWS = 200
USUAL_ROWS = 50

Limit = Annotated[int, Query(USUAL_ROWS, ge=1, le=MOST_ROWS, description="The most rows of the page.")]
Cursor = Annotated[str, Query("", max_length=200, description="`next` of the page before; empty begins.")]


class Page(Schema):
    """What every page has beside its `items`: the cursor of the next page, empty on the last."""

    next: str


def page_of(rows: Any, key: str, cursor: str, limit: int) -> tuple[list[Any], str]:
    """The rows of a page in order of a unique key (descending with a leading '-'), and the next cursor.

    Args:
        rows: a query.

    Raises:
        HalfhourError: SV-108 the cursor is none that the API gave.
    """
    name, falling = key.removeprefix("-"), key.startswith("-")
    ordered = rows.order_by(key)
    if cursor:
        last = read_cursor(cursor)
        try:
            value = rows.model._meta.get_field(name).to_python(last)
        except ValidationError:
            raise _no_cursor() from None
        ordered = ordered.filter(**{f"{name}__{'lt' if falling else 'gt'}": value})
    found = list(ordered[: limit + 1])
    more = len(found) > limit
    shown = found[:limit]
    return shown, make_cursor(str(getattr(shown[-1], name))) if more else ""


def make_cursor(key: str) -> str:
    """A key as a cursor, which callers pass on without reading."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """The key in a cursor.

    Raises:
        HalfhourError: SV-108 it is none that the API gave.
    """
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        raise _no_cursor() from None
    if "\0" in text or make_cursor(text) != cursor:
        raise _no_cursor()
    return text


def _no_cursor() -> HalfhourError:
    return HalfhourError(
        "SV-108", "The cursor is none that the API gave.", "Send `next` of the page before, unchanged."
    )
