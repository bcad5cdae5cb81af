"""`halfhour serve`: the REST API on this machine, or for others where a key and names are given."""

from __future__ import annotations

import ipaddress
import os
import sys
from typing import Annotated

from cyclopts import Parameter

from halfhour.cli.output import print_json, print_line, say
from halfhour.errors import HalfhourError

_NEEDED = ("HALFHOUR_SECRET_KEY", "HALFHOUR_ALLOWED_HOSTS")
_LAST_PORT = 65_535
_MARGIN = 1_000_000
"""Bytes beyond the limit of a request that are read, so that the refusal can be told in JSON."""


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    threads: int = 8,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Bring the database up to date and serve the REST API until it is stopped.

    The API is at /api/v1/, its description at /api/v1/openapi.json. Callers show tokens, which `halfhour account
    add-token` gives out. Runs in the folder HALFHOUR_RUNS are shown. Stands behind a proxy that speaks TLS where other
    machines call.

    Example: halfhour serve --port 8000

    Parameters
    ----------
    host
        Address to listen at; any but this machine's own needs HALFHOUR_SECRET_KEY and HALFHOUR_ALLOWED_HOSTS.
    port
        Port to listen at; 0 takes a free one.
    threads
        Calls that are answered at the same time.
    json
        The address as one JSON document on standard output.
    """
    _refuse_an_open_door(host)
    if not 0 <= port <= _LAST_PORT:
        raise HalfhourError(
            "SV-121", f"The server cannot listen at {host}, port {port}: no such port.", f"Give 0 to {_LAST_PORT}."
        )
    from halfhour.server.project.database import start  # noqa: PLC0415 - an extra

    start()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from waitress import create_server  # noqa: PLC0415

    from halfhour.server.api.rates import per_minute  # noqa: PLC0415
    from halfhour.server.project.wsgi import application  # noqa: PLC0415

    per_minute()
    try:
        server = create_server(
            application,
            host=host,
            port=port,
            threads=threads,
            ident="halfhour",
            max_request_body_size=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + _MARGIN,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HalfhourError(
            "SV-121", f"The server cannot listen at {host}, port {port}: {reason}.", "Give another --host or --port."
        ) from None
    address = f"http://{_shown(host)}:{server.effective_port}/api/v1/"
    if json:
        print_json({"address": address, "database": connection.vendor, "threads": threads})
    else:
        print_line(f"Halfhour serves {address} ({connection.vendor}).")
    # Whoever started the server may read the address through a pipe.
    sys.stdout.flush()
    say("Stop it with Ctrl-C.")
    server.run()
    return 0


def _refuse_an_open_door(host: str) -> None:
    """Refuse to answer other machines without a key that lasts and the names that the server answers to."""
    if host == "localhost" or _is_loopback(host):
        return
    lacking = [name for name in _NEEDED if not os.environ.get(name, "").strip()]
    if lacking:
        are = "is" if len(lacking) == 1 else "are"
        raise HalfhourError(
            "SV-120",
            f"At {host} other machines may call, and {' and '.join(lacking)} {are} not set.",
            "Set both (a long random key; names by commas), or leave --host out.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
