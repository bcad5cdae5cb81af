"""Errors as the API answers them: `{code, message, next_step}` with the right status, never a traceback."""

from __future__ import annotations

import json
import logging
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from halfhour.errors import HalfhourError

logger = logging.getLogger("halfhour.server")
_MOST_VALUES = 5


class Problem(Schema):
    """What went wrong, and what to do about it."""

    code: str
    message: str
    next_step: str


@cache
def statuses() -> tuple[dict[str, int], int]:
    """HTTP status by code, and that of every other code."""
    table = tomllib.loads(files(__package__).joinpath("data", "statuses.toml").read_text(encoding="utf-8"))
    return table["codes"], table["other"]


def status_of(code: str) -> int:
    """The HTTP status of an error code."""
    codes, other = statuses()
    return codes.get(code, other)


def problem(error: HalfhourError, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An error as a response."""
    body = {"code": error.code, "message": error.message, "next_step": error.next_step}
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=status_of(error.code),
        content_type="application/json; charset=utf-8",
        headers=dict(headers or {}),
    )
    # For the audit trail, which is written when the response has been made.
    response.problem_code = error.code
    return response


def unauthenticated() -> HalfhourError:
    """SV-101: no token was shown."""
    return HalfhourError("SV-101", "No token was shown.", "Send the header `Authorization: Bearer hh_…`.")


def not_found(what: str) -> HalfhourError:
    """SV-104: it is not there, or the caller may not know of it."""
    return HalfhourError("SV-104", f"There is no {what}.", "Check the id; an organisation finds only what is its own.")


def answer(error: Exception) -> HttpResponse:
    """Any exception as a response."""
    if isinstance(error, HalfhourError):
        headers = {"Retry-After": str(error.wait_s)} if isinstance(error, TooManyRequests) else {}
        return problem(error, headers)
    return problem(_told(error))


class TooManyRequests(HalfhourError):  # noqa: N818 - the name of its status
    """A token has used up its rate; `wait_s` is how long until the next request is taken."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            "SV-106", "This token has made too many requests.", f"Wait {wait_s} s, as Retry-After says, then go on."
        )
        self.wait_s = wait_s


def _told(error: Exception) -> HalfhourError:
    if isinstance(error, AuthenticationError):
        return unauthenticated()
    if isinstance(error, ValidationError):
        return _unusable(error.errors)
    if isinstance(error, RequestDataTooBig):
        return too_large()
    if isinstance(error, HttpError | SuspiciousOperation | BadRequest | MultiPartParserError | UnreadablePostError):
        return HalfhourError("SV-107", "The request cannot be read.", "Send JSON, or a file as multipart/form-data.")
    if isinstance(error, Http404):
        return not_found("such address")
    logger.error("A request failed.", exc_info=error)
    return HalfhourError("SV-110", "The server has failed at this request.", "Tell its operator the X-Request-ID.")


def too_large() -> HalfhourError:
    """SV-105: the request has more bytes than the server takes."""
    return HalfhourError("SV-105", "The request is larger than the server takes.", "Send it in parts.")


def _unusable(errors: list[dict[str, Any]]) -> HalfhourError:
    """SV-108: the values that cannot be used, by where they stand; the values themselves are not repeated."""
    told = [f"{_place(one)}: {one.get('msg', 'not usable')}" for one in errors]
    more = f"; and {len(told) - _MOST_VALUES} more" if len(told) > _MOST_VALUES else ""
    return HalfhourError(
        "SV-108",
        f"The request has values that cannot be used. {'; '.join(told[:_MOST_VALUES])}{more}.",
        "Correct them; /api/v1/openapi.json says what each may be.",
    )


def _place(error: dict[str, Any]) -> str:
    return ".".join(str(part)[:60] for part in error.get("loc", ())) or "request"
