"""The editions: which there are, what document each follows, from when to when it applies, with which parameters.

The facts are in `editions.toml`; the rules are the modules of this room.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files

from halfhour.rules import default, interim_difference, osam_1_0, p395_proposed
from halfhour.rules.source import Rule, output_names

IN_FORCE = "in-force"
"""The name by which a user asks for whatever applies on each Settlement Day."""

INPUTS = ("import_bp", "export_bp", "import_stor", "export_stor", "import_gen", "export_gen")
"""The six series of every edition, in the order of the handbook's acceptance vectors."""

_HALF_HOUR: Mapping[str, Rule] = {
    "default": default.half_hour,
    "interim-difference": interim_difference.half_hour,
    "p395-proposed": p395_proposed.half_hour,
    "osam-1.0": osam_1_0.half_hour,
}
_FACTORS: Mapping[str, Rule] = {
    "usage_factor": p395_proposed.usage_factor,
    "non_chargeable_storage_proportion": osam_1_0.non_chargeable_storage_proportion,
}


@dataclass(frozen=True)
class Edition:
    """A rule set in force or proposed.

    Attributes:
        id: as users name it.
        half_hour: the rule of one Settlement Period.
        outputs: the names of its results.
        parameter: the name of its seventh argument.
        factor: the rule that gives the factor of a Settlement Day, None where the edition has none.
        factor_numerator, factor_denominator: the quantities summed over the reference period.
        reference_period: `previous-month` or `previous-7-days`.
        effective_from, effective_to: closed-open; both None for a proposal or where the day is not known.
    """

    id: str
    title: str
    document: str
    clauses: tuple[str, ...]
    standing: str
    half_hour: Rule
    outputs: tuple[str, ...]
    parameter: str
    factor: Rule | None = None
    factor_numerator: str = ""
    factor_denominator: str = ""
    reference_period: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@cache
def editions() -> Mapping[str, Edition]:
    """Every edition by its id, in the order of the document."""
    table = tomllib.loads(files(__package__).joinpath("editions.toml").read_text(encoding="utf-8"))
    return {
        name: Edition(
            id=name,
            title=entry["title"],
            document=entry["document"],
            clauses=tuple(entry["clauses"]),
            standing=entry["standing"],
            half_hour=_HALF_HOUR[name],
            outputs=output_names(_HALF_HOUR[name]),
            parameter=entry["parameter"],
            factor=_FACTORS[entry["factor"]] if "factor" in entry else None,
            factor_numerator=entry.get("factor_numerator", ""),
            factor_denominator=entry.get("factor_denominator", ""),
            reference_period=entry.get("reference_period", ""),
            effective_from=entry.get("effective_from"),
            effective_to=entry.get("effective_to"),
            parameters=entry.get("parameters", {}),
        )
        for name, entry in table.items()
    }


def edition_in_force(day: date) -> str:
    """The id of the edition that applies on a Settlement Day: `osam-1.0` from its first day, `default` before it.

    Before that day a Metering System in the interim solution is left out whole; which ones is for the caller, who
    knows the declarations (handbook chargeable-imports.md 1.5).
    """
    first = editions()["osam-1.0"].effective_from
    assert first is not None
    return "osam-1.0" if day >= first else "default"
