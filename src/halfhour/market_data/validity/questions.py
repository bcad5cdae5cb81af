"""Whether the classes of an MSID are valid, alone and together: one small function for each question, in one list.

Follows identifiers-and-market-data 6, 8 (pitfalls 4, 5, 6, 9) and 9, and export-registration 11 (EX-206, EX-207,
EX-212). A question that does not arise, because a class is not stated or because another question has refused it
already, has no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from halfhour.errors import NotCovered
from halfhour.market_data.validity.answers import (
    Answer,
    Combination,
    Direction,
    MsidClasses,
    failed,
    last_day,
    passed,
    unknown,
)
from halfhour.market_data.validity.look_ups import (
    INDICATORS,
    SSC_TYPES,
    Row,
    class_of_area,
    holds,
    live,
    llfc_on,
    source,
)
from halfhour.market_data.validity.nearest import (
    MTC_LLFC,
    MTC_LLFC_SSC,
    MTC_LLFC_SSC_PC,
    MTC_SSC,
    distance,
    nearest_with_llfc,
    nearest_with_ssc,
)

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore, MddVersion

Question = Callable[["MarketDataStore", MsidClasses], Answer | None]

SPECIAL_MTCS = ("996", "997", "998", "999")
"""Private networks and shared meters, whose classes a change of entity 53 enables (private-networks 5.2)."""

DISTRIBUTORS_SHOWN = 30


def llfc_is_known(store: MarketDataStore, asked: MsidClasses) -> Answer | None:
    """ID-110: the Line Loss Factor Class is one of the distributor's on the day."""
    if asked.llfc is None:
        return None
    mpid, day = asked.distributor.mpid, asked.day
    version = store.mdd_version("line_loss_factor_class", day)
    rows = store.select("line_loss_factor_class", version.number, mpid=mpid, llfc=asked.llfc)
    for row in rows:
        if holds(row, day):
            kind = INDICATORS.get(row["indicator"], ("", row["indicator"]))[1]
            text = f"LLFC {asked.llfc} ({row['description']}, {kind}) is known for {asked.place}"
            return passed("LLFC", f"{text} in {source(version, day)}.")
    reason = _when(rows, asked) if rows else "it has no such class"
    message = f"LLFC {asked.llfc} is not known for {asked.place}: {reason} in {source(version, day)}."
    step = "Take the class from the distributor's registration of the MSID (D0169), or correct it."
    return failed("LLFC", "ID-110", message, step, _instead_of_llfc(store, asked, version))


def _when(rows: list[Row], asked: MsidClasses) -> str:
    later = [row["effective_from"] for row in rows if row["effective_from"] > asked.day]
    ended = [
        row["effective_to"] for row in rows if row["effective_to"] is not None and row["effective_to"] <= asked.day
    ]
    parts = [f"its last day was {last_day(max(ended))}"] if ended else []
    return " and ".join([*parts, *([f"it begins on {min(later)}"] if later else [])])


def _instead_of_llfc(store: MarketDataStore, asked: MsidClasses, version: MddVersion) -> list[Combination]:
    if found := nearest_with_llfc(store, asked, asked.direction):
        return found
    _, rows = live(store, "line_loss_factor_class", asked.day, mpid=asked.distributor.mpid)
    right = [row for row in rows if asked.direction in (None, INDICATORS.get(row["indicator"], (None, ""))[0])]
    right.sort(key=lambda row: distance(asked.llfc, row["llfc"]))
    return [
        Combination(
            row["mpid"],
            "",
            row["llfc"],
            description=row["description"],
            kind=INDICATORS.get(row["indicator"], ("", ""))[1],
            effective_from=row["effective_from"],
            effective_to=row["effective_to"],
        )
        for row in right
    ]


def llfc_is_of_the_direction(store: MarketDataStore, asked: MsidClasses) -> Answer | None:
    """ID-117: an import has a Line Loss Factor Class of kind A or B, an export one of kind C or D."""
    row = _llfc(store, asked)
    if asked.direction is None or row is None or row["indicator"] not in INDICATORS:
        return None
    direction, kind = INDICATORS[row["indicator"]]
    subject = f"LLFC {asked.llfc} ({row['description']}) of {asked.place} is a class of kind {row['indicator']}, {kind}"
    if direction == asked.direction:
        return passed("direction", f"{subject}.")
    kinds = "A or B" if asked.direction == "import" else "C or D"
    step = f"An {asked.direction} MSID has a class of kind {kinds}: take it from the distributor, or correct the class."
    nearest = nearest_with_llfc(store, asked, asked.direction)
    return failed("direction", "ID-117", f"{subject}, and this is the {asked.direction}.", step, nearest)


