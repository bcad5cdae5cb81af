"""What remains possible where facts are unknown: every combination of the values they could have, and what decides.

A question is asked of each world, which gives every fact one value; the answer is the set of what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Generic, TypeVar

World = Mapping[str, Hashable]
Facts = Mapping[str, Sequence[Hashable]]
"""The values that each fact could have; one where it is known."""

Value = TypeVar("Value", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Possible(Generic[Value]):
    """The answers that remain possible, in the order in which they were found, and the facts that decide."""

    values: tuple[Value, ...]
    decided_by: tuple[str, ...] = ()

    @property
    def value(self) -> Value | None:
        """The answer where there is only one."""
        return self.values[0] if len(self.values) == 1 else None


def worlds(facts: Facts) -> Iterator[World]:
    """Every combination of the values of the facts."""
    for values in product(*facts.values()):
        yield dict(zip(facts, values, strict=True))


def possible(facts: Facts, ask: Callable[[World], Value]) -> Possible[Value]:
    """The answers in all worlds. A fact decides where two worlds that differ in it alone answer differently."""
    answers: dict[tuple[Hashable, ...], Value] = {tuple(world.values()): ask(world) for world in worlds(facts)}
    decided_by = []
    for position, (fact, values) in enumerate(facts.items()):
        if len(values) > 1:
            seen: dict[tuple[Hashable, ...], Value] = {}
            for key, answer in answers.items():
                rest = key[:position] + key[position + 1 :]
                if seen.setdefault(rest, answer) != answer:
                    decided_by.append(fact)
                    break
    return Possible(tuple(dict.fromkeys(answers.values())), tuple(decided_by))
