"""Checks of classes and Suppliers against Market Domain Data: what `halfhour check` adds to the checks of the register.

Follows identifiers-and-market-data 9, export-registration 11 and private-networks 5.2. Every fail is a warning, since
settlement uses the classes as they stand. A metering is looked at on its first day and today, or on its last day where
that is earlier, and each finding is made once, for the first of these days that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from halfhour.errors import Finding, HalfhourError
from halfhour.identifiers import ASSET_SHORT_CODES, live_on
from halfhour.market_data.store import MarketDataStore
from halfhour.market_data.validity import (
    Answer,
    Direction,
    MsidClasses,
    answers,
    export_is_half_hourly_from_the_limit,
    export_mtc_fits,
    export_profile_class_fits,
    export_ssc_fits,
    find_distributor,
    is_half_hourly,
    measurement_class_fits,
    measurement_class_goes_with_the_mtc,
    mtc_is_half_hourly,
    related_has_another_import,
    role_is_live,
    third_party_is_visible,
)
from halfhour.register.checks._common import about, meterings
from halfhour.register.model import Metering, Portfolio, Site

CLASS_KEYS = ("llfc", "mtc", "ssc", "profile_class")
SUPPLIER = "X"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is looked at of one MSID on one day; MSIDs with the same facts have the same answers.

    Attributes:
        import_profile_class: of the import beside an export, None where it is not certain.
        capacity_kw: of the connection [kW].
        generation_kw: of the generation whose export is metered [kW], None where it is not certain.
        other_imports: how many other import MSIDs the site has.
        exports_too: whether the metering has an export.
        under_d380: whether a D/380 declaration is in force for the metering.
    """

    classes: MsidClasses
    technology: str | None
    meter: str | None
    import_profile_class: str | None
    measurement_class: str | None
    capacity_kw: Decimal | None
    generation_kw: Decimal | None
    other_imports: int
    exports_too: bool
    under_d380: bool
    mdd_change: str | None
    supplier: str | None


def classes_are_valid(store: MarketDataStore, facts: Facts) -> Iterator[Answer | None]:
    """Each class is known, and they are valid together."""
    yield from answers(store, facts.classes)
    if facts.exports_too:
        yield related_has_another_import(store, facts.classes, facts.other_imports)


def export_fits_its_technology(_store: MarketDataStore, facts: Facts) -> Iterator[Answer | None]:
    """Configuration and Meter Timeswitch Class of a small export follow from technology, Meter and import."""
    yield export_profile_class_fits(facts.classes)
    if facts.technology is not None:
        yield export_ssc_fits(facts.classes, facts.technology, facts.import_profile_class)
        yield export_mtc_fits(facts.classes, facts.technology, facts.meter)


def measurement_class_is_right(store: MarketDataStore, facts: Facts) -> Iterator[Answer | None]:
    """The measurement class is one for the capacity and goes with the Meter Timeswitch Class."""
    if facts.measurement_class is not None:
        yield measurement_class_goes_with_the_mtc(store, facts.classes, facts.measurement_class)
        if facts.capacity_kw is not None:
            yield measurement_class_fits(facts.measurement_class, facts.capacity_kw)


def large_export_is_half_hourly(store: MarketDataStore, facts: Facts) -> Iterator[Answer | None]:
    """From 30 kW of generation an export is half-hourly."""
    half_hourly = _half_hourly(store, facts)
    if facts.classes.direction == "export" and half_hourly is not None and facts.generation_kw is not None:
        yield export_is_half_hourly_from_the_limit(half_hourly, facts.generation_kw)


def _half_hourly(store: MarketDataStore, facts: Facts) -> bool | None:
    """Whether the MSID is half-hourly, as far as what is stated says so."""
    if facts.measurement_class is not None:
        return is_half_hourly(facts.measurement_class)
    if facts.classes.ssc is not None:
        return False
    if facts.classes.profile_class is not None:
        return facts.classes.profile_class == "00"
    return mtc_is_half_hourly(store, facts.classes)


def third_party_has_its_class(store: MarketDataStore, facts: Facts) -> Iterator[Answer | None]:
    """Under D/380 a Third Party MSID has Meter Timeswitch Class 997, or the interim rule holds."""
    if facts.under_d380:
        yield third_party_is_visible(store, facts.classes, facts.mdd_change)


def supplier_is_live(store: MarketDataStore, facts: Facts) -> Iterator[Answer | None]:
    """The Supplier holds the role of one."""
    if facts.supplier is not None:
        yield role_is_live(store, facts.supplier, SUPPLIER, facts.classes.day)


LOOKED_AT: tuple[Callable[[MarketDataStore, Facts], Iterator[Answer | None]], ...] = (
    classes_are_valid,
    export_fits_its_technology,
    measurement_class_is_right,
    large_export_is_half_hourly,
    third_party_has_its_class,
    supplier_is_live,
)