def mtc_is_enabled(store: MarketDataStore, asked: MsidClasses) -> Answer | None:
    """ID-111: the Meter Timeswitch Class is enabled in the distributor's area on the day."""
    if asked.mtc is None:
        return None
    mpid, day = asked.distributor.mpid, asked.day
    found = class_of_area(store, mpid, asked.mtc, day)
    version = store.mdd_version("mtc_in_pes_area", day)
    if found is not None:
        text = f"MTC {asked.mtc} ({found.description}) is enabled for {asked.place}, since {found.effective_from}"
        return passed("MTC", f"{text}, in {source(version, day)}.")
    _, classes = live(store, "meter_timeswitch_class", day, mtc=asked.mtc)
    areas = store.select("mtc_in_pes_area", version.number, mtc=asked.mtc)
    message = f"MTC {asked.mtc} is not enabled for {asked.place}."
    if not classes:
        message += f" There is no such class in {source(version, day)}."
    elif own := [row for row in areas if row["mpid"] == mpid]:
        message += f" There {_when(own, asked)} in {source(version, day)}."
    elif elsewhere := sorted(row["mpid"] for row in areas if holds(row, day)):
        listed = ", ".join(elsewhere[:DISTRIBUTORS_SHOWN])
        more = len(elsewhere) - DISTRIBUTORS_SHOWN
        message += (
            f" {source(version, day)} enables it for {len(elsewhere)} other "
            f"{'distributor' if len(elsewhere) == 1 else 'distributors'}: {listed}"
            f"{f' and {more} more' if more > 0 else ''}."
        )
    else:
        message += f" {source(version, day)} enables it for no distributor."
    step = (
        "Use another valid combination and record the pending entity 53 change (RG-031)."
        if asked.mtc in SPECIAL_MTCS
        else "Use a combination that is valid there, or have the distributor enable the class (entity 53)."
    )
    return failed(
        "MTC", "ID-111", message, step, nearest_with_llfc(store, asked, _direction(store, asked), other_llfcs=False)
    )


def related_is_not_misused(store: MarketDataStore, asked: MsidClasses) -> Answer | None:
    """ID-130: `related` means several import MPANs on one premises, so an export has no related class."""
    found = None if asked.mtc is None else class_of_area(store, asked.distributor.mpid, asked.mtc, asked.day)
    if found is None or not found.related or _direction(store, asked) != "export":
        return None
    message = (
        f"MTC {asked.mtc} ({found.description}) of {asked.place} is a class of related Metering Systems, and this is "
        "an export: `related` means several import MPANs on one premises, it links no export to an import."
    )
    step = "Use a Meter Timeswitch Class for export that is not related."
    return failed("related", "ID-130", message, step, nearest_with_ssc(store, asked, "export") if asked.ssc else ())


def related_has_another_import(store: MarketDataStore, asked: MsidClasses, other_imports: int) -> Answer | None:
    """ID-130: beside an export, an import of a related class has another import that it is related to.

    Args:
        other_imports: how many other import MSIDs are on the premises.
    """
    if asked.mtc is None or asked.direction != "import" or other_imports:
        return None
    try:
        found = class_of_area(store, asked.distributor.mpid, asked.mtc, asked.day)
    except NotCovered:
        # What is not loaded has its own answer at the class itself.
        return None
    if found is None or not found.related:
        return None
    message = (
        f"MTC {asked.mtc} ({found.description}) of {asked.place} is a class of related Metering Systems, and the only "
        "other MSID here is an export: `related` means several import MPANs on one premises."
    )
    step = "Use a Meter Timeswitch Class that is not related, or add the import that it is related to."
    return failed("related", "ID-130", message, step)


def profile_class_goes_with_the_mtc(store: MarketDataStore, asked: MsidClasses) -> Answer | None:
    """ID-121: profile class 00 and no configuration for half-hourly classes, 01 to 08 for the others."""
    found = None if asked.mtc is None else class_of_area(store, asked.distributor.mpid, asked.mtc, asked.day)
    if found is None or found.type not in ("H", "N"):
        return None
    if asked.profile_class is None and (found.type == "N" or asked.ssc is None):
        return None
    given = [f"profile class {asked.profile_class}"] if asked.profile_class is not None else []
    given += [f"SSC {asked.ssc}"] if asked.ssc is not None else []
    subject = f"MTC {asked.mtc} ({found.description}) of {asked.place} with {' and '.join(given)}"
    if found.type == "H":
        right = asked.profile_class in (None, "00") and asked.ssc is None
        rule = "a half-hourly MSID has no SSC and no profile class (00 is printed)"
    else:
        right = asked.profile_class != "00"
        rule = "an MSID that is not half-hourly has a profile class from 01 to 08"
    if right:
        return passed("profile class", f"{subject}: {rule}.")
    step = "Check with the registration of the MSID which of them is right."
    return failed("profile class", "ID-121", f"{subject}: {rule}.", step, severity="warning")


