"""Volumes of a Complex Site: its formulas over the readings of a Settlement Day, in Wh, with exact rationals.

Handbook private-networks 8, 3.3 and 3.4: each result is rounded once, half to even; nothing missing counts as zero; a
negative result is held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from halfhour.calendar import settlement_periods
from halfhour.errors import Finding, Refused
from halfhour.processes.private_networks.formulas.checking import check_record, constants_of, in_order
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
)
from halfhour.rules.arithmetic import round_half_even

MOST = 2**63 - 1
"""Volumes are whole Wh in 64 bits."""

Readings = Mapping[str, Sequence[int | None]]


@dataclass(frozen=True, slots=True)
class Volumes:
    """What the MSIDs of a Complex Site come to on a day.

    Attributes:
        values: by `MSID.AI`, one whole Wh per Settlement Period; None where it is missing or held. Empty where the
            day could not be computed.
        findings: why something is None or the day is not there.
    """

    values: dict[str, tuple[int | None, ...]]
    findings: tuple[Finding, ...]


def volumes(record: SupplementaryInformation, readings: Readings, day: date) -> Volumes:
    """The volumes of a Settlement Day.

    Args:
        readings: by channel, one whole Wh per Settlement Period; None where there is no reading. Of a channel that is
            absent, every reading is missing.

    Raises:
        Refused: PN-201, PN-202, PN-203, PN-205, PN-207 the record is not sound; all its findings are with it.
    """
    faults = check_record(record)
    if faults:
        raise Refused(faults[0].code, faults[0].message, faults[0].next_step, faults)
    count = settlement_periods(day)
    used = {one.name: readings[one.name] for one in record.channels if one.name in readings}
    counts = {name: len(values) for name, values in used.items() if len(values) != count}
    if counts:
        told = ", ".join(f"{name} has {number}" for name, number in counts.items())
        message = f"Site {record.site_id}: {day} has {count} Settlement Periods, and {told}. The day is not computed."
        step = "Have the day collected again."
        found = Finding("PN-304", "error", message, step, site_id=record.site_id, settlement_date=day)
        return Volumes({}, (found,))
    return _computed(record, used, day, count)


def _computed(record: SupplementaryInformation, readings: Readings, day: date, count: int) -> Volumes:
    formulas = {formula.name: parse(formula.text) for formula in record.formulas}
    constants = constants_of(record)
    channels = {one.name for one in record.channels}
    values: dict[str, tuple[int | None, ...]] = {}
    findings: list[Finding] = []
    for name in in_order(formulas):
        results: list[int | None] = []
        for period in range(count):
            known: dict[str, Fraction | None] = {**constants}
            for channel in channels:
                reading = readings[channel][period] if channel in readings else None
                known[channel] = None if reading is None else Fraction(reading)
            for other, settled in values.items():
                one = settled[period]
                known[other] = None if one is None else Fraction(one)
            value = _value(formulas[name], known)
            results.append(None if value is None else round_half_even(value.numerator, value.denominator))
        findings += _told(record, name, results, day)
        values[name] = tuple(one if one is not None and 0 <= one <= MOST else None for one in results)
    return Volumes({formula.name: values[formula.name] for formula in record.formulas}, tuple(findings))


def _told(record: SupplementaryInformation, name: str, results: list[int | None], day: date) -> list[Finding]:
    found = []
    for period, value in enumerate(results, start=1):
        if value is None:
            message = f"{name} is not known: a reading that it needs is missing or held."
            code, step = "PN-302", "Have the reading collected or estimated; it does not count as zero."
        elif value < 0:
            message = f"{name} comes to {value:,} Wh, which cannot be; the half hour is held."
            code, step = "PN-301", "Look for generation without an export MSID, a wrong constant, or a shifted reading."
        elif value > MOST:
            message = f"{name} comes to more than {MOST:,} Wh, which no half hour holds."
            code, step = "PN-207", "Correct a constant of the formula."
        else:
            continue
        found.append(
            Finding(
                code,
                "error",
                f"Site {record.site_id}: {message}",
                step,
                site_id=record.site_id,
                msid=name[:13],
                settlement_date=day,
                settlement_period=period,
            )
        )
    return found


def _value(expression: Expression, known: Mapping[str, Fraction | None]) -> Fraction | None:
    """The value of an expression, None where something in it is not known."""
    match expression:
        case Number(value):
            return value
        case Name(name) | Result(name):
            return known[name]
        case Limit(kind, of):
            inner = _value(of, known)
            if inner is None:
                return None
            return min(Fraction(0), inner) if kind == "MIN" else max(Fraction(0), inner)
        case Sum(terms):
            total = Fraction(0)
            for sign, term in terms:
                one = _value(term, known)
                if one is None:
                    return None
                total += sign * one
            return total
        case Product(factors):
            product = Fraction(1)
            for factor in factors:
                one = _value(factor, known)
                if one is None:
                    return None
                product *= one
            return product
