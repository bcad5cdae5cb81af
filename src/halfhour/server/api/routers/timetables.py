"""Timetables of market processes, as people read them and as cases follow them; open to every token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from halfhour.processes.timetables import Timetable, find_timetable, timetables
from halfhour.processes.timetables.rendering import when
from halfhour.server.api.operations import operation
from halfhour.server.api.problems import not_found
from halfhour.server.api.values import Name

router = Router()


class TimetableLine(Schema):
    """A timetable in the list of them."""

    id: str
    title: str
    subject: str
    source: str


class PartyOut(Schema):
    """A party of a timetable; `market_role` is empty where it has none."""

    name: str
    title: str
    market_role: str


class TimetableFact(Schema):
    """A fact that a case may hold; parties in `secret_to` do not read it."""

    name: str
    kind: str
    meaning: str
    required: bool
    choices: list[str]
    secret_to: list[str]


class StateOut(Schema):
    """A state of a case."""

    name: str
    kind: str
    meaning: str


class OutcomeOut(Schema):
    """A way in which a step is completed."""

    name: str
    flow: str
    state: str
    meaning: str


class StepOut(Schema):
    """A row of the table: REF, WHEN, ACTION, FROM, TO, INFORMATION REQUIRED, METHOD, and its outcomes."""

    ref: str
    when: str
    action: str
    sender: str
    recipients: list[str]
    information: str
    method: str
    flow: str
    outcomes: list[OutcomeOut]


class TimetableOut(TimetableLine):
    """A timetable."""

    parties: list[PartyOut]
    facts: list[TimetableFact]
    states: list[StateOut]
    steps: list[StepOut]


class TimetableList(Schema):
    """Every timetable."""

    items: list[TimetableLine]


@router.get("/timetables", **operation("timetable", "read", TimetableList))
def list_timetables(request: HttpRequest) -> dict[str, Any]:
    """Every timetable."""
    return {"items": [_line(find_timetable(name)) for name in timetables()]}


@router.get("/timetables/{timetable_id}", **operation("timetable", "read", TimetableOut))
def show_timetable(request: HttpRequest, timetable_id: Name) -> dict[str, Any]:
    """A timetable as a table, with its parties, facts and states."""
    if timetable_id not in timetables():
        raise not_found(f"timetable '{timetable_id}'")
    table = find_timetable(timetable_id)
    return _line(table) | {
        "parties": [
            {"name": one.name, "title": one.title, "market_role": one.market_role} for one in table.parties.values()
        ],
        "facts": [
            {
                "name": one.name,
                "kind": one.kind,
                "meaning": one.meaning,
                "required": one.required,
                "choices": list(one.choices),
                "secret_to": list(one.secret_to),
            }
            for one in table.facts.values()
        ],
        "states": [{"name": one.name, "kind": one.kind, "meaning": one.meaning} for one in table.states.values()],
        "steps": [
            {
                "ref": one.ref,
                "when": when(table, one.when),
                "action": one.action,
                "sender": one.sender,
                "recipients": list(one.recipients),
                "information": one.information,
                "method": one.method,
                "flow": one.flow,
                "outcomes": [
                    {"name": way.name, "flow": way.flow, "state": way.state, "meaning": when(table, way.meaning)}
                    for way in one.outcomes
                ],
            }
            for one in table.steps
        ],
    }


def _line(table: Timetable) -> dict[str, Any]:
    return {"id": table.id, "title": table.title, "subject": table.subject, "source": table.source}
