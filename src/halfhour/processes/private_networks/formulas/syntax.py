"""The formula language: text to an expression tree, of known depth and without division.

`Z - 1.02 * Y`, `MAX(0, Z - {2000000000015.AI})`: bare names are channels or constants, braces the result of another
MSID's formula. Handbook private-networks 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from halfhour.errors import HalfhourError
from halfhour.errors.written_values import shown

LONGEST = 4_000
"""Characters of a formula; a network of a hundred MSIDs needs fewer."""

DEEPEST = 30
"""Brackets within brackets; people cannot read more."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<limit>MIN|MAX)(?=\s*\()|(?P<name>[A-Za-z_][A-Za-z0-9_.:]*)"
    r"|\{\s*(?P<result>[0-9]{13}\.A[IE])\s*\}|(?P<sign>[-+*(),]))",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, without a unit."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name:
    """A channel or a constant."""

    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """What another formula comes to: `2000000000015.AI`."""

    of: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms, each with its sign, 1 or -1."""

    terms: tuple[tuple[int, Expression], ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Factors."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """The smaller or the greater of 0 and an expression."""

    kind: Literal["MIN", "MAX"]
    of: Expression


Expression = Number | Name | Result | Sum | Product | Limit


def parse(text: str) -> Expression:
    """A formula as an expression.

    Raises:
        HalfhourError: PN-207 it is none; the message says where.
    """
    if len(text) > LONGEST:
        raise _unreadable(text, f"it has more than {LONGEST:,} characters")
    reader = _Reader(text)
    found = reader.sum(0)
    if reader.kind != "end":
        raise _unreadable(text, f"{shown(reader.text)} at character {reader.place} is not expected")
    return found


def parts(expression: Expression) -> Iterator[Expression]:
    """An expression and everything in it, from the outside in."""
    yield expression
    match expression:
        case Sum(terms):
            for _, term in terms:
                yield from parts(term)
        case Product(factors):
            for factor in factors:
                yield from parts(factor)
        case Limit(_, of):
            yield from parts(of)


class _Reader:
    """Reads a formula from left to right, one token ahead."""

    def __init__(self, written: str) -> None:
        self.written = written
        self.next_place = 0
        self.kind = self.text = ""
        self.place = 0
        self.advance()

    def advance(self) -> str:
        """Go on to the next token; gives the text of the one that was read."""
        before = self.text
        found = _TOKEN.match(self.written, self.next_place)
        if found is None:
            rest = self.written[self.next_place :].strip()
            if rest:
                raise _unreadable(self.written, f"{shown(rest[:1])} is no part of a formula")
            self.kind, self.text = "end", "the end"
        else:
            self.kind = found.lastgroup or ""
            self.text = found.group(self.kind)
            self.next_place = found.end()
        self.place = self.next_place
        return before

    def sum(self, depth: int) -> Expression:
        """Terms with signs between them."""
        if depth > DEEPEST:
            raise _unreadable(self.written, f"its brackets are deeper than {DEEPEST}")
        sign = self.signs()
        terms = [(sign, self.product(depth))]
        while self.text in ("+", "-"):
            terms.append((self.signs(), self.product(depth)))
        return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Sum(tuple(terms))

    def signs(self) -> int:
        sign = 1
        while self.text in ("+", "-"):
            sign = -sign if self.advance() == "-" else sign
        return sign

    def product(self, depth: int) -> Expression:
        factors = [self.factor(depth)]
        while self.text == "*":
            self.advance()
            if self.signs() < 0:
                factors.append(Number(Fraction(-1)))
            factors.append(self.factor(depth))
        return factors[0] if len(factors) == 1 else Product(tuple(factors))

    def factor(self, depth: int) -> Expression:
        match self.kind:
            case "number":
                return Number(Fraction(self.advance()))
            case "name":
                return Name(self.advance())
            case "result":
                return Result(self.advance())
            case "limit":
                return self.limit(depth)
        if self.text == "(":
            self.advance()
            inner = self.sum(depth + 1)
            self.expect(")")
            return inner
        raise _unreadable(self.written, f"{shown(self.text)} stands where a channel or a number is wanted")

    def limit(self, depth: int) -> Expression:
        kind: Literal["MIN", "MAX"] = "MIN" if self.advance() == "MIN" else "MAX"
        self.expect("(")
        first = self.sum(depth + 1)
        self.expect(",")
        second = self.sum(depth + 1)
        self.expect(")")
        zero = Number(Fraction(0))
        if zero not in (first, second):
            raise _unreadable(self.written, f"{kind} is taken with 0 only")
        return Limit(kind, second if first == zero else first)

    def expect(self, sign: str) -> None:
        if self.text != sign or self.kind != "sign":
            raise _unreadable(self.written, f"{sign!r} is wanted at character {self.place}, not {shown(self.text)}")
        self.advance()


def _unreadable(text: str, reason: str) -> HalfhourError:
    return HalfhourError(
        "PN-207",
        f"The formula {shown(text)} cannot be read: {reason}.",
        "Write + - *, numbers, constants, channels, {MSID.AI} for another formula's result, and MIN or MAX with 0.",
    )
