"""The API that the project's table of addresses takes in."""

from __future__ import annotations

from halfhour.server.api.main import make_api

api = make_api()
