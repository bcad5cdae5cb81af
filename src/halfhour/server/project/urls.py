"""The table of addresses: the REST API, where it is installed."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, path

urlpatterns: list[URLPattern | URLResolver] = []

if find_spec("halfhour.server.api.urls"):
    from halfhour.server.api.urls import api

    urlpatterns = [path("api/v1/", api.urls)]
