"""The API: its routers, its errors, and what goes for every call."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, re_path
from ninja import NinjaAPI
from ninja.operation import Operation

from halfhour import __version__
from halfhour.server.api import problems
from halfhour.server.api.guarding import guarded
from halfhour.server.api.parsing import StrictParser

_DESCRIPTION = """
Market processes of embedded generation: the register that remembers, cases with their clocks, files of the industry,
runs. Each organisation sees what is its own.

Every call but this description needs a token: `Authorization: Bearer hh_…`. Errors are
`{"code", "message", "next_step"}`. Energy is in whole Wh, money a string, dates ISO 8601; effective dates are
closed-open: `effective_to` is the first day no longer included.
"""


class GuardedAPI(NinjaAPI):
    """An API each of whose addresses, and every other below it, is guarded."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """Addresses for Django's table."""
        patterns, app, namespace = super().urls
        for pattern in patterns:
            assert isinstance(pattern, URLPattern)
            pattern.callback = guarded(pattern.callback)
        return [*patterns, re_path("", guarded(_no_such_address))], app, namespace

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of the operation's function, which is unique over the API."""
        return operation.view_func.__name__

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Any exception of an operation as its answer."""
        return problems.answer(exc)


def _no_such_address(request: HttpRequest) -> HttpResponse:
    return problems.answer(problems.not_found("such address"))


def make_api() -> GuardedAPI:
    """The API with all its routers."""
    from halfhour.server.api.routers import ROUTERS  # noqa: PLC0415 - they are told of by what stands above

    api = GuardedAPI(
        title="Halfhour", version=__version__, description=_DESCRIPTION, docs_url=None, parser=StrictParser()
    )
    for router in ROUTERS:
        api.add_router("", router)
    return api
