"""Every scenario folder of a market process, walked through the API by the organisations that act in it.

Each organisation records what is its own and gives the files that it sent or received; together they are told the case
of the engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from api_world import World
from django.utils import timezone

from halfhour.formats.flows.records import read_flow
from halfhour.processes.cases import case_document, fold
from halfhour.server.accounts.keeping import add_organisation, add_person, add_token
from halfhour.server.api.callers import buckets
from processes_scenarios.scenario_folders import Scenario, as_json, comparable, folders, name_of, read_scenario

_KEPT = (
    *("state", "kind", "ended_on", "parties", "parameters", "waiting", "next_change_on", "flows", "measures"),
    *("history", "steps", "missing_facts", "follow_ons", "facts", "findings"),
)
"""What of a case the API tells in the engine's words."""

_CODE = re.compile(r"[A-Z0-9]{4}|[A-Za-z0-9][A-Za-z0-9-]{4,39}")


@dataclass
class Walk:
    """A scenario on its way through the API."""

    scenario: Scenario
    world: World = field(default_factory=World)
    case: str = ""
    events: dict[int, tuple[str, str]] = field(default_factory=dict)
    """By number of the row of events.toml: the event's id, and who recorded it."""

    def ok(self, caller: str, method: str, path: str, body: Any = None) -> Any:
        """What a caller is answered, which is no refusal."""
        self.admit(caller)
        response = self.world.call(caller, method, path, body)
        assert response.status_code in (200, 201), (caller, method, path, body, response.content)
        return response.json()

    def admit(self, caller: str) -> None:
        """Give an organisation an operator with a token, where it has none."""
        if caller not in self.world.tokens:
            add_organisation(caller, f"{caller} Limited")
            add_person(caller, f"op@{caller}", "operator")
            self.world.tokens[caller] = add_token(caller, f"op@{caller}", timezone.now(), days=30)[1]

    def players(self) -> dict[str, str]:
        """Who plays each party now, as one of those is told; a former party is told of its own time."""
        later = [code for one in self.scenario.events if one.kind == "party" for code in one.data.values()]
        for caller in dict.fromkeys([*reversed(later), *self.scenario.opening.parties.values()]):
            self.admit(caller)
            response = self.world.get(caller, f"/cases/{self.case}")
            if response.status_code == 200 and caller in response.json()["parties"].values():
                return dict(response.json()["parties"])
        raise AssertionError("no party sees the case")


def code(name: str) -> str:
    """An organisation's id: its MPID, or a name that is none made into one."""
    return name if _CODE.fullmatch(name) else re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").ljust(5, "0")[:40]


def with_organisations(scenario: Scenario) -> Scenario:
    """The scenario with every party named by an organisation's id, and each that must record something there."""
    parties = {name: code(player) for name, player in scenario.opening.parties.items()}
    for row in scenario.written:
        step = scenario.timetable.by_ref.get(row.get("step", ""))
        if step is not None and "file" not in row and not {step.sender, *step.recipients} & set(parties):
            parties[step.sender] = _stand_in(step.sender, scenario)
    if not parties:
        first = scenario.timetable.steps[0].sender
        parties[first] = _stand_in(first, scenario)
    events = tuple(
        replace(one, data={name: code(str(said)) for name, said in one.data.items()}) if one.kind == "party" else one
        for one in scenario.events
    )
    return replace(scenario, opening=replace(scenario.opening, parties=parties), events=events)


def _stand_in(party: str, scenario: Scenario) -> str:
    """An id for an organisation that plays a party which the scenario names nobody for."""
    return f"P{list(scenario.timetable.parties).index(party):03}"


@pytest.mark.parametrize("folder", folders(), ids=name_of)
def test_a_scenario_walked_by_the_api_is_the_case_of_the_engine(folder: Path, sqlite_database):
    walked(folder)


@pytest.mark.parametrize("folder", folders()[::17], ids=name_of)
def test_a_scenario_walked_by_the_api_on_postgresql_is_the_case_of_the_engine(folder: Path, postgresql_database):
    walked(folder)


