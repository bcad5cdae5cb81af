"""What goes for every call: an id, a limit of size, an answer in JSON whatever happens, an entry in the audit trail."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.utils import timezone

from halfhour.errors import HalfhourError
from halfhour.server.accounts.models import AuditEntry
from halfhour.server.api import problems

View = Callable[..., HttpResponseBase]

_TOKEN = re.compile(r"hh_[A-Za-z0-9_-]+")
"""Whoever puts a token into an address by mistake does not find it in the audit trail again."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def guarded(view: View) -> View:
    """A view of the API under what goes for every call."""

    @wraps(view)
    def guarding(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        started = time.monotonic()
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        response = _answered(view, request, *arguments, **named)
        response["X-Request-ID"] = request_id
        response["Cache-Control"] = "no-store"
        _write_down(request, response, request_id, started)
        return response

    guarding.csrf_exempt = True  # type: ignore[attr-defined] # no cookie opens anything here
    return guarding


def _answered(view: View, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not str(length).isdigit() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return problems.answer(problems.too_large())
    try:
        response = view(request, *arguments, **named)
    except Exception as failure:
        # The last place where a failure can become an answer.
        return problems.answer(failure)
    if isinstance(response, HttpResponseNotAllowed):
        allowed = response["Allow"]
        error = HalfhourError("SV-109", f"{request.method} is not answered here.", f"Use one of {allowed}.")
        return problems.problem(error, {"Allow": allowed})
    return response


def _write_down(request: HttpRequest, response: HttpResponseBase, request_id: str, started: float) -> None:
    """An entry for a call with a token that is known; of others there is nobody to whom it could be told."""
    caller = getattr(request, "caller", None)
    if caller is None:
        return
    match = request.resolver_match
    AuditEntry.objects.create(
        at=timezone.now(),
        request_id=request_id,
        organisation=caller.organisation,
        person=caller.person,
        token=caller.token,
        method=(request.method or "")[:8],
        address=_TOKEN.sub("hh_…", request.path)[:300],
        route=(match.route if match else "")[:120],
        status=response.status_code,
        code=getattr(response, "problem_code", ""),
        milliseconds=round((time.monotonic() - started) * 1000),
    )
