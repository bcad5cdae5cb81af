"""What the server reads from its environment."""

from __future__ import annotations

import os

from halfhour.errors import HalfhourError


def whole_number(variable: str, default: int, most: int, what: str) -> int:
    """A whole number from 1 that a variable of the environment says, or the default where it says none.

    Raises:
        HalfhourError: SV-117 it says something else.
    """
    written = os.environ.get(variable, "").strip()
    if not written:
        return default
    if not written.isascii() or not written.isdigit() or not 1 <= int(written) <= most:
        raise HalfhourError("SV-117", f"{variable} is no number of {what}.", f"Give a whole number from 1 to {most}.")
    return int(written)
