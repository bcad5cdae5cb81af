"""What processes add to the engine and to the reading of files: functions of their own modules, found by name."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from functools import cache
from pkgutil import iter_modules
from typing import Any

from halfhour import processes


@cache
def of_processes(module: str, function: str) -> tuple[Callable[..., Any], ...]:
    """The function of that name in the module of that name of every process that has it, in order of the processes."""
    found = []
    for package in iter_modules(processes.__path__):
        name = f"{processes.__name__}.{package.name}.{module}"
        if package.ispkg and importlib.util.find_spec(name):
            one = getattr(importlib.import_module(name), function, None)
            found += [one] if one else []
    return tuple(found)
