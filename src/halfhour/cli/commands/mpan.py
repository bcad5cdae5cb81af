"""`halfhour mpan`: parse and check MPAN cores, AMSIDs and full supply numbers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
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
    finding_document,
    finding_line,
    print_json,
    print_table,
    say,
)
from halfhour.errors import Finding, HalfhourError
from halfhour.identifiers import (
    LINE_LOSS_FACTOR_CLASS,
    Amsid,
    Distributor,
    GspGroup,
    Mpan,
    SupplyNumber,
    distributor,
    distributor_on,
    gsp_group_of_distributor,
    read_class,
)

if TYPE_CHECKING:
    from halfhour.market_data.store import MarketDataStore
    from halfhour.market_data.validity import Answer

OpenStore = Callable[[], "MarketDataStore"]

CORE = (2, 4, 4, 3)
PRINTED_SHAPES = (
    (2, 3, 3, *CORE),
    (2, 4, 3, *CORE),
    (2, 3, 3, 13),
    (2, 4, 3, 13),
    CORE,
)
"""Lengths of the parts in which a number is printed, the longer first, since each ends like a shorter one."""

SHORTEST_SUPPLY_NUMBER = 17
"""Halfway from 13 to 21: a text at least so long without its spaces is meant as a supply number, not as a core."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One number, what it is, and everything found wrong with it.

    Attributes:
        day: on which the classes of a supply number were checked; None where they were not, or it is no supply number.
        answers: of the checks against market data, of a supply number.
    """

    given: str
    kind: str
    number: Mpan | Amsid | None
    supply: SupplyNumber | None
    network: Distributor | None
    group: GspGroup | None
    findings: tuple[Finding, ...]
    day: date | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing but warnings was found, in the number and in its classes."""
        return not any(finding.severity == "error" for finding in self.findings) and not any(
            answer.refused for answer in self.answers
        )


