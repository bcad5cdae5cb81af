"""Cases: the history of one process for one subject, recorded events never edited; the state is a fold over them."""

from halfhour.processes.cases.events import Event, EventKind, Opening, as_known_at, in_effect
from halfhour.processes.cases.facts import case_key, check_opening, read_value
from halfhour.processes.cases.fold import fold
from halfhour.processes.cases.projecting import Answer, project, under
from halfhour.processes.cases.state import Attempt, CaseState, FollowOn, StepState, Transition, Waiting
from halfhour.processes.cases.telling import case_document, event_document, waiting_document

__all__ = [
    "Answer",
    "Attempt",
    "CaseState",
    "Event",
    "EventKind",
    "FollowOn",
    "Opening",
    "StepState",
    "Transition",
    "Waiting",
    "as_known_at",
    "case_document",
    "case_key",
    "check_opening",
    "event_document",
    "fold",
    "in_effect",
    "project",
    "read_value",
    "under",
    "waiting_document",
]
