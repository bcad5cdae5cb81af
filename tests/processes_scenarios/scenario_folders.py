"""Scenario folders of market processes: found, read, and compared with a case as the engine or the server tells it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from halfhour.formats.flows.records import read_flow
from halfhour.processes.cases import CaseState, Event, Opening, check_opening
from halfhour.processes.flows import messages_of
from halfhour.processes.timetables import Timetable, find_timetable

FOLDER = Path(__file__).parent

_ABOUT_EVENTS = ("event", "events")
"""Ids of events, which whoever keeps a case gives anew."""


@dataclass(frozen=True)
class Scenario:
    """A folder, read."""

    folder: Path
    timetable: Timetable
    opening: Opening
    events: tuple[Event, ...]
    written: tuple[dict[str, Any], ...]
    then: tuple[dict[str, Any], ...]


def folders() -> list[Path]:
    """Every scenario folder, in order."""
    return sorted(path.parent for path in FOLDER.glob("*/*/case.toml"))


def name_of(folder: Path) -> str:
    """Process and sentence."""
    return folder.relative_to(FOLDER).as_posix()


def read_scenario(folder: Path) -> Scenario:
    """A folder's case, events and expectations."""
    case = _toml(folder / "case.toml")
    timetable = find_timetable(case["timetable"])
    opening = check_opening(
        timetable,
        Opening(
            case_id=case.get("case_id", "CASE1"),
            timetable=case["timetable"],
            opened_on=case["opened_on"],
            parties=case.get("parties", {}),
            facts=case.get("facts", {}),
            parameters=case.get("parameters", {}),
            nation=case.get("nation", "E&W"),
        ),
    )
    written = _toml(folder / "events.toml").get("event", []) if (folder / "events.toml").is_file() else []
    events: list[Event] = []
    for number, row in enumerate(written, start=1):
        events.extend(_events(folder, row, number, len(events)))
    then = _toml(folder / "then.toml")["then"]
    assert then, f"{folder} expects nothing"
    return Scenario(folder, timetable, opening, tuple(events), tuple(written), tuple(then))


def _events(folder: Path, row: dict[str, Any], number: int, made: int) -> list[Event]:
    corrects = f"event-{row['corrects']}" if "corrects" in row else ""
    if "file" not in row:
        kind = row.get("kind") or ("flow" if row.get("flow") else "act")
        return [
            Event(
                f"event-{number}",
                made + 1,
                row["on"],
                kind,
                row.get("step", ""),
                row.get("outcome", ""),
                row.get("flow", ""),
                row.get("data", {}),
                row.get("by", ""),
                corrects=corrects,
            )
        ]
    messages = messages_of(read_flow(folder / row["file"]))
    assert messages, f"{folder / row['file']} has no instance"
    return [
        Event(
            f"event-{number}" if place == 1 else f"event-{number}.{place}",
            made + place,
            row["on"],
            "flow",
            flow=message.flow,
            data=message.data,
            by=message.from_mpid,
            source=row["file"],
        )
        for place, message in enumerate(messages, start=1)
    ]


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def differences(state: CaseState, then: dict[str, Any]) -> list[str]:
    """How a case differs from what is expected of it; empty where it does not."""
    found = []

    def compare(name: str, got: object, wanted: object) -> None:
        if got != wanted:
            found.append(f"{name}: expected {wanted!r}, got {got!r}")

    for name, wanted in then.items():
        if name == "waiting":
            found.extend(_waiting_differences(state, wanted))
        elif name == "findings":
            codes = {one.code for one in state.findings}
            errors = {one.code for one in state.findings if one.severity == "error"}
            if not set(wanted) <= codes or not errors <= set(wanted):
                found.append(f"findings: expected {wanted}, got {sorted(codes)} (errors {sorted(errors)})")
        elif name == "late":
            late = {step.ref: sum(one.late for one in step.attempts) for step in state.steps}
            compare(name, {ref: days for ref, days in late.items() if days}, dict(wanted))
        elif name == "missing":
            compare(name, sorted(state.missing_facts), sorted(wanted))
        elif name in ("facts", "flows", "measures", "parties"):
            held = getattr(state, name)
            compare(name, {key: _plain(held.get(key)) for key in wanted}, {key: _plain(wanted[key]) for key in wanted})
        elif name == "follow_ons":
            compare(name, [one.timetable for one in state.follow_ons], list(wanted))
        elif name == "state":
            compare(name, state.state, wanted)
        elif name in ("kind", "ended_on", "on"):
            compare(name, getattr(state, name), wanted)
        elif name not in ("because", "note"):
            found.append(f"{name} is no expectation that a scenario can have")
    return found


def _plain(value: object) -> object:
    return value if isinstance(value, bool | date) or value is None else str(value)


def _waiting_differences(state: CaseState, wanted: list[dict[str, Any]]) -> list[str]:
    found = []
    refs = [one.ref for one in state.waiting]
    if sorted(refs) != sorted(one["ref"] for one in wanted):
        found.append(f"waiting: expected {[one['ref'] for one in wanted]}, got {refs}")
    for one in wanted:
        held = next((waiting for waiting in state.waiting if waiting.ref == one["ref"]), None)
        if held is not None:
            for name, value in one.items():
                if getattr(held, name) != value:
                    found.append(f"waiting {one['ref']}, {name}: expected {value!r}, got {getattr(held, name)!r}")
    return found


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    """What of a case's document is the same wherever the case is kept, as JSON has it."""
    findings = sorted((one["code"], one["severity"]) for one in document["findings"])
    return as_json(_without_ids({name: document[name] for name in document if name != "case"} | {"findings": findings}))


def as_json(document: dict[str, Any]) -> dict[str, Any]:
    """A document as whoever reads its JSON has it."""
    return json.loads(json.dumps(document, default=_for_json))


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_ids(inner) for name, inner in value.items() if name not in _ABOUT_EVENTS}
    return [_without_ids(inner) for inner in value] if isinstance(value, list | tuple) else value


def _for_json(value: object) -> str:
    assert isinstance(value, date | Decimal), repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)
