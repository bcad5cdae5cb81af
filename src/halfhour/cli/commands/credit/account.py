"""`halfhour credit cover`, `indebtedness` and `withdrawal`: what an account owes, and what follows for its cover."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from halfhour.calendar import days, parse_day
from halfhour.cli import arguments
from halfhour.cli.commands.credit.documents import (
    day_document,
    event_document,
    refusal_document,
    rule_document,
    step_document,
)
from halfhour.cli.commands.credit.shared import (
    Json,
    case_of,
    clock_text,
    day_range,
    day_text,
    gbp,
    gbp_down,
    half_hour_text,
    level,
    mwh,
    percentage,
    places,
    positive,
    whole_wh,
)
from halfhour.cli.output import print_json, print_line, print_table

if TYPE_CHECKING:
    from halfhour.charges.credit.case import CreditCase
    from halfhour.charges.credit.default_levels import Event
    from halfhour.charges.credit.indebtedness import Day
    from halfhour.charges.credit.rules import Step


def cover(
    case: Path,
    /,
    *,
    on: str | None = None,
    cap: str | None = None,
    lodged: str | None = None,
    json: Json = False,
) -> int:
    """The cover that a day's indebtedness calls for, with the working of every figure.

    The case is a TOML file: [account] with name and as_of, [[cap]] with gbp_per_mwh and source, [[bm_unit]] with id,
    gc, dc and factors, and where they apply [[contract]], [[fpn]], [[metered]], [[trading_charges]], [[cover]], [plant]
    and [boundaries]. Cover is that which keeps the Credit Cover Percentage at 80 % at the day's highest indebtedness.

    Examples:

        halfhour credit cover case.toml
        halfhour credit cover case.toml --on 2025-12-31 --cap 54 --lodged 35000

    Parameters
    ----------
    case
        The case file.
    on
        Day checked (ISO); default: the case's as_of.
    cap
        Credit Assessment Price [£/MWh] in place of the case's.
    lodged
        Cover lodged [£] in place of the case's.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.credit.indebtedness import Account  # noqa: PLC0415 - loads only where it is needed

    read = case_of(case, cap, lodged)
    day = read.as_of if on is None else parse_day(on)
    account = Account(read)
    found, working = account.on(day), account.working(day)
    if json:
        print_json({"account": read.name, **day_document(found), "working": [step_document(one) for one in working]})
        return 0
    print_line(f"{read.name}, {day_text(day)}")
    _show_result(found)
    _show_working(working)
    return 0


def indebtedness(
    case: Path,
    /,
    *,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    end: Annotated[str | None, Parameter(name="--to")] = None,
    cap: str | None = None,
    lodged: str | None = None,
    json: Json = False,
) -> int:
    """Indebtedness day by day over a rolling 29 days, the percentage of the cover, and what follows from it.

    Levels are judged every half hour: each Query Period with its end and outcome, and each stretch in which contract
    notifications are refused.

    Examples:

        halfhour credit indebtedness case.toml
        halfhour credit indebtedness case.toml --from 2025-12-20 --to 2026-01-10

    Parameters
    ----------
    case
        The case file, as for `halfhour credit cover`.
    start
        First day checked (ISO); default: the case's as_of.
    end
        First day no longer checked (ISO); default: the day after the first.
    cap
        Credit Assessment Price [£/MWh] in place of the case's.
    lodged
        Cover lodged [£] in place of the case's.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.credit.default_levels import events  # noqa: PLC0415
    from halfhour.charges.credit.indebtedness import Account  # noqa: PLC0415
    from halfhour.charges.credit.rules import rules  # noqa: PLC0415

    read = case_of(case, cap, lodged)
    first, after = day_range(read, start, end)
    account = Account(read)
    found = []
    number = (after - first).days
    with arguments.progress_bar("Checking days") as progress:
        for day in days(first, after):
            found.append(account.on(day))
            progress(len(found), number)
    query_periods, refusals = events(account, first, after)
    if json:
        print_json(
            {
                "account": read.name,
                "from": first,
                "to": after,
                "days": [day_document(one) for one in found],
                "query_periods": [event_document(one) for one in query_periods],
                "refused_notifications": [refusal_document(one) for one in refusals],
                "rules": [rule_document(rule) for rule in rules().values()],
            }
        )
        return 0
    _show_days(read, found)
    for event in query_periods:
        print_line(_event_line(event))
    for refusal in refusals:
        until = "the last half hour checked" if refusal.last is None else half_hour_text(refusal.last)
        print_line(f"Level 2: notifications refused from {half_hour_text(refusal.first)} to {until}")
    return 0


def withdrawal(
    case: Path,
    /,
    *,
    on: str | None = None,
    amount: str | None = None,
    cap: str | None = None,
    lodged: str | None = None,
    json: Json = False,
) -> int:
    """How much cover can be withdrawn after the wait of ten days: what leaves at most 75 % at its highest indebtedness.

    Examples:

        halfhour credit withdrawal case.toml
        halfhour credit withdrawal case.toml --on 2025-12-20 --amount 5000

    Parameters
    ----------
    case
        The case file, with [[cover]].
    on
        Day of the request (ISO), the first of the wait; default: the case's as_of.
    amount
        Amount asked for [£]; the answer then says whether all of it can be withdrawn.
    cap
        Credit Assessment Price [£/MWh] in place of the case's.
    lodged
        Cover lodged [£] in place of the case's.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.credit.default_levels import withdrawal as compute  # noqa: PLC0415
    from halfhour.charges.credit.indebtedness import Account  # noqa: PLC0415
    from halfhour.charges.credit.rules import rules  # noqa: PLC0415

    read = case_of(case, cap, lodged)
    asked = None if amount is None else positive(amount, "--amount")
    found = compute(Account(read), read.as_of if on is None else parse_day(on))
    allowed = None if asked is None else asked <= found.withdrawable_gbp
    if json:
        print_json(
            {
                "account": read.name,
                "wait_from": found.first_day,
                "wait_to": found.end_day,
                "highest_day": found.highest.day,
                "highest_ei_mwh": found.highest.highest.ei_mwh,
                "highest_ei_wh": whole_wh(found.highest.highest.ei_mwh),
                "cap_gbp_per_mwh": found.highest.cap.gbp_per_mwh,
                "cover_gbp": found.cover_gbp,
                "minimum_cover_gbp": found.minimum_cover_gbp,
                "withdrawable_gbp": found.withdrawable_gbp,
                "asked_gbp": asked,
                "allowed": allowed,
                "rule": rule_document(rules()["C23"]),
            }
        )
        return 0
    print_line(f"{read.name}: wait from {day_text(found.first_day)} to {day_text(found.end_day - timedelta(days=1))}")
    highest = found.highest
    print_line(f"highest indebtedness {mwh(highest.highest.ei_mwh)} MWh, {half_hour_text(highest.highest)}")
    print_line(f"cover £{gbp(found.cover_gbp)}, of which £{gbp(found.minimum_cover_gbp)} must stay (C23, 75 %)")
    print_line(f"can be withdrawn: £{gbp_down(found.withdrawable_gbp)}")
    if asked is not None:
        print_line(f"£{gbp(asked)} {'can' if allowed else 'cannot'} be withdrawn")
    return 0


