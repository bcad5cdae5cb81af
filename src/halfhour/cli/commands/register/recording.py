"""`halfhour register record`, `end` and `load`: facts recorded with a reason."""

from __future__ import annotations

from pathlib import Path

from halfhour.cli.arguments import day
from halfhour.cli.database import Flag, person, values, with_database
from halfhour.cli.output import counted, print_json, print_line


@with_database
def record(
    kind: str,
    /,
    *said: str,
    why: str,
    from_day: str | None = None,
    to_day: str | None = None,
    case: str = "",
    by: str = "",
    json: Flag = False,
) -> int:
    """Record a fact, in place of whatever was believed of its days.

    Example: halfhour register record appointment msid=1012345678903 role=M agent=HHMO --from-day 2025-03-17 --why D0011

    Parameters
    ----------
    kind
        party, party-role, registration, appointment, meter, dispensation, market-data-change, loss-evidence and others.
    said
        NAME=VALUE of its key and of what it says.
    why
        Reason of the change, for the log.
    from_day
        First day on which it holds; default: always did.
    to_day
        First day on which it no longer holds; default: no end.
    case
        Id of the case that calls for it.
    by
        Who makes the change; default: the user.
    json
        What was changed as one JSON document on standard output.
    """
    from halfhour.server.register.reading import statement  # noqa: PLC0415
    from halfhour.server.register.recording import writing  # noqa: PLC0415

    fact = statement(kind, values(said, "A fact"), day(from_day), day(to_day))
    with writing(by or person(), why, case=case) as making:
        new = making.record(fact)
    return _told(making.recorded, making.ended, new, json=json)


@with_database
def end(kind: str, /, *said: str, why: str, on: str, case: str = "", by: str = "", json: Flag = False) -> int:
    """Record that a fact no longer holds from a day on.

    Example: halfhour register end appointment msid=1012345678903 role=M --on 2025-06-01 --why D0151

    Parameters
    ----------
    kind
        Kind of the fact.
    said
        NAME=VALUE of its key.
    why
        Reason of the change, for the log.
    on
        First day on which it no longer holds.
    case
        Id of the case that calls for it.
    by
        Who makes the change; default: the user.
    json
        What was changed as one JSON document on standard output.
    """
    from halfhour.server.register.reading import key_of  # noqa: PLC0415
    from halfhour.server.register.recording import writing  # noqa: PLC0415

    key = key_of(kind, values(said, "A fact"))
    first = day(on)
    assert first is not None
    with writing(by or person(), why, case=case) as making:
        new = making.stop(kind, key, first)
    return _told(making.recorded, making.ended, new, json=json)


@with_database
def load(file: Path, *, why: str, by: str = "", json: Flag = False) -> int:
    """Record facts from a CSV file with the columns kind, from, to and those that the kinds have; all or nothing.

    Example: halfhour register load appointments.csv --why "taken over from the spreadsheet"

    Parameters
    ----------
    file
        CSV file; empty cells are not said.
    why
        Reason of the change, for the log.
    by
        Who makes the change; default: the user.
    json
        What was changed as one JSON document on standard output.
    """
    from halfhour.server.register.reading import statements_of  # noqa: PLC0415
    from halfhour.server.register.recording import writing  # noqa: PLC0415

    facts = statements_of(file)
    with writing(by or person(), why) as making:
        new = sum(making.record(fact) for fact in facts)
    return _told(making.recorded, making.ended, bool(new), json=json)


def _told(recorded: int, ended: int, new: bool, *, json: bool) -> int:
    if json:
        print_json({"new": new, "recorded": recorded, "ended": ended})
    elif not new:
        print_line("Nothing is new: the register says so already.")
    else:
        print_line(f"{counted(recorded, 'fact')} recorded, {counted(ended, 'belief')} ended.")
    return 0
