"""Checks of a Complex Site's record before anything is computed from it.

Handbook private-networks 8: cycles (PN-201), a channel used with the same sign in two MSIDs that are not parent and
child (PN-202), a child subtracted from its parent and again further up (PN-203), unknown channels (PN-205); and what
is no formula of an energy (PN-207).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations

from halfhour.errors import Finding, HalfhourError
from halfhour.errors.written_values import nearest
from halfhour.processes.private_networks.formulas.record import SupplementaryInformation
from halfhour.processes.private_networks.formulas.syntax import (
    Expression,
    Limit,
    Name,
    Number,
    Product,
    Result,
    Sum,
    parse,
    parts,
)

Usage = dict[str, Fraction]
"""Channel to its coefficient, what MIN and MAX cut off not regarded."""

Uses = dict[str, dict[str, Fraction]]
"""Channel to the formulas that use it, with the coefficient."""


def check_record(record: SupplementaryInformation) -> list[Finding]:
    """Everything that keeps a record from being computed, in order; empty where it is sound."""
    found: list[Finding] = []
    parsed: dict[str, Expression] = {}
    names = [formula.name for formula in record.formulas]
    for name in dict.fromkeys(one for one in names if names.count(one) > 1):
        found.append(_about(record, "PN-207", f"{name} has more than one formula.", "Keep one."))
    for formula in record.formulas:
        try:
            parsed.setdefault(formula.name, parse(formula.text))
        except HalfhourError as error:
            found.append(_about(record, error.code, f"{formula.name}: {error.message}", error.next_step))
    found += _members(record)
    found += [one for name, expression in parsed.items() for one in _unknown(record, name, expression, set(names))]
    found += _cycles(record, parsed)
    if found:
        # What follows looks through the formulas into one another, which needs them whole.
        return found
    for name, expression in parsed.items():
        if degree(record, expression) != 1:
            step = "Multiply energies by numbers only, and add nothing but energies."
            found.append(_about(record, "PN-207", f"{name} does not come to an energy.", step))
    if found:
        return found
    uses = _uses(record, parsed)
    return [*_double_use(record, uses), *_subtracted_twice(record, uses)]


def constants_of(record: SupplementaryInformation) -> dict[str, Fraction]:
    """The constants by name."""
    return {one.name: one.value for one in record.constants}


def degree(record: SupplementaryInformation, expression: Expression) -> int | None:
    """0 for a number, 1 for an energy, None for what is neither."""
    energies = {one.name for one in record.constants if one.unit == "Wh"} | {one.name for one in record.channels}
    match expression:
        case Number():
            return 0
        case Name(name):
            return int(name in energies)
        case Result():
            return 1
        case Limit(_, of):
            return 1 if degree(record, of) == 1 else None
        case Sum(terms):
            found = {degree(record, term) for _, term in terms}
            return found.pop() if len(found) == 1 else None
        case Product(factors):
            degrees = [degree(record, factor) for factor in factors]
            total = sum(one for one in degrees if one is not None)
            return total if None not in degrees and total <= 1 else None


def _about(record: SupplementaryInformation, code: str, message: str, next_step: str, msid: str = "") -> Finding:
    return Finding(code, "error", f"Site {record.site_id}: {message}", next_step, site_id=record.site_id, msid=msid)


def _members(record: SupplementaryInformation) -> Iterator[Finding]:
    parents = {one.msid: one.parent for one in record.members}
    for formula in record.formulas:
        if formula.msid not in parents:
            message = f"{formula.name} is no member of the site."
            yield _about(record, "PN-205", message, "Add the MSID, or correct the formula.", formula.msid)
    told: set[str] = set()
    for msid in parents:
        path = [msid]
        while (above := parents.get(path[-1], "")) and above not in path:
            path.append(above)
        if above and not told & set(path):
            told.update(path)
            names = " -> ".join([*path, above])
            yield _about(record, "PN-201", f"{names} goes round.", "Name the MSID nearer to the boundary.", msid)


def _unknown(
    record: SupplementaryInformation, name: str, expression: Expression, formulas: set[str]
) -> Iterator[Finding]:
    known = {one.name for one in record.channels} | {one.name for one in record.constants}
    told = set()
    for part in parts(expression):
        match part:
            case Name(wanted) if wanted not in known:
                told.add((wanted, f"channel {wanted!r}", nearest(wanted, known)))
            case Result(wanted) if wanted not in formulas:
                told.add((wanted, f"the result of {wanted}", nearest(wanted, formulas)))
    for _, what, near in sorted(told):
        step = f"Add it, or correct the formula. {near}".rstrip()
        yield _about(record, "PN-205", f"{name} uses {what}, which does not exist.", step, name[:13])


def _cycles(record: SupplementaryInformation, parsed: Mapping[str, Expression]) -> Iterator[Finding]:
    """Formulas whose results need one another; each round is told once."""
    uses = {name: [part.of for part in parts(whole) if isinstance(part, Result)] for name, whole in parsed.items()}
    done: set[str] = set()
    for start in uses:
        path: list[str] = []
        waiting = [(start, 0)]
        while waiting:
            name, depth = waiting.pop()
            done.update(path[depth:])
            del path[depth:]
            if name in path:
                names = " -> ".join([*path[path.index(name) :], name])
                yield _about(record, "PN-201", f"{names} goes round.", "Let no formula use its own result.", name[:13])
            elif name not in done:
                path.append(name)
                waiting.extend((other, depth + 1) for other in uses.get(name, ()))
        done.update(path)


def usages(record: SupplementaryInformation, parsed: Mapping[str, Expression]) -> dict[str, Usage]:
    """By formula the coefficient with which it uses each channel, results of other formulas looked through."""
    constants = constants_of(record)
    channels = {one.name for one in record.channels}
    known: dict[str, Usage] = {}

    def collect(expression: Expression, coefficient: Fraction, into: defaultdict[str, Fraction]) -> None:
        match expression:
            case Name(channel) if channel in channels:
                into[channel] += coefficient
            case Result(of):
                for channel, inner in known[of].items():
                    into[channel] += coefficient * inner
            case Limit(_, of):
                collect(of, coefficient, into)
            case Sum(terms):
                for sign, term in terms:
                    collect(term, coefficient * sign, into)
            case Product(factors):
                energies = [factor for factor in factors if degree(record, factor) == 1]
                for factor in factors:
                    if factor not in energies:
                        coefficient *= number(factor, constants)
                for factor in energies:
                    collect(factor, coefficient, into)

    for name in in_order(parsed):
        found: defaultdict[str, Fraction] = defaultdict(Fraction)
        collect(parsed[name], Fraction(1), found)
        known[name] = {channel: coefficient for channel, coefficient in found.items() if coefficient}
    return known


def in_order(parsed: Mapping[str, Expression]) -> list[str]:
    """The formulas so that each comes after those whose results it uses; there is no cycle among them."""
    needs = {name: {part.of for part in parts(whole) if isinstance(part, Result)} for name, whole in parsed.items()}
    needed_by: defaultdict[str, list[str]] = defaultdict(list)
    for name, others in needs.items():
        for other in others:
            needed_by[other].append(name)
    ready = [name for name, others in needs.items() if not others]
    for name in ready:
        for other in needed_by[name]:
            needs[other].discard(name)
            if not needs[other]:
                ready.append(other)
    return ready


def number(expression: Expression, constants: Mapping[str, Fraction]) -> Fraction:
    """The value of an expression of numbers and constants."""
    match expression:
        case Number(value):
            return value
        case Name(name):
            return constants[name]
        case Sum(terms):
            return sum((sign * number(term, constants) for sign, term in terms), Fraction(0))
        case Product(factors):
            total = Fraction(1)
            for factor in factors:
                total *= number(factor, constants)
            return total
    raise AssertionError("a number has neither channels nor limits")


def _double_use(record: SupplementaryInformation, by_channel: Uses) -> Iterator[Finding]:
    parents = {one.msid: one.parent for one in record.members}
    for channel, uses in by_channel.items():
        told: set[tuple[str, str]] = set()
        for (first, one), (second, other) in combinations(uses.items(), 2):
            msids = (first[:13], second[:13])
            related = msids[0] == msids[1] or parents[msids[0]] == msids[1] or parents[msids[1]] == msids[0]
            if (one > 0) == (other > 0) and not related and not _ancestor(parents, *msids) and msids not in told:
                told.add(msids)
                sign = "added" if one > 0 else "subtracted"
                message = f"channel {channel!r} is {sign} in {first} and in {second}, which are not parent and child."
                yield _about(record, "PN-202", message, "Use it for one of them.", msids[1])


def _subtracted_twice(record: SupplementaryInformation, by_channel: Uses) -> Iterator[Finding]:
    parents = {one.msid: one.parent for one in record.members}
    for channel, uses in by_channel.items():
        for (first, one), (second, other) in combinations(uses.items(), 2):
            same_quantity = first[13:] == second[13:]
            if one < 0 and other < 0 and same_quantity and _ancestor(parents, first[:13], second[:13]):
                message = f"channel {channel!r} is subtracted in {first} and in {second} again."
                step = "Subtract a child from its parent only."
                yield _about(record, "PN-203", message, step, second[:13])


def _uses(record: SupplementaryInformation, parsed: Mapping[str, Expression]) -> Uses:
    """By channel the formulas that use it, with the coefficient."""
    found: defaultdict[str, dict[str, Fraction]] = defaultdict(dict)
    for name, used in usages(record, parsed).items():
        for channel, coefficient in used.items():
            found[channel][name] = coefficient
    return found


def _ancestor(parents: Mapping[str, str], first: str, second: str) -> bool:
    """Whether one of two MSIDs lies above the other."""

    def above(msid: str) -> set[str]:
        found: set[str] = set()
        while (msid := parents.get(msid, "")) and msid not in found:
            found.add(msid)
        return found

    return first in above(second) or second in above(first)