def walked(folder: Path) -> None:
    """Walk a folder, and compare what the parties are told with the fold on every day of then.toml."""
    buckets.cache_clear()
    walk = Walk(with_organisations(read_scenario(folder)))
    opening = walk.scenario.opening
    opener = next(iter(opening.parties.values()))
    body = {
        name: getattr(opening, name) for name in ("timetable", "opened_on", "parties", "facts", "parameters", "nation")
    }
    walk.case = walk.ok(opener, "POST", "/cases", as_json(body))["case"]
    for number, row in enumerate(walk.scenario.written, start=1):
        walk.events[number] = _file(walk, folder, row) if "file" in row else _by_hand(walk, number, row)
    for then in walk.scenario.then:
        state = fold(walk.scenario.timetable, opening, walk.scenario.events, then["on"])
        wanted = _kept(case_document(walk.scenario.timetable, state))
        facts = wanted.pop("facts")
        told: dict[str, Any] = {}
        for caller in dict.fromkeys(state.parties.values()):
            shown = _kept(walk.ok(caller, "GET", f"/cases/{walk.case}?on={then['on']}"))
            told |= shown.pop("facts")
            for name, value in wanted.items():
                if name != "follow_ons":
                    assert shown[name] == value, (name, then["on"], caller)
            assert [one["timetable"] for one in shown["follow_ons"]] == [
                one["timetable"] for one in wanted["follow_ons"]
            ]
        assert told == facts, then["on"]


def _file(walk: Walk, folder: Path, row: dict[str, Any]) -> tuple[str, str]:
    """Give a file as a party that sent or received it; what waits for a person is given to the case."""
    path = folder / row["file"]
    header = read_flow(path).header
    playing = walk.players().values()
    ends = [header.get("from_mpid", ""), header.get("to_mpid", "")]
    caller = next((end for end in ends if end in playing), ends[0])
    before = {one["id"] for one in _events(walk)}
    with path.open("rb") as content:
        document = walk.ok(caller, "POST", "/files", {"file": content})
    assert document["state"] == "ACKNOWLEDGED", document
    for instance in document["instances"]:
        if instance["state"] == "UNMATCHED":
            walk.ok(caller, "POST", f"/unmatched/{instance['id']}/assign", {"case": walk.case})
    new = [one for one in _events(walk) if one["id"] not in before]
    assert new, (path, document)
    for one in new:
        if one["on"] != row["on"].isoformat():
            # A file came on the day on which it was made unless somebody says otherwise.
            late = {"kind": "correction", "on": row["on"].isoformat(), "corrects": one["id"]}
            walk.ok(caller, "POST", f"/cases/{walk.case}/events", late)
    return new[0]["id"], caller


def _events(walk: Walk) -> list[dict[str, Any]]:
    players = walk.players()
    return list(walk.ok(next(iter(players.values())), "GET", f"/cases/{walk.case}")["events"])


def _by_hand(walk: Walk, number: int, row: dict[str, Any]) -> tuple[str, str]:
    """Record a row of events.toml as an organisation whose it is to record."""
    kind = row.get("kind") or ("flow" if row.get("flow") else "act")
    data = {name: code(str(said)) if kind == "party" else said for name, said in row.get("data", {}).items()}
    body = {"kind": kind, "on": row["on"], "data": data, "id": f"event-{number}"}
    body |= {name: row[name] for name in ("step", "outcome", "flow") if row.get(name)}
    if kind in ("correction", "withdrawal"):
        body["corrects"], caller = walk.events[row["corrects"]]
    else:
        caller = _whose(walk, kind, row, data)
    return walk.ok(caller, "POST", f"/cases/{walk.case}/events", as_json(body))["event"], caller


def _whose(walk: Walk, kind: str, row: dict[str, Any], data: dict[str, Any]) -> str:
    players = walk.players()
    timetable = walk.scenario.timetable
    secret = {party for name in data for party in (timetable.facts[name].secret_to if name in timetable.facts else ())}
    able = [name for name in players if name not in secret]
    if kind == "party":
        held = [players[name] for name in data if name in players]
        return held[0] if held else next(one for one in players.values() if one not in data.values())
    if kind in ("act", "flow"):
        steps = [
            one
            for one in timetable.steps
            if one.ref == row.get("step") or (not row.get("step") and row.get("flow") in one.flows)
        ]
        acting = [name for step in steps for name in (step.sender, *step.recipients)]
        able = [name for name in acting if name in able] or able
    return players[able[0]]


def _kept(document: dict[str, Any]) -> dict[str, Any]:
    return comparable({name: document[name] for name in _KEPT})
