"""`halfhour classes`: which classes are valid at a distributor, and which fit a small export."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from halfhour.calendar import parse_day
from halfhour.cli.arguments import market_data as open_market_data
from halfhour.cli.arguments import today
from halfhour.cli.output import (
    ANSWER_COLUMNS,
    answer_document,
    answer_rows,
    combination_document,
    print_error,
    print_json,
    print_line,
    print_table,
)
from halfhour.errors import HalfhourError
from halfhour.identifiers import METER_TIMESWITCH_CLASS, PROFILE_CLASS, read_class

if TYPE_CHECKING:
    from halfhour.identifiers import Distributor
    from halfhour.market_data.store import MarketDataStore


def classes(
    *,
    distributor: str,
    mtc: str | None = None,
    technology: str | None = None,
    import_profile_class: str | None = None,
    meter: str | None = None,
    on: str | None = None,
    market_data: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Which combinations with a Meter Timeswitch Class are live at a distributor, or which classes fit a small export.

    The exit code is 2 where the class is not enabled there or the export's classes are not valid, with the reason, and
    3 where the market data that answers is not loaded.

    Examples:

        halfhour classes --distributor _A --mtc 997 --on 2024-02-01
        halfhour classes --distributor LOND --technology pv --import-profile-class 1 --meter import-export

    Parameters
    ----------
    distributor
        Short code (10), Market Participant Id (EELC) or GSP Group (_A).
    mtc
        Meter Timeswitch Class whose live combinations are listed, for example 997.
    technology
        Of an export that is not half-hourly: pv, micro-chp, wind, hydro, ad or other.
    import_profile_class
        Profile class of the import on the same premises, 1 to 8; needed for pv and micro-chp.
    meter
        export-only, or import-export where export and import share a Meter; default: both.
    on
        Day (ISO) on which the classes must be live; default: today.
    market_data
        Store of market data; default: the user's own.
    json
        One JSON document on standard output.
    """
    from halfhour.market_data.validity import find_distributor  # noqa: PLC0415

    if (mtc is None) == (technology is None):
        step = "Give --mtc for the combinations with a class, or --technology for the classes of an export."
        raise HalfhourError("CL-010", "Exactly one of --mtc and --technology is needed.", step)
    if meter not in (None, "export-only", "import-export"):
        raise HalfhourError("CL-010", f"{meter!r} is no kind of Meter.", "Write export-only or import-export.")
    day = today() if on is None else parse_day(on)
    with open_market_data(market_data) as store:
        network = find_distributor(store, distributor, day)
        if mtc is not None:
            return _combinations(store, network, read_class(METER_TIMESWITCH_CLASS, mtc), day, json)
        assert technology is not None
        beside = None if import_profile_class is None else read_class(PROFILE_CLASS, import_profile_class)
        return _export(store, network, technology, beside, meter, day, json)


def _named(network: Distributor) -> dict[str, object]:
    return {"short_code": network.short_code, "mpid": network.mpid, "name": network.name}


def _combinations(store: MarketDataStore, network: Distributor, mtc: str, day: date, json: bool) -> int:
    from halfhour.market_data.validity import live_combinations  # noqa: PLC0415

    answer, found = live_combinations(store, network, mtc, day)
    if json:
        print_json(
            {
                "distributor": _named(network),
                "on": day,
                "mtc": mtc,
                "answer": answer_document(answer),
                "combinations": [combination_document(one) for one in found],
            }
        )
        return 2 if answer.refused else 0
    if answer.refused:
        print_error(HalfhourError(answer.code, answer.message, answer.next_step))
        return 2
    print_line(" ".join(part for part in (answer.message, answer.next_step) if part))
    if found:
        columns = ("MTC", "LLFC", "SSC", "kind", "description", "from")
        rows = [(one.mtc, one.llfc, one.ssc, one.kind, one.description, str(one.effective_from or "")) for one in found]
        print_table("", columns, rows)
    return 0


def _export(
    store: MarketDataStore,
    network: Distributor,
    technology: str,
    beside: str | None,
    meter: str | None,
    day: date,
    json: bool,
) -> int:
    from halfhour.market_data.validity import MsidClasses, export_classes  # noqa: PLC0415

    fitting = export_classes(store, MsidClasses(network, day, "export"), technology, beside, meter)
    refused = any(answer.refused for one in fitting for answer in one.answers)
    unknown = any(answer.verdict == "unknown" for one in fitting for answer in one.answers)
    if json:
        print_json(
            {
                "distributor": _named(network),
                "on": day,
                "technology": technology,
                "import_profile_class": beside,
                "classes": [
                    {
                        "meter": one.meter,
                        "mtc": one.mtc,
                        "ssc": one.ssc,
                        "tpr": one.tpr,
                        "llfc_kinds": ["C", "D"],
                        "source": one.source,
                        "checks": [answer_document(answer) for answer in one.answers],
                    }
                    for one in fitting
                ],
            }
        )
    else:
        columns = ("meter", "MTC", "SSC", "TPR", "LLFC")
        rows = [(one.meter, one.mtc, one.ssc, one.tpr, "kind C or D, from the distributor") for one in fitting]
        print_table(f"{technology} export at {network.mpid} on {day}", columns, rows)
        for one in fitting:
            print_table(f"MTC {one.mtc}, SSC {one.ssc}", ANSWER_COLUMNS, answer_rows(one.answers))
    if refused:
        return 2
    return 3 if unknown else 0
