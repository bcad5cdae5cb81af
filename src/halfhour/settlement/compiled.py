"""Binds the block kernel and the rules to one edition: as plain Python, or compiled by Numba.

The compiled functions are the same bodies with the same names; only helpers are bound to their compiled selves, and
`floor_divide` to a multiplication by the reciprocal, which tests prove equal.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from halfhour.rules import arithmetic, metering, osam_1_0, p395_proposed
from halfhour.rules.registry import INPUTS, Edition, editions
from halfhour.rules.source import Rule
from halfhour.settlement import kernel, volumes_kernel

Kernel = Callable[..., None]


def width(edition: Edition) -> int:
    """How many quantities a half hour has: the six inputs and the edition's results."""
    return len(INPUTS) + len(edition.outputs)


def factor_function(edition: Edition, ncsp_missing_days: str) -> Rule | None:
    """The edition's factor rule, under the switch that the handbook leaves open for missing days."""
    if edition.factor is osam_1_0.non_chargeable_storage_proportion and ncsp_missing_days == "available_only":
        return osam_1_0.ncsp_available_only
    return edition.factor


def _bindings(edition: Edition, detail: bool) -> dict[str, Any]:
    names = (*INPUTS, *edition.outputs)
    has_factor = edition.factor is not None
    return {
        "HAS_FACTOR": has_factor,
        "WHOLE_DAYS": edition.reference_period == "previous-7-days",
        "NUMERATOR": names.index(edition.factor_numerator) if has_factor else 0,
        "DENOMINATOR": names.index(edition.factor_denominator) if has_factor else 0,
        "CHARGEABLE": names.index("chargeable"),
        "NON_CHARGEABLE": names.index("non_chargeable"),
        "PROPORTION": names.index("proportion") if "proportion" in names else -1,
        "WIDTH": len(names),
        "DETAIL": detail,
    }


def _rebind(function: Any, replace: Mapping[str, Any], name: str) -> FunctionType:
    """The same body over other globals, under a name of its own (the compiler's cache goes by name)."""
    bound = FunctionType(function.__code__, {**function.__globals__, **replace}, name)
    bound.__qualname__ = name
    bound.__module__ = function.__module__
    return bound


@cache
def plain_kernel(edition_id: str, *, detail: bool, ncsp_missing_days: str = "fill_default") -> Kernel:
    """The kernel of an edition as plain Python, over lists."""
    edition = editions()[edition_id]
    replace = {**_bindings(edition, detail), "half_hour": edition.half_hour}
    if edition.factor is not None:
        replace["factor_rule"] = factor_function(edition, ncsp_missing_days)
    return _rebind(kernel.settle_block, replace, "settle_block")


@cache
def compiled_kernel(edition_id: str, *, detail: bool, ncsp_missing_days: str = "fill_default") -> Kernel:
    """The kernel of an edition compiled by Numba, over NumPy arrays; kept on disk between processes."""
    numba = _numba()
    edition = editions()[edition_id]
    tag = f"{edition_id}_{'detail' if detail else 'totals'}_{ncsp_missing_days}".replace("-", "_").replace(".", "_")
    replace: dict[str, Any] = _bindings(edition, detail)
    replace["half_hour"] = _compile(edition.half_hour, tag)
    replace["round_half_even"] = _compiled_helpers()["round_half_even"]
    replace["scratch"] = numba.njit(nogil=True)(_int64_zeros)
    replace["scratch_rows"] = numba.njit(nogil=True)(_int64_rows)
    replace["scratch_row"] = numba.njit(nogil=True)(_int32_zeros)
    factor = factor_function(edition, ncsp_missing_days)
    replace["factor_rule"] = numba.njit(nogil=True)(kernel.factor_rule) if factor is None else _compile(factor, tag)
    bound = _rebind(kernel.settle_block, replace, f"settle_block_{tag}")
    compiled: Kernel = numba.njit(nogil=True, cache=True, boundscheck=False, error_model="numpy")(bound)
    return compiled


@cache
def plain_volumes_kernel(*, detail: bool) -> Kernel:
    """The volumes kernel as plain Python, over lists."""
    return _rebind(volumes_kernel.add_volumes, {"DETAIL": detail}, "add_volumes")


@cache
def compiled_volumes_kernel(*, detail: bool) -> Kernel:
    """The volumes kernel compiled by Numba, over NumPy arrays; kept on disk between processes."""
    numba = _numba()
    tag = "detail" if detail else "totals"
    replace: dict[str, Any] = {
        "DETAIL": detail,
        "volume_at_gsp": _compile(metering.volume_at_gsp, tag),
        "volume_at_nbp": _compile(metering.volume_at_nbp, tag),
    }
    bound = _rebind(volumes_kernel.add_volumes, replace, f"add_volumes_{tag}")
    compiled: Kernel = numba.njit(nogil=True, cache=True, boundscheck=False, error_model="numpy")(bound)
    return compiled


def compiled_rule(rule: Rule) -> Callable[..., Any]:
    """A single rule compiled, for proving it equal to its plain self."""
    compiled: Callable[..., Any] = _compile(rule, "alone")
    return compiled


def _compile(rule: Any, tag: str) -> Any:
    numba = _numba()
    helpers = _compiled_helpers()
    return numba.njit(nogil=True, error_model="numpy", forceinline=True)(
        _rebind(rule, helpers, f"{rule.__name__}_{tag}")
    )


@cache
def _compiled_helpers() -> dict[str, Any]:
    numba = _numba()
    divide = numba.njit(nogil=True, error_model="numpy", forceinline=True)(divide_by_reciprocal)
    helpers: dict[str, Any] = {"floor_divide": divide}
    helpers["round_half_even"] = numba.njit(nogil=True, error_model="numpy", forceinline=True)(
        _rebind(arithmetic.round_half_even, {"floor_divide": divide}, "round_half_even")
    )
    helpers["apportion"] = numba.njit(nogil=True, error_model="numpy", forceinline=True)(
        _rebind(arithmetic.apportion, {"floor_divide": divide}, "apportion")
    )
    return helpers


def divide_by_reciprocal(numerator: int, denominator: int) -> int:
    """Whole part of a quotient of non-negative integers whose quotient is below 2**50; quicker than a division.

    The product with the reciprocal is off by at most one, which the remainder puts right.
    """
    quotient = int(numerator * (1.0 / denominator))
    rest = numerator - quotient * denominator
    return quotient + (rest >= denominator) - (rest < 0)


def _int64_zeros(length: int) -> Any:
    return np.zeros(length, np.int64)


def _int32_zeros(length: int) -> Any:
    return np.zeros(length, np.int32)


def _int64_rows(rows: int, length: int) -> Any:
    return np.zeros((rows, length), np.int64)


@cache
def _numba() -> ModuleType:
    """Numba, with its cache in the user's cache folder under a name that changes when a rule or the kernel does."""
    digest = hashlib.sha256()
    for module in (arithmetic, metering, osam_1_0, p395_proposed, kernel, volumes_kernel):
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(Path(__file__).read_bytes())
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ.setdefault("NUMBA_CACHE_DIR", str(home / "halfhour" / f"kernels-{digest.hexdigest()[:16]}"))
    import numba  # noqa: PLC0415 - half a second that small work does not pay

    return numba
