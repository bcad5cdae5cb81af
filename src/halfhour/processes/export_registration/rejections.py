"""What a rejection of an appointment means: its class, from the code and the text that came (handbook section 4)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _classes() -> list[dict[str, Any]]:
    written = files(__package__).joinpath("data", "rejections.toml").read_text(encoding="utf-8")
    classes: list[dict[str, Any]] = tomllib.loads(written)["class"]
    return classes


def rejection_class(code: str, text: str = "") -> str:
    """NO_CONTRACT, WRONG_MPAN, NOT_MY_METER, DATA_ERROR or OTHER; a code decides before words do."""
    wanted = code.strip().upper()
    for one in _classes():
        if wanted in one["codes"]:
            return str(one["name"])
    said = f"{code} {text}".lower()
    for one in _classes():
        if any(word in said for word in one["words"]):
            return str(one["name"])
    return "OTHER"
