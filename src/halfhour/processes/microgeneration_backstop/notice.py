"""The LDSO's notice: whether it reached the Import Supplier that is registered on the day of sending.

Handbook microgeneration-backstop 3.1 (P1.2) and 8 (BS-201).
"""

from __future__ import annotations

from datetime import date

from halfhour.errors import Finding


def notice_problem(mpan: str, informed_on: date, registered: str, addressee: str = "") -> Finding | None:
    """BS-201 where no Import Supplier is registered on the day of the notice, or it went to somebody else.

    Args:
        mpan: import MPAN core.
        registered: MPID of the Import Supplier registered on that day; empty where none is known.
        addressee: MPID that the notice went to; empty where it was told without a file.
    """
    if registered and addressee in ("", registered):
        return None
    then = "and correct the day of this event to that of sending: its clock starts then."
    if registered:
        what = f"The notice of {informed_on} about {mpan} went to {addressee}, and {registered} is registered."
        step = f"Send it to {registered}, {then}"
    else:
        what = f"No Import Supplier is known to be registered for {mpan} on {informed_on}, the day of the notice."
        step = f"Look the registration up, record the Import Supplier, send it the notice, {then}"
    return Finding("BS-201", "error", what, step, msid=mpan, settlement_date=informed_on)
