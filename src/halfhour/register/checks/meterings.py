"""Checks of single meterings and of their names within a site.

Follows the project's contract, section "A portfolio".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from halfhour.errors import Finding
from halfhour.register.checks._common import ASSETS, about, meterings
from halfhour.register.layout import Key, layout, out_of_range
from halfhour.register.model import Declaration, Metering, Portfolio, Site
from halfhour.register.spans import Span, in_words, shared, span_of


def site_has_a_boundary(portfolio: Portfolio) -> Iterator[Finding]:
    """Nothing can be settled without a boundary metering."""
    for site in portfolio.sites:
        if not any(metering.at == "boundary" for metering in site.metering):
            step = 'Add a [[metering]] with at = "boundary" (in tables: a row in metering.csv).'
            yield about(site, site, "RG-020", "error", "it has no boundary metering.", step)


def metering_measures_something(portfolio: Portfolio) -> Iterator[Finding]:
    """A metering has an MSID or AMSID for at least one direction."""
    for site, metering in meterings(portfolio):
        if metering.import_msid is None and metering.export_msid is None:
            step = "Give the MSID or AMSID of its import, of its export, or of both."
            yield about(site, metering, "RG-024", "error", "it has neither import nor export.", step)


def names_are_unique_on_any_day(portfolio: Portfolio) -> Iterator[Finding]:
    """Two meterings of one name are one metering that changes, so their dates may follow but not overlap."""
    for site in portfolio.sites:
        by_name: dict[str, list[tuple[Span, int]]] = defaultdict(list)
        for position, metering in enumerate(site.metering):
            by_name[metering.name].append((span_of(metering), position))
        for spans in by_name.values():
            until = date.min
            for days, position in sorted(spans):
                if both := shared(days, (date.min, until)):
                    message = f"another metering has the name {in_words(both)}."
                    step = "Choose another name, or let the dates follow each other."
                    yield about(site, site.metering[position], "RG-021", "error", message, step)
                until = max(until, days[1])


def keys_belong_to_the_kind(portfolio: Portfolio) -> Iterator[Finding]:
    """Some keys have a meaning for some kinds of metering only."""
    for site, metering in meterings(portfolio):
        if metering.at != "third-party":
            for key, given in (
                ("parent", metering.parent is not None),
                ("losses", metering.losses is not None),
                ("compensated_in_meter", metering.compensated_in_meter),
            ):
                if given:
                    yield _misplaced(site, metering, key, "third-party")
        if metering.at not in ("boundary", "third-party") and metering.bm_unit is not None:
            yield _misplaced(site, metering, "bm_unit", "boundary and third-party")
        if metering.at not in ASSETS and metering.licensed:
            message = f"licensed has no effect on a {metering.at} metering."
            step = "State it on the generation or storage metering that the licence covers."
            yield about(site, metering, "RG-030", "warning", message, step)


def classes_belong_to_an_msid(portfolio: Portfolio) -> Iterator[Finding]:
    """A class is one of an MSID, so a direction without an MSID has none."""
    for site, metering in meterings(portfolio):
        for direction, msid in (("import", metering.import_msid), ("export", metering.export_msid)):
            for name in ("llfc", "mtc", "ssc", "profile_class"):
                key = f"{direction}_{name}"
                if msid is None and getattr(metering, key) is not None:
                    message = f"{key} has no effect, since there is no {direction}."
                    step = f"Add the {direction} MSID, or remove {key}."
                    yield about(site, metering, "RG-030", "warning", message, step)


def _misplaced(site: Site, metering: Metering, key: str, kinds: str) -> Finding:
    message = f"{key} belongs to {kinds} meterings only, and this one is at {metering.at}."
    return about(site, metering, "RG-030", "error", message, f"Remove {key}, or correct `at`.")


def dates_run_forwards(portfolio: Portfolio) -> Iterator[Finding]:
    """`to` is the first day no longer included, so it is later than `from`."""
    for site in portfolio.sites:
        records: tuple[Metering | Declaration, ...] = (*site.metering, *site.declarations)
        for record in records:
            start, end = span_of(record)
            if end <= start:
                message = f"to is {record.effective_to}, which is not later than from, {record.effective_from}."
                step = "Correct the dates: `to` is the first day no longer included."
                yield about(site, record, "RG-011", "error", message, step)


def numbers_are_in_range(portfolio: Portfolio) -> Iterator[Finding]:
    """The ranges that the files keep hold for records that come from elsewhere, too."""
    for site in portfolio.sites:
        yield from _out_of_range(site, site, "site")
        for metering in site.metering:
            yield from _out_of_range(site, metering, "metering")
        for declaration in site.declarations:
            yield from _out_of_range(site, declaration, "declaration")


def _out_of_range(site: Site, subject: Site | Metering | Declaration, table: str) -> Iterator[Finding]:
    for key in _NUMBERS[table]:
        value: Decimal | None = getattr(subject, key.field)
        if value is not None and (problem := out_of_range(key, value)):
            yield about(
                site, subject, "RG-010", "error", f"{key.name} is {value}, {problem}.", f"Correct it. {key.meaning}"
            )


_NUMBERS: dict[str, list[Key]] = {
    table: [key for key in layout()[table].values() if key.kind == "number"]
    for table in ("site", "metering", "declaration")
}
