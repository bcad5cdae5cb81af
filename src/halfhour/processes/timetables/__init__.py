"""Timetables of market processes: REF, WHEN, ACTION, FROM, TO, INFORMATION REQUIRED, METHOD, and what a machine needs.

Each is a data file in `data/`, read once and checked as a whole; people read the same table that drives the cases.
"""

from halfhour.processes.timetables.conditions import Condition, Unknown, holds
from halfhour.processes.timetables.model import (
    DAY_BEFORE,
    Clock,
    Fact,
    OpenedBy,
    Outcome,
    Party,
    Prerequisite,
    Silence,
    State,
    StateKind,
    Step,
    Timetable,
)
from halfhour.processes.timetables.parameters import NO_CLOCK, Parameter, ParameterValue, in_words
from halfhour.processes.timetables.reading import find_timetable, read_timetable, timetables

__all__ = [
    "DAY_BEFORE",
    "NO_CLOCK",
    "Clock",
    "Condition",
    "Fact",
    "OpenedBy",
    "Outcome",
    "Parameter",
    "ParameterValue",
    "Party",
    "Prerequisite",
    "Silence",
    "State",
    "StateKind",
    "Step",
    "Timetable",
    "Unknown",
    "find_timetable",
    "holds",
    "in_words",
    "read_timetable",
    "timetables",
]
