"""`halfhour credit calf`, `declaration`, `query-period` and `cap`: factors, capacities, periods and prices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from halfhour.calendar import LONDON, check_day, parse_day
from halfhour.cli import arguments
from halfhour.cli.commands.credit.documents import query_document, rule_document
from halfhour.cli.commands.credit.shared import Json, clock_text, day_text, places, positive, whole_wh
from halfhour.cli.output import counted, print_json, print_line, print_table, say
from halfhour.errors import HalfhourError

Direction = Literal["generation", "consumption"]

BEYOND_SHOWN = 5
"""Half hours beyond a declared capacity that are shown; `--json` gives all."""


def calf(
    volumes: Path,
    /,
    *,
    season: str,
    direction: Direction = "generation",
    json: Json = False,
) -> int:
    """Credit Assessment Load Factors from the metered volumes of the reference season: average over maximum.

    Example: halfhour credit calf volumes.csv --season 2026-03-01

    Parameters
    ----------
    volumes
        CSV file with settlement_date, settlement_period and mwh (export positive), every half hour of the reference
        season, the same season of the year before.
    season
        A day (ISO) of the season for which the factors are to hold.
    direction
        Of the volumes that count.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.credit.load_factors import load_factors, season_of  # noqa: PLC0415
    from halfhour.charges.credit.rules import rules  # noqa: PLC0415
    from halfhour.charges.credit.volumes import read_half_hours  # noqa: PLC0415

    found = load_factors(read_half_hours(volumes), season_of(parse_day(season)), direction)
    rule = rules()["C25"]
    if json:
        print_json(
            {
                "season": found.season.name,
                "reference_season": found.reference.name,
                "reference_from": found.reference.start,
                "reference_to": found.reference.end,
                "direction": found.direction,
                "maximum_mwh": found.maximum_mwh,
                "maximum_wh": whole_wh(found.maximum_mwh),
                "calf": found.all_days,
                "calf_wd": found.working_days,
                "calf_nwd": found.non_working_days,
                "by_day_type": found.by_day_type,
                "rule": rule_document(rule),
            }
        )
        return 0
    print_line(f"{found.season.name}, {direction}, from {found.reference.name}; maximum {found.maximum_mwh:f} MWh")
    used = "calf_wd and calf_nwd hold" if found.by_day_type else "calf holds"
    rows = [("calf", found.all_days), ("calf_wd", found.working_days), ("calf_nwd", found.non_working_days)]
    print_table("", ["factor", "value"], [(name, places(value, 4)) for name, value in rows], numeric=[1])
    print_line(f"{used} for the season (C05); rule {rule.id} [{rule.mark}]: {rule.clause}")
    return 0


def declaration(
    volumes: Path | None = None,
    /,
    *,
    season: str,
    gc: str | None = None,
    dc: str | None = None,
    json: Json = False,
) -> int:
    """The last day to declare GC and DC for a season, what capacities volumes call for, and where they are exceeded.

    Examples:

        halfhour credit declaration --season 2026-03-01
        halfhour credit declaration expected.csv --season 2026-03-01 --gc 20 --dc -0.4

    Parameters
    ----------
    volumes
        CSV file with settlement_date, settlement_period and mwh (export positive), expected or metered.
    season
        A day (ISO) of the season.
    gc
        Declared Generation Capacity [MW], to be compared with the volumes; 0 where only --dc is given.
    dc
        Declared Demand Capacity [MW], not above zero; 0 where only --gc is given.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.credit.load_factors import (  # noqa: PLC0415
        beyond,
        capacities,
        declaration_deadline,
        season_of,
    )
    from halfhour.charges.credit.rules import rules  # noqa: PLC0415
    from halfhour.charges.credit.volumes import read_half_hours  # noqa: PLC0415

    of = season_of(parse_day(season))
    deadline = declaration_deadline(of)
    declared = _capacities(gc, dc)
    half_hours = {
        day: periods
        for day, periods in ({} if volumes is None else read_half_hours(volumes)).items()
        if of.start <= day < of.end
    }
    if volumes is not None and not half_hours:
        say(f"{volumes.name} has no half hour of {of.name}.")
    called_for = capacities(mwh for periods in half_hours.values() for mwh in periods.values()) if half_hours else None
    exceeded = beyond(half_hours, *declared) if declared else []
    if json:
        print_json(
            {
                "season": of.name,
                "from": of.start,
                "to": of.end,
                "deadline": deadline.due,
                "calendar": deadline.calendar_version,
                "gc_mw": called_for and called_for[0],
                "dc_mw": called_for and called_for[1],
                "half_hours": sum(len(periods) for periods in half_hours.values()),
                "beyond": [
                    {"settlement_date": day, "settlement_period": period, "volume_mwh": mwh, "volume_wh": whole_wh(mwh)}
                    for day, period, mwh in exceeded
                ],
                "rules": [rule_document(rules()[rule_id]) for rule_id in ("C26", "C27", "C28")],
            }
        )
        return 0
    print_line(f"{of.name}: declare GC and DC by {day_text(deadline.due)} (C27, 10 Working Days before {of.start})")
    if called_for is not None:
        number = sum(len(periods) for periods in half_hours.values())
        print_line(f"{counted(number, 'half hour')} call for GC {called_for[0]:f} MW, DC {called_for[1]:f} MW (C26)")
    if declared:
        print_line(f"{counted(len(exceeded), 'half hour')} beyond the declared capacities (C28)")
        for day, period, mwh in exceeded[:BEYOND_SHOWN]:
            print_line(f"  {day} Settlement Period {period}: {mwh:f} MWh")
    return 0


def query_period(moment: str, /, *, json: Json = False) -> int:
    """When a Query Period ends: after 24 hours, and five consecutive Business Hours of one Working Day.

    Example: halfhour credit query-period 2025-12-24T15:30

    Parameters
    ----------
    moment
        Date and time, local where it names no offset from UTC.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.credit.default_levels import query_period as compute  # noqa: PLC0415
    from halfhour.charges.credit.rules import rules  # noqa: PLC0415

    found = compute(_moment(moment))
    rule = rules()["C22"]
    if json:
        print_json({**query_document(found), "rule": rule_document(rule)})
        return 0
    print_line(f"begins {clock_text(found.begins)}")
    print_line(f"ends   {clock_text(found.ends)}")
    if found.business_hours:
        print_line(
            f"five Business Hours: {clock_text(found.business_hours[0])} to {clock_text(found.business_hours[1])}"
        )
    print_line(f"rule {rule.id} [{rule.mark}]: {rule.clause}")
    return 0


