"""Timetables as people read them: the industry's table, what may come and what follows, and a sequence diagram."""

from halfhour.processes.timetables.rendering.sequence import sequence_diagram
from halfhour.processes.timetables.rendering.words import (
    HEADINGS,
    clock_words,
    condition_words,
    differences,
    follows,
    opened_by,
    rows,
    when,
)

__all__ = [
    "HEADINGS",
    "clock_words",
    "condition_words",
    "differences",
    "follows",
    "opened_by",
    "rows",
    "sequence_diagram",
    "when",
]
