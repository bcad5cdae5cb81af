"""One component of a plant in one charging year: its amount, what it rests on, and its half hours when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    import pyarrow as pa

    from halfhour.charges.benefits.exact import Whole

COMPONENTS = ("tnuos", "bsuos", "losses", "rcrc")
"""The embedded benefits: what a route's gross is the sum of."""

BESIDE = ("tnuos_import", "bsuos_import", "tdr", "imbalance")
"""Lines shown beside the routes, never inside their totals: import, with its own recipient, and the energy itself."""

NAMES = {
    "tnuos": "TNUoS",
    "bsuos": "BSUoS",
    "losses": "losses",
    "rcrc": "RCRC",
    "tnuos_import": "TNUoS on import",
    "bsuos_import": "BSUoS on import",
    "tdr": "transmission demand residual",
    "imbalance": "energy at the imbalance price",
}


@dataclass(frozen=True, slots=True)
class Columns:
    """The half hours of an amount, as columns of `benefit_half_hour`; quantity, rate and amount exact."""

    keys: Whole
    quantity: pa.Array
    rate: pa.Array
    amount: pa.Array
    status: Whole


@dataclass(frozen=True, slots=True)
class Amount:
    """A component's amount; positive is a benefit to the recipient.

    Attributes:
        component: one of `COMPONENTS` or `BESIDE`.
        quantity: what the rate is applied to, in `quantity_unit`.
        rate: the one rate of the year, in `rate_unit`; None where it changes with the half hour.
        amount_gbp: exact but for a third of a Triad, which has 28 decimals.
        status: the weakest of its parts: actual, estimate, supplied, provisional.
        rule_id: of the rule that it follows.
        mark: the weakest confidence that it rests on: doc, data, secondary, inferred.
        rests_on: the tariffs, prices and factors used, with their source.
        half_hours: counted in it.
        facts: figures shown beside the amount, by name.
        columns: gives its half hours.
    """

    component: str
    quantity: Decimal
    quantity_unit: str
    rate: Decimal | None
    rate_unit: str
    amount_gbp: Decimal
    status: str
    rule_id: str
    mark: str
    rests_on: tuple[str, ...]
    half_hours: int
    columns: Callable[[], Columns]
    facts: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lacking:
    """A component that has no amount, and why.

    Attributes:
        error: the refusal, with its code and its next step.
    """

    component: str
    error: HalfhourError

    @property
    def name(self) -> str:
        """The handbook's name of the refusal, such as `MISSING_TARIFF`."""
        return str(getattr(self.error, "name", "")) or self.error.code

    @property
    def text(self) -> str:
        """Component and reason, for the column `missing`."""
        return f"{self.component}: {self.error.message}"


Reckoned = Amount | Lacking


class MissingInput(HalfhourError):  # noqa: N818 - named as the handbook names it
    """A field that a reached rule needs was left out; it has no default."""

    name = "MISSING_INPUT"

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__("EB-301", f"{self.name}: {message}", next_step)
