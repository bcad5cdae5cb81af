"""Reading JSON that anybody may send: what no database can keep is refused before anything looks at it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from halfhour.errors import HalfhourError

_DEEPEST = 40


class StrictParser(Parser):
    """JSON without NUL, lone surrogates, NaN and endless nesting."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The document of a request.

        Raises:
            ValueError: it is no JSON.
            HalfhourError: SV-107 it holds what cannot be kept.
        """
        document = json.loads(request.body, parse_constant=_no_number)
        _check(document, 0)
        return document

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> Any:
        """Values of a query, a form or files.

        Raises:
            HalfhourError: SV-107 one holds what cannot be kept.
        """
        found = super().parse_querydict(data, list_fields, request)
        for name, value in found.items():
            _check(name, 0)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str):
                    _check(one, 0)
        return found


def _no_number(written: str) -> NoReturn:
    raise _unreadable(f"{written} is no number")


def _check(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise _unreadable("it is nested too deep")
    if isinstance(value, str):
        if "\0" in value:
            raise _unreadable("it holds a NUL")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _unreadable("it holds half of a character") from None
    elif isinstance(value, dict):
        for name, below in value.items():
            _check(name, depth + 1)
            _check(below, depth + 1)
    elif isinstance(value, list):
        for below in value:
            _check(below, depth + 1)


def _unreadable(why: str) -> HalfhourError:
    return HalfhourError("SV-107", f"The request cannot be read: {why}.", "Send JSON (RFC 8259) in UTF-8.")
