"""The microgeneration backstop (DCP0030): findings and how flows carry them, days at risk, energy mis-measured.

Follows the handbook's page microgeneration-backstop. The three options are timetables; here is what a case's files say
and what it costs while it is open.
"""

from halfhour.processes.microgeneration_backstop.detection import Suspicion, negative_advances
from halfhour.processes.microgeneration_backstop.finding import (
    Finding,
    answer_problems,
    finding_of,
    finding_text,
    read_finding,
)
from halfhour.processes.microgeneration_backstop.notice import notice_problem
from halfhour.processes.microgeneration_backstop.risk import (
    Mismeasured,
    late_notice,
    meter_days_at_risk,
    meter_days_unknown,
    mismeasured,
)

__all__ = [
    "Finding",
    "Mismeasured",
    "Suspicion",
    "answer_problems",
    "finding_of",
    "finding_text",
    "late_notice",
    "meter_days_at_risk",
    "meter_days_unknown",
    "mismeasured",
    "negative_advances",
    "notice_problem",
    "read_finding",
]