def credit_assessment_price(
    *,
    on: str | None = None,
    reference: str | None = None,
    price: str | None = None,
    json: Json = False,
) -> int:
    """The Credit Assessment Prices held, the one of a day, and whether a reference price calls for a review.

    A price answers only for a day on which its start is confirmed; any other day is refused with exit code 3.

    Examples:

        halfhour credit cap
        halfhour credit cap --on 2023-06-13 --reference 94

    Parameters
    ----------
    on
        The day (ISO).
    reference
        Reference price [£/MWh], to be compared with the trigger of the price.
    price
        Credit Assessment Price [£/MWh] in place of the one held for the day.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.credit.price import (  # noqa: PLC0415
        SuppliedCap,
        cap_on,
        cap_points,
        review_called_for,
        review_trigger_gbp,
    )
    from halfhour.charges.credit.rules import rules  # noqa: PLC0415

    supplied = () if price is None else (SuppliedCap(positive(price, "--price"), "the command line"),)
    day = None if on is None else parse_day(on)
    if day is not None:
        check_day(day)
    if reference is not None and day is None and not supplied:
        raise HalfhourError(
            "EB-203", "A reference is compared with a price.", "Name its day with --on, or give --price."
        )
    found = None if day is None and not supplied else cap_on(day or arguments.today(), supplied)
    against = None if reference is None else arguments.decimal(reference, "--reference")
    trigger = None if found is None else review_trigger_gbp(found.gbp_per_mwh)
    review = None if found is None or against is None else review_called_for(found.gbp_per_mwh, against)
    if json:
        print_json(
            {
                "on": day,
                "cap_gbp_per_mwh": found and found.gbp_per_mwh,
                "source": found and found.source,
                "mark": found and found.mark,
                "review_trigger_gbp_per_mwh": trigger,
                "review_called_for": review,
                "points": [
                    {
                        "date": one.day,
                        "cap_gbp_per_mwh": one.gbp_per_mwh,
                        "start_confirmed": one.start_confirmed,
                        "status": one.status,
                        "source": one.source,
                        "mark": one.mark,
                    }
                    for one in cap_points()
                ],
                "rules": [rule_document(rules()[rule_id]) for rule_id in ("C17", "C29")],
            }
        )
        return 0
    if found is None:
        rows = [
            (str(one.day), f"{one.gbp_per_mwh:f}", one.status, f"{one.source} [{one.mark}]") for one in cap_points()
        ]
        print_table("", ["day", "£/MWh", "what is known", "source"], rows, numeric=[1])
        return 0
    print_line(f"CAP £{found.gbp_per_mwh:f}/MWh: {found.source} [{found.mark}]")
    print_line(f"review where the reference is more than £{trigger:f} away (C29)")
    if review is not None:
        print_line(f"£{against:f} {'calls' if review else 'does not call'} for a review")
    return 0


def _capacities(gc: str | None, dc: str | None) -> tuple[Decimal, Decimal] | None:
    if gc is None and dc is None:
        return None
    generation = arguments.decimal(gc or "0", "--gc")
    demand = arguments.decimal(dc or "0", "--dc")
    if generation < 0 or demand > 0:
        raise HalfhourError(
            "EB-204",
            f"GC is {generation} and DC {demand} MW.",
            "Generation Capacity is at least 0 and Demand Capacity at most 0.",
        )
    return generation, demand


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or "T" not in text.replace(" ", "T"):
        raise HalfhourError("EB-217", f"{text[:60]!r} is no moment.", "Write date and time, such as 2025-12-24T15:30.")
    if found.tzinfo is not None:
        return found
    local = found.replace(tzinfo=LONDON)
    if _skipped(local):
        raise HalfhourError(
            "EB-217", f"{text} does not exist: the clocks go forward over it.", "Name its offset from UTC."
        )
    return local


def _skipped(local: datetime) -> bool:
    """Whether a local time lies in the hour that the spring change leaves out."""
    if not 1900 < local.year < 9000:
        return False
    back = datetime.fromtimestamp(local.timestamp(), LONDON)
    return back.replace(tzinfo=None) != local.replace(tzinfo=None)
