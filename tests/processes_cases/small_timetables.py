"""Small timetables for the tests of the case engine, each with one thing to show."""

from __future__ import annotations

import tomllib
from typing import Any

from halfhour.processes.timetables import Timetable, read_timetable

APPOINTMENT = """
id = "appointment"
title = "An appointment"
subject = "export MPAN"
source = "test"
key = ["mpan"]
first_state = "ASKED"
regime = "bsc"

[parties.supplier]
title = "Supplier"
market_role = "X"
[parties.moa]
title = "Meter Operator"
market_role = "M"

[[parameter]]
name = "t_answer"
kind = "days-or-none"
unit = "working days"
meaning = "to the answer"
values = [{ from = 2020-01-01, value = 5, source = "test", mark = "open" }]
[[parameter]]
name = "max_resend"
kind = "number"
unit = "times"
meaning = "re-sends"
values = [{ from = 2020-01-01, value = 2, source = "test", mark = "open" }]
[[parameter]]
name = "deemed"
kind = "yes-no"
meaning = "silence is acceptance"
values = [{ from = 2020-01-01, value = false, source = "test", mark = "open" }]

[[fact]]
name = "mpan"
kind = "mpan"
meaning = "export MPAN"
required = true
[[fact]]
name = "serial"
kind = "serial"
meaning = "meter"
[[fact]]
name = "half_hourly"
kind = "yes-no"
meaning = "whether it is half-hourly"

[[state]]
name = "ASKED"
kind = "open"
meaning = "asked"
[[state]]
name = "ACCEPTED"
kind = "open"
meaning = "accepted"
[[state]]
name = "SILENT"
kind = "blocked"
meaning = "no answer"
[[state]]
name = "REJECTED"
kind = "blocked"
meaning = "rejected"
[[state]]
name = "HALF"
kind = "blocked"
meaning = "one of two"
[[state]]
name = "DONE"
kind = "ended"
meaning = "details there"
[[state]]
name = "ABANDONED"
kind = "ended"
meaning = "given up"

[[step]]
ref = "A1"
when = "at once"
action = "appoint"
from = "supplier"
to = ["moa"]
information = "contract reference"
method = "D0155"
flow = "D0155"
outcome = [{ name = "sent" }]

[[step]]
ref = "A2"
when = "within {t_answer} WD of A1"
action = "answer"
from = "moa"
to = ["supplier"]
information = "contract reference"
method = "D0011 / D0261"
after_any = ["A1", "A4"]
clock = { days = "t_answer" }
silent = { state = "SILENT", meaning = "reminder" }
[[step.outcome]]
name = "accepted"
flow = "D0011"
state = "ACCEPTED"
[[step.outcome]]
name = "rejected"
flow = "D0261"
state = "REJECTED"
reopens = ["A1"]
at_most = "max_resend"
beyond = "ABANDONED"

[[step]]
ref = "A3"
when = "when A2 is silent"
action = "remind"
from = "supplier"
to = ["moa"]
after = ["A2.silent"]
clock = { anchor = "A2.due", days = 2 }
outcome = [{ name = "reminded" }]

[[step]]
ref = "A4"
when = "5 WD after the silence"
action = "send again"
from = "supplier"
to = ["moa"]
flow = "D0155"
after = ["A2.silent"]
clock = { anchor = "A2.due", days = 5 }
outcome = [{ name = "sent again", counts = { resends = 1 } }]

[[step]]
ref = "A5"
when = "after A2"
action = "tell the agents about one another"
from = "supplier"
to = ["moa"]
after = ["A2.accepted"]
early = "refuse"
outcome = [{ name = "told", flow = "D0148" }]

[[step]]
ref = "A6"
when = "within 3 calendar days of A2"
action = "send both details at the same time"
from = "moa"
to = ["supplier"]
after = ["A2.accepted"]
clock = { days = 3, unit = "calendar" }
needs = ["D0149", "D0150"]
outcome = [
  { name = "complete", if = { meter_id = { present = true } }, state = "DONE", learns = { serial = "meter_id" } },
]
half = { state = "HALF" }

[[step]]
ref = "A7"
when = "half-hourly only"
action = "appoint the data aggregator"
from = "supplier"
to = ["moa"]
after = ["A2.accepted"]
only_if = { half_hourly = true }
outcome = [{ name = "appointed" }]

[[step]]
ref = "W"
when = "at any time"
action = "withdraw"
from = "supplier"
to = ["moa"]
any_time = true
outcome = [{ name = "withdrawn", state = "ABANDONED" }]
"""


def written() -> dict[str, Any]:
    """The tables of the appointment."""
    return tomllib.loads(APPOINTMENT)


def appointment(**changes: Any) -> Timetable:
    """The appointment, top-level keys changed."""
    return read_timetable({**written(), **changes})


def with_step(ref: str, **changes: Any) -> Timetable:
    """The appointment with keys of one step changed; None takes a key out."""
    table = written()
    for step in table["step"]:
        if step["ref"] == ref:
            for name, value in changes.items():
                if value is None:
                    step.pop(name, None)
                else:
                    step[name] = value
    return read_timetable(table)
