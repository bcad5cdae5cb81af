"""What the commands over the database share: it is made ready, who is at the keyboard, values typed as NAME=VALUE."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Annotated, ParamSpec

from cyclopts import Parameter

from halfhour.cli.arguments import moment
from halfhour.errors import HalfhourError

Given = ParamSpec("Given")
Flag = Annotated[bool, Parameter(negative=())]
Values = Annotated[tuple[str, ...], Parameter(consume_multiple=False, negative=())]


def with_database(command: Callable[Given, int]) -> Callable[Given, int]:
    """A command that is run once the database is ready; what the database cannot do is said as an error of ours.

    Raises:
        HalfhourError: SV-001 to SV-004 the database cannot be used.
    """

    @wraps(command)
    def run(*given: Given.args, **named: Given.kwargs) -> int:
        from halfhour.server.project.database import ready  # noqa: PLC0415 - an extra

        ready()
        from django.db import Error  # noqa: PLC0415

        try:
            return command(*given, **named)
        except Error as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise HalfhourError(
                "SV-003",
                f"The database cannot do it: {reason}.",
                "Try again; if it stays so, check HALFHOUR_DATABASE, its permissions and the space on its disk.",
            ) from None

    return run


def person() -> str:
    """Who is at the keyboard, for the record."""
    named = os.environ.get("HALFHOUR_PERSON")
    if named:
        return named[:80]
    try:
        return getpass.getuser()[:80]
    except (OSError, KeyError):
        return "command line"


def values(written: Iterable[str], option: str) -> dict[str, str]:
    """Values typed as NAME=VALUE.

    Raises:
        HalfhourError: CL-020 one is not, or a name stands twice.
    """
    found: dict[str, str] = {}
    for text in written:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name or name in found:
            reason = f"names {name} twice" if name in found else f"is {text!r}"
            raise HalfhourError("CL-020", f"{option} {reason}.", f"Write {option} NAME=VALUE, each name once.")
        found[name] = value.strip()
    return found


def known_at(text: str | None) -> datetime | None:
    """A moment of knowledge of cases and the register.

    Raises:
        HalfhourError: CL-001 it is no moment.
    """
    read = moment(text)
    if isinstance(read, str):
        raise HalfhourError("CL-001", f"{text!r} is not a moment.", "Write one such as 2024-02-10T12:00:00Z.")
    return read
