"""What the commands over cases share: the database made ready, values typed as NAME=VALUE, and telling a case."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Annotated, ParamSpec

from cyclopts import Parameter

from halfhour.cli.arguments import moment
from halfhour.cli.output import finding_line, print_line, print_table
from halfhour.errors import HalfhourError

if TYPE_CHECKING:
    from halfhour.processes.cases import CaseState
    from halfhour.processes.timetables import Timetable

Given = ParamSpec("Given")
Flag = Annotated[bool, Parameter(negative=())]
Values = Annotated[tuple[str, ...], Parameter(consume_multiple=False, negative=())]


def with_database(command: Callable[Given, int]) -> Callable[Given, int]:
    """A command that is run once the database is ready; what the database cannot do is said as an error of ours.

    Raises:
        HalfhourError: SV-001 to SV-004 the database cannot be used.
    """

    @wraps(command)
    def run(*given: Given.args, **named: Given.kwargs) -> int:
        from halfhour.server.project.database import ready  # noqa: PLC0415 - an extra

        ready()
        from django.db import Error  # noqa: PLC0415

        try:
            return command(*given, **named)
        except Error as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise HalfhourError(
                "SV-003",
                f"The database cannot do it: {reason}.",
                "Try again; if it stays so, check HALFHOUR_DATABASE, its permissions and the space on its disk.",
            ) from None

    return run


def person() -> str:
    """Who is at the keyboard, for the record."""
    named = os.environ.get("HALFHOUR_PERSON")
    if named:
        return named[:80]
    try:
        return getpass.getuser()[:80]
    except (OSError, KeyError):
        return "command line"


def values(written: Iterable[str], option: str) -> dict[str, str]:
    """Values typed as NAME=VALUE.

    Raises:
        HalfhourError: CL-020 one is not, or a name stands twice.
    """
    found: dict[str, str] = {}
    for text in written:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name or name in found:
            reason = f"names {name} twice" if name in found else f"is {text!r}"
            raise HalfhourError("CL-020", f"{option} {reason}.", f"Write {option} NAME=VALUE, each name once.")
        found[name] = value.strip()
    return found


def known_at(text: str | None) -> datetime | None:
    """A moment of knowledge of cases and the register.

    Raises:
        HalfhourError: CL-001 it is no moment.
    """
    read = moment(text)
    if isinstance(read, str):
        raise HalfhourError("CL-001", f"{text!r} is not a moment.", "Write one such as 2024-02-10T12:00:00Z.")
    return read


def tell(timetable: Timetable, state: CaseState) -> None:
    """Print how a case stands: its state, what it waits for, and what is wrong with it."""
    meaning = timetable.states[state.state].meaning
    print_line(f"{state.case_id}  {timetable.title}")
    print_line(f"{state.state} ({state.kind}) on {state.on}: {meaning}")
    if state.ended_on:
        print_line(f"Ended on {state.ended_on}.")
    if state.waiting:
        print_table(
            "Waiting for",
            ("ref", "who", "must", "file", "due", ""),
            [
                (
                    one.ref,
                    f"{timetable.parties[one.party].title} {one.mpid}".strip(),
                    one.action,
                    one.flow or "/".join(one.flows),
                    str(one.due or "no clock"),
                    f"{one.days_late} late" if one.overdue else "",
                )
                for one in state.waiting
            ],
        )
        for one in state.waiting:
            if one.silence and one.due:
                print_line(f"{one.ref}, if nothing comes by {one.due}: {one.silence}")
    for name, refs in state.missing_facts.items():
        print_line(f"Not known: {name}, which {', '.join(refs)} depends on.")
    for follow in state.follow_ons:
        print_line(f"Calls for a case of {follow.timetable} on {follow.on}: {follow.because}")
    for finding in state.findings:
        print_line(finding_line(finding))
