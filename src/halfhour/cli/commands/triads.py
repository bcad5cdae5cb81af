"""`halfhour triads`: the three Triads of each winter in a demand series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from halfhour.cli.output import counted, print_error, print_json, print_line, print_table, say
from halfhour.errors import HalfhourError, NotCovered

if TYPE_CHECKING:
    from halfhour.charges.demand_series import DemandSeries
    from halfhour.charges.triads import Triad, Winter


def triads(
    demand: Path,
    /,
    *,
    column: str = "net_system_demand_mw",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """The three Triads of each winter in a demand series.

    The half hours of highest net system demand from 1 November to the end of February, each at least ten clear days
    from the others: their dates differ by eleven days or more. Of days with equal demand the earlier is taken, and the
    tie is named. Where days of the winter are missing, the Triads are provisional; only the published list is final,
    and it is shown beside them where it is held. The exit code is 3 where a winter's days do not allow three.

    Example:

        halfhour triads daily_peaks_2022-23.csv

    Parameters
    ----------
    demand
        CSV with the columns settlement_date (ISO), settlement_period and net_system_demand_mw: the highest half hour
        of each day, or every half hour.
    column
        Column of the demand in MW, if it has another name.
    json
        One JSON document on standard output.
    """
    from halfhour.charges.demand_series import read_demand  # noqa: PLC0415 - loads only for this command
    from halfhour.charges.triads import TRIADS, winters  # noqa: PLC0415

    series = read_demand(demand, column)
    found = winters(series.half_hours, series.incomplete_days)
    if not found:
        raise HalfhourError(
            "EB-134",
            f"{demand.name} has no day from 1 November to the end of February.",
            "Give the demand of a winter: Triads lie in no other month.",
        )
    short = [_short(winter) for winter in found if len(winter.triads) < TRIADS]
    if json:
        print_json(document(demand, series, found, short))
    else:
        show(series, found)
    for error in short:
        print_error(error)
    return NotCovered.exit_code if short else 0


def _short(winter: Winter) -> NotCovered:
    from halfhour.market_data.embedded import Missing  # noqa: PLC0415

    return Missing(
        "TRIADS_NOT_PUBLISHED",
        f"The days of {winter.charging_year} allow only {counted(len(winter.triads), 'Triad')}: "
        f"{counted(winter.days_held, 'day')} held, {len(winter.days_missing):,} missing.",
        "Give the demand of more days of the winter.",
    )


def status(winter: Winter) -> str:
    """`complete`, or `provisional` where days are missing."""
    return "complete" if winter.complete else "provisional"


def show(series: DemandSeries, found: list[Winter]) -> None:
    """Print the winters, and what is to be known of them on standard error."""
    for winter in found:
        print_table(
            f"{winter.charging_year}, {status(winter)}",
            ["", "Settlement Day", "period", "net system demand, MW"],
            [
                (str(place), f"{one.settlement_date:%a} {one.settlement_date}", str(one.settlement_period), _mw(one))
                for place, one in enumerate(winter.triads, start=1)
            ],
            numeric=[0, 2, 3],
        )
        if winter.published is not None:
            print_line("As published." if winter.as_published else f"Published: {_published(winter)}.")
        for remark in remarks(winter):
            say(remark)
    if series.columns_left_out:
        say(f"Columns left out: {', '.join(series.columns_left_out)}.")


def remarks(winter: Winter) -> list[str]:
    """What is to be known of a winter: missing days, ties."""
    said = []
    if winter.days_missing:
        few = ", ".join(str(day) for day in winter.days_missing[:5])
        more = len(winter.days_missing) - 5
        said.append(
            f"{winter.charging_year} is provisional: {counted(len(winter.days_missing), 'day')} of the winter without "
            f"all of the demand: {few}{f' and {more:,} more' if more > 0 else ''}."
        )
    said += [
        f"Tie: demand on {one.settlement_date} and on {', '.join(map(str, one.tie))} is {_mw(one)} MW; the earlier day "
        "was taken."
        for one in winter.triads
        if one.tie
    ]
    return said


def _published(winter: Winter) -> str:
    return ", ".join(f"{one.settlement_date} period {one.settlement_period}" for one in winter.published or ())


def _mw(one: Triad) -> str:
    return f"{one.demand_mw:,}"


def document(demand: Path, series: DemandSeries, found: list[Winter], short: list[NotCovered]) -> dict[str, object]:
    """The winters as a JSON object; demand in MW as strings."""
    from halfhour.market_data.embedded import parameters  # noqa: PLC0415

    return {
        "file": demand.name,
        "series": "half-hourly" if series.half_hourly else "daily peaks",
        "columns_left_out": list(series.columns_left_out),
        "least_difference_days": int(parameters()["triad_days_apart"].text),
        "winters": [
            {
                "charging_year": winter.charging_year,
                "status": status(winter),
                "days_held": winter.days_held,
                "days_missing": list(winter.days_missing),
                "triads": [
                    {
                        "settlement_date": one.settlement_date,
                        "settlement_period": one.settlement_period,
                        "net_system_demand_mw": one.demand_mw,
                        "tie": list(one.tie),
                    }
                    for one in winter.triads
                ],
                "as_published": winter.as_published,
                "published": winter.published
                and [
                    {
                        "settlement_date": one.settlement_date,
                        "settlement_period": one.settlement_period,
                        "net_system_demand_mw": one.demand_mw,
                        "source": one.source,
                        "mark": one.mark,
                    }
                    for one in winter.published
                ],
            }
            for winter in found
        ],
        "not_covered": [
            {"code": error.code, "message": error.message, "next_step": error.next_step} for error in short
        ],
    }