def check_market_data(portfolio: Portfolio, store: MarketDataStore, today: date) -> list[Finding]:
    """Every finding about the classes that the meterings state; nothing where none states any.

    Args:
        today: the day on which a metering without an end is looked at, beside its first.

    Returns:
        Warnings for what is not valid, and for what could not be looked up one ID-116 remark for each question; where
        no Market Domain Data is loaded at all, one remark that says so.
    """
    answered: dict[Facts, list[Answer]] = {}
    findings: dict[tuple[str, str, str, str, str], Finding] = {}
    unknown: dict[tuple[str, str], tuple[str, dict[str, None]]] = {}
    unchecked: dict[str, None] = {}
    for site, metering, direction, msid in _stated(portfolio):
        for day in _days(metering, today):
            try:
                facts = _facts(store, site, metering, direction, msid, day)
            except HalfhourError as problem:
                key = (site.id, metering.name, msid, "short code", problem.code)
                findings.setdefault(
                    key, _finding(site, metering, msid, day, problem.code, problem.message, problem.next_step)
                )
                continue
            if facts not in answered:
                found = (answer for look in LOOKED_AT for answer in look(store, facts))
                answered[facts] = [answer for answer in found if answer is not None and answer.code]
            for answer in answered[facts]:
                if answer.verdict == "unknown":
                    unchecked[msid] = None
                    _, msids = unknown.setdefault((answer.question, answer.next_step), (answer.reason, {}))
                    msids[msid] = None
                    continue
                finding = _finding(site, metering, msid, day, answer.code, answer.message, answer.whole_next_step)
                if answer.verdict == "pass":
                    finding = replace(finding, severity="info")
                # The Supplier is the metering's, whatever its MSIDs.
                number = "" if answer.code == "ID-140" else msid
                findings.setdefault((site.id, metering.name, number, answer.question, answer.code), finding)
    if unknown and not store.versions():
        step = "Load it with `halfhour market-data load PATH`, or name the store with --market-data."
        message = f"The classes of {_counted(unchecked)} were not checked: no Market Domain Data is loaded."
        return [*findings.values(), Finding("ID-116", "info", message, step)]
    return [
        *findings.values(),
        *(
            Finding("ID-116", "info", f"{question}: not checked for {_counted(msids)}. {reason}", step)
            for (question, step), (reason, msids) in unknown.items()
        ),
    ]


def _counted(msids: dict[str, None]) -> str:
    return next(iter(msids)) if len(msids) == 1 else f"{len(msids):,} MSIDs"


def _finding(site: Site, metering: Metering, msid: str, day: date, code: str, message: str, step: str) -> Finding:
    found = about(site, metering, code, "warning", f"{msid}: {message}", step)
    return replace(found, msid=msid, settlement_date=day)


def _stated(portfolio: Portfolio) -> Iterator[tuple[Site, Metering, Direction, str]]:
    """Every MSID of which something is stated that can be checked here; Asset Metering Systems have no classes."""
    for site, metering in meterings(portfolio):
        directions: tuple[tuple[Direction, str | None], ...] = (
            ("import", metering.import_msid),
            ("export", metering.export_msid),
        )
        for direction, msid in directions:
            keys = [getattr(metering, f"{direction}_{key}") for key in CLASS_KEYS] + [metering.measurement_class]
            if msid is not None and not msid.startswith(ASSET_SHORT_CODES) and any(key is not None for key in keys):
                yield site, metering, direction, msid


def _days(metering: Metering, today: date) -> list[date]:
    """The first day, and today or the last day where that is earlier, once each."""
    first = metering.effective_from
    last = today if metering.effective_to is None else min(today, metering.effective_to - timedelta(days=1))
    return [last] if first is None else list(dict.fromkeys((first, max(first, last))))


def _facts(store: MarketDataStore, site: Site, metering: Metering, direction: Direction, msid: str, day: date) -> Facts:
    """What is looked at.

    Raises:
        HalfhourError: ID-103 the short code of the MSID is not live on the day.
    """
    distributor = live_on(find_distributor(store, msid[:2], day), day)
    stated = {key: getattr(metering, f"{direction}_{key}") for key in CLASS_KEYS}
    beside = [other for other in site.metering if other is not metering and other.active(day)]
    return Facts(
        MsidClasses(distributor, day, direction, **stated),
        metering.technology if direction == "export" else None,
        metering.meter,
        _import_profile_class(metering, beside) if direction == "export" else None,
        metering.measurement_class,
        metering.capacity_kw if metering.at in ("boundary", "third-party") else None,
        _generation_kw(site, metering, beside) if direction == "export" else None,
        sum(other.import_msid is not None and other.at in ("boundary", "third-party") for other in beside),
        metering.export_msid is not None,
        direction == "import" and metering.at == "third-party" and _under_d380(site, metering, day),
        metering.mdd_change,
        metering.supplier,
    )


def _import_profile_class(metering: Metering, beside: list[Metering]) -> str | None:
    """Of the metering's own import, else the one that all other imports of the site have."""
    if metering.import_profile_class is not None:
        return metering.import_profile_class
    stated = {other.import_profile_class for other in beside if other.import_msid is not None}
    return stated.pop() if len(stated) == 1 else None


def _generation_kw(site: Site, metering: Metering, beside: list[Metering]) -> Decimal | None:
    """Capacity behind an export: of the plant itself, else of all plant of the site; None where some is not known."""
    if metering.at == "generation":
        return metering.capacity_kw
    capacities = [other.capacity_kw for other in beside if other.at == "generation"]
    known = sum((capacity for capacity in capacities if capacity is not None), start=Decimal(0))
    if site.exempt_capacity_kw is not None:
        known = max(known, site.exempt_capacity_kw)
    return None if None in capacities or not known else known


def _under_d380(site: Site, metering: Metering, day: date) -> bool:
    return any(
        declaration.kind == "d380" and metering.name in declaration.metering and declaration.active(day)
        for declaration in site.declarations
    )
