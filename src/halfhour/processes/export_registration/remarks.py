"""What a case of export registration says of its application (EX-101, EX-106), from what every such case knows.

The case engine calls `remarks` for every event that it takes.
"""

from __future__ import annotations

from decimal import Decimal

from halfhour.errors import Finding
from halfhour.processes.cases.remarks import Taken
from halfhour.processes.export_registration.eligibility import plant_problems

_APPLICATION = "E1"


def remarks(taken: Taken) -> list[Finding]:
    """What keeps an application from going on; nothing at other steps and in cases of other processes."""
    if taken.family != "export-registration" or taken.step.ref != _APPLICATION:
        return []
    facts = taken.facts
    half_hourly = facts["settlement_mode"] == "HH"
    # The clocks of a case count from its contract.
    return plant_problems(
        taken.opened_on, str(facts["technology"]), Decimal(str(facts["capacity_kw"])), half_hourly=half_hourly
    )
