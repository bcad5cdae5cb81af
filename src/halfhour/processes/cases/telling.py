"""A case told as a document: the same for the command line, the API and whoever reads them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from halfhour.errors import Finding
from halfhour.processes.cases.events import Event
from halfhour.processes.cases.state import CaseState, Waiting
from halfhour.processes.timetables import Timetable


def case_document(timetable: Timetable, state: CaseState) -> dict[str, Any]:
    """A case as it stands on a day, with its history, what it waits for and what is wrong with it."""
    return {
        "case": state.case_id,
        "timetable": {"id": timetable.id, "title": timetable.title},
        "on": state.on,
        "state": state.state,
        "kind": state.kind,
        "meaning": timetable.states[state.state].meaning,
        "ended_on": state.ended_on,
        "parties": dict(state.parties),
        "facts": dict(state.facts),
        "parameters": dict(state.parameters),
        "waiting": [waiting_document(one) for one in state.waiting],
        "next_change_on": state.next_change_on,
        "missing_facts": {name: list(refs) for name, refs in state.missing_facts.items()},
        "steps": [_step(timetable, one) for one in state.steps if one.attempts],
        "history": [asdict(one) for one in state.history],
        "flows": dict(state.flows),
        "measures": dict(state.measures),
        "follow_ons": [asdict(one) for one in state.follow_ons],
        "findings": [finding_document(one) for one in state.findings],
    }


def waiting_document(waiting: Waiting) -> dict[str, Any]:
    """An act that is waited for, and how its day was counted."""
    return {
        "ref": waiting.ref,
        "attempt": waiting.attempt,
        "party": waiting.party,
        "mpid": waiting.mpid,
        "to": list(waiting.recipients),
        "action": waiting.action,
        "information": waiting.information,
        "method": waiting.method,
        "flow": waiting.flow,
        "flows": list(waiting.flows),
        "received": list(waiting.received),
        "since": waiting.since,
        "due": waiting.due,
        "overdue": waiting.overdue,
        "days_late": waiting.days_late,
        "if_nothing_comes": waiting.silence,
        "counted": None if waiting.limit is None else _limit(waiting),
    }


def _limit(waiting: Waiting) -> dict[str, Any]:
    limit = waiting.limit
    assert limit is not None
    named = ("trigger", "n", "mode", "unit", "regime", "calendar", "calendar_version", "roll", "due")
    return {**{name: getattr(limit, name) for name in named}, "days": list(limit.counted)}


def _step(timetable: Timetable, step: Any) -> dict[str, Any]:
    row = timetable.by_ref[step.ref]
    attempts = [{name: value for name, value in asdict(one).items() if name != "limit"} for one in step.attempts]
    return {"ref": step.ref, "action": row.action, "status": step.status, "attempts": attempts}


def event_document(event: Event) -> dict[str, Any]:
    """An event as it was recorded."""
    return {**asdict(event), "data": dict(event.data)}


def finding_document(finding: Finding) -> dict[str, Any]:
    """A finding of a case."""
    return {name: getattr(finding, name) for name in ("code", "severity", "message", "next_step", "where")}