def mtc_goes_with_llfc(store: MarketDataStore, asked: MsidClasses) -> Answer | None:
    """ID-113: the Meter Timeswitch Class is valid with the Line Loss Factor Class.

    For half-hourly classes one table says so, for the others the combinations with a configuration do.
    """
    if asked.mtc is None or asked.llfc is None or _llfc(store, asked) is None:
        return None
    mpid, day = asked.distributor.mpid, asked.day
    found = class_of_area(store, mpid, asked.mtc, day)
    if found is None:
        return None
    subject = f"MTC {asked.mtc} with LLFC {asked.llfc}"
    tables = {"H": (MTC_LLFC,), "N": (MTC_LLFC_SSC,)}.get(found.type, (MTC_LLFC, MTC_LLFC_SSC))
    reasons = []
    for table in tables:
        version = store.mdd_version(table, day)
        rows = store.select(table, version.number, mpid=mpid, mtc=asked.mtc, llfc=asked.llfc)
        if since := [row["effective_from"] for row in rows if holds(row, day)]:
            return passed(
                "MTC with LLFC", f"{subject} is valid for {asked.place}, since {min(since)}, in {source(version, day)}."
            )
        reasons.append(f"{_when(rows, asked) if rows else 'no such combination'} in {source(version, day)}")
    message = f"{subject} is not valid for {asked.place}: {' and '.join(reasons)}."
    step = "Use a combination that is valid there, or have this one added (entity 55)."
    nearest = nearest_with_llfc(store, asked, _direction(store, asked))
    return failed("MTC with LLFC", "ID-113", message, step, nearest)


def ssc_is_of_the_direction(store: MarketDataStore, asked: MsidClasses) -> Answer | None:
    """ID-112: the Standard Settlement Configuration exists, of type I for an import and E for an export."""
    if asked.ssc is None:
        return None
    day = asked.day
    version = store.mdd_version("standard_settlement_configuration", day)
    rows = store.select("standard_settlement_configuration", version.number, ssc=asked.ssc)
    held = [row for row in rows if holds(row, day)]
    direction = _direction(store, asked)
    step = "Take the configuration from the Meter Technical Details, or correct it."
    if not held:
        reason = _when(rows, asked) if rows else "there is no such configuration"
        message = f"SSC {asked.ssc} is not known on {day}: {reason} in {source(version, day)}."
        return failed("SSC", "ID-112", message, step, nearest_with_ssc(store, asked, direction))
    subject = f"SSC {asked.ssc} ({held[0]['description']}) is of type {held[0]['type']} on {day}"
    if direction is None or held[0]["type"] == SSC_TYPES[direction]:
        return passed("SSC", f"{subject} in {source(version, day)}.")
    message = (
        f"{subject} in {source(version, day)}, and this is the {direction}, whose configurations are of type "
        f"{SSC_TYPES[direction]}."
    )
    return failed("SSC", "ID-112", message, step, nearest_with_ssc(store, asked, direction))


def mtc_goes_with_ssc(store: MarketDataStore, asked: MsidClasses) -> Answer | None:
    """ID-114: the Meter Timeswitch Class is valid with the Standard Settlement Configuration.

    Where only the configuration is known, as on a supply number of half-hourly settlement reform: that any class is.
    """
    if asked.ssc is None:
        return None
    mpid, day = asked.distributor.mpid, asked.day
    if asked.mtc is not None and class_of_area(store, mpid, asked.mtc, day) is None:
        return None
    version = store.mdd_version(MTC_SSC, day)
    equals = {"mpid": mpid, "ssc": asked.ssc} | ({} if asked.mtc is None else {"mtc": asked.mtc})
    rows = store.select(MTC_SSC, version.number, **equals)
    subject = f"MTC {asked.mtc} with SSC {asked.ssc}" if asked.mtc else f"SSC {asked.ssc} with any MTC"
    held = [row for row in rows if holds(row, day)]
    if held and asked.mtc is None:
        mtcs = ", ".join(sorted({row["mtc"] for row in held}))
        text = f"SSC {asked.ssc} is valid for {asked.place} with MTC {mtcs}, in {source(version, day)}."
        return passed("MTC with SSC", text)
    if held:
        since = min(row["effective_from"] for row in held)
        text = f"{subject} is valid for {asked.place}, since {since}, in {source(version, day)}."
        return passed("MTC with SSC", text)
    reason = _when(rows, asked) if rows else "no such combination"
    message = f"{subject} is not valid for {asked.place}: {reason} in {source(version, day)}."
    step = "Use a combination that is valid there; the SSC is chosen by technology and import profile class."
    if _direction(store, asked) != "export":
        step = "Use a combination that is valid there."
    return failed("MTC with SSC", "ID-114", message, step, nearest_with_ssc(store, asked, _direction(store, asked)))