def mpan(
    numbers: list[str],
    /,
    *,
    on: str | None = None,
    market_data: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Parse and check MPAN cores, AMSIDs and full supply numbers, both forms.

    A number may be given with the spaces it is printed with, in quotes or not. Good numbers are shown beside bad ones;
    the exit code is 2 if any is bad. The classes of a full supply number are checked against market data where it is
    loaded, with the nearest valid combinations for every fail; `halfhour market-data load` loads it.

    Examples:

        halfhour mpan 1012345678903 "00 845 932 10 1234 5678 903"
        halfhour mpan 10 1234 5678 903
        halfhour mpan 2812345678902 --on 2014-12-17
        halfhour mpan "00 845 932 1012345678903" --on 2024-02-01 --market-data market-data.sqlite

    Parameters
    ----------
    numbers
        MPAN cores or AMSIDs (13 digits), or supply numbers (21 or 22 characters).
    on
        Day (ISO) on which the distributor's short code and the classes must be live; without it, classes are checked
        today, and a short code only has to be known.
    market_data
        Store of market data; default: the user's own.
    json
        One JSON document on standard output.
    """
    day = None if on is None else parse_day(on)
    with ExitStack() as stack:

        @cache
        def store() -> MarketDataStore:
            return stack.enter_context(open_market_data(market_data))

        if market_data is not None:
            # What was asked for by name must be there, whether a number needs it or not.
            store()
        checked = [check(number, day, store) for number in joined(numbers)]
    if json:
        print_json({"on": day, "numbers": [document(number) for number in checked]})
    else:
        show(checked)
    return 0 if all(number.good for number in checked) else 2


def joined(arguments: list[str]) -> list[str]:
    """The arguments as numbers: parts that together have a printed shape are joined, everything else stands alone."""
    numbers: list[str] = []
    position = 0
    while position < len(arguments):
        count = 1
        for shape in PRINTED_SHAPES:
            parts = arguments[position : position + len(shape)]
            if tuple(map(len, parts)) == shape:
                count = len(shape)
                break
        numbers.append(" ".join(arguments[position : position + count]))
        position += count
    return numbers


def check(given: str, day: date | None, store: OpenStore) -> Checked:
    """Everything that can be said of one number; nothing is raised for a bad one.

    Args:
        day: on which it must be live; None = any, and today for classes.
        store: opens the market data; called only where a number has classes.
    """
    text = given.strip()
    length = len("".join(text.split()))
    kind = "supply number" if length >= SHORTEST_SUPPLY_NUMBER else "MPAN core"
    supply: SupplyNumber | None = None
    number: Mpan | Amsid
    try:
        if kind == "supply number":
            supply = SupplyNumber.parse(text)
            number = supply.mpan
        elif text[:2] in ("77", "78"):
            kind = "AMSID"
            number = Amsid(text)
        else:
            number = Mpan(text)
    except HalfhourError as error:
        return Checked(given, kind, None, None, None, None, (_finding(error, given),))
    findings: list[Finding] = []
    if isinstance(number, Amsid) and number.digit_finding:
        findings.append(number.digit_finding)
    network: Distributor | None = None
    group: GspGroup | None = None
    try:
        code = number.distributor_id
        network = distributor(code) if day is None else distributor_on(code, day)
        group = gsp_group_of_distributor(code) if network.kind == "dno" else None
    except HalfhourError as error:
        findings.append(_finding(error, given))
    if supply is None or network is None:
        return Checked(given, kind, number, supply, network, group, tuple(findings))
    checked_on = day or today()
    answers = _answers(supply, network, checked_on, store())
    if not answers:
        findings.append(
            Finding(
                "ID-116",
                "info",
                f"{supply}: its classes were not checked: no Market Domain Data is loaded.",
                "Load it with `halfhour market-data load PATH`, or name the store with --market-data.",
                msid=str(number),
            )
        )
        return Checked(given, kind, number, supply, network, group, tuple(findings))
    return Checked(given, kind, number, supply, network, group, tuple(findings), checked_on, answers)


def _answers(supply: SupplyNumber, network: Distributor, day: date, store: MarketDataStore) -> tuple[Answer, ...]:
    """What market data says of the classes of a supply number; nothing where none is loaded."""
    from halfhour.market_data.validity import MsidClasses, answers  # noqa: PLC0415 - only where there are classes

    if not store.versions():
        return ()
    asked = MsidClasses(
        network,
        day,
        llfc=read_class(LINE_LOSS_FACTOR_CLASS, supply.llfc),
        mtc=supply.mtc,
        ssc=supply.ssc,
        profile_class=supply.profile_class,
    )
    return tuple(answers(store, asked))


def _finding(error: HalfhourError, given: str) -> Finding:
    return Finding(error.code, "error", error.message, error.next_step, msid=given)


def show(checked: list[Checked]) -> None:
    """Print the numbers as a table, and what was found on standard error."""
    supplies = [number.supply for number in checked]
    columns = ["number", "", "kind", "distributor", "GSP Group"]
    if any(supplies):
        columns += ["profile class", "MTC", "SSC", "LLFC"]
    rows = []
    for number, supply in zip(checked, supplies, strict=True):
        row = [
            number.number.grouped if number.number else number.given[:40],
            "good" if number.good else "bad",
            number.kind,
            _network_text(number.network),
            f"{number.group.id} {number.group.name}" if number.group else "",
        ]
        if any(supplies):
            row += [supply.profile_class, supply.mtc or "", supply.ssc or "", supply.llfc] if supply else [""] * 4
        rows.append(row)
    print_table("", columns, rows)
    for number in checked:
        if number.answers:
            print_table(f"{number.supply} on {number.day}", ANSWER_COLUMNS, answer_rows(number.answers))
    for number in checked:
        for finding in number.findings:
            say(finding_line(finding))


def _network_text(network: Distributor | None) -> str:
    if network is None:
        return ""
    text = f"{network.short_code} {network.mpid} {network.name}"
    if network.effective_to is not None:
        text += f" (to {network.effective_to - timedelta(days=1)})"
    return text


def document(checked: Checked) -> dict[str, object]:
    """One number as a JSON object; what is not known is null."""
    number, supply, network, group = checked.number, checked.supply, checked.network, checked.group
    return {
        "given": checked.given,
        "good": checked.good,
        "kind": checked.kind,
        "number": str(number) if number else None,
        "grouped": number.grouped if number else None,
        "distributor": network
        and {
            "short_code": network.short_code,
            "mpid": network.mpid,
            "name": network.name,
            "kind": network.kind,
            "effective_from": network.effective_from,
            "effective_to": network.effective_to,
        },
        "gsp_group": group and {"id": group.id, "name": group.name},
        "profile_class": supply and supply.profile_class,
        "mtc": supply and supply.mtc,
        "ssc": supply and supply.ssc,
        "llfc": supply and supply.llfc,
        "classes_checked_on": checked.day,
        "checks": [answer_document(answer) for answer in checked.answers],
        "findings": [finding_document(finding) for finding in checked.findings],
    }
