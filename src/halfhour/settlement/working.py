"""The working of a rule for given figures: every quantity by its column, every step with its numbers and clause."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from halfhour.errors import HalfhourError
from halfhour.rules.arithmetic import PARTS
from halfhour.rules.registry import INPUTS, Edition, editions
from halfhour.rules.source import Rule, trace
from halfhour.settlement.kernel import LIMIT_WH
from halfhour.terms import column, glossary


@dataclass(frozen=True, slots=True)
class WorkingStep:
    """One step: the quantity by its column name, its formula, the formula with numbers, value, unit and clause."""

    name: str
    formula: str
    numbers: str
    value: int
    unit: str
    clause: str

    def document(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "name": self.name,
            "formula": self.formula,
            "numbers": self.numbers,
            "value": self.value,
            "unit": self.unit,
            "clause": self.clause,
        }


@dataclass(frozen=True, slots=True)
class Working:
    """A rule carried out for one half hour.

    Attributes:
        edition: the edition's id.
        values: every quantity by its column name, inputs included [Wh; proportions and factors per 100,000].
        steps: in the rule's order.
    """

    edition: str
    values: dict[str, int]
    steps: list[WorkingStep]

    def document(self) -> dict[str, Any]:
        """As a JSON object: edition, values, steps."""
        return {"edition": self.edition, "values": self.values, "steps": [step.document() for step in self.steps]}


def find_edition(edition_id: str) -> Edition:
    """The edition of that id.

    Raises:
        HalfhourError: RU-001 there is none; the nearest name is offered.
    """
    if edition_id not in editions():
        near = difflib.get_close_matches(edition_id, list(editions()), n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise HalfhourError(
            "RU-001", f"There is no edition '{edition_id}'.", f"{hint}Choose one of {', '.join(editions())}."
        )
    return editions()[edition_id]


def working(
    edition: str,
    *,
    import_bp: int = 0,
    export_bp: int = 0,
    import_stor: int = 0,
    export_stor: int = 0,
    import_gen: int = 0,
    export_gen: int = 0,
    factor: Decimal | None = None,
) -> Working:
    """The working of one half hour for figures given directly.

    Args:
        import_bp … export_gen: the six series [Wh], absent = 0, at most 1,000,000,000.
        factor: usage factor (`p395-proposed`, share chargeable) or NCSP (`osam-1.0`, share not chargeable), 0 to 1
            with at most five decimals; None = the edition's default.

    Raises:
        HalfhourError: RU-001 unknown edition, RU-002 a figure out of range, RU-003 a factor out of range or where the
            edition has none.
    """
    found = find_edition(edition)
    figures = dict(zip(INPUTS, (import_bp, export_bp, import_stor, export_stor, import_gen, export_gen), strict=True))
    for name, value in figures.items():
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LIMIT_WH:
            raise HalfhourError(
                "RU-002",
                f"{name} is {value!r}; it must be a whole number of Wh from 0 to 1,000,000,000.",
                "Import and export are two quantities, each zero or above; give the gross figures in Wh.",
            )
    figures[found.parameter] = _parameter(found, factor)
    return carry_out(found, figures)


def carry_out(edition: Edition, figures: Mapping[str, int]) -> Working:
    """The working of an edition's half hour for its inputs and parameter by name."""
    steps = steps_of(edition.half_hour, figures)
    given = {column(name): value for name, value in figures.items() if name != "parameter"}
    return Working(edition.id, given | {step.name: step.value for step in steps}, steps)


def steps_of(rule: Rule, figures: Mapping[str, int]) -> list[WorkingStep]:
    """A rule carried out line by line, its quantities under their column names with units from the glossary."""
    return [
        WorkingStep(
            column(step.name), step.formula, step.numbers, step.value, glossary()[column(step.name)].unit, step.clause
        )
        for step in trace(rule, figures)
    ]


def parts(share: Decimal) -> int:
    """A proportion or factor as parts per 100,000.

    Raises:
        HalfhourError: RU-003 not from 0 to 1, or finer than five decimals.
    """
    if not share.is_finite() or not 0 <= share <= 1 or share * PARTS != (share * PARTS).to_integral_value():
        raise HalfhourError(
            "RU-003", f"The factor {share} is not a share.", "Give a number from 0 to 1 with at most five decimals."
        )
    return int(share * PARTS)


def _parameter(edition: Edition, factor: Decimal | None) -> int:
    if edition.factor is None:
        if factor is not None:
            raise HalfhourError(
                "RU-003",
                f"The edition '{edition.id}' has no factor.",
                "Leave --factor out, or choose p395-proposed or osam-1.0.",
            )
        return 1
    if factor is not None:
        return parts(factor)
    (default,) = (entry["value"] for name, entry in edition.parameters.items() if name.startswith("default_"))
    return parts(Decimal(default))
