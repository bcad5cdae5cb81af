"""Facts with effective dates that more than one process asks for: which hold on a day, and who supplies an MSID.

Dates are closed-open; None is an open end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from halfhour.register.model import in_force


class Dated(Protocol):
    """A fact with effective dates."""

    @property
    def effective_from(self) -> date | None:
        """First day."""

    @property
    def effective_to(self) -> date | None:
        """First day no longer included."""


AnyDated = TypeVar("AnyDated", bound=Dated)


@dataclass(frozen=True, slots=True)
class Registration:
    """Who supplies an MSID."""

    msid: str
    supplier: str
    effective_from: date | None = None
    effective_to: date | None = None


def on_day(facts: Iterable[AnyDated], day: date) -> list[AnyDated]:
    """The facts that hold on a day."""
    return [one for one in facts if in_force(one.effective_from, one.effective_to, day)]
