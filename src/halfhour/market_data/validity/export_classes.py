"""The classes of a small export: configuration, Meter Timeswitch Class and regime by technology, meter and import.

Follows export-registration 8.1 and 8.2 (the tables are data files) and 11 (EX-205, EX-206); what they give is checked
against Market Domain Data for the distributor and the day, since areas differ.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from halfhour.errors import HalfhourError, NotCovered
from halfhour.market_data.validity.answers import Answer, Combination, MsidClasses, failed, passed, unknown
from halfhour.market_data.validity.look_ups import source
from halfhour.market_data.validity.questions import answers

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore

ANY_CLASS = ""
BY_TECHNOLOGY = ("pv", "micro-chp")
"""Technologies whose Meter Timeswitch Classes are their own; the others share those of `other` by default."""


@dataclass(frozen=True, slots=True)
class ExportClasses:
    """The classes that fit an export, and what Market Domain Data says of them.

    Attributes:
        meter: `export-only`, or `import-export` for a Meter that is the import's too.
        import_profile_class: of the import MSID on the same premises; empty where the configuration is for any.
        tpr: Time Pattern Regime of the configuration's one register.
        answers: of the checks against Market Domain Data.
    """

    technology: str
    meter: str
    import_profile_class: str
    mtc: str
    ssc: str
    tpr: str
    source: str
    answers: tuple[Answer, ...]


def _rows(name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _configurations() -> dict[tuple[str, str], dict[str, str]]:
    return {(row["technology"], row["import_profile_class"]): row for row in _rows("export_ssc.csv")}


@cache
def _meter_classes() -> dict[tuple[str, str], dict[str, str]]:
    return {(row["technology"], row["meter"]): row for row in _rows("export_mtc.csv")}


@cache
def technologies() -> tuple[str, ...]:
    """The technologies of the tables."""
    return tuple(dict.fromkeys(technology for technology, _ in _configurations()))


def export_ssc(technology: str, import_profile_class: str | None) -> dict[str, str] | None:
    """The row of the configuration for a technology and the profile class of the import; None where it is not certain.

    Raises:
        HalfhourError: ID-118 the technology is not in the table.
    """
    if technology not in technologies():
        raise HalfhourError(
            "ID-118",
            f"{technology[:40]!r} is not a technology of export.",
            f"Write one of {', '.join(technologies())}.",
        )
    found = _configurations()
    return found.get((technology, ANY_CLASS)) or found.get((technology, import_profile_class or "00"))


def export_classes(
    store: MarketDataStore, asked: MsidClasses, technology: str, import_profile_class: str | None, meter: str | None
) -> list[ExportClasses]:
    """What fits an export, for one kind of Meter or for both, each checked at the distributor on the day.

    Args:
        asked: distributor and day; a Line Loss Factor Class where it is known already.
        import_profile_class: of the import MSID, two digits; None where it is not known.
        meter: `export-only`, `import-export` or None for both.

    Raises:
        HalfhourError: ID-118 the technology is not in the table, or its configuration depends on an import profile
            class from 01 to 08 and there is none.
    """
    row = export_ssc(technology, import_profile_class)
    if row is None:
        given = "it is not given" if import_profile_class is None else f"it is {import_profile_class}"
        raise HalfhourError(
            "ID-118",
            f"The configuration of a {technology} export depends on the profile class of the import, and {given}.",
            "Give the import's profile class, 01 to 08; beside a half-hourly import the export is half-hourly, "
            "without a configuration.",
        )
    found = []
    for (of_technology, of_meter), classes in _meter_classes().items():
        if of_technology != technology or meter not in (None, of_meter):
            continue
        of_msid = MsidClasses(asked.distributor, asked.day, "export", asked.llfc, classes["mtc"], row["ssc"])
        checks = (*answers(store, of_msid), tpr_is_of_the_ssc(store, of_msid, row["tpr"]))
        found.append(
            ExportClasses(
                technology,
                of_meter,
                row["import_profile_class"],
                classes["mtc"],
                row["ssc"],
                row["tpr"],
                row["source"],
                checks,
            )
        )
    return found


def tpr_is_of_the_ssc(store: MarketDataStore, asked: MsidClasses, tpr: str) -> Answer:
    """Whether the Time Pattern Regime of the table is the configuration's in Market Domain Data."""
    subject = f"SSC {asked.ssc} with TPR {tpr} on {asked.day}"
    try:
        version = store.mdd_version("measurement_requirement", asked.day)
    except NotCovered as problem:
        return unknown("TPR", subject, problem.message, problem.next_step)
    rows = store.select("measurement_requirement", version.number, ssc=asked.ssc)
    held = [row["tpr"] for row in rows]
    if held == [tpr]:
        return passed("TPR", f"{subject} is as in {source(version, asked.day)}.")
    message = f"{subject}: {source(version, asked.day)} has {' and '.join(held) or 'no regime'} for it."
    return failed("TPR", "ID-118", message, "Use the regimes of Market Domain Data.")


def export_ssc_fits(asked: MsidClasses, technology: str, import_profile_class: str | None) -> Answer | None:
    """ID-118: the configuration of an export is that of its technology and of the import's profile class (EX-205)."""
    if asked.ssc is None or asked.direction != "export":
        return None
    row = export_ssc(technology, import_profile_class)
    right = [row] if row else [one for (of, _), one in _configurations().items() if of == technology]
    beside = f" beside an import of profile class {import_profile_class}" if row and row["import_profile_class"] else ""
    subject = f"SSC {asked.ssc} of the {technology} export at {asked.place}"
    if asked.ssc in [one["ssc"] for one in right]:
        return passed("technology", f"{subject} is that of its technology{beside}.")
    listed = " or ".join(f"{one['ssc']} (TPR {one['tpr']})" for one in right)
    message = f"{subject} is not that of its technology{beside}, which is {listed}."
    nearest = [
        Combination(asked.distributor.mpid, classes["mtc"], ssc=one["ssc"], description=f"{of_meter} meter")
        for one in right
        for (of, of_meter), classes in _meter_classes().items()
        if of == technology
    ]
    return failed("technology", "ID-118", message, "Have the Meter Operator correct the configuration.", nearest)


def export_mtc_fits(asked: MsidClasses, technology: str, meter: str | None) -> Answer | None:
    """ID-118: the Meter Timeswitch Class of a non-half-hourly export is that of its technology and kind of Meter.

    Hydro, wind and others take the class of other technologies by default and may have another of the same kind.
    """
    if asked.mtc is None or asked.direction != "export":
        return None
    of_export = {row["mtc"]: row for row in _meter_classes().values()}
    if asked.mtc not in of_export:
        return None
    subject = f"MTC {asked.mtc} of the {technology} export at {asked.place}"
    right = [row for (of, of_meter), row in _meter_classes().items() if of == technology and meter in (None, of_meter)]
    same_kind = {row["meter_type"] for row in right}
    if asked.mtc in [row["mtc"] for row in right] or (
        technology not in BY_TECHNOLOGY and of_export[asked.mtc]["meter_type"] in same_kind
    ):
        return passed("meter", f"{subject} fits its technology and Meter.")
    listed = " or ".join(f"{row['mtc']} ({row['meter']})" for row in right)
    message = f"{subject} does not fit its technology and Meter, for which it is {listed}."
    return failed("meter", "ID-118", message, "Correct the class, the technology or the kind of Meter.")