def _show_result(found: Day) -> None:
    cap = found.cap
    print_line(f"EI {mwh(found.highest.ei_mwh)} MWh at its highest, {half_hour_text(found.highest)}")
    print_line(f"exposure £{gbp(found.exposure_gbp)} at CAP £{cap.gbp_per_mwh:f}/MWh ({cap.source}) [{cap.mark}]")
    print_line(f"cover for 80 %: £{gbp(found.required_cover_gbp)}")
    if found.cover_gbp is not None:
        print_line(f"cover lodged £{gbp(found.cover_gbp)}: CCP {percentage(found.highest)}, {level(found.highest)}")
        missing = found.required_cover_gbp - found.cover_gbp
        print_line(f"missing £{gbp(missing)}" if missing > 0 else f"to spare £{gbp(-missing)}")


def _show_working(working: Sequence[Step]) -> None:
    rows = [(one.quantity, one.numbers, _value(one), one.unit, f"{one.rule.id} [{one.mark}]") for one in working]
    print_table("Working", ["quantity", "numbers", "value", "unit", "rule"], rows, numeric=[2])
    used = {one.rule.id: one.rule for one in working}
    for rule in used.values():
        print_line(f"{rule.id} {rule.title} ({rule.clause}): {rule.text}")


def _value(one: Step) -> str:
    from halfhour.charges.credit.rules import plain  # noqa: PLC0415

    if isinstance(one.value, Decimal):
        if one.unit == "£":
            return gbp(one.value)
        # A quotient without end is cut for the screen; everything else stands as it is.
        exponent = one.value.as_tuple().exponent
        return places(one.value, 6) if isinstance(exponent, int) and exponent < -12 else plain(one.value)
    return "-" if one.value is None else str(one.value)


def _show_days(case: CreditCase, found: Sequence[Day]) -> None:
    with_cover = any(one.cover_gbp is not None for one in found)
    columns = ["day", "CEI / MEI / AEI days", "CEI", "MEI", "AEI", "EI", "highest EI", "CAP £", "cover £ (80 %)"]
    rows = []
    for one in found:
        row = [
            str(one.day),
            f"{len(one.window.cei)} / {len(one.window.mei)} / {len(one.window.aei)}",
            *map(mwh, (one.cei_mwh, one.mei_mwh, one.aei_mwh, one.ei_mwh, one.highest.ei_mwh)),
            f"{one.cap.gbp_per_mwh:f}",
            gbp(one.required_cover_gbp),
        ]
        if with_cover:
            row += [
                "-" if one.cover_gbp is None else gbp(one.cover_gbp),
                percentage(one.highest),
                level(one.highest),
            ]
        rows.append(row)
    numeric = [*range(2, 9)]
    if with_cover:
        columns += ["lodged £", "highest CCP", ""]
        numeric += [9, 10]
    print_table(
        f"{case.name}: indebtedness in MWh at the end of each day, rolling 29 days", columns, rows, numeric=numeric
    )


def _event_line(event: Event) -> str:
    period = event.query_period
    return (
        f"Level 1: above 80 % from {half_hour_text(event.half_hour)}; Query Period until {clock_text(period.ends)}: "
        f"{event.outcome}"
    )
