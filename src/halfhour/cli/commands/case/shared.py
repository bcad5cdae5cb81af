"""How the commands over cases tell one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from halfhour.cli.output import finding_line, print_line, print_table

if TYPE_CHECKING:
    from halfhour.processes.cases import CaseState
    from halfhour.processes.timetables import Timetable


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