def all_go_together(store: MarketDataStore, asked: MsidClasses) -> Answer | None:
    """ID-115: Meter Timeswitch Class, Line Loss Factor Class, configuration and, where stated, profile class."""
    if asked.mtc is None or asked.llfc is None or asked.ssc is None:
        return None
    mpid, day = asked.distributor.mpid, asked.day
    equals = {"mpid": mpid, "mtc": asked.mtc, "llfc": asked.llfc, "ssc": asked.ssc}
    subject = f"MTC {asked.mtc} with LLFC {asked.llfc} and SSC {asked.ssc}"
    tables = [(MTC_LLFC_SSC, equals, subject)]
    if asked.profile_class not in (None, "00"):
        whole = f"MTC {asked.mtc} with LLFC {asked.llfc}, SSC {asked.ssc} and profile class {asked.profile_class}"
        tables.append((MTC_LLFC_SSC_PC, equals | {"profile_class": str(asked.profile_class)}, whole))
    missing: NotCovered | None = None
    for table, keys, named in tables:
        try:
            version = store.mdd_version(table, day)
        except NotCovered as problem:
            missing = problem
            continue
        rows = store.select(table, version.number, **keys)
        if any(holds(row, day) for row in rows):
            continue
        reason = _when(rows, asked) if rows else "no such combination"
        message = f"{named} is not valid for {asked.place}: {reason} in {source(version, day)}."
        step = "Use a combination that is valid there."
        return failed(ALL_TOGETHER, "ID-115", message, step, nearest_with_ssc(store, asked, _direction(store, asked)))
    if missing is not None:
        raise missing
    return passed(ALL_TOGETHER, f"{tables[-1][2]} is valid for {asked.place}.")


ALL_TOGETHER = "MTC, LLFC, SSC, profile class"

QUESTIONS: dict[str, Question] = {
    "LLFC": llfc_is_known,
    "direction": llfc_is_of_the_direction,
    "MTC": mtc_is_enabled,
    "related": related_is_not_misused,
    "profile class": profile_class_goes_with_the_mtc,
    "MTC with LLFC": mtc_goes_with_llfc,
    "SSC": ssc_is_of_the_direction,
    "MTC with SSC": mtc_goes_with_ssc,
    ALL_TOGETHER: all_go_together,
}
"""In the validation order of identifiers-and-market-data 9."""


def answers(store: MarketDataStore, asked: MsidClasses) -> list[Answer]:
    """The answer to every question that arises, in order; `unknown` where a table is not loaded for the day."""
    found = []
    for name, question in QUESTIONS.items():
        try:
            answer = question(store, asked)
        except NotCovered as problem:
            answer = unknown(name, _subject(name, asked), problem.message, problem.next_step)
        if answer is not None:
            found.append(answer)
    return found


def _subject(name: str, asked: MsidClasses) -> str:
    given = (("MTC", asked.mtc), ("LLFC", asked.llfc), ("SSC", asked.ssc), ("profile class", asked.profile_class))
    classes = ", ".join(f"{kind} {value}" for kind, value in given if value is not None)
    return f"{name}: {classes} for {asked.place}"


def _llfc(store: MarketDataStore, asked: MsidClasses) -> Row | None:
    return None if asked.llfc is None else llfc_on(store, asked.distributor.mpid, asked.llfc, asked.day)


def _direction(store: MarketDataStore, asked: MsidClasses) -> Direction | None:
    """The direction that is stated, else that of the Line Loss Factor Class."""
    if asked.direction is not None:
        return asked.direction
    try:
        row = _llfc(store, asked)
    except NotCovered:
        return None
    return INDICATORS[row["indicator"]][0] if row and row["indicator"] in INDICATORS else None
